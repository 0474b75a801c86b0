//! `Transactions`: requests of ours that wait for a response, RFC 4975 §7.1.1.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use crate::Tid;
use crate::connection::{MessageKey, PathKey, SessionKey};

/// What a response will be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pending {
    /// The SEND without content that binds a session.
    Bind(SessionKey),
    /// A chunk of this many octets.
    Chunk(MessageKey, u64),
    /// The AUTH for a path through relays.
    Path(PathKey),
    /// The SEND without content that shows whether the peer is still there.
    KeepAlive(SessionKey),
}

/// The open transactions of a connection, by transaction id, and their timers.
#[derive(Debug, Default)]
pub(crate) struct Transactions {
    open: BTreeMap<Tid, Transaction>,
    deadlines: BTreeSet<(Instant, Tid)>,
    /// Those to which only an error is due, oldest first; may hold ids that are over.
    silent: VecDeque<Tid>,
    /// How many of the open ones wait for a response.
    due: usize,
}

#[derive(Debug)]
struct Transaction {
    pending: Pending,
    /// Whether a response is due, not only an error.
    due: bool,
    /// When it runs out, once it is transmitted.
    deadline: Option<Instant>,
}

impl Transactions {
    /// Gives back the room of those that are over.
    pub(crate) fn rest(&mut self) {
        if self.open.is_empty() {
            self.open = BTreeMap::new();
        }
        if self.deadlines.is_empty() {
            self.deadlines = BTreeSet::new();
        }
        self.silent.shrink_to_fit();
    }

    /// How many wait for a response.
    pub(crate) fn due(&self) -> usize {
        self.due
    }

    pub(crate) fn contains(&self, tid: &Tid) -> bool {
        self.open.contains_key(tid)
    }

    /// Opens one to which a response is due.
    pub(crate) fn insert(&mut self, tid: Tid, pending: Pending) {
        self.due += 1;
        self.open.insert(tid, Transaction { pending, due: true, deadline: None });
    }

    /// Opens one to which only an error would come. Nothing ends it, so the last `max` are kept.
    pub(crate) fn insert_silent(&mut self, tid: Tid, pending: Pending, max: usize) {
        self.open.insert(tid, Transaction { pending, due: false, deadline: None });
        self.silent.push_back(tid);
        while self.silent.len() > max
            && let Some(oldest) = self.silent.pop_front()
        {
            if self.open.get(&oldest).is_some_and(|transaction| !transaction.due) {
                self.open.remove(&oldest);
            }
        }
    }

    /// Starts the timer: the last octet was handed to the system.
    pub(crate) fn start_timer(&mut self, tid: Tid, deadline: Instant) {
        if let Some(transaction) = self.open.get_mut(&tid)
            && transaction.due
            && transaction.deadline.is_none()
        {
            transaction.deadline = Some(deadline);
            self.deadlines.insert((deadline, tid));
        }
    }

    /// Ends the transaction: it was answered.
    pub(crate) fn remove(&mut self, tid: &Tid) -> Option<Pending> {
        let Transaction { pending, due, deadline } = self.open.remove(tid)?;
        self.due -= usize::from(due);
        if let Some(deadline) = deadline {
            self.deadlines.remove(&(deadline, *tid));
        }
        Some(pending)
    }

    /// Ends every transaction that `is_over` says is over.
    pub(crate) fn remove_if(&mut self, is_over: impl Fn(&Pending) -> bool) {
        self.open.retain(|_, transaction| !is_over(&transaction.pending));
        self.deadlines.retain(|(_, tid)| self.open.contains_key(tid));
        self.due = self.open.values().filter(|transaction| transaction.due).count();
    }

    /// Starts the timers that run anew.
    pub(crate) fn restart(&mut self, deadline: Instant) {
        for (_, tid) in std::mem::take(&mut self.deadlines) {
            if let Some(transaction) = self.open.get_mut(&tid) {
                transaction.deadline = Some(deadline);
                self.deadlines.insert((deadline, tid));
            }
        }
    }

    /// When the next one runs out.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|&(deadline, _)| deadline)
    }

    /// Ends and returns one that has run out.
    pub(crate) fn expire(&mut self, now: Instant) -> Option<Pending> {
        let &(deadline, tid) = self.deadlines.first()?;
        if deadline > now { None } else { self.remove(&tid) }
    }
}
