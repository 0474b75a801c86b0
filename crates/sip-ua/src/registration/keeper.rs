//! `Keeper`: a registration made, refreshed, recovered and removed (RFC 3261 §10.2, RFC 5626 §4.5).

use std::time::{Duration, Instant};

use grammar::ByteStr;
use sip::{HeaderName, Method, NameAddr, Request, Response, Scheme, StatusCode, Uri};

use super::Registration;
use crate::auth::Auth;
use crate::dialog::RouteSet;
use crate::exchange::{
    ContactForm, Draft, DraftBody, Exchange, ExchangeId, Outcome, User, retry_after, user_part,
};
use crate::user_agent::{UserAgent, Wake};
use crate::{Error, Event, FlowId, RegistrationId};

/// The longest wait before a lost registration is tried again (RFC 5626 §4.5).
const LONGEST_RETRY: Duration = Duration::from_secs(1800);
/// How often in a row a 423 is obeyed; more is a registrar that raises its bound for ever.
const MOST_RAISES: u32 = 4;

/// A registration and what keeps it.
#[derive(Debug)]
pub(crate) struct Keeper {
    draft: Draft,
    auth: Auth,
    /// What is asked for; raised by a 423.
    expires: Duration,
    running: Option<ExchangeId>,
    flow: Option<FlowId>,
    goal: Goal,
    /// Whether the registrar accepted it once: from then on failures are tried again.
    established: bool,
    /// Since when it holds without a failure.
    holds_since: Option<Instant>,
    /// Failures since it held long enough ([`crate::Timers::register_settled`]).
    failures: u32,
    /// How often a 423 raised `expires` since the last success.
    raises: u32,
}

/// What the application wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goal {
    Registered,
    /// `unregister` came while a REGISTER was under way.
    RemovalWanted,
    /// The REGISTER under way removes the binding.
    Removed,
}

impl Keeper {
    /// The flow that carries the registration.
    pub(crate) const fn flow(&self) -> Option<FlowId> {
        self.flow
    }

    /// It holds no longer; whether it did for so long that what failed before does not count.
    fn stops(&mut self, settled: Duration, now: Instant) -> bool {
        let was_settled = self.holds_since.take().is_some_and(|since| now.duration_since(since) >= settled);
        if was_settled {
            self.failures = 0;
        }
        was_settled
    }

    /// One more failure: how many there were before it.
    const fn count_failure(&mut self) -> u32 {
        let before = self.failures;
        self.failures = before.saturating_add(1);
        before
    }
}

impl UserAgent {
    /// Sends the first REGISTER.
    pub(crate) fn start_registration(&mut self, registration: Registration) -> Result<RegistrationId, Error> {
        if self.registrations.len() >= self.config.limits.registrations {
            return Err(Error::Limit("registrations"));
        }
        let unreadable = |error| Error::from(sip::BuildError::Unreadable(error));
        let tag = format!(";tag={}", self.ids.tag());
        let aor = registration.aor.as_str();
        let from = NameAddr::format(registration.display_name.as_deref(), aor, &tag).map_err(unreadable)?;
        let to = NameAddr::format(registration.display_name.as_deref(), aor, "").map_err(unreadable)?;
        let user = registration.contact_user.or_else(|| user_part(registration.aor.user()));
        let outbound: Vec<Uri> = registration.outbound.into_iter().collect();
        let servers = outbound.iter().chain([&registration.registrar]);
        let secure = servers.into_iter().any(|uri| uri.scheme() == Scheme::Sips);
        let draft = Draft {
            method: Method::REGISTER,
            aim: RouteSet::preloaded(&outbound).aim(&registration.registrar),
            from: from.into(),
            to: to.into(),
            call_id: self.ids.call_id(),
            number: 0,
            contact: Some(ContactForm { user, params: registration.contact_params, secure }),
            headers: registration.headers,
            body: DraftBody::None,
            transport: registration.transport,
            fallback: None,
        };
        draft.check(&self.config)?;
        let keeper = Keeper {
            draft,
            auth: Auth::new(registration.credentials, registration.realm),
            // What a delta-seconds of 32 bits can say (RFC 3261 §20.19).
            expires: registration.expires.min(Duration::from_secs(u64::from(u32::MAX))),
            running: None,
            flow: None,
            goal: Goal::Registered,
            established: false,
            holds_since: None,
            failures: 0,
            raises: 0,
        };
        let id = RegistrationId(self.fresh());
        self.registrations.insert(id, keeper);
        if let Err(error) = self.send_register(id) {
            self.registrations.remove(&id);
            return Err(error);
        }
        Ok(id)
    }

