//! `QName`: names of elements and attributes (XML 1.0 §2.3, Namespaces in XML 1.0 §4).

use grammar::{CharClass, ParseError, ParseErrorKind};

/// `NameChar` in ASCII, without the colon.
const ASCII: CharClass = CharClass::ALPHANUM.with(b"_-.");
/// `NameStartChar` in ASCII, without the colon.
const START: CharClass = CharClass::ALPHA.with(b"_");
/// Bytes of which names consist, whatever characters they are of.
const NAME: CharClass = ASCII.with(b":").with_range(0x80, 0xff);

/// A name with its prefix, `""` where it has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QName<'a> {
    pub(crate) text: &'a str,
    pub(crate) prefix: &'a str,
    pub(crate) local: &'a str,
}

impl<'a> QName<'a> {
    /// The name that starts at byte `at` of `text`.
    #[inline]
    pub(crate) fn read(text: &'a str, at: usize) -> Result<Self, ParseError> {
        let rest = text.get(at..).unwrap_or_default();
        let bytes = rest.as_bytes();
        let span = ASCII.span(bytes);
        let (colon, len) = match bytes.get(span) {
            Some(b':') => (Some(span), span + 1 + ASCII.span(bytes.get(span + 1..).unwrap_or_default())),
            _ => (None, span),
        };
        if bytes.get(len).is_some_and(|&byte| byte == b':' || byte >= 0x80) {
            return Self::read_any(rest).map_err(|wrong| wrong.shifted(at));
        }
        let name = Self::split(rest.get(..len).unwrap_or_default(), colon);
        let starts = |part: &str| part.bytes().next().is_some_and(|first| START.contains(first));
        if !starts(name.local) || (colon.is_some() && !starts(name.prefix)) {
            return Err(ParseError::new(ParseErrorKind::Syntax, "QName", at));
        }
        Ok(name)
    }

    /// The name at the start of `text`, whatever characters it has.
    fn read_any(text: &'a str) -> Result<Self, ParseError> {
        let error = |at| Err(ParseError::new(ParseErrorKind::Syntax, "QName", at));
        let text = text.get(..NAME.span(text.as_bytes())).unwrap_or_default();
        let colon = text.find(':');
        if let Some(second) =
            colon.and_then(|first| text.get(first + 1..)?.find(':').map(|at| first + 1 + at))
        {
            return error(second);
        }
        let name = Self::split(text, colon);
        let starts = |part: &str| part.chars().next().is_some_and(is_start);
        if !starts(name.local) || (colon.is_some() && !starts(name.prefix)) {
            return error(0);
        }
        match text.char_indices().find(|(at, c)| Some(*at) != colon && !is_name(*c)) {
            Some((at, _)) => error(at),
            None => Ok(name),
        }
    }

    fn split(text: &'a str, colon: Option<usize>) -> Self {
        let (prefix, local) = match colon {
            None => ("", text),
            Some(colon) => (text.get(..colon).unwrap_or_default(), text.get(colon + 1..).unwrap_or_default()),
        };
        Self { text, prefix, local }
    }

    /// All of `text` as a name without colon.
    pub(crate) fn is_ncname(text: &'a str) -> bool {
        Self::read(text, 0).is_ok_and(|name| name.text == text && name.prefix.is_empty())
    }
}

/// `NameStartChar` of XML 1.0 §2.3 without the colon.
const fn is_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}'
        | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}'
        | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
}

/// `NameChar` of XML 1.0 §2.3 without the colon.
const fn is_name(c: char) -> bool {
    is_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let got = match QName::read(text, 0) {
            Ok(QName { prefix, local, .. }) => format!("{prefix}|{local}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{text:?}");
    }

    #[test]
    fn xml_2_3_names_start_with_a_letter_and_go_on_with_more() {
        check("entry-ref uri", "|entry-ref");
        check("cp:copyControl=", "cp|copyControl");
        check("_a.b-3>", "|_a.b-3");
        check("é\u{301}b", "|é\u{301}b");
        for wrong in ["", "-a", "1", ".a", ":a", "a:", "a:-b", "=", "×"] {
            check(wrong, "expected QName at byte 0");
        }
        check("a×", "expected QName at byte 1");
        check("aé:×", "expected QName at byte 0");
        check("aé:a×", "expected QName at byte 5");
        check("a:b:c", "expected QName at byte 3");
    }
}
