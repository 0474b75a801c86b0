//! `Secret`: short texts that only this server can make, so that it need not remember what it handed out.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// A key of this server's own.
#[derive(Clone)]
pub(crate) struct Secret([u8; 32]);

/// What a text is for. Texts for one purpose are no good for another.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// A nonce of a digest challenge.
    Nonce,
    /// The branch of a forwarded request.
    Branch,
    /// The To tag of a response without transaction.
    Tag,
    /// The mark of our Record-Route entry.
    Route,
}

impl Secret {
    /// A key; it must not be guessable.
    pub(crate) const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// 80 bits in hexadecimal that depend on the key, the purpose and each part.
    pub(crate) fn sign(&self, purpose: Purpose, parts: &[&[u8]]) -> String {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(match purpose {
            Purpose::Nonce => b"nonce-",
            Purpose::Branch => b"branch",
            Purpose::Tag => b"totag-",
            Purpose::Route => b"route-",
        });
        for part in parts {
            // The length first, or two lists of parts could read the same.
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
        hash.finalize().iter().take(10).flat_map(|&byte| [digit(byte >> 4), digit(byte & 15)]).collect()
    }

    /// Whether `text` is what [`Self::sign`] gives for these parts, compared in constant time.
    pub(crate) fn made(&self, text: &str, purpose: Purpose, parts: &[&[u8]]) -> bool {
        let expected = self.sign(purpose, parts);
        let differ = expected.bytes().zip(text.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b));
        expected.len() == text.len() && std::hint::black_box(differ) == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_bound_to_key_purpose_and_parts() {
        let secret = Secret::new([7; 32]);
        let text = secret.sign(Purpose::Route, &[b"ab", b"c"]);
        assert_eq!(text.len(), 20);
        assert!(secret.made(&text, Purpose::Route, &[b"ab", b"c"]));
        assert!(!secret.made(&text, Purpose::Route, &[b"a", b"bc"]), "parts are kept apart");
        assert!(!secret.made(&text, Purpose::Branch, &[b"ab", b"c"]));
        assert!(!Secret::new([8; 32]).made(&text, Purpose::Route, &[b"ab", b"c"]));
        assert!(!secret.made("", Purpose::Route, &[b"ab", b"c"]));
    }
}
