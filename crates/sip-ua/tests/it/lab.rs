//! `Lab`: user agents and scripted peers on a virtual network with a virtual clock.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use simple_im_sip_ua::{
    Answer, Config, Event, FlowError, FlowId, FlowState, Output, Question, Target, Transport, UserAgent,
};
use sip::{Message, Method, Request, Response, ResponseBuilder, StatusCode};

/// Who is on the network.
pub(crate) type NodeId = usize;

/// Whether a datagram is lost: sender, receiver, what the trace calls it.
pub(crate) type Loss = Box<dyn FnMut(&str, &str, &str) -> bool>;

/// A network of nodes; every hop takes [`Lab::LATENCY`].
pub(crate) struct Lab {
    start: Instant,
    pub(crate) now: Instant,
    nodes: Vec<Node>,
    /// What happens when: the second number keeps the order.
    queue: BTreeMap<(Instant, u64), Happening>,
    count: u64,
    trace: String,
    /// Which datagrams are lost.
    pub(crate) loss: Loss,
    /// Addresses nobody accepts connections at.
    pub(crate) refused: BTreeSet<SocketAddr>,
    /// What the DNS knows, by the text of the question.
    pub(crate) dns: BTreeMap<String, Answer>,
}

struct Node {
    name: &'static str,
    address: SocketAddr,
    ua: Option<UserAgent>,
    flows: BTreeMap<FlowId, End>,
    accepted: u64,
    events: VecDeque<Event>,
    inbox: VecDeque<(FlowId, Message)>,
}

/// One end of a flow.
#[derive(Clone, Copy)]
struct End {
    transport: Transport,
    peer: SocketAddr,
    /// The other end of a connection.
    other: Option<(NodeId, FlowId)>,
}

enum Happening {
    Datagram { to: NodeId, from: SocketAddr, bytes: Bytes },
    Stream { to: NodeId, flow: FlowId, bytes: Bytes },
    Flow { to: NodeId, flow: FlowId, state: FlowState },
    Connect { from: NodeId, flow: FlowId, target: Target },
    Answer { to: NodeId, query: simple_im_sip_ua::QueryId, answer: Answer },
}

impl Lab {
    pub(crate) const LATENCY: Duration = Duration::from_millis(10);

    pub(crate) fn new() -> Self {
        #[expect(clippy::disallowed_methods, reason = "any start will do")]
        let start = Instant::now();
        Self {
            start,
            now: start,
            nodes: Vec::new(),
            queue: BTreeMap::new(),
            count: 0,
            trace: String::new(),
            loss: Box::new(|_, _, _| false),
            refused: BTreeSet::new(),
            dns: BTreeMap::new(),
        }
    }

    /// A user agent at `address`.
    pub(crate) fn agent(&mut self, name: &'static str, address: &str, config: Config) -> NodeId {
        let seed = [u8::try_from(self.nodes.len()).unwrap() + 1; 32];
        let address: SocketAddr = address.parse().unwrap();
        let config = Config { listen_port: Some(address.port()), ..config };
        self.node(name, address, Some(UserAgent::new(config, seed)))
    }

    /// A user agent at `address` that takes no connections.
    pub(crate) fn deaf_agent(&mut self, name: &'static str, address: &str) -> NodeId {
        let seed = [u8::try_from(self.nodes.len()).unwrap() + 1; 32];
        self.node(name, address.parse().unwrap(), Some(UserAgent::new(Config::default(), seed)))
    }

    /// A peer whose messages the test writes.
    pub(crate) fn script(&mut self, name: &'static str, address: &str) -> NodeId {
        self.node(name, address.parse().unwrap(), None)
    }

    fn node(&mut self, name: &'static str, address: SocketAddr, ua: Option<UserAgent>) -> NodeId {
        self.nodes.push(Node {
            name,
            address,
            ua,
            flows: BTreeMap::new(),
            accepted: 0,
            events: VecDeque::new(),
            inbox: VecDeque::new(),
        });
        self.nodes.len() - 1
    }

    /// Calls a command of a user agent, and carries out what it wants.
    pub(crate) fn with<T>(&mut self, node: NodeId, command: impl FnOnce(&mut UserAgent, Instant) -> T) -> T {
        let now = self.now;
        let out = command(self.nodes[node].ua.as_mut().unwrap(), now);
        self.drain(node);
        out
    }

