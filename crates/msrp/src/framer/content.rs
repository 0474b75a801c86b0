//! The content of a frame: everything up to its end-line.

use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem;

use super::{State, Step};
use crate::{Flag, FrameEvent, Tid};

/// What the end-line of every frame starts with.
pub(super) const END_LINE: &[u8] = b"\r\n-------";

/// Where the search for the end-line is. Where one read ends in what may be its start, only the count of matching
/// bytes goes on to the next: no byte is compared twice.
#[derive(Debug)]
pub(super) struct ContentState {
    tid: Tid,
    /// How much of the end-line's pattern the bytes before `current` match.
    matched: usize,
    /// Those of the matched bytes that are content if it is no end-line: all but the CRLF of the blank line.
    tail: Bytes,
}

/// How far a place in the content matches the pattern of the end-line.
enum Match {
    Whole(Flag),
    /// Up to the end of what is there.
    SoFar,
    /// Up to this byte.
    Not(usize),
}

impl ContentState {
    /// The content of the frame `tid`, right behind its blank line. The CRLF of that line may be the one before
    /// the end-line: peers end a frame without content like this, and a sender of content never lets it start
    /// with its own end-line.
    pub(super) const fn new(tid: Tid) -> Self {
        Self { tid, matched: 2, tail: Bytes::new() }
    }

    /// Octets held back.
    pub(super) const fn held(&self) -> usize {
        self.tail.len()
    }

    /// Takes content from `current`, up to the end-line or the end of `current`.
    pub(super) fn step(&mut self, current: &mut Bytes, finder: &memmem::Finder<'static>) -> Step {
        if self.matched > 0 {
            return self.resume(current);
        }
        let mut from = 0;
        while let Some(found) = finder.find(current.get(from..).unwrap_or_default()) {
            let start = from + found;
            match self.compare(0, current.get(start..).unwrap_or_default()) {
                Match::Whole(flag) => {
                    let content = current.split_to(start);
                    current.advance(self.pattern_len());
                    return Step { event: content_event(content), next: Some(State::End(flag)) };
                }
                Match::SoFar => return self.hold(current, start),
                Match::Not(at) => from = start + at,
            }
        }
        // The search found none, but the last bytes may be the start of one.
        let last = current.len().saturating_sub(END_LINE.len() - 1).max(from);
        let ending = current.get(last..).unwrap_or_default();
        let start = memchr::memchr_iter(b'\r', ending)
            .find(|&at| END_LINE.starts_with(ending.get(at..).unwrap_or_default()));
        match start {
            Some(at) => self.hold(current, last + at),
            None => Step { event: content_event(core::mem::take(current)), next: None },
        }
    }

    /// Goes on where the bytes before `current` match the start of the pattern.
    fn resume(&mut self, current: &mut Bytes) -> Step {
        match self.compare(self.matched, current) {
            Match::Whole(flag) => {
                current.advance(self.pattern_len() - self.matched);
                Step { event: None, next: Some(State::End(flag)) }
            }
            Match::SoFar => {
                let more = core::mem::take(current);
                self.matched += more.len();
                self.keep(more);
                Step { event: None, next: None }
            }
            Match::Not(at) => {
                let more = current.split_to(at);
                self.keep(more);
                self.matched = 0;
                Step { event: content_event(core::mem::take(&mut self.tail)), next: None }
            }
        }
    }

    /// Hands out what is before `start` and keeps the rest, which matches the start of the pattern.
    fn hold(&mut self, current: &mut Bytes, start: usize) -> Step {
        let mut content = core::mem::take(current);
        self.tail = content.split_off(start);
        self.matched = self.tail.len();
        Step { event: content_event(content), next: None }
    }

    /// Adds to the tail. Where a second read cuts an end-line again the few bytes before it are copied.
    fn keep(&mut self, more: Bytes) {
        if self.tail.is_empty() {
            self.tail = more;
        } else if !more.is_empty() {
            let mut joined = BytesMut::with_capacity(self.tail.len() + more.len());
            joined.extend_from_slice(&self.tail);
            joined.extend_from_slice(&more);
            self.tail = joined.freeze();
        }
    }

    /// Octets of the whole pattern: CRLF, hyphens, transaction id, flag, CRLF.
    fn pattern_len(&self) -> usize {
        END_LINE.len() + self.tid.as_bytes().len() + 3
    }

    /// Compares `bytes` with the pattern from its byte `at` on.
    ///
    /// Inside the pattern a CR stands only before its last byte, so where the comparison stops no other match
    /// can have begun before that byte, and the search goes on there.
    fn compare(&self, at: usize, bytes: &[u8]) -> Match {
        let tid = self.tid.as_bytes();
        let flag_at = END_LINE.len() + tid.len();
        let fixed = END_LINE.iter().chain(tid).copied().map(Some);
        let pattern = fixed.chain([None, Some(b'\r'), Some(b'\n')]).skip(at);
        let mut compared = 0;
        for (wanted, &is) in pattern.zip(bytes) {
            let fits = match wanted {
                Some(wanted) => wanted == is,
                None => Flag::from_byte(is).is_some(),
            };
            if !fits {
                return Match::Not(compared);
            }
            compared += 1;
        }
        if at + compared < self.pattern_len() {
            return Match::SoFar;
        }
        let flag = match flag_at.checked_sub(at) {
            Some(place) => bytes.get(place).copied(),
            None => self.tail.get(flag_at - (self.matched - self.tail.len())).copied(),
        };
        flag.and_then(Flag::from_byte).map_or(Match::Not(compared), Match::Whole)
    }
}

fn content_event(content: Bytes) -> Option<FrameEvent> {
    (!content.is_empty()).then_some(FrameEvent::Content(content))
}
