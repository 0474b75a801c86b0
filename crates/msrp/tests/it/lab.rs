//! Two connections, a wire between them that cuts as it likes, a clock that only moves when told, and a trace.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use bytes::Bytes;
use grammar::{ByteStr, Reading};
use simple_im_msrp::{
    Config, Connection, Event, FailureReport, IdSource, Inspector, Limits, MessageKey, OutgoingMessage,
    Output, PathKey, ReceivePolicy, Role, SessionConfig, SessionKey, Uri,
};

/// Ids that tell who made them and are the same in every run.
pub(crate) struct Counted(pub(crate) u64);

impl IdSource for Counted {
    fn fill(&mut self, out: &mut [u8]) {
        self.0 += 1;
        let mut rest = self.0;
        for byte in out.iter_mut().rev() {
            *byte = u8::try_from(rest % 32).unwrap();
            rest /= 32;
        }
    }
}

pub(crate) const ALICE: &str = "msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp";
pub(crate) const BOB: &str = "msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp";

pub(crate) fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap()
}

pub(crate) fn session(local: &str, peer: &str, role: Role) -> SessionConfig {
    let receive = Some(ReceivePolicy {
        max_size: None,
        accept_types: vec![ByteStr::from("*")],
        accept_wrapped_types: vec![],
    });
    SessionConfig { local: uri(local), peer: vec![uri(peer)], role, receive }
}

pub(crate) fn message(size: usize) -> OutgoingMessage {
    OutgoingMessage {
        content_type: ByteStr::from("text/plain"),
        disposition: None,
        size: Some(size.try_into().unwrap()),
        success_report: false,
        failure_report: FailureReport::Yes,
    }
}

/// What an end does by itself.
pub(crate) struct Habits {
    /// Answers reads.
    pub(crate) serves: bool,
    /// Tells its connection what was delivered.
    pub(crate) writes: bool,
    /// Gives credit back at once.
    pub(crate) credits: bool,
    /// Accepts what is received.
    pub(crate) accepts: bool,
}

/// One end of the wire.
pub(crate) struct End {
    pub(crate) name: &'static str,
    pub(crate) connection: Connection,
    pub(crate) habits: Habits,
    /// Sessions to attach when `Bind` asks for them.
    pub(crate) expected: Vec<SessionConfig>,
    pub(crate) sources: BTreeMap<MessageKey, Bytes>,
    pub(crate) reads: VecDeque<(MessageKey, u64, usize)>,
    pub(crate) stored: BTreeMap<MessageKey, Vec<u8>>,
    pub(crate) credits: VecDeque<(MessageKey, u64)>,
    pub(crate) received: Vec<(MessageKey, Vec<u8>)>,
    pub(crate) events: Vec<Event>,
    /// What was given to the wire and not delivered.
    pub(crate) sent: Vec<u8>,
    /// Every octet that was given to the wire.
    pub(crate) all_sent: Vec<u8>,
    pub(crate) closed: bool,
    /// Paths that wait for credentials.
    pub(crate) asked: Vec<PathKey>,
    inspector: Inspector,
}

impl End {
    pub(crate) fn new(name: &'static str, config: Config) -> Self {
        let seed = u64::from(name.as_bytes()[0]) << 20;
        Self {
            name,
            connection: Connection::new(config, Box::new(Counted(seed))),
            habits: Habits { serves: true, writes: true, credits: true, accepts: true },
            expected: Vec::new(),
            sources: BTreeMap::new(),
            reads: VecDeque::new(),
            stored: BTreeMap::new(),
            credits: VecDeque::new(),
            received: Vec::new(),
            events: Vec::new(),
            sent: Vec::new(),
            all_sent: Vec::new(),
            closed: false,
            asked: Vec::new(),
            inspector: Inspector::new(Reading::Strict, Limits::default()),
        }
    }

    pub(crate) fn send(
        &mut self,
        key: SessionKey,
        message: OutgoingMessage,
        content: &[u8],
        now: Instant,
    ) -> MessageKey {
        let message = self.connection.send(key, message, now).unwrap();
        self.sources.insert(message, Bytes::copy_from_slice(content));
        message
    }

