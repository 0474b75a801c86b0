//! `Server`: the root machine. It owns flows, registrar, proxy and focus, and routes every input to them.

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use sip::{HeaderName, Message, Method, Request, Response, StatusCode};
use sip_ua::{FlowId, FlowState, IdSource, Protocol, Target, Transport};

use crate::config::{Addresses, Config, ConfigError, Limits, Timers};
use crate::event::Event;
use crate::flows::{Flows, Full, Waiting};
use crate::focus::{self, Focus};
use crate::forward::{Arrival, Forward, Hop, Origin, Own};
use crate::guard::Guard;
use crate::proxy::{Decision, Proxy, Refusal};
use crate::registrar::{self, Registrar, Wish};
use crate::secret::Secret;

/// What the driver has to do next.
///
/// The server looks no names up, so there is nothing to resolve.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "a driver that does not know an output must not compile")]
pub enum Output {
    /// Open a flow and say what became of it with [`Server::handle_flow`].
    Open {
        /// The name it gets.
        flow: FlowId,
        /// Where it leads.
        target: Target,
    },
    /// Write these bytes: one datagram, or a piece of a stream.
    Transmit {
        /// The flow to write to.
        flow: FlowId,
        /// What to write.
        bytes: Bytes,
    },
    /// Close the flow once everything before was written. The server has forgotten it already.
    Close {
        /// The flow to close.
        flow: FlowId,
    },
    /// What happened, for a log.
    Event(Event),
}

/// What a server holds, counted: for tests that nothing is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Live {
    /// Contacts bound to users.
    pub bindings: usize,
    /// SIP flows, datagram peers included.
    pub sip_flows: usize,
    /// Messages on their way to lists.
    pub conferences: usize,
    /// MSRP sessions, awaited ones included.
    pub msrp_sessions: usize,
    /// MSRP connections.
    pub msrp_flows: usize,
    /// Transactions and dialogs of the focus.
    pub signalling: usize,
}

impl Live {
    /// Whether nothing is under way. Bindings and flows may be there.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.conferences == 0 && self.msrp_sessions == 0 && self.signalling == 0
    }
}

/// The IM server: registrar, proxy and conference focus of one domain.
///
/// Drive it as every machine of this workspace: after each command or input take [`Server::poll_output`] until it
/// returns `None`, then wait for the next input or until [`Server::next_timeout`].
#[derive(Debug)]
pub struct Server {
    registrar: Registrar,
    proxy: Proxy,
    flows: Flows,
    focus: Focus,
    own: Own,
    limits: Limits,
    timers: Timers,
    outputs: VecDeque<Output>,
}

impl Server {
    /// A server whose sockets are at `addresses`. The seed is all its randomness; `now` is where its clock starts.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] for a name that cannot stand in a URI or a header.
    pub fn new(
        config: &Config,
        addresses: Addresses,
        seed: [u8; 32],
        now: Instant,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let mut ids = IdSource::new(seed);
        let mut key = [0; 32];
        ids.fill(&mut key);
        let secret = Secret::new(key);
        let guard = Guard::new(config, secret.clone(), now).map_err(ConfigError::Realm)?;
        Ok(Self {
            registrar: Registrar::new(&config.limits, &config.timers),
            proxy: Proxy::new(config, addresses, guard, secret),
            flows: Flows::new(&config.limits),
            focus: Focus::new(config, addresses, ids)?,
            own: Own { plain: addresses.sip, tls: addresses.sips },
            limits: config.limits.clone(),
            timers: config.timers.clone(),
            outputs: VecDeque::new(),
        })
    }

    // Commands.

    /// Ends what is under way: senders and recipients get a BYE. [`Live::is_idle`] tells when that is done.
    pub fn shutdown(&mut self, now: Instant) {
        self.focus.shut_down(now);
        self.settle(now);
    }

    // Inputs.

    /// A flow came up or is gone. For a flow the driver accepted, up is the first that is heard of it.
    pub fn handle_flow(&mut self, flow: FlowId, protocol: Protocol, state: FlowState, now: Instant) {
        match (protocol, state) {
            (Protocol::Msrp, state) => self.focus.handle_flow(flow, &state, now),
            (Protocol::Sip, FlowState::Up { transport, peer, .. }) => {
                let mut up = self.flows.up(flow, transport, peer, now);
                if up.is_err() && self.forget_somebody(now) {
                    up = self.flows.up(flow, transport, peer, now);
                }
                match up {
                    Ok(waiting) => {
                        for waiting in waiting {
                            self.send_on(flow, waiting, now);
                        }
                    }
                    Err(Full) => self.outputs.push_back(Output::Close { flow }),
                }
            }
            (Protocol::Sip, FlowState::Closed(_)) => self.flow_lost(flow, now),
        }
        self.settle(now);
    }

