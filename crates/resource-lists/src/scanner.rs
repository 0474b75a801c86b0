//! `Scanner`: tags and text of a document without DTD, checked to be well-formed in one pass (XML 1.0 §2 and §3).
//!
//! It knows no elements: that each end tag closes what is open, and what is declared, is its reader's matter.

use alloc::vec::Vec;

use grammar::{CharClass, ParseError, ParseErrorKind};
use memchr::memmem;

use crate::blocks::visible_span;
use crate::name::QName;
use crate::value::{Value, reference};

/// `S` of XML 1.0 §2.3.
const SPACE: CharClass = CharClass::LWS;
/// Bytes of a value that mean themselves in either quote.
const PLAIN: CharClass = CharClass::NONE.with_range(0x20, 0xff).without(b"\"'&<");

/// What the scanner has found; comments and processing instructions are passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// A start tag, or a whole element without content if it is `empty`. The attributes are in the scanner.
    Start {
        name: QName<'a>,
        empty: bool,
    },
    /// An end tag of this name.
    End(&'a str),
    /// Character data that is not only white space.
    Text,
    Eof,
}

/// An attribute of the last start tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attribute<'a> {
    pub(crate) name: QName<'a>,
    pub(crate) value: Value<'a>,
    /// Where its name starts.
    pub(crate) at: usize,
    /// Where its value starts.
    pub(crate) value_at: usize,
}

/// Finds one token after the other.
#[derive(Debug, Clone)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    attributes: Vec<Attribute<'a>>,
    /// Whether one of them declares a namespace.
    declares: bool,
    max_attributes: usize,
    max_text: usize,
}

const fn error(kind: ParseErrorKind, rule: &'static str, at: usize) -> ParseError {
    ParseError::new(kind, rule, at)
}

impl<'a> Scanner<'a> {
    pub(crate) const fn new(text: &'a str, max_attributes: usize, max_text: usize) -> Self {
        Self { text, at: 0, attributes: Vec::new(), declares: false, max_attributes, max_text }
    }

    /// Where the next token starts, or white space before it.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// Goes on at `at`, which follows something well-formed.
    pub(crate) const fn go_on(&mut self, at: usize) {
        self.at = at;
    }

    /// The attributes of the last start tag.
    pub(crate) fn attributes(&self) -> &[Attribute<'a>] {
        &self.attributes
    }

    /// Whether one of them declares a namespace.
    pub(crate) const fn declares(&self) -> bool {
        self.declares
    }

    /// `XMLDecl`, if the text starts with one: the encoding that it names, and where.
    pub(crate) fn declaration(&mut self) -> Result<Option<(&'a str, usize)>, ParseError> {
        // What most documents start with, ours among them.
        const USUAL: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
        if self.text.starts_with(USUAL) {
            self.at = USUAL.len();
            return Ok(Some(("UTF-8", 30)));
        }
        let Some(inner) = self.text.strip_prefix("<?xml") else { return Ok(None) };
        if !inner.starts_with([' ', '\t', '\r', '\n']) {
            // The target of another processing instruction.
            return Ok(None);
        }
        let wrong = |at| error(ParseErrorKind::Syntax, "XMLDecl", at);
        let mut inside = Self::new(self.text, 4, self.max_text);
        inside.at = 5;
        while inside.attribute(0)? {}
        let end = inside.at;
        let mut left = inside.attributes.as_slice();
        let version = |value: &str| {
            value.strip_prefix("1.").is_some_and(|minor| CharClass::DIGIT.matches(minor.as_bytes()))
        };
        let mut encoding = None;
        match left {
            [first, rest @ ..] if first.name.text == "version" && version(first.value.raw) => left = rest,
            _ => return Err(wrong(0)),
        }
        if let [first, rest @ ..] = left
            && first.name.text == "encoding"
        {
            encoding = Some((first.value.raw, first.at));
            left = rest;
        }
        match left {
            [] => {}
            [last] if last.name.text == "standalone" && matches!(last.value.raw, "yes" | "no") => {}
            [other, ..] => return Err(wrong(other.at)),
        }
        if !inside.starts("?>") {
            let kind =
                if inside.peek().is_none() { ParseErrorKind::Incomplete } else { ParseErrorKind::Syntax };
            return Err(error(kind, "XMLDecl", end));
        }
        self.at = end + 2;
        Ok(encoding)
    }

