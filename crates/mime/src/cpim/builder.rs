//! Writing message/cpim (RFC 3862, RFC 4975 §13).

use alloc::string::String;

use bytes::Bytes;
use grammar::ParseError;

use super::Address;

/// Collects the headers of an envelope.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    head: String,
}

impl Builder {
    /// An envelope from one address to another.
    pub fn new(from: &Address, to: &Address) -> Self {
        todo!()
    }

    /// One more recipient.
    pub fn to(self, to: &Address) -> Self {
        todo!()
    }

    /// A recipient of a copy.
    pub fn cc(self, cc: &Address) -> Self {
        todo!()
    }

    /// When it was sent: a date and time of RFC 3339 with its zone, such as `2026-03-02T09:15:30Z`.
    pub fn date_time(self, date_time: &str) -> Self {
        todo!()
    }

    /// The subject. Control characters are escaped.
    pub fn subject(self, subject: &str) -> Self {
        todo!()
    }

    /// Asks for notifications (RFC 5438 §7.1.1): declares the namespace and writes `Message-ID` and
    /// `Disposition-Notification`. Needs [`Self::date_time`].
    #[cfg(feature = "imdn")]
    pub fn request_notification(self, message_id: &str, wanted: &[crate::imdn::Wanted]) -> Self {
        todo!()
    }

    /// What comes before the content: for content that is written bit by bit after it.
    ///
    /// # Errors
    ///
    /// `field-value` where `content_type` or another argument holds a CR, LF or NUL.
    pub fn head(self, content_type: &str) -> Result<Bytes, ParseError> {
        todo!()
    }

    /// The envelope with `content` in it.
    ///
    /// # Errors
    ///
    /// As [`Self::head`].
    pub fn build(self, content_type: &str, content: &[u8]) -> Result<Bytes, ParseError> {
        todo!()
    }
}
