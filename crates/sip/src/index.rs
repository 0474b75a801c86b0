//! `Index`: where the header fields of a message are, kept inside the message for all usual sizes.

use alloc::vec::Vec;

use crate::header::HeaderName;

/// One header field: where it stands in the head, and which name it has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// First byte of the name.
    pub(crate) start: u32,
    /// One past the last byte of the value, white space after it left out.
    pub(crate) value_end: u32,
    /// First byte of the value, counted from `start`.
    value_from: u16,
    /// Number of the name, [`HeaderName::UNKNOWN_ID`] for one outside the table.
    id: u8,
}

impl Entry {
    const NONE: Self = Self { start: 0, value_end: 0, value_from: 0, id: HeaderName::UNKNOWN_ID };

    pub(crate) const fn new(start: u32, value_from: u16, value_end: u32, id: u8) -> Self {
        Self { start, value_end, value_from, id }
    }

    pub(crate) fn name(&self) -> Option<HeaderName> {
        HeaderName::from_id(self.id)
    }

    pub(crate) const fn is(&self, name: HeaderName) -> bool {
        self.id == name.id()
    }

    /// The range of the value in the head.
    #[inline]
    pub(crate) fn value(&self) -> core::ops::Range<usize> {
        offset(self.start) + usize::from(self.value_from)..offset(self.value_end)
    }

    /// From the name up to the end of the value.
    pub(crate) fn line(&self) -> core::ops::Range<usize> {
        offset(self.start)..offset(self.value_end)
    }
}

/// An offset in a head as an index; heads are shorter than 4 GiB on every platform.
#[inline]
pub(crate) fn offset(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

/// The header fields in their order. Up to [`Index::INLINE`] of them need no allocation.
#[derive(Clone)]
pub(crate) struct Index {
    inline: [Entry; Self::INLINE],
    len: usize,
    /// All of them, once they no longer fit inline.
    spilled: Vec<Entry>,
}

impl Index {
    /// Header fields that fit without an allocation; a request of an IMS terminal has some 20.
    pub(crate) const INLINE: usize = 24;

    pub(crate) const fn new() -> Self {
        Self { inline: [Entry::NONE; Self::INLINE], len: 0, spilled: Vec::new() }
    }

    #[inline]
    pub(crate) fn push(&mut self, entry: Entry) {
        match self.inline.get_mut(self.len) {
            Some(slot) => *slot = entry,
            None => {
                if self.spilled.is_empty() {
                    self.spilled.reserve(4 * Self::INLINE);
                    self.spilled.extend_from_slice(&self.inline);
                }
                self.spilled.push(entry);
            }
        }
        self.len += 1;
    }

    #[inline]
    pub(crate) fn entries(&self) -> &[Entry] {
        match self.inline.get(..self.len) {
            Some(entries) => entries,
            None => &self.spilled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_keep_their_order_when_they_spill() {
        assert_eq!(size_of::<Entry>(), 12);
        let mut index = Index::new();
        for i in 0..100 {
            index.push(Entry::new(i, 1, i + 2, 0));
            assert_eq!(index.entries().len(), usize::try_from(i).unwrap() + 1);
        }
        assert!(index.entries().iter().map(|entry| entry.start).eq(0..100));
    }
}
