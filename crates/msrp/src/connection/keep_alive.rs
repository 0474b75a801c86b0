//! Keep-alive: a SEND without content when we have been silent for long, RFC 4975 §7.1.1.

use std::time::Instant;

use super::{Connection, Phase, SessionKey};
use crate::session::{Pending, State};

impl Connection {
    /// When to send one; `None` while one waits for its answer or no session is bound.
    pub(super) fn keep_alive_deadline(&self) -> Option<Instant> {
        let interval = self.config.timers.keep_alive?;
        let open = self.phase == Phase::Open && !self.alive_asked;
        let since = self.silent_since.filter(|_| open && self.bound_session().is_some())?;
        Some(since + interval)
    }

    fn bound_session(&self) -> Option<SessionKey> {
        self.sessions.iter().find(|(_, session)| session.state == State::Bound).map(|(&key, _)| key)
    }

    pub(super) fn keep_alive(&mut self, now: Instant) {
        if self.keep_alive_deadline().is_some_and(|deadline| deadline <= now)
            && let Some(session) = self.bound_session()
        {
            self.alive_asked = true;
            self.send_bodiless(session, Pending::KeepAlive(session));
        }
    }
}
