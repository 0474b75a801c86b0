//! `RecipientList`: who is to get a message, as a flat list (RFC 5363 §4.1, RFC 5366 §3).

use alloc::vec::Vec;

use bytes::Bytes;
use grammar::{ParseError, ParseErrorKind};

use crate::{CopyControl, Document, Entry, Item, Limits};

/// The URI that stands for recipients who are not to be known (RFC 5364 §4).
pub const ANONYMOUS: &str = "sip:anonymous@anonymous.invalid";

/// A flat list of recipients, in the order of the document; nested lists are flattened.
///
/// [`crate::ResourceLists`] keeps what is lost here: names of lists, references, what is foreign between entries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecipientList {
    entries: Vec<Entry>,
    entry_refs: usize,
    externals: usize,
}

impl RecipientList {
    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: Vec::new(), entry_refs: 0, externals: 0 }
    }

    /// Reads a document: UTF-8, or UTF-16 with a byte order mark.
    ///
    /// A URI that repeats is kept (see [`crate::merge()`]).
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte of the document: not well-formed, a `DOCTYPE`, a wrong root, an entry
    /// without `uri`, a value out of its type, or a limit passed.
    pub fn parse(document: Bytes, limits: &Limits) -> Result<Self, ParseError> {
        let mut list = Self::new();
        for item in Document::new(document, limits)?.reader(limits) {
            match item? {
                Item::Entry(entry) => list.entries.push(entry.into_entry()),
                Item::EntryRef(_) => list.entry_refs += 1,
                Item::External(_) => list.externals += 1,
                Item::ListStart(_) | Item::DisplayName(_) | Item::Foreign(_) | Item::ListEnd => {}
            }
        }
        Ok(list)
    }

    /// Adds an entry at the end.
    ///
    /// # Errors
    ///
    /// `uri` of kind `Repeated` if the list has that very URI already: RFC 4826 §3.2 wants it unique as a text. A
    /// history list may have [`ANONYMOUS`] once for each role (RFC 5364 §5).
    pub fn push(&mut self, entry: Entry) -> Result<(), ParseError> {
        let same = |known: &Entry| {
            known.uri() == entry.uri()
                && (*entry.uri() != *ANONYMOUS || known.copy_control() == entry.copy_control())
        };
        if self.entries.iter().any(same) {
            return Err(ParseError::new(ParseErrorKind::Repeated, "uri", 0));
        }
        self.entries.push(entry);
        Ok(())
    }

    /// The list that goes to the recipients of this one (`recipient-list-history`; RFC 5364 §6, RFC 5366 §4): who is
    /// `to` or `cc`, in that order, who is anonymous only as a number, and nobody who is `bcc`.
    #[must_use]
    pub fn history(&self) -> Self {
        let mut entries = Vec::new();
        for role in [CopyControl::To, CopyControl::Cc] {
            let here = || self.entries.iter().filter(move |entry| entry.copy_control() == role);
            entries.extend(here().filter(|entry| !entry.anonymize()).cloned());
            let hidden = here().filter(|entry| entry.anonymize());
            let count = hidden.fold(0_u32, |count, entry| count.saturating_add(entry.count()));
            if count > 0 {
                entries.extend(Entry::new(ANONYMOUS, role).map(|entry| entry.with_count(count)));
            }
        }
        Self::of(entries, 0, 0)
    }

    /// The entries in document order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries, by value.
    #[must_use]
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// How many `entry-ref` elements were passed over: recipients that are named elsewhere.
    #[must_use]
    pub const fn entry_refs(&self) -> usize {
        self.entry_refs
    }

    /// How many `external` elements were passed over. They are never fetched.
    #[must_use]
    pub const fn externals(&self) -> usize {
        self.externals
    }

    /// The same entries, references not counted.
    pub(crate) const fn of(entries: Vec<Entry>, entry_refs: usize, externals: usize) -> Self {
        Self { entries, entry_refs, externals }
    }
}

impl FromIterator<Entry> for RecipientList {
    /// A list of these entries, repeated URIs included.
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Self { entries: entries.into_iter().collect(), entry_refs: 0, externals: 0 }
    }
}
