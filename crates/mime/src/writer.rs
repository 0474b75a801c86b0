//! `MultipartBuilder`: a multipart body put together (RFC 2046 §5.1.1).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;
use grammar::{ByteStr, ParseError, quoted};
use memchr::memmem;

use crate::entity::DEFAULT_TYPE;
use crate::{ContentId, Entity, Header, Headers, boundary};

/// How many boundaries are tried. They are random and 128 bits long: a second one is needed only where somebody
/// knew the first.
const TRIES: u128 = 8;

/// Why a multipart cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// It has no part; RFC 2046 wants one at least.
    #[error("a multipart has at least one part")]
    Empty,
    /// The boundary, or each one that was tried, occurs in a part.
    #[error("the boundary occurs in a part")]
    Boundary,
    /// A header or a boundary cannot be carried.
    #[error(transparent)]
    Header(#[from] ParseError),
}

/// Collects the parts of a multipart body.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct MultipartBuilder {
    subtype: &'static str,
    params: Vec<(&'static str, ByteStr)>,
    parts: Vec<Entity>,
}

impl MultipartBuilder {
    /// `multipart/mixed`: parts that belong together.
    pub const fn mixed() -> Self {
        Self { subtype: "mixed", params: Vec::new(), parts: Vec::new() }
    }

    /// `multipart/related`: a root part of `root_type` and what it refers to (RFC 2387). The root is the first part
    /// unless [`Self::start`] says otherwise.
    pub fn related(root_type: impl Into<ByteStr>) -> Self {
        Self { subtype: "related", params: Vec::from([("type", root_type.into())]), parts: Vec::new() }
    }

    /// `multipart/alternative`: the same thing in several forms, the best last.
    pub const fn alternative() -> Self {
        Self { subtype: "alternative", params: Vec::new(), parts: Vec::new() }
    }

    /// Which part is the root of `multipart/related` (RFC 2387 §3.2).
    pub fn start(mut self, root: &ContentId) -> Self {
        self.params.push(("start", format!("{root}").into()));
        self
    }

    /// Adds a part.
    pub fn part(mut self, part: Entity) -> Self {
        self.parts.push(part);
        self
    }

    /// The value of `Content-Type` and the body.
    ///
    /// The boundary is made of `seed`, which should be random, and checked against the parts.
    ///
    /// # Errors
    ///
    /// See [`BuildError`].
    pub fn build(self, seed: [u8; 16]) -> Result<(String, Bytes), BuildError> {
        let boundary = self.boundary(seed)?;
        self.encode(&boundary)
    }

    /// As [`Self::build`], with this boundary and no other.
    ///
    /// # Errors
    ///
    /// See [`BuildError`].
    pub fn build_with(self, boundary: &str) -> Result<(String, Bytes), BuildError> {
        boundary::check(boundary)?;
        if self.contains(boundary) {
            return Err(BuildError::Boundary);
        }
        self.encode(boundary)
    }

    /// As [`Self::build`], to be a part of another multipart or to be looked at.
    ///
    /// # Errors
    ///
    /// See [`BuildError`].
    pub fn build_entity(self, seed: [u8; 16]) -> Result<Entity, BuildError> {
        let boundary = self.boundary(seed)?;
        let (content_type, body) = self.encode(&boundary)?;
        let mut headers = Headers::default();
        headers.push(Header::new("Content-Type", content_type)?);
        Ok(Entity::assemble(headers, body, self.parts, DEFAULT_TYPE))
    }

    /// A boundary that occurs in no part.
    fn boundary(&self, seed: [u8; 16]) -> Result<String, BuildError> {
        let seed = u128::from_be_bytes(seed);
        (0..TRIES)
            .map(|i| format!("{:032x}", seed.wrapping_add(i)))
            .find(|boundary| !self.contains(boundary))
            .ok_or(BuildError::Boundary)
    }

    /// Whether the dashes and `boundary` occur anywhere in a part, at the start of a line or not.
    fn contains(&self, boundary: &str) -> bool {
        let dashed = boundary::dashed(boundary);
        let finder = memmem::Finder::new(&dashed);
        self.parts.iter().any(|part| {
            let mut lines =
                part.headers().iter().map(|header| format!("{}: {}", header.name(), header.value()));
            finder.find(part.raw_body()).is_some() || lines.any(|line| finder.find(line.as_bytes()).is_some())
        })
    }

    fn encode(&self, boundary: &str) -> Result<(String, Bytes), BuildError> {
        if self.parts.is_empty() {
            return Err(BuildError::Empty);
        }
        let mut content_type = format!("multipart/{}", self.subtype);
        for (name, value) in &self.params {
            content_type.push(';');
            content_type.push_str(name);
            content_type.push('=');
            quoted::quote(value, &mut content_type)?;
        }
        content_type.push_str(";boundary=");
        quoted::quote(boundary, &mut content_type)?;

        let content: usize = self.parts.iter().map(|part| part.raw_body().len() + 256).sum();
        let mut body = Vec::with_capacity(content);
        let dashed = boundary::dashed(boundary);
        for (i, part) in self.parts.iter().enumerate() {
            if i > 0 {
                body.extend_from_slice(b"\r\n");
            }
            body.extend_from_slice(&dashed);
            body.extend_from_slice(b"\r\n");
            part.write(&mut body);
        }
        body.extend_from_slice(b"\r\n");
        body.extend_from_slice(&dashed);
        body.extend_from_slice(b"--\r\n");
        Ok((content_type, body.into()))
    }
}

#[cfg(test)]
mod tests;
