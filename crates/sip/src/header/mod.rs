//! The values of header fields, one file for each family, all in the same order: view, parse, print, tests.
//!
//! A view borrows from the message. Reading takes what the grammar allows, white space and folds around
//! separators included, and forgives what real peers write as long as its meaning is beyond doubt.

mod contact;
mod cseq;
mod name;
mod name_addr;
mod via;

pub use self::contact::Contact;
pub use self::cseq::CSeq;
pub use self::name::HeaderName;
pub(crate) use self::name::{NAME, Shape};
pub use self::name_addr::{FromTo, NameAddr};
pub use self::via::Via;

use grammar::{CharClass, ParseError, ParseErrorKind};

/// Linear white space of RFC 3261 §25.1, folds included.
pub(crate) fn skip_lws(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\r', '\n'])
}

/// As [`skip_lws`], at the end.
pub(crate) fn trim_lws_end(text: &str) -> &str {
    text.trim_end_matches([' ', '\t', '\r', '\n'])
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

/// `callid = word [ "@" word ]`, compared byte by byte. Lenient: any visible bytes, for nothing is cut from it.
pub(crate) fn call_id(text: &str) -> Result<&str, ParseError> {
    const VISIBLE: CharClass = CharClass::NONE.with_range(0x21, 0x7e).with_range(0x80, 0xff);
    let span = VISIBLE.span(text.as_bytes());
    if span == 0 || span < text.len() {
        return Err(ParseError::new(ParseErrorKind::Syntax, "Call-ID", span));
    }
    Ok(text)
}

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