    /// Does what the connection asks for, until it asks for nothing; whether there was anything.
    pub(crate) fn drain(&mut self, now: Instant, trace: &mut String) -> bool {
        let mut any = false;
        while let Some(output) = self.connection.poll_output() {
            any = true;
            self.obey(output, now, trace);
        }
        any
    }

    fn obey(&mut self, output: Output, now: Instant, trace: &mut String) {
        let name = self.name;
        match output {
            Output::Transmit(bytes) => {
                self.sent.extend_from_slice(&bytes);
                self.all_sent.extend_from_slice(&bytes);
                self.inspector.push(bytes);
                while let Some(frame) = self.inspector.next_frame(|_| {}).unwrap() {
                    assert!(frame.verdict().is_ok(), "{:?}", frame.verdict());
                    let what = match frame.status() {
                        Some(status) => format!("{status} {}", frame.comment().unwrap()),
                        None => frame.method().unwrap().to_owned(),
                    };
                    let _ = write!(trace, "{name} > {what}");
                    for value in [frame.byte_range(), frame.status_header()].into_iter().flatten() {
                        let _ = write!(trace, " {value}");
                    }
                    if frame.has_content() {
                        let _ = write!(trace, " [{}]", frame.body_len());
                    }
                    let _ = writeln!(trace, " {}", frame.flag().as_str());
                }
            }
            Output::Read { message, offset, len } => {
                self.reads.push_back((message, offset, len));
                if self.habits.serves {
                    self.serve(now);
                }
            }
            Output::Write { message, offset, content } => {
                let stored = self.stored.entry(message).or_default();
                let offset = usize::try_from(offset).unwrap();
                if stored.len() < offset + content.len() {
                    stored.resize(offset + content.len(), b'?');
                }
                stored[offset..offset + content.len()].copy_from_slice(&content);
                self.credits.push_back((message, content.len().try_into().unwrap()));
                if self.habits.credits {
                    self.credit(now);
                }
            }
            Output::Bind { to_path, from_path } => {
                let _ = writeln!(trace, "{name}: bind {to_path} from {}", from_path.last().unwrap());
                let known = self.expected.iter().position(|session| session.local.equivalent(&to_path));
                match known {
                    Some(at) => {
                        let session = self.expected.remove(at);
                        self.connection.attach(session, now);
                    }
                    None => self.connection.refuse_bind(481, now),
                }
            }
            Output::Authorize { path, relay, challenges } => {
                let _ = writeln!(trace, "{name}: credentials for {relay} {challenges:?}");
                self.asked.push(path);
            }
            Output::Close => {
                self.closed = true;
                let _ = writeln!(trace, "{name}: close");
            }
            Output::Event(event) => {
                let _ = match &event {
                    Event::Progress { sent, acknowledged, .. } => {
                        writeln!(trace, "{name}: {sent} sent, {acknowledged} acknowledged")
                    }
                    Event::Incoming { content_type, disposition, size, .. } => {
                        writeln!(trace, "{name}: incoming {content_type} {disposition:?} {size:?}")
                    }
                    Event::Received { size, .. } => writeln!(trace, "{name}: received {size}"),
                    Event::Reported { status, complete, .. } => {
                        writeln!(trace, "{name}: reported {status} complete={complete}")
                    }
                    Event::Failed { error, .. } => writeln!(trace, "{name}: failed: {error}"),
                    Event::Aborted { reason, .. } => writeln!(trace, "{name}: aborted: {reason}"),
                    Event::Bound(_) => writeln!(trace, "{name}: bound"),
                    Event::BindFailed { status, .. } => writeln!(trace, "{name}: bind failed {status}"),
                    Event::Sent { .. } => writeln!(trace, "{name}: sent"),
                    other => writeln!(trace, "{name}: {other:?}"),
                };
                if let Event::Failed { message, .. } | Event::Aborted { message, .. } = event {
                    self.reads.retain(|read| read.0 != message);
                    self.credits.retain(|credit| credit.0 != message);
                }
                if let Event::Received { message, size } = event {
                    let content = self.stored.remove(&message).unwrap_or_default();
                    assert_eq!(u64::try_from(content.len()).unwrap(), size);
                    self.received.push((message, content));
                    if self.habits.accepts {
                        self.connection.accept(message, now);
                    }
                }
                self.events.push(event);
            }
        }
    }

