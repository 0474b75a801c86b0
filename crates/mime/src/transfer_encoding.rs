//! Content-Transfer-Encoding: decoding what others encode; we always write binary (RFC 2045 §6, RFC 5621 §4).

use alloc::vec::Vec;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use grammar::{ParseError, ParseErrorKind};
use quoted_printable::ParseMode;

/// Lenient: padding may be missing or cut.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `body` with `encoding`, the value of the header, undone.
///
/// # Errors
///
/// `Content-Transfer-Encoding` of kind `Unsupported`, `base64` at the byte of the body that is not,
/// `quoted-printable`.
pub(crate) fn decode(encoding: Option<&str>, body: &Bytes) -> Result<Bytes, ParseError> {
    let encoding = encoding.unwrap_or("binary").trim();
    if ["binary", "8bit", "7bit"].iter().any(|identity| encoding.eq_ignore_ascii_case(identity)) {
        Ok(body.clone())
    } else if encoding.eq_ignore_ascii_case("base64") {
        base64(body)
    } else if encoding.eq_ignore_ascii_case("quoted-printable") {
        quoted_printable(body)
    } else {
        Err(ParseError::new(ParseErrorKind::Unsupported, "Content-Transfer-Encoding", 0))
    }
}

fn quoted_printable(body: &[u8]) -> Result<Bytes, ParseError> {
    let error = |at| ParseError::new(ParseErrorKind::Syntax, "quoted-printable", at);
    // The decoder would drop what cannot stand in it; content that loses bytes is worse than none.
    if let Some(at) = body.iter().position(|byte| !matches!(byte, b'\t' | b'\r' | b'\n' | b' '..=b'~')) {
        return Err(error(at));
    }
    quoted_printable::decode(body, ParseMode::Robust).map(Bytes::from).map_err(|_| error(0))
}

/// RFC 2045 §6.8: whatever is outside of the alphabet is ignored, line ends above all.
fn base64(body: &[u8]) -> Result<Bytes, ParseError> {
    let is_symbol = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let symbols: Vec<u8> = body.iter().copied().filter(is_symbol).collect();
    BASE64.decode(&symbols).map(Bytes::from).map_err(|error| {
        let symbol = match error {
            base64::DecodeError::InvalidByte(at, _) => at,
            base64::DecodeError::InvalidLastSymbol { offset, .. } => offset,
            _ => symbols.len(),
        };
        let place = body.iter().enumerate().filter(|(_, byte)| is_symbol(byte)).nth(symbol);
        ParseError::new(ParseErrorKind::Syntax, "base64", place.map_or(body.len(), |(at, _)| at))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    #[track_caller]
    fn check(encoding: &str, body: &str, expected: &str) {
        let got = match decode(Some(encoding), &Bytes::from(body.to_string())) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{body:?}");
    }

    #[test]
    fn rfc2045_6_8_base64() {
        check("base64", "TWFueQ==", "Many");
        check("BASE64", " TW\r\nFu\teQ\r\n", "Many");
        check("base64", "", "");
        check("base64", "TWFub", "expected base64 at byte 5");
        check("base64", "TWF*u\r\nTWFuT", "expected base64 at byte 12");
        check("base64", "TQ==TQ==", "expected base64 at byte 2");
    }

    #[test]
    fn rfc2045_6_8_characters_outside_of_the_alphabet_are_ignored() {
        check("base64", "TW*Fu", "Man");
        check("base64", "-TW\r\n\u{e9}Fu\0_", "Man");
        check("base64", "***", "");
        check("base64", "T*Q==*TQ==", "expected base64 at byte 3");
    }

    #[test]
    fn rfc2045_6_7_quoted_printable() {
        check("quoted-printable", "a=3Db =C3=A9 =\r\nc", "a=b é c");
        check("Quoted-Printable", "a=3db\r\nc ", "a=b\r\nc");
        check("quoted-printable", "aé", "expected quoted-printable at byte 1");
    }

    #[test]
    fn rfc2045_6_2_identity_and_unknown() {
        check("8BIT", "TQ==", "TQ==");
        check("x-uuencode", "", "Content-Transfer-Encoding not supported at byte 0");
    }

    #[test]
    fn without_an_encoding_the_body_is_shared() {
        let body = Bytes::from_static(b"abc");
        assert_eq!(decode(None, &body).unwrap().as_ptr(), body.as_ptr());
    }
}
