//! `ContentDisposition`: what a part is for (RFC 2183, RFC 3261 §20.11, RFC 5621 §8).

use grammar::{ByteStr, ParseError};

/// The value of `Content-Disposition`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContentDisposition {
    /// What the part is for.
    pub kind: DispositionKind,
    /// `filename`, with the encodings of RFC 2231 undone. As the peer sent it: not safe to make a file of.
    pub filename: Option<ByteStr>,
    /// What to do if the kind or the type is not understood; `required` if nothing is said.
    pub handling: Option<Handling>,
    /// Approximate size of the part in bytes.
    pub size: Option<u64>,
    /// `creation-date`, an RFC 5322 date-time, as written.
    pub creation_date: Option<ByteStr>,
    /// `modification-date`, an RFC 5322 date-time, as written.
    pub modification_date: Option<ByteStr>,
    /// `read-date`, an RFC 5322 date-time, as written.
    pub read_date: Option<ByteStr>,
}

/// What a part is for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DispositionKind {
    /// `inline`: shown with the message (RFC 2183 §2.1).
    Inline,
    /// `attachment`: kept apart, shown on demand (RFC 2183 §2.2).
    Attachment,
    /// `render`: shown; the default of SIP but for SDP (RFC 3261 §20.11).
    Render,
    /// `session`: describes the session; the default of SDP (RFC 3261 §20.11).
    Session,
    /// `icon`: a picture for the caller or the call (RFC 3261 §20.11), and the preview of a file (RFC 5547 §7).
    Icon,
    /// `alert`: a ring tone (RFC 3261 §20.11).
    Alert,
    /// `early-session` (RFC 3959).
    EarlySession,
    /// `recipient-list` (RFC 5363).
    RecipientList,
    /// `recipient-list-history` (RFC 5364, RFC 5366).
    RecipientListHistory,
    /// `notification`: an IMDN (RFC 5438 §12).
    Notification,
    /// `by-reference`: used only where another part refers to it (RFC 5621 §8.3).
    ByReference,
    /// Another token, as written.
    Other(ByteStr),
}

/// What to do with a part that is not understood (RFC 3204 §4.2, RFC 5621 §8.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_enums, reason = "the grammar's extension token is read as `Required`")]
pub enum Handling {
    /// Refuse the request with 415. The default.
    #[default]
    Required,
    /// Go on without it.
    Optional,
}

impl ContentDisposition {
    /// A disposition of this kind, without parameters.
    #[must_use]
    pub const fn new(kind: DispositionKind) -> Self {
        Self {
            kind,
            filename: None,
            handling: None,
            size: None,
            creation_date: None,
            modification_date: None,
            read_date: None,
        }
    }

    /// Reads a header value. File names by RFC 2231 are preferred to plain ones; unknown parameters are passed over.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `disposition-type` or of a parameter.
    pub fn parse(value: &str) -> Result<Self, ParseError> {
        todo!()
    }

    /// The same with a file name. Only what is after the last `/` or `\` should be given.
    ///
    /// # Errors
    ///
    /// `filename` where it holds a CR, LF or NUL.
    pub fn with_filename(mut self, filename: impl Into<ByteStr>) -> Result<Self, ParseError> {
        todo!()
    }

    /// The same with what to do if the part is not understood.
    #[must_use]
    pub const fn with_handling(mut self, handling: Handling) -> Self {
        self.handling = Some(handling);
        self
    }

    /// The same with a size in bytes.
    #[must_use]
    pub const fn with_size(mut self, size: u64) -> Self {
        self.size = Some(size);
        self
    }

    /// What to do if the part is not understood.
    #[must_use]
    pub fn handling(&self) -> Handling {
        self.handling.unwrap_or_default()
    }
}
