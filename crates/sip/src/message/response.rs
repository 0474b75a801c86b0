//! `Response`, RFC 3261 §7.2.

use core::fmt;
use core::ops::Range;

use bytes::{Bytes, BytesMut};
use grammar::ByteStr;

use super::editor::Editor;
use super::{BuildError, Request, ResponseBuilder, Wire};
use crate::header::HeaderName;
use crate::{Headers, StatusCode};

/// A response: its bytes, and where things are in them. Cloning copies no text.
#[derive(Clone)]
pub struct Response {
    pub(super) wire: Wire,
    pub(super) status: StatusCode,
    pub(super) reason: Range<usize>,
}

impl Response {
    /// Starts the response to `request`: Via, From, To, Call-ID and CSeq are copied, and Record-Route where the
    /// response makes a dialog (RFC 3261 §8.2.6.2, §12.1.1).
    pub fn builder_for(request: &Request, status: StatusCode) -> ResponseBuilder {
        ResponseBuilder::new(BytesMut::new(), request, status)
    }

    /// As [`Response::builder_for`], written into a buffer that is used again as in [`Request::builder_in`].
    pub fn builder_in<'b>(
        buffer: &'b mut BytesMut,
        request: &Request,
        status: StatusCode,
    ) -> ResponseBuilder<&'b mut BytesMut> {
        ResponseBuilder::new(buffer, request, status)
    }

    /// The status code.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The reason phrase as written; may be empty.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.wire.head().get(self.reason.clone()).unwrap_or_default()
    }

    /// The message as it is on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        self.wire.bytes()
    }

    /// The header fields.
    #[must_use]
    pub fn headers(&self) -> Headers<'_> {
        self.wire.headers()
    }

    /// The body; shares the message's buffer.
    #[must_use]
    pub fn body(&self) -> Bytes {
        self.wire.body()
    }

    /// The body, for looking at it in its place.
    #[must_use]
    pub fn body_octets(&self) -> &[u8] {
        self.wire.body_octets()
    }

    /// `part`, cut from the head of this message, as a text of its own that shares its buffer.
    #[must_use]
    pub fn share(&self, part: &str) -> ByteStr {
        self.wire.share(part)
    }

    /// Starts a changed copy; all that is not changed keeps its bytes.
    pub fn edit(&self) -> Editor<'_, Self> {
        Editor::new(&self.wire)
    }

    /// A copy without the topmost Via, as each proxy takes its own off (RFC 3261 §16.7).
    ///
    /// # Errors
    ///
    /// A [`BuildError`] if there is none.
    pub fn without_top_via(&self) -> Result<Self, BuildError> {
        self.edit().remove_first_value(HeaderName::VIA).finish()
    }

    pub(super) const fn wire(&self) -> &Wire {
        &self.wire
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.wire, f)
    }
}
