//! `ContentId`: the name of a part, and the `cid:` URL that refers to it (RFC 2045 §7, RFC 2392 §2).

use alloc::string::String;
use core::fmt;

use grammar::{ByteStr, CharClass, ParseError, ParseErrorKind};

use crate::extended_value::{percent_decode, percent_encode};

/// What a `cid:` URL carries without an escape: `unreserved`, `sub-delims`, `:`, `@` and `/` of RFC 3986.
const URL: CharClass = CharClass::UNRESERVED.with(b"!$&'()*+,;=:@/");

/// `local@domain`, percent-escapes undone. Compared byte by byte.
///
/// Displayed as the header value, in angle brackets; [`ContentId::to_url`] makes the URL.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ContentId(ByteStr);

impl ContentId {
    /// A name to be written: `local@domain`, which should be globally unique.
    ///
    /// # Errors
    ///
    /// `msg-id` where it is empty or holds white space, a control character or an angle bracket.
    pub fn new(id: impl Into<ByteStr>) -> Result<Self, ParseError> {
        let id = id.into();
        if id.is_empty() {
            return Err(ParseError::new(ParseErrorKind::Missing, "msg-id", 0));
        }
        let forbidden = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>');
        match id.char_indices().find(|(_, c)| forbidden(*c)) {
            Some((at, _)) => Err(ParseError::new(ParseErrorKind::Syntax, "msg-id", at)),
            None => Ok(Self(id)),
        }
    }

    /// Reads the value of `Content-ID`. Lenient: the angle brackets may be missing.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub fn parse(value: &str) -> Result<Self, ParseError> {
        let value = value.trim();
        let inner = value.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        Self::new(inner.unwrap_or(value))
    }

    /// Reads a `cid:` URL. The name is what it says after its percent-escapes are undone (erratum 454 of RFC 2392).
    ///
    /// # Errors
    ///
    /// `cid-url` where it is another URL or an escape is broken, else as [`Self::new`].
    pub fn from_url(url: &str) -> Result<Self, ParseError> {
        let error = |at| ParseError::new(ParseErrorKind::Syntax, "cid-url", at);
        let (scheme, id) = url.trim().split_at_checked(4).ok_or_else(|| error(0))?;
        if !scheme.eq_ignore_ascii_case("cid:") {
            return Err(error(0));
        }
        let octets = percent_decode(id).ok_or_else(|| error(4))?;
        Self::new(String::from_utf8(octets).map_err(|_| error(4))?)
    }

    /// The name alone.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL that refers to the part.
    #[must_use]
    pub fn to_url(&self) -> String {
        let mut url = String::from("cid:");
        percent_encode(&self.0, &URL, &mut url);
        url
    }
}

impl fmt::Display for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    #[track_caller]
    fn check(url: &str, value: &str) {
        let from_url = ContentId::from_url(url).unwrap();
        assert_eq!(from_url, ContentId::parse(value).unwrap());
        assert_eq!(ContentId::from_url(&from_url.to_url()), Ok(from_url.clone()));
        assert_eq!(from_url.to_string(), value);
    }

    #[test]
    fn rfc2392_2_a_url_names_the_part_after_its_escapes_are_undone() {
        check("cid:foo4%25foo1@bar.net", "<foo4%foo1@bar.net>");
        check("CID:icon1.7e0b55@198.51.100.7", "<icon1.7e0b55@198.51.100.7>");
        check("cid:a%22%C3%A9%3Fb@x", "<a\"é?b@x>");
    }

    #[test]
    fn rfc2392_2_comparison_minds_the_case() {
        assert_ne!(ContentId::parse("<a@b>"), ContentId::parse("<A@b>"));
    }

    #[test]
    fn a_name_without_brackets_is_read() {
        assert_eq!(ContentId::parse(" a@b ").unwrap().as_str(), "a@b");
    }

    #[test]
    fn errors_name_the_rule() {
        for (url, expected) in [
            ("http://x", "expected cid-url at byte 0"),
            ("cid", "expected cid-url at byte 0"),
            ("cid:%4", "expected cid-url at byte 4"),
            ("cid:%ff", "expected cid-url at byte 4"),
            ("cid:", "missing msg-id at byte 0"),
            ("cid:a%0d%0ab", "expected msg-id at byte 1"),
        ] {
            assert_eq!(ContentId::from_url(url).unwrap_err().to_string(), expected);
        }
        assert!(ContentId::new("a>b").is_err());
    }

    proptest! {
        #[test]
        fn a_name_is_read_as_it_was_written(id in any::<String>()) {
            let Ok(id) = ContentId::new(id) else { return Ok(()) };
            prop_assert_eq!(ContentId::parse(&id.to_string()), Ok(id.clone()));
            prop_assert_eq!(ContentId::from_url(&id.to_url()), Ok(id.clone()));
            prop_assert!(id.to_url().is_ascii());
        }
    }
}
