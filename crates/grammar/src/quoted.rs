//! quoted-string: `"` text with `\`-escapes `"`, as in RFC 3261 §25.1, RFC 2045 and RFC 4975 §9.

use alloc::borrow::Cow;
use alloc::string::String;

use crate::{ParseError, ParseErrorKind};

/// Length in bytes of the quoted-string that `text` starts with, both quotes included.
///
/// # Errors
///
/// `quoted-string` at byte 0 if `text` does not start with a quote, at the end if the closing one is missing.
pub fn span(text: &str) -> Result<usize, ParseError> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'"') {
        return Err(ParseError::new(ParseErrorKind::Syntax, "quoted-string", 0));
    }
    let mut at = 1;
    while let Some(mark) = bytes.iter().skip(at).position(|&byte| byte == b'"' || byte == b'\\') {
        at += mark + 1;
        if bytes.get(at - 1) == Some(&b'"') {
            return Ok(at);
        }
        // What follows a backslash is no mark.
        at += 1;
    }
    Err(ParseError::new(ParseErrorKind::Incomplete, "quoted-string", text.len()))
}

/// The text inside a quoted-string, escapes undone; a text without quotes comes back as it is.
#[must_use]
pub fn unquote(text: &str) -> Cow<'_, str> {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return Cow::Borrowed(text);
    };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Writes `text` as a quoted-string, `"` and `\` escaped.
///
/// # Errors
///
/// `quoted-string` at a CR, LF or NUL: none of them can be carried.
pub fn quote(text: &str, out: &mut String) -> Result<(), ParseError> {
    if let Some(at) = text.bytes().position(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        return Err(ParseError::new(ParseErrorKind::Syntax, "quoted-string", at));
    }
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_without_line_ends_round_trips() {
        for text in ["", "plain", "with \"quotes\" and \\", "\\", "ünï"] {
            let mut out = String::new();
            quote(text, &mut out).unwrap();
            assert_eq!(span(&out), Ok(out.len()));
            assert_eq!(unquote(&out), text);
        }
    }

    #[test]
    fn a_line_end_cannot_be_quoted() {
        assert!(quote("a\r\nVia: x", &mut String::new()).is_err());
    }

    #[test]
    fn span_finds_the_closing_quote_and_not_an_escaped_one() {
        assert_eq!(span(r#""a\"b" rest"#), Ok(6));
        assert_eq!(span(r#""a\""#).unwrap_err().kind(), ParseErrorKind::Incomplete);
        assert_eq!(span(r#""a\\" rest""#), Ok(5));
        assert_eq!(span("\"").unwrap_err().offset(), 1);
        assert_eq!(span("\"a\\").unwrap_err().offset(), 3);
    }
}
