//! From bytes to messages to whom they are for (RFC 3261 §18.1.2, §18.2.1, §8.2).

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use grammar::ParseError;
use sip::{HeaderName, Headers, Message, Method, Refusal, Request, StatusCode};

use super::{UserAgent, Wake};
use crate::dialog::DialogId;
use crate::exchange::{Exchange, ExchangeId, Stage};
use crate::flows::{Found, Listen, Local, PING, PONG, Received};
use crate::locate::Hop;
use crate::registration::Keeper;
use crate::transaction::{ReplyTo, Route, ServerId};
use crate::{Error, Event, FlowError, FlowId, Misbehaviour, Output, Transport};

impl UserAgent {
    /// Bytes came on a flow.
    pub(super) fn receive(&mut self, flow: FlowId, bytes: Bytes, now: Instant) {
        let mut next = self.flows.push(flow, bytes, now);
        if next.is_none() {
            next = self.flows.next_received(flow, now);
        }
        while let Some(received) = next {
            match received {
                // The caller does not drain its outputs: what UDP loses is repeated, a stream is read on.
                Received::Message(_) if self.outputs.len() >= self.config.limits.outputs => {}
                Received::Message(message) => self.take_message(flow, message, now),
                Received::Pings(pings) => {
                    for _ in 0..pings {
                        self.transmit(flow, PONG, now);
                    }
                }
                Received::Garbage(error, bytes) => self.take_garbage(flow, error, &bytes, now),
                Received::Broken(error, answer) => self.stream_broken(flow, error, answer, now),
            }
            next = self.flows.next_received(flow, now);
        }
    }

    /// A message came on a flow.
    pub(super) fn take_message(&mut self, flow: FlowId, message: Message, now: Instant) {
        match message {
            // A response without transaction is a late one: RFC 6026 §8.2 drops it.
            Message::Response(response) if is_single(response.headers()) => {
                self.layer.handle_response(response, now);
            }
            Message::Response(_) => {}
            Message::Request(request) => {
                if let Some(local) = self.local(flow) {
                    self.take_request(local, &request, now);
                }
            }
        }
    }

    /// A datagram that is no message: answered if it is at least a request, and told.
    fn take_garbage(&mut self, flow: FlowId, error: ParseError, bytes: &Bytes, now: Instant) {
        let Some(local) = self.local(flow) else { return };
        if let Some(answer) = Refusal::of_bytes(bytes, &error).and_then(|refusal| refusal.response().cloned())
        {
            self.transmit(flow, answer, now);
        }
        let error = Error::PeerMisbehaved(Misbehaviour::NotSip(error));
        self.emit(Event::Garbage { flow, peer: local.peer, error });
    }

    /// A stream on which the next message cannot be found: closed, after an answer if there is one to give.
    fn stream_broken(&mut self, flow: FlowId, error: ParseError, answer: Option<Bytes>, now: Instant) {
        if let Some(answer) = answer {
            self.transmit(flow, answer, now);
        }
        let peer = self.flows.peer(flow);
        let error = Error::PeerMisbehaved(Misbehaviour::NotSip(error));
        self.close_flow(flow, &error, now);
        if let Some(peer) = peer {
            self.emit(Event::Garbage { flow, peer, error });
        }
    }

    /// A request came.
    fn take_request(&mut self, local: Local, request: &Request, now: Instant) {
        // RFC 3261 §18.2.1 puts our view of the sender into the Via; one that cannot be read leaves no more to
        // do than to refuse what can be recognised.
        if let Err(error) = request.via() {
            let refusal = Refusal::of_bytes(request.as_bytes(), &error);
            if let Some(answer) = refusal.and_then(|refusal| refusal.response().cloned()) {
                self.transmit(local.flow, answer, now);
            }
            return;
        }
        let Ok(request) = request.edit().received(local.peer).finish() else { return };
        let Some(reply_to) = reply_to(&local, &request) else { return };
        if !is_sound(&request) {
            return self.answer_stateless(&request, reply_to, StatusCode::BAD_REQUEST, now);
        }
        match self.layer.handle_request(&request, reply_to, now) {
            Route::Absorbed => {}
            Route::Ack => self.take_ack(&request, now),
            Route::Unreadable => self.answer_stateless(&request, reply_to, StatusCode::BAD_REQUEST, now),
            Route::Merged if self.layer.is_full_of_servers() => {
                self.answer_stateless(&request, reply_to, StatusCode::LOOP_DETECTED, now);
            }
            Route::Merged => self.answer_new(&request, reply_to, StatusCode::LOOP_DETECTED, now),
            Route::New if self.layer.is_full_of_servers() => {
                self.answer_stateless(&request, reply_to, StatusCode::SERVICE_UNAVAILABLE, now);
            }
            Route::New if *request.method() == Method::CANCEL => self.take_cancel(&request, reply_to, now),
            Route::New => {
                let trying = self.trying(&request);
                if let Some(server) = self.layer.accept(&request, reply_to, trying, now) {
                    self.dispatch(server, &local, request, now);
                }
            }
        }
    }