    /// The next token, and where it starts. `open` is the name that an end tag should have.
    #[inline]
    pub(crate) fn next(&mut self, open: &'a str) -> Result<(usize, Token<'a>), ParseError> {
        loop {
            let at = self.skip_space();
            let token = match self.rest() {
                [] => Token::Eof,
                [b'<', b'/', rest @ ..]
                    if rest.starts_with(open.as_bytes()) && rest.get(open.len()) == Some(&b'>') =>
                {
                    self.at = at + 3 + open.len();
                    Token::End(open)
                }
                [b'<', b'/', ..] => self.end_tag()?,
                [b'<', b'!', b'-', b'-', ..] => {
                    self.comment()?;
                    continue;
                }
                [b'<', b'!', ..] if self.starts("<![CDATA[") => {
                    self.at = self.find("]]>", "CDSect", at)?;
                    Token::Text
                }
                [b'<', b'!', ..] if self.starts("<!DOCTYPE") => {
                    return Err(error(ParseErrorKind::Unsupported, "DOCTYPE", at));
                }
                [b'<', b'!', ..] => return Err(error(ParseErrorKind::Syntax, "markup", at)),
                [b'<', b'?', ..] => {
                    self.processing_instruction()?;
                    continue;
                }
                [b'<', ..] => self.start_tag()?,
                [..] => self.text()?,
            };
            return Ok((at, token));
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn starts(&self, with: &str) -> bool {
        self.rest().starts_with(with.as_bytes())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Passes over white space, to the place where there is none.
    #[inline]
    pub(crate) fn skip_space(&mut self) -> usize {
        let space = self.rest().iter().take_while(|&&byte| SPACE.contains(byte)).count();
        self.at += space;
        self.at
    }

    /// Where `end` ends, looked for behind the markup at the place.
    fn find(&self, end: &str, rule: &'static str, behind: usize) -> Result<usize, ParseError> {
        let found = self.text.as_bytes().get(behind..).and_then(|rest| memmem::find(rest, end.as_bytes()));
        found
            .map(|found| behind + found + end.len())
            .ok_or_else(|| error(ParseErrorKind::Incomplete, rule, self.text.len()))
    }

    /// `'<!--' ((Char - '-') | ('-' (Char - '-')))* '-->'`
    fn comment(&mut self) -> Result<(), ParseError> {
        let end = self.find("--", "Comment", self.at + 4)?;
        if self.text.as_bytes().get(end) != Some(&b'>') {
            return Err(error(ParseErrorKind::Syntax, "Comment", end - 2));
        }
        self.at = end + 1;
        Ok(())
    }

    /// `'<?' PITarget (S (Char* - (Char* '?>' Char*)))? '?>'`; the target is not `xml`.
    fn processing_instruction(&mut self) -> Result<(), ParseError> {
        let at = self.at;
        let target = QName::read(self.text, at + 2)
            .map_err(|wrong| error(ParseErrorKind::Syntax, "PITarget", wrong.offset()))?;
        if target.text.eq_ignore_ascii_case("xml") || !target.prefix.is_empty() {
            return Err(error(ParseErrorKind::Syntax, "PITarget", at));
        }
        self.at = at + 2 + target.text.len();
        if !self.starts("?>") && self.skip_space() == at + 2 + target.text.len() {
            return Err(error(ParseErrorKind::Syntax, "PI", self.at));
        }
        self.at = self.find("?>", "PI", self.at)?;
        Ok(())
    }

    /// `'</' Name S? '>'`
    fn end_tag(&mut self) -> Result<Token<'a>, ParseError> {
        let at = self.at;
        let name = QName::read(self.text, at + 2).map_err(|wrong| self.or_cut(at, wrong))?;
        self.at = at + 2 + name.text.len();
        if self.peek() != Some(b'>') {
            self.skip_space();
        }
        match self.peek() {
            Some(b'>') => {
                self.at += 1;
                Ok(Token::End(name.text))
            }
            Some(_) => Err(error(ParseErrorKind::Syntax, "ETag", self.at)),
            None => Err(error(ParseErrorKind::Incomplete, "markup", at)),
        }
    }

    /// `'<' Name (S Attribute)* S? ('>' | '/>')`
    fn start_tag(&mut self) -> Result<Token<'a>, ParseError> {
        let at = self.at;
        let name = QName::read(self.text, at + 1).map_err(|wrong| self.or_cut(at, wrong))?;
        self.at = at + 1 + name.text.len();
        self.attributes.clear();
        self.declares = false;
        while self.attribute(at)? {}
        if self.attributes.len() > FEW {
            self.refuse_repeated()?;
        }
        match self.rest() {
            [b'>', ..] => {
                self.at += 1;
                Ok(Token::Start { name, empty: false })
            }
            [b'/', b'>', ..] => {
                self.at += 2;
                Ok(Token::Start { name, empty: true })
            }
            [] | [b'/'] => Err(error(ParseErrorKind::Incomplete, "markup", at)),
            _ => Err(error(ParseErrorKind::Syntax, "Attribute", self.at)),
        }
    }

    /// `S Attribute`, or white space; `false` if there is no further one and the tag, or what looks like one, ends. It
    /// starts at `tag`.
    #[inline]
    fn attribute(&mut self, tag: usize) -> Result<bool, ParseError> {
        let before = self.at;
        let at = self.skip_space();
        match self.peek() {
            None | Some(b'>' | b'/' | b'?') => return Ok(false),
            Some(_) if at == before => return Err(error(ParseErrorKind::Syntax, "Attribute", at)),
            Some(_) => {}
        }
        if self.attributes.len() >= self.max_attributes {
            return Err(error(ParseErrorKind::Limit, "max_attributes", at));
        }
        let wrong = |this: &Self| this.or_cut(tag, error(ParseErrorKind::Syntax, "Attribute", this.at));
        let name = QName::read(self.text, at).map_err(|_| wrong(self))?;
        self.at += name.text.len();
        if self.peek() != Some(b'=') {
            self.skip_space();
        }
        if self.peek() != Some(b'=') {
            return Err(wrong(self));
        }
        self.at += 1;
        let quote = match self.peek() {
            Some(quote @ (b'"' | b'\'')) => quote,
            _ => {
                self.skip_space();
                match self.peek() {
                    Some(quote @ (b'"' | b'\'')) => quote,
                    _ => return Err(wrong(self)),
                }
            }
        };
        self.at += 1;
        let value_at = self.at;
        let value = self.value(quote, tag)?;
        if self.attributes.len() < FEW && self.attributes.iter().any(|known| known.name.text == name.text) {
            return Err(error(ParseErrorKind::Repeated, "Attribute", at));
        }
        self.declares |= name.prefix == "xmlns" || (name.local == "xmlns" && name.prefix.is_empty());
        self.attributes.push(Attribute { name, value, at, value_at });
        Ok(true)
    }

    /// `AttValue` behind its first quote.
    #[inline]
    fn value(&mut self, quote: u8, tag: usize) -> Result<Value<'a>, ParseError> {
        let start = self.at;
        let rest = self.rest();
        let span = visible_span(rest);
        let mut value = Value { raw: "", plain: true, visible: true };
        let mut end = start + span;
        if rest.get(span) != Some(&quote) {
            value.visible = false;
            end = self.value_end(quote, tag, end, &mut value.plain)?;
        }
        value.raw = self.text.get(start..end).unwrap_or_default();
        if value.raw.len() > self.max_text {
            return Err(error(ParseErrorKind::Limit, "max_text", start));
        }
        self.at = end + 1;
        Ok(value)
    }

