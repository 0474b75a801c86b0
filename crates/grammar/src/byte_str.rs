//! `ByteStr`: text that shares the buffer it was received in.

use alloc::string::String;
use core::borrow::Borrow;
use core::fmt;
use core::ops::Deref;

use bytes::Bytes;
use bytestring::ByteString;

use crate::{ParseError, ParseErrorKind};

/// UTF-8 text over [`Bytes`]: cloning and slicing cost a reference count, never a copy.
///
/// A slice keeps the whole buffer alive; [`ByteStr::detach`] copies it out where that is too long.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteStr(ByteString);

impl ByteStr {
    /// The text of a constant; nothing is allocated.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(ByteString::from_static(text))
    }

    /// Takes received bytes as text.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `UTF-8` at the first byte that is not.
    #[inline]
    pub fn from_utf8(bytes: Bytes) -> Result<Self, ParseError> {
        ByteString::try_from(bytes)
            .map(Self)
            .map_err(|error| ParseError::new(ParseErrorKind::Syntax, "UTF-8", error.valid_up_to()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The shared buffer behind the text.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        self.0.as_bytes()
    }

    /// The shared buffer behind the text, by value.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0.into_bytes()
    }

    /// `part` as a text of its own: shared if it lies within this text, copied if it does not.
    #[must_use]
    pub fn share(&self, part: &str) -> Self {
        let start = self.0.as_ptr().addr();
        let inside = part.as_ptr().addr() >= start
            && part.as_ptr().addr().saturating_add(part.len()) <= start.saturating_add(self.len());
        if inside { Self(self.0.slice_ref(part)) } else { Self::from(part) }
    }

    /// A copy that keeps no other buffer alive.
    #[must_use]
    pub fn detach(&self) -> Self {
        Self::from(self.as_str())
    }
}

impl Deref for ByteStr {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for ByteStr {
    fn as_ref(&self) -> &str {
        self
    }
}

impl Borrow<str> for ByteStr {
    fn borrow(&self) -> &str {
        self
    }
}

impl From<&str> for ByteStr {
    fn from(text: &str) -> Self {
        Self(ByteString::from(text))
    }
}

impl From<String> for ByteStr {
    fn from(text: String) -> Self {
        Self(ByteString::from(text))
    }
}

impl PartialEq<str> for ByteStr {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for ByteStr {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Debug for ByteStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for ByteStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_shares_the_buffer_and_a_stranger_is_copied() {
        let whole = ByteStr::from("sip:bob@example.com");
        let part = whole.share(whole.get(4..7).unwrap());
        assert_eq!(part, "bob");
        assert_eq!(part.as_bytes().as_ptr(), whole.get(4..).unwrap().as_ptr());
        let stranger = String::from("carol");
        assert_ne!(whole.share(&stranger).as_bytes().as_ptr(), stranger.as_ptr());
    }

    #[test]
    fn invalid_utf8_is_refused_at_its_byte() {
        let error = ByteStr::from_utf8(Bytes::from_static(b"ab\xff")).unwrap_err();
        assert_eq!(error.offset(), 2);
    }
}
