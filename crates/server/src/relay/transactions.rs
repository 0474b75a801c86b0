//! `Transactions`: the requests that were passed on over one connection and not answered (RFC 4976 §6.4.1).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use msrp::{ByteRange, Tid};
use sip_ua::FlowId;

use super::stream::Origin;
use super::wire::Reply;
use super::{Limits, Timers};

/// The requests of one connection that were not answered.
#[derive(Debug)]
pub(super) struct Transactions {
    pending: BTreeMap<Tid, Pending>,
    /// Those of them that only an error would answer, the oldest first: nothing ends them, so the last few are kept
    /// and not counted.
    silent: VecDeque<Tid>,
    /// Up to where a request that is pending was handed, in order.
    unwritten: VecDeque<(u64, Tid)>,
    deadlines: BTreeSet<(Instant, Tid)>,
    /// The connection is not read from, so that its answers may be here already.
    unread: bool,
    /// Before this nothing is late: the connection was read from again a transaction's time ago.
    late_from: Instant,
}

/// A request that was passed on and not answered.
#[derive(Debug)]
pub(super) enum Awaited {
    /// A chunk, with the octets it carried.
    Chunk { origin: Arc<Origin>, range: Option<ByteRange> },
    /// An AUTH for a relay behind us.
    Auth { from: FlowId, reply: Reply, has_credentials: bool },
}

#[derive(Debug)]
struct Pending {
    awaited: Awaited,
    is_silent: bool,
    /// When the last octet was written, and the time ran from then on.
    deadline: Option<Instant>,
}

impl Transactions {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            pending: BTreeMap::new(),
            silent: VecDeque::new(),
            unwritten: VecDeque::new(),
            deadlines: BTreeSet::new(),
            unread: false,
            late_from: now,
        }
    }

    /// How many there are, those aside that only an error would answer.
    pub(super) fn len(&self) -> usize {
        self.pending.len().saturating_sub(self.silent.len())
    }

    /// A request whose last octet is octet number `until` of the connection. Its time runs from when that is written.
    pub(super) fn insert(&mut self, tid: Tid, awaited: Awaited, until: u64) {
        self.pending.insert(tid, Pending { awaited, is_silent: false, deadline: None });
        self.unwritten.push_back((until, tid));
    }

    /// A request that only an error would answer: no timer runs for `partial`, and no 200 comes.
    pub(super) fn insert_silent(&mut self, tid: Tid, awaited: Awaited, limits: &Limits) {
        self.pending.insert(tid, Pending { awaited, is_silent: true, deadline: None });
        self.silent.push_back(tid);
        while self.silent.len() > limits.max_transactions
            && let Some(oldest) = self.silent.pop_front()
        {
            self.pending.remove(&oldest);
        }
    }

    /// So many octets of the connection are written.
    pub(super) fn handle_written(&mut self, written: u64, timers: &Timers, now: Instant) {
        while let Some(&(until, tid)) = self.unwritten.front()
            && until <= written
        {
            self.unwritten.pop_front();
            if let Some(pending) = self.pending.get_mut(&tid) {
                let deadline = now + timers.transaction;
                pending.deadline = Some(deadline);
                self.deadlines.insert((deadline, tid));
            }
        }
    }

    /// The connection is not read from any more. Time stands still.
    pub(super) const fn pause(&mut self) {
        self.unread = true;
    }

    /// It is read from again, and all time starts anew.
    pub(super) fn resume(&mut self, timers: &Timers, now: Instant) {
        self.unread = false;
        self.late_from = now + timers.transaction;
    }

    /// A request is answered.
    pub(super) fn remove(&mut self, tid: &Tid) -> Option<Awaited> {
        let pending = self.pending.remove(tid)?;
        if let Some(deadline) = pending.deadline {
            self.deadlines.remove(&(deadline, *tid));
        }
        if pending.is_silent {
            self.silent.retain(|silent| silent != tid);
        }
        Some(pending.awaited)
    }

    /// A request that was not answered in time.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<Awaited> {
        let (_, tid) = *self.deadlines.first()?;
        if self.late_at()? > now { None } else { self.remove(&tid) }
    }

    /// When the first request will be late.
    pub(super) fn late_at(&self) -> Option<Instant> {
        self.deadlines.first().filter(|_| !self.unread).map(|(at, _)| (*at).max(self.late_from))
    }

    /// All of them. None is left.
    pub(super) fn take(&mut self) -> Vec<Awaited> {
        self.silent.clear();
        self.unwritten.clear();
        self.deadlines.clear();
        std::mem::take(&mut self.pending).into_values().map(|pending| pending.awaited).collect()
    }
}
