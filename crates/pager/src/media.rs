//! `Media`: the MSRP side of the client, many lines on few connections (RFC 4975 §5.4).
//!
//! A line is one accepted m-line: one MSRP session. Lines towards the same host and port share a
//! connection; lines that wait to be connected to are found by the URI the first SEND names.

mod arrivals;
mod connecting;
mod flow;
mod line;
mod relay;
mod reservations;
mod security;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Instant;

use bytes::Bytes;
use msrp::{Connection, MessageKey, OutgoingMessage, Role, SessionConfig, SessionKey};
use sip_ua::{Answer, FlowError, FlowId, FlowState, QueryId, Question, Security};

use self::arrivals::Arrivals;
use self::flow::{Flow, State, drain};
pub(crate) use self::line::{Endpoint, Line, LineConfig, LineError, LineEvent, MediaOutput, Owner};
use self::line::{HopSecurity, Host};
use self::reservations::Reservations;
pub(crate) use self::security::{Proof, speaks};
use crate::agent::Seed;
use crate::{Config, Limits, Timers};

/// A line that has no connection yet.
#[derive(Debug)]
struct Pending {
    line: Line,
    session: SessionConfig,
    /// What the peer has to show before the line uses its connection.
    proof: Proof,
}

/// What the name of a next hop is being resolved for.
#[derive(Debug)]
enum Resolving {
    /// A line, whose connection is opened then.
    Line { pending: Box<Pending>, endpoint: Endpoint },
    /// A connection to the user's first relay.
    Relay(FlowId),
}

/// `sip-ua` numbers its flows below this.
const FIRST_FLOW: u64 = 1 << 32;

pub(crate) struct Media {
    limits: Limits,
    timers: Timers,
    seed: Seed,
    flows: BTreeMap<FlowId, Flow>,
    arrivals: Arrivals,
    reservations: Reservations,
    resolving: HashMap<QueryId, Resolving>,
    next_flow: u64,
    next_query: u64,
    outputs: VecDeque<MediaOutput>,
}

impl std::fmt::Debug for Media {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Media")
            .field("flows", &self.flows)
            .field("arrivals", &self.arrivals)
            .field("reservations", &self.reservations)
            .finish_non_exhaustive()
    }
}

impl Media {
    pub(crate) fn new(config: &Config, mut seed: Seed) -> Self {
        let sha1 = config.media_tls.as_ref().map(|tls| tls.sha1).unwrap_or_default();
        Self {
            limits: config.limits.clone(),
            timers: config.timers.clone(),
            arrivals: Arrivals::new(sha1),
            reservations: Reservations::new(config.account.relays.clone(), seed.ids()),
            seed,
            flows: BTreeMap::new(),
            resolving: HashMap::new(),
            next_flow: 0,
            next_query: 0,
            outputs: VecDeque::new(),
        }
    }

    /// Opens our side of a line: connects, joins a connection that is there, or waits for the peer.
    pub(crate) fn open(&mut self, line: Line, config: LineConfig, now: Instant) {
        let LineConfig { local, peer, receive, connect, proof, relayed } = config;
        let role = if connect.is_some() { Role::Active } else { Role::Passive };
        let mut pending = Pending { line, session: SessionConfig { local, peer, role, receive }, proof };
        if relayed {
            let reserved = self.reservations.of(line);
            let Some((flow, use_path)) =
                reserved.and_then(|found| Some((found.flow, found.use_path.clone()?)))
            else {
                self.tell(line, LineEvent::Unbound(LineError::FlowLost));
                return;
            };
            // RFC 4976 §5.1: our relays first, then the path of the peer.
            pending.session.peer.splice(0..0, use_path);
            pending.proof = self.reservations.proof();
            if role == Role::Active {
                self.join(flow, pending, now);
                return;
            }
        }
        let Some(endpoint) = connect else {
            self.arrivals.expect(pending, now + self.timers.connect);
            return;
        };
        match &endpoint.host {
            Host::Name(name) if !self.is_connected_to(&endpoint) => {
                let query = self.fresh_query();
                let question = Question::Address(name.clone());
                self.resolving.insert(query, Resolving::Line { pending: Box::new(pending), endpoint });
                self.outputs.push_back(MediaOutput::Resolve { query, question });
            }
            Host::Name(_) => self.connect(pending, endpoint, None, now),
            &Host::Address(ip) => self.connect(pending, endpoint, Some(ip), now),
        }
    }

