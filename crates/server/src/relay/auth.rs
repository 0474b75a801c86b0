//! AUTH: who gets a URI, and for how long (RFC 4976 §6.3).

use std::time::{Duration, Instant};

use grammar::{ByteStr, ParseErrorKind, Reading};
use msrp::{Head, HeaderName, StatusCode, Uri};
use sip_ua::{FlowId, Transport};

use super::gate::Verdict;
use super::wire::Reply;
use super::{Admission, MsrpRelay, Output};
use crate::Event;

impl MsrpRelay {
    pub(super) fn handle_auth(&mut self, flow: FlowId, head: &Head, body: &[u8], now: Instant) {
        let paths = head.check(Reading::Lenient).and_then(|_| Ok((head.to_path()?, head.from_path()?)));
        let Ok((to, from)) = paths else {
            self.refuse(flow, head, StatusCode::BAD_REQUEST, now);
            return;
        };
        if to.has_relays() {
            self.forward_auth(flow, head, body, now);
            return;
        }
        let (Ok(target), Some(reply)) = (Uri::parse(head.share(to.first())), Reply::to(head)) else { return };
        if !self.is_ours(&target) {
            self.refuse(flow, head, StatusCode::FORBIDDEN, now);
            self.close(flow, now);
            return;
        }
        let path: Vec<_> = from.uris(head.text()).collect();
        let Some((user, info)) = self.admit(flow, head, to.last(), &reply, now) else { return };
        let lifetime = match self.lifetime(head) {
            Ok(lifetime) => lifetime,
            Err(Bound::Unreadable) => {
                self.refuse(flow, head, StatusCode::BAD_REQUEST, now);
                return;
            }
            Err(Bound::Is(name, bound)) => {
                let bound = bound.as_secs().to_string();
                let headers = [(name.as_str(), bound.as_str())];
                self.queue(flow, reply.write(StatusCode::OUT_OF_BOUNDS, &headers));
                self.outputs.push_back(Output::Event(Event::RelayRefused {
                    status: StatusCode::OUT_OF_BOUNDS.as_u16(),
                }));
                return;
            }
        };
        let Some(own) = self.grant(flow, &target, &user, &path, now + lifetime) else {
            self.refuse(flow, head, StatusCode::FORBIDDEN, now);
            return;
        };
        // RFC 4976 §5.1: in the order of a To-Path, so the relays before us come first.
        let relays = path.split_last().map(|(_, relays)| relays).unwrap_or_default();
        let use_path: Vec<_> = relays.iter().rev().chain([&own]).map(Uri::as_str).collect();
        let (use_path, expires) = (use_path.join(" "), lifetime.as_secs());
        let seconds = expires.to_string();
        let mut headers = vec![(HeaderName::UsePath.as_str(), use_path.as_str())];
        headers.extend(info.as_deref().map(|info| (HeaderName::AuthenticationInfo.as_str(), info)));
        headers.push((HeaderName::Expires.as_str(), &seconds));
        self.accepted(flow, flow);
        self.queue(flow, reply.write(StatusCode::OK, &headers));
        self.outputs.push_back(Output::Event(Event::RelayGranted { user, expires }));
    }

    /// Whose AUTH this is, and the value of Authentication-Info; `None` if it was answered with a challenge.
    fn admit(
        &mut self,
        flow: FlowId,
        head: &Head,
        target: &str,
        reply: &Reply,
        now: Instant,
    ) -> Option<(ByteStr, Option<String>)> {
        if self.settings.admission == Admission::Anybody {
            return Some((ByteStr::from_static(""), None));
        }
        let link = self.links.get_mut(&flow)?;
        let verdict = self.gate.judge(head.get(HeaderName::Authorization), target, &mut link.nonces, now);
        let stale = match verdict {
            Verdict::Allowed { user, info } => return Some((user, info)),
            Verdict::Stale => true,
            Verdict::Missing | Verdict::Denied => false,
        };
        let max = self.settings.limits.max_nonces;
        let challenge = self.gate.challenge(stale, &mut link.nonces, max, &mut self.ids, now);
        let headers = [(HeaderName::WwwAuthenticate.as_str(), challenge.as_str())];
        self.queue(flow, reply.write(StatusCode::UNAUTHORIZED, &headers));
        if verdict == Verdict::Denied {
            self.outputs
                .push_back(Output::Event(Event::RelayRefused { status: StatusCode::UNAUTHORIZED.as_u16() }));
            // A relay before us brings the AUTHs of many clients.
            if !reply.to_path.contains(' ') {
                self.wrong_credentials(flow, now);
            }
        }
        None
    }

    /// Wrong credentials came on a connection. It is closed after several; what is queued is written first.
    pub(super) fn wrong_credentials(&mut self, flow: FlowId, now: Instant) {
        let Some(link) = self.links.get_mut(&flow) else { return };
        link.auth_failures = link.auth_failures.saturating_add(1);
        if link.auth_failures >= self.settings.limits.max_auth_failures {
            self.close(flow, now);
        }
    }

    /// For how long a URI is given out, by the wish in Expires.
    fn lifetime(&self, head: &Head) -> Result<Duration, Bound> {
        let timers = &self.settings.timers;
        let wish = match head.expires() {
            Ok(wish) => wish.unwrap_or(timers.default_expires),
            // More than can be counted is more than is allowed.
            Err(error) if error.kind() == ParseErrorKind::OutOfRange => Duration::MAX,
            Err(_) => return Err(Bound::Unreadable),
        };
        if wish < timers.min_expires {
            Err(Bound::Is(HeaderName::MinExpires, timers.min_expires))
        } else if wish > timers.max_expires {
            Err(Bound::Is(HeaderName::MaxExpires, timers.max_expires))
        } else {
            Ok(wish)
        }
    }

    /// A URI for a client: the one it has, for longer, or a new one. `None` where there is no room, or the AUTH
    /// names a URI that is not this client's.
    fn grant(
        &mut self,
        flow: FlowId,
        target: &Uri,
        user: &ByteStr,
        path: &[Uri],
        until: Instant,
    ) -> Option<Uri> {
        if let Some(uri) = self.grants.held(flow, user, path).map(|grant| grant.uri.clone()) {
            if target.session_id().is_some() && !uri.equivalent(target) {
                return None;
            }
            self.grants.prolong(&uri, until);
            return Some(uri);
        }
        if target.session_id().is_some() {
            return None;
        }
        let secure = self.links.get(&flow).is_some_and(|link| link.secure);
        let id = self.ids.text();
        let uri = self.own_uri(&id, if secure { Transport::Tls } else { Transport::Tcp })?;
        self.grants.insert(uri.clone(), user.clone(), flow, path, until).ok()?;
        Some(uri)
    }
}

/// Why a lifetime is not granted.
#[derive(Debug)]
enum Bound {
    /// It is no number of seconds.
    Unreadable,
    /// It is beyond this bound, which the header of this name tells.
    Is(HeaderName, Duration),
}
