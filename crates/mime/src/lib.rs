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
//! | multipart of every subtype, nested to a limit; `related` with `start`; boundaries made random and checked against the parts | message/partial, message/external-body |
//! | strict and lenient reading, with the list of what was forgiven: a missing close-delimiter, LF alone, broken types, a broken header in one part | repairing what cannot be read |
//! | `7bit`, `8bit`, `binary`, and on reading base64 and quoted-printable | writing base64 and quoted-printable |
//! | Content-ID and `cid:`; Content-Disposition with handling, size, dates, file names of RFC 2231 and RFC 8187 | encoded words of RFC 2047; character sets but UTF-8, US-ASCII and Latin-1 |
//! | message/cpim: `NS`, `Require`, `To` and `cc`, `DateTime`, subjects by language, unknown namespaces kept and written again | parameters of headers but `lang`, beside their text |
//! | IMDN: requests with their routes, notifications of delivery, display and processing, aggregated ones, in envelopes or not | extensions of IMDN documents: passed over |
//! | signed and encrypted bodies, as bytes | checking or opening them |
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
//!
//! An envelope, and the notification it asks for:
//!
//! ```
//! # #[cfg(feature = "imdn")] {
//! use simple_im_mime::cpim::{Address, Builder, Message};
//! use simple_im_mime::imdn::{self, Disposition, Notification, NotificationRequest, Status, Wanted};
//!
//! let (alice, bob) = (Address::new("im:alice@example.com")?, Address::new("im:bob@example.com")?);
//! let sent = Builder::new(&alice, &bob)
//!     .date_time("2026-03-02T09:15:30Z")
//!     .subject_in("en", "Lunch")
//!     .request_notification("Qx71Lm", &[Wanted::Display])
//!     .build("text/plain", "At noon?")?;
//!
//! let message = Message::parse(sent)?;
//! let request = NotificationRequest::of(message.head()).expect("it has an id");
//! assert_eq!(request.wanted, [Wanted::Display]);
//! let shown = Notification::about(message.head(), Disposition::Display, Status::Displayed).expect("and a date");
//! let back = Builder::new(&bob, &alice)
//!     .request_notification("d834jied", &[])
//!     .routes_of(&request)
//!     .content_header("Content-Disposition", "notification")
//!     .build(imdn::MEDIA_TYPE, shown.to_xml())?;
//! let back = Message::parse(back)?;
//! let all: Vec<_> = imdn::notifications(back.content()).collect::<Result<_, _>>()?;
//! assert_eq!(all, [shown]);
//! # }
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
