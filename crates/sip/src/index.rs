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
    /// Fills the space that is not used yet.
    const NONE: Self = Self { start: 0, value_end: 0, value_from: 0, id: 0 };

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
    /// One past the empty line, or 0 while it is not found.
    head_len: u32,
    /// Where the first field with each of the first names of the table is, of those kept inline.
    first: [u8; Self::NOTED],
    /// All of them, once they no longer fit inline.
    spilled: Vec<Entry>,
}

impl Index {
    /// Header fields that fit without an allocation; a request of an IMS terminal has some 20.
    pub(crate) const INLINE: usize = 24;
    /// Names whose first field is found without a search: those a user agent asks every message for.
    const NOTED: usize = 16;
    /// In `first`: there is no such field, not inline.
    const ABSENT: u8 = u8::MAX;

    pub(crate) const fn new() -> Self {
        Self {
            inline: [Entry::NONE; Self::INLINE],
            len: 0,
            head_len: 0,
            first: [Self::ABSENT; Self::NOTED],
            spilled: Vec::new(),
        }
    }

    /// Appends an entry; see [`Entry`]. It comes in parts, for in registers they are written at once.
    #[inline]
    pub(crate) fn push(&mut self, start: u32, value_from: u16, value_end: u32, id: u8) {
        let Some(slot) = self.inline.get_mut(self.len) else {
            self.spill(start, value_from, value_end, id);
            self.len += 1;
            return;
        };
        *slot = Entry { start, value_end, value_from, id };
        if let Some(first) = self.first.get_mut(usize::from(id))
            && *first == Self::ABSENT
        {
            *first = u8::try_from(self.len).unwrap_or(Self::ABSENT);
        }
        self.len += 1;
    }

    #[cold]
    #[inline(never)]
    fn spill(&mut self, start: u32, value_from: u16, value_end: u32, id: u8) {
        if self.spilled.is_empty() {
            self.spilled.reserve(4 * Self::INLINE);
            self.spilled.extend_from_slice(&self.inline);
        }
        self.spilled.push(Entry { start, value_end, value_from, id });
    }

    /// Notes where the head ends.
    pub(crate) const fn end(&mut self, head_len: u32) {
        self.head_len = head_len;
    }

    #[inline]
    pub(crate) fn head_len(&self) -> usize {
        offset(self.head_len)
    }

    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn entries(&self) -> &[Entry] {
        match self.inline.get(..self.len) {
            Some(entries) => entries,
            None => &self.spilled,
        }
    }

    /// All entries of `name`, in their order.
    #[inline]
    pub(crate) fn named(&self, name: HeaderName) -> impl Iterator<Item = &Entry> {
        let from = match self.first.get(usize::from(name.id())) {
            Some(&Self::ABSENT) => Self::INLINE.min(self.len),
            Some(&first) => usize::from(first),
            None => 0,
        };
        self.entries().get(from..).unwrap_or_default().iter().filter(move |entry| entry.is(name))
    }
}

impl core::fmt::Debug for Index {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.entries()).finish()
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
            index.push(i, 1, i + 2, 0);
            assert_eq!(index.entries().len(), usize::try_from(i).unwrap() + 1);
        }
        assert!(index.entries().iter().map(|entry| entry.start).eq(0..100));
        assert!(index.named(HeaderName::VIA).map(|entry| entry.start).eq(0..100));
    }

    #[test]
    fn a_name_is_found_wherever_its_first_field_stands() {
        for before in [0, 1, 23, 24, 253, 254, 255, 256, 1000] {
            for name in [HeaderName::TO, HeaderName::WARNING] {
                let mut index = Index::new();
                for i in 0..before {
                    index.push(i, 1, i + 2, HeaderName::UNKNOWN_ID);
                }
                assert_eq!(index.named(name).count(), 0);
                index.push(before, 1, 9, name.id());
                index.push(before + 1, 1, 9, name.id());
                assert!(index.named(name).map(|entry| entry.start).eq([before, before + 1]), "{before}");
            }
        }
    }
}
