//! The incoming half of a connection: frames to sessions, content to the user, answers back.

use std::boxed::Box;
use std::time::Instant;
use std::vec::Vec;

use grammar::{ByteStr, Reading};

use super::answers::send_answer;
use super::{AbortReason, Connection, Event, FromPathCheck, MessageKey, Output, Phase, Role, SessionKey};
use crate::session::{Answer, Incoming, Progress, State, Wrapped, Wrong};
use crate::{
    Flag, FrameEvent, Head, HeaderName, Method, StartLine, Status, StatusCode, Uri, UriMatch, UriPart,
};

/// Octets of responses and reports that may wait to be written before the stream is read on: a peer that does
/// not read its answers gets no more of them. More than the answers to all chunks we let a peer like us have
/// on the way, so two of us never wait for each other.
const MAX_CONTROL: u64 = 64 << 10;
/// What a piece of content costs besides its octets, in octets of the window: a peer that sends many small ones
/// makes us keep many read buffers.
const PIECE_COST: u64 = 1024;
/// The highest offset a chunk may start at: what files can have. Nothing added to it overflows.
const MAX_OFFSET: u64 = u64::MAX >> 1;
/// The longest Message-ID we take, in bytes. RFC 4975 §9 has 32; some of each are remembered.
const MAX_ID: usize = 256;
/// What msrp-node-lib sends every five seconds, whatever was negotiated.
const HEARTBEAT: &str = "text/x-msrp-heartbeat";

/// The frame that is coming in.
#[derive(Debug)]
pub(super) struct Frame {
    /// Boxed, or every connection would have room for one at all times.
    pub(super) head: Box<Head>,
    pub(super) action: Action,
}

/// What to do with the content of a frame, and at its end.
#[derive(Debug, Clone, Copy)]
pub(super) enum Action {
    /// Nothing.
    Ignore,
    /// Answer at the end.
    Answer(StatusCode),
    /// It has no content, and belongs to a message that is coming in: answer 200; with `#` that is the end of it.
    Empty(MessageKey),
    /// It has no Content-Type: answer 200 if there is no content, 415 if there is.
    Untyped,
    /// It is a chunk.
    Chunk {
        session: SessionKey,
        /// The message, once it has content.
        message: Option<MessageKey>,
        /// Where the next octet goes, counted from 0.
        offset: u64,
    },
}

impl Connection {
    /// Takes from the framer what may be taken now.
    pub(super) fn process(&mut self, now: Instant) {
        let waits = |connection: &Self| connection.held.is_some() || connection.is_stalled();
        if self.is_deaf && !waits(self) {
            // What came meanwhile, answers among it, is only read now.
            self.transactions.restart(now + self.config.timers.transaction);
        }
        while self.phase != Phase::Closed && self.held.is_none() && !self.is_stalled() {
            match self.framer.next_event() {
                Ok(Some(FrameEvent::Head(head))) => self.receive_head(head, now),
                Ok(Some(FrameEvent::Content(content))) => self.receive_content(content, now),
                Ok(Some(FrameEvent::End(flag))) => self.receive_end(flag, now),
                Ok(None) => {
                    if self.phase == Phase::Draining {
                        self.end();
                    }
                    break;
                }
                Err(_) => {
                    self.shut(now);
                    self.end();
                }
            }
        }
        self.is_deaf = waits(self);
        if self.phase == Phase::Open && self.framer.is_within_head() {
            self.head_since.get_or_insert(now);
        } else {
            self.head_since = None;
        }
    }

    /// Whether nothing is taken in for want of credit, or because the peer does not read our answers.
    pub(super) fn is_stalled(&self) -> bool {
        let window = self.config.window.try_into().unwrap_or(u64::MAX);
        self.uncredited >= window.max(1) || (self.phase == Phase::Open && self.wire.control() > MAX_CONTROL)
    }

