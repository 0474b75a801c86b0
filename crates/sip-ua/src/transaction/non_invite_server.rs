//! `NonInviteServer`: server transaction of every other request, RFC 3261 §17.2.2.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use sip::StatusCode;

use super::ServerOutput;
use crate::Timers;

/// Server transaction of every method but INVITE and ACK.
///
/// ```text
///          request
///             |
///          Trying           request again: nothing
///       1xx |  | 200-699
///    Proceeding|            request again: last response again
///       200-699|
///          Completed        request again: final response again
///             | timer J
///         Terminated
/// ```
///
/// RFC 4320 §4: no 100, and nothing at all once the client has given up.
#[derive(Debug)]
pub(crate) struct NonInviteServer {
    reliable: bool,
    timers: Timers,
    state: State,
    last: Option<Bytes>,
    /// Before a final response: when the client gives up; after it: timer J.
    deadline: Option<Instant>,
    /// Holds at most two outputs: one `handle_*` call never queues more.
    outputs: VecDeque<ServerOutput>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Trying,
    Completed,
    Terminated,
}

impl NonInviteServer {
    /// Takes a request.
    pub(crate) fn new(reliable: bool, timers: Timers, now: Instant) -> Self {
        Self {
            reliable,
            timers,
            state: State::Trying,
            last: None,
            deadline: Some(now + timers.transaction()),
            outputs: VecDeque::new(),
        }
    }

    /// The request came again.
    pub(crate) fn handle_repeat(&mut self) {
        self.outputs.extend(self.last.clone().map(ServerOutput::Transmit));
    }

    /// Sends a response of the user; after a final one nothing is sent.
    pub(crate) fn respond(&mut self, status: StatusCode, response: Bytes, now: Instant) {
        if self.state != State::Trying {
            return;
        }
        self.last = Some(response.clone());
        self.outputs.push_back(ServerOutput::Transmit(response));
        if !status.is_provisional() {
            self.state = State::Completed;
            if self.reliable {
                self.terminate();
            } else {
                self.deadline = Some(now + self.timers.transaction());
            }
        }
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            self.terminate();
        }
    }

    /// The next thing to do.
    pub(crate) fn poll_output(&mut self) -> Option<ServerOutput> {
        self.outputs.pop_front()
    }

    /// When to call [`Self::handle_timeout`].
    pub(crate) const fn next_timeout(&self) -> Option<Instant> {
        self.deadline
    }

    fn terminate(&mut self) {
        self.state = State::Terminated;
        self.deadline = None;
        self.outputs.push_back(ServerOutput::Terminated);
    }
}
