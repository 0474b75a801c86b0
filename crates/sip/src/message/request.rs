//! `Request`, RFC 3261 §7.1.

use core::fmt;
use core::ops::Range;

use bytes::{Bytes, BytesMut};
use grammar::{ByteStr, ParseError};

use super::editor::Editor;
use super::{BuildError, RequestBuilder, Wire};
use crate::header::HeaderName;
use crate::uri::{Uri, UriRef};
use crate::{Headers, Method};

/// A request: its bytes, and where things are in them. Cloning copies no text.
#[derive(Clone)]
pub struct Request {
    pub(super) wire: Wire,
    pub(super) method: Method,
    pub(super) uri: Range<usize>,
}

impl Request {
    /// Starts a request to `uri`, which becomes the Request-URI as it is.
    pub fn builder(method: Method, uri: &Uri) -> RequestBuilder {
        RequestBuilder::new(BytesMut::new(), method, uri)
    }

    /// As [`Request::builder`], written into a buffer that is used again: what it held is dropped, and the
    /// request takes its part of it. Once the request is dropped the buffer finds that room again by itself, so
    /// that building one message after the other allocates nothing.
    pub fn builder_in<'b>(
        buffer: &'b mut BytesMut,
        method: Method,
        uri: &Uri,
    ) -> RequestBuilder<&'b mut BytesMut> {
        RequestBuilder::new(buffer, method, uri)
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// The Request-URI as written.
    #[must_use]
    pub fn request_uri(&self) -> &str {
        self.wire.head().get(self.uri.clone()).unwrap_or_default()
    }

    /// The Request-URI.
    ///
    /// # Errors
    ///
    /// As [`UriRef::parse`], with its offset in the message.
    pub fn uri(&self) -> Result<UriRef<'_>, ParseError> {
        self.headers().read(self.request_uri(), UriRef::parse)
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

    /// A copy with a Via on top, as each hop adds its own (RFC 3261 §16.6, §18.1.1).
    ///
    /// # Errors
    ///
    /// A [`BuildError`] if `via` is no Via value.
    pub fn with_top_via(&self, via: &str) -> Result<Self, BuildError> {
        self.with_header_first(HeaderName::VIA, via)
    }

    /// A copy with a header field before all others.
    ///
    /// # Errors
    ///
    /// A [`BuildError`] if `value` cannot be the value of a header field.
    pub fn with_header_first(&self, name: HeaderName, value: &str) -> Result<Self, BuildError> {
        self.edit().push_first(name, value).finish()
    }

    pub(super) const fn wire(&self) -> &Wire {
        &self.wire
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.wire, f)
    }
}
