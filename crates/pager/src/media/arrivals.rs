//! `Arrivals`: the lines a peer may connect to, and those that are bound already (RFC 4975 §7.3).

use std::time::Instant;

use sip_ua::Sha1Policy;

use super::{Line, Pending};

/// Who may name which of our URIs first.
#[derive(Debug)]
pub(super) struct Arrivals {
    expected: Vec<Expected>,
    /// Our URIs that are on a connection.
    bound: Vec<(Line, msrp::Uri)>,
    /// Whether certificates may be shown by SHA-1.
    pub(super) sha1: Sha1Policy,
}

/// A line that waits for the peer to connect.
#[derive(Debug)]
struct Expected {
    pending: Pending,
    until: Instant,
}

impl Arrivals {
    pub(super) const fn new(sha1: Sha1Policy) -> Self {
        Self { expected: Vec::new(), bound: Vec::new(), sha1 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.expected.is_empty()
    }

    pub(super) fn expect(&mut self, pending: Pending, until: Instant) {
        self.expected.push(Expected { pending, until });
    }

    /// The line that waits for a first SEND to this URI; if none does, the status to answer: 506 if it has a
    /// connection, 481 if there is no such line.
    pub(super) fn take(&mut self, to_path: &msrp::Uri) -> Result<Pending, u16> {
        let is_it = |expected: &Expected| expected.pending.session.local.equivalent(to_path);
        match self.expected.iter().position(is_it) {
            Some(at) => Ok(self.expected.swap_remove(at).pending),
            None if self.bound.iter().any(|(_, uri)| uri.equivalent(to_path)) => Err(506),
            None => Err(481),
        }
    }

    /// The lines that wait.
    pub(super) fn pending(&mut self) -> impl Iterator<Item = &mut Pending> {
        self.expected.iter_mut().map(|expected| &mut expected.pending)
    }

    /// The URI of a line is on a connection.
    pub(super) fn bind(&mut self, line: Line, uri: &msrp::Uri) {
        self.bound.push((line, uri.clone()));
    }

    pub(super) fn forget(&mut self, line: Line) {
        self.expected.retain(|expected| expected.pending.line != line);
        self.bound.retain(|(other, _)| *other != line);
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.expected.iter().map(|expected| expected.until).min()
    }

    /// The lines that waited too long; they wait no more.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<Line> {
        let is_due = |expected: &&Expected| expected.until <= now;
        let overdue = self.expected.iter().filter(is_due).map(|expected| expected.pending.line).collect();
        self.expected.retain(|expected| expected.until > now);
        overdue
    }
}
