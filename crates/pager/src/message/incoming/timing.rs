//! What an offer to us waits for, and for how long.

use std::time::{Duration, Instant};

use sip::StatusCode;

use super::item::{Item, ItemPhase};
use super::{IncomingMachine, State};
use crate::agent::Context;
use crate::{Error, ErrorKind, Phase};

impl IncomingMachine {
    /// Sets the one timer to what the state waits for.
    pub(super) fn rearm(&mut self, context: &Context<'_>) {
        let timers = &context.config.timers;
        self.timer = match self.state {
            State::Offered(_) => return,
            // The disk says how it ends.
            State::Finishing(_) | State::Releasing(_) | State::Over => None,
            State::Guarding(_) if self.incomplete => Some(context.now + timers.guard_incomplete),
            State::Guarding(_) => Some(context.now + timers.guard),
            State::Receiving(_) => Some(context.now + timers.stalled),
            State::HungUp(_) => Some(context.now + timers.grace),
        };
    }

    pub(crate) const fn next_timeout(&self) -> Option<Instant> {
        self.timer
    }

    pub(crate) fn handle_timeout(&mut self, context: &mut Context<'_>) {
        if self.timer.is_none_or(|at| at > context.now) {
            return;
        }
        match self.state {
            State::Offered(_) => {
                self.error = Some(Error::new(ErrorKind::TimedOut, Phase::Inviting, ""));
                self.refuse(StatusCode::TEMPORARILY_UNAVAILABLE, context);
            }
            State::Receiving(session) => {
                if !self.is_alive(context.config.timers.stalled, context) {
                    self.hang_up(session, ErrorKind::TimedOut, context);
                }
            }
            State::Guarding(session) => self.hang_up(session, ErrorKind::TimedOut, context),
            State::HungUp(_) => {
                if !self.is_alive(context.config.timers.grace, context) {
                    self.drop_items(ErrorKind::AbortedByPeer, context);
                }
            }
            State::Finishing(_) | State::Releasing(_) | State::Over => self.timer = None,
        }
    }

    /// Whether something was heard within `span`, or a file is with the disk; then the timer is set anew.
    /// Arrivals do not touch the timer, so it looks back when it fires.
    fn is_alive(&mut self, span: Duration, context: &Context<'_>) -> bool {
        let with_disk = |item: &Item| matches!(item.phase, ItemPhase::Verifying | ItemPhase::Committing);
        let heard = self.items.iter().filter_map(|item| item.last_heard).max().map(|at| at + span);
        self.timer = match heard {
            Some(at) if at > context.now => Some(at),
            _ if self.items.iter().any(with_disk) => Some(context.now + span),
            _ => return false,
        };
        true
    }
}
