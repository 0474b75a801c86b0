//! A message offered to us: the user picks, content arrives, is checked and stored (SEED-20).

mod item;
mod negotiating;
mod relay;
mod release;
mod timing;

use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use grammar::ByteStr;
use msrp::ReceivePolicy;
use sdp::SessionDescription;
use sdp::attribute::Direction;
use sdp::offer_answer::{self, ActiveSide, LineAnswer, LineOutcome, OfferedLine};
use sip::StatusCode;
use sip_ua::{HeaderField, IncomingId, SessionId};

use self::item::{Item, ItemPhase, Kind, accept_types, classify, max_size, peer_path, place};
use super::negotiation::Negotiation;
use super::relayed::{Relayed, own_line};
use super::{ContentId, ItemId, OfferId, Pick, cema};
use crate::agent::Context;
use crate::body;
use crate::media::{Endpoint, Line, LineConfig, LineError, LineEvent, Owner, Proof};
use crate::{Error, ErrorKind, Event, FileHash, OfferedItem, Output, Phase, error};

/// One message offered to us, from its INVITE to the end of its session.
#[derive(Debug)]
pub(crate) struct IncomingMachine {
    id: OfferId,
    state: State,
    offer: SessionDescription,
    /// What was answered.
    negotiation: Option<Negotiation>,
    local: SocketAddr,
    items: Vec<Item>,
    timer: Option<Instant>,
    /// The paths through the user's relays, and what the user picked while they are asked for.
    relayed: Option<Relayed>,
    picks: Vec<Pick>,
    /// An accepted item did not arrive: there is less to wait for.
    incomplete: bool,
    error: Option<Error>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// The user decides.
    Offered(IncomingId),
    Receiving(SessionId),
    /// Everything accepted has ended; the sender is expected to hang up.
    Guarding(SessionId),
    /// The user wants it to end, and the disk gives a file its name: that cannot be called back, and BYE follows.
    Finishing(SessionId),
    Releasing(SessionId),
    /// The peer hung up or its dialog is lost, and its last octets may still be on their way to us, or from us to the disk.
    HungUp(SessionId),
    /// Nothing is left of it.
    Over,
}

/// Why an INVITE is answered at once, without asking the user.
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<HeaderField>,
}

impl Refusal {
    const fn status(status: StatusCode) -> Self {
        Self { status, headers: Vec::new() }
    }
}

impl IncomingMachine {
    /// Reads the INVITE and asks the user.
    pub(crate) fn start(
        id: OfferId,
        incoming: IncomingId,
        request: &sip::Request,
        local: SocketAddr,
        context: &mut Context<'_>,
    ) -> Result<Self, Refusal> {
        let read = body::read_request(request).map_err(|refusal| match refusal {
            body::Unreadable::UnsupportedMediaType => Refusal {
                status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
                headers: vec![(
                    ByteStr::from_static("Accept"),
                    ByteStr::from_static("application/sdp, multipart/mixed, multipart/related"),
                )],
            },
            body::Unreadable::NoOffer => Refusal::status(StatusCode::NOT_ACCEPTABLE_HERE),
            body::Unreadable::Malformed => Refusal::status(StatusCode::BAD_REQUEST),
        })?;
        let limits = &context.config.limits;
        let mut items = Vec::new();
        let mut offered = Vec::new();
        for media in read.offer.media() {
            let (item, shown) = classify(&media, &read, context.config);
            items.push(item);
            offered.push(shown);
        }
        let supported = offered.iter().filter(|item| !matches!(item, OfferedItem::Unsupported)).count();
        if supported == 0 || offered.len() > limits.max_files.saturating_add(1) {
            return Err(Refusal::status(StatusCode::NOT_ACCEPTABLE_HERE));
        }
        let from = body::sender(request).ok_or(Refusal::status(StatusCode::BAD_REQUEST))?;
        context.outputs.push_back(Output::Event(Event::Offer {
            offer: id,
            from,
            recipients: read.recipients,
            items: offered,
        }));
        context.respond(incoming, StatusCode::RINGING, Vec::new(), None);
        let timer = Some(context.now + context.config.timers.decide);
        Ok(Self {
            id,
            state: State::Offered(incoming),
            offer: read.offer,
            negotiation: None,
            local,
            items,
            timer,
            relayed: None,
            picks: Vec::new(),
            incomplete: false,
            error: None,
        })
    }

    pub(crate) const fn incoming(&self) -> Option<IncomingId> {
        match self.state {
            State::Offered(incoming) => Some(incoming),
            _ => None,
        }
    }

    pub(crate) const fn session(&self) -> Option<SessionId> {
        match self.state {
            State::Offered(_) | State::Over => None,
            State::Receiving(session)
            | State::Guarding(session)
            | State::Finishing(session)
            | State::Releasing(session)
            | State::HungUp(session) => Some(session),
        }
    }

