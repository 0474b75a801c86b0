//! The focus: a user agent that takes messages apart for lists of recipients (RFC 5366, RFC 4579, SEED-3 to 5).
//!
//! It sits behind the proxy of the same server: all its requests and responses go through that, so it knows
//! neither bindings nor flows of SIP. Its MSRP connections are its own.

mod conference;
mod invitation;
mod links;
mod proof;
mod share;
mod window;

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use bytes::Bytes;
use grammar::{ByteStr, Reading};
use mime::Entity;
use sdp::SessionDescription;
use sdp::attribute::{Fingerprint, HashFunction};
use sdp::offer_answer::Proto;
use sip::{Headers, Message, Request, StatusCode, Uri};
use sip_ua::{FlowId, FlowState, IdSource, IncomingId, Reply, SessionId, Transport, UserAgent};

use crate::config::{Addresses, Config, ConfigError};
use crate::proxy::CONFERENCE;
use crate::{ConferenceId, Event};
use conference::{Conference, Tools};
use invitation::Invitation;
pub(crate) use invitation::OPTION_TAG;
use links::Links;

/// One end of a conference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Party {
    /// Who sends the message.
    Sender,
    /// The recipient with this number in the list.
    Recipient(usize),
}

/// One end of one m-line of one conference: an MSRP session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slot {
    pub(crate) conference: ConferenceId,
    pub(crate) party: Party,
    /// The m-line of the sender's offer, counted from 0.
    pub(crate) line: usize,
}

/// What the focus wants.
#[derive(Debug)]
pub(crate) enum Output {
    /// Let this message through, as if it came over this transport.
    Message(Transport, Box<Message>),
    /// Hand this to the driver.
    Driver(crate::Output),
}

/// The focus.
#[derive(Debug)]
pub(crate) struct Focus {
    ua: UserAgent,
    /// The user agent's flows, all of which lead to the proxy.
    flows: BTreeMap<FlowId, Transport>,
    links: Links,
    conferences: BTreeMap<ConferenceId, Conference>,
    calls: BTreeMap<SessionId, (ConferenceId, Party)>,
    asked: BTreeMap<IncomingId, ConferenceId>,
    events: VecDeque<Event>,
    created: u64,
    ids: IdSource,
    addresses: Addresses,
    config: Config,
    /// The proxy, as a loose route.
    route: Uri,
}

impl Focus {
    /// A focus without conferences.
    pub(crate) fn new(config: &Config, addresses: Addresses, mut ids: IdSource) -> Result<Self, ConfigError> {
        let mut seed = || {
            let mut seed = [0; 32];
            ids.fill(&mut seed);
            seed
        };
        let mut supported = sip_ua::Config::default().supported;
        supported.push(ByteStr::from_static(OPTION_TAG));
        let accept = ["application/sdp", "multipart/mixed", "multipart/related", resource_lists::MEDIA_TYPE];
        let timers = sip_ua::Timers {
            ring: config.timers.ring,
            // The conference answers before.
            answer: config.timers.settle.saturating_add(config.timers.ring),
            ..sip_ua::Timers::default()
        };
        let ua = sip_ua::Config {
            user_agent: config.software.clone(),
            supported,
            accept: accept.into_iter().map(ByteStr::from).collect(),
            listen_port: Some(addresses.sip.port()),
            listen_tls_port: addresses.sips.map(|sips| sips.port()),
            timers,
            ..sip_ua::Config::default()
        };
        let links = Links::new(&config.limits, &config.timers, IdSource::new(seed()));
        let ua = UserAgent::new(ua, seed());
        let route = Uri::parse(format!("sip:{};lr", addresses.sip)).map_err(|_| ConfigError::Address)?;
        Ok(Self {
            ua,
            flows: BTreeMap::new(),
            links,
            conferences: BTreeMap::new(),
            calls: BTreeMap::new(),
            asked: BTreeMap::new(),
            events: VecDeque::new(),
            created: 0,
            ids,
            addresses,
            config: config.clone(),
            route,
        })
    }

    // Inputs.

    /// Takes a message from the proxy, which came over `transport`.
    pub(crate) fn handle_message(&mut self, transport: Transport, message: Message, now: Instant) {
        let flow = FlowId::incoming(match transport {
            Transport::Udp => 0,
            Transport::Tcp => 1,
            Transport::Tls => 2,
        });
        if self.flows.insert(flow, transport).is_none() {
            self.flow_up(flow, transport, now);
        }
        self.ua.handle_message(flow, message, now);
        self.settle(now);
    }

    fn flow_up(&mut self, flow: FlowId, transport: Transport, now: Instant) {
        let local = match (transport, self.addresses.sips) {
            (Transport::Tls, Some(sips)) => sips,
            _ => self.addresses.sip,
        };
        self.ua.handle_flow(flow, FlowState::Up { transport, local, peer: local, security: None }, now);
    }

    /// An MSRP flow came up or is gone.
    pub(crate) fn handle_flow(&mut self, flow: FlowId, state: &FlowState, now: Instant) {
        self.links.handle_flow(flow, state, now);
        self.settle(now);
    }

