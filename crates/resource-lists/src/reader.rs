//! `Reader`: the entries of a resource list, one after the other (RFC 4826 §3, RFC 5364 §5).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use grammar::{ByteStr, CharClass, ParseError, ParseErrorKind};
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::QName;

use crate::attributes::RawAttributes;
use crate::document::is_xml_char;
use crate::namespaces::{Namespace, Namespaces};
use crate::{CopyControl, Document, Entry, Limits};

/// What a list consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "RFC 4826 §3.2 has these, and lists, which are flattened")]
pub enum Item {
    /// `entry`: a recipient.
    Entry(Entry),
    /// `entry-ref`: a recipient named in another document of the server, by `ref`, a path below the XCAP root
    /// (RFC 4826 §3.2); `None` where that is missing.
    EntryRef(Option<ByteStr>),
    /// `external`: a list elsewhere, at the URI of `anchor`. Never fetched.
    External(Option<ByteStr>),
}

/// Reads a document as it is asked for the next item. Fused: after an error there is nothing more.
#[derive(Debug)]
pub struct Reader<'a> {
    document: &'a Document,
    limits: Limits,
    xml: quick_xml::Reader<&'a [u8]>,
    namespaces: Namespaces,
    /// The elements that are open, the innermost last.
    open: Vec<Element>,
    /// The entry that is being read.
    entry: Option<Entry>,
    /// The display name that is being read.
    name: String,
    items: usize,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the root element.
    Prolog,
    /// Inside it.
    Content,
    /// After it.
    Epilog,
    /// At the end, or after an error.
    Done,
}

