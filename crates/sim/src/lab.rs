//! `Lab`: parties, their network and their clock.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use pager::{
    Account, Agent, Answer, Clock, Config, ContentId, Error, Event, FileToSend, FlowId, FlowState, ItemId, OfferId,
    OfferedItem, Outgoing, Output, Pick, Protocol, Sha1Hash, Target, To, TransferId, Transport,
};
use sip_ua::FlowError;

use crate::disk::Disk;
use crate::link::{Accidents, Link};
use crate::trace::{self, Trace};

/// 2026-03-02T09:15:30Z: the time of day every run starts at.
const START: Duration = Duration::from_secs(1_772_442_930);
const SIP_PORT: u16 = 5060;
const MSRP_PORT: u16 = 2855;

/// Somebody in the lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartyId(pub(crate) usize);

/// What a party does with an offer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Decision {
    /// Takes every item.
    AcceptAll,
    /// Takes the items at these places.
    Accept(Vec<ItemId>),
    /// Refuses the offer.
    Refuse,
    /// Never answers.
    Ignore,
}

/// Parties, their network and their clock.
#[derive(Debug)]
pub struct Lab {
    start: Instant,
    now: Instant,
    seed: u8,
    link: Link,
    accidents: Accidents,
    names: Vec<&'static str>,
    parties: Vec<Party>,
    connections: Vec<Connection>,
    /// What is on its way, by arrival and order of sending.
    in_flight: BTreeMap<(Instant, u64), Parcel>,
    sent: u64,
    trace: Trace,
}

#[derive(Debug)]
struct Party {
    address: IpAddr,
    agent: Agent,
    disk: Disk,
    decision: Decision,
    /// Which end of which connection a flow is, or the address of a datagram's peer.
    flows: HashMap<FlowId, End>,
    datagrams: HashMap<SocketAddr, FlowId>,
    accepted: u64,
    events: Vec<Event>,
    /// Whether it has vanished: nothing reaches it and nothing leaves it.
    gone: bool,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Stream { connection: usize, side: usize },
    Datagram(SocketAddr),
}

/// A stream between two parties.
#[derive(Debug)]
struct Connection {
    protocol: Protocol,
    ends: [(PartyId, FlowId); 2],
    open: bool,
    /// What has arrived at each end and was not read yet.
    unread: [VecDeque<Bytes>; 2],
}

#[derive(Debug)]
enum Parcel {
    Connect { party: PartyId, flow: FlowId, target: Target },
    Stream { connection: usize, side: usize, octets: Bytes },
    Datagram { to: SocketAddr, from: SocketAddr, octets: Bytes },
    Closed { connection: usize, side: usize },
    Transmitted { party: PartyId, flow: FlowId, octets: u64 },
}

impl Lab {
    /// An empty lab; the same seed gives the same run.
    #[must_use]
    pub fn new(seed: u8) -> Self {
        #[expect(clippy::disallowed_methods, reason = "any instant will do; from here on time is virtual")]
        let start = Instant::now();
        Self {
            start,
            now: start,
            seed,
            link: Link::default(),
            accidents: Accidents::new(u64::from(seed)),
            names: Vec::new(),
            parties: Vec::new(),
            connections: Vec::new(),
            in_flight: BTreeMap::new(),
            sent: 0,
            trace: Trace::default(),
        }
    }

    /// With this network.
    #[must_use]
    pub const fn link(mut self, link: Link) -> Self {
        self.link = link;
        self
    }

    /// Adds an IM client at an address of its own, `sip:name@address`.
    ///
    /// # Panics
    ///
    /// If the name cannot stand in a URI, or after 200 parties.
    pub fn client(&mut self, name: &'static str, configure: impl FnOnce(&mut Config)) -> PartyId {
        let number = u8::try_from(self.parties.len() + 1).expect("at most 200 parties");
        let address = IpAddr::V4(Ipv4Addr::new(192, 0, 2, number));
        let identity = sip::Uri::parse(format!("sip:{name}@{address}")).expect("a name that can stand in a URI");
        let mut config = Config::new(Account::new(identity), MSRP_PORT, Clock::new(self.start, START));
        config.sip.listen_port = Some(SIP_PORT);
        configure(&mut config);
        let agent = Agent::new(config, [self.seed.wrapping_add(number); 32]);
        self.names.push(name);
        self.parties.push(Party {
            address,
            agent,
            disk: Disk::default(),
            decision: Decision::AcceptAll,
            flows: HashMap::new(),
            datagrams: HashMap::new(),
            accepted: 0,
            events: Vec::new(),
            gone: false,
        });
        PartyId(self.parties.len() - 1)
    }

