//! How a message of ours ends: the peer hangs up, the user calls it off, or the session is over.

use super::item::{Item, ItemPhase};
use super::{OutgoingMachine, State};
use crate::agent::Context;
use crate::{Error, ErrorKind, Event, ItemOutcome, Output, Phase};

impl OutgoingMachine {
    /// The peer hung up. Its BYE may have overtaken its last response or report, which take another way.
    pub(crate) fn bye(&mut self, context: &mut Context<'_>) {
        let State::Exchanging(session) = self.state else { return };
        self.state = State::HungUp(session);
        self.connect_timer = None;
        if self.items.iter().all(Item::is_out) {
            self.report_timer = Some(context.now + context.config.timers.grace);
        } else {
            self.conclude(context);
        }
    }

    /// Tells the verdict on what the peer left unfinished, and is over.
    pub(super) fn conclude(&mut self, context: &mut Context<'_>) {
        self.judge(Error::new(ErrorKind::AbortedByPeer, Phase::Sending, "RFC 5547 §8.4"), context);
        self.close(context);
    }

    /// Tells the verdict, now that no response and no report comes any more: `error` if something is left unfinished.
    fn judge(&mut self, error: Error, context: &mut Context<'_>) {
        self.do_without_reports();
        if self.items.iter().any(Item::is_unfinished) {
            self.error.get_or_insert(error);
        }
        self.tell_verdict(context);
    }

    fn close(&mut self, context: &mut Context<'_>) {
        self.state = State::Over(self.session());
        self.close_lines(context);
        context.outputs.push_back(Output::Event(Event::Closed { transfer: self.id }));
    }

    /// Whether nothing is left of it.
    pub(crate) const fn is_over(&self) -> bool {
        matches!(self.state, State::Over(_))
    }

    /// The session in the user agent is over; the verdict is told if it was not yet.
    pub(crate) fn ended(&mut self, context: &mut Context<'_>) {
        match self.state {
            State::HungUp(_) | State::Over(_) => return,
            State::Releasing(_) => {}
            State::Cancelling(_) => self.tell_verdict(context),
            State::Inviting(_) | State::Exchanging(_) => {
                self.judge(Error::new(ErrorKind::FlowLost, Phase::Sending, ""), context);
            }
        }
        self.close(context);
    }

    /// The user wants it to end.
    pub(crate) fn cancel(&mut self, context: &mut Context<'_>) {
        let error = Error::new(ErrorKind::Cancelled, Phase::Sending, "");
        match self.state {
            State::Inviting(_) => self.give_up(error, context),
            State::Exchanging(_) => self.fail(error, context),
            State::HungUp(_) => {
                self.error = Some(error);
                self.conclude(context);
            }
            State::Releasing(_) | State::Cancelling(_) | State::Over(_) => {}
        }
    }

    /// Tells the verdict and releases the session (SEED-15, SEED-17, SEED-18).
    pub(super) fn finish(&mut self, context: &mut Context<'_>) {
        self.tell_verdict(context);
        self.release(context);
    }

    pub(super) fn tell_verdict(&self, context: &mut Context<'_>) {
        let outcomes = || {
            self.items.iter().map(|item| match &item.phase {
                ItemPhase::Ended(outcome) => Some(outcome),
                _ => None,
            })
        };
        let failed = outcomes().find_map(|outcome| match outcome {
            Some(ItemOutcome::Failed(error)) => Some(error.clone()),
            _ => None,
        });
        let transfer = self.id;
        let ended_by = |wanted: &ItemOutcome| outcomes().any(|outcome| outcome == Some(wanted));
        let unwanted = |outcome: Option<&ItemOutcome>| {
            matches!(outcome, Some(ItemOutcome::Refused | ItemOutcome::Cancelled))
        };
        let all_unwanted = outcomes().all(unwanted);
        let event = if let Some(error) = self.error.clone().or(failed) {
            Event::Failed { transfer, error }
        } else if all_unwanted && ended_by(&ItemOutcome::Cancelled) {
            Event::Failed {
                transfer,
                error: Error::new(ErrorKind::Cancelled, Phase::Sending, "RFC 5547 §8.4"),
            }
        } else if all_unwanted {
            Event::Failed {
                transfer,
                error: Error::new(ErrorKind::AllRefused, Phase::Inviting, "RFC 3264 §6"),
            }
        } else if outcomes().any(|outcome| outcome.is_none()) {
            Event::Unconfirmed { transfer }
        } else {
            Event::Delivered { transfer }
        };
        context.outputs.push_back(Output::Event(event));
    }

    pub(super) fn release(&mut self, context: &mut Context<'_>) {
        let session = self.session();
        self.state = State::Releasing(session);
        self.report_timer = None;
        self.connect_timer = None;
        self.close_lines(context);
        context.ua.bye(session, context.now);
    }

    pub(super) fn close_lines(&self, context: &mut Context<'_>) {
        for at in 0..self.items.len() {
            context.media.close(self.line(at), context.now);
        }
    }
}
