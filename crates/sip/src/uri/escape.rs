//! `%HH`: percent-escapes of URIs (RFC 3261 §19.1.2, RFC 3986 §2.1).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use grammar::CharClass;

/// `unreserved` and what the user part may hold besides, without `;` and `?`, which readers mistake.
const USER: CharClass = CharClass::ALPHANUM.with(b"-_.!~*'()&=+$,/");

/// The bytes that `text` stands for, escapes undone once. An incomplete escape stands for itself.
///
/// Bytes, not text: `%00` and `%FF` are legal, and a decoded `@` is no separator.
#[must_use]
pub fn unescape(text: &str) -> Cow<'_, [u8]> {
    if !text.contains('%') {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, _, after)) = next_byte(rest) {
        out.push(byte);
        rest = after;
    }
    Cow::Owned(out)
}

/// `text` as the user part of a sip URI: everything escaped that could be taken for something else.
#[must_use]
pub fn escape_user(text: &str) -> Cow<'_, str> {
    if USER.span(text.as_bytes()) == text.len() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        if USER.contains(byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    Cow::Owned(out)
}

/// The first byte `text` stands for, whether it was escaped, and the rest.
pub(super) fn next_byte(text: &[u8]) -> Option<(u8, bool, &[u8])> {
    if let [b'%', high, low, rest @ ..] = text
        && let (Some(high), Some(low)) = (hex(*high), hex(*low))
    {
        return Some((high * 16 + low, true, rest));
    }
    let (&byte, rest) = text.split_first()?;
    Some((byte, false, rest))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc4475_3_1_1_3_escapes_are_undone_once() {
        assert_eq!(*unescape("sips%3Auser%40example.com"), *b"sips:user@example.com");
        assert_eq!(*unescape("value%2541"), *b"value%41");
        assert_eq!(*unescape("null-%00-null"), *b"null-\0-null");
        assert_eq!(*unescape("100%"), *b"100%");
        assert_eq!(*unescape("%4g"), *b"%4g");
    }

    #[test]
    fn an_escaped_user_reads_back() {
        for user in ["bob", "a b", "x@y;z?w", "\u{e9}\u{4e2d}", "100%", "\r\nVia: x"] {
            assert_eq!(*unescape(&escape_user(user)), *user.as_bytes());
            assert!(!escape_user(user).contains(['@', ';', '?', ' ', '\r', '\n']));
        }
    }
}
