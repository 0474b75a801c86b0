//! Which outgoing message is next: reads and turns.

use super::{Config, Connection, MessageKey, Output, Phase};

/// Octets of content a chunk may always have, whatever else is on the connection.
const SHARED_CHUNK: usize = 16 << 10;

impl Connection {
    /// Asks for content and hands chunks out, as far as the window allows.
    pub(super) fn pump(&mut self) {
        if self.phase != Phase::Open {
            return;
        }
        self.ask();
        self.hand();
    }

    /// Asks for content. Each message has its share of the window, so that none waits for a source while the content
    /// of another, which may be at hand, finds no room.
    fn ask(&mut self) {
        let mut passed_over = 0;
        while passed_over < self.asking.len()
            && let Some(&key) = self.asking.front()
        {
            let chunk_size = self.chunk_size(key);
            let share = self.config.window / self.asking.len();
            let Some(message) = self.outgoing.get(&key) else {
                self.asking.pop_front();
                continue;
            };
            let Some(len) = message.next_read(chunk_size) else {
                self.asking.pop_front();
                continue;
            };
            let (octets, _) = message.buffered();
            if octets > 0 && octets.saturating_add(len) > share {
                passed_over += 1;
                self.asking.rotate_left(1);
                continue;
            }
            if !self.may_read(len) {
                break;
            }
            passed_over = 0;
            self.asking.pop_front();
            if let Some(message) = self.outgoing.get_mut(&key) {
                let offset = message.asked;
                message.asked = offset.saturating_add(len.try_into().unwrap_or(u64::MAX));
                message.reads.push_back(len);
                self.buffered_octets += len;
                self.buffered_chunks += 1;
                self.outputs.push_back(Output::Read { message: key, offset, len });
                self.asking.push_back(key);
            }
        }
    }

    /// Hands chunks out.
    fn hand(&mut self) {
        // What the driver was given is first come, first served; so give it little, and responses and other
        // messages do not wait long.
        let ahead = (self.config.window / 4).max(self.config.chunk_size);
        while self.wire.unwritten() < ahead
            && let Some(key) = self.handing.pop_front()
        {
            let held_back = self.is_held_back(key);
            let Some(message) = self.outgoing.get_mut(&key) else { continue };
            message.queued = false;
            if held_back {
                message.parked = true;
                self.parked.push(key);
            } else {
                self.hand_out(key);
                self.enqueue(key);
            }
        }
    }

    /// Octets of the next chunk of a message: fewer through relays, and fewer the more messages share the connection.
    fn chunk_size(&self, key: MessageKey) -> usize {
        let session = self.outgoing.get(&key).and_then(|message| self.sessions.get(&message.session));
        let relayed = session.is_some_and(|session| session.is_relayed());
        let most = self.config.chunk_size.min(if relayed { Config::RELAY_CHUNK_SIZE } else { usize::MAX });
        most.min((self.config.chunk_size / self.asking.len().max(1)).max(SHARED_CHUNK))
    }

    /// Lets a message that has a chunk wait for its turn.
    pub(super) fn enqueue(&mut self, key: MessageKey) {
        if let Some(message) = self.outgoing.get_mut(&key)
            && !message.queued
            && !message.parked
            && message.has_chunk()
        {
            message.queued = true;
            self.handing.push_back(key);
        }
    }

    /// Whether the window and the number of open transactions allow to ask for `len` octets more.
    fn may_read(&self, len: usize) -> bool {
        let under_way = self.buffered_octets.saturating_add(self.wire.unwritten());
        let chunks = self.transactions.due().saturating_add(self.buffered_chunks);
        (under_way == 0 || under_way.saturating_add(len) <= self.config.window)
            && chunks < self.config.limits.max_transactions.max(1)
    }
}
