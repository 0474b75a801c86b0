//! `Config`: the domain, its users and groups, and every bound of the server.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use digest::Credentials;
use grammar::{ByteStr, Host, ParseError};
use sip::Uri;
use sip::uri::escape_user;

use crate::proxy::CONFERENCE;
use crate::relay;

/// What the server serves.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// The domain: host of every user's public identity, such as `home1.example`. Requests that name the
    /// server's own address and port instead are for the domain too.
    pub domain: ByteStr,
    /// The realm of its challenges. Default: the domain.
    pub realm: ByteStr,
    /// Who may register, send and be found.
    pub users: Vec<User>,
    /// User part of the Conference-factory-URI (SEED-4). Default `im-factory`.
    pub factory: ByteStr,
    /// Stored groups (SEED-5).
    pub groups: Vec<Group>,
    /// Whether users may reach hosts outside the domain. Default [`Relay::Closed`].
    pub relay: Relay,
    /// Whether the sender of a list learns what became of its message. Default [`Reporting::Sent`].
    pub reporting: Reporting,
    /// Value of the Server header. Default `IM-serv/OMA1.0 simple-im/<version>`.
    pub software: ByteStr,
    /// The certificate that the driver shows on every TLS connection, in DER: its fingerprint goes into SDP.
    /// `None`: peers verify the server by the name in its path.
    pub certificate: Option<Bytes>,
    /// Every bound.
    pub limits: Limits,
    /// How long the server waits.
    pub timers: Timers,
    /// How the MSRP relay works, where there is one.
    pub msrp_relay: relay::Settings,
}

impl Config {
    /// A server for `domain` without users.
    #[must_use]
    pub fn new(domain: impl Into<ByteStr>) -> Self {
        let domain = domain.into();
        Self {
            realm: domain.clone(),
            domain,
            users: Vec::new(),
            factory: ByteStr::from_static("im-factory"),
            groups: Vec::new(),
            relay: Relay::Closed,
            reporting: Reporting::Sent,
            software: ByteStr::from_static(concat!("IM-serv/OMA1.0 simple-im/", env!("CARGO_PKG_VERSION"))),
            certificate: None,
            limits: Limits::default(),
            timers: Timers::default(),
            msrp_relay: relay::Settings::default(),
        }
    }

    /// The same server with one more user, called `name` at the domain.
    #[must_use]
    pub fn user(mut self, name: &str, password: &str) -> Self {
        self.users.push(User { name: name.into(), password: password.into() });
        self
    }

    /// The same server with one more group, called `name` at the domain, of `members` (SIP URIs).
    #[must_use]
    pub fn group<'a>(mut self, name: &str, members: impl IntoIterator<Item = &'a str>) -> Self {
        self.groups
            .push(Group { name: name.into(), members: members.into_iter().map(ByteStr::from).collect() });
        self
    }

    /// Whether every name can stand where it has to, and means one thing.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        Host::parse(&self.domain).map_err(ConfigError::Domain)?;
        let users = self.users.iter().map(|user| &user.name);
        let groups = self.groups.iter().map(|group| &group.name);
        let mut seen = BTreeSet::new();
        for name in users.chain(groups).chain([&self.factory]) {
            let plain =
                !name.is_empty() && escape_user(name) == name.as_str() && !name.starts_with(CONFERENCE);
            if !plain || !seen.insert(name) {
                return Err(ConfigError::Name(name.clone()));
            }
        }
        let members = self.groups.iter().flat_map(|group| &group.members);
        for member in members {
            Uri::parse(member.clone()).map_err(|_| ConfigError::Member(member.clone()))?;
        }
        Ok(())
    }

    /// The Conference-factory-URI, for the accounts of the users.
    #[must_use]
    pub fn factory_uri(&self) -> String {
        format!("sip:{}@{}", self.factory, self.domain)
    }
}

/// Why a server cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The domain is no host.
    #[error("not a domain: {0}")]
    Domain(ParseError),
    /// The realm cannot stand in a header.
    #[error("not a realm: {0}")]
    Realm(ParseError),
    /// The name of a user, a group or the factory needs escapes, starts with `conf-`, or is given twice.
    #[error("not a name, or one given twice: {0}")]
    Name(ByteStr),
    /// The member of a group is no URI.
    #[error("not a URI: {0}")]
    Member(ByteStr),
    /// The address cannot stand in a URI.
    #[error("not an address for a URI")]
    Address,
}

/// Somebody with an account.
#[derive(Clone)]
#[expect(clippy::exhaustive_structs, reason = "a name and a password")]
pub struct User {
    /// User part of the public identity, and the digest username.
    pub name: ByteStr,
    /// The shared secret.
    pub password: ByteStr,
}

impl User {
    /// What the user's client computes its answers from.
    pub(crate) fn credentials(&self) -> Credentials {
        Credentials::new(self.name.clone(), self.password.clone())
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A stored list of recipients with a URI of its own (SEED-5).
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "a name and its members")]
pub struct Group {
    /// User part of the group's URI.
    pub name: ByteStr,
    /// SIP URIs of the members. Only a member may send to the group. A group that is a member is not taken apart.
    pub members: Vec<ByteStr>,
}

