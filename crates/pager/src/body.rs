//! Bodies of INVITEs and their answers: how SDP, icons and lists are nested (SEED-6, SEED-28).

use bytes::Bytes;
use grammar::{ByteStr, MediaType, ParseError, Reading};
use mime::cpim::Address;
use mime::{ContentDisposition, ContentId, DispositionKind, Entity, Handling, MultipartBuilder};
use resource_lists::{Entry, RecipientList};
use sdp::{Dialect, SessionDescription};
use sip::{HeaderName, Headers, Request, Response};

use crate::agent::Ids;
use crate::{Account, FileToSend, Icon, Intent, Recipient};

/// Octets that CPIM headers may take in front of a text.
pub(crate) const MAX_CPIM_HEAD: usize = 8 << 10;

/// How the parts are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `multipart/mixed`, always (SEED-6).
    Multipart,
    /// The SDP alone: for a peer that refused the former.
    PlainSdp,
}

/// Puts the body of an INVITE together: Content-Type and octets.
pub(crate) fn build(
    offer: &SessionDescription,
    icons: &[(ContentId, Icon)],
    list: Option<&RecipientList>,
    dialect: Dialect,
    layout: Layout,
    ids: &mut Ids,
) -> Result<(ByteStr, Bytes), BodyError> {
    let sdp_type = ByteStr::from_static("application/sdp");
    if layout == Layout::PlainSdp {
        return Ok((sdp_type, offer.to_bytes()));
    }
    let sdp = Entity::builder(sdp_type.clone()).body(offer.to_bytes())?;
    // `handling=optional`: who knows no icons takes the message all the same (RFC 5621 §8).
    let icon_disposition = ContentDisposition::new(DispositionKind::Icon).with_handling(Handling::Optional);
    let icons = icons.iter().map(|(id, icon)| {
        Entity::builder(icon.media_type.clone())
            .header("Content-Transfer-Encoding", "binary")
            .id(id)
            .disposition(&icon_disposition)
            .body(icon.octets.clone())
    });
    let icons = icons.collect::<Result<Vec<Entity>, ParseError>>()?;
    let mut mixed = MultipartBuilder::mixed();
    if icons.is_empty() || dialect == Dialect::Legacy {
        mixed = icons.into_iter().fold(mixed.part(sdp), MultipartBuilder::part);
    } else {
        // RFC 5547 §8.8 wants multipart/related; SEED-6 wants multipart/mixed around it.
        let related = MultipartBuilder::related(sdp_type).part(sdp);
        let related = icons.into_iter().fold(related, MultipartBuilder::part);
        mixed = mixed.part(related.build_entity(ids.boundary())?);
    }
    if let Some(list) = list {
        let list = Entity::builder("application/resource-lists+xml")
            .disposition(&ContentDisposition::new(DispositionKind::RecipientList))
            .body(list.to_xml())?;
        mixed = mixed.part(list);
    }
    let (content_type, body) = mixed.build(ids.boundary())?;
    Ok((ByteStr::from(content_type), body))
}

/// A body that cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error(transparent)]
    Value(#[from] ParseError),
    #[error(transparent)]
    Multipart(#[from] mime::BuildError),
}

/// Who sends it, as From says.
pub(crate) fn sender(request: &Request) -> Option<Recipient> {
    let from = request.from().ok()?;
    Some(Recipient {
        uri: ByteStr::from(from.uri_text()),
        display_name: from
            .display_name()
            .filter(|name| !name.is_empty())
            .map(|name| ByteStr::from(name.into_owned())),
    })
}

/// What an INVITE offers.
pub(crate) struct Offered {
    pub(crate) offer: SessionDescription,
    pub(crate) recipients: Vec<Recipient>,
    root: Entity,
}

/// Why an INVITE cannot be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    UnsupportedMediaType,
    NoOffer,
    Malformed,
}

impl Offered {
    /// The icon a `cid:` URL names.
    pub(crate) fn icon(&self, url: &str) -> Option<Icon> {
        let part = self.root.find(&ContentId::from_url(url).ok()?)?;
        let media_type = part.content_type().ok()?;
        Some(Icon { media_type: ByteStr::from(media_type.to_string()), octets: part.body().ok()? })
    }
}