    /// Takes the head of a frame.
    pub(super) fn receive_head(&mut self, head: Head, now: Instant) {
        let method = match head.start_line() {
            StartLine::Response { status, .. } => {
                let status = *status;
                self.receive_response(&head, status, now);
                self.frame = Some(Frame { head: Box::new(head), action: Action::Ignore });
                return;
            }
            StartLine::Request(method) => method.clone(),
        };
        if method == Method::Report {
            self.receive_report(&head);
            self.frame = Some(Frame { head: Box::new(head), action: Action::Ignore });
            return;
        }
        let is_well_formed = head.check(Reading::Lenient).is_ok();
        if !is_well_formed && (head.to_path().is_err() || head.from_path().is_err()) {
            self.counters.unanswerable += 1;
            self.frame = Some(Frame { head: Box::new(head), action: Action::Ignore });
            return;
        }
        if method != Method::Send {
            return self.refuse(head, StatusCode::UNKNOWN_METHOD);
        }
        if !is_well_formed {
            return self.refuse(head, StatusCode::BAD_REQUEST);
        }
        let to_path = head.known_path(HeaderName::ToPath);
        // An endpoint forwards nothing.
        if to_path.has_relays() {
            return self.refuse(head, StatusCode::NO_SESSION);
        }
        match self.session_of(to_path.first()) {
            Some(session) => self.receive_send(head, session, now),
            None if self.phase == Phase::Open => {
                if let Some((session, part)) = self.near_session_of(to_path.first()) {
                    self.mismatch(session, HeaderName::ToPath, part, true);
                }
                self.ask_for_session(head);
            }
            None => self.frame = Some(Frame { head: Box::new(head), action: Action::Ignore }),
        }
    }

    /// Holds a SEND until the user says what session it is for.
    fn ask_for_session(&mut self, head: Head) {
        let uris = |name| {
            let value = head.get(name).map(|value| head.share(value)).unwrap_or_default();
            let path = crate::Path::parse(&value, usize::MAX);
            path.map(|path| path.uris(&value).map(|uri| uri.detach()).collect::<Vec<_>>()).unwrap_or_default()
        };
        let to_path = uris(HeaderName::ToPath).into_iter().next();
        let from_path = uris(HeaderName::FromPath);
        if let Some(to_path) = to_path {
            self.outputs.push_back(Output::Bind { to_path, from_path });
            self.held = Some(Box::new(head));
        }
    }

    /// Takes the head of a SEND for one of our sessions.
    fn receive_send(&mut self, head: Head, key: SessionKey, now: Instant) {
        let Some(session) = self.sessions.get(&key) else { return };
        if let Err(part) = session.is_from_peer(&head, self.config.uri_match) {
            self.counters.foreign_from_paths += 1;
            let refused = self.config.from_path == FromPathCheck::Enforce;
            self.mismatch(key, HeaderName::FromPath, part, refused);
            if refused {
                return self.refuse(head, StatusCode::NO_SESSION);
            }
        }
        let Some(session) = self.sessions.get(&key) else { return };
        if session.role == Role::Passive && session.state == State::Unbound {
            self.bound(key);
        }
        let action = self.action(&head, key, now);
        match action {
            Action::Answer(status) if !status.is_success() => self.refuse(head, status),
            action => self.frame = Some(Frame { head: Box::new(head), action }),
        }
    }

