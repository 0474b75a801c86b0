//! `Status` of a REPORT, RFC 4975 §7.1.2: `000 200 OK`.

use core::fmt;

use grammar::rule::{self, IResult};
use grammar::{ParseError, ParseErrorKind};
use nom::Parser;
use nom::bytes::complete::take_while_m_n;
use nom::character::complete::char;
use nom::combinator::{opt, rest};
use nom::error::context;
use nom::sequence::preceded;

use crate::StatusCode;

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
        let (namespace, code, comment) = rule::parse_all("Status", value, status)?;
        let number = |digits: &str| digits.parse().ok();
        match (number(namespace), number(code).and_then(StatusCode::new)) {
            (Some(namespace), Some(code)) => Ok(Self { namespace, code, comment }),
            _ => Err(ParseError::new(ParseErrorKind::OutOfRange, "Status", 0)),
        }
    }
}

impl fmt::Display for Status<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03} {}", self.namespace, self.code)?;
        if self.comment.is_empty() { Ok(()) } else { write!(f, " {}", self.comment) }
    }
}

/// `Status = namespace SP status-code [ SP comment ]`
fn status(i: &str) -> IResult<'_, (&str, &str, &str)> {
    let digits = || take_while_m_n(3, 3, |c: char| c.is_ascii_digit());
    (
        context("namespace", digits()),
        context("SP", char(' ')),
        context("status-code", digits()),
        opt(preceded(char(' '), rest)),
    )
        .map(|(namespace, _, code, comment)| (namespace, code, comment.unwrap_or_default()))
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
