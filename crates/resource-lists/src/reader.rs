//! `Reader`: the entries of a resource list, one after the other (RFC 4826 §3, RFC 5364 §5).

use bytes::Bytes;
use grammar::ParseError;

use crate::{Entry, Limits};

/// What a list consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "RFC 4826 §3.2 has these, and lists, which are flattened")]
pub enum Item {
    /// `entry`: a recipient.
    Entry(Entry),
    /// `entry-ref`: a recipient named in another document of the server.
    EntryRef,
    /// `external`: a list elsewhere. Never fetched.
    External,
}

/// Reads a document as it is asked for the next item. Fused: after an error there is nothing more.
#[derive(Debug)]
pub struct Reader {
    document: Bytes,
    limits: Limits,
}

impl Reader {
    /// Starts reading a document: UTF-8, or UTF-16 with a byte order mark.
    ///
    /// # Errors
    ///
    /// `max_document` where it is too long, `UTF-8` or `UTF-16` where it is not text.
    pub fn new(document: Bytes, limits: &Limits) -> Result<Self, ParseError> {
        Ok(Self { document, limits: *limits })
    }
}

impl Iterator for Reader {
    type Item = Result<Item, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        todo!()
    }
}
