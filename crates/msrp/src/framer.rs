//! `Framer`: a stream of bytes to frames, RFC 4975 §7.3.
//!
//! A frame ends where its end-line is and nowhere else: the content is searched for CRLF, seven hyphens, the
//! frame's own transaction id, a flag and CRLF. No byte is looked at twice, whatever the reads were cut into,
//! and content leaves as slices of what was pushed, as soon as it cannot be the start of the end-line.

mod content;

use alloc::collections::VecDeque;
use core::fmt;

use bytes::{Buf, Bytes, BytesMut};
use grammar::{ParseError, ParseErrorKind, Reading};
use memchr::{memchr, memmem};

use crate::frame::HeadLines;
use crate::{Flag, Head, Limits};
use content::{ContentState, END_LINE};

/// The hyphens of an end-line.
const HYPHENS: &[u8] = b"-------";
/// What every frame starts with.
const START: &[u8] = b"MSRP ";

/// The next part of the stream. A frame is one `Head`, any number of `Content`, one `End`.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_enums, reason = "RFC 4975 §9: a frame has no further part")]
#[expect(clippy::large_enum_variant, reason = "a box would cost an allocation for each frame")]
pub enum FrameEvent {
    /// Start line and header lines are in.
    Head(Head),
    /// The next octets of the content, never none.
    Content(Bytes),
    /// The end-line.
    End(Flag),
}

/// A stream that is not MSRP any more: nothing behind this can be read. Close it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("MSRP stream: {0}")]
pub struct FrameError(ParseError);

impl FrameError {
    /// What is wrong; the offset counts from the first byte of the stream.
    #[must_use]
    pub const fn parse_error(&self) -> &ParseError {
        &self.0
    }
}

/// What is left of a stream behind its last whole frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there is no fourth way for a stream to end")]
pub enum Tail {
    /// Nothing.
    Empty,
    /// The start of a frame.
    Incomplete,
    /// Something that is not MSRP.
    Error,
}

/// Cuts a stream into frames.
///
/// Memory: one header block ([`Limits::max_head`]), one end-line, and what was pushed and not asked for yet.
///
/// ```
/// use bytes::Bytes;
/// use simple_im_msrp::{FrameEvent, Framer, Limits, Reading};
///
/// let mut framer = Framer::new(Reading::Lenient, Limits::default());
/// framer.push(Bytes::from_static(b"MSRP q7Zk SEND\r\nTo-Path: msrp://b:1/b;tcp\r\nFrom-Path: msrp://a:1/a;tcp\r\n"));
/// framer.push(Bytes::from_static(b"Message-ID: m5Yt\r\nContent-Type: text/plain\r\n\r\nLunch?\r\n----"));
/// framer.push(Bytes::from_static(b"---q7Zk$\r\n"));
///
/// let mut text = Vec::new();
/// while let Some(event) = framer.next_event()? {
///     match event {
///         FrameEvent::Head(head) => assert_eq!(head.content_type(), Some("text/plain")),
///         FrameEvent::Content(piece) => text.extend_from_slice(&piece),
///         FrameEvent::End(_) => assert_eq!(text, b"Lunch?"),
///     }
/// }
/// # Ok::<(), simple_im_msrp::FrameError>(())
/// ```
pub struct Framer {
    limits: Limits,
    finder: memmem::Finder<'static>,
    /// What was pushed and not consumed; `queue` follows `current`.
    current: Bytes,
    queue: VecDeque<Bytes>,
    phase: Phase,
    head: HeadState,
    content: ContentState,
    /// Bytes pushed so far.
    received: u64,
    /// Where the frame under way starts, or the next one.
    frame_start: u64,
    failed: Option<FrameError>,
}

/// Which part of a frame comes next.
#[derive(Debug, Clone, Copy)]
enum Phase {
    /// The start line and the header lines.
    Head,
    /// The content, or its end-line.
    Content,
    /// The end-line is consumed, the event for it is due.
    End(Flag),
}

#[derive(Debug)]
struct HeadState {
    lines: HeadLines,
    /// The lines so far if they came in more than one push.
    held: BytesMut,
    /// Where the current line starts: in `held` if that is not empty, else in `current`.
    line_start: usize,
    /// The flag of the end-line, where it came in place of content.
    flag: Option<Flag>,
}

/// What one line of a head is.
enum Line {
    Header,
    Blank,
    End(Flag),
}

impl Framer {
    /// A framer at the start of a stream. `limits` bounds lines, heads and paths.
    #[must_use]
    pub fn new(reading: Reading, limits: Limits) -> Self {
        Self {
            limits,
            finder: memmem::Finder::new(END_LINE),
            current: Bytes::new(),
            queue: VecDeque::new(),
            phase: Phase::Head,
            head: HeadState::new(reading),
            content: ContentState::new(),
            received: 0,
            frame_start: 0,
            failed: None,
        }
    }

