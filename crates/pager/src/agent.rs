//! `Agent`: one user's IM Client, the root machine.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use grammar::ByteStr;
use sdp::attribute::Direction;
use sdp::offer_answer::MessageLine;
use sip::{Method, Scheme, StatusCode, Uri};
use sip_ua::{
    Answer, FlowId, FlowState, IncomingId, Protocol, QueryId, Question, RegistrationId, Reply, SessionId, Target,
    UserAgent,
};

use crate::media::{Line, Media, MediaOutput, Owner};
use crate::message::incoming::{IncomingMachine, Outcome};
use crate::message::outgoing::OutgoingMachine;
use crate::{
    Account, Clock, ContentId, Error, ErrorKind, Event, Limits, OfferId, Outgoing, Phase, Pick, Profile,
    Registration, Timers, TransferId,
};

/// What an [`Agent`] is made of.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// The user and the servers of the home network.
    pub account: Account,
    /// How requests look in this network.
    pub profile: Profile,
    /// Every bound.
    pub limits: Limits,
    /// Every wait.
    pub timers: Timers,
    /// Timers and bounds of the SIP user agent inside.
    pub sip: sip_ua::Config,
    /// The port the driver listens on for MSRP; it stands in `m=` and `a=path`.
    pub msrp_port: u16,
    /// What time of day an instant is.
    pub clock: Clock,
}

impl Config {
    /// The defaults for an account whose driver listens for MSRP on `msrp_port`.
    #[must_use]
    pub fn new(account: Account, msrp_port: u16, clock: Clock) -> Self {
        Self {
            account,
            profile: Profile::default(),
            limits: Limits::default(),
            timers: Timers::default(),
            sip: sip_ua::Config::default(),
            msrp_port,
            clock,
        }
    }
}

/// What the driver has to do next.
///
/// Exhaustive on purpose: a driver that does not know an output must not compile.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "see above")]
pub enum Output {
    /// Open a flow; answer with [`Agent::handle_flow`].
    Open {
        /// Its name.
        flow: FlowId,
        /// Where it leads.
        target: Target,
    },
    /// Write to a flow: one datagram, or octets of a stream in this order. Once written, say so with
    /// [`Agent::handle_transmitted`].
    Transmit {
        /// The flow.
        flow: FlowId,
        /// What to write.
        bytes: Bytes,
    },
    /// Close a flow after what was written to it. Nothing more is heard of it.
    Close {
        /// The flow.
        flow: FlowId,
    },
    /// Ask the DNS; answer with [`Agent::handle_answer`].
    Resolve {
        /// Names the question.
        query: QueryId,
        /// The question.
        question: Question,
    },
    /// Read octets of a file; answer with [`Agent::handle_read`], in the order asked. An incoming content is
    /// read back from where it is being stored.
    Read {
        /// The file.
        content: ContentId,
        /// Its first octet, counted from 0.
        offset: u64,
        /// How many octets, exactly.
        len: usize,
    },
    /// Store octets of a file being received; answer with [`Agent::handle_written`].
    Write {
        /// The file.
        content: ContentId,
        /// Place of the first octet, counted from 0.
        offset: u64,
        /// The octets.
        octets: Bytes,
    },
    /// The file is whole and is what was promised: give it its final name, then call
    /// [`Agent::handle_committed`].
    Commit {
        /// The file.
        content: ContentId,
    },
    /// The file will never be whole: remove what was stored. No answer.
    Discard {
        /// The file.
        content: ContentId,
    },
    /// Tell the user.
    Event(Event),
}

/// One user's IM Client.
///
/// See the crate documentation for how to drive it.
#[derive(Debug)]
pub struct Agent {
    config: Config,
    ua: UserAgent,
    media: Media,
    ids: Ids,
    transfers: BTreeMap<TransferId, OutgoingMachine>,
    offers: BTreeMap<OfferId, IncomingMachine>,
    sessions: HashMap<SessionId, Owner>,
    incoming: HashMap<IncomingId, OfferId>,
    registration: Option<RegistrationId>,
    service_route: Vec<Uri>,
    next_id: u64,
    shutting_down: bool,
    /// Everything one input caused; the driver drains it before the next.
    outputs: VecDeque<Output>,
}

