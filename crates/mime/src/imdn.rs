//! Instant message disposition notifications: message/imdn+xml and the CPIM headers around it (RFC 5438).

mod reader;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use bytes::Bytes;
use grammar::{ByteStr, ParseError};

use crate::{Entity, cpim};

/// The media type of a notification.
pub const MEDIA_TYPE: &str = "message/imdn+xml";
/// The namespace of the CPIM headers (RFC 5438 §6.1).
pub const NAMESPACE: &str = "urn:ietf:params:imdn";
/// The headers of that namespace (RFC 5438 §6).
pub(crate) const HEADERS: [&str; 5] =
    ["Message-ID", "Disposition-Notification", "Original-To", "IMDN-Record-Route", "IMDN-Route"];
/// The namespace of the documents (RFC 5438 §11.1).
const DOCUMENT: &str = "urn:ietf:params:xml:ns:imdn";

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

impl Wanted {
    const ALL: [Self; 4] = [Self::PositiveDelivery, Self::NegativeDelivery, Self::Processing, Self::Display];

    /// The token.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PositiveDelivery => "positive-delivery",
            Self::NegativeDelivery => "negative-delivery",
            Self::Processing => "processing",
            Self::Display => "display",
        }
    }
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

impl NotificationRequest {
    /// What `head` asks for; `None` if it has no `imdn.Message-ID`. What is not known is not listed.
    #[must_use]
    pub fn of(head: &cpim::Head) -> Option<Self> {
        let message_id = head.get(NAMESPACE, "Message-ID")?.raw_value().clone();
        let list = head.get(NAMESPACE, "Disposition-Notification");
        let asked = |wanted: &Wanted| {
            let mut tokens = list.into_iter().flat_map(|header| header.raw_value().split(','));
            // Parameters of a token are extensions.
            tokens.any(|token| token.split(';').next().unwrap_or_default().trim() == wanted.as_str())
        };
        Some(Self { message_id, wanted: Wanted::ALL.into_iter().filter(asked).collect() })
    }
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

impl Disposition {
    const ALL: [Self; 3] = [Self::Delivery, Self::Display, Self::Processing];

    /// The name of the element.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivery => "delivery-notification",
            Self::Display => "display-notification",
            Self::Processing => "processing-notification",
        }
    }
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

impl Status {
    const ALL: [Self; 7] = [
        Self::Delivered,
        Self::Failed,
        Self::Displayed,
        Self::Processed,
        Self::Stored,
        Self::Forbidden,
        Self::Error,
    ];

    /// The name of the element.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Displayed => "displayed",
            Self::Processed => "processed",
            Self::Stored => "stored",
            Self::Forbidden => "forbidden",
            Self::Error => "error",
        }
    }

    /// Whether notifications of this kind may say so (RFC 5438 §11.1, the schema).
    #[must_use]
    pub const fn is_of(self, disposition: Disposition) -> bool {
        match self {
            Self::Delivered | Self::Failed => matches!(disposition, Disposition::Delivery),
            Self::Displayed => matches!(disposition, Disposition::Display),
            Self::Processed | Self::Stored => matches!(disposition, Disposition::Processing),
            Self::Forbidden | Self::Error => true,
        }
    }
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

impl Notification {
    /// A notification about the message with this `imdn.Message-ID` and `DateTime`.
    pub fn new(
        message_id: impl Into<ByteStr>,
        date_time: impl Into<ByteStr>,
        disposition: Disposition,
        status: Status,
    ) -> Self {
        Self {
            message_id: message_id.into(),
            date_time: date_time.into(),
            recipient_uri: None,
            original_recipient_uri: None,
            subject: None,
            disposition,
            status,
        }
    }

    /// The same with the URI it reached, which the schema wants, and the one it was sent to.
    #[must_use]
    pub fn with_recipients(mut self, recipient: impl Into<ByteStr>, original: impl Into<ByteStr>) -> Self {
        self.recipient_uri = Some(recipient.into());
        self.original_recipient_uri = Some(original.into());
        self
    }

    /// Reads a document of at most 64 KiB, UTF-8, no deeper than 16 elements. There is no DTD; foreign elements are
    /// passed over.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte of the document.
    pub fn parse(document: &Bytes) -> Result<Self, ParseError> {
        reader::read(document)
    }

    /// The document.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut out = String::with_capacity(512);
        out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<imdn xmlns=\"");
        out.push_str(DOCUMENT);
        out.push_str("\">\r\n");
        let mut element = |name: &str, text: &str| {
            out.push('<');
            out.push_str(name);
            out.push('>');
            escape(&mut out, text);
            out.push_str("</");
            out.push_str(name);
            out.push_str(">\r\n");
        };
        element("message-id", &self.message_id);
        element("datetime", &self.date_time);
        let optional = [
            ("recipient-uri", &self.recipient_uri),
            ("original-recipient-uri", &self.original_recipient_uri),
            ("subject", &self.subject),
        ];
        for (name, text) in optional {
            if let Some(text) = text {
                element(name, text);
            }
        }
        let (disposition, status) = (self.disposition.as_str(), self.status.as_str());
        // Writing into a String cannot fail.
        let _ = write!(out, "<{disposition}><status><{status}/></status></{disposition}>\r\n</imdn>\r\n");
        out
    }
}

/// The notifications in a body, each read, errors at bytes of its own document: one document, or several that a server put into a multipart, with or without
/// an envelope around each (RFC 5438 §8.3).
pub fn notifications(body: &Entity) -> impl Iterator<Item = Result<Notification, ParseError>> {
    let is_one = |entity: &Entity| entity.content_type().is_ok_and(|found| found.is("message", "imdn+xml"));
    body.walk().filter_map(move |entity| {
        if is_one(entity) {
            return Some(entity.body().and_then(|document| Notification::parse(&document)));
        }
        if !entity.content_type().is_ok_and(|found| found.is("message", "cpim")) {
            return None;
        }
        match entity.body().and_then(cpim::Message::parse) {
            Ok(envelope) if is_one(envelope.content()) => {
                Some(envelope.content().body().and_then(|document| Notification::parse(&document)))
            }
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        }
    })
}

/// Writes text content. What XML cannot carry becomes U+FFFD.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            c if reader::is_xml_char(c) => out.push(c),
            _ => out.push('\u{fffd}'),
        }
    }
}

#[cfg(test)]
mod tests;
