//! What an offer to us waits for, and for how long.

use std::time::Instant;

use sip::StatusCode;

use super::{IncomingMachine, Outcome, State};
use crate::agent::Context;
use crate::{Error, ErrorKind, Phase};

impl IncomingMachine {
    /// Sets the one timer to what the state waits for.
    pub(super) fn rearm(&mut self, context: &Context<'_>) {
        let timers = &context.config.timers;
        self.timer = match self.state {
            State::Offered(_) => return,
            State::Releasing(_) => None,
            State::Guarding(_) if self.incomplete => Some(context.now + timers.guard_incomplete),
            State::Guarding(_) => Some(context.now + timers.guard),
            State::Receiving(_) => Some(context.now + timers.stalled),
        };
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        // While content flows, every arrival moves the deadline without touching the timer.
        let heard = self.items.iter().filter_map(|item| item.last_heard).max();
        match (self.state, self.timer, heard) {
            (State::Receiving(_), Some(timer), Some(heard)) => Some(timer.max(heard)),
            (_, timer, _) => timer,
        }
    }

    pub(crate) fn handle_timeout(&mut self, context: &mut Context<'_>) -> Outcome {
        let now = context.now;
        if self.timer.is_none_or(|at| at > now) {
            return Outcome::Continues;
        }
        match self.state {
            State::Offered(_) => {
                self.error = Some(Error::new(ErrorKind::TimedOut, Phase::Inviting, ""));
                self.refuse(StatusCode::TEMPORARILY_UNAVAILABLE, context)
            }
            State::Receiving(session) => {
                let stalled = context.config.timers.stalled;
                let heard = self.items.iter().filter_map(|item| item.last_heard).max();
                match heard.map(|at| at + stalled) {
                    Some(at) if at > now => self.timer = Some(at),
                    _ => self.hang_up(session, ErrorKind::TimedOut, context),
                }
                Outcome::Continues
            }
            State::Guarding(session) => {
                self.hang_up(session, ErrorKind::TimedOut, context);
                Outcome::Continues
            }
            State::Releasing(_) => {
                self.timer = None;
                Outcome::Continues
            }
        }
    }
}
