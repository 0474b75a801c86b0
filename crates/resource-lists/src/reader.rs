//! `Reader`: what a document consists of, one thing after the other (RFC 4826 §3, RFC 5364 §5).

mod attributes;
mod foreign;
mod shape;

use alloc::borrow::Cow;
use alloc::vec::Vec;

use grammar::{ByteStr, ParseError, ParseErrorKind};

use crate::name::QName;
use crate::namespaces::{Namespace, Namespaces};
use crate::scanner::{Scanner, Token};
use crate::{DisplayNameView, Document, EntryView, Foreign, ForeignElement, Limits, ReferenceView};

pub(crate) use foreign::foreign_element;

/// What a document consists of, in its order.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_enums, reason = "RFC 4826 §3.2 has these")]
pub enum Item<'a> {
    /// `list` starts: what follows up to its [`Item::ListEnd`] is in it.
    ListStart(ListView<'a>),
    /// `display-name` of the list that started last.
    DisplayName(DisplayNameView<'a>),
    /// `entry`: a recipient.
    Entry(EntryView<'a>),
    /// `entry-ref`: a recipient named in another document of the server.
    EntryRef(ReferenceView<'a>),
    /// `external`: a list elsewhere.
    External(ReferenceView<'a>),
    /// An element of another namespace between them, or beside the lists.
    Foreign(ForeignElement),
    /// The innermost list ends.
    ListEnd,
}

/// The start of a list in a document.
#[derive(Debug, Clone)]
pub struct ListView<'a> {
    document: &'a Document,
    name: Option<Cow<'a, str>>,
    foreign: Foreign,
}

/// Reads a document as it is asked for the next item. Fused: after an error there is nothing more.
///
/// It allocates for what is open and what is foreign, not for items.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    document: &'a Document,
    limits: Limits,
    scanner: Scanner<'a>,
    namespaces: Namespaces<'a>,
    /// The elements that are open, the innermost last.
    open: Vec<Open<'a>>,
    /// The entry, or the reference, that is open; else what is handed out next.
    item: Option<Item<'a>>,
    /// How the last entry was written.
    shape: shape::Shape<'a>,
    /// The language of the display name that is open.
    lang: Option<&'a str>,
    /// What is foreign and open.
    outer: Option<Outer<'a>>,
    /// Attributes of the root.
    root: Foreign,
    /// Whether the end of an empty list is due.
    list_ends: bool,
    entries: usize,
    lists: usize,
    foreign: usize,
    inner: usize,
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

/// An open element.
#[derive(Debug, Clone, Copy)]
struct Open<'a> {
    /// The name, as its end tag has to repeat it.
    name: &'a str,
    element: Element,
    /// Where its content starts.
    content: usize,
    /// Whether it has had its display name.
    named: bool,
}

/// An element, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    Root,
    List,
    Entry,
    EntryRef,
    External,
    DisplayName,
    /// One of another namespace, kept.
    Foreign,
    /// One inside a foreign one, or in a display name.
    Inner,
}

/// A foreign element that is kept.
#[derive(Debug, Clone)]
struct Outer<'a> {
    name: QName<'a>,
    namespace: ByteStr,
    start: usize,
    /// How many elements are open around it.
    depth: usize,
    /// The declarations of elements around it that names in it use.
    used: Vec<usize>,
    /// Whether it uses names without prefix where no default namespace is declared.
    unnamed: bool,
}

/// Deeper than anybody needs and less than the stack bears when a tree of lists is dropped.
const DEEPEST: usize = 256;

const fn error(kind: ParseErrorKind, rule: &'static str, at: usize) -> ParseError {
    ParseError::new(kind, rule, at)
}

impl<'a> Reader<'a> {
    pub(crate) fn new(document: &'a Document, limits: &Limits) -> Self {
        let limits = Limits { max_depth: limits.max_depth.min(DEEPEST), ..*limits };
        Self {
            document,
            limits,
            scanner: Scanner::new(document.text(), limits.max_attributes, limits.max_text),
            namespaces: Namespaces::new(),
            open: Vec::new(),
            item: None,
            shape: shape::Shape::NONE,
            lang: None,
            outer: None,
            root: Foreign::NONE,
            list_ends: false,
            entries: 0,
            lists: 0,
            foreign: 0,
            inner: 0,
            state: State::Prolog,
        }
    }

