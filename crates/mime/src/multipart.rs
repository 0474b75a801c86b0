//! `Multipart`: a multipart body taken apart (RFC 2046 §5.1, RFC 2387).

use alloc::vec::Vec;

use bytes::Bytes;
use grammar::{Forgiven, ParseError, Reading};

use crate::{Entity, Limits};

/// The parts of a multipart body. Preamble and epilogue are passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Multipart {
    parts: Vec<Entity>,
}

impl Multipart {
    /// Takes `body` apart at `boundary`, the value of that parameter without quotes; nested multiparts too.
    ///
    /// [`Entity::read`] does the same from a header value.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte of the body where it is broken or a limit is passed.
    pub fn parse(
        boundary: &str,
        body: Bytes,
        reading: Reading,
        limits: &Limits,
    ) -> Result<(Self, Vec<Forgiven>), ParseError> {
        todo!()
    }

    /// The parts, in order.
    #[must_use]
    pub fn parts(&self) -> &[Entity] {
        &self.parts
    }
}