    /// What to do with a SEND for a session; an answer that is an error goes out at once.
    fn action(&mut self, head: &Head, key: SessionKey, now: Instant) -> Action {
        let Some(session) = self.sessions.get(&key) else { return Action::Ignore };
        // A SEND without content is fine at any time, from either side.
        let id = head.message_id().unwrap_or_default();
        if !head.has_content() || head.content_type().is_some_and(|ty| ty.eq_ignore_ascii_case(HEARTBEAT)) {
            return session.open(id).map_or(Action::Answer(StatusCode::OK), Action::Empty);
        }
        if id.len() > MAX_ID {
            return Action::Answer(StatusCode::BAD_REQUEST);
        }
        if let Some(status) = session.closed(id) {
            return Action::Answer(status);
        }
        let range = head.byte_range().ok().flatten();
        let start = range.map_or(1, |range| range.start);
        let Some(offset) = start.checked_sub(1).filter(|&offset| offset <= MAX_OFFSET) else {
            return Action::Answer(StatusCode::BAD_REQUEST);
        };
        let Some(policy) = &session.receive else {
            let untyped = head.content_type().is_none();
            return if untyped { Action::Untyped } else { Action::Answer(StatusCode::FORBIDDEN) };
        };
        let total = range.and_then(|range| range.total);
        let open = session.open(id);
        match open {
            Some(message) => {
                if let Some(message) = self.incoming.get_mut(&message) {
                    message.touched = now;
                    // The sender may have got another path meanwhile, and will not be found by the old one.
                    let from_path = head.known_path(HeaderName::FromPath);
                    if *message.from_path != *from_path.as_str() {
                        message.from_path = from_path.as_str().into();
                    }
                    if message.progress != Progress::Open {
                        return Action::Answer(StatusCode::OK);
                    }
                }
            }
            None => {
                // Lenient: a blank line and no type is what some peers write where there is no content.
                let Some(content_type) = head.content_type() else { return Action::Untyped };
                if !policy.takes(content_type) {
                    return Action::Answer(StatusCode::UNSUPPORTED_MEDIA);
                }
                let is_full = session.open_count() >= self.config.limits.max_incoming;
                if is_full || !policy.fits(total.unwrap_or(0).max(offset)) {
                    // Once refused it stays refused, or it would come in without its start.
                    let max = self.config.limits.max_remembered;
                    if let Some(session) = self.sessions.get_mut(&key) {
                        session.close(ByteStr::from(id), StatusCode::STOP, max);
                    }
                    return Action::Answer(StatusCode::STOP);
                }
            }
        }
        Action::Chunk { session: key, message: open, offset }
    }

    /// Takes octets of content.
    fn receive_content(&mut self, content: bytes::Bytes, now: Instant) {
        let (session, message, offset) = match &self.frame {
            Some(Frame { action: Action::Chunk { session, message, offset }, .. }) => {
                (*session, *message, *offset)
            }
            Some(Frame { action: Action::Untyped, .. }) => {
                return self.stop_chunk(None, StatusCode::UNSUPPORTED_MEDIA, AbortReason::Refused);
            }
            _ => return,
        };
        let octets: u64 = content.len().try_into().unwrap_or(u64::MAX);
        let policy = self.sessions.get(&session).and_then(|session| session.receive.as_ref());
        let Some(end) = offset.checked_add(octets) else {
            return self.stop_chunk(message, StatusCode::BAD_REQUEST, AbortReason::Malformed);
        };
        if !policy.is_some_and(|policy| policy.fits(end)) {
            return self.stop_chunk(message, StatusCode::STOP, AbortReason::TooLarge);
        }
        let Some(key) = message.or_else(|| self.open_message(session, now)) else { return };
        let max_ranges = self.config.limits.max_ranges;
        let Some(incoming) = self.incoming.get_mut(&key) else { return };
        match incoming.insert(offset, end, max_ranges) {
            Ok(()) => {}
            Err(Wrong::Contradiction) => {
                return self.stop_chunk(Some(key), StatusCode::BAD_REQUEST, AbortReason::Malformed);
            }
            Err(Wrong::TooManyRanges) => {
                return self.stop_chunk(Some(key), StatusCode::STOP, AbortReason::Malformed);
            }
        }
        if let Some(head) = &mut incoming.wrapped {
            let policy = self.sessions.get(&session).and_then(|session| session.receive.as_ref());
            match head.push(offset, &content) {
                Wrapped::Unknown => {}
                Wrapped::Type(ty) if policy.is_some_and(|policy| !policy.takes_wrapped(ty)) => {
                    return self.stop_chunk(Some(key), StatusCode::UNSUPPORTED_MEDIA, AbortReason::Refused);
                }
                // What cannot be told is the user's to judge.
                Wrapped::Type(_) | Wrapped::Unreadable => incoming.wrapped = None,
            }
        }
        incoming.touched = now;
        incoming.uncredited = incoming.uncredited.saturating_add(octets);
        incoming.piece_cost = incoming.piece_cost.saturating_add(PIECE_COST);
        self.uncredited = self.uncredited.saturating_add(octets).saturating_add(PIECE_COST);
        self.outputs.push_back(Output::Write { message: key, offset, content });
        if let Some(frame) = &mut self.frame {
            frame.action = Action::Chunk { session, message: Some(key), offset: end };
        }
    }

