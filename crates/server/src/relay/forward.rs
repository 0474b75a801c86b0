//! Requests and responses on their way through (RFC 4976 §6.4).

use std::sync::Arc;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use grammar::{ByteStr, Reading};
use msrp::{ByteRange, FailureReport, Flag, Head, Method, StatusCode, Uri};
use sip_ua::{FlowId, Protocol, Target, Transport};

use super::grants::same_path;
use super::link::{Hop, Incoming, Link};
use super::stream::{Origin, Stream};
use super::transactions::Awaited;
use super::wire::{self, Reply};
use super::{MsrpRelay, Output};
use crate::Event;

/// Where a request goes on to.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) to: FlowId,
    pub(super) to_path: String,
    pub(super) from_path: String,
}

/// Why a request does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is answered with this.
    Status(StatusCode),
    /// It is not for us (RFC 4976 §6.2): the connection is closed.
    Foreign,
}

impl MsrpRelay {
    // Frames, part by part.

    pub(super) fn handle_head(&mut self, flow: FlowId, head: Head, now: Instant) {
        let incoming = match head.method() {
            None => {
                self.handle_response(flow, &head, now);
                Incoming::Discarded
            }
            Some(Method::Send) => self.handle_send(flow, &head, now),
            Some(Method::Report | Method::Auth) => {
                Incoming::Whole { head: Box::new(head), body: BytesMut::new() }
            }
            Some(_) => {
                self.refuse(flow, &head, StatusCode::UNKNOWN_METHOD, now);
                Incoming::Discarded
            }
        };
        if let Some(link) = self.links.get_mut(&flow) {
            link.incoming = incoming;
        }
    }

    pub(super) fn handle_content(&mut self, flow: FlowId, content: Bytes, now: Instant) {
        let max_body = self.settings.limits.max_body;
        let Some(link) = self.links.get_mut(&flow) else { return };
        match &mut link.incoming {
            Incoming::None | Incoming::Discarded => {}
            Incoming::Stream { to, .. } => {
                let (to, octets) = (*to, content.len());
                if self.links.get_mut(&to).is_some_and(|link| link.push(flow, content, now)) {
                    self.touched.insert(to);
                    self.hold(flow, octets);
                }
            }
            Incoming::Whole { head, body } if body.len() + content.len() > max_body => {
                let head = head.clone();
                link.incoming = Incoming::Discarded;
                self.refuse(flow, &head, StatusCode::STOP, now);
            }
            Incoming::Whole { body, .. } => body.extend_from_slice(&content),
        }
    }

    pub(super) fn handle_end(&mut self, flow: FlowId, flag: Flag, now: Instant) {
        let Some(link) = self.links.get_mut(&flow) else { return };
        match std::mem::replace(&mut link.incoming, Incoming::None) {
            Incoming::None | Incoming::Discarded => {}
            Incoming::Stream { to, reply, wanted } => {
                if self.links.get_mut(&to).is_some_and(|link| link.end(flow, flag)) {
                    self.touched.insert(to);
                }
                // RFC 4976 §6.4.1: taken, not yet delivered.
                if wanted == FailureReport::Yes {
                    self.queue(flow, reply.and_then(|reply| reply.write(StatusCode::OK, &[])));
                }
            }
            Incoming::Whole { head, body } => match head.method() {
                Some(Method::Auth) => self.handle_auth(flow, &head, &body, now),
                _ => self.handle_report(flow, &head, &body, now),
            },
        }
    }

    // Requests.

