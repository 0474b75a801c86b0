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

impl fmt::Debug for Sha256Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A hash of octets that pass in order, by the algorithm of what was promised.
#[derive(Clone)]
pub(crate) struct RunningHash {
    promised: Option<FileHash>,
    state: State,
    octets: u64,
}

#[derive(Clone)]
enum State {
    /// Nothing was promised: there is nothing to hash for.
    Nothing,
    Sha1(Sha1),
    Sha256(Sha256),
}

impl RunningHash {
    /// Of no octets.
    pub(crate) fn new(promised: Option<FileHash>) -> Self {
        let state = match promised {
            None => State::Nothing,
            Some(FileHash::Sha1(_)) => State::Sha1(Sha1::new()),
            Some(FileHash::Sha256(_)) => State::Sha256(Sha256::new()),
        };
        Self { promised, state, octets: 0 }
    }

    /// Takes the octets that stand at `offset`; whether they were the next ones. Octets beyond are not taken;
    /// octets before overwrite what has passed (RFC 4975 §7.3.1), so the hash starts anew.
    pub(crate) fn update(&mut self, offset: u64, octets: &[u8]) -> bool {
        if offset < self.octets && !octets.is_empty() {
            *self = Self::new(self.promised);
            return false;
        }
        let next = offset == self.octets;
        if next {
            match &mut self.state {
                State::Nothing => {}
                State::Sha1(hash) => hash.update(octets),
                State::Sha256(hash) => hash.update(octets),
            }
            self.octets = self.octets.saturating_add(u64::try_from(octets.len()).unwrap_or(u64::MAX));
        }
        next
    }

    /// How many octets have passed.
    pub(crate) const fn octets(&self) -> u64 {
        self.octets
    }

    /// Whether something was promised.
    pub(crate) const fn is_needed(&self) -> bool {
        self.promised.is_some()
    }

    /// Whether what has passed is what was promised, if anything was.
    pub(crate) fn matches(&self) -> bool {
        match (&self.state, self.promised) {
            (State::Sha1(hash), Some(FileHash::Sha1(promised))) => {
                <[u8; 20]>::from(hash.clone().finalize()) == promised.0
            }
            (State::Sha256(hash), Some(FileHash::Sha256(promised))) => {
                <[u8; 32]>::from(hash.clone().finalize()) == promised.0
            }
            (_, promised) => promised.is_none(),
        }
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
        for promised in [FileHash::Sha1(Sha1Hash::of(b"abc")), FileHash::Sha256(Sha256Hash::of(b"abc"))] {
            let mut running = RunningHash::new(Some(promised));
            assert!(running.update(0, b"ab"));
            assert!(!running.update(5, b"x"));
            assert!(!running.matches());
            assert!(running.update(2, b"c"));
            assert_eq!(running.octets(), 3);
            assert!(running.matches() && running.is_needed());
            assert!(!running.update(1, b"x"));
            assert_eq!(running.octets(), 0, "what was hashed is no longer what is stored");
            assert!(!running.matches());
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
        let nothing = RunningHash::new(None);
        assert!(nothing.matches() && !nothing.is_needed());
    }
}
