//! The offer of a message, and what an answer makes of it (SEED-6 to SEED-10, SEED-22 to SEED-28).

use std::net::SocketAddr;

use bytes::Bytes;
use grammar::{ByteStr, MediaType};
use sdp::SessionDescription;
use sdp::attribute::Direction;
use sdp::file::FileRange;
use sdp::offer_answer::{self, ActiveSide, Breach, LineOutcome, MessageLine, Peer, Proto, Wrapping};
use sip::Response;

use super::OutgoingMachine;
use super::item::{Content, ItemPhase};
use crate::agent::{Context, local_uri};
use crate::body::{self, Layout};
use crate::media::{Endpoint, LineConfig, Owner, Proof};
use crate::message::relayed::{Relayed, own_line};
use crate::message::{Intent, ItemId, cema};
use crate::{Error, ErrorKind, ItemOutcome, MediaSecurity, Phase};

impl OutgoingMachine {
    /// Writes the offer and the body around it.
    pub(super) fn build_body(
        &mut self,
        local: SocketAddr,
        context: &mut Context<'_>,
    ) -> Result<(ByteStr, Bytes), Error> {
        let dialect = context.config.profile.dialect;
        let mut lines = Vec::with_capacity(self.items.len());
        let mut icons = Vec::new();
        self.paths.clear();
        if self.message.text.is_some() {
            let mut line = self.next_line(local, context).ok_or_else(unwritable)?;
            line.accept_types =
                vec![ByteStr::from_static("message/cpim"), ByteStr::from_static("text/plain")];
            lines.push(line);
        }
        for file in self.message.files.clone() {
            let mut line = self.next_line(local, context).ok_or_else(unwritable)?;
            line.accept_types = vec![ByteStr::from_static("message/cpim"), essence(&file.media_type)];
            let mut offer = sdp::FileOffer::builder(file.name.clone(), file.size)
                .media_type(file.media_type.clone())
                .disposition(match file.intent {
                    Intent::Transfer => sdp::file::Disposition::Attachment,
                    Intent::Share => sdp::file::Disposition::Render,
                })
                .transfer_id(context.ids.transfer_id());
            if let Some(sha1) = file.sha1 {
                offer = offer.sha1(*sha1.octets());
            }
            if let Some(sha256) = file.sha256 {
                offer = offer.sha256(*sha256.octets());
            }
            if file.skip > 0 {
                let mut range = FileRange::from(file.skip.saturating_add(1));
                range.stop = Some(file.size);
                offer = offer.range(range);
            }
            if let (Some(icon), Layout::Multipart) = (&file.icon, self.layout) {
                let id = context.ids.content_id().ok_or_else(unwritable)?;
                offer = offer.icon(id.as_str());
                icons.push((id, icon.clone()));
                // SEED-28: a file with an icon also has a description.
                line.title = Some(file.description.clone().unwrap_or_else(|| file.name.clone()));
            } else {
                line.title = file.description.clone();
            }
            line.file = Some(offer.build().map_err(|_| {
                Error::new(ErrorKind::Unwritable("file offer"), Phase::Preparing, "RFC 5547 §6")
            })?);
            lines.push(line);
        }
        let origin = context.origin(local);
        let offer = offer_answer::offer(&origin, &lines, dialect).map_err(|_| unwritable())?;
        self.lines = lines;
        let built = body::build(&offer, &icons, self.route.list.as_ref(), dialect, self.layout, context.ids);
        self.offer = Some(offer);
        built.map_err(|_| Error::new(ErrorKind::Unwritable("INVITE body"), Phase::Preparing, "RFC 2046 §5.1"))
    }

    /// The next line of the offer, by the path it reserved, or with a URI of its own.
    fn next_line(&mut self, local: SocketAddr, context: &mut Context<'_>) -> Option<MessageLine> {
        let (relayed, item) = (self.relayed.as_ref(), self.paths.len());
        let (uri, mut line) = own_line(relayed, item, local, proto(context), Direction::SendOnly, context)?;
        self.paths.push(uri);
        line.cema = self.cema;
        if line.cema && line.path.len() > 1 {
            cema::show_relay(&mut line);
        }
        Some(line)
    }

    /// Asks for paths through the user's relays, if there are any and that is not done yet; whether there is nothing
    /// to wait for.
    pub(super) fn reserve(&mut self, local: SocketAddr, context: &mut Context<'_>) -> Result<bool, Error> {
        if context.config.account.relays.is_none() {
            return Ok(true);
        }
        if self.relayed.is_none() {
            self.local = Some(local);
            let mut lines = Vec::with_capacity(self.items.len());
            for item in 0..self.items.len() {
                lines.push((item, local_uri(local, proto(context), context).ok_or_else(unwritable)?));
            }
            self.relayed = Some(Relayed::reserve(Owner::Transfer(self.id), lines, context));
        }
        Ok(self.relayed.as_ref().is_some_and(Relayed::is_complete))
    }

    /// Chooses the wrapper and opens the line towards the peer.
    pub(super) fn open(&mut self, at: ItemId, peer: &Peer, context: &mut Context<'_>) {
        let opened = self.open_line(at, peer, context);
        let line = self.line(at);
        let Some(item) = self.items.get_mut(at) else { return };
        match opened {
            Ok(config) => {
                item.phase = ItemPhase::Connecting;
                context.media.open(line, config, context.now);
            }
            Err(error) => item.phase = ItemPhase::Ended(ItemOutcome::Failed(error)),
        }
    }