    /// A SEND: its content goes on as it comes.
    fn handle_send(&mut self, flow: FlowId, head: &Head, now: Instant) -> Incoming {
        let wanted = head.failure_report().unwrap_or_default();
        let sound = head.check(Reading::Lenient).is_ok() && Stream::is_sound(head);
        let bad = Refusal::Status(StatusCode::BAD_REQUEST);
        let route = match sound {
            true if self.is_ending => Err(Refusal::Status(StatusCode::TIMEOUT)),
            true => self.route(flow, head, now),
            false => Err(bad),
        };
        let opened = route.and_then(|route| {
            let back = head.from_path().map_err(|_| bad)?;
            let own = head.to_path().map_err(|_| bad)?;
            let origin = Origin {
                flow,
                to_path: back.as_str().into(),
                from_path: own.first().into(),
                message_id: head.message_id().map(ByteStr::from),
                failure_report: wanted,
            };
            Ok((route.to, Stream::new(head, origin, route.to_path, route.from_path)))
        });
        match opened {
            Ok((to, stream)) => {
                self.accepted(flow, to);
                let cost = self.links.get_mut(&to).map_or(0, |link| link.open_stream(flow, stream));
                self.hold(flow, cost);
                Incoming::Stream { to, reply: Reply::to(head), wanted }
            }
            Err(Refusal::Status(status)) => {
                self.refuse(flow, head, status, now);
                Incoming::Discarded
            }
            Err(Refusal::Foreign) => {
                self.refuse(flow, head, StatusCode::NO_SESSION, now);
                self.close(flow, now);
                Incoming::Discarded
            }
        }
    }

    /// A REPORT goes on whole, and is never answered (RFC 4975 §7.1.2).
    fn handle_report(&mut self, flow: FlowId, head: &Head, body: &[u8], now: Instant) {
        let route = match head.check(Reading::Lenient) {
            Ok(_) => self.route(flow, head, now),
            Err(_) => Err(Refusal::Status(StatusCode::BAD_REQUEST)),
        };
        match route {
            Ok(Route { to, to_path, from_path }) => {
                self.accepted(flow, to);
                let frame = wire::request(self.ids.tid(), head, &to_path, &from_path, body);
                self.queue(to, frame);
            }
            Err(Refusal::Status(status)) => self.refuse(flow, head, status, now),
            Err(Refusal::Foreign) => self.close(flow, now),
        }
    }

    /// An AUTH for a relay behind us goes on whole; its response comes back.
    pub(super) fn forward_auth(&mut self, flow: FlowId, head: &Head, body: &[u8], now: Instant) {
        match self.route(flow, head, now) {
            Ok(Route { to, to_path, from_path }) => {
                let Some(reply) = Reply::to(head) else { return };
                let tid = self.ids.tid();
                let frame = wire::request(tid, head, &to_path, &from_path, body);
                let has_credentials = head.get(msrp::HeaderName::Authorization).is_some();
                let awaited = Awaited::Auth { from: flow, reply, has_credentials };
                let limits = &self.settings.limits;
                let queued = self
                    .links
                    .get_mut(&to)
                    .is_some_and(|link| link.queue_request(frame, tid, awaited, limits));
                if queued {
                    self.accepted(flow, to);
                    self.touched.insert(to);
                } else {
                    self.refuse(flow, head, StatusCode::TIMEOUT, now);
                }
            }
            Err(Refusal::Status(status)) => self.refuse(flow, head, status, now),
            Err(Refusal::Foreign) => self.close(flow, now),
        }
    }

    /// Where a request goes on to. RFC 4976 §6.4: the first URI is one we handed out, and "either 1) the next hop
    /// is the next hop back toward the client that obtained this URI, or 2) the previous hop was the correct
    /// previous hop coming from the client".
    fn route(&mut self, flow: FlowId, head: &Head, now: Instant) -> Result<Route, Refusal> {
        let bad = |_| Refusal::Status(StatusCode::BAD_REQUEST);
        let to: Vec<_> = head.to_path().map_err(bad)?.uris(head.text()).collect();
        let peer: Vec<_> = head.from_path().map_err(bad)?.uris(head.text()).collect();
        let mut back = peer.clone();
        let mut previous = Some(flow);
        let mut ahead = to.as_slice();
        loop {
            let no_session = Refusal::Status(StatusCode::NO_SESSION);
            let (own, rest) = ahead.split_first().ok_or(no_session)?;
            if !self.is_ours(own) {
                return Err(Refusal::Foreign);
            }
            let grant = self.grants.get(own).filter(|grant| grant.expires_at > now).ok_or(no_session)?;
            let next = rest.first().ok_or(no_session)?;
            let client = grant.flow;
            let to_client = same_path(rest, &grant.path);
            let from_client = previous == Some(client) && same_path(&back, &grant.path);
            let known = grant.peer(rest);
            if !to_client && !from_client {
                return Err(Refusal::Status(StatusCode::FORBIDDEN));
            }
            let to = if to_client {
                if flow != client && previous.is_some() && self.suits(flow, &peer) {
                    self.grants.remember(own, &peer, flow);
                }
                Some(client)
            } else if self.is_ours(next) {
                // Both clients are ours: the next hop is this relay once more.
                None
            } else {
                let to = known.or_else(|| self.flow_to(next, now)).ok_or(no_session)?;
                self.grants.remember(own, rest, to);
                Some(to)
            };
            back.insert(0, own.clone());
            if let Some(to) = to {
                return Ok(Route { to, to_path: text(rest), from_path: text(&back) });
            }
            previous = None;
            ahead = rest;
        }
    }

