//! What a [`Connection`](crate::Connection) is told: its settings, its sessions, its messages.

use std::time::Duration;
use std::vec::Vec;

use grammar::ByteStr;

use crate::{FailureReport, Limits, Uri, UriMatch};

/// The settings of a connection.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "callers write it with `..Config::default()`")]
pub struct Config {
    /// Bounds on what the peer can make us keep.
    pub limits: Limits,
    /// How long to wait for what.
    pub timers: Timers,
    /// Octets of content in one chunk, at least 1: 61,440. A session whose path has relays gets at most
    /// [`Config::RELAY_CHUNK_SIZE`], and messages that share the connection get less each, so that a turn is short.
    pub chunk_size: usize,
    /// Octets on the way in each direction, 1 MiB: outgoing, those asked by [`Output::Read`] and not yet
    /// transmitted; incoming, those handed out by [`Output::Write`] and not yet credited. At least one chunk
    /// is asked for whatever the window.
    ///
    /// [`Output::Read`]: crate::Output::Read
    /// [`Output::Write`]: crate::Output::Write
    pub window: usize,
    /// Octets of messages with success reports that may be on the way through relays and not be reported: 128 KiB,
    /// for each message and for all of a connection; it starts with two chunks and grows by what is reported. A relay
    /// answers 200 for what it has not delivered, and some drop what they cannot; the reports are the only brake. If
    /// none comes for [`Timers::report`], the peer reports at the end only: its message goes on with all of this, then
    /// with twice as much, and is not counted any more.
    pub report_window: u64,
    /// Octets after which a REPORT goes out before the messages are whole that come in through relays: 32 KiB. It tells
    /// a sender with a window how far we are; the first ones come sooner, from one chunk on, as that window starts
    /// small. The last REPORT is for the whole message in any case.
    pub report_interval: u64,
    /// How the URIs in the paths of what comes in are held against ours and the peer's.
    pub uri_match: UriMatch,
    /// What to do about a frame that says it comes from someone else than the session's peer.
    pub from_path: FromPathCheck,
}

impl Config {
    /// The largest chunk that gets through every known relay, in octets of content.
    pub const RELAY_CHUNK_SIZE: usize = 10_240;
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            timers: Timers::default(),
            chunk_size: 61_440,
            window: 1 << 20,
            report_window: 128 << 10,
            report_interval: 32 << 10,
            uri_match: UriMatch::default(),
            from_path: FromPathCheck::default(),
        }
    }
}

/// How long a connection waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "callers write it with `..Timers::default()`")]
pub struct Timers {
    /// For the response to a chunk, from the moment its last octet was transmitted: 30 s (RFC 4975 §7.1.1).
    pub transaction: Duration,
    /// For the next octet of an incoming message that is not whole: 120 s.
    pub incoming: Duration,
    /// For the next octet of one whose last chunk came, and others did not: 10 s. The stream has an order, so they are
    /// lost, most likely by a relay.
    pub gap: Duration,
    /// For the rest of a header block whose first octet came: 32 s.
    pub head: Duration,
    /// For a REPORT on the way through relays, before more than [`Config::report_window`] goes out: 2 s.
    pub report: Duration,
    /// How long we may be silent on a connection with a bound session before a SEND without content goes out (RFC
    /// 4975 §7.1.1 allows it at any time); one that is not answered ends the connection. `None`, the default: never.
    pub keep_alive: Option<Duration>,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            transaction: Duration::from_secs(30),
            incoming: Duration::from_secs(120),
            gap: Duration::from_secs(10),
            head: Duration::from_secs(32),
            report: Duration::from_secs(2),
            keep_alive: None,
        }
    }
}

/// What to do about a SEND whose From-Path does not end in the URI of the session's peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_enums, reason = "there is no third policy")]
pub enum FromPathCheck {
    /// Take it and count it. Boxes on the way rewrite paths, and the session-id in To-Path is the secret.
    #[default]
    Tolerate,
    /// Answer 481.
    Enforce,
}

/// A session to attach to a connection.
#[derive(Debug, Clone)]
#[expect(
    clippy::exhaustive_structs,
    reason = "what RFC 4975 needs to know of a session, written as a literal"
)]
pub struct SessionConfig {
    /// Our own URI: the To-Path of what the peer sends.
    pub local: Uri,
    /// The whole path of the peer: the To-Path of what we send. Not empty.
    pub peer: Vec<Uri>,
    /// Who sends the first frame.
    pub role: Role,
    /// What we take; `None` for a session in which only we send content.
    pub receive: Option<ReceivePolicy>,
}

/// Who sends the first frame of a session (RFC 4975 §5.4, RFC 6135).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "RFC 6135 has these two")]
pub enum Role {
    /// We: a SEND without content, and nothing else until it is answered 200.
    Active,
    /// The peer: we are silent until its first SEND names our URI.
    Passive,
}

/// A path to get from relays that act for us (RFC 4976 §5.1).
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "what an AUTH request is made of, written as a literal")]
pub struct RelayConfig {
    /// Our own URI of the one session the path is for: the From-Path of AUTH.
    pub local: Uri,
    /// The relays to go through, the one at the other end of the connection first. Not empty.
    pub relays: Vec<Uri>,
    /// For how long the path is wanted, in whole seconds; `None` leaves it to the relays.
    pub expires: Option<Duration>,
}

/// What a session takes.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_structs, reason = "the attributes of RFC 4975 §8.6, written as a literal")]
pub struct ReceivePolicy {
    /// Octets of one message at most (`a=max-size`); more are answered 413.
    pub max_size: Option<u64>,
    /// Patterns of media types (`a=accept-types`): `*`, `text/*`, `text/plain`. Others are answered 415.
    pub accept_types: Vec<ByteStr>,
    /// Patterns of what `message/cpim` may wrap (`a=accept-wrapped-types`), besides `accept_types`; a message that
    /// wraps another type is answered 415. What is in a multipart is not looked at.
    pub accept_wrapped_types: Vec<ByteStr>,
}

/// A message to send.
#[derive(Debug, Clone)]
#[expect(
    clippy::exhaustive_structs,
    reason = "what RFC 4975 §7.1 needs to know of a message, written as a literal"
)]
pub struct OutgoingMessage {
    /// The value of Content-Type.
    pub content_type: ByteStr,
    /// The value of Content-Disposition.
    pub disposition: Option<ByteStr>,
    /// Octets of content; `None` if the source tells when it ends, by a read that comes back short.
    pub size: Option<u64>,
    /// Whether the receiver is to REPORT that it has all of it.
    pub success_report: bool,
    /// Which responses the chunks get.
    pub failure_report: FailureReport,
}
