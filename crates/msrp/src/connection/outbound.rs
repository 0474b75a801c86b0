//! The outgoing half of a connection: chunks, transmission, responses, reports on what was sent.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use grammar::ByteStr;

use super::wire::Mark;
use super::{Connection, Ending, Event, MessageKey, Output, Phase, SendError, SessionKey};
use crate::header::{ByteRange, FailureReport};
use crate::session::{Outgoing, Pending, Session, State};
use crate::{Flag, FrameWriter, Head, Status, StatusCode, Tid, ids};

/// Content up to this length is copied to its head and end-line: one small write instead of three, and what
/// peers need that lose an end-line in a segment of its own.
const COALESCE: usize = 1024;

impl Connection {
    /// Lets a message of a bound session take its turns.
    pub(super) fn start(&mut self, key: MessageKey) {
        let brake = self.new_brake();
        let Some(message) = self.outgoing.get_mut(&key) else { return };
        let relayed = self.sessions.get(&message.session).is_some_and(|session| session.is_relayed());
        message.brake = (relayed && message.message.success_report).then_some(brake);
        if message.size == Some(0) {
            message.ready.push_back(Bytes::new());
            self.buffered_chunks += 1;
            self.enqueue(key);
        } else {
            self.asking.push_back(key);
        }
    }

    /// Gives the next chunk of a message to the driver: head, content and end-line, nothing between them.
    pub(super) fn hand_out(&mut self, key: MessageKey) {
        let Some(message) = self.outgoing.get_mut(&key) else { return };
        let Some(content) = message.ready.pop_front() else { return };
        self.buffered_octets -= content.len();
        self.buffered_chunks -= 1;
        let tid = self.fresh_tid(&content);
        let Some(message) = self.outgoing.get_mut(&key) else { return };
        let Some(session) = self.sessions.get(&message.session) else { return };
        let octets = content.len().try_into().unwrap_or(u64::MAX);
        let range = message.next_range(octets);
        message.handed = message.handed.saturating_add(octets);
        message.started = true;
        message.finished = message.size == Some(message.handed);
        let flag = if message.finished { Flag::Last } else { Flag::More };
        let pending = Pending::Chunk(key, octets);
        match message.message.failure_report {
            FailureReport::Yes => self.transactions.insert(tid, pending),
            FailureReport::Partial => {
                self.transactions.insert_silent(tid, pending, self.config.limits.max_transactions);
            }
            FailureReport::No => {}
        }
        message.unanswered += usize::from(message.message.failure_report == FailureReport::Yes);
        let mark = Mark::Chunk { message: key, octets, last: message.finished, tid };
        let writer = send_writer(tid, session, message, range);
        // Every value was checked when the message was queued.
        let written = writer.write_head(&mut self.scratch);
        debug_assert!(written.is_ok(), "{written:?}");
        if content.len() <= COALESCE {
            self.scratch.extend_from_slice(&content);
            writer.write_end(flag, &mut self.scratch);
            let frame = self.scratch.split().freeze();
            self.wire.hand(frame.len(), mark);
            self.outputs.push_back(Output::Transmit(frame));
            return;
        }
        let head = self.scratch.split().freeze();
        writer.write_end(flag, &mut self.scratch);
        let end = self.scratch.split().freeze();
        self.wire.hand(head.len() + content.len() + end.len(), mark);
        self.outputs.extend([head, content, end].map(Output::Transmit));
    }

    /// A transaction id that no open transaction has and whose end-line is not in `content`.
    pub(super) fn fresh_tid(&mut self, content: &[u8]) -> Tid {
        let mut tid = Tid::random(&mut *self.ids);
        let mut attempt = 0;
        while self.transactions.contains(&tid) || !tid.fits(content) {
            tid = Tid::varied(&mut *self.ids, attempt);
            attempt = attempt.wrapping_add(1);
        }
        tid
    }

    /// The SEND without content that binds an active session, before anything else goes out: peers are known
    /// that lose content that comes first.
    pub(super) fn send_bind(&mut self, key: SessionKey) {
        self.send_bodiless(key, Pending::Bind(key));
    }

