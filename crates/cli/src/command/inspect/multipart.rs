//! Inspects a multipart body, or an entity with its header block.

use ::mime::{ContentDisposition, Entity, Handling, Limits, Multipart, Reading};
use bytes::Bytes;
use serde::Serialize;

use super::finding::{self, Finding};

/// What a multipart body says.
#[derive(Debug, Serialize)]
pub(super) struct Extract {
    /// That of the whole, where its header block is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    /// The Content-ID, or the number from 0 on, of the part that it is read from, if it is a multipart/related.
    #[serde(skip_serializing_if = "Option::is_none")]
    root_part: Option<String>,
    parts: Vec<Part>,
}

/// What a part says, and the parts in it.
#[derive(Debug, Serialize)]
pub(super) struct Part {
    content_type: Option<String>,
    content_id: Option<String>,
    disposition: Option<String>,
    /// The disposition taken apart, if it has parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    disposition_parameters: Option<Disposition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer_encoding: Option<String>,
    /// Octets of the body as it is written.
    length: usize,
    /// Octets without the transfer encoding, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    decoded_length: Option<usize>,
    /// Why they are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    decoding_error: Option<String>,
    /// Headers of no field above.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_headers: Vec<Header>,
    /// The Content-ID, or the number from 0 on, of the part that a multipart/related is read from.
    #[serde(skip_serializing_if = "Option::is_none")]
    root_part: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Self>,
}

#[derive(Debug, Serialize)]
struct Header {
    name: String,
    value: String,
}

/// What a Content-Disposition says.
#[derive(Debug, Serialize)]
struct Disposition {
    kind: String,
    filename: Option<String>,
    handling: Option<&'static str>,
    size: Option<u64>,
    creation_date: Option<String>,
    modification_date: Option<String>,
    read_date: Option<String>,
}

pub(super) fn examine(bytes: &Bytes, boundary: Option<&str>) -> Finding {
    let limits = Limits::default();
    match boundary {
        Some(boundary) => {
            Finding::of(Multipart::parse(boundary, bytes.clone(), Reading::Lenient, &limits), |body| {
                let parts = Part::list(body.parts());
                finding::Extract::Multipart(Extract { content_type: None, root_part: None, parts })
            })
        }
        None => Finding::of(Entity::parse(bytes.clone(), Reading::Lenient, &limits), |entity| {
            finding::Extract::Multipart(Extract {
                content_type: entity.headers().get("Content-Type").map(ToString::to_string),
                root_part: root_part(&entity),
                parts: Part::list(entity.parts()),
            })
        }),
    }
}

/// The part that a multipart/related is read from: its Content-ID, else its number, counted from 0.
fn root_part(entity: &Entity) -> Option<String> {
    let root = entity.root_part()?;
    let number = entity.parts().iter().position(|found| std::ptr::eq(found, root));
    Some(match root.content_id() {
        Some(id) => id.as_str().to_owned(),
        None => number.unwrap_or_default().to_string(),
    })
}

impl Part {
    pub(super) fn list(parts: &[Entity]) -> Vec<Self> {
        parts.iter().map(Self::of).collect()
    }

    fn of(part: &Entity) -> Self {
        const SHOWN: [&str; 4] =
            ["Content-Type", "Content-ID", "Content-Disposition", "Content-Transfer-Encoding"];
        let header = |name| part.headers().get(name).map(ToString::to_string);
        let transfer_encoding = header("Content-Transfer-Encoding");
        let decoded = transfer_encoding.is_some().then(|| part.body());
        let disposition = part.content_disposition().ok().flatten();
        let is_shown = |name: &str| SHOWN.iter().any(|shown| shown.eq_ignore_ascii_case(name));
        let others = part.headers().iter().filter(|header| !is_shown(header.name()));
        Self {
            content_type: header("Content-Type"),
            content_id: part.content_id().map(|id| id.as_str().to_owned()),
            disposition: header("Content-Disposition"),
            disposition_parameters: disposition
                .map(|found| Disposition::of(&found))
                .filter(Disposition::says_more),
            transfer_encoding,
            length: part.raw_body().len(),
            decoded_length: decoded.as_ref().and_then(|decoded| decoded.as_ref().ok()).map(Bytes::len),
            decoding_error: decoded.and_then(Result::err).map(|error| error.to_string()),
            other_headers: others
                .map(|header| Header { name: header.name().to_string(), value: header.value().to_string() })
                .collect(),
            root_part: root_part(part),
            parts: Self::list(part.parts()),
        }
    }
}

impl Disposition {
    fn of(disposition: &ContentDisposition) -> Self {
        let text = |value: &Option<grammar::ByteStr>| value.as_ref().map(ToString::to_string);
        Self {
            kind: disposition.kind.as_str().to_owned(),
            filename: text(&disposition.filename),
            handling: disposition.handling.map(|handling| match handling {
                Handling::Required => "required",
                Handling::Optional => "optional",
            }),
            size: disposition.size,
            creation_date: text(&disposition.creation_date),
            modification_date: text(&disposition.modification_date),
            read_date: text(&disposition.read_date),
        }
    }

    /// Whether there is anything beside the kind.
    const fn says_more(&self) -> bool {
        self.filename.is_some()
            || self.handling.is_some()
            || self.size.is_some()
            || self.creation_date.is_some()
            || self.modification_date.is_some()
            || self.read_date.is_some()
    }
}