    fn is_connected_to(&self, endpoint: &Endpoint) -> bool {
        self.flows.values().any(|flow| flow.endpoint.as_ref() == Some(endpoint))
    }

    fn fresh_query(&mut self) -> QueryId {
        self.next_query += 1;
        QueryId::of_neighbour(self.next_query)
    }

    /// Sends one message on a bound line.
    pub(crate) fn send(&mut self, line: Line, message: OutgoingMessage, now: Instant) {
        let Some((flow, session)) = self.session_of(line) else {
            self.tell(line, LineEvent::SendFailed(LineError::FlowLost));
            return;
        };
        if let State::Up(connection) = &mut flow.state {
            match connection.send(session, message, now) {
                Ok(message) => flow.messages.push((line, message)),
                Err(_) => self
                    .outputs
                    .push_back(MediaOutput::Line(line, LineEvent::SendFailed(LineError::FlowLost))),
            }
        }
        self.pump(now);
    }

    /// Gives content that [`LineEvent::Read`] asked for; `None` if it cannot be read.
    pub(crate) fn read(&mut self, line: Line, content: Option<Bytes>, now: Instant) {
        self.with_message(line, now, |connection, message| match content {
            Some(content) => connection.handle_read(message, content, now),
            None => connection.read_failed(message, now),
        });
    }

    /// So many octets of the line's content have been stored.
    pub(crate) fn written(&mut self, line: Line, octets: u64, now: Instant) {
        self.with_message(line, now, |connection, message| connection.handle_written(message, octets, now));
    }

    /// The line's message is stored: answer and report it.
    pub(crate) fn accept(&mut self, line: Line, now: Instant) {
        self.with_message(line, now, |connection, message| connection.accept(message, now));
        self.forget_message(line);
    }

    /// The line's message is not wanted after all.
    pub(crate) fn reject(&mut self, line: Line, status: u16, now: Instant) {
        self.with_message(line, now, |connection, message| connection.reject(message, status, now));
        self.forget_message(line);
    }

    /// Ends the line's message with `#`, or stops an incoming one with 413.
    pub(crate) fn abort(&mut self, line: Line, now: Instant) {
        self.with_message(line, now, |connection, message| connection.abort(message, now));
    }

    /// The session of the line is over: its URI gets 481 from here on.
    pub(crate) fn close(&mut self, line: Line, now: Instant) {
        self.arrivals.forget(line);
        self.release_path(line);
        self.resolving.retain(
            |_, resolving| !matches!(resolving, Resolving::Line { pending, .. } if pending.line == line),
        );
        for flow in self.flows.values_mut() {
            match &mut flow.state {
                State::Connecting(waiting) => waiting.retain(|waiting| waiting.line != line),
                State::Up(connection) => {
                    if let Some(at) = flow.lines.iter().position(|(other, _)| *other == line) {
                        let (_, session) = flow.lines.swap_remove(at);
                        connection.detach(session, now);
                    }
                }
            }
            flow.messages.retain(|(other, _)| *other != line);
        }
        self.pump(now);
        self.bury();
        self.arm_idle(now);
    }

    pub(crate) fn handle_received(&mut self, id: FlowId, bytes: Bytes, now: Instant) {
        if let Some(Flow { state: State::Up(connection), .. }) = self.flows.get_mut(&id) {
            connection.handle_received(bytes, now);
        }
        self.pump(now);
    }

    pub(crate) fn handle_transmitted(&mut self, id: FlowId, octets: u64, now: Instant) {
        if let Some(Flow { state: State::Up(connection), .. }) = self.flows.get_mut(&id) {
            connection.handle_transmitted(octets, now);
        }
        self.pump(now);
    }

    pub(crate) fn handle_flow(&mut self, id: FlowId, state: &FlowState, now: Instant) {
        match state {
            FlowState::Up { security, .. } => self.flow_up(id, security.clone(), now),
            FlowState::Closed(error) => self.flow_closed(id, *error, now),
        }
        self.pump(now);
    }

