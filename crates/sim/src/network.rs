//! The network of the lab: what is on its way, and what happens when it arrives.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use pager::{
    Event, FlowId, FlowState, OfferId, OfferedItem, Output, Protocol, Security, Target, TlsFault, Transport,
};
use sip_ua::FlowError;

use crate::lab::{Lab, MSRP_PORT, MSRPS_PORT, PartyId, SIP_PORT};
use crate::machine::Wish;
use crate::trace;

/// Where a flow leads.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    Stream { connection: usize, side: usize },
    Datagram(SocketAddr),
}

/// A stream between two parties.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) protocol: Protocol,
    pub(crate) ends: [(PartyId, FlowId); 2],
    pub(crate) open: bool,
    /// What has arrived at each end and was not read yet.
    unread: [VecDeque<Bytes>; 2],
    /// When the last of what is on its way to each end arrives: nothing in a stream overtakes it.
    last: [Option<Instant>; 2],
}

/// Something on its way.
#[derive(Debug)]
pub(crate) enum Parcel {
    Connect {
        party: PartyId,
        flow: FlowId,
        target: Target,
    },
    Stream {
        connection: usize,
        side: usize,
        octets: Bytes,
    },
    Datagram {
        to: SocketAddr,
        from: SocketAddr,
        octets: Bytes,
    },
    Closed {
        connection: usize,
        side: usize,
    },
    Transmitted {
        party: PartyId,
        flow: FlowId,
        octets: u64,
    },
    /// A request has come to the disk.
    Work {
        party: PartyId,
        output: Output,
    },
    /// The user has decided.
    Decide {
        party: PartyId,
        offer: OfferId,
        items: Vec<OfferedItem>,
    },
}

impl Parcel {
    /// Whose doing it is, if it goes nowhere without them.
    pub(crate) const fn owner(&self) -> Option<PartyId> {
        match self {
            Self::Connect { party, .. }
            | Self::Transmitted { party, .. }
            | Self::Work { party, .. }
            | Self::Decide { party, .. } => Some(*party),
            Self::Stream { .. } | Self::Datagram { .. } | Self::Closed { .. } => None,
        }
    }
}

impl Lab {
    pub(crate) fn next_at(&self) -> Option<Instant> {
        let parcel = self.in_flight.keys().next().map(|(at, _)| *at);
        let timers =
            self.parties.iter().filter(|party| !party.gone).filter_map(|party| party.machine.next_timeout());
        timers.chain(parcel).min()
    }

    pub(crate) fn step(&mut self, at: Instant) {
        self.now = self.now.max(at);
        let now = self.now;
        while let Some(entry) = self.in_flight.first_entry().filter(|entry| entry.key().0 <= now) {
            let parcel = entry.remove();
            self.arrive(parcel);
        }
        for connection in 0..self.connections.len() {
            self.read(connection, 0);
            self.read(connection, 1);
        }
        for id in (0..self.parties.len()).map(PartyId) {
            let party = self.party_mut(id);
            if !party.gone && party.machine.next_timeout().is_some_and(|at| at <= now) {
                party.machine.handle_timeout(now);
                self.settle(id);
            }
        }
    }

    pub(crate) fn post(&mut self, delay: Duration, parcel: Parcel) {
        self.post_at(self.now + delay, parcel);
    }

    fn post_at(&mut self, at: Instant, parcel: Parcel) {
        self.sent += 1;
        self.in_flight.insert((at, self.sent), parcel);
    }

    /// How long something takes that leaves now.
    fn delay(&mut self) -> Duration {
        self.link.delay + self.accidents.up_to(self.link.jitter)
    }

    /// Puts something on its way in a stream, behind what is in it.
    fn post_in_stream(&mut self, connection: usize, side: usize, parcel: Parcel) {
        let mut at = self.now + self.delay();
        let stream = self.connections.get_mut(connection);
        if let Some(last) = stream.and_then(|stream| stream.last.get_mut(side)) {
            at = last.map_or(at, |last| last.max(at));
            *last = Some(at);
        }
        self.post_at(at, parcel);
    }

    fn owner_of(&self, address: IpAddr) -> Option<PartyId> {
        self.parties.iter().position(|party| party.address == address && !party.gone).map(PartyId)
    }

