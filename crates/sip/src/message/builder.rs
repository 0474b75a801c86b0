//! Builders: what is required is asked for, Content-Length is counted, and nothing can break out of its line.

use alloc::boxed::Box;
use core::borrow::BorrowMut;
use core::fmt;

use bytes::{BufMut as _, Bytes, BytesMut};
use grammar::ParseError;

use super::{Message, Request, Response};
use crate::encode::{self, Seen};
use crate::header::HeaderName;
use crate::uri::Uri;
use crate::{Limits, Method, StatusCode};

/// Why a message could not be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A value with a line end or another control character; the field it was for.
    #[error("the value of {0} holds a control character")]
    Value(&'static str),
    /// A header name that is no token.
    #[error("a header name that is no token")]
    Name,
    /// A Request-URI or reason phrase that would break the start line.
    #[error("the start line cannot hold this text")]
    StartLine,
    /// A field that every request must have.
    #[error("{0} is missing")]
    Missing(HeaderName),
    /// A field that may stand only once, or that the builder writes itself.
    #[error("{0} is there already")]
    Repeated(HeaderName),
    /// A value that a reader would refuse.
    #[error("not readable: {0}")]
    Unreadable(ParseError),
}

/// What both builders share: the bytes so far, the body to come, the first mistake.
#[derive(Debug, Clone)]
struct Draft<B> {
    out: B,
    seen: Seen,
    body: Bytes,
    /// Apart, for the draft is moved with each call.
    error: Option<Box<BuildError>>,
}

impl<B: BorrowMut<BytesMut>> Draft<B> {
    /// A draft that starts at the front of `out`.
    fn new(mut out: B) -> Self {
        let buffer = out.borrow_mut();
        buffer.clear();
        buffer.reserve(512);
        Self { out, seen: Seen::default(), body: Bytes::new(), error: None }
    }

    fn out(&mut self) -> &mut BytesMut {
        self.out.borrow_mut()
    }

    fn header(&mut self, name: HeaderName, value: impl fmt::Display) {
        let result = self.seen.note(name).and_then(|()| encode::field(self.out.borrow_mut(), name, value));
        self.keep(result);
    }

    fn header_other(&mut self, name: &str, value: impl fmt::Display) {
        let result = match HeaderName::parse(name) {
            Some(known) => {
                self.seen.note(known).and_then(|()| encode::other_field(self.out.borrow_mut(), name, value))
            }
            None => encode::other_field(self.out.borrow_mut(), name, value),
        };
        self.keep(result);
    }

    fn keep(&mut self, result: Result<(), BuildError>) {
        if let Err(error) = result {
            self.error.get_or_insert_with(|| Box::new(error));
        }
    }

    /// Content-Length, the empty line and the body.
    fn finish(mut self) -> Result<Message, BuildError> {
        if let Some(error) = self.error {
            return Err(*error);
        }
        let out = self.out.borrow_mut();
        out.reserve(self.body.len() + 32);
        out.put_slice(b"Content-Length: ");
        encode::decimal(out, self.body.len());
        out.put_slice(b"\r\n\r\n");
        out.put_slice(&self.body);
        reread(out.split().freeze())
    }
}

/// Indexes a message that was just written; what cannot be read here must not leave the house.
pub(super) fn reread(bytes: Bytes) -> Result<Message, BuildError> {
    const LIMITS: Limits = Limits {
        max_headers: usize::MAX,
        max_line: usize::MAX,
        max_head: usize::MAX,
        max_body: usize::MAX,
        max_uri: usize::MAX,
    };
    Message::read(bytes, LIMITS).map_err(BuildError::Unreadable)
}

/// Collects the header fields and the body of a request, in the order of the calls.
///
/// Via may be left out: the transport puts its own on top ([`Request::with_top_via`]). Max-Forwards is 70
/// where none was given.
///
/// `B` is where it writes: a buffer of its own, or the caller's ([`Request::builder_in`]).
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct RequestBuilder<B = BytesMut> {
    draft: Draft<B>,
    method: Method,
}

impl<B: BorrowMut<BytesMut>> RequestBuilder<B> {
    pub(super) fn new(out: B, method: Method, uri: &Uri) -> Self {
        let mut draft = Draft::new(out);
        let out = draft.out();
        out.put_slice(method.as_str().as_bytes());
        out.put_u8(b' ');
        let result = encode::word(out, uri.as_str());
        out.put_slice(b" SIP/2.0\r\n");
        draft.keep(result);
        Self { draft, method }
    }

    /// Appends a field.
    pub fn header(mut self, name: HeaderName, value: impl fmt::Display) -> Self {
        self.draft.header(name, value);
        self
    }

    /// Appends a field of any name, spelled as given.
    pub fn header_other(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.draft.header_other(name, value);
        self
    }

    /// Appends a Via that asks for `rport` (RFC 3581): transport, host with port, branch with its cookie.
    pub fn via(
        self,
        transport: impl fmt::Display,
        sent_by: impl fmt::Display,
        branch: impl fmt::Display,
    ) -> Self {
        let mut this = self;
        let result = this
            .draft
            .seen
            .note(HeaderName::VIA)
            .and_then(|()| encode::via(this.draft.out.borrow_mut(), transport, sent_by, branch));
        this.draft.keep(result);
        this
    }

    /// Appends CSeq with the method of the request.
    pub fn cseq(self, number: u32) -> Self {
        let mut this = self;
        match this.draft.seen.note(HeaderName::CSEQ) {
            Ok(()) => encode::cseq(this.draft.out.borrow_mut(), number, &this.method),
            error => this.draft.keep(error),
        }
        this
    }

