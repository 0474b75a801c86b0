//! Fields that are one word: Content-ID, SIP-ETag, SIP-If-Match, Priority, MIME-Version, Contribution-ID,
//! Conversation-ID, InReplyTo-Contribution-ID; and lists of such: Content-Encoding, Content-Language,
//! Request-Disposition, In-Reply-To.

use grammar::{CharClass, ParseError, ParseErrorKind};

use crate::method::TOKEN;

/// `token`, an error of `rule` if it is not.
pub(crate) fn word<'a>(text: &'a str, rule: &'static str) -> Result<&'a str, ParseError> {
    let span = TOKEN.span(text.as_bytes());
    if span == 0 || span < text.len() {
        return Err(ParseError::new(ParseErrorKind::Syntax, rule, span));
    }
    Ok(text)
}

/// `Content-ID = "<" id ">"` (RFC 8262 §3): the id without its brackets. Lenient: no brackets.
pub(crate) fn content_id(text: &str) -> Result<&str, ParseError> {
    const ID: CharClass = CharClass::NONE.with_range(0x21, 0x7e).without(b"<>");
    let inner = text.strip_prefix('<').and_then(|inner| inner.strip_suffix('>')).unwrap_or(text);
    let span = ID.span(inner.as_bytes());
    if span == 0 || span < inner.len() {
        return Err(ParseError::new(
            ParseErrorKind::Syntax,
            "msg-id",
            span + usize::from(inner.len() < text.len()),
        ));
    }
    Ok(inner)
}

/// `MIME-Version = 1*DIGIT "." 1*DIGIT` (RFC 3261 §20.24), as written.
pub(crate) fn mime_version(text: &str) -> Result<&str, ParseError> {
    let digits = |text: &str| CharClass::DIGIT.matches(text.as_bytes());
    match text.split_once('.') {
        Some((major, minor)) if digits(major) && digits(minor) => Ok(text),
        _ => Err(ParseError::new(ParseErrorKind::Syntax, "MIME-Version", 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3903_11_3_1_an_entity_tag_is_a_token() {
        assert_eq!(word("dx200xyz", "entity-tag"), Ok("dx200xyz"));
        assert_eq!(word("a b", "entity-tag").unwrap_err().offset(), 1);
        assert_eq!(word("", "entity-tag").unwrap_err().rule(), "entity-tag");
    }

    #[test]
    fn rfc8262_3_content_id() {
        assert_eq!(content_id("<target123@atlanta.example.com>"), Ok("target123@atlanta.example.com"));
        assert_eq!(content_id("a@b"), Ok("a@b"));
        assert_eq!(content_id("<a b>").unwrap_err().offset(), 2);
        assert!(content_id("<>").is_err());
    }

    #[test]
    fn rfc3261_20_24_mime_version() {
        assert_eq!(mime_version("1.0"), Ok("1.0"));
        assert!(mime_version("1").is_err() && mime_version("1.x").is_err());
    }
}