    fn arrive(&mut self, parcel: Parcel) {
        match parcel {
            Parcel::Connect { party, flow, target } => self.connect(party, flow, &target),
            Parcel::Stream { connection, side, mut octets } => {
                let breaks = self.takes(octets.len());
                if let Some(arrived) = breaks {
                    octets.truncate(arrived);
                }
                if let Some(unread) =
                    self.connections.get_mut(connection).and_then(|c| c.unread.get_mut(side))
                {
                    unread.push_back(octets);
                }
                self.read(connection, side);
                if breaks.is_some() {
                    (0..self.parties.len()).for_each(|party| self.break_streams(PartyId(party)));
                }
            }
            Parcel::Datagram { to, from, octets } => {
                let Some(party) = self.owner_of(to.ip()) else { return };
                let flow = self.datagram_flow(party, from);
                let now = self.now;
                self.party_mut(party).machine.handle_received(flow, Protocol::Sip, octets, now);
                self.settle(party);
            }
            Parcel::Closed { connection, side } => {
                let Some(Connection { protocol, ends, .. }) = self.connections.get(connection) else {
                    return;
                };
                let protocol = *protocol;
                let Some(&(party, flow)) = ends.get(side) else { return };
                if self.party_mut(party).flows.remove(&flow).is_some() && !self.party(party).gone {
                    let now = self.now;
                    let state = FlowState::Closed(FlowError::ClosedByPeer);
                    self.party_mut(party).machine.handle_flow(flow, protocol, state, now);
                    self.settle(party);
                }
            }
            Parcel::Transmitted { party, flow, octets } => {
                let now = self.now;
                self.party_mut(party).machine.handle_transmitted(flow, octets, now);
                self.settle(party);
            }
            Parcel::Work { party, output } => {
                let now = self.now;
                if !self.party(party).gone {
                    self.party_mut(party).carry_out(output, now);
                    self.settle(party);
                }
            }
            Parcel::Decide { party, offer, items } => {
                let now = self.now;
                if !self.party(party).gone {
                    self.party_mut(party).decide(offer, &items, now);
                    self.settle(party);
                }
            }
        }
    }

    /// Counts octets that arrive in a stream; how many of them still do, if that is when the streams break.
    fn takes(&mut self, octets: usize) -> Option<usize> {
        let left = self.breaks_after?;
        let breaks = octets >= left;
        self.breaks_after = (!breaks).then(|| left - octets);
        breaks.then_some(left)
    }

    /// Hands a party what has arrived on a stream, as long as it wants to read.
    fn read(&mut self, connection: usize, side: usize) {
        loop {
            let Some(stream) = self.connections.get_mut(connection).filter(|stream| stream.open) else {
                return;
            };
            let protocol = stream.protocol;
            let Some(&(id, flow)) = stream.ends.get(side) else { return };
            let Some(party) = self.parties.get_mut(id.0).filter(|party| party.machine.wants_received(flow))
            else {
                return;
            };
            let Some(octets) = stream.unread.get_mut(side).and_then(VecDeque::pop_front) else { return };
            party.machine.handle_received(flow, protocol, octets, self.now);
            self.settle(id);
        }
    }

    /// The flow a datagram from this address belongs to; a new one if it is the first.
    fn datagram_flow(&mut self, id: PartyId, from: SocketAddr) -> FlowId {
        let now = self.now;
        let party = self.party_mut(id);
        if let Some(&flow) = party.datagrams.get(&from) {
            return flow;
        }
        let flow = FlowId::incoming(party.accepted);
        party.accepted += 1;
        party.flows.insert(flow, End::Datagram(from));
        party.datagrams.insert(from, flow);
        let local = SocketAddr::new(party.address, SIP_PORT);
        let up = FlowState::Up { transport: Transport::Udp, local, peer: from, security: None };
        party.machine.handle_flow(flow, Protocol::Sip, up, now);
        flow
    }

    fn connect(&mut self, party: PartyId, flow: FlowId, target: &Target) {
        let now = self.now;
        let listens = match (target.protocol, target.transport) {
            (Protocol::Sip, _) => target.address.port() == SIP_PORT,
            (Protocol::Msrp, Transport::Tls) => target.address.port() == MSRPS_PORT,
            (Protocol::Msrp, _) => target.address.port() == MSRP_PORT,
        };
        let Some(acceptor) = self.owner_of(target.address.ip()).filter(|_| listens) else {
            let refused = FlowState::Closed(FlowError::Refused);
            self.party_mut(party).machine.handle_flow(flow, target.protocol, refused, now);
            self.settle(party);
            return;
        };
        if target.server_name.is_some() {
            // No authority vouches for anybody here.
            let refused = FlowState::Closed(FlowError::Tls(TlsFault::UnknownIssuer));
            self.party_mut(party).machine.handle_flow(flow, target.protocol, refused, now);
            self.settle(party);
            return;
        }
        let ephemeral = 40_000 + u16::try_from(self.connections.len() % 20_000).unwrap_or(0);
        let local = SocketAddr::new(self.party(party).address, ephemeral);
        let connection = self.connections.len();
        let other = self.party_mut(acceptor);
        let accepted = FlowId::incoming(other.accepted);
        other.accepted += 1;
        other.flows.insert(accepted, End::Stream { connection, side: 1 });
        self.party_mut(party).flows.insert(flow, End::Stream { connection, side: 0 });
        let ends = [(party, flow), (acceptor, accepted)];
        self.connections.push(Connection {
            protocol: target.protocol,
            ends,
            open: true,
            unread: Default::default(),
            last: [None; 2],
        });
        let [security, shown] = [party, acceptor].map(|shower| {
            let certificate = self.party(shower).certificate.clone();
            (target.transport == Transport::Tls).then_some(Security { certificate, verified: false })
        });
        let up = FlowState::Up { transport: target.transport, local: target.address, peer: local, security };
        self.party_mut(acceptor).machine.handle_flow(accepted, target.protocol, up, now);
        self.settle(acceptor);
        let (transport, peer) = (target.transport, target.address);
        let up = FlowState::Up { transport, local, peer, security: shown };
        self.party_mut(party).machine.handle_flow(flow, target.protocol, up, now);
        self.settle(party);
    }

