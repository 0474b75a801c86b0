//! `ServiceLocator`: from the name of another service than SIP to addresses to try, in order.

use std::net::SocketAddr;

use grammar::ByteStr;

use super::{Ask, Locator, Next, Question, Step};
use crate::{Answer, IdSource, Transport};

/// Finds the addresses of a service that is no SIP by its SRV records (RFC 2782), such as those of an MSRP relay
/// (RFC 4976 §5.1). Lazy: a question is asked when all addresses before it have failed.
#[derive(Debug)]
pub struct ServiceLocator(Locator);

/// What a [`ServiceLocator`] wants.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "who does not know one of them must not compile")]
pub enum Search {
    /// Try this address; ask again if it fails.
    Connect(SocketAddr),
    /// Ask this, and give the answer to [`ServiceLocator::handle_answer`].
    Resolve(Question),
    /// Wait for the answer.
    Waiting,
    /// There is nothing more to try.
    Exhausted,
}

impl ServiceLocator {
    /// A service such as `_msrps._tcp` of a domain. Where the domain has no such record, its own addresses at `port`.
    #[must_use]
    pub fn of_domain(service: &str, domain: &str, port: u16) -> Self {
        let name = ByteStr::from(format!("{service}.{domain}"));
        // Of the transport nothing is needed here: it does not change what is asked.
        let asks =
            [Ask::Srv { name, transport: Transport::Tcp }, Ask::Host { port, transport: Transport::Tcp }];
        Self::new(domain, asks)
    }

    /// The addresses of a host, at this port.
    #[must_use]
    pub fn of_host(host: &str, port: u16) -> Self {
        Self::new(host, [Ask::Host { port, transport: Transport::Tcp }])
    }

    fn new(host: &str, asks: impl IntoIterator<Item = Ask>) -> Self {
        let steps = asks.into_iter().map(Step::Ask).collect();
        Self(Locator { host: ByteStr::from(host), steps, asked: None, srv_found: false })
    }

    /// What is wanted next. Each call that returns an address moves on to the one after it.
    pub fn poll(&mut self) -> Search {
        match self.0.poll() {
            Next::Hop(hop) => Search::Connect(hop.address),
            Next::Resolve(question) => Search::Resolve(question),
            Next::Waiting => Search::Waiting,
            Next::Exhausted => Search::Exhausted,
        }
    }

    /// Takes the answer to the question that [`Self::poll`] asked; without one it is ignored.
    pub fn handle_answer(&mut self, answer: Answer, ids: &mut IdSource) {
        self.0.handle_answer(answer, ids);
    }
}
