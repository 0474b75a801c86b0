//! `InviteServer`: server transaction of INVITE, RFC 3261 §17.2.1 with the state Accepted of RFC 6026 §7.1.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use sip::StatusCode;

use super::ServerOutput;
use super::timer::{Backoff, earlier};
use crate::Timers;

/// Server transaction of INVITE.
///
/// ```text
///           INVITE
///              |            200 ms: 100
///         Proceeding        INVITE again: last provisional response again
///      2xx |      | 300-699
///    Accepted   Completed   timer G: send again (UDP); INVITE again: send again
///          |      |  \ ACK
///  timer L |      | Confirmed     timer H: no ACK came
///          |      |  / timer I
///         Terminated
/// ```
#[derive(Debug)]
pub(crate) struct InviteServer {
    reliable: bool,
    timers: Timers,
    state: State,
    /// The 100 that is sent unless a response of the user is faster.
    trying: Option<(Instant, Bytes)>,
    /// The last response, for whoever asks again.
    last: Option<Bytes>,
    /// Timer G.
    resend: Option<Backoff>,
    /// Timer H, I or L by state.
    deadline: Option<Instant>,
    /// Holds at most two outputs: one `handle_*` call never queues more.
    outputs: VecDeque<ServerOutput>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Proceeding,
    Accepted,
    Completed,
    Confirmed,
    Terminated,
}

impl InviteServer {
    /// Takes an INVITE; `trying` is the 100 to it.
    pub(crate) fn new(trying: Option<Bytes>, reliable: bool, timers: Timers, now: Instant) -> Self {
        Self {
            reliable,
            timers,
            state: State::Proceeding,
            trying: trying.map(|trying| (now + timers.trying, trying)),
            last: None,
            resend: None,
            deadline: None,
            outputs: VecDeque::new(),
        }
    }

    /// Whether a 2xx was sent: its ACK is the user's, whatever its branch.
    pub(crate) fn is_accepted(&self) -> bool {
        self.state == State::Accepted
    }

    /// The INVITE came again.
    pub(crate) fn handle_repeat(&mut self) {
        match self.state {
            State::Proceeding | State::Completed => {
                self.outputs.extend(self.last.clone().map(ServerOutput::Transmit));
            }
            // RFC 6026 §7.1: absorbed; the user sends its 2xx again by itself.
            State::Accepted | State::Confirmed | State::Terminated => {}
        }
    }

    /// The ACK came, with the branch of the INVITE.
    pub(crate) fn handle_ack(&mut self, now: Instant) {
        match self.state {
            State::Completed => {
                self.state = State::Confirmed;
                self.resend = None;
                if self.reliable {
                    self.terminate();
                } else {
                    self.deadline = Some(now + self.timers.t4);
                }
            }
            State::Proceeding | State::Accepted | State::Confirmed | State::Terminated => {}
        }
    }

    /// Sends a response of the user; after a final one nothing is sent.
    pub(crate) fn respond(&mut self, status: StatusCode, response: Bytes, now: Instant) {
        if self.state != State::Proceeding {
            return;
        }
        self.trying = None;
        self.outputs.push_back(ServerOutput::Transmit(response.clone()));
        if status.is_success() {
            self.state = State::Accepted;
            self.last = None;
            self.deadline = Some(now + self.timers.transaction());
            return;
        }
        self.last = Some(response);
        if !status.is_provisional() {
            self.state = State::Completed;
            self.resend = (!self.reliable).then(|| Backoff::new(self.timers.t1, self.timers.t2, now));
            self.deadline = Some(now + self.timers.transaction());
        }
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if let Some((_, trying)) = self.trying.take_if(|(at, _)| *at <= now) {
            self.last = Some(trying.clone());
            self.outputs.push_back(ServerOutput::Transmit(trying));
        }
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            self.terminate();
        } else if self.resend.as_mut().is_some_and(|resend| resend.is_due(now)) {
            self.outputs.extend(self.last.clone().map(ServerOutput::Transmit));
        }
    }

    /// The next thing to do.
    pub(crate) fn poll_output(&mut self) -> Option<ServerOutput> {
        self.outputs.pop_front()
    }

    /// When to call [`Self::handle_timeout`].
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let trying = self.trying.as_ref().map(|(at, _)| *at);
        earlier(trying, earlier(self.resend.as_ref().map(Backoff::at), self.deadline))
    }

    fn terminate(&mut self) {
        self.state = State::Terminated;
        self.resend = None;
        self.deadline = None;
        self.outputs.push_back(ServerOutput::Terminated);
    }
}