    /// Takes what an MSRP stream brought.
    pub(crate) fn handle_received(&mut self, flow: FlowId, bytes: Bytes, now: Instant) {
        self.links.handle_received(flow, bytes, now);
        self.settle(now);
    }

    /// The driver has written so much on an MSRP stream.
    pub(crate) fn handle_transmitted(&mut self, flow: FlowId, octets: u64, now: Instant) {
        self.links.handle_transmitted(flow, octets, now);
        self.settle(now);
    }

    /// The time of [`Self::next_timeout`] has come.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.ua.handle_timeout(now);
        self.links.handle_timeout(now);
        let due = |conference: &Conference| conference.next_timeout().is_some_and(|at| at <= now);
        let due: Vec<_> = self.conferences.iter().filter(|(_, one)| due(one)).map(|(id, _)| *id).collect();
        for id in due {
            self.with(id, now, Conference::handle_timeout);
        }
        self.settle(now);
    }

    /// Everybody is to go.
    pub(crate) fn shut_down(&mut self, now: Instant) {
        let all: Vec<_> = self.conferences.keys().copied().collect();
        for id in all {
            self.with(id, now, Conference::shut_down);
        }
        self.ua.shutdown(now);
        self.settle(now);
    }

    // Getters.

    /// When to call [`Self::handle_timeout`].
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let conferences = self.conferences.values().filter_map(Conference::next_timeout).min();
        [self.ua.next_timeout(), self.links.next_timeout(), conferences].into_iter().flatten().min()
    }

    /// Whether to go on reading an MSRP stream.
    pub(crate) fn wants_received(&self, flow: FlowId) -> bool {
        self.links.wants_received(flow)
    }

    /// Conferences, MSRP sessions, MSRP connections and transactions there are.
    pub(crate) fn live(&self) -> [usize; 4] {
        let live = self.ua.live();
        let signalling = live.transactions + live.exchanges + live.sessions + live.incoming;
        [self.conferences.len(), self.links.sessions(), self.links.len(), signalling]
    }

    // Outputs.

    /// The next thing the focus wants.
    pub(crate) fn poll_output(&mut self, now: Instant) -> Option<Output> {
        if let Some(event) = self.events.pop_front() {
            return Some(Output::Driver(crate::Output::Event(event)));
        }
        if let Some(output) = self.links.poll_output(now) {
            return Some(Output::Driver(output));
        }
        while let Some(output) = self.ua.poll_output() {
            match output {
                sip_ua::Output::Open { flow, target } => {
                    self.flows.insert(flow, target.transport);
                    self.flow_up(flow, target.transport, now);
                }
                sip_ua::Output::Transmit { flow, bytes } => {
                    let Some(transport) = self.flows.get(&flow) else { continue };
                    // Our own user agent writes what can be read.
                    if let Ok(message) = Message::parse(bytes) {
                        return Some(Output::Message(*transport, Box::new(message)));
                    }
                }
                sip_ua::Output::Close { flow } => drop(self.flows.remove(&flow)),
                // Its route is an address.
                sip_ua::Output::Resolve { query, .. } => {
                    self.ua.handle_answer(query, sip_ua::Answer::Nothing, now);
                }
                sip_ua::Output::Event(event) => {
                    self.handle_event(event, now);
                    self.settle(now);
                    if let Some(event) = self.events.pop_front() {
                        return Some(Output::Driver(crate::Output::Event(event)));
                    }
                }
            }
        }
        self.links.poll_output(now).map(Output::Driver)
    }

    /// Lets the conferences take what happened on their MSRP sessions, and forgets those that are over.
    fn settle(&mut self, now: Instant) {
        while let Some((slot, happening)) = self.links.poll_happening(now) {
            self.with(slot.conference, now, |conference, tools| {
                conference.handle(slot.party, slot.line, happening, tools);
            });
        }
        let Self { conferences, links, events, asked, .. } = self;
        conferences.retain(|id, conference| {
            let over = conference.is_over();
            if over {
                conference.drop_sessions(links, now);
                events.push_back(Event::Ended { conference: *id });
            }
            !over
        });
        asked.retain(|_, id| conferences.contains_key(id));
    }

    fn with(&mut self, id: ConferenceId, now: Instant, act: impl FnOnce(&mut Conference, &mut Tools<'_>)) {
        let Self { ua, links, conferences, calls, events, ids, addresses, config, .. } = self;
        let Some(conference) = conferences.get_mut(&id) else { return };
        let window = u64::try_from(config.limits.window / 2).unwrap_or(u64::MAX);
        let (timers, addresses, reporting) = (&config.timers, *addresses, config.reporting);
        act(
            conference,
            &mut Tools { ua, links, ids, calls, events, timers, addresses, reporting, window, now },
        );
    }

    fn handle_event(&mut self, event: sip_ua::Event, now: Instant) {
        match event {
            sip_ua::Event::Incoming { id, request, .. } => self.incoming(id, &request, now),
            sip_ua::Event::Cancelled { id } => {
                if let Some(conference) = self.asked.remove(&id) {
                    self.with(conference, now, Conference::sender_gone);
                }
            }
            sip_ua::Event::Accepted { session, response, .. } => match self.calls.get(&session) {
                Some((id, Party::Recipient(at))) => {
                    let (id, at) = (*id, *at);
                    self.with(id, now, |conference, tools| conference.leg_accepted(at, &response, tools));
                }
                Some((_, Party::Sender)) | None => self.ua.bye(session, now),
            },
            sip_ua::Event::Rejected { session, error } => {
                if let Some((id, Party::Recipient(at))) = self.calls.get(&session).copied() {
                    self.with(id, now, |conference, tools| conference.leg_rejected(at, &error, tools));
                }
            }
            sip_ua::Event::Ended { session, .. } => match self.calls.remove(&session) {
                Some((id, Party::Sender)) => self.with(id, now, Conference::sender_gone),
                Some((id, Party::Recipient(at))) => {
                    self.with(id, now, |conference, tools| conference.leg_ended(at, tools));
                }
                None => {}
            },
            sip_ua::Event::InDialog { id, .. } | sip_ua::Event::Offer { id, .. } => {
                let reply = Reply::new(StatusCode::NOT_ACCEPTABLE_HERE);
                let _ = self.ua.respond(id, reply, now);
            }
            _ => {}
        }
    }

    /// Somebody sends a message to a list or a group.
    fn incoming(&mut self, id: IncomingId, request: &Request, now: Instant) {
        if let Err(refusal) = self.convene(id, request, now) {
            // Refusing fails only if the peer has gone meanwhile.
            let _ = self.ua.respond(id, *refusal, now);
        }
    }

    fn convene(&mut self, id: IncomingId, request: &Request, now: Instant) -> Result<(), Box<Reply>> {
        let refuse = |status| Box::new(Reply::new(status));
        let unreadable = |_| refuse(StatusCode::BAD_REQUEST);
        if *request.method() != sip::Method::INVITE {
            return Err(refuse(StatusCode::METHOD_NOT_ALLOWED));
        }
        let to = request.uri().map_err(unreadable)?;
        let user = to.user().unwrap_or_default();
        let members = if self.config.factory == *user {
            None
        } else {
            let group = self.config.groups.iter().find(|group| group.name == *user);
            Some(group.ok_or_else(|| refuse(StatusCode::NOT_FOUND))?.members.as_slice())
        };
        // The proxy has made sure that From is who has the password.
        let sender = request.from().map_err(unreadable)?.uri.to_owned().detach();
        let protos: &[Proto] =
            if self.addresses.msrps.is_some() { &[Proto::Tcp, Proto::Tls] } else { &[Proto::Tcp] };
        let mut invitation = Invitation::read(request, &sender, members, protos, &self.config)?;
        invitation.fingerprint =
            self.config.certificate.as_ref().and_then(|certificate| {
                Fingerprint::new(HashFunction::Sha256, sip_ua::sha256_of(certificate))
            });
        // The name of the account: the proxy lets no other user part through.
        let account = ByteStr::from(sender.user().unwrap_or_default());
        let limits = &self.config.limits;
        let own = self.conferences.values().filter(|conference| *conference.user() == account).count();
        if self.conferences.len() >= limits.max_conferences || own >= limits.max_conferences_per_user {
            return Err(refuse(StatusCode::BUSY_HERE));
        }
        let internal = || refuse(StatusCode::SERVER_INTERNAL_ERROR);
        let contact = format!("sip:{CONFERENCE}{}@{}", self.ids.tag(), self.addresses.sip);
        let contact = Uri::parse(contact).map_err(|_| internal())?;
        self.created += 1;
        let number = ConferenceId(self.created);
        let Self { ua, links, calls, events, ids, addresses, config, .. } = self;
        let window = u64::try_from(config.limits.window / 2).unwrap_or(u64::MAX);
        let (timers, addresses, reporting) = (&config.timers, *addresses, config.reporting);
        let mut tools = Tools { ua, links, ids, calls, events, timers, addresses, reporting, window, now };
        let conference =
            Conference::new(number, contact, account, id, invitation, &mut tools).ok_or_else(internal)?;
        self.conferences.insert(number, conference);
        self.asked.insert(id, number);
        let route = self.route.clone();
        self.with(number, now, |conference, tools| conference.invite(&sender, &route, tools));
        Ok(())
    }
}

/// The SDP in a message: its body, or the part of it that is the session description.
fn session_description(headers: &Headers<'_>, body: Bytes) -> Option<SessionDescription> {
    let headers: Vec<_> = headers
        .iter()
        .map(|header| (header.name.map_or(header.raw_name, |name| name.as_str()), header.unfolded()))
        .collect();
    let headers = headers.iter().map(|(name, value)| (*name, value.as_ref()));
    let (entity, _) = Entity::read(headers, body, Reading::Lenient, &mime::Limits::default()).ok()?;
    SessionDescription::parse(entity.offer()?.body().ok()?).ok()
}