/// The parts of the agent that its messages work with.
pub(crate) struct Context<'a> {
    pub(crate) config: &'a Config,
    pub(crate) ua: &'a mut UserAgent,
    pub(crate) media: &'a mut Media,
    pub(crate) ids: &'a mut Ids,
    pub(crate) clock: Clock,
    pub(crate) service_route: &'a [Uri],
    pub(crate) outputs: &'a mut VecDeque<Output>,
    pub(crate) now: Instant,
}

impl Context<'_> {
    /// The preloaded route: the outbound proxy, then the Service-Route (SEED-13, SEED-19).
    pub(crate) fn routes(&self) -> Vec<Uri> {
        self.config.account.outbound_proxy.iter().chain(self.service_route).cloned().collect()
    }

    /// The origin line of a description of ours (RFC 8866 §5.2).
    pub(crate) fn origin(&self, local: SocketAddr) -> sdp::line::Origin {
        let seconds = self.clock.ntp_seconds(self.now);
        sdp::line::Origin::new(seconds, local.ip().to_string())
    }

    /// Answers an incoming request; the session it makes, if it makes one.
    pub(crate) fn respond(
        &mut self,
        incoming: IncomingId,
        status: StatusCode,
        headers: Vec<(ByteStr, ByteStr)>,
        body: Option<(ByteStr, Bytes)>,
    ) -> Option<SessionId> {
        let mut reply = Reply::new(status).contact_params(self.config.profile.contact_params.clone());
        reply.headers = headers;
        if let Some((content_type, body)) = body {
            reply = reply.body(content_type, body);
        }
        self.ua.respond(incoming, reply, self.now).ok().flatten()
    }
}

/// One of our m-lines, and the URI in its `a=path`: a session-id of its own, at least 80 random bits
/// (RFC 4975 §14.1).
pub(crate) fn local_line(
    local: SocketAddr,
    direction: Direction,
    context: &mut Context<'_>,
) -> Option<(msrp::Uri, MessageLine)> {
    let address = SocketAddr::new(local.ip(), context.config.msrp_port);
    let session_id = msrp::session_id(context.ids);
    let uri = msrp::Uri::builder_at(address, &session_id).build().ok()?;
    let mut line = MessageLine::new(uri.text().clone(), direction).ok()?;
    line.cema = context.config.profile.cema;
    Some((uri, line))
}

impl Agent {
    /// A client that is not registered. `seed` is 32 octets nobody can guess, used for one agent only.
    #[must_use]
    pub fn new(config: Config, seed: [u8; 32]) -> Self {
        let mut ids = Ids(sip_ua::IdSource::new(seed));
        let mut sip = config.sip.clone();
        sip.user_agent = config.profile.user_agent.clone();
        sip.supported = vec![ByteStr::from_static("timer"), ByteStr::from_static("100rel")];
        sip.accept = ["application/sdp", "multipart/mixed", "multipart/related"]
            .into_iter()
            .map(ByteStr::from_static)
            .collect();
        sip.timers.answer = config.timers.decide.saturating_mul(2);
        let ua = UserAgent::new(sip, ids.seed().0);
        let media = Media::new(config.limits.clone(), config.timers.clone(), ids.seed());
        Self {
            config,
            ua,
            media,
            ids,
            transfers: BTreeMap::new(),
            offers: BTreeMap::new(),
            sessions: HashMap::new(),
            incoming: HashMap::new(),
            registration: None,
            service_route: Vec::new(),
            next_id: 0,
            shutting_down: false,
            outputs: VecDeque::new(),
        }
    }

    /// Registers the account; [`Event::Registration`] tells how it went, now and at each refresh.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoRegistrar`] if neither account nor identity names one.
    pub fn register(&mut self, now: Instant) -> Result<(), Error> {
        let account = &self.config.account;
        let error = || Error::new(ErrorKind::NoRegistrar, Phase::Registering, "RFC 3261 §10.2");
        let registrar = match &account.registrar {
            Some(registrar) => registrar.clone(),
            None => {
                let scheme = if account.identity.scheme() == Scheme::Sips { "sips" } else { "sip" };
                let host = account.identity.host_port().ok_or_else(error)?;
                Uri::parse(format!("{scheme}:{host}")).map_err(|_| error())?
            }
        };
        let mut registration = sip_ua::Registration::new(account.identity.clone(), registrar);
        registration.display_name = account.display_name.clone();
        registration.outbound = account.outbound_proxy.clone();
        registration.contact_params = self.config.profile.contact_params.clone();
        registration.credentials = account.credentials.clone();
        registration.headers = vec![(ByteStr::from_static("Supported"), ByteStr::from_static("path"))];
        self.registration = Some(self.ua.register(registration, now).map_err(|_| error())?);
        self.pump(now);
        Ok(())
    }

