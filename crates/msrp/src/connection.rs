//! `Connection`: the sessions of one stream, RFC 4975 §5.4 and §7.

mod answers;
mod brake;
mod config;
mod event;
mod inbound;
mod keep_alive;
mod outbound;
mod passing;
mod relay;
mod rest;
mod turns;
mod wire;

use std::boxed::Box;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use grammar::{ByteStr, Reading};

pub use config::{
    Config, FromPathCheck, OutgoingMessage, ReceivePolicy, RelayConfig, Role, SessionConfig, Timers,
};
pub use event::{AbortReason, Counters, Error, Event, MessageKey, Output, PathKey, SendError, SessionKey};

use crate::encode::check_value;
use crate::session::{Incoming, Outgoing, Pending, Session, State, Transactions};
use crate::{Framer, Head, HeaderName, IdSource, StatusCode, Uri, UriMatch, UriPart, ids};
use inbound::Frame;
use relay::RelayPath;
use wire::Wire;

/// All MSRP sessions of one TCP connection.
///
/// Drive it as every machine of this workspace: call one command or `handle_*`, then [`Self::poll_output`]
/// until it returns `None`, then wait for the stream, for the answer to a [`Output::Read`] or
/// [`Output::Write`], or until [`Self::next_timeout`].
///
/// ```text
/// session (active)   unbound ──SEND, 200──▶ bound ──481, 506──▶ failed
/// session (passive)  unbound ──first SEND─▶ bound ──481, 506──▶ failed
/// message out        queued ─▶ sending ─▶ sent ─▶ reported       any of the first two ─▶ failed
/// message in         open ─▶ whole ─▶ received ─▶ accepted       open ─▶ aborted
/// ```
///
/// Memory: one window of content in each direction at most, one header block, and what [`Limits`] allows.
///
/// [`Limits`]: crate::Limits
pub struct Connection {
    config: Config,
    ids: Box<dyn IdSource + Send>,
    phase: Phase,
    framer: Framer,
    /// Boxed, as messages are: a map makes room for eleven, and most connections have one or two.
    sessions: BTreeMap<SessionKey, Box<Session>>,
    /// Sessions by the text of their own URI.
    by_uri: BTreeMap<ByteStr, SessionKey>,
    outgoing: BTreeMap<MessageKey, Box<Outgoing>>,
    /// Outgoing messages by Message-ID.
    by_id: BTreeMap<ByteStr, MessageKey>,
    incoming: BTreeMap<MessageKey, Box<Incoming>>,
    paths: BTreeMap<PathKey, RelayPath>,
    next_key: u64,
    /// Messages with octets that were not asked for, whose turn comes round; may hold keys that are stale.
    asking: VecDeque<MessageKey>,
    /// Messages with chunks that can go out, whose turn comes round; may hold keys that are stale.
    handing: VecDeque<MessageKey>,
    /// Messages that have chunks and wait for reports.
    parked: std::vec::Vec<MessageKey>,
    /// Octets through relays that may be on the way and not be reported.
    report_window: u64,
    /// Messages that were sent and wait for reports, and those for which only late ones may come; oldest first.
    waiting: VecDeque<MessageKey>,
    settled: VecDeque<MessageKey>,
    transactions: Transactions,
    wire: Wire,
    /// Octets and chunks asked for or read, and not handed out.
    buffered_octets: usize,
    buffered_chunks: usize,
    /// Octets handed out by `Write` and not credited, and what the pieces they came in cost besides.
    uncredited: u64,
    /// The frame that is coming in.
    frame: Option<Frame>,
    /// The SEND for which `Bind` was output.
    held: Option<Box<Head>>,
    /// Since when a header block is coming in.
    head_since: Option<Instant>,
    /// When we wrote last, and whether a keep-alive waits for its answer.
    silent_since: Option<Instant>,
    alive_asked: bool,
    /// Whether the stream is not read on, for want of credit or of a session: answers may be in it.
    is_deaf: bool,
    refused_binds: usize,
    outputs: VecDeque<Output>,
    scratch: BytesMut,
    counters: Counters,
}

/// What can still happen on the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// The stream is gone, but what it brought is not processed yet for want of credit.
    Draining,
    Closed,
}