/// An open element, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    Root,
    List,
    Entry,
    DisplayName,
    /// One whose content is not looked at: foreign, `entry-ref`, `external`, the name of a list.
    Ignored,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(document: &'a Document, limits: &Limits) -> Self {
        let mut xml = quick_xml::Reader::from_str(document.text());
        xml.config_mut().check_comments = true;
        Self {
            document,
            limits: *limits,
            xml,
            namespaces: Namespaces::default(),
            open: Vec::new(),
            entry: None,
            name: String::new(),
            items: 0,
            state: State::Prolog,
        }
    }

    /// Reads on to the next item; `None` at the end of the document.
    fn read(&mut self) -> Result<Option<Item>, ParseError> {
        loop {
            let at = position(self.xml.buffer_position());
            let event = match self.xml.read_event() {
                Ok(event) => event,
                Err(error) => return Err(self.broken(&error)),
            };
            match event {
                Event::Start(start) => {
                    if let Some(item) = self.start(&start, at)? {
                        return Ok(Some(item));
                    }
                }
                Event::Empty(start) => {
                    let found = self.start(&start, at)?;
                    let ended = self.end();
                    if let Some(item) = found.or(ended) {
                        return Ok(Some(item));
                    }
                }
                Event::End(_) => {
                    if let Some(item) = self.end() {
                        return Ok(Some(item));
                    }
                }
                Event::Text(_) if self.passes_over_text() => {}
                Event::Text(text) => self.text(&text.xml10_content(), at)?,
                Event::CData(text) if self.state == State::Content => self.text(&text.xml10_content(), at)?,
                Event::GeneralRef(reference) if self.state == State::Content => {
                    self.reference(&reference, at)?;
                }
                Event::Comment(_) | Event::PI(_) => {}
                Event::Decl(_) if at == 0 => {}
                Event::DocType(_) => return Err(ParseError::new(ParseErrorKind::Unsupported, "DOCTYPE", at)),
                Event::Eof => return self.eof(at).map(|()| None),
                Event::Decl(_) | Event::CData(_) | Event::GeneralRef(_) => {
                    return Err(ParseError::new(ParseErrorKind::Syntax, "document", at));
                }
            }
        }
    }

    /// A start tag: checks where it stands and remembers what it is.
    fn start(&mut self, start: &BytesStart<'_>, at: usize) -> Result<Option<Item>, ParseError> {
        let error = |kind, rule| ParseError::new(kind, rule, at);
        if self.open.len() >= self.limits.max_depth {
            return Err(error(ParseErrorKind::Limit, "max_depth"));
        }
        self.declarations(start, at)?;
        let resolved = self.namespaces.element(start.name().0);
        let name = match resolved.ok_or_else(|| error(ParseErrorKind::Syntax, "prefix"))? {
            (Namespace::ResourceLists, name) => name,
            _ => "",
        };
        let (element, item) = match (self.open.last(), name) {
            (None, "resource-lists") if self.state == State::Prolog => {
                self.state = State::Content;
                (Element::Root, None)
            }
            (None, _) if self.state == State::Prolog => {
                return Err(error(ParseErrorKind::Mismatch, "resource-lists"));
            }
            (None, _) => return Err(error(ParseErrorKind::TrailingData, "resource-lists")),
            (Some(Element::Ignored), _) => (Element::Ignored, None),
            (Some(Element::Root | Element::List), "list") => (Element::List, None),
            (Some(Element::List), "entry") => (Element::Entry, None),
            (Some(Element::List), "entry-ref") => (Element::Ignored, Some(Item::EntryRef(None))),
            (Some(Element::List), "external") => (Element::Ignored, Some(Item::External(None))),
            (Some(Element::List), "display-name") => (Element::Ignored, None),
            (Some(Element::Entry), "display-name") => (Element::DisplayName, None),
            (Some(_), "") => (Element::Ignored, None),
            // An element of ours in the wrong place: reading on might lose recipients.
            (Some(Element::Root), _) => return Err(error(ParseErrorKind::Syntax, "list")),
            (Some(Element::List), _) => return Err(error(ParseErrorKind::Syntax, "entry")),
            (Some(Element::Entry | Element::DisplayName), _) => {
                return Err(error(ParseErrorKind::Syntax, "display-name"));
            }
        };
        if element == Element::Entry || item.is_some() {
            self.items += 1;
            if self.items > self.limits.max_entries {
                return Err(error(ParseErrorKind::Limit, "max_entries"));
            }
        }
        let attributes = self.attributes(start, at)?;
        if element == Element::Entry {
            self.entry = Some(attributes.entry(self.document, at)?);
        }
        if element == Element::DisplayName {
            if self.entry.as_ref().is_some_and(|entry| entry.display_name.is_some()) {
                return Err(error(ParseErrorKind::Repeated, "display-name"));
            }
            self.name.clear();
        }
        self.open.push(element);
        Ok(item.map(|item| match item {
            Item::EntryRef(_) => Item::EntryRef(attributes.reference(self.document)),
            Item::External(_) => Item::External(attributes.anchor(self.document)),
            entry @ Item::Entry(_) => entry,
        }))
    }

    /// The namespaces that a start tag declares.
    fn declarations(&mut self, start: &BytesStart<'_>, at: usize) -> Result<(), ParseError> {
        let raw = start.attributes_raw().as_bytes();
        // Most tags declare none.
        let may_declare = |place| raw.get(place..).is_some_and(|rest| rest.starts_with(b"xmlns"));
        if !memchr::memchr_iter(b'x', raw).any(may_declare) {
            return Ok(());
        }
        let depth = self.open.len();
        for attribute in RawAttributes::new(start.attributes_raw()).take(self.limits.max_attributes) {
            // What is no attribute is found when all of them are read.
            let Ok(attribute) = attribute else { break };
            let Some(prefix) = Namespaces::declared(attribute.name) else { continue };
            let uri = unescaped(attribute.value)
                .map_err(|rule| ParseError::new(ParseErrorKind::Syntax, rule, at))?;
            if !self.namespaces.declare(prefix, &uri, depth) {
                return Err(ParseError::new(ParseErrorKind::Syntax, "prefix", at));
            }
        }
        Ok(())
    }

    /// The attributes of a start tag. Those of other elements are looked at only to see that they are attributes.
    fn attributes<'s>(&self, start: &'s BytesStart<'_>, at: usize) -> Result<Attributes<'s>, ParseError> {
        let error = |kind, rule| ParseError::new(kind, rule, at);
        let mut found = Attributes::default();
        // Nothing is allocated for the names of a few.
        let mut few = [""; 4];
        let mut more = Vec::new();
        for (i, attribute) in RawAttributes::new(start.attributes_raw()).enumerate() {
            if i >= self.limits.max_attributes {
                return Err(error(ParseErrorKind::Limit, "max_attributes"));
            }
            let attribute = attribute.map_err(|_| error(ParseErrorKind::Syntax, "Attribute"))?;
            let name = attribute.name;
            if few.contains(&name) || more.contains(&name) {
                return Err(error(ParseErrorKind::Syntax, "Attribute"));
            }
            match few.get_mut(i) {
                Some(place) => *place = name,
                None => more.push(name),
            }
            let value = unescaped(attribute.value).map_err(|rule| error(ParseErrorKind::Syntax, rule))?;
            if value.len() > self.limits.max_text {
                return Err(error(ParseErrorKind::Limit, "max_text"));
            }
            let resolved = self.namespaces.attribute(name);
            let slot = match resolved.ok_or_else(|| error(ParseErrorKind::Syntax, "prefix"))? {
                (Namespace::None, "uri") => &mut found.uri,
                (Namespace::None, "ref") => &mut found.reference,
                (Namespace::None, "anchor") => &mut found.anchor,
                (Namespace::CopyControl, "copyControl") => &mut found.copy_control,
                (Namespace::CopyControl, "anonymize") => &mut found.anonymize,
                (Namespace::CopyControl, "count") => &mut found.count,
                _ => continue,
            };
            // Two prefixes of one namespace, which the XML reader lets pass.
            if slot.is_some() {
                return Err(error(ParseErrorKind::Repeated, "Attribute"));
            }
            *slot = Some(value);
        }
        Ok(found)
    }

    /// An end tag. The XML reader has checked that it closes the innermost element.
    fn end(&mut self) -> Option<Item> {
        let closed = self.open.pop();
        self.namespaces.leave(self.open.len());
        if self.open.is_empty() {
            self.state = State::Epilog;
        }
        match closed? {
            Element::Entry => self.entry.take().map(Item::Entry),
            Element::DisplayName => {
                let name = self.name.trim();
                if let Some(entry) = &mut self.entry
                    && !name.is_empty()
                {
                    let shown = name.chars().map(|c| if c.is_control() { ' ' } else { c });
                    entry.display_name = Some(shown.collect::<String>().into());
                }
                None
            }
            Element::Root | Element::List | Element::Ignored => None,
        }
    }

    /// Whether character data means nothing here: between elements, and in those that are not looked at.
    fn passes_over_text(&self) -> bool {
        self.state == State::Content && self.open.last() != Some(&Element::DisplayName)
    }

    /// Character data: kept where it is the name of an entry.
    fn text(&mut self, text: &str, at: usize) -> Result<(), ParseError> {
        if self.state != State::Content {
            return match text.find(|c: char| !matches!(c, ' ' | '\t' | '\r' | '\n')) {
                Some(first) if self.state == State::Prolog => {
                    Err(ParseError::new(ParseErrorKind::Syntax, "resource-lists", at.saturating_add(first)))
                }
                Some(first) => {
                    let at = at.saturating_add(first);
                    Err(ParseError::new(ParseErrorKind::TrailingData, "resource-lists", at))
                }
                None => Ok(()),
            };
        }
        if self.open.last() == Some(&Element::DisplayName) {
            if self.name.len().saturating_add(text.len()) > self.limits.max_text {
                return Err(ParseError::new(ParseErrorKind::Limit, "max_text", at));
            }
            self.name.push_str(text);
        }
        Ok(())
    }

    /// `&name;` or `&#number;`. There is no DTD, so only the five names of XML itself mean something.
    fn reference(&mut self, reference: &BytesRef<'_>, at: usize) -> Result<(), ParseError> {
        let error = || ParseError::new(ParseErrorKind::Syntax, "Reference", at);
        match reference.resolve_char_ref().map_err(|_| error())? {
            Some(c) if is_xml_char(c) => self.text(c.encode_utf8(&mut [0; 4]), at),
            Some(_) => Err(error()),
            None => self.text(resolve_xml_entity(reference).ok_or_else(error)?, at),
        }
    }

    fn eof(&self, at: usize) -> Result<(), ParseError> {
        match self.state {
            State::Epilog | State::Done => Ok(()),
            State::Prolog => Err(ParseError::new(ParseErrorKind::Missing, "resource-lists", at)),
            State::Content => Err(ParseError::new(ParseErrorKind::Incomplete, "resource-lists", at)),
        }
    }

    /// What the XML reader did not like, at the place it points at.
    fn broken(&self, error: &quick_xml::Error) -> ParseError {
        use quick_xml::Error::{Escape, IllFormed, InvalidAttr, Syntax};
        use quick_xml::errors::IllFormedError::MissingEndTag;
        let at = position(self.xml.error_position()).min(self.document.text().len());
        let (kind, rule) = match error {
            IllFormed(MissingEndTag(_)) => (ParseErrorKind::Incomplete, "element"),
            IllFormed(_) => (ParseErrorKind::Syntax, "element"),
            InvalidAttr(_) => (ParseErrorKind::Syntax, "Attribute"),
            Escape(_) => (ParseErrorKind::Syntax, "Reference"),
            Syntax(_) => (ParseErrorKind::Incomplete, "markup"),
            _ => (ParseErrorKind::Syntax, "document"),
        };
        ParseError::new(kind, rule, at)
    }
}