    /// The public identity of a client made by [`Lab::client`].
    #[must_use]
    pub fn uri(&self, party: PartyId) -> sip::Uri {
        let name = trace::name(&self.names, party);
        let address = self.party(party).address;
        sip::Uri::parse(format!("sip:{name}@{address}")).expect("parsed before")
    }

    /// What the party does with offers from now on.
    pub fn decide(&mut self, party: PartyId, decision: Decision) {
        self.party_mut(party).decision = decision;
    }

    /// Lets the party store at most this many octets of each file.
    pub fn limit_disk(&mut self, party: PartyId, octets: usize) {
        self.party_mut(party).disk.room = Some(octets);
    }

    /// The party vanishes: its streams break, its datagrams go nowhere.
    pub fn vanish(&mut self, party: PartyId) {
        self.party_mut(party).gone = true;
        let broken: Vec<(usize, usize)> = self
            .connections
            .iter()
            .enumerate()
            .filter(|(_, connection)| connection.open)
            .flat_map(|(i, connection)| {
                let [one, other] = connection.ends;
                [(one.0 == party).then_some((i, 1)), (other.0 == party).then_some((i, 0))]
            })
            .flatten()
            .collect();
        for (connection, side) in broken {
            if let Some(connection) = self.connections.get_mut(connection) {
                connection.open = false;
            }
            self.post(Duration::ZERO, Parcel::Closed { connection, side });
        }
    }

    /// Sends a text and files, given as name, type and octets.
    ///
    /// # Errors
    ///
    /// What [`Agent::send`] refuses before the first byte.
    pub fn send(
        &mut self,
        from: PartyId,
        to: To,
        text: Option<&str>,
        files: &[(&str, &str, &[u8])],
    ) -> Result<TransferId, Error> {
        let mut message = Outgoing::new(to);
        if let Some(text) = text {
            message = message.text(text);
        }
        for (name, media_type, octets) in files {
            let size = octets.len().try_into().unwrap_or(u64::MAX);
            message = message.file(FileToSend::new(*name, *media_type, size, Sha1Hash::of(octets)));
        }
        self.send_message(from, message, files.iter().map(|(_, _, octets)| Bytes::copy_from_slice(octets)))
    }

    /// Sends a message whose files have these octets, which need not be what the message says of them.
    ///
    /// # Errors
    ///
    /// What [`Agent::send`] refuses before the first byte.
    pub fn send_message(
        &mut self,
        from: PartyId,
        message: Outgoing,
        files: impl IntoIterator<Item = Bytes>,
    ) -> Result<TransferId, Error> {
        let now = self.now;
        let first_file = usize::from(message.text.is_some());
        let party = self.party_mut(from);
        let transfer = party.agent.send(message, now)?;
        for (i, octets) in files.into_iter().enumerate() {
            party.disk.add_source(ContentId::Outgoing { transfer, item: first_file + i }, octets);
        }
        self.settle(from);
        Ok(transfer)
    }

    /// Gives a command to a party's client.
    pub fn with_agent<T>(&mut self, party: PartyId, command: impl FnOnce(&mut Agent, Instant) -> T) -> T {
        let now = self.now;
        let result = command(&mut self.party_mut(party).agent, now);
        self.settle(party);
        result
    }

