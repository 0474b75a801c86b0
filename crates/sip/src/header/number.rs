//! Fields that are one number: Max-Forwards, Expires, Min-Expires, Min-SE, RSeq, Flow-Timer; and `qvalue`.

use grammar::{CharClass, ParseError, ParseErrorKind};

/// `Max-Forwards = 1*DIGIT`, 0 to 255 (RFC 3261 §20.22).
pub(crate) fn max_forwards(text: &str) -> Result<u8, ParseError> {
    let digits = CharClass::DIGIT.span(text.as_bytes());
    if digits == 0 || digits < text.len() {
        return Err(ParseError::new(ParseErrorKind::Syntax, "Max-Forwards", digits));
    }
    text.parse().map_err(|_| ParseError::new(ParseErrorKind::OutOfRange, "Max-Forwards", 0))
}

/// `Expires = delta-seconds` (RFC 3261 §20.19).
pub(crate) fn expires(text: &str) -> Result<u32, ParseError> {
    delta_seconds(text).ok_or_else(|| {
        ParseError::new(ParseErrorKind::Syntax, "Expires", CharClass::DIGIT.span(text.as_bytes()))
    })
}

/// `RSeq = 1*DIGIT`, 1 to 2^32 - 1 (RFC 3262 §7.1).
pub(crate) fn rseq(text: &str) -> Result<u32, ParseError> {
    whole_number(text, "RSeq")
}

/// `Flow-Timer = 1*DIGIT` (RFC 5626 §10).
pub(crate) fn flow_timer(text: &str) -> Result<u32, ParseError> {
    whole_number(text, "Flow-Timer")
}

/// A number that has no default to fall back to.
pub(super) fn whole_number(text: &str, rule: &'static str) -> Result<u32, ParseError> {
    let digits = CharClass::DIGIT.span(text.as_bytes());
    if digits == 0 || digits < text.len() {
        return Err(ParseError::new(ParseErrorKind::Syntax, rule, digits));
    }
    text.parse().map_err(|_| ParseError::new(ParseErrorKind::OutOfRange, rule, 0))
}

/// `delta-seconds`: the greatest number for what does not fit, as RFC 3261 §20.19 and RFC 4475 §3.1.2.4 allow.
pub(crate) fn delta_seconds(text: &str) -> Option<u32> {
    CharClass::DIGIT.matches(text.as_bytes()).then(|| text.parse().unwrap_or(u32::MAX))
}

/// `qvalue` in thousandths: `0` to `1.000`.
pub(crate) fn qvalue(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction =
        fraction.bytes().chain([b'0'; 3]).take(3).fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    match (whole, fraction) {
        // Lenient: `.5`, as some phones write it.
        ("0", _) => Some(fraction),
        ("", _) if !text.is_empty() && text != "." => Some(fraction),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn rfc3261_20_22_max_forwards() {
        assert_eq!((max_forwards("0"), max_forwards("255")), (Ok(0), Ok(255)));
        assert_eq!(max_forwards("300").unwrap_err().to_string(), "Max-Forwards out of range at byte 0");
        assert_eq!(max_forwards("-1").unwrap_err().to_string(), "expected Max-Forwards at byte 0");
        assert_eq!(max_forwards("7 0").unwrap_err().to_string(), "expected Max-Forwards at byte 1");
    }

    #[test]
    fn rfc4475_3_1_2_4_overlarge_numbers() {
        assert_eq!(delta_seconds("4294967295"), Some(u32::MAX));
        assert_eq!(delta_seconds("1000000000000000000000000000000000000"), Some(u32::MAX));
        assert_eq!(delta_seconds("-1"), None);
        assert_eq!(rseq("4294967296").unwrap_err().to_string(), "RSeq out of range at byte 0");
    }

    #[test]
    fn rfc3261_25_1_qvalue() {
        for (text, expected) in [
            ("0", Some(0)),
            ("1", Some(1000)),
            ("0.5", Some(500)),
            ("0.333", Some(333)),
            ("1.000", Some(1000)),
            (".7", Some(700)),
            ("0.", Some(0)),
            ("1.1", None),
            ("0.3333", None),
            ("", None),
            (".", None),
            ("-0.5", None),
        ] {
            assert_eq!(qvalue(text), expected, "{text:?}");
        }
    }
}
