//! `b=`: proposed bandwidth, RFC 8866 §5.8; `TIAS` of RFC 3890.

use grammar::ParseError;
use grammar::rule::{self, IResult, decimal};
use nom::Parser;
use nom::character::complete::char;
use nom::error::context;

/// The `b=` line in someone else's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bandwidth<'a> {
    /// `CT`, `AS`, `TIAS`, `RS`, `RR`, or another type.
    pub bwtype: &'a str,
    /// Kilobits per second; bits per second where the type says so, as `TIAS` does.
    pub bandwidth: u64,
}

impl<'a> Bandwidth<'a> {
    /// Reads the value of a `b=` line.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where the value leaves the rule.
    pub fn parse(value: &'a str) -> Result<Self, ParseError> {
        rule::parse_all("bandwidth-field", value, bandwidth_field)
    }
}

/// `bandwidth-field = bwtype ":" bandwidth`
fn bandwidth_field(i: &str) -> IResult<'_, Bandwidth<'_>> {
    (context("bwtype", rule::token), context(":", char(':')), context("bandwidth", decimal))
        .map(|(bwtype, _, bandwidth)| Bandwidth { bwtype, bandwidth })
        .parse(i)
}
