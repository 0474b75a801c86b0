//! `To-Path` and `From-Path`, RFC 4975 §9: the URIs a frame passes.

use core::fmt;

use grammar::{ByteStr, ParseError, ParseErrorKind};

use crate::Uri;

/// A list of MSRP URIs separated by blanks, in someone else's buffer; checked, never collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path<'a>(&'a str);

impl<'a> Path<'a> {
    /// Reads a header value of at most `max_uris` URIs. Several blanks between two are let pass.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `MSRP-URI`, of the limit `max_path_uris`, or `Missing` if there is none.
    pub fn parse(value: &'a str, max_uris: usize) -> Result<Self, ParseError> {
        let path = Self(value);
        let mut count = 0;
        for text in path.texts() {
            let offset = text.as_ptr().addr().saturating_sub(value.as_ptr().addr());
            if count == max_uris {
                return Err(ParseError::new(ParseErrorKind::Limit, "max_path_uris", offset));
            }
            Uri::check(text).map_err(|error| error.shifted(offset))?;
            count += 1;
        }
        if count == 0 {
            return Err(ParseError::new(ParseErrorKind::Missing, "MSRP-URI", value.len()));
        }
        Ok(path)
    }

    /// A value that was read before.
    #[cfg(feature = "std")]
    pub(crate) const fn read_before(value: &'a str) -> Self {
        Self(value)
    }

    /// The text of the whole list.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }

    /// The texts of the URIs; the first is the next hop, the last the endpoint.
    pub fn texts(&self) -> impl DoubleEndedIterator<Item = &'a str> + use<'a> {
        self.0.split([' ', '\t']).filter(|text| !text.is_empty())
    }

    /// The text of the next hop's URI.
    #[must_use]
    pub fn first(&self) -> &'a str {
        self.texts().next().unwrap_or_default()
    }

    /// The text of the endpoint's URI.
    #[must_use]
    pub fn last(&self) -> &'a str {
        self.texts().next_back().unwrap_or_default()
    }

    /// Whether it has more than one URI.
    #[must_use]
    pub fn has_relays(&self) -> bool {
        self.texts().nth(1).is_some()
    }

    /// The URIs; they share the buffer of `value`, the text the path was read from.
    pub fn uris(&self, value: &ByteStr) -> impl Iterator<Item = Uri> + use<'a> {
        let value = value.clone();
        self.texts().filter_map(move |text| Uri::parse(value.share(text)).ok())
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc4975_7_1_the_first_is_the_next_hop_and_the_last_the_endpoint() {
        let value = ByteStr::from("msrp://relay:1/a;tcp msrp://bob:2/b;tcp");
        let path = Path::parse(&value, 2).unwrap();
        assert_eq!(path.first(), "msrp://relay:1/a;tcp");
        assert_eq!(path.last(), "msrp://bob:2/b;tcp");
        assert!(path.has_relays());
        assert_eq!(path.uris(&value).count(), 2);
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        let error = |value, max| Path::parse(value, max).unwrap_err();
        assert_eq!(error("msrp://a;tcp x", 9), ParseError::new(ParseErrorKind::Syntax, "msrp-scheme", 13));
        assert_eq!(error("msrp://a;tcp msrp://b;tcp", 1).rule(), "max_path_uris");
        assert_eq!(error(" ", 1).kind(), ParseErrorKind::Missing);
    }
}
