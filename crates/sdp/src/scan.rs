//! `Controls`: finds line ends and stray control characters in one pass over a document, eight bytes at a time.

/// Where the bytes below 0x0e lie in a text, in order: NUL, LF, CR, and others that matter less.
#[derive(Debug, Clone)]
pub(crate) struct Controls<'a> {
    text: &'a [u8],
    /// The words behind the one that is looked at.
    words: core::slice::Iter<'a, [u8; 8]>,
    tail: &'a [u8],
    /// Where the word that is looked at starts.
    base: usize,
    /// Where the next one starts.
    next: usize,
    /// The highest bit of each byte of the word that is found and not handed out.
    found: u64,
}

impl<'a> Controls<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        let (words, tail) = text.as_chunks();
        Self { text, words: words.iter(), tail, base: 0, next: 0, found: 0 }
    }

    /// Looks at the next word; `None` at the end.
    fn advance(&mut self) -> Option<()> {
        let word = match self.words.next() {
            Some(word) => *word,
            None => {
                let mut word = [b' '; 8];
                let rest = core::mem::take(&mut self.tail);
                word.get_mut(..rest.len())?.copy_from_slice(rest);
                (!rest.is_empty()).then_some(word)?
            }
        };
        self.base = self.next;
        self.next += 8;
        self.found = below_0x0e(u64::from_le_bytes(word));
        Some(())
    }
}

impl Iterator for Controls<'_> {
    type Item = (usize, u8);

    #[inline]
    fn next(&mut self) -> Option<(usize, u8)> {
        while self.found == 0 {
            self.advance()?;
        }
        let place = usize::try_from(self.found.trailing_zeros() / 8).ok()?;
        // Takes the lowest bit away.
        self.found &= self.found - 1;
        let at = self.base + place;
        self.text.get(at).map(|&byte| (at, byte))
    }
}

/// The highest bit of each byte of `word` that is below 0x0e. No carry passes from one byte to the next.
const fn below_0x0e(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES << 7;
    // Sets the highest bit of each byte whose lower seven are at least 0x0e.
    let carried = (word & !HIGH) + ONES * (0x80 - 0x0e);
    !(carried | word) & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn finds_each_byte_value_at_each_place_and_nothing_else() {
        for length in 0..20 {
            for at in 0..length {
                for byte in 0..=255_u8 {
                    let mut text = [b'x', 0x8d, 0xff].repeat(7);
                    text.truncate(length);
                    text[at] = byte;
                    let found: Vec<_> = Controls::new(&text).collect();
                    let expected: Vec<_> = (byte < 0x0e).then_some((at, byte)).into_iter().collect();
                    assert_eq!(found, expected, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn finds_neighbours_across_words() {
        let text: Vec<u8> = (0..40).map(|i| if i % 3 == 2 { b'a' } else { b'\r' }).collect();
        let expected: Vec<_> = (0..40).filter(|i| i % 3 != 2).map(|i| (i, b'\r')).collect();
        assert_eq!(Controls::new(&text).collect::<Vec<_>>(), expected);
    }
}
