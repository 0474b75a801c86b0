//! MSRP (RFC 4975): framing, sessions and connections, sans-IO.
//!
//! | layer | items | what it does |
//! |---|---|---|
//! | codec, `no_std` | [`Framer`], [`Head`], [`FrameWriter`], [`Uri`], [`ByteRange`] | a stream of bytes to frames and back; content is handed out as it arrives and never copied |
//! | whole frames | [`Inspector`], [`FrameView`] | what a trace or a test tool wants to show of a stream |
//! | machine, feature `std` | [`Connection`] | many sessions on one stream: chunks, responses, reports, timers, fair turns, paths through relays |
//!
//! The machine does no I/O and reads no clock: bytes and the time come in by `handle_*`, what has to be done
//! comes out of [`Connection::poll_output`].
//!
//! # Two ends of one stream
//!
//! ```
//! # #[cfg(feature = "std")] {
//! use std::time::Instant;
//! use simple_im_msrp::{
//!     Config, Connection, Event, FailureReport, IdSource, OutgoingMessage, Output, ReceivePolicy, Role, SessionConfig,
//!     Uri,
//! };
//!
//! /// Nobody may guess what a real source gives.
//! struct Ids(u8);
//! impl IdSource for Ids {
//!     fn fill(&mut self, out: &mut [u8]) {
//!         out.fill_with(|| { self.0 = self.0.wrapping_add(1); self.0 });
//!     }
//! }
//!
//! let now = Instant::now();
//! let alice = Uri::parse("msrp://192.0.2.1:2855/k3Vd0pXw8TqLz6Rb;tcp").unwrap();
//! let bob = Uri::parse("msrp://192.0.2.2:2855/9fQm2Jx0YcUe7HsN;tcp").unwrap();
//! let session = |local: &Uri, peer: &Uri, role| SessionConfig {
//!     local: local.clone(),
//!     peer: vec![peer.clone()],
//!     role,
//!     receive: Some(ReceivePolicy {
//!         max_size: Some(1 << 20),
//!         accept_types: vec!["text/plain".into()],
//!         accept_wrapped_types: vec![],
//!     }),
//! };
//! let mut ends = [Connection::new(Config::default(), Box::new(Ids(0))), Connection::new(Config::default(), Box::new(Ids(90)))];
//! let key = ends[0].attach(session(&alice, &bob, Role::Active), now);
//! ends[1].attach(session(&bob, &alice, Role::Passive), now);
//! let text = OutgoingMessage {
//!     content_type: "text/plain".into(),
//!     disposition: None,
//!     size: Some(5),
//!     success_report: true,
//!     failure_report: FailureReport::Yes,
//! };
//! ends[0].send(key, text, now).unwrap();
//!
//! // The driver: here the wire is a function call, and the disk a string.
//! let (mut stored, mut delivered, mut quiet) = (Vec::new(), false, false);
//! while !quiet {
//!     quiet = true;
//!     for at in [0, 1] {
//!         while let Some(output) = ends[at].poll_output() {
//!             quiet = false;
//!             match output {
//!                 Output::Transmit(bytes) => {
//!                     ends[at].handle_transmitted(bytes.len() as u64, now);
//!                     ends[1 - at].handle_received(bytes, now);
//!                 }
//!                 Output::Read { message, .. } => ends[at].handle_read(message, "hello".into(), now),
//!                 Output::Write { message, content, .. } => {
//!                     stored.extend_from_slice(&content);
//!                     ends[at].handle_written(message, content.len() as u64, now);
//!                 }
//!                 Output::Event(Event::Received { message, .. }) => ends[at].accept(message, now),
//!                 Output::Event(Event::Reported { complete, .. }) => delivered = complete,
//!                 _ => {}
//!             }
//!         }
//!     }
//! }
//! assert!(delivered && stored == b"hello");
//! # }
//! ```
//!
//! # What is not supported
//!
//! - WebSocket as a transport (RFC 7977): URIs with `ws` are read and compared, frames are not.
//! - Chat rooms (RFC 7701): NICKNAME is read, and answered 501.
//! - S/MIME: content is octets here. What a multipart wraps is not held against `accept-wrapped-types`.
//! - The connection machine answers digest challenges of relays with what its user gives it; it knows no algorithm.
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
