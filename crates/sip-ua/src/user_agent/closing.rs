//! The end of everything: what [`UserAgent::shutdown`] does.

use std::time::Instant;

use sip::{Method, StatusCode};

use super::UserAgent;
use crate::{IncomingId, RegistrationId, SessionId};

impl UserAgent {
    pub(super) fn close_all(&mut self, now: Instant) {
        let waiting: Vec<IncomingId> = self
            .incoming
            .iter()
            .filter(|(_, incoming)| *incoming.request.method() == Method::INVITE)
            .map(|(id, _)| *id)
            .collect();
        for id in waiting {
            self.abandon(id, StatusCode::TEMPORARILY_UNAVAILABLE, now);
        }
        let sessions: Vec<SessionId> = self.sessions.keys().copied().collect();
        for id in sessions {
            self.hang_up(id, now);
        }
        let registrations: Vec<RegistrationId> = self.registrations.keys().copied().collect();
        for id in registrations {
            self.stop_registration(id);
        }
    }
}
