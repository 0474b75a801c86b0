//! `Use-Nickname`, RFC 7701 §7.1: the name a user wants to be shown with in a chat room.

use alloc::borrow::Cow;

use grammar::{ParseError, ParseErrorKind, quoted};

/// Reads a header value, which is a quoted string; an empty one gives a nickname up.
///
/// # Errors
///
/// A [`ParseError`] at the byte where the value leaves the rule `nickname`.
pub fn nickname(value: &str) -> Result<Cow<'_, str>, ParseError> {
    let len = quoted::span(value)?;
    if len < value.len() {
        return Err(ParseError::new(ParseErrorKind::TrailingData, "nickname", len));
    }
    Ok(quoted::unquote(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc7701_7_1_nickname_is_a_quoted_string() {
        assert_eq!(nickname(r#""Alice \"the great\"""#).unwrap(), r#"Alice "the great""#);
        assert_eq!(nickname(r#""""#).unwrap(), "");
        assert_eq!(nickname(r#""Älice""#).unwrap(), "Älice");
        assert!(nickname("Alice").is_err());
        assert_eq!(nickname(r#""A" b"#).unwrap_err().offset(), 3);
    }
}
