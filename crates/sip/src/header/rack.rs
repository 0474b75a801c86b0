//! `RAck`, RFC 3262 §7.2: which provisional response a PRACK acknowledges.

use core::fmt;

use grammar::rule::{self, IResult};
use grammar::{CharClass, ParseError};
use nom::Parser as _;
use nom::combinator::map_res;
use nom::error::context;

use crate::Method;
use crate::method::TOKEN;

/// `RSeq` and `CSeq` of a provisional response.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the grammar has these three")]
pub struct RAck {
    /// The RSeq of the response.
    pub rseq: u32,
    /// The number in its CSeq.
    pub cseq: u32,
    /// The method in its CSeq.
    pub method: Method,
}

/// Linear white space.
static LWS: CharClass = CharClass::NONE.with(b" \t\r\n");

impl RAck {
    /// Reads a value such as `776656 1 INVITE`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `response-num`, `CSeq-num`, `Method` or `LWS`.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        rule::parse_all("RAck", text, rack)
    }
}

/// `response-num LWS CSeq-num LWS Method`
fn rack(i: &str) -> IResult<'_, RAck> {
    (
        context("response-num", number),
        context("LWS", rule::many1(&LWS)),
        context("CSeq-num", number),
        context("LWS", rule::many1(&LWS)),
        context("Method", map_res(rule::many1(&TOKEN_CLASS), Method::parse)),
    )
        .map(|(rseq, _, cseq, _, method)| RAck { rseq, cseq, method })
        .parse(i)
}

static TOKEN_CLASS: CharClass = TOKEN;

fn number(i: &str) -> IResult<'_, u32> {
    map_res(rule::decimal, u32::try_from).parse(i)
}

impl fmt::Display for RAck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.rseq, self.cseq, self.method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let got = RAck::parse(text).map_or_else(|error| error.to_string(), |value| value.to_string());
        assert_eq!(got, expected, "{text:?}");
    }

    #[test]
    fn rfc3262_7_2_example() {
        check("776656 1 INVITE", "776656 1 INVITE");
        check("776656\r\n 1\tINVITE", "776656 1 INVITE");
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("x", "expected response-num at byte 0");
        check("4294967296 1 INVITE", "response-num out of range at byte 0");
        check("1 INVITE", "expected CSeq-num at byte 2");
        check("1 1INVITE", "expected LWS at byte 3");
        check("1 1 INVITE x", "unexpected data after RAck at byte 10");
    }
}
