//! Hashes of a file (RFC 5547 §6), computed while its octets pass.

use std::fmt;

use sha1::{Digest as _, Sha1};
use sha2::Sha256;

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

/// The SHA-256 of a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256Hash([u8; 32]);

impl Sha256Hash {
    /// The hash with these octets.
    #[must_use]
    pub const fn new(octets: [u8; 32]) -> Self {
        Self(octets)
    }

    /// The hash of `content`.
    #[must_use]
    pub fn of(content: &[u8]) -> Self {
        Self(Sha256::digest(content).into())
    }

    /// Its octets.
    #[must_use]
    pub const fn octets(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The hash that an offer promises and that the octets are held against: the strongest of those offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileHash {
    /// The one that RFC 5547 §6 defines.
    Sha1(Sha1Hash),
    /// Offered beside it.
    Sha256(Sha256Hash),
}

impl FileHash {
    /// What `offer` promises; `None` if there is nothing to check, or nothing we can.
    #[must_use]
    pub fn promised(offer: &sdp::FileOffer) -> Option<Self> {
        let sha256 = offer.hashes.iter().find(|hash| hash.algorithm == "sha-256");
        let sha256 = sha256.and_then(|hash| <[u8; 32]>::try_from(&*hash.bytes).ok());
        let sha1 = || <[u8; 20]>::try_from(offer.sha1()?).ok();
        match sha256 {
            Some(octets) => Some(Self::Sha256(Sha256Hash(octets))),
            None => sha1().map(|octets| Self::Sha1(Sha1Hash(octets))),
        }
    }

    /// The hash of `content` by this algorithm.
    #[must_use]
    pub fn of(algorithm: HashAlgorithm, content: &[u8]) -> Self {
        let mut hasher = FileHasher::new(algorithm);
        hasher.update(content);
        hasher.finish()
    }

    /// How it is computed.
    #[must_use]
    pub const fn algorithm(&self) -> HashAlgorithm {
        match self {
            Self::Sha1(_) => HashAlgorithm::Sha1,
            Self::Sha256(_) => HashAlgorithm::Sha256,
        }
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

/// Lower-case hex without separators.
impl fmt::Display for Sha256Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// The hash alone: lower-case hex without separators.
impl fmt::Display for FileHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha1(hash) => hash.fmt(f),
            Self::Sha256(hash) => hash.fmt(f),
        }
    }
}

impl fmt::Debug for Sha256Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The algorithm of a [`FileHash`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HashAlgorithm {
    /// SHA-1, the one that RFC 5547 §6 defines.
    Sha1,
    /// SHA-256.
    Sha256,
}

/// Computes a [`FileHash`] while the octets of a file pass, in order.
#[derive(Debug, Clone)]
pub struct FileHasher(State);

#[derive(Debug, Clone)]
enum State {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl FileHasher {
    /// Of no octets.
    #[must_use]
    pub fn new(algorithm: HashAlgorithm) -> Self {
        Self(match algorithm {
            HashAlgorithm::Sha1 => State::Sha1(Sha1::new()),
            HashAlgorithm::Sha256 => State::Sha256(Sha256::new()),
        })
    }

    /// Takes the next octets.
    pub fn update(&mut self, octets: &[u8]) {
        match &mut self.0 {
            State::Sha1(hash) => hash.update(octets),
            State::Sha256(hash) => hash.update(octets),
        }
    }

    /// The hash of everything it took.
    #[must_use]
    pub fn finish(self) -> FileHash {
        match self.0 {
            State::Sha1(hash) => FileHash::Sha1(Sha1Hash(hash.finalize().into())),
            State::Sha256(hash) => FileHash::Sha256(Sha256Hash(hash.finalize().into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_same_however_the_octets_are_cut() {
        for (algorithm, expected) in [
            (HashAlgorithm::Sha1, FileHash::Sha1(Sha1Hash::of(b"abc"))),
            (HashAlgorithm::Sha256, FileHash::Sha256(Sha256Hash::of(b"abc"))),
        ] {
            for cut in 0..=3 {
                let mut hasher = FileHasher::new(algorithm);
                hasher.update(&b"abc"[..cut]);
                hasher.update(&b"abc"[cut..]);
                assert_eq!(hasher.finish(), expected);
            }
            assert_eq!((FileHash::of(algorithm, b"abc"), expected.algorithm()), (expected, algorithm));
        }
        assert_eq!(Sha1Hash::of(b"abc").to_string(), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(
            Sha256Hash::of(b"abc").to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn rfc5547_6_the_strongest_hash_offered_is_the_one_that_counts() {
        let offer = |sha1: bool, sha256: bool| {
            let mut builder = sdp::FileOffer::builder("a", 3);
            if sha1 {
                builder = builder.sha1([1; 20]);
            }
            if sha256 {
                builder = builder.sha256([2; 32]);
            }
            FileHash::promised(&builder.build().unwrap())
        };
        assert_eq!(offer(false, false), None);
        assert_eq!(offer(true, false), Some(FileHash::Sha1(Sha1Hash::new([1; 20]))));
        assert_eq!(offer(true, true), Some(FileHash::Sha256(Sha256Hash::new([2; 32]))));
    }
}
