//! `ResourceLists`: a whole document as a tree, to be looked at, changed and written again (RFC 4826 §3).

use alloc::vec::Vec;

use bytes::Bytes;
use grammar::{ByteStr, ParseError, ParseErrorKind};

use crate::document::is_xml_char;
use crate::{DisplayName, Document, Entry, Foreign, ForeignElement, Item, Limits, RecipientList, Reference};

/// A document: lists, and what is foreign beside them.
///
/// Comments, processing instructions and white space between elements are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResourceLists {
    members: Vec<Member>,
    foreign: Foreign,
}

/// A list and what it consists of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    name: Option<ByteStr>,
    display_name: Option<DisplayName>,
    members: Vec<Member>,
    foreign: Foreign,
}

/// What stands in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "RFC 4826 §3.2 has these")]
pub enum Member {
    /// `entry`: a recipient.
    Entry(Entry),
    /// `list`: one in the other.
    List(List),
    /// `entry-ref`: a recipient named in another document of the server.
    EntryRef(Reference),
    /// `external`: a list elsewhere.
    External(Reference),
    /// An element of another namespace.
    Foreign(ForeignElement),
}

impl ResourceLists {
    /// A document without any list.
    #[must_use]
    pub const fn new() -> Self {
        Self { members: Vec::new(), foreign: Foreign::NONE }
    }

    /// Reads a document: UTF-8, or UTF-16 with a byte order mark.
    ///
    /// # Errors
    ///
    /// As [`RecipientList::parse`].
    pub fn parse(document: Bytes, limits: &Limits) -> Result<Self, ParseError> {
        let document = Document::new(document, limits)?;
        let mut reader = document.reader(limits);
        let mut lists = Self::new();
        let mut open: Vec<List> = Vec::new();
        for item in reader.by_ref() {
            let member = match item? {
                Item::ListStart(view) => {
                    let (name, foreign) = view.into_parts();
                    open.push(List { name, foreign, ..List::default() });
                    continue;
                }
                Item::DisplayName(view) => {
                    if let Some(list) = open.last_mut() {
                        list.display_name = view.to_owned(&document);
                    }
                    continue;
                }
                Item::ListEnd => match open.pop() {
                    Some(list) => Member::List(list),
                    None => continue,
                },
                Item::Entry(view) => Member::Entry(view.into_entry()),
                Item::EntryRef(view) => Member::EntryRef(view.into_reference()),
                Item::External(view) => Member::External(view.into_reference()),
                Item::Foreign(element) => Member::Foreign(element),
            };
            open.last_mut().map_or(&mut lists.members, |list| &mut list.members).push(member);
        }
        lists.foreign = reader.root_foreign().clone();
        Ok(lists)
    }

    /// The lists and elements of other namespaces beside them, in document order.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The lists, in document order.
    pub fn lists(&self) -> impl Iterator<Item = &List> {
        self.members.iter().filter_map(|member| match member {
            Member::List(list) => Some(list),
            _ => None,
        })
    }

    /// Adds a list at the end.
    pub fn push(&mut self, list: List) {
        self.members.push(Member::List(list));
    }

    /// Adds an element of another namespace at the end.
    pub fn push_foreign(&mut self, element: ForeignElement) {
        self.members.push(Member::Foreign(element));
    }

    /// Attributes of other namespaces that the root has.
    #[must_use]
    pub fn foreign(&self) -> &Foreign {
        &self.foreign
    }

    /// The recipients, lists flattened in document order. References are counted, as in [`RecipientList::parse`].
    #[must_use]
    pub fn recipients(&self) -> RecipientList {
        let mut entries = Vec::new();
        let (mut entry_refs, mut externals) = (0, 0);
        let mut left: Vec<&Member> = self.members.iter().rev().collect();
        while let Some(member) = left.pop() {
            match member {
                Member::Entry(entry) => entries.push(entry.clone()),
                Member::List(list) => left.extend(list.members.iter().rev()),
                Member::EntryRef(_) => entry_refs += 1,
                Member::External(_) => externals += 1,
                Member::Foreign(_) => {}
            }
        }
        RecipientList::of(entries, entry_refs, externals)
    }
}

impl List {
    /// A list without name and members.
    #[must_use]
    pub const fn new() -> Self {
        Self { name: None, display_name: None, members: Vec::new(), foreign: Foreign::NONE }
    }

    /// The same with a name, which tells it apart from the other lists of its parent.
    ///
    /// # Errors
    ///
    /// `name` at a character that XML cannot carry, or at white space around the name, which plays no part in it.
    pub fn with_name(self, name: impl Into<ByteStr>) -> Result<Self, ParseError> {
        const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];
        let name = name.into();
        let wrong = |at| Err(ParseError::new(ParseErrorKind::Syntax, "name", at));
        match name.char_indices().find(|(_, c)| !is_xml_char(*c)) {
            Some((at, _)) => wrong(at),
            None if name.starts_with(SPACE) => wrong(0),
            None if name.ends_with(SPACE) => wrong(name.len() - 1),
            None => Ok(Self { name: Some(name), ..self }),
        }
    }

    /// The same with a name to show.
    #[must_use]
    pub fn named(self, name: DisplayName) -> Self {
        Self { display_name: Some(name), ..self }
    }

    /// The same with attributes of other namespaces. Elements in `foreign` become members at the end.
    #[must_use]
    pub fn with_foreign(mut self, foreign: &Foreign) -> Self {
        self.members.extend(foreign.elements().iter().cloned().map(Member::Foreign));
        self.foreign = Foreign::NONE;
        for attribute in foreign.attributes() {
            self.foreign.keep_attribute(attribute.clone());
        }
        self
    }

    /// Adds a member at the end.
    pub fn push(&mut self, member: Member) {
        self.members.push(member);
    }

    /// `name`.
    #[must_use]
    pub const fn name(&self) -> Option<&ByteStr> {
        self.name.as_ref()
    }

    /// The name to show.
    #[must_use]
    pub const fn display_name(&self) -> Option<&DisplayName> {
        self.display_name.as_ref()
    }

    /// What is in it, in document order.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Attributes of other namespaces.
    #[must_use]
    pub const fn foreign(&self) -> &Foreign {
        &self.foreign
    }
}
