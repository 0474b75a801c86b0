//! Lists of tokens: Supported, Require, Proxy-Require, Unsupported (option tags), Allow, Allow-Events.

use grammar::{ParseError, ParseErrorKind};

use crate::Method;
use crate::method::TOKEN;

/// Reads one `option-tag` (RFC 3261 §19.2) or event package; compare without case.
///
/// # Errors
///
/// A [`ParseError`] of the rule `option-tag`.
pub(crate) fn option_tag(text: &str) -> Result<&str, ParseError> {
    let span = TOKEN.span(text.as_bytes());
    if span == 0 || span < text.len() {
        return Err(ParseError::new(ParseErrorKind::Syntax, "option-tag", span));
    }
    Ok(text)
}

/// Reads one method of an Allow field.
pub(crate) fn method(text: &str) -> Result<Method, ParseError> {
    Method::parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3261_19_2_an_option_tag_is_a_token() {
        assert_eq!(option_tag("recipient-list-invite"), Ok("recipient-list-invite"));
        assert_eq!(option_tag("").unwrap_err().offset(), 0);
        assert_eq!(option_tag("100rel timer").unwrap_err().offset(), 6);
    }
}