impl Iterator for Reader<'_> {
    type Item = Result<Item, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Done {
            return None;
        }
        let item = self.read().map_err(|error| self.document.at(error)).transpose();
        if !matches!(item, Some(Ok(_))) {
            self.state = State::Done;
        }
        item
    }
}

/// The value of an attribute, references and white space undone; the rule it breaks if it cannot be read.
fn unescaped(written: &str) -> Result<Cow<'_, str>, &'static str> {
    // Most values are as they are written.
    const PLAIN: CharClass = CharClass::NONE.with_range(0x20, 0xff).without(b"&<");
    if PLAIN.span(written.as_bytes()) == written.len() {
        return Ok(Cow::Borrowed(written));
    }
    if written.contains('<') {
        return Err("AttValue");
    }
    let attribute = Attribute { key: QName(""), value: Cow::Borrowed(written) };
    attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| "Reference")
}

/// The attributes that entries and references may have.
#[derive(Debug, Default)]
struct Attributes<'s> {
    uri: Option<Cow<'s, str>>,
    reference: Option<Cow<'s, str>>,
    anchor: Option<Cow<'s, str>>,
    copy_control: Option<Cow<'s, str>>,
    anonymize: Option<Cow<'s, str>>,
    count: Option<Cow<'s, str>>,
}

