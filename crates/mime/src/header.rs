//! `Headers`: the header block of a part (RFC 2045 §3, RFC 5322 §2.2).

use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;
use grammar::{ByteStr, CharClass, Leniency, ParseError, ParseErrorKind};

use crate::Limits;

/// `ftext` of RFC 5322 §3.6.8: visible ASCII but the colon.
const NAME: CharClass = CharClass::NONE.with_range(0x21, 0x7e).without(b":");

/// One header, its value on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    name: ByteStr,
    value: ByteStr,
}

impl Header {
    /// A header to be written.
    ///
    /// # Errors
    ///
    /// `field-name` or `field-value` where it holds what a header line cannot carry.
    pub fn new(name: impl Into<ByteStr>, value: impl Into<ByteStr>) -> Result<Self, ParseError> {
        let (name, value) = (name.into(), value.into());
        if !NAME.matches(name.as_bytes()) {
            return Err(ParseError::new(ParseErrorKind::Syntax, "field-name", NAME.span(name.as_bytes())));
        }
        if let Some(at) = value.bytes().position(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(ParseError::new(ParseErrorKind::Syntax, "field-value", at));
        }
        Ok(Self { name, value })
    }

    /// The name, as written.
    #[must_use]
    pub fn name(&self) -> &ByteStr {
        &self.name
    }

    /// The value, unfolded, without white space around it.
    #[must_use]
    pub fn value(&self) -> &ByteStr {
        &self.value
    }
}

/// The headers of a part, in the order they are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers(Vec<Header>);

impl Headers {
    /// The value of the first header called `name`, case ignored.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&ByteStr> {
        self.0.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(Header::value)
    }

    /// All of them.
    pub fn iter(&self) -> core::slice::Iter<'_, Header> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one at the end.
    pub fn push(&mut self, header: Header) {
        self.0.push(header);
    }
}

impl<'a> IntoIterator for &'a Headers {
    type Item = &'a Header;
    type IntoIter = core::slice::Iter<'a, Header>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
