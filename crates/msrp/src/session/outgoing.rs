//! `Outgoing`: a message on its way out, RFC 4975 §7.1 and §7.1.2.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use grammar::ByteStr;

use crate::connection::{OutgoingMessage, SessionKey};
use crate::header::{ByteRange, FailureReport};
use crate::range_set::RangeSet;

/// A message from `send` until nothing more can be heard of it.
///
/// ```text
/// asked ──Read──▶ ready ──Transmit──▶ handed ──▶ transmitted ──200──▶ acknowledged
/// ```
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) session: SessionKey,
    /// Message-ID.
    pub(crate) id: ByteStr,
    pub(crate) message: OutgoingMessage,
    /// Octets of content, once that is known.
    pub(crate) size: Option<u64>,
    /// Octets asked of the source so far.
    pub(crate) asked: u64,
    /// The lengths of the reads that were not answered, in order.
    pub(crate) reads: VecDeque<usize>,
    /// Content of chunks that can go out, in order.
    pub(crate) ready: VecDeque<Bytes>,
    /// Whether it waits in the queue of those that can hand out a chunk.
    pub(crate) queued: bool,
    /// What holds it back on a path with relays; `None` where reports are no brake.
    pub(crate) brake: Option<Brake>,
    /// Whether it waits for a report, because of that.
    pub(crate) parked: bool,
    /// When its last chunk was written.
    pub(crate) transmitted_at: Option<Instant>,
    /// Octets whose chunk was handed to the driver.
    pub(crate) handed: u64,
    /// Whether a chunk was handed out, and whether the last one was.
    pub(crate) started: bool,
    pub(crate) finished: bool,
    /// Octets the driver has written.
    pub(crate) transmitted: u64,
    /// Whether the driver has written the last chunk.
    pub(crate) flushed: bool,
    /// Octets answered 200.
    pub(crate) acknowledged: u64,
    /// Chunks to which a 200 is due.
    pub(crate) unanswered: usize,
    /// Whether the message ended by `Sent`.
    pub(crate) sent: bool,
    pub(crate) reports: Reports,
}

/// How far a message may go ahead of its REPORTs.
#[derive(Debug)]
pub(crate) struct Brake {
    /// Octets that may be handed and not reported.
    pub(crate) window: u64,
    /// Whether they count in the window of the connection: until a report fails to come.
    pub(crate) shares: bool,
}

/// What the REPORTs said so far.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    /// Octets reported, counted from 0.
    ranges: RangeSet,
    /// Whether all of it was reported, as far as the reports can be believed.
    covered: bool,
    /// Whether the user was told that the whole message arrived.
    pub(crate) complete: bool,
}

impl Outgoing {
    pub(crate) fn new(session: SessionKey, id: ByteStr, message: OutgoingMessage) -> Self {
        Self {
            session,
            id,
            size: message.size,
            message,
            asked: 0,
            reads: VecDeque::new(),
            ready: VecDeque::new(),
            queued: false,
            brake: None,
            parked: false,
            transmitted_at: None,
            handed: 0,
            started: false,
            finished: false,
            transmitted: 0,
            flushed: false,
            acknowledged: 0,
            unanswered: 0,
            sent: false,
            reports: Reports::default(),
        }
    }

    /// The length of the next read; `None` once all is asked for.
    pub(crate) fn next_read(&self, chunk_size: usize) -> Option<usize> {
        let left = self.size.unwrap_or(u64::MAX).saturating_sub(self.asked);
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(chunk_size.max(1));
        (len > 0).then_some(len)
    }

    /// Takes what a read of `len` octets brought; whether it may be so. Fewer are the end of a source whose size was
    /// not known; the reads that are still open bring nothing then.
    pub(crate) fn take_read(&mut self, content: Bytes, len: usize) -> bool {
        if content.len() == len {
            self.ready.push_back(content);
            return true;
        }
        if self.size.is_some() || content.len() > len {
            return false;
        }
        let open: usize = self.reads.drain(..).sum();
        let missing = (open + len - content.len()).try_into().unwrap_or(u64::MAX);
        self.asked = self.asked.saturating_sub(missing);
        self.size = Some(self.asked);
        if !content.is_empty() || self.asked == 0 {
            self.ready.push_back(content);
        }
        true
    }

    /// Whether a chunk can go out. While the size is not known the newest read waits: it may be the last one, and the
    /// last chunk says so.
    pub(crate) fn has_chunk(&self) -> bool {
        self.ready.len() > usize::from(self.size.is_none())
    }

    /// Octets handed and not reported.
    pub(crate) fn unreported(&self) -> u64 {
        if self.reports.covered { 0 } else { self.handed.saturating_sub(self.reports.ranges.octets()) }
    }

    /// Where the next chunk of `len` octets goes. If the size is known the range is concrete: peers are known that
    /// read the length of the content from it.
    pub(crate) fn next_range(&self, len: u64) -> ByteRange {
        ByteRange {
            start: self.handed.saturating_add(1),
            end: self.size.map(|_| self.handed.saturating_add(len)),
            total: self.size,
        }
    }

    /// Where the chunk goes that only says that the message is given up.
    pub(crate) fn abort_range(&self) -> ByteRange {
        ByteRange { start: self.handed.saturating_add(1), end: None, total: self.size }
    }

    /// Whether every chunk got what `Sent` waits for.
    pub(crate) fn is_done(&self) -> bool {
        match self.message.failure_report {
            FailureReport::Yes => self.finished && self.unanswered == 0,
            FailureReport::No | FailureReport::Partial => self.flushed,
        }
    }

    /// Octets asked for or read and not handed out yet.
    pub(crate) fn buffered(&self) -> (usize, usize) {
        let octets = self.reads.iter().sum::<usize>() + self.ready.iter().map(Bytes::len).sum::<usize>();
        (octets, self.reads.len() + self.ready.len())
    }

    /// Takes a REPORT of success; whether the reports cover the message now.
    ///
    /// The tolerances are those the field needs: a REPORT without a range speaks for the whole message, `*` as the end
    /// means its end, and from a peer that took every chunk itself the REPORT on the last one will do. What is not sent
    /// yet cannot have arrived, whatever the range says. Of more than `max_ranges` pieces no more are noted.
    pub(crate) fn report(&mut self, range: Option<ByteRange>, max_ranges: usize) -> bool {
        let size = self.size.unwrap_or(u64::MAX);
        let (start, end) = match range {
            None => (0, size),
            Some(ByteRange { start, end, .. }) => (start.saturating_sub(1), end.unwrap_or(size).min(size)),
        };
        if self.reports.ranges.len() < max_ranges || start == 0 {
            self.reports.ranges.insert(start, end.min(self.handed));
        }
        // Through relays chunks get lost that were answered 200.
        let is_direct = self.brake.is_none();
        self.reports.covered |= self.finished && is_direct && end == size;
        self.reports.covered |= self.reports.ranges.covers(size);
        self.reports.covered
    }
}
