//! One connection, and which lines it carries.

use std::collections::VecDeque;
use std::time::Instant;

use msrp::{Connection, MessageKey, SessionKey};
use sip_ua::{FlowId, Security, ServiceLocator};

use super::{Arrivals, Endpoint, Line, LineError, LineEvent, MediaOutput, Pending, Reservations};

#[derive(Debug)]
pub(super) struct Flow {
    /// What it was opened to; `None` for one the peer opened.
    pub(super) endpoint: Option<Endpoint>,
    pub(super) state: State,
    /// What TLS showed of the peer; `None` without.
    pub(super) security: Option<Security>,
    pub(super) lines: Vec<(Line, SessionKey)>,
    /// The message of each line; a pager-mode line carries one at a time.
    pub(super) messages: Vec<(Line, MessageKey)>,
    /// Whether it was opened to a relay that acts for the user, and the lines that have or want a path there.
    pub(super) is_relay: bool,
    /// Where else it may be opened to, if there is nobody; the relay may be several.
    pub(super) search: Option<Box<ServiceLocator>>,
    pub(super) reserved: Vec<Line>,
    /// When a connection that carries nothing is closed.
    pub(super) idle_at: Option<Instant>,
    /// The stream is gone, and why; what came in whole is still being stored.
    pub(super) lost: Option<LineError>,
}

#[derive(Debug)]
pub(super) enum State {
    Connecting(Vec<Pending>),
    Up(Box<Connection>),
}

