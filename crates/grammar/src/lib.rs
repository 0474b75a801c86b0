//! Productions that at least two of the grammars of SIP, SDP, MSRP and MIME share.
//!
//! The entrance rule: a production lives here if two of the RFCs we implement make it normative. What
//! only one of them knows belongs to that codec. The crate has no I/O, no clock and no state.
//!
//! | item | from |
//! |---|---|
//! | [`ByteStr`] | text that shares the buffer it was received in |
//! | [`CharClass`] | ABNF character sets as 256-entry tables |
//! | [`ParseError`] | what does not follow its rule, and at which byte |
//! | [`Reading`] | strict or lenient, and the list of what was let pass |
//! | [`Host`], [`HostPort`] | RFC 3261 §25.1, RFC 4975 §9 (both from RFC 3986) |
//! | [`MediaType`], [`MediaRange`] | RFC 2045 §5.1, RFC 3261 §25.1, RFC 4975 §9 |
//! | [`Params`] | `;name=value` of the same three |
//! | [`quoted`] | quoted-string of the same three |
#![no_std]

extern crate alloc;

mod byte_str;
mod char_class;
mod error;
mod host;
mod media_type;
mod params;
pub mod quoted;
mod reading;
#[doc(hidden)]
pub mod rule;

pub use byte_str::ByteStr;
pub use char_class::CharClass;
pub use error::{ParseError, ParseErrorKind};
pub use host::{Host, HostPort};
pub use media_type::{MediaRange, MediaType};
pub use params::{Param, Params};
pub use reading::{Forgiven, Leniency, Reading};
