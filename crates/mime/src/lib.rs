//! MIME entities, multipart bodies, message/cpim (RFC 3862) and IMDN (RFC 5438).
//!
//! | item | what |
//! |---|---|
//! | [`Entity`] | headers and a body, nested parts included; reading, finding, decoding |
//! | [`Multipart`], [`MultipartBuilder`] | a multipart body read and written |
//! | [`Boundary`], [`Parts`] | the parts of a body one by one, looked into on demand, nothing allocated |
//! | [`ContentDisposition`], [`ContentId`] | the two header values that SIP bodies hang together by |
//! | [`cpim`] | the envelope of instant messages |
//! | [`imdn`] | notifications of delivery and display (feature `imdn`) |
//!
//! Reading is zero-copy: the body of a part is a slice of the received buffer.
//!
//! The crate is `no_std` with `alloc` as long as the feature `imdn`, on by default, is off: that feature brings
//! quick-xml, which needs `std`.
//!
//! | supported | not supported |
//! |---|---|
//! | multipart of every subtype, nested to a limit; `related` with `start` | message/partial, message/external-body |
//! | `7bit`, `8bit`, `binary`, and on reading base64 and quoted-printable | writing base64 and quoted-printable |
//! | file names of RFC 2231 and RFC 8187 | encoded words of RFC 2047 |
//! | message/cpim with unknown namespaces kept; IMDN requests and notifications | signed and encrypted bodies: they are kept as bytes |
//!
//! ```
//! use simple_im_mime::{ContentDisposition, Entity, Limits, MultipartBuilder, Reading};
//!
//! let sdp = Entity::builder("application/sdp").body("v=0\r\n")?;
//! let list = Entity::builder("application/resource-lists+xml")
//!     .disposition(&ContentDisposition::parse("recipient-list")?)
//!     .body("<resource-lists/>")?;
//! let (content_type, body) = MultipartBuilder::mixed().part(sdp).part(list).build([7; 16])?;
//!
//! let headers = [("Content-Type", content_type.as_str())];
//! let (root, _) = Entity::read(headers, body, Reading::Strict, &Limits::default())?;
//! assert_eq!(root.offer().expect("an SDP part").raw_body(), "v=0\r\n");
//! assert_eq!(root.recipient_lists().count(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]

extern crate alloc;

mod boundary;
mod content_disposition;
mod content_id;
pub mod cpim;
mod entity;
mod extended_value;
mod header;
#[cfg(feature = "imdn")]
pub mod imdn;
mod limits;
mod multipart;
mod parts;
mod transfer_encoding;
mod walk;
mod writer;

pub use boundary::Boundary;
pub use content_disposition::{ContentDisposition, DispositionKind, Handling};
pub use content_id::ContentId;
pub use entity::{Entity, EntityBuilder};
pub use grammar::{Forgiven, Reading};
pub use header::{Header, Headers};
pub use limits::Limits;
pub use multipart::Multipart;
pub use parts::{Part, Parts};
pub use walk::Walk;
pub use writer::{BuildError, MultipartBuilder};
