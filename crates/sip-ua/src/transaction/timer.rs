//! `Backoff`: the doubling timers A, E and G of RFC 3261 §17 and the 2xx of §13.3.1.4.

use std::time::{Duration, Instant};

/// When to send again, and how long to wait after that.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    at: Instant,
    wait: Duration,
    cap: Duration,
}

impl Backoff {
    /// First after `first`, then after twice that, and so on up to `cap`.
    pub(crate) fn new(first: Duration, cap: Duration, now: Instant) -> Self {
        Self { at: now + first, wait: first, cap }
    }

    /// When to send again.
    pub(crate) const fn at(&self) -> Instant {
        self.at
    }

    /// Whether it is time; if so, the next time is set.
    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        if now < self.at {
            return false;
        }
        self.wait = self.wait.saturating_mul(2).min(self.cap);
        // Counted from now: a driver that slept long sends one copy, not all it missed.
        self.at = now + self.wait;
        true
    }

    /// From now on every `cap` (RFC 3261 §17.1.2.2: timer E in state Proceeding).
    pub(crate) const fn settle(&mut self) {
        self.wait = self.cap;
    }
}

/// The earlier of two times, either of which may be never.
pub(crate) fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
