//! SDP (RFC 8866) with MSRP media lines, file transfer attributes and offer/answer, sans-IO.
//!
//! A [`SessionDescription`] is the received bytes and an index of their lines: it prints as it was read, and
//! nothing is copied. Typed values are cut on demand, in place: [`MediaDescription::path`],
//! [`MediaDescription::file`], [`SessionDescription::origin`]. Documents are written by [`Writer`], or by
//! [`offer_answer`], which knows the rules of MSRP lines.
//!
//! ```
//! use bytes::Bytes;
//! use simple_im_sdp::SessionDescription;
//!
//! let document = SessionDescription::parse(Bytes::from_static(
//!     b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
//!       m=message 2855 TCP/MSRP *\r\na=sendonly\r\na=accept-types:image/jpeg\r\n\
//!       a=path:msrp://192.0.2.1:2855/k3Vd0pXw8TqL;tcp\r\n\
//!       a=file-selector:name:\"50%25 off.jpg\" type:image/jpeg size:5000\r\n",
//! ))?;
//! let media = document.media().next().expect("one m-line");
//! let file = media.file().expect("the line describes a file");
//! assert_eq!(media.port(), 2855);
//! assert_eq!(file.name.as_deref(), Some("50% off.jpg"));
//! assert_eq!(file.size, Some(5000));
//! # Ok::<(), simple_im_sdp::ParseError>(())
//! ```
//!
//! | supported | not supported |
//! |---|---|
//! | documents of any profile, read without loss, strictly or leniently (RFC 8866, 4566, 2327); every line type typed: `o`, `c` with multicast, `b` with TIAS, each `t` with its own `r` and `z`, `k`, `m` with port counts | `a=charset`: text is UTF-8, or bytes |
//! | `rtpmap`, `fmtp`, `ptime`, `maxptime`, `mid`, `group`, `label`, ICE credentials, options and candidates | other RTP, ICE and DTLS attributes: they are text, or a type of yours ([`attribute::Attribute`]) |
//! | MSRP lines: `path`, `accept-types`, `accept-wrapped-types`, `max-size` (RFC 4975), `setup` (RFC 6135), fingerprints and which of them count (RFC 8122), `msrp-cema` and what follows from it (RFC 6714) | name resolution: [`offer_answer::match_addresses`] is given one |
//! | file transfer: RFC 5547, and draft-garcia-sipping-file-transfer-mech-00 with its successors of 2006; either, both, and in what both disagree | safe local file names; `m=message` lines with several files |
//! | offer/answer of RFC 3264 for MSRP lines: push and pull, next offers, closing, roles; other lines are answered with port 0 | RTP negotiation |
#![no_std]

extern crate alloc;

pub mod attribute;
pub mod file;
mod limits;
pub mod line;
mod media;
pub mod offer_answer;
mod reader;
mod scan;
mod session;
mod survey;
mod writer;

pub use file::{Dialect, FileOffer, FileOfferRef};
pub use grammar::{ByteStr, Forgiven, Leniency, ParseError, ParseErrorKind, Reading};
pub use limits::Limits;
pub use media::MediaDescription;
pub use session::{Line, SessionDescription, TimeDescription};
pub use writer::{WriteError, Writer};
