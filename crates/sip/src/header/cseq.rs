//! `CSeq`, RFC 3261 §20.16: the order of the requests in a dialog.

use core::fmt;

use grammar::{ByteStr, CharClass, ParseError, ParseErrorKind};

use super::skip_lws;
use crate::Method;

/// Sequence number and method of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the grammar has these two")]
pub struct CSeq {
    /// Less than 2^31 (RFC 3261 §8.1.1.5).
    pub number: u32,
    /// The method of the request, also in its responses.
    pub method: Method,
}

impl CSeq {
    /// The greatest sequence number.
    pub const MAX: u32 = (1 << 31) - 1;

    /// Reads a value such as `4711 INVITE`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `CSeq` (the number), `LWS` or `Method`.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let (number, method, at) = split(text)?;
        Ok(Self { number, method: Method::parse(method).map_err(|error| error.shifted(at))? })
    }

    /// As [`CSeq::parse`]; a method that is not registered shares the buffer of `whole`.
    pub(crate) fn parse_in(whole: &ByteStr, text: &str) -> Result<Self, ParseError> {
        let (number, method, at) = split(text)?;
        Ok(Self { number, method: Method::parse_in(whole, method).map_err(|error| error.shifted(at))? })
    }
}

/// `1*DIGIT LWS Method`
fn split(text: &str) -> Result<(u32, &str, usize), ParseError> {
    let digits = CharClass::DIGIT.span(text.as_bytes());
    let Some((number, rest)) = text.split_at_checked(digits).filter(|_| digits > 0) else {
        return Err(ParseError::new(ParseErrorKind::Syntax, "CSeq", 0));
    };
    let Some(number) = number.parse().ok().filter(|number| *number <= CSeq::MAX) else {
        return Err(ParseError::new(ParseErrorKind::OutOfRange, "CSeq", 0));
    };
    let method = skip_lws(rest);
    if method.len() == rest.len() {
        return Err(ParseError::new(ParseErrorKind::Syntax, "LWS", digits));
    }
    Ok((number, method, text.len() - method.len()))
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let got = CSeq::parse(text).map_or_else(|error| error.to_string(), |cseq| cseq.to_string());
        assert_eq!(got, expected, "{text:?}");
    }

    #[test]
    fn rfc3261_20_16_number_and_method() {
        check("4711 INVITE", "4711 INVITE");
        check("0009\r\n  INVITE", "9 INVITE");
        check("2147483647 X", "2147483647 X");
    }

    #[test]
    fn rfc4475_3_1_2_4_and_other_errors() {
        check("36893488147419103232 REGISTER", "CSeq out of range at byte 0");
        check("2147483648 REGISTER", "CSeq out of range at byte 0");
        check("INVITE", "expected CSeq at byte 0");
        check("1", "expected LWS at byte 1");
        check("1 ", "expected Method at byte 2");
        check("1 INVITE 2", "expected Method at byte 8");
        check("-1 INVITE", "expected CSeq at byte 0");
    }
}
