//! `Disposition`: what the receiver is asked to do with a file.

use grammar::{ByteStr, CharClass};

/// What the receiver is asked to do with a file. Only a suggestion: nothing is ever opened because a peer said so.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Disposition {
    /// Show it: `render` in RFC 5547, `inline` in the draft. The intent "share".
    Render,
    /// Store it: `attachment` in both. The intent "transfer".
    Attachment,
    /// Another registered value; to be treated as [`Self::Attachment`] (RFC 2183 §2.8).
    Other(ByteStr),
}

impl Disposition {
    /// Reads a value of either dialect, letter case ignored; `None` if it is no token.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::known(value)
            .or_else(|| CharClass::TOKEN.matches(value.as_bytes()).then(|| Self::Other(ByteStr::from(value))))
    }

    /// One of the known two.
    #[inline]
    pub(super) fn known(value: &str) -> Option<Self> {
        let is = |known: &str| value == known || value.eq_ignore_ascii_case(known);
        if is("render") || is("inline") {
            Some(Self::Render)
        } else {
            is("attachment").then_some(Self::Attachment)
        }
    }

    /// The value of `file-disposition` (RFC 5547 §6).
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Render => "render",
            Self::Attachment => "attachment",
            Self::Other(value) => value,
        }
    }

    /// The value of the draft's `disposition`, and of Content-Disposition in mail.
    #[must_use]
    pub fn as_legacy_str(&self) -> &str {
        match self {
            Self::Render => "inline",
            other => other.as_str(),
        }
    }
}
