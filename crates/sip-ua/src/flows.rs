//! `Flows`: the transport layer of RFC 3261 §18: which flows there are, and how their bytes become messages.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use grammar::{ByteStr, ParseError, Reading};
use sip::{Framer, Message};

use crate::locate::Hop;
use crate::{Error, FlowId, Limits, Protocol, Target, Transport};

/// RFC 5626 §3.5.1: what answers a keep-alive ping.
pub(crate) const PONG: Bytes = Bytes::from_static(b"\r\n");
/// RFC 5626 §3.5.1: a keep-alive ping.
pub(crate) const PING: Bytes = Bytes::from_static(b"\r\n\r\n");

/// All flows of a user agent.
#[derive(Debug)]
pub(crate) struct Flows {
    table: BTreeMap<FlowId, Flow>,
    by_peer: BTreeMap<Peer, FlowId>,
    opened: u64,
    /// How many of the table we opened.
    outgoing: usize,
    limits: Limits,
}

/// Whom a flow leads to: what must be equal for a flow to be used again.
type Peer = (Transport, SocketAddr, Option<ByteStr>);

#[derive(Debug)]
struct Flow {
    peer: Peer,
    state: State,
    framer: Option<Framer>,
    used: Instant,
    /// Why the last bytes from the peer were no SIP.
    garbage: Option<ParseError>,
    /// Pings seen on the stream and not answered yet.
    pings: usize,
    pongs: Pongs,
}

/// What the peer makes of our pings.
#[derive(Debug, Clone, Copy)]
enum Pongs {
    /// It has never answered one; many do not.
    Unknown,
    /// It has answered all that we sent.
    Answered,
    /// It has answered before, and not yet the one sent at this time.
    Awaited(Instant),
}

impl Flow {
    fn new(peer: Peer, state: State, now: Instant) -> Self {
        Self { peer, state, framer: None, used: now, garbage: None, pings: 0, pongs: Pongs::Unknown }
    }
}

#[derive(Debug)]
enum State {
    Opening { queue: Vec<Bytes>, queued: usize },
    Up { local: SocketAddr },
}

/// Our end of a flow that is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Local {
    pub(crate) flow: FlowId,
    pub(crate) transport: Transport,
    pub(crate) local: SocketAddr,
    pub(crate) peer: SocketAddr,
    /// What Via and Contact say: our address, and a port the peer can reach us at.
    pub(crate) sent_by: SocketAddr,
}

/// The ports we accept connections on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Listen {
    pub(crate) tcp: Option<u16>,
    pub(crate) tls: Option<u16>,
}

/// A flow for a hop.
#[derive(Debug)]
pub(crate) enum Found {
    /// It is there and carries bytes.
    Up(Local),
    /// It is there and being opened.
    Opening(FlowId),
    /// It has to be opened.
    New(FlowId, Target),
}

/// What came out of a flow.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "moved once from queue to queue; a box would cost an allocation each"
)]
pub(crate) enum Received {
    /// A message.
    Message(Message),
    /// Keep-alive pings, so many.
    Pings(usize),
    /// A datagram that is no SIP, and its bytes.
    Garbage(ParseError, Bytes),
    /// The stream cannot be read on.
    Broken(ParseError, Option<Bytes>),
}

impl Flows {
    pub(crate) const fn new(limits: Limits) -> Self {
        Self { table: BTreeMap::new(), by_peer: BTreeMap::new(), opened: 0, outgoing: 0, limits }
    }

    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there may be one more of the direction of `like`.
    pub(crate) fn has_room(&self, like: FlowId) -> bool {
        match like.is_outgoing() {
            true => self.outgoing < self.limits.outgoing_flows,
            false => self.table.len() - self.outgoing < self.limits.incoming_flows,
        }
    }