    /// Sets the body and appends Content-Type. A second call is a mistake.
    pub fn body(mut self, content_type: impl fmt::Display, body: Bytes) -> Self {
        self.draft.header(HeaderName::CONTENT_TYPE, content_type);
        self.draft.body = body;
        self
    }

    /// Writes the message.
    ///
    /// # Errors
    ///
    /// The first mistake as a [`BuildError`]; also if From, To, Call-ID or CSeq is missing or malformed.
    pub fn build(mut self) -> Result<Request, BuildError> {
        if !self.draft.seen.has(HeaderName::MAX_FORWARDS) {
            self.draft.header(HeaderName::MAX_FORWARDS, 70);
        }
        let required = [HeaderName::FROM, HeaderName::TO, HeaderName::CALL_ID, HeaderName::CSEQ];
        if let Some(missing) = required.into_iter().find(|&name| !self.draft.seen.has(name)) {
            self.draft.keep(Err(BuildError::Missing(missing)));
        }
        let has_via = self.draft.seen.has(HeaderName::VIA);
        let Message::Request(request) = self.draft.finish()? else { return Err(BuildError::StartLine) };
        let readable = || {
            if has_via {
                request.via()?;
            }
            request.from()?;
            request.to()?;
            request.call_id()?;
            request.cseq()?;
            request.max_forwards()?;
            request.content_type()
        };
        readable().map_err(BuildError::Unreadable)?;
        Ok(request)
    }
}

/// Collects the header fields and the body of a response, after those copied from its request.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct ResponseBuilder<B = BytesMut> {
    draft: Draft<B>,
    /// Where a tag goes into the copied To; `None` if it has one.
    tag_at: Option<usize>,
}

impl<B: BorrowMut<BytesMut>> ResponseBuilder<B> {
    pub(super) fn new(out: B, request: &Request, status: StatusCode) -> Self {
        let mut draft = Draft::new(out);
        let out = draft.out();
        out.put_slice(b"SIP/2.0 ");
        encode::decimal(out, usize::from(status.as_u16()));
        out.put_u8(b' ');
        out.put_slice(status.reason().as_bytes());
        out.put_slice(b"\r\n");
        let mut tag_at = None;
        let dialog = [Method::INVITE, Method::SUBSCRIBE, Method::REFER, Method::NOTIFY]
            .contains(request.method())
            && (101..300).contains(&status.as_u16());
        for name in [
            HeaderName::VIA,
            HeaderName::RECORD_ROUTE,
            HeaderName::FROM,
            HeaderName::TO,
            HeaderName::CALL_ID,
            HeaderName::CSEQ,
            HeaderName::TIMESTAMP,
        ] {
            let copied = match name {
                HeaderName::RECORD_ROUTE => dialog,
                HeaderName::TIMESTAMP => status == StatusCode::TRYING,
                _ => true,
            };
            for value in request.headers().get_all(name).filter(|_| copied) {
                // Copied as received, folds included: what the sender matches is its own bytes.
                let out = draft.out();
                out.put_slice(name.as_str().as_bytes());
                out.put_slice(b": ");
                encode::lines(out, value.as_bytes());
                if name == HeaderName::TO && request.to().map_or(true, |to| to.tag().is_none()) {
                    tag_at = Some(out.len());
                }
                out.put_slice(b"\r\n");
                let _ = draft.seen.note(name);
            }
        }
        Self { draft, tag_at }
    }

    /// Sets the To tag, unless the request came with one (then we are in a dialog, and it stays).
    pub fn to_tag(mut self, tag: &str) -> Self {
        if let Some(at) = self.tag_at.take() {
            if crate::method::TOKEN.matches(tag.as_bytes()) {
                let out = self.draft.out();
                encode::insert(out, at, b";tag=");
                encode::insert(out, at + b";tag=".len(), tag.as_bytes());
            } else {
                self.draft.keep(Err(BuildError::Value("To")));
            }
        }
        self
    }

    /// Replaces the default reason phrase.
    pub fn reason(mut self, reason: &str) -> Self {
        if encode::holds_control(reason.as_bytes()) {
            self.draft.keep(Err(BuildError::StartLine));
            return self;
        }
        let start = b"SIP/2.0 200 ".len();
        let out = self.draft.out();
        let old = memchr::memchr(b'\r', out).unwrap_or(start);
        encode::insert(out, old, reason.as_bytes());
        encode::remove(out, start..old);
        self.tag_at = self.tag_at.map(|at| at + start + reason.len() - old);
        self
    }

    /// Appends a field.
    pub fn header(mut self, name: HeaderName, value: impl fmt::Display) -> Self {
        self.draft.header(name, value);
        self
    }

    /// Appends a field of any name, spelled as given.
    pub fn header_other(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.draft.header_other(name, value);
        self
    }

    /// Sets the body and appends Content-Type. A second call is a mistake.
    pub fn body(mut self, content_type: impl fmt::Display, body: Bytes) -> Self {
        self.draft.header(HeaderName::CONTENT_TYPE, content_type);
        self.draft.body = body;
        self
    }

    /// Writes the message.
    ///
    /// # Errors
    ///
    /// The first mistake as a [`BuildError`].
    pub fn build(self) -> Result<Response, BuildError> {
        match self.draft.finish()? {
            Message::Response(response) => Ok(response),
            Message::Request(_) => Err(BuildError::StartLine),
        }
    }
}
