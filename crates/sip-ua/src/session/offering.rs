//! Offers inside of a session, both ways: re-INVITE and UPDATE (RFC 3261 §14, RFC 3311, RFC 3264 §8).

use std::time::{Duration, Instant};

use bytes::Bytes;
use grammar::ByteStr;
use sip::{HeaderName, Method, Request, Response, StatusCode};

use super::calling::sdp_of;
use super::timer::{Duty, supports_timer};
use super::{Audience, Session, SessionTimer, State};
use crate::auth::repeated;
use crate::exchange::{Draft, DraftBody, Exchange, ExchangeId, Outcome, User, retry_after};
use crate::flows::Local;
use crate::transaction::ServerId;
use crate::user_agent::{Incoming, UserAgent};
use crate::{EndReason, Error, Event, FlowId, IdSource, Reply, SessionId};

/// How often an offer is made again that met one of the peer.
const MOST_COLLISIONS: usize = 8;

/// How long is waited for a peer that is busy; RFC 3261 §14.2 knows up to 10 s.
const LONGEST_WAIT: Duration = Duration::from_secs(32);

/// An offer of ours that has no answer yet.
#[derive(Debug)]
pub(super) struct Offering {
    content_type: ByteStr,
    sdp: Bytes,
    stage: Stage,
    collisions: usize,
}

#[derive(Debug, Clone, Copy)]
enum Stage {
    /// Another INVITE or offer of the session is not over yet (RFC 3261 §14.1).
    Queued,
    Sent,
    /// It met an offer of the peer.
    Collided {
        retry_at: Instant,
    },
}

impl Offering {
    /// When it is made again.
    pub(super) const fn retry_at(&self) -> Option<Instant> {
        match self.stage {
            Stage::Collided { retry_at } => Some(retry_at),
            Stage::Queued | Stage::Sent => None,
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        match self.stage {
            Stage::Queued => true,
            Stage::Sent => false,
            Stage::Collided { retry_at } => retry_at <= now,
        }
    }
}

impl Session {
    /// The peer refreshed the session: its target and the timer.
    fn refreshed(&mut self, request: &Request, flow: FlowId, now: Instant) {
        if let Some(dialog) = &mut self.dialog {
            dialog.refresh(request.contacts());
        }
        self.flow = Some(flow);
        // RFC 4028 §9: no word of a timer in our 2xx is the end of it.
        self.timer = SessionTimer::from_request(request, now);
    }
}

/// What a 2xx says of the session timer that its request asks for.
pub(crate) fn timer_headers(request: &Request, now: Instant) -> Vec<(HeaderName, String)> {
    let Some(timer) = SessionTimer::from_request(request, now) else { return Vec::new() };
    let refresher = match timer.duty {
        Duty::Refresh => "uas",
        Duty::Watch => "uac",
    };
    let mut headers = Vec::new();
    if supports_timer(request) {
        headers.push((HeaderName::REQUIRE, "timer".to_owned()));
    }
    headers
        .push((HeaderName::SESSION_EXPIRES, format!("{};refresher={refresher}", timer.interval.as_secs())));
    headers
}

/// How long to wait after a 491, in steps of 10 ms: who owns the Call-ID waits longer (RFC 3261 §14.1).
pub(super) fn after_collision(is_caller: bool, ids: &mut IdSource) -> Duration {
    let (least, steps) = if is_caller { (2100, 190) } else { (0, 200) };
    Duration::from_millis(least + 10 * ids.below(steps + 1))
}

/// Whether the peer has another offer on the way, or answers one (RFC 3261 §14.2: 500 with Retry-After).
fn is_busy(response: &Response) -> bool {
    let status = response.status();
    status == StatusCode::REQUEST_PENDING
        || (status == StatusCode::SERVER_INTERNAL_ERROR && retry_after(response).is_some())
}

impl UserAgent {
    /// A re-INVITE or UPDATE: 200 if it changes nothing, else it is the application's to answer.
    pub(super) fn take_refresh(
        &mut self,
        id: SessionId,
        server: ServerId,
        local: &Local,
        request: &Request,
        now: Instant,
    ) {
        let answering = self.incoming.values().any(|incoming| incoming.within == Some(id));
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let is_invite = *request.method() == Method::INVITE;
        let body = request.body();
        let offers = is_invite || !body.is_empty();
        // RFC 3261 §14.2, RFC 3311 §5.2: one after the other.
        if offers && (answering || (is_invite && session.confirm.is_some())) {
            return self.answer_inside(server, request, StatusCode::SERVER_INTERNAL_ERROR, now);
        }
        if offers && matches!(session.offering, Some(Offering { stage: Stage::Sent, .. })) {
            return self.answer_inside(server, request, StatusCode::REQUEST_PENDING, now);
        }
        if !body.is_empty() && body != session.remote_sdp {
            return self.ask_for_answer(id, server, local, request, now);
        }
        let answer = session.local_sdp.clone().filter(|_| offers);
        if is_invite && answer.is_none() {
            return self.answer_inside(server, request, StatusCode::NOT_ACCEPTABLE_HERE, now);
        }
        session.refreshed(request, local.flow, now);
        let Some(dialog) = &session.dialog else { return };
        let tag = dialog.id.local_tag.clone();
        let contact = session.contact.value(local);
        let mut builder = self.builder(request, StatusCode::OK, &tag);
        if let Ok(contact) = contact {
            builder = builder.header(HeaderName::CONTACT, contact);
        }
        for (name, value) in timer_headers(request, now) {
            builder = builder.header(name, value);
        }
        if let Some((content_type, sdp)) = answer {
            builder = builder.body(content_type, sdp);
        }
        let Ok(response) = builder.build() else {
            return self.answer_inside(server, request, StatusCode::NOT_ACCEPTABLE_HERE, now);
        };
        if is_invite {
            self.confirm_again(id, server, &response, request, now);
        }
        self.send_response(server, Some(response), now);
        self.reschedule(id);
    }

