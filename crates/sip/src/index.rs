//! `Index`: where the header fields of a message are, kept inside the message for all usual sizes.

use alloc::vec::Vec;

use crate::header::HeaderName;

/// One header field: where it stands in the head, and which name it has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// First byte of the name.
    start: u32,
    /// One past the last byte of the value, white space after it left out.
    value_end: u32,
    /// First byte of the value, counted from `start`.
    value_from: u16,
    /// Number of the name, [`HeaderName::UNKNOWN_ID`] for one outside the table.
    id: u8,
}

impl Entry {
    #[inline]
    #[expect(clippy::as_conversions, reason = "the caller keeps to the bounds of `Index::push`")]
    const fn new(start: usize, value_from: usize, value_end: usize, id: u8) -> Self {
        debug_assert!(start <= value_end && value_end <= Index::END && value_from <= 0xffff);
        Self { start: start as u32, value_end: value_end as u32, value_from: value_from as u16, id }
    }

    pub(crate) fn name(&self) -> Option<HeaderName> {
        HeaderName::from_id(self.id)
    }

    #[inline]
    pub(crate) const fn is(&self, name: HeaderName) -> bool {
        self.id == name.id()
    }

    /// First byte of the name in the head.
    #[inline]
    pub(crate) fn start(&self) -> usize {
        offset(self.start)
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

/// An entry of usual size in one word: where it starts, its number, where its value is in it.
#[derive(Clone, Copy)]
struct Short(u64);

impl Short {
    /// Fills the space that is not used yet.
    const NONE: Self = Self(0);

    /// `None` for a name of 250 bytes or a field of 64 KiB.
    #[inline]
    #[expect(clippy::as_conversions, reason = "widening")]
    const fn new(start: usize, value_from: usize, value_end: usize, id: u8) -> Option<Self> {
        let len = value_end.wrapping_sub(start);
        if value_from > 0xff || len > 0xffff {
            return None;
        }
        Some(Self(start as u64 | (id as u64) << 32 | (value_from as u64) << 40 | (len as u64) << 48))
    }

    #[inline]
    #[expect(clippy::as_conversions, reason = "cut into its parts")]
    const fn entry(self) -> Entry {
        let start = self.0 as u32;
        let len = (self.0 >> 48) as u32;
        Entry {
            start,
            value_end: start.wrapping_add(len),
            value_from: (self.0 >> 40) as u16 & 0xff,
            id: (self.0 >> 32) as u8,
        }
    }
}

/// An offset in a head as an index; heads are shorter than 4 GiB on every platform.
#[inline]
pub(crate) fn offset(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

/// The header fields in their order. Up to [`Index::INLINE`] of them need no allocation, more need one.
#[derive(Clone)]
pub(crate) struct Index {
    inline: [Short; Self::INLINE],
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
    /// No field is indexed that ends after this byte.
    pub(crate) const END: usize = 0xffff_fff0;
    /// Names whose first field is found without a search: those a user agent asks every message for.
    const NOTED: usize = 16;
    /// In `first`: there is no such field, not inline.
    const ABSENT: u8 = u8::MAX;

    pub(crate) const fn new() -> Self {
        Self {
            inline: [Short::NONE; Self::INLINE],
            len: 0,
            head_len: 0,
            first: [Self::ABSENT; Self::NOTED],
            spilled: Vec::new(),
        }
    }

    /// Appends an entry. `value_from` counts from `start` and is at most 65,535, `value_end` at most
    /// [`Index::END`].
    #[inline]
    pub(crate) fn push(&mut self, start: usize, value_from: usize, value_end: usize, id: u8) {
        let (Some(slot), Some(short), true) = (
            self.inline.get_mut(self.len),
            Short::new(start, value_from, value_end, id),
            self.spilled.is_empty(),
        ) else {
            return self.spill(Entry::new(start, value_from, value_end, id));
        };
        *slot = short;
        if let Some(first) = self.first.get_mut(usize::from(id))
            && *first == Self::ABSENT
        {
            *first = u8::try_from(self.len).unwrap_or(Self::ABSENT);
        }
        self.len = self.len.wrapping_add(1);
    }

    #[cold]
    #[inline(never)]
    fn spill(&mut self, entry: Entry) {
        if self.spilled.is_empty() {
            self.spilled.reserve(4 * Self::INLINE);
            self.spilled.extend(self.inline.iter().take(self.len).map(|short| short.entry()));
        }
        self.spilled.push(entry);
        self.len += 1;
    }

    /// The entries found, out of an index that is not used any more.
    #[inline]
    pub(crate) fn take(&mut self) -> Self {
        let Self { inline, len, head_len, first, ref mut spilled } = *self;
        Self { inline, len, head_len, first, spilled: core::mem::take(spilled) }
    }

    /// Notes where the head ends.
    pub(crate) const fn end(&mut self, head_len: usize) {
        self.head_len = Entry::new(0, 0, head_len, 0).value_end;
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
    fn get(&self, i: usize) -> Option<Entry> {
        match self.spilled.is_empty() {
            true => self.inline.get(i).map(|short| short.entry()),
            false => self.spilled.get(i).copied(),
        }
    }

    /// All entries, in their order.
    #[inline]
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = Entry> + ExactSizeIterator {
        (0..self.len).map(|i| self.get(i).unwrap_or(Short::NONE.entry()))
    }

    /// All entries of `name`, in their order.
    #[inline]
    pub(crate) fn named(&self, name: HeaderName) -> impl Iterator<Item = Entry> {
        let from = match self.first.get(usize::from(name.id())) {
            Some(&Self::ABSENT) if self.spilled.is_empty() => self.len,
            Some(&Self::ABSENT) | None => 0,
            Some(&first) => usize::from(first),
        };
        (from..self.len).filter_map(|i| self.get(i)).filter(move |entry| entry.is(name))
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
        assert_eq!((size_of::<Short>(), size_of::<Entry>()), (8, 12));
        let mut index = Index::new();
        for i in 0..100 {
            index.push(i, 1, i + 2, 0);
            assert_eq!(index.entries().len(), i + 1);
        }
        assert!(index.entries().map(|entry| entry.start()).eq(0..100));
        assert!(index.named(HeaderName::VIA).map(|entry| entry.start()).eq(0..100));
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
                index.push(before, 1, 9999, name.id());
                index.push(before + 1, 1, 9999, name.id());
                assert!(index.named(name).map(|entry| entry.start()).eq([before, before + 1]), "{before}");
            }
        }
    }

    #[test]
    fn fields_of_any_size_are_kept() {
        let fields =
            [(0, 2, 5), (7, 255, 400), (500, 256, 900), (1000, 2, 1000 + 65_535), (70_000, 5, 200_000)];
        for usual in [0, 1, 23, 24] {
            let mut index = Index::new();
            for i in 0..usual {
                index.push(i, 0, i, HeaderName::UNKNOWN_ID);
            }
            for (start, from, end) in fields {
                index.push(start, from, end, 0);
            }
            let found =
                index.named(HeaderName::VIA).map(|entry| (entry.start(), entry.value(), entry.line()));
            assert!(
                found.eq(fields.map(|(start, from, end)| (start, start + from..end, start..end))),
                "{usual}"
            );
            assert_eq!(index.entries().len(), usual + fields.len());
        }
    }
}
