//! `Pace`: how fast a message may go out.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Octets a second below which a message does not go: between two chunks a receiver would hear nothing for so long that it
/// takes the sender for gone.
const LEAST: u64 = 8 << 10;

/// How fast a message may go out, shared by its files.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    octets_per_second: u64,
    /// From when on the next octets may go.
    next: Arc<Mutex<Option<Instant>>>,
}

impl Pace {
    pub(crate) fn new(octets_per_second: u64) -> Self {
        Self { octets_per_second: octets_per_second.max(LEAST), next: Arc::default() }
    }

    /// Waits until so many octets may go.
    pub(super) async fn wait(&self, octets: usize) {
        sleep_until(self.reserve(octets, Instant::now())).await;
    }

    /// When so many octets may go; those after them have to wait longer.
    fn reserve(&self, octets: usize, now: Instant) -> Instant {
        let octets = u64::try_from(octets).unwrap_or(u64::MAX);
        let micros = octets.saturating_mul(1_000_000).checked_div(self.octets_per_second).unwrap_or(0);
        // Nothing panics while it holds the lock.
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        // What was not used is not made up for: that would be a burst.
        let at = next.map_or(now, |next| next.max(now));
        *next = at.checked_add(Duration::from_micros(micros));
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_go_one_after_the_other_and_never_in_a_burst() {
        let pace = Pace::new(100_000);
        let start = Instant::now();
        let at = |octets, after| {
            let now = start + Duration::from_millis(after);
            pace.clone().reserve(octets, now).duration_since(start).as_millis()
        };
        assert_eq!(at(50_000, 0), 0);
        assert_eq!(at(100_000, 0), 500);
        assert_eq!(at(0, 100), 1500);
        assert_eq!(at(100_000, 60_000), 60_000, "what was not used is gone");
        assert_eq!(at(1, 60_000), 61_000);
    }

    #[test]
    fn no_pace_is_so_slow_that_the_receiver_gives_up() {
        assert_eq!(Pace::new(0).octets_per_second, LEAST);
    }
}
