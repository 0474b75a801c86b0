//! `CopyControl`: to, cc or bcc (RFC 5364 §4).

use core::fmt;

/// What the other recipients see of an entry. Ordered by strength: `Bcc < Cc < To`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[expect(clippy::exhaustive_enums, reason = "RFC 5364 §4 has these three")]
pub enum CopyControl {
    /// Nothing: the entry is removed from what the others see. What an entry without the attribute means.
    #[default]
    Bcc,
    /// A copy for their information.
    Cc,
    /// One of those the message is meant for.
    To,
}

impl CopyControl {
    /// The value called `text`, which is lower case in the schema; case is ignored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::To, Self::Cc, Self::Bcc]
            .into_iter()
            .find(|control| control.as_str().eq_ignore_ascii_case(text))
    }

    /// The value as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::To => "to",
            Self::Cc => "cc",
            Self::Bcc => "bcc",
        }
    }
}

impl fmt::Display for CopyControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What RFC 5364 adds to an entry or a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Control {
    /// `None` where the document says nothing.
    pub(crate) copy_control: Option<CopyControl>,
    pub(crate) anonymize: bool,
    pub(crate) count: u32,
}

impl Control {
    /// Nothing said.
    pub(crate) const NONE: Self = Self { copy_control: None, anonymize: false, count: 1 };
}
