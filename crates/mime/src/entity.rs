//! `Entity`: headers and a body, with the parts of a multipart inside (RFC 2045 §2.4).

use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;
use grammar::{ByteStr, Forgiven, Leniency, MediaType, ParseError, Reading};

use crate::multipart::PartReader;
use crate::{ContentDisposition, ContentId, Header, Headers, Limits, transfer_encoding};

/// One part, or the body of a whole message with the headers that describe it.
///
/// Cloning shares the body. `Debug` shows headers and lengths, never content.
#[derive(Clone, PartialEq, Eq)]
pub struct Entity {
    headers: Headers,
    body: Bytes,
    parts: Vec<Self>,
    /// What a missing `Content-Type` means here (RFC 2046 §5.1.5: another thing inside `multipart/digest`).
    default_type: &'static str,
}

impl Entity {
    /// Starts an entity to be written, `Content-Type` first.
    pub fn builder(content_type: impl Into<ByteStr>) -> EntityBuilder {
        let headers = Vec::from([("Content-Type".into(), content_type.into())]);
        EntityBuilder { headers }
    }

    /// Takes a body with the headers of the message that carried it, and its parts apart if it is a multipart.
    ///
    /// Only headers whose name starts with `Content-` matter, compact forms are not known here. The body of a SIP
    /// message goes in here.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte of the body where a multipart is broken or a limit is passed; of the rule
    /// `field-value` where a header cannot be one.
    pub fn read<'a>(
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
        body: Bytes,
        reading: Reading,
        limits: &Limits,
    ) -> Result<(Self, Vec<Forgiven>), ParseError> {
        let mut kept = Headers::default();
        for (name, value) in headers {
            if name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("Content-")) {
                kept.push(Header::new(name, value.trim())?);
            }
        }
        Self::from_headers(kept, body, reading, limits)
    }

    /// The same with headers that were read before.
    pub(crate) fn from_headers(
        headers: Headers,
        body: Bytes,
        reading: Reading,
        limits: &Limits,
    ) -> Result<(Self, Vec<Forgiven>), ParseError> {
        let mut leniency = Leniency::new(reading);
        let entity = PartReader::new(limits, &mut leniency).root(headers, body)?;
        Ok((entity, leniency.into_forgiven()))
    }

    /// Reads a header block, a blank line and a body to the end of `bytes`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where headers or a multipart are broken or a limit is passed.
    pub fn parse(
        bytes: Bytes,
        reading: Reading,
        limits: &Limits,
    ) -> Result<(Self, Vec<Forgiven>), ParseError> {
        let mut leniency = Leniency::new(reading);
        let entity = PartReader::new(limits, &mut leniency).whole(&bytes)?;
        Ok((entity, leniency.into_forgiven()))
    }

    /// An entity that is known to be consistent.
    pub(crate) const fn assemble(
        headers: Headers,
        body: Bytes,
        parts: Vec<Self>,
        default_type: &'static str,
    ) -> Self {
        Self { headers, body, parts, default_type }
    }

    /// The headers, as written.
    #[must_use]
    pub const fn headers(&self) -> &Headers {
        &self.headers
    }

    /// `Content-Type`; `text/plain` where there is none (RFC 2045 §5.2).
    ///
    /// Lenient: a `;` at the end is passed over.
    ///
    /// # Errors
    ///
    /// The place in the header value that is no media type.
    pub fn content_type(&self) -> Result<MediaType<'_>, ParseError> {
        let value = self.headers.get("Content-Type").map_or(self.default_type, ByteStr::as_str);
        MediaType::parse(value.trim_end_matches([';', ' ', '\t']))
    }

    /// `Content-ID`, with or without angle brackets; `None` where there is none that names anything.
    #[must_use]
    pub fn content_id(&self) -> Option<ContentId> {
        ContentId::parse(self.headers.get("Content-ID")?).ok()
    }

    /// `Content-Disposition`, `None` where there is none.
    ///
    /// # Errors
    ///
    /// The place in the header value that is no disposition.
    pub fn content_disposition(&self) -> Result<Option<ContentDisposition>, ParseError> {
        self.headers.get("Content-Disposition").map(|value| ContentDisposition::parse(value)).transpose()
    }

    /// The body as it is on the wire.
    #[must_use]
    pub const fn raw_body(&self) -> &Bytes {
        &self.body
    }

    /// The body with its transfer encoding undone; shared, not copied, where there is none.
    ///
    /// # Errors
    ///
    /// `Content-Transfer-Encoding` of kind `Unsupported` where it is unknown, `base64` or `quoted-printable` at
    /// the byte of the body that is not.
    pub fn body(&self) -> Result<Bytes, ParseError> {
        let encoding = self.headers.get("Content-Transfer-Encoding").map(ByteStr::as_str);
        transfer_encoding::decode(encoding, &self.body)
    }

    /// The parts of a multipart; empty otherwise.
    #[must_use]
    pub fn parts(&self) -> &[Self] {
        &self.parts
    }

    /// Writes headers, a blank line and the body.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Vec::with_capacity(self.body.len() + 128);
        self.write(&mut out);
        out.into()
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        self.headers.write(out);
        out.extend_from_slice(&self.body);
    }
}

/// Headers and lengths; content is private.
impl fmt::Debug for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entity")
            .field("headers", &self.headers)
            .field("body_len", &self.body.len())
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}

/// Collects the headers of an [`Entity`], which are written in the order of the calls.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `body`"]
pub struct EntityBuilder {
    headers: Vec<(ByteStr, ByteStr)>,
}

impl EntityBuilder {
    /// `Content-ID`: the name of the part, globally unique (RFC 2045 §7).
    pub fn id(self, id: &ContentId) -> Self {
        self.header("Content-ID", id.to_string())
    }

    /// `Content-Disposition`.
    pub fn disposition(self, disposition: &ContentDisposition) -> Self {
        self.header("Content-Disposition", disposition.to_string())
    }

    /// Any other header.
    pub fn header(mut self, name: impl Into<ByteStr>, value: impl Into<ByteStr>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The entity with this body, written as it is (binary).
    ///
    /// The body is not taken apart: [`Entity::parts`] of what is built here is empty.
    ///
    /// # Errors
    ///
    /// `field-name` or `field-value` where a header cannot be carried; `header` of kind `Repeated` where one that stands
    /// once is given twice: `Content-Type`, `Content-Disposition`, `Content-ID`, `Content-Transfer-Encoding`.
    pub fn body(self, body: impl Into<Bytes>) -> Result<Entity, ParseError> {
        let mut headers = Headers::default();
        for (name, value) in self.headers {
            headers.push_single(Header::new(name, value)?)?;
        }
        Ok(Entity::assemble(headers, body.into(), Vec::new(), DEFAULT_TYPE))
    }
}

/// What a missing `Content-Type` means (RFC 2045 §5.2).
pub(crate) const DEFAULT_TYPE: &str = "text/plain";
