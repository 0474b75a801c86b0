//! `Head`: all of a CPIM message but the content (RFC 3862 §2 and §4).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;
use grammar::{ByteStr, Forgiven, ParseError, Reading};

use super::Address;
use crate::{Headers, Limits};

/// The message headers and the MIME headers of the content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    headers: Vec<Header>,
    content_headers: Headers,
    len: usize,
}

/// One message header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    namespace: Option<ByteStr>,
    name: ByteStr,
    raw_value: ByteStr,
}

impl Head {
    /// Reads the heads at the start of `bytes`; what follows is content, from [`Self::len`] on.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where a header is broken or a limit is passed. Of kind `Incomplete` where
    /// `bytes` end within the heads: more of the message may help.
    pub fn parse(bytes: &Bytes, reading: Reading, limits: &Limits) -> Result<(Self, Vec<Forgiven>), ParseError> {
        todo!()
    }

    /// Bytes before the content.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a head is never empty")]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// The message headers, in order.
    #[must_use]
    pub fn headers(&self) -> &[Header] {
        &self.headers
    }

    /// The MIME headers of the content.
    #[must_use]
    pub fn content_headers(&self) -> &Headers {
        &self.content_headers
    }

    /// The sender.
    ///
    /// # Errors
    ///
    /// The place in the value that is no address.
    pub fn from(&self) -> Result<Option<Address>, ParseError> {
        todo!()
    }

    /// The recipients of `To`.
    pub fn to(&self) -> impl Iterator<Item = Result<Address, ParseError>> {
        core::iter::empty()
    }

    /// The recipients of `cc`.
    pub fn cc(&self) -> impl Iterator<Item = Result<Address, ParseError>> {
        core::iter::empty()
    }

    /// `DateTime`, as written: a date and time of RFC 3339.
    #[must_use]
    pub fn date_time(&self) -> Option<Cow<'_, str>> {
        todo!()
    }

    /// The first `Subject`, in whatever language.
    #[must_use]
    pub fn subject(&self) -> Option<Cow<'_, str>> {
        todo!()
    }

    /// The header `name` of the namespace `urn`; for the headers of RFC 3862 itself see [`Self::core`].
    #[must_use]
    pub fn get(&self, urn: &str, name: &str) -> Option<&Header> {
        todo!()
    }

    /// The header `name` of RFC 3862, case-sensitive as that RFC has it.
    #[must_use]
    pub fn core(&self, name: &str) -> Option<&Header> {
        todo!()
    }

    /// The header names that the sender requires to be understood (`Require`), each resolved to its namespace.
    /// One that is not understood means: treat the message as not understood (RFC 3862 §4.6).
    pub fn required(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        core::iter::empty()
    }
}

impl Header {
    /// The URN of the namespace the header belongs to; `None` where its prefix was never declared.
    #[must_use]
    pub fn namespace(&self) -> Option<&ByteStr> {
        self.namespace.as_ref()
    }

    /// The name without prefix, case-sensitive.
    #[must_use]
    pub fn name(&self) -> &ByteStr {
        &self.name
    }

    /// The value as written.
    #[must_use]
    pub fn raw_value(&self) -> &ByteStr {
        &self.raw_value
    }

    /// The value with its escapes undone.
    #[must_use]
    pub fn value(&self) -> Cow<'_, str> {
        todo!()
    }
}
