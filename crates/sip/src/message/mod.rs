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
use crate::scan::{Head, Scanner, StartLine};
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
    /// The whole message.
    bytes: Bytes,
    /// Start line and header fields with the empty line: the same bytes as text.
    head: ByteStr,
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
        Self::parse_with(datagram, Reading::Lenient, &Limits::new()).map(|(message, _)| message)
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
        let mut scanner = Scanner::new(reading, *limits);
        let skipped = leading_line_ends(&datagram);
        if skipped > 0 {
            scanner.forgive(ParseErrorKind::Syntax, "start-line", 0)?;
            bytes::Buf::advance(&mut datagram, skipped);
        }
        let shifted = |error: ParseError| error.shifted(skipped);
        let missing = || ParseError::new(ParseErrorKind::Missing, "CRLF", datagram.len());
        let mut head =
            scanner.advance(&datagram).and_then(|head| head.ok_or_else(missing)).map_err(shifted)?;
        let rest = datagram.len() - head.end;
        let body = match head.content_length {
            Some((length, at)) if length > rest => {
                return Err(shifted(ParseError::new(ParseErrorKind::Mismatch, "Content-Length", at)));
            }
            Some((length, _)) => length,
            None => rest,
        };
        if body > limits.max_body {
            return Err(shifted(ParseError::new(ParseErrorKind::Limit, "max_body", head.end)));
        }
        datagram.truncate(head.end + body);
        let forgiven = core::mem::take(&mut head.forgiven);
        let message = Self::from_head(datagram, head).map_err(shifted)?;
        Ok((message, forgiven))
    }

    /// The message in `bytes`, whose head was read and whose end was found.
    pub(crate) fn from_head(bytes: Bytes, head: Head) -> Result<Self, ParseError> {
        let text = ByteStr::from_utf8(bytes.slice(..head.end))?;
        let wire = Wire { bytes, head: text, index: head.index };
        Ok(match head.start {
            StartLine::Request { method, uri } => {
                let method = Method::parse_in(&wire.head, wire.head.get(method).unwrap_or_default())?;
                Self::Request(Request::new(wire, method, uri))
            }
            StartLine::Status { code, reason } => Self::Response(Response::new(wire, code, reason)),
        })
    }

    /// The message as it is on the wire.
    #[must_use]
    pub const fn as_bytes(&self) -> &Bytes {
        &self.wire().bytes
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

    /// `part`, cut from the head of this message, as a text of its own that shares its buffer.
    #[must_use]
    pub fn share(&self, part: &str) -> ByteStr {
        self.wire().head.share(part)
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
        Headers::new(&self.head, self.index.entries())
    }

    pub(crate) fn body(&self) -> Bytes {
        self.bytes.slice(self.head.len()..)
    }

    pub(crate) const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub(crate) const fn head(&self) -> &ByteStr {
        &self.head
    }
}

/// Prints the head only: bodies are private.
impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.bytes.len() - self.head.len();
        for line in self.head.as_str().trim_end().split("\r\n") {
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
