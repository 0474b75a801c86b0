//! Elements of other namespaces: passed over as a whole and kept, with what their names need to stand alone.

use alloc::string::String;
use alloc::vec::Vec;

use grammar::{ByteStr, ParseError, ParseErrorKind};

use super::{Element, Item, Open, Outer, Reader, State, error};
use crate::name::QName;
use crate::namespaces::{Namespace, Namespaces};
use crate::scanner::Token;
use crate::writer::escape;
use crate::{Document, ForeignElement, Limits};

impl<'a> Reader<'a> {
    /// The tag of a foreign element, at byte `at`.
    pub(super) fn foreign_start(&mut self, at: usize, name: QName<'a>) -> Result<(), ParseError> {
        self.foreign += 1;
        if self.foreign > self.limits.max_foreign {
            return Err(error(ParseErrorKind::Limit, "max_foreign", at));
        }
        let depth = self.open.len();
        let namespace = self.document.text().share(self.namespaces.uri(name.prefix));
        self.outer = Some(Outer { name, namespace, start: at, depth, used: Vec::new(), unnamed: false });
        self.used(at, name)
    }

    /// The tag of an element inside a foreign one or a display name, at byte `at`.
    // Kept out of the way of the elements of lists.
    #[inline(never)]
    pub(super) fn inner_start(&mut self, at: usize, name: QName<'a>) -> Result<(), ParseError> {
        self.inner += 1;
        if self.inner > self.limits.max_inner {
            return Err(error(ParseErrorKind::Limit, "max_inner", at));
        }
        self.used(at, name)
    }

    /// A tag inside something foreign, or its own: its prefixes are declared, and remembered if around it.
    fn used(&mut self, at: usize, name: QName<'a>) -> Result<(), ParseError> {
        self.check_distinct()?;
        Self::use_in(&mut self.outer, &self.namespaces, name.prefix, at)?;
        for attribute in self.scanner.attributes() {
            if !matches!(attribute.name.prefix, "" | "xmlns") {
                Self::use_in(&mut self.outer, &self.namespaces, attribute.name.prefix, attribute.at)?;
            }
        }
        Ok(())
    }

    fn use_in(
        outer: &mut Option<Outer<'a>>,
        namespaces: &Namespaces<'a>,
        prefix: &str,
        at: usize,
    ) -> Result<(), ParseError> {
        match (namespaces.find(prefix), outer) {
            (Some((number, binding)), Some(outer))
                if binding.depth < outer.depth && !outer.used.contains(&number) =>
            {
                outer.used.push(number);
            }
            (Some(_), _) => {}
            (None, Some(outer)) if prefix.is_empty() => outer.unnamed = true,
            (None, None) if prefix.is_empty() => {}
            (None, _) if prefix == "xml" => {}
            (None, _) => return Err(error(ParseErrorKind::Syntax, "prefix", at)),
        }
        Ok(())
    }

    /// The foreign element has ended: it goes to the entry or the reference that is open, else it is an item.
    pub(super) fn foreign_end(&mut self) -> bool {
        let Some(outer) = self.outer.take() else { return false };
        let text = self.document.text();
        let raw = text.get(outer.start..self.scanner.at()).unwrap_or_default();
        let around = outer.used.iter().filter_map(|&number| self.namespaces.get(number));
        let around = around.map(|binding| (binding.prefix, &*binding.uri));
        let unnamed = outer.unnamed.then_some(("", ""));
        let element = ForeignElement {
            xml: standing_alone(text, raw, outer.name, around.chain(unnamed)),
            namespace: outer.namespace,
            name: text.share(outer.name.local),
        };
        match &mut self.item {
            Some(Item::Entry(entry)) => entry.foreign.push_element(element),
            Some(Item::EntryRef(reference) | Item::External(reference)) => {
                reference.foreign.push_element(element);
            }
            _ => {
                self.item = Some(Item::Foreign(element));
                return true;
            }
        }
        false
    }
}

/// The element that `raw` is, with the declarations from around it that its names use.
fn standing_alone<'u>(
    text: &ByteStr,
    raw: &str,
    name: QName<'_>,
    used: impl Iterator<Item = (&'u str, &'u str)>,
) -> ByteStr {
    let mut declarations = String::new();
    for (prefix, uri) in used {
        declarations.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
        declarations.push_str(prefix);
        declarations.push_str("=\"");
        escape(&mut declarations, uri);
        declarations.push('"');
    }
    if declarations.is_empty() {
        return text.share(raw);
    }
    let (tag, rest) = raw.split_at_checked(1 + name.text.len()).unwrap_or((raw, ""));
    [tag, &declarations, rest].concat().into()
}

/// A foreign element that stands alone.
pub(crate) fn foreign_element(xml: &ByteStr, limits: &Limits) -> Result<ForeignElement, ParseError> {
    const RULE: &str = "foreign element";
    let document = Document::of_text(xml.clone());
    let mut reader = Reader::new(&document, limits);
    reader.state = State::Content;
    let mut found = None;
    loop {
        let (at, token) = reader.scanner.next("")?;
        match token {
            Token::Eof if !reader.open.is_empty() => {
                return Err(error(ParseErrorKind::Incomplete, RULE, at));
            }
            Token::Eof => return found.ok_or_else(|| error(ParseErrorKind::Missing, RULE, at)),
            _ if found.is_some() => return Err(error(ParseErrorKind::TrailingData, RULE, at)),
            Token::Text | Token::End(_) if reader.open.is_empty() => {
                return Err(error(ParseErrorKind::Syntax, RULE, at));
            }
            Token::Text => {}
            Token::End(name) => {
                reader.end(at, name)?;
            }
            Token::Start { name, empty } if reader.open.is_empty() => reader.alone(at, name, empty)?,
            Token::Start { name, empty } => {
                reader.start(at, name, empty)?;
            }
        }
        if let Some(Item::Foreign(element)) = reader.item.take() {
            found = Some(element);
        }
    }
}

impl<'a> Reader<'a> {
    /// The tag of a foreign element around which nothing is open.
    fn alone(&mut self, at: usize, name: QName<'a>, empty: bool) -> Result<(), ParseError> {
        self.declare(0)?;
        let namespace = match name.prefix {
            "" => self.namespaces.default(),
            prefix => {
                self.namespaces.prefixed(prefix).ok_or_else(|| error(ParseErrorKind::Syntax, "prefix", at))?
            }
        };
        if namespace == Namespace::ResourceLists {
            return Err(error(ParseErrorKind::Syntax, "foreign element", at));
        }
        self.foreign_start(at, name)?;
        if empty {
            self.foreign_end();
            return Ok(());
        }
        let content = self.scanner.at();
        self.open.push(Open { name: name.text, element: Element::Foreign, content, named: false });
        Ok(())
    }
}
