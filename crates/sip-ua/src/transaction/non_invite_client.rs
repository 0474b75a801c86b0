//! `NonInviteClient`: client transaction of every other request, RFC 3261 §17.1.2.

use std::collections::VecDeque;
use std::time::Instant;

use sip::{Request, Response};

use super::ClientOutput;
use super::timer::{Backoff, earlier};
use crate::Timers;

/// Client transaction of REGISTER, BYE, CANCEL and every other method but INVITE and ACK.
///
/// ```text
///         send request
///              |              timer E: send again (UDP)
///           Trying --------------------------------------> timer F: timed out
///        1xx |   | 200-699
///     Proceeding |            timer E every T2
///        200-699 |
///           Completed
///              | timer K
///          Terminated
/// ```
#[derive(Debug)]
pub(crate) struct NonInviteClient {
    request: Request,
    reliable: bool,
    timers: Timers,
    state: State,
    /// Timer E.
    resend: Option<Backoff>,
    /// Timer F before a final response, timer K after it.
    deadline: Option<Instant>,
    /// Holds at most two outputs: one `handle_*` call never queues more.
    outputs: VecDeque<ClientOutput>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Trying,
    Proceeding,
    Completed,
    Terminated,
}

impl NonInviteClient {
    /// Sends `request`.
    pub(crate) fn new(request: Request, reliable: bool, timers: Timers, now: Instant) -> Self {
        let outputs = VecDeque::from([ClientOutput::Transmit(request.as_bytes().clone())]);
        Self {
            request,
            reliable,
            timers,
            state: State::Trying,
            resend: (!reliable).then(|| Backoff::new(timers.t1, timers.t2, now)),
            deadline: Some(now + timers.transaction()),
            outputs,
        }
    }

    /// Whether a final response came.
    pub(crate) fn is_answered(&self) -> bool {
        !matches!(self.state, State::Trying | State::Proceeding)
    }

    /// Takes a response that matched this transaction.
    pub(crate) fn handle_response(&mut self, response: Response, now: Instant) {
        match (self.state, response.status().is_provisional()) {
            (State::Trying | State::Proceeding, true) => {
                self.state = State::Proceeding;
                if let Some(resend) = &mut self.resend {
                    resend.settle();
                }
                self.outputs.push_back(ClientOutput::Response(response));
            }
            (State::Trying | State::Proceeding, false) => {
                self.state = State::Completed;
                self.resend = None;
                self.outputs.push_back(ClientOutput::Response(response));
                if self.reliable {
                    self.terminate();
                } else {
                    self.deadline = Some(now + self.timers.t4);
                }
            }
            // A final response sent again; the user has it already.
            (State::Completed | State::Terminated, _) => {}
        }
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            match self.state {
                State::Trying | State::Proceeding => self.outputs.push_back(ClientOutput::TimedOut),
                State::Completed | State::Terminated => {}
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