    /// Of the flows of the direction of `like` that are not `needed` those that were not used for the longest time:
    /// a sixteenth of what there may be, so that the search is done once for many new flows.
    pub(crate) fn longest_unused(&self, like: FlowId, needed: &BTreeSet<FlowId>) -> Vec<FlowId> {
        let (most, outgoing) = match like.is_outgoing() {
            true => (self.limits.outgoing_flows, true),
            false => (self.limits.incoming_flows, false),
        };
        let mut unused: Vec<(Instant, FlowId)> = self
            .table
            .iter()
            .filter(|(id, _)| id.is_outgoing() == outgoing && !needed.contains(id))
            .map(|(id, flow)| (flow.used, *id))
            .collect();
        unused.sort_unstable();
        unused.truncate(most.div_ceil(16));
        unused.into_iter().map(|(_, id)| id).collect()
    }

    /// The flow to an address: one that is there, or a new one.
    pub(crate) fn find(&mut self, hop: &Hop, now: Instant) -> Result<Found, Error> {
        let peer = (hop.transport, hop.address, hop.server_name.clone());
        if let Some(flow) = self.by_peer.get(&peer).copied() {
            return Ok(self.local(flow, Listen::default()).map_or(Found::Opening(flow), Found::Up));
        }
        let flow = FlowId::outgoing(self.opened);
        if !self.has_room(flow) {
            return Err(Error::Limit("flows"));
        }
        self.opened += 1;
        let target = Target {
            protocol: Protocol::Sip,
            transport: hop.transport,
            address: hop.address,
            server_name: hop.server_name.clone(),
        };
        let state = State::Opening { queue: Vec::new(), queued: 0 };
        self.by_peer.insert(peer.clone(), flow);
        self.outgoing += 1;
        self.table.insert(flow, Flow::new(peer, state, now));
        Ok(Found::New(flow, target))
    }

    /// A flow is up: hands out what waited for it. `None`: one flow too many, to be closed.
    pub(crate) fn handle_up(
        &mut self,
        id: FlowId,
        transport: Transport,
        local: SocketAddr,
        peer: SocketAddr,
        now: Instant,
    ) -> Option<Vec<Bytes>> {
        if let Some(flow) = self.table.get_mut(&id) {
            return match std::mem::replace(&mut flow.state, State::Up { local }) {
                State::Opening { queue, .. } => Some(queue),
                State::Up { .. } => Some(Vec::new()),
            };
        }
        if id.is_outgoing() || !self.has_room(id) {
            return None;
        }
        let peer = (transport, peer, None);
        self.by_peer.entry(peer.clone()).or_insert(id);
        let state = State::Up { local };
        self.table.insert(id, Flow::new(peer, state, now));
        Some(Vec::new())
    }

    /// Forgets a flow; `false` if it was not known.
    pub(crate) fn remove(&mut self, id: FlowId) -> bool {
        let Some(flow) = self.table.remove(&id) else { return false };
        if id.is_outgoing() {
            self.outgoing -= 1;
        }
        if self.by_peer.get(&flow.peer) == Some(&id) {
            self.by_peer.remove(&flow.peer);
        }
        true
    }

    /// Our end of a flow that is up. `listen` are the ports that stream flows opened by us are reached at.
    pub(crate) fn local(&self, id: FlowId, listen: Listen) -> Option<Local> {
        let flow = self.table.get(&id)?;
        let State::Up { local } = flow.state else { return None };
        let (transport, peer, _) = flow.peer;
        let listen = match transport {
            Transport::Udp => None,
            Transport::Tcp => listen.tcp,
            Transport::Tls => listen.tls,
        };
        let port = listen.filter(|_| id.is_outgoing()).unwrap_or_else(|| local.port());
        Some(Local { flow: id, transport, local, peer, sent_by: SocketAddr::new(local.ip(), port) })
    }

    /// Whether a flow is being opened or up.
    pub(crate) fn contains(&self, id: FlowId) -> bool {
        self.table.contains_key(&id)
    }

    /// The peer of a flow.
    pub(crate) fn peer(&self, id: FlowId) -> Option<SocketAddr> {
        Some(self.table.get(&id)?.peer.1)
    }

    /// How bytes travel on a flow.
    pub(crate) fn transport(&self, id: FlowId) -> Option<Transport> {
        Some(self.table.get(&id)?.peer.0)
    }

