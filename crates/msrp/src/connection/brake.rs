//! The brake on content through relays: what is not reported holds back what comes after it.
//!
//! The window starts with two chunks and grows by what is reported, for each message and for the connection: a relay
//! that has yet to open its own connection onward gets no more than it can surely hold.

use std::time::Instant;

use super::{Config, Connection, MessageKey};
use crate::session::{Brake, Outgoing};

/// Octets on the way before the first report: two chunks of [`Config::RELAY_CHUNK_SIZE`].
const FIRST_WINDOW: u64 = 20_480;

impl Connection {
    /// The brake of a message that goes through relays.
    pub(super) fn new_brake(&self) -> Brake {
        Brake { window: first_window(&self.config), shares: true }
    }

    /// Whether a message has to wait for reports.
    pub(super) fn is_held_back(&self, key: MessageKey) -> bool {
        let Some(message) = self.outgoing.get(&key) else { return false };
        let Some(brake) = &message.brake else { return false };
        message.unreported() >= brake.window || (brake.shares && self.unreported() >= self.report_window)
    }

    /// Octets of all messages that share the window of the connection.
    fn unreported(&self) -> u64 {
        let sharing = self.outgoing.values().filter(|message| shares(message));
        sharing.fold(0, |octets, message| octets.saturating_add(message.unreported()))
    }

    /// Widens the windows by what was reported of a message, and lets go on what they held back.
    pub(super) fn widen(&mut self, key: MessageKey, reported: u64) {
        let most = self.config.report_window.max(1);
        let wider = |window: u64| window.max(window.saturating_add(reported).min(most));
        let message = self.outgoing.get_mut(&key);
        if let Some(brake) = message.and_then(|message| message.brake.as_mut()) {
            brake.window = wider(brake.window);
            self.report_window = wider(self.report_window);
            self.release();
        }
    }

    /// Lets messages go on that waited for reports, as far as they may now.
    pub(super) fn release(&mut self) {
        for key in std::mem::take(&mut self.parked) {
            if self.is_held_back(key) {
                self.parked.push(key);
            } else if let Some(message) = self.outgoing.get_mut(&key) {
                message.parked = false;
                self.enqueue(key);
            }
        }
    }

    /// When messages that wait for reports go on without.
    pub(super) fn report_deadline(&self) -> Option<Instant> {
        if self.parked.is_empty() {
            return None;
        }
        self.outgoing.values().filter_map(|message| self.unreported_until(message)).min()
    }

    /// Until when others, or it itself, wait for the reports on a message: nothing was reported since its last chunk.
    fn unreported_until(&self, message: &Outgoing) -> Option<Instant> {
        let holds_back = message.unreported() > 0 && (shares(message) || is_at_its_end(message));
        Some(message.transmitted_at.filter(|_| holds_back)? + self.config.timers.report)
    }

    /// Lets messages go on without reports: the peer seems to report at the end only. It gets the whole window, then
    /// twice as much, and none of it holds others back.
    pub(super) fn release_unreported(&mut self, now: Instant) {
        if self.parked.is_empty() {
            return;
        }
        let silent = |message: &Outgoing| self.unreported_until(message).is_some_and(|until| until <= now);
        let silent = self.outgoing.iter().filter(|(_, message)| silent(message));
        for key in silent.map(|(&key, _)| key).collect::<std::vec::Vec<_>>() {
            if let Some(message) = self.outgoing.get_mut(&key) {
                let widens = is_at_its_end(message);
                let Some(brake) = &mut message.brake else { continue };
                brake.shares = false;
                if widens {
                    brake.window = brake.window.saturating_mul(2).max(self.config.report_window);
                }
            }
        }
        self.release();
    }
}

/// The window of a connection or a message at first: at least one octet, so that there is something to report.
pub(super) const fn first_window(config: &Config) -> u64 {
    match config.report_window {
        0 => 1,
        window if window < FIRST_WINDOW => window,
        _ => FIRST_WINDOW,
    }
}

/// Whether a message waits, and the relay has taken everything there is of it.
fn is_at_its_end(message: &Outgoing) -> bool {
    message.parked && message.unanswered == 0
}

fn shares(message: &Outgoing) -> bool {
    message.brake.as_ref().is_some_and(|brake| brake.shares)
}
