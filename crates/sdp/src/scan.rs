//! Searches over 16 bytes a step: for line ends, and for the end of a name.
//!
//! Lines are too short for a search with wider steps to pay for its start.

use core::slice::Iter;

use grammar::CharClass;
use wide::u8x16;

/// Bytes looked at in one step.
const STEP: usize = 16;

/// Where each LF of a text stands, in order.
#[derive(Debug, Clone)]
pub(crate) struct LineEnds<'a> {
    blocks: Iter<'a, [u8; STEP]>,
    /// The bytes behind the last block, and blanks.
    last: Option<[u8; STEP]>,
    /// A bit for each LF of the running block that was not given so far.
    found: u32,
    /// Where the running block starts, and the one behind it.
    block: usize,
    next: usize,
}

impl<'a> LineEnds<'a> {
    #[inline]
    pub(crate) fn of(text: &'a [u8]) -> Self {
        let (blocks, tail) = text.as_chunks();
        let last = (!tail.is_empty()).then(|| padded(tail));
        Self { blocks: blocks.iter(), last, found: 0, block: 0, next: 0 }
    }
}

impl Iterator for LineEnds<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.found == 0 {
            let block = match self.blocks.next() {
                Some(block) => *block,
                None => self.last.take()?,
            };
            self.found = equal(u8x16::new(block), b'\n').to_bitmask();
            self.block = self.next;
            self.next += STEP;
        }
        let at = self.found.trailing_zeros();
        self.found &= self.found - 1;
        Some(self.block + usize::try_from(at).unwrap_or(0))
    }
}

/// How many bytes of `text` from `start` on are of a token: a name mostly ends within one step.
#[inline]
pub(crate) fn token_span(text: &[u8], start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let plain = rest.first_chunk().map_or(0, |block| (!plain(*block)).trailing_zeros());
    let plain = usize::try_from(plain).unwrap_or(0);
    plain + CharClass::TOKEN.span(rest.get(plain..).unwrap_or_default())
}

/// A bit for each byte that names are made of, and above them none.
#[inline]
fn plain(block: [u8; STEP]) -> u32 {
    let block = u8x16::new(block);
    let lower = block.max(u8x16::splat(b'a')).min(u8x16::splat(b'z')).simd_eq(block);
    (lower | equal(block, b'-')).to_bitmask()
}

#[inline]
fn equal(block: u8x16, byte: u8) -> u8x16 {
    block.simd_eq(u8x16::splat(byte))
}

/// Fewer bytes than a block has, with blanks behind them.
#[inline]
pub(crate) fn padded(tail: &[u8]) -> [u8; STEP] {
    let mut last = [b' '; STEP];
    for (place, &byte) in last.iter_mut().zip(tail) {
        *place = byte;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn line_ends_are_found_wherever_they_stand() {
        for length in 0..50 {
            for step in 1..20 {
                let text: Vec<u8> = (0..length).map(|at| if at % step == 0 { b'\n' } else { b'x' }).collect();
                let expected: Vec<usize> = (0..length).step_by(step).collect();
                assert_eq!(LineEnds::of(&text).collect::<Vec<_>>(), expected, "{length} {step}");
            }
        }
    }

    #[test]
    fn rfc8866_9_a_token_ends_where_the_class_says() {
        for byte in 0..=u8::MAX {
            for at in 0..40 {
                let mut text = [b'x'; 40];
                text[at] = byte;
                for start in 0..40 {
                    let expected = CharClass::TOKEN.span(&text[start..]);
                    assert_eq!(token_span(&text, start), expected, "{byte:#x} at {at} from {start}");
                }
            }
        }
        assert_eq!((token_span(b"", 0), token_span(b"x", 1), token_span(b"x", 2)), (0, 0, 0));
    }
}
