//! One m-line of an offer to us.

use std::time::Instant;

use bytes::BytesMut;
use grammar::{ByteStr, MediaRange, MediaType};
use sdp::offer_answer::MessageLine;
use sdp::{FileOffer, MediaDescription};

use crate::agent::{Config, Context};
use crate::body;
use crate::media::speaks;
use crate::{FileHash, Icon, OfferedItem, SafeName};

/// One m-line of the offer.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) phase: ItemPhase,
    pub(super) received: u64,
    pub(super) last_heard: Option<Instant>,
}

impl Item {
    /// Whether as many octets came as the file has, be they stored or not.
    pub(super) fn is_here(&self) -> bool {
        match self.kind {
            Kind::File { size: Some(size), skip, .. } => self.received.saturating_add(skip) >= size,
            Kind::File { size: None, .. } | Kind::Text { .. } | Kind::Unsupported => false,
        }
    }
}

#[derive(Debug)]
pub(super) enum Kind {
    Text {
        content_type: Option<ByteStr>,
        octets: BytesMut,
    },
    File {
        size: Option<u64>,
        promised: Option<FileHash>,
        /// Octets at the start of the file that are not sent again: the driver has them.
        skip: u64,
    },
    Unsupported,
}

impl Kind {
    /// Octets of the file in front of those that are sent.
    pub(super) const fn skip(&self) -> u64 {
        match self {
            Self::File { skip, .. } => *skip,
            Self::Text { .. } | Self::Unsupported => 0,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ItemPhase {
    Offered,
    Waiting,
    Receiving,
    /// The driver finishes the hash of what it stored.
    Verifying,
    Committing,
    Ended,
}

/// What an m-line of an offer is to us.
pub(super) fn classify(
    media: &MediaDescription<'_>,
    read: &body::Offered,
    config: &Config,
) -> (Item, OfferedItem) {
    let limits = &config.limits;
    let item = |kind| Item { kind, phase: ItemPhase::Offered, received: 0, last_heard: None };
    let unsupported = || (item(Kind::Unsupported), OfferedItem::Unsupported);
    let usable = MessageLine::read(media)
        .is_ok_and(|line| line.direction.sends() && peer_path(&line, config).is_some());
    if media.port() == 0 || !usable {
        return unsupported();
    }
    match media.file() {
        Some(offer) if offer.size.is_none_or(|size| size <= limits.max_file) => {
            let name = SafeName::from_offered(offer.display_name().unwrap_or_default());
            let promised = FileHash::promised(&offer);
            let Some(skip) = skipped(&offer) else { return unsupported() };
            let icon = offer
                .icon_url()
                .and_then(|url| read.icon(&url))
                .filter(|icon: &Icon| icon.octets.len() <= limits.max_icon);
            let description = media.title().map(|title| media.share(title));
            let kind = Kind::File { size: offer.size, promised, skip };
            (item(kind), OfferedItem::File { name, offer: Box::new(offer), description, icon })
        }
        Some(_) => unsupported(),
        None if takes_text(media) => {
            (item(Kind::Text { content_type: None, octets: BytesMut::new() }), OfferedItem::Text)
        }
        None => unsupported(),
    }
}

/// Octets of the file in front of the part that is offered. `None` for a part that makes no whole file of what is there
/// already, or of which nobody could tell whether it does.
fn skipped(offer: &FileOffer) -> Option<u64> {
    let Some(range) = offer.range.filter(|range| !range.is_whole(offer.size)) else { return Some(0) };
    let size = offer.size?;
    let to_the_end = range.start <= size && range.stop.is_none_or(|stop| stop == size);
    (to_the_end && FileHash::promised(offer).is_some()).then(|| range.start.saturating_sub(1))
}

pub(super) fn takes_text(media: &MediaDescription<'_>) -> bool {
    let Ok(plain) = MediaType::parse("text/plain") else { return false };
    let Ok(cpim) = MediaType::parse("message/cpim") else { return false };
    media
        .accept_types()
        .iter()
        .filter_map(|range| MediaRange::parse(range).ok())
        .any(|range| range.matches(&plain) || range.matches(&cpim))
}

/// What our answer lists: the file's own type, or the text types we read.
pub(super) fn accept_types(item: &Item, offered: &MessageLine) -> Vec<ByteStr> {
    let media_type = offered.file.as_ref().and_then(|file| file.media_type.as_deref());
    match (&item.kind, media_type.map(MediaType::parse)) {
        (Kind::File { .. }, Some(Ok(parsed))) => {
            vec![ByteStr::from(format!("{}/{}", parsed.ty, parsed.subtype))]
        }
        (Kind::File { .. }, _) => vec![ByteStr::from_static("*")],
        _ => vec![ByteStr::from_static("text/plain"), ByteStr::from_static("message/cpim")],
    }
}

pub(super) fn max_size(item: &Item, context: &Context<'_>) -> Option<u64> {
    match &item.kind {
        Kind::File { size, .. } => size.or(Some(context.config.limits.max_file)),
        _ => u64::try_from(context.config.limits.max_text.saturating_add(body::MAX_CPIM_HEAD)).ok(),
    }
}

/// The peer's path, if it can be spoken to: inside TLS where we have it, without where that is allowed.
pub(super) fn peer_path(offered: &MessageLine, config: &Config) -> Option<Vec<msrp::Uri>> {
    let tls = config.media_tls.as_ref();
    if !speaks(offered, config.profile.media_security, tls) {
        return None;
    }
    let path = offered.path.iter().map(|uri| msrp::Uri::parse(uri.clone()).ok());
    let path: Option<Vec<msrp::Uri>> = path.collect();
    path.filter(|path| path.first().is_some_and(|first| !first.is_secure() || tls.is_some()))
}

/// Puts octets into a text at their place; false if that passes the limit.
pub(super) fn place(buffer: &mut BytesMut, offset: u64, octets: &[u8], limit: usize) -> bool {
    let Some(start) = usize::try_from(offset).ok().filter(|start| *start <= limit) else { return false };
    let end = start.saturating_add(octets.len());
    if end > limit {
        return false;
    }
    if buffer.len() < end {
        buffer.resize(end, 0);
    }
    if let Some(room) = buffer.get_mut(start..end) {
        room.copy_from_slice(octets);
    }
    true
}
