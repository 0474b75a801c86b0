//! What is said anew of a message under way.

use sip::{Request, Response};
use sip_ua::{IncomingId, SessionId};

use super::{OutgoingMachine, State};
use crate::agent::Context;
use crate::message::ItemId;
use crate::message::negotiation::Negotiation;
use crate::{Error, ErrorKind, ItemOutcome, Phase};

impl OutgoingMachine {
    /// A middlebox rewrote what the peer does not look at: a new session, offered as without CEMA (RFC 6714 §4.2).
    pub(super) fn offer_plainly(&mut self, context: &mut Context<'_>) {
        let before = self.session();
        match Self::invite(&self.route, context) {
            Ok(session) => {
                self.cema = false;
                self.state = State::Inviting(session);
                context.ua.bye(before, context.now);
            }
            Err(error) => self.fail(error, context),
        }
    }

    /// The user's relays gave a line another path.
    pub(super) fn path_moved(&mut self, at: ItemId, use_path: Vec<msrp::Uri>, context: &mut Context<'_>) {
        let session = self.established();
        if let Some(negotiation) = &mut self.negotiation {
            negotiation.moved(at, &use_path, session, context);
        }
        if let Some(relayed) = &mut self.relayed {
            relayed.grant(at, use_path);
        }
    }

    /// The session, while its lines can be spoken of.
    const fn established(&self) -> Option<SessionId> {
        match self.state {
            State::Exchanging(session) => Some(session),
            _ => None,
        }
    }

    /// The peer makes another offer in the session.
    pub(crate) fn offered(&mut self, id: IncomingId, request: &Request, context: &mut Context<'_>) {
        let agreed = self.negotiation.as_mut().filter(|_| matches!(self.state, State::Exchanging(_)));
        let closed = Negotiation::answer(agreed, id, request, context);
        self.lines_closed(&closed, context);
    }

    /// The peer answered an offer of ours in the session, or it did not.
    pub(crate) fn answered(&mut self, answer: Option<&Response>, context: &mut Context<'_>) {
        if let (Some(session), Some(negotiation)) = (self.established(), &mut self.negotiation) {
            let closed = negotiation.answered(answer, session, context);
            self.lines_closed(&closed, context);
        }
    }

    /// The user calls one item off.
    pub(crate) fn cancel_item(&mut self, at: ItemId, context: &mut Context<'_>) {
        let Some(item) = self.items.get_mut(at).filter(|item| item.is_unfinished()) else { return };
        let State::Exchanging(session) = self.state else {
            // There is no line to close yet.
            item.is_called_off = true;
            return;
        };
        context.media.abort(self.line(at), context.now);
        context.media.close(self.line(at), context.now);
        self.end_item(at, ItemOutcome::Cancelled, context);
        if let (State::Exchanging(_), Some(negotiation)) = (self.state, &mut self.negotiation) {
            negotiation.close(at, session, context);
        }
    }

    /// The user called these items off before the answer came.
    pub(super) fn cancel_called_off(&mut self, context: &mut Context<'_>) {
        for at in 0..self.items.len() {
            if self.items.get(at).is_some_and(|item| item.is_called_off) {
                self.cancel_item(at, context);
            }
        }
    }

    /// The peer wants no more of these items. Its offer may have overtaken its last response, which takes another way: what
    /// is out already goes by that, or by its timer.
    fn lines_closed(&mut self, closed: &[ItemId], context: &mut Context<'_>) {
        for &at in closed {
            if self.items.get(at).is_some_and(|item| item.is_unfinished() && !item.is_out()) {
                context.media.abort(self.line(at), context.now);
                context.media.close(self.line(at), context.now);
                let error = Error::new(ErrorKind::AbortedByPeer, Phase::Sending, "RFC 5547 §8.4");
                self.item_failed(at, error, context);
            }
        }
    }
}
