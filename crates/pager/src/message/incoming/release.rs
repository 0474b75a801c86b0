//! How a message offered to us ends: the peer hangs up, we do, or the session is over.

use sip::StatusCode;
use sip_ua::SessionId;

use super::{IncomingMachine, State};
use crate::agent::Context;
use crate::{Error, ErrorKind, Phase};

impl IncomingMachine {
    /// The caller gave up before the answer.
    pub(crate) fn cancelled(&mut self, context: &mut Context<'_>) {
        self.error = Some(Error::new(ErrorKind::AbortedByPeer, Phase::Inviting, "RFC 3261 §9"));
        self.close(context);
    }

    /// The peer hung up. Its BYE may have overtaken its last octets, which take another way.
    pub(crate) fn bye(&mut self, context: &mut Context<'_>) {
        let Some(session) = self.session() else { return };
        if self.all_ended() {
            self.state = State::Releasing(session);
            self.timer = None;
        } else {
            self.state = State::HungUp(session);
            self.rearm(context);
        }
    }

    /// The user wants it to end.
    pub(crate) fn cancel(&mut self, context: &mut Context<'_>) {
        match self.state {
            State::Offered(_) => self.refuse(StatusCode::DECLINE, context),
            State::Receiving(session) | State::Guarding(session) => {
                for at in 0..self.items.len() {
                    context.media.abort(self.line(at), context.now);
                }
                self.hang_up(session, ErrorKind::Cancelled, context);
            }
            State::HungUp(_) => self.drop_items(ErrorKind::Cancelled, context),
            State::Releasing(_) | State::Over => {}
        }
    }

    pub(super) fn hang_up(&mut self, session: SessionId, kind: ErrorKind, context: &mut Context<'_>) {
        self.state = State::Releasing(session);
        self.timer = None;
        self.drop_items(kind, context);
        context.ua.bye(session, context.now);
    }

    pub(super) fn drop_items(&mut self, kind: ErrorKind, context: &mut Context<'_>) {
        for at in 0..self.items.len() {
            self.item_failed(at, Error::new(kind.clone(), Phase::Receiving, "RFC 5547 §8.4"), context);
            context.media.close(self.line(at), context.now);
        }
    }

    /// The session in the user agent is over.
    pub(crate) fn ended(&mut self, context: &mut Context<'_>) {
        if !matches!(self.state, State::HungUp(_) | State::Over) {
            self.drop_items(ErrorKind::FlowLost, context);
            self.close(context);
        }
    }
}
