//! `Disposition`: what the receiver is asked to do with a file.

use grammar::{ByteStr, CharClass};

use crate::MediaDescription;

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
        Self::read(value, |value| ByteStr::from(value))
    }

    /// As [`Self::parse`]; a value of a document shares its buffer.
    pub(super) fn shared(value: &str, media: &MediaDescription<'_>) -> Option<Self> {
        Self::read(value, |value| media.share(value))
    }

    fn read(value: &str, keep: impl FnOnce(&str) -> ByteStr) -> Option<Self> {
        if value.eq_ignore_ascii_case("render") || value.eq_ignore_ascii_case("inline") {
            Some(Self::Render)
        } else if value.eq_ignore_ascii_case("attachment") {
            Some(Self::Attachment)
        } else {
            CharClass::TOKEN.matches(value.as_bytes()).then(|| Self::Other(keep(value)))
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
