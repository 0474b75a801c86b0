//! `Memory`: a file that is received into memory.

use std::io;

use bytes::Bytes;
use pager::FileHash;

use super::store::Store;
use super::{Done, Request, Stored};

/// A file that is received into memory.
#[derive(Debug)]
pub(crate) struct Memory {
    octets: Vec<u8>,
    /// Octets it may have.
    limit: u64,
}

impl Memory {
    /// An empty one with room for `size` octets, if that is known and within the limit.
    pub(super) fn new(size: Option<u64>, limit: u64) -> io::Result<Self> {
        if size.is_some_and(|size| size > limit) {
            return Err(too_large());
        }
        // Only pages that are written to take memory; a peer that promises much and sends little costs little.
        let mut octets = Vec::new();
        let room = size.and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
        octets.try_reserve_exact(room).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
        Ok(Self { octets, limit: size.unwrap_or(limit) })
    }

    pub(super) fn carry_out(&mut self, request: Request) -> Done {
        match request {
            Request::Write { offset, octets } => match self.write(offset, &octets) {
                Ok(()) => Done::Written(u64::try_from(octets.len()).unwrap_or(u64::MAX)),
                Err(error) => Done::WriteFailed(error),
            },
            Request::Hash { octets, algorithm } => {
                match usize::try_from(octets).ok().and_then(|end| self.octets.get(..end)) {
                    Some(octets) => Done::Hashed(FileHash::of(algorithm, octets)),
                    None => Done::WriteFailed(io::ErrorKind::UnexpectedEof.into()),
                }
            }
            Request::Commit => Done::Committed(self.take()),
        }
    }

    /// The most octets it may get.
    pub(super) const fn limit(&self) -> u64 {
        self.limit
    }

    fn take(&mut self) -> Stored {
        Stored::Octets(std::mem::take(&mut self.octets).into())
    }
}

impl Store for Memory {
    fn write(&mut self, offset: u64, octets: &[u8]) -> io::Result<()> {
        let len = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        if offset.saturating_add(len) > self.limit {
            return Err(too_large());
        }
        let start = usize::try_from(offset).map_err(|_| too_large())?;
        if start == self.octets.len() {
            self.octets.extend_from_slice(octets);
            return Ok(());
        }
        let end = start.saturating_add(octets.len());
        if end > self.octets.len() {
            self.octets.resize(end, 0);
        }
        match self.octets.get_mut(start..end) {
            Some(place) => place.copy_from_slice(octets),
            None => return Err(too_large()),
        }
        Ok(())
    }

    fn read(&mut self, offset: u64, len: usize) -> io::Result<Bytes> {
        let range = usize::try_from(offset).ok().and_then(|start| Some(start..start.checked_add(len)?));
        let octets = range.and_then(|range| self.octets.get(range)).map(Bytes::copy_from_slice);
        octets.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn commit(mut self: Box<Self>) -> io::Result<Stored> {
        Ok(self.take())
    }
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "more octets than the sink takes into memory")
}

/// `len` octets of `whole` from `offset`; `None` if it has not as many.
pub(super) fn cut(whole: &Bytes, offset: u64, len: usize) -> Option<Bytes> {
    let start = usize::try_from(offset).ok()?;
    let end = start.checked_add(len)?;
    (end <= whole.len()).then(|| whole.slice(start..end))
}

#[cfg(test)]
mod tests {
    use pager::{HashAlgorithm, Sha1Hash};

    use super::*;

    fn write(memory: &mut Memory, offset: u64, octets: &'static [u8]) -> Done {
        memory.carry_out(Request::Write { offset, octets: Bytes::from_static(octets) })
    }

    #[test]
    fn octets_come_in_any_order_and_up_to_the_limit() {
        let mut memory = Memory::new(Some(6), 6).unwrap();
        assert!(matches!(write(&mut memory, 0, b"ab"), Done::Written(2)));
        assert!(matches!(write(&mut memory, 4, b"ef"), Done::Written(2)));
        assert!(matches!(write(&mut memory, 2, b"cd"), Done::Written(2)));
        assert!(matches!(write(&mut memory, 6, b"g"), Done::WriteFailed(_)));
        assert!(matches!(write(&mut memory, u64::MAX, b"g"), Done::WriteFailed(_)));
        assert_eq!(memory.read(1, 4).unwrap(), "bcde");
        assert!(memory.read(3, 4).is_err() && memory.read(u64::MAX, 4).is_err());
        let mut hash = |octets| memory.carry_out(Request::Hash { octets, algorithm: HashAlgorithm::Sha1 });
        assert!(matches!(hash(6), Done::Hashed(FileHash::Sha1(hash)) if hash == Sha1Hash::of(b"abcdef")));
        assert!(matches!(hash(7), Done::WriteFailed(_)), "there are not as many");
        let Done::Committed(Stored::Octets(octets)) = memory.carry_out(Request::Commit) else {
            panic!("commit")
        };
        assert_eq!(octets, "abcdef");
    }

    #[test]
    fn a_file_that_is_promised_too_large_is_not_begun() {
        assert_eq!(Memory::new(Some(7), 6).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert!(Memory::new(None, 6).is_ok());
    }

    #[test]
    fn the_room_reserved_is_the_room_used() {
        let mut memory = Memory::new(Some(100_000), 100_000).unwrap();
        let before = memory.octets.as_ptr();
        for at in 0..10 {
            assert!(matches!(write(&mut memory, at * 10_000, &[7; 10_000]), Done::Written(10_000)));
        }
        assert_eq!(memory.octets.as_ptr(), before);
    }
}
