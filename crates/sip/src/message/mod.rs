//! `Message`: a request or a response, as the bytes it came in and an index of its header fields.

mod builder;
mod editor;
mod request;
mod response;

use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;
use grammar::{ByteStr, Forgiven, ParseError, ParseErrorKind, Reading};

pub use self::builder::{BuildError, RequestBuilder, ResponseBuilder};
pub use self::editor::{Edit, Editor};
pub use self::request::Request;
pub use self::response::Response;
use crate::index::Index;
use crate::scan::{Scanner, StartLine};
use crate::{Headers, Limits, Method};

/// A request or a response.
///
/// Reading one checks what a reader of the bytes must agree on: start line, header lines, where the body
/// ends. Values are cut when they are asked for, and only then can be wrong; [`Message::check`] asks for all
/// of them, and [`Message::answer`] says how a user agent refuses a request.
#[derive(Clone)]
#[expect(clippy::exhaustive_enums, reason = "RFC 3261 §7 has these two")]
pub enum Message {
    /// A request.
    Request(Request),
    /// A response.
    Response(Response),
}

/// What both kinds of message are made of.
#[derive(Clone)]
pub(crate) struct Wire {
    /// Start line and header fields with the empty line, and the body where it is short and ASCII.
    text: ByteStr,
    /// The whole message, unless `text` is: a second handle to the buffer costs as much as reading two header
    /// fields.
    whole: Option<Bytes>,
    index: Index,
}

impl Message {
    /// Reads one datagram leniently, within the default [`Limits`].
    ///
    /// Bytes after a body of Content-Length are left out (RFC 3261 §18.3); [`Message::as_bytes`] is as long
    /// as what was read. Empty lines before the message are skipped.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] with its offset in the datagram; [`crate::Refusal::of_bytes`] says what to answer.
    pub fn parse(datagram: Bytes) -> Result<Self, ParseError> {
        Self::read(datagram, Limits::new())
    }

    /// Reads a datagram leniently.
    #[inline(always)]
    fn read(mut datagram: Bytes, limits: Limits) -> Result<Self, ParseError> {
        let mut index = Index::new();
        let mut scanner = Scanner::new(Reading::Lenient, limits);
        let frame = cut(&mut datagram, &mut scanner, &mut index)?;
        Self::from_parts(datagram, frame, scanner.start, &mut index)
    }

    /// As [`Message::parse`], within the given limits, and with the list of what a lenient reading let pass.
    ///
    /// # Errors
    ///
    /// As [`Message::parse`]; in a strict reading also for what a lenient one lets pass.
    pub fn parse_with(
        mut datagram: Bytes,
        reading: Reading,
        limits: &Limits,
    ) -> Result<(Self, Vec<Forgiven>), ParseError> {
        let mut index = Index::new();
        let mut scanner = Scanner::new(reading, *limits);
        let frame = cut(&mut datagram, &mut scanner, &mut index)?;
        let forgiven = scanner.take_forgiven();
        Ok((Self::from_parts(datagram, frame, scanner.start, &mut index)?, forgiven))
    }

    /// The message in `bytes`, whose head was read.
    ///
    /// The index is taken where the message is made, and the call is inlined: it is copied once.
    #[inline(always)]
    pub(crate) fn from_parts(
        bytes: Bytes,
        frame: Frame,
        start: Option<StartLine>,
        index: &mut Index,
    ) -> Result<Self, ParseError> {
        let Frame { head, skipped } = frame;
        let (text, whole) = if is_short_text(bytes.get(head..).unwrap_or_default()) {
            (bytes, None)
        } else {
            (bytes.slice(..head), Some(bytes))
        };
        let text = ByteStr::from_utf8(text).map_err(|error| error.shifted(skipped))?;
        match start {
            Some(StartLine::Request { method, uri }) => {
                let method = Method::parse_in(&text, text.get(method).unwrap_or_default())
                    .map_err(|error| error.shifted(skipped))?;
                Ok(Self::Request(Request { wire: Wire { text, whole, index: index.take() }, method, uri }))
            }
            Some(StartLine::Status { code, reason }) => Ok(Self::Response(Response {
                wire: Wire { text, whole, index: index.take() },
                status: code,
                reason,
            })),
            None => Err(ParseError::new(ParseErrorKind::Missing, "start-line", skipped)),
        }
    }

