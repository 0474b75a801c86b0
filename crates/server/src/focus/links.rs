//! `Links`: the MSRP connections of the focus, and the sessions on them by the place they have in a conference.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use grammar::ByteStr;
use msrp::{Connection, MessageKey, OutgoingMessage, SendError, SessionConfig, SessionKey};
use sip_ua::{FlowId, FlowState, IdSource, Security, Target};

use super::Slot;
use super::proof::Proof;
use crate::Output;
use crate::config::{Limits, Timers};

/// Where the numbers of our flows start; those below belong to SIP.
const FIRST: u64 = 1 << 40;

/// All MSRP connections.
#[derive(Debug)]
pub(crate) struct Links {
    links: BTreeMap<FlowId, Link>,
    places: BTreeMap<Slot, Place>,
    /// Links with outputs to take.
    touched: BTreeSet<FlowId>,
    outputs: VecDeque<Output>,
    happenings: VecDeque<(Slot, Happening)>,
    opened: u64,
    ids: IdSource,
    config: msrp::Config,
    timers: Timers,
    max_flows: usize,
}

/// Where a session is.
#[derive(Debug)]
enum Place {
    /// The peer connects, and names this session.
    Awaited(SessionConfig, Proof),
    /// On a link.
    On { flow: FlowId, session: SessionKey, message: Option<MessageKey> },
}

#[derive(Debug)]
struct Link {
    connection: Connection,
    /// Whom we connected to; `None` if the peer connected.
    target: Option<Target>,
    up: bool,
    /// What TLS showed of the peer.
    security: Option<Security>,
    /// What the peer has to show once the link is up: before that nothing is sent.
    owed: Vec<Proof>,
    /// What was to be transmitted before the link came up: the first frames of its sessions.
    held: Vec<Bytes>,
    sessions: BTreeMap<SessionKey, Slot>,
    messages: BTreeMap<MessageKey, Slot>,
    /// When it is closed unless it has sessions by then.
    unused_until: Option<Instant>,
}

/// What happened at a place.
#[derive(Debug)]
pub(crate) enum Happening {
    /// The session can be used.
    Bound,
    /// The session is gone.
    Lost,
    /// A message starts.
    Incoming { content_type: ByteStr, disposition: Option<ByteStr>, size: Option<u64> },
    /// Content of the message that comes in.
    Content { offset: u64, content: Bytes },
    /// All content of the message came in and was credited.
    Received { size: u64 },
    /// The message will not become whole.
    Aborted,
    /// Content of the message that goes out is wanted.
    Wanted { offset: u64, len: usize },
    /// More of it was taken by the peer.
    Progress,
    /// The next hop has all of it.
    Sent,
    /// A REPORT on it came; with 200 it says so far whether the whole of it arrived.
    Reported { status: u16, complete: bool },
    /// The peer has not, and will not.
    Failed(SendError),
}

impl Links {
    /// No connections.
    pub(crate) fn new(limits: &Limits, timers: &Timers, ids: IdSource) -> Self {
        let config = msrp::Config {
            limits: limits.msrp,
            // Lines that wait for a chunk of their own each must fit the window together.
            chunk_size: limits.chunk_size.min(limits.window / 8).max(1),
            window: limits.window,
            ..msrp::Config::default()
        };
        Self {
            links: BTreeMap::new(),
            places: BTreeMap::new(),
            touched: BTreeSet::new(),
            outputs: VecDeque::new(),
            happenings: VecDeque::new(),
            opened: FIRST,
            ids,
            config,
            timers: timers.clone(),
            max_flows: limits.max_flows,
        }
    }

    /// How many connections there are.
    pub(crate) fn len(&self) -> usize {
        self.links.len()
    }

    /// How many sessions are awaited or attached.
    pub(crate) fn sessions(&self) -> usize {
        self.places.len()
    }

    // Sessions.

    /// Waits for the peer to connect and name `session`.
    pub(crate) fn wait(&mut self, slot: Slot, session: SessionConfig, proof: Proof) {
        self.places.insert(slot, Place::Awaited(session, proof));
    }

