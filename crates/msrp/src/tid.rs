//! `Tid` and `Flag`: the transaction id and the continuation flag of the end-line, RFC 4975 §7.1 and §9.

use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};

use grammar::{CharClass, ParseError, ParseErrorKind};
use memchr::memmem;

use crate::ids::{self, IdSource};

/// `ident-char`
pub(crate) const IDENT: CharClass = CharClass::ALPHANUM.with(b".-+%=");

/// A transaction id: `ident = ALPHANUM 3*31ident-char`, kept in place.
#[derive(Clone, Copy)]
pub struct Tid {
    len: u8,
    text: [u8; Self::MAX],
}

impl Tid {
    /// The longest transaction id, in bytes.
    pub const MAX: usize = 32;

    /// Reads a transaction id.
    ///
    /// # Errors
    ///
    /// `transact-id` at the first byte that does not belong to one.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let bytes = text.as_bytes();
        let span = IDENT.span(bytes);
        let starts = bytes.first().is_some_and(u8::is_ascii_alphanumeric);
        if span < bytes.len() || !starts || !(4..=Self::MAX).contains(&span) {
            let offset = if starts { span.min(Self::MAX) } else { 0 };
            return Err(ParseError::new(ParseErrorKind::Syntax, "transact-id", offset));
        }
        Ok(Self::copied(bytes))
    }

    /// A fresh one with 80 random bits.
    #[must_use]
    pub fn random(ids: &mut dyn IdSource) -> Self {
        Self::copied(&ids::ident(ids))
    }

    /// Another one for the same random bits, so that a search for one that fits ends whatever the source of
    /// randomness does: the bits and `attempt` in hexadecimal.
    #[cfg(feature = "std")]
    pub(crate) fn varied(ids: &mut dyn IdSource, attempt: u32) -> Self {
        const HEX: [u8; 16] = *b"0123456789abcdef";
        let mut bytes = [b'0'; 24];
        for (to, from) in bytes.iter_mut().zip(ids::ident(ids)) {
            *to = from;
        }
        let mut rest = attempt;
        for digit in bytes.iter_mut().rev().take(8) {
            *digit = usize::try_from(rest % 16).ok().and_then(|i| HEX.get(i)).copied().unwrap_or(b'0');
            rest /= 16;
        }
        Self::copied(&bytes)
    }

    /// Whether a frame with this transaction id can carry `content`: its end-line does not occur there, with
    /// any flag and whatever is before it (RFC 4975 §7.1).
    #[must_use]
    pub fn fits(&self, content: &[u8]) -> bool {
        let mut end_line = [b'-'; 7 + Self::MAX];
        for (to, from) in end_line.iter_mut().skip(7).zip(self.as_bytes()) {
            *to = *from;
        }
        let end_line = end_line.get(..7 + self.as_bytes().len()).unwrap_or(&end_line);
        memmem::find(content, end_line).is_none()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The text as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.text.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// `bytes` are at most [`Self::MAX`] ident characters.
    fn copied(bytes: &[u8]) -> Self {
        let mut text = [0; Self::MAX];
        let mut len = 0;
        for (to, from) in text.iter_mut().zip(bytes) {
            *to = *from;
            len += 1;
        }
        Self { len, text }
    }
}

impl PartialEq for Tid {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Tid {}

impl PartialOrd for Tid {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Tid {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for Tid {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Debug for Tid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Tid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The last character of the end-line: whether more of the message follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the grammar has these three")]
pub enum Flag {
    /// `$`: the chunk holds the last octet of its message.
    Last,
    /// `+`: more of the message follows in another chunk.
    More,
    /// `#`: the sender gave the message up.
    Aborted,
}

impl Flag {
    /// The flag a byte stands for.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            b'$' => Some(Self::Last),
            b'+' => Some(Self::More),
            b'#' => Some(Self::Aborted),
            _ => None,
        }
    }

    /// The byte on the wire.
    #[must_use]
    pub const fn as_byte(self) -> u8 {
        match self {
            Self::Last => b'$',
            Self::More => b'+',
            Self::Aborted => b'#',
        }
    }

    /// The byte on the wire as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Last => "$",
            Self::More => "+",
            Self::Aborted => "#",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let got = match Tid::parse(text) {
            Ok(tid) => tid.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{text:?}");
    }

    #[test]
    fn rfc4975_9_transact_id_has_4_to_32_characters() {
        check("a786", "a786");
        check("0.-+%=", "0.-+%=");
        check("12345678901234567890123456789012", "12345678901234567890123456789012");
        check("123456789012345678901234567890123", "expected transact-id at byte 32");
        check("abc", "expected transact-id at byte 3");
        check("", "expected transact-id at byte 0");
        check("-abcd", "expected transact-id at byte 0");
        check("ab$cd", "expected transact-id at byte 2");
    }

    #[test]
    fn rfc4975_7_1_content_with_its_end_line_does_not_fit_whatever_the_flag() {
        let tid = Tid::parse("a786hjs2").unwrap();
        assert!(!tid.fits(b"x-------a786hjs2"));
        assert!(!tid.fits(b"--------a786hjs2+more"));
        assert!(tid.fits(b"------a786hjs2$"));
        assert!(tid.fits(b"-------a786hjs3$"));
    }

    #[test]
    fn flags_go_both_ways() {
        for flag in [Flag::Last, Flag::More, Flag::Aborted] {
            assert_eq!(Flag::from_byte(flag.as_byte()), Some(flag));
            assert_eq!(flag.as_str().as_bytes(), [flag.as_byte()]);
        }
        assert_eq!(Flag::from_byte(b'-'), None);
    }
}
