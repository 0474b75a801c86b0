//! SHA-1 of a file (RFC 5547 §6), computed while its octets pass.

use std::fmt;

use sha1::{Digest as _, Sha1};

/// The SHA-1 of a file. It shows that octets arrived as promised; it is no proof of who sent them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha1Hash([u8; 20]);

impl Sha1Hash {
    /// The hash with these octets.
    #[must_use]
    pub const fn new(octets: [u8; 20]) -> Self {
        Self(octets)
    }

    /// The hash of `content`.
    #[must_use]
    pub fn of(content: &[u8]) -> Self {
        Self(Sha1::digest(content).into())
    }

    /// Its octets.
    #[must_use]
    pub const fn octets(&self) -> &[u8; 20] {
        &self.0
    }
}

/// Lower-case hex without separators.
impl fmt::Display for Sha1Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for Sha1Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A hash of octets that pass in order.
#[derive(Clone, Default)]
pub(crate) struct RunningHash {
    sha1: Sha1,
    octets: u64,
}

impl RunningHash {
    /// Takes the octets that stand at `offset`; whether they were the next ones. Octets beyond are not taken;
    /// octets before overwrite what has passed (RFC 4975 §7.3.1), so the hash starts anew.
    pub(crate) fn update(&mut self, offset: u64, octets: &[u8]) -> bool {
        if offset < self.octets && !octets.is_empty() {
            *self = Self::default();
            return false;
        }
        let next = offset == self.octets;
        if next {
            self.sha1.update(octets);
            self.octets = self.octets.saturating_add(u64::try_from(octets.len()).unwrap_or(u64::MAX));
        }
        next
    }

    /// How many octets have passed.
    pub(crate) const fn octets(&self) -> u64 {
        self.octets
    }

    /// The hash of what has passed.
    pub(crate) fn finish(&self) -> Sha1Hash {
        Sha1Hash(self.sha1.clone().finalize().into())
    }
}

impl fmt::Debug for RunningHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RunningHash({} octets)", self.octets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_hash_takes_octets_in_order_only() {
        let mut running = RunningHash::default();
        assert!(running.update(0, b"ab"));
        assert!(!running.update(5, b"x"));
        assert!(running.update(2, b"c"));
        assert_eq!(running.octets(), 3);
        assert_eq!(running.finish(), Sha1Hash::of(b"abc"));
        assert_eq!(running.finish().to_string(), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert!(!running.update(1, b"x"));
        assert_eq!(running.octets(), 0, "what was hashed is no longer what is stored");
    }
}