impl Connection {
    /// A connection that was just opened or accepted.
    #[must_use]
    pub fn new(config: Config, ids: Box<dyn IdSource + Send>) -> Self {
        Self {
            framer: Framer::new(Reading::Lenient, config.limits),
            report_window: brake::first_window(&config),
            config,
            ids,
            phase: Phase::Open,
            sessions: BTreeMap::new(),
            by_uri: BTreeMap::new(),
            outgoing: BTreeMap::new(),
            by_id: BTreeMap::new(),
            incoming: BTreeMap::new(),
            paths: BTreeMap::new(),
            next_key: 0,
            asking: VecDeque::new(),
            handing: VecDeque::new(),
            parked: std::vec::Vec::new(),
            waiting: VecDeque::new(),
            settled: VecDeque::new(),
            transactions: Transactions::default(),
            wire: Wire::default(),
            buffered_octets: 0,
            buffered_chunks: 0,
            uncredited: 0,
            frame: None,
            held: None,
            head_since: None,
            silent_since: None,
            alive_asked: false,
            is_deaf: false,
            refused_binds: 0,
            outputs: VecDeque::new(),
            scratch: BytesMut::new(),
            counters: Counters::default(),
        }
    }

    /// Adds a session. An active one sends its first SEND at once; a passive one waits for it, and if
    /// [`Output::Bind`] asked for its URI, that SEND is processed now.
    pub fn attach(&mut self, session: SessionConfig, now: Instant) -> SessionKey {
        let key = SessionKey(self.key());
        let session = Session::new(session);
        let role = session.role;
        let asked_for =
            self.held.as_ref().is_some_and(|head| is_for(head, &session.local, self.config.uri_match));
        self.by_uri.insert(session.local.text().clone(), key);
        self.sessions.insert(key, Box::new(session));
        if self.phase != Phase::Open {
            self.fail_session(key, StatusCode::TIMEOUT, SendError::FlowLost);
        } else if role == Role::Active {
            self.send_bind(key);
        }
        if asked_for && let Some(head) = self.held.take() {
            self.receive_head(*head, now);
            self.process(now);
        }
        key
    }

    /// Removes a session with its messages, without an event; later frames for it are treated as for a session
    /// that was never attached.
    pub fn detach(&mut self, session: SessionKey, now: Instant) {
        let Some(removed) = self.sessions.remove(&session) else { return };
        let uri = removed.local.text();
        if self.by_uri.get(uri) == Some(&session) {
            self.by_uri.remove(uri);
        }
        let of_session = |message: &Outgoing| message.session == session;
        let outgoing: std::vec::Vec<MessageKey> =
            self.outgoing.iter().filter(|(_, message)| of_session(message)).map(|(&key, _)| key).collect();
        for &key in &outgoing {
            self.forget_outgoing(key);
        }
        let incoming: std::vec::Vec<MessageKey> = self
            .incoming
            .iter()
            .filter(|(_, message)| message.session == session)
            .map(|(&key, _)| key)
            .collect();
        for &key in &incoming {
            self.forget_incoming(key);
        }
        self.alive_asked = false;
        self.transactions.remove_if(
            |pending| matches!(pending, Pending::Bind(of) | Pending::KeepAlive(of) if *of == session),
        );
        self.outputs.retain(|output| match output {
            Output::Read { message, .. } | Output::Write { message, .. } => {
                !outgoing.contains(message) && !incoming.contains(message)
            }
            Output::Event(event) => !concerns(event, session, &outgoing, &incoming),
            Output::Transmit(_) | Output::Bind { .. } | Output::Authorize { .. } | Output::Close => true,
        });
        self.process(now);
    }

    /// Answers the SEND of [`Output::Bind`] with an error, such as 481 or 506; a number that is none is 481.
    pub fn refuse_bind(&mut self, status: u16, now: Instant) {
        let Some(head) = self.held.take() else { return };
        let status = StatusCode::new(status).filter(|status| status.as_u16() >= 300);
        self.refuse(*head, status.unwrap_or(StatusCode::NO_SESSION));
        self.refused_binds += 1;
        if self.sessions.is_empty() && self.refused_binds >= self.config.limits.max_refused_binds {
            self.shut(now);
        }
        self.process(now);
    }

