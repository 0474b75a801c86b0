//! `Hashed`: a store that hashes what it is given, in one pass where the octets come in order.

use std::io;

use pager::{FileHash, FileHasher, HashAlgorithm};

use super::Stored;
use super::store::Store;

/// Octets that are read back at a time.
const READ_BACK: usize = 256 << 10;

/// A store that hashes what it is given.
#[derive(Debug)]
pub(crate) struct Hashed {
    store: Box<dyn Store>,
    running: Option<Running>,
}

/// The hash of the first octets that are stored.
#[derive(Debug)]
struct Running {
    algorithm: HashAlgorithm,
    hasher: FileHasher,
    octets: u64,
}

impl Running {
    fn new(algorithm: HashAlgorithm) -> Self {
        Self { algorithm, hasher: FileHasher::new(algorithm), octets: 0 }
    }

    fn update(&mut self, octets: &[u8]) {
        self.hasher.update(octets);
        self.octets = self.octets.saturating_add(u64::try_from(octets.len()).unwrap_or(u64::MAX));
    }

    /// Takes what is stored up to the octet `end`.
    fn read_back(&mut self, end: u64, store: &mut dyn Store) -> io::Result<()> {
        while self.octets < end {
            let left = usize::try_from(end - self.octets).unwrap_or(READ_BACK);
            let block = store.read(self.octets, left.min(READ_BACK))?;
            if block.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.update(&block);
        }
        Ok(())
    }
}

impl Hashed {
    pub(super) fn new(store: Box<dyn Store>, algorithm: Option<HashAlgorithm>) -> Self {
        Self { store, running: algorithm.map(Running::new) }
    }

    /// A store whose first `octets` are there already, and are hashed now.
    pub(super) fn resume(
        mut store: Box<dyn Store>,
        algorithm: HashAlgorithm,
        octets: u64,
    ) -> io::Result<Self> {
        let mut running = Running::new(algorithm);
        running.read_back(octets, &mut *store)?;
        Ok(Self { store, running: Some(running) })
    }

    /// Puts octets to their place.
    pub(super) fn write(&mut self, offset: u64, octets: &[u8]) -> io::Result<()> {
        self.store.write(offset, octets)?;
        if let Some(running) = &mut self.running {
            if offset == running.octets {
                running.update(octets);
            } else if offset < running.octets && !octets.is_empty() {
                // What was hashed is no longer what is stored (RFC 4975 §7.3.1).
                *running = Running::new(running.algorithm);
            }
        }
        Ok(())
    }

    /// The hash of the first `octets` of what is stored; what did not come in order is read back.
    pub(super) fn hash(&mut self, octets: u64, algorithm: HashAlgorithm) -> io::Result<FileHash> {
        let usable = |running: &Running| running.algorithm == algorithm && running.octets <= octets;
        let mut running = self.running.take().filter(usable).unwrap_or_else(|| Running::new(algorithm));
        running.read_back(octets, &mut *self.store)?;
        Ok(running.hasher.finish())
    }

    /// Whether what was written stays for a later transfer when this is dropped.
    pub(super) fn keeps(&self) -> bool {
        self.store.keeps()
    }

    /// What was written is not what was promised: nothing of it may stay.
    pub(super) fn spoil(self) {
        self.store.spoil();
    }

