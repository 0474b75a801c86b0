//! `RangeSet`: which octets of a message are there, or acknowledged.

use alloc::vec::Vec;

/// A set of octet positions, kept as ranges that neither touch nor overlap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RangeSet {
    /// Start and end of each range, end excluded, ascending.
    ranges: Vec<(u64, u64)>,
    /// How many octets they are.
    octets: u64,
}

impl RangeSet {
    /// No octet.
    #[must_use]
    pub const fn new() -> Self {
        Self { ranges: Vec::new(), octets: 0 }
    }

    /// Adds the octets from `start` to `end`, `end` excluded; nothing if that is none.
    pub fn insert(&mut self, start: u64, end: u64) {
        if start >= end {
            return;
        }
        // The common case: octets come in order.
        if let Some(last) = self.ranges.last_mut()
            && last.0 <= start
            && start <= last.1
        {
            self.octets += end.saturating_sub(last.1);
            last.1 = last.1.max(end);
            return;
        }
        // Those from `first` to before `after` touch the new range.
        let first = self.ranges.partition_point(|range| range.1 < start);
        let after = self.ranges.partition_point(|range| range.0 <= end);
        let touched = self.ranges.get(first..after).unwrap_or_default();
        let from = touched.first().map_or(start, |range| range.0.min(start));
        let to = touched.last().map_or(end, |range| range.1.max(end));
        self.octets -= touched.iter().map(|(start, end)| end - start).sum::<u64>();
        self.octets += to - from;
        self.ranges.splice(first..after, [(from, to)]);
    }

    /// Whether every octet below `end` is in the set; true for an `end` of 0.
    #[must_use]
    pub fn covers(&self, end: u64) -> bool {
        end == 0 || self.ranges.first().is_some_and(|range| range.0 == 0 && range.1 >= end)
    }

    /// How many octets from the start on are in the set without a hole.
    #[must_use]
    pub fn prefix(&self) -> u64 {
        self.ranges.first().filter(|range| range.0 == 0).map_or(0, |range| range.1)
    }

    /// One past the highest octet of the set, 0 for none.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.ranges.last().map_or(0, |range| range.1)
    }

    /// How many octets are in the set.
    #[must_use]
    pub const fn octets(&self) -> u64 {
        self.octets
    }

    /// How many ranges they form.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The ranges, ascending, end excluded.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        self.ranges.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn agrees_with_a_set_of_octets(inserts in proptest::collection::vec((0u64..64, 0u64..16), 0..24)) {
            let mut set = RangeSet::new();
            let mut naive = BTreeSet::new();
            for (start, len) in inserts {
                set.insert(start, start + len);
                naive.extend(start..start + len);
                let octets: Vec<u64> = set.iter().flat_map(|(start, end)| start..end).collect();
                prop_assert_eq!(&octets, &naive.iter().copied().collect::<Vec<_>>());
                prop_assert!(set.iter().zip(set.iter().skip(1)).all(|(a, b)| a.1 < b.0), "ranges touch");
                prop_assert_eq!(set.octets(), u64::try_from(octets.len()).unwrap());
                prop_assert_eq!(set.end(), naive.last().map_or(0, |last| last + 1));
                for end in 0..80 {
                    prop_assert_eq!(set.covers(end), (0..end).all(|octet| naive.contains(&octet)));
                }
            }
        }
    }
}