    /// Whether nothing is left of it.
    pub(crate) const fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    const fn line(&self, item: ItemId) -> Line {
        Line { owner: Owner::Offer(self.id), item }
    }

    /// The user picked. Refusing everything refuses the INVITE.
    pub(crate) fn accept(&mut self, picks: &[Pick], context: &mut Context<'_>) -> Result<(), Error> {
        let State::Offered(incoming) = self.state else {
            return Err(Error::new(ErrorKind::Stale, Phase::Inviting, ""));
        };
        if !self.reserve(picks, context)? {
            return Ok(());
        }
        let mut answers = Vec::with_capacity(self.items.len());
        let mut opened = Vec::new();
        for (at, (item, offered)) in self.items.iter_mut().zip(offer_answer::offered(&self.offer)).enumerate()
        {
            let wanted = picks.get(at) == Some(&Pick::Accept);
            let accepted = match offered {
                OfferedLine::Message(offered) if wanted && !matches!(item.kind, Kind::Unsupported) => {
                    let peer = peer_path(&offered, context.config);
                    let own = own_line(
                        self.relayed.as_ref(),
                        at,
                        self.local,
                        offered.proto,
                        Direction::RecvOnly,
                        context,
                    );
                    peer.zip(own).and_then(|(peer, (path, line))| {
                        let (offered, line) = cema::answer(offered, line, context.config.profile.cema)?;
                        Some((offered, (peer, (path, line))))
                    })
                }
                _ => None,
            };
            let Some((offered, (peer, (path, mut line)))) = accepted else {
                item.phase = ItemPhase::Ended;
                answers.push(LineAnswer::Refuse);
                continue;
            };
            line.accept_types = accept_types(item, &offered);
            let endpoint = Endpoint::of(&offered);
            let policy = ReceivePolicy {
                max_size: max_size(item, context),
                accept_types: line.accept_types.clone(),
                accept_wrapped_types: line.accept_wrapped_types.clone(),
            };
            item.phase = ItemPhase::Waiting;
            opened.push((at, path, peer, policy, endpoint, Proof::of(&offered)));
            answers.push(LineAnswer::Accept(line));
        }
        if opened.is_empty() {
            self.refuse(StatusCode::DECLINE, context);
            return Ok(());
        }
        let origin = context.origin(self.local);
        let answer = offer_answer::answer(&self.offer, &origin, &answers)
            .map_err(|_| Error::new(ErrorKind::Unwritable("SDP answer"), Phase::Inviting, "RFC 3264 §6"))?;
        // Our own answer, read as the offerer will read it, says who connects.
        let outcomes = offer_answer::pair(&self.offer, &answer).unwrap_or_default();
        let lines = self.lines(answers, &outcomes);
        let body = Some((ByteStr::from_static("application/sdp"), answer.to_bytes()));
        let Some(session) = context.respond(incoming, StatusCode::OK, Vec::new(), body) else {
            return Err(Error::new(ErrorKind::Stale, Phase::Inviting, ""));
        };
        self.state = State::Receiving(session);
        self.timer = Some(context.now + context.config.timers.connect);
        self.agreed(answer, lines);
        for (at, local, peer, receive, endpoint, proof) in opened {
            let we_connect = matches!(
                outcomes.get(at),
                Some(LineOutcome::Accepted(peer)) if peer.active == ActiveSide::Answerer
            );
            let connect = endpoint.filter(|_| we_connect);
            let relayed = self.relayed.is_some();
            let config = LineConfig { local, peer, receive: Some(receive), connect, proof, relayed };
            context.media.open(self.line(at), config, context.now);
        }
        Ok(())
    }

    pub(crate) fn line_event(&mut self, at: ItemId, event: LineEvent, context: &mut Context<'_>) {
        match event {
            LineEvent::PathGranted(use_path) => self.granted(at, use_path, context),
            LineEvent::PathMoved(use_path) => self.path_moved(at, use_path, context),
            LineEvent::PathRefused(error) => {
                // Later the line itself tells what became of it.
                if let State::Offered(_) = self.state {
                    self.error = Some(error::of_relay(error));
                    self.refuse(StatusCode::TEMPORARILY_UNAVAILABLE, context);
                }
            }
            LineEvent::Bound => {
                if let Some(item) = self.items.get_mut(at) {
                    item.last_heard = Some(context.now);
                }
                self.rearm(context);
            }
            LineEvent::Unbound(error) => self.unbound(at, error, context),
            LineEvent::Incoming { content_type, size } => self.begins(at, content_type, size, context),
            LineEvent::Write { offset, content } => self.arrived(at, offset, content, context),
            LineEvent::Received { size } => self.whole(at, size, context),
            LineEvent::Aborted => {
                let error = Error::new(ErrorKind::AbortedByPeer, Phase::Receiving, "RFC 4975 §7.1");
                self.item_failed(at, error, context);
            }
            // We send nothing on a line we answered recvonly.
            LineEvent::Progress { .. }
            | LineEvent::Sent
            | LineEvent::Reported { .. }
            | LineEvent::SendFailed(_)
            | LineEvent::Read { .. } => {}
        }
    }

