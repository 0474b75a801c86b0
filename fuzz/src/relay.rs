//! Property of `server::relay`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use msrp::{FrameEvent, Framer, HeaderName, Limits, Reading};
use server::relay::{Admission, MsrpRelay};
use server::{Config, FlowError, FlowId, FlowState, Output, Transport};

/// Whatever peers send through a relay, in whatever order they connect, stall and go, it writes whole frames of MSRP
/// only, holds no more than its bounds, and nothing once all of them are gone.
///
/// The input is a list of steps, each up to a byte `0xff`. The first byte of a step says what it is: `+` a peer connects;
/// `-`, `~`, `=` the peer with the number of the next digit is gone, stops to read, reads again; `!` what the relay
/// opens comes up, `?` fails; `.` a second passes, `:` a minute. Any other step goes to that peer as octets, with
/// `|` for a line end and `@` for the URI that was handed out last.
pub fn msrp_relay(data: &[u8]) {
    let mut world = World::new();
    for step in data.split(|&byte| byte == 0xff).take(200) {
        let Some((&first, rest)) = step.split_first() else { continue };
        let peer = rest.first().map_or(0, |digit| usize::from(digit.wrapping_sub(b'0')));
        match first {
            b'+' => world.accept(),
            b'-' => world.lose(peer),
            b'~' => world.stall(peer, true),
            b'=' => world.stall(peer, false),
            b'!' => world.opened(true),
            b'?' => world.opened(false),
            b'.' => world.pass(Duration::from_secs(1)),
            b':' => world.pass(Duration::from_secs(60)),
            digit => world.send(usize::from(digit.wrapping_sub(b'0')), rest),
        }
        let live = world.relay.live();
        assert!(live.links <= MAX_LINKS && live.grants <= MAX_LINKS * MAX_GRANTS, "{live:?}");
        assert!(live.transactions <= MAX_LINKS * MAX_TRANSACTIONS, "{live:?}");
    }
    while !world.flows.is_empty() {
        world.lose(0);
    }
    while world.opening.pop().is_some_and(|flow| world.closed(flow)) {}
    world.pass(Duration::from_secs(3600));
    assert_eq!(world.relay.live(), server::relay::Live::default());
}

const MAX_LINKS: usize = 5;
const MAX_GRANTS: usize = 3;
const MAX_TRANSACTIONS: usize = 4;

/// A relay and the peers at the other ends of its connections.
struct World {
    relay: MsrpRelay,
    now: Instant,
    count: u64,
    flows: Vec<FlowId>,
    /// Connections that the relay opens and that are not up.
    opening: Vec<FlowId>,
    /// What the relay wrote to each peer, as the peer reads it.
    peers: BTreeMap<FlowId, Framer>,
    /// Octets on their way to a peer that does not read.
    stalled: BTreeMap<FlowId, u64>,
    /// The URI that was handed out last.
    uri: String,
}

impl World {
    fn new() -> Self {
        let mut config = Config::new("home1.example");
        let settings = &mut config.msrp_relay;
        settings.admission = Admission::Anybody;
        let limits = &mut settings.limits;
        (limits.max_links, limits.max_grants_per_link) = (MAX_LINKS, MAX_GRANTS);
        (limits.max_transactions, limits.window, limits.in_flight) = (MAX_TRANSACTIONS, 2000, 2000);
        let address = "192.0.2.10:2855".parse().unwrap();
        Self {
            relay: MsrpRelay::new(&config, address, [7; 32]).unwrap(),
            now: Instant::now(),
            count: 0,
            flows: Vec::new(),
            opening: Vec::new(),
            peers: BTreeMap::new(),
            stalled: BTreeMap::new(),
            uri: String::from("msrp://192.0.2.10:2855/none;tcp"),
        }
    }

    fn accept(&mut self) {
        self.count += 1;
        self.up(FlowId::incoming(self.count));
    }

    fn up(&mut self, flow: FlowId) {
        self.flows.push(flow);
        self.peers.insert(flow, Framer::new(Reading::Strict, Limits::default()));
        let [local, peer] = ["192.0.2.10:2855", "192.0.2.77:40000"].map(|address| address.parse().unwrap());
        let state = FlowState::Up { transport: Transport::Tcp, local, peer, security: None };
        self.relay.handle_flow(flow, &state, self.now);
        self.settle();
    }

    fn lose(&mut self, peer: usize) {
        if peer < self.flows.len() {
            let flow = self.flows.remove(peer);
            self.closed(flow);
        }
    }

    fn closed(&mut self, flow: FlowId) -> bool {
        self.peers.remove(&flow);
        self.stalled.remove(&flow);
        self.relay.handle_flow(flow, &FlowState::Closed(FlowError::Refused), self.now);
        self.settle();
        true
    }

    fn stall(&mut self, peer: usize, stalls: bool) {
        let Some(&flow) = self.flows.get(peer) else { return };
        if stalls {
            self.stalled.entry(flow).or_default();
        } else if let Some(octets) = self.stalled.remove(&flow) {
            self.relay.handle_transmitted(flow, octets, self.now);
            self.settle();
        }
    }

    fn opened(&mut self, works: bool) {
        let Some(flow) = self.opening.pop() else { return };
        if works {
            self.up(flow);
        } else {
            self.closed(flow);
        }
    }

    fn send(&mut self, peer: usize, text: &[u8]) {
        let Some(&flow) = self.flows.get(peer) else { return };
        let mut octets = Vec::new();
        for &byte in text {
            match byte {
                b'|' => octets.extend_from_slice(b"\r\n"),
                b'@' => octets.extend_from_slice(self.uri.as_bytes()),
                byte => octets.push(byte),
            }
        }
        // As a driver does: what is not read stays with the peer, here for good.
        if self.relay.wants_received(flow) {
            self.relay.handle_received(flow, octets.into(), self.now);
            self.settle();
        }
    }

    fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.relay.next_timeout().filter(|&at| at <= end) {
            self.now = self.now.max(at);
            self.relay.handle_timeout(self.now);
            self.settle();
            let next = self.relay.next_timeout();
            assert!(
                next.is_none_or(|next| next > at),
                "the time of a timeout has passed and it is still due"
            );
        }
        self.now = end;
    }

    fn settle(&mut self) {
        while let Some(output) = self.relay.poll_output() {
            match output {
                Output::Open { flow, .. } => self.opening.push(flow),
                Output::Transmit { flow, bytes } => self.write(flow, bytes),
                Output::Close { flow } => {
                    self.flows.retain(|&other| other != flow);
                    self.opening.retain(|&other| other != flow);
                    self.peers.remove(&flow);
                    self.stalled.remove(&flow);
                }
                Output::Event(_) => {}
            }
        }
    }

    fn write(&mut self, flow: FlowId, bytes: Bytes) {
        let octets = bytes.len() as u64;
        let framer = self.peers.get_mut(&flow).expect("only what is up is written to");
        framer.push(bytes);
        while let Some(event) = framer.next_event().expect("MSRP") {
            let FrameEvent::Head(head) = event else { continue };
            if let Some(uri) = head.get(HeaderName::UsePath) {
                uri.clone_into(&mut self.uri);
            }
        }
        match self.stalled.get_mut(&flow) {
            Some(stalled) => *stalled += octets,
            None => self.relay.handle_transmitted(flow, octets, self.now),
        }
    }
}
