//! `Resolver`: answers the agent's questions to the DNS.
//!
//! With the feature `dns` (hickory) every question is asked; without it, only addresses, and the operating
//! system is asked. The rules of RFC 3263 are in `sip-ua`; here is only the asking.

use std::net::IpAddr;
use std::time::Duration;

use pager::{Answer, QueryId, Question};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long one question may take, with all its retries.
const PATIENCE: Duration = Duration::from_secs(15);

/// Questions under way.
#[derive(Debug, Default)]
pub(crate) struct Resolver {
    questions: JoinSet<(QueryId, Answer)>,
    #[cfg(feature = "dns")]
    dns: dns::Dns,
}

impl Resolver {
    /// Starts to ask.
    pub(crate) fn ask(&mut self, query: QueryId, question: Question) {
        #[cfg(feature = "dns")]
        let answer = self.dns.clone().answer(question);
        #[cfg(not(feature = "dns"))]
        let answer = without_dns(question);
        self.questions
            .spawn(async move { (query, timeout(PATIENCE, answer).await.unwrap_or(Answer::Nothing)) });
    }

    /// The next answer. Cancel safe.
    pub(crate) async fn next(&mut self) -> (QueryId, Answer) {
        loop {
            match self.questions.join_next().await {
                Some(Ok(answer)) => return answer,
                // A question that panicked has no answer; the agent's timers notice.
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }

    /// Stops asking.
    pub(crate) async fn close(mut self) {
        self.questions.shutdown().await;
    }
}

#[cfg(not(feature = "dns"))]
async fn without_dns(question: Question) -> Answer {
    match question {
        Question::Address(host) => system(&host).await,
        Question::Naptr(_) | Question::Srv(_) => Answer::Nothing,
    }
}

/// What the operating system knows about a host.
async fn system(host: &str) -> Answer {
    let addresses: Vec<IpAddr> = match tokio::net::lookup_host((host, 0)).await {
        Ok(addresses) => addresses.map(|address| address.ip()).collect(),
        Err(_) => return Answer::Nothing,
    };
    of_addresses(addresses)
}

/// IPv4 first: that is what sockets are bound to unless the user says otherwise.
fn of_addresses(mut addresses: Vec<IpAddr>) -> Answer {
    addresses.sort_by_key(IpAddr::is_ipv6);
    addresses.dedup();
    if addresses.is_empty() { Answer::Nothing } else { Answer::Addresses(addresses) }
}

#[cfg(feature = "dns")]
mod dns {
    //! The same by hickory, with the servers that the system is set up for.

    use std::fmt;
    use std::sync::Arc;

    use grammar::ByteStr;
    use hickory_resolver::TokioResolver;
    use hickory_resolver::proto::rr::{Name, RData, RecordType};
    use pager::{Answer, Question};
    use sip_ua::{NaptrRecord, SrvRecord};
    use tokio::sync::OnceCell;

    /// The resolver, made when the first question is asked.
    #[derive(Clone, Default)]
    pub(super) struct Dns(Arc<OnceCell<Option<TokioResolver>>>);

    impl fmt::Debug for Dns {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Dns")
        }
    }

    impl Dns {
        pub(super) async fn answer(self, question: Question) -> Answer {
            let make = || async { TokioResolver::builder_tokio().and_then(|builder| builder.build()).ok() };
            let Some(resolver) = self.0.get_or_init(make).await else {
                return match question {
                    Question::Address(host) => super::system(&host).await,
                    Question::Naptr(_) | Question::Srv(_) => Answer::Nothing,
                };
            };
            match question {
                Question::Address(host) => addresses(resolver, &host).await,
                Question::Srv(name) => srv(resolver, &name).await,
                Question::Naptr(name) => naptr(resolver, &name).await,
            }
        }
    }

    async fn addresses(resolver: &TokioResolver, host: &str) -> Answer {
        match resolver.lookup_ip(host).await {
            Ok(found) => super::of_addresses(found.iter().collect()),
            // Names that only the system knows: mDNS, NSS modules.
            Err(_) => super::system(host).await,
        }
    }

    async fn srv(resolver: &TokioResolver, name: &str) -> Answer {
        let records = records(resolver, name, RecordType::SRV, |data| match data {
            RData::SRV(srv) => Some(SrvRecord {
                priority: srv.priority,
                weight: srv.weight,
                port: srv.port,
                target: text(&srv.target),
            }),
            _ => None,
        });
        records.await.map_or(Answer::Nothing, Answer::Srv)
    }

    async fn naptr(resolver: &TokioResolver, name: &str) -> Answer {
        let records = records(resolver, name, RecordType::NAPTR, |data| match data {
            RData::NAPTR(naptr) => Some(NaptrRecord {
                order: naptr.order,
                preference: naptr.preference,
                flags: ByteStr::from(String::from_utf8_lossy(&naptr.flags).into_owned()),
                service: ByteStr::from(String::from_utf8_lossy(&naptr.services).into_owned()),
                replacement: text(&naptr.replacement),
            }),
            _ => None,
        });
        records.await.map_or(Answer::Nothing, Answer::Naptr)
    }

    /// The records of a name that is complete as it is: no search domain is appended.
    async fn records<T>(
        resolver: &TokioResolver,
        name: &str,
        kind: RecordType,
        read: impl Fn(&RData) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut name = Name::from_ascii(name).ok()?;
        name.set_fqdn(true);
        let lookup = resolver.lookup(name, kind).await.ok()?;
        let records: Vec<T> = lookup.answers().iter().filter_map(|record| read(&record.data)).collect();
        (!records.is_empty()).then_some(records)
    }

    /// A name as text without its last dot; the root stays a dot.
    fn text(name: &Name) -> ByteStr {
        let text = name.to_ascii();
        match text.strip_suffix('.') {
            Some(host) if !host.is_empty() => ByteStr::from(host),
            _ => ByteStr::from(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grammar::ByteStr;

    #[test]
    fn ipv4_goes_first_in_the_order_given() {
        let parse = |text: &str| text.parse::<IpAddr>().unwrap();
        let given = vec![parse("::1"), parse("192.0.2.2"), parse("192.0.2.1")];
        let expected = vec![parse("192.0.2.2"), parse("192.0.2.1"), parse("::1")];
        assert_eq!(of_addresses(given), Answer::Addresses(expected));
        assert_eq!(of_addresses(Vec::new()), Answer::Nothing);
    }

    #[tokio::test]
    async fn localhost_needs_no_server() {
        let Answer::Addresses(found) = system(&ByteStr::from_static("localhost")).await else {
            panic!("no addresses")
        };
        assert!(found.iter().all(IpAddr::is_loopback));
    }
}
