//! `SessionTimer`: when a session has to be refreshed, or is given up (RFC 4028).

use std::time::{Duration, Instant};

use grammar::Params;
use sip::{HeaderName, Method, Request, Response};

use super::calling::seconds;

/// The timer of an established session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionTimer {
    pub(crate) interval: Duration,
    pub(crate) duty: Duty,
    pub(super) since: Instant,
}

/// What has to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duty {
    /// We refresh, at half of the interval.
    Refresh,
    /// The peer does; if it does not, we hang up.
    Watch,
}

impl SessionTimer {
    /// Caller side: what the 2xx says. No Session-Expires: no timer.
    pub(crate) fn from_response(response: &Response, now: Instant) -> Option<Self> {
        let value = response.headers().get(HeaderName::SESSION_EXPIRES)?;
        let interval = Duration::from_secs(u64::from(seconds(value)?.max(90)));
        let takes_update =
            response.headers().values(HeaderName::ALLOW).any(|method| method == Method::UPDATE.as_str());
        let duty = match refresher(value) {
            Some("uas") => Duty::Watch,
            // Without UPDATE we have nothing to refresh with; the peer may still hold on.
            _ if !takes_update => return None,
            _ => Duty::Refresh,
        };
        Some(Self { interval, duty, since: now })
    }

    /// Either side: a re-INVITE or UPDATE of the peer asks for a timer, and the peer refreshes.
    pub(crate) fn from_request(request: &Request, now: Instant) -> Option<Self> {
        let value = request.headers().get(HeaderName::SESSION_EXPIRES)?;
        let interval = Duration::from_secs(u64::from(seconds(value)?.max(90)));
        Some(Self { interval, duty: Duty::Watch, since: now })
    }

    /// When it is due: half of the interval, or the interval less 32 s or a third of it (RFC 4028 §10).
    pub(crate) fn at(&self) -> Instant {
        match self.duty {
            Duty::Refresh => self.since + self.interval / 2,
            Duty::Watch => {
                let margin = (self.interval / 3).min(Duration::from_secs(32));
                self.since + self.interval.saturating_sub(margin)
            }
        }
    }

    /// The same, started again.
    pub(crate) const fn restarted(self, now: Instant) -> Self {
        Self { since: now, ..self }
    }
}

/// The parameter `refresher`, in lower case.
fn refresher(value: &str) -> Option<&'static str> {
    let params = value.find(';').and_then(|at| value.get(at..))?;
    let refresher = Params::parse(params).ok()?.get("refresher")?.raw?;
    ["uac", "uas"].into_iter().find(|known| known.eq_ignore_ascii_case(refresher))
}
