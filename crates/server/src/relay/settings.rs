//! `Settings`: what the relay calls itself, whom it serves, and every bound of it.

use std::net::IpAddr;
use std::time::Duration;

use grammar::ByteStr;

/// How the relay works. Its accounts are the users of [`Config`](crate::Config), its realm is theirs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Settings {
    /// Host of the URIs it hands out. Default: the address it listens on (RFC 4976 §4.2 wants a name; a client
    /// could not look one up here).
    pub host: Option<ByteStr>,
    /// Names of next hops and where they are. Names are not looked up anywhere else.
    pub hosts: Vec<(ByteStr, IpAddr)>,
    /// Who may have messages relayed. Default [`Admission::Users`].
    pub admission: Admission,
    /// Every bound.
    pub limits: Limits,
    /// How long the relay waits.
    pub timers: Timers,
}

/// Who gets a URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::exhaustive_enums, reason = "with an account or without")]
pub enum Admission {
    /// Who proves to be a user (RFC 4976 §3.1: no open relays).
    #[default]
    Users,
    /// Everybody who asks, without a challenge: for closed networks and tests only.
    Anybody,
}

/// What the relay accepts and holds at most.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Connections at once; one more is closed at once. Default 1,024.
    pub max_links: usize,
    /// URIs handed out and not run out; one more is refused with 403. Default 4,096.
    pub max_grants: usize,
    /// Of those, on one connection. Default 64.
    pub max_grants_per_link: usize,
    /// Paths of peers whose connection is remembered for a URI, so that what goes back takes the same one.
    /// Default 16.
    pub max_peers: usize,
    /// Nonces of one connection that can still be answered; the oldest goes. Default 16.
    pub max_nonces: usize,
    /// Wrong credentials on one connection; it is closed with the last one. Default 3.
    pub max_auth_failures: u32,
    /// Refused requests on a connection that had none accepted; it is closed with the last one. Default 8.
    pub max_refused: u32,
    /// Octets that wait for one connection, from each source and in all kinds of frames; a source that sends
    /// more is not read from until they are less. Default 256 KiB.
    pub window: usize,
    /// Octets that one source has waiting for all connections together, those included that were handed to the driver
    /// and are not written; a source that sends more is not read from until they are less. Default 1 MiB.
    pub source_window: usize,
    /// Octets that a connection has to take in each [`Timers::stalled`] while half a window waits for it, or a source
    /// is not read from because of it; else it is closed. Default 32 KiB, some 9 kbit/s.
    pub min_progress: u64,
    /// Octets handed to the driver for one connection and not written yet. Default 256 KiB.
    pub in_flight: u64,
    /// Octets of content in a forwarded chunk. Default 10,240: relays in the field take no more.
    pub chunk_size: usize,
    /// Octets of content that are worth a chunk of their own while more of the same chunk comes in (RFC 4975
    /// §7.1.1 wants none smaller in the middle of a message). Default 2,048.
    pub min_chunk: usize,
    /// Chunks and AUTH requests on one connection that have not been answered; more wait. Of chunks that only an error
    /// would answer (`Failure-Report: partial`) as many more are remembered, the last ones. Default 1,024.
    pub max_transactions: usize,
    /// Octets of the body of a request that is not SEND; a longer one is refused (RFC 4975 §7.1). Default 10,240.
    pub max_body: usize,
    /// Limits of what is read.
    pub msrp: msrp::Limits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_links: 1024,
            max_grants: 4096,
            max_grants_per_link: 64,
            max_peers: 16,
            max_nonces: 16,
            max_auth_failures: 3,
            max_refused: 8,
            window: 256 << 10,
            source_window: 1 << 20,
            min_progress: 32 << 10,
            in_flight: 256 << 10,
            chunk_size: 10_240,
            min_chunk: 2048,
            max_transactions: 1024,
            max_body: 10_240,
            msrp: msrp::Limits::default(),
        }
    }
}

/// How long the relay waits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timers {
    /// Shortest life of a URI; a shorter wish is answered 423 with Min-Expires. Default 60 s.
    pub min_expires: Duration,
    /// Longest life of a URI; a longer wish is answered 423 with Max-Expires. Default 1,800 s.
    pub max_expires: Duration,
    /// Life of a URI where nothing is asked for. Default 900 s.
    pub default_expires: Duration,
    /// How long a nonce can be answered; after that it is stale. Default 300 s.
    pub nonce: Duration,
    /// From the last octet of a request to its response (RFC 4976 §6.4.1). It stands still while the connection is not
    /// read from, and starts anew when it is. Default 30 s.
    pub transaction: Duration,
    /// How long a connection may take to have a request accepted (RFC 4976 §6.1). Default 30 s.
    pub probation: Duration,
    /// How long a connection that we opened may take to come up. Default 10 s.
    pub connect: Duration,
    /// How long a connection may take nothing of what waits for it, or less than [`Limits::min_progress`] while others
    /// wait for it; then it is closed. Default 30 s.
    pub stalled: Duration,
    /// How long a few octets of a chunk wait for more before they are sent on. Default 100 ms.
    pub gather: Duration,
    /// How long what is under way may take once the relay is told to end. `tokio::Running::stop` waits for 5 s, so with
    /// more than that nobody is told what did not get through. Default 3 s.
    pub drain: Duration,
    /// How long a connection without URIs stays open unused (RFC 4976 §6.5). Default 3,600 s.
    pub idle: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            min_expires: Duration::from_secs(60),
            max_expires: Duration::from_secs(1800),
            default_expires: Duration::from_secs(900),
            nonce: Duration::from_secs(300),
            transaction: Duration::from_secs(30),
            probation: Duration::from_secs(30),
            connect: Duration::from_secs(10),
            stalled: Duration::from_secs(30),
            gather: Duration::from_millis(100),
            drain: Duration::from_secs(3),
            idle: Duration::from_secs(3600),
        }
    }
}
