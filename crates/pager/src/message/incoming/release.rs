//! How a message offered to us ends: the peer hangs up, we do, or the session is over.

use sip::StatusCode;
use sip_ua::SessionId;

use super::item::ItemPhase;
use super::{IncomingMachine, State};
use crate::agent::Context;
use crate::message::ItemId;
use crate::{Error, ErrorKind, Event, Output, Phase};

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
                for at in self.items_where(|phase| phase != ItemPhase::Committing) {
                    context.media.abort(self.line(at), context.now);
                }
                self.hang_up(session, ErrorKind::Cancelled, context);
            }
            State::HungUp(_) => self.drop_items(ErrorKind::Cancelled, context),
            State::Finishing(_) | State::Releasing(_) | State::Over => {}
        }
    }

    /// Ends what can be ended, and the session: at once, or when the disk is done with the rest.
    pub(super) fn hang_up(&mut self, session: SessionId, kind: ErrorKind, context: &mut Context<'_>) {
        self.state = State::Finishing(session);
        self.timer = None;
        self.drop_items(kind, context);
        if matches!(self.state, State::Finishing(_)) && self.all_ended() {
            self.release(session, context);
        }
    }

    /// Hangs up; every item has ended.
    pub(super) fn release(&mut self, session: SessionId, context: &mut Context<'_>) {
        self.state = State::Releasing(session);
        self.timer = None;
        for at in 0..self.items.len() {
            context.media.close(self.line(at), context.now);
        }
        context.ua.bye(session, context.now);
    }

    /// Ends every item but those that are being given their names.
    pub(super) fn drop_items(&mut self, kind: ErrorKind, context: &mut Context<'_>) {
        for at in self.items_where(|phase| phase != ItemPhase::Committing) {
            self.item_failed(at, Error::new(kind.clone(), Phase::Receiving, "RFC 5547 §8.4"), context);
            context.media.close(self.line(at), context.now);
        }
    }

    /// The session in the user agent is over. What is whole already is stored all the same.
    pub(crate) fn ended(&mut self, context: &mut Context<'_>) {
        let session = match self.state {
            State::HungUp(_) | State::Over => return,
            _ => self.session(),
        };
        let missing = self.items_where(|phase| {
            !matches!(phase, ItemPhase::Verifying | ItemPhase::Committing | ItemPhase::Ended)
        });
        for at in missing {
            self.item_failed(at, Error::new(ErrorKind::FlowLost, Phase::Receiving, "RFC 5547 §8.4"), context);
            context.media.close(self.line(at), context.now);
        }
        match session {
            Some(session) if !self.all_ended() => {
                self.state = State::HungUp(session);
                self.rearm(context);
            }
            _ => self.close(context),
        }
    }

    fn items_where(&self, fits: impl Fn(ItemPhase) -> bool) -> Vec<ItemId> {
        let fitting = self.items.iter().enumerate().filter(|(_, item)| fits(item.phase));
        fitting.map(|(at, _)| at).collect()
    }

    /// The user wants none of it, or did not decide in time.
    pub(crate) fn refuse(&mut self, status: StatusCode, context: &mut Context<'_>) {
        if let State::Offered(incoming) = self.state {
            context.respond(incoming, status, Vec::new(), None);
            self.close(context);
        }
    }

    pub(super) fn close(&mut self, context: &mut Context<'_>) {
        for at in 0..self.items.len() {
            context.media.close(self.line(at), context.now);
        }
        self.state = State::Over;
        self.timer = None;
        let event = Event::OfferClosed { offer: self.id, error: self.error.take() };
        context.outputs.push_back(Output::Event(event));
    }
}