    /// Where the value ends that is neither visible nor plain up to `at`.
    fn value_end(&self, quote: u8, tag: usize, mut at: usize, plain: &mut bool) -> Result<usize, ParseError> {
        loop {
            at += PLAIN.span(self.text.as_bytes().get(at..).unwrap_or_default());
            match self.text.as_bytes().get(at) {
                None => return Err(error(ParseErrorKind::Incomplete, "markup", tag)),
                Some(&byte) if byte == quote => return Ok(at),
                Some(b'<') => return Err(error(ParseErrorKind::Syntax, "AttValue", at)),
                Some(b'&') => {
                    at += self.reference(at)?;
                    *plain = false;
                }
                Some(b'"' | b'\'') => at += 1,
                Some(_) => {
                    at += 1;
                    *plain = false;
                }
            }
        }
    }

    /// The length of the reference at `at`.
    fn reference(&self, at: usize) -> Result<usize, ParseError> {
        let found = self.text.get(at..).and_then(reference);
        found.map(|(_, len)| len).ok_or_else(|| error(ParseErrorKind::Syntax, "Reference", at))
    }

    /// No name stands twice among many attributes.
    fn refuse_repeated(&self) -> Result<(), ParseError> {
        let mut names: Vec<(&str, usize)> =
            self.attributes.iter().map(|attribute| (attribute.name.text, attribute.at)).collect();
        names.sort_unstable();
        let twice = names.windows(2).find_map(|pair| match pair {
            [(first, _), (second, at)] if first == second => Some(*at),
            _ => None,
        });
        twice.map_or(Ok(()), |at| Err(error(ParseErrorKind::Repeated, "Attribute", at)))
    }

    /// `CharData` and references, to the next tag.
    fn text(&mut self) -> Result<Token<'a>, ParseError> {
        const PLAIN: CharClass = CharClass::NONE.with_range(0, 0xff).without(b"<&]");
        let rest = self.rest();
        let plain = PLAIN.span(rest);
        if rest.get(plain) == Some(&b'<') {
            self.at += plain;
            return Ok(Token::Text);
        }
        let end = memchr::memchr(b'<', rest).unwrap_or(rest.len());
        let run = rest.get(..end).unwrap_or_default();
        for at in memchr::memchr_iter(b'&', run) {
            self.reference(self.at + at)?;
        }
        let closes = |&at: &usize| run.get(at..).is_some_and(|rest| rest.starts_with(b"]]>"));
        if let Some(at) = memchr::memchr_iter(b']', run).find(closes) {
            return Err(error(ParseErrorKind::Syntax, "CharData", self.at + at));
        }
        self.at += end;
        Ok(Token::Text)
    }

    /// What is wrong, or that the text ends within the tag at `tag`.
    fn or_cut(&self, tag: usize, wrong: ParseError) -> ParseError {
        if wrong.offset() >= self.text.len() {
            error(ParseErrorKind::Incomplete, "markup", tag)
        } else {
            wrong
        }
    }
}

/// Attributes that are compared one by one; more are sorted.
const FEW: usize = 8;

#[cfg(test)]
mod tests;
