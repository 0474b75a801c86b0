//! `Machine`: what a party runs, a client or a server, behind one face.

use std::time::Instant;

use bytes::Bytes;
use pager::{Agent, FlowId, FlowState, Protocol};
use server::Server;
use server::relay::MsrpRelay;

/// What a party runs.
#[derive(Debug)]
pub(crate) enum Machine {
    Client(Box<Agent>),
    Server(Box<Server>),
    Relay(Box<MsrpRelay>),
}

/// What it wants done.
#[derive(Debug)]
pub(crate) enum Wish {
    /// What clients want; a server's flows look the same.
    Do(pager::Output),
    /// What a server did, for its log.
    Log(server::Event),
}

impl Wish {
    fn of_server(output: server::Output) -> Self {
        match output {
            server::Output::Open { flow, target } => Self::Do(pager::Output::Open { flow, target }),
            server::Output::Transmit { flow, bytes } => Self::Do(pager::Output::Transmit { flow, bytes }),
            server::Output::Close { flow } => Self::Do(pager::Output::Close { flow }),
            server::Output::Event(event) => Self::Log(event),
        }
    }
}

impl Machine {
    pub(crate) fn client_mut(&mut self) -> Option<&mut Agent> {
        match self {
            Self::Client(agent) => Some(agent),
            Self::Server(_) | Self::Relay(_) => None,
        }
    }

    pub(crate) fn handle_received(&mut self, flow: FlowId, protocol: Protocol, octets: Bytes, now: Instant) {
        match self {
            Self::Client(agent) => agent.handle_received(flow, protocol, octets, now),
            Self::Server(server) => server.handle_received(flow, protocol, octets, now),
            Self::Relay(relay) => relay.handle_received(flow, octets, now),
        }
    }

    pub(crate) fn handle_flow(&mut self, flow: FlowId, protocol: Protocol, state: FlowState, now: Instant) {
        match self {
            Self::Client(agent) => agent.handle_flow(flow, protocol, state, now),
            Self::Server(server) => server.handle_flow(flow, protocol, state, now),
            Self::Relay(relay) => relay.handle_flow(flow, &state, now),
        }
    }

    pub(crate) fn handle_transmitted(&mut self, flow: FlowId, octets: u64, now: Instant) {
        match self {
            Self::Client(agent) => agent.handle_transmitted(flow, octets, now),
            Self::Server(server) => server.handle_transmitted(flow, octets, now),
            Self::Relay(relay) => relay.handle_transmitted(flow, octets, now),
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        match self {
            Self::Client(agent) => agent.handle_timeout(now),
            Self::Server(server) => server.handle_timeout(now),
            Self::Relay(relay) => relay.handle_timeout(now),
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        match self {
            Self::Client(agent) => agent.next_timeout(),
            Self::Server(server) => server.next_timeout(),
            Self::Relay(relay) => relay.next_timeout(),
        }
    }

    pub(crate) fn wants_received(&self, flow: FlowId) -> bool {
        match self {
            Self::Client(agent) => agent.wants_received(flow),
            Self::Server(server) => server.wants_received(flow),
            Self::Relay(relay) => relay.wants_received(flow),
        }
    }

    pub(crate) fn poll_output(&mut self) -> Option<Wish> {
        match self {
            Self::Client(agent) => agent.poll_output().map(Wish::Do),
            Self::Server(server) => server.poll_output().map(Wish::of_server),
            Self::Relay(relay) => relay.poll_output().map(Wish::of_server),
        }
    }

    /// Whether nothing is under way. Registrations and idle connections may be there.
    pub(crate) fn is_idle(&self) -> bool {
        match self {
            Self::Client(agent) => agent.is_idle(),
            Self::Server(server) => server.live().is_idle() && server.live().msrp_flows == 0,
            // A URI that was handed out lives on for its time.
            Self::Relay(relay) => relay.live().transactions == 0 && relay.live().queued == 0,
        }
    }
}