    /// Whether what goes to `peer` may take the connection it was heard on: `msrps` wants TLS.
    fn suits(&self, flow: FlowId, peer: &[Uri]) -> bool {
        let secure = self.links.get(&flow).is_some_and(|link| link.secure);
        secure || peer.first().is_some_and(|uri| !uri.is_secure())
    }

    /// A connection to the next hop: the one there is to this scheme, host and port, or a new one.
    fn flow_to(&mut self, uri: &Uri, now: Instant) -> Option<FlowId> {
        let port = uri.port().unwrap_or(2855); // RFC 4976 §8
        let host = ByteStr::from(uri.host().to_ascii_lowercase());
        let hop = Hop { secure: uri.is_secure(), host, port };
        let known = self.links.iter().find(|(_, link)| link.hop.as_ref() == Some(&hop));
        if let Some((flow, _)) = known {
            return Some(*flow);
        }
        let named = |(name, _): &&(ByteStr, _)| name.eq_ignore_ascii_case(&hop.host);
        let ip = uri.ip().or_else(|| self.settings.hosts.iter().find(named).map(|(_, ip)| *ip))?;
        if self.links.len() >= self.settings.limits.max_links {
            return None;
        }
        let flow = FlowId::outgoing(self.opened);
        self.opened += 1;
        let target = Target {
            protocol: Protocol::Msrp,
            transport: if hop.secure { Transport::Tls } else { Transport::Tcp },
            address: (ip, port).into(),
            // As a certificate has it: without the brackets of an IPv6 address.
            server_name: hop.secure.then(|| hop.host.trim_matches(['[', ']']).into()),
        };
        self.outputs.push_back(Output::Open { flow, target });
        let mut link = Link::new(&self.settings.limits, now);
        link.secure = hop.secure;
        link.opening_until = Some(now + self.settings.timers.connect);
        link.hop = Some(hop);
        self.links.insert(flow, link);
        Some(flow)
    }

    // Responses.

    /// A response ends its transaction; to a SEND it goes no further (RFC 4976 §6.4.3).
    fn handle_response(&mut self, flow: FlowId, head: &Head, now: Instant) {
        let Some(status) = head.status() else { return };
        let Some(awaited) = self.links.get_mut(&flow).and_then(|link| link.answered(head.tid())) else {
            return;
        };
        self.touched.insert(flow);
        match awaited {
            Awaited::Chunk { .. } if status.is_success() => {}
            Awaited::Chunk { .. } => self.failed(awaited, status),
            Awaited::Auth { from, reply, has_credentials } => {
                // A relay before us brings the AUTHs of many clients.
                let is_client = !reply.to_path.contains(' ');
                self.queue(from, reply.pass_on(head));
                let challenge = head.get(msrp::HeaderName::WwwAuthenticate).unwrap_or_default();
                let stale = digest::Challenge::parse(challenge).is_ok_and(|challenge| challenge.stale());
                if status == StatusCode::UNAUTHORIZED && has_credentials && !stale && is_client {
                    self.wrong_credentials(from, now);
                }
            }
        }
    }

