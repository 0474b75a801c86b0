//! `Summary`: one message in a few words, for the ladder and the name of its file.

use bytes::Bytes;
use mime::{Entity, Limits, Reading};
use msrp::{Flag, Head, HeaderName, StartLine};
use sdp::{Dialect, SessionDescription};
use sip::{Message, StatusCode};

/// What one message says in a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Summary {
    /// For the file name: a method or a status code.
    pub(super) title: String,
    /// The line beside the arrow.
    pub(super) line: String,
    /// More lines: what a body describes.
    pub(super) details: Vec<String>,
    /// Whether it is one of many that a file goes through with.
    pub(super) bulk: Option<Bulk>,
}

/// Frames of which a large file has thousands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bulk {
    /// A SEND in the middle of a message, with this much content.
    Chunk(u64),
    /// A 200 to a SEND.
    Ok,
}

impl Summary {
    pub(super) fn of_sip(message: &Message) -> Self {
        let cseq = message.headers().cseq().ok();
        let (title, line) = match message {
            Message::Request(request) => {
                let number = cseq.map_or_else(|| "?".to_owned(), |cseq| cseq.number.to_string());
                let method = request.method().as_str();
                (method.to_owned(), format!("{method} {} ({number})", request.request_uri()))
            }
            Message::Response(response) => {
                let of = cseq.map_or_else(String::new, |cseq| format!(" ({} {})", cseq.number, cseq.method));
                let status = StatusCode::as_u16(response.status());
                let focus =
                    message.headers().contacts().filter_map(Result::ok).any(|contact| contact.is_focus());
                let focus = if focus { " isfocus" } else { "" };
                (status.to_string(), format!("{status} {}{of}{focus}", response.reason()))
            }
        };
        Self { title, line, details: body(message), bulk: None }
    }

    pub(super) fn of_msrp(head: &Head, flag: Flag, content: u64) -> Self {
        let flag = match flag {
            Flag::Last => "$",
            Flag::More => "+",
            Flag::Aborted => "#",
        };
        let (title, line, bulk) = match head.start_line() {
            StartLine::Request(method) => {
                let range = head.get(HeaderName::ByteRange).unwrap_or("");
                let status =
                    head.get(HeaderName::Status).map(|status| format!(" {status}")).unwrap_or_default();
                let method = method.as_str();
                let line = format!("{method} {range} {flag}{status}");
                // The first chunk and the last one are worth a line.
                let more = (flag == "+" && !range.starts_with("1-")).then_some(Bulk::Chunk(content));
                (method.to_owned(), line, more)
            }
            StartLine::Response { status, comment } => {
                let status = status.as_u16();
                (status.to_string(), format!("{status} {comment}"), (status == 200).then_some(Bulk::Ok))
            }
        };
        Self { title, line: line.trim_end().to_owned(), details: Vec::new(), bulk }
    }

    pub(super) fn of_unreadable(octets: usize) -> Self {
        Self {
            title: "unreadable".to_owned(),
            line: format!("{octets} octets that are no message"),
            details: Vec::new(),
            bulk: None,
        }
    }
}

/// The m-lines and the recipients that the body of a message speaks of.
fn body(message: &Message) -> Vec<String> {
    let body = message.body();
    if body.is_empty() {
        return Vec::new();
    }
    let headers = message.headers();
    let fields = headers.iter().map(|header| (header.raw_name, header.value));
    let Ok((entity, _)) = Entity::read(fields, body, Reading::Lenient, &Limits::default()) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    if let Some(Ok(offer)) = entity.offer().map(Entity::body) {
        lines.append(&mut media(offer));
    }
    for list in entity.recipient_lists().filter_map(|list| list.body().ok()) {
        let list = resource_lists::RecipientList::parse(list, &resource_lists::Limits::default());
        lines.extend(
            list.into_iter()
                .flat_map(resource_lists::RecipientList::into_entries)
                .map(|entry| format!("{} {}", entry.copy_control(), entry.uri())),
        );
    }
    let icons = entity.walk().filter(|part| part.content_id().is_some());
    lines.extend(icons.map(|part| {
        let media_type = part.headers().get("Content-Type").map(ToString::to_string).unwrap_or_default();
        format!("{media_type} part, {} octets", part.raw_body().len())
    }));
    lines
}

fn media(document: Bytes) -> Vec<String> {
    let Ok(document) = SessionDescription::parse(document) else { return Vec::new() };
    let lines = document.media().map(|media| {
        let mut line =
            format!("m={} {} {} {}", media.media(), media.port(), media.proto(), media.direction());
        if let Some(file) = media.file() {
            let name = file.name.as_deref().unwrap_or("?");
            let size = file.size.map(|size| format!(" {size}")).unwrap_or_default();
            let dialect = if file.dialect == Dialect::Dual { "" } else { file.dialect.as_str() };
            line.push_str(&format!(" \"{name}\"{size} {dialect}"));
        }
        line.trim_end().to_owned()
    });
    lines.collect()
}