    /// Takes the registration back.
    pub fn unregister(&mut self, now: Instant) {
        if let Some(id) = self.registration {
            let _ = self.ua.unregister(id, now);
        }
        self.pump(now);
    }

    /// Sends a message.
    ///
    /// # Errors
    ///
    /// What can be known before the first byte: recipients, limits, values that cannot be written.
    pub fn send(&mut self, message: Outgoing, now: Instant) -> Result<TransferId, Error> {
        if self.transfers.len() >= self.config.limits.max_sessions {
            return Err(Error::new(ErrorKind::Limit("max_sessions"), Phase::Preparing, ""));
        }
        let id = TransferId(self.fresh_id());
        let machine = OutgoingMachine::start(id, message, &mut self.context(now))?;
        self.sessions.insert(machine.session(), Owner::Transfer(id));
        self.transfers.insert(id, machine);
        self.pump(now);
        Ok(id)
    }

    /// Takes the picked items of an offer and refuses the others, each by port 0 (SEED-20). Items without a
    /// pick are refused.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Stale`] if the offer is over or answered.
    pub fn accept(&mut self, offer: OfferId, picks: &[Pick], now: Instant) -> Result<(), Error> {
        let result = self.with_offer(offer, now, |machine, context| machine.accept(picks, context));
        let outcome = result.unwrap_or_else(|| Err(Error::new(ErrorKind::Stale, Phase::Inviting, "")))?;
        self.settle_offer(offer, outcome);
        if let Some(session) = self.offers.get(&offer).and_then(IncomingMachine::session) {
            self.sessions.insert(session, Owner::Offer(offer));
        }
        self.pump(now);
        Ok(())
    }

    /// Refuses an offer as a whole (603).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Stale`] if the offer is over or answered.
    pub fn refuse(&mut self, offer: OfferId, now: Instant) -> Result<(), Error> {
        let stale = || Error::new(ErrorKind::Stale, Phase::Inviting, "");
        if self.offers.get(&offer).is_none_or(|machine| machine.incoming().is_none()) {
            return Err(stale());
        }
        let outcome = self
            .with_offer(offer, now, |machine, context| machine.refuse(StatusCode::DECLINE, context))
            .ok_or_else(stale)?;
        self.settle_offer(offer, outcome);
        self.pump(now);
        Ok(())
    }

    /// Ends a message of ours: CANCEL, or `#` and BYE. Nothing happens if it is over.
    pub fn cancel(&mut self, transfer: TransferId, now: Instant) {
        self.with_transfer(transfer, now, OutgoingMachine::cancel);
        self.pump(now);
    }

    /// Ends a message being received: 413 and BYE, or a refusal. Nothing happens if it is over.
    pub fn cancel_offer(&mut self, offer: OfferId, now: Instant) {
        if let Some(outcome) = self.with_offer(offer, now, IncomingMachine::cancel) {
            self.settle_offer(offer, outcome);
        }
        self.pump(now);
    }

    /// Ends everything in order; [`Event::ShutDown`] comes when nothing is left.
    pub fn shutdown(&mut self, now: Instant) {
        self.shutting_down = true;
        let transfers: Vec<TransferId> = self.transfers.keys().copied().collect();
        for transfer in transfers {
            self.cancel(transfer, now);
        }
        let offers: Vec<OfferId> = self.offers.keys().copied().collect();
        for offer in offers {
            self.cancel_offer(offer, now);
        }
        self.unregister(now);
    }

    /// Octets that arrived: one datagram, or the next of a stream.
    pub fn handle_received(&mut self, flow: FlowId, protocol: Protocol, bytes: Bytes, now: Instant) {
        match protocol {
            Protocol::Sip => self.ua.handle_received(flow, bytes, now),
            Protocol::Msrp => self.media.handle_received(flow, bytes, now),
        }
        self.pump(now);
    }

    /// What became of a flow.
    pub fn handle_flow(&mut self, flow: FlowId, protocol: Protocol, state: FlowState, now: Instant) {
        match protocol {
            Protocol::Sip => self.ua.handle_flow(flow, state, now),
            Protocol::Msrp => self.media.handle_flow(flow, &state, now),
        }
        self.pump(now);
    }

