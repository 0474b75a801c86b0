//! `Flows`: the SIP flows of the server, and what waits for one to come up.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use grammar::Reading;
use sip::{FrameError, Framer, Message, Response};
use sip_ua::{FlowId, Protocol, Target, Transport};

use crate::forward::Forward;

/// Where our own flows start; the numbers below are the focus's own user agent's.
const FIRST: u64 = 1 << 32;
/// How long a connection may take to come up.
const CONNECT: Duration = Duration::from_secs(10);

/// All SIP flows.
#[derive(Debug)]
pub(crate) struct Flows {
    flows: BTreeMap<FlowId, Flow>,
    opened: u64,
    waiting: usize,
    limits: sip::Limits,
    max_flows: usize,
    max_waiting: usize,
}

#[derive(Debug)]
struct Flow {
    transport: Transport,
    peer: SocketAddr,
    /// `None` for datagrams.
    framer: Option<Framer>,
    state: State,
    used: Instant,
    /// We opened it, or a message that can be read came on it.
    proven: bool,
}

#[derive(Debug)]
enum State {
    Opening { deadline: Instant, waiting: Vec<Waiting> },
    Up,
}

/// What goes out once a flow is up.
#[derive(Debug)]
pub(crate) enum Waiting {
    Request(Box<Forward>),
    Response(Box<Response>),
}