    /// A new request, in the order of RFC 3261 §8.2: method, Request-URI, Require; then dialog or not.
    fn dispatch(&mut self, server: ServerId, local: &Local, request: Request, now: Instant) {
        let method = request.method();
        if !self.config.allow.contains(method) {
            let status = match is_known(method) {
                true => StatusCode::METHOD_NOT_ALLOWED,
                false => StatusCode::NOT_IMPLEMENTED,
            };
            return self.answer_inside(server, &request, status, now);
        }
        if request.uri().is_ok_and(|uri| !uri.is_sip() && uri.scheme() != sip::Scheme::Tel) {
            return self.answer_inside(server, &request, StatusCode::UNSUPPORTED_URI_SCHEME, now);
        }
        if !self.unsupported(&request).is_empty() {
            return self.answer_inside(server, &request, StatusCode::BAD_EXTENSION, now);
        }
        match DialogId::of_request(&request) {
            Some(id) => match self.dialogs.get(&id).copied() {
                Some(session) => self.take_in_dialog(session, server, local, request, now),
                None => self.take_in_early_dialog(&id, server, &request, now),
            },
            None => self.take_outside(server, local, request, now),
        }
    }

    /// A flow is up.
    pub(super) fn flow_up(
        &mut self,
        flow: FlowId,
        transport: Transport,
        local: SocketAddr,
        peer: SocketAddr,
        now: Instant,
    ) {
        if !flow.is_outgoing() && !self.flows.contains(flow) {
            self.make_room(flow, now);
        }
        let Some(waiting) = self.flows.handle_up(flow, transport, local, peer, now) else {
            self.outputs.push_back(Output::Close { flow });
            return;
        };
        self.schedule.set(Wake::Flow(flow), Some(now + self.config.timers.idle));
        for bytes in waiting {
            self.transmit(flow, bytes, now);
        }
        self.flow_opened(flow, now);
    }

    /// A flow is gone, or could not be opened.
    pub(super) fn flow_lost(&mut self, flow: FlowId, error: &Error, now: Instant) {
        if !self.flows.remove(flow) {
            return;
        }
        self.schedule.set(Wake::Flow(flow), None);
        self.schedule.set(Wake::Pong(flow), None);
        let waiting: Vec<ExchangeId> = self
            .exchanges
            .iter()
            .filter(|(_, exchange)| {
                matches!(exchange.stage, Stage::Opening(at) | Stage::AwaitingBody(at) if at == flow)
            })
            .map(|(id, _)| *id)
            .collect();
        for id in waiting {
            self.next_hop(id, error.clone(), now);
        }
        for client in self.layer.handle_flow_lost(flow) {
            self.exchange_lost(client, error, now);
        }
        self.registration_flow_lost(flow, error, now);
    }

    /// Closes a flow ourselves.
    pub(super) fn close_flow(&mut self, flow: FlowId, error: &Error, now: Instant) {
        if self.flows.contains(flow) {
            self.outputs.push_back(Output::Close { flow });
            self.flow_lost(flow, error, now);
        }
    }

    /// The flow to an address, with room made for it if it is a new one.
    pub(super) fn find_flow(&mut self, hop: &Hop, now: Instant) -> Result<Found, Error> {
        match self.flows.find(hop, now) {
            Err(_) => {
                self.make_room(FlowId::outgoing(0), now);
                self.flows.find(hop, now)
            }
            found => found,
        }
    }

    /// Closes flows of the direction of `like` that nobody needs, if there are as many as there may be.
    ///
    /// A request that waits for its answer needs its flow only if it is the application's to answer: the others have
    /// their answers, and a repeat of one opens its flow anew.
    fn make_room(&mut self, like: FlowId, now: Instant) {
        if self.flows.has_room(like) {
            return;
        }
        let mut needed: BTreeSet<FlowId> = self.layer.client_flows().collect();
        needed.extend(self.registrations.values().filter_map(Keeper::flow));
        needed.extend(self.sessions.values().filter_map(|session| session.flow));
        needed.extend(self.exchanges.values().filter_map(Exchange::flow));
        needed.extend(self.incoming.values().map(|incoming| incoming.local.flow));
        for flow in self.flows.longest_unused(like, &needed) {
            self.close_flow(flow, &Error::FlowLost(FlowError::ClosedByUs), now);
        }
    }

