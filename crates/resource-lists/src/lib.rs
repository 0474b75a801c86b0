//! application/resource-lists+xml (RFC 4826) with copy control (RFC 5364), for recipient lists.
//!
//! | item | what |
//! |---|---|
//! | [`RecipientList`], [`merge()`] | a flat list of recipients: read, merged, written; what a conference focus needs |
//! | [`ResourceLists`] | a whole document as a tree: nested lists with their names, references, what is foreign |
//! | [`Document`], [`Reader`] | a document read item by item, nothing allocated for an entry |
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
//! A long list needs no list in memory:
//!
//! ```
//! use simple_im_resource_lists::{Document, Limits};
//!
//! let xml = r#"<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list>
//!     <entry uri="sip:bob@home2.example"><display-name xml:lang="en">Bob</display-name></entry>
//! </list></resource-lists>"#;
//! let limits = Limits { max_entries: 100_000, ..Limits::default() };
//! let document = Document::new(xml.into(), &limits)?;
//! for entry in document.reader(&limits).entries() {
//!     let entry = entry?;
//!     assert_eq!(entry.uri(), "sip:bob@home2.example");
//!     assert_eq!(entry.display_name().map(|name| name.text()).as_deref(), Some("Bob"));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | supported | not supported |
//! |---|---|
//! | nested lists with name and display name; `entry`, `entry-ref`, `external`, display names with `xml:lang` | fetching what references name |
//! | `copyControl` (absent means `bcc`), `anonymize`, `count`; the namespace as registered, as RFC 5366 prints it, and that of the drafts, where the attribute is `capacity` | writing the older spellings |
//! | elements and attributes of other namespaces, kept in their place and written again | comments, processing instructions, elements inside display names, attributes without namespace that RFC 4826 does not know: passed over |
//! | namespaces by URI, whatever the prefix | prefixes that only values use, such as those of `xsi:type`, when what is foreign is written again |
//! | UTF-8, UTF-16 with byte order mark | other encodings, found or declared; `DOCTYPE`; entities but the five of XML: refused |
//! | recipients merged by whatever comparison of URIs the caller gives | comparing URIs itself: each scheme has its rules, and its crate |
#![no_std]

extern crate alloc;

mod blocks;
mod copy_control;
mod display_name;
mod document;
mod entry;
mod foreign;
mod limits;
mod merge;
mod name;
mod namespaces;
mod reader;
mod recipient_list;
mod reference;
mod resource_lists;
mod scanner;
mod value;
mod writer;

pub use copy_control::CopyControl;
pub use display_name::{DisplayName, DisplayNameView};
pub use document::Document;
pub use entry::{Entry, EntryView};
pub use foreign::{Foreign, ForeignAttribute, ForeignElement};
pub use limits::Limits;
pub use merge::{merge, merge_by};
pub use reader::{Item, ListView, Reader};
pub use recipient_list::{ANONYMOUS, RecipientList};
pub use reference::{Reference, ReferenceView};
pub use resource_lists::{List, Member, ResourceLists};

/// The media type of the documents (RFC 4826 §3.5).
pub const MEDIA_TYPE: &str = "application/resource-lists+xml";
