//! What a [`Connection`](crate::Connection) says: outputs, events, errors.

use std::time::Duration;
use std::vec::Vec;

use bytes::Bytes;
use grammar::ByteStr;

use crate::{EncodeError, HeaderName, Uri, UriPart};

/// A session of one connection. A key that is stale is an error or a no-op, never another session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionKey(pub(crate) u64);

/// A message of one connection, in either direction. A stale key is an error or a no-op, never another message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageKey(pub(crate) u64);

/// A path through relays that a connection asked for. A stale key is a no-op, never another path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathKey(pub(crate) u64);

/// What the driver has to do next.
///
/// Exhaustive on purpose: a driver that does not know an output must not compile.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "see above")]
pub enum Output {
    /// Write these bytes to the stream, then say so by [`Connection::handle_transmitted`]. The head, the
    /// content and the end-line of a chunk come one after the other with nothing between them: gather what is
    /// there and write it at once, peers are known that lose an end-line that comes in a segment of its own.
    ///
    /// [`Connection::handle_transmitted`]: crate::Connection::handle_transmitted
    Transmit(Bytes),
    /// Read `len` octets from `offset` (counted from 0) of an outgoing message and give them to
    /// [`Connection::handle_read`], in the order they were asked for. Fewer are the end of a message whose size is
    /// not known.
    ///
    /// [`Connection::handle_read`]: crate::Connection::handle_read
    Read {
        /// The message.
        message: MessageKey,
        /// The first octet, counted from 0.
        offset: u64,
        /// How many octets; never 0.
        len: usize,
    },
    /// Store this content at `offset` (counted from 0) of an incoming message, then give the credit back by
    /// [`Connection::handle_written`]. Offsets may come in any order, and again: the last content for an octet
    /// wins (RFC 4975 §7.3.1).
    ///
    /// [`Connection::handle_written`]: crate::Connection::handle_written
    Write {
        /// The message.
        message: MessageKey,
        /// The first octet, counted from 0.
        offset: u64,
        /// The octets, a slice of what was received; never empty.
        content: Bytes,
    },
    /// Find credentials for a relay and give them to [`Connection::credentials`].
    ///
    /// [`Connection::credentials`]: crate::Connection::credentials
    Authorize {
        /// The path that is asked for.
        path: PathKey,
        /// The relay that is to let us through: the digest-uri of the answer, the method being AUTH (RFC 4976 §9.1).
        relay: Uri,
        /// The values of its WWW-Authenticate; empty if it was not asked yet, or lets us through no more.
        challenges: Vec<ByteStr>,
    },
    /// The first SEND for a session that is not attached. Everything received behind it waits until
    /// [`Connection::attach`] of a session with this URI, or [`Connection::refuse_bind`].
    ///
    /// [`Connection::attach`]: crate::Connection::attach
    /// [`Connection::refuse_bind`]: crate::Connection::refuse_bind
    Bind {
        /// The URI the peer wants to talk to.
        to_path: Uri,
        /// Where it says it comes from; the last is its session URI.
        from_path: Vec<Uri>,
    },
    /// Close the stream: what comes over it is not MSRP, or is too slow to be. Nothing follows.
    Close,
    /// Something to tell the user of the connection.
    Event(Event),
}