    /// A SEND without content on a session.
    pub(super) fn send_bodiless(&mut self, key: SessionKey, pending: Pending) {
        let tid = self.fresh_tid(&[]);
        let Some(session) = self.sessions.get(&key) else { return };
        let message_id = ids::ident(&mut *self.ids).map(char::from);
        let message_id: std::string::String = message_id.iter().collect();
        let writer = FrameWriter::request(tid, "SEND", session.peer.as_slice(), &session.local)
            .message_id(&message_id)
            .byte_range(ByteRange::EMPTY);
        let frame = frame(writer, Flag::Last, &mut self.scratch);
        self.transactions.insert(tid, pending);
        self.wire.hand(frame.len(), Mark::Request(tid));
        self.outputs.push_back(Output::Transmit(frame));
    }

    /// Tells that a session is bound, and lets its messages go.
    pub(super) fn bound(&mut self, key: SessionKey) {
        let Some(session) = self.sessions.get_mut(&key).filter(|session| session.state == State::Unbound)
        else {
            return;
        };
        session.state = State::Bound;
        self.event(Event::Bound(key));
        for message in self.messages_of(key) {
            self.start(message);
        }
    }

    /// Notes what the driver has written, and what follows from it.
    pub(super) fn transmitted(&mut self, octets: u64, now: Instant) {
        self.wire.wrote(octets);
        self.silent_since = Some(now);
        let deadline = now + self.config.timers.transaction;
        while let Some(mark) = self.wire.passed() {
            match mark {
                Mark::Control(_) => {}
                Mark::Request(tid) => self.transactions.start_timer(tid, deadline),
                Mark::Chunk { message, octets, last, tid } => {
                    self.transactions.start_timer(tid, deadline);
                    if let Some(sent) = self.outgoing.get_mut(&message) {
                        sent.transmitted = sent.transmitted.saturating_add(octets);
                        sent.flushed |= last;
                        sent.transmitted_at = Some(now);
                        self.progress(message);
                    }
                }
            }
        }
    }

    /// Takes a response. It is matched by its transaction id alone; whatever else is in it is of no interest.
    pub(super) fn receive_response(&mut self, head: &Head, status: StatusCode, now: Instant) {
        match self.transactions.remove(head.tid()) {
            None => self.counters.stray_responses += 1,
            Some(Pending::Bind(session)) if status.is_success() => self.bound(session),
            Some(Pending::Bind(session)) => {
                self.fail_session(session, status, SendError::Status(status.as_u16()));
            }
            Some(Pending::Path(path)) => self.receive_auth_response(path, head, status, now),
            Some(Pending::KeepAlive(session)) => {
                self.alive_asked = false;
                if matches!(status, StatusCode::NO_SESSION | StatusCode::BOUND_ELSEWHERE) {
                    self.fail_session(session, status, SendError::Status(status.as_u16()));
                }
            }
            Some(Pending::Chunk(key, octets)) => {
                let Some(message) = self.outgoing.get_mut(&key) else { return };
                let session = message.session;
                message.unanswered = message.unanswered.saturating_sub(1);
                let error = SendError::Status(status.as_u16());
                match status {
                    _ if status.is_success() => {
                        if message.message.failure_report == FailureReport::Yes {
                            message.acknowledged = message.acknowledged.saturating_add(octets);
                            self.progress(key);
                        }
                    }
                    StatusCode::NO_SESSION | StatusCode::BOUND_ELSEWHERE => {
                        self.fail_session(session, status, error);
                    }
                    // RFC 4975 §10.5: not one more chunk of this message.
                    StatusCode::STOP => self.fail_message(key, error, Ending::Silence),
                    _ => self.fail_message(key, error, Ending::Hash),
                }
            }
        }
    }

