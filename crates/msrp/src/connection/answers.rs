//! What incoming requests and messages are answered, and the end of messages.

use std::boxed::Box;

use super::inbound::{Action, Frame};
use super::{AbortReason, Connection, Event, MessageKey};
use crate::session::{Answer, Progress};
use crate::{ByteRange, FailureReport, FrameWriter, Head, HeaderName, Method, Status, StatusCode};

impl Connection {
    /// Answers the last chunk of a message that is stored, and REPORTs.
    pub(super) fn accept_message(&mut self, key: MessageKey) {
        let Some(incoming) = self.incoming.get_mut(&key).filter(|message| message.progress == Progress::Told)
        else {
            return;
        };
        let (session, id, to_path) = (incoming.session, incoming.id.clone(), incoming.from_path.clone());
        let report = incoming.whole().filter(|_| incoming.success_report);
        if let Some(answer) = incoming.held.take() {
            self.answer(&answer, StatusCode::OK);
        }
        if let Some(size) = report {
            let comment = StatusCode::OK.comment();
            let status = Status { namespace: 0, code: StatusCode::OK, comment };
            self.send_report(session, &to_path, &id, ByteRange::whole(size), status);
        }
        self.close_message(key, StatusCode::OK);
    }

    /// Answers an error to the chunk of a message that is coming in or held, and to all later ones. Where there is none
    /// and none will come, it is REPORTed (RFC 4975 §7.1.4).
    pub(super) fn refuse_message(&mut self, key: MessageKey, status: StatusCode, reason: AbortReason) {
        let Some(incoming) = self.incoming.get_mut(&key) else { return };
        let told = incoming.progress == Progress::Told;
        let mut answered = incoming.passed_on || incoming.failure_report == FailureReport::No;
        let is_last = incoming.is_ended() || reason == AbortReason::TimedOut;
        let (session, to_path) = (incoming.session, incoming.from_path.clone());
        let (id, range) = (incoming.id.clone(), incoming.whole_range());
        if let Some(answer) = incoming.held.take() {
            answered = true;
            self.counters.refused += 1;
            self.answer(&answer, status);
        }
        if let Some(frame) = &mut self.frame
            && matches!(frame.action, Action::Chunk { message: Some(message), .. } if message == key)
        {
            frame.action = Action::Ignore;
            answered = true;
            let answer = send_answer(&frame.head);
            self.counters.refused += 1;
            self.answer(&answer, status);
        }
        if is_last && !answered {
            let status = Status { namespace: 0, code: status, comment: status.comment() };
            self.send_report(session, &to_path, &id, range, status);
        }
        self.close_message(key, status);
        if !told {
            self.event(Event::Aborted { message: key, reason });
        }
    }

    /// The sender gave a message up (RFC 4975 §7.1: `#`), unless it is whole already.
    pub(super) fn aborted_by_sender(&mut self, key: MessageKey) {
        if self.incoming.get(&key).is_some_and(|message| message.progress == Progress::Open) {
            self.close_message(key, StatusCode::STOP);
            self.event(Event::Aborted { message: key, reason: AbortReason::Sender });
        }
    }

    /// Answers an error to a request at once; its content is not looked at.
    pub(super) fn refuse(&mut self, head: Head, status: StatusCode) {
        self.counters.refused += 1;
        let answer = match head.method() {
            Some(Method::Send) => send_answer(&head),
            _ => Answer::new(&head, head.known_path(HeaderName::FromPath).as_str()),
        };
        self.answer(&answer, status);
        self.frame = Some(Frame { head: Box::new(head), action: Action::Ignore });
    }

    pub(super) fn answer(&mut self, answer: &Answer, status: StatusCode) {
        if answer.wants(status) {
            self.send_control(FrameWriter::response(
                answer.tid,
                status,
                &*answer.to_path,
                &*answer.from_path,
            ));
        }
    }

    /// Ends a message for good; further chunks of it are answered `status`.
    pub(super) fn close_message(&mut self, key: MessageKey, status: StatusCode) {
        let max = self.config.limits.max_remembered;
        if let Some(incoming) = self.incoming.get(&key)
            && let Some(session) = self.sessions.get_mut(&incoming.session)
        {
            session.close(incoming.id.clone(), status, max);
        }
        self.forget_incoming(key);
    }

    /// Removes a message; what the user was to store of it and did not yet counts no more.
    pub(super) fn forget_incoming(&mut self, key: MessageKey) {
        let Some(incoming) = self.incoming.remove(&key) else { return };
        self.uncredited -= incoming.uncredited + incoming.piece_cost;
        if let Some(frame) = &mut self.frame
            && matches!(frame.action, Action::Chunk { message: Some(message), .. } if message == key)
        {
            frame.action = Action::Ignore;
        }
    }
}

/// How to answer a SEND: to the first URI of its From-Path, the next hop (RFC 4975 §7.2).
pub(super) fn send_answer(head: &Head) -> Answer {
    Answer::new(head, head.known_path(HeaderName::FromPath).first())
}