    fn flow_up(&mut self, id: FlowId, security: Option<Security>, now: Instant) {
        let mut connection = self.new_connection();
        let room = self.flows.len() < self.limits.max_connections;
        match self.flows.get_mut(&id) {
            Some(flow) => {
                let State::Connecting(waiting) = &mut flow.state else { return };
                let mut failed = Vec::new();
                for Pending { line, session, proof } in std::mem::take(waiting) {
                    // RFC 8122 §6: before the first SEND.
                    match proof.check(id, security.as_ref(), self.arrivals.sha1) {
                        Ok(()) => {
                            self.arrivals.bind(line, &session.local);
                            flow.lines.push((line, connection.attach(session, now)));
                        }
                        Err(fault) => failed.push((line, fault)),
                    }
                }
                let mut no_path = (LineError::Unreachable, Vec::new());
                if !flow.reserved.is_empty() {
                    let shown = self.reservations.proof().check(id, security.as_ref(), self.arrivals.sha1);
                    no_path = match shown {
                        Ok(()) => (LineError::Unreachable, self.reservations.authorize(id, &mut connection)),
                        Err(fault) => (LineError::Certificate(fault), flow.reserved.clone()),
                    };
                }
                flow.state = State::Up(connection);
                flow.security = security;
                // To somebody else there is nothing to say.
                if flow.lines.is_empty() && !failed.is_empty() {
                    self.flows.remove(&id);
                    self.outputs.push_back(MediaOutput::Close { flow: id });
                }
                for (line, fault) in failed {
                    self.tell(line, LineEvent::Unbound(LineError::Certificate(fault)));
                }
                let (error, lines) = no_path;
                self.refuse_paths(lines, error);
                self.arm_idle(now);
            }
            // A peer connected to us. What it wants shows in its first frame.
            None if room => {
                let mut flow = Flow::new(None, State::Up(connection));
                flow.security = security;
                flow.idle_at = Some(now + self.timers.first_frame);
                self.flows.insert(id, flow);
            }
            None => self.outputs.push_back(MediaOutput::Close { flow: id }),
        }
    }

    fn flow_closed(&mut self, id: FlowId, error: FlowError, now: Instant) {
        if !self.seek_further(id, error, now) {
            self.flow_ended(id, error, now);
        }
    }

    fn flow_ended(&mut self, id: FlowId, error: FlowError, now: Instant) {
        let Some(mut flow) = self.flows.remove(&id) else { return };
        self.refuse_paths(self.reservations.lines_on(id), LineError::of_flow(error, LineError::Unreachable));
        flow.reserved.clear();
        match &mut flow.state {
            State::Connecting(waiting) => {
                for pending in waiting.drain(..) {
                    let error = LineError::of_flow(error, LineError::Unreachable);
                    self.tell(pending.line, LineEvent::Unbound(error));
                }
            }
            State::Up(connection) => {
                connection.handle_closed(now);
                drain(id, &mut flow, &mut self.outputs, &mut self.arrivals, &mut self.reservations, now);
                flow.lost = Some(LineError::of_flow(error, LineError::FlowLost));
                flow.endpoint = None;
                flow.idle_at = None;
                self.flows.insert(id, flow);
            }
        }
        self.bury();
    }

    /// Forgets lost connections. One whose last message came in whole stays until that is stored.
    fn bury(&mut self) {
        let done: Vec<FlowId> = self
            .flows
            .iter()
            .filter(|(_, flow)| flow.lost.is_some() && flow.messages.is_empty())
            .map(|(&id, _)| id)
            .collect();
        for flow in done.into_iter().filter_map(|id| self.flows.remove(&id)).collect::<Vec<Flow>>() {
            // RFC 4975 §5.4: with the connection its sessions have failed.
            let error = flow.lost.unwrap_or(LineError::FlowLost);
            for (line, _) in flow.lines {
                self.tell(line, LineEvent::Unbound(error));
            }
        }
    }

    pub(crate) fn handle_answer(&mut self, query: QueryId, answer: &Answer, now: Instant) {
        let ip = match answer {
            Answer::Addresses(addresses) => addresses.first().copied(),
            _ => None,
        };
        match self.resolving.remove(&query) {
            Some(Resolving::Line { pending, endpoint }) => self.connect(*pending, endpoint, ip, now),
            Some(Resolving::Relay(flow)) => {
                self.relay_answered(flow, answer.clone());
                self.seek(flow, FlowError::Unreachable, now);
            }
            None => {}
        }
    }

    pub(crate) fn owns_query(&self, query: QueryId) -> bool {
        self.resolving.contains_key(&query)
    }

