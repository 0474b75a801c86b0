//! `Link`: one connection of the relay, what is being read from it and what waits to be written to it.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use grammar::{ByteStr, Reading};
use msrp::{FailureReport, Flag, Framer, Head, Tid};
use sip_ua::FlowId;

use super::gate::Nonces;
use super::ids::Ids;
use super::stream::{Chunk, Rest, Stream};
use super::transactions::{Awaited, Transactions};
use super::wire::Reply;
use super::{Limits, Timers};

/// Where a connection that we opened leads. Another request for the same place takes it too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hop {
    pub(super) secure: bool,
    pub(super) host: ByteStr,
    pub(super) port: u16,
}

/// The frame a link is in the middle of.
#[derive(Debug)]
pub(super) enum Incoming {
    /// None.
    None,
    /// A SEND whose content goes to this link as it comes.
    Stream { to: FlowId, reply: Option<Reply>, wanted: FailureReport },
    /// Another frame, which is looked at once it is whole.
    Whole { head: Box<Head>, body: BytesMut },
    /// A frame nobody wants.
    Discarded,
}

/// What came on one connection and goes to one other, in order.
#[derive(Debug, Default)]
struct Queue {
    streams: VecDeque<Stream>,
    /// What they count for in the window of their source.
    cost: usize,
    /// The same for what was handed to the driver and is not written.
    in_flight: usize,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) framer: Framer,
    pub(super) incoming: Incoming,
    /// Whose room has to be waited for before more is read.
    pub(super) feeds: Option<FlowId>,
    /// Where it leads, if we opened it.
    pub(super) hop: Option<Hop>,
    pub(super) secure: bool,
    /// Until when it has to be up; `None` once it is.
    pub(super) opening_until: Option<Instant>,
    /// Until when it has to have a request accepted; `None` once it had.
    pub(super) probation_until: Option<Instant>,
    pub(super) nonces: Nonces,
    pub(super) auth_failures: u32,
    pub(super) refused: u32,
    pub(super) used_at: Instant,
    /// Octets that came on it and wait for others, those included that were handed to the driver.
    pub(super) held: usize,
    /// Whole frames, and their octets.
    control: VecDeque<Bytes>,
    control_octets: usize,
    /// Content by the connection it comes from.
    streams: BTreeMap<FlowId, Queue>,
    /// Whose turn it was.
    turn: Option<FlowId>,
    /// Octets handed to the driver, and how many of them it wrote.
    handed: u64,
    written: u64,
    /// When the driver wrote last, or got something after a pause.
    moved_at: Instant,
    /// Since when it has to take more while others wait for it, and what was written by then.
    pace: Option<(Instant, u64)>,
    /// Up to where the content of a source was handed, and what it counts for, in order.
    flying: VecDeque<(u64, FlowId, usize)>,
    /// What is held for a source no more, until it is taken.
    freed: Vec<(FlowId, usize)>,
    transactions: Transactions,
}

impl Link {
    pub(super) fn new(limits: &Limits, now: Instant) -> Self {
        Self {
            framer: Framer::new(Reading::Lenient, limits.msrp),
            incoming: Incoming::None,
            feeds: None,
            hop: None,
            secure: false,
            opening_until: None,
            probation_until: None,
            nonces: Nonces::default(),
            auth_failures: 0,
            refused: 0,
            used_at: now,
            held: 0,
            control: VecDeque::new(),
            control_octets: 0,
            streams: BTreeMap::new(),
            turn: None,
            handed: 0,
            written: 0,
            moved_at: now,
            pace: None,
            flying: VecDeque::new(),
            freed: Vec::new(),
            transactions: Transactions::new(now),
        }
    }

    /// It is not read from any more. The time of its answers stands still.
    pub(super) const fn pause(&mut self) {
        self.transactions.pause();
    }

    /// It is read from again, and gets its time for answers anew.
    pub(super) fn resume(&mut self, timers: &Timers, now: Instant) {
        self.transactions.resume(timers, now);
    }

    /// Queues a whole frame.
    pub(super) fn queue(&mut self, frame: Option<Bytes>) {
        let Some(frame) = frame else { return };
        self.control_octets += frame.len();
        self.control.push_back(frame);
    }

    /// Queues a whole request, and waits for its answer. `false` if too many are awaited already.
    pub(super) fn queue_request(
        &mut self,
        frame: Option<Bytes>,
        tid: Tid,
        awaited: Awaited,
        limits: &Limits,
    ) -> bool {
        let Some(frame) = frame.filter(|_| self.awaited() < limits.max_transactions) else {
            return false;
        };
        let queued = u64::try_from(self.control_octets + frame.len()).unwrap_or(u64::MAX);
        self.queue(Some(frame));
        // Frames like it go before all content, so this is where its last octet will be.
        self.transactions.insert(tid, awaited, self.handed.saturating_add(queued));
        true
    }