    /// The offer is another one than before.
    fn ask_for_answer(
        &mut self,
        id: SessionId,
        server: ServerId,
        local: &Local,
        request: &Request,
        now: Instant,
    ) {
        let Some(session) = self.sessions.get(&id) else { return };
        if session.audience != Audience::Application || sdp_of(request).is_none() {
            return self.answer_inside(server, request, StatusCode::NOT_ACCEPTABLE_HERE, now);
        }
        let incoming = self.wait_for_answer(server, local, request.clone(), now);
        if let Some(incoming) = self.incoming.get_mut(&incoming) {
            incoming.within = Some(id);
        }
        self.emit(Event::Offer { session: id, id: incoming, request: request.clone() });
    }

    /// The application answered an offer of the peer with a 2xx.
    pub(crate) fn answer_accepted_inside(
        &mut self,
        id: SessionId,
        incoming: &Incoming,
        response: Response,
        reply: &Reply,
        now: Instant,
    ) {
        let flow = self.local_of(incoming).flow;
        if let Some(session) = self.sessions.get_mut(&id) {
            session.refreshed(&incoming.request, flow, now);
            session.remote_sdp = incoming.request.body();
            if let Some(content_type) = &reply.content_type {
                session.local_sdp = Some((content_type.clone(), reply.body.clone()));
            }
        }
        if *incoming.request.method() == Method::INVITE {
            self.confirm_again(id, incoming.server, &response, &incoming.request, now);
        }
        self.send_response(incoming.server, Some(response), now);
        // What we meant to offer was not said, and no longer follows on what was.
        self.offer_ended(id, Error::Cancelled);
        self.reschedule(id);
    }