    /// Sends a REGISTER: same Call-ID, next number (RFC 3261 §10.2.4).
    fn send_register(&mut self, id: RegistrationId) -> Result<(), Error> {
        let Some(keeper) = self.registrations.get_mut(&id) else { return Ok(()) };
        keeper.draft.number = keeper.draft.number.saturating_add(1);
        let mut draft = keeper.draft.clone();
        let expires = match keeper.goal {
            Goal::Registered | Goal::RemovalWanted => keeper.expires.as_secs(),
            Goal::Removed => 0,
        };
        draft.headers.push((ByteStr::from_static("Expires"), expires.to_string().into()));
        let auth = keeper.auth.clone();
        let exchange = self.start(User::Register(id), draft, auth)?;
        if let Some(keeper) = self.registrations.get_mut(&id) {
            keeper.running = Some(exchange);
        }
        self.schedule.set(Wake::Registration(id), None);
        Ok(())
    }

    /// Removes a registration.
    pub(crate) fn stop_registration(&mut self, id: RegistrationId) {
        let Some(keeper) = self.registrations.get_mut(&id) else { return };
        match (keeper.goal, keeper.running) {
            (Goal::Registered, Some(_)) => keeper.goal = Goal::RemovalWanted,
            (Goal::Registered, None) => self.remove_binding(id),
            (Goal::RemovalWanted | Goal::Removed, _) => {}
        }
    }

    fn remove_binding(&mut self, id: RegistrationId) {
        if let Some(keeper) = self.registrations.get_mut(&id) {
            keeper.goal = Goal::Removed;
        }
        if self.send_register(id).is_err() {
            self.forget_registration(id);
            self.emit(Event::Unregistered { id });
        }
    }

    fn forget_registration(&mut self, id: RegistrationId) {
        self.registrations.remove(&id);
        self.schedule.set(Wake::Registration(id), None);
    }

    /// It is time to refresh, or to try again.
    pub(crate) fn registration_timeout(&mut self, id: RegistrationId, now: Instant) {
        if let Err(error) = self.send_register(id) {
            self.registration_failed(id, error, now);
        }
    }

    /// The flow is gone: the registrar cannot reach us until we register again.
    pub(crate) fn registration_flow_lost(&mut self, flow: FlowId, error: &Error, now: Instant) {
        let settled = self.config.timers.register_settled;
        let mut lost = Vec::new();
        for (id, keeper) in &mut self.registrations {
            if keeper.flow == Some(flow) {
                keeper.flow = None;
                if keeper.running.is_none() {
                    let failures = if keeper.stops(settled, now) { 0 } else { keeper.count_failure() };
                    lost.push((*id, failures));
                }
            }
        }
        for (id, failures) in lost {
            match failures {
                0 => self.schedule.set(Wake::Registration(id), Some(now)),
                // A registrar that grants and hangs up, again and again.
                _ => self.register_later(id, failures, error.clone(), now),
            }
        }
    }

    /// A REGISTER is done with.
    pub(crate) fn register_done(
        &mut self,
        id: RegistrationId,
        exchange: Exchange,
        outcome: Outcome,
        now: Instant,
    ) {
        let Some(keeper) = self.registrations.get_mut(&id) else { return };
        keeper.running = None;
        keeper.draft.number = exchange.draft.number;
        let flow = exchange.flow();
        keeper.auth = exchange.auth;
        if keeper.goal == Goal::Removed {
            self.forget_registration(id);
            return self.emit(Event::Unregistered { id });
        }
        match outcome {
            Outcome::Final(response) if response.status().is_success() => {
                self.registered(id, exchange.sent.as_ref(), &response, flow, now);
            }
            Outcome::Final(response) if self.raise_expires(id, &response) => {
                if let Err(error) = self.send_register(id) {
                    self.registration_failed(id, error, now);
                }
            }
            Outcome::Final(response) => {
                self.registration_failed(id, Error::Rejected(Box::new(response)), now)
            }
            Outcome::Failed(error) => self.registration_failed(id, error, now),
            Outcome::NeedBody(_) | Outcome::Provisional(_) => {}
        }
    }

    fn registered(
        &mut self,
        id: RegistrationId,
        sent: Option<&Request>,
        response: &Response,
        flow: Option<FlowId>,
        now: Instant,
    ) {
        let Some(keeper) = self.registrations.get_mut(&id) else { return };
        let expires = granted(sent, response).unwrap_or(keeper.expires);
        keeper.flow = flow;
        keeper.established = true;
        keeper.holds_since.get_or_insert(now);
        keeper.raises = 0;
        let wanted = keeper.goal;
        let uris = |name| {
            let values = response.headers().values(name).filter_map(|value| NameAddr::parse(value).ok());
            values.map(|value| value.uri.to_owned()).collect()
        };
        let (service_route, associated_uris) =
            (uris(HeaderName::SERVICE_ROUTE), uris(HeaderName::P_ASSOCIATED_URI));
        self.emit(Event::Registered { id, expires, service_route, associated_uris });
        if wanted == Goal::RemovalWanted {
            return self.remove_binding(id);
        }
        self.schedule.set(Wake::Registration(id), Some(now + refresh_after(expires)));
        if let Some(flow) = flow {
            self.keep_alive(flow, now);
        }
    }

