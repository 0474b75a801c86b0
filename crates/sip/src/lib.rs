//! SIP (RFC 3261) message codec: lossless, zero-copy, one parser for streams and datagrams.
//!
//! Reading a message indexes its header fields and finds its end, in one pass and without copying; values are
//! cut when they are asked for. What was not changed keeps its bytes. No I/O, no clock, no randomness.
//!
//! ```
//! use simple_im_sip::{Framer, HeaderName, Message, Method, Response, StatusCode};
//!
//! let mut framer = Framer::default();
//! framer.push(
//!     "INVITE sip:bob@example.com SIP/2.0\r\n\
//!      Via: SIP/2.0/TCP client.example.com:5060;branch=z9hG4bK74bf9\r\n\
//!      From: Alice <sip:alice@example.com>;tag=9fxced76sl\r\n\
//!      To: Bob <sip:bob@example.com>\r\n\
//!      Call-ID: 3848276298220188511@example.com\r\n\
//!      CSeq: 1 INVITE\r\n\
//!      Contact: <sip:alice@client.example.com;transport=tcp>\r\n\
//!      Content-Length: 0\r\n\r\n",
//! );
//! while let Some(message) = framer.next_message()? {
//!     let Message::Request(request) = message else { continue };
//!     assert_eq!(request.method(), &Method::INVITE);
//!     assert_eq!(request.from()?.display_name().as_deref(), Some("Alice"));
//!     assert_eq!(request.via()?.branch(), Some("z9hG4bK74bf9"));
//!
//!     let response = Response::builder_for(&request, StatusCode::OK)
//!         .to_tag("314159")
//!         .header(HeaderName::CONTACT, "<sip:bob@192.0.2.4>")
//!         .build()?;
//!     assert!(response.as_bytes().starts_with(b"SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP client"));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | for | see |
//! |---|---|
//! | one datagram | [`Message::parse`] |
//! | a byte stream | [`Framer`] |
//! | header fields as written, or typed | [`Headers`], [`header`], [`HeaderName`] |
//! | addresses, and when they are the same | [`Uri`], [`UriRef`] |
//! | making messages | [`Request::builder`], [`Response::builder_for`] |
//! | changing them as a proxy does | [`Request::edit`], [`Response::edit`] |
//! | is all of it right, and how to refuse it | [`Message::check`], [`Request::refusal`], [`Refusal`] |
//! | how much is read at most | [`Limits`] |
//!
//! # What is right and what is let pass
//!
//! A request that no user agent would process says how to refuse it, be it that its bytes cannot be read
//! ([`Refusal::of_bytes`], [`FrameError::refusal`]: 400, 413, 414, 505, 513) or that what it asks for is not there
//! ([`Request::refusal`]: 405, 406, 415, 416, 420, 501).
//!
//! [`Reading::Strict`] reads what the grammar allows. [`Reading::Lenient`] also takes what real peers send and
//! whose meaning is beyond doubt, and lists it: lines that end in LF alone, a repeated equal Content-Length,
//! control characters in free text, and with [`Message::check`] malformed values that route nothing.
//!
//! # What is not supported
//!
//! - A head that is not UTF-8 is refused in any reading, a request with 400, by datagram and stream alike and
//!   before its body is waited for: RFC 3261 §7 and §25.1 have no other text, and display names or reason phrases
//!   in other charsets have no reading beyond doubt. Bodies are octets.
//! - Without a Content-Length no message is cut from a stream, in any reading.
//! - White space is not forgiven in start lines and URIs, nor are commas in unquoted display names (RFC 4475
//!   §3.1.2 leaves both open).
//! - Challenges and credentials are cut into scheme and parameters; digest authentication is not computed here.
//! - Header fields without a method of their own ([`Headers::get_all`]) are read as text.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod check;
mod control;
mod encode;
mod framer;
pub mod header;
mod headers;
mod index;
mod limits;
mod message;
mod method;
mod plain;
mod refusal;
mod scan;
mod status;
mod typed;
pub mod uri;

pub use grammar::{ByteStr, Forgiven, ParseError, ParseErrorKind, Reading};

pub use self::framer::{FrameError, Framer};
pub use self::header::{CSeq, Contact, FromTo, HeaderName, NameAddr, Via};
pub use self::headers::{Header, Headers};
pub use self::limits::Limits;
pub use self::message::{
    BuildError, Edit, Editor, Message, Request, RequestBuilder, Response, ResponseBuilder,
};
pub use self::method::Method;
pub use self::refusal::{Refusal, Support};
pub use self::status::StatusCode;
pub use self::uri::{Scheme, Uri, UriRef};
