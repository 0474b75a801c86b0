//! `a=label`: what others call a media description by, RFC 4574 §4.

use core::fmt;

use grammar::{ParseError, rule};

use crate::attribute::Attribute;

/// A pointer to the media description, for uses outside SDP such as conferences; may stand on several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the grammar has this one token")]
pub struct Label<'a>(pub &'a str);

impl<'a> Attribute<'a> for Label<'a> {
    const NAME: &'static str = "label";

    /// `pointer = token`
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        rule::parse_all("pointer", value, rule::token).map(Self)
    }
}

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn rfc4574_4_a_token() {
        let read = Label::parse("alice2").unwrap();
        assert_eq!(read, Label("alice2"));
        assert_eq!(read.to_string(), "alice2");
        assert_eq!(Label::parse("").unwrap_err().to_string(), "expected pointer at byte 0");
        assert_eq!(Label::parse("a,b").unwrap_err().to_string(), "unexpected data after pointer at byte 1");
    }
}