    /// A flow is idle, too long in opening, or due for a ping.
    pub(super) fn flow_timeout(&mut self, flow: FlowId, now: Instant) {
        let Some(used) = self.flows.used(flow) else { return };
        if self.flows.local(flow, Listen::default()).is_none() {
            return self.close_flow(flow, &Error::FlowLost(FlowError::TimedOut), now);
        }
        let registered = self.registrations.values().any(|keeper| keeper.flow() == Some(flow));
        let needed = registered
            || self.layer.uses(flow)
            || self.sessions.values().any(|session| session.flow == Some(flow))
            || self.exchanges.values().any(|exchange| exchange.flow() == Some(flow));
        if !needed && used + self.config.timers.idle <= now {
            return self.close_flow(flow, &Error::FlowLost(FlowError::ClosedByUs), now);
        }
        let stream = self.flows.transport(flow).is_some_and(Transport::is_reliable);
        let next = match self.config.timers.keep_alive.filter(|_| registered && stream) {
            Some(interval) => {
                self.transmit(flow, PING, now);
                self.flows.pinged(flow, now);
                self.pong_timeout(flow, now);
                // RFC 5626 §4.4.1: 80 to 100 % of the interval.
                interval.mul_f64(0.6) + self.ids.half_to_whole(interval.mul_f64(0.4))
            }
            None => self.config.timers.idle,
        };
        self.schedule.set(Wake::Flow(flow), Some(now + next));
    }

    /// RFC 5626 §4.4.1: a peer that answers pings and has not answered this one is gone.
    pub(super) fn pong_timeout(&mut self, flow: FlowId, now: Instant) {
        let Some(since) = self.flows.pong_awaited(flow) else { return };
        let end = since + self.config.timers.pong;
        if end <= now {
            return self.close_flow(flow, &Error::FlowLost(FlowError::TimedOut), now);
        }
        self.schedule.set(Wake::Pong(flow), Some(end));
    }

    /// The flow carries a registration now: pings begin.
    pub(crate) fn keep_alive(&mut self, flow: FlowId, now: Instant) {
        if let Some(interval) = self.config.timers.keep_alive {
            self.schedule.set(Wake::Flow(flow), Some(now + interval));
        }
    }
}

/// RFC 3261 §18.2.2: back on the flow, and if that is gone to the host it came from, at the port of its Via.
///
/// Differs: over UDP always to the source port, as if `rport` had been asked for (RFC 3581 §4): what is behind
/// a NAT gets its responses, and nobody can aim them at a port that did not ask.
fn reply_to(local: &Local, request: &Request) -> Option<ReplyTo> {
    let via = request.via().ok()?;
    let address = match local.transport {
        Transport::Udp => local.peer,
        // The peer's end of a connection takes no new one; the port it listens on does.
        Transport::Tcp | Transport::Tls => {
            let port = via.sent_by.port.unwrap_or_else(|| local.transport.default_port());
            SocketAddr::new(local.peer.ip(), port)
        }
    };
    Some(ReplyTo { flow: local.flow, transport: local.transport, address })
}

/// Whether the header fields every request needs can be read, and agree (RFC 3261 §8.1.1).
fn is_sound(request: &Request) -> bool {
    is_single(request.headers())
        && request.from().is_ok()
        && request.to().is_ok()
        && request.call_id().is_ok_and(|call_id| !call_id.is_empty())
        && request.cseq().is_ok_and(|cseq| cseq.method == *request.method())
        && request.uri().is_ok()
}

/// Whether the header fields that say what a message belongs to stand once: two of one name are read differently
/// by different elements (RFC 4475 §3.3.8).
fn is_single(headers: Headers<'_>) -> bool {
    let vital = [HeaderName::FROM, HeaderName::TO, HeaderName::CALL_ID, HeaderName::CSEQ];
    vital.into_iter().all(|name| headers.get_all(name).count() <= 1)
}

/// Whether a method is one of SIP: 405 if we do not take it, else 501 (RFC 3261 §21.5.2).
fn is_known(method: &Method) -> bool {
    [
        Method::INVITE,
        Method::ACK,
        Method::BYE,
        Method::CANCEL,
        Method::REGISTER,
        Method::OPTIONS,
        Method::MESSAGE,
        Method::PRACK,
        Method::UPDATE,
        Method::INFO,
        Method::SUBSCRIBE,
        Method::NOTIFY,
        Method::PUBLISH,
        Method::REFER,
    ]
    .contains(method)
}
