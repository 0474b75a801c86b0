//! Looking at bytes 16 a step: at the visible part of a value, and for characters that XML does not allow.

use grammar::CharClass;
use wide::u8x16;

/// Visible ASCII that needs no escape in a value of either quote.
const VISIBLE: CharClass = CharClass::NONE.with_range(0x21, 0x7e).without(b"\"'&<");

/// How many bytes at the start of `text` are visible ASCII and need no escape in a value of either quote.
#[inline]
pub(crate) fn visible_span(text: &[u8]) -> usize {
    let (blocks, rest) = text.as_chunks::<16>();
    for (i, block) in blocks.iter().enumerate() {
        let block = u8x16::new(*block);
        let is = |byte| block.simd_eq(u8x16::splat(byte));
        let invisible =
            block.min(u8x16::splat(0x20)).simd_eq(block) | block.max(u8x16::splat(0x7f)).simd_eq(block);
        let stops = (invisible | is(b'"') | is(b'\'') | is(b'&') | is(b'<')).to_bitmask();
        if stops != 0 {
            return 16 * i + usize::try_from(stops.trailing_zeros()).unwrap_or_default();
        }
    }
    16 * blocks.len() + VISIBLE.span(rest)
}

/// Whether no byte of `text` may be part of a character that XML does not allow: no control character but tab and line
/// ends, and nothing of U+FFFE and U+FFFF. Most texts have none.
pub(crate) fn are_allowed(text: &[u8]) -> bool {
    let (blocks, rest) = text.as_chunks::<16>();
    let mut suspects = u8x16::splat(0);
    for block in blocks {
        let block = u8x16::new(*block);
        let is = |byte| block.simd_eq(u8x16::splat(byte));
        let below = block.min(u8x16::splat(0x1f)).simd_eq(block);
        let space = is(b'\t') | is(b'\n') | is(b'\r');
        // Space is below: what is one and not the other is a control character.
        suspects |= (below ^ space) | is(0xef);
    }
    let suspect = |byte: &u8| (*byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) || *byte == 0xef;
    suspects.to_bitmask() == 0 && !rest.iter().any(suspect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_visible_part_of_a_value_ends_at_the_same_byte_wherever_that_is() {
        let visible = |byte: u8| (0x21..=0x7e).contains(&byte) && !b"\"'&<".contains(&byte);
        for byte in 0..=255 {
            for at in 0..36 {
                for behind in [b'a', 0xff, b'"', 0] {
                    let mut text = [b'%'; 40];
                    text[at] = byte;
                    text[at + 1..].fill(behind);
                    let expected = text.iter().position(|&byte| !visible(byte)).unwrap_or(40);
                    assert_eq!(visible_span(&text), expected, "{byte} at {at}");
                }
            }
        }
    }

    #[test]
    fn xml_2_2_a_byte_of_what_is_not_allowed_is_seen_wherever_it_stands() {
        for byte in 0..=255_u8 {
            let allowed = (byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r')) && byte != 0xef;
            for at in 0..40 {
                let mut text = [b'\n'; 40];
                text[at] = byte;
                assert_eq!(are_allowed(&text), allowed, "{byte} at {at}");
            }
        }
    }
}