    /// Attaches `session` to a connection to `address`, the one there is or a new one.
    pub(crate) fn connect(
        &mut self,
        slot: Slot,
        address: SocketAddr,
        session: SessionConfig,
        proof: Proof,
        now: Instant,
    ) {
        let target = proof.target(address);
        let known = self.links.iter().find(|(_, link)| link.target.as_ref() == Some(&target));
        let known = known.map(|(flow, _)| *flow);
        let flow = match known {
            Some(flow) => flow,
            None if self.links.len() >= self.max_flows => {
                self.happenings.push_back((slot, Happening::Lost));
                return;
            }
            None => {
                let flow = FlowId::outgoing(self.opened);
                self.opened += 1;
                self.outputs.push_back(Output::Open { flow, target: target.clone() });
                let link = self.link(Some(target), false, None);
                self.links.insert(flow, link);
                flow
            }
        };
        let Some(link) = self.links.get_mut(&flow) else { return };
        if !link.up {
            link.owed.push(proof);
        } else if !proof.holds(flow, link.security.as_ref()) {
            self.happenings.push_back((slot, Happening::Lost));
            return;
        }
        self.attach(slot, flow, session, now);
    }

    fn attach(&mut self, slot: Slot, flow: FlowId, session: SessionConfig, now: Instant) {
        let Some(link) = self.links.get_mut(&flow) else { return };
        let session = link.connection.attach(session, now);
        link.sessions.insert(session, slot);
        link.unused_until = None;
        self.places.insert(slot, Place::On { flow, session, message: None });
        self.touched.insert(flow);
    }

    fn link(&mut self, target: Option<Target>, up: bool, unused_until: Option<Instant>) -> Link {
        let mut seed = [0; 32];
        self.ids.fill(&mut seed);
        let ids = Box::new(Random(IdSource::new(seed)));
        Link {
            connection: Connection::new(self.config.clone(), ids),
            target,
            up,
            security: None,
            owed: Vec::new(),
            held: Vec::new(),
            sessions: BTreeMap::new(),
            messages: BTreeMap::new(),
            unused_until,
        }
    }

    /// Forgets a session with its message; later frames for it are answered 481.
    pub(crate) fn drop_session(&mut self, slot: Slot, now: Instant) {
        let Some(Place::On { flow, session, message }) = self.places.remove(&slot) else { return };
        let Some(link) = self.links.get_mut(&flow) else { return };
        link.connection.detach(session, now);
        link.sessions.remove(&session);
        if let Some(message) = message {
            link.messages.remove(&message);
        }
        if link.sessions.is_empty() {
            link.unused_until = Some(now + self.timers.idle);
        }
        self.touched.insert(flow);
    }

    // Messages: each session carries one.

    /// Sends a message; its content will be asked for. `false` if the session cannot.
    pub(crate) fn send(&mut self, slot: Slot, message: OutgoingMessage, now: Instant) -> bool {
        let Some(Place::On { flow, session, message: key @ None }) = self.places.get_mut(&slot) else {
            return false;
        };
        let Some(link) = self.links.get_mut(flow) else { return false };
        let Ok(sent) = link.connection.send(*session, message, now) else { return false };
        *key = Some(sent);
        link.messages.insert(sent, slot);
        self.touched.insert(*flow);
        true
    }

    /// Gives content that was asked for.
    pub(crate) fn give(&mut self, slot: Slot, content: Bytes, now: Instant) {
        self.on_message(slot, |connection, message| connection.handle_read(message, content, now));
    }

    /// Gives credit back to the sender.
    pub(crate) fn credit(&mut self, slot: Slot, octets: u64, now: Instant) {
        if octets > 0 {
            self.on_message(slot, |connection, message| connection.handle_written(message, octets, now));
        }
    }

    /// The message that came in has been delivered.
    pub(crate) fn accept(&mut self, slot: Slot, now: Instant) {
        self.on_message(slot, |connection, message| connection.accept(message, now));
    }

    /// The message that comes in, or came in, is not delivered: a REPORT says so with a comment, or, if it is not
    /// whole, the response to its next chunk.
    pub(crate) fn report(&mut self, slot: Slot, status: u16, comment: &str, now: Instant) {
        self.on_message(slot, |connection, message| connection.report(message, status, comment, now));
    }

    /// Gives up the message that goes out.
    pub(crate) fn abort(&mut self, slot: Slot, now: Instant) {
        self.on_message(slot, |connection, message| connection.abort(message, now));
    }

    fn on_message(&mut self, slot: Slot, act: impl FnOnce(&mut Connection, MessageKey)) {
        let Some(Place::On { flow, message: Some(message), .. }) = self.places.get(&slot) else { return };
        let Some(link) = self.links.get_mut(flow) else { return };
        act(&mut link.connection, *message);
        self.touched.insert(*flow);
    }

