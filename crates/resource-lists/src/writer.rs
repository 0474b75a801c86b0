//! Writing a resource list: flat, escaped, copy control always said (RFC 4826 §3, RFC 5364 §5, RFC 5366 §3).

use alloc::string::String;
use core::fmt::Write as _;

use crate::{CopyControl, RecipientList};

impl RecipientList {
    /// The document, with `cp:copyControl` at every entry.
    #[must_use]
    pub fn to_xml(&self) -> String {
        todo!()
    }

    /// The document without any attribute of RFC 5364, for servers older than it.
    #[must_use]
    pub fn to_xml_without_copy_control(&self) -> String {
        todo!()
    }
}
