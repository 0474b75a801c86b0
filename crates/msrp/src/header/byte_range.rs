//! `Byte-Range`, RFC 4975 §7.1.1: which part of a message a chunk carries.

use core::fmt;

use grammar::ParseError;
use grammar::rule::{self, IResult, decimal, star_or};
use nom::Parser;
use nom::character::complete::char;
use nom::error::context;

/// The place of a chunk in its message, in octets, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the grammar has these three")]
pub struct ByteRange {
    /// First octet of the chunk.
    pub start: u64,
    /// Last octet of the chunk, or `None` (`*`) while the sender may still be interrupted. One less than
    /// `start` where the chunk is empty.
    pub end: Option<u64>,
    /// Size of the whole message, or `None` (`*`) if the sender does not know it yet.
    pub total: Option<u64>,
}

impl ByteRange {
    /// The range of a message of no octets, and of a SEND without content: `1-0/0`.
    pub const EMPTY: Self = Self { start: 1, end: Some(0), total: Some(0) };

    /// The range of all `size` octets of a message: `1-N/N`.
    #[must_use]
    pub const fn whole(size: u64) -> Self {
        Self { start: 1, end: Some(size), total: Some(size) }
    }

    /// Reads a header value such as `1-2048/4385`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where the value leaves the `byte-range` rule.
    pub fn parse(value: &str) -> Result<Self, ParseError> {
        rule::parse_all("byte-range", value, byte_range)
    }
}

impl fmt::Display for ByteRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}/{}", self.start, Star(self.end), Star(self.total))
    }
}

/// A number, or `*` for none.
struct Star(Option<u64>);

impl fmt::Display for Star {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => write!(f, "{number}"),
            None => f.write_str("*"),
        }
    }
}

/// `byte-range = range-start "-" range-end "/" total`
fn byte_range(i: &str) -> IResult<'_, ByteRange> {
    (
        context("range-start", decimal),
        context("-", char('-')),
        context("range-end", star_or(decimal)),
        context("/", char('/')),
        context("total", star_or(decimal)),
    )
        .map(|(start, _, end, _, total)| ByteRange { start, end, total })
        .parse(i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;

    #[track_caller]
    fn check(value: &str, expected: &str) {
        let got = match ByteRange::parse(value) {
            Ok(range) => {
                assert_eq!(range.to_string(), value, "round trip");
                format!("{} {:?} {:?}", range.start, range.end, range.total)
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{value:?}");
    }

    #[test]
    fn rfc4975_7_1_1_byte_range() {
        check("1-2048/4385", "1 Some(2048) Some(4385)");
        check("1-*/*", "1 None None");
        check("1-0/0", "1 Some(0) Some(0)");
        check("18446744073709551615-*/5", "18446744073709551615 None Some(5)");
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("invalid-format", "expected range-start at byte 0");
        check("1-x/3", "expected range-end at byte 2");
        check("1-2/3 ", "unexpected data after byte-range at byte 5");
        check("1-18446744073709551616/3", "range-end out of range at byte 2");
        check("1-2", "expected / at byte 3");
        check("-1-2/3", "expected range-start at byte 0");
    }
}
