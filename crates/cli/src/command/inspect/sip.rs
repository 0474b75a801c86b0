//! Inspects one SIP message, as a datagram carries it.

use ::sip::{HeaderName, Limits, Message, NameAddr, ParseError, Reading, Refusal, StatusCode};
use bytes::Bytes;
use serde::Serialize;

use super::finding::{self, Fault, Finding, Pardon, Verdict};

/// What a message says.
#[derive(Debug, Serialize)]
pub(super) struct Extract {
    kind: &'static str,
    method: Option<String>,
    request_uri: Option<String>,
    status: Option<u16>,
    reason: Option<String>,
    call_id: Option<String>,
    cseq: Option<u32>,
    cseq_method: Option<String>,
    from_uri: Option<String>,
    from_tag: Option<String>,
    to_uri: Option<String>,
    to_tag: Option<String>,
    via_count: usize,
    top_via: Option<TopVia>,
    contacts: Vec<String>,
    content_type: Option<String>,
    content_length: Option<u64>,
    max_forwards: Option<u32>,
    header_count: usize,
    body_len: usize,
    trailing_octets: usize,
}

#[derive(Debug, Serialize)]
struct TopVia {
    transport: String,
    sent_by: String,
    branch: Option<String>,
}

pub(super) fn examine(bytes: &Bytes) -> Finding {
    let (message, mut forgiven) = match Message::parse_with(bytes.clone(), Reading::Lenient, &Limits::new()) {
        Ok(read) => read,
        Err(error) => {
            let answer = Refusal::of_bytes(bytes, &error).map(|refusal| refusal.status().as_u16());
            return Finding { answer, ..Finding::invalid(error.into()) };
        }
    };
    let start = message.as_bytes().as_ptr().addr().saturating_sub(bytes.as_ptr().addr());
    let trailing = bytes.len().saturating_sub(start).saturating_sub(message.as_bytes().len());
    let checked = message.check(Reading::Lenient);
    let answer = message.answer().map(StatusCode::as_u16);
    let extract = Some(finding::Extract::Sip(Box::new(Extract::of(&message, trailing))));
    match checked {
        Ok(more) => {
            let shifted = more.iter().map(|one| Pardon { rule: one.rule, offset: one.offset + start });
            let mut forgiven: Vec<Pardon> = forgiven.drain(..).map(|one| Pardon::from(&one)).collect();
            forgiven.extend(shifted);
            let verdict = Verdict::of(forgiven.is_empty());
            Finding { verdict, error: None, forgiven, answer, extract }
        }
        Err(error) => {
            let fault = Fault::from(error.shifted(start));
            Finding { answer, extract, ..Finding::invalid(fault) }
        }
    }
}

impl Extract {
    /// What can be read; a value that cannot is left out.
    pub(super) fn of(message: &Message, trailing_octets: usize) -> Self {
        let headers = message.headers();
        let (request, response) = (message.as_request(), message.as_response());
        let cseq = headers.cseq().ok();
        let (from_uri, from_tag) = address(headers.from());
        let (to_uri, to_tag) = address(headers.to());
        let contacts = headers.contacts().filter_map(Result::ok);
        Self {
            kind: if request.is_some() { "request" } else { "response" },
            method: request.map(|request| request.method().to_string()),
            request_uri: request.map(|request| request.request_uri().to_owned()),
            status: response.map(|response| response.status().as_u16()),
            reason: response.map(|response| response.reason().to_owned()),
            call_id: headers.call_id().ok().map(str::to_owned),
            cseq: cseq.as_ref().map(|cseq| cseq.number),
            cseq_method: cseq.map(|cseq| cseq.method.to_string()),
            from_uri,
            from_tag,
            to_uri,
            to_tag,
            via_count: headers.values(HeaderName::VIA).count(),
            top_via: headers.via().ok().map(|via| TopVia {
                transport: via.transport.to_owned(),
                sent_by: via.sent_by_text.to_owned(),
                branch: via.branch().map(str::to_owned),
            }),
            contacts: contacts.map(|contact| contact.uri_text().to_owned()).collect(),
            content_type: content_type(message),
            content_length: headers
                .get(HeaderName::CONTENT_LENGTH)
                .and_then(|value| value.trim().parse().ok()),
            max_forwards: headers.max_forwards().ok().flatten().map(Into::into),
            header_count: headers.len(),
            body_len: message.body().len(),
            trailing_octets,
        }
    }
}

fn address(value: Result<NameAddr<'_>, ParseError>) -> (Option<String>, Option<String>) {
    let value = value.ok();
    let tag = value.as_ref().and_then(NameAddr::tag).map(str::to_owned);
    (value.map(|value| value.uri_text().to_owned()), tag)
}

/// Type and subtype; the value as written if it is none.
fn content_type(message: &Message) -> Option<String> {
    let raw = message.headers().get(HeaderName::CONTENT_TYPE)?;
    Some(match message.headers().content_type() {
        Ok(Some(value)) => format!("{}/{}", value.ty, value.subtype),
        _ => raw.to_owned(),
    })
}
