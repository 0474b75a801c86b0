//! `a=fmtp`: parameters of one format of a media description, RFC 8866 §6.15.

use core::fmt;

use grammar::ParseError;
use grammar::rule::{self, IResult};
use nom::Parser;
use nom::character::complete::char;
use nom::combinator::{rest, verify};
use nom::error::context;

use crate::attribute::Attribute;

/// Parameters of a format; what they mean is the matter of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Fmtp<'a> {
    /// The format: one of those that the `m=` line lists.
    pub format: &'a str,
    /// The parameters, as written.
    pub params: &'a str,
}

impl<'a> Fmtp<'a> {
    /// The value of a parameter, where they are written `name=value;name=value` as most formats do.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let mut params = self.params.split(';').filter_map(|param| param.trim_matches(' ').split_once('='));
        params.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl<'a> Attribute<'a> for Fmtp<'a> {
    const NAME: &'static str = "fmtp";

    /// `fmtp-value = fmt SP format-specific-params`
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        rule::parse_all("fmtp-value", value, fmtp_value)
    }
}

/// `fmt SP format-specific-params`
fn fmtp_value(i: &str) -> IResult<'_, Fmtp<'_>> {
    let params = verify(rest, |params: &str| !params.is_empty());
    (context("fmt", rule::token), context("SP", char(' ')), context("format-specific-params", params))
        .map(|(format, _, params)| Fmtp { format, params })
        .parse(i)
}

impl fmt::Display for Fmtp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.format, self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn rfc8866_6_15_format_and_parameters() {
        let value = "111 minptime=10; useinbandfec=1";
        let fmtp = Fmtp::parse(value).unwrap();
        assert_eq!(fmtp.to_string(), value, "prints as read");
        assert_eq!((fmtp.format, fmtp.get("UseInbandFec"), fmtp.get("x")), ("111", Some("1"), None));
        assert_eq!(Fmtp::parse("101 0-15").unwrap().params, "0-15");
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        let error = |value| Fmtp::parse(value).unwrap_err().to_string();
        assert_eq!(error(""), "expected fmt at byte 0");
        assert_eq!(error("111"), "expected SP at byte 3");
        assert_eq!(error("111 "), "expected format-specific-params at byte 4");
    }
}
