//! `Address`: `[ name ] "<" URI ">"`, the value of From, To and cc (RFC 3862 §4.1).

use alloc::string::String;
use core::fmt;

use grammar::{ByteStr, ParseError, ParseErrorKind, quoted};

use super::escape::{escape, unescape};

/// Who sent a message or is to get it. Displayed as the header value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Address {
    /// The formal name, for showing.
    pub name: Option<ByteStr>,
    /// The URI, as written between the angle brackets.
    pub uri: ByteStr,
}

impl Address {
    /// An address without a name.
    ///
    /// # Errors
    ///
    /// `URI` where it is empty or holds what cannot stand between angle brackets.
    pub fn new(uri: impl Into<ByteStr>) -> Result<Self, ParseError> {
        let uri = uri.into();
        check_uri(&uri)?;
        Ok(Self { name: None, uri })
    }

    /// The same with a name. Control characters in it are escaped when it is written.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<ByteStr>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Reads a header value.
    ///
    /// Lenient: a URI without angle brackets stands for itself.
    ///
    /// # Errors
    ///
    /// `URI` where there is none, `quoted-string` where the name does not end, `From` where the value goes on.
    pub fn parse(value: &str) -> Result<Self, ParseError> {
        let text = value.trim_start();
        let base = value.len() - text.len();
        let name_end = if text.starts_with('"') {
            quoted::span(text).map_err(|error| error.shifted(base))?
        } else {
            text.find('<').unwrap_or(0)
        };
        let (name, rest) = text.split_at_checked(name_end).unwrap_or(("", text));
        let rest = rest.trim_start();
        let at = value.len() - rest.len();
        let (uri, tail) = match rest.strip_prefix('<') {
            Some(inner) => inner
                .split_once('>')
                .ok_or_else(|| ParseError::new(ParseErrorKind::Incomplete, "URI", value.len()))?,
            None if name.is_empty() => (rest.trim_end(), ""),
            None => return Err(ParseError::new(ParseErrorKind::Missing, "URI", at)),
        };
        if !tail.trim().is_empty() {
            let tail = value.len() - tail.trim_start().len();
            return Err(ParseError::new(ParseErrorKind::TrailingData, "Address", tail));
        }
        check_uri(uri).map_err(|error| error.shifted(value.len() - rest.trim_start_matches('<').len()))?;
        let name = name.trim();
        let inner = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(name);
        let name = unescape(inner);
        Ok(Self { name: (!name.is_empty()).then(|| name.as_ref().into()), uri: uri.into() })
    }
}

/// What can stand between angle brackets, on one line.
fn check_uri(uri: &str) -> Result<(), ParseError> {
    if uri.is_empty() {
        return Err(ParseError::new(ParseErrorKind::Missing, "URI", 0));
    }
    let forbidden = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>');
    match uri.char_indices().find(|(_, c)| forbidden(*c)) {
        Some((at, _)) => Err(ParseError::new(ParseErrorKind::Syntax, "URI", at)),
        None => Ok(()),
    }
}

/// The fields are public: what cannot stand in a URI is written as `_`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            let mut escaped = String::with_capacity(name.len());
            escape(name, Some('"'), &mut escaped);
            write!(f, "\"{escaped}\" ")?;
        }
        let forbidden = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>');
        write!(f, "<{}>", self.uri.replace(forbidden, "_"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    #[track_caller]
    fn check(value: &str, expected: &str) {
        let got = match Address::parse(value) {
            Ok(address) => {
                assert_eq!(Address::parse(&address.to_string()), Ok(address.clone()), "round trip");
                address.to_string()
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{value:?}");
    }

    #[test]
    fn rfc3862_4_1_addresses() {
        check("MR SANDERS <im:piglet@100akerwood.com>", "\"MR SANDERS\" <im:piglet@100akerwood.com>");
        check("\"A \\\"B\\\" <c>\" <sip:a@b>", "\"A \\\"B\\\" <c>\" <sip:a@b>");
        check("<sip:alice@home1.example>", "<sip:alice@home1.example>");
        check("sip:alice@home1.example ", "<sip:alice@home1.example>");
        check("\"\" <sip:a>", "<sip:a>");
        check("a\\nb <sip:a>", "\"a\\nb\" <sip:a>");
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("", "missing URI at byte 0");
        check("<>", "missing URI at byte 1");
        check("<sip:a", "URI incomplete at byte 6");
        check("\"a\" sip:a", "missing URI at byte 4");
        check("\"a", "quoted-string incomplete at byte 2");
        check("<sip:a b>", "expected URI at byte 6");
        check("<sip:a> x", "unexpected data after Address at byte 8");
        check("Alice", "<Alice>");
        check("Alice B", "expected URI at byte 5");
    }

    proptest! {
        #[test]
        fn an_address_is_read_as_it_was_written(uri in "[!-~é]{1,12}", name in any::<String>()) {
            let Ok(address) = Address::new(uri) else { return Ok(()) };
            // White space around a name is not kept, and an empty name is none.
            let name = name.trim();
            let address = if name.is_empty() { address } else { address.with_name(name) };
            prop_assert_eq!(Address::parse(&address.to_string()), Ok(address));
        }
    }
}
