//! The file that an m-line describes, in whichever dialect.

use ::sdp::file::{Disagreement, Disposition, FileDates, Hash};
use ::sdp::{ByteStr, FileOffer};
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct File {
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
    /// In what the two dialects disagree.
    disagreement: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct Date {
    creation: Option<String>,
    modification: Option<String>,
    read: Option<String>,
}

impl File {
    pub(super) fn of(offer: &FileOffer) -> Self {
        let text = |text: &Option<ByteStr>| text.as_deref().map(str::to_owned);
        let hashes: Vec<String> = offer.hashes.iter().map(Hash::to_string).collect();
        Self {
            name: text(&offer.name),
            media_type: text(&offer.media_type),
            size: offer.size,
            hash: (!hashes.is_empty()).then(|| hashes.join(" ")),
            disposition: offer.disposition.as_ref().map(Disposition::as_str).map(str::to_owned),
            transfer_id: text(&offer.transfer_id),
            icon: text(&offer.icon),
            range: offer.range.as_ref().map(ToString::to_string),
            date: Date::of(&offer.dates),
            dialect: offer.dialect.as_str(),
            disagreement: offer.disagreement.map_or_else(Vec::new, disagreement),
        }
    }
}

fn disagreement(found: Disagreement) -> Vec<&'static str> {
    let all = [
        ("name", found.name),
        ("type", found.media_type),
        ("size", found.size),
        ("hash", found.hash),
        ("disposition", found.disposition),
        ("icon", found.icon),
        ("transfer_id", found.transfer_id),
        ("range", found.range),
    ];
    all.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect()
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
