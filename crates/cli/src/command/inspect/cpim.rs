//! Inspects a message/cpim.

use ::mime::cpim::{Address, Head, Message};
use ::mime::imdn::NotificationRequest;
use ::mime::{Limits, Reading};
use bytes::Bytes;
use grammar::ParseError;
use serde::Serialize;

use super::finding::{self, Finding};
use super::multipart::Part;

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
    /// Names beside the URIs above, by URI.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    names: Vec<Name>,
    /// The header names that have to be understood, each with its namespace.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    required: Vec<Required>,
    /// Whether all of them are.
    understood: bool,
    /// What RFC 5438 adds, if there is an `imdn.Message-ID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    imdn: Option<Request>,
    /// The parts of the content, if it is a multipart.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Part>,
}

#[derive(Debug, Serialize)]
struct Header {
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<String>,
    value: String,
}

#[derive(Debug, Serialize)]
struct Name {
    uri: String,
    name: String,
}

#[derive(Debug, Serialize)]
struct Required {
    namespace: Option<String>,
    name: String,
}

/// What the sender asks of RFC 5438, and where the notifications come by.
#[derive(Debug, Serialize)]
struct Request {
    message_id: String,
    wanted: Vec<&'static str>,
    original_to: Option<String>,
    record_route: Vec<String>,
    route: Vec<String>,
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
        let addresses = head.from().ok().flatten().into_iter().chain(head.to().chain(head.cc()).flatten());
        let named =
            |address: Address| Some(Name { uri: address.uri.to_string(), name: address.name?.to_string() });
        Self {
            names: addresses.filter_map(named).collect(),
            required: head
                .required()
                .map(|(urn, name)| Required { namespace: urn.map(str::to_owned), name: name.to_owned() })
                .collect(),
            understood: head.is_understood(),
            imdn: NotificationRequest::of(head).map(|request| Request::of(&request)),
            parts: Part::list(content.parts()),
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
                    prefix: header.prefix().map(ToString::to_string),
                    language: header.language().map(ToString::to_string),
                    parameters: Some(header.raw_params().to_string()).filter(|params| !params.is_empty()),
                    value: header.value().into_owned(),
                })
                .collect(),
            content_headers: content
                .headers()
                .iter()
                .map(|header| Header {
                    namespace: None,
                    name: header.name().to_string(),
                    prefix: None,
                    language: None,
                    parameters: None,
                    value: header.value().to_string(),
                })
                .collect(),
            content_type: content.headers().get("Content-Type").map(ToString::to_string),
            content_length: content.raw_body().len(),
        }
    }
}

impl Request {
    fn of(request: &NotificationRequest) -> Self {
        let all = |addresses: &[Address]| addresses.iter().map(ToString::to_string).collect();
        Self {
            message_id: request.message_id.to_string(),
            wanted: request.wanted.iter().map(|wanted| wanted.as_str()).collect(),
            original_to: request.original_to.as_ref().map(ToString::to_string),
            record_route: all(&request.record_route),
            route: all(&request.route),
        }
    }
}