    /// So many octets of an MSRP flow's [`Output::Transmit`] have been written.
    pub fn handle_transmitted(&mut self, flow: FlowId, octets: u64, now: Instant) {
        self.media.handle_transmitted(flow, octets, now);
        self.pump(now);
    }

    /// What the DNS said.
    pub fn handle_answer(&mut self, query: QueryId, answer: Answer, now: Instant) {
        if self.media.owns_query(query) {
            self.media.handle_answer(query, &answer, now);
        } else {
            self.ua.handle_answer(query, answer, now);
        }
        self.pump(now);
    }

    /// The octets an [`Output::Read`] asked for; `None` if they cannot be read.
    pub fn handle_read(&mut self, content: ContentId, octets: Option<Bytes>, now: Instant) {
        match content {
            ContentId::Outgoing { transfer, item } => {
                self.with_transfer(transfer, now, |machine, context| machine.handle_read(item, octets, context));
            }
            ContentId::Incoming { offer, item } => {
                self.with_offer(offer, now, |machine, context| machine.handle_read(item, octets, context));
            }
        }
        self.pump(now);
    }

    /// So many octets of a content's [`Output::Write`] are stored.
    pub fn handle_written(&mut self, content: ContentId, octets: u64, now: Instant) {
        if let ContentId::Incoming { offer, item } = content {
            self.with_offer(offer, now, |machine, context| machine.written(item, octets, context));
        }
        self.pump(now);
    }

    /// A content cannot be stored: disk full, folder gone.
    pub fn handle_write_failed(&mut self, content: ContentId, now: Instant) {
        if let ContentId::Incoming { offer, item } = content {
            self.with_offer(offer, now, |machine, context| machine.sink_failed(item, context));
        }
        self.pump(now);
    }

    /// The file of an [`Output::Commit`] has its final name.
    pub fn handle_committed(&mut self, content: ContentId, now: Instant) {
        if let ContentId::Incoming { offer, item } = content {
            self.with_offer(offer, now, |machine, context| machine.committed(item, context));
        }
        self.pump(now);
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.ua.handle_timeout(now);
        self.media.handle_timeout(now);
        let due: Vec<TransferId> = self
            .transfers
            .iter()
            .filter(|(_, machine)| machine.next_timeout().is_some_and(|at| at <= now))
            .map(|(&id, _)| id)
            .collect();
        for id in due {
            self.with_transfer(id, now, OutgoingMachine::handle_timeout);
        }
        let due: Vec<OfferId> = self
            .offers
            .iter()
            .filter(|(_, machine)| machine.next_timeout().is_some_and(|at| at <= now))
            .map(|(&id, _)| id)
            .collect();
        for id in due {
            if let Some(outcome) = self.with_offer(id, now, IncomingMachine::handle_timeout) {
                self.settle_offer(id, outcome);
            }
        }
        self.pump(now);
    }

