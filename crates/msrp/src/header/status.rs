//! `Status` of a REPORT, RFC 4975 §7.1.2: `000 200 OK`.

use core::fmt;

use grammar::ParseError;
use grammar::rule::{self, IResult};
use nom::Parser;
use nom::character::complete::char;
use nom::combinator::{opt, rest};
use nom::error::context;
use nom::sequence::preceded;

use crate::StatusCode;
use crate::start_line::status_code;

/// What a REPORT says about the range it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the grammar has these three")]
pub struct Status<'a> {
    /// What the code means; only `0` (written `000`) is defined: a status code of responses.
    pub namespace: u16,
    /// The code.
    pub code: StatusCode,
    /// The text behind it; empty if there is none.
    pub comment: &'a str,
}

impl<'a> Status<'a> {
    /// Reads a header value.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where the value leaves the rule `Status`.
    pub fn parse(value: &'a str) -> Result<Self, ParseError> {
        rule::parse_all("Status", value, status)
    }
}

impl fmt::Display for Status<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03} {}", self.namespace, self.code)?;
        if self.comment.is_empty() { Ok(()) } else { write!(f, " {}", self.comment) }
    }
}

/// `Status = namespace SP status-code [ SP comment ]`
fn status(i: &str) -> IResult<'_, Status<'_>> {
    (
        context("namespace", status_code),
        context("SP", char(' ')),
        context("status-code", status_code),
        opt(preceded(char(' '), rest)),
    )
        .map(|(namespace, _, code, comment)| {
            // Both are three digits.
            Status { namespace: namespace.as_u16(), code, comment: comment.unwrap_or_default() }
        })
        .parse(i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[track_caller]
    fn check(value: &str, expected: &str) {
        let got = Status::parse(value).map_or_else(|error| error.to_string(), |status| status.to_string());
        assert_eq!(got, expected, "{value:?}");
    }

    #[test]
    fn rfc4975_7_1_2_status() {
        check("000 200 OK", "000 200 OK");
        check("000 413", "000 413");
        check("123 200 Message delivered", "123 200 Message delivered");
        check("000", "expected SP at byte 3");
        check("invalid format", "expected namespace at byte 0");
        check("000 20 OK", "expected status-code at byte 4");
        check("000 2000", "unexpected data after Status at byte 7");
    }
}
