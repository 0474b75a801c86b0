//! AUTH: paths through relays that act for us, RFC 4976 §5.1.

use std::time::{Duration, Instant};
use std::vec::Vec;

use grammar::ByteStr;

use super::wire::Mark;
use super::{Connection, Error, Event, Output, PathKey, Phase, SessionKey};
use crate::encode::check_value;
use crate::session::Pending;
use crate::{Flag, FrameWriter, Head, RelayConfig, StatusCode, Uri};

/// How long before its end a path is asked for again, at most.
const AHEAD: Duration = Duration::from_secs(60);

/// A path that is asked for, or that we have.
///
/// ```text
/// asking ──credentials──▶ sent ──200, more relays──▶ asking
///    ▲                     │ ├──401──▶ asking
///    │                     │ ├──423──▶ sent, with the interval the relay takes
///    │                     │ └──200──▶ granted ──most of the time is over──▶ asking
///    └─────────────────────┴───────────────────────────┘
/// any ──another status, no response, one challenge too many──▶ gone
/// ```
#[derive(Debug)]
pub(super) struct RelayPath {
    config: RelayConfig,
    /// The Use-Path of the relays that let us through, in this round.
    use_path: Vec<Uri>,
    /// How many of the relays did.
    passed: usize,
    state: State,
    /// Whether the relay wants credentials that it did not get yet.
    challenged: bool,
    /// Responses that did not bring us further, since the last that did.
    setbacks: usize,
    /// The shortest time that one of the relays gave, in this round.
    expires: Option<Duration>,
    /// When to ask again.
    refresh_at: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The user looks for credentials.
    Asking,
    /// AUTH is out.
    Sent,
    Granted,
}

impl RelayPath {
    /// To-Path of AUTH: the relays that know us, and the next one, which is to get to know us.
    fn to_path(&self) -> Vec<Uri> {
        self.use_path.iter().chain(self.config.relays.get(self.passed)).cloned().collect()
    }

    /// A new round: all relays are asked.
    fn restart(&mut self) {
        self.use_path.clear();
        (self.passed, self.setbacks) = (0, 0);
        (self.expires, self.refresh_at) = (None, None);
        self.state = State::Asking;
    }
}

impl Connection {
    /// Asks the relay at the other end, and those behind it, for a path to our session `config.local`.
    ///
    /// [`Output::Authorize`] wants credentials for each relay, then [`Event::PathGranted`] brings the path; it is
    /// asked for again, with the same outputs, before its time is over, for as long as the connection lives or until
    /// [`Self::withdraw`]. What the path is for is the caller's: it stands before the peer's path in
    /// [`SessionConfig::peer`], and, in reverse and before our own URI, in our `a=path`. One path is for one
    /// session.
    ///
    /// [`SessionConfig::peer`]: crate::SessionConfig::peer
    ///
    /// # Errors
    ///
    /// [`Error::Closed`], [`Error::NoRelay`] if there is none to ask, [`Error::TooManyPaths`].
    pub fn authorize(&mut self, config: RelayConfig) -> Result<PathKey, Error> {
        if self.phase != Phase::Open {
            return Err(Error::Closed);
        }
        if config.relays.is_empty() {
            return Err(Error::NoRelay);
        }
        if self.paths.len() >= self.config.limits.max_paths {
            return Err(Error::TooManyPaths);
        }
        let key = PathKey(self.key());
        let path = RelayPath {
            config,
            use_path: Vec::new(),
            passed: 0,
            state: State::Asking,
            challenged: false,
            setbacks: 0,
            expires: None,
            refresh_at: None,
        };
        self.paths.insert(key, path);
        self.ask_for_credentials(key, Vec::new());
        Ok(key)
    }

    /// Answers [`Output::Authorize`]: the value of Authorization, or `None` to ask without one. Where a relay has
    /// challenged us, `None` gives the path up with its 401.
    ///
    /// # Errors
    ///
    /// [`Error::Unsendable`] if the value has a control character; the path still waits.
    pub fn credentials(&mut self, key: PathKey, authorization: Option<&str>) -> Result<(), Error> {
        if let Some(value) = authorization {
            check_value("Authorization", value)?;
        }
        let Some(path) = self.paths.get_mut(&key).filter(|path| path.state == State::Asking) else {
            return Ok(());
        };
        if authorization.is_none() && path.challenged {
            self.refuse_path(key, StatusCode::UNAUTHORIZED);
        } else {
            self.send_auth(key, authorization);
        }
        Ok(())
    }

    /// Forgets a path. The relays forget it when its time is over, or with the connection.
    pub fn withdraw(&mut self, key: PathKey) {
        if self.paths.remove(&key).is_some() {
            self.transactions.remove_if(|pending| *pending == Pending::Path(key));
            self.outputs.retain(|output| match output {
                Output::Authorize { path, .. }
                | Output::Event(Event::PathGranted { path, .. } | Event::PathRefused { path, .. }) => {
                    *path != key
                }
                _ => true,
            });
        }
    }

    /// Sends what is yet to be sent in a session through other relays: `to` in place of `from`, which is the start of
    /// the peer's path. Nothing changes if it is not.
    pub fn reroute(&mut self, session: SessionKey, from: &[Uri], to: &[Uri]) {
        if let Some(session) = self.sessions.get_mut(&session)
            && let Some(rest) = session.peer.strip_prefix(from)
            && !rest.is_empty()
        {
            session.peer = to.iter().map(Uri::detach).chain(rest.iter().cloned()).collect();
        }
    }

