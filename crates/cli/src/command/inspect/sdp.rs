//! Inspects a session description: its lines, and what they mean for MSRP.

mod file;
mod media;

use ::sdp::attribute::Group;
use ::sdp::line::{Bandwidth, Connection, EncryptionKey, Zone};
use ::sdp::{Limits, Reading, SessionDescription, TimeDescription, attribute};
use bytes::Bytes;
use serde::Serialize;

use super::finding::{self, Finding};
use media::{Media, unreadable};

/// What a session description says.
#[derive(Debug, Serialize)]
pub(super) struct Extract {
    origin: Option<Origin>,
    session_name: String,
    information: Option<String>,
    uri: Option<String>,
    emails: Vec<String>,
    phones: Vec<String>,
    connection: Option<Address>,
    bandwidths: Vec<Rate>,
    times: Vec<Time>,
    /// Those of the first `z=`.
    zone: Vec<Change>,
    key: Option<String>,
    groups: Vec<String>,
    /// Session-level attributes as they are written.
    attributes: Vec<String>,
    /// What is wrong with those that have a type and cannot be read as it.
    unreadable: Vec<String>,
    media: Vec<Media>,
    /// All `a=` lines.
    attr_count: usize,
}

#[derive(Debug, Serialize)]
struct Origin {
    user: String,
    id: u64,
    version: u64,
    nettype: String,
    addrtype: String,
    address: String,
}

#[derive(Debug, Serialize)]
struct Address {
    nettype: String,
    addrtype: String,
    address: String,
    ttl: Option<u8>,
    count: Option<u32>,
    multicast: bool,
}

#[derive(Debug, Serialize)]
struct Rate {
    #[serde(rename = "type")]
    kind: String,
    bandwidth: u64,
    bits_per_second: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Time {
    start: u64,
    stop: u64,
    /// In seconds.
    repeats: Vec<Repeat>,
    /// The changes of the clocks that are written behind them.
    zone: Vec<Change>,
}

#[derive(Debug, Serialize)]
struct Repeat {
    interval: u64,
    duration: u64,
    offsets: Vec<u64>,
}

#[derive(Debug, Serialize)]
struct Change {
    at: u64,
    offset: i64,
}

pub(super) fn examine(bytes: &Bytes) -> Finding {
    let read = SessionDescription::parse_with(bytes.clone(), Reading::Lenient, &Limits::default());
    Finding::of(read, |document| finding::Extract::Sdp(Box::new(Extract::of(&document))))
}

impl Extract {
    fn of(document: &SessionDescription) -> Self {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let groups = document.attributes().typed::<Group<'_>>();
        Self {
            origin: document.origin().ok().map(|origin| Origin {
                user: origin.user.to_owned(),
                id: origin.id,
                version: origin.version,
                nettype: origin.nettype.to_owned(),
                addrtype: origin.addrtype.to_owned(),
                address: origin.address.to_owned(),
            }),
            session_name: document.session_name().to_owned(),
            information: text(document.information()),
            uri: text(document.uri()),
            emails: document.emails().map(str::to_owned).collect(),
            phones: document.phones().map(str::to_owned).collect(),
            connection: document.connection().map(|connection| Address::of(&connection)),
            bandwidths: document.bandwidths().map(|bandwidth| Rate::of(&bandwidth)).collect(),
            times: document.times().map(|time| Time::of(&time)).collect(),
            zone: Change::list(document.zone()),
            key: key(document.key()),
            groups: groups.filter_map(Result::ok).map(|group| group.to_string()).collect(),
            attributes: written(document.attributes()),
            unreadable: unreadable(document.attributes()),
            media: document.media().map(|media| Media::of(&media)).collect(),
            attr_count: document.attr_count(),
        }
    }
}

impl Address {
    fn of(connection: &Connection<'_>) -> Self {
        Self {
            nettype: connection.nettype.to_owned(),
            addrtype: connection.addrtype.to_owned(),
            address: connection.address.to_owned(),
            ttl: connection.ttl,
            count: connection.count,
            multicast: connection.is_multicast(),
        }
    }
}

impl Rate {
    fn of(bandwidth: &Bandwidth<'_>) -> Self {
        Self {
            kind: bandwidth.bwtype.to_owned(),
            bandwidth: bandwidth.bandwidth,
            bits_per_second: bandwidth.bits_per_second(),
        }
    }
}

impl Time {
    fn of(time: &TimeDescription<'_>) -> Self {
        let repeats = time.repeats().map(|repeat| Repeat {
            interval: repeat.interval.seconds(),
            duration: repeat.duration.seconds(),
            offsets: repeat.offsets().map(|offset| offset.seconds()).collect(),
        });
        Self {
            start: time.timing.start,
            stop: time.timing.stop,
            repeats: repeats.collect(),
            zone: Change::list(time.zone()),
        }
    }
}

impl Change {
    fn list(zone: Option<Zone<'_>>) -> Vec<Self> {
        let changes = zone.into_iter().flat_map(|zone| zone.adjustments());
        changes.map(|change| Self { at: change.at, offset: change.offset }).collect()
    }
}

fn key(key: Option<EncryptionKey<'_>>) -> Option<String> {
    key.map(|key| key.to_string())
}

/// Attributes as they are written, bytes that are not UTF-8 as U+FFFD.
fn written(attributes: attribute::Attributes<'_>) -> Vec<String> {
    let one = |attribute: attribute::RawAttribute<'_>| match attribute.value {
        Some(value) => format!("{}:{}", attribute.name, String::from_utf8_lossy(value)),
        None => attribute.name.to_owned(),
    };
    attributes.map(one).collect()
}
