//! message/cpim: the envelope of instant messages (RFC 3862, RFC 4975 §13).

mod address;
mod builder;
mod escape;
mod head;
mod header;

pub use address::Address;
pub use builder::Builder;
pub use head::Head;
pub use header::Header;

use alloc::vec::Vec;

use bytes::Bytes;
use grammar::{Forgiven, ParseError, Reading};

use crate::{Entity, Limits};

/// The media type of the envelope.
pub const MEDIA_TYPE: &str = "message/cpim";

/// An envelope and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    head: Head,
    content: Entity,
}

impl Message {
    /// Reads a whole message, leniently, with the default limits.
    ///
    /// # Errors
    ///
    /// As [`Self::parse_with`].
    pub fn parse(bytes: Bytes) -> Result<Self, ParseError> {
        Self::parse_with(bytes, Reading::Lenient, &Limits::default()).map(|(message, _)| message)
    }

    /// Reads a whole message. Where the content arrives bit by bit, [`Head::parse`] reads what comes before it.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where a header is broken or a limit is passed; `Incomplete` where the text
    /// ends before the content starts.
    pub fn parse_with(
        bytes: Bytes,
        reading: Reading,
        limits: &Limits,
    ) -> Result<(Self, Vec<Forgiven>), ParseError> {
        let (head, mut forgiven) = Head::parse(&bytes, reading, limits)?;
        let content = bytes.slice(head.len()..);
        let (content, more) = Entity::from_headers(head.content_headers().clone(), content, reading, limits)
            .map_err(|error| error.shifted(head.len()))?;
        let shift = head.len();
        forgiven.extend(more.into_iter().map(|mut departure| {
            departure.offset += shift;
            departure
        }));
        Ok((Self { head, content }, forgiven))
    }

    /// Writes the message again, header by header in their order, unknown ones and their namespaces among them, and
    /// the content as it is. What was forgiven on reading is written as it should be.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Vec::with_capacity(self.head.len() + self.content.raw_body().len() + 4);
        self.head.write(&mut out);
        out.extend_from_slice(self.content.raw_body());
        out.into()
    }

    /// The message headers: From, To, DateTime and so on.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// The content with its MIME headers.
    #[must_use]
    pub const fn content(&self) -> &Entity {
        &self.content
    }
}

#[cfg(test)]
mod tests;