    /// Takes the next bytes of the stream, cut anywhere.
    pub fn push(&mut self, bytes: Bytes) {
        self.received = self.received.saturating_add(bytes.len().try_into().unwrap_or(u64::MAX));
        if self.current.is_empty() && self.queue.is_empty() {
            self.current = bytes;
        } else if !bytes.is_empty() {
            self.queue.push_back(bytes);
        }
    }

    /// The next part of the stream; `None` until more is pushed.
    ///
    /// # Errors
    ///
    /// A [`FrameError`] where the stream stops being MSRP or passes a limit, and from then on.
    pub fn next_event(&mut self) -> Result<Option<FrameEvent>, FrameError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        loop {
            if let Phase::End(flag) = self.phase {
                self.phase = Phase::Head;
                self.head.reset();
                self.frame_start = self.received.saturating_sub(self.unread());
                return Ok(Some(FrameEvent::End(flag)));
            }
            if self.current.is_empty() {
                let Some(next) = self.queue.pop_front() else { return Ok(None) };
                self.current = next;
            }
            if let Phase::Content = self.phase {
                let piece = self.content.step(&mut self.current, &self.finder);
                if let Some(flag) = piece.end {
                    self.phase = Phase::End(flag);
                }
                if !piece.content.is_empty() {
                    return Ok(Some(FrameEvent::Content(piece.content)));
                }
                continue;
            }
            match self.head.step(&mut self.current, self.frame_start, &self.limits) {
                Ok(None) => {}
                Ok(Some(head)) => {
                    self.phase = match self.head.flag {
                        Some(flag) => Phase::End(flag),
                        None => Phase::Content,
                    };
                    self.content.start(head.tid());
                    return Ok(Some(FrameEvent::Head(head)));
                }
                Err(error) => return Err(self.fail(error)),
            }
        }
    }

    /// Nothing behind this is read.
    #[cold]
    fn fail(&mut self, error: ParseError) -> FrameError {
        let base = self.frame_start.try_into().unwrap_or(usize::MAX);
        let error = FrameError(error.shifted(base));
        self.failed = Some(error.clone());
        self.current = Bytes::new();
        self.queue.clear();
        error
    }

    /// What is left behind the last whole frame. Ask when [`Self::next_event`] gave `None` or an error.
    #[must_use]
    pub fn tail(&self) -> Tail {
        if self.failed.is_some() {
            Tail::Error
        } else if self.tail_octets() > 0 {
            Tail::Incomplete
        } else {
            Tail::Empty
        }
    }

    /// Octets pushed behind the last whole frame that was handed out.
    #[must_use]
    pub const fn tail_octets(&self) -> u64 {
        self.received.saturating_sub(self.frame_start)
    }

    /// Whether the next byte belongs to a header block that is already under way.
    #[must_use]
    pub fn is_within_head(&self) -> bool {
        matches!(self.phase, Phase::Head) && self.tail_octets() > self.unread()
    }

    /// Octets held back because what they are is not known yet, and octets not consumed.
    #[must_use]
    pub fn buffered(&self) -> u64 {
        let held = match self.phase {
            Phase::Head => self.head.held.len(),
            Phase::Content => self.content.held(),
            Phase::End(_) => 0,
        };
        self.unread().saturating_add(held.try_into().unwrap_or(u64::MAX))
    }

    /// Octets pushed and not consumed.
    fn unread(&self) -> u64 {
        let queued: usize = self.queue.iter().map(Bytes::len).sum();
        (queued + self.current.len()).try_into().unwrap_or(u64::MAX)
    }
}

/// What was found, not what was read.
impl fmt::Debug for Framer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Framer")
            .field("received", &self.received)
            .field("frame_start", &self.frame_start)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

impl HeadState {
    fn new(reading: Reading) -> Self {
        Self { lines: HeadLines::new(reading), held: BytesMut::new(), line_start: 0, flag: None }
    }

    /// Makes ready for the next frame.
    fn reset(&mut self) {
        self.lines.reset();
        self.held.clear();
        self.line_start = 0;
        self.flag = None;
    }

    /// Takes lines from `current` up to the end of the head or of `current`.
    fn step(
        &mut self,
        current: &mut Bytes,
        offset: u64,
        limits: &Limits,
    ) -> Result<Option<Head>, ParseError> {
        loop {
            let whole = self.held.is_empty();
            let from = if whole { self.line_start } else { 0 };
            let unread = current.get(from..).unwrap_or_default();
            let plain = plain_span(unread);
            let behind = unread.get(plain..).unwrap_or_default();
            let is_plain = whole && behind.starts_with(b"\r\n");
            let line_feed = if is_plain { Some(1) } else { memchr(b'\n', behind) };
            let Some(line_feed) = line_feed else {
                self.hold(current, limits)?;
                return Ok(None);
            };
            let line_end = from + plain + line_feed + 1;
            if !whole {
                self.held.extend_from_slice(&current.split_to(line_end));
            }
            let line =
                if whole { current.get(self.line_start..line_end) } else { self.held.get(self.line_start..) };
            let line = line.unwrap_or_default();
            let next_line = self.line_start + line.len();
            let has_content = match read_line(line, is_plain, self.line_start, &mut self.lines, limits)? {
                Line::Header => {
                    self.line_start = next_line;
                    continue;
                }
                Line::Blank => true,
                Line::End(flag) => {
                    self.flag = Some(flag);
                    false
                }
            };
            let text = if whole {
                let text = current.split_to(self.line_start);
                current.advance(next_line - self.line_start);
                text
            } else {
                let mut held = core::mem::take(&mut self.held);
                held.truncate(self.line_start);
                held.freeze()
            };
            return self.lines.finish(text, has_content, offset, limits).map(Some);
        }
    }

