//! Requests inside of a session: BYE both ways, the refresh and the rest (RFC 3261 §15; RFC 4028).

use std::time::Instant;

use bytes::Bytes;
use sip::{Method, Request, StatusCode};

use super::offering::after_collision;
use super::timer::Refusal;
use super::{Audience, Session, SessionTimer, State};
use crate::auth::Auth;
use crate::dialog::Dialog;
use crate::exchange::{ContactForm, Draft, Exchange, Outcome, User, retry_after};
use crate::flows::Local;
use crate::transaction::ServerId;
use crate::user_agent::UserAgent;
use crate::{EndReason, Error, Event, SessionId, Transport};

impl Session {
    /// A session whose dialog stands.
    pub(super) fn established(
        dialog: Dialog,
        auth: Auth,
        contact: ContactForm,
        transport: Option<Transport>,
    ) -> Self {
        Self {
            audience: Audience::Application,
            state: State::Established,
            dialog: Some(dialog),
            auth,
            flow: None,
            contact,
            transport,
            confirm: None,
            timer: None,
            local_sdp: None,
            remote_sdp: Bytes::new(),
            is_caller: false,
            offering: None,
        }
    }
}

impl UserAgent {
    /// Hangs up as soon as it may be done.
    pub(crate) fn hang_up(&mut self, id: SessionId, now: Instant) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        match (&session.state, &mut session.confirm) {
            (State::Calling(_), _) => self.cancel_session(id, Error::Cancelled, now),
            // RFC 3261 §15: "the callee's UA MUST NOT send a BYE on a confirmed dialog until it has received an
            // ACK for its 2xx response or until the server transaction times out".
            (State::Established, Some(confirm)) => confirm.hang_up = true,
            (State::Established, None) => self.send_bye(id, EndReason::LocalBye),
            (State::HangingUp(_), _) => {}
        }
    }

    /// Sends a BYE.
    pub(super) fn send_bye(&mut self, id: SessionId, reason: EndReason) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(dialog) = &mut session.dialog else { return };
        session.state = State::HangingUp(reason);
        let number = dialog.next_number();
        let mut draft = Draft::in_dialog(dialog, Method::BYE, number);
        draft.fallback = session.flow;
        draft.transport = session.transport;
        let auth = session.auth.clone();
        self.reschedule(id);
        if self.start(User::Bye(id), draft, auth).is_err() {
            self.end(id, reason);
        }
    }

    /// Our BYE was answered, or never will be: the session is over either way.
    pub(crate) fn bye_done(&mut self, id: SessionId) {
        if let Some(State::HangingUp(reason)) = self.sessions.get(&id).map(|session| &session.state) {
            let reason = *reason;
            self.end(id, reason);
        }
    }

    /// A request inside of a session.
    pub(crate) fn take_in_dialog(
        &mut self,
        id: SessionId,
        server: ServerId,
        local: &Local,
        request: Request,
        now: Instant,
    ) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(dialog) = &mut session.dialog else { return };
        let in_order = request.cseq().is_ok_and(|cseq| dialog.take_number(cseq.number));
        if !in_order {
            return self.answer_inside(server, &request, StatusCode::SERVER_INTERNAL_ERROR, now);
        }
        let method = request.method().clone();
        if method == Method::BYE {
            return self.take_bye(id, server, &request, now);
        }
        if !matches!(session.state, State::Established) {
            return self.answer_inside(server, &request, StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST, now);
        }
        if method == Method::INVITE || method == Method::UPDATE {
            return self.take_refresh(id, server, local, &request, now);
        }
        if method == Method::OPTIONS {
            return self.answer_inside(server, &request, StatusCode::OK, now);
        }
        // We send no reliable provisional responses, so no PRACK can be right.
        if method == Method::PRACK {
            return self.answer_inside(server, &request, StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST, now);
        }
        let incoming = self.wait_for_answer(server, local, request.clone(), now);
        self.emit(Event::InDialog { session: id, id: incoming, request });
    }

    fn take_bye(&mut self, id: SessionId, server: ServerId, request: &Request, now: Instant) {
        self.answer_inside(server, request, StatusCode::OK, now);
        let Some(session) = self.sessions.get(&id) else { return };
        match session.state {
            State::Established => {
                if session.audience == Audience::Application {
                    self.emit(Event::Bye { session: id });
                }
                self.end(id, EndReason::PeerBye);
            }
            // Both hung up; ours ends the session when it is answered.
            State::HangingUp(_) | State::Calling(_) => {}
        }
    }

    /// Refreshes a session, or gives up one that the peer did not refresh.
    pub(super) fn keep_session(&mut self, id: SessionId, now: Instant) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let (State::Established, Some(timer)) = (&session.state, &mut session.timer) else { return };
        if timer.at() > now {
            return;
        }
        if timer.is_over(now) {
            session.timer = None;
            return self.send_bye(id, EndReason::Expired);
        }
        timer.refreshing();
        let interval = timer.interval;
        let Some(dialog) = &mut session.dialog else { return };
        let number = dialog.next_number();
        let mut draft = Draft::in_dialog(dialog, Method::UPDATE, number);
        draft.contact = Some(session.contact.clone());
        let expires = format!("{};refresher=uac", interval.as_secs());
        draft.headers.push(("Session-Expires".into(), expires.into()));
        draft.fallback = session.flow;
        draft.transport = session.transport;
        let auth = session.auth.clone();
        if self.start(User::Refresh(id), draft, auth).is_err() {
            self.refresh_refused(id, Refusal::Firm, now);
        }
    }

    fn refresh_refused(&mut self, id: SessionId, refusal: Refusal, now: Instant) {
        if let Some(Session { timer: Some(timer), .. }) = self.sessions.get_mut(&id) {
            timer.refused(refusal, now);
        }
        self.reschedule(id);
    }

    /// The answer to our refresh.
    pub(crate) fn refresh_done(&mut self, id: SessionId, exchange: Exchange, outcome: Outcome, now: Instant) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if !matches!(session.state, State::Established) {
            return;
        }
        session.auth.learn(&exchange.auth);
        match outcome {
            Outcome::Final(response) if response.status().is_success() => {
                let old = session.timer.map(|timer| timer.restarted(now));
                session.timer = SessionTimer::from_response(&response, now).or(old);
                if let Some(dialog) = &mut session.dialog {
                    dialog.refresh(response.contacts());
                }
                self.reschedule(id);
            }
            Outcome::Final(response)
                if [StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST, StatusCode::REQUEST_TIMEOUT]
                    .contains(&response.status()) =>
            {
                self.end(id, EndReason::DialogLost);
            }
            Outcome::Failed(Error::TimedOut) => self.end(id, EndReason::DialogLost),
            // Refused, or not sent: the session stands until its timer runs out.
            Outcome::Final(response) if response.status() == StatusCode::REQUEST_PENDING => {
                let wait = after_collision(session.is_caller, &mut self.ids);
                self.refresh_refused(id, Refusal::Busy(wait), now);
            }
            Outcome::Final(response) => {
                let refusal = retry_after(&response).map_or(Refusal::Firm, Refusal::Busy);
                self.refresh_refused(id, refusal, now);
            }
            Outcome::Failed(_) => self.refresh_refused(id, Refusal::Firm, now),
            Outcome::NeedBody(_) | Outcome::Provisional(_) => {}
        }
    }
}