/// There is no room for one more flow.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl Flows {
    /// No flows.
    pub(crate) const fn new(limits: &crate::Limits) -> Self {
        Self {
            flows: BTreeMap::new(),
            opened: FIRST,
            waiting: 0,
            limits: limits.sip,
            max_flows: limits.max_flows,
            max_waiting: limits.max_waiting,
        }
    }

    /// A flow of any protocol gets a name that nobody else has.
    pub(crate) const fn fresh(&mut self) -> FlowId {
        let flow = FlowId::outgoing(self.opened);
        self.opened += 1;
        flow
    }

    /// A flow came up. What waited for it goes out now.
    pub(crate) fn up(
        &mut self,
        id: FlowId,
        transport: Transport,
        peer: SocketAddr,
        now: Instant,
    ) -> Result<Vec<Waiting>, Full> {
        if let Some(flow) = self.flows.get_mut(&id) {
            flow.used = now;
            let state = std::mem::replace(&mut flow.state, State::Up);
            return Ok(self.unwait(state));
        }
        if self.flows.len() >= self.max_flows {
            return Err(Full);
        }
        let framer = transport.is_reliable().then(|| Framer::new(Reading::Lenient, self.limits));
        self.flows.insert(id, Flow { transport, peer, framer, state: State::Up, used: now, proven: false });
        Ok(Vec::new())
    }

    /// A flow is gone. What waited for it comes back.
    pub(crate) fn closed(&mut self, id: FlowId) -> Option<(Transport, SocketAddr, Vec<Waiting>)> {
        let flow = self.flows.remove(&id)?;
        Some((flow.transport, flow.peer, self.unwait(flow.state)))
    }

    fn unwait(&mut self, state: State) -> Vec<Waiting> {
        match state {
            State::Opening { waiting, .. } => {
                self.waiting -= waiting.len();
                waiting
            }
            State::Up => Vec::new(),
        }
    }

    /// Takes what was read; the messages are then taken by [`Self::next_message`].
    pub(crate) fn push(&mut self, id: FlowId, bytes: Bytes, now: Instant) {
        if let Some(flow) = self.flows.get_mut(&id) {
            flow.used = now;
            if let Some(framer) = &mut flow.framer {
                framer.push(bytes);
            }
        }
    }

    /// The next message of a stream.
    pub(crate) fn next_message(&mut self, id: FlowId) -> Result<Option<Message>, FrameError> {
        match self.flows.get_mut(&id).and_then(|flow| flow.framer.as_mut()) {
            Some(framer) => framer.next_message(),
            None => Ok(None),
        }
    }

    /// Keep-alive pings of a stream that have not been answered (RFC 5626 §3.5.1).
    pub(crate) fn take_pings(&mut self, id: FlowId) -> usize {
        self.flows.get_mut(&id).and_then(|flow| flow.framer.as_mut()).map_or(0, Framer::take_pings)
    }

    /// A message that can be read came on a flow.
    pub(crate) fn prove(&mut self, id: FlowId) {
        if let Some(flow) = self.flows.get_mut(&id) {
            flow.proven = true;
        }
    }

    /// Whether [`Self::prove`] was called for a flow, or we opened it.
    pub(crate) fn is_proven(&self, id: FlowId) -> bool {
        self.flows.get(&id).is_some_and(|flow| flow.proven)
    }

    /// The datagram peer to forget where there is no room for one more flow: of those that are not needed the one
    /// unused longest. What answers it still finds it, by its Via.
    pub(crate) fn spare(&self, is_needed: impl Fn(FlowId) -> bool) -> Option<FlowId> {
        let is_spare = |(id, flow): &(&FlowId, &Flow)| {
            !flow.transport.is_reliable() && matches!(flow.state, State::Up) && !is_needed(**id)
        };
        self.flows.iter().filter(is_spare).min_by_key(|(_, flow)| flow.used).map(|(id, _)| *id)
    }

    /// Transport and peer of a flow that is up.
    pub(crate) fn peer(&self, id: FlowId) -> Option<(Transport, SocketAddr)> {
        let flow = self.flows.get(&id)?;
        matches!(flow.state, State::Up).then_some((flow.transport, flow.peer))
    }

    /// A flow to `peer` over `transport`, up or coming up.
    pub(crate) fn to(&self, transport: Transport, peer: SocketAddr) -> Option<FlowId> {
        self.flows
            .iter()
            .find(|(_, flow)| flow.transport == transport && flow.peer == peer)
            .map(|(id, _)| *id)
    }

    /// Opens a flow to `peer`.
    pub(crate) fn open(
        &mut self,
        transport: Transport,
        peer: SocketAddr,
        now: Instant,
    ) -> Result<(FlowId, Target), Full> {
        if self.flows.len() >= self.max_flows {
            return Err(Full);
        }
        let id = self.fresh();
        let framer = transport.is_reliable().then(|| Framer::new(Reading::Lenient, self.limits));
        let state = State::Opening { deadline: now + CONNECT, waiting: Vec::new() };
        self.flows.insert(id, Flow { transport, peer, framer, state, used: now, proven: true });
        // Peers are known by address here, so that is what a certificate has to be for.
        let server_name = (transport == Transport::Tls).then(|| peer.ip().to_string().into());
        let target = Target { protocol: Protocol::Sip, transport, address: peer, server_name };
        Ok((id, target))
    }

    /// What to write on a flow to send this; nothing if it has to wait for the flow. Comes back if it cannot wait.
    pub(crate) fn send(
        &mut self,
        id: FlowId,
        message: Waiting,
        now: Instant,
    ) -> Result<Option<Bytes>, Waiting> {
        let Some(flow) = self.flows.get_mut(&id) else { return Err(message) };
        flow.used = now;
        match &mut flow.state {
            State::Up => Ok(match message {
                Waiting::Request(forward) => forward.wire(flow.transport),
                Waiting::Response(response) => Some(response.as_bytes().clone()),
            }),
            State::Opening { .. } if self.waiting >= self.max_waiting => Err(message),
            State::Opening { waiting, .. } => {
                waiting.push(message);
                self.waiting += 1;
                Ok(None)
            }
        }
    }

    /// How many flows there are.
    pub(crate) fn len(&self) -> usize {
        self.flows.len()
    }

    /// When a flow that nobody needs is closed, or one that does not come up is given up.
    pub(crate) fn next_timeout(&self, idle: Duration, is_needed: impl Fn(FlowId) -> bool) -> Option<Instant> {
        self.flows.iter().filter_map(|(id, flow)| flow.deadline(idle, || is_needed(*id))).min()
    }

    /// The flows whose time has come.
    pub(crate) fn expired(
        &self,
        idle: Duration,
        is_needed: impl Fn(FlowId) -> bool,
        now: Instant,
    ) -> Vec<FlowId> {
        let late = |(id, flow): &(&FlowId, &Flow)| {
            flow.deadline(idle, || is_needed(**id)).is_some_and(|deadline| deadline <= now)
        };
        self.flows.iter().filter(late).map(|(id, _)| *id).collect()
    }
}

impl Flow {
    fn deadline(&self, idle: Duration, is_needed: impl FnOnce() -> bool) -> Option<Instant> {
        match self.state {
            State::Opening { deadline, .. } => Some(deadline),
            State::Up => (!is_needed()).then(|| self.used + idle),
        }
    }
}
