//! `Expires`, `Min-Expires` and `Max-Expires`, RFC 4976 §4.6: how long the path of an AUTH is good.

use core::time::Duration;

use grammar::rule::{self, IResult};
use grammar::{ParseError, ParseErrorKind};
use nom::Parser;
use nom::error::context;

/// Reads a number of whole seconds.
///
/// # Errors
///
/// A [`ParseError`] at the byte where the value leaves the rule `delta-seconds`; `OutOfRange` above 2^32 - 1, which
/// is more than a hundred years.
pub fn delta_seconds(value: &str) -> Result<Duration, ParseError> {
    let seconds = rule::parse_all("delta-seconds", value, seconds)?;
    match u32::try_from(seconds) {
        Ok(seconds) => Ok(Duration::from_secs(seconds.into())),
        Err(_) => Err(ParseError::new(ParseErrorKind::OutOfRange, "delta-seconds", 0)),
    }
}

/// `delta-seconds = 1*DIGIT`
fn seconds(i: &str) -> IResult<'_, u64> {
    context("delta-seconds", rule::decimal).parse(i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn rfc4976_4_6_whole_seconds() {
        assert_eq!(delta_seconds("1800"), Ok(Duration::from_secs(1800)));
        assert_eq!(delta_seconds("0"), Ok(Duration::ZERO));
        let error = |value| delta_seconds(value).unwrap_err().to_string();
        assert_eq!(error("-1"), "expected delta-seconds at byte 0");
        assert_eq!(error("60s"), "unexpected data after delta-seconds at byte 2");
        assert_eq!(error("4294967296"), "delta-seconds out of range at byte 0");
    }
}