    fn open_line(&mut self, at: ItemId, peer: &Peer, context: &Context<'_>) -> Result<LineConfig, Error> {
        let prefix = self.wrapper(at, peer, context)?;
        let local = self.paths.get(at).cloned().ok_or_else(|| misbehaved("path"))?;
        let Some(item) = self.items.get_mut(at) else { return Err(misbehaved("media line")) };
        item.prefix = prefix;
        if peer.line.max_size.is_some_and(|max_size| item.total() > max_size) {
            // RFC 5547 §8.7: a file sender never passes the peer's max-size.
            return Err(Error::new(
                ErrorKind::NotAccepted("message of this size"),
                Phase::Inviting,
                "RFC 5547 §8.7",
            ));
        }
        let path = peer.line.path.iter().map(|uri| msrp::Uri::parse(uri.clone()));
        let remote = path.collect::<Result<Vec<msrp::Uri>, _>>().map_err(|_| misbehaved("path"))?;
        let offered = if local.is_secure() { Proto::Tls } else { Proto::Tcp };
        let agreed = remote.last().is_some_and(|own| own.is_secure() == local.is_secure());
        if peer.line.proto != offered || !agreed {
            return Err(misbehaved("transport of the answer"));
        }
        if remote.iter().any(msrp::Uri::is_secure) && context.config.media_tls.is_none() {
            return Err(Error::new(ErrorKind::NoTls, Phase::Connecting, "RFC 4975 §14"));
        }
        let connect = match peer.active {
            ActiveSide::Offerer => Some(Endpoint::of(&peer.line).ok_or_else(|| misbehaved("path"))?),
            ActiveSide::Answerer => None,
        };
        let relayed = self.relayed.is_some();
        Ok(LineConfig { local, peer: remote, receive: None, connect, proof: Proof::of(&peer.line), relayed })
    }

    /// CPIM headers where the peer wants a wrapper, nothing where it takes the bare type.
    fn wrapper(&self, at: ItemId, peer: &Peer, context: &Context<'_>) -> Result<Bytes, Error> {
        let refused = |what| Error::new(ErrorKind::NotAccepted(what), Phase::Inviting, "RFC 4975 §8.6");
        let (content, what) = match self.items.get(at).map(|item| &item.content) {
            Some(Content::Text(_)) => (offer_answer::Content::Message, "text/plain"),
            _ => (offer_answer::Content::File, "media type of the file"),
        };
        let content_type = self.content_type(at).ok_or_else(|| refused(what))?;
        let media_type = MediaType::parse(&content_type).map_err(|_| refused(what))?;
        match peer.line.wrapping(content, &media_type).ok_or_else(|| refused(what))? {
            Wrapping::Bare => Ok(Bytes::new()),
            Wrapping::Cpim => {
                let conference = self.remote_target.as_deref().filter(|_| self.focus);
                let to = conference.unwrap_or_else(|| self.route.to.as_str());
                let date_time = context.clock.rfc3339(context.now);
                body::cpim_head(&context.config.account, to, &date_time, &content_type)
                    .ok_or_else(|| Error::new(ErrorKind::Unwritable("CPIM"), Phase::Inviting, "RFC 3862 §2"))
            }
        }
    }
}

/// Reads the answer in a 2xx and holds it against the offer.
pub(super) fn answer(
    response: &Response,
    offer: &SessionDescription,
) -> Result<(SessionDescription, Vec<LineOutcome>), &'static str> {
    let answer = body::read_response(response)?;
    let outcomes = offer_answer::pair(offer, &answer).map_err(|_| "number of media lines")?;
    Ok((answer, outcomes))
}

/// TLS or not: as the profile says, and with relays behind TLS in any case.
fn proto(context: &Context<'_>) -> Proto {
    let relays = context.config.account.relays.as_ref();
    let relay = relays.and_then(|relays| relays.uris.first()).is_some_and(msrp::Uri::is_secure);
    match context.config.profile.media_security {
        MediaSecurity::Plain if !relay => Proto::Tcp,
        _ => Proto::Tls,
    }
}

fn unwritable() -> Error {
    Error::new(ErrorKind::Unwritable("SDP offer"), Phase::Preparing, "RFC 4975 §8")
}

/// The media type without its parameters, as accept-types lists it.
fn essence(media_type: &ByteStr) -> ByteStr {
    match MediaType::parse(media_type) {
        Ok(parsed) => ByteStr::from(format!("{}/{}", parsed.ty, parsed.subtype)),
        Err(_) => media_type.clone(),
    }
}

/// What a breach means to its item.
pub(super) const fn breach(breach: Breach) -> Error {
    let rule = match breach {
        Breach::FileRange => {
            // It may know nothing of ranges: the whole file may still be for it.
            let kind = ErrorKind::NotAccepted("part of a file");
            return Error::of(kind, Phase::Inviting, "RFC 5547 §8.3.1");
        }
        Breach::NoPath | Breach::Path => "a=path",
        Breach::AcceptTypes => "a=accept-types",
        Breach::Direction => "direction of the answer",
        Breach::Setup => "a=setup of the answer",
        _ => "media line of the answer",
    };
    misbehaved(rule)
}

pub(super) const fn misbehaved(rule: &'static str) -> Error {
    Error::of(ErrorKind::PeerMisbehaved(rule), Phase::Inviting, "RFC 3264 §6")
}
