//! `Dialect`: which family of file attributes is written, and where the two contradict each other.

/// A family of file attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_enums, reason = "there are two families")]
pub enum Dialect {
    /// `filename`, `filetype`, `filesize`, ... of draft-garcia-sipping-file-transfer-mech-00 (2006).
    Legacy,
    /// `file-selector`, `file-transfer-id`, ... of RFC 5547.
    Rfc5547,
    /// Both on each line: receivers ignore what they do not know.
    #[default]
    Dual,
}

impl Dialect {
    /// Whether the attributes of 2006 are part of it.
    #[must_use]
    pub const fn has_legacy(self) -> bool {
        matches!(self, Self::Legacy | Self::Dual)
    }

    /// Whether the attributes of RFC 5547 are part of it.
    #[must_use]
    pub const fn has_rfc5547(self) -> bool {
        matches!(self, Self::Rfc5547 | Self::Dual)
    }

    /// The name used in settings and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Rfc5547 => "rfc5547",
            Self::Dual => "dual",
        }
    }
}

/// Which values two descriptions of one file disagree in; what only one of them says is no disagreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Disagreement {
    /// The names differ.
    pub name: bool,
    /// The media types differ, parameters included.
    pub media_type: bool,
    /// The sizes differ.
    pub size: bool,
    /// Digests of the same algorithm differ.
    pub hash: bool,
    /// The dispositions differ.
    pub disposition: bool,
    /// The icons differ.
    pub icon: bool,
    /// The file-transfer-ids differ.
    pub transfer_id: bool,
    /// The ranges differ.
    pub range: bool,
}

impl Disagreement {
    /// This, or `None` if nothing differs.
    pub(crate) fn found(self) -> Option<Self> {
        (self != Self::default()).then_some(self)
    }
}
