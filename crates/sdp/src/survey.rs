//! `Survey`: how often the bytes stand in a document that lines are made of.

use wide::u8x16;

use crate::scan::{STEP, Tail, equal};

/// What one look over a document finds, before any of its lines is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Survey {
    /// Line feeds.
    pub(crate) lf: usize,
    /// Bytes that no line has, but for the CR at its end.
    pub(crate) cr_or_nul: usize,
    /// No byte is beyond ASCII.
    pub(crate) ascii: bool,
}

/// Blocks whose counts fit into a byte.
const RUN: usize = 255;

impl Survey {
    /// Counts in one pass, in each place of a block by itself.
    pub(crate) fn of(text: &[u8]) -> Self {
        let (blocks, _) = text.as_chunks();
        let Tail { block, before } = Tail::of(text);
        let block = u8x16::new(block);
        let count = |found: u8x16| usize::try_from((found.to_bitmask() >> before).count_ones()).unwrap_or(0);
        let mut survey = Self {
            lf: count(equal(block, b'\n')),
            cr_or_nul: count(equal(block, b'\r') | equal(block, 0)),
            ascii: block.to_bitmask() == 0,
        };
        for run in blocks.chunks(RUN) {
            let mut counts = Counts::default();
            run.iter().for_each(|block| counts.add(block));
            survey.add(counts);
        }
        survey
    }

    #[inline]
    fn add(&mut self, counts: Counts) {
        self.lf += sum(counts.lf);
        self.cr_or_nul += sum(counts.cr_or_nul);
        self.ascii &= counts.bits.to_bitmask() == 0;
    }
}

/// The counts of at most [`RUN`] blocks, and all bits of their bytes.
#[derive(Default)]
struct Counts {
    lf: u8x16,
    cr_or_nul: u8x16,
    bits: u8x16,
}

impl Counts {
    #[inline]
    fn add(&mut self, block: &[u8; STEP]) {
        let block = u8x16::new(*block);
        // Where two bytes are equal, all bits are set: minus one.
        self.lf -= equal(block, b'\n');
        self.cr_or_nul -= equal(block, b'\r') | equal(block, 0);
        self.bits |= block;
    }
}

/// The sum of all counts: first of neighbours, then of the four sums in a word, by a multiplication.
#[inline]
fn sum(counts: u8x16) -> usize {
    const EVEN: u64 = 0x00ff_00ff_00ff_00ff;
    let counts = counts.to_array();
    let (words, _) = counts.as_chunks();
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    let pairs: u64 = words.map(|word| (word & EVEN) + (word >> 8 & EVEN)).sum();
    usize::try_from(pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn bytes_are_counted_wherever_they_stand() {
        let lengths =
            (0..50).chain([RUN * STEP - STEP, RUN * STEP - 1, RUN * STEP, 2 * RUN * STEP + 1, 20_000]);
        for length in lengths {
            for text in ["\n", "\r\n", "a\r\n\0", "v=0\r\no=\u{e4}"] {
                let text: Vec<u8> = text.bytes().cycle().take(length).collect();
                let count = |bytes: &[u8]| text.iter().filter(|byte| bytes.contains(byte)).count();
                let survey = Survey::of(&text);
                assert_eq!((survey.lf, survey.cr_or_nul), (count(b"\n"), count(b"\r\0")), "{length}");
                assert_eq!(survey.ascii, text.is_ascii(), "{length}");
            }
        }
    }
}
