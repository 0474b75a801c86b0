//! `Refusal`: how a request that cannot be processed is answered (RFC 3261 §8.2, §16.3, §18.3, RFC 4475).

use bytes::{BufMut as _, Bytes, BytesMut};
use grammar::{CharClass, ParseError, ParseErrorKind};

use crate::header::{HeaderName, NAME};
use crate::method::TOKEN;
use crate::{StatusCode, encode};

/// The answer to a request that was refused before anybody could work on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    status: StatusCode,
    response: Option<Bytes>,
}

impl Refusal {
    /// What to answer to bytes that [`crate::Message::parse`] or the framer refused with `error`.
    ///
    /// `None` if they are no request, or an ACK, which nobody answers.
    #[must_use]
    pub fn of_bytes(bytes: &[u8], error: &ParseError) -> Option<Self> {
        let bytes = bytes.get(crate::message::leading_line_ends(bytes)..)?;
        let method = TOKEN.span(bytes);
        let (method, rest) = bytes.split_at_checked(method)?;
        if method.is_empty() || method == b"ACK" || rest.first() != Some(&b' ') || !has_version(rest) {
            return None;
        }
        let status = match (error.kind(), error.rule()) {
            (ParseErrorKind::Unsupported, "SIP-Version") => StatusCode::VERSION_NOT_SUPPORTED,
            (ParseErrorKind::Limit, "max_uri") => StatusCode::REQUEST_URI_TOO_LONG,
            (ParseErrorKind::Limit, "max_body") => StatusCode::REQUEST_ENTITY_TOO_LARGE,
            (ParseErrorKind::Limit, _) => StatusCode::MESSAGE_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        };
        Some(Self { status, response: respond(bytes, status) })
    }

    /// The status code to refuse with.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The whole response; `None` if the request does not say where responses go.
    #[must_use]
    pub const fn response(&self) -> Option<&Bytes> {
        self.response.as_ref()
    }
}

/// Whether the first line ends as the Request-Line of some version of SIP does.
fn has_version(bytes: &[u8]) -> bool {
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = line.trim_ascii_end();
    let version = line.rsplit(|&byte| byte == b' ').next().unwrap_or_default();
    version.get(..4).is_some_and(|name| name.eq_ignore_ascii_case(b"SIP/"))
}

/// A response with the fields that route it copied from what can be read of the request.
fn respond(bytes: &[u8], status: StatusCode) -> Option<Bytes> {
    let mut out = BytesMut::with_capacity(512);
    out.put_slice(b"SIP/2.0 ");
    encode::decimal(&mut out, usize::from(status.as_u16()));
    out.put_u8(b' ');
    out.put_slice(status.reason().as_bytes());
    out.put_slice(b"\r\n");
    let mut has_via = false;
    for (name, value) in Fields(bytes).skip(1) {
        let copied =
            [HeaderName::VIA, HeaderName::FROM, HeaderName::TO, HeaderName::CALL_ID, HeaderName::CSEQ];
        if let Some(name) = HeaderName::from_bytes(name).filter(|name| copied.contains(name))
            && is_harmless(value)
        {
            has_via |= name == HeaderName::VIA;
            out.put_slice(name.as_str().as_bytes());
            out.put_slice(b": ");
            out.put_slice(value);
            out.put_slice(b"\r\n");
        }
    }
    out.put_slice(b"Content-Length: 0\r\n\r\n");
    has_via.then(|| out.freeze())
}

/// RFC 4475 §4: what is malformed is not sent on. Folds are, other line ends and NUL are not.
fn is_harmless(value: &[u8]) -> bool {
    const BAD: CharClass = CharClass::NONE.with_range(0, 0x1f).without(b"\t").with(&[0x7f]);
    !value.is_empty() && core::str::from_utf8(value).is_ok() && !value.iter().any(|&byte| BAD.contains(byte))
}

/// Names and values of the lines of a head, as far as they have a colon. Continued lines are left out.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let end = memchr::memchr(b'\n', self.0)?;
        let (line, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(1..).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return None;
        }
        let (name, after) = line.split_at_checked(NAME.span(line))?;
        let value = after.trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii).unwrap_or_default();
        let continued = matches!(self.0.first(), Some(b' ' | b'\t'));
        Some((name, if continued { b"" } else { value }))
    }
}