    /// Does what the party's machine wants done.
    pub(crate) fn settle(&mut self, id: PartyId) {
        let now = self.now;
        let mut todo = VecDeque::new();
        loop {
            while let Some(wish) = self.party_mut(id).machine.poll_output() {
                todo.push_back(wish);
            }
            match todo.pop_front() {
                None => return,
                Some(Wish::Log(event)) => self.party_mut(id).log.push(event),
                Some(Wish::Do(Output::Open { flow, target })) => self.open(id, flow, target),
                Some(Wish::Do(Output::Transmit { flow, bytes })) => self.transmit(id, flow, bytes),
                Some(Wish::Do(Output::Close { flow })) => self.close(id, flow),
                Some(Wish::Do(Output::Event(event))) => self.tell(id, event),
                Some(Wish::Do(output)) => {
                    let latency = self.party(id).latency;
                    if latency.is_zero() {
                        self.party_mut(id).carry_out(output, now);
                    } else {
                        self.post(latency, Parcel::Work { party: id, output });
                    }
                }
            }
        }
    }

    /// Tells a client's user, who decides on offers.
    fn tell(&mut self, id: PartyId, event: Event) {
        let now = self.now;
        let party = self.party_mut(id);
        let hesitation = party.hesitation;
        if let Event::Offer { offer, items, .. } = &event {
            if hesitation.is_zero() {
                party.decide(*offer, items, now);
            } else {
                let parcel = Parcel::Decide { party: id, offer: *offer, items: items.clone() };
                self.post(hesitation, parcel);
            }
        }
        self.party_mut(id).events.push(event);
    }

    fn open(&mut self, id: PartyId, flow: FlowId, target: Target) {
        if target.transport == Transport::Udp {
            let now = self.now;
            let party = self.party_mut(id);
            party.flows.insert(flow, End::Datagram(target.address));
            party.datagrams.insert(target.address, flow);
            let local = SocketAddr::new(party.address, SIP_PORT);
            let up = FlowState::Up { transport: Transport::Udp, local, peer: target.address, security: None };
            party.machine.handle_flow(flow, target.protocol, up, now);
        } else {
            self.post(self.link.delay * 2, Parcel::Connect { party: id, flow, target });
        }
    }

    fn transmit(&mut self, id: PartyId, flow: FlowId, bytes: Bytes) {
        let at = self.now.duration_since(self.start);
        let gone = self.party(id).gone;
        let from = trace::name(&self.names, id);
        match self.party(id).flows.get(&flow).copied() {
            Some(End::Datagram(peer)) if !gone => {
                let lost = self.accidents.happens(self.link.loss_percent);
                let to = self.owner_of(peer.ip()).map_or("nobody", |party| trace::name(&self.names, party));
                self.trace.datagram(at, from, to, &bytes, lost);
                let source = SocketAddr::new(self.party(id).address, SIP_PORT);
                let parcel = |octets| Parcel::Datagram { to: peer, from: source, octets };
                if !lost {
                    if self.accidents.happens(self.link.duplicate_percent) {
                        let delay = self.delay();
                        self.post(delay, parcel(bytes.clone()));
                    }
                    let delay = self.delay();
                    self.post(delay, parcel(bytes));
                }
            }
            Some(End::Stream { connection, side }) if !gone => {
                let Some(Connection { protocol, ends, open, .. }) = self.connections.get(connection) else {
                    return;
                };
                let (protocol, ends, open) = (*protocol, *ends, *open);
                let other = 1 - side;
                let to = ends.get(other).map_or("nobody", |(party, _)| trace::name(&self.names, *party));
                self.trace.stream(at, (connection, side), protocol, from, to, &bytes);
                let octets = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                let mut rest = bytes;
                while open && !rest.is_empty() {
                    let piece = rest.split_to(self.link.cut.min(rest.len()));
                    self.post_in_stream(
                        connection,
                        other,
                        Parcel::Stream { connection, side: other, octets: piece },
                    );
                }
                if protocol == Protocol::Msrp {
                    // Written means: out of our socket buffer, one delay later.
                    self.post(self.link.delay, Parcel::Transmitted { party: id, flow, octets });
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, id: PartyId, flow: FlowId) {
        let Some(end) = self.party_mut(id).flows.remove(&flow) else { return };
        match end {
            End::Datagram(peer) => {
                self.party_mut(id).datagrams.remove(&peer);
            }
            End::Stream { connection, side } => {
                // Behind what was written before.
                self.post_in_stream(connection, 1 - side, Parcel::Closed { connection, side: 1 - side });
            }
        }
    }
}
