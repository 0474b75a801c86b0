//! `Limits` and `Timers`: every bound of the client, with its default.

use std::time::Duration;

/// What one user's client accepts and holds at most.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Recipients of one message; the OMA parameter `max_adhoc_group_size`. Default 100.
    pub max_recipients: usize,
    /// Files of one message, in or out (each is one m-line). Default 32.
    pub max_files: usize,
    /// Octets of one text, in or out; a text is held in memory. Default 1 MiB.
    pub max_text: usize,
    /// Octets of one file the peer may offer; a larger one is offered to nobody and refused. Default 2^50.
    pub max_file: u64,
    /// Octets of one icon. Default 8 KiB.
    pub max_icon: usize,
    /// Octets of the whole INVITE body. Default 32 KiB.
    pub max_body: usize,
    /// Outgoing and incoming messages that may be under way at once. Default 64 each.
    pub max_sessions: usize,
    /// MSRP connections that may be open at once; one more is closed at once. Default 128.
    pub max_connections: usize,
    /// Limits of every MSRP connection.
    pub msrp: msrp::Limits,
    /// Octets of one MSRP chunk without a relay in the path. Default 61,440.
    pub chunk_size: usize,
    /// Octets under way in each direction of one MSRP connection. Default 2 MiB.
    pub window: usize,
    /// Octets through MSRP relays that may be on the way and not be reported, for each message and for all of one MSRP
    /// connection; what goes out faster waits in the relay or is lost there. Default 128 KiB.
    pub report_window: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_recipients: 100,
            max_files: 32,
            max_text: 1 << 20,
            max_file: 1 << 50,
            max_icon: 8 << 10,
            max_body: 32 << 10,
            max_sessions: 64,
            max_connections: 128,
            msrp: msrp::Limits::default(),
            chunk_size: 61_440,
            window: 2 << 20,
            report_window: 128 << 10,
        }
    }
}

/// How long the client waits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timers {
    /// From the last octet sent to the delivery REPORT (SEED-16). Default 120 s.
    pub report: Duration,
    /// From the 200 to the first bound MSRP session, or to an incoming connection. Default 30 s.
    pub connect: Duration,
    /// How long an offer may wait for the user before it is answered 480. Default 120 s.
    pub decide: Duration,
    /// As receiver: from the last complete item to a BYE of our own (RFC 5547 §8.4 leaves it to the sender).
    /// Default 60 s.
    pub guard: Duration,
    /// The same where an accepted item failed: the sender may be gone. Default 5 s.
    pub guard_incomplete: Duration,
    /// After the peer's BYE: how long its last responses and reports, or its last octets, may still arrive on
    /// the other connection. Default 2 s.
    pub grace: Duration,
    /// How long an MSRP connection without sessions stays open; one that the peer opened stays twice as long, so
    /// that the side that may want it again closes it. Default 5 s.
    pub idle: Duration,
    /// The same for the connection to a relay that acts for the user (RFC 4976 §5.4). Default 1 h.
    pub relay_idle: Duration,
    /// How long we may be silent on a connection with a session before a SEND without content goes out. `None`:
    /// never. Default 60 s.
    pub keep_alive: Option<Duration>,
    /// How long a connection may wait for its first frame to name a pending session. Default 10 s.
    pub first_frame: Duration,
    /// As receiver: how long a transfer may stand without one octet arriving. Default 120 s.
    pub stalled: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            report: Duration::from_secs(120),
            connect: Duration::from_secs(30),
            decide: Duration::from_secs(120),
            guard: Duration::from_secs(60),
            guard_incomplete: Duration::from_secs(5),
            grace: Duration::from_secs(2),
            idle: Duration::from_secs(5),
            relay_idle: Duration::from_secs(3600),
            keep_alive: Some(Duration::from_secs(60)),
            first_frame: Duration::from_secs(10),
            stalled: Duration::from_secs(120),
        }
    }
}
