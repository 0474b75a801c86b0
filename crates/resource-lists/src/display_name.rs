//! `DisplayName`: a name to show, with its language (RFC 4826 §3.2, §3.4).

use alloc::borrow::Cow;
use alloc::string::String;

use grammar::{ByteStr, ParseError, ParseErrorKind};

use crate::Document;
use crate::document::is_line_char;
use crate::value::reference;

/// The content of a `display-name`: one line, without white space around it, never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName {
    text: ByteStr,
    lang: Option<ByteStr>,
}

impl DisplayName {
    /// A name to be written. White space around it is cut.
    ///
    /// # Errors
    ///
    /// `display-name` where it holds a line end or a character that XML cannot carry, or of kind `Missing` where
    /// nothing is left of it.
    pub fn new(text: impl Into<ByteStr>) -> Result<Self, ParseError> {
        let text = text.into();
        if let Some((at, _)) = text.char_indices().find(|(_, c)| !is_line_char(*c)) {
            return Err(ParseError::new(ParseErrorKind::Syntax, "display-name", at));
        }
        Self::of_line(text.share(text.trim()))
            .ok_or_else(|| ParseError::new(ParseErrorKind::Missing, "display-name", 0))
    }

    /// The same in a language, a tag such as `en` or `de-CH` (RFC 5646).
    ///
    /// # Errors
    ///
    /// `xml:lang` where it holds anything but letters, digits and `-`.
    pub fn with_lang(mut self, lang: impl Into<ByteStr>) -> Result<Self, ParseError> {
        let lang = lang.into();
        match lang.bytes().position(|byte| !byte.is_ascii_alphanumeric() && byte != b'-') {
            Some(at) => Err(ParseError::new(ParseErrorKind::Syntax, "xml:lang", at)),
            None if lang.is_empty() => Err(ParseError::new(ParseErrorKind::Missing, "xml:lang", 0)),
            None => {
                self.lang = Some(lang);
                Ok(self)
            }
        }
    }

    fn of_line(text: ByteStr) -> Option<Self> {
        (!text.is_empty()).then_some(Self { text, lang: None })
    }

    /// The name.
    #[must_use]
    pub const fn text(&self) -> &ByteStr {
        &self.text
    }

    /// `xml:lang`, if that is said at the name itself.
    #[must_use]
    pub const fn lang(&self) -> Option<&ByteStr> {
        self.lang.as_ref()
    }
}

/// A `display-name` in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayNameView<'a> {
    /// What stands between the tags, found to be well-formed.
    pub(crate) raw: &'a str,
    pub(crate) lang: Option<&'a str>,
}

impl<'a> DisplayNameView<'a> {
    /// The name on one line: references undone, markup passed over, control characters as blanks, white space around
    /// it cut. May be empty.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        if !self.raw.contains(['<', '&', '\r']) && !self.raw.contains(char::is_control) {
            return Cow::Borrowed(self.raw.trim());
        }
        let line = decoded(self.raw);
        Cow::Owned(line.trim().into())
    }

    /// `xml:lang`, if that is said at the name itself and is a language tag.
    #[must_use]
    pub const fn lang(&self) -> Option<&'a str> {
        self.lang
    }

    /// The name as a value of its own; `None` if it is empty.
    pub(crate) fn to_owned(&self, document: &Document) -> Option<DisplayName> {
        let text = match self.text() {
            Cow::Borrowed(text) => document.text().share(text),
            Cow::Owned(text) => text.into(),
        };
        let name = DisplayName::of_line(text)?;
        match self.lang {
            Some(lang) => {
                let tagged = name.clone().with_lang(document.text().share(lang));
                Some(tagged.unwrap_or(name))
            }
            None => Some(name),
        }
    }
}

/// The character data of `content` on one line, without that of elements inside it.
fn decoded(content: &str) -> String {
    let mut out = String::with_capacity(content.len());
    let mut rest = content;
    let mut depth = 0_usize;
    let after = |text: &str, end: &str| text.find(end).map_or(text.len(), |at| at + end.len());
    while let Some(at) = rest.find(['<', '&']) {
        let (before, special) = rest.split_at_checked(at).unwrap_or((rest, ""));
        if depth == 0 {
            push_line(&mut out, before);
        }
        let len = if special.starts_with('&') {
            let (c, len) = reference(special).unwrap_or((char::REPLACEMENT_CHARACTER, 1));
            if depth == 0 {
                push_line(&mut out, c.encode_utf8(&mut [0; 4]));
            }
            len
        } else if special.starts_with("<!--") {
            after(special, "-->")
        } else if let Some(section) = special.strip_prefix("<![CDATA[") {
            let end = section.find("]]>").unwrap_or(section.len());
            if depth == 0 {
                push_line(&mut out, section.get(..end).unwrap_or_default());
            }
            after(special, "]]>")
        } else if special.starts_with("<?") {
            after(special, "?>")
        } else if special.starts_with("</") {
            depth = depth.saturating_sub(1);
            after(special, ">")
        } else {
            let end = tag_end(special);
            let tag = special.get(..end).unwrap_or_default();
            depth += usize::from(!tag.ends_with("/>"));
            end
        };
        rest = special.get(len..).unwrap_or_default();
    }
    if depth == 0 {
        push_line(&mut out, rest);
    }
    out
}

/// Where a start tag ends: at the first `>` outside quotes.
fn tag_end(tag: &str) -> usize {
    let mut quote = None;
    for (i, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return i + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    tag.len()
}

/// Adds text, line ends and other control characters as blanks; a line end of two bytes is one (XML 1.0 §2.11).
fn push_line(out: &mut String, text: &str) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\r' {
            chars.next_if_eq(&'\n');
        }
        out.push(if c.is_control() { ' ' } else { c });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, expected: &str) {
        assert_eq!(DisplayNameView { raw, lang: None }.text(), expected, "{raw:?}");
    }

    #[test]
    fn rfc4826_3_2_a_name_is_read_on_one_line() {
        check("Bob", "Bob");
        check(" \r\n Bob\tB. \u{a0}", "Bob B.");
        check("a\r\nb\rc\nd&#13;&#10;e", "a b c d  e");
        check("A &amp; &#66;<![CDATA[ <C>]]><!-- no --><?no?>&lt;", "A & B <C><");
        check("a<x:b c='>/' d=\"'>\">no<e/>no</x:b><f g='/>'/>z", "az");
        check("", "");
        check("&#32;", "");
    }

    #[test]
    fn rfc5646_2_1_the_language_is_a_tag() {
        let name = DisplayName::new("x").unwrap();
        assert_eq!(name.clone().with_lang("de-CH").unwrap().lang().unwrap(), "de-CH");
        assert!(name.clone().with_lang("").is_err());
        assert!(name.with_lang("a b").is_err());
        assert!(DisplayName::new(" ").is_err());
        assert!(DisplayName::new("a\nb").is_err());
    }
}