    /// Takes what came on a flow: a piece of a stream, or one datagram.
    pub fn handle_received(&mut self, flow: FlowId, protocol: Protocol, bytes: Bytes, now: Instant) {
        if protocol == Protocol::Msrp {
            self.focus.handle_received(flow, bytes, now);
        } else if let Some((transport, peer)) = self.flows.peer(flow) {
            let origin = Origin::Flow(flow);
            let arrival = Arrival { origin, transport, source: Some(peer) };
            self.flows.push(flow, bytes.clone(), now);
            if transport.is_reliable() {
                self.read_stream(flow, arrival, now);
            } else if let Ok((message, _)) =
                Message::parse_with(bytes, grammar::Reading::Lenient, &self.limits.sip)
            {
                self.flows.prove(flow);
                self.handle_message(arrival, message, now);
            } else if !self.flows.is_proven(flow) {
                // Whoever that is, it is no peer.
                self.outputs.push_back(Output::Close { flow });
                self.flow_lost(flow, now);
            }
        }
        self.settle(now);
    }

    /// The driver has written `octets` more on an MSRP flow.
    pub fn handle_transmitted(&mut self, flow: FlowId, octets: u64, now: Instant) {
        self.focus.handle_transmitted(flow, octets, now);
        self.settle(now);
    }

