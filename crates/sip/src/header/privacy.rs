//! `Privacy`, RFC 3323 §4.2: what of the sender shall stay unknown.

use core::fmt;

use grammar::{ParseError, ParseErrorKind};

use super::{skip_lws, trim_lws_end};
use crate::method::TOKEN;

/// The kinds of privacy asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Privacy<'a>(&'a str);

impl<'a> Privacy<'a> {
    /// Reads a value: `id;critical`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `priv-value`.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let mut at = 0;
        for part in text.split(';') {
            let value = trim_lws_end(skip_lws(part));
            let span = TOKEN.span(value.as_bytes());
            if span == 0 || span < value.len() {
                let before = part.len() - skip_lws(part).len();
                return Err(ParseError::new(ParseErrorKind::Syntax, "priv-value", at + before + span));
            }
            at += part.len() + 1;
        }
        Ok(Self(text))
    }

    /// The kinds in their order: `header`, `session`, `user`, `id`, `history`, `critical`, `none`.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.0.split(';').map(|part| trim_lws_end(skip_lws(part)))
    }

    /// Whether this kind is asked for; case ignored.
    #[must_use]
    pub fn contains(&self, kind: &str) -> bool {
        self.iter().any(|found| found.eq_ignore_ascii_case(kind))
    }
}

impl fmt::Display for Privacy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn rfc3323_4_2_kinds() {
        let value = Privacy::parse("header ; id;\r\n critical").unwrap();
        assert!(value.iter().eq(["header", "id", "critical"]));
        assert!(value.contains("ID") && !value.contains("none"));
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        assert_eq!(Privacy::parse("").unwrap_err().to_string(), "expected priv-value at byte 0");
        assert_eq!(Privacy::parse("id;").unwrap_err().to_string(), "expected priv-value at byte 3");
        assert_eq!(Privacy::parse("id; a b").unwrap_err().to_string(), "expected priv-value at byte 5");
    }
}