/// Reads the body of an INVITE: the offer, icons and the list of the other recipients.
pub(crate) fn read_request(request: &Request) -> Result<Offered, Unreadable> {
    let content_type =
        request.content_type().map_err(|_| Unreadable::Malformed)?.ok_or(Unreadable::NoOffer)?;
    if !content_type.ty.eq_ignore_ascii_case("multipart") && !content_type.is("application", "sdp") {
        return Err(Unreadable::UnsupportedMediaType);
    }
    let root = entity(request.headers(), request.body()).map_err(|_| Unreadable::Malformed)?;
    let sdp = root.offer().ok_or(Unreadable::NoOffer)?;
    let octets = sdp.body().map_err(|_| Unreadable::Malformed)?;
    let offer = SessionDescription::parse(octets).map_err(|_| Unreadable::Malformed)?;
    let recipients = root.walk().flat_map(history).collect();
    Ok(Offered { offer, recipients, root })
}

/// Reads the answer in a 2xx; the rule the peer broke if there is none.
pub(crate) fn read_response(response: &Response) -> Result<SessionDescription, &'static str> {
    let root = entity(response.headers(), response.body()).map_err(|error| error.rule())?;
    let sdp = root.offer().ok_or("session description in the 2xx")?;
    let octets = sdp.body().map_err(|error| error.rule())?;
    SessionDescription::parse(octets).map_err(|error| error.rule())
}

/// The body of a SIP message as one entity.
fn entity(headers: Headers<'_>, body: Bytes) -> Result<Entity, ParseError> {
    const ABOUT_THE_BODY: [HeaderName; 4] = [
        HeaderName::CONTENT_TYPE,
        HeaderName::CONTENT_DISPOSITION,
        HeaderName::CONTENT_ID,
        HeaderName::CONTENT_ENCODING,
    ];
    let headers = ABOUT_THE_BODY.iter().filter_map(|name| Some((name.as_str(), headers.get(*name)?)));
    Entity::read(headers, body, Reading::Lenient, &mime::Limits::default()).map(|(root, _)| root)
}

/// The entries of a `recipient-list-history` part (RFC 5366 §5).
fn history(part: &Entity) -> Vec<Recipient> {
    let is_history = part
        .content_disposition()
        .is_ok_and(|value| value.is_some_and(|value| value.kind == DispositionKind::RecipientListHistory));
    let Some(octets) = is_history.then(|| part.body().ok()).flatten() else { return Vec::new() };
    let Ok(list) = RecipientList::parse(octets, &resource_lists::Limits::default()) else {
        return Vec::new();
    };
    let recipient = |entry: Entry| Recipient {
        uri: entry.uri().clone(),
        display_name: entry.display_name().map(|name| name.text().clone()),
    };
    list.into_entries().into_iter().map(recipient).collect()
}

/// Content-Disposition of a file's SEND requests (RFC 5547 §8.7, RFC 2183).
pub(crate) fn content_disposition(file: &FileToSend) -> ByteStr {
    let kind = match file.intent {
        Intent::Transfer => DispositionKind::Attachment,
        Intent::Share => DispositionKind::Inline,
    };
    let mut value = ContentDisposition::new(kind);
    value.size = Some(file.size);
    let value = value.clone().with_filename(file.name.clone()).unwrap_or(value);
    ByteStr::from(value.to_string())
}

/// The headers of a `message/cpim` around content of this type (RFC 3862, RFC 4975 §13).
pub(crate) fn cpim_head(account: &Account, to: &str, date_time: &str, content_type: &str) -> Option<Bytes> {
    let mut from = Address::new(account.identity.as_str()).ok()?;
    if let Some(name) = &account.display_name {
        from = from.with_name(name.clone());
    }
    let to = Address::new(to).ok()?;
    mime::cpim::Builder::new(&from, &to).date_time(date_time).head(content_type).ok()
}

/// A received text, and who CPIM says wrote it; `None` if it is not one.
pub(crate) fn read_text(content_type: &str, octets: Bytes) -> Option<(Option<ByteStr>, ByteStr)> {
    let media_type = MediaType::parse(content_type).ok()?;
    if !media_type.is("message", "cpim") {
        return ByteStr::from_utf8(octets).ok().map(|text| (None, text));
    }
    let message = mime::cpim::Message::parse(octets).ok()?;
    let from = message.head().from().ok().flatten().map(|address| address.uri.clone());
    let text = ByteStr::from_utf8(message.content().body().ok()?).ok()?;
    Some((from, text))
}