    /// The message as it is on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        self.wire().bytes()
    }

    /// The header fields.
    #[must_use]
    pub fn headers(&self) -> Headers<'_> {
        self.wire().headers()
    }

    /// The body; shares the message's buffer.
    #[must_use]
    pub fn body(&self) -> Bytes {
        self.wire().body()
    }

    /// The body, for looking at it in its place.
    #[must_use]
    pub fn body_octets(&self) -> &[u8] {
        self.wire().body_octets()
    }

    /// `part`, cut from the head of this message, as a text of its own that shares its buffer.
    #[must_use]
    pub fn share(&self, part: &str) -> ByteStr {
        self.wire().share(part)
    }

    /// The request, if it is one.
    #[must_use]
    pub const fn as_request(&self) -> Option<&Request> {
        match self {
            Self::Request(request) => Some(request),
            Self::Response(_) => None,
        }
    }

    /// The response, if it is one.
    #[must_use]
    pub const fn as_response(&self) -> Option<&Response> {
        match self {
            Self::Request(_) => None,
            Self::Response(response) => Some(response),
        }
    }

    const fn wire(&self) -> &Wire {
        match self {
            Self::Request(request) => request.wire(),
            Self::Response(response) => response.wire(),
        }
    }
}

impl Wire {
    pub(crate) fn headers(&self) -> Headers<'_> {
        Headers::new(&self.text, &self.index)
    }

    pub(crate) fn body(&self) -> Bytes {
        self.bytes().slice(self.index.head_len()..)
    }

    pub(crate) fn bytes(&self) -> &Bytes {
        self.whole.as_ref().unwrap_or_else(|| self.text.as_bytes())
    }

    pub(crate) fn body_octets(&self) -> &[u8] {
        self.bytes().get(self.index.head_len()..).unwrap_or_default()
    }

    pub(crate) fn head(&self) -> &str {
        self.text.get(..self.index.head_len()).unwrap_or_default()
    }

    pub(crate) fn share(&self, part: &str) -> ByteStr {
        self.text.share(part)
    }
}

/// Whether a body is worth reading as text, so that the message needs one handle to its buffer and not two.
fn is_short_text(body: &[u8]) -> bool {
    const SHORT: usize = 1024;
    body.len() <= SHORT && body.is_ascii()
}

/// Prints the head only: bodies are private.
impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.body_octets().len();
        for line in self.head().trim_end().split("\r\n") {
            writeln!(f, "{}", line.escape_debug())?;
        }
        write!(f, "({body} bytes of body)")
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.wire(), f)
    }
}

/// Where the parts of a message are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    /// One past the empty line.
    pub(crate) head: usize,
    /// Bytes of the datagram before the message, for the offsets of errors.
    pub(crate) skipped: usize,
}

/// Reads the head of the message in `datagram` and cuts off what is around the message.
fn cut(datagram: &mut Bytes, scanner: &mut Scanner, index: &mut Index) -> Result<Frame, ParseError> {
    let skipped = leading_line_ends(datagram);
    if skipped > 0 {
        scanner.forgive(ParseErrorKind::Syntax, "start-line", 0)?;
        bytes::Buf::advance(datagram, skipped);
    }
    let (head, end) = ends(datagram, scanner, index).map_err(|error| error.shifted(skipped))?;
    datagram.truncate(end);
    Ok(Frame { head, skipped })
}

/// Where the head of the message in `datagram` ends, and where the message does.
fn ends(datagram: &[u8], scanner: &mut Scanner, index: &mut Index) -> Result<(usize, usize), ParseError> {
    let Some(head) = scanner.advance(datagram, index)? else {
        return Err(ParseError::new(ParseErrorKind::Missing, "CRLF", datagram.len()));
    };
    let rest = datagram.len() - head;
    let (body, error) = match scanner.length() {
        Some((length, at)) if length > rest => {
            (length, Some((ParseErrorKind::Mismatch, "Content-Length", at)))
        }
        Some((length, _)) => (length, None),
        None => (rest, None),
    };
    let too_long = (body > scanner.limits().max_body).then_some((ParseErrorKind::Limit, "max_body", head));
    if let Some((kind, rule, at)) = error.or(too_long) {
        // Whoever reads a stream sees the head first.
        check_text(datagram.get(..head).unwrap_or_default())?;
        return Err(ParseError::new(kind, rule, at));
    }
    Ok((head, head + body))
}

/// RFC 3261 §7: a head is UTF-8.
pub(crate) fn check_text(head: &[u8]) -> Result<(), ParseError> {
    match core::str::from_utf8(head) {
        Ok(_) => Ok(()),
        Err(error) => Err(ParseError::new(ParseErrorKind::Syntax, "UTF-8", error.valid_up_to())),
    }
}

/// How many bytes of CRLF (or LF) come before the message.
pub(crate) fn leading_line_ends(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let [b'\r', b'\n', after @ ..] | [b'\n', after @ ..] = rest {
        rest = after;
    }
    bytes.len() - rest.len()
}

#[cfg(test)]
mod tests;