    /// Queues a message; its content is asked for by [`Output::Read`] once the session is bound.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn send(
        &mut self,
        session: SessionKey,
        message: OutgoingMessage,
        _now: Instant,
    ) -> Result<MessageKey, Error> {
        let state = self.sessions.get(&session).ok_or(Error::UnknownSession)?.state;
        if self.phase != Phase::Open {
            return Err(Error::Closed);
        }
        if state == State::Failed {
            return Err(Error::SessionFailed);
        }
        check_value("Content-Type", &message.content_type)?;
        if let Some(disposition) = &message.disposition {
            check_value("Content-Disposition", disposition)?;
        }
        let under_way = self.outgoing.len().saturating_sub(self.waiting.len() + self.settled.len());
        if under_way >= self.config.limits.max_outgoing {
            return Err(Error::TooManyMessages);
        }
        let key = MessageKey(self.key());
        let id = ids::ident(&mut *self.ids).map(char::from);
        let mut id = ByteStr::from(id.iter().collect::<std::string::String>());
        if self.by_id.contains_key(&id) {
            // Only a broken source of randomness comes here; the key makes it unique.
            id = ByteStr::from(std::format!("{id}{:08x}", key.0));
        }
        self.by_id.insert(id.clone(), key);
        self.outgoing.insert(key, Box::new(Outgoing::new(session, id, message)));
        if state == State::Bound {
            self.start(key);
        }
        Ok(key)
    }

    /// Gives a message up: an outgoing one ends with `#` and [`Event::Failed`], unless it was sent; an incoming
    /// one is answered 413 and ends with [`Event::Aborted`], unless it was received.
    pub fn abort(&mut self, message: MessageKey, now: Instant) {
        if self.outgoing.contains_key(&message) {
            self.fail_message(message, SendError::Aborted, Ending::Hash);
        } else {
            self.reject(message, StatusCode::STOP.as_u16(), now);
        }
    }

    /// Takes what the stream brought.
    pub fn handle_received(&mut self, bytes: Bytes, now: Instant) {
        if self.phase == Phase::Open {
            self.framer.push(bytes);
            self.process(now);
        }
    }

    /// Takes the octets an [`Output::Read`] asked for, all of them and in order. Fewer mean that the source has no
    /// more: the end of a message whose size was not known, and the failure of one that promised more.
    pub fn handle_read(&mut self, message: MessageKey, content: Bytes, _now: Instant) {
        let Some(outgoing) = self.outgoing.get_mut(&message) else { return };
        let Some(len) = outgoing.reads.pop_front() else { return };
        let before = outgoing.buffered();
        if outgoing.take_read(content, len) {
            let after = outgoing.buffered();
            self.buffered_octets -= before.0 + len - after.0;
            self.buffered_chunks -= before.1 + 1 - after.1;
            self.enqueue(message);
        } else {
            outgoing.reads.push_front(len);
            self.fail_message(message, SendError::SourceFailed, Ending::Hash);
        }
    }

    /// The source of an outgoing message cannot be read.
    pub fn read_failed(&mut self, message: MessageKey, _now: Instant) {
        self.fail_message(message, SendError::SourceFailed, Ending::Hash);
    }

    /// `octets` more of what [`Output::Write`] handed out are stored.
    pub fn handle_written(&mut self, message: MessageKey, octets: u64, now: Instant) {
        self.credit(message, octets, now);
        self.process(now);
    }

    /// The message of [`Event::Received`] is stored: answers its last chunk 200, and REPORTs if asked to.
    pub fn accept(&mut self, message: MessageKey, _now: Instant) {
        self.accept_message(message);
    }

    /// The message is not wanted, or could not be stored: answers `status` to its last chunk, or to the next
    /// one if it is not whole yet; then it ends with [`Event::Aborted`]. A status that is no error is 413.
    pub fn reject(&mut self, message: MessageKey, status: u16, now: Instant) {
        let status = StatusCode::new(status).filter(|status| status.as_u16() >= 300);
        self.refuse_message(message, status.unwrap_or(StatusCode::STOP), AbortReason::Refused);
        self.process(now);
    }

    /// The driver has written `octets` more of what [`Output::Transmit`] gave it.
    pub fn handle_transmitted(&mut self, octets: u64, now: Instant) {
        self.transmitted(octets, now);
        self.process(now);
    }

    /// The stream is closed, whoever did it. Everything unfinished fails. A message that came in whole is
    /// still handed out and ends by [`Event::Received`].
    pub fn handle_closed(&mut self, now: Instant) {
        if self.phase != Phase::Open {
            return;
        }
        self.phase = Phase::Draining;
        self.held = None;
        self.outputs.retain(|output| matches!(output, Output::Write { .. } | Output::Event(_)));
        self.lose_outgoing();
        self.lose_paths();
        self.process(now);
    }

    /// The time of [`Self::next_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.expire_transactions(now);
        self.expire_incoming(now);
        self.refresh_paths(now);
        self.release_unreported(now);
        self.keep_alive(now);
        if self.head_deadline().is_some_and(|deadline| deadline <= now) {
            self.shut(now);
        }
    }

    /// When to call [`Self::handle_timeout`]; `None` if nothing is waited for.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        let deadlines = [
            self.transactions.next_deadline().filter(|_| !self.is_deaf),
            self.incoming_deadline(),
            self.head_deadline(),
            self.refresh_deadline(),
            self.report_deadline(),
            self.keep_alive_deadline(),
        ];
        deadlines.into_iter().flatten().min()
    }

    /// Whether to go on reading the stream; `false` until credit is back or [`Output::Bind`] is answered.
    #[must_use]
    pub fn wants_received(&self) -> bool {
        self.phase == Phase::Open && self.held.is_none() && !self.is_stalled()
    }

    /// How many sessions are attached.
    #[must_use]
    pub fn session_count(&self) -> usize {
        self.sessions.len()
    }

    /// What was let pass or ignored so far.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// The next thing to do, or `None` until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        if self.outputs.is_empty() {
            self.pump();
        }
        let output = self.outputs.pop_front();
        if output.is_none() {
            self.rest();
        }
        output
    }

    fn key(&mut self) -> u64 {
        self.next_key += 1;
        self.next_key
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    /// Closes the stream from our side: it is of no use any more.
    fn shut(&mut self, now: Instant) {
        if self.phase == Phase::Open {
            self.handle_closed(now);
            self.end();
            self.outputs.push_back(Output::Close);
        }
    }

    /// Nothing more comes in.
    fn end(&mut self) {
        if self.phase == Phase::Closed {
            return;
        }
        self.phase = Phase::Closed;
        self.frame = None;
        self.head_since = None;
        self.lose_incoming();
    }

    /// The session whose own URI this is.
    fn session_of(&self, uri: &str) -> Option<SessionKey> {
        if let Some(&key) = self.by_uri.get(uri) {
            return Some(key);
        }
        let uri = Uri::parse(uri).ok()?;
        let is_it = |session: &Session| self.config.uri_match.compare(&session.local, &uri).is_ok();
        self.sessions.iter().find(|(_, session)| is_it(session)).map(|(&key, _)| key)
    }

    /// The session that a URI would be for, if not for one part of it.
    fn near_session_of(&self, uri: &str) -> Option<(SessionKey, UriPart)> {
        let uri = Uri::parse(uri).ok().filter(|uri| uri.session_id().is_some())?;
        self.sessions.iter().find_map(|(&key, session)| {
            let same = session.local.session_id() == uri.session_id();
            Some((key, self.config.uri_match.compare(&session.local, &uri).err().filter(|_| same)?))
        })
    }

    /// Tells, once for each session, that a path is not what it should be.
    fn mismatch(&mut self, key: SessionKey, header: HeaderName, part: UriPart, refused: bool) {
        if let Some(session) = self.sessions.get_mut(&key)
            && !core::mem::replace(&mut session.mismatched, true)
        {
            self.event(Event::Mismatch { session: key, header, part, refused });
        }
    }
}

