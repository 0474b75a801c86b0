//! `Inspector`: whole frames for traces and test tools, their content streamed past.

use alloc::vec::Vec;

use bytes::Bytes;
use grammar::{Forgiven, ParseError, Reading};

use crate::{Flag, FrameError, FrameEvent, Framer, Head, HeaderName, Limits, Tail};

/// Reads a stream frame by frame. What a frame says is kept, its content is not.
#[derive(Debug)]
pub struct Inspector {
    framer: Framer,
    reading: Reading,
    /// The frame under way.
    head: Option<Head>,
    body_len: u64,
}

/// One whole frame, its content left out.
#[derive(Debug, Clone)]
pub struct FrameView {
    head: Head,
    flag: Flag,
    body_len: u64,
    verdict: Result<Vec<Forgiven>, ParseError>,
}

impl Inspector {
    /// An inspector at the start of a stream.
    #[must_use]
    pub fn new(reading: Reading, limits: Limits) -> Self {
        Self { framer: Framer::new(reading, limits), reading, head: None, body_len: 0 }
    }

    /// Takes the next bytes of the stream, cut anywhere.
    pub fn push(&mut self, bytes: Bytes) {
        self.framer.push(bytes);
    }

    /// The next whole frame; `None` until more is pushed. Its content goes through `content` piece by piece
    /// before the frame is returned, so a hash of it is complete then.
    ///
    /// # Errors
    ///
    /// A [`FrameError`] where the stream stops being MSRP, and from then on.
    pub fn next_frame(&mut self, mut content: impl FnMut(&Bytes)) -> Result<Option<FrameView>, FrameError> {
        while let Some(event) = self.framer.next_event()? {
            match event {
                FrameEvent::Head(head) => {
                    self.head = Some(head);
                    self.body_len = 0;
                }
                FrameEvent::Content(piece) => {
                    self.body_len = self.body_len.saturating_add(piece.len().try_into().unwrap_or(u64::MAX));
                    content(&piece);
                }
                FrameEvent::End(flag) => {
                    if let Some(head) = self.head.take() {
                        let verdict = head.check(self.reading);
                        return Ok(Some(FrameView { head, flag, body_len: self.body_len, verdict }));
                    }
                }
            }
        }
        Ok(None)
    }

    /// What is left behind the last whole frame. Ask when [`Self::next_frame`] gave `None` or an error.
    #[must_use]
    pub fn tail(&self) -> Tail {
        self.framer.tail()
    }

    /// Octets pushed behind the last whole frame.
    #[must_use]
    pub const fn tail_octets(&self) -> u64 {
        self.framer.tail_octets()
    }
}

impl FrameView {
    /// Start line and header lines.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// The transaction id.
    #[must_use]
    pub fn tid(&self) -> &str {
        self.head.tid().as_str()
    }

    /// `request` or `response`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        if self.head.method().is_some() { "request" } else { "response" }
    }

    /// The method of a request.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        self.head.method().map(crate::Method::as_str)
    }

    /// The status code of a response.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.head.status().map(crate::StatusCode::as_u16)
    }

    /// The comment of a response; empty if there is none.
    #[must_use]
    pub fn comment(&self) -> Option<&str> {
        match self.head.start_line() {
            crate::StartLine::Request(_) => None,
            crate::StartLine::Response { comment, .. } => Some(comment),
        }
    }

    /// The continuation flag.
    #[must_use]
    pub const fn flag(&self) -> Flag {
        self.flag
    }

    /// How many header lines there are.
    #[must_use]
    pub const fn header_count(&self) -> usize {
        self.head.header_count()
    }

    /// The URIs of To-Path as written, whether they are well formed or not.
    pub fn to_path(&self) -> impl Iterator<Item = &str> {
        self.texts(HeaderName::ToPath)
    }

    /// The URIs of From-Path as written, whether they are well formed or not.
    pub fn from_path(&self) -> impl Iterator<Item = &str> {
        self.texts(HeaderName::FromPath)
    }

    /// Message-ID as written.
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        self.head.message_id()
    }

    /// Byte-Range as written.
    #[must_use]
    pub fn byte_range(&self) -> Option<&str> {
        self.head.get(HeaderName::ByteRange)
    }

    /// Content-Type as written.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.head.content_type()
    }

    /// Success-Report as written.
    #[must_use]
    pub fn success_report(&self) -> Option<&str> {
        self.head.get(HeaderName::SuccessReport)
    }

    /// Failure-Report as written.
    #[must_use]
    pub fn failure_report(&self) -> Option<&str> {
        self.head.get(HeaderName::FailureReport)
    }

    /// The header field Status as written.
    #[must_use]
    pub fn status_header(&self) -> Option<&str> {
        self.head.get(HeaderName::Status)
    }

    /// Octets of content.
    #[must_use]
    pub const fn body_len(&self) -> u64 {
        self.body_len
    }

    /// Whether there was a blank line: content, of no octets perhaps.
    #[must_use]
    pub const fn has_content(&self) -> bool {
        self.head.has_content()
    }

    /// What was let pass.
    ///
    /// # Errors
    ///
    /// The first rule the frame breaks though its framing holds; the offset counts from the start of the stream.
    pub fn verdict(&self) -> Result<&[Forgiven], ParseError> {
        let base = self.head.offset().try_into().unwrap_or(usize::MAX);
        self.verdict.as_deref().map_err(|error| error.clone().shifted(base))
    }

    fn texts(&self, name: HeaderName) -> impl Iterator<Item = &str> {
        self.head.get(name).unwrap_or_default().split_ascii_whitespace()
    }
}