    /// No connection came, or it is gone. What is whole already is stored all the same.
    fn unbound(&mut self, at: ItemId, error: LineError, context: &mut Context<'_>) {
        let phase = self.items.get(at).map(|item| item.phase);
        if matches!(phase, Some(ItemPhase::Waiting | ItemPhase::Receiving)) {
            let error = match error {
                LineError::TimedOut | LineError::Tls(_) | LineError::Certificate(_) => error,
                _ => LineError::FlowLost,
            };
            self.item_failed(at, error::of_line(error, Phase::Connecting), context);
        }
    }

    fn begins(&mut self, at: ItemId, content_type: ByteStr, total: Option<u64>, context: &mut Context<'_>) {
        let line = self.line(at);
        let Some(item) = self.items.get_mut(at) else { return };
        if item.phase != ItemPhase::Waiting {
            // A second message on a pager-mode line (RFC 5547 §8.7: one message per session).
            context.media.reject(line, 413, context.now);
            return;
        }
        item.phase = ItemPhase::Receiving;
        item.last_heard = Some(context.now);
        match &mut item.kind {
            Kind::Text { content_type: kept, .. } => *kept = Some(content_type),
            Kind::File { size: Some(size), skip, .. }
                if total.is_some_and(|total| total != size.saturating_sub(*skip)) =>
            {
                context.media.reject(line, 413, context.now);
                let error = Error::new(ErrorKind::Mismatch("size"), Phase::Receiving, "RFC 5547 §8.3.1");
                self.item_failed(at, error, context);
            }
            Kind::File { .. } | Kind::Unsupported => {}
        }
        self.rearm(context);
    }

    fn arrived(&mut self, at: ItemId, offset: u64, content: Bytes, context: &mut Context<'_>) {
        let line = self.line(at);
        let offer = self.id;
        let now = context.now;
        let Some(item) = self.items.get_mut(at) else { return };
        let octets = u64::try_from(content.len()).unwrap_or(u64::MAX);
        if item.phase != ItemPhase::Receiving {
            context.media.written(line, octets, now);
            return;
        }
        item.last_heard = Some(now);
        item.received = item.received.saturating_add(octets);
        // MSRP counts the octets of the message, not those of the file (RFC 5547 §6).
        let offset = offset.saturating_add(item.kind.skip());
        let end = offset.saturating_add(octets);
        match &mut item.kind {
            Kind::Text { octets: buffer, .. } => {
                let limit = context.config.limits.max_text.saturating_add(body::MAX_CPIM_HEAD);
                let placed = place(buffer, offset, &content, limit);
                context.media.written(line, octets, now);
                if !placed {
                    context.media.reject(line, 413, now);
                    let error = Error::new(ErrorKind::Limit("max_text"), Phase::Receiving, "RFC 4975 §10.5");
                    self.item_failed(at, error, context);
                }
            }
            Kind::File { size: Some(size), .. } if end > *size => {
                context.media.written(line, octets, now);
                context.media.reject(line, 413, now);
                let error = Error::new(ErrorKind::Mismatch("size"), Phase::Receiving, "RFC 5547 §8.3.1");
                self.item_failed(at, error, context);
            }
            Kind::File { size, skip, .. } => {
                let size = *size;
                let received = item.received.saturating_add(*skip);
                let content_id = ContentId::Incoming { offer, item: at };
                context.outputs.push_back(Output::Write { content: content_id, offset, octets: content });
                context.outputs.push_back(Output::Event(Event::Receiving {
                    offer,
                    item: at,
                    received,
                    size,
                }));
            }
            Kind::Unsupported => context.media.written(line, octets, now),
        }
    }

