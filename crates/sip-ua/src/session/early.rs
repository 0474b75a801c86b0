//! Early dialogs of a session we start, and their PRACKs (RFC 3262 §4).

use grammar::ByteStr;
use sip::{HeaderName, Method, Response};

use super::{Calling, State};
use crate::SessionId;
use crate::auth::Auth;
use crate::dialog::{Dialog, DialogId};
use crate::exchange::{Draft, Exchange, ExchangeId, User};
use crate::user_agent::UserAgent;

/// An early dialog, kept for its reliable provisional responses (RFC 3262).
#[derive(Debug)]
pub(super) struct Early {
    pub(super) dialog: Dialog,
    /// RSeq of the last one that was acknowledged.
    sequence: u32,
}

impl Calling {
    /// The early dialog of this name.
    pub(super) fn early_dialog(&mut self, id: &DialogId) -> Option<&mut Dialog> {
        self.early.iter_mut().map(|early| &mut early.dialog).find(|dialog| dialog.id == *id)
    }
}

impl UserAgent {
    /// RFC 3262 §4: a reliable provisional response gets its PRACK, once and in order.
    pub(super) fn acknowledge_provisional(
        &mut self,
        id: SessionId,
        exchange: ExchangeId,
        response: &Response,
    ) {
        let headers = response.headers();
        let reliable = headers.values(HeaderName::REQUIRE).any(|tag| tag.eq_ignore_ascii_case("100rel"));
        let sequence = headers.get(HeaderName::RSEQ).and_then(|value| value.parse::<u32>().ok());
        let (true, Some(sequence)) = (reliable, sequence) else { return };
        let most = self.config.limits.forks;
        let Some(Exchange { sent: Some(invite), auth, .. }) = self.exchanges.get(&exchange) else { return };
        let (invite, auth) = (invite.clone(), auth.clone());
        let Ok(dialog) = Dialog::from_response(&invite, response) else { return };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let State::Calling(calling) = &mut session.state else { return };
        let at = match calling.early.iter().position(|early| early.dialog.id == dialog.id) {
            Some(at) => at,
            None if calling.early.len() >= most => return,
            None => {
                calling.early.push(Early { dialog, sequence: sequence.wrapping_sub(1) });
                calling.early.len() - 1
            }
        };
        let Some(early) = calling.early.get_mut(at) else { return };
        if early.sequence.wrapping_add(1) != sequence {
            return;
        }
        early.sequence = sequence;
        let number = early.dialog.next_number();
        let invite_number = invite.cseq().map_or(1, |cseq| cseq.number);
        let mut draft = Draft::in_dialog(&early.dialog, Method::PRACK, number);
        let acknowledged = format!("{sequence} {invite_number} INVITE");
        draft.headers.push((ByteStr::from_static("RAck"), ByteStr::from(acknowledged)));
        draft.transport = session.transport;
        let user = User::Prack { session: id, dialog: early.dialog.id.clone() };
        // A PRACK that cannot be sent leaves the 1xx to its repetition, and the INVITE to its timers.
        let _ = self.start(user, draft, auth);
    }

    /// A PRACK is done with; all that matters is what it was asked for.
    pub(crate) fn prack_done(&mut self, id: SessionId, auth: &Auth) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        match &session.state {
            State::Calling(calling) => {
                if let Some(invite) = self.exchanges.get_mut(&calling.exchange) {
                    invite.auth.learn(auth);
                }
            }
            State::Established | State::HangingUp(_) => session.auth.learn(auth),
        }
    }
}
