//! `Value`: what an attribute says, as written and read on demand (XML 1.0 §3.3.3, §4.1, §4.6).

use alloc::borrow::Cow;
use alloc::string::String;

use crate::document::is_xml_char;

/// What stands between the quotes of an attribute whose references were checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Value<'a> {
    pub(crate) raw: &'a str,
    /// Whether it means what it says: no reference and no white space but blanks.
    pub(crate) plain: bool,
    /// Whether it consists of visible ASCII characters that need no escape.
    pub(crate) visible: bool,
}

impl<'a> Value<'a> {
    /// The value: references and white space undone.
    pub(crate) fn text(self) -> Cow<'a, str> {
        if self.plain { Cow::Borrowed(self.raw) } else { Cow::Owned(decoded(self.raw)) }
    }

    /// The value without white space of XML around it, which plays no part in the types that our attributes have.
    pub(crate) fn trimmed(self) -> Cow<'a, str> {
        const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];
        if self.visible {
            return Cow::Borrowed(self.raw);
        }
        match self.text() {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(SPACE)),
            Cow::Owned(text) if text.starts_with(SPACE) || text.ends_with(SPACE) => {
                Cow::Owned(text.trim_matches(SPACE).into())
            }
            owned @ Cow::Owned(_) => owned,
        }
    }
}

fn decoded(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['&', '\r', '\n', '\t']) {
        let (before, special) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let after = if special.starts_with('&') {
            let (c, len) = reference(special).unwrap_or((char::REPLACEMENT_CHARACTER, 1));
            out.push(c);
            len
        } else {
            out.push(' ');
            // A line end of two bytes is one (§2.11).
            if special.starts_with("\r\n") { 2 } else { 1 }
        };
        rest = special.get(after..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// `Reference` at the start of `text`: its character, and its length in bytes. There is no DTD, so only the five names
/// of XML itself mean something.
pub(crate) fn reference(text: &str) -> Option<(char, usize)> {
    const NAMED: [(&str, char); 5] =
        [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&apos;", '\'')];
    let Some(number) = text.strip_prefix("&#") else {
        let (name, c) = NAMED.into_iter().find(|(name, _)| text.starts_with(name))?;
        return Some((c, name.len()));
    };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |digits| (digits, 16));
    let mut code = 0_u32;
    for (i, byte) in digits.bytes().enumerate() {
        if byte == b';' && i > 0 {
            let c = char::from_u32(code).filter(|&c| is_xml_char(c))?;
            return Some((c, text.len() - digits.len() + i + 1));
        }
        code = code.saturating_mul(radix).saturating_add(char::from(byte).to_digit(radix)?);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_4_1_references() {
        for (text, expected) in [
            ("&amp;x", Some(('&', 5))),
            ("&lt;", Some(('<', 4))),
            ("&gt;", Some(('>', 4))),
            ("&apos;", Some(('\'', 6))),
            ("&quot;", Some(('"', 6))),
            ("&#65;b", Some(('A', 5))),
            ("&#x1F600;", Some(('\u{1f600}', 9))),
            ("&#0000000000000065;", Some(('A', 19))),
        ] {
            assert_eq!(reference(text), expected, "{text}");
        }
        for wrong in [
            "&",
            "&;",
            "&amp",
            "&AMP;",
            "&nbsp;",
            "&#;",
            "&#x;",
            "&#X41;",
            "&#1;",
            "&#xd800;",
            "&#4294967361;",
            "&#+5;",
        ] {
            assert_eq!(reference(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn xml_3_3_3_white_space_of_a_value_is_blank_unless_it_is_a_reference() {
        let value = |raw| Value { raw, plain: false, visible: false };
        assert_eq!(value("a\r\nb\tc\n\rd&#10;&amp;e").text(), "a b c  d\n&e");
        assert_eq!(value(" \ta&#32;\n").trimmed(), "a");
        assert_eq!(Value { raw: " a ", plain: true, visible: false }.trimmed(), "a");
    }
}
