//! A session we start: INVITE, forks, redirection, CANCEL (RFC 3261 §13.2, §8.1.3, §9.1).

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use grammar::ByteStr;
use sip::{HeaderName, Method, NameAddr, Request, Response, Scheme, StatusCode, Uri};

use super::early::Early;
use super::{Audience, Session, SessionTimer, State};
use crate::auth::{Auth, repeated};
use crate::dialog::{Dialog, RouteSet, contact, without_headers};
use crate::exchange::{ContactForm, Draft, DraftBody, Exchange, ExchangeId, Outcome, Stage, User, user_part};
use crate::transaction::cancel;
use crate::user_agent::UserAgent;
use crate::{Body, EndReason, Error, Event, Invite, Misbehaviour, SessionId};

/// What a session needs until its INVITE has a final response.
#[derive(Debug)]
pub(crate) struct Calling {
    pub(super) exchange: ExchangeId,
    route: RouteSet,
    /// How to write From anew with another tag.
    from: (Option<ByteStr>, Uri),
    /// When it has rung long enough.
    pub(super) ring: Option<Instant>,
    cancel: Cancel,
    redirects: usize,
    /// Where else it may be tried, best first.
    targets: VecDeque<Uri>,
    visited: Vec<Uri>,
    pub(super) early: Vec<Early>,
}

/// Whether we gave the INVITE up, and what the application is told in the end.
#[derive(Debug)]
enum Cancel {
    No,
    /// No provisional response came yet, so no CANCEL may be sent.
    Wanted(Error),
    Sent(Error),
}

impl UserAgent {
    /// Starts the INVITE of a new session.
    pub(crate) fn start_session(&mut self, invite: Invite) -> Result<SessionId, Error> {
        if self.sessions.len() >= self.config.limits.sessions {
            return Err(Error::Limit("sessions"));
        }
        let unreadable = |error| Error::from(sip::BuildError::Unreadable(error));
        let tag = self.ids.tag();
        let from = from_value(invite.display_name.as_deref(), &invite.from, &tag)?;
        let to = invite.to.as_ref().unwrap_or(&invite.request_uri);
        let to = NameAddr::format(None, to.as_str(), "").map_err(unreadable)?;
        let user = invite.contact_user.or_else(|| user_part(invite.from.user()));
        let first_hop = invite.route.first().unwrap_or(&invite.request_uri);
        let secure = [first_hop, &invite.request_uri].iter().any(|uri| uri.scheme() == Scheme::Sips);
        let contact = ContactForm { user, params: invite.contact_params, secure };
        let route = RouteSet::preloaded(&invite.route);
        let draft = Draft {
            method: Method::INVITE,
            aim: route.aim(&invite.request_uri),
            from,
            to: ByteStr::from(to),
            call_id: self.ids.call_id(),
            number: 1,
            contact: Some(contact.clone()),
            headers: invite.headers,
            body: match invite.body {
                Body::None => DraftBody::None,
                Body::Ready { content_type, bytes } => DraftBody::Ready { content_type, bytes },
                Body::AtFlow => DraftBody::AtFlow { ready: None },
            },
            transport: invite.transport,
            fallback: None,
        };
        draft.check(&self.config)?;
        let auth = Auth::new(invite.credentials, invite.realm);
        let id = SessionId(self.fresh());
        let exchange = self.start(User::Invite(id), draft, auth.clone())?;
        let calling = Calling {
            exchange,
            route,
            from: (invite.display_name, invite.from),
            ring: None,
            cancel: Cancel::No,
            redirects: 0,
            targets: VecDeque::new(),
            visited: vec![invite.request_uri],
            early: Vec::new(),
        };
        let session = Session {
            audience: Audience::Application,
            state: State::Calling(Box::new(calling)),
            dialog: None,
            auth,
            flow: None,
            contact,
            transport: invite.transport,
            confirm: None,
            timer: None,
            local_sdp: None,
            remote_sdp: Bytes::new(),
            is_caller: true,
            offering: None,
        };
        self.sessions.insert(id, session);
        Ok(id)
    }

    fn calling(&mut self, id: SessionId) -> Option<&mut Calling> {
        match &mut self.sessions.get_mut(&id)?.state {
            State::Calling(calling) => Some(calling),
            State::Established | State::HangingUp(_) => None,
        }
    }

