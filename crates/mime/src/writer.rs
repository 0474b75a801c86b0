//! `MultipartBuilder`: a multipart body put together (RFC 2046 §5.1.1).

use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;
use grammar::{ByteStr, ParseError};

use crate::Entity;

/// Why a multipart cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// It has no part; RFC 2046 wants one at least.
    #[error("a multipart has at least one part")]
    Empty,
    /// Every boundary tried occurs in a part: the parts were made to do that.
    #[error("the parts contain every boundary tried")]
    Boundary,
    /// A header cannot be carried.
    #[error(transparent)]
    Header(#[from] ParseError),
}

/// Collects the parts of a multipart body.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct MultipartBuilder {
    subtype: ByteStr,
    params: Vec<(ByteStr, ByteStr)>,
    parts: Vec<Entity>,
}

impl MultipartBuilder {
    /// `multipart/mixed`: parts that belong together.
    pub fn mixed() -> Self {
        todo!()
    }

    /// `multipart/related`: a root part of `root_type` and what it refers to (RFC 2387). The root is the first part.
    pub fn related(root_type: impl Into<ByteStr>) -> Self {
        todo!()
    }

    /// `multipart/alternative`: the same thing in several forms, the best last.
    pub fn alternative() -> Self {
        todo!()
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
        todo!()
    }

    /// The multipart as a part of another one, or to be looked at. As [`Self::build`].
    ///
    /// # Errors
    ///
    /// See [`BuildError`].
    pub fn build_entity(self, seed: [u8; 16]) -> Result<Entity, BuildError> {
        todo!()
    }
}
