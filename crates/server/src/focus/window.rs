//! `Window`: the part of a message that its sender has sent and its slowest recipient has not taken.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// Content between one sender and any number of readers. Offsets are octets of the message, from 0.
///
/// Holds what it is given; how much that is at most is the sender's credit, which [`Self::release`] gives back.
#[derive(Debug, Default)]
pub(crate) struct Window {
    /// The content from `start` to `end`, in the pieces it came in.
    pieces: VecDeque<Bytes>,
    start: u64,
    end: u64,
}

/// The sender left a gap: content that cannot be sent on in order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gap;

impl Window {
    /// Where the content ends that is there.
    pub(crate) const fn end(&self) -> u64 {
        self.end
    }

    /// Takes content that starts at `offset`, and says how many octets of it were there already (RFC 4975
    /// §7.3.1: chunks may overlap) and are the sender's to send again at once.
    pub(crate) fn push(&mut self, offset: u64, content: Bytes) -> Result<u64, Gap> {
        let known = self.end.checked_sub(offset).ok_or(Gap)?;
        let length = octets(&content);
        // Differs: of two versions of an octet the first wins, because it may be with the recipients already.
        let fresh = content.slice(usize::try_from(known.min(length)).unwrap_or(content.len())..);
        if !fresh.is_empty() {
            self.end += octets(&fresh);
            self.pieces.push_back(fresh);
        }
        Ok(known.min(length))
    }

    /// `len` octets from `offset`; `None` until all of them are there. Copies only across pieces.
    pub(crate) fn read(&self, offset: u64, len: usize) -> Option<Bytes> {
        let mut skip = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        if offset.checked_add(u64::try_from(len).ok()?)? > self.end {
            return None;
        }
        if len == 0 {
            return Some(Bytes::new());
        }
        let mut out: Option<BytesMut> = None;
        for piece in &self.pieces {
            if skip >= piece.len() {
                skip -= piece.len();
                continue;
            }
            let have = out.as_ref().map_or(0, BytesMut::len);
            let take = (piece.len() - skip).min(len - have);
            let part = piece.slice(skip..skip + take);
            skip = 0;
            match &mut out {
                None if take == len => return Some(part),
                None => out.insert(BytesMut::with_capacity(len)).extend_from_slice(&part),
                Some(out) => out.extend_from_slice(&part),
            }
            if have + take == len {
                break;
            }
        }
        Some(out.unwrap_or_default().freeze())
    }

    /// Lets go of everything before `offset`; how many octets that are.
    pub(crate) fn release(&mut self, offset: u64) -> u64 {
        let until = offset.min(self.end);
        let freed = until.saturating_sub(self.start);
        let mut rest = usize::try_from(freed).unwrap_or(usize::MAX);
        while rest > 0 {
            let Some(piece) = self.pieces.front_mut() else { break };
            if piece.len() > rest {
                let _ = piece.split_to(rest);
                break;
            }
            rest -= piece.len();
            self.pieces.pop_front();
        }
        self.start += freed;
        freed
    }
}

/// Length in octets.
fn octets(content: &Bytes) -> u64 {
    u64::try_from(content.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> Window {
        let mut window = Window::default();
        for (offset, piece) in [(0, "abc"), (3, "defg"), (7, "h")] {
            assert_eq!(window.push(offset, Bytes::from_static(piece.as_bytes())), Ok(0));
        }
        window
    }

    #[test]
    fn every_range_that_is_there_is_read_and_no_other() {
        let window = filled();
        let all = b"abcdefgh";
        for start in 0..=8_u8 {
            for end in start..=8 {
                let read = window.read(start.into(), usize::from(end - start)).unwrap();
                assert_eq!(read, all[start.into()..end.into()], "{start}..{end}");
            }
            assert!(window.read(start.into(), usize::from(9 - start)).is_none());
        }
        assert!(window.read(u64::MAX, 1).is_none());
    }

    #[test]
    fn what_was_released_is_gone_and_counted_once() {
        for at in 0..=8_u8 {
            let mut window = filled();
            assert_eq!(window.release(at.into()), u64::from(at));
            assert_eq!(window.release(at.into()), 0);
            assert_eq!(window.read(at.into(), usize::from(8 - at)).unwrap(), b"abcdefgh"[at.into()..]);
            assert!(at == 0 || window.read(0, 1).is_none());
            assert_eq!(window.release(99), u64::from(8 - at));
            assert!(window.pieces.is_empty());
        }
    }

    #[test]
    fn rfc4975_7_3_1_overlap_is_given_back_and_a_gap_is_refused() {
        let mut window = filled();
        assert_eq!(window.push(6, Bytes::from_static(b"XYij")), Ok(2));
        assert_eq!(window.read(6, 4).unwrap(), "ghij");
        assert_eq!(window.push(0, Bytes::from_static(b"abc")), Ok(3));
        assert_eq!(window.push(11, Bytes::from_static(b"l")), Err(Gap));
        assert_eq!(window.end(), 10);
    }
}
