//! `Stream`: the content of one chunk on its way through, cut anew for the next hop (RFC 4976 §6.4.1).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use grammar::ByteStr;
use msrp::{ByteRange, FailureReport, Flag, FrameWriter, Head, HeaderName, Tid};
use sip_ua::FlowId;

use super::ids::Ids;
use super::wire;

/// What a piece is copied below, so that it does not keep the whole buffer of its read alive.
const COPIED: usize = 2048;
/// What the bookkeeping of a stream counts for in the window of its source, beside its head and content.
const OVERHEAD: usize = 256;

/// Whom to tell what becomes of a chunk after its 200.
#[derive(Debug)]
pub(super) struct Origin {
    /// The connection it came on; a REPORT goes back on it or not at all.
    pub(super) flow: FlowId,
    /// Its From-Path: the way to its sender.
    pub(super) to_path: ByteStr,
    /// Our URI in its To-Path.
    pub(super) from_path: ByteStr,
    pub(super) message_id: Option<ByteStr>,
    pub(super) failure_report: FailureReport,
}

/// One incoming chunk, in part.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) origin: Arc<Origin>,
    /// The head as it came.
    text: ByteStr,
    to_path: String,
    from_path: String,
    content_type: Option<ByteStr>,
    /// Byte-Range as it came, for a frame without content.
    range: Option<ByteRange>,
    total: Option<u64>,
    /// The octet of the message, from 1, that the next chunk starts with.
    next: u64,
    pieces: VecDeque<Bytes>,
    len: usize,
    /// When the first of the pieces came.
    since: Option<Instant>,
    /// The flag of the incoming chunk, once it is all here.
    ended: Option<Flag>,
}

/// One chunk for the next hop, ready to be written.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) tid: Tid,
    pub(super) parts: Vec<Bytes>,
    pub(super) range: Option<ByteRange>,
    pub(super) origin: Arc<Origin>,
}

impl Stream {
    /// Whether a SEND can be passed on: its content has a type, and its range is one that a message can have.
    pub(super) fn is_sound(head: &Head) -> bool {
        let typed = !head.has_content() || head.content_type().is_some();
        let start = head.byte_range().map(|range| range.map_or(1, |range| range.start));
        // Far from where counting its octets would end.
        typed && start.is_ok_and(|start| (1..=u64::MAX / 2).contains(&start))
    }

    /// The chunk of a sound `head`, for the way in `to_path`.
    pub(super) fn new(head: &Head, origin: Origin, to_path: String, from_path: String) -> Self {
        let range = head.byte_range().unwrap_or_default();
        Self {
            origin: Arc::new(origin),
            text: head.text().detach(),
            to_path,
            from_path,
            content_type: head.content_type().filter(|_| head.has_content()).map(ByteStr::from),
            range,
            total: range.and_then(|range| range.total),
            next: range.map_or(1, |range| range.start),
            pieces: VecDeque::new(),
            len: 0,
            since: None,
            ended: None,
        }
    }

    /// Takes content.
    pub(super) fn push(&mut self, piece: Bytes, now: Instant) {
        self.since.get_or_insert(now);
        self.len += piece.len();
        self.pieces.push_back(if piece.len() < COPIED { Bytes::copy_from_slice(&piece) } else { piece });
    }

    /// The incoming chunk is all here, or nothing more comes of it.
    pub(super) fn end(&mut self, flag: Flag) {
        self.ended.get_or_insert(flag);
    }

    pub(super) const fn is_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// Whether all of it was sent on.
    pub(super) fn is_over(&self) -> bool {
        // An end in the middle of a message says nothing of its own.
        self.ended == Some(Flag::More) && self.len == 0 && self.content_type.is_some()
    }

    /// What it counts for in the window of its source.
    pub(super) fn cost(&self) -> usize {
        self.len + self.text.len() + OVERHEAD
    }

    /// How many octets can be sent on. While the incoming chunk goes on its last octet is kept, so that the last
    /// chunk of a message never is empty.
    fn available(&self) -> usize {
        if self.is_ended() { self.len } else { self.len.saturating_sub(1) }
    }

