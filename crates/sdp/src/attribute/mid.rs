//! `a=mid`: the name of a media description within its document, RFC 5888 §4.

use core::fmt;

use grammar::{ParseError, rule};

use crate::attribute::Attribute;

/// Names a media description for [`Group`](super::Group); unique in its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the grammar has this one token")]
pub struct Mid<'a>(pub &'a str);

impl<'a> Attribute<'a> for Mid<'a> {
    const NAME: &'static str = "mid";

    /// `identification-tag = token`
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        rule::parse_all("identification-tag", value, rule::token).map(Self)
    }
}

impl fmt::Display for Mid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn rfc5888_4_a_token() {
        let read = Mid::parse("audio-1").unwrap();
        assert_eq!(read, Mid("audio-1"));
        assert_eq!(read.to_string(), "audio-1");
        assert_eq!(Mid::parse("").unwrap_err().to_string(), "expected identification-tag at byte 0");
        assert_eq!(
            Mid::parse("a b").unwrap_err().to_string(),
            "unexpected data after identification-tag at byte 1"
        );
    }
}
