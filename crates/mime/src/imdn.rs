//! Instant message disposition notifications: message/imdn+xml and the CPIM headers around it (RFC 5438).

use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;
use grammar::{ByteStr, ParseError};

use crate::cpim;

/// The media type of a notification.
pub const MEDIA_TYPE: &str = "message/imdn+xml";
/// The namespace of the CPIM headers (RFC 5438 §6.1).
pub const NAMESPACE: &str = "urn:ietf:params:imdn";

/// A notification that a sender may ask for (RFC 5438 §6.3, `Disposition-Notification`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Wanted {
    /// `positive-delivery`
    PositiveDelivery,
    /// `negative-delivery`
    NegativeDelivery,
    /// `processing`
    Processing,
    /// `display`
    Display,
}

/// What the sender of a message asks for, read from its envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotificationRequest {
    /// `imdn.Message-ID`, which the notifications repeat.
    pub message_id: ByteStr,
    /// What is wanted; empty if the message only has an id, as notifications themselves do.
    pub wanted: Vec<Wanted>,
}

/// The kinds of notification (RFC 5438 §7.2.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Disposition {
    /// `delivery-notification`
    Delivery,
    /// `display-notification`
    Display,
    /// `processing-notification`
    Processing,
}

/// What became of the message (RFC 5438 §7.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// `delivered`
    Delivered,
    /// `failed`
    Failed,
    /// `displayed`
    Displayed,
    /// `processed`
    Processed,
    /// `stored`
    Stored,
    /// `forbidden`: the recipient does not wish to say.
    Forbidden,
    /// `error`
    Error,
}

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notification {
    /// The `imdn.Message-ID` of the message it is about.
    pub message_id: ByteStr,
    /// When that message was sent: its `DateTime`.
    pub date_time: ByteStr,
    /// Who it reached.
    pub recipient_uri: Option<ByteStr>,
    /// Who it was sent to.
    pub original_recipient_uri: Option<ByteStr>,
    /// Its subject.
    pub subject: Option<ByteStr>,
    /// The kind of notification.
    pub disposition: Disposition,
    /// What became of the message.
    pub status: Status,
}

impl NotificationRequest {
    /// What `head` asks for; `None` if it has no `imdn.Message-ID`.
    #[must_use]
    pub fn of(head: &cpim::Head) -> Option<Self> {
        todo!()
    }
}

impl Notification {
    /// A notification about a message.
    pub fn new(
        message_id: impl Into<ByteStr>,
        date_time: impl Into<ByteStr>,
        disposition: Disposition,
        status: Status,
    ) -> Self {
        todo!()
    }

    /// Reads a document of at most 64 KiB.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte of the document.
    pub fn parse(document: &Bytes) -> Result<Self, ParseError> {
        todo!()
    }

    /// The document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        todo!()
    }
}