    /// Since when it can be sent on, or from when.
    pub(super) fn ready_at(&self, min_chunk: usize, gather: Duration) -> Option<Instant> {
        let since = self.since.filter(|_| self.available() > 0);
        match since {
            Some(since) if self.is_ended() || self.available() >= min_chunk => Some(since),
            Some(since) => Some(since + gather),
            None => None,
        }
    }

    /// Cuts the next chunk off, if there is one by now. `true` beside it if it was the last.
    pub(super) fn cut(
        &mut self,
        limits: &super::Limits,
        gather: Duration,
        ids: &mut Ids,
        now: Instant,
    ) -> Option<(Chunk, Rest)> {
        let ready = self.is_ended() || self.ready_at(limits.min_chunk, gather).is_some_and(|at| at <= now);
        if !ready || self.is_over() {
            return None;
        }
        let content = self.take(self.available().min(limits.chunk_size.max(1)));
        let len = content.iter().map(Bytes::len).sum::<usize>();
        let flag = self.ended.filter(|_| self.len == 0).unwrap_or(Flag::More);
        let rest = if self.ended.is_some() && self.len == 0 { Rest::None } else { Rest::Some };
        let range = if self.content_type.is_some() { Some(self.advance(len, flag)) } else { self.range };
        let tid = ids.fitting(&content);
        let headers: Vec<_> = wire::passed_on(&self.text).collect();
        let mut writer = FrameWriter::request(tid, "SEND", self.to_path.as_str(), self.from_path.as_str())
            .others(&headers);
        if let Some(range) = range {
            writer = writer.byte_range(range);
        }
        if let Some(content_type) = &self.content_type {
            writer = writer.content_type(content_type);
        }
        let (mut head, mut end) = (BytesMut::new(), BytesMut::new());
        // The values were read from a frame, where none could hold a line end.
        writer.write_head(&mut head).ok()?;
        writer.write_end(flag, &mut end);
        let parts = std::iter::once(head.freeze()).chain(content).chain([end.freeze()]).collect();
        Some((Chunk { tid, parts, range, origin: Arc::clone(&self.origin) }, rest))
    }

    /// The range of the next `len` octets, which are passed over.
    fn advance(&mut self, len: usize, flag: Flag) -> ByteRange {
        let start = self.next;
        self.next = start.saturating_add(u64::try_from(len).unwrap_or(u64::MAX));
        let end = self.next.saturating_sub(1);
        // RFC 4976 §6.4.1: what is known by now is written.
        let total = self.total.or_else(|| (flag == Flag::Last).then_some(end));
        ByteRange { start, end: Some(end), total }
    }

    fn take(&mut self, mut wanted: usize) -> Vec<Bytes> {
        self.len -= wanted;
        let mut taken = Vec::new();
        while wanted > 0 {
            let Some(piece) = self.pieces.front_mut() else { break };
            let part = piece.split_to(wanted.min(piece.len()));
            if piece.is_empty() {
                self.pieces.pop_front();
            }
            wanted -= part.len();
            taken.push(part);
        }
        if self.len == 0 {
            self.since = None;
        }
        taken
    }

    /// The octets of the message that were not sent on.
    pub(super) fn unsent(&self) -> Option<ByteRange> {
        self.content_type.as_ref()?;
        let end = self.next.saturating_add(u64::try_from(self.len).unwrap_or(u64::MAX)).saturating_sub(1);
        Some(ByteRange { start: self.next, end: Some(end), total: self.total })
    }
}

/// What is left of a stream behind a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// Nothing: that was the last chunk.
    None,
    /// More may follow.
    Some,
}

/// The header of this name is written anew for the next hop.
pub(super) const fn is_rewritten(name: HeaderName) -> bool {
    matches!(
        name,
        HeaderName::ToPath | HeaderName::FromPath | HeaderName::ByteRange | HeaderName::ContentType
    )
}