/// Whether requests may leave the domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no half-open relay")]
pub enum Relay {
    /// Only to bindings of the domain; anything else is refused with 403.
    Closed,
    /// Also from authenticated users to other hosts, which must be written as addresses.
    ForUsers,
}

/// Whether the focus says what became of a message (SEED-16).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "said or not said")]
pub enum Reporting {
    /// A REPORT comes once every recipient is through.
    Sent,
    /// None ever comes, as with exploders that do not know them: to test clients with.
    Withheld,
}

/// Where the server's sockets are, as its peers write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "two protocols, with TLS and without")]
pub struct Addresses {
    /// SIP over UDP and TCP.
    pub sip: SocketAddr,
    /// MSRP over TCP.
    pub msrp: SocketAddr,
    /// SIP over TLS, if it is listened for.
    pub sips: Option<SocketAddr>,
    /// MSRP over TLS, if it is listened for.
    pub msrps: Option<SocketAddr>,
}

/// What the server accepts and holds at most.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Contacts bound to one user; one more is refused with 403. Default 8.
    pub max_bindings: usize,
    /// Answers to challenges that are remembered while their nonce is good, so that nobody sends another request with
    /// one (RFC 7616 §3.4); with one more, the nonce of the oldest is stale early. At least 1. Default 4,096.
    pub max_answers: usize,
    /// Recipients of one message, after duplicates are merged and the sender is taken out; more are refused
    /// with 413, and so are lists with more than twice as many entries, copies included. Default 100.
    pub max_recipients: usize,
    /// m-lines of one message; more are refused with 488. Default 32.
    pub max_lines: usize,
    /// Conferences at once; one more is refused with 486. Default 64.
    pub max_conferences: usize,
    /// Of those, conferences that one user sends to; one more is refused with 486. Default 16.
    pub max_conferences_per_user: usize,
    /// Flows at once, datagram peers included. One more takes the place of the datagram peer that was silent longest
    /// and that no binding needs; where there is none, it is closed at once. Default 1,024.
    pub max_flows: usize,
    /// Requests that wait for a connection to come up, in all; one more is refused with 503. Default 256.
    pub max_waiting: usize,
    /// Octets of one request sent as a datagram; a longer one goes over TCP (RFC 3261 §18.1.1). Default 1,300.
    pub max_datagram: usize,
    /// Octets of one message that a conference holds between its sender and its slowest recipient.
    /// Default 1 MiB.
    pub window: usize,
    /// Octets of one MSRP chunk to a recipient. Default 61,440.
    pub chunk_size: usize,
    /// Limits of SIP messages.
    pub sip: sip::Limits,
    /// Limits of every MSRP connection.
    pub msrp: msrp::Limits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bindings: 8,
            max_answers: 4096,
            max_recipients: 100,
            max_lines: 32,
            max_conferences: 64,
            max_conferences_per_user: 16,
            max_flows: 1024,
            max_waiting: 256,
            max_datagram: 1300,
            window: 1 << 20,
            chunk_size: 61_440,
            sip: sip::Limits::default(),
            msrp: msrp::Limits::default(),
        }
    }
}

/// How long the server waits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timers {
    /// Shortest binding granted; a shorter wish is answered 423. Default 60 s.
    pub min_expires: Duration,
    /// Longest binding granted, and the one granted where nothing is asked for. Default 3,600 s.
    pub max_expires: Duration,
    /// How long a nonce is good; after that it is stale. Default 300 s.
    pub nonce: Duration,
    /// How long a recipient may leave its INVITE unanswered before it is cancelled. Default 90 s.
    pub ring: Duration,
    /// How long the sender of a list is kept ringing for the answers of its recipients. Once all are in, or
    /// after this, it is answered 200. Zero answers at once, and content then waits in the window for those
    /// who have not answered. Default 90 s, so that no answer is missing.
    pub settle: Duration,
    /// From an answer to the first octet of an MSRP session. Default 30 s.
    pub connect: Duration,
    /// How long a recipient may owe progress on content that is there for it; then it is dropped. Default 40 s.
    pub stalled: Duration,
    /// How long a sender may send nothing of an unfinished message; then the conference ends. Default 60 s.
    pub silent: Duration,
    /// From the last report to the sender's BYE; then the focus sends its own. Default 10 s.
    pub release: Duration,
    /// How long a connection may wait for its first frame to name a pending session. Default 10 s.
    pub first_frame: Duration,
    /// How long an MSRP connection without sessions stays open. Default 5 s.
    pub idle: Duration,
    /// How long a SIP flow that no binding came on stays known without traffic. Default 600 s.
    pub flow: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            min_expires: Duration::from_secs(60),
            max_expires: Duration::from_secs(3600),
            nonce: Duration::from_secs(300),
            ring: Duration::from_secs(90),
            settle: Duration::from_secs(90),
            connect: Duration::from_secs(30),
            stalled: Duration::from_secs(40),
            silent: Duration::from_secs(60),
            release: Duration::from_secs(10),
            first_frame: Duration::from_secs(10),
            idle: Duration::from_secs(5),
            flow: Duration::from_secs(600),
        }
    }
}
