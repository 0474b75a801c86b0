//! `Locator`: from the URI of the next hop to addresses to try, in order (RFC 3263 §4).
//!
//! ```text
//! numeric host ------------------------------------------------------> hop
//! name, port ---------------------------------------> Address -------> hop, hop, ...
//! name, transport ----------------> Srv -> Address -> hop ...   none: Address with the default port
//! name ---------------> Naptr ----> Srv -> Address -> hop ...   none: Srv of each transport, then Address
//! ```
//!
//! Lazy: a question is asked when all hops before it have failed.

mod service;

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use grammar::{ByteStr, Host};
use sip::{Scheme, Uri};

use crate::{Error, IdSource, Transport};

pub use service::{Search, ServiceLocator};

/// The name of a question to the resolver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryId(pub(crate) u64);

impl QueryId {
    /// The `n`-th question of another machine behind the same driver, up to 2^63; a [`crate::UserAgent`] numbers
    /// its own from below.
    #[must_use]
    pub const fn of_neighbour(n: u64) -> Self {
        Self(n | 1 << 63)
    }
}

/// What to ask the DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a driver that does not know a question must not compile")]
pub enum Question {
    /// The NAPTR records of a domain.
    Naptr(ByteStr),
    /// The SRV records of a name such as `_sip._tcp.example.com`.
    Srv(ByteStr),
    /// The A and AAAA records of a host.
    Address(ByteStr),
}

/// What the DNS said. An answer of another kind than the question counts as [`Answer::Nothing`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "one for each question, and none")]
pub enum Answer {
    /// The NAPTR records, in any order.
    Naptr(Vec<NaptrRecord>),
    /// The SRV records, in any order.
    Srv(Vec<SrvRecord>),
    /// The addresses, in the order they shall be tried.
    Addresses(Vec<IpAddr>),
    /// No such name, no such record, or no answer.
    Nothing,
}

/// A NAPTR record (RFC 3403 §4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the fields of the record that location needs")]
pub struct NaptrRecord {
    /// Lower first.
    pub order: u16,
    /// Lower first among those of equal order.
    pub preference: u16,
    /// Only `s`, an SRV name follows, is of use here.
    pub flags: ByteStr,
    /// Such as `SIP+D2T`.
    pub service: ByteStr,
    /// The SRV name.
    pub replacement: ByteStr,
}

/// An SRV record (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the fields of the record")]
pub struct SrvRecord {
    /// Lower first.
    pub priority: u16,
    /// The share among those of equal priority.
    pub weight: u16,
    /// The port.
    pub port: u16,
    /// The host; `.` for "not offered".
    pub target: ByteStr,
}

/// An address to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hop {
    pub(crate) transport: Transport,
    pub(crate) address: SocketAddr,
    /// The name a TLS certificate has to prove: the one of the URI, not of a record (RFC 5922 §4).
    pub(crate) server_name: Option<ByteStr>,
}

/// What a [`Locator`] wants.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Try this address; ask again if it fails.
    Hop(Hop),
    /// Ask this.
    Resolve(Question),
    /// Wait for the answer.
    Waiting,
    /// There is nothing more to try.
    Exhausted,
}

/// Records of one answer that are used; more are ignored.
const MOST_RECORDS: usize = 16;
/// SRV records that the used ones are drawn from.
const MOST_DRAWN_FROM: usize = 256;

/// Finds the addresses of one URI.
#[derive(Debug)]
pub(crate) struct Locator {
    /// The host of the URI, for errors and certificates.
    host: ByteStr,
    steps: VecDeque<Step>,
    asked: Option<Ask>,
    /// Whether an SRV record was found, which rules the bare host out.
    srv_found: bool,
}

#[derive(Debug)]
enum Step {
    Hop(Hop),
    Ask(Ask),
}

#[derive(Debug, Clone)]
enum Ask {
    Naptr {
        secure: bool,
    },
    Srv {
        name: ByteStr,
        transport: Transport,
    },
    Address {
        name: ByteStr,
        port: u16,
        transport: Transport,
    },
    /// The host of the URI, unless an SRV record was found.
    Host {
        port: u16,
        transport: Transport,
    },
}

