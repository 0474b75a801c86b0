//! Searches over 16 bytes a step: for the bytes that end lines or should not be in one, and for the end of a URI.
//!
//! Lines are too short for a search with wider steps to pay for its start.

use wide::u8x16;

use crate::index::offset;

/// Bytes looked at in one step.
pub(crate) const STEP: usize = 16;

/// The first control byte (below SP, or DEL) at or after `from`; HTAB is one.
#[inline]
pub(crate) fn control_at(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let at = search(rest, controls, |byte| byte.is_ascii_control())?;
    Some(from + at)
}

/// The first byte of `bytes` that no Request-URI holds: what is not visible, and quoting marks.
#[inline]
pub(crate) fn uri_len(bytes: &[u8]) -> usize {
    let ends = |block| {
        let [space, quote] = [b' ', b'"'].map(|byte| equal(block, byte));
        controls(block) | space | quote | equal(block, b'<') | equal(block, b'>')
    };
    let ends_one = |byte: u8| byte.is_ascii_control() || matches!(byte, b' ' | b'"' | b'<' | b'>');
    search(bytes, ends, ends_one).unwrap_or(bytes.len())
}

/// The first byte that is searched for: `found` has a bit for each byte of a step, `is_found` tells it of one byte.
#[inline]
fn search(bytes: &[u8], found: impl Fn([u8; STEP]) -> u32, is_found: impl Fn(u8) -> bool) -> Option<usize> {
    let (blocks, rest) = bytes.as_chunks();
    let mut left = blocks.iter();
    while let Some(block) = left.next() {
        let found = found(*block);
        if found != 0 {
            let after = left.as_slice().len() * STEP + rest.len();
            return Some((bytes.len() - after).wrapping_sub(STEP) + offset(found.trailing_zeros()));
        }
    }
    rest.iter().position(|&byte| is_found(byte)).map(|i| bytes.len() - rest.len() + i)
}

/// A bit for each byte that is a control byte, the first byte the lowest.
#[inline]
pub(crate) fn controls(block: [u8; STEP]) -> u32 {
    let block = u8x16::new(block);
    let below_space = block.min(u8x16::splat(0x1f)).simd_eq(block);
    (below_space | block.simd_eq(u8x16::splat(0x7f))).to_bitmask()
}

/// A bit for each byte that is `byte`.
#[inline]
pub(crate) fn equal(block: [u8; STEP], byte: u8) -> u32 {
    u8x16::new(block).simd_eq(u8x16::splat(byte)).to_bitmask()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_control_byte_is_found_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            for at in 0..40 {
                let mut text = [b'x'; 40];
                text[at] = byte;
                text[39] = 0x7f;
                let expected = if byte.is_ascii_control() { at } else { 39 };
                for from in 0..=at {
                    assert_eq!(control_at(&text, from), Some(expected), "{byte:#x} at {at}");
                }
            }
        }
    }

    #[test]
    fn other_bytes_are_no_control_bytes() {
        let text: alloc::vec::Vec<u8> = (0x20..=0xff).filter(|&byte| byte != 0x7f).collect();
        assert_eq!(control_at(&text, 0), None);
        assert_eq!((control_at(b"", 0), control_at(b"a\n", 2), control_at(b"a\n", 3)), (None, None, None));
        assert_eq!(control_at(b"\x80\x81\xff\xfe\xa0\x9f\n\r", 0), Some(6));
    }

    #[test]
    fn a_uri_ends_at_what_is_not_visible_and_at_quoting_marks() {
        for byte in 0..=u8::MAX {
            for at in 0..40 {
                let mut text = [b'x'; 40];
                text[at] = byte;
                let ends = byte <= b' ' || byte == 0x7f || b"<>\"".contains(&byte);
                assert_eq!(uri_len(&text), if ends { at } else { 40 }, "{byte:#x} at {at}");
            }
        }
    }
}