    // Inputs.

    /// A flow of ours came up or is gone, or a peer connected.
    pub(crate) fn handle_flow(&mut self, flow: FlowId, state: &FlowState, now: Instant) {
        let full = self.links.len() >= self.max_flows;
        match state {
            FlowState::Up { security, .. } => match self.links.get_mut(&flow) {
                Some(link) if !link.owed.iter().all(|proof| proof.holds(flow, security.as_ref())) => {
                    // RFC 8122 §6: to somebody else there is nothing to say.
                    self.outputs.push_back(Output::Close { flow });
                    self.remove(flow);
                }
                Some(link) => {
                    link.up = true;
                    link.owed.clear();
                    link.security.clone_from(security);
                    let held = link.held.drain(..).map(|bytes| Output::Transmit { flow, bytes });
                    self.outputs.extend(held);
                }
                None if full => self.outputs.push_back(Output::Close { flow }),
                None => {
                    let mut link = self.link(None, true, Some(now + self.timers.first_frame));
                    link.security.clone_from(security);
                    self.links.insert(flow, link);
                }
            },
            FlowState::Closed(_) => self.close(flow, now),
        }
    }

    /// Takes what a stream brought.
    pub(crate) fn handle_received(&mut self, flow: FlowId, bytes: Bytes, now: Instant) {
        self.on_link(flow, |connection| connection.handle_received(bytes, now));
    }

    /// The driver has written so much.
    pub(crate) fn handle_transmitted(&mut self, flow: FlowId, octets: u64, now: Instant) {
        self.on_link(flow, |connection| connection.handle_transmitted(octets, now));
    }

    fn on_link(&mut self, flow: FlowId, act: impl FnOnce(&mut Connection)) {
        if let Some(link) = self.links.get_mut(&flow) {
            act(&mut link.connection);
            self.touched.insert(flow);
        }
    }