    /// Keeps the start of a line whose end has not come.
    fn hold(&mut self, current: &mut Bytes, limits: &Limits) -> Result<(), ParseError> {
        let rest = core::mem::take(current);
        self.held.extend_from_slice(&rest);
        let line = self.held.get(self.line_start..).unwrap_or_default();
        check_start(line, self.line_start)?;
        check_limits(line.len(), self.line_start, limits)
    }
}

/// What a line that ends in LF is; headers go to `lines`. Split into the same errors however it came in. It
/// `is_plain` if it is known to be printable ASCII.
fn read_line(
    line: &[u8],
    is_plain: bool,
    offset: usize,
    lines: &mut HeadLines,
    limits: &Limits,
) -> Result<Line, ParseError> {
    check_start(line, offset)?;
    check_limits(line.len(), offset, limits)?;
    let Some(line) = line.strip_suffix(b"\r\n") else {
        return Err(ParseError::new(ParseErrorKind::Syntax, "CRLF", offset + line.len().saturating_sub(1)));
    };
    if line.is_empty() {
        return Ok(Line::Blank);
    }
    if let Some(rest) = line.strip_prefix(HYPHENS) {
        let tid = lines.tid();
        let flag = tid.and_then(|tid| rest.strip_prefix(tid.as_bytes())).filter(|rest| rest.len() == 1);
        let flag = flag.and_then(|flag| flag.first().copied()).and_then(Flag::from_byte);
        let mismatch = || ParseError::new(ParseErrorKind::Mismatch, "end-line", offset);
        return flag.map(Line::End).ok_or_else(mismatch);
    }
    if !is_plain {
        if let Some(at) = first_control(line) {
            return Err(ParseError::new(ParseErrorKind::Syntax, "utf8text", offset + at));
        }
        core::str::from_utf8(line).map_err(|error| {
            ParseError::new(ParseErrorKind::Syntax, "UTF-8", offset + error.valid_up_to())
        })?;
    }
    lines.push(line, offset)?;
    Ok(Line::Header)
}

/// How many bytes at the start are printable ASCII: most lines are, up to their CRLF, so this finds their end and
/// checks them in one go. Eight bytes at a time: lines are too short for more.
fn plain_span(bytes: &[u8]) -> usize {
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    const BLANK: u64 = u64::from_ne_bytes([b' '; 8]);
    const ONE: u64 = u64::from_ne_bytes([1; 8]);
    let (words, rest) = bytes.as_chunks::<8>();
    for (place, &word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(word);
        // Without the high bits nothing is borrowed or carried from one byte to the next: the first term is set
        // where a byte is below the blank, the second where it is DEL or above.
        let low = !(word | HIGH).wrapping_sub(BLANK);
        let odd = (low | (word & !HIGH).wrapping_add(ONE) | word) & HIGH;
        if odd != 0 {
            return 8 * place + usize::try_from(odd.trailing_zeros() / 8).unwrap_or(0);
        }
    }
    8 * words.len() + rest.iter().take_while(|byte| (b' '..0x7f).contains(*byte)).count()
}

/// Where the first control character other than the tab is.
pub(crate) fn first_control(text: &[u8]) -> Option<usize> {
    let is_control = |byte: u8| (byte < b' ' && byte != b'\t') || byte == 0x7f;
    let plain = plain_span(text);
    text.iter().skip(plain).position(|&byte| is_control(byte)).map(|at| plain + at)
}

/// Refuses another protocol at its first byte.
fn check_start(line: &[u8], offset: usize) -> Result<(), ParseError> {
    if offset > 0 || line.iter().zip(START).all(|(is, wanted)| is == wanted) {
        return Ok(());
    }
    if line.starts_with(b"MSRP") {
        return Err(ParseError::new(ParseErrorKind::Syntax, "SP", 4));
    }
    Err(ParseError::new(ParseErrorKind::Syntax, "MSRP", 0))
}

/// Refuses a line, or a head, of too many bytes; whichever limit comes first names the error.
fn check_limits(line_len: usize, offset: usize, limits: &Limits) -> Result<(), ParseError> {
    let line_limit = offset.saturating_add(limits.max_line);
    let (limit, name) =
        if line_limit <= limits.max_head { (line_limit, "max_line") } else { (limits.max_head, "max_head") };
    if offset.saturating_add(line_len) > limit {
        return Err(ParseError::new(ParseErrorKind::Limit, name, limit));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