    /// When to call [`Agent::handle_timeout`]; `None` while nothing is awaited.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        let transfers = self.transfers.values().filter_map(OutgoingMachine::next_timeout);
        let offers = self.offers.values().filter_map(IncomingMachine::next_timeout);
        [self.ua.next_timeout(), self.media.next_timeout()].into_iter().flatten().chain(transfers).chain(offers).min()
    }

    /// Whether the flow may be read from; `false` until credit is back. Always `true` for SIP.
    #[must_use]
    pub fn wants_received(&self, flow: FlowId) -> bool {
        self.media.wants_received(flow)
    }

    /// The next thing to do, or `None` until the next command or input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Whether nothing is under way: no message, no offer, no connection.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.transfers.is_empty() && self.offers.is_empty() && self.media.is_empty()
    }

    fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn context(&mut self, now: Instant) -> Context<'_> {
        Context {
            clock: self.config.clock,
            config: &self.config,
            ua: &mut self.ua,
            media: &mut self.media,
            ids: &mut self.ids,
            service_route: &self.service_route,
            outputs: &mut self.outputs,
            now,
        }
    }

    /// Runs one step of a transfer with the rest of the agent lent to it.
    fn with_transfer<T>(
        &mut self,
        id: TransferId,
        now: Instant,
        step: impl FnOnce(&mut OutgoingMachine, &mut Context<'_>) -> T,
    ) -> Option<T> {
        let mut machine = self.transfers.remove(&id)?;
        let result = step(&mut machine, &mut self.context(now));
        self.transfers.insert(id, machine);
        Some(result)
    }

    fn with_offer<T>(
        &mut self,
        id: OfferId,
        now: Instant,
        step: impl FnOnce(&mut IncomingMachine, &mut Context<'_>) -> T,
    ) -> Option<T> {
        let mut machine = self.offers.remove(&id)?;
        let result = step(&mut machine, &mut self.context(now));
        self.offers.insert(id, machine);
        Some(result)
    }

    fn settle_offer(&mut self, id: OfferId, outcome: Outcome) {
        if outcome == Outcome::Over
            && let Some(machine) = self.offers.remove(&id)
            && let Some(incoming) = machine.incoming()
        {
            self.incoming.remove(&incoming);
        }
    }

    /// Carries outputs between the parts until all are quiet.
    fn pump(&mut self, now: Instant) {
        loop {
            if let Some(output) = self.ua.poll_output() {
                match output {
                    sip_ua::Output::Open { flow, target } => self.outputs.push_back(Output::Open { flow, target }),
                    sip_ua::Output::Transmit { flow, bytes } => {
                        self.outputs.push_back(Output::Transmit { flow, bytes });
                    }
                    sip_ua::Output::Close { flow } => self.outputs.push_back(Output::Close { flow }),
                    sip_ua::Output::Resolve { query, question } => {
                        self.outputs.push_back(Output::Resolve { query, question });
                    }
                    sip_ua::Output::Event(event) => self.ua_event(event, now),
                }
            } else if let Some(output) = self.media.poll_output() {
                match output {
                    MediaOutput::Open { flow, target } => self.outputs.push_back(Output::Open { flow, target }),
                    MediaOutput::Transmit { flow, bytes } => {
                        self.outputs.push_back(Output::Transmit { flow, bytes });
                    }
                    MediaOutput::Close { flow } => self.outputs.push_back(Output::Close { flow }),
                    MediaOutput::Resolve { query, question } => {
                        self.outputs.push_back(Output::Resolve { query, question });
                    }
                    MediaOutput::Line(Line { owner, item }, event) => match owner {
                        Owner::Transfer(id) => {
                            self.with_transfer(id, now, |machine, context| machine.line_event(item, event, context));
                        }
                        Owner::Offer(id) => {
                            self.with_offer(id, now, |machine, context| machine.line_event(item, event, context));
                        }
                    },
                }
            } else if self.shutting_down && self.is_shut_down() {
                self.shutting_down = false;
                self.outputs.push_back(Output::Event(Event::ShutDown));
                return;
            } else {
                return;
            }
        }
    }

    fn is_shut_down(&mut self) -> bool {
        if self.transfers.is_empty() && self.offers.is_empty() {
            self.media.close_idle();
        }
        self.is_idle() && self.registration.is_none()
    }

    fn ua_event(&mut self, event: sip_ua::Event, now: Instant) {
        match event {
            sip_ua::Event::NeedBody { session, local } => {
                self.transfer_step(session, now, |machine, context| machine.provide_body(local, context));
            }
            sip_ua::Event::Provisional { session, .. } => {
                self.transfer_step(session, now, |machine, context| machine.ringing(context));
            }
            sip_ua::Event::Accepted { session, response, is_focus, remote_target } => {
                self.transfer_step(session, now, |machine, context| {
                    machine.accepted(&response, is_focus, &remote_target, context);
                });
            }
            sip_ua::Event::Rejected { session, error } => {
                let over = self.transfer_step(session, now, |machine, context| machine.rejected(&error, context));
                // A fallback INVITE is a session of its own.
                if let (Some(Owner::Transfer(id)), Some(false)) = (self.sessions.get(&session).copied(), over)
                    && let Some(machine) = self.transfers.get(&id)
                {
                    self.sessions.remove(&session);
                    self.sessions.insert(machine.session(), Owner::Transfer(id));
                }
            }
            sip_ua::Event::Incoming { id, local, request, .. } => self.request(id, local, &request, now),
            sip_ua::Event::Cancelled { id } => {
                if let Some(offer) = self.incoming.remove(&id)
                    && let Some(outcome) = self.with_offer(offer, now, IncomingMachine::cancelled)
                {
                    self.settle_offer(offer, outcome);
                }
            }
            sip_ua::Event::Bye { session } => match self.sessions.get(&session) {
                Some(&Owner::Transfer(id)) => drop(self.with_transfer(id, now, OutgoingMachine::bye)),
                Some(&Owner::Offer(id)) => drop(self.with_offer(id, now, IncomingMachine::bye)),
                None => {}
            },
            sip_ua::Event::Ended { session, .. } => match self.sessions.remove(&session) {
                Some(Owner::Transfer(id)) => {
                    self.with_transfer(id, now, OutgoingMachine::ended);
                    self.transfers.remove(&id);
                }
                Some(Owner::Offer(id)) => {
                    self.with_offer(id, now, IncomingMachine::ended);
                    self.offers.remove(&id);
                }
                None => {}
            },
            sip_ua::Event::Registered { expires, service_route, .. } => {
                self.service_route = service_route;
                let event = Event::Registration(Registration::Registered { expires });
                self.outputs.push_back(Output::Event(event));
            }
            sip_ua::Event::RegistrationFailed { error, retry, .. } => {
                if retry.is_none() {
                    self.registration = None;
                }
                let error = crate::error::of_sip(&error, Phase::Registering);
                self.outputs.push_back(Output::Event(Event::Registration(Registration::Failed(error))));
            }
            sip_ua::Event::Unregistered { .. } => {
                self.registration = None;
                self.service_route.clear();
                self.outputs.push_back(Output::Event(Event::Registration(Registration::Unregistered)));
            }
            // A pager-mode session has no request of its own but BYE.
            sip_ua::Event::InDialog { id, .. } => {
                let _ = self.ua.respond(id, Reply::new(StatusCode::METHOD_NOT_ALLOWED), now);
            }
            _ => {}
        }
    }

    fn transfer_step<T>(
        &mut self,
        session: SessionId,
        now: Instant,
        step: impl FnOnce(&mut OutgoingMachine, &mut Context<'_>) -> T,
    ) -> Option<T> {
        match self.sessions.get(&session) {
            Some(&Owner::Transfer(id)) => self.with_transfer(id, now, step),
            _ => None,
        }
    }

    fn request(&mut self, incoming: IncomingId, local: SocketAddr, request: &sip::Request, now: Instant) {
        if *request.method() != Method::INVITE {
            let _ = self.ua.respond(incoming, Reply::new(StatusCode::METHOD_NOT_ALLOWED), now);
            return;
        }
        if self.offers.len() >= self.config.limits.max_sessions || self.shutting_down {
            let _ = self.ua.respond(incoming, Reply::new(StatusCode::BUSY_HERE), now);
            return;
        }
        let id = OfferId(self.fresh_id());
        match IncomingMachine::start(id, incoming, request, local, &mut self.context(now)) {
            Ok(machine) => {
                self.incoming.insert(incoming, id);
                self.offers.insert(id, machine);
            }
            Err(refusal) => {
                self.context(now).respond(incoming, refusal.status, refusal.headers, None);
            }
        }
    }
}

/// The agent's source of identifiers.
#[derive(Debug)]
pub(crate) struct Ids(sip_ua::IdSource);

/// A seed for a part of the agent.
#[derive(Clone)]
pub(crate) struct Seed([u8; 32]);

impl Ids {
    /// A seed for one part of the agent.
    fn seed(&mut self) -> Seed {
        let mut seed = [0; 32];
        self.0.fill(&mut seed);
        Seed(seed)
    }

    /// A file-transfer-id: a random UUID, 32 hex digits (RFC 5547 §6).
    pub(crate) fn transfer_id(&mut self) -> ByteStr {
        ByteStr::from(self.uuid().simple().to_string())
    }

    /// The name of a part (RFC 2392 §2): random, so that it is unique without naming a host of ours.
    pub(crate) fn content_id(&mut self) -> Option<mime::ContentId> {
        mime::ContentId::new(format!("{}@icon.invalid", self.uuid().simple())).ok()
    }

    /// Random octets for a boundary.
    pub(crate) fn boundary(&mut self) -> [u8; 16] {
        let mut seed = [0; 16];
        self.0.fill(&mut seed);
        seed
    }

    fn uuid(&mut self) -> uuid::Uuid {
        let mut octets = [0; 16];
        self.0.fill(&mut octets);
        uuid::Builder::from_random_bytes(octets).into_uuid()
    }
}

impl msrp::IdSource for Ids {
    fn fill(&mut self, out: &mut [u8]) {
        self.0.fill(out);
    }
}

impl Seed {
    /// A source for a part of its own; each call gives another one.
    pub(crate) fn ids(&mut self) -> Ids {
        let mut ids = Ids(sip_ua::IdSource::new(self.0));
        self.0 = ids.seed().0;
        ids
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(..)")
    }
}
