//! `Machine`: what a driver has to know of the server and of the relay.

use std::time::Instant;

use bytes::Bytes;
use net::{FlowId, FlowState, Protocol};

use crate::relay::MsrpRelay;
use crate::{Output, Server};

/// A machine on sockets. The methods are those of [`Server`].
pub(super) trait Machine: Send + 'static {
    fn handle_flow(&mut self, flow: FlowId, protocol: Protocol, state: FlowState, now: Instant);
    fn handle_received(&mut self, flow: FlowId, protocol: Protocol, bytes: Bytes, now: Instant);
    fn handle_transmitted(&mut self, flow: FlowId, octets: u64, now: Instant);
    fn handle_timeout(&mut self, now: Instant);
    fn next_timeout(&self) -> Option<Instant>;
    fn wants_received(&self, flow: FlowId) -> bool;
    fn poll_output(&mut self) -> Option<Output>;
    /// Starts to end what is under way.
    fn shut_down(&mut self, now: Instant);
    /// Whether nobody is left to be told.
    fn has_hung_up(&self) -> bool;
}

impl Machine for Server {
    fn handle_flow(&mut self, flow: FlowId, protocol: Protocol, state: FlowState, now: Instant) {
        self.handle_flow(flow, protocol, state, now);
    }

    fn handle_received(&mut self, flow: FlowId, protocol: Protocol, bytes: Bytes, now: Instant) {
        self.handle_received(flow, protocol, bytes, now);
    }

    fn handle_transmitted(&mut self, flow: FlowId, octets: u64, now: Instant) {
        self.handle_transmitted(flow, octets, now);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.handle_timeout(now);
    }

    fn next_timeout(&self) -> Option<Instant> {
        self.next_timeout()
    }

    fn wants_received(&self, flow: FlowId) -> bool {
        self.wants_received(flow)
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.poll_output()
    }

    fn shut_down(&mut self, now: Instant) {
        self.shutdown(now);
    }

    /// Transactions that only wait for repeats are nothing to wait for.
    fn has_hung_up(&self) -> bool {
        let live = self.live();
        live.conferences == 0 && live.msrp_sessions == 0
    }
}

impl Machine for MsrpRelay {
    fn handle_flow(&mut self, flow: FlowId, _: Protocol, state: FlowState, now: Instant) {
        self.handle_flow(flow, &state, now);
    }

    fn handle_received(&mut self, flow: FlowId, _: Protocol, bytes: Bytes, now: Instant) {
        self.handle_received(flow, bytes, now);
    }

    fn handle_transmitted(&mut self, flow: FlowId, octets: u64, now: Instant) {
        self.handle_transmitted(flow, octets, now);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.handle_timeout(now);
    }

    fn next_timeout(&self) -> Option<Instant> {
        self.next_timeout()
    }

    fn wants_received(&self, flow: FlowId) -> bool {
        self.wants_received(flow)
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.poll_output()
    }

    fn shut_down(&mut self, now: Instant) {
        self.shutdown(now);
    }

    fn has_hung_up(&self) -> bool {
        self.live().is_idle()
    }
}
