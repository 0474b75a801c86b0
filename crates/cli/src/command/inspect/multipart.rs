//! Inspects a multipart body, or an entity with its header block.

use ::mime::{Entity, Limits, Multipart, Reading};
use bytes::Bytes;
use serde::Serialize;

use super::finding::{self, Finding};

/// What a multipart body says.
#[derive(Debug, Serialize)]
pub(super) struct Extract {
    parts: Vec<Part>,
}

#[derive(Debug, Serialize)]
struct Part {
    content_type: Option<String>,
    content_id: Option<String>,
    disposition: Option<String>,
    /// Octets of the body as it is written.
    length: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Self>,
}

pub(super) fn examine(bytes: &Bytes, boundary: Option<&str>) -> Finding {
    let limits = Limits::default();
    let extract = |parts: &[Entity]| finding::Extract::Multipart(Extract { parts: Part::list(parts) });
    match boundary {
        Some(boundary) => {
            Finding::of(Multipart::parse(boundary, bytes.clone(), Reading::Lenient, &limits), |body| {
                extract(body.parts())
            })
        }
        None => Finding::of(Entity::parse(bytes.clone(), Reading::Lenient, &limits), |entity| {
            extract(entity.parts())
        }),
    }
}

impl Part {
    fn list(parts: &[Entity]) -> Vec<Self> {
        parts.iter().map(Self::of).collect()
    }

    fn of(part: &Entity) -> Self {
        let header = |name| part.headers().get(name).map(ToString::to_string);
        Self {
            content_type: header("Content-Type"),
            content_id: part.content_id().map(|id| id.as_str().to_owned()),
            disposition: header("Content-Disposition"),
            length: part.raw_body().len(),
            parts: Self::list(part.parts()),
        }
    }
}
