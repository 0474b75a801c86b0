//! A session we are invited to: our 2xx until its ACK (RFC 3261 §13.3).

use std::time::Instant;

use sip::{Request, Response, Scheme};

use super::calling::sdp_of;
use super::{Session, State, Unconfirmed};
use crate::auth::Auth;
use crate::dialog::{Dialog, DialogId};
use crate::exchange::{ContactForm, user_part};
use crate::transaction::{Backoff, ReplyTo, ServerId};
use crate::user_agent::{Incoming, UserAgent};
use crate::{EndReason, Event, Misbehaviour, Reply, SessionId};

impl UserAgent {
    /// Makes the session of an INVITE that is answered with a 2xx.
    pub(crate) fn open_called_session(
        &mut self,
        incoming: &Incoming,
        response: &Response,
        reply: &Reply,
        now: Instant,
    ) -> Result<SessionId, Misbehaviour> {
        let dialog = Dialog::from_request(&incoming.request, &incoming.local_tag)?;
        let number = dialog.remote_number.unwrap_or_default();
        let user = incoming.request.uri().ok().and_then(|uri| user_part(uri.user()));
        let secure = incoming.request.uri().is_ok_and(|uri| uri.scheme() == Scheme::Sips);
        let form = ContactForm { user, params: reply.contact_params.clone(), secure };
        let auth = Auth::new(reply.credentials.clone(), reply.realm.clone());
        let mut session = Session::established(dialog, auth, form, None);
        session.flow = Some(self.local_of(incoming).flow);
        session.remote_sdp = sdp_of(&incoming.request).map(|(_, sdp)| sdp).unwrap_or_default();
        session.local_sdp = reply.content_type.clone().map(|content_type| (content_type, reply.body.clone()));
        session.confirm = self
            .layer
            .reply_to(incoming.server)
            .map(|reply_to| self.unconfirmed(response, number, reply_to, now));
        let id = SessionId(self.fresh());
        self.open_dialog(id, session);
        Ok(id)
    }

    /// A 2xx that wants an ACK.
    fn unconfirmed(&self, response: &Response, number: u32, reply_to: ReplyTo, now: Instant) -> Unconfirmed {
        let timers = &self.config.timers;
        Unconfirmed {
            number,
            response: response.as_bytes().clone(),
            reply_to,
            resend: Backoff::new(timers.t1, timers.t2, now),
            deadline: now + timers.transaction(),
            announce: true,
            hang_up: false,
        }
    }

    /// The 2xx to a re-INVITE: repeated like the first one, and nobody is told of its ACK.
    pub(super) fn confirm_again(
        &mut self,
        id: SessionId,
        server: ServerId,
        response: &Response,
        request: &Request,
        now: Instant,
    ) {
        let number = request.cseq().map_or(0, |cseq| cseq.number);
        let Some(reply_to) = self.layer.reply_to(server) else { return };
        let confirm = Unconfirmed { announce: false, ..self.unconfirmed(response, number, reply_to, now) };
        if let Some(session) = self.sessions.get_mut(&id) {
            session.confirm = Some(confirm);
        }
        self.reschedule(id);
    }

    /// An ACK to a 2xx.
    pub(crate) fn take_ack(&mut self, request: &Request, now: Instant) {
        let id = DialogId::of_request(request).and_then(|id| self.dialogs.get(&id).copied());
        let Some((id, session)) = id.and_then(|id| Some((id, self.sessions.get_mut(&id)?))) else { return };
        let number = request.cseq().map(|cseq| cseq.number).ok();
        let Some(confirm) = session.confirm.take_if(|confirm| Some(confirm.number) == number) else { return };
        self.reschedule(id);
        if confirm.announce {
            self.emit(Event::Confirmed { session: id, ack: request.clone() });
        }
        if confirm.hang_up {
            self.send_bye(id, EndReason::LocalBye);
        }
        self.send_offer(id, now);
    }

    /// Sends the 2xx again, or gives the caller up.
    pub(super) fn repeat_until_confirmed(&mut self, id: SessionId, now: Instant) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(confirm) = &mut session.confirm else { return };
        if confirm.deadline <= now {
            // RFC 3261 §13.3.1.4: "the dialog is confirmed, but the session SHOULD be terminated".
            let reason = match confirm.hang_up {
                true => EndReason::LocalBye,
                false => EndReason::NotAcknowledged,
            };
            session.confirm = None;
            if matches!(session.state, State::Established) {
                self.send_bye(id, reason);
            }
        } else if confirm.resend.is_due(now) {
            let (to, bytes) = (confirm.reply_to, confirm.response.clone());
            self.reply(to, bytes, now);
        }
    }
}