    /// Takes a REPORT; it is never answered.
    pub(super) fn receive_report(&mut self, head: &Head) {
        let key = head.message_id().and_then(|id| self.by_id.get(id)).copied();
        let status = head.status_header().ok().flatten().filter(|status| status.namespace == 0);
        let found = key.and_then(|key| Some((key, self.outgoing.get_mut(&key)?)));
        let (Some((key, message)), Some(status)) = (found, status) else {
            self.counters.stray_reports += 1;
            return;
        };
        if !status.code.is_success() {
            let status = status.code.as_u16();
            if message.sent {
                self.event(Event::Reported { message: key, status, complete: false });
            } else {
                self.fail_message(key, SendError::Status(status), Ending::Hash);
            }
            return;
        }
        if !message.message.success_report {
            self.counters.stray_reports += 1;
            return;
        }
        let Ok(range) = head.byte_range() else { return };
        let unreported = message.unreported();
        let complete = message.report(range, self.config.limits.max_ranges);
        let reported = unreported.saturating_sub(message.unreported());
        self.widen(key, reported);
        let Some(message) = self.outgoing.get_mut(&key) else { return };
        if !message.finished || message.reports.complete {
            return;
        }
        message.reports.complete = complete;
        if complete && message.sent {
            self.waiting.retain(|&waiting| waiting != key);
            self.settled.push_back(key);
        }
        self.event(Event::Reported { message: key, status: status.code.as_u16(), complete });
        self.forget_old();
    }

    /// Tells how far a message is, and that it is sent if it is.
    fn progress(&mut self, key: MessageKey) {
        let Some(message) = self.outgoing.get_mut(&key) else { return };
        if message.sent {
            return;
        }
        // A response may come before the driver tells that the request is written.
        let sent = message.transmitted.max(message.acknowledged);
        let event = Event::Progress { message: key, sent, acknowledged: message.acknowledged };
        let done = message.is_done();
        let waits = message.message.success_report && !message.reports.complete;
        message.sent = done;
        if done {
            // Only late reports can come; nothing goes out any more.
            message.reads = VecDeque::new();
            message.ready = VecDeque::new();
        }
        self.event(event);
        if done {
            self.event(Event::Sent { message: key });
            if waits {
                self.waiting.push_back(key);
            } else {
                self.settled.push_back(key);
            }
            self.forget_old();
        }
    }

    /// Forgets messages that were sent longest ago, so that those still known are bounded.
    fn forget_old(&mut self) {
        let limits = self.config.limits;
        while self.settled.len() > limits.max_remembered
            && let Some(key) = self.settled.pop_front()
        {
            self.forget_outgoing(key);
        }
        while self.waiting.len() > limits.max_outgoing
            && let Some(key) = self.waiting.pop_front()
        {
            self.forget_outgoing(key);
        }
    }

    /// Ends a message that was not sent.
    pub(super) fn fail_message(&mut self, key: MessageKey, error: SendError, ending: Ending) {
        let Some(message) = self.outgoing.get(&key) else { return };
        let told = message.sent;
        if ending == Ending::Hash && message.started && !message.finished && self.phase == Phase::Open {
            self.send_hash(key);
        }
        self.forget_outgoing(key);
        if !told {
            self.event(Event::Failed { message: key, error });
        }
    }

    /// A chunk without octets that says the message is given up (RFC 4975 §7.1: `#`). Its response is of no
    /// interest.
    fn send_hash(&mut self, key: MessageKey) {
        let tid = self.fresh_tid(&[]);
        let Some(message) = self.outgoing.get(&key) else { return };
        let Some(session) = self.sessions.get(&message.session) else { return };
        let writer = send_writer(tid, session, message, message.abort_range());
        let frame = frame(writer, Flag::Aborted, &mut self.scratch);
        let octets = frame.len().try_into().unwrap_or(u64::MAX);
        self.wire.hand(frame.len(), Mark::Control(octets));
        self.outputs.push_back(Output::Transmit(frame));
    }

    /// Ends a session as far as sending goes, once.
    pub(super) fn fail_session(&mut self, key: SessionKey, status: StatusCode, error: SendError) {
        let Some(session) = self.sessions.get_mut(&key).filter(|session| session.state != State::Failed)
        else {
            return;
        };
        session.state = State::Failed;
        self.event(Event::BindFailed { session: key, status: status.as_u16() });
        for message in self.messages_of(key) {
            self.fail_message(message, error, Ending::Silence);
        }
    }

