//! `Schedule`: which machine wants to be woken when.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// One wake-up time for each key, and the earliest of them at hand.
#[derive(Debug)]
pub(crate) struct Schedule<K> {
    of: BTreeMap<K, Instant>,
    queue: BTreeSet<(Instant, K)>,
}

impl<K: Ord + Copy> Schedule<K> {
    pub(crate) const fn new() -> Self {
        Self { of: BTreeMap::new(), queue: BTreeSet::new() }
    }

    /// Wakes `key` at `at` instead of when it was to be woken before; `None`: never.
    pub(crate) fn set(&mut self, key: K, at: Option<Instant>) {
        let before = match at {
            Some(at) => self.of.insert(key, at),
            None => self.of.remove(&key),
        };
        if let Some(before) = before {
            self.queue.remove(&(before, key));
        }
        if let Some(at) = at {
            self.queue.insert((at, key));
        }
    }

    /// The earliest wake-up.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// Takes a key whose time has come.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<K> {
        let (at, key) = *self.queue.first()?;
        if at > now {
            return None;
        }
        self.set(key, None);
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_key_has_one_wake_up_and_the_earliest_comes_first() {
        #[expect(clippy::disallowed_methods, reason = "any start will do")]
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut schedule = Schedule::new();
        schedule.set('a', Some(at(5)));
        schedule.set('b', Some(at(3)));
        schedule.set('a', Some(at(1)));
        assert_eq!(schedule.next(), Some(at(1)));
        assert_eq!(schedule.pop_due(at(0)), None);
        assert_eq!((schedule.pop_due(at(9)), schedule.pop_due(at(9))), (Some('a'), Some('b')));
        schedule.set('c', Some(at(1)));
        schedule.set('c', None);
        assert_eq!((schedule.pop_due(at(9)), schedule.next()), (None, None));
    }
}
