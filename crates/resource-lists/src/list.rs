//! `RecipientList` and `Entry`: who is to get a message (RFC 4826 §3.1, RFC 5364 §4 and §5).

use alloc::vec::Vec;

use bytes::Bytes;
use grammar::{ByteStr, CharClass, ParseError, ParseErrorKind};

use crate::document::is_xml_char;
use crate::{CopyControl, Document, Item, Limits};

/// A flat list of recipients, in the order of the document; nested lists are flattened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecipientList {
    entries: Vec<Entry>,
    entry_refs: usize,
    externals: usize,
}

/// One recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The URI as written, escapes of XML undone.
    pub uri: ByteStr,
    /// The name to show.
    pub display_name: Option<ByteStr>,
    /// What the others see; [`CopyControl::Bcc`] where the document says nothing (RFC 5364 §4).
    pub copy_control: CopyControl,
    /// Whether the document says `copyControl` at all. A server of 2006 knew no such attribute, so a list
    /// without any may well mean "to".
    pub copy_control_given: bool,
    /// Whether the others see an anonymous URI instead (RFC 5364 §4). Without meaning for `bcc`.
    pub anonymize: bool,
    /// How many recipients the entry stands for: more than 1 only in history lists (RFC 5364 §4).
    pub count: u32,
}

impl Entry {
    /// An entry to be written.
    ///
    /// # Errors
    ///
    /// `uri` where it is empty or holds white space or a character that XML cannot carry.
    pub fn new(uri: impl Into<ByteStr>, copy_control: CopyControl) -> Result<Self, ParseError> {
        // Most are visible ASCII.
        const VISIBLE: CharClass = CharClass::NONE.with_range(0x21, 0x7e);
        let uri = uri.into();
        if uri.is_empty() {
            return Err(ParseError::new(ParseErrorKind::Missing, "uri", 0));
        }
        if !VISIBLE.matches(uri.as_bytes())
            && let Some((at, _)) = uri.char_indices().find(|(_, c)| !is_line_char(*c) || c.is_whitespace())
        {
            return Err(ParseError::new(ParseErrorKind::Syntax, "uri", at));
        }
        let copy_control_given = true;
        Ok(Self { uri, display_name: None, copy_control, copy_control_given, anonymize: false, count: 1 })
    }

    /// The same with a name to show. White space around it is cut, an empty name is none.
    ///
    /// # Errors
    ///
    /// `display-name` where it holds a line end or a character that XML cannot carry.
    pub fn with_display_name(mut self, name: impl Into<ByteStr>) -> Result<Self, ParseError> {
        let name = name.into();
        if let Some((at, _)) = name.char_indices().find(|(_, c)| !is_line_char(*c)) {
            return Err(ParseError::new(ParseErrorKind::Syntax, "display-name", at));
        }
        self.display_name = Some(name.share(name.trim())).filter(|name| !name.is_empty());
        Ok(self)
    }

    /// The same, shown to the others as anonymous.
    #[must_use]
    pub const fn with_anonymize(mut self) -> Self {
        self.anonymize = true;
        self
    }

    /// The same, standing for `count` recipients: for history lists.
    #[must_use]
    pub const fn with_count(mut self, count: u32) -> Self {
        self.count = count;
        self
    }
}

impl RecipientList {
    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: Vec::new(), entry_refs: 0, externals: 0 }
    }

    /// Reads a document: UTF-8, or UTF-16 with a byte order mark.
    ///
    /// Foreign elements and attributes are ignored, a URI that repeats is kept (see [`crate::merge()`]).
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte of the document: not well-formed, a `DOCTYPE`, a wrong root, an entry
    /// without `uri`, a value out of its type, or a limit passed.
    pub fn parse(document: Bytes, limits: &Limits) -> Result<Self, ParseError> {
        let mut list = Self::new();
        for item in Document::new(document, limits)?.reader(limits) {
            match item? {
                Item::Entry(entry) => list.entries.push(entry),
                Item::EntryRef(_) => list.entry_refs += 1,
                Item::External(_) => list.externals += 1,
            }
        }
        Ok(list)
    }

    /// Adds an entry at the end.
    ///
    /// # Errors
    ///
    /// `uri` of kind `Repeated` if the list has that very URI already: RFC 4826 §3.2 wants it unique as a text.
    pub fn push(&mut self, entry: Entry) -> Result<(), ParseError> {
        if self.entries.iter().any(|known| known.uri == entry.uri) {
            return Err(ParseError::new(ParseErrorKind::Repeated, "uri", 0));
        }
        self.entries.push(entry);
        Ok(())
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
}

impl FromIterator<Entry> for RecipientList {
    /// A list of these entries, repeated URIs included.
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Self { entries: entries.into_iter().collect(), entry_refs: 0, externals: 0 }
    }
}

/// What may stand in one line of XML text.
fn is_line_char(c: char) -> bool {
    is_xml_char(c) && !c.is_control()
}