/// No content, no path: what is under way.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("phase", &self.phase)
            .field("sessions", &self.sessions.len())
            .field("outgoing", &self.outgoing.len())
            .field("incoming", &self.incoming.len())
            .field("transactions", &self.transactions.due())
            .field("uncredited", &self.uncredited)
            .finish_non_exhaustive()
    }
}

/// How a message that failed ends on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// With a chunk that says `#`, if some of it went out and not all of it.
    Hash,
    /// Without another word: the peer said stop, or is gone.
    Silence,
}

/// Whether `head` is for the session with this URI.
fn is_for(head: &Head, uri: &Uri, uri_match: UriMatch) -> bool {
    let to_path = head.to_path().map_or("", |path| path.first());
    to_path == uri.as_str()
        || Uri::parse(to_path).is_ok_and(|to_path| uri_match.compare(uri, &to_path).is_ok())
}

/// Whether an event is about a session that is detached, or one of its messages.
fn concerns(event: &Event, session: SessionKey, outgoing: &[MessageKey], incoming: &[MessageKey]) -> bool {
    match event {
        Event::Bound(of)
        | Event::BindFailed { session: of, .. }
        | Event::Incoming { session: of, .. }
        | Event::Mismatch { session: of, .. } => *of == session,
        Event::PathGranted { .. } | Event::PathRefused { .. } => false,
        Event::Progress { message, .. }
        | Event::Sent { message }
        | Event::Reported { message, .. }
        | Event::Failed { message, .. } => outgoing.contains(message),
        Event::Received { message, .. } | Event::Aborted { message, .. } => incoming.contains(message),
    }
}
