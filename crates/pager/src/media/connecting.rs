//! From a line to its connection (RFC 4975 §5.4).

use std::net::IpAddr;
use std::time::Instant;

use sip_ua::FlowId;

use super::flow::{Flow, State};
use super::{Endpoint, FIRST_FLOW, LineError, LineEvent, Media, MediaOutput, Pending};

impl Media {
    /// RFC 4975 §5.4: the same host, port and scheme share a connection.
    pub(super) fn connect(&mut self, pending: Pending, endpoint: Endpoint, ip: Option<IpAddr>, now: Instant) {
        if let Some(id) = self.flow_to(&endpoint) {
            self.join(id, pending, now);
            return;
        }
        let Some(ip) = ip else {
            self.tell(pending.line, LineEvent::Unbound(LineError::Unreachable));
            return;
        };
        let id = self.fresh_flow();
        let target = endpoint.target(ip);
        self.flows.insert(id, Flow::new(Some(endpoint), State::Connecting(vec![pending])));
        self.outputs.push_back(MediaOutput::Open { flow: id, target });
    }

    pub(super) fn flow_to(&self, endpoint: &Endpoint) -> Option<FlowId> {
        let (&id, _) = self.flows.iter().find(|(_, flow)| flow.endpoint.as_ref() == Some(endpoint))?;
        Some(id)
    }

    pub(super) fn fresh_flow(&mut self) -> FlowId {
        self.next_flow += 1;
        FlowId::outgoing(FIRST_FLOW + self.next_flow)
    }

    /// Puts a line on a connection of ours.
    pub(super) fn join(&mut self, id: FlowId, pending: Pending, now: Instant) {
        let Some(flow) = self.flows.get_mut(&id) else {
            self.tell(pending.line, LineEvent::Unbound(LineError::FlowLost));
            return;
        };
        flow.idle_at = None;
        match &mut flow.state {
            State::Connecting(waiting) => waiting.push(pending),
            State::Up(connection) => {
                match pending.proof.check(id, flow.security.as_ref(), self.arrivals.sha1) {
                    Ok(()) => {
                        self.arrivals.bind(pending.line, &pending.session.local);
                        let key = connection.attach(pending.session, now);
                        flow.lines.push((pending.line, key));
                    }
                    Err(fault) => {
                        self.tell(pending.line, LineEvent::Unbound(LineError::Certificate(fault)));
                        self.arm_idle(now);
                    }
                }
            }
        }
        self.pump(now);
    }
}