/// White space of XML around a value plays no part.
fn trimmed(value: &str) -> &str {
    match value.as_bytes() {
        // Most have none.
        [b'!'..=0xff, .., b'!'..=0xff] => value,
        _ => value.trim_matches([' ', '\t', '\r', '\n']),
    }
}

impl Attributes<'_> {
    /// `ref` of an `entry-ref`.
    fn reference(&self, document: &Document) -> Option<ByteStr> {
        self.reference.as_ref().map(|value| document.text().share(trimmed(value)))
    }

    /// `anchor` of an `external`.
    fn anchor(&self, document: &Document) -> Option<ByteStr> {
        self.anchor.as_ref().map(|value| document.text().share(trimmed(value)))
    }

    /// The entry they make, its tag starting at byte `at` of the document.
    fn entry(&self, document: &Document, at: usize) -> Result<Entry, ParseError> {
        let error = |kind, rule| ParseError::new(kind, rule, at);
        let uri = self.uri.as_ref().ok_or_else(|| error(ParseErrorKind::Missing, "uri"))?;
        let uri = document.text().share(trimmed(uri));
        let mut entry =
            Entry::new(uri, CopyControl::default()).map_err(|refused| error(refused.kind(), "uri"))?;
        entry.copy_control_given = self.copy_control.is_some();
        if let Some(value) = &self.copy_control {
            let control = CopyControl::parse(trimmed(value));
            entry.copy_control = control.ok_or_else(|| error(ParseErrorKind::Syntax, "copyControl"))?;
        }
        if let Some(value) = &self.anonymize {
            entry.anonymize = match trimmed(value) {
                "true" | "1" => true,
                "false" | "0" => false,
                _ => return Err(error(ParseErrorKind::Syntax, "anonymize")),
            };
        }
        if let Some(value) = &self.count {
            let value = trimmed(value);
            let digits = value.strip_prefix('+').unwrap_or(value);
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(error(ParseErrorKind::Syntax, "count"));
            }
            entry.count = digits.parse().map_err(|_| error(ParseErrorKind::OutOfRange, "count"))?;
        }
        Ok(entry)
    }
}

/// A place of the XML reader as an offset into the text it reads.
fn position(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
