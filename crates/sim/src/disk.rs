//! `Disk`: the files of one party, in memory.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use pager::{ContentId, FileHash, HashAlgorithm, OfferedItem};

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
    /// Whether what broke off is kept for a later transfer.
    pub(crate) keeps: bool,
    /// What files being received are promised to be, and what is kept of those that broke off.
    promised: HashMap<ContentId, FileHash>,
    kept: HashMap<FileHash, Vec<u8>>,
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

    /// Makes ready for a file that is offered; false if only the rest of it is, and its start is not here.
    pub(crate) fn expect(&mut self, content: ContentId, item: &OfferedItem) -> bool {
        let OfferedItem::File { offer, .. } = item else { return true };
        let Some(hash) = FileHash::promised(offer) else { return true };
        self.promised.insert(content, hash);
        let there = offer.range.map_or(0, |range| range.start.saturating_sub(1));
        let there = usize::try_from(there).unwrap_or(usize::MAX);
        if there == 0 {
            return true;
        }
        let Some(kept) = self.kept.remove(&hash).filter(|kept| kept.len() >= there) else { return false };
        self.partial.insert(content, kept);
        true
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

    pub(crate) fn discard(&mut self, content: ContentId, resumable: bool) {
        let partial = self.partial.remove(&content);
        let hash = self.promised.remove(&content).filter(|_| resumable && self.keeps);
        self.kept.extend(hash.zip(partial));
    }

    /// What a crash leaves: what is kept, for who keeps it.
    pub(crate) fn crash(&mut self) {
        let promised = std::mem::take(&mut self.promised);
        for (content, octets) in std::mem::take(&mut self.partial) {
            if let Some(hash) = promised.get(&content).filter(|_| self.keeps) {
                self.kept.insert(*hash, octets);
            }
        }
        self.sources.clear();
        self.whole.clear();
    }

    pub(crate) fn stored(&self, content: ContentId) -> Option<&[u8]> {
        self.whole.get(&content).map(Vec::as_slice)
    }

    /// Whether no file is left half received.
    pub(crate) fn is_clean(&self) -> bool {
        self.partial.is_empty()
    }
}
