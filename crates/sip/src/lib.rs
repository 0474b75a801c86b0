//! SIP (RFC 3261) message codec: lossless, zero-copy, one parser for streams and datagrams.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod check;
mod encode;
mod framer;
pub mod header;
mod headers;
mod index;
mod limits;
mod message;
mod method;
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
