//! `UserAgent`: the root machine. It owns flows, transactions, exchanges, sessions and registrations and routes
//! every input to them.

mod answering;
mod closing;
mod receiving;
mod sending;

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use bytes::Bytes;
use grammar::ByteStr;
use sip::Message;

pub(crate) use answering::Incoming;

use crate::dialog::DialogId;
use crate::exchange::{Exchange, ExchangeId};
use crate::flows::Flows;
use crate::registration::Keeper;
use crate::schedule::Schedule;
use crate::session::Session;
use crate::transaction::{ClientId, Layer, LayerOutput, ServerId, earlier};
use crate::{
    Answer, Config, Error, Event, FlowId, FlowState, IdSource, IncomingId, Invite, Output, QueryId,
    Registration, RegistrationId, Reply, SessionId,
};

/// A SIP user agent: both sides of sessions, registrations, and the other requests of [`Config::allow`].
///
/// Inputs are methods named `handle_*`, outputs are pulled with [`Self::poll_output`], time is an argument and
/// must not go back. After each command or input drain the outputs until `None`, then wait for an input or for
/// [`Self::next_timeout`].
///
/// Nothing a peer sends makes it panic, and what it holds is bounded by [`crate::Limits`].
#[derive(Debug)]
pub struct UserAgent {
    pub(crate) config: Config,
    pub(crate) ids: IdSource,
    pub(crate) flows: Flows,
    pub(crate) layer: Layer,
    pub(crate) exchanges: BTreeMap<ExchangeId, Exchange>,
    /// Which exchange a client transaction works for; none for a CANCEL.
    pub(crate) clients: BTreeMap<ClientId, ExchangeId>,
    pub(crate) queries: BTreeMap<QueryId, ExchangeId>,
    pub(crate) sessions: BTreeMap<SessionId, Session>,
    pub(crate) dialogs: BTreeMap<DialogId, SessionId>,
    pub(crate) registrations: BTreeMap<RegistrationId, Keeper>,
    pub(crate) incoming: BTreeMap<IncomingId, Incoming>,
    pub(crate) servers: BTreeMap<ServerId, IncomingId>,
    pub(crate) schedule: Schedule<Wake>,
    /// Exchanges that can make a step.
    pub(crate) ready: VecDeque<ExchangeId>,
    pub(crate) outputs: VecDeque<Output>,
    /// How many identifiers were given out.
    created: u64,
}

/// Who wants to be woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wake {
    Exchange(ExchangeId),
    Session(SessionId),
    Registration(RegistrationId),
    Incoming(IncomingId),
    Flow(FlowId),
    /// A pong of the flow should have come.
    Pong(FlowId),
}

/// What a [`UserAgent`] holds at the moment: for tests and for supervision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Live {
    /// Transactions of both sides, those included that only wait for late repeats.
    pub transactions: usize,
    /// Requests of ours without a final response, and INVITEs whose 2xx may still be repeated.
    pub exchanges: usize,
    /// Sessions that have not ended.
    pub sessions: usize,
    /// Registrations, made or being made.
    pub registrations: usize,
    /// Requests that wait for [`UserAgent::respond`].
    pub incoming: usize,
    /// Flows.
    pub flows: usize,
}

impl Live {
    /// Whether nothing is held but flows.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        *self == Self { flows: self.flows, ..Self::default() }
    }
}

impl UserAgent {
    /// A user agent without flows. `seed` must be unpredictable, and used once.
    #[must_use]
    pub fn new(mut config: Config, seed: [u8; 32]) -> Self {
        config.timers.clamp();
        Self {
            ids: IdSource::new(seed),
            flows: Flows::new(config.limits),
            layer: Layer::new(config.timers, &config.limits),
            config,
            exchanges: BTreeMap::new(),
            clients: BTreeMap::new(),
            queries: BTreeMap::new(),
            sessions: BTreeMap::new(),
            dialogs: BTreeMap::new(),
            registrations: BTreeMap::new(),
            incoming: BTreeMap::new(),
            servers: BTreeMap::new(),
            schedule: Schedule::new(),
            ready: VecDeque::new(),
            outputs: VecDeque::new(),
            created: 0,
        }
    }

