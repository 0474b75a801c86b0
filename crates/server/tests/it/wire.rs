//! `Wire`: a server with raw peers at the other ends of its flows, and its clock.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use digest::{Challenge, Credentials};
use simple_im_server::{
    Addresses, Config, Event, FlowError, FlowId, FlowState, Live, Output, Protocol, Server, Target, Transport,
};
use sip::{Framer, HeaderName, Message, Request, Response};

/// The server's address for SIP.
pub(crate) const SERVER: &str = "192.0.2.10:5060";
pub(crate) const SERVER_TLS: &str = "192.0.2.10:5061";

/// A server, everything it wrote, and everything it asked for.
pub(crate) struct Wire {
    pub(crate) server: Server,
    pub(crate) now: Instant,
    /// What the server wrote and nobody looked at, by flow.
    written: BTreeMap<FlowId, Vec<u8>>,
    transports: BTreeMap<FlowId, Transport>,
    pub(crate) opened: Vec<(FlowId, Target)>,
    pub(crate) closed: Vec<FlowId>,
    pub(crate) events: Vec<Event>,
    flows: u64,
}

/// A configuration with three users: alice, bob and carol, whose passwords are their names backwards.
pub(crate) fn config() -> Config {
    Config::new("home1.example").user("alice", "ecila").user("bob", "bob").user("carol", "lorac")
}

impl Wire {
    pub(crate) fn new(config: &Config) -> Self {
        #[expect(clippy::disallowed_methods, reason = "any instant will do; from here on time is virtual")]
        let now = Instant::now();
        let addresses = Addresses {
            sip: SERVER.parse().unwrap(),
            msrp: "192.0.2.10:2855".parse().unwrap(),
            sips: Some(SERVER_TLS.parse().unwrap()),
            msrps: None,
        };
        let server = Server::new(config, addresses, [7; 32], now).unwrap();
        Self {
            server,
            now,
            written: BTreeMap::new(),
            transports: BTreeMap::new(),
            opened: Vec::new(),
            closed: Vec::new(),
            events: Vec::new(),
            flows: 0,
        }
    }

    /// A peer connects, or sends its first datagram.
    pub(crate) fn accept(&mut self, protocol: Protocol, transport: Transport, peer: &str) -> FlowId {
        self.flows += 1;
        let flow = FlowId::incoming(self.flows);
        self.up(flow, protocol, transport, peer);
        flow
    }

    /// The flow the server asked for last comes up.
    pub(crate) fn connect(&mut self) -> FlowId {
        let (flow, target) = self.opened.pop().expect("the server opened a flow");
        self.up(flow, target.protocol, target.transport, &target.address.to_string());
        flow
    }

    fn up(&mut self, flow: FlowId, protocol: Protocol, transport: Transport, peer: &str) {
        self.transports.insert(flow, transport);
        let peer: SocketAddr = peer.parse().unwrap();
        let local = SERVER.parse().unwrap();
        self.server.handle_flow(
            flow,
            protocol,
            FlowState::Up { transport, local, peer, security: None },
            self.now,
        );
        self.drain();
    }

    /// A flow breaks, or cannot be opened.
    pub(crate) fn lose(&mut self, flow: FlowId, protocol: Protocol) {
        self.server.handle_flow(flow, protocol, FlowState::Closed(FlowError::Refused), self.now);
        self.drain();
    }

    /// A peer writes.
    pub(crate) fn write(&mut self, flow: FlowId, protocol: Protocol, text: &str) {
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        self.server.handle_received(flow, protocol, bytes, self.now);
        self.drain();
    }

    /// A peer sends a SIP message, written with plain line ends and without Content-Length.
    pub(crate) fn sip(&mut self, flow: FlowId, head: &str, body: &str) {
        let head = head.trim_start().trim_end().replace('\n', "\r\n");
        let text = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        self.write(flow, Protocol::Sip, &text);
    }

    /// Everything written on a flow since it was last asked for.
    pub(crate) fn take(&mut self, flow: FlowId) -> String {
        let bytes = self.written.remove(&flow).unwrap_or_default();
        String::from_utf8(bytes).unwrap()
    }

    /// The SIP messages written on a flow since it was last asked for.
    pub(crate) fn messages(&mut self, flow: FlowId) -> Vec<Message> {
        let mut framer = Framer::default();
        framer.push(self.take(flow).into_bytes());
        std::iter::from_fn(|| framer.next_message().unwrap()).collect()
    }

    /// The only one, provisional responses aside.
    #[track_caller]
    pub(crate) fn message(&mut self, flow: FlowId) -> Message {
        let mut messages = self.messages(flow);
        let message = messages.pop();
        let only_rung =
            messages.iter().all(|one| one.as_response().is_some_and(|one| one.status().is_provisional()));
        assert!(only_rung, "more than one message: {messages:?}");
        message.unwrap_or_else(|| panic!("nothing was written on {flow}, but on {:?}", self.written.keys()))
    }