    /// A chunk starts to come in on `from`. What it counts for.
    pub(super) fn open_stream(&mut self, from: FlowId, stream: Stream) -> usize {
        let queue = self.streams.entry(from).or_default();
        let cost = stream.cost();
        queue.cost += cost;
        queue.streams.push_back(stream);
        cost
    }

    /// Content of the chunk that comes in on `from`. `false` if there is none.
    pub(super) fn push(&mut self, from: FlowId, content: Bytes, now: Instant) -> bool {
        let Some(queue) = self.streams.get_mut(&from) else { return false };
        let Some(stream) = queue.streams.back_mut().filter(|stream| !stream.is_ended()) else { return false };
        queue.cost += content.len();
        stream.push(content, now);
        true
    }

    /// The chunk that comes in on `from` ends. `false` if there is none.
    pub(super) fn end(&mut self, from: FlowId, flag: Flag) -> bool {
        let stream = self.streams.get_mut(&from).and_then(|queue| queue.streams.back_mut());
        let Some(stream) = stream.filter(|stream| !stream.is_ended()) else { return false };
        stream.end(flag);
        true
    }

    /// Octets that wait for the link and came from `from`, those of whole frames included.
    pub(super) fn backlog(&self, from: FlowId) -> usize {
        self.streams.get(&from).map_or(0, |queue| queue.cost) + self.control_octets
    }

    /// Octets that wait for the link.
    pub(super) fn queued(&self) -> usize {
        self.streams.values().map(|queue| queue.cost).sum::<usize>() + self.control_octets
    }

    /// How many requests were passed on and not answered, those aside that only an error would answer.
    pub(super) fn awaited(&self) -> usize {
        self.transactions.len()
    }

    /// What to hand to the driver next: a whole frame in its parts.
    pub(super) fn next_frame(
        &mut self,
        limits: &Limits,
        timers: &Timers,
        ids: &mut Ids,
        now: Instant,
    ) -> Option<Vec<Bytes>> {
        if self.opening_until.is_some() || self.in_flight() >= limits.in_flight {
            return None;
        }
        let parts = match self.control.pop_front() {
            Some(frame) => {
                self.control_octets -= frame.len();
                vec![frame]
            }
            None => {
                let (from, cost, chunk) = self.next_chunk(limits, timers, ids, now)?;
                let Chunk { tid, parts, range, origin } = chunk;
                self.flying.push_back((self.handed.saturating_add(octets(&parts)), from, cost));
                match origin.failure_report {
                    FailureReport::Yes => {
                        let until = self.handed.saturating_add(octets(&parts));
                        self.transactions.insert(tid, Awaited::Chunk { origin, range }, until);
                    }
                    FailureReport::Partial => {
                        self.transactions.insert_silent(tid, Awaited::Chunk { origin, range }, limits);
                    }
                    // Nobody wants to know what becomes of it.
                    FailureReport::No => {}
                }
                parts
            }
        };
        if self.in_flight() == 0 {
            self.moved_at = now;
        }
        self.handed = self.handed.saturating_add(octets(&parts));
        self.used_at = now;
        Some(parts)
    }

    /// The next chunk of the source whose turn it is, and what it counted for.
    fn next_chunk(
        &mut self,
        limits: &Limits,
        timers: &Timers,
        ids: &mut Ids,
        now: Instant,
    ) -> Option<(FlowId, usize, Chunk)> {
        if self.awaited() >= limits.max_transactions {
            return None;
        }
        let behind = self.turn.map_or(Bound::Unbounded, Bound::Excluded);
        let upto = self.turn.map_or(Bound::Excluded(FlowId::outgoing(0)), Bound::Included);
        let behind = self.streams.range((behind, Bound::Unbounded)).map(|(from, _)| *from);
        let before = self.streams.range((Bound::Unbounded, upto)).map(|(from, _)| *from);
        let order: Vec<_> = behind.chain(before).collect();
        for from in order {
            let Some(queue) = self.streams.get_mut(&from) else { continue };
            let before = queue.cost;
            let cut = queue.cut(limits, timers, ids, now);
            let cost = before.saturating_sub(queue.cost);
            if let Some(chunk) = cut {
                queue.in_flight += cost;
                self.turn = Some(from);
                return Some((from, cost, chunk));
            }
            if cost > 0 {
                self.freed.push((from, cost));
            }
            if queue.is_over() {
                self.streams.remove(&from);
            }
        }
        None
    }

