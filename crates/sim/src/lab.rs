//! `Lab`: parties, their network and their clock.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use digest::Credentials;
use pager::{
    Account, Agent, Clock, Config, ContentId, Error, Event, FileToSend, ItemId, MsrpRelays, OfferId,
    Outgoing, PlainRelay, Registration, Sha1Hash, To, TransferId,
};
use server::relay::MsrpRelay;
use server::{Addresses, Server};

use crate::link::{Accidents, Link};
use crate::machine::Machine;
use crate::network::{Connection, Parcel};
use crate::party::{Decision, Party};
use crate::trace::Trace;

/// 2026-03-02T09:15:30Z: the time of day every run starts at.
const START: Duration = Duration::from_secs(1_772_442_930);
pub(crate) const SIP_PORT: u16 = 5060;
pub(crate) const MSRP_PORT: u16 = 2855;
/// Where parties listen for MSRP over TLS, for [`pager::MediaTls::port`].
pub const MSRPS_PORT: u16 = 2856;

/// Somebody in the lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartyId(pub(crate) usize);

/// Parties, their network and their clock.
#[derive(Debug)]
pub struct Lab {
    pub(crate) start: Instant,
    pub(crate) now: Instant,
    pub(crate) seed: u64,
    pub(crate) link: Link,
    pub(crate) accidents: Accidents,
    pub(crate) names: Vec<&'static str>,
    pub(crate) parties: Vec<Party>,
    pub(crate) connections: Vec<Connection>,
    /// What is on its way, by arrival and order of sending.
    pub(crate) in_flight: BTreeMap<(Instant, u64), Parcel>,
    pub(crate) sent: u64,
    /// Octets that may arrive in streams until all of them break.
    pub(crate) breaks_after: Option<usize>,
    pub(crate) trace: Trace,
}

