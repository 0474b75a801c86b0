//! `SessionTimer`: when a session has to be refreshed, or is given up (RFC 4028).

use std::time::{Duration, Instant};

use grammar::Params;
use sip::{HeaderName, Headers, Method, Request, Response};

use super::calling::seconds;

/// How often in a row a refresh is tried again that was refused for the moment.
const MOST_REFUSALS: u32 = 8;

/// The timer of an established session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionTimer {
    pub(crate) interval: Duration,
    pub(crate) duty: Duty,
    since: Instant,
    refresh: Refresh,
    /// How often our refresh was refused in this interval.
    refusals: u32,
}

/// What has to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duty {
    /// We refresh, at half of the interval.
    Refresh,
    /// The peer does; if it does not, we hang up.
    Watch,
}

/// How far our refresh is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refresh {
    /// It is not time yet.
    Later,
    /// Until the answer comes the peer counts down, and so do we.
    Sent,
    /// It was refused.
    Again { at: Instant },
}

/// Why a refresh was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// For the moment: it may be tried again after this time.
    Busy(Duration),
    /// For good, as far as anybody knows.
    Firm,
}

impl SessionTimer {
    const fn new(interval: Duration, duty: Duty, now: Instant) -> Self {
        Self { interval, duty, since: now, refresh: Refresh::Later, refusals: 0 }
    }

    /// Caller side: what the 2xx says. No Session-Expires: no timer.
    pub(crate) fn from_response(response: &Response, now: Instant) -> Option<Self> {
        let (interval, refresher) = session_expires(response.headers())?;
        let duty = match refresher {
            Some("uas") => Duty::Watch,
            // Without UPDATE we have nothing to refresh with; the peer may still hold on.
            _ if !takes_update(response.headers()) => return None,
            _ => Duty::Refresh,
        };
        Some(Self::new(interval, duty, now))
    }

    /// Either side: a re-INVITE or UPDATE of the peer asks for a timer (RFC 4028 §9, table 2): the peer refreshes
    /// unless it wants us to, or knows no timers and a proxy asks for one. `None` also where it would be for us and
    /// there is nothing to do it with.
    pub(crate) fn from_request(request: &Request, now: Instant) -> Option<Self> {
        let (interval, refresher) = session_expires(request.headers())?;
        let duty = match (supports_timer(request), refresher) {
            (true, None | Some("uac")) => Duty::Watch,
            _ if !takes_update(request.headers()) => return None,
            _ => Duty::Refresh,
        };
        Some(Self::new(interval, duty, now))
    }

    /// When there is something to do, if nothing else happens.
    pub(crate) fn at(&self) -> Instant {
        match (self.duty, self.refresh) {
            (Duty::Refresh, Refresh::Later) => self.since + self.interval / 2,
            (Duty::Refresh, Refresh::Again { at }) => at.min(self.end()),
            (Duty::Refresh, Refresh::Sent) | (Duty::Watch, _) => self.end(),
        }
    }

    /// When the session is given up: the interval less 32 s, or less a third of it (RFC 4028 §10).
    fn end(&self) -> Instant {
        let margin = (self.interval / 3).min(Duration::from_secs(32));
        self.since + self.interval.saturating_sub(margin)
    }

    /// Whether the session is over.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.end() <= now
    }

    /// Notes that our refresh goes out.
    pub(super) const fn refreshing(&mut self) {
        self.refresh = Refresh::Sent;
    }

    /// Our refresh was refused: it is tried again when it may be, if the session lasts so long, and once if nobody
    /// knows when.
    pub(super) fn refused(&mut self, refusal: Refusal, now: Instant) {
        let left = self.end().saturating_duration_since(now);
        let wait = match refusal {
            Refusal::Busy(wait) if self.refusals < MOST_REFUSALS => wait,
            Refusal::Firm if self.refusals == 0 => left / 2,
            Refusal::Busy(_) | Refusal::Firm => return,
        };
        self.refusals += 1;
        if wait < left {
            self.refresh = Refresh::Again { at: now + wait };
        }
    }

    /// The same, started again.
    pub(crate) const fn restarted(self, now: Instant) -> Self {
        Self::new(self.interval, self.duty, now)
    }
}

/// Whether the sender of a request knows session timers; Session-Expires may be of a proxy (RFC 4028 §8.1).
///
/// Lenient: who names itself the refresher does, though it does not say so in Supported.
pub(super) fn supports_timer(request: &Request) -> bool {
    let named = || session_expires(request.headers()).is_some_and(|(_, by)| by == Some("uac"));
    request.headers().values(HeaderName::SUPPORTED).any(|tag| tag.eq_ignore_ascii_case("timer")) || named()
}

fn takes_update(headers: Headers<'_>) -> bool {
    headers.values(HeaderName::ALLOW).any(|method| method == Method::UPDATE.as_str())
}

/// The interval, at least the 90 s of RFC 4028 §5, and who refreshes.
fn session_expires(headers: Headers<'_>) -> Option<(Duration, Option<&'static str>)> {
    let value = headers.get(HeaderName::SESSION_EXPIRES)?;
    let interval = Duration::from_secs(u64::from(seconds(value)?.max(90)));
    Some((interval, refresher(value)))
}

/// The parameter `refresher`, in lower case.
fn refresher(value: &str) -> Option<&'static str> {
    let params = value.find(';').and_then(|at| value.get(at..))?;
    let refresher = Params::parse(params).ok()?.get("refresher")?.raw?;
    ["uac", "uas"].into_iter().find(|known| known.eq_ignore_ascii_case(refresher))
}
