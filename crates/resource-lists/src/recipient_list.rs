//! `RecipientList`: who is to get a message, as a flat list (RFC 5363 §4.1, RFC 5366 §3).

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use bytes::Bytes;
use grammar::{ByteStr, ParseError, ParseErrorKind};

use crate::{CopyControl, Document, Entry, Item, Limits};

/// The URI that stands for recipients who are not to be known (RFC 5364 §4).
pub const ANONYMOUS: &str = "sip:anonymous@anonymous.invalid";

/// A flat list of recipients, in the order of the document; nested lists are flattened.
///
/// [`crate::ResourceLists`] keeps what is lost here: names of lists, references, what is foreign between entries.
#[derive(Debug, Clone, Default)]
pub struct RecipientList {
    entries: Vec<Entry>,
    entry_refs: usize,
    externals: usize,
    known: Known,
}

/// What tells entries apart that are pushed.
#[derive(Debug, Clone, Default)]
struct Known {
    /// The URIs, that of [`ANONYMOUS`] with its role.
    uris: BTreeSet<(ByteStr, Option<CopyControl>)>,
    /// How many entries are among them; the others were read, which costs nothing as long as nobody pushes.
    entries: usize,
}

impl PartialEq for RecipientList {
    fn eq(&self, other: &Self) -> bool {
        let all = |list: &Self| (list.entry_refs, list.externals);
        self.entries == other.entries && all(self) == all(other)
    }
}

impl Eq for RecipientList {}

impl RecipientList {
    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self::of(Vec::new(), 0, 0)
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

    /// Adds an entry at the end; with many there, the cost is that of sorting.
    ///
    /// # Errors
    ///
    /// `uri` of kind `Repeated` if the list has that very URI already: RFC 4826 §3.2 wants it unique as a text. A
    /// history list may have [`ANONYMOUS`] once for each role (RFC 5364 §5).
    pub fn push(&mut self, entry: Entry) -> Result<(), ParseError> {
        let key =
            |entry: &Entry| (entry.uri().clone(), (*entry.uri() == *ANONYMOUS).then(|| entry.copy_control()));
        let Known { uris, entries } = &mut self.known;
        uris.extend(self.entries.iter().skip(*entries).map(key));
        *entries = self.entries.len();
        if !uris.insert(key(&entry)) {
            return Err(ParseError::new(ParseErrorKind::Repeated, "uri", 0));
        }
        *entries += 1;
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
        let known = Known { uris: BTreeSet::new(), entries: 0 };
        Self { entries, entry_refs, externals, known }
    }
}

impl FromIterator<Entry> for RecipientList {
    /// A list of these entries, repeated URIs included.
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Self::of(entries.into_iter().collect(), 0, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc4826_3_2_a_uri_is_pushed_once_whatever_was_there_before() {
        let entry = |uri: &str, role| Entry::new(uri, role).unwrap();
        let document = entry("sip:a@x", CopyControl::To);
        let mut list: RecipientList = [document.clone(), document.clone()].into_iter().collect();
        let mut push = |uri, role| list.push(entry(uri, role)).is_ok();
        assert!(!push("sip:a@x", CopyControl::Cc));
        assert!(push("sip:A@x", CopyControl::To));
        assert!(push("sip:b@x", CopyControl::To));
        assert!(!push("sip:b@x", CopyControl::Bcc));
        // One for each role.
        assert!(push(ANONYMOUS, CopyControl::To));
        assert!(push(ANONYMOUS, CopyControl::Cc));
        assert!(!push(ANONYMOUS, CopyControl::To));
        assert_eq!(list.entries().len(), 6);
        let read = RecipientList::parse(list.to_xml().into(), &Limits::default());
        assert_eq!(read, Ok(list));
    }
}
