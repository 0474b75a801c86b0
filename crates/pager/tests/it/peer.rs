//! A client under test, its driver in memory, and a peer that writes octets by hand.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use simple_im_pager::{
    Account, Agent, Clock, Config, ContentId, Event, FileHash, FlowId, FlowState, Output, Profile, Protocol,
    QueryId, Question, Security, Target, Transport,
};

/// The peer's address, for SIP and for MSRP.
pub(crate) const PEER: &str = "192.0.2.9";

/// A client under test with the parts of a driver it needs.
pub(crate) struct Bench {
    pub(crate) agent: Agent,
    pub(crate) now: Instant,
    pub(crate) events: Vec<Event>,
    /// What was written to each flow.
    pub(crate) written: BTreeMap<FlowId, Vec<u8>>,
    pub(crate) opened: Vec<(FlowId, Target)>,
    /// Questions to the DNS that nobody answered.
    pub(crate) asked: Vec<(QueryId, Question)>,
    /// What lies in each file under way, and in each under its final name.
    pub(crate) partial: BTreeMap<ContentId, Vec<u8>>,
    pub(crate) whole: BTreeMap<ContentId, Vec<u8>>,
    /// Writes wait here while the disk is slow.
    pub(crate) slow_disk: bool,
    waiting: Vec<(ContentId, u64)>,
    /// Files wait here for their names while that takes its time.
    pub(crate) slow_names: bool,
    unnamed: Vec<ContentId>,
    /// What outgoing files are read from.
    pub(crate) source: Bytes,
}

pub(crate) fn address(port: u16) -> SocketAddr {
    SocketAddr::new(PEER.parse().unwrap(), port)
}

