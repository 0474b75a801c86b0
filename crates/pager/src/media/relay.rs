//! The connection to the user's first relay, and the paths on it (RFC 4976 §5.1).

use std::time::Instant;

use sip_ua::{Answer, FlowError, FlowId, Search, Target};

use super::flow::{Flow, State};
use super::line::Host;
use super::{Endpoint, Line, LineError, LineEvent, Media, MediaOutput, Pending, Resolving};

impl Media {
    /// Asks the user's relays for a path to `local`, our URI on a line. [`LineEvent::PathGranted`] brings it, or
    /// [`LineEvent::PathRefused`] says why there is none.
    pub(crate) fn reserve(&mut self, line: Line, local: msrp::Uri, now: Instant) {
        let Some(endpoint) = self.reservations.endpoint() else {
            self.tell(line, LineEvent::PathRefused(LineError::NoTls));
            return;
        };
        let id = match self.flow_to(&endpoint) {
            Some(id) => id,
            None => self.open_relay(endpoint, now),
        };
        self.reservations.insert(line, local, id);
        if let Some(flow) = self.flows.get_mut(&id) {
            flow.reserved.push(line);
            flow.idle_at = None;
            if let State::Up(connection) = &mut flow.state {
                let failed = self.reservations.authorize(id, connection);
                self.refuse_paths(failed, LineError::Unreachable);
            }
        }
        self.pump(now);
    }

    fn open_relay(&mut self, endpoint: Endpoint, now: Instant) -> FlowId {
        let id = self.fresh_flow();
        let address = match endpoint.host {
            Host::Address(ip) => Some(endpoint.target(ip)),
            Host::Name(_) => None,
        };
        let mut flow = Flow::new(Some(endpoint), State::Connecting(Vec::new()));
        flow.is_relay = true;
        match address {
            Some(target) => {
                self.flows.insert(id, flow);
                self.outputs.push_back(MediaOutput::Open { flow: id, target });
            }
            None => {
                flow.search = self.reservations.search().map(Box::new);
                self.flows.insert(id, flow);
                self.seek(id, FlowError::Unreachable, now);
            }
        }
        id
    }

    pub(super) fn relay_answered(&mut self, id: FlowId, answer: Answer) {
        if let Some(search) = self.flows.get_mut(&id).and_then(|flow| flow.search.as_mut()) {
            search.handle_answer(answer, self.reservations.randomness());
        }
    }

    /// Looks for the next address of the relay; `error` is what it comes to if there is none.
    pub(super) fn seek(&mut self, id: FlowId, error: FlowError, now: Instant) {
        let Some(flow) = self.flows.get_mut(&id) else { return };
        match (flow.search.as_mut().map_or(Search::Exhausted, |search| search.poll()), &flow.endpoint) {
            (Search::Connect(address), Some(endpoint)) => {
                let target = Target { address, ..endpoint.target(address.ip()) };
                self.outputs.push_back(MediaOutput::Open { flow: id, target });
            }
            (Search::Resolve(question), _) => {
                let query = self.fresh_query();
                self.resolving.insert(query, Resolving::Relay(id));
                self.outputs.push_back(MediaOutput::Resolve { query, question });
            }
            (Search::Waiting, _) => {}
            (Search::Connect(_) | Search::Exhausted, _) => self.flow_ended(id, error, now),
        }
    }

    /// A connection did not come up: if it is one to the relay, the next address may do. Says whether that is tried.
    pub(super) fn seek_further(&mut self, id: FlowId, error: FlowError, now: Instant) -> bool {
        let seeks = |flow: &Flow| flow.search.is_some() && matches!(flow.state, State::Connecting(_));
        if !self.flows.get(&id).is_some_and(seeks) {
            return false;
        }
        let Some(flow) = self.flows.remove(&id) else { return false };
        // A flow that is gone does not come back.
        let next = self.fresh_flow();
        self.reservations.renumber(id, next);
        self.flows.insert(next, flow);
        self.seek(next, error, now);
        true
    }

    /// The peer of a line takes another path.
    pub(crate) fn repath(&mut self, line: Line, mut path: Vec<msrp::Uri>) {
        if let Some(use_path) = self.reservations.of(line).and_then(|found| found.use_path.as_ref()) {
            path.splice(0..0, use_path.iter().cloned());
        }
        if let Some((flow, session)) = self.session_of(line) {
            if let State::Up(connection) = &mut flow.state {
                connection.repath(session, &path);
            }
        } else if let Some(pending) = self.pending(line) {
            pending.session.peer = path;
        }
    }

    /// A line that has no connection yet.
    fn pending(&mut self, line: Line) -> Option<&mut Pending> {
        let resolving = self.resolving.values_mut().filter_map(|resolving| match resolving {
            Resolving::Line { pending, .. } => Some(&mut **pending),
            Resolving::Relay(_) => None,
        });
        let connecting = self.flows.values_mut().flat_map(|flow| match &mut flow.state {
            State::Connecting(waiting) => waiting.as_mut_slice(),
            State::Up(_) => &mut [],
        });
        resolving.chain(connecting).chain(self.arrivals.pending()).find(|pending| pending.line == line)
    }

    pub(super) fn refuse_paths(&mut self, lines: Vec<Line>, error: LineError) {
        for line in lines {
            self.release_path(line);
            self.tell(line, LineEvent::PathRefused(error));
        }
    }

    /// The line needs its path no more.
    pub(super) fn release_path(&mut self, line: Line) {
        let Some((id, key)) = self.reservations.remove(line) else { return };
        let Some(flow) = self.flows.get_mut(&id) else { return };
        flow.reserved.retain(|&other| other != line);
        if let (State::Up(connection), Some(key)) = (&mut flow.state, key) {
            connection.withdraw(key);
        }
    }
}
