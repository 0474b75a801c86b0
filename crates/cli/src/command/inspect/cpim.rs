//! Inspects a message/cpim.

use ::mime::cpim::{Address, Head, Message};
use ::mime::{Limits, Reading};
use bytes::Bytes;
use grammar::ParseError;
use serde::Serialize;

use super::finding::{self, Finding};

/// What an envelope says.
#[derive(Debug, Serialize)]
pub(super) struct Extract {
    from: Option<String>,
    to: Vec<String>,
    cc: Vec<String>,
    date_time: Option<String>,
    subject: Option<String>,
    /// All of them, in order.
    headers: Vec<Header>,
    content_headers: Vec<Header>,
    content_type: Option<String>,
    content_length: usize,
}

#[derive(Debug, Serialize)]
struct Header {
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    name: String,
    value: String,
}

pub(super) fn examine(bytes: &Bytes) -> Finding {
    Finding::of(Message::parse_with(bytes.clone(), Reading::Lenient, &Limits::default()), |message| {
        finding::Extract::Cpim(Box::new(Extract::of(&message)))
    })
}

impl Extract {
    fn of(message: &Message) -> Self {
        let head: &Head = message.head();
        let uri = |address: Result<Address, ParseError>| address.ok().map(|address| address.uri.to_string());
        let content = message.content();
        Self {
            from: head.from().ok().flatten().map(|address| address.uri.to_string()),
            to: head.to().filter_map(uri).collect(),
            cc: head.cc().filter_map(uri).collect(),
            date_time: head.date_time().map(Into::into),
            subject: head.subject().map(Into::into),
            headers: head
                .headers()
                .iter()
                .map(|header| Header {
                    namespace: header.namespace().map(ToString::to_string),
                    name: header.name().to_string(),
                    value: header.value().into_owned(),
                })
                .collect(),
            content_headers: content
                .headers()
                .iter()
                .map(|header| Header {
                    namespace: None,
                    name: header.name().to_string(),
                    value: header.value().to_string(),
                })
                .collect(),
            content_type: content.headers().get("Content-Type").map(ToString::to_string),
            content_length: content.raw_body().len(),
        }
    }
}