    /// Attributes of other namespaces that the root has. Known once the first item is read.
    #[must_use]
    pub const fn root_foreign(&self) -> &Foreign {
        &self.root
    }

    /// The entries alone, lists flattened, references and all else passed over.
    pub fn entries(self) -> impl Iterator<Item = Result<EntryView<'a>, ParseError>> {
        self.filter_map(|item| match item {
            Ok(Item::Entry(entry)) => Some(Ok(entry)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }

    /// Reads on until there is an item to be handed out; `false` at the end of the document.
    fn read(&mut self) -> Result<bool, ParseError> {
        if core::mem::take(&mut self.list_ends) {
            self.item = Some(Item::ListEnd);
            return Ok(true);
        }
        if self.state == State::Prolog && self.scanner.at() == 0 {
            self.document.check_encoding(self.scanner.declaration()?)?;
        }
        loop {
            if self.alike() {
                return Ok(true);
            }
            let (at, token) = self.scanner.next(self.open.last().map_or("", |open| open.name))?;
            let is_whole = match token {
                Token::Start { name, empty } => self.start(at, name, empty)?,
                Token::End(name) => self.end(at, name)?,
                Token::Text => self.text(at).map(|()| false)?,
                Token::Eof => return self.eof(at).map(|()| false),
            };
            if is_whole {
                return Ok(true);
            }
        }
    }

    /// A start tag: checks where it stands and what it says. Whether there is an item to be handed out: one without
    /// content, or the start of a list.
    fn start(&mut self, at: usize, name: QName<'a>, empty: bool) -> Result<bool, ParseError> {
        let depth = self.open.len();
        if depth >= self.limits.max_depth {
            return Err(error(ParseErrorKind::Limit, "max_depth", at));
        }
        if self.scanner.declares() {
            self.declare(depth)?;
        }
        let element = self.element(at, name)?;
        match element {
            Element::Root => {
                self.state = State::Content;
                self.root = self.foreign_attributes()?;
            }
            Element::List => self.item = Some(Item::ListStart(self.list(at)?)),
            Element::Entry => {
                self.item = Some(Item::Entry(self.entry(at)?));
                self.remember(at, name.text);
            }
            Element::EntryRef => self.item = Some(Item::EntryRef(self.reference(at, "ref")?)),
            Element::External => self.item = Some(Item::External(self.reference(at, "anchor")?)),
            Element::DisplayName => {
                self.named(at)?;
                self.lang = self.lang()?;
                self.remember_name(at, name.text, empty);
            }
            Element::Foreign => self.foreign_start(at, name)?,
            Element::Inner => self.inner_start(at, name)?,
        }
        if !empty {
            self.open.push(Open { name: name.text, element, content: self.scanner.at(), named: false });
            return Ok(element == Element::List);
        }
        self.leave(depth);
        Ok(match element {
            Element::Root => {
                self.state = State::Epilog;
                false
            }
            Element::List => {
                self.list_ends = true;
                true
            }
            Element::DisplayName => self.name(""),
            Element::Foreign => self.foreign_end(),
            Element::Inner => false,
            Element::Entry | Element::EntryRef | Element::External => true,
        })
    }

    /// What an element is where it stands.
    fn element(&self, at: usize, name: QName<'a>) -> Result<Element, ParseError> {
        let parent = self.open.last().map(|open| open.element);
        if let Some(Element::Foreign | Element::Inner) = parent {
            return Ok(Element::Inner);
        }
        let namespace = if name.prefix.is_empty() {
            self.namespaces.default()
        } else {
            self.namespaces
                .prefixed(name.prefix)
                .ok_or_else(|| error(ParseErrorKind::Syntax, "prefix", at))?
        };
        let ours = namespace == Namespace::ResourceLists;
        let wrong = |kind, rule| Err(error(kind, rule, at));
        let Some(parent) = parent else {
            return match self.state {
                State::Prolog if ours && name.local == "resource-lists" => Ok(Element::Root),
                State::Prolog => wrong(ParseErrorKind::Mismatch, "resource-lists"),
                _ => wrong(ParseErrorKind::TrailingData, "resource-lists"),
            };
        };
        if !ours {
            return Ok(if parent == Element::DisplayName { Element::Inner } else { Element::Foreign });
        }
        match (parent, name.local) {
            (Element::List, "entry") => Ok(Element::Entry),
            (Element::Root | Element::List, "list") => Ok(Element::List),
            (Element::List, "entry-ref") => Ok(Element::EntryRef),
            (Element::List, "external") => Ok(Element::External),
            (Element::List | Element::Entry | Element::EntryRef | Element::External, "display-name") => {
                Ok(Element::DisplayName)
            }
            // An element of ours in the wrong place: reading on might lose recipients.
            (Element::Root, _) => wrong(ParseErrorKind::Syntax, "list"),
            (Element::List, _) => wrong(ParseErrorKind::Syntax, "entry"),
            (_, _) => wrong(ParseErrorKind::Syntax, "display-name"),
        }
    }

    /// An end tag. Whether there is an item to be handed out.
    fn end(&mut self, at: usize, name: &'a str) -> Result<bool, ParseError> {
        let Some(open) = self.open.pop().filter(|open| open.name == name) else {
            return Err(error(ParseErrorKind::Syntax, "ETag", at));
        };
        let is_whole = match open.element {
            Element::Root => {
                self.state = State::Epilog;
                false
            }
            Element::List => {
                self.item = Some(Item::ListEnd);
                true
            }
            Element::Entry | Element::EntryRef | Element::External => true,
            Element::DisplayName => {
                let raw = self.document.text().get(open.content..at).unwrap_or_default();
                if raw.len() > self.limits.max_text {
                    return Err(error(ParseErrorKind::Limit, "max_text", open.content));
                }
                self.name(raw)
            }
            Element::Foreign => self.foreign_end(),
            Element::Inner => false,
        };
        self.leave(self.open.len());
        Ok(is_whole)
    }

    /// What the element declared is forgotten that had `depth` open elements around it.
    fn leave(&mut self, depth: usize) {
        if self.namespaces.leave(depth) {
            self.shape = shape::Shape::NONE;
        }
    }

    /// A display name starts at byte `at`, the only one of what it is in.
    fn named(&mut self, at: usize) -> Result<(), ParseError> {
        match self.open.last_mut() {
            Some(open) if open.named => Err(error(ParseErrorKind::Repeated, "display-name", at)),
            Some(open) => {
                open.named = true;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// A display name has been read: it goes to the entry or the reference that is open, else it is one of a list and an
    /// item.
    fn name(&mut self, raw: &'a str) -> bool {
        let name = DisplayNameView { raw, lang: self.lang.take() };
        match &mut self.item {
            Some(Item::Entry(entry)) => entry.display_name = Some(name),
            Some(Item::EntryRef(reference) | Item::External(reference)) => {
                reference.display_name = Some(name);
            }
            _ => {
                self.item = Some(Item::DisplayName(name));
                return true;
            }
        }
        false
    }

    /// Character data means something only where a display name is read, which looks at it itself.
    fn text(&self, at: usize) -> Result<(), ParseError> {
        match self.state {
            State::Prolog => Err(error(ParseErrorKind::Syntax, "resource-lists", at)),
            State::Content => Ok(()),
            State::Epilog | State::Done => Err(error(ParseErrorKind::TrailingData, "resource-lists", at)),
        }
    }

    fn eof(&self, at: usize) -> Result<(), ParseError> {
        match self.state {
            State::Epilog | State::Done => Ok(()),
            State::Prolog => Err(error(ParseErrorKind::Missing, "resource-lists", at)),
            State::Content => Err(error(ParseErrorKind::Incomplete, "resource-lists", at)),
        }
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Item<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Done {
            return None;
        }
        match self.read() {
            Ok(true) => self.item.take().map(Ok),
            Ok(false) => {
                self.state = State::Done;
                None
            }
            Err(error) => {
                self.state = State::Done;
                Some(Err(self.document.at(error)))
            }
        }
    }
}

impl<'a> ListView<'a> {
    /// `name`, which tells the lists of one parent apart.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Attributes of other namespaces.
    #[must_use]
    pub const fn foreign(&self) -> &Foreign {
        &self.foreign
    }

    /// The name as a value of its own, which shares the text of the document, and what is foreign.
    pub(crate) fn into_parts(self) -> (Option<ByteStr>, Foreign) {
        let name = self.name.map(|name| match name {
            Cow::Borrowed(name) => self.document.text().share(name),
            Cow::Owned(name) => name.into(),
        });
        (name, self.foreign)
    }
}

#[cfg(test)]
mod tests;
