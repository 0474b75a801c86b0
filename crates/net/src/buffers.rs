//! `Buffers`: what reads of a connection fill, again and again.

use bytes::{Bytes, BytesMut};

/// Buffers that are kept: one being read into, and those whose octets are on their way through the machine to where
/// they are stored.
const KEPT: usize = 6;
/// Octets of the smallest buffer that is kept: the system gives larger ones page by page, each for a fault.
const SMALLEST: usize = 32 << 10;

/// Buffers that were handed out. One that nobody else holds any more is filled again.
#[derive(Debug, Default)]
pub(crate) struct Buffers(Vec<Bytes>);

impl Buffers {
    /// An empty buffer with room for `octets`.
    pub(crate) fn take(&mut self, octets: usize) -> BytesMut {
        for place in (0..self.0.len()).rev() {
            match self.0.swap_remove(place).try_into_mut() {
                Ok(mut buffer) => {
                    buffer.clear();
                    // One that is too small is gone with this.
                    if buffer.try_reclaim(octets) {
                        return buffer;
                    }
                }
                Err(busy) => self.0.push(busy),
            }
        }
        BytesMut::with_capacity(octets)
    }

    /// Hands out what was read.
    pub(crate) fn hand_out(&mut self, buffer: BytesMut) -> Bytes {
        let large = buffer.capacity() >= SMALLEST;
        let octets = buffer.freeze();
        if large && self.0.len() < KEPT {
            self.0.push(octets.clone());
        }
        octets
    }

    /// Forgets all of them: the connection has become slow.
    pub(crate) fn forget(&mut self) {
        self.0 = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(buffers: &mut Buffers, octets: usize) -> Bytes {
        let mut buffer = buffers.take(octets);
        assert!(buffer.is_empty() && buffer.capacity() >= octets);
        buffer.resize(octets, 7);
        buffers.hand_out(buffer)
    }

    #[test]
    fn a_buffer_that_came_back_is_filled_again_and_one_that_is_held_is_not() {
        let mut buffers = Buffers::default();
        let first = fill(&mut buffers, SMALLEST);
        let address = first.as_ptr();
        let part = first.slice(10..20);
        drop(first);
        assert_ne!(fill(&mut buffers, SMALLEST).as_ptr(), address, "a part is held");
        assert_eq!(part, [7; 10][..]);
        drop(part);
        let again: Vec<Bytes> = (0..2).map(|_| fill(&mut buffers, SMALLEST)).collect();
        assert!(
            again.iter().any(|octets| octets.as_ptr() == address),
            "both that came back are filled again"
        );
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut buffers = Buffers::default();
        let held: Vec<Bytes> = (0..3 * KEPT).map(|_| fill(&mut buffers, SMALLEST)).collect();
        assert_eq!((buffers.0.len(), held.len()), (KEPT, 3 * KEPT));
        buffers.forget();
        let small = fill(&mut buffers, SMALLEST - 1);
        assert!(buffers.0.is_empty(), "{}", small.len());
    }
}
