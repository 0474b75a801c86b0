//! `Session`: the INVITE usage of a dialog (RFC 3261 §13 to §15), as caller and as callee.

mod called;
mod calling;
mod early;
mod established;
mod offering;
mod timer;

use std::time::Instant;

use bytes::Bytes;
use grammar::ByteStr;

use crate::auth::Auth;
use crate::dialog::{Dialog, DialogId};
use crate::exchange::ContactForm;
use crate::transaction::{Backoff, ReplyTo, earlier};
use crate::user_agent::{UserAgent, Wake};
use crate::{EndReason, Event, FlowId, SessionId, Transport};

pub(crate) use calling::Calling;
use offering::Offering;
pub(crate) use offering::timer_headers;
pub(crate) use timer::SessionTimer;

/// A session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) audience: Audience,
    pub(crate) state: State,
    pub(crate) dialog: Option<Dialog>,
    pub(crate) auth: Auth,
    /// The flow the dialog was made on.
    pub(crate) flow: Option<FlowId>,
    pub(crate) contact: ContactForm,
    pub(crate) transport: Option<Transport>,
    /// Our 2xx that was not acknowledged yet.
    pub(crate) confirm: Option<Unconfirmed>,
    pub(crate) timer: Option<SessionTimer>,
    /// What we said of the media, if it was SDP and nothing else.
    pub(crate) local_sdp: Option<(ByteStr, Bytes)>,
    /// What the peer said last.
    pub(crate) remote_sdp: Bytes,
    /// Whether the Call-ID is ours.
    is_caller: bool,
    /// An offer of ours that has no answer yet.
    offering: Option<Offering>,
}

/// Who knows of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// The application.
    Application,
    /// Nobody: the second dialog of a forked INVITE, acknowledged only to be ended.
    Nobody,
}

/// How far a session is.
#[derive(Debug)]
pub(crate) enum State {
    /// Our INVITE has no final response.
    Calling(Box<Calling>),
    Established,
    /// Our BYE has no final response.
    HangingUp(EndReason),
}

/// A 2xx that is repeated until its ACK comes (RFC 3261 §13.3.1.4).
#[derive(Debug)]
pub(crate) struct Unconfirmed {
    pub(crate) number: u32,
    pub(crate) response: Bytes,
    pub(crate) reply_to: ReplyTo,
    pub(crate) resend: Backoff,
    pub(crate) deadline: Instant,
    /// Whether the application is told of the ACK: not of one in a re-INVITE.
    pub(crate) announce: bool,
    /// Whether a BYE follows the ACK.
    pub(crate) hang_up: bool,
}

impl Session {
    /// The dialog of this name, early or not.
    pub(crate) fn dialog_mut(&mut self, id: &DialogId) -> Option<&mut Dialog> {
        match &mut self.state {
            State::Calling(calling) => calling.early_dialog(id),
            State::Established | State::HangingUp(_) => {
                self.dialog.as_mut().filter(|dialog| dialog.id == *id)
            }
        }
    }

    /// When [`UserAgent::session_timeout`] has something to do.
    fn next_timeout(&self) -> Option<Instant> {
        let ring = match &self.state {
            State::Calling(calling) => calling.ring,
            State::Established | State::HangingUp(_) => None,
        };
        let confirm = self.confirm.as_ref().map(|confirm| confirm.resend.at().min(confirm.deadline));
        let timer = match self.state {
            State::Established => self.timer.as_ref().map(SessionTimer::at),
            State::Calling(_) | State::HangingUp(_) => None,
        };
        let offer = self.offering.as_ref().and_then(Offering::retry_at);
        earlier(earlier(ring, offer), earlier(confirm, timer))
    }
}

impl UserAgent {
    /// Sets the alarm of a session anew.
    pub(crate) fn reschedule(&mut self, id: SessionId) {
        let at = self.sessions.get(&id).and_then(Session::next_timeout);
        self.schedule.set(Wake::Session(id), at);
    }

    /// Does what is due in a session.
    pub(crate) fn session_timeout(&mut self, id: SessionId, now: Instant) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let ring = match &mut session.state {
            State::Calling(calling) => calling.ring.take_if(|ring| *ring <= now),
            State::Established | State::HangingUp(_) => None,
        };
        if ring.is_some() {
            self.cancel_session(id, crate::Error::NoAnswer, now);
        }
        self.repeat_until_confirmed(id, now);
        self.keep_session(id, now);
        self.send_offer(id, now);
        self.reschedule(id);
    }

    /// A session is over.
    pub(crate) fn end(&mut self, id: SessionId, reason: EndReason) {
        let Some(session) = self.sessions.remove(&id) else { return };
        self.schedule.set(Wake::Session(id), None);
        if let Some(dialog) = session.dialog {
            self.dialogs.remove(&dialog.id);
        }
        if session.audience == Audience::Application {
            self.emit(Event::Ended { session: id, reason });
        }
    }
}
