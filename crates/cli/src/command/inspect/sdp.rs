//! Inspects a session description.

use ::sdp::attribute::Setup;
use ::sdp::file::{Disposition, FileDates, Hash};
use ::sdp::{ByteStr, FileOffer, Limits, MediaDescription, Reading, SessionDescription};
use bytes::Bytes;
use serde::Serialize;

use super::finding::{self, Finding};

/// What a session description says.
#[derive(Debug, Serialize)]
pub(super) struct Extract {
    media: Vec<Media>,
    /// All `a=` lines.
    attr_count: usize,
}

#[derive(Debug, Serialize)]
struct Media {
    media: String,
    port: u16,
    proto: String,
    fmts: Vec<String>,
    direction: &'static str,
    path: Vec<String>,
    accept_types: Vec<String>,
    setup: Option<&'static str>,
    file: Option<File>,
}

#[derive(Debug, Serialize)]
struct File {
    name: Option<String>,
    #[serde(rename = "type")]
    media_type: Option<String>,
    size: Option<u64>,
    /// `sha-1:E6:93:..`; several are separated by a blank.
    hash: Option<String>,
    disposition: Option<String>,
    transfer_id: Option<String>,
    icon: Option<String>,
    range: Option<String>,
    date: Option<Date>,
    dialect: &'static str,
}

#[derive(Debug, Serialize)]
struct Date {
    creation: Option<String>,
    modification: Option<String>,
    read: Option<String>,
}

pub(super) fn examine(bytes: &Bytes) -> Finding {
    let read = SessionDescription::parse_with(bytes.clone(), Reading::Lenient, &Limits::default());
    Finding::of(read, |document| {
        finding::Extract::Sdp(Extract {
            media: document.media().map(|media| Media::of(&media)).collect(),
            attr_count: document.attr_count(),
        })
    })
}

impl Media {
    fn of(media: &MediaDescription<'_>) -> Self {
        Self {
            media: media.media().to_owned(),
            port: media.port(),
            proto: media.proto().to_owned(),
            fmts: media.fmts().map(str::to_owned).collect(),
            direction: media.direction().as_str(),
            path: texts(&media.path()),
            accept_types: texts(&media.accept_types()),
            setup: media.setup().map(Setup::as_str),
            file: media.file().map(File::of),
        }
    }
}

impl File {
    fn of(offer: FileOffer) -> Self {
        let hashes: Vec<String> = offer.hashes.iter().map(Hash::to_string).collect();
        Self {
            name: offer.name.as_deref().map(str::to_owned),
            media_type: offer.media_type.as_deref().map(str::to_owned),
            size: offer.size,
            hash: (!hashes.is_empty()).then(|| hashes.join(" ")),
            disposition: offer.disposition.as_ref().map(Disposition::as_str).map(str::to_owned),
            transfer_id: offer.transfer_id.as_deref().map(str::to_owned),
            icon: offer.icon.as_deref().map(str::to_owned),
            range: offer.range.as_ref().map(ToString::to_string),
            date: Date::of(&offer.dates),
            dialect: offer.dialect.as_str(),
        }
    }
}

impl Date {
    fn of(dates: &FileDates) -> Option<Self> {
        let text = |date: &Option<ByteStr>| date.as_deref().map(str::to_owned);
        let all = Self {
            creation: text(&dates.creation),
            modification: text(&dates.modification),
            read: text(&dates.read),
        };
        (all.creation.is_some() || all.modification.is_some() || all.read.is_some()).then_some(all)
    }
}

fn texts(list: &[ByteStr]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}
