//! The connection to the user's first relay, and the paths on it (RFC 4976 §5.1).

use std::time::Instant;

use sip_ua::{FlowId, Question};

use super::flow::{Flow, State};
use super::line::Host;
use super::{Endpoint, Line, LineError, LineEvent, Media, MediaOutput, Resolving};

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
            None => self.open_relay(endpoint),
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

    fn open_relay(&mut self, endpoint: Endpoint) -> FlowId {
        let id = self.fresh_flow();
        match &endpoint.host {
            Host::Name(name) => {
                let query = self.fresh_query();
                self.resolving.insert(query, Resolving::Relay(id));
                let question = Question::Address(name.clone());
                self.outputs.push_back(MediaOutput::Resolve { query, question });
            }
            &Host::Address(ip) => {
                self.outputs.push_back(MediaOutput::Open { flow: id, target: endpoint.target(ip) });
            }
        }
        let mut flow = Flow::new(Some(endpoint), State::Connecting(Vec::new()));
        flow.is_relay = true;
        self.flows.insert(id, flow);
        id
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