    /// The time of [`Self::next_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        let outputs = &mut self.outputs;
        self.registrar.handle_timeout(now, |event| outputs.push_back(Output::Event(event)));
        let bound = self.registrar.flows();
        for flow in self.flows.expired(self.timers.flow, |flow| bound.contains(&flow), now) {
            self.outputs.push_back(Output::Close { flow });
            self.flow_lost(flow, now);
        }
        self.focus.handle_timeout(now);
        self.settle(now);
    }

    // Getters.

    /// When to call [`Self::handle_timeout`].
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        let bound: BTreeSet<_> = self.registrar.flows();
        let flows = self.flows.next_timeout(self.timers.flow, |flow| bound.contains(&flow));
        [self.registrar.next_timeout(), flows, self.focus.next_timeout()].into_iter().flatten().min()
    }

    /// Whether to go on reading a stream: `false` while a recipient is slower than its sender.
    #[must_use]
    pub fn wants_received(&self, flow: FlowId) -> bool {
        self.focus.wants_received(flow)
    }

    /// What the server holds.
    #[must_use]
    pub fn live(&self) -> Live {
        let [conferences, msrp_sessions, msrp_flows, signalling] = self.focus.live();
        Live {
            bindings: self.registrar.len(),
            sip_flows: self.flows.len(),
            conferences,
            msrp_sessions,
            msrp_flows,
            signalling,
        }
    }

    /// The next thing to do, or `None` until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    // Messages.

    fn read_stream(&mut self, flow: FlowId, arrival: Arrival, now: Instant) {
        loop {
            match self.flows.next_message(flow) {
                Ok(Some(message)) => self.handle_message(arrival, message, now),
                Ok(None) => break,
                Err(_) => {
                    // Where the next message would start is not known any more.
                    self.outputs.push_back(Output::Close { flow });
                    self.flow_lost(flow, now);
                    return;
                }
            }
        }
        if self.flows.take_pings(flow) > 0 {
            // RFC 5626 §3.5.1. One pong for a burst: the peer wants to know that we are there.
            self.outputs.push_back(Output::Transmit { flow, bytes: Bytes::from_static(b"\r\n") });
        }
    }

    fn handle_message(&mut self, arrival: Arrival, message: Message, now: Instant) {
        match message {
            Message::Request(request) => self.handle_request(arrival, &request, now),
            Message::Response(response) => {
                if let Some((origin, response)) = self.proxy.way_back(&response) {
                    self.deliver(origin, response, now);
                }
            }
        }
    }

    fn handle_request(&mut self, arrival: Arrival, request: &Request, now: Instant) {
        match self.proxy.decide(request, arrival, &self.registrar, now) {
            Ok(Decision::Forward(forward)) => {
                if forward.mark.is_some() || *request.method() == Method::MESSAGE {
                    let request_uri = request.share(request.request_uri());
                    let method = request.method().clone();
                    self.outputs.push_back(Output::Event(Event::Forwarded { method, request_uri }));
                }
                self.send(*forward, now);
            }
            Ok(Decision::Register(user)) => {
                let answer = self.register(&user, request, arrival, now);
                self.answer(arrival, request, &answer.unwrap_or_else(|refusal| refusal), now);
            }
            Ok(Decision::Options) => {
                let headers = vec![
                    (HeaderName::ALLOW, "REGISTER, INVITE, ACK, CANCEL, BYE, OPTIONS, MESSAGE".to_owned()),
                    (HeaderName::ACCEPT, "application/sdp, multipart/mixed".to_owned()),
                ];
                self.answer(arrival, request, &Refusal { status: StatusCode::OK, headers }, now);
            }
            Ok(Decision::Absorb) => {}
            Err(refusal) => self.answer(arrival, request, &refusal, now),
        }
    }

    /// RFC 3261 §10.3: the answer to a REGISTER of a user who has proved to be that.
    fn register(
        &mut self,
        user: &grammar::ByteStr,
        request: &Request,
        arrival: Arrival,
        now: Instant,
    ) -> Result<Refusal, Refusal> {
        let Origin::Flow(flow) = arrival.origin else { return Err(StatusCode::FORBIDDEN.into()) };
        let refuse = |refusal| match refusal {
            registrar::Refusal::Status(status) => status.into(),
            registrar::Refusal::TooBrief(seconds) => Refusal {
                status: StatusCode::INTERVAL_TOO_BRIEF,
                headers: vec![(HeaderName::MIN_EXPIRES, seconds.to_string())],
            },
        };
        let wish = Wish::read(request, |uri| self.proxy.is_own_uri(uri)).map_err(refuse)?;
        let outputs = &mut self.outputs;
        let tell = |event| outputs.push_back(Output::Event(event));
        self.registrar.apply(user, wish, flow, now, tell).map_err(refuse)?;
        let contacts = self.registrar.contacts(user, now);
        let mut headers: Vec<_> =
            contacts.into_iter().map(|contact| (HeaderName::CONTACT, contact)).collect();
        // RFC 3608: what the user sends comes here, on the connection the registration came on if that is one.
        let param = match arrival.transport {
            Transport::Udp => "",
            Transport::Tcp => ";transport=tcp",
            Transport::Tls => ";transport=tls",
        };
        let own = self.own.at(arrival.transport);
        headers.push((HeaderName::SERVICE_ROUTE, format!("<sip:{own}{param};lr>")));
        Ok(Refusal { status: StatusCode::OK, headers })
    }

    /// Answers a request without a transaction.
    fn answer(&mut self, arrival: Arrival, request: &Request, refusal: &Refusal, now: Instant) {
        let challenge = [StatusCode::UNAUTHORIZED, StatusCode::PROXY_AUTHENTICATION_REQUIRED];
        if refusal.status.is_failure() && !challenge.contains(&refusal.status) {
            let method = request.method().clone();
            self.outputs.push_back(Output::Event(Event::Refused { method, status: refusal.status }));
        }
        if let Some(response) = self.proxy.answer(request, arrival.source, refusal) {
            self.deliver(arrival.origin, response, now);
        }
    }

    /// Hands a response to who sent the request.
    fn deliver(&mut self, origin: Origin, response: Response, now: Instant) {
        let flow = match origin {
            Origin::Focus(transport) => {
                self.focus.handle_message(transport, Message::Response(response), now);
                return;
            }
            Origin::Flow(flow) => flow,
        };
        if self.flows.peer(flow).is_some() {
            self.outputs.push_back(Output::Transmit { flow, bytes: response.as_bytes().clone() });
            return;
        }
        // RFC 3261 §18.2.2: the flow is gone, so to where the topmost Via says its sender is.
        let Ok(via) = response.via() else { return };
        let address = via.received().or_else(|| via.sent_by.host.ip());
        let Some((transport, address)) = Transport::parse(via.transport).zip(address) else { return };
        let port = match via.rport() {
            Some(Some(port)) if transport == Transport::Udp => port,
            _ => via.sent_by.port.unwrap_or_else(|| transport.default_port()),
        };
        let peer = SocketAddr::new(address, port);
        if let Ok(flow) = self.flow_to(transport, peer, now) {
            self.send_on(flow, Waiting::Response(Box::new(response)), now);
        }
    }

    // Requests on their way.

    fn send(&mut self, forward: Forward, now: Instant) {
        let (flow, address, named) = match forward.hop {
            Hop::Focus => {
                let transport = forward.arrival.transport;
                if let Some(request) = forward.on(transport) {
                    self.focus.handle_message(transport, Message::Request(request), now);
                }
                return;
            }
            Hop::Peer { flow, address, transport } => (flow, address, transport),
        };
        let up = flow.and_then(|flow| Some((flow, self.flows.peer(flow)?)));
        let secure = forward.is_secure();
        if let Some((flow, (transport, _))) = up
            && transport.is_reliable()
            && (!secure || transport == Transport::Tls)
        {
            self.send_on(flow, Waiting::Request(Box::new(forward)), now);
            return;
        }
        // RFC 3261 §18.1.1: long requests go over TCP. So do those that came over it, where the peer does not ask
        // for datagrams: their sender will not repeat what a datagram loses.
        let long = forward.wire(Transport::Udp).is_none_or(|wire| wire.len() > self.limits.max_datagram);
        let stream = long
            || named == Some(Transport::Tcp)
            || (named.is_none() && forward.arrival.transport.is_reliable());
        let peer = address.or_else(|| up.map(|(_, (_, peer))| peer));
        let flow = match (stream, up, peer) {
            (_, _, Some(peer)) if secure || named == Some(Transport::Tls) => {
                // RFC 3261 §26.2.2: what goes to a `sips` URI stays inside TLS, or does not go on.
                match address {
                    Some(_) if named == Some(Transport::Tls) => self.flow_to(Transport::Tls, peer, now),
                    _ => return self.unreachable(&forward, StatusCode::TEMPORARILY_UNAVAILABLE, now),
                }
            }
            (false, Some((flow, _)), _) => Ok(flow),
            (_, _, Some(peer)) => {
                let transport = if stream { Transport::Tcp } else { Transport::Udp };
                self.flow_to(transport, peer, now)
            }
            (_, _, None) => Err(Full),
        };
        match flow {
            Ok(flow) => self.send_on(flow, Waiting::Request(Box::new(forward)), now),
            Err(Full) => self.unreachable(&forward, StatusCode::SERVICE_UNAVAILABLE, now),
        }
    }

    /// A flow to `peer`, the one there is or a new one.
    fn flow_to(&mut self, transport: Transport, peer: SocketAddr, now: Instant) -> Result<FlowId, Full> {
        if let Some(flow) = self.flows.to(transport, peer) {
            return Ok(flow);
        }
        let mut opened = self.flows.open(transport, peer, now);
        if opened.is_err() && self.forget_somebody(now) {
            opened = self.flows.open(transport, peer, now);
        }
        let (flow, target) = opened?;
        self.outputs.push_back(Output::Open { flow, target });
        Ok(flow)
    }

    /// Forgets a datagram peer, so that there is room for one more flow. Whether there was one.
    fn forget_somebody(&mut self, now: Instant) -> bool {
        let bound = self.registrar.flows();
        let Some(flow) = self.flows.spare(|flow| bound.contains(&flow)) else { return false };
        self.outputs.push_back(Output::Close { flow });
        self.flow_lost(flow, now);
        true
    }

    /// Sends on a flow, or keeps it until the flow is up.
    fn send_on(&mut self, flow: FlowId, waiting: Waiting, now: Instant) {
        match self.flows.send(flow, waiting, now) {
            Ok(bytes) => self.outputs.extend(bytes.map(|bytes| Output::Transmit { flow, bytes })),
            Err(Waiting::Request(forward)) => {
                self.unreachable(&forward, StatusCode::SERVICE_UNAVAILABLE, now)
            }
            Err(Waiting::Response(_)) => {}
        }
    }

    /// A flow is gone. What waited for a connection that did not come up is tried as a datagram.
    fn flow_lost(&mut self, flow: FlowId, now: Instant) {
        let Some((transport, peer, waiting)) = self.flows.closed(flow) else { return };
        for waiting in waiting {
            let Waiting::Request(forward) = waiting else { continue };
            let only_tcp = matches!(forward.hop, Hop::Peer { transport: Some(Transport::Tcp), .. });
            if matches!(transport, Transport::Udp | Transport::Tls) || only_tcp {
                self.unreachable(&forward, StatusCode::TEMPORARILY_UNAVAILABLE, now);
                continue;
            }
            let up = match forward.hop {
                Hop::Peer { flow: Some(flow), .. } if self.flows.peer(flow).is_some() => Ok(flow),
                Hop::Peer { .. } | Hop::Focus => self.flow_to(Transport::Udp, peer, now),
            };
            match up {
                Ok(flow) => self.send_on(flow, Waiting::Request(forward), now),
                Err(Full) => self.unreachable(&forward, StatusCode::SERVICE_UNAVAILABLE, now),
            }
        }
    }

    /// A request that cannot go on is answered.
    fn unreachable(&mut self, forward: &Forward, status: StatusCode, now: Instant) {
        self.answer(forward.arrival, &forward.original, &status.into(), now);
    }

    /// Lets the focus's messages through, which may make it say more.
    fn settle(&mut self, now: Instant) {
        while let Some(output) = self.focus.poll_output(now) {
            match output {
                focus::Output::Driver(output) => self.outputs.push_back(output),
                focus::Output::Message(transport, message) => {
                    let arrival = Arrival { origin: Origin::Focus(transport), transport, source: None };
                    self.handle_message(arrival, *message, now);
                }
            }
        }
    }
}