    /// Everything is written and is what was promised.
    pub(super) fn commit(self) -> io::Result<Stored> {
        self.store.commit()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use pager::{Sha1Hash, Sha256Hash};

    use super::*;

    /// Says how much was read back of it.
    #[derive(Debug)]
    struct Counted {
        octets: Vec<u8>,
        read: std::sync::Arc<std::sync::atomic::AtomicUsize>,
    }

    impl Store for Counted {
        fn write(&mut self, offset: u64, octets: &[u8]) -> io::Result<()> {
            let start = usize::try_from(offset).unwrap();
            self.octets.resize(self.octets.len().max(start + octets.len()), 0);
            self.octets[start..start + octets.len()].copy_from_slice(octets);
            Ok(())
        }

        fn read(&mut self, offset: u64, len: usize) -> io::Result<Bytes> {
            self.read.fetch_add(len, std::sync::atomic::Ordering::Relaxed);
            let start = usize::try_from(offset).unwrap();
            let octets = self.octets.get(start..start + len).ok_or(io::ErrorKind::UnexpectedEof)?;
            Ok(Bytes::copy_from_slice(octets))
        }

        fn commit(self: Box<Self>) -> io::Result<Stored> {
            Ok(Stored::Octets(self.octets.into()))
        }
    }

    /// The hash after these writes, and how many octets were read back for it.
    fn hashed(writes: &[(u64, &[u8])], octets: u64) -> (io::Result<FileHash>, usize) {
        let read = std::sync::Arc::default();
        let store = Counted { octets: Vec::new(), read: std::sync::Arc::clone(&read) };
        let mut hashed = Hashed::new(Box::new(store), Some(HashAlgorithm::Sha1));
        for (offset, octets) in writes {
            hashed.write(*offset, octets).unwrap();
        }
        let hash = hashed.hash(octets, HashAlgorithm::Sha1);
        (hash, read.load(std::sync::atomic::Ordering::Relaxed))
    }

    #[track_caller]
    fn check(writes: &[(u64, &[u8])], stored: &[u8], read_back: usize) {
        let (hash, read) = hashed(writes, u64::try_from(stored.len()).unwrap());
        assert_eq!(hash.unwrap(), FileHash::Sha1(Sha1Hash::of(stored)));
        assert_eq!(read, read_back);
    }

    #[test]
    fn octets_in_order_are_not_read_back() {
        check(&[], b"", 0);
        check(&[(0, b"ab"), (2, b""), (2, b"c")], b"abc", 0);
    }

    #[test]
    fn rfc4975_7_3_1_octets_out_of_order_are_read_back_from_the_gap_on() {
        check(&[(0, b"a"), (2, b"c"), (1, b"b")], b"abc", 1);
        check(&[(1, b"bc"), (0, b"a")], b"abc", 2);
    }

    #[test]
    fn rfc4975_7_3_1_octets_that_are_overwritten_are_hashed_as_stored() {
        check(&[(0, b"axc"), (1, b"b")], b"abc", 3);
        check(&[(0, b"axc"), (0, b"abc")], b"abc", 3);
    }

    #[test]
    fn rfc5547_6_what_was_there_is_hashed_with_the_rest_however_that_comes() {
        let check = |writes: &[(u64, &[u8])], read_back: usize| {
            let read = std::sync::Arc::default();
            let store = Counted { octets: b"ab".to_vec(), read: std::sync::Arc::clone(&read) };
            let mut hashed = Hashed::resume(Box::new(store), HashAlgorithm::Sha1, 2).unwrap();
            for (offset, octets) in writes {
                hashed.write(*offset, octets).unwrap();
            }
            let hash = hashed.hash(4, HashAlgorithm::Sha1).unwrap();
            assert_eq!(hash, FileHash::Sha1(Sha1Hash::of(b"abcd")));
            assert_eq!(read.load(std::sync::atomic::Ordering::Relaxed), read_back);
        };
        check(&[(2, b"c"), (3, b"d")], 2);
        check(&[(3, b"d"), (2, b"c")], 2 + 1);
        check(&[(2, b"cx"), (3, b"d")], 2 + 4);
        let store = Counted { octets: b"ab".to_vec(), read: std::sync::Arc::default() };
        assert!(Hashed::resume(Box::new(store), HashAlgorithm::Sha1, 3).is_err());
    }

    #[test]
    fn only_what_was_asked_for_is_hashed_and_nothing_that_is_missing() {
        let (hash, _) = hashed(&[(0, b"abcd")], 3);
        assert_eq!(hash.unwrap(), FileHash::Sha1(Sha1Hash::of(b"abc")));
        assert_eq!(hashed(&[(0, b"ab")], 3).0.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn an_algorithm_that_nobody_had_promised_is_computed_all_the_same() {
        let store = Counted { octets: b"abc".to_vec(), read: std::sync::Arc::default() };
        let hash = Hashed::new(Box::new(store), None).hash(3, HashAlgorithm::Sha256).unwrap();
        assert_eq!(hash, FileHash::Sha256(Sha256Hash::of(b"abc")));
    }
}