    /// The time of [`Self::next_timeout`] has come.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        let mut unused = Vec::new();
        for (flow, link) in &mut self.links {
            if link.connection.next_timeout().is_some_and(|at| at <= now) {
                link.connection.handle_timeout(now);
                self.touched.insert(*flow);
            }
            if link.unused_until.is_some_and(|at| at <= now) {
                unused.push(*flow);
            }
        }
        for flow in unused {
            self.outputs.push_back(Output::Close { flow });
            self.close(flow, now);
        }
    }

    /// When to call [`Self::handle_timeout`].
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let of =
            |link: &Link| [link.connection.next_timeout(), link.unused_until].into_iter().flatten().min();
        self.links.values().filter_map(of).min()
    }

    /// Whether to go on reading the stream.
    pub(crate) fn wants_received(&self, flow: FlowId) -> bool {
        self.links.get(&flow).is_none_or(|link| link.connection.wants_received())
    }

    fn close(&mut self, flow: FlowId, now: Instant) {
        if let Some(link) = self.links.get_mut(&flow) {
            link.connection.handle_closed(now);
            self.drain(flow, now);
        }
        self.remove(flow);
    }

    fn remove(&mut self, flow: FlowId) {
        let Some(link) = self.links.remove(&flow) else { return };
        for slot in link.sessions.into_values() {
            self.places.remove(&slot);
            self.happenings.push_back((slot, Happening::Lost));
        }
    }

    // Outputs.

    /// The next thing the driver has to do.
    pub(crate) fn poll_output(&mut self, now: Instant) -> Option<Output> {
        self.settle(now);
        self.outputs.pop_front()
    }

    /// The next thing that happened in a session.
    pub(crate) fn poll_happening(&mut self, now: Instant) -> Option<(Slot, Happening)> {
        self.settle(now);
        self.happenings.pop_front()
    }

    fn settle(&mut self, now: Instant) {
        while let Some(flow) = self.touched.pop_first() {
            self.drain(flow, now);
        }
    }

    fn drain(&mut self, flow: FlowId, now: Instant) {
        while let Some(output) = self.links.get_mut(&flow).and_then(|link| link.connection.poll_output()) {
            match output {
                msrp::Output::Transmit(bytes) => match self.links.get_mut(&flow) {
                    Some(link) if !link.up => link.held.push(bytes),
                    _ => self.outputs.push_back(Output::Transmit { flow, bytes }),
                },
                msrp::Output::Read { message, offset, len } => {
                    self.tell(flow, message, Happening::Wanted { offset, len });
                }
                msrp::Output::Write { message, offset, content } => {
                    self.tell(flow, message, Happening::Content { offset, content });
                }
                msrp::Output::Bind { to_path, .. } => self.bind(flow, &to_path, now),
                // Nobody here asks for a path.
                msrp::Output::Authorize { path, .. } => {
                    if let Some(link) = self.links.get_mut(&flow) {
                        link.connection.withdraw(path);
                    }
                }
                msrp::Output::Close => {
                    self.outputs.push_back(Output::Close { flow });
                    self.close(flow, now);
                }
                msrp::Output::Event(event) => self.handle_event(flow, event, now),
            }
        }
    }

    /// A peer names a session: it gets it if it is awaited.
    fn bind(&mut self, flow: FlowId, uri: &msrp::Uri, now: Instant) {
        let awaited = self.places.iter().find_map(|(slot, place)| match place {
            Place::Awaited(session, proof) if session.local.equivalent(uri) => {
                Some((*slot, session.clone(), proof.clone()))
            }
            Place::Awaited(..) | Place::On { .. } => None,
        });
        let security = self.links.get(&flow).and_then(|link| link.security.as_ref());
        match awaited {
            Some((slot, session, proof)) if proof.holds(flow, security) => {
                self.attach(slot, flow, session, now);
            }
            // Who knows the session-id and has another certificate is in between.
            Some((slot, ..)) => {
                self.places.remove(&slot);
                self.happenings.push_back((slot, Happening::Lost));
                self.on_link(flow, |connection| connection.refuse_bind(403, now));
            }
            None => self.on_link(flow, |connection| connection.refuse_bind(481, now)),
        }
    }

    fn handle_event(&mut self, flow: FlowId, event: msrp::Event, now: Instant) {
        match event {
            msrp::Event::Bound(session) => self.tell_session(flow, session, Happening::Bound),
            msrp::Event::BindFailed { session, .. } => self.tell_session(flow, session, Happening::Lost),
            msrp::Event::Progress { message, .. } => self.tell(flow, message, Happening::Progress),
            msrp::Event::Sent { message } => self.tell(flow, message, Happening::Sent),
            msrp::Event::Failed { message, error } => self.tell(flow, message, Happening::Failed(error)),
            msrp::Event::Incoming { session, message, content_type, disposition, size, .. } => {
                self.incoming(
                    flow,
                    session,
                    message,
                    Happening::Incoming { content_type, disposition, size },
                    now,
                );
            }
            msrp::Event::Received { message, size } => self.tell(flow, message, Happening::Received { size }),
            msrp::Event::Aborted { message, .. } => self.tell(flow, message, Happening::Aborted),
            msrp::Event::Reported { message, status, complete } => {
                self.tell(flow, message, Happening::Reported { status, complete });
            }
            _ => {}
        }
    }

    fn incoming(
        &mut self,
        flow: FlowId,
        session: SessionKey,
        key: MessageKey,
        happening: Happening,
        now: Instant,
    ) {
        let Some(link) = self.links.get_mut(&flow) else { return };
        let slot = link.sessions.get(&session).copied();
        match slot.and_then(|slot| self.places.get_mut(&slot).map(|place| (slot, place))) {
            Some((slot, Place::On { message: message @ None, .. })) => {
                *message = Some(key);
                link.messages.insert(key, slot);
                // A 200 is for the hop; what the recipients say comes in the REPORT (SEED-16).
                link.connection.pass_on(key);
                self.happenings.push_back((slot, happening));
            }
            // An m-line carries one message (RFC 5547 §8.7).
            _ => link.connection.reject(key, 403, now),
        }
    }

    fn tell(&mut self, flow: FlowId, message: MessageKey, happening: Happening) {
        let slot = self.links.get(&flow).and_then(|link| link.messages.get(&message));
        self.happenings.extend(slot.map(|slot| (*slot, happening)));
    }

    fn tell_session(&mut self, flow: FlowId, session: SessionKey, happening: Happening) {
        let slot = self.links.get(&flow).and_then(|link| link.sessions.get(&session));
        self.happenings.extend(slot.map(|slot| (*slot, happening)));
    }
}

/// The randomness of a connection.
struct Random(IdSource);

impl msrp::IdSource for Random {
    fn fill(&mut self, out: &mut [u8]) {
        self.0.fill(out);
    }
}
