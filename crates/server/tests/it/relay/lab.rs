//! `Lab`: a relay with raw peers at the other ends of its connections, and its clock.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use digest::{Challenge, Credentials};
use msrp::{FrameEvent, Framer, Head, HeaderName, Limits, Reading};
use simple_im_server::relay::MsrpRelay;
use simple_im_server::{Config, Event, FlowError, FlowId, FlowState, Output, Target, Transport};

use crate::wire::config;

/// A relay, everything it wrote, and everything it asked for.
pub(super) struct Lab {
    pub(super) relay: MsrpRelay,
    pub(super) now: Instant,
    address: SocketAddr,
    written: BTreeMap<FlowId, Vec<u8>>,
    /// Octets that were handed in and not written, on flows that do not drain.
    stuck: BTreeMap<FlowId, u64>,
    up: BTreeSet<FlowId>,
    pub(super) opened: Vec<(FlowId, Target)>,
    pub(super) closed: Vec<FlowId>,
    pub(super) events: Vec<Event>,
    flows: u64,
}

/// A frame the relay wrote.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) head: Head,
    pub(crate) body: Vec<u8>,
    pub(crate) flag: &'static str,
}

impl Frame {
    pub(crate) fn get(&self, name: HeaderName) -> &str {
        self.head.get(name).unwrap_or("")
    }

    pub(super) fn tid(&self) -> String {
        self.head.tid().to_string()
    }

    pub(super) fn status(&self) -> u16 {
        self.head.status().map_or(0, |status| status.as_u16())
    }

    /// Start line, paths and all: as it was written, with `T` for its transaction id and `|` for line ends.
    pub(super) fn text(&self) -> String {
        let body = String::from_utf8_lossy(&self.body);
        let blank = if self.head.has_content() { format!("|{body}|") } else { String::new() };
        let head = self.head.text().as_str().replace("\r\n", "|").replace(&self.tid(), "T");
        format!("{head}{blank}{}", self.flag)
    }
}

/// The frames of a stream that holds whole ones.
pub(crate) fn frames(stream: &[u8]) -> Vec<Frame> {
    let mut framer = Framer::new(Reading::Strict, Limits::default());
    framer.push(Bytes::copy_from_slice(stream));
    let mut frames: Vec<Frame> = Vec::new();
    while let Some(event) = framer.next_event().unwrap() {
        match event {
            FrameEvent::Head(head) => frames.push(Frame { head, body: Vec::new(), flag: "?" }),
            FrameEvent::Content(bytes) => frames.last_mut().unwrap().body.extend_from_slice(&bytes),
            FrameEvent::End(flag) => frames.last_mut().unwrap().flag = flag.as_str(),
        }
    }
    assert_eq!(framer.tail_octets(), 0, "whole frames only: {:?}", String::from_utf8_lossy(stream));
    frames
}

/// The address of the relay most tests use.
pub(super) const RELAY: &str = "192.0.2.10:2855";
/// What a client connects to and sends AUTH to.
pub(super) const URI: &str = "msrp://192.0.2.10:2855;tcp";
/// Alice's, Bob's and Carol's own URIs.
pub(super) const ALICE: &str = "msrp://192.0.2.1:7000/alice;tcp";
pub(super) const BOB: &str = "msrp://192.0.2.2:8000/bob;tcp";
pub(super) const CAROL: &str = "msrp://192.0.2.3:9000/carol;tcp";

impl Lab {
    pub(super) fn new() -> Self {
        Self::with(&config())
    }

    pub(super) fn with(config: &Config) -> Self {
        #[expect(clippy::disallowed_methods, reason = "any instant will do; from here on time is virtual")]
        let now = Instant::now();
        Self::at(config, RELAY, 7, now)
    }

    pub(super) fn at(config: &Config, address: &str, seed: u8, now: Instant) -> Self {
        let address = address.parse().unwrap();
        Self {
            relay: MsrpRelay::new(config, address, [seed; 32]).unwrap(),
            now,
            address,
            written: BTreeMap::new(),
            stuck: BTreeMap::new(),
            up: BTreeSet::new(),
            opened: Vec::new(),
            closed: Vec::new(),
            events: Vec::new(),
            flows: 0,
        }
    }

    /// A peer connects.
    pub(super) fn accept(&mut self) -> FlowId {
        self.accept_over(Transport::Tcp)
    }

    pub(super) fn accept_over(&mut self, transport: Transport) -> FlowId {
        self.flows += 1;
        let flow = FlowId::incoming(self.flows);
        self.bring_up(flow, transport);
        flow
    }

    /// The connection the relay asked for last comes up.
    pub(super) fn connect(&mut self) -> FlowId {
        let (flow, target) = self.opened.pop().expect("the relay opened a connection");
        self.bring_up(flow, target.transport);
        flow
    }

    fn bring_up(&mut self, flow: FlowId, transport: Transport) {
        self.up.insert(flow);
        let peer = "192.0.2.77:40000".parse().unwrap();
        self.relay.handle_flow(
            flow,
            &FlowState::Up { transport, local: self.address, peer, security: None },
            self.now,
        );
        self.drain();
    }

    /// Whether a connection can be written to.
    pub(super) fn is_up(&self, flow: FlowId) -> bool {
        self.up.contains(&flow)
    }

