//! MSRP (RFC 4975): framing, sessions and connections, sans-IO.
//!
//! | layer | items | what it does |
//! |---|---|---|
//! | codec, `no_std` | [`Framer`], [`Head`], [`FrameWriter`], [`Uri`], [`ByteRange`] | a stream of bytes to frames and back; content is handed out as it arrives and never copied |
//! | whole frames | [`Inspector`], [`FrameView`] | what a trace or a test tool wants to show of a stream |
//! | machine, feature `std` | [`Connection`] | many sessions on one stream: chunks, responses, reports, timers, fair turns |
//!
//! The machine does no I/O and reads no clock: bytes and the time come in by `handle_*`, what has to be done
//! comes out of [`Connection::poll_output`].
#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "std")]
mod connection;
mod encode;
mod frame;
mod framer;
pub mod header;
mod ids;
mod inspect;
mod limits;
mod range_set;
#[cfg(feature = "std")]
mod session;
mod start_line;
mod tid;
mod uri;
mod uri_match;

#[cfg(feature = "std")]
pub use connection::{
    AbortReason, Config, Connection, Counters, Error, Event, FromPathCheck, MessageKey, OutgoingMessage,
    Output, PathKey, ReceivePolicy, RelayConfig, Role, SendError, SessionConfig, SessionKey, Timers,
};
pub use encode::{EncodeError, FrameWriter, PathText};
pub use frame::{Head, Header};
pub use framer::{FrameError, FrameEvent, Framer, Tail};
pub use grammar::{ByteStr, Forgiven, ParseError, ParseErrorKind, Reading};
pub use header::{ByteRange, FailureReport, HeaderName, Path, Status};
pub use ids::{IdSource, session_id};
pub use inspect::{FrameView, Inspector};
pub use limits::Limits;
pub use range_set::RangeSet;
pub use start_line::{Method, StartLine, StatusCode};
pub use tid::{Flag, Tid};
pub use uri::{Uri, UriBuilder};
pub use uri_match::{UriMatch, UriPart};
