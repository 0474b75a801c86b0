//! `Wire`: which octets the driver was given and which it has written.

use std::collections::VecDeque;

use crate::Tid;
use crate::connection::MessageKey;

/// The transmit side of a stream, in octets since its start.
#[derive(Debug, Default)]
pub(super) struct Wire {
    /// Octets given to the driver.
    handed: u64,
    /// Octets the driver has written.
    written: u64,
    /// What ends where, ascending.
    marks: VecDeque<(u64, Mark)>,
    /// Octets of responses and reports given and not written.
    control: u64,
}

/// What becomes true once the driver has written so far.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mark {
    /// A response or a REPORT of this many octets is out.
    Control(u64),
    /// A request without content is out.
    Request(Tid),
    /// A chunk is out.
    Chunk {
        message: MessageKey,
        /// Octets of content.
        octets: u64,
        /// Whether it was the last one.
        last: bool,
        /// Its transaction; a timer starts if a response is due.
        tid: Tid,
    },
}

impl Wire {
    /// Notes that `octets` were given to the driver, and what their end means.
    pub(super) fn hand(&mut self, octets: usize, mark: Mark) {
        self.handed = self.handed.saturating_add(octets.try_into().unwrap_or(u64::MAX));
        if let Mark::Control(octets) = mark {
            self.control += octets;
        }
        self.marks.push_back((self.handed, mark));
    }

    /// Notes that the driver has written `octets` more.
    pub(super) fn wrote(&mut self, octets: u64) {
        self.written = self.written.saturating_add(octets).min(self.handed);
    }

    /// The next mark the driver has passed.
    pub(super) fn passed(&mut self) -> Option<Mark> {
        if self.marks.front()?.0 > self.written {
            return None;
        }
        let (_, mark) = self.marks.pop_front()?;
        if let Mark::Control(octets) = mark {
            self.control -= octets;
        }
        Some(mark)
    }

    /// Gives back the room of marks that were passed.
    pub(super) fn rest(&mut self) {
        self.marks.shrink_to_fit();
    }

    /// Octets given and not written.
    pub(super) fn unwritten(&self) -> usize {
        usize::try_from(self.handed - self.written).unwrap_or(usize::MAX)
    }

    /// Octets of responses and reports given and not written.
    pub(super) const fn control(&self) -> u64 {
        self.control
    }
}