    /// The body that was asked for.
    pub(crate) fn take_body(
        &mut self,
        id: SessionId,
        content_type: ByteStr,
        bytes: Bytes,
        now: Instant,
    ) -> Result<(), Error> {
        let calling = self.calling(id).ok_or(Error::Misuse("no body is asked for"))?;
        let exchange = calling.exchange;
        self.body_ready(exchange, content_type, bytes)?;
        self.resume(exchange, now);
        Ok(())
    }

    /// Whether the INVITE of an exchange is given up: no retry then.
    pub(crate) fn is_cancelled(&self, id: ExchangeId) -> bool {
        let Some(Exchange { user: User::Invite(session), .. }) = self.exchanges.get(&id) else {
            return false;
        };
        match self.sessions.get(session).map(|session| &session.state) {
            Some(State::Calling(calling)) => !matches!(calling.cancel, Cancel::No),
            // The session is over, or its dialog stands already.
            _ => true,
        }
    }

    /// Gives a session up.
    pub(crate) fn cancel_session(&mut self, id: SessionId, error: Error, now: Instant) {
        let Some(calling) = self.calling(id) else { return self.hang_up(id, now) };
        if !matches!(calling.cancel, Cancel::No) {
            return;
        }
        calling.cancel = Cancel::Wanted(error.clone());
        let exchange = calling.exchange;
        match self.exchanges.get(&exchange).map(|exchange| exchange.stage) {
            Some(Stage::Sent(..)) => self.send_cancel(id, now),
            _ => {
                self.take_exchange(exchange);
                self.reject(id, error);
            }
        }
    }

    /// Sends the CANCEL that is wanted, if it may be sent.
    fn send_cancel(&mut self, id: SessionId, now: Instant) {
        let Some(calling) = self.calling(id) else { return };
        let (Cancel::Wanted(error), exchange) = (&calling.cancel, calling.exchange) else { return };
        let error = error.clone();
        let Some(Stage::Sent(client, _)) = self.exchanges.get(&exchange).map(|exchange| exchange.stage)
        else {
            return;
        };
        let Some((invite, flow)) = self.layer.cancellable(client) else { return };
        let branch = invite.via().ok().and_then(|via| via.branch().map(ByteStr::from));
        let transport = self.flows.transport(flow);
        let (Some(request), Some(branch), Some(transport)) = (cancel(invite), branch, transport) else {
            return;
        };
        self.layer.send(request, &branch, flow, transport, now);
        self.layer.give_up_later(client, now);
        if let Some(calling) = self.calling(id) {
            calling.cancel = Cancel::Sent(error);
            calling.ring = None;
        }
        self.reschedule(id);
    }

    /// The INVITE goes on.
    pub(crate) fn invite_progress(
        &mut self,
        id: SessionId,
        exchange: ExchangeId,
        outcome: Outcome,
        now: Instant,
    ) {
        match outcome {
            Outcome::NeedBody(local) => self.emit(Event::NeedBody { session: id, local }),
            Outcome::Provisional(response) => self.provisional(id, exchange, response, now),
            Outcome::Final(response) => self.accepted_by(id, exchange, response, now),
            Outcome::Failed(_) => {}
        }
    }

    fn provisional(&mut self, id: SessionId, exchange: ExchangeId, response: Response, now: Instant) {
        let ring = now + self.config.timers.ring;
        let Some(calling) = self.calling(id) else { return };
        calling.ring.get_or_insert(ring);
        match calling.cancel {
            Cancel::No => {}
            Cancel::Wanted(_) => return self.send_cancel(id, now),
            Cancel::Sent(_) => {
                calling.ring = None;
                return;
            }
        }
        self.reschedule(id);
        if response.status() != StatusCode::TRYING {
            self.acknowledge_provisional(id, exchange, &response);
            self.emit(Event::Provisional { session: id, response });
        }
    }

