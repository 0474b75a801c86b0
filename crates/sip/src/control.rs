//! `control_at`: the search that finds the ends of lines and the bytes no line should hold, in one pass.

use crate::index::offset;

/// The first control byte (below SP, or DEL) at or after `from`; HTAB is one.
///
/// Eight bytes at a time: lines are too short for a vectorised search to pay for its start.
#[inline]
pub(crate) fn control_at(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let (words, tail) = rest.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let found = controls(u64::from_le_bytes(*word));
        if found != 0 {
            return Some(from + 8 * i + offset(found.trailing_zeros() / 8));
        }
    }
    let tail_at = bytes.len() - tail.len();
    tail.iter().position(|byte| byte.is_ascii_control()).map(|i| tail_at + i)
}

/// The top bit of each byte that is a control byte; bits above the lowest one may be set wrongly.
#[inline]
const fn controls(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    let below_space = word.wrapping_sub(ONES * 0x20) & !word;
    let del = word ^ (ONES * 0x7f);
    let del = del.wrapping_sub(ONES) & !del;
    (below_space | del) & (ONES * 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_control_byte_is_found_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            for at in 0..20 {
                let mut text = [b'x'; 20];
                text[at] = byte;
                text[19] = 0x7f;
                let expected = if byte.is_ascii_control() { at } else { 19 };
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
}
