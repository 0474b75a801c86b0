//! Instant message disposition notifications: message/imdn+xml and the CPIM headers around it (RFC 5438).

mod reader;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use bytes::Bytes;
use grammar::{ByteStr, ParseError, ParseErrorKind};

use crate::Entity;
use crate::cpim::{self, Address};

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
    /// `imdn.Original-To`: who it was sent to, before a server sent it elsewhere (RFC 5438 §6.4).
    pub original_to: Option<Address>,
    /// `imdn.IMDN-Record-Route`: where its notifications want to come by, the top one first (RFC 5438 §6.5).
    pub record_route: Vec<Address>,
    /// `imdn.IMDN-Route` of a notification: where it is still to come by, the next one first (RFC 5438 §6.6).
    pub route: Vec<Address>,
}

impl NotificationRequest {
    /// What `head` asks for; `None` if it has no `imdn.Message-ID`. What is not known, or is no address where one is due,
    /// is not listed.
    #[must_use]
    pub fn of(head: &cpim::Head) -> Option<Self> {
        let message_id = head.get(NAMESPACE, "Message-ID")?.raw_value().clone();
        let list = head.get(NAMESPACE, "Disposition-Notification");
        let asked = |wanted: &Wanted| {
            let mut tokens = list.into_iter().flat_map(|header| header.raw_value().split(','));
            // Parameters of a token are extensions.
            tokens.any(|token| token.split(';').next().unwrap_or_default().trim() == wanted.as_str())
        };
        let addresses = |name| {
            let values = head.all(NAMESPACE, name);
            values.filter_map(|header| Address::parse(header.raw_value()).ok()).collect::<Vec<_>>()
        };
        Some(Self {
            message_id,
            wanted: Wanted::ALL.into_iter().filter(asked).collect(),
            original_to: addresses("Original-To").into_iter().next(),
            record_route: addresses("IMDN-Record-Route"),
            route: addresses("IMDN-Route"),
        })
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
    /// The language of the subject, if the message said one (RFC 5438 §11.1.5).
    pub subject_language: Option<ByteStr>,
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
            subject_language: None,
            disposition,
            status,
        }
    }

    /// A notification about the message with this head: its id, date, subject, and who it went to first. `None` if it
    /// has no `imdn.Message-ID` or no `DateTime`.
    ///
    /// Whether one is wanted at all is in [`NotificationRequest::wanted`].
    #[must_use]
    pub fn about(head: &cpim::Head, disposition: Disposition, status: Status) -> Option<Self> {
        let request = NotificationRequest::of(head)?;
        let date_time = ByteStr::from(head.date_time()?.as_ref());
        let mut this = Self::new(request.message_id, date_time, disposition, status);
        this.recipient_uri = head.to().find_map(Result::ok).map(|to| to.uri);
        this.original_recipient_uri = request.original_to.map(|to| to.uri);
        if let Some(subject) = head.subjects().next() {
            this.subject =
                Some(ByteStr::from(subject.value().as_ref())).filter(|text| !text.trim().is_empty());
            this.subject_language = this.subject.as_ref().and_then(|_| subject.language().cloned());
        }
        Some(this)
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
        let mut element = |name: &str, language: Option<&str>, text: &str| {
            out.push('<');
            out.push_str(name);
            if let Some(language) = language {
                out.push_str(" xml:lang=\"");
                escape(&mut out, language);
                out.push('"');
            }
            out.push('>');
            escape(&mut out, text);
            out.push_str("</");
            out.push_str(name);
            out.push_str(">\r\n");
        };
        element("message-id", None, &self.message_id);
        element("datetime", None, &self.date_time);
        let language = self.subject_language.as_deref();
        let optional = [
            ("recipient-uri", None, &self.recipient_uri),
            ("original-recipient-uri", None, &self.original_recipient_uri),
            ("subject", language, &self.subject),
        ];
        for (name, language, text) in optional {
            if let Some(text) = text {
                element(name, language, text);
            }
        }
        let (disposition, status) = (self.disposition.as_str(), self.status.as_str());
        // Writing into a String cannot fail.
        let _ = write!(out, "<{disposition}><status><{status}/></status></{disposition}>\r\n</imdn>\r\n");
        out
    }
}

/// How deep envelopes are opened: one around an aggregate, and one around each notification in it.
const MOST_ENVELOPES: usize = 2;

/// The notifications in a body, each read, errors at bytes of its own document or envelope: one document, or several that a
/// server put into a multipart, with or without an envelope around each and around all (RFC 5438 §8.3).
///
/// An envelope inside two others is an error of kind `Limit`; it is not opened.
pub fn notifications(body: &Entity) -> impl Iterator<Item = Result<Notification, ParseError>> {
    body.walk().flat_map(|entity| notifications_of(entity, MOST_ENVELOPES))
}

/// Those that an entity is or has in its envelope, of which so many are opened; its parts are looked at by themselves.
fn notifications_of(entity: &Entity, envelopes: usize) -> Vec<Result<Notification, ParseError>> {
    let is = |subtype| entity.content_type().is_ok_and(|found| found.is("message", subtype));
    if is("imdn+xml") {
        return Vec::from([entity.body().and_then(|document| Notification::parse(&document))]);
    }
    if !is("cpim") {
        return Vec::new();
    }
    let Some(left) = envelopes.checked_sub(1) else {
        return Vec::from([Err(ParseError::new(ParseErrorKind::Limit, "envelopes", 0))]);
    };
    match entity.body().and_then(cpim::Message::parse) {
        Ok(envelope) => envelope.content().walk().flat_map(|entity| notifications_of(entity, left)).collect(),
        Err(error) => Vec::from([Err(error)]),
    }
}

/// Writes text, as content or between double quotes. What XML cannot carry becomes U+FFFD.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            c if reader::is_xml_char(c) => out.push(c),
            _ => out.push('\u{fffd}'),
        }
    }
}

#[cfg(test)]
mod tests;