    /// Lets `duration` pass.
    pub(crate) fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        loop {
            let happening = self.queue.first_key_value().map(|((at, _), _)| *at);
            let alarm = self.nodes.iter().filter_map(|node| node.ua.as_ref()?.next_timeout()).min();
            let next = [happening, alarm].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= end) else { break };
            self.now = self.now.max(next);
            if happening == Some(next) {
                let (_, happening) = self.queue.pop_first().unwrap();
                self.happen(happening);
            } else {
                for node in 0..self.nodes.len() {
                    let now = self.now;
                    if let Some(ua) = self.nodes[node].ua.as_mut() {
                        ua.handle_timeout(now);
                        self.drain(node);
                    }
                }
            }
        }
        self.now = end;
    }

    /// Lets what is on its way arrive.
    pub(crate) fn settle(&mut self) {
        self.run(Duration::from_millis(100));
    }

    /// The events of a user agent since the last call.
    pub(crate) fn events(&mut self, node: NodeId) -> Vec<Event> {
        self.nodes[node].events.drain(..).collect()
    }

    /// What happened since the last call.
    pub(crate) fn trace(&mut self) -> String {
        std::mem::take(&mut self.trace)
    }

    pub(crate) fn live(&self, node: NodeId) -> simple_im_sip_ua::Live {
        self.nodes[node].ua.as_ref().unwrap().live()
    }

    /// The next message a scripted peer got, that is a request of `method`.
    #[track_caller]
    pub(crate) fn request(&mut self, node: NodeId, method: Method) -> (FlowId, Request) {
        let inbox = &mut self.nodes[node].inbox;
        while let Some((flow, message)) = inbox.pop_front() {
            if let Message::Request(request) = message
                && *request.method() == method
            {
                return (flow, request);
            }
        }
        panic!("no {method} came");
    }

    /// The next response a scripted peer got.
    #[track_caller]
    pub(crate) fn response(&mut self, node: NodeId) -> Response {
        let inbox = &mut self.nodes[node].inbox;
        while let Some((_, message)) = inbox.pop_front() {
            if let Message::Response(response) = message {
                return response;
            }
        }
        panic!("no response came");
    }

    /// Whether a scripted peer has nothing to read.
    pub(crate) fn is_silent(&self, node: NodeId) -> bool {
        self.nodes[node].inbox.is_empty()
    }

    /// A scripted peer answers a request.
    pub(crate) fn reply(
        &mut self,
        node: NodeId,
        (flow, request): &(FlowId, Request),
        status: u16,
        more: impl FnOnce(ResponseBuilder) -> ResponseBuilder,
    ) {
        let builder = Response::builder_for(request, StatusCode::new(status).unwrap());
        let response = more(builder).build().unwrap();
        self.transmit(node, *flow, response.as_bytes().clone());
    }

    /// A scripted peer opens a flow to an address.
    pub(crate) fn connect(&mut self, node: NodeId, transport: Transport, peer: NodeId) -> FlowId {
        let flow = FlowId::outgoing(1000 + self.count);
        self.count += 1;
        let peer = self.nodes[peer].address;
        match transport {
            Transport::Udp => {
                self.nodes[node].flows.insert(flow, End { transport, peer, other: None });
            }
            _ => {
                let target = Target {
                    protocol: simple_im_sip_ua::Protocol::Sip,
                    transport,
                    address: peer,
                    server_name: None,
                };
                self.later(Happening::Connect { from: node, flow, target });
                self.settle();
            }
        }
        flow
    }

    /// Writes bytes to a flow of a node.
    pub(crate) fn transmit(&mut self, node: NodeId, flow: FlowId, bytes: impl Into<Bytes>) {
        let bytes = bytes.into();
        let Some(end) = self.nodes[node].flows.get(&flow).copied() else { return };
        let (name, address) = (self.nodes[node].name, self.nodes[node].address);
        let text = describe(&bytes);
        let receiver = match end.other {
            Some((node, _)) => Some(node),
            None => self.nodes.iter().position(|node| node.address == end.peer),
        };
        let peer = receiver.map_or("nobody", |node| self.nodes[node].name);
        let lost = end.transport == Transport::Udp && (self.loss)(name, peer, &text);
        let mark = if lost { " (lost)" } else { "" };
        self.note(&format!("{name} > {peer} {} {text}{mark}", end.transport.as_via().to_lowercase()));
        if lost {
            return;
        }
        match (end.other, receiver) {
            (Some((to, flow)), _) => self.later(Happening::Stream { to, flow, bytes }),
            (None, Some(to)) => self.later(Happening::Datagram { to, from: address, bytes }),
            (None, None) => {}
        }
    }

    /// Breaks a connection at a node; both ends learn it.
    pub(crate) fn break_flow(&mut self, node: NodeId, flow: FlowId) {
        let Some(end) = self.nodes[node].flows.remove(&flow) else { return };
        self.later(Happening::Flow { to: node, flow, state: FlowState::Closed(FlowError::Reset) });
        if let Some((to, flow)) = end.other {
            self.nodes[to].flows.remove(&flow);
            self.later(Happening::Flow { to, flow, state: FlowState::Closed(FlowError::Reset) });
        }
    }

    /// The flows a node has over `transport`.
    pub(crate) fn flows(&self, node: NodeId, transport: Transport) -> Vec<FlowId> {
        let flows = self.nodes[node].flows.iter();
        flows.filter(|(_, end)| end.transport == transport).map(|(flow, _)| *flow).collect()
    }

    fn later(&mut self, happening: Happening) {
        self.count += 1;
        self.queue.insert((self.now + Self::LATENCY, self.count), happening);
    }

    fn note(&mut self, text: &str) {
        let at = self.now.duration_since(self.start).as_secs_f64();
        writeln!(self.trace, "{at:.2} {text}").unwrap();
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Datagram { to, from, bytes } => {
                let node = &mut self.nodes[to];
                let known = node
                    .flows
                    .iter()
                    .find(|(_, end)| end.transport == Transport::Udp && end.peer == from)
                    .map(|(flow, _)| *flow);
                let flow = known.unwrap_or_else(|| {
                    node.accepted += 1;
                    FlowId::incoming(node.accepted)
                });
                if known.is_none() {
                    let end = End { transport: Transport::Udp, peer: from, other: None };
                    node.flows.insert(flow, end);
                    let state = FlowState::Up {
                        transport: Transport::Udp,
                        local: node.address,
                        peer: from,
                        security: None,
                    };
                    self.flow(to, flow, state);
                }
                self.deliver(to, flow, bytes);
            }
            Happening::Stream { to, flow, bytes } => {
                if self.nodes[to].flows.contains_key(&flow) {
                    self.deliver(to, flow, bytes);
                }
            }
            Happening::Flow { to, flow, state } => self.flow(to, flow, state),
            Happening::Answer { to, query, answer } => {
                let now = self.now;
                self.nodes[to].ua.as_mut().unwrap().handle_answer(query, answer, now);
                self.drain(to);
            }
            Happening::Connect { from, flow, target } => self.connected(from, flow, &target),
        }
    }

    fn connected(&mut self, from: NodeId, flow: FlowId, target: &Target) {
        let address = self.nodes[from].address;
        let peer = target.address;
        if target.transport == Transport::Udp {
            self.nodes[from].flows.insert(flow, End { transport: Transport::Udp, peer, other: None });
            let state = FlowState::Up { transport: Transport::Udp, local: address, peer, security: None };
            return self.flow(from, flow, state);
        }
        let to = self.nodes.iter().position(|node| node.address == peer);
        let Some(to) = to.filter(|_| !self.refused.contains(&peer)) else {
            return self.flow(from, flow, FlowState::Closed(FlowError::Refused));
        };
        // The port of an outgoing connection is not the one that listens.
        self.count += 1;
        let port = 40_000 + u16::try_from(self.count % 20_000).unwrap();
        let local = SocketAddr::new(address.ip(), port);
        self.nodes[to].accepted += 1;
        let accepted = FlowId::incoming(self.nodes[to].accepted);
        let transport = target.transport;
        self.nodes[from].flows.insert(flow, End { transport, peer, other: Some((to, accepted)) });
        self.nodes[to].flows.insert(accepted, End { transport, peer: local, other: Some((from, flow)) });
        self.flow(to, accepted, FlowState::Up { transport, local: peer, peer: local, security: None });
        self.flow(from, flow, FlowState::Up { transport, local, peer, security: None });
    }

    fn flow(&mut self, node: NodeId, flow: FlowId, state: FlowState) {
        let now = self.now;
        if let FlowState::Closed(error) = &state {
            let name = self.nodes[node].name;
            self.note(&format!("{name} {error}"));
        }
        if let Some(ua) = self.nodes[node].ua.as_mut() {
            ua.handle_flow(flow, state, now);
            self.drain(node);
        }
    }

    fn deliver(&mut self, node: NodeId, flow: FlowId, bytes: Bytes) {
        let now = self.now;
        match self.nodes[node].ua.as_mut() {
            Some(ua) => {
                ua.handle_received(flow, bytes, now);
                self.drain(node);
            }
            None => {
                // The machines write one message at a time.
                if let Ok(message) = Message::parse(bytes) {
                    self.nodes[node].inbox.push_back((flow, message));
                }
            }
        }
    }

    fn drain(&mut self, node: NodeId) {
        while let Some(output) = self.nodes[node].ua.as_mut().and_then(UserAgent::poll_output) {
            match output {
                Output::Open { flow, target } => {
                    self.later(Happening::Connect { from: node, flow, target });
                }
                Output::Transmit { flow, bytes } => self.transmit(node, flow, bytes),
                Output::Close { flow } => {
                    if let Some(End { other: Some((to, other)), .. }) = self.nodes[node].flows.remove(&flow) {
                        let state = FlowState::Closed(FlowError::ClosedByPeer);
                        self.later(Happening::Flow { to, flow: other, state });
                    }
                }
                Output::Resolve { query, question } => {
                    let text = match question {
                        Question::Naptr(name) => format!("NAPTR {name}"),
                        Question::Srv(name) => format!("SRV {name}"),
                        Question::Address(name) => format!("A {name}"),
                    };
                    let name = self.nodes[node].name;
                    self.note(&format!("{name} asks {text}"));
                    let answer = self.dns.get(&text).cloned().unwrap_or(Answer::Nothing);
                    self.later(Happening::Answer { to: node, query, answer });
                }
                Output::Event(event) => {
                    let name = self.nodes[node].name;
                    self.note(&format!("{name} * {}", show(&event)));
                    self.nodes[node].events.push_back(event);
                }
            }
        }
    }
}

