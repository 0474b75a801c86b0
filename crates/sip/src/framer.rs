//! `Framer`: messages out of a byte stream (RFC 3261 §18.3, RFC 5626 §3.5.1).

use alloc::vec::Vec;
use core::fmt;

use bytes::{Buf as _, Bytes, BytesMut};
use grammar::{Forgiven, ParseError, ParseErrorKind, Reading};

use crate::index::Index;
use crate::message::{Frame, check_text};
use crate::scan::Scanner;
use crate::{Limits, Message, Refusal};

/// Cuts messages out of a stream, however it is split into reads.
///
/// What was looked at is never looked at again. A message that lies in one read shares its buffer; one that
/// spans several is put together once. Memory at worst: one message within [`Limits`] plus one read.
///
/// Empty lines between messages are keep-alives; [`Framer::take_pings`] and [`Framer::take_pongs`] count them.
#[derive(Debug)]
pub struct Framer {
    reading: Reading,
    limits: Limits,
    /// The last read, while nothing older is waiting.
    read: Bytes,
    /// What is waiting from more than one read; `read` is empty then.
    joined: BytesMut,
    state: State,
    scanner: Scanner,
    index: Index,
    line_ends: LineEnds,
    forgiven: Vec<Forgiven>,
}

/// How far into the message at the front the framer is.
#[derive(Debug)]
enum State {
    /// Between messages.
    Idle,
    /// In the head.
    Head,
    /// The head is read.
    Body {
        /// Where it ends.
        head: usize,
        /// Where the message ends.
        whole: usize,
    },
    /// An error was told; nothing more is read.
    Broken(ParseError),
}

/// Keep-alives seen since they were last taken.
#[derive(Debug, Default)]
struct LineEnds {
    /// Line ends in a row that no ping was made of yet: 0 or 1.
    run: usize,
    pings: usize,
    pongs: usize,
}

/// A stream that cannot be read any further: where a message ends is not known. Close the connection.
#[derive(Debug, Clone)]
pub struct FrameError {
    error: ParseError,
    refusal: Option<Refusal>,
}

impl FrameError {
    /// What is wrong; the offset counts from the start of the broken message.
    #[must_use]
    pub const fn error(&self) -> &ParseError {
        &self.error
    }

    /// How to answer before closing, if the broken message is a request that can be answered.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }
}

