//! Inspects a message/imdn+xml.

use ::mime::imdn::Notification;
use bytes::Bytes;
use grammar::ByteStr;
use serde::Serialize;

use super::finding::{self, Finding};

/// What a notification says.
#[derive(Debug, Serialize)]
pub(super) struct Extract {
    message_id: String,
    date_time: String,
    recipient_uri: Option<String>,
    original_recipient_uri: Option<String>,
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject_language: Option<String>,
    disposition: &'static str,
    status: &'static str,
}

pub(super) fn examine(bytes: &Bytes) -> Finding {
    Finding::of(Notification::parse(bytes).map(|one| (one, Vec::new())), |notification| {
        let text = |value: &Option<ByteStr>| value.as_deref().map(str::to_owned);
        finding::Extract::Imdn(Box::new(Extract {
            message_id: notification.message_id.to_string(),
            date_time: notification.date_time.to_string(),
            recipient_uri: text(&notification.recipient_uri),
            original_recipient_uri: text(&notification.original_recipient_uri),
            subject: text(&notification.subject),
            subject_language: text(&notification.subject_language),
            disposition: notification.disposition.as_str(),
            status: notification.status.as_str(),
        }))
    })
}