    /// Every octet is here and stored; now it is held against what was promised.
    fn whole(&mut self, at: ItemId, size: u64, context: &mut Context<'_>) {
        let line = self.line(at);
        let offer = self.id;
        let Some(item) = self.items.get_mut(at) else { return };
        if item.phase != ItemPhase::Receiving {
            return;
        }
        let size = size.saturating_add(item.kind.skip());
        match &mut item.kind {
            Kind::Text { content_type, octets } => {
                let content_type = content_type.take().unwrap_or_default();
                match body::read_text(&content_type, std::mem::take(octets).freeze()) {
                    Some((from, text)) => {
                        context.media.accept(line, context.now);
                        context.outputs.push_back(Output::Event(Event::Text { offer, item: at, from, text }));
                        self.end_item(at, context);
                    }
                    None => {
                        context.media.reject(line, 400, context.now);
                        let error =
                            Error::new(ErrorKind::PeerMisbehaved("text"), Phase::Receiving, "RFC 3862 §2");
                        self.item_failed(at, error, context);
                    }
                }
            }
            Kind::File { size: Some(promised), .. } if *promised != size => {
                self.refuse_content(at, "size", context);
            }
            Kind::File { promised, .. } => {
                let content = ContentId::Incoming { offer, item: at };
                item.received = size;
                let next = match promised {
                    Some(promised) => {
                        item.phase = ItemPhase::Verifying;
                        Output::Hash { content, octets: size, algorithm: promised.algorithm() }
                    }
                    None => {
                        item.phase = ItemPhase::Committing;
                        Output::Commit { content }
                    }
                };
                context.outputs.push_back(next);
            }
            Kind::Unsupported => {}
        }
    }

    /// The driver has the hash of what it stored.
    pub(crate) fn hashed(&mut self, at: ItemId, hash: FileHash, context: &mut Context<'_>) {
        let Some(item) = self.items.get_mut(at) else { return };
        let (ItemPhase::Verifying, Kind::File { promised, .. }) = (item.phase, &item.kind) else { return };
        if *promised == Some(hash) {
            item.phase = ItemPhase::Committing;
            let content = ContentId::Incoming { offer: self.id, item: at };
            context.outputs.push_back(Output::Commit { content });
        } else {
            self.refuse_content(at, "hash", context);
        }
    }

    /// RFC 5547 §8.3.1: other octets than promised are a failed transfer, told to both sides.
    fn refuse_content(&mut self, at: ItemId, what: &'static str, context: &mut Context<'_>) {
        context.media.reject(self.line(at), 400, context.now);
        self.item_failed(
            at,
            Error::new(ErrorKind::Mismatch(what), Phase::Receiving, "RFC 5547 §8.3.1"),
            context,
        );
    }

    /// The driver stored octets.
    pub(crate) fn written(&mut self, at: ItemId, octets: u64, context: &mut Context<'_>) {
        context.media.written(self.line(at), octets, context.now);
    }

    /// The driver could not store what it was given.
    pub(crate) fn sink_failed(&mut self, at: ItemId, context: &mut Context<'_>) {
        context.media.reject(self.line(at), 413, context.now);
        self.lose(at, Error::new(ErrorKind::Sink, Phase::Receiving, ""), context);
    }

    /// The file has its final name: only now the sender hears 200.
    pub(crate) fn committed(&mut self, at: ItemId, context: &mut Context<'_>) {
        let line = self.line(at);
        let Some(item) = self.items.get_mut(at) else { return };
        let (ItemPhase::Committing, Kind::File { promised, .. }) = (item.phase, &item.kind) else { return };
        let event =
            Event::File { offer: self.id, item: at, size: item.received, verified: promised.is_some() };
        context.media.accept(line, context.now);
        context.outputs.push_back(Output::Event(event));
        self.end_item(at, context);
    }

    /// An item does not arrive; but of a file that is being given its name only the disk can say so.
    fn item_failed(&mut self, at: ItemId, error: Error, context: &mut Context<'_>) {
        if self.items.get(at).is_some_and(|item| item.phase != ItemPhase::Committing) {
            self.lose(at, error, context);
        }
    }

    fn lose(&mut self, at: ItemId, error: Error, context: &mut Context<'_>) {
        let offer = self.id;
        let Some(item) = self.items.get_mut(at) else { return };
        if item.phase == ItemPhase::Ended {
            return;
        }
        if let Kind::File { promised, .. } = &item.kind {
            let resumable = promised.is_some() && !matches!(error.kind(), ErrorKind::Mismatch(_));
            let content = ContentId::Incoming { offer, item: at };
            context.outputs.push_back(Output::Discard { content, resumable });
        }
        context.outputs.push_back(Output::Event(Event::ReceiveFailed { offer, item: at, error }));
        self.incomplete = true;
        self.end_item(at, context);
    }

    fn end_item(&mut self, at: ItemId, context: &mut Context<'_>) {
        if let Some(item) = self.items.get_mut(at) {
            item.phase = ItemPhase::Ended;
        }
        match self.state {
            State::Receiving(session) if self.all_ended() => self.state = State::Guarding(session),
            State::Finishing(session) if self.all_ended() => return self.release(session, context),
            State::HungUp(_) if self.all_ended() => return self.close(context),
            _ => {}
        }
        self.rearm(context);
    }

    fn all_ended(&self) -> bool {
        self.items.iter().all(|item| item.phase == ItemPhase::Ended)
    }
}