/// Something that happened to a session or a message.
///
/// An outgoing message ends by exactly one of [`Event::Sent`] and [`Event::Failed`], unless its session was
/// detached; [`Event::Reported`] may come before or after. An incoming message, once announced by
/// [`Event::Incoming`], ends by exactly one of [`Event::Received`] and [`Event::Aborted`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The session is bound to this connection: the first SEND was answered 200 (active) or came (passive).
    Bound(SessionKey),
    /// The session cannot be used on this connection, or no more: the peer answered `status` (481, 506 ...) to
    /// a SEND, or 408 stands for no answer at all. Its messages fail.
    BindFailed {
        /// The session.
        session: SessionKey,
        /// The status code.
        status: u16,
    },
    /// The relays gave a path, or the one we have for longer; asked for by [`Connection::authorize`].
    ///
    /// [`Connection::authorize`]: crate::Connection::authorize
    PathGranted {
        /// The path.
        path: PathKey,
        /// Its URIs, the relay at the other end of the connection first. Other ones than before, if the relays chose
        /// to; the old ones end with their time.
        use_path: Vec<Uri>,
        /// For how long; `None` if no relay said so.
        expires: Option<Duration>,
    },
    /// A relay does not let us through, or no more, with this status; 408 stands for no answer at all.
    PathRefused {
        /// The path; it is forgotten.
        path: PathKey,
        /// The status code.
        status: u16,
    },
    /// A URI in a path that came in is not what it should be. Told once for each session.
    Mismatch {
        /// The session it was for.
        session: SessionKey,
        /// [`HeaderName::ToPath`] or [`HeaderName::FromPath`].
        ///
        /// [`HeaderName::ToPath`]: crate::HeaderName::ToPath
        /// [`HeaderName::FromPath`]: crate::HeaderName::FromPath
        header: HeaderName,
        /// The first part that differs.
        part: UriPart,
        /// Whether the frame was refused for it.
        refused: bool,
    },
    /// How far an outgoing message is.
    Progress {
        /// The message.
        message: MessageKey,
        /// Octets transmitted.
        sent: u64,
        /// Octets answered 200; never any with `Failure-Report: no` or `partial`.
        acknowledged: u64,
    },
    /// Every chunk was answered 200, or transmitted where no 200 is due.
    Sent {
        /// The message.
        message: MessageKey,
    },
    /// A REPORT came for a message that is transmitted in full, or a failing one for a message that was sent.
    Reported {
        /// The message.
        message: MessageKey,
        /// Its status code.
        status: u16,
        /// Whether the reports so far say that the whole message arrived; once `true`, no more come.
        complete: bool,
    },
    /// The message will not be sent, or only in part.
    Failed {
        /// The message.
        message: MessageKey,
        /// Why.
        error: SendError,
    },
    /// The first content of a new message came.
    Incoming {
        /// The session it came in.
        session: SessionKey,
        /// The message.
        message: MessageKey,
        /// The value of Content-Type.
        content_type: ByteStr,
        /// The value of Content-Disposition.
        disposition: Option<ByteStr>,
        /// The size, if the sender knows it by now. A claim, not a promise.
        size: Option<u64>,
        /// The Message-ID.
        message_id: ByteStr,
    },
    /// All octets were handed out and credited. The sender waits for [`Connection::accept`] or
    /// [`Connection::reject`], for 30 seconds.
    ///
    /// [`Connection::accept`]: crate::Connection::accept
    /// [`Connection::reject`]: crate::Connection::reject
    Received {
        /// The message.
        message: MessageKey,
        /// Its size in octets.
        size: u64,
    },
    /// The message will not become whole.
    Aborted {
        /// The message.
        message: MessageKey,
        /// Why.
        reason: AbortReason,
    },
}

/// Why an outgoing message failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The peer, or a relay, answered or reported this status code.
    #[error("refused with status {0}")]
    Status(u16),
    /// A chunk was not answered in time.
    #[error("no response to a chunk in time")]
    TimedOut,
    /// The connection was lost.
    #[error("connection lost")]
    FlowLost,
    /// The content could not be read, or was shorter than announced.
    #[error("content could not be read")]
    SourceFailed,
    /// [`Connection::abort`](crate::Connection::abort) was called.
    #[error("aborted")]
    Aborted,
}

/// Why an incoming message did not become whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum AbortReason {
    /// The sender gave it up (`#`).
    #[error("aborted by the sender")]
    Sender,
    /// Nothing more of it came in time.
    #[error("no more content in time")]
    TimedOut,
    /// The connection was lost.
    #[error("connection lost")]
    FlowLost,
    /// It is larger than the session takes.
    #[error("larger than the session takes")]
    TooLarge,
    /// Its chunks contradict each other, or are too many.
    #[error("chunks contradict each other")]
    Malformed,
    /// [`Connection::abort`](crate::Connection::abort) or [`reject`](crate::Connection::reject) was called
    /// before it was whole.
    #[error("refused")]
    Refused,
}

/// Why a command was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such session on this connection.
    #[error("no such session")]
    UnknownSession,
    /// The session could not be bound, or was refused by the peer later.
    #[error("the session is not usable on this connection")]
    SessionFailed,
    /// The connection is closed.
    #[error("the connection is closed")]
    Closed,
    /// [`Limits::max_outgoing`](crate::Limits::max_outgoing) messages are queued already.
    #[error("too many messages are queued")]
    TooManyMessages,
    /// No relay is named.
    #[error("no relay to ask")]
    NoRelay,
    /// [`Limits::max_paths`](crate::Limits::max_paths) paths are there already.
    #[error("too many paths through relays")]
    TooManyPaths,
    /// A value of the message cannot be written.
    #[error(transparent)]
    Unsendable(#[from] EncodeError),
}

/// What a connection let pass or ignored, for logs and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counters {
    /// Responses to no transaction of ours, or to one that was answered.
    pub stray_responses: u64,
    /// REPORTs for no message of ours.
    pub stray_reports: u64,
    /// Frames whose From-Path is not the session's peer.
    pub foreign_from_paths: u64,
    /// Requests that could not even be answered, for want of a path.
    pub unanswerable: u64,
    /// Requests that were answered with an error.
    pub refused: u64,
}