impl Flow {
    pub(super) const fn new(endpoint: Option<Endpoint>, state: State) -> Self {
        Self {
            endpoint,
            state,
            security: None,
            lines: Vec::new(),
            messages: Vec::new(),
            is_relay: false,
            search: None,
            reserved: Vec::new(),
            idle_at: None,
            lost: None,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        let nothing_waits = match &self.state {
            State::Up(_) => true,
            State::Connecting(waiting) => waiting.is_empty(),
        };
        nothing_waits && self.lines.is_empty() && self.reserved.is_empty()
    }

    fn line_of_session(&self, session: SessionKey) -> Option<Line> {
        self.lines.iter().find(|(_, key)| *key == session).map(|(line, _)| *line)
    }

    fn line_of(&self, message: MessageKey) -> Option<Line> {
        self.messages.iter().find(|(_, key)| *key == message).map(|(line, _)| *line)
    }
}

/// Moves one connection's outputs on; whether it wants to be closed.
pub(super) fn drain(
    id: FlowId,
    flow: &mut Flow,
    outputs: &mut VecDeque<MediaOutput>,
    arrivals: &mut Arrivals,
    reservations: &mut Reservations,
    now: Instant,
) -> bool {
    loop {
        let State::Up(connection) = &mut flow.state else { return false };
        let Some(output) = connection.poll_output() else { return false };
        match output {
            msrp::Output::Transmit(bytes) => outputs.push_back(MediaOutput::Transmit { flow: id, bytes }),
            msrp::Output::Close => return true,
            msrp::Output::Authorize { path, relay, challenges } => {
                let value = reservations.credentials(id, path, &relay, &challenges);
                if connection.credentials(path, value.as_deref()).is_err() {
                    connection.withdraw(path);
                }
            }
            msrp::Output::Bind { to_path, .. } => {
                match arrivals.take(&to_path) {
                    Ok(Pending { line, session, proof }) => {
                        // RFC 8122 §6: before anything is taken. Who knows the session-id and has another
                        // certificate is in between; there is no other peer to wait for.
                        if let Err(fault) = proof.check(id, flow.security.as_ref(), arrivals.sha1) {
                            connection.refuse_bind(403, now);
                            let event = LineEvent::Unbound(LineError::Certificate(fault));
                            outputs.push_back(MediaOutput::Line(line, event));
                            continue;
                        }
                        arrivals.bind(line, &session.local);
                        let key = connection.attach(session, now);
                        flow.lines.push((line, key));
                        flow.idle_at = None;
                    }
                    Err(status) => connection.refuse_bind(status, now),
                }
            }
            msrp::Output::Read { message, offset, len } => {
                if let Some(line) = flow.line_of(message) {
                    outputs.push_back(MediaOutput::Line(line, LineEvent::Read { offset, len }));
                }
            }
            msrp::Output::Write { message, offset, content } => {
                if let Some(line) = flow.line_of(message) {
                    outputs.push_back(MediaOutput::Line(line, LineEvent::Write { offset, content }));
                }
            }
            // One message at a time on a line (RFC 5547 §8.7); another would mix with it.
            msrp::Output::Event(msrp::Event::Incoming { session, message, .. })
                if is_busy(&flow.lines, &flow.messages, session) =>
            {
                connection.reject(message, 413, now);
            }
            msrp::Output::Event(msrp::Event::PathGranted { path, use_path, .. }) => {
                let before = reservations.granted(id, path, use_path.clone());
                match before {
                    Some((line, None)) => {
                        outputs.push_back(MediaOutput::Line(line, LineEvent::PathGranted(use_path)));
                    }
                    // What we send can take another path at once; what the peer sends comes by the one it was told.
                    Some((line, Some(old))) if old != use_path => {
                        if let Some((_, session)) = flow.lines.iter().find(|(other, _)| *other == line) {
                            connection.reroute(*session, &old, &use_path);
                        }
                        outputs.push_back(MediaOutput::Line(line, LineEvent::PathMoved(use_path)));
                    }
                    Some((_, Some(_))) => {}
                    None => {}
                }
            }
            msrp::Output::Event(msrp::Event::PathRefused { path, status }) => {
                if let Some(line) = reservations.refused(id, path) {
                    flow.reserved.retain(|&other| other != line);
                    let error = if status == 408 { LineError::TimedOut } else { LineError::Status(status) };
                    outputs.push_back(MediaOutput::Line(line, LineEvent::PathRefused(error)));
                }
            }
            msrp::Output::Event(event) => {
                if let Some((line, event)) = translate(flow, event) {
                    outputs.push_back(MediaOutput::Line(line, event));
                }
            }
        }
    }
}

/// Whether the line of a session has a message under way.
fn is_busy(lines: &[(Line, SessionKey)], messages: &[(Line, MessageKey)], session: SessionKey) -> bool {
    let line = lines.iter().find(|(_, key)| *key == session).map(|(line, _)| *line);
    line.is_some_and(|line| messages.iter().any(|(other, _)| *other == line))
}

/// An event of a connection in the terms of its line.
fn translate(flow: &mut Flow, event: msrp::Event) -> Option<(Line, LineEvent)> {
    Some(match event {
        msrp::Event::Bound(session) => (flow.line_of_session(session)?, LineEvent::Bound),
        msrp::Event::BindFailed { session, status } => {
            let error = if status == 408 { LineError::TimedOut } else { LineError::Status(status) };
            (flow.line_of_session(session)?, LineEvent::Unbound(error))
        }
        msrp::Event::Progress { message, sent, acknowledged } => {
            (flow.line_of(message)?, LineEvent::Progress { sent, acknowledged })
        }
        msrp::Event::Sent { message } => (flow.line_of(message)?, LineEvent::Sent),
        msrp::Event::Reported { message, status, complete } => {
            (flow.line_of(message)?, LineEvent::Reported { status, complete })
        }
        msrp::Event::Failed { message, error } => {
            (flow.line_of(message)?, LineEvent::SendFailed(LineError::from(error)))
        }
        msrp::Event::Incoming { session, message, content_type, size, .. } => {
            let line = flow.line_of_session(session)?;
            flow.messages.push((line, message));
            (line, LineEvent::Incoming { content_type, size })
        }
        msrp::Event::Received { message, size } => (flow.line_of(message)?, LineEvent::Received { size }),
        msrp::Event::Aborted { message, .. } => {
            let line = flow.line_of(message)?;
            flow.messages.retain(|(_, key)| *key != message);
            (line, LineEvent::Aborted)
        }
        _ => return None,
    })
}