    /// A connection breaks, or cannot be opened.
    pub(super) fn lose(&mut self, flow: FlowId) {
        self.up.remove(&flow);
        self.relay.handle_flow(flow, &FlowState::Closed(FlowError::Refused), self.now);
        self.drain();
    }

    /// What is written to this connection stays where it is.
    pub(super) fn stick(&mut self, flow: FlowId) {
        self.stuck.insert(flow, 0);
    }

    /// The peer takes what there is, and goes on taking.
    pub(super) fn unstick(&mut self, flow: FlowId) {
        let octets = self.stuck.remove(&flow).unwrap();
        self.relay.handle_transmitted(flow, octets, self.now);
        self.drain();
    }

    /// The peer takes some octets of what there is.
    pub(super) fn take_octets(&mut self, flow: FlowId, octets: u64) {
        self.relay.handle_transmitted(flow, octets, self.now);
        self.drain();
    }

    /// Octets on the way to a connection that does not drain.
    pub(super) fn in_flight(&self, flow: FlowId) -> u64 {
        self.stuck.get(&flow).copied().unwrap_or(0)
    }

    /// A peer writes, with `|` for line ends.
    pub(super) fn write(&mut self, flow: FlowId, text: &str) {
        self.write_bytes(flow, text.replace('|', "\r\n").as_bytes());
    }

    pub(super) fn write_bytes(&mut self, flow: FlowId, bytes: &[u8]) {
        self.relay.handle_received(flow, Bytes::copy_from_slice(bytes), self.now);
        self.drain();
    }

    /// Everything written on a connection since it was last asked for.
    pub(super) fn take(&mut self, flow: FlowId) -> Vec<u8> {
        self.written.remove(&flow).unwrap_or_default()
    }

    pub(super) fn frames(&mut self, flow: FlowId) -> Vec<Frame> {
        frames(&self.take(flow))
    }

    /// The only frame.
    #[track_caller]
    pub(super) fn frame(&mut self, flow: FlowId) -> Frame {
        let mut frames = self.frames(flow);
        assert_eq!(frames.len(), 1, "{frames:?}");
        frames.remove(0)
    }

    /// Lets time pass.
    pub(super) fn advance(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.relay.next_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.relay.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    fn drain(&mut self) {
        while let Some(output) = self.relay.poll_output() {
            match output {
                Output::Open { flow, target } => self.opened.push((flow, target)),
                Output::Transmit { flow, bytes } => {
                    assert!(self.up.contains(&flow), "written on a connection that is not up: {flow}");
                    self.written.entry(flow).or_default().extend_from_slice(&bytes);
                    let octets = bytes.len().try_into().unwrap();
                    match self.stuck.get_mut(&flow) {
                        Some(stuck) => *stuck += octets,
                        None => self.relay.handle_transmitted(flow, octets, self.now),
                    }
                }
                Output::Close { flow } => {
                    self.up.remove(&flow);
                    self.closed.push(flow);
                }
                Output::Event(event) => self.events.push(event),
            }
        }
    }

    // What clients do.

    /// Sends AUTH without credentials; the challenge that comes back.
    #[track_caller]
    pub(super) fn challenge(&mut self, flow: FlowId, to: &str, from: &str) -> Challenge {
        self.write(flow, &auth("au00", to, from, ""));
        let frame = self.frame(flow);
        assert_eq!(frame.status(), 401, "{frame:?}");
        Challenge::parse(frame.get(HeaderName::WwwAuthenticate)).unwrap()
    }

    /// Gets a URI for `from`.
    #[track_caller]
    pub(super) fn granted(&mut self, flow: FlowId, user: &str, from: &str) -> String {
        let challenge = self.challenge(flow, URI, from);
        let password: String = user.chars().rev().collect();
        let more = authorization(&challenge, user, &password, URI, 1);
        self.write(flow, &auth("au01", URI, from, &more));
        let frame = self.frame(flow);
        assert_eq!(frame.status(), 200, "{frame:?}");
        frame.get(HeaderName::UsePath).to_owned()
    }

    /// A connection of alice with a URI.
    #[track_caller]
    pub(super) fn alice(&mut self) -> (FlowId, String) {
        let flow = self.accept();
        let uri = self.granted(flow, "alice", ALICE);
        (flow, uri)
    }
}

/// An AUTH; `more` are header lines, each ended.
pub(crate) fn auth(tid: &str, to: &str, from: &str, more: &str) -> String {
    format!("MSRP {tid} AUTH|To-Path: {to}|From-Path: {from}|{more}-------{tid}$|")
}

/// The header line that answers a challenge.
pub(crate) fn authorization(
    challenge: &Challenge,
    user: &str,
    password: &str,
    uri: &str,
    count: u32,
) -> String {
    let credentials = Credentials::new(user, password);
    let value = digest::answer(challenge, &credentials, "AUTH", uri, "c0ffee", count, b"").unwrap();
    format!("Authorization: {value}|")
}

/// A SEND of one chunk with a text; `more` are header lines, each ended.
pub(crate) fn send(tid: &str, to: &str, from: &str, more: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "MSRP {tid} SEND|To-Path: {to}|From-Path: {from}|Message-ID: m-{tid}|{more}\
         Byte-Range: 1-{length}/{length}|Content-Type: text/plain||{body}|-------{tid}$|"
    )
}