    /// What we say of the media in a session, if the INVITE said it among other things.
    pub(crate) fn set_description(&mut self, id: SessionId, content_type: ByteStr, sdp: Bytes) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.local_sdp = Some((content_type, sdp));
        }
    }

    /// Makes an offer inside of a session.
    pub(crate) fn queue_offer(
        &mut self,
        id: SessionId,
        content_type: ByteStr,
        sdp: Bytes,
        now: Instant,
    ) -> Result<(), Error> {
        let Some(session) = self.sessions.get_mut(&id) else { return Err(Error::Misuse("no such session")) };
        if !matches!(session.state, State::Established) {
            return Err(Error::Misuse("the session is not established"));
        }
        if session.offering.is_some() {
            return Err(Error::Misuse("an offer has no answer yet"));
        }
        session.offering = Some(Offering { content_type, sdp, stage: Stage::Queued, collisions: 0 });
        self.send_offer(id, now);
        Ok(())
    }

    /// Sends the offer that is to be made, if it may be sent now.
    pub(crate) fn send_offer(&mut self, id: SessionId, now: Instant) {
        let answering = self.incoming.values().any(|incoming| incoming.within == Some(id));
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let is_free = matches!(session.state, State::Established) && session.confirm.is_none() && !answering;
        let (Some(offering), Some(dialog)) = (&mut session.offering, &mut session.dialog) else { return };
        if !offering.is_due(now) {
            return;
        }
        if !is_free {
            // What it waits for sends it; the time when it was to be made again is over.
            offering.stage = Stage::Queued;
            return;
        }
        offering.stage = Stage::Sent;
        let number = dialog.next_number();
        let mut draft = Draft::in_dialog(dialog, Method::INVITE, number);
        draft.contact = Some(session.contact.clone());
        draft.body =
            DraftBody::Ready { content_type: offering.content_type.clone(), bytes: offering.sdp.clone() };
        if let Some(timer) = &session.timer {
            // RFC 4028 §7.4: a re-INVITE refreshes too, and who does it from here on stays.
            let refresher = if timer.duty == Duty::Refresh { "uac" } else { "uas" };
            let expires = format!("{};refresher={refresher}", timer.interval.as_secs());
            draft.headers.push((ByteStr::from_static("Session-Expires"), ByteStr::from(expires)));
        }
        draft.fallback = session.flow;
        draft.transport = session.transport;
        let auth = session.auth.clone();
        if let Err(error) = self.start(User::Offer(id), draft, auth) {
            self.offer_ended(id, error);
        }
    }

    fn offer_ended(&mut self, id: SessionId, error: Error) {
        if let Some(session) = self.sessions.get_mut(&id)
            && session.offering.take().is_some()
        {
            self.emit(Event::Answered { session: id, answer: Err(error) });
        }
    }

    /// A 2xx to our offer.
    pub(crate) fn offer_accepted(
        &mut self,
        id: SessionId,
        exchange: ExchangeId,
        response: Response,
        now: Instant,
    ) {
        let Some(Exchange { sent: Some(invite), auth, .. }) = self.exchanges.get(&exchange) else { return };
        let (invite, auth) = (invite.clone(), auth.clone());
        let Some(session) = self.sessions.get_mut(&id) else {
            return self.acknowledge_late(exchange, &invite, &response);
        };
        if let Some(dialog) = &mut session.dialog {
            dialog.refresh(response.contacts());
        }
        session.auth.learn(&auth);
        let offering = session.offering.take().filter(|_| matches!(session.state, State::Established));
        if let Some(Offering { content_type, sdp, .. }) = offering {
            session.local_sdp = Some((content_type, sdp));
            session.remote_sdp = response.body();
            // RFC 4028 §7.2: without a word of it nobody else refreshes; what we do hurts nobody.
            let ours = session.timer.filter(|timer| timer.duty == Duty::Refresh);
            let kept = ours.map(|timer| timer.restarted(now));
            session.timer = SessionTimer::from_response(&response, now).or(kept);
            self.emit(Event::Answered { session: id, answer: Ok(response) });
        }
        self.acknowledge(id, exchange, &invite);
        self.reschedule(id);
    }

    /// A 2xx that crossed the end of the session: its sender waits for the ACK all the same (RFC 3261 §13.2.2.4).
    fn acknowledge_late(&mut self, exchange: ExchangeId, invite: &Request, response: &Response) {
        let Some(offer) = self.exchanges.get(&exchange) else { return };
        let draft = Draft {
            method: Method::ACK,
            contact: None,
            headers: repeated(invite),
            body: DraftBody::None,
            fallback: offer.flow(),
            ..offer.draft.clone()
        };
        let tag = response.to().ok().and_then(|to| to.tag().map(ByteStr::from)).unwrap_or_default();
        self.start_ack(exchange, &tag, draft);
    }

    /// Our offer was refused, or nobody answered: the session goes on as before (RFC 3261 §14.1).
    pub(crate) fn offer_failed(&mut self, id: SessionId, exchange: Exchange, outcome: Outcome, now: Instant) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if !matches!(session.state, State::Established) {
            return;
        }
        session.auth.learn(&exchange.auth);
        let lost = [StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST, StatusCode::REQUEST_TIMEOUT];
        match outcome {
            Outcome::Final(response) if is_busy(&response) => {
                let is_caller = session.is_caller;
                let Some(offering) = &mut session.offering else { return };
                offering.collisions += 1;
                if offering.collisions > MOST_COLLISIONS {
                    return self.offer_ended(id, Error::Rejected(Box::new(response)));
                }
                let asked = retry_after(&response).map(|wait| wait.min(LONGEST_WAIT));
                let wait = asked.unwrap_or_else(|| after_collision(is_caller, &mut self.ids));
                offering.stage = Stage::Collided { retry_at: now + wait };
                self.reschedule(id);
            }
            Outcome::Final(response) if lost.contains(&response.status()) => {
                self.end(id, EndReason::DialogLost);
            }
            Outcome::Failed(Error::TimedOut) => self.end(id, EndReason::DialogLost),
            Outcome::Final(response) => self.offer_ended(id, Error::Rejected(Box::new(response))),
            Outcome::Failed(error) => self.offer_ended(id, error),
            Outcome::NeedBody(_) | Outcome::Provisional(_) => {}
        }
    }
}
