//! `Address`: `[ name ] "<" URI ">"`, the value of From, To and cc (RFC 3862 §4.1).

use grammar::{ByteStr, ParseError};

/// Who sent a message or is to get it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Address {
    /// The formal name, for showing.
    pub name: Option<ByteStr>,
    /// The URI, as written between the angle brackets.
    pub uri: ByteStr,
}

impl Address {
    /// An address without a name.
    ///
    /// # Errors
    ///
    /// `URI` where it is empty or holds what cannot stand between angle brackets.
    pub fn new(uri: impl Into<ByteStr>) -> Result<Self, ParseError> {
        todo!()
    }

    /// The same with a name. Control characters in it are escaped when it is written.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<ByteStr>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Reads a header value.
    ///
    /// # Errors
    ///
    /// `URI` where there are no angle brackets or nothing in them.
    pub fn parse(value: &str) -> Result<Self, ParseError> {
        todo!()
    }
}