impl Locator {
    /// Starts from the URI a request goes to: the first route, or the Request-URI. `preferred` is the transport
    /// where the URI names none. `scheme` rules: a request to a `sips` URI takes TLS to a `sip` proxy, too
    /// (RFC 3261 §26.2.2).
    ///
    /// # Errors
    ///
    /// [`Error::Unreachable`] for a URI that names no host, or a transport that is not spoken here.
    pub(crate) fn new(scheme: Scheme, uri: &Uri, preferred: Option<Transport>) -> Result<Self, Error> {
        let unreachable = || Error::Unreachable(ByteStr::from(uri.as_str()));
        if !uri.is_sip() {
            return Err(unreachable());
        }
        let secure = match scheme {
            Scheme::Sip => false,
            Scheme::Sips => true,
            _ => return Err(unreachable()),
        };
        let host_port = uri.host_port().ok_or_else(unreachable)?;
        let named = match uri.transport() {
            Some(name) => Some(Transport::parse(name).ok_or_else(unreachable)?),
            None => preferred,
        };
        let transport = match (secure, named) {
            (true, Some(Transport::Udp)) if uri.transport().is_some() => return Err(unreachable()),
            (true, _) if uri.transport().is_none() => None,
            (true, _) => Some(Transport::Tls),
            (false, named) => named,
        };
        let host = match uri.param("maddr") {
            Some(maddr) => Host::parse(maddr).map_err(|_| unreachable())?,
            None => host_port.host,
        };
        Ok(Self::plan(host, host_port.port, transport, secure))
    }

    /// Finds nothing.
    pub(crate) fn nowhere(uri: &Uri) -> Self {
        Self { host: uri.text().detach(), steps: VecDeque::new(), asked: None, srv_found: false }
    }

    fn plan(host: Host<'_>, port: Option<u16>, transport: Option<Transport>, secure: bool) -> Self {
        let name = match host.ip() {
            Some(ip) => ByteStr::from(ip.to_string()),
            None => ByteStr::from(host.to_string()),
        };
        let mut locator = Self { host: name.clone(), steps: VecDeque::new(), asked: None, srv_found: false };
        // RFC 3263 §4.1: UDP for `sip`, TLS over TCP for `sips`, where nothing says otherwise.
        let or_default = transport.unwrap_or(if secure { Transport::Tls } else { Transport::Udp });
        let literal = match host {
            Host::Name(name) if name.eq_ignore_ascii_case("localhost") => {
                // RFC 6761 §6.3: never a question to the DNS.
                vec![IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)]
            }
            host => host.ip().into_iter().collect(),
        };
        if !literal.is_empty() {
            let port = port.unwrap_or_else(|| or_default.default_port());
            for ip in literal {
                let hop = locator.hop(ip, port, or_default);
                locator.steps.push_back(Step::Hop(hop));
            }
            return locator;
        }
        let asks = match (port, transport) {
            (Some(port), _) => vec![Ask::Address { name, port, transport: or_default }],
            (None, Some(transport)) => vec![srv(&name, transport), bare_host(transport)],
            (None, None) => vec![Ask::Naptr { secure }],
        };
        locator.steps.extend(asks.into_iter().map(Step::Ask));
        locator
    }

    /// The host that is looked for.
    pub(crate) const fn host(&self) -> &ByteStr {
        &self.host
    }

    /// What is wanted next. Each call that returns a hop moves on to the one after it.
    pub(crate) fn poll(&mut self) -> Next {
        if self.asked.is_some() {
            return Next::Waiting;
        }
        loop {
            let ask = match self.steps.pop_front() {
                None => return Next::Exhausted,
                Some(Step::Hop(hop)) => return Next::Hop(hop),
                Some(Step::Ask(Ask::Host { .. })) if self.srv_found => continue,
                Some(Step::Ask(ask)) => ask,
            };
            let question = match &ask {
                Ask::Naptr { .. } => Question::Naptr(self.host.clone()),
                Ask::Srv { name, .. } => Question::Srv(name.clone()),
                Ask::Address { name, .. } => Question::Address(name.clone()),
                Ask::Host { .. } => Question::Address(self.host.clone()),
            };
            self.asked = Some(ask);
            return Next::Resolve(question);
        }
    }

    /// Takes the answer to the question that [`Self::poll`] asked; without one it is ignored.
    pub(crate) fn handle_answer(&mut self, answer: Answer, ids: &mut IdSource) {
        let Some(asked) = self.asked.take() else { return };
        let found: Vec<Step> = match (asked, answer) {
            (Ask::Naptr { secure }, Answer::Naptr(records)) => self.naptr(secure, records),
            (Ask::Naptr { secure }, _) => self.naptr(secure, Vec::new()),
            (Ask::Srv { transport, .. }, Answer::Srv(records)) => {
                self.srv_found |= !records.is_empty();
                in_order(records, ids)
                    .into_iter()
                    .filter(|record| record.target != "." && !record.target.is_empty())
                    .map(|record| {
                        let name = undotted(&record.target);
                        Step::Ask(Ask::Address { name, port: record.port, transport })
                    })
                    .collect()
            }
            (Ask::Address { port, transport, .. }, Answer::Addresses(found)) => {
                self.hops(found, port, transport)
            }
            (Ask::Host { port, transport }, Answer::Addresses(found)) => self.hops(found, port, transport),
            (Ask::Srv { .. } | Ask::Address { .. } | Ask::Host { .. }, _) => Vec::new(),
        };
        for step in found.into_iter().rev() {
            self.steps.push_front(step);
        }
    }

    /// RFC 3263 §4.1: the services of the records that are spoken here; without any, SRV for each transport.
    fn naptr(&self, secure: bool, mut records: Vec<NaptrRecord>) -> Vec<Step> {
        records.sort_by_key(|record| (record.order, record.preference));
        let mut asks: Vec<Ask> = records
            .iter()
            .filter(|record| record.flags.eq_ignore_ascii_case("s"))
            .filter_map(|record| {
                let known =
                    [("SIPS+D2T", Transport::Tls), ("SIP+D2T", Transport::Tcp), ("SIP+D2U", Transport::Udp)];
                let (_, transport) =
                    known.into_iter().find(|(service, _)| record.service.eq_ignore_ascii_case(service))?;
                Some(Ask::Srv { name: undotted(&record.replacement), transport })
            })
            .filter(|ask| !secure || matches!(ask, Ask::Srv { transport: Transport::Tls, .. }))
            .take(MOST_RECORDS)
            .collect();
        if asks.is_empty() {
            asks = match secure {
                true => vec![srv(&self.host, Transport::Tls), bare_host(Transport::Tls)],
                false => vec![
                    srv(&self.host, Transport::Tcp),
                    srv(&self.host, Transport::Udp),
                    bare_host(Transport::Udp),
                ],
            };
        }
        asks.into_iter().map(Step::Ask).collect()
    }

    fn hops(&self, found: Vec<IpAddr>, port: u16, transport: Transport) -> Vec<Step> {
        found.into_iter().take(MOST_RECORDS).map(|ip| Step::Hop(self.hop(ip, port, transport))).collect()
    }

    fn hop(&self, ip: IpAddr, port: u16, transport: Transport) -> Hop {
        let server_name = (transport == Transport::Tls).then(|| self.host.clone());
        Hop { transport, address: SocketAddr::new(ip, port), server_name }
    }
}

