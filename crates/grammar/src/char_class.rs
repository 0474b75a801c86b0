//! `CharClass`: the character sets of the grammars as constant tables.

/// A set of bytes, looked up in one step.
///
/// ```
/// use simple_im_grammar::CharClass;
///
/// const TID: CharClass = CharClass::ALPHANUM.with(b".-+%=");
/// assert_eq!(TID.span(b"q7Zk+1 SEND"), 6);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct CharClass([bool; 256]);

impl CharClass {
    /// No byte at all: where a class starts.
    pub const NONE: Self = Self([false; 256]);
    /// `ALPHA` of RFC 5234.
    pub const ALPHA: Self = Self::NONE.with_range(b'a', b'z').with_range(b'A', b'Z');
    /// `DIGIT` of RFC 5234.
    pub const DIGIT: Self = Self::NONE.with_range(b'0', b'9');
    /// `ALPHA / DIGIT`.
    pub const ALPHANUM: Self = Self::ALPHA.with_range(b'0', b'9');
    /// `HEXDIG`, in either case.
    pub const HEX: Self = Self::DIGIT.with_range(b'a', b'f').with_range(b'A', b'F');
    /// `token` of RFC 2045 §5.1, RFC 4975 §9 and RFC 8866 §9: visible ASCII but the separators.
    pub const TOKEN: Self = Self::NONE.with_range(0x21, 0x7e).without(b"()<>@,;:\\\"/[]?=");
    /// The bytes of linear white space, line ends included (RFC 3261 §25.1).
    pub const LWS: Self = Self::NONE.with(b" \t\r\n");
    /// `unreserved` of RFC 3986.
    pub const UNRESERVED: Self = Self::ALPHANUM.with(b"-._~");

    /// This class and each byte of `bytes`.
    #[must_use]
    #[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "a u8 indexes 256 entries; const")]
    pub const fn with(mut self, bytes: &[u8]) -> Self {
        let mut i = 0;
        while i < bytes.len() {
            self.0[bytes[i] as usize] = true;
            i += 1;
        }
        self
    }

    /// This class and the bytes from `first` to `last`, both included.
    #[must_use]
    #[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "a u8 indexes 256 entries; const")]
    pub const fn with_range(mut self, first: u8, last: u8) -> Self {
        let mut byte = first as usize;
        while byte <= last as usize {
            self.0[byte] = true;
            byte += 1;
        }
        self
    }

    /// This class but no byte of `bytes`.
    #[must_use]
    #[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "a u8 indexes 256 entries; const")]
    pub const fn without(mut self, bytes: &[u8]) -> Self {
        let mut i = 0;
        while i < bytes.len() {
            self.0[bytes[i] as usize] = false;
            i += 1;
        }
        self
    }

    /// Whether `byte` is in the class.
    #[inline]
    #[must_use]
    #[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "a u8 indexes 256 entries; const")]
    pub const fn contains(&self, byte: u8) -> bool {
        self.0[byte as usize]
    }

    /// How many bytes at the start of `text` are in the class.
    #[inline]
    #[must_use]
    pub fn span(&self, text: &[u8]) -> usize {
        text.iter().position(|&byte| !self.contains(byte)).unwrap_or(text.len())
    }

    /// `text` without the bytes of the class it starts with. Meant for classes of ASCII bytes.
    #[inline]
    #[must_use]
    pub fn trim_start<'a>(&self, text: &'a str) -> &'a str {
        match text.as_bytes() {
            [first, ..] if self.contains(*first) => text.get(self.span(text.as_bytes())..).unwrap_or(text),
            _ => text,
        }
    }

    /// `text` without the bytes of the class it ends with. Meant for classes of ASCII bytes.
    #[inline]
    #[must_use]
    pub fn trim_end<'a>(&self, text: &'a str) -> &'a str {
        let kept = text.bytes().rposition(|byte| !self.contains(byte)).map_or(0, |last| last + 1);
        text.get(..kept).unwrap_or(text)
    }

    /// Whether `text` is not empty and all of it is in the class: `1*class`.
    #[inline]
    #[must_use]
    pub fn matches(&self, text: &[u8]) -> bool {
        !text.is_empty() && self.span(text) == text.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc2045_5_1_token() {
        let listed: Vec<u8> = (0..=255).filter(|&byte| CharClass::TOKEN.contains(byte)).collect();
        let expected: Vec<u8> = (0x21..=0x7e).filter(|byte| !b"()<>@,;:\\\"/[]?=".contains(byte)).collect();
        assert_eq!(listed, expected);
    }

    #[test]
    fn rfc3261_25_1_white_space_is_trimmed_on_its_side() {
        let text = " \r\n\ta b\u{e4}\t ";
        assert_eq!(CharClass::LWS.trim_start(text), "a b\u{e4}\t ");
        assert_eq!(CharClass::LWS.trim_end(text), " \r\n\ta b\u{e4}");
        assert_eq!((CharClass::LWS.trim_start(" "), CharClass::LWS.trim_end(" ")), ("", ""));
        assert_eq!((CharClass::LWS.trim_start(""), CharClass::LWS.trim_end("")), ("", ""));
    }

    #[test]
    fn matches_wants_at_least_one_byte() {
        assert!(!CharClass::DIGIT.matches(b""));
        assert!(CharClass::DIGIT.matches(b"42"));
        assert!(!CharClass::DIGIT.matches(b"4x"));
    }

    use alloc::vec::Vec;
}