    /// Makes the message that the frame coming in is the first to have content for.
    fn open_message(&mut self, session: SessionKey, now: Instant) -> Option<MessageKey> {
        let key = MessageKey(self.key());
        let head = &self.frame.as_ref()?.head;
        let id = ByteStr::from(head.message_id().unwrap_or_default());
        let event = Event::Incoming {
            session,
            message: key,
            content_type: head.content_type().unwrap_or_default().into(),
            disposition: head.get(HeaderName::ContentDisposition).map(ByteStr::from),
            size: head.byte_range().ok().flatten().and_then(|range| range.total),
            message_id: id.clone(),
        };
        self.incoming.insert(key, Box::new(Incoming::new(session, id.clone(), head, now)));
        self.sessions.get_mut(&session)?.insert(id, key);
        self.event(event);
        Some(key)
    }

    /// Takes the end of a frame.
    fn receive_end(&mut self, flag: Flag, now: Instant) {
        let Some(Frame { head, action }) = self.frame.take() else { return };
        match action {
            Action::Ignore => {}
            Action::Untyped => self.answer(&send_answer(&head), StatusCode::OK),
            Action::Answer(status) => self.answer(&send_answer(&head), status),
            Action::Empty(message) => {
                self.answer(&send_answer(&head), StatusCode::OK);
                if flag == Flag::Aborted {
                    self.aborted_by_sender(message);
                }
            }
            Action::Chunk { session, message, offset } => {
                let message = match (flag, message) {
                    // The last chunk makes the message, even one of no octets.
                    (Flag::Last, None) => {
                        self.frame = Some(Frame { head: head.clone(), action: Action::Ignore });
                        let opened = self.open_message(session, now);
                        self.frame = None;
                        opened
                    }
                    (_, message) => message,
                };
                self.end_chunk(&send_answer(&head), flag, message, offset);
            }
        }
    }

    /// Answers a chunk whose content, up to `end`, is handed out.
    fn end_chunk(&mut self, answer: &Answer, flag: Flag, message: Option<MessageKey>, end: u64) {
        let incoming = message.and_then(|key| Some((key, self.incoming.get_mut(&key)?)));
        let Some((key, incoming)) = incoming else { return self.answer(answer, StatusCode::OK) };
        match flag {
            Flag::Aborted => {
                self.answer(answer, StatusCode::OK);
                return self.aborted_by_sender(key);
            }
            Flag::Last if incoming.end_at(end).is_err() => {
                self.answer(answer, StatusCode::BAD_REQUEST);
                self.close_message(key, StatusCode::BAD_REQUEST);
                return self.event(Event::Aborted { message: key, reason: AbortReason::Malformed });
            }
            Flag::Last | Flag::More => {}
        }
        if incoming.whole().is_none() {
            return self.answer(answer, StatusCode::OK);
        }
        incoming.progress = Progress::Whole;
        if incoming.passed_on {
            self.answer(answer, StatusCode::OK);
        } else {
            incoming.held = Some(answer.clone().detach());
        }
        self.tell_received(key);
    }

    /// Tells that a message is received, if it is whole and credited.
    fn tell_received(&mut self, key: MessageKey) {
        let Some(incoming) = self.incoming.get_mut(&key) else { return };
        if incoming.progress == Progress::Whole
            && incoming.uncredited == 0
            && let Some(size) = incoming.whole()
        {
            incoming.progress = Progress::Told;
            self.event(Event::Received { message: key, size });
        }
    }

    /// Takes credit back.
    pub(super) fn credit(&mut self, key: MessageKey, octets: u64, now: Instant) {
        let stalled = self.is_stalled();
        let Some(incoming) = self.incoming.get_mut(&key) else { return };
        let octets = octets.min(incoming.uncredited);
        let pieces = incoming.credit(octets);
        incoming.touched = now;
        self.uncredited -= octets + pieces;
        if stalled {
            // Nothing could come in the meantime.
            for incoming in self.incoming.values_mut() {
                incoming.touched = now;
            }
        }
        self.report_so_far(key);
        self.tell_received(key);
    }