    /// A request that was passed on did not get through.
    pub(super) fn failed(&mut self, awaited: Awaited, status: StatusCode) {
        match awaited {
            // RFC 4976 §6.4.1: no timer runs for `partial`, so its end says nothing.
            Awaited::Chunk { origin, .. }
                if status == StatusCode::TIMEOUT && origin.failure_report != FailureReport::Yes => {}
            Awaited::Chunk { origin, range } => self.report(&origin, range, status),
            Awaited::Auth { from, reply, .. } => self.queue(from, reply.write(status, &[])),
        }
    }

    /// Tells the sender of a chunk that was answered 200 what became of it.
    fn report(&mut self, origin: &Arc<Origin>, range: Option<ByteRange>, status: StatusCode) {
        if origin.failure_report != FailureReport::No && self.links.contains_key(&origin.flow) {
            let frame = wire::report(self.ids.tid(), origin, range, status);
            self.outputs.push_back(Output::Event(Event::RelayReported { status: status.as_u16() }));
            self.queue(origin.flow, frame);
        }
    }

    /// What waited for a connection that is gone. A chunk that still comes in is answered, one that was answered
    /// is reported.
    pub(super) fn undelivered(&mut self, to: FlowId, stream: &Stream, now: Instant) {
        let origin = &stream.origin;
        if stream.is_ended() {
            self.report(origin, stream.unsent(), StatusCode::TIMEOUT);
        } else if let Some(link) = self.links.get_mut(&origin.flow)
            && matches!(&link.incoming, Incoming::Stream { to: same, .. } if *same == to)
            && let Incoming::Stream { reply, wanted, .. } =
                std::mem::replace(&mut link.incoming, Incoming::Discarded)
            && wanted != FailureReport::No
        {
            link.used_at = now;
            self.queue(origin.flow, reply.and_then(|reply| reply.write(StatusCode::TIMEOUT, &[])));
        }
    }

    /// A source is gone in the middle of a frame: what came of it goes on, for the sender may resume.
    pub(super) fn cut_off(&mut self, flow: FlowId, incoming: &Incoming) {
        if let Incoming::Stream { to, .. } = incoming
            && self.links.get_mut(to).is_some_and(|link| link.end(flow, Flag::More))
        {
            self.touched.insert(*to);
        }
    }

    // What a connection gets.

    /// Queues a whole frame for a connection.
    pub(super) fn queue(&mut self, flow: FlowId, frame: Option<Bytes>) {
        if let Some(link) = self.links.get_mut(&flow) {
            link.queue(frame);
            self.touched.insert(flow);
        }
    }

    /// More of what a source brought is held for others.
    fn hold(&mut self, flow: FlowId, octets: usize) {
        if let Some(link) = self.links.get_mut(&flow) {
            link.held += octets;
        }
    }

    /// A request of `flow` was accepted, for `to`.
    pub(super) fn accepted(&mut self, flow: FlowId, to: FlowId) {
        if let Some(link) = self.links.get_mut(&flow) {
            link.probation_until = None;
            link.feeds = Some(to);
        }
    }

    /// Refuses a request, with a response where one is wanted. A connection that never had one accepted is
    /// closed after several (RFC 4976 §6.1).
    pub(super) fn refuse(&mut self, flow: FlowId, head: &Head, status: StatusCode, now: Instant) {
        self.outputs.push_back(Output::Event(Event::RelayRefused { status: status.as_u16() }));
        let wanted = match head.method() {
            Some(Method::Report) | None => false,
            Some(Method::Send) => head.failure_report().unwrap_or_default() != FailureReport::No,
            Some(_) => true,
        };
        if wanted {
            self.queue(flow, Reply::to(head).and_then(|reply| reply.write(status, &[])));
        }
        let Some(link) = self.links.get_mut(&flow) else { return };
        link.refused = link.refused.saturating_add(1);
        if link.probation_until.is_some() && link.refused >= self.settings.limits.max_refused {
            self.close(flow, now);
        }
    }
}

/// URIs as a path is written.
fn text(uris: &[Uri]) -> String {
    uris.iter().map(Uri::as_str).collect::<Vec<_>>().join(" ")
}
