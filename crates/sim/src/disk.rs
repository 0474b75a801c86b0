//! `Disk`: the files of one party, in memory.

use std::collections::BTreeMap;

use bytes::Bytes;
use pager::{ContentId, FileHash, HashAlgorithm};

/// What a party sends from and stores to.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    /// Files to send. A file may become shorter while it is sent.
    sources: BTreeMap<ContentId, Bytes>,
    /// Files being received.
    partial: BTreeMap<ContentId, Vec<u8>>,
    /// Files received whole, under their final name.
    whole: BTreeMap<ContentId, Vec<u8>>,
    /// Octets that fit; more cannot be stored.
    pub(crate) room: Option<usize>,
}

impl Disk {
    pub(crate) fn add_source(&mut self, content: ContentId, octets: Bytes) {
        self.sources.insert(content, octets);
    }

    /// Exactly `len` octets from `offset`, or nothing.
    pub(crate) fn read(&self, content: ContentId, offset: u64, len: usize) -> Option<Bytes> {
        let start = usize::try_from(offset).ok()?;
        let end = start.checked_add(len)?;
        let source = self.sources.get(&content)?;
        (end <= source.len()).then(|| source.slice(start..end))
    }

    /// Whether there was room.
    pub(crate) fn write(&mut self, content: ContentId, offset: u64, octets: &[u8]) -> bool {
        let Ok(start) = usize::try_from(offset) else { return false };
        let end = start.saturating_add(octets.len());
        if self.room.is_some_and(|room| end > room) {
            return false;
        }
        let file = self.partial.entry(content).or_default();
        if file.len() < end {
            file.resize(end, 0);
        }
        if let Some(place) = file.get_mut(start..end) {
            place.copy_from_slice(octets);
        }
        true
    }

    /// The hash of the first `octets` of what was written; nothing if there are not as many.
    pub(crate) fn hash(&self, content: ContentId, octets: u64, algorithm: HashAlgorithm) -> Option<FileHash> {
        let partial = self.partial.get(&content).map_or(&[][..], Vec::as_slice);
        Some(FileHash::of(algorithm, partial.get(..usize::try_from(octets).ok()?)?))
    }

    pub(crate) fn commit(&mut self, content: ContentId) {
        let file = self.partial.remove(&content).unwrap_or_default();
        self.whole.insert(content, file);
    }

    pub(crate) fn discard(&mut self, content: ContentId) {
        self.partial.remove(&content);
    }

    pub(crate) fn stored(&self, content: ContentId) -> Option<&[u8]> {
        self.whole.get(&content).map(Vec::as_slice)
    }

    /// Whether no file is left half received.
    pub(crate) fn is_clean(&self) -> bool {
        self.partial.is_empty()
    }
}