    #[track_caller]
    pub(crate) fn response(&mut self, flow: FlowId) -> Response {
        match self.message(flow) {
            Message::Response(response) => response,
            Message::Request(request) => panic!("not a response: {request:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn request(&mut self, flow: FlowId) -> Request {
        match self.message(flow) {
            Message::Request(request) => request,
            Message::Response(response) => panic!("not a request: {response:?}"),
        }
    }

    /// Sends a request twice: without credentials, and with the answer to the challenge it gets, with a CSeq one
    /// higher. `{cseq}` and `{auth}` stand in the head for what differs; `branch` gets a number behind it.
    #[track_caller]
    pub(crate) fn authorized(&mut self, flow: FlowId, user: &str, password: &str, head: &str, body: &str) {
        let fill = |cseq: u32, auth: &str| {
            head.trim_start().replace("{cseq}", &cseq.to_string()).replace("{auth}\n", auth)
        };
        self.sip(flow, &fill(1, ""), body);
        let response = self.response(flow);
        let (challenges, name) = match response.status().as_u16() {
            401 => (HeaderName::WWW_AUTHENTICATE, "Authorization"),
            407 => (HeaderName::PROXY_AUTHENTICATE, "Proxy-Authorization"),
            other => panic!("{other} is no challenge"),
        };
        let challenge = digest::strongest(response.headers().get_all(challenges)).unwrap();
        let line = head.trim_start().lines().next().unwrap();
        let (method, rest) = line.split_once(' ').unwrap();
        let uri = rest.split(' ').next().unwrap();
        let value = answer(&challenge, user, password, method, uri);
        self.sip(flow, &fill(2, &format!("{name}: {value}\n")), body);
    }

    /// Lets time pass.
    pub(crate) fn advance(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.server.next_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.server.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    pub(crate) fn live(&self) -> Live {
        self.server.live()
    }

    fn drain(&mut self) {
        while let Some(output) = self.server.poll_output() {
            match output {
                Output::Open { flow, target } => self.opened.push((flow, target)),
                Output::Transmit { flow, bytes } => {
                    assert!(self.transports.contains_key(&flow), "written on a flow that is not up: {flow}");
                    self.written.entry(flow).or_default().extend_from_slice(&bytes);
                    let octets = bytes.len().try_into().unwrap();
                    self.server.handle_transmitted(flow, octets, self.now);
                }
                Output::Close { flow } => self.closed.push(flow),
                Output::Event(event) => self.events.push(event),
            }
        }
    }
}

/// The answer to a challenge.
pub(crate) fn answer(challenge: &Challenge, user: &str, password: &str, method: &str, uri: &str) -> String {
    let credentials = Credentials::new(user, password);
    digest::answer(challenge, &credentials, method, uri, "c0ffee", 1, b"").unwrap()
}

/// Registers `user` from `peer`, where it also listens; the flow the registration came on.
#[track_caller]
pub(crate) fn register(wire: &mut Wire, user: &str, transport: Transport, peer: &str) -> FlowId {
    let flow = wire.accept(Protocol::Sip, transport, peer);
    register_on(wire, flow, user, transport, peer);
    flow
}

/// The same on a flow that is there; the answer of the registrar.
pub(crate) fn register_on(
    wire: &mut Wire,
    flow: FlowId,
    user: &str,
    transport: Transport,
    peer: &str,
) -> Response {
    let password: String = user.chars().rev().collect();
    let (via, param) = (transport.as_via(), transport.as_param());
    let head = format!(
        "REGISTER sip:home1.example SIP/2.0
Via: SIP/2.0/{via} {peer};branch=z9hG4bKreg{{cseq}};rport
Max-Forwards: 70
From: <sip:{user}@home1.example>;tag=f-{user}
To: <sip:{user}@home1.example>
Call-ID: reg-{user}
CSeq: {{cseq}} REGISTER
{{auth}}
Contact: <sip:{user}@{peer};transport={param}>
Expires: 600"
    );
    wire.authorized(flow, user, &password, &head, "");
    let response = wire.response(flow);
    assert_eq!(response.status(), 200);
    response
}

/// A `multipart/mixed` body of these parts, each with its headers, and its Content-Type.
pub(crate) fn multipart(parts: &[(&str, &str)]) -> (String, String) {
    let mut body = String::new();
    for (headers, content) in parts {
        body.push_str(&format!("--bnd\r\n{}\r\n\r\n{content}\r\n", headers.replace('\n', "\r\n")));
    }
    body.push_str("--bnd--\r\n");
    ("multipart/mixed;boundary=\"bnd\"".to_owned(), body)
}

/// An offer of one text line from 192.0.2.1, as SEED-7 to 10 want it.
pub(crate) const OFFER: &str = "v=0\r
o=- 1 1 IN IP4 192.0.2.1\r
s=-\r
c=IN IP4 192.0.2.1\r
t=0 0\r
m=message 2855 TCP/MSRP *\r
a=sendonly\r
a=accept-types:message/cpim text/plain\r
a=path:msrp://192.0.2.1:2855/alice;tcp\r
a=setup:active\r
";

/// A recipient list of these URIs.
pub(crate) fn list(uris: &[&str]) -> String {
    let entries: String =
        uris.iter().map(|uri| format!("<entry uri=\"{uri}\" cp:copyControl=\"to\"/>")).collect();
    format!(
        "<?xml version=\"1.0\"?><resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\" \
         xmlns:cp=\"urn:ietf:params:xml:ns:copycontrol\"><list>{entries}</list></resource-lists>"
    )
}

/// The head of an INVITE of alice's to `to` over TCP, with these lines besides.
pub(crate) fn invite(to: &str, lines: &str) -> String {
    format!(
        "INVITE {to} SIP/2.0
Via: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bKlist{{cseq}};rport
Max-Forwards: 70
From: <sip:alice@home1.example>;tag=a1
To: <{to}>
Call-ID: list-1
CSeq: {{cseq}} INVITE
{{auth}}
Contact: <sip:alice@192.0.2.1:5060;transport=tcp>
{lines}"
    )
}