    /// REPORTs what is stored of a message that is not whole, if it comes through relays.
    fn report_so_far(&mut self, key: MessageKey) {
        if !self.incoming.get(&key).is_some_and(|incoming| incoming.is_reported_on_the_way()) {
            return;
        }
        let open = self.incoming.values().filter(|incoming| incoming.is_reported_on_the_way()).count();
        let interval = self.config.report_interval / u64::try_from(open).unwrap_or(u64::MAX).max(1);
        let Some(incoming) = self.incoming.get_mut(&key) else { return };
        let Some(range) = incoming.next_report(interval) else { return };
        let (session, id, to_path) = (incoming.session, incoming.id.clone(), incoming.from_path.clone());
        let code = StatusCode::OK;
        self.send_report(
            session,
            &to_path,
            &id,
            range,
            Status { namespace: 0, code, comment: code.comment() },
        );
    }

    /// Answers an error to the chunk coming in, which may be the first of its message.
    fn stop_chunk(&mut self, message: Option<MessageKey>, status: StatusCode, reason: AbortReason) {
        match message {
            Some(message) => {
                // The chunk may have only just made the message.
                if let Some(Frame { action: Action::Chunk { message: of, .. }, .. }) = &mut self.frame {
                    *of = Some(message);
                }
                self.refuse_message(message, status, reason);
            }
            None => {
                if let Some(frame) = self.frame.take() {
                    self.refuse(*frame.head, status);
                }
            }
        }
    }

    /// Messages that are not whole are lost: the stream is gone.
    pub(super) fn lose_incoming(&mut self) {
        for key in self.open_messages(|_| true) {
            self.forget_incoming(key);
            self.event(Event::Aborted { message: key, reason: AbortReason::FlowLost });
        }
    }

    /// When the rest of a header block is given up.
    pub(super) fn head_deadline(&self) -> Option<Instant> {
        self.head_since.map(|since| since + self.config.timers.head)
    }

    /// When the next message that is not whole is given up. Those the user holds up wait.
    pub(super) fn incoming_deadline(&self) -> Option<Instant> {
        if self.is_stalled() || self.held.is_some() {
            return None;
        }
        let waiting = self.incoming.values().filter(|message| is_waiting(message));
        waiting.map(|message| self.given_up_at(message)).min()
    }

    pub(super) fn expire_incoming(&mut self, now: Instant) {
        if self.is_stalled() || self.held.is_some() {
            return;
        }
        for key in self.open_messages(|message| is_waiting(message) && self.given_up_at(message) <= now) {
            self.refuse_message(key, StatusCode::TIMEOUT, AbortReason::TimedOut);
        }
    }

    /// When a message that waits for the peer is given up.
    fn given_up_at(&self, message: &Incoming) -> Instant {
        let timers = &self.config.timers;
        message.touched + if message.is_ended() { timers.gap.min(timers.incoming) } else { timers.incoming }
    }

    fn open_messages(&self, filter: impl Fn(&Incoming) -> bool) -> Vec<MessageKey> {
        let open = self.incoming.iter().filter(|(_, message)| message.progress == Progress::Open);
        open.filter(|(_, message)| filter(message)).map(|(&key, _)| key).collect()
    }
}

/// Whether a message waits for the peer, not for the user.
fn is_waiting(message: &Incoming) -> bool {
    message.progress == Progress::Open && message.uncredited == 0
}

impl crate::session::Session {
    /// Whether a SEND says it comes from the session's peer; if not, which part of its URI differs.
    fn is_from_peer(&self, head: &Head, uri_match: UriMatch) -> Result<(), UriPart> {
        let from = head.known_path(HeaderName::FromPath).last();
        match self.peer.last() {
            Some(peer) if peer.as_str() == from => Ok(()),
            Some(peer) => match Uri::parse(from) {
                Ok(from) => uri_match.compare(peer, &from),
                Err(_) => Err(UriPart::Scheme),
            },
            None => Err(UriPart::Scheme),
        }
    }
}