    /// Notes that a flow is in use.
    pub(crate) fn touch(&mut self, id: FlowId, now: Instant) {
        if let Some(flow) = self.table.get_mut(&id) {
            flow.used = now;
        }
    }

    /// When a flow was used last.
    pub(crate) fn used(&self, id: FlowId) -> Option<Instant> {
        Some(self.table.get(&id)?.used)
    }

    /// Notes that a ping goes out.
    pub(crate) fn pinged(&mut self, id: FlowId, now: Instant) {
        if let Some(Flow { pongs: pongs @ Pongs::Answered, .. }) = self.table.get_mut(&id) {
            *pongs = Pongs::Awaited(now);
        }
    }

    /// Since when a pong is awaited from a peer that is known to send them.
    pub(crate) fn pong_awaited(&self, id: FlowId) -> Option<Instant> {
        match self.table.get(&id)?.pongs {
            Pongs::Awaited(since) => Some(since),
            Pongs::Unknown | Pongs::Answered => None,
        }
    }

    /// Gives bytes to a flow: back at once if it is up, kept if it is being opened, dropped if neither.
    pub(crate) fn transmit(&mut self, id: FlowId, bytes: Bytes, now: Instant) -> Option<Bytes> {
        let flow = self.table.get_mut(&id)?;
        flow.used = now;
        match &mut flow.state {
            State::Up { .. } => Some(bytes),
            State::Opening { queue, queued } => {
                if *queued + bytes.len() <= self.limits.flow_queue {
                    *queued += bytes.len();
                    queue.push(bytes);
                }
                None
            }
        }
    }

    /// Why the peer of a flow does not speak SIP, if it sent something that is none, and no message since.
    pub(crate) fn garbage(&self, id: FlowId) -> Option<ParseError> {
        self.table.get(&id)?.garbage.clone()
    }

    /// Takes bytes: a datagram, or a piece of a stream. Then call [`Self::next_received`] until `None`.
    ///
    /// A datagram is one message or none and comes back here.
    pub(crate) fn push(&mut self, id: FlowId, bytes: Bytes, now: Instant) -> Option<Received> {
        let flow = self.table.get_mut(&id)?;
        if flow.peer.0.is_reliable() {
            let message = self.limits.message;
            flow.framer.get_or_insert_with(|| Framer::new(Reading::Lenient, message)).push(bytes);
            return None;
        }
        // RFC 5626 §3.5.1 has pings on streams only; peers send them over UDP too, and empty datagrams.
        flow.used = now;
        if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return None;
        }
        let parsed = Message::parse_with(bytes.clone(), Reading::Lenient, &self.limits.message);
        Some(match parsed {
            Ok((message, _)) => {
                flow.garbage = None;
                Received::Message(message)
            }
            Err(error) => {
                flow.garbage = Some(error.clone());
                Received::Garbage(error, bytes)
            }
        })
    }

    /// The next thing a stream holds; `None` until more is pushed.
    pub(crate) fn next_received(&mut self, id: FlowId, now: Instant) -> Option<Received> {
        let flow = self.table.get_mut(&id)?;
        let framer = flow.framer.as_mut()?;
        let next = framer.next_message();
        let pings = framer.take_pings();
        match (framer.take_pongs(), &next, flow.pongs) {
            (1.., _, _) | (0, Ok(Some(_)), Pongs::Awaited(_)) => flow.pongs = Pongs::Answered,
            (0, _, _) => {}
        }
        // Bytes alone do not keep a flow: only what is whole counts as use.
        if pings > 0 {
            flow.used = now;
            flow.pings = flow.pings.saturating_add(pings);
        }
        match next {
            Ok(Some(message)) => {
                flow.used = now;
                flow.garbage = None;
                Some(Received::Message(message))
            }
            Ok(None) if flow.pings > 0 => Some(Received::Pings(std::mem::take(&mut flow.pings))),
            Ok(None) => None,
            Err(error) => {
                flow.framer = None;
                flow.garbage = Some(error.error().clone());
                let answer = error.refusal().and_then(|refusal| refusal.response().cloned());
                Some(Received::Broken(error.error().clone(), answer))
            }
        }
    }
}
