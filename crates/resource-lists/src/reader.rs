//! `Reader`: the entries of a resource list, one after the other (RFC 4826 §3, RFC 5364 §5).

use alloc::string::String;
use alloc::vec::Vec;

use grammar::{ByteStr, ParseError, ParseErrorKind};
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use crate::document::is_xml_char;
use crate::{CopyControl, Document, Entry, Limits};

const RESOURCE_LISTS: &str = "urn:ietf:params:xml:ns:resource-lists";
/// The registered name (RFC 5364 §9.1), and the one that RFC 5366 figure 3 prints.
const COPY_CONTROL: [&str; 2] = ["urn:ietf:params:xml:ns:copycontrol", "urn:ietf:params:xml:ns:copyControl"];

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
pub struct Reader<'a> {
    document: &'a Document,
    limits: Limits,
    xml: NsReader<&'a [u8]>,
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
        let mut xml = NsReader::from_str(document.text());
        xml.config_mut().expand_empty_elements = true;
        xml.config_mut().check_comments = true;
        xml.resolver_mut().set_max_namespace_bindings(limits.max_attributes.saturating_mul(limits.max_depth));
        Self {
            document,
            limits: *limits,
            xml,
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
                Event::End(_) => {
                    if let Some(item) = self.end() {
                        return Ok(Some(item));
                    }
                }
                Event::Text(text) => self.text(&text.xml10_content(), at)?,
                Event::CData(text) if self.state == State::Content => self.text(&text.xml10_content(), at)?,
                Event::GeneralRef(reference) if self.state == State::Content => {
                    self.reference(&reference, at)?;
                }
                Event::Comment(_) | Event::PI(_) => {}
                Event::Decl(_) if at == 0 => {}
                Event::DocType(_) => return Err(ParseError::new(ParseErrorKind::Unsupported, "DOCTYPE", at)),
                Event::Eof => return self.eof(at).map(|()| None),
                Event::Empty(_) | Event::Decl(_) | Event::CData(_) | Event::GeneralRef(_) => {
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
        let ours = match self.xml.resolver().resolve_element(start.name()).0 {
            ResolveResult::Bound(Namespace(uri)) => uri == RESOURCE_LISTS,
            ResolveResult::Unbound => false,
            ResolveResult::Unknown(_) => return Err(error(ParseErrorKind::Syntax, "prefix")),
        };
        let local_name = start.local_name();
        let name = if ours { local_name.as_ref() } else { "" };
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
            (Some(Element::List), "entry-ref") => (Element::Ignored, Some(Item::EntryRef)),
            (Some(Element::List), "external") => (Element::Ignored, Some(Item::External)),
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
            self.entry = Some(attributes.into_entry(at)?);
        }
        if element == Element::DisplayName {
            if self.entry.as_ref().is_some_and(|entry| entry.display_name.is_some()) {
                return Err(error(ParseErrorKind::Repeated, "display-name"));
            }
            self.name.clear();
        }
        self.open.push(element);
        Ok(item)
    }

    /// The attributes of a start tag. Those of other elements are looked at only to see that they are attributes.
    fn attributes(&self, start: &BytesStart<'_>, at: usize) -> Result<Attributes, ParseError> {
        let error = |kind, rule| ParseError::new(kind, rule, at);
        let mut found = Attributes::default();
        for (i, attribute) in start.attributes().enumerate() {
            if i >= self.limits.max_attributes {
                return Err(error(ParseErrorKind::Limit, "max_attributes"));
            }
            let attribute = attribute.map_err(|_| error(ParseErrorKind::Syntax, "Attribute"))?;
            if attribute.value.contains('<') {
                return Err(error(ParseErrorKind::Syntax, "AttValue"));
            }
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|_| error(ParseErrorKind::Syntax, "Reference"))?;
            if value.len() > self.limits.max_text {
                return Err(error(ParseErrorKind::Limit, "max_text"));
            }
            let (namespace, name) = self.xml.resolver().resolve_attribute(attribute.key);
            let slot = match (namespace, name.as_ref()) {
                (ResolveResult::Unbound, "uri") => &mut found.uri,
                (ResolveResult::Bound(Namespace(uri)), name) if COPY_CONTROL.contains(&uri) => match name {
                    "copyControl" => &mut found.copy_control,
                    "anonymize" => &mut found.anonymize,
                    "count" => &mut found.count,
                    _ => continue,
                },
                (ResolveResult::Unknown(_), _) => return Err(error(ParseErrorKind::Syntax, "prefix")),
                _ => continue,
            };
            // Two prefixes of one namespace, which the XML reader lets pass.
            if slot.is_some() {
                return Err(error(ParseErrorKind::Repeated, "Attribute"));
            }
            *slot = Some(self.document.text().share(value.trim_matches([' ', '\t', '\r', '\n'])));
        }
        Ok(found)
    }

    /// An end tag. The XML reader has checked that it closes the innermost element.
    fn end(&mut self) -> Option<Item> {
        let closed = self.open.pop();
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
        use quick_xml::Error::{Escape, IllFormed, InvalidAttr, Namespace, Syntax};
        use quick_xml::errors::IllFormedError::MissingEndTag;
        use quick_xml::name::NamespaceError::{TooDeeplyNested, TooManyBindings};
        let at = position(self.xml.error_position()).min(self.document.text().len());
        let (kind, rule) = match error {
            IllFormed(MissingEndTag(_)) => (ParseErrorKind::Incomplete, "element"),
            IllFormed(_) => (ParseErrorKind::Syntax, "element"),
            InvalidAttr(_) => (ParseErrorKind::Syntax, "Attribute"),
            Escape(_) => (ParseErrorKind::Syntax, "Reference"),
            Namespace(TooManyBindings(_) | TooDeeplyNested(_)) => (ParseErrorKind::Limit, "max_attributes"),
            Namespace(_) => (ParseErrorKind::Syntax, "prefix"),
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

/// The attributes an entry may have, as written.
#[derive(Debug, Default)]
struct Attributes {
    uri: Option<ByteStr>,
    copy_control: Option<ByteStr>,
    anonymize: Option<ByteStr>,
    count: Option<ByteStr>,
}

impl Attributes {
    /// The entry they make, its tag starting at byte `at`.
    fn into_entry(self, at: usize) -> Result<Entry, ParseError> {
        let error = |kind, rule| ParseError::new(kind, rule, at);
        let uri = self.uri.ok_or_else(|| error(ParseErrorKind::Missing, "uri"))?;
        let mut entry =
            Entry::new(uri, CopyControl::default()).map_err(|refused| error(refused.kind(), "uri"))?;
        entry.copy_control_given = self.copy_control.is_some();
        if let Some(value) = self.copy_control {
            let control = CopyControl::parse(&value);
            entry.copy_control = control.ok_or_else(|| error(ParseErrorKind::Syntax, "copyControl"))?;
        }
        if let Some(value) = self.anonymize {
            entry.anonymize = match value.as_str() {
                "true" | "1" => true,
                "false" | "0" => false,
                _ => return Err(error(ParseErrorKind::Syntax, "anonymize")),
            };
        }
        if let Some(value) = self.count {
            let digits = value.strip_prefix('+').unwrap_or(&value);
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
