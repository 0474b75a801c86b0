//! Escapes in CPIM header values (RFC 3862 §2.3).

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt::Write as _;

/// `text` with its escapes undone. An unknown escape stands for its character.
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut chars = after.chars();
        let c = match chars.next() {
            Some('b') => Some('\u{8}'),
            Some('t') => Some('\t'),
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('u') => match hex(chars.as_str()) {
                Some((c, after)) => {
                    chars = after.chars();
                    Some(c)
                }
                None => Some('u'),
            },
            other => other,
        };
        out.extend(c);
        rest = chars.as_str();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// `4HEXDIG` and what follows it
fn hex(text: &str) -> Option<(char, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let c = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
    Some((c, rest))
}

/// Writes `text` with a backslash before `\`, before `quote` if there is one, and control characters escaped.
pub(super) fn escape(text: &str, quote: Option<char>, out: &mut String) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            c if Some(c) == quote => {
                out.push('\\');
                out.push(c);
            }
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                // Writing into a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rfc3862_2_3_escapes() {
        assert_eq!(unescape(r#"a\\b\"c\'d\b\t\n\r\u0041\x\"#), "a\\b\"c'd\u{8}\t\n\rAx");
        assert_eq!(unescape(r"\u00e"), "u00e");
        assert_eq!(unescape(r"\ud800"), "ud800");
        assert_eq!(unescape(r"\u+041"), "u+041");
        assert_eq!(unescape(r"\uééé"), "uééé");
    }

    proptest! {
        #[test]
        fn what_is_escaped_reads_the_same_and_stays_on_its_line(text in any::<String>(), quoted in any::<bool>()) {
            let mut out = String::new();
            escape(&text, quoted.then_some('"'), &mut out);
            prop_assert!(!out.contains(|c: char| c.is_control()));
            prop_assert_eq!(unescape(&out), text);
        }
    }
}
