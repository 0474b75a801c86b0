//! What is said anew of a message offered to us.

use sdp::SessionDescription;
use sdp::attribute::Setup;
use sdp::offer_answer::{self, ActiveSide, LineAnswer, LineOutcome, MessageLine, OfferedLine};
use sip::{Request, Response};
use sip_ua::{IncomingId, SessionId};

use super::item::ItemPhase;
use super::{IncomingMachine, State};
use crate::agent::Context;
use crate::media::Owner;
use crate::message::ItemId;
use crate::message::negotiation::Negotiation;
use crate::{Error, ErrorKind, Phase};

impl IncomingMachine {
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

    /// Our lines as they were agreed on.
    pub(super) fn lines(
        &self,
        answers: Vec<LineAnswer>,
        outcomes: &[LineOutcome],
    ) -> Vec<Option<MessageLine>> {
        let lines = answers.into_iter().zip(outcomes).zip(offer_answer::offered(&self.offer));
        lines
            .map(|((answer, outcome), offered)| match (answer, outcome, offered) {
                (
                    LineAnswer::Accept(mut line),
                    LineOutcome::Accepted(peer),
                    OfferedLine::Message(offered),
                ) => {
                    let active = peer.active == ActiveSide::Answerer;
                    line.setup = Some(if active { Setup::Active } else { Setup::Passive });
                    line.file = offered.file;
                    Some(line)
                }
                _ => None,
            })
            .collect()
    }

    /// Offer and answer are exchanged; `lines` are ours.
    pub(super) fn agreed(&mut self, answer: SessionDescription, lines: Vec<Option<MessageLine>>) {
        let (owner, relayed) = (Owner::Offer(self.id), self.relayed.is_some());
        self.negotiation = Some(Negotiation::new(owner, answer, self.offer.clone(), lines, relayed));
    }

    /// The session, while its lines can be spoken of.
    const fn established(&self) -> Option<SessionId> {
        match self.state {
            State::Receiving(session) | State::Guarding(session) => Some(session),
            _ => None,
        }
    }

    /// The peer makes another offer in the session.
    pub(crate) fn offered(&mut self, id: IncomingId, request: &Request, context: &mut Context<'_>) {
        let ends = matches!(self.state, State::Finishing(_) | State::Releasing(_));
        let agreed = self.negotiation.as_mut().filter(|_| !ends);
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

    /// The user wants no more of one item. The peer hears it by 413, and by an offer that closes the line: it may have
    /// said that it wants no responses.
    pub(crate) fn cancel_item(&mut self, at: ItemId, context: &mut Context<'_>) {
        let phase = self.items.get(at).map(|item| item.phase);
        if matches!(phase, Some(ItemPhase::Waiting | ItemPhase::Receiving)) {
            context.media.abort(self.line(at), context.now);
            let error = Error::new(ErrorKind::Cancelled, Phase::Receiving, "RFC 4975 §10.5");
            self.item_failed(at, error, context);
            if let (Some(session), Some(negotiation)) = (self.established(), &mut self.negotiation) {
                negotiation.close(at, session, context);
            }
        }
    }

    /// The peer sends no more of these items. What is here already is stored all the same.
    fn lines_closed(&mut self, closed: &[ItemId], context: &mut Context<'_>) {
        for &at in closed {
            let missing = self.items.get(at).filter(|item| !item.is_here());
            let phase = missing.map(|item| item.phase);
            if matches!(phase, Some(ItemPhase::Waiting | ItemPhase::Receiving)) {
                context.media.close(self.line(at), context.now);
                let error = Error::new(ErrorKind::AbortedByPeer, Phase::Receiving, "RFC 5547 §8.4");
                self.item_failed(at, error, context);
            }
        }
    }
}