    // Inputs.

    /// Takes bytes of a flow: one datagram, or a piece of the stream. Those of an unknown flow are dropped.
    pub fn handle_received(&mut self, flow: FlowId, bytes: Bytes, now: Instant) {
        self.receive(flow, bytes, now);
        self.settle(now);
    }

    /// Takes a message that somebody else cut out of the flow: a server that shares its flows with this user
    /// agent. The flow must have been reported up.
    pub fn handle_message(&mut self, flow: FlowId, message: Message, now: Instant) {
        self.flows.touch(flow, now);
        self.take_message(flow, message, now);
        self.settle(now);
    }

    /// Takes what became of a flow.
    pub fn handle_flow(&mut self, flow: FlowId, state: FlowState, now: Instant) {
        match state {
            FlowState::Up { transport, local, peer, .. } => self.flow_up(flow, transport, local, peer, now),
            FlowState::Closed(error) => self.flow_lost(flow, &Error::FlowLost(error), now),
        }
        self.settle(now);
    }

    /// Takes the answer to [`Output::Resolve`].
    pub fn handle_answer(&mut self, query: QueryId, answer: Answer, now: Instant) {
        if let Some(id) = self.queries.remove(&query) {
            self.resolved(id, answer);
        }
        self.settle(now);
    }

    /// Does what is due. Calling it early or often does no harm.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.layer.handle_timeout(now);
        self.settle(now);
        while let Some(wake) = self.schedule.pop_due(now) {
            match wake {
                Wake::Exchange(id) => self.exchange_timeout(id, now),
                Wake::Session(id) => self.session_timeout(id, now),
                Wake::Registration(id) => self.registration_timeout(id, now),
                Wake::Incoming(id) => self.incoming_timeout(id, now),
                Wake::Flow(id) => self.flow_timeout(id, now),
                Wake::Pong(id) => self.pong_timeout(id, now),
            }
            self.settle(now);
        }
    }

    // Commands.

    /// Registers, and keeps the registration alive until [`Self::unregister`].
    ///
    /// # Errors
    ///
    /// [`Error::Unreachable`] if no request can be sent to the registrar, [`Error::Unsendable`] for a value that
    /// a message cannot carry, [`Error::Limit`].
    pub fn register(&mut self, registration: Registration, now: Instant) -> Result<RegistrationId, Error> {
        let id = self.start_registration(registration)?;
        self.settle(now);
        Ok(id)
    }

    /// Removes a registration; `Unregistered` follows. An unknown one is ignored.
    pub fn unregister(&mut self, id: RegistrationId, now: Instant) {
        self.stop_registration(id);
        self.settle(now);
    }

    /// Starts a session. `Accepted` or `Rejected` follows, and `Ended` at the end.
    ///
    /// # Errors
    ///
    /// As [`Self::register`].
    pub fn invite(&mut self, invite: Invite, now: Instant) -> Result<SessionId, Error> {
        let id = self.start_session(invite)?;
        self.settle(now);
        Ok(id)
    }

    /// Gives the body that [`Event::NeedBody`] asked for.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] if the session does not wait for it.
    pub fn provide_body(
        &mut self,
        session: SessionId,
        content_type: ByteStr,
        body: Bytes,
        now: Instant,
    ) -> Result<(), Error> {
        self.take_body(session, content_type, body, now)?;
        self.settle(now);
        Ok(())
    }

    /// Answers an [`Event::Incoming`], [`Event::InDialog`] or [`Event::Offer`]. A final response ends the request; one
    /// of class 2 to an INVITE makes a session, whose identifier comes back, or is for the session it came in.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] if the request is not, or no longer, waiting; [`Error::Unsendable`] for a value that a
    /// message cannot carry (the request waits on); [`Error::PeerMisbehaved`] if the INVITE has no usable
    /// Contact, so that no dialog can be made (it was answered 400).
    pub fn respond(
        &mut self,
        id: IncomingId,
        reply: Reply,
        now: Instant,
    ) -> Result<Option<SessionId>, Error> {
        let session = self.answer(id, &reply, now);
        self.settle(now);
        session
    }

    /// Gives a session up that was not accepted yet. `Rejected` with [`Error::Cancelled`] and `Ended` follow,
    /// also if the peer accepts meanwhile. After `Accepted` it is [`Self::bye`].
    pub fn cancel(&mut self, session: SessionId, now: Instant) {
        self.cancel_session(session, Error::Cancelled, now);
        self.settle(now);
    }

    /// Hangs up. Before `Accepted` it is [`Self::cancel`]; as callee the BYE waits for the ACK.
    pub fn bye(&mut self, session: SessionId, now: Instant) {
        self.hang_up(session, now);
        self.settle(now);
    }

    /// Makes another offer inside of an established session, by re-INVITE. [`Event::Answered`] follows unless the
    /// session ends first. It waits for an INVITE that is under way, and is made again if it meets an offer of the
    /// peer (RFC 3261 §14.1); if that one is accepted meanwhile, the answer to ours is [`Error::Cancelled`].
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] if the session is not established, or an offer of ours has no answer yet.
    pub fn offer(
        &mut self,
        session: SessionId,
        content_type: ByteStr,
        sdp: Bytes,
        now: Instant,
    ) -> Result<(), Error> {
        self.queue_offer(session, content_type, sdp, now)?;
        self.settle(now);
        Ok(())
    }

    /// What we say of the media in a session, where the body of our INVITE had more in it than SDP: what a peer gets that
    /// asks for it by a re-INVITE without a body (RFC 3261 §14.2).
    pub fn describe(&mut self, session: SessionId, content_type: ByteStr, sdp: Bytes) {
        self.set_description(session, content_type, sdp);
    }

    /// Ends everything: sessions, registrations, requests not answered yet (480). Go on driving until
    /// [`Self::live`] is idle, or as long as the caller cares to be polite.
    pub fn shutdown(&mut self, now: Instant) {
        self.close_all(now);
        self.settle(now);
    }

    // Outputs and getters.

    /// The next thing to do, or `None` once there is nothing until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`Self::handle_timeout`]; `None`: only after another input.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        earlier(self.layer.next_timeout(), self.schedule.next())
    }

    /// What is held at the moment.
    #[must_use]
    pub fn live(&self) -> Live {
        Live {
            transactions: self.layer.len(),
            exchanges: self.exchanges.len(),
            sessions: self.sessions.len(),
            registrations: self.registrations.len(),
            incoming: self.incoming.len(),
            flows: self.flows.len(),
        }
    }

    /// Lets everything that can make a step make it.
    fn settle(&mut self, now: Instant) {
        loop {
            if let Some(output) = self.layer.poll_output() {
                self.take_layer_output(output, now);
            } else if let Some(id) = self.ready.pop_front() {
                self.advance(id, now);
            } else {
                return;
            }
        }
    }

    fn take_layer_output(&mut self, output: LayerOutput, now: Instant) {
        match output {
            LayerOutput::Transmit { flow, bytes } => self.transmit(flow, bytes, now),
            LayerOutput::Reply { to, bytes } => self.reply(to, bytes, now),
            LayerOutput::Response { client, response } => self.take_response(client, response, now),
            LayerOutput::TimedOut { client } => self.exchange_lost(client, &Error::TimedOut, now),
            LayerOutput::ClientGone { client } => self.client_gone(client),
            LayerOutput::ServerGone { server } => self.server_gone(server, now),
        }
    }

    /// A number no other identifier has.
    pub(crate) const fn fresh(&mut self) -> u64 {
        self.created += 1;
        self.created
    }

    pub(crate) fn emit(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }
}
