//! The content of a frame: everything up to its end-line.

use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem;

use crate::{Flag, Tid};

/// What the end-line of every frame starts with.
pub(super) const END_LINE: &[u8] = b"\r\n-------";
/// The end of an end-line behind its transaction id: flag, CR, LF.
const ENDING: usize = 3;
/// The longest end-line.
const LONGEST: usize = END_LINE.len() + Tid::MAX + ENDING;

/// Where the search for the end-line is. Where one read ends in what may be its start, only the count of matching
/// bytes goes on to the next: no byte is compared twice.
#[derive(Debug)]
pub(super) struct ContentState {
    /// The end-line: CRLF, hyphens and transaction id; then the flag, once it is compared, and CRLF.
    pattern: [u8; LONGEST],
    /// Octets of the pattern before the flag.
    fixed: usize,
    /// How much of the pattern the bytes before `current` match.
    matched: usize,
    /// The matched bytes of the first read, but not the CRLF of the blank line: content if this is no end-line.
    tail: Bytes,
    /// Matched bytes of later reads. They are those of the pattern, so only their number is kept.
    more: usize,
    /// Bytes at the start of `current` that were compared and are content.
    compared: usize,
}

/// What a step found.
pub(super) struct Piece {
    /// The next octets of the content, if any.
    pub(super) content: Bytes,
    /// The flag of the end-line, if it came.
    pub(super) end: Option<Flag>,
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
    /// Before the first frame.
    pub(super) const fn new() -> Self {
        Self { pattern: [0; LONGEST], fixed: 0, matched: 0, tail: Bytes::new(), more: 0, compared: 0 }
    }

    /// Starts the content of the frame `tid`, right behind its blank line. The CRLF of that line may be the one before
    /// the end-line: peers end a frame without content like this, and a sender of content never lets it start
    /// with its own end-line.
    pub(super) fn start(&mut self, tid: &Tid) {
        let text = END_LINE.iter().chain(tid.as_bytes());
        for (to, &from) in self.pattern.iter_mut().zip(text) {
            *to = from;
        }
        self.fixed = END_LINE.len() + tid.as_bytes().len();
        self.matched = 2;
        self.tail = Bytes::new();
        self.more = 0;
        self.compared = 0;
    }

    /// Octets held back.
    pub(super) const fn held(&self) -> usize {
        self.tail.len() + self.more
    }

    /// Takes content from `current`, up to the end-line or the end of `current`.
    pub(super) fn step(&mut self, current: &mut Bytes, finder: &memmem::Finder<'static>) -> Piece {
        if self.matched > 0
            && let Some(piece) = self.resume(current)
        {
            return piece;
        }
        let mut from = core::mem::take(&mut self.compared);
        while let Some(found) = finder.find(current.get(from..).unwrap_or_default()) {
            let start = from + found;
            match self.compare(0, current.get(start..).unwrap_or_default()) {
                Match::Whole(flag) => {
                    let content = current.split_to(start);
                    current.advance(self.pattern_len());
                    return Piece { content, end: Some(flag) };
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
            None => Piece { content: core::mem::take(current), end: None },
        }
    }

    /// Goes on where the bytes before `current` match the start of the pattern; `None` if there is nothing to
    /// hand out and the search goes on.
    fn resume(&mut self, current: &mut Bytes) -> Option<Piece> {
        match self.compare(self.matched, current) {
            Match::Whole(flag) => {
                current.advance(self.pattern_len() - self.matched);
                self.matched = 0;
                Some(Piece { content: Bytes::new(), end: Some(flag) })
            }
            Match::SoFar => {
                let bytes = core::mem::take(current);
                self.matched += bytes.len();
                if self.held() == 0 {
                    self.tail = bytes;
                } else {
                    self.more += bytes.len();
                }
                Some(Piece { content: Bytes::new(), end: None })
            }
            Match::Not(at) => {
                self.compared = at;
                let content = self.release();
                self.matched = 0;
                (!content.is_empty()).then_some(Piece { content, end: None })
            }
        }
    }

    /// Hands out what is before `start` and keeps the rest, which matches the start of the pattern.
    fn hold(&mut self, current: &mut Bytes, start: usize) -> Piece {
        let mut content = core::mem::take(current);
        self.tail = content.split_off(start);
        self.matched = self.tail.len();
        Piece { content, end: None }
    }

    /// The bytes held back: they are content. Those of a look-alike that was cut twice are copied.
    fn release(&mut self) -> Bytes {
        let tail = core::mem::take(&mut self.tail);
        let more = core::mem::take(&mut self.more);
        if more == 0 {
            return tail;
        }
        let mut joined = BytesMut::with_capacity(tail.len() + more);
        joined.extend_from_slice(&tail);
        joined.extend_from_slice(self.pattern.get(self.matched - more..self.matched).unwrap_or_default());
        joined.freeze()
    }

    /// Octets of the whole pattern.
    const fn pattern_len(&self) -> usize {
        self.fixed + ENDING
    }

    /// Compares `bytes` with the pattern from its byte `at` on.
    ///
    /// Inside the pattern a CR stands only before its last byte, so where the comparison stops no other match
    /// can have begun before that byte, and the search goes on there.
    fn compare(&mut self, at: usize, bytes: &[u8]) -> Match {
        let fixed = self.pattern.get(at..self.fixed).unwrap_or_default();
        if at <= self.fixed
            && let Some(&[flag, b'\r', b'\n', ..]) = bytes.strip_prefix(fixed)
            && let Some(flag) = Flag::from_byte(flag)
        {
            return Match::Whole(flag);
        }
        let same = fixed.iter().zip(bytes).take_while(|(wanted, is)| wanted == is).count();
        if same < fixed.len() {
            return if same == bytes.len() { Match::SoFar } else { Match::Not(same) };
        }
        let mut same = same;
        for place in at.max(self.fixed)..self.pattern_len() {
            let Some(&is) = bytes.get(same) else { return Match::SoFar };
            let fits = match place - self.fixed {
                0 => Flag::from_byte(is).is_some(),
                1 => is == b'\r',
                _ => is == b'\n',
            };
            if !fits {
                return Match::Not(same);
            }
            if let Some(slot) = self.pattern.get_mut(place) {
                *slot = is;
            }
            same += 1;
        }
        let flag = self.pattern.get(self.fixed).copied().and_then(Flag::from_byte);
        flag.map_or(Match::Not(same), Match::Whole)
    }
}
