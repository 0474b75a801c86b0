//! `IdSource`: tags, branches, Call-IDs and cnonces from one seed.

use std::fmt;
use std::time::Duration;

use grammar::ByteStr;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// RFC 3261 §8.1.1.7: what every branch of ours starts with.
pub(crate) const COOKIE: &str = "z9hG4bK";

/// Unpredictable identifiers from a 32-byte seed.
///
/// The caller brings the randomness once; the same seed gives the same identifiers, which makes a run
/// repeatable. Identifiers are unpredictable as long as the seed is (ChaCha20).
#[derive(Clone)]
pub struct IdSource(ChaCha20Rng);

impl IdSource {
    /// A source for one machine. A seed must not be used twice outside of tests.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha20Rng::from_seed(seed))
    }

    /// Fills `out` with random bytes.
    pub fn fill(&mut self, out: &mut [u8]) {
        self.0.fill_bytes(out);
    }

    /// A From or To tag: 80 random bits (RFC 3261 §19.3 asks for 32).
    pub fn tag(&mut self) -> ByteStr {
        ByteStr::from(self.text::<10>(""))
    }

    /// A branch of a Via: the cookie and 96 random bits.
    pub fn branch(&mut self) -> ByteStr {
        ByteStr::from(self.text::<12>(COOKIE))
    }

    /// A Call-ID: 128 random bits, no host (RFC 3261 §8.1.1.4 allows it, and it tells nobody our address).
    pub fn call_id(&mut self) -> ByteStr {
        ByteStr::from(self.text::<16>(""))
    }

    /// A cnonce of a digest answer: 96 random bits.
    pub fn cnonce(&mut self) -> ByteStr {
        ByteStr::from(self.text::<12>(""))
    }

    /// A number below `bound`, 0 if the bound is 0. The bias is below 2^-32 for bounds below 2^32.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64().checked_rem(bound).unwrap_or(0)
    }

    /// A duration between half of `whole` and `whole`.
    pub(crate) fn half_to_whole(&mut self, whole: Duration) -> Duration {
        let half = whole / 2;
        let millis = u64::try_from(half.as_millis()).unwrap_or(u64::MAX);
        half + Duration::from_millis(self.below(millis.saturating_add(1)))
    }

    /// `prefix` and `N` random bytes in base 16.
    fn text<const N: usize>(&mut self, prefix: &str) -> String {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        let mut out = String::with_capacity(prefix.len() + 2 * N);
        out.push_str(prefix);
        for byte in bytes {
            for nibble in [byte >> 4, byte & 15] {
                out.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        out
    }
}

/// Says nothing of the state: who knows it knows all identifiers to come.
impl fmt::Debug for IdSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdSource")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3261_8_1_1_7_branches_start_with_the_cookie_and_never_repeat() {
        let mut ids = IdSource::new([7; 32]);
        let branches: std::collections::BTreeSet<_> = (0..1000).map(|_| ids.branch()).collect();
        assert_eq!(branches.len(), 1000);
        assert!(branches.iter().all(|branch| branch.starts_with(COOKIE) && branch.len() == 31));
    }

    #[test]
    fn the_same_seed_gives_the_same_identifiers() {
        let ids = |seed| {
            let mut ids = IdSource::new([seed; 32]);
            [ids.tag(), ids.branch(), ids.call_id(), ids.cnonce()]
        };
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
    }

    #[test]
    fn random_waits_stay_between_half_and_whole() {
        let mut ids = IdSource::new([1; 32]);
        for _ in 0..1000 {
            let wait = ids.half_to_whole(Duration::from_secs(30));
            assert!((15..=30).contains(&wait.as_secs()), "{wait:?}");
        }
        assert_eq!(ids.below(0), 0);
    }
}