fn own(port: u16) -> SocketAddr {
    SocketAddr::new("192.0.2.1".parse().unwrap(), port)
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(Profile::generic())
    }

    pub(crate) fn with(profile: Profile) -> Self {
        Self::configured(profile, |_| {})
    }

    pub(crate) fn configured(profile: Profile, configure: impl FnOnce(&mut Config)) -> Self {
        #[expect(clippy::disallowed_methods, reason = "any instant will do; time is virtual from here on")]
        let now = Instant::now();
        let identity = sip::Uri::parse("sip:me@192.0.2.1").unwrap();
        let mut config =
            Config::new(Account::new(identity), 2855, Clock::new(now, Duration::from_secs(1_772_442_930)));
        config.profile = profile;
        configure(&mut config);
        Self {
            agent: Agent::new(config, [7; 32]),
            now,
            events: Vec::new(),
            written: BTreeMap::new(),
            opened: Vec::new(),
            asked: Vec::new(),
            partial: BTreeMap::new(),
            whole: BTreeMap::new(),
            slow_disk: false,
            waiting: Vec::new(),
            slow_names: false,
            unnamed: Vec::new(),
            source: Bytes::new(),
        }
    }

    /// Does what the client wants done.
    pub(crate) fn settle(&mut self) {
        while let Some(output) = self.agent.poll_output() {
            match output {
                Output::Open { flow, target } => self.opened.push((flow, target)),
                Output::Transmit { flow, bytes } => {
                    self.written.entry(flow).or_default().extend_from_slice(&bytes);
                    let octets = u64::try_from(bytes.len()).unwrap();
                    self.agent.handle_transmitted(flow, octets, self.now);
                }
                Output::Close { .. } => {}
                Output::Resolve { query, question } => self.asked.push((query, question)),
                Output::Read { content, offset, len } => {
                    let start = usize::try_from(offset).unwrap();
                    let octets = self.source.slice(start..start + len);
                    self.agent.handle_read(content, Some(octets), self.now);
                }
                Output::Write { content, offset, octets } => {
                    let file = self.partial.entry(content).or_default();
                    let start = usize::try_from(offset).unwrap();
                    file.resize(file.len().max(start + octets.len()), 0);
                    file[start..start + octets.len()].copy_from_slice(&octets);
                    self.waiting.push((content, u64::try_from(octets.len()).unwrap()));
                    if !self.slow_disk {
                        self.flush();
                    }
                }
                Output::Hash { content, octets, algorithm } => {
                    let stored = &self.partial[&content][..usize::try_from(octets).unwrap()];
                    self.agent.handle_hashed(content, FileHash::of(algorithm, stored), self.now);
                }
                Output::Commit { content } => {
                    self.unnamed.push(content);
                    if !self.slow_names {
                        self.name();
                    }
                }
                Output::Discard { content, .. } => drop(self.partial.remove(&content)),
                Output::Event(event) => self.events.push(event),
            }
        }
    }

    /// The disk has written everything it was given.
    pub(crate) fn flush(&mut self) {
        for (content, octets) in std::mem::take(&mut self.waiting) {
            self.agent.handle_written(content, octets, self.now);
        }
    }

    /// Every file that waits for its name has it.
    pub(crate) fn name(&mut self) {
        for content in std::mem::take(&mut self.unnamed) {
            let file = self.partial.remove(&content).unwrap_or_default();
            self.whole.insert(content, file);
            self.agent.handle_committed(content, self.now);
        }
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.agent.next_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.agent.handle_timeout(self.now);
            self.settle();
        }
        self.now = end;
    }

    /// The peer opens a flow to us.
    pub(crate) fn accept_flow(&mut self, n: u64, protocol: Protocol) -> FlowId {
        let flow = FlowId::incoming(n);
        let (transport, local) = match protocol {
            Protocol::Sip => (Transport::Udp, own(5060)),
            Protocol::Msrp => (Transport::Tcp, own(2855)),
        };
        let peer = address(40_000 + u16::try_from(n).unwrap());
        self.agent.handle_flow(
            flow,
            protocol,
            FlowState::Up { transport, local, peer, security: None },
            self.now,
        );
        self.settle();
        flow
    }

    /// Every flow the client asked for and that is not up yet comes up; the flows of a protocol, in order.
    pub(crate) fn connect(&mut self, protocol: Protocol) -> Vec<FlowId> {
        let opened: Vec<(FlowId, Target)> =
            self.opened.iter().filter(|(_, target)| target.protocol == protocol).cloned().collect();
        self.opened.retain(|(_, target)| target.protocol != protocol);
        for (flow, target) in &opened {
            let verified = target.server_name.is_some();
            let security =
                (target.transport == Transport::Tls).then_some(Security { certificate: None, verified });
            let state = FlowState::Up {
                transport: target.transport,
                local: own(50_000),
                peer: target.address,
                security,
            };
            self.agent.handle_flow(*flow, protocol, state, self.now);
            self.settle();
        }
        opened.into_iter().map(|(flow, _)| flow).collect()
    }

    pub(crate) fn hear(&mut self, flow: FlowId, protocol: Protocol, octets: impl Into<Bytes>) {
        self.agent.handle_received(flow, protocol, octets.into(), self.now);
        self.settle();
    }

    pub(crate) fn close(&mut self, flow: FlowId, protocol: Protocol) {
        let state = FlowState::Closed(sip_ua::FlowError::ClosedByPeer);
        self.agent.handle_flow(flow, protocol, state, self.now);
        self.settle();
    }

    /// What was written to a flow since the last look.
    pub(crate) fn said(&mut self, flow: FlowId) -> String {
        String::from_utf8_lossy(&self.written.remove(&flow).unwrap_or_default()).into_owned()
    }
}

/// The rest of the first line that starts with `start`.
pub(crate) fn line<'a>(text: &'a str, start: &str) -> &'a str {
    text.lines().find_map(|line| line.strip_prefix(start)).unwrap_or_else(|| panic!("no {start} in\n{text}"))
}

/// A response without a body to the first request in what was written.
pub(crate) fn answer(said: &str, status: &str) -> String {
    let dialog: String = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"]
        .iter()
        .map(|name| format!("{name}{}\r\n", line(said, name)))
        .collect();
    format!("SIP/2.0 {status}\r\n{dialog}Content-Length: 0\r\n\r\n")
}

/// A SEND with content.
pub(crate) fn send(
    tid: &str,
    to: &str,
    message: &str,
    range: &str,
    content_type: &str,
    content: &[u8],
    flag: char,
) -> Vec<u8> {
    let mut out = format!(
        "MSRP {tid} SEND\r\nTo-Path: {to}\r\nFrom-Path: msrp://{PEER}:2855/peer0123456789ab;tcp\r\n\
         Message-ID: {message}\r\nByte-Range: {range}\r\nContent-Type: {content_type}\r\n\r\n"
    )
    .into_bytes();
    out.extend_from_slice(content);
    out.extend_from_slice(format!("\r\n-------{tid}{flag}\r\n").as_bytes());
    out
}
