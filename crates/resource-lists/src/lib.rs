//! application/resource-lists+xml (RFC 4826) with copy control (RFC 5364), for recipient lists.
//!
//! [`RecipientList::parse`] reads a document into a flat list in document order, [`Document::reader`] hands out
//! one entry after the other, [`RecipientList::to_xml`] writes, [`merge()`] makes one list of several.
//!
//! ```
//! use simple_im_resource_lists::{CopyControl, Entry, Limits, RecipientList};
//!
//! let mut list = RecipientList::new();
//! list.push(Entry::new("sip:bob@home2.example", CopyControl::To)?)?;
//! list.push(Entry::new("sip:carol@home3.example", CopyControl::Bcc)?.with_display_name("Carol & Co")?)?;
//! let document = list.to_xml();
//! let back = RecipientList::parse(document.into(), &Limits::default())?;
//! assert_eq!(back.entries(), list.entries());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The crate itself uses only `alloc`, but quick-xml, which it reads with, needs `std`: a target without `std` cannot
//! build it.
//!
//! | supported | not supported |
//! |---|---|
//! | nested lists, flattened; `entry` with `display-name`; `copyControl`, `anonymize`, `count` | names of lists, attributes of foreign namespaces: passed over |
//! | `entry-ref` and `external`, handed out by [`Reader`] with what they point to | fetching either |
//! | UTF-8, UTF-16 with byte order mark | other encodings, `DOCTYPE`, entities but the five of XML: refused |
#![no_std]

extern crate alloc;

mod attributes;
mod copy_control;
mod document;
mod limits;
mod list;
mod merge;
mod namespaces;
mod reader;
mod writer;

pub use copy_control::CopyControl;
pub use document::Document;
pub use limits::Limits;
pub use list::{Entry, RecipientList};
pub use merge::merge;
pub use reader::{Item, Reader};

/// The media type of the documents (RFC 4826 §3.5).
pub const MEDIA_TYPE: &str = "application/resource-lists+xml";