    /// The driver wrote.
    pub(super) fn handle_transmitted(&mut self, octets: u64, timers: &Timers, now: Instant) {
        self.written = self.written.saturating_add(octets).min(self.handed);
        self.moved_at = now;
        while let Some(&(until, from, cost)) = self.flying.front()
            && until <= self.written
        {
            self.flying.pop_front();
            self.freed.push((from, cost));
            let Some(queue) = self.streams.get_mut(&from) else { continue };
            queue.in_flight = queue.in_flight.saturating_sub(cost);
            if queue.is_over() {
                self.streams.remove(&from);
            }
        }
        self.transactions.handle_written(self.written, timers, now);
    }

    /// The request that was answered.
    pub(super) fn answered(&mut self, tid: &Tid) -> Option<Awaited> {
        self.transactions.remove(tid)
    }

    /// A request that was not answered in time.
    pub(super) fn overdue(&mut self, now: Instant) -> Option<Awaited> {
        self.transactions.overdue(now)
    }

    /// Everything that was passed on and not answered, and everything that waits. Nothing of it is left here.
    pub(super) fn give_up(&mut self) -> (Vec<Awaited>, Vec<Stream>) {
        self.flying.clear();
        let queues = std::mem::take(&mut self.streams);
        self.freed.extend(queues.iter().map(|(from, queue)| (*from, queue.cost + queue.in_flight)));
        (self.transactions.take(), queues.into_values().flat_map(|queue| queue.streams).collect())
    }

    /// What is held for a source no more, since this was asked last.
    pub(super) fn take_freed(&mut self) -> Vec<(FlowId, usize)> {
        std::mem::take(&mut self.freed)
    }

    /// The sources of what waits for the link, or is being written.
    pub(super) fn sources(&self) -> impl Iterator<Item = FlowId> {
        self.streams.keys().copied()
    }

    /// Looks whether the link has to take more than it does: a source `is_waiting` for it, or half a window is here.
    pub(super) fn keep_pace(&mut self, is_waiting: bool, limits: &Limits, now: Instant) {
        let most = self.streams.values().map(|queue| queue.cost).max().unwrap_or(0) + self.control_octets;
        let watched = self.in_flight() > 0 && (is_waiting || most >= limits.window / 2);
        self.pace = match self.pace.filter(|_| watched) {
            Some((since, written)) if self.written.saturating_sub(written) < limits.min_progress => {
                Some((since, written))
            }
            _ => watched.then_some((now, self.written)),
        };
    }

    /// Octets the driver has not written yet.
    pub(super) const fn in_flight(&self) -> u64 {
        self.handed.saturating_sub(self.written)
    }

    /// When the link is closed if nothing happens; `is_held` says whether an unused one is kept.
    pub(super) fn closes_at(&self, timers: &Timers, is_held: bool) -> Option<Instant> {
        let stalled = (self.in_flight() > 0).then(|| self.moved_at + timers.stalled);
        let idle = (!is_held && self.in_flight() == 0).then(|| self.used_at + timers.idle);
        let slow = self.pace.map(|(since, _)| since + timers.stalled);
        [self.opening_until, self.probation_until, stalled, slow, idle].into_iter().flatten().min()
    }

    /// When something has to be written or reported.
    pub(super) fn next_timeout(&self, limits: &Limits, timers: &Timers) -> Option<Instant> {
        let room = self.opening_until.is_none()
            && self.in_flight() < limits.in_flight
            && self.awaited() < limits.max_transactions;
        let fronts = self.streams.values().filter_map(|queue| queue.streams.front()).filter(|_| room);
        let ready = fronts.filter_map(|stream| stream.ready_at(limits.min_chunk, timers.gather)).min();
        [ready, self.transactions.late_at()].into_iter().flatten().min()
    }
}

impl Queue {
    /// Whether nothing is left of it.
    fn is_over(&self) -> bool {
        self.streams.is_empty() && self.in_flight == 0
    }

    /// The next chunk, if there is one by now.
    fn cut(&mut self, limits: &Limits, timers: &Timers, ids: &mut Ids, now: Instant) -> Option<Chunk> {
        loop {
            let stream = self.streams.front_mut()?;
            let before = stream.cost();
            let cut = stream.cut(limits, timers.gather, ids, now);
            if stream.is_over() || matches!(cut, Some((_, Rest::None))) {
                self.streams.pop_front();
                self.cost = self.cost.saturating_sub(before);
                if cut.is_none() {
                    continue;
                }
            } else {
                self.cost = self.cost.saturating_sub(before - stream.cost());
            }
            return cut.map(|(chunk, _)| chunk);
        }
    }
}

fn octets(parts: &[Bytes]) -> u64 {
    parts.iter().map(Bytes::len).sum::<usize>().try_into().unwrap_or(u64::MAX)
}
