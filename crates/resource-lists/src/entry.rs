//! `Entry`: one recipient (RFC 4826 §3.2, RFC 5364 §4 and §5).

use alloc::borrow::Cow;

use grammar::{ByteStr, CharClass, ParseError, ParseErrorKind};

use crate::copy_control::Control;
use crate::document::is_line_char;
use crate::{CopyControl, DisplayName, DisplayNameView, Document, Foreign};

/// One recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    uri: ByteStr,
    display_name: Option<DisplayName>,
    control: Control,
    foreign: Foreign,
}

impl Entry {
    /// An entry to be written.
    ///
    /// # Errors
    ///
    /// `uri` where it is empty or holds white space or a character that XML cannot carry.
    pub fn new(uri: impl Into<ByteStr>, copy_control: CopyControl) -> Result<Self, ParseError> {
        let uri = uri.into();
        check_uri(&uri)?;
        Ok(Self {
            uri,
            display_name: None,
            control: Control { copy_control: Some(copy_control), ..Control::NONE },
            foreign: Foreign::NONE,
        })
    }

    /// The same with a name to show. White space around it is cut, an empty name is none.
    ///
    /// # Errors
    ///
    /// `display-name` where it holds a line end or a character that XML cannot carry.
    pub fn with_display_name(self, name: impl Into<ByteStr>) -> Result<Self, ParseError> {
        match DisplayName::new(name) {
            Ok(name) => Ok(self.named(name)),
            Err(error) if error.kind() == ParseErrorKind::Missing => Ok(Self { display_name: None, ..self }),
            Err(error) => Err(error),
        }
    }

    /// The same with this name to show.
    #[must_use]
    pub fn named(self, name: DisplayName) -> Self {
        Self { display_name: Some(name), ..self }
    }

    /// The same, shown to the others as anonymous.
    #[must_use]
    pub fn with_anonymize(mut self) -> Self {
        self.control.anonymize = true;
        self
    }

    /// The same, standing for `count` recipients: for history lists.
    #[must_use]
    pub fn with_count(mut self, count: u32) -> Self {
        self.control.count = count;
        self
    }

    /// The same with attributes and elements of other namespaces.
    #[must_use]
    pub fn with_foreign(self, foreign: Foreign) -> Self {
        Self { foreign, ..self }
    }

    /// The URI as written, escapes of XML undone.
    #[must_use]
    pub const fn uri(&self) -> &ByteStr {
        &self.uri
    }

    /// The name to show.
    #[must_use]
    pub const fn display_name(&self) -> Option<&DisplayName> {
        self.display_name.as_ref()
    }

    /// What the others see; [`CopyControl::Bcc`] where the document says nothing (RFC 5364 §4).
    #[must_use]
    pub fn copy_control(&self) -> CopyControl {
        self.control.copy_control.unwrap_or_default()
    }

    /// Whether the document says `copyControl` at all. A server of 2006 knew no such attribute, so a list without any
    /// may well mean "to".
    #[must_use]
    pub const fn copy_control_given(&self) -> bool {
        self.control.copy_control.is_some()
    }

    /// Whether the others see an anonymous URI instead (RFC 5364 §4). Without meaning for `bcc`.
    #[must_use]
    pub const fn anonymize(&self) -> bool {
        self.control.anonymize
    }

    /// How many recipients the entry stands for: more than 1 only in history lists (RFC 5364 §4).
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.control.count
    }

    /// Attributes and elements of other namespaces.
    #[must_use]
    pub const fn foreign(&self) -> &Foreign {
        &self.foreign
    }

    /// Takes in what another entry for the same recipient adds: the stronger role, and whether who has it is anonymous;
    /// the name and what is foreign, where there was none.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.control.anonymize = match self.copy_control().cmp(&other.copy_control()) {
            core::cmp::Ordering::Less => other.anonymize(),
            core::cmp::Ordering::Equal => self.anonymize() && other.anonymize(),
            core::cmp::Ordering::Greater => self.anonymize(),
        };
        // Nothing said is less than `bcc`, which it means.
        self.control.copy_control = self.control.copy_control.max(other.control.copy_control);
        if self.display_name.is_none() {
            self.display_name = other.display_name;
        }
        if self.foreign.is_empty() {
            self.foreign = other.foreign;
        }
    }
}

/// An entry in a document: what is written there, and values made of it on demand.
///
/// Not called `EntryRef`, because RFC 4826 calls another element so.
#[derive(Debug, Clone)]
pub struct EntryView<'a> {
    pub(crate) document: &'a Document,
    pub(crate) uri: Cow<'a, str>,
    pub(crate) control: Control,
    pub(crate) display_name: Option<DisplayNameView<'a>>,
    pub(crate) foreign: Foreign,
}

impl<'a> EntryView<'a> {
    /// The URI, as [`Entry::uri`].
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The name to show.
    #[must_use]
    pub const fn display_name(&self) -> Option<&DisplayNameView<'a>> {
        self.display_name.as_ref()
    }

    /// What the others see, as [`Entry::copy_control`].
    #[must_use]
    pub fn copy_control(&self) -> CopyControl {
        self.control.copy_control.unwrap_or_default()
    }

    /// Whether the document says `copyControl` at all, as [`Entry::copy_control_given`].
    #[must_use]
    pub const fn copy_control_given(&self) -> bool {
        self.control.copy_control.is_some()
    }

    /// Whether the others see an anonymous URI, as [`Entry::anonymize`].
    #[must_use]
    pub const fn anonymize(&self) -> bool {
        self.control.anonymize
    }

    /// How many recipients the entry stands for, as [`Entry::count`].
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.control.count
    }

    /// Attributes and elements of other namespaces.
    #[must_use]
    pub const fn foreign(&self) -> &Foreign {
        &self.foreign
    }

    /// The entry as a value of its own. It shares the text of the document.
    #[must_use]
    pub fn into_entry(self) -> Entry {
        let uri = match self.uri {
            Cow::Borrowed(uri) => self.document.text().share(uri),
            Cow::Owned(uri) => uri.into(),
        };
        Entry {
            uri,
            display_name: self.display_name.and_then(|name| name.to_owned(self.document)),
            control: self.control,
            foreign: self.foreign,
        }
    }
}

/// What can stand for a URI: something, without white space and control characters.
pub(crate) fn check_uri(uri: &str) -> Result<(), ParseError> {
    // Most are visible ASCII.
    const VISIBLE: CharClass = CharClass::NONE.with_range(0x21, 0x7e);
    if uri.is_empty() {
        return Err(ParseError::new(ParseErrorKind::Missing, "uri", 0));
    }
    if !VISIBLE.matches(uri.as_bytes())
        && let Some((at, _)) = uri.char_indices().find(|(_, c)| !is_line_char(*c) || c.is_whitespace())
    {
        return Err(ParseError::new(ParseErrorKind::Syntax, "uri", at));
    }
    Ok(())
}
