//! Searches over 16 bytes a step: for line ends, for the end of a name, and for bytes that a value cannot have.
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

/// Whether `text` is a token.
#[inline]
pub(crate) fn is_token(text: &[u8]) -> bool {
    all(text, plain) || CharClass::TOKEN.matches(text)
}

/// Whether `text` is visible ASCII; a text shorter than a step is not looked at and counts as if it was not.
#[inline]
pub(crate) fn is_long_and_visible(text: &[u8]) -> bool {
    all(text, |block| between(u8x16::new(block), 0x21, 0x7e).to_bitmask())
}

/// As [`is_long_and_visible`], and nothing in it is an angle bracket.
#[inline]
pub(crate) fn is_long_and_unbracketed(text: &[u8]) -> bool {
    all(text, |block| {
        let block = u8x16::new(block);
        let brackets = equal(block, b'<') | equal(block, b'>');
        between(block, 0x21, 0x7e).to_bitmask() & !brackets.to_bitmask()
    })
}

/// Whether `good` has a bit for each byte of `text`. The last bytes are looked at as a step that ends with the text, so
/// that one shorter than a step is never good.
#[inline]
fn all(text: &[u8], good: impl Fn([u8; STEP]) -> u32) -> bool {
    let Some(last) = text.last_chunk() else { return false };
    let (blocks, _) = text.as_chunks();
    blocks.iter().chain([last]).all(|block| good(*block) == ALL)
}

/// A bit for each byte of a step.
const ALL: u32 = (1 << STEP) - 1;

/// A bit for each byte that is a letter, a digit or a hyphen, as most of a token are; none above them.
#[inline]
fn plain(block: [u8; STEP]) -> u32 {
    let block = u8x16::new(block);
    let letters = between(block | u8x16::splat(0x20), b'a', b'z');
    (letters | between(block, b'0', b'9') | equal(block, b'-')).to_bitmask()
}

#[inline]
fn between(block: u8x16, first: u8, last: u8) -> u8x16 {
    block.max(u8x16::splat(first)).min(u8x16::splat(last)).simd_eq(block)
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
                    let (part, whole) = (&text[start..], start + expected == text.len());
                    assert_eq!(is_token(part), whole, "{byte:#x} at {at} from {start}");
                    let visible = part.len() >= STEP && part.iter().all(u8::is_ascii_graphic);
                    assert_eq!(is_long_and_visible(part), visible, "{byte:#x} at {at} from {start}");
                    let unbracketed = visible && !part.contains(&b'<') && !part.contains(&b'>');
                    assert_eq!(is_long_and_unbracketed(part), unbracketed, "{byte:#x} at {at} from {start}");
                }
            }
        }
        assert_eq!((token_span(b"", 0), token_span(b"x", 1), token_span(b"x", 2)), (0, 0, 0));
    }
}
