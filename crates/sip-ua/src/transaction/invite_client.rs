//! `InviteClient`: client transaction of INVITE, RFC 3261 §17.1.1 with the state Accepted of RFC 6026 §7.2.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use sip::{Request, Response};

use super::timer::{Backoff, earlier};
use super::{ClientOutput, ack};
use crate::Timers;

/// Client transaction of INVITE.
///
/// ```text
///            send INVITE
///                 |            timer A: send again (UDP)
///             Calling ------------------------------------> timer B: timed out
///         1xx |   | 2xx   | 300-699: ACK
///      Proceeding |       |
///         2xx |   |       |
///          Accepted    Completed   300-699 again: ACK
///          timer M        | timer D
///                 Terminated
/// ```
#[derive(Debug)]
pub(crate) struct InviteClient {
    request: Request,
    reliable: bool,
    timers: Timers,
    state: State,
    /// Timer A.
    resend: Option<Backoff>,
    /// Timer B, D or M by state; in Proceeding none, until the INVITE is cancelled.
    deadline: Option<Instant>,
    /// The ACK of a final response that is no 2xx.
    ack: Option<Bytes>,
    /// Holds at most three outputs: one `handle_*` call never queues more.
    outputs: VecDeque<ClientOutput>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Calling,
    Proceeding,
    Accepted,
    Completed,
    Terminated,
}

impl InviteClient {
    /// Sends `request`.
    pub(crate) fn new(request: Request, reliable: bool, timers: Timers, now: Instant) -> Self {
        let outputs = VecDeque::from([ClientOutput::Transmit(request.as_bytes().clone())]);
        Self {
            request,
            reliable,
            timers,
            state: State::Calling,
            // Timer A has no cap but timer B.
            resend: (!reliable).then(|| Backoff::new(timers.t1, timers.transaction(), now)),
            deadline: Some(now + timers.transaction()),
            ack: None,
            outputs,
        }
    }

    /// The INVITE as sent.
    pub(crate) const fn request(&self) -> &Request {
        &self.request
    }

    /// Whether a CANCEL may be sent (RFC 3261 §9.1): a provisional response came, and no final one.
    pub(crate) fn is_proceeding(&self) -> bool {
        self.state == State::Proceeding
    }

    /// Whether a final response came.
    pub(crate) fn is_answered(&self) -> bool {
        !matches!(self.state, State::Calling | State::Proceeding)
    }

    /// Takes a response that matched this transaction.
    pub(crate) fn handle_response(&mut self, response: Response, now: Instant) {
        let status = response.status();
        match self.state {
            State::Calling | State::Proceeding if status.is_provisional() => {
                if self.state == State::Calling {
                    self.state = State::Proceeding;
                    self.resend = None;
                    self.deadline = None;
                }
                self.outputs.push_back(ClientOutput::Response(response));
            }
            State::Calling | State::Proceeding if status.is_success() => {
                self.state = State::Accepted;
                self.resend = None;
                self.deadline = Some(now + self.timers.transaction());
                self.outputs.push_back(ClientOutput::Response(response));
            }
            State::Calling | State::Proceeding => {
                self.state = State::Completed;
                self.resend = None;
                self.ack = ack::for_refusal(&self.request, &response);
                self.outputs.extend(self.ack.clone().map(ClientOutput::Transmit));
                self.outputs.push_back(ClientOutput::Response(response));
                // Timer D: "at least 32 seconds" on UDP, nothing can come again on a stream.
                if self.reliable {
                    self.terminate();
                } else {
                    self.deadline = Some(now + self.timers.transaction());
                }
            }
            State::Accepted if status.is_success() => {
                self.outputs.push_back(ClientOutput::Response(response))
            }
            State::Completed if !status.is_provisional() && !status.is_success() => {
                self.outputs.extend(self.ack.clone().map(ClientOutput::Transmit));
            }
            State::Accepted | State::Completed | State::Terminated => {}
        }
    }

    /// A CANCEL was sent: without a final response within 64 T1 the transaction is over (RFC 3261 §9.1).
    pub(crate) fn give_up_later(&mut self, now: Instant) {
        if self.state == State::Proceeding {
            self.deadline = Some(now + self.timers.transaction());
        }
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            match self.state {
                State::Calling | State::Proceeding => self.outputs.push_back(ClientOutput::TimedOut),
                State::Accepted | State::Completed | State::Terminated => {}
            }
            self.terminate();
        } else if self.resend.as_mut().is_some_and(|resend| resend.is_due(now)) {
            self.outputs.push_back(ClientOutput::Transmit(self.request.as_bytes().clone()));
        }
    }

    /// The next thing to do.
    pub(crate) fn poll_output(&mut self) -> Option<ClientOutput> {
        self.outputs.pop_front()
    }

    /// When to call [`Self::handle_timeout`].
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        earlier(self.resend.as_ref().map(Backoff::at), self.deadline)
    }

    fn terminate(&mut self) {
        self.state = State::Terminated;
        self.resend = None;
        self.deadline = None;
        self.outputs.push_back(ClientOutput::Terminated);
    }
}