impl Lab {
    /// An empty lab; the same seed gives the same run.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        #[expect(clippy::disallowed_methods, reason = "any instant will do; from here on time is virtual")]
        let start = Instant::now();
        Self {
            start,
            now: start,
            seed,
            link: Link::default(),
            accidents: Accidents::new(seed),
            names: Vec::new(),
            parties: Vec::new(),
            connections: Vec::new(),
            in_flight: BTreeMap::new(),
            sent: 0,
            breaks_after: None,
            trace: Trace::default(),
        }
    }

    /// With this network.
    #[must_use]
    pub const fn link(mut self, link: Link) -> Self {
        self.link = link;
        self
    }

    /// The network is like this from now on; what is on its way already arrives as before.
    pub const fn change_link(&mut self, link: Link) {
        self.link = link;
    }

    /// Adds an IM client at an address of its own, `sip:name@address`.
    ///
    /// # Panics
    ///
    /// If the name cannot stand in a URI, or after 200 parties.
    pub fn client(&mut self, name: &'static str, configure: impl FnOnce(&mut Config)) -> PartyId {
        let identity = format!("sip:{name}@{}", self.next_address());
        self.add_client(name, &identity, configure)
    }

    /// Adds an IM client with an account on a server of this lab. It registers when [`Lab::register`] is called.
    ///
    /// # Panics
    ///
    /// If the party is no server, the name cannot stand in a URI, or after 200 parties.
    pub fn user(
        &mut self,
        server: PartyId,
        name: &'static str,
        configure: impl FnOnce(&mut Config),
    ) -> PartyId {
        let home = self.party(server);
        let service = home.service.clone().expect("a server");
        let proxy = format!("sip:{}:{SIP_PORT};lr", home.address);
        let uri = |text: String| Some(sip::Uri::parse(text).expect("names that can stand in a URI"));
        self.add_client(name, &format!("sip:{name}@{}", service.domain), |config| {
            config.account.credentials = Some(Credentials::new(name, password(name)));
            config.account.registrar = uri(format!("sip:{}", service.domain));
            config.account.outbound_proxy = uri(proxy);
            config.account.conference_factory = uri(service.factory_uri());
            configure(config);
        })
    }

    fn add_client(
        &mut self,
        name: &'static str,
        identity: &str,
        configure: impl FnOnce(&mut Config),
    ) -> PartyId {
        let identity = sip::Uri::parse(identity).expect("a name that can stand in a URI");
        let mut config =
            Config::new(Account::new(identity.clone()), MSRP_PORT, Clock::new(self.start, START));
        config.sip.listen_port = Some(SIP_PORT);
        configure(&mut config);
        let agent = Agent::new(config.clone(), self.next_seed());
        let mut party = Party::new(self.next_address(), Machine::Client(Box::new(agent)));
        party.identity = Some(identity);
        party.config = Some(config);
        self.add(name, party)
    }

    /// Adds an IM server for `domain`, called `server`, that knows these users.
    ///
    /// # Panics
    ///
    /// If a name cannot stand in a URI, or after 200 parties.
    pub fn server(
        &mut self,
        domain: &str,
        users: &[&str],
        configure: impl FnOnce(server::Config) -> server::Config,
    ) -> PartyId {
        let config =
            users.iter().fold(server::Config::new(domain), |config, name| config.user(name, &password(name)));
        let config = configure(config);
        let address = self.next_address();
        let server = serve(&config, address, self.next_seed(), self.now);
        let mut party = Party::new(address, Machine::Server(Box::new(server)));
        party.service = Some(config);
        self.add("server", party)
    }

    /// Adds an MSRP relay, called `relay`, that knows these users.
    ///
    /// # Panics
    ///
    /// If a name cannot stand in a URI, or after 200 parties.
    pub fn relay(&mut self, users: &[&str]) -> PartyId {
        let config = server::Config::new("relay.example");
        let config = users.iter().fold(config, |config, name| config.user(name, &password(name)));
        let address = self.next_address();
        let relay = MsrpRelay::new(&config, SocketAddr::new(address, MSRP_PORT), self.next_seed())
            .expect("names that can stand in URIs");
        self.add("relay", Party::new(address, Machine::Relay(Box::new(relay))))
    }

    /// How a client called `name` is told of this relay.
    ///
    /// # Panics
    ///
    /// Never: addresses can stand in a URI.
    #[must_use]
    pub fn relays(&self, relay: PartyId, name: &str) -> MsrpRelays {
        let uri = format!("msrp://{}:{MSRP_PORT};tcp", self.party(relay).address);
        let mut relays = MsrpRelays::new(vec![msrp::Uri::parse(uri).expect("an address")]);
        relays.credentials = Some(Credentials::new(name, password(name)));
        relays.plain = PlainRelay::Allowed;
        relays
    }

    fn add(&mut self, name: &'static str, party: Party) -> PartyId {
        self.names.push(name);
        self.parties.push(party);
        PartyId(self.parties.len() - 1)
    }

    /// The address of the party that is added next.
    fn next_address(&self) -> IpAddr {
        let number = u8::try_from(self.parties.len() + 1).expect("at most 200 parties");
        IpAddr::V4(Ipv4Addr::new(192, 0, 2, number))
    }

    fn next_seed(&self) -> [u8; 32] {
        let number = u64::try_from(self.parties.len() + 1).expect("at most 200 parties");
        let mut seed = [0; 32];
        let (words, _) = seed.as_chunks_mut();
        words.iter_mut().for_each(|word| *word = self.seed.wrapping_add(number).to_be_bytes());
        seed
    }

    /// Registers the users, and lets time pass until they are.
    ///
    /// # Panics
    ///
    /// If one is not within a minute.
    pub fn register(&mut self, users: &[PartyId]) {
        for &user in users {
            self.with_agent(user, Agent::register).expect("an account on a server");
            let registered =
                |event: &Event| matches!(event, Event::Registration(Registration::Registered { .. }));
            assert!(self.run_until(user, Duration::from_secs(60), registered), "{:?}", self.events(user));
        }
    }

    /// The public identity of a client.
    ///
    /// # Panics
    ///
    /// If the party is a server.
    #[must_use]
    pub fn uri(&self, party: PartyId) -> sip::Uri {
        self.party(party).identity.clone().expect("a client")
    }

    /// What the party does with offers from now on.
    pub fn decide(&mut self, party: PartyId, decision: Decision) {
        self.party_mut(party).decision = decision;
    }

    /// How long the client's user thinks about each offer from now on.
    pub fn hesitate(&mut self, party: PartyId, time: Duration) {
        self.party_mut(party).hesitation = time;
    }

    /// How long each request to the client's files takes from now on.
    pub fn slow_disk(&mut self, party: PartyId, latency: Duration) {
        self.party_mut(party).latency = latency;
    }

    /// Lets the party store at most this many octets of each file.
    pub fn limit_disk(&mut self, party: PartyId, octets: usize) {
        self.party_mut(party).disk.room = Some(octets);
    }

    /// The client keeps from now on what it has of files that broke off, for a later offer of the rest.
    pub fn keep_partial(&mut self, party: PartyId) {
        self.party_mut(party).disk.keeps = true;
    }

    /// The certificate that the party shows on TLS connections from now on, whatever it announces. No authority
    /// vouches for any: names are never verified in the lab.
    pub fn show_certificate(&mut self, party: PartyId, certificate: impl Into<Bytes>) {
        self.party_mut(party).certificate = Some(certificate.into());
    }

    /// The party vanishes: its streams break, its datagrams go nowhere.
    pub fn vanish(&mut self, party: PartyId) {
        self.party_mut(party).gone = true;
        self.break_streams(party);
    }

    /// The client or IM server of the party crashes and starts again, with nothing but what is kept of its files; its events
    /// and its received files are those of the new one from now on. Nobody registers by itself, and nobody is registered.
    ///
    /// # Panics
    ///
    /// If the party is a relay.
    pub fn restart(&mut self, party: PartyId) {
        self.break_streams(party);
        self.in_flight.retain(|_, parcel| parcel.owner() != Some(party));
        let mut seed = self.next_seed();
        seed.iter_mut().zip(self.sent.to_be_bytes()).for_each(|(octet, number)| *octet ^= number);
        let now = self.now;
        let restarted = self.party_mut(party);
        restarted.machine = match (&restarted.config, &restarted.service) {
            (Some(config), _) => Machine::Client(Box::new(Agent::new(config.clone(), seed))),
            (None, service) => {
                let service = service.as_ref().expect("a client or a server");
                Machine::Server(Box::new(serve(service, restarted.address, seed, now)))
            }
        };
        restarted.flows.clear();
        restarted.datagrams.clear();
        restarted.events.clear();
        restarted.disk.crash();
    }

    /// All streams break once so many octets have arrived in them, counted together from now on; those that are opened later
    /// do not.
    pub fn break_after(&mut self, octets: usize) {
        self.breaks_after = Some(octets);
    }

    /// Whether what [`Lab::break_after`] announced has happened.
    #[must_use]
    pub const fn has_broken(&self) -> bool {
        self.breaks_after.is_none()
    }

    /// The streams of the party break, and what is on its way in them is lost. Both ends are told.
    pub fn break_streams(&mut self, party: PartyId) {
        for at in 0..self.connections.len() {
            let Some(connection) = self.connections.get_mut(at) else { return };
            if connection.open && connection.ends.iter().any(|(end, _)| *end == party) {
                connection.open = false;
                for side in [0, 1] {
                    self.post(Duration::ZERO, Parcel::Closed { connection: at, side });
                }
            }
        }
    }

    /// Sends a text and files, given as name, type and octets.
    ///
    /// # Errors
    ///
    /// What [`Agent::send`] refuses before the first byte.
    ///
    /// # Panics
    ///
    /// If the party is a server.
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
    ///
    /// # Panics
    ///
    /// If the party is a server.
    pub fn send_message(
        &mut self,
        from: PartyId,
        message: Outgoing,
        files: impl IntoIterator<Item = Bytes>,
    ) -> Result<TransferId, Error> {
        let now = self.now;
        let first_file = usize::from(message.text.is_some());
        let party = self.party_mut(from);
        let transfer = party.machine.client_mut().expect("a client").send(message, now)?;
        for (i, octets) in files.into_iter().enumerate() {
            party.disk.add_source(ContentId::Outgoing { transfer, item: first_file + i }, octets);
        }
        self.settle(from);
        Ok(transfer)
    }

    /// Gives a command to a party's client.
    ///
    /// # Panics
    ///
    /// If the party is a server.
    pub fn with_agent<T>(&mut self, party: PartyId, command: impl FnOnce(&mut Agent, Instant) -> T) -> T {
        let now = self.now;
        let result = command(self.party_mut(party).machine.client_mut().expect("a client"), now);
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

    /// What a server did so far.
    #[must_use]
    pub fn log(&self, server: PartyId) -> &[server::Event] {
        &self.party(server).log
    }

    /// The octets of a file the party received whole.
    #[must_use]
    pub fn stored(&self, party: PartyId, offer: OfferId, item: ItemId) -> Option<&[u8]> {
        self.party(party).disk.stored(ContentId::Incoming { offer, item })
    }

    /// Whether the party holds nothing: no message, no MSRP connection, no half received file, no conference.
    #[must_use]
    pub fn is_clean(&self, party: PartyId) -> bool {
        let party = self.party(party);
        party.machine.is_idle() && party.disk.is_clean()
    }

    /// Every message sent so far, one a line.
    #[must_use]
    pub fn ladder(&self) -> String {
        self.trace.ladder()
    }

    pub(crate) fn party(&self, party: PartyId) -> &Party {
        self.parties.get(party.0).expect("a PartyId comes from this lab")
    }

    pub(crate) fn party_mut(&mut self, party: PartyId) -> &mut Party {
        self.parties.get_mut(party.0).expect("a PartyId comes from this lab")
    }
}

/// An IM server at this address.
fn serve(config: &server::Config, address: IpAddr, seed: [u8; 32], now: Instant) -> Server {
    let addresses = Addresses {
        sip: SocketAddr::new(address, SIP_PORT),
        msrp: SocketAddr::new(address, MSRP_PORT),
        sips: None,
        msrps: None,
    };
    Server::new(config, addresses, seed, now).expect("names that can stand in URIs")
}

/// The password of a user of this lab's servers.
fn password(name: &str) -> String {
    format!("the secret of {name}")
}
