//! The parts of a session that need no connection: messages in both directions and transactions.

mod incoming;
mod outgoing;
mod transaction;
mod wrapped;

use std::collections::VecDeque;

use grammar::{ByteStr, MediaRange, MediaType};

pub(crate) use incoming::{Answer, Incoming, Progress, Wrong};
pub(crate) use outgoing::{Brake, Outgoing};
pub(crate) use transaction::{Pending, Transactions};
pub(crate) use wrapped::{Wrapped, WrappedHead};

use crate::connection::{MessageKey, ReceivePolicy, Role, SessionConfig};
use crate::{StatusCode, Uri};

/// One session of a connection.
#[derive(Debug)]
pub(crate) struct Session {
    /// Our own URI.
    pub(crate) local: Uri,
    /// The To-Path of what we send.
    pub(crate) peer: std::vec::Vec<Uri>,
    pub(crate) role: Role,
    pub(crate) receive: Option<ReceivePolicy>,
    pub(crate) state: State,
    /// Whether the user was told that paths do not match.
    pub(crate) mismatched: bool,
    /// Incoming messages that are not answered for good, by Message-ID.
    open: std::vec::Vec<(ByteStr, MessageKey)>,
    /// Incoming messages that are, and what to answer to further chunks of them; oldest first.
    closed: VecDeque<(ByteStr, StatusCode)>,
}

/// Whether a session is bound to its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// The first SEND has not come (passive) or was not answered yet (active).
    Unbound,
    Bound,
    /// The peer does not take what we send.
    Failed,
}

impl Session {
    pub(crate) fn new(config: SessionConfig) -> Self {
        let SessionConfig { local, peer, role, receive } = config;
        Self {
            local: local.detach(),
            peer: peer.iter().map(Uri::detach).collect(),
            role,
            receive,
            state: State::Unbound,
            mismatched: false,
            open: std::vec::Vec::new(),
            closed: VecDeque::new(),
        }
    }

    /// Whether what we send goes through relays.
    pub(crate) fn is_relayed(&self) -> bool {
        self.peer.len() > 1
    }

    /// The incoming message of this id that is open.
    pub(crate) fn open(&self, id: &str) -> Option<MessageKey> {
        self.open.iter().find(|(open, _)| open == id).map(|&(_, key)| key)
    }

    pub(crate) fn open_count(&self) -> usize {
        self.open.len()
    }

    pub(crate) fn insert(&mut self, id: ByteStr, key: MessageKey) {
        self.open.push((id, key));
    }

    /// What to answer to a further chunk of a message that is over.
    pub(crate) fn closed(&self, id: &str) -> Option<StatusCode> {
        self.closed.iter().rev().find(|(closed, _)| closed == id).map(|&(_, status)| status)
    }

    /// Moves a message to those that are over, of which at most `max` are remembered.
    pub(crate) fn close(&mut self, id: ByteStr, status: StatusCode, max: usize) {
        self.open.retain(|(open, _)| *open != id);
        if self.open.is_empty() {
            self.open = std::vec::Vec::new();
        }
        // Many sessions see one message or two.
        if self.closed.len() < 4 {
            self.closed.reserve_exact(1);
        }
        self.closed.push_back((id, status));
        while self.closed.len() > max {
            self.closed.pop_front();
        }
    }
}

impl ReceivePolicy {
    /// Whether a message of this type is taken.
    pub(crate) fn takes(&self, content_type: &str) -> bool {
        fits_one(&self.accept_types, content_type)
    }

    /// Whether a message may wrap an entity of this type.
    pub(crate) fn takes_wrapped(&self, content_type: &str) -> bool {
        self.takes(content_type) || fits_one(&self.accept_wrapped_types, content_type)
    }

    /// Whether a message may have this many octets.
    pub(crate) fn fits(&self, size: u64) -> bool {
        self.max_size.is_none_or(|max| size <= max)
    }
}

/// Whether a media type is one of those that `patterns` allow.
fn fits_one(patterns: &[ByteStr], content_type: &str) -> bool {
    MediaType::parse(content_type).is_ok_and(|media_type| {
        let fits = |range: &ByteStr| MediaRange::parse(range).is_ok_and(|range| range.matches(&media_type));
        patterns.iter().any(fits)
    })
}
