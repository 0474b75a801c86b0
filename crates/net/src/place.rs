//! `Place`: counts connections while any task still holds their socket.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Limits;

/// The connections that are open, in all and by source.
#[derive(Debug, Default, Clone)]
pub(crate) struct Places(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_source: HashMap<IpAddr, usize>,
}

/// One connection's place; given back when the last task that holds it ends.
#[derive(Debug)]
pub(crate) struct Place {
    places: Places,
    source: Option<IpAddr>,
}

impl Places {
    /// A place for a connection we open.
    pub(crate) fn take(&self, limits: &Limits) -> Option<Arc<Place>> {
        self.enter(None, limits)
    }

    /// A place for a connection that `source` opened.
    pub(crate) fn take_for(&self, source: IpAddr, limits: &Limits) -> Option<Arc<Place>> {
        self.enter(Some(source), limits)
    }

    fn enter(&self, source: Option<IpAddr>, limits: &Limits) -> Option<Arc<Place>> {
        let mut counts = self.counts();
        if counts.all >= limits.connections {
            return None;
        }
        if let Some(source) = source {
            let count = counts.by_source.entry(source).or_default();
            if *count >= limits.connections_per_source {
                return None;
            }
            *count += 1;
        }
        counts.all += 1;
        Some(Arc::new(Place { places: self.clone(), source }))
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Nothing panics while it holds the lock, and numbers stay numbers if it did.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.places.counts();
        counts.all = counts.all.saturating_sub(1);
        let Some(source) = self.source else { return };
        if let Some(count) = counts.by_source.get_mut(&source) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.by_source.remove(&source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_has_its_own_limit_and_gets_its_places_back() {
        let limits = Limits { connections: 3, connections_per_source: 2, ..Limits::default() };
        let places = Places::default();
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let first = places.take_for(one, &limits).unwrap();
        let _second = places.take_for(one, &limits).unwrap();
        assert!(places.take_for(one, &limits).is_none());
        let _third = places.take_for(other, &limits).unwrap();
        assert!(places.take(&limits).is_none(), "full");
        drop(first);
        assert!(places.take_for(one, &limits).is_some());
        assert_eq!(places.counts().by_source.len(), 2);
    }
}
