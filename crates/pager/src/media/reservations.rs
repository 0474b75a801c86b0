//! `Reservations`: paths through relays that act for the user, one for each line (RFC 4976 §5.1).

use std::fmt::Write as _;

use digest::by_realm;
use grammar::ByteStr;
use msrp::{IdSource as _, PathKey};
use sip_ua::{FlowId, ServiceLocator};

use super::{Endpoint, HopSecurity, Host, Line, Proof};
use crate::agent::Ids;
use crate::{MsrpRelays, PlainRelay};

/// The port of a relay whose URI names none (RFC 4976 §5.1, RFC 4975 §15.4).
const PORT: u16 = 2855;

/// The relays of the user, and what lines want of them.
pub(super) struct Reservations {
    relays: Option<MsrpRelays>,
    ids: Ids,
    all: Vec<Reservation>,
}

/// A path that a line asked for.
pub(super) struct Reservation {
    pub(super) line: Line,
    /// Our own URI on the line.
    pub(super) local: msrp::Uri,
    /// The connection to the first relay, and the path on it once that is up.
    pub(super) flow: FlowId,
    key: Option<PathKey>,
    /// The relay whose challenge was answered last, and its realm; the same answer twice is no use.
    answered: Option<(msrp::Uri, ByteStr)>,
    /// The relays, ours first, once they let us through.
    pub(super) use_path: Option<Vec<msrp::Uri>>,
}

impl Reservations {
    pub(super) const fn new(relays: Option<MsrpRelays>, ids: Ids) -> Self {
        Self { relays, ids, all: Vec::new() }
    }

    /// Where the first relay is; `None` if there is none, or it may not be spoken to without TLS.
    pub(super) fn endpoint(&self) -> Option<Endpoint> {
        let relays = self.relays.as_ref()?;
        let first = relays.uris.first()?;
        let name = first.host().trim_start_matches('[').trim_end_matches(']');
        let security = match (first.is_secure(), relays.plain) {
            (true, _) => HopSecurity::Tls { server_name: Some(ByteStr::from(name)) },
            (false, PlainRelay::Allowed) => HopSecurity::Plain,
            (false, PlainRelay::Refused) => return None,
        };
        let host = match first.ip() {
            Some(ip) => Host::Address(ip),
            None => Host::Name(ByteStr::from(name)),
        };
        Some(Endpoint { host, port: first.port().unwrap_or(PORT), security })
    }

    /// How a relay with a name is found: by the records of its domain, or at the port that its URI names (RFC 4976 §5.1).
    pub(super) fn search(&self) -> Option<ServiceLocator> {
        let first = self.relays.as_ref()?.uris.first()?;
        let host = first.host();
        Some(match (first.port(), first.is_secure()) {
            (Some(port), _) => ServiceLocator::of_host(host, port),
            (None, true) => ServiceLocator::of_domain("_msrps._tcp", host, PORT),
            // There is no such service: a relay wants TLS.
            (None, false) => ServiceLocator::of_host(host, PORT),
        })
    }

    pub(super) const fn randomness(&mut self) -> &mut sip_ua::IdSource {
        self.ids.source()
    }

    /// What was reserved on a connection goes to another one.
    pub(super) fn renumber(&mut self, from: FlowId, to: FlowId) {
        for reservation in self.all.iter_mut().filter(|reservation| reservation.flow == from) {
            reservation.flow = to;
        }
    }

    /// What the relay has to show: its name, for which an authority vouches.
    pub(super) fn proof(&self) -> Proof {
        let secure = |relays: &MsrpRelays| relays.uris.first().is_some_and(msrp::Uri::is_secure);
        if self.relays.as_ref().is_some_and(secure) { Proof::Name } else { Proof::None }
    }

    pub(super) fn insert(&mut self, line: Line, local: msrp::Uri, flow: FlowId) {
        self.all.push(Reservation { line, local, flow, key: None, answered: None, use_path: None });
    }

    /// Takes back what a line asked for: the connection and the path on it.
    pub(super) fn remove(&mut self, line: Line) -> Option<(FlowId, Option<PathKey>)> {
        let at = self.all.iter().position(|reservation| reservation.line == line)?;
        let Reservation { flow, key, .. } = self.all.swap_remove(at);
        Some((flow, key))
    }

    pub(super) fn of(&self, line: Line) -> Option<&Reservation> {
        self.all.iter().find(|reservation| reservation.line == line)
    }

    /// The lines whose path is on this connection.
    pub(super) fn lines_on(&self, flow: FlowId) -> Vec<Line> {
        self.all.iter().filter(|reservation| reservation.flow == flow).map(|found| found.line).collect()
    }

    /// The connection to the relay is up: asks for what was reserved on it. The lines that cannot have it.
    pub(super) fn authorize(&mut self, flow: FlowId, connection: &mut msrp::Connection) -> Vec<Line> {
        let Some(relays) = &self.relays else { return Vec::new() };
        let mut failed = Vec::new();
        for reservation in self.all.iter_mut().filter(|found| found.flow == flow && found.key.is_none()) {
            let config = msrp::RelayConfig {
                local: reservation.local.clone(),
                relays: relays.uris.clone(),
                expires: relays.expires,
            };
            match connection.authorize(config) {
                Ok(key) => reservation.key = Some(key),
                Err(_) => failed.push(reservation.line),
            }
        }
        failed
    }

    /// The value of Authorization that answers the challenges; `None` without a challenge, or if our answer to it
    /// was wrong already.
    pub(super) fn credentials(
        &mut self,
        flow: FlowId,
        key: PathKey,
        relay: &msrp::Uri,
        challenges: &[ByteStr],
    ) -> Option<ByteStr> {
        let credentials = self.relays.as_ref()?.credentials.as_ref()?;
        let challenge = by_realm(challenges.iter().map(ByteStr::as_str), credentials).into_iter().next()?;
        let is_it = |found: &&mut Reservation| found.flow == flow && found.key == Some(key);
        let reservation = self.all.iter_mut().find(is_it)?;
        let asked = Some((relay.clone(), challenge.realm().clone()));
        if !challenge.stale() && reservation.answered == asked {
            return None;
        }
        let mut random = [0; 8];
        self.ids.fill(&mut random);
        let mut cnonce = String::with_capacity(16);
        for octet in random {
            // Writing to a String cannot fail.
            let _ = write!(cnonce, "{octet:02x}");
        }
        let value = digest::answer(&challenge, credentials, "AUTH", relay.as_str(), &cnonce, 1, b"").ok()?;
        reservation.answered = asked;
        Some(ByteStr::from(value))
    }

    /// The relays let us through. The line, and the path it had before.
    pub(super) fn granted(
        &mut self,
        flow: FlowId,
        key: PathKey,
        use_path: Vec<msrp::Uri>,
    ) -> Option<(Line, Option<Vec<msrp::Uri>>)> {
        let is_it = |found: &&mut Reservation| found.flow == flow && found.key == Some(key);
        let reservation = self.all.iter_mut().find(is_it)?;
        // A later round begins with a clean slate.
        reservation.answered = None;
        let before = reservation.use_path.replace(use_path);
        Some((reservation.line, before))
    }

    /// The relays do not let us through. The line.
    pub(super) fn refused(&mut self, flow: FlowId, key: PathKey) -> Option<Line> {
        let is_it = |found: &Reservation| found.flow == flow && found.key == Some(key);
        let at = self.all.iter().position(is_it)?;
        Some(self.all.swap_remove(at).line)
    }
}

/// No credentials, no session-ids: how many there are.
impl std::fmt::Debug for Reservations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reservations").field("count", &self.all.len()).finish_non_exhaustive()
    }
}