    pub(crate) fn wants_received(&self, id: FlowId) -> bool {
        match self.flows.get(&id) {
            Some(Flow { state: State::Up(connection), .. }) => connection.wants_received(),
            _ => true,
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let flows = self.flows.values().flat_map(|flow| {
            let connection = match &flow.state {
                State::Up(connection) => connection.next_timeout(),
                State::Connecting(_) => None,
            };
            [connection, flow.idle_at.filter(|_| flow.is_idle())]
        });
        flows.flatten().chain(self.arrivals.next_timeout()).min()
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        let mut closing = Vec::new();
        for (&id, flow) in &mut self.flows {
            if let State::Up(connection) = &mut flow.state
                && connection.next_timeout().is_some_and(|at| at <= now)
            {
                connection.handle_timeout(now);
            }
            if flow.idle_at.is_some_and(|at| at <= now) && flow.is_idle() {
                closing.push(id);
            }
        }
        for id in closing {
            self.flows.remove(&id);
            self.outputs.push_back(MediaOutput::Close { flow: id });
        }
        let overdue = self.arrivals.overdue(now);
        for line in overdue {
            self.tell(line, LineEvent::Unbound(LineError::TimedOut));
        }
        self.pump(now);
    }

    /// Whether nothing is left: no connection, nobody expected.
    pub(crate) fn is_empty(&self) -> bool {
        self.flows.is_empty() && self.arrivals.is_empty() && self.resolving.is_empty()
    }

    /// Closes every connection that carries no session, without waiting for its idle time.
    pub(crate) fn close_idle(&mut self) {
        let idle: Vec<FlowId> =
            self.flows.iter().filter(|(_, flow)| flow.is_idle()).map(|(&id, _)| id).collect();
        for id in idle {
            self.flows.remove(&id);
            self.outputs.push_back(MediaOutput::Close { flow: id });
        }
    }

    pub(crate) fn poll_output(&mut self) -> Option<MediaOutput> {
        self.outputs.pop_front()
    }

    fn new_connection(&mut self) -> Box<Connection> {
        let config = msrp::Config {
            limits: self.limits.msrp,
            chunk_size: self.limits.chunk_size,
            window: self.limits.window,
            report_window: self.limits.report_window,
            timers: msrp::Timers { keep_alive: self.timers.keep_alive, ..msrp::Timers::default() },
            ..msrp::Config::default()
        };
        Box::new(Connection::new(config, Box::new(self.seed.ids())))
    }

    fn session_of(&mut self, line: Line) -> Option<(&mut Flow, SessionKey)> {
        self.flows.values_mut().find_map(|flow| {
            let (_, key) = flow.lines.iter().find(|(other, _)| *other == line)?;
            let key = *key;
            Some((flow, key))
        })
    }

    fn with_message(&mut self, line: Line, now: Instant, act: impl FnOnce(&mut Connection, MessageKey)) {
        let found = self.flows.values_mut().find_map(|flow| {
            let (_, message) = flow.messages.iter().rev().find(|(other, _)| *other == line)?;
            let message = *message;
            match &mut flow.state {
                State::Up(connection) => Some((connection, message)),
                State::Connecting(_) => None,
            }
        });
        if let Some((connection, message)) = found {
            act(connection, message);
        }
        self.pump(now);
    }

    fn forget_message(&mut self, line: Line) {
        for flow in self.flows.values_mut() {
            flow.messages.retain(|(other, _)| *other != line);
        }
        self.bury();
    }

    fn tell(&mut self, line: Line, event: LineEvent) {
        self.outputs.push_back(MediaOutput::Line(line, event));
    }

    /// Takes what the connections have to say.
    fn pump(&mut self, now: Instant) {
        let mut closed = Vec::new();
        for (&id, flow) in &mut self.flows {
            if drain(id, flow, &mut self.outputs, &mut self.arrivals, &mut self.reservations, now) {
                closed.push(id);
            }
        }
        for id in closed {
            self.flow_closed(id, FlowError::ClosedByUs, now);
            self.outputs.push_back(MediaOutput::Close { flow: id });
        }
    }

    fn arm_idle(&mut self, now: Instant) {
        for flow in self.flows.values_mut().filter(|flow| flow.is_idle()) {
            // Who opened a connection closes it: only that side knows that it is about to use it again.
            let idle = match (flow.is_relay, &flow.endpoint) {
                (true, _) => self.timers.relay_idle,
                (false, Some(_)) => self.timers.idle,
                (false, None) => self.timers.idle.saturating_mul(2),
            };
            flow.idle_at.get_or_insert(now + idle);
        }
    }
}