    /// Answers the oldest read.
    pub(crate) fn serve(&mut self, now: Instant) -> bool {
        let Some((message, offset, len)) = self.reads.pop_front() else { return false };
        let offset = usize::try_from(offset).unwrap();
        let source = &self.sources[&message];
        let content = source.slice(offset.min(source.len())..(offset + len).min(source.len()));
        self.connection.handle_read(message, content, now);
        true
    }

    /// Gives the oldest credit back.
    pub(crate) fn credit(&mut self, now: Instant) -> bool {
        let Some((message, octets)) = self.credits.pop_front() else { return false };
        self.connection.handle_written(message, octets, now);
        true
    }
}

/// Two ends and what happened.
pub(crate) struct Lab {
    pub(crate) alice: End,
    pub(crate) bob: End,
    pub(crate) now: Instant,
    start: Instant,
    pub(crate) trace: String,
    /// How many octets a read brings.
    pub(crate) read_size: usize,
}

impl Lab {
    pub(crate) fn new(config: &Config) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "an Instant has no other constructor; it only moves by `wait`"
        )]
        let start = Instant::now();
        Self {
            alice: End::new("alice", config.clone()),
            bob: End::new("bob", config.clone()),
            now: start,
            start,
            trace: String::new(),
            read_size: 1000,
        }
    }

    /// A lab with one session, active on Alice's side and expected by Bob.
    pub(crate) fn with_session(config: &Config) -> (Self, SessionKey) {
        let mut lab = Self::new(config);
        lab.bob.expected.push(session(BOB, ALICE, Role::Passive));
        let key = lab.alice.connection.attach(session(ALICE, BOB, Role::Active), lab.now);
        (lab, key)
    }

    /// Lets both ends act until nothing happens any more.
    pub(crate) fn run(&mut self) {
        loop {
            let mut any = self.alice.drain(self.now, &mut self.trace);
            any |= deliver(&mut self.alice, &mut self.bob, self.read_size, self.now, &mut self.trace);
            any |= self.bob.drain(self.now, &mut self.trace);
            any |= deliver(&mut self.bob, &mut self.alice, self.read_size, self.now, &mut self.trace);
            if !any {
                return;
            }
        }
    }

    /// Lets time pass, timers included.
    pub(crate) fn wait(&mut self, duration: Duration) {
        let end = self.now + duration;
        loop {
            self.run();
            let timeouts = [self.alice.connection.next_timeout(), self.bob.connection.next_timeout()];
            let Some(at) = timeouts.into_iter().flatten().min().filter(|&at| at <= end) else { break };
            if at > self.now {
                let _ = writeln!(self.trace, "-- {} s", at.duration_since(self.start).as_secs());
            }
            self.now = self.now.max(at);
            self.alice.connection.handle_timeout(self.now);
            self.bob.connection.handle_timeout(self.now);
        }
        self.now = end;
    }
}

/// What one end sent goes to the other, as far as that one reads; the wire itself holds nothing.
fn deliver(from: &mut End, to: &mut End, read_size: usize, now: Instant, trace: &mut String) -> bool {
    let mut done = 0;
    while done < from.sent.len() && (to.connection.wants_received() || to.closed) {
        let read = &from.sent[done..from.sent.len().min(done + read_size)];
        done += read.len();
        if !to.closed {
            to.connection.handle_received(Bytes::copy_from_slice(read), now);
        }
        // Credit has to come back before the next read.
        to.drain(now, trace);
    }
    from.sent.drain(..done);
    if from.habits.writes {
        from.connection.handle_transmitted(done.try_into().unwrap(), now);
    }
    done > 0
}