impl From<ParseError> for FrameError {
    fn from(error: ParseError) -> Self {
        Self { error, refusal: None }
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl core::error::Error for FrameError {}

impl Default for Framer {
    fn default() -> Self {
        Self::new(Reading::Lenient, Limits::new())
    }
}

impl Framer {
    /// A framer at the start of a stream.
    #[must_use]
    pub fn new(reading: Reading, limits: Limits) -> Self {
        Self {
            reading,
            limits,
            read: Bytes::new(),
            joined: BytesMut::new(),
            state: State::Idle,
            scanner: Scanner::new(reading, limits),
            index: Index::new(),
            line_ends: LineEnds { run: 0, pings: 0, pongs: 0 },
            forgiven: Vec::new(),
        }
    }

    /// Takes what was read from the stream. Call [`Framer::next_message`] until it returns `None` afterwards.
    pub fn push(&mut self, read: impl Into<Bytes>) {
        let read = read.into();
        if matches!(self.state, State::Broken(_)) {
            return;
        }
        if !self.joined.is_empty() {
            self.joined.extend_from_slice(&read);
        } else if self.read.is_empty() {
            self.read = read;
        } else {
            self.joined.reserve(self.read.len() + read.len());
            self.joined.extend_from_slice(&core::mem::take(&mut self.read));
            self.joined.extend_from_slice(&read);
        }
    }

    /// The next whole message; `None` until more has been read.
    ///
    /// # Errors
    ///
    /// A [`FrameError`] once the stream cannot be followed: a malformed start or header line, no or no credible
    /// Content-Length (RFC 3261 §18.3 demands one on streams), a limit passed. It is final and told again.
    pub fn next_message(&mut self) -> Result<Option<Message>, FrameError> {
        match self.advance() {
            Ok(message) => Ok(message),
            Err(error) => {
                let refusal = match self.state {
                    State::Broken(_) => None,
                    _ => Refusal::of_bytes(self.waiting(), &error),
                };
                self.state = State::Broken(error.clone());
                self.read = Bytes::new();
                self.joined = BytesMut::new();
                Err(FrameError { error, refusal })
            }
        }
    }

    /// Keep-alive requests (two line ends in a row, RFC 5626 §3.5.1) since the last call: a server answers each
    /// with one line end.
    pub fn take_pings(&mut self) -> usize {
        core::mem::take(&mut self.line_ends.pings)
    }

    /// Line ends between messages since the last call: to a client each is the answer to a ping.
    pub fn take_pongs(&mut self) -> usize {
        core::mem::take(&mut self.line_ends.pongs)
    }

    /// Bytes that wait for the rest of their message.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.waiting().len()
    }

    /// What was let pass in the last message; offsets count from its start.
    #[must_use]
    pub fn forgiven(&self) -> &[Forgiven] {
        &self.forgiven
    }

    fn waiting(&self) -> &[u8] {
        if self.joined.is_empty() { &self.read } else { &self.joined }
    }

    fn advance(&mut self) -> Result<Option<Message>, ParseError> {
        loop {
            match &mut self.state {
                State::Broken(error) => return Err(error.clone()),
                State::Idle => {
                    self.skip_line_ends();
                    // A lone CR may be the first half of a keep-alive.
                    if matches!(self.waiting(), [] | [b'\r']) {
                        return Ok(None);
                    }
                    self.line_ends.run = 0;
                    self.scanner = Scanner::new(self.reading, self.limits);
                    self.index = Index::new();
                    self.state = State::Head;
                }
                State::Head => {
                    let waiting: &[u8] = if self.joined.is_empty() { &self.read } else { &self.joined };
                    let Some(head) = self.scanner.advance(waiting, &mut self.index)? else { return Ok(None) };
                    // Told before the body comes, as everything about the head is.
                    check_text(waiting.get(..head).unwrap_or_default())?;
                    let Some((body, _)) = self.scanner.length() else {
                        return Err(ParseError::new(ParseErrorKind::Missing, "Content-Length", head));
                    };
                    if body > self.limits.max_body {
                        return Err(ParseError::new(ParseErrorKind::Limit, "max_body", head));
                    }
                    self.state = State::Body { head, whole: head.saturating_add(body) };
                }
                &mut State::Body { head, whole } => {
                    if self.waiting().len() < whole {
                        return Ok(None);
                    }
                    let bytes = self.cut(whole);
                    self.state = State::Idle;
                    self.forgiven = self.scanner.take_forgiven();
                    let frame = Frame { head, skipped: 0 };
                    return Message::from_parts(bytes, frame, self.scanner.start.take(), &mut self.index)
                        .map(Some);
                }
            }
        }
    }

    /// Takes bytes off the front.
    fn cut(&mut self, len: usize) -> Bytes {
        if self.joined.is_empty() { self.read.split_to(len) } else { self.joined.split_to(len).freeze() }
    }

    fn skip_line_ends(&mut self) {
        while let [b'\r', b'\n', ..] | [b'\n', ..] = self.waiting() {
            let len = if self.waiting().first() == Some(&b'\n') { 1 } else { 2 };
            if self.joined.is_empty() {
                self.read.advance(len)
            } else {
                self.joined.advance(len)
            }
            self.line_ends.pongs = self.line_ends.pongs.saturating_add(1);
            self.line_ends.run += 1;
            if self.line_ends.run == 2 {
                self.line_ends.run = 0;
                self.line_ends.pings = self.line_ends.pings.saturating_add(1);
            }
        }
    }
}

#[cfg(test)]
mod tests;
