//! Answering by way of the user's relays (RFC 4976 §5.1).

use sdp::offer_answer::{self, OfferedLine};
use sip::StatusCode;

use super::{IncomingMachine, State};
use crate::agent::{Context, local_uri};
use crate::media::Owner;
use crate::message::relayed::Relayed;
use crate::message::{ItemId, Pick};
use crate::{Error, ErrorKind, Phase};

impl IncomingMachine {
    /// Asks for paths through the user's relays, if there are any and that is not done yet; whether there is nothing
    /// to wait for.
    pub(super) fn reserve(&mut self, picks: &[Pick], context: &mut Context<'_>) -> Result<bool, Error> {
        if context.config.account.relays.is_none() {
            return Ok(true);
        }
        if let Some(relayed) = &self.relayed {
            return if relayed.is_complete() {
                Ok(true)
            } else {
                Err(Error::new(ErrorKind::Stale, Phase::Inviting, ""))
            };
        }
        let mut lines = Vec::new();
        for (at, offered) in offer_answer::offered(&self.offer).into_iter().enumerate() {
            if let (OfferedLine::Message(offered), Some(Pick::Accept)) = (offered, picks.get(at)) {
                lines.extend(local_uri(self.local, offered.proto, context).map(|uri| (at, uri)));
            }
        }
        if lines.is_empty() {
            return Ok(true);
        }
        self.picks = picks.to_vec();
        // The user has decided; now it is for the relays to answer.
        self.timer = Some(context.now + context.config.timers.connect);
        self.relayed = Some(Relayed::reserve(Owner::Offer(self.id), lines, context));
        Ok(false)
    }

    /// The relays gave a path; with the last one the offer is answered.
    pub(super) fn granted(&mut self, at: ItemId, use_path: Vec<msrp::Uri>, context: &mut Context<'_>) {
        let Some(relayed) = &mut self.relayed else { return };
        relayed.grant(at, use_path);
        if relayed.is_complete() && matches!(self.state, State::Offered(_)) {
            let picks = std::mem::take(&mut self.picks);
            if let Err(error) = self.accept(&picks, context) {
                self.error = Some(error);
                self.refuse(StatusCode::TEMPORARILY_UNAVAILABLE, context);
            }
        }
    }
}
