//! `a=ice-options`: which ways of ICE a side knows, RFC 8839 §5.6.

use core::fmt;

use grammar::ParseError;

use crate::attribute::{Attribute, ICE_CHAR};
use crate::line::Cut;

/// Names of ways of ICE, such as `trickle` and `ice2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IceOptions<'a>(&'a str);

impl<'a> IceOptions<'a> {
    /// The names, at least one.
    pub fn tags(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.0.split(' ')
    }

    /// Whether a way is known.
    #[must_use]
    pub fn contains(&self, tag: &str) -> bool {
        self.tags().any(|found| found == tag)
    }
}

impl<'a> Attribute<'a> for IceOptions<'a> {
    const NAME: &'static str = "ice-options";

    /// `ice-options = "ice-options:" ice-option-tag *(SP ice-option-tag)`
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        let mut cut = Cut::new(value);
        cut.take("ice-option-tag", &ICE_CHAR)?;
        while cut.skip(b' ') {
            cut.take("ice-option-tag", &ICE_CHAR)?;
        }
        cut.end("ice-options")?;
        Ok(Self(value))
    }
}

impl fmt::Display for IceOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec::Vec;

    #[track_caller]
    fn check(value: &str, expected: &str) {
        let got = match IceOptions::parse(value) {
            Ok(options) => {
                assert_eq!(options.to_string(), value, "prints as read");
                options.tags().collect::<Vec<_>>().join("|")
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{value:?}");
    }

    #[test]
    fn rfc8839_5_6_one_or_more_tags() {
        check("trickle", "trickle");
        check("ice2 rtp+ecn", "ice2|rtp+ecn");
        assert!(IceOptions::parse("ice2 trickle").unwrap().contains("trickle"));
        assert!(!IceOptions::parse("ice2").unwrap().contains("ice"));
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("", "expected ice-option-tag at byte 0");
        check("a  b", "expected ice-option-tag at byte 2");
        check("a,b", "unexpected data after ice-options at byte 1");
    }
}