/// What a message is, in a few words.
fn describe(bytes: &Bytes) -> String {
    match Message::parse(bytes.clone()) {
        Ok(Message::Request(request)) => {
            format!("{} {}", request.method(), request.request_uri())
        }
        Ok(Message::Response(response)) => {
            let method = response.cseq().map_or_else(|_| "?".to_owned(), |cseq| cseq.method.to_string());
            format!("{} to {method}", response.status().as_u16())
        }
        Err(_) => format!("{:?}", String::from_utf8_lossy(bytes)),
    }
}

/// What an event is, in a few words.
fn show(event: &Event) -> String {
    match event {
        Event::Registered { expires, .. } => format!("registered for {} s", expires.as_secs()),
        Event::RegistrationFailed { error, retry, .. } => match retry {
            Some(_) => format!("registration failed for now: {error}"),
            None => format!("registration failed: {error}"),
        },
        Event::Unregistered { .. } => "unregistered".to_owned(),
        Event::NeedBody { local, .. } => format!("body wanted at {local}"),
        Event::Provisional { response, .. } => format!("provisional {}", response.status().as_u16()),
        Event::Accepted { is_focus, remote_target, .. } => {
            format!("accepted by {remote_target}{}", if *is_focus { ", a focus" } else { "" })
        }
        Event::Rejected { error, .. } => format!("rejected: {error}"),
        Event::Incoming { request, .. } => format!("incoming {}", request.method()),
        Event::Cancelled { .. } => "cancelled by the caller".to_owned(),
        Event::Confirmed { .. } => "confirmed".to_owned(),
        Event::InDialog { request, .. } => format!("in dialog {}", request.method()),
        Event::Offer { request, .. } => format!("another offer by {}", request.method()),
        Event::Answered { answer: Ok(_), .. } => "our offer is answered".to_owned(),
        Event::Answered { answer: Err(error), .. } => format!("our offer is not answered: {error}"),
        Event::Bye { .. } => "the peer hung up".to_owned(),
        Event::Ended { reason, .. } => format!("ended: {reason:?}"),
        Event::Garbage { error, .. } => format!("garbage: {error}"),
        other => format!("{other:?}"),
    }
}