    /// RFC 3261 §10.2.8: a 423 names the shortest time the registrar takes; `false` if it does not, lies, or asks
    /// too much.
    fn raise_expires(&mut self, id: RegistrationId, response: &Response) -> bool {
        let longest = self.config.timers.register_longest;
        let Some(keeper) = self.registrations.get_mut(&id) else { return false };
        if response.status() != StatusCode::INTERVAL_TOO_BRIEF || keeper.raises >= MOST_RAISES {
            return false;
        }
        let least = response.headers().get(HeaderName::MIN_EXPIRES).and_then(|value| value.parse().ok());
        let Some(least) = least.map(|seconds: u32| Duration::from_secs(seconds.into())) else { return false };
        let raised = least > keeper.expires && least <= longest;
        if raised {
            keeper.expires = least;
            keeper.raises += 1;
        }
        raised
    }

    fn registration_failed(&mut self, id: RegistrationId, error: Error, now: Instant) {
        let settled = self.config.timers.register_settled;
        let Some(keeper) = self.registrations.get_mut(&id) else { return };
        if keeper.goal == Goal::RemovalWanted {
            self.forget_registration(id);
            return self.emit(Event::Unregistered { id });
        }
        if !keeper.established || is_final(&error) {
            self.forget_registration(id);
            return self.emit(Event::RegistrationFailed { id, error, retry: None });
        }
        keeper.flow = None;
        keeper.stops(settled, now);
        let failures = keeper.count_failure();
        self.register_later(id, failures, error, now);
    }

    /// Tries again after a wait that doubles with each failure before, or when the registrar said.
    fn register_later(&mut self, id: RegistrationId, failures: u32, error: Error, now: Instant) {
        let timers = &self.config.timers;
        let base = timers.register_retry;
        let whole = base.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_RETRY);
        let told = match &error {
            Error::Rejected(response) => retry_after(response).unwrap_or_default(),
            _ => Duration::ZERO,
        };
        let told = told.min(timers.register_longest);
        let wait = self.ids.half_to_whole(whole).max(told);
        self.schedule.set(Wake::Registration(id), Some(now + wait));
        self.emit(Event::RegistrationFailed { id, error, retry: Some(wait) });
    }
}

/// Whether trying again cannot help: the registrar refuses us, not the moment.
fn is_final(error: &Error) -> bool {
    match error {
        Error::Rejected(response) => {
            let status = response.status();
            !matches!(status.as_u16(), 408 | 423 | 430 | 480 | 500..=599)
        }
        Error::Unsendable(_) | Error::Unreachable(_) => true,
        _ => false,
    }
}

/// When to refresh (3GPP TS 24.229 §5.1.1.4): 600 s before the end, or half-way if that is short.
fn refresh_after(expires: Duration) -> Duration {
    let early = Duration::from_secs(600);
    let after = if expires > early * 2 { expires.saturating_sub(early) } else { expires / 2 };
    // A registrar that grants nothing must not make us flood it.
    after.max(Duration::from_secs(1))
}

/// What the registrar granted for the Contact we sent: the parameter of that Contact, else Expires.
fn granted(sent: Option<&Request>, response: &Response) -> Option<Duration> {
    let own = sent.and_then(|request| {
        request.contacts().filter_map(Result::ok).next()?.uri().map(|uri| uri.to_owned())
    });
    let ours = response
        .contacts()
        .filter_map(Result::ok)
        .filter(|contact| {
            let uri = contact.uri().map(|uri| uri.to_owned());
            uri.zip(own.as_ref()).is_some_and(|(uri, own)| uri.equivalent(own))
        })
        .find_map(|contact| contact.expires());
    let seconds = ours.or_else(|| response.expires().ok()?)?;
    Some(Duration::from_secs(u64::from(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ts24_229_5_1_1_4_refresh_comes_600_s_early_or_half_way() {
        for (expires, after) in [(3600, 3000), (1201, 601), (1200, 600), (60, 30), (1, 1), (0, 1)] {
            let got = refresh_after(Duration::from_secs(expires));
            assert_eq!(got.as_secs(), after, "{expires}");
        }
    }
}