    /// A 2xx with a To tag not seen before.
    fn accepted_by(&mut self, id: SessionId, exchange: ExchangeId, response: Response, now: Instant) {
        let flow = self.exchanges.get(&exchange).and_then(Exchange::flow);
        let Some(Exchange { sent: Some(invite), auth, draft, .. }) = self.exchanges.get(&exchange) else {
            return;
        };
        let (invite, auth) = (invite.clone(), auth.clone());
        let (form, transport) = (draft.contact.clone().unwrap_or_default(), draft.transport);
        let dialog = match Dialog::from_response(&invite, &response) {
            Ok(dialog) => dialog,
            Err(misbehaviour) => {
                if self.calling(id).is_some() {
                    self.reject(id, Error::PeerMisbehaved(misbehaviour));
                }
                return;
            }
        };
        let (target, is_focus) =
            contact(response.contacts()).unwrap_or_else(|| (dialog.remote_target.clone(), false));
        let Some(calling) = self.calling(id) else {
            let stray = SessionId(self.fresh());
            let mut session = Session::established(dialog, auth, form, transport);
            session.flow = flow;
            session.audience = Audience::Nobody;
            self.open_dialog(stray, session);
            self.acknowledge(stray, exchange, &invite);
            return self.send_bye(stray, EndReason::NotEstablished);
        };
        let given_up = match &calling.cancel {
            Cancel::No => None,
            Cancel::Wanted(error) | Cancel::Sent(error) => Some(error.clone()),
        };
        let known = calling.early.iter().find(|early| early.dialog.id == dialog.id);
        let number = known.map_or(dialog.local_number, |early| early.dialog.local_number);
        let mut session =
            Session::established(Dialog { local_number: number, ..dialog }, auth, form, transport);
        session.flow = flow;
        session.is_caller = true;
        session.local_sdp = sdp_of(&invite);
        session.remote_sdp = response.body();
        session.timer = SessionTimer::from_response(&response, now);
        self.open_dialog(id, session);
        self.acknowledge(id, exchange, &invite);
        match given_up {
            // RFC 3261 §9.1: the 2xx and the CANCEL crossed.
            Some(error) => {
                self.emit(Event::Rejected { session: id, error });
                self.send_bye(id, EndReason::NotEstablished);
            }
            None => self.emit(Event::Accepted { session: id, response, is_focus, remote_target: target }),
        }
    }

    /// Stores a session with its dialog.
    pub(crate) fn open_dialog(&mut self, id: SessionId, session: Session) {
        if let Some(dialog) = &session.dialog {
            self.dialogs.insert(dialog.id.clone(), id);
        }
        self.sessions.insert(id, session);
        self.reschedule(id);
    }

    /// Sends the ACK to a 2xx: number and credentials of the INVITE, way of the dialog (RFC 3261 §13.2.2.4).
    pub(super) fn acknowledge(&mut self, id: SessionId, exchange: ExchangeId, invite: &Request) {
        let Some(Session { dialog: Some(dialog), flow, transport, .. }) = self.sessions.get(&id) else {
            return;
        };
        let number = invite.cseq().map_or(1, |cseq| cseq.number);
        let mut draft = Draft::in_dialog(dialog, Method::ACK, number);
        draft.headers = repeated(invite);
        draft.fallback = *flow;
        draft.transport = *transport;
        let tag = dialog.id.remote_tag.clone();
        self.start_ack(exchange, &tag, draft);
    }

    /// The INVITE failed.
    pub(crate) fn invite_failed(&mut self, id: SessionId, exchange: Exchange, outcome: Outcome) {
        let most = self.config.limits.redirects;
        let Some(calling) = self.calling(id) else { return };
        if let Cancel::Wanted(error) | Cancel::Sent(error) = &calling.cancel {
            let error = error.clone();
            return self.reject(id, error);
        }
        let error = match outcome {
            Outcome::Final(response) => {
                if response.status().is_redirection() {
                    calling.add_targets(&response);
                }
                if response.status() == StatusCode::SESSION_INTERVAL_TOO_SMALL
                    && let Some(interval) = response.headers().get(HeaderName::MIN_SE).and_then(seconds)
                    && !exchange.draft.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Min-SE"))
                {
                    return self.with_interval(id, exchange, interval);
                }
                // RFC 3261 §21.6: a 6xx speaks for everybody.
                if response.status().as_u16() >= 600 {
                    calling.targets.clear();
                }
                Error::Rejected(Box::new(response))
            }
            Outcome::Failed(error) => error,
            Outcome::NeedBody(_) | Outcome::Provisional(_) => return,
        };
        match calling.next_target(most) {
            Ok(Some(target)) => {
                let (mut draft, mut auth) = (exchange.draft, exchange.auth);
                let Some(calling) = self.calling(id) else { return };
                let before = std::mem::replace(&mut draft.aim, calling.route.aim(&target));
                // RFC 3261 §22: an answer is for who asked.
                if before.request_uri.host_port() != draft.aim.request_uri.host_port() {
                    auth.forget(HeaderName::AUTHORIZATION);
                }
                if before.next_hop.host_port() != draft.aim.next_hop.host_port() {
                    auth.forget(HeaderName::PROXY_AUTHORIZATION);
                }
                self.call_again(id, draft, auth);
            }
            Ok(None) => self.reject(id, error),
            Err(misbehaviour) => self.reject(id, Error::PeerMisbehaved(misbehaviour)),
        }
    }