    /// Every message that is on its way fails: the stream is gone.
    pub(super) fn lose_outgoing(&mut self) {
        let keys: std::vec::Vec<MessageKey> = self.outgoing.keys().copied().collect();
        for key in keys {
            self.fail_message(key, SendError::FlowLost, Ending::Silence);
        }
        self.transactions.remove_if(|_| true);
    }

    pub(super) fn expire_transactions(&mut self, now: Instant) {
        if self.is_deaf {
            return;
        }
        while let Some(pending) = self.transactions.expire(now) {
            match pending {
                Pending::Bind(session) => {
                    self.fail_session(session, StatusCode::TIMEOUT, SendError::TimedOut)
                }
                Pending::Chunk(message, _) => self.fail_message(message, SendError::TimedOut, Ending::Hash),
                Pending::Path(path) => self.refuse_path(path, StatusCode::TIMEOUT),
                // Whoever is there answers a SEND without content, so nobody is.
                Pending::KeepAlive(_) => self.shut(now),
            }
        }
    }

    /// Removes a message and everything that is kept for it.
    pub(super) fn forget_outgoing(&mut self, key: MessageKey) {
        let Some(message) = self.outgoing.remove(&key) else { return };
        let (octets, chunks) = message.buffered();
        self.buffered_octets -= octets;
        self.buffered_chunks -= chunks;
        self.by_id.remove(&message.id);
        self.waiting.retain(|&waiting| waiting != key);
        self.settled.retain(|&settled| settled != key);
        self.parked.retain(|&parked| parked != key);
        if message.brake.is_some() {
            self.release();
        }
        if message.started && message.message.failure_report != FailureReport::No {
            self.transactions.remove_if(|pending| matches!(pending, Pending::Chunk(of, _) if *of == key));
        }
    }

    fn messages_of(&self, session: SessionKey) -> std::vec::Vec<MessageKey> {
        let of_session = self.outgoing.iter().filter(|(_, message)| message.session == session);
        of_session.map(|(&key, _)| key).collect()
    }

    /// Writes a response or a REPORT.
    pub(super) fn send_control(&mut self, writer: FrameWriter<'_>) {
        if self.phase != Phase::Open {
            return;
        }
        let frame = frame(writer, Flag::Last, &mut self.scratch);
        let octets = frame.len().try_into().unwrap_or(u64::MAX);
        self.wire.hand(frame.len(), Mark::Control(octets));
        self.outputs.push_back(Output::Transmit(frame));
    }

    /// REPORTs what became of the octets of `range`. The last report of a message is for all of it, `1-N/N`.
    pub(super) fn send_report(
        &mut self,
        session: SessionKey,
        to_path: &ByteStr,
        id: &ByteStr,
        range: ByteRange,
        status: Status<'_>,
    ) {
        let tid = self.fresh_tid(&[]);
        let Some(local) = self.sessions.get(&session).map(|session| session.local.text().clone()) else {
            return;
        };
        let writer = FrameWriter::request(tid, "REPORT", to_path.as_str(), local.as_str())
            .message_id(id)
            .byte_range(range)
            .status(status);
        self.send_control(writer);
    }
}

/// A chunk of a message; Success-Report and Failure-Report are the same on all of them.
fn send_writer<'a>(
    tid: Tid,
    session: &'a Session,
    message: &'a Outgoing,
    range: ByteRange,
) -> FrameWriter<'a> {
    let what = &message.message;
    let mut writer = FrameWriter::request(tid, "SEND", session.peer.as_slice(), &session.local)
        .message_id(&message.id)
        .byte_range(range)
        .content_type(&what.content_type);
    if what.success_report {
        writer = writer.success_report(true);
    }
    if what.failure_report != FailureReport::Yes {
        writer = writer.failure_report(what.failure_report);
    }
    if let Some(disposition) = &what.disposition {
        writer = writer.disposition(disposition);
    }
    writer
}

/// A whole frame whose content, if any, is empty.
pub(super) fn frame(writer: FrameWriter<'_>, flag: Flag, scratch: &mut BytesMut) -> Bytes {
    // What is written here was checked, or read from a frame; if not, an empty frame ends nothing.
    let written = writer.write_head(scratch);
    debug_assert!(written.is_ok(), "{written:?}");
    writer.write_end(flag, scratch);
    scratch.split().freeze()
}
