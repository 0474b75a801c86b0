//! `Entity`: headers and a body, with the parts of a multipart inside (RFC 2045 §2.4).

use alloc::vec::Vec;

use bytes::Bytes;
use grammar::{ByteStr, Forgiven, MediaType, ParseError, Reading};

use crate::{ContentDisposition, ContentId, Header, Headers, Limits};

/// One part, or the body of a whole message with the headers that describe it.
///
/// Cloning shares the body. `Debug` shows headers and lengths, never content.
#[derive(Clone, PartialEq, Eq)]
pub struct Entity {
    headers: Headers,
    body: Bytes,
    parts: Vec<Entity>,
}

impl Entity {
    /// Starts an entity to be written, `Content-Type` first.
    pub fn builder(content_type: impl Into<ByteStr>) -> EntityBuilder {
        todo!()
    }

    /// Takes a body with the headers of the message that carried it, and its parts apart if it is a multipart.
    ///
    /// Only headers whose name starts with `Content-` matter. The body of a SIP message goes in here.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte of the body where a multipart is broken or a limit is passed.
    pub fn read<'a>(
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
        body: Bytes,
        reading: Reading,
        limits: &Limits,
    ) -> Result<(Self, Vec<Forgiven>), ParseError> {
        todo!()
    }

    /// Reads a header block, a blank line and a body to the end of `bytes`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where headers or a multipart are broken or a limit is passed.
    pub fn parse(bytes: Bytes, reading: Reading, limits: &Limits) -> Result<(Self, Vec<Forgiven>), ParseError> {
        todo!()
    }

    /// The headers, as written.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// `Content-Type`; `text/plain` where there is none (RFC 2045 §5.2).
    ///
    /// # Errors
    ///
    /// The place in the header value that is no media type.
    pub fn content_type(&self) -> Result<MediaType<'_>, ParseError> {
        todo!()
    }

    /// `Content-ID`, with or without angle brackets.
    #[must_use]
    pub fn content_id(&self) -> Option<ContentId> {
        todo!()
    }

    /// `Content-Disposition`, `None` where there is none.
    ///
    /// # Errors
    ///
    /// The place in the header value that is no disposition.
    pub fn content_disposition(&self) -> Result<Option<ContentDisposition>, ParseError> {
        todo!()
    }

    /// The body as it is on the wire.
    #[must_use]
    pub fn raw_body(&self) -> &Bytes {
        &self.body
    }

    /// The body with its transfer encoding undone; shared, not copied, where there is none.
    ///
    /// # Errors
    ///
    /// `Content-Transfer-Encoding` of kind `Unsupported` where it is unknown, `base64` or `quoted-printable` at
    /// the byte of the body that is not.
    pub fn body(&self) -> Result<Bytes, ParseError> {
        todo!()
    }

    /// The parts of a multipart; empty otherwise.
    #[must_use]
    pub fn parts(&self) -> &[Self] {
        &self.parts
    }
}

/// Collects the headers of an [`Entity`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `body`"]
pub struct EntityBuilder {
    headers: Vec<(ByteStr, ByteStr)>,
}

impl EntityBuilder {
    /// `Content-ID`: `local@domain`, globally unique (RFC 2045 §7).
    pub fn id(self, id: &ContentId) -> Self {
        todo!()
    }

    /// `Content-Disposition`.
    pub fn disposition(self, disposition: &ContentDisposition) -> Self {
        todo!()
    }

    /// Any header.
    pub fn header(mut self, name: impl Into<ByteStr>, value: impl Into<ByteStr>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The entity with this body, written as it is (binary).
    ///
    /// # Errors
    ///
    /// `field-name` or `field-value` where a header cannot be carried.
    pub fn body(self, body: impl Into<Bytes>) -> Result<Entity, ParseError> {
        todo!()
    }
}

/// Headers and lengths; content is private.
impl core::fmt::Debug for Entity {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Entity")
            .field("headers", &self.headers)
            .field("body_len", &self.body.len())
            .field("parts", &self.parts)
            .finish()
    }
}
