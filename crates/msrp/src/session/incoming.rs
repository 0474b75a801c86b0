//! `Incoming`: a message on its way in, RFC 4975 §7.3.1.

use std::time::Instant;

use grammar::ByteStr;

use super::WrappedHead;
use crate::connection::{Config, SessionKey};
use crate::header::{ByteRange, FailureReport};
use crate::range_set::RangeSet;
use crate::{Head, HeaderName, StatusCode, Tid};

/// A message from its first content until it is answered for good.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) session: SessionKey,
    /// Message-ID.
    pub(crate) id: ByteStr,
    /// Where a REPORT goes: the whole From-Path of the first chunk.
    pub(crate) from_path: ByteStr,
    /// Whether the sender wants to hear of success.
    pub(crate) success_report: bool,
    /// Whether the sender wants to hear of failure.
    pub(crate) failure_report: FailureReport,
    /// Whether the last chunk is answered before the user decides on the message.
    pub(crate) passed_on: bool,
    /// Whether it comes through relays.
    relayed: bool,
    /// Octets from the start of the message that were reported, and the size its first chunk claims.
    reported: u64,
    claimed: Option<u64>,
    /// The size, once the chunk with the last octet came.
    total: Option<u64>,
    /// Octets handed out.
    received: RangeSet,
    /// What it wraps, until that is known; `None` if it wraps nothing.
    pub(crate) wrapped: Option<WrappedHead>,
    /// Octets handed out and not credited.
    pub(crate) uncredited: u64,
    /// What the pieces cost besides their octets; given back in step with them.
    pub(crate) piece_cost: u64,
    pub(crate) progress: Progress,
    /// The response to the chunk that made the message whole; it waits for the user.
    pub(crate) held: Option<Answer>,
    /// When something of it came last, or was credited.
    pub(crate) touched: Instant,
}

/// How far an incoming message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Octets are missing.
    Open,
    /// All octets were handed out, some are not credited.
    Whole,
    /// The user was told and decides.
    Told,
}

/// Why a chunk cannot be part of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It lies beyond the end, or sets another end.
    Contradiction,
    /// The message has too many holes.
    TooManyRanges,
}

impl Incoming {
    pub(crate) fn new(session: SessionKey, id: ByteStr, head: &Head, now: Instant) -> Self {
        Self {
            session,
            id,
            from_path: head.known_path(HeaderName::FromPath).as_str().into(),
            success_report: head.success_report().unwrap_or(false),
            failure_report: head.failure_report().unwrap_or_default(),
            passed_on: false,
            relayed: head.known_path(HeaderName::FromPath).has_relays(),
            reported: 0,
            claimed: head.byte_range().ok().flatten().and_then(|range| range.total),
            total: None,
            received: RangeSet::new(),
            wrapped: head.content_type().filter(|ty| is_cpim(ty)).map(|_| WrappedHead::default()),
            uncredited: 0,
            piece_cost: 0,
            progress: Progress::Open,
            held: None,
            touched: now,
        }
    }

    /// Takes the octets from `start` to `end`, counted from 0, `end` excluded.
    pub(crate) fn insert(&mut self, start: u64, end: u64, max_ranges: usize) -> Result<(), Wrong> {
        if self.total.is_some_and(|total| end > total) {
            return Err(Wrong::Contradiction);
        }
        self.received.insert(start, end);
        if self.received.len() > max_ranges { Err(Wrong::TooManyRanges) } else { Ok(()) }
    }

    /// Takes credit for `octets` of those that are uncredited; what their pieces cost besides.
    pub(crate) fn credit(&mut self, octets: u64) -> u64 {
        let share = u128::from(self.piece_cost) * u128::from(octets) / u128::from(self.uncredited.max(1));
        let pieces = u64::try_from(share).unwrap_or(u64::MAX).min(self.piece_cost);
        self.uncredited -= octets;
        self.piece_cost -= pieces;
        pieces
    }

    /// Takes the end of the last chunk: the size of the message, whatever its chunks claimed before.
    pub(crate) fn end_at(&mut self, total: u64) -> Result<(), Wrong> {
        if self.received.end() > total || self.total.is_some_and(|known| known != total) {
            return Err(Wrong::Contradiction);
        }
        self.total = Some(total);
        Ok(())
    }

    /// Whether it is reported on before it is whole: its sender has no other way to see how fast we are.
    pub(crate) fn is_reported_on_the_way(&self) -> bool {
        self.relayed && self.success_report && !self.passed_on && self.progress == Progress::Open
    }

    /// Whether its last chunk came.
    pub(crate) const fn is_ended(&self) -> bool {
        self.total.is_some()
    }

    /// All of it, as far as that is known.
    pub(crate) fn whole_range(&self) -> ByteRange {
        let total = self.total.or(self.claimed);
        ByteRange { start: 1, end: total, total }
    }

    /// The octets to REPORT before the message is whole, once there are `interval` of them: those that follow on what
    /// was reported and are stored, but not the last one: it would say that the message is accepted. The first ones come sooner, from one chunk on: the sender starts with little.
    pub(crate) fn next_report(&mut self, interval: u64) -> Option<ByteRange> {
        let last = self.total.or(self.claimed).map_or(u64::MAX, |total| total.saturating_sub(1));
        let stored = self.received.prefix().saturating_sub(self.uncredited).min(last);
        let start = self.reported;
        let chunk = Config::RELAY_CHUNK_SIZE.try_into().unwrap_or(u64::MAX);
        if stored.saturating_sub(start) < interval.min(start.max(chunk)).max(1) {
            return None;
        }
        self.reported = stored;
        Some(ByteRange { start: start + 1, end: Some(stored), total: self.total.or(self.claimed) })
    }

    /// The size, if every octet is there.
    pub(crate) fn whole(&self) -> Option<u64> {
        self.total.filter(|&total| self.received.covers(total))
    }
}

/// Whether a value of Content-Type is `message/cpim`, with parameters perhaps.
fn is_cpim(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim_end().eq_ignore_ascii_case("message/cpim")
}

/// What is needed to answer a request, kept after its frame is gone.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) tid: Tid,
    /// The To-Path of the response.
    pub(crate) to_path: ByteStr,
    /// The From-Path of the response: the URI the request was for, as the requester wrote it.
    pub(crate) from_path: ByteStr,
    pub(crate) failure_report: FailureReport,
}

impl Answer {
    /// How to answer `head`, a request with both paths; `to_path` is the part of its From-Path to answer to.
    pub(crate) fn new(head: &Head, to_path: &str) -> Self {
        Self {
            tid: *head.tid(),
            to_path: head.share(to_path),
            from_path: head.share(head.known_path(HeaderName::ToPath).first()),
            failure_report: head.failure_report().unwrap_or_default(),
        }
    }

    /// The same, keeping no received buffer alive.
    pub(crate) fn detach(self) -> Self {
        Self { to_path: self.to_path.detach(), from_path: self.from_path.detach(), ..self }
    }

    /// Whether the requester wants to hear this.
    pub(crate) fn wants(&self, status: StatusCode) -> bool {
        match self.failure_report {
            FailureReport::Yes => true,
            FailureReport::No => false,
            FailureReport::Partial => !status.is_success(),
        }
    }
}