/// The SRV question for `transport` at `host`.
fn srv(host: &str, transport: Transport) -> Ask {
    let prefix = match transport {
        Transport::Udp => "_sip._udp.",
        Transport::Tcp => "_sip._tcp.",
        Transport::Tls => "_sips._tcp.",
    };
    Ask::Srv { name: ByteStr::from(format!("{prefix}{host}")), transport }
}

/// The host itself, at the port of the transport.
const fn bare_host(transport: Transport) -> Ask {
    Ask::Host { port: transport.default_port(), transport }
}

/// A name without the dot of the root.
fn undotted(name: &ByteStr) -> ByteStr {
    name.share(name.strip_suffix('.').unwrap_or(name))
}

/// RFC 2782: by priority, and at random by weight within one priority.
fn in_order(mut records: Vec<SrvRecord>, ids: &mut IdSource) -> Vec<SrvRecord> {
    records.sort_by_key(|record| record.priority);
    records.truncate(MOST_DRAWN_FROM);
    // Weight 0 first, so that it has a small chance of being drawn.
    records.sort_by_key(|record| (record.priority, record.weight));
    let mut ordered = Vec::with_capacity(MOST_RECORDS);
    while let Some(priority) = records.first().map(|record| record.priority) {
        if ordered.len() == MOST_RECORDS {
            break;
        }
        let group = records.iter().take_while(|record| record.priority == priority);
        let sum: u64 = group.clone().map(|record| u64::from(record.weight)).sum();
        let mut left = ids.below(sum + 1);
        let drawn = group
            .clone()
            .position(|record| match left.checked_sub(u64::from(record.weight)) {
                Some(rest) if rest > 0 => {
                    left = rest;
                    false
                }
                _ => true,
            })
            .unwrap_or(0);
        ordered.push(records.remove(drawn));
    }
    ordered
}

#[cfg(test)]
mod tests;