    /// The peer takes another path: what is yet to be sent in a session goes to `peer`, which is not empty.
    pub fn repath(&mut self, session: SessionKey, peer: &[Uri]) {
        if let Some(session) = self.sessions.get_mut(&session).filter(|_| !peer.is_empty()) {
            session.peer = peer.iter().map(Uri::detach).collect();
        }
    }

    fn ask_for_credentials(&mut self, key: PathKey, challenges: Vec<ByteStr>) {
        let Some(path) = self.paths.get_mut(&key) else { return };
        path.state = State::Asking;
        path.challenged = !challenges.is_empty();
        if let Some(relay) = path.config.relays.get(path.passed) {
            self.outputs.push_back(Output::Authorize { path: key, relay: relay.clone(), challenges });
        }
    }

    fn send_auth(&mut self, key: PathKey, authorization: Option<&str>) {
        if self.phase != Phase::Open {
            return;
        }
        let tid = self.fresh_tid(&[]);
        let Some(path) = self.paths.get_mut(&key) else { return };
        path.state = State::Sent;
        let to_path = path.to_path();
        let expires = path.config.expires.map(|expires| std::format!("{}", expires.as_secs()));
        let authorization = authorization.map(|value| ("Authorization", value));
        let expires = expires.as_deref().map(|value| ("Expires", value));
        let others: Vec<(&str, &str)> = authorization.into_iter().chain(expires).collect();
        let writer =
            FrameWriter::request(tid, "AUTH", to_path.as_slice(), &path.config.local).others(&others);
        let frame = super::outbound::frame(writer, Flag::Last, &mut self.scratch);
        self.transactions.insert(tid, Pending::Path(key));
        self.wire.hand(frame.len(), Mark::Request(tid));
        self.outputs.push_back(Output::Transmit(frame));
    }

    /// Takes the response to an AUTH.
    pub(super) fn receive_auth_response(
        &mut self,
        key: PathKey,
        head: &Head,
        status: StatusCode,
        now: Instant,
    ) {
        let max_setbacks = self.config.limits.max_setbacks;
        let Some(path) = self.paths.get_mut(&key) else { return };
        match status {
            _ if status.is_success() => self.pass_relay(key, head, now),
            StatusCode::UNAUTHORIZED | StatusCode::OUT_OF_BOUNDS if path.setbacks >= max_setbacks => {
                self.refuse_path(key, status);
            }
            StatusCode::UNAUTHORIZED => {
                path.setbacks += 1;
                let challenges: Vec<ByteStr> =
                    head.challenges().map(|value| head.share(value).detach()).collect();
                if challenges.is_empty() {
                    self.refuse_path(key, status);
                } else {
                    self.ask_for_credentials(key, challenges);
                }
            }
            StatusCode::OUT_OF_BOUNDS => {
                // The RFC has one of them in the response.
                let bounds = [head.min_expires(), head.max_expires()];
                match bounds.into_iter().find_map(|bound| bound.ok().flatten()) {
                    Some(bound) if path.config.expires != Some(bound) => {
                        path.setbacks += 1;
                        path.config.expires = Some(bound);
                        self.ask_for_credentials(key, Vec::new());
                    }
                    _ => self.refuse_path(key, status),
                }
            }
            _ => self.refuse_path(key, status),
        }
    }

    /// A relay lets us through: on to the next one, or the path is complete.
    fn pass_relay(&mut self, key: PathKey, head: &Head, now: Instant) {
        let use_path = head.use_path().unwrap_or_default();
        let expires = head.expires().ok().flatten();
        let Some(path) = self.paths.get_mut(&key) else { return };
        if use_path.is_empty() {
            return self.refuse_path(key, StatusCode::BAD_REQUEST);
        }
        // Lenient: a relay behind another may list itself alone; then what we had comes before it.
        let known = path
            .use_path
            .first()
            .is_none_or(|first| use_path.first().is_some_and(|new| new.equivalent(first)));
        if !known {
            path.use_path.extend(use_path.iter().map(Uri::detach));
        } else {
            path.use_path = use_path.iter().map(Uri::detach).collect();
        }
        path.passed += 1;
        path.setbacks = 0;
        path.expires = [path.expires, expires].into_iter().flatten().min();
        if path.passed < path.config.relays.len() {
            return self.ask_for_credentials(key, Vec::new());
        }
        path.state = State::Granted;
        path.refresh_at = path.expires.map(|expires| now + expires.saturating_sub(AHEAD.min(expires / 2)));
        let (use_path, expires) = (path.use_path.clone(), path.expires);
        self.event(Event::PathGranted { path: key, use_path, expires });
    }

    pub(super) fn refuse_path(&mut self, key: PathKey, status: StatusCode) {
        if self.paths.remove(&key).is_some() {
            self.event(Event::PathRefused { path: key, status: status.as_u16() });
        }
    }

    /// When the next path is to be asked for again.
    pub(super) fn refresh_deadline(&self) -> Option<Instant> {
        self.paths.values().filter_map(|path| path.refresh_at).min()
    }

    pub(super) fn refresh_paths(&mut self, now: Instant) {
        let is_due = |path: &RelayPath| path.refresh_at.is_some_and(|at| at <= now);
        let due: Vec<PathKey> =
            self.paths.iter().filter(|(_, path)| is_due(path)).map(|(&key, _)| key).collect();
        for key in due {
            if let Some(path) = self.paths.get_mut(&key) {
                path.restart();
            }
            self.ask_for_credentials(key, Vec::new());
        }
    }

    /// With the connection its paths are gone.
    pub(super) fn lose_paths(&mut self) {
        while let Some((key, _)) = self.paths.pop_first() {
            self.event(Event::PathRefused { path: key, status: StatusCode::TIMEOUT.as_u16() });
        }
    }
}