    /// RFC 4028 §7.4: once more, with the interval the server wants.
    fn with_interval(&mut self, id: SessionId, exchange: Exchange, interval: u32) {
        let mut draft = exchange.draft;
        draft.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("Session-Expires"));
        for name in ["Session-Expires", "Min-SE"] {
            draft.headers.push((ByteStr::from_static(name), ByteStr::from(interval.to_string())));
        }
        self.call_again(id, draft, exchange.auth);
    }

    /// A new INVITE for the same session: same Call-ID, higher number, and a new From tag, since no dialog
    /// stands and a server that remembers the old one cannot mistake it for a loop.
    fn call_again(&mut self, id: SessionId, mut draft: Draft, auth: Auth) {
        let tag = self.ids.tag();
        let Some(calling) = self.calling(id) else { return };
        calling.early.clear();
        calling.ring = None;
        match from_value(calling.from.0.as_deref(), &calling.from.1, &tag) {
            Ok(from) => draft.from = from,
            Err(error) => return self.reject(id, error),
        }
        draft.number = draft.number.saturating_add(1);
        match self.start(User::Invite(id), draft, auth) {
            Ok(exchange) => {
                if let Some(calling) = self.calling(id) {
                    calling.exchange = exchange;
                }
                self.reschedule(id);
            }
            Err(error) => self.reject(id, error),
        }
    }

    fn reject(&mut self, id: SessionId, error: Error) {
        self.emit(Event::Rejected { session: id, error });
        self.end(id, EndReason::NotEstablished);
    }
}

impl Calling {
    /// RFC 3261 §8.1.3.4: the contacts of a 3xx, best q first.
    fn add_targets(&mut self, response: &Response) {
        let mut found: Vec<(u16, Uri)> = response
            .contacts()
            .filter_map(Result::ok)
            .filter_map(|contact| {
                Some((contact.q().unwrap_or(1000), without_headers(&contact.uri()?.to_owned())))
            })
            // RFC 3261 §8.1.3.4: from `sips` to `sip` would be a step that nobody asked for.
            .filter(|(_, uri)| uri.scheme() == Scheme::Sips || (uri.is_sip() && !self.is_secure()))
            .collect();
        found.sort_by_key(|(q, _)| std::cmp::Reverse(*q));
        for (_, uri) in found {
            if !self.targets.contains(&uri) {
                self.targets.push_back(uri);
            }
        }
    }

    /// Whether the first target was a `sips` URI.
    fn is_secure(&self) -> bool {
        self.visited.first().is_some_and(|first| first.scheme() == Scheme::Sips)
    }

    /// The best target not tried yet.
    fn next_target(&mut self, most: usize) -> Result<Option<Uri>, Misbehaviour> {
        let had_some = !self.targets.is_empty();
        while let Some(target) = self.targets.pop_front() {
            if self.visited.iter().any(|visited| visited.equivalent(&target)) {
                continue;
            }
            self.redirects += 1;
            if self.redirects > most {
                return Err(Misbehaviour::RedirectLoop);
            }
            self.visited.push(target.clone());
            return Ok(Some(target));
        }
        match had_some && self.redirects > 0 {
            true => Err(Misbehaviour::RedirectLoop),
            false => Ok(None),
        }
    }
}

/// The value of From.
fn from_value(display_name: Option<&str>, uri: &Uri, tag: &str) -> Result<ByteStr, Error> {
    NameAddr::format(display_name, uri.as_str(), &format!(";tag={tag}"))
        .map(ByteStr::from)
        .map_err(|error| Error::from(sip::BuildError::Unreadable(error)))
}

/// The body of a message that is SDP and nothing else.
pub(super) fn sdp_of(invite: &Request) -> Option<(ByteStr, Bytes)> {
    let content_type = invite.content_type().ok()??;
    content_type.is("application", "sdp").then(|| (ByteStr::from(content_type.to_string()), invite.body()))
}

/// Delta seconds at the start of a value.
pub(super) fn seconds(value: &str) -> Option<u32> {
    value.split(';').next()?.trim().parse().ok()
}