    /// Lets `span` of virtual time pass.
    pub fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.next_at().filter(|at| *at <= end) {
            self.step(at);
        }
        self.now = end;
    }

    /// Lets time pass until an event of the party fits, at most `span`; whether one did.
    pub fn run_until(&mut self, party: PartyId, span: Duration, fits: impl Fn(&Event) -> bool) -> bool {
        let end = self.now + span;
        loop {
            if self.party(party).events.iter().any(&fits) {
                return true;
            }
            match self.next_at().filter(|at| *at <= end) {
                Some(at) => self.step(at),
                None => return false,
            }
        }
    }

    /// What the party was told so far.
    #[must_use]
    pub fn events(&self, party: PartyId) -> &[Event] {
        &self.party(party).events
    }

    /// The octets of a file the party received whole.
    #[must_use]
    pub fn stored(&self, party: PartyId, offer: OfferId, item: ItemId) -> Option<&[u8]> {
        self.party(party).disk.stored(ContentId::Incoming { offer, item })
    }

    /// Whether the party holds nothing: no message, no connection, no half received file.
    #[must_use]
    pub fn is_clean(&self, party: PartyId) -> bool {
        let party = self.party(party);
        party.agent.is_idle() && party.disk.is_clean()
    }

    /// Every message sent so far, one a line.
    #[must_use]
    pub fn ladder(&self) -> String {
        self.trace.ladder()
    }

    fn party(&self, party: PartyId) -> &Party {
        self.parties.get(party.0).expect("a PartyId comes from this lab")
    }

    fn party_mut(&mut self, party: PartyId) -> &mut Party {
        self.parties.get_mut(party.0).expect("a PartyId comes from this lab")
    }

    fn next_at(&self) -> Option<Instant> {
        let parcel = self.in_flight.keys().next().map(|(at, _)| *at);
        let timers = self.parties.iter().filter(|party| !party.gone).filter_map(|party| party.agent.next_timeout());
        timers.chain(parcel).min()
    }

    fn step(&mut self, at: Instant) {
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
            if !party.gone && party.agent.next_timeout().is_some_and(|at| at <= now) {
                party.agent.handle_timeout(now);
                self.settle(id);
            }
        }
    }

    fn post(&mut self, delay: Duration, parcel: Parcel) {
        self.sent += 1;
        self.in_flight.insert((self.now + delay, self.sent), parcel);
    }

    fn owner_of(&self, address: IpAddr) -> Option<PartyId> {
        self.parties.iter().position(|party| party.address == address && !party.gone).map(PartyId)
    }

    fn arrive(&mut self, parcel: Parcel) {
        match parcel {
            Parcel::Connect { party, flow, target } => self.connect(party, flow, &target),
            Parcel::Stream { connection, side, octets } => {
                if let Some(unread) = self.connections.get_mut(connection).and_then(|c| c.unread.get_mut(side)) {
                    unread.push_back(octets);
                }
                self.read(connection, side);
            }
            Parcel::Datagram { to, from, octets } => {
                let Some(party) = self.owner_of(to.ip()) else { return };
                let flow = self.datagram_flow(party, from);
                let now = self.now;
                self.party_mut(party).agent.handle_received(flow, Protocol::Sip, octets, now);
                self.settle(party);
            }
            Parcel::Closed { connection, side } => {
                let Some(Connection { protocol, ends, .. }) = self.connections.get(connection) else { return };
                let protocol = *protocol;
                let Some(&(party, flow)) = ends.get(side) else { return };
                if self.party_mut(party).flows.remove(&flow).is_some() && !self.party(party).gone {
                    let now = self.now;
                    let state = FlowState::Closed(FlowError::ClosedByPeer);
                    self.party_mut(party).agent.handle_flow(flow, protocol, state, now);
                    self.settle(party);
                }
            }
            Parcel::Transmitted { party, flow, octets } => {
                let now = self.now;
                self.party_mut(party).agent.handle_transmitted(flow, octets, now);
                self.settle(party);
            }
        }
    }

    /// Hands a party what has arrived on a stream, as long as it wants to read.
    fn read(&mut self, connection: usize, side: usize) {
        loop {
            let Some(stream) = self.connections.get_mut(connection).filter(|stream| stream.open) else { return };
            let protocol = stream.protocol;
            let Some(&(id, flow)) = stream.ends.get(side) else { return };
            let Some(party) = self.parties.get_mut(id.0).filter(|party| party.agent.wants_received(flow)) else {
                return;
            };
            let Some(octets) = stream.unread.get_mut(side).and_then(VecDeque::pop_front) else { return };
            party.agent.handle_received(flow, protocol, octets, self.now);
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
        let up = FlowState::Up { transport: Transport::Udp, local, peer: from };
        party.agent.handle_flow(flow, Protocol::Sip, up, now);
        flow
    }

    fn connect(&mut self, party: PartyId, flow: FlowId, target: &Target) {
        let now = self.now;
        let listens = match target.protocol {
            Protocol::Sip => target.address.port() == SIP_PORT,
            Protocol::Msrp => target.address.port() == MSRP_PORT,
        };
        let Some(acceptor) = self.owner_of(target.address.ip()).filter(|_| listens) else {
            let refused = FlowState::Closed(FlowError::Refused);
            self.party_mut(party).agent.handle_flow(flow, target.protocol, refused, now);
            self.settle(party);
            return;
        };
        let ephemeral = 40_000 + u16::try_from(self.connections.len() % 20_000).unwrap_or(0);
        let local = SocketAddr::new(self.party(party).address, ephemeral);
        let connection = self.connections.len();
        let other = self.party_mut(acceptor);
        let accepted = FlowId::incoming(other.accepted);
        other.accepted += 1;
        other.flows.insert(accepted, End::Stream { connection, side: 1 });
        self.party_mut(party).flows.insert(flow, End::Stream { connection, side: 0 });
        let ends = [(party, flow), (acceptor, accepted)];
        self.connections.push(Connection { protocol: target.protocol, ends, open: true, unread: Default::default() });
        let up = FlowState::Up { transport: target.transport, local: target.address, peer: local };
        self.party_mut(acceptor).agent.handle_flow(accepted, target.protocol, up, now);
        self.settle(acceptor);
        let up = FlowState::Up { transport: target.transport, local, peer: target.address };
        self.party_mut(party).agent.handle_flow(flow, target.protocol, up, now);
        self.settle(party);
    }

    /// Does what the party's client wants done.
    fn settle(&mut self, id: PartyId) {
        let now = self.now;
        let mut todo = VecDeque::new();
        loop {
            while let Some(output) = self.party_mut(id).agent.poll_output() {
                todo.push_back(output);
            }
            let Some(output) = todo.pop_front() else { return };
            match output {
                Output::Open { flow, target } => self.open(id, flow, target),
                Output::Transmit { flow, bytes } => self.transmit(id, flow, bytes),
                Output::Close { flow } => self.close(id, flow),
                Output::Resolve { query, .. } => {
                    self.party_mut(id).agent.handle_answer(query, Answer::Nothing, now);
                }
                Output::Read { content, offset, len } => {
                    let party = self.party_mut(id);
                    let octets = party.disk.read(content, offset, len);
                    party.agent.handle_read(content, octets, now);
                }
                Output::Write { content, offset, octets } => {
                    let party = self.party_mut(id);
                    let len = octets.len().try_into().unwrap_or(u64::MAX);
                    if party.disk.write(content, offset, &octets) {
                        party.agent.handle_written(content, len, now);
                    } else {
                        party.agent.handle_write_failed(content, now);
                    }
                }
                Output::Commit { content } => {
                    let party = self.party_mut(id);
                    party.disk.commit(content);
                    party.agent.handle_committed(content, now);
                }
                Output::Discard { content } => self.party_mut(id).disk.discard(content),
                Output::Event(event) => self.event(id, event),
            }
        }
    }

    fn event(&mut self, id: PartyId, event: Event) {
        let now = self.now;
        let party = self.party_mut(id);
        if let Event::Offer { offer, items, .. } = &event {
            let picks = |picked: &dyn Fn(usize) -> bool| -> Vec<Pick> {
                (0..items.len()).map(|i| if picked(i) { Pick::Accept } else { Pick::Refuse }).collect()
            };
            let supported = |i: usize| !matches!(items.get(i), Some(OfferedItem::Unsupported) | None);
            let result = match &party.decision {
                Decision::AcceptAll => party.agent.accept(*offer, &picks(&supported), now),
                Decision::Accept(places) => party.agent.accept(*offer, &picks(&|i| places.contains(&i)), now),
                Decision::Refuse => party.agent.refuse(*offer, now),
                Decision::Ignore => Ok(()),
            };
            debug_assert_eq!(result, Ok(()), "an offer just made can be answered");
        }
        party.events.push(event);
    }

    fn open(&mut self, id: PartyId, flow: FlowId, target: Target) {
        if target.transport == Transport::Udp {
            let now = self.now;
            let party = self.party_mut(id);
            party.flows.insert(flow, End::Datagram(target.address));
            party.datagrams.insert(target.address, flow);
            let local = SocketAddr::new(party.address, SIP_PORT);
            let up = FlowState::Up { transport: Transport::Udp, local, peer: target.address };
            party.agent.handle_flow(flow, target.protocol, up, now);
        } else {
            self.post(self.link.delay * 2, Parcel::Connect { party: id, flow, target });
        }
    }

    fn transmit(&mut self, id: PartyId, flow: FlowId, bytes: Bytes) {
        let at = self.now.duration_since(self.start);
        let delay = self.link.delay;
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
                        self.post(delay, parcel(bytes.clone()));
                    }
                    self.post(delay, parcel(bytes));
                }
            }
            Some(End::Stream { connection, side }) if !gone => {
                let Some(Connection { protocol, ends, open, .. }) = self.connections.get(connection) else { return };
                let (protocol, ends, open) = (*protocol, *ends, *open);
                let other = 1 - side;
                let to = ends.get(other).map_or("nobody", |(party, _)| trace::name(&self.names, *party));
                self.trace.stream(at, (connection, side), protocol, from, to, &bytes);
                let octets = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                let mut rest = bytes;
                while open && !rest.is_empty() {
                    let piece = rest.split_to(self.link.cut.min(rest.len()));
                    self.post(delay, Parcel::Stream { connection, side: other, octets: piece });
                }
                if protocol == Protocol::Msrp {
                    // Written means: out of our socket buffer, one delay later.
                    self.post(delay, Parcel::Transmitted { party: id, flow, octets });
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
                self.post(self.link.delay, Parcel::Closed { connection, side: 1 - side });
            }
        }
    }
}
