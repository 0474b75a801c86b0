//! What an idle connection gives back: most connections carry nothing most of the time.

use std::collections::{BTreeMap, VecDeque};

use bytes::BytesMut;

use super::Connection;

impl Connection {
    /// Gives back the room that queues and buffers took, if nothing is under way. Whoever has work keeps it: the room
    /// is asked for again with the next message, not with the next chunk.
    pub(super) fn rest(&mut self) {
        let is_busy = !self.incoming.is_empty()
            || self.outgoing.len() > self.waiting.len() + self.settled.len()
            || self.transactions.due() > 0
            || self.wire.unwritten() > 0
            || self.frame.is_some();
        if is_busy || self.outputs.capacity() == 0 {
            return;
        }
        self.outputs = VecDeque::new();
        self.asking = VecDeque::new();
        self.handing = VecDeque::new();
        self.scratch = BytesMut::new();
        self.waiting.shrink_to_fit();
        self.settled.shrink_to_fit();
        self.incoming = BTreeMap::new();
        self.transactions.rest();
        self.wire.rest();
    }
}
