//! Searches over 16 bytes a step: for line ends, for the end of a name, and for bytes that a value cannot have.
//!
//! Lines are too short for a search with wider steps to pay for its start.

use grammar::CharClass;
use wide::{u8x16, u8x32};

/// Bytes looked at in one step.
pub(crate) const STEP: usize = 16;

/// Hands on where each LF of a text stands, in order, until one is refused. Two steps are taken at once: few lines are
/// shorter.
#[inline]
pub(crate) fn line_ends<E>(text: &[u8], mut take: impl FnMut(usize) -> Result<(), E>) -> Result<(), E> {
    const WIDE: usize = 2 * STEP;
    let (blocks, tail) = text.as_chunks();
    let mut blocks = blocks.iter();
    let mut last = (!tail.is_empty()).then(|| Tail::<WIDE>::of(text));
    let mut start = 0;
    loop {
        let Tail { block, before } = match blocks.next() {
            Some(block) => Tail { block: *block, before: 0 },
            None => match last.take() {
                Some(last) => last,
                None => return Ok(()),
            },
        };
        let mut found = u8x32::new(block).simd_eq(u8x32::splat(b'\n')).to_bitmask() >> before;
        while found != 0 {
            take(start + wide(found.trailing_zeros()))?;
            found &= found - 1;
        }
        start += WIDE;
    }
}

/// How many bytes at the start of a block are letters, digits and hyphens, as those of nearly all names are.
#[inline]
pub(crate) fn plain_span(block: &[u8; STEP]) -> u16 {
    u16::try_from((!plain(*block)).trailing_zeros()).unwrap_or(0)
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

/// Where the first `byte` stands in `text` from `start` on, or the length of `text`.
#[inline(never)]
pub(crate) fn find(text: &[u8], start: usize, byte: u8) -> usize {
    first(text, start, |block| equal(block, byte).to_bitmask(), |other| other == byte)
}

/// Where the first of two bytes stands in `text` from `start` on, or the length of `text`.
#[inline(never)]
pub(crate) fn find_either(text: &[u8], start: usize, one: u8, other: u8) -> usize {
    let hits = |block| (equal(block, one) | equal(block, other)).to_bitmask();
    first(text, start, hits, |byte| byte == one || byte == other)
}

/// Where the first byte from `at` on stands that is a `hit`, which has a bit in `hits`, or the length of `text`.
#[inline]
fn first(text: &[u8], mut at: usize, hits: impl Fn(u8x16) -> u32, hit: impl Fn(u8) -> bool) -> usize {
    let (blocks, tail) = text.get(at..).unwrap_or_default().as_chunks::<STEP>();
    for block in blocks {
        let found = hits(u8x16::new(*block)) & ALL;
        if found != 0 {
            return at + wide(found.trailing_zeros());
        }
        at += STEP;
    }
    match text.last_chunk() {
        // The first of these bytes were looked at, or stand in front of where the search starts.
        Some(last) => {
            let found = (hits(u8x16::new(*last)) & ALL) >> (STEP - tail.len());
            text.len() - tail.len() + wide((found | 1 << tail.len()).trailing_zeros())
        }
        None => text.len() - tail.len() + tail.iter().position(|&byte| hit(byte)).unwrap_or(tail.len()),
    }
}

/// A count of bits.
#[inline]
fn wide(bits: u32) -> usize {
    usize::try_from(bits).unwrap_or(0)
}

/// The octets of 32 hex digits, in either letter case.
#[inline(never)]
pub(crate) fn octets(digits: &[u8; 2 * STEP]) -> Option<[u8; STEP]> {
    let (mut values, mut good) = ([[0; STEP]; 2], ALL);
    let (halves, _) = digits.as_chunks();
    for (values, &half) in values.iter_mut().zip(halves) {
        let half = u8x16::new(half);
        let decimal = between(half, b'0', b'9');
        let letter = between(half | u8x16::splat(0x20), b'a', b'f');
        good &= (decimal | letter).to_bitmask();
        // `A` and `a` have 1 in their lower half.
        *values = ((half & u8x16::splat(15)) + (letter & u8x16::splat(9))).to_array();
    }
    let (pairs, _) = values.as_flattened().as_chunks();
    let mut octets = [0; STEP];
    for (octet, &[high, low]) in octets.iter_mut().zip(pairs) {
        *octet = high << 4 | low;
    }
    (good == ALL).then_some(octets)
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
pub(crate) fn equal(block: u8x16, byte: u8) -> u8x16 {
    block.simd_eq(u8x16::splat(byte))
}

/// The bytes of a text that are behind its last whole block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tail<const N: usize> {
    pub(crate) block: [u8; N],
    /// How many bytes of the block do not count.
    pub(crate) before: usize,
}

impl<const N: usize> Tail<N> {
    /// The last bytes of the text, if it has enough: to fill up a block costs more than to look at some of them twice.
    #[inline]
    pub(crate) fn of(text: &[u8]) -> Self {
        let (_, tail) = text.as_chunks::<N>();
        match text.last_chunk() {
            Some(last) => Self { block: *last, before: N - tail.len() },
            None => Self { block: padded(tail), before: 0 },
        }
    }
}

/// Fewer bytes than a block has, with blanks behind them.
#[cold]
fn padded<const N: usize>(tail: &[u8]) -> [u8; N] {
    let mut last = [b' '; N];
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
        for length in 0..100 {
            for step in 1..20 {
                let text: Vec<u8> = (0..length).map(|at| if at % step == 0 { b'\n' } else { b'x' }).collect();
                let expected: Vec<usize> = (0..length).step_by(step).collect();
                let mut found = Vec::new();
                let all = line_ends(&text, |at| {
                    found.push(at);
                    Ok::<_, ()>(())
                });
                assert_eq!((found, all), (expected, Ok(())), "{length} {step}");
            }
        }
    }

    #[test]
    fn names_end_at_the_first_byte_that_is_not_plain() {
        for byte in 0..=u8::MAX {
            for at in 0..16 {
                let mut block = [b'x'; 16];
                block[at] = byte;
                let plain = byte.is_ascii_alphanumeric() || byte == b'-';
                assert_eq!(usize::from(plain_span(&block)), if plain { 16 } else { at }, "{byte:#x} at {at}");
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
                    let (part, whole) = (&text[start..], start + expected == text.len());
                    assert_eq!(is_token(part), whole, "{byte:#x} at {at} from {start}");
                    let visible = part.len() >= STEP && part.iter().all(u8::is_ascii_graphic);
                    assert_eq!(is_long_and_visible(part), visible, "{byte:#x} at {at} from {start}");
                    let unbracketed = visible && !part.contains(&b'<') && !part.contains(&b'>');
                    assert_eq!(is_long_and_unbracketed(part), unbracketed, "{byte:#x} at {at} from {start}");
                    let found = part.iter().position(|&other| other == byte).unwrap_or(part.len());
                    assert_eq!(find(&text, start, byte), start + found, "{byte:#x} at {at} from {start}");
                    assert_eq!(find(part, 0, byte), found, "{byte:#x} at {at} from {start}");
                    assert_eq!(find_either(part, 0, b'#', byte), found, "{byte:#x} at {at} from {start}");
                }
            }
        }
    }
}
