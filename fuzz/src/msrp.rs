//! Properties of `msrp`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use msrp::{
    ByteRange, ByteStr, Config, Connection, Event, FailureReport, Flag, FrameEvent, FrameWriter, Framer,
    IdSource, Limits, MessageKey, OutgoingMessage, Output, RangeSet, Reading, ReceivePolicy, Role,
    SessionConfig, Tail, Tid, Uri,
};

use crate::input::{pieces, reads};

/// However a stream is cut into reads, the same frames come out or the same error, their bytes are the stream's, and
/// what the strict reading takes the lenient one takes too.
pub fn msrp_framer(data: &[u8]) {
    let Some((stream, reads)) = reads(data) else { return };
    let limits = limits(200, 500);
    let [strict, lenient] = [Reading::Strict, Reading::Lenient].map(|reading| {
        let whole = frames(&[stream], reading, limits);
        assert_eq!(whole, frames(&reads, reading, limits));
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(whole, frames(&bytes, reading, limits));
        whole
    });
    assert!(lenient.0.starts_with(&strict.0));
    assert!(strict.1.is_some() || strict == lenient);
}

fn limits(max_line: usize, max_head: usize) -> Limits {
    let mut limits = Limits::default();
    limits.max_line = max_line;
    limits.max_head = max_head;
    limits
}

/// Head, content and flag of each frame, and the error that ended the stream.
type Frames = (Vec<(String, Vec<u8>, Option<Flag>)>, Option<String>);

fn frames(reads: &[&[u8]], reading: Reading, limits: Limits) -> Frames {
    let mut framer = Framer::new(reading, limits);
    let mut frames: Vec<(String, Vec<u8>, Option<Flag>)> = Vec::new();
    let mut total = 0;
    for read in reads {
        framer.push(Bytes::copy_from_slice(read));
        total += read.len();
        loop {
            match framer.next_event() {
                Ok(None) => break,
                Ok(Some(FrameEvent::Head(head))) => {
                    let _ =
                        (head.check(Reading::Strict), head.check(Reading::Lenient), head.headers().count());
                    frames.push((head.text().as_str().to_owned(), Vec::new(), None));
                }
                Ok(Some(FrameEvent::Content(piece))) => {
                    assert!(!piece.is_empty());
                    frames.last_mut().unwrap().1.extend_from_slice(&piece);
                }
                Ok(Some(FrameEvent::End(flag))) => frames.last_mut().unwrap().2 = Some(flag),
                Err(error) => {
                    assert!(error.parse_error().offset() <= total);
                    assert_eq!(framer.tail(), Tail::Error);
                    return (frames, Some(error.to_string()));
                }
            }
        }
        assert!(framer.buffered() <= 600, "more than a head or an end-line is kept");
    }
    (frames, None)
}

/// What `FrameWriter` takes comes back from `Framer` value by value and octet by octet, whatever is in the content and
/// however it is read, and what it does not take could not have come back.
pub fn msrp_roundtrip(data: &[u8]) {
    let Some([tid, id, content_type, disposition, content]) = pieces::<5>(data) else { return };
    let texts = [tid, id, content_type, disposition].map(std::str::from_utf8);
    let [Ok(tid), Ok(id), Ok(content_type), Ok(disposition)] = texts else { return };
    let Ok(tid) = Tid::parse(tid) else { return };
    let content = &hostile(content, &tid);
    // As a sender does: another transaction id until there is one that does not occur.
    let others = (0..10).filter_map(|digit| Tid::parse(&format!("{:.31}{digit}", tid.as_str())).ok());
    let Some(tid) = std::iter::once(tid).chain(others).find(|tid| tid.fits(content)) else { return };
    let writer = FrameWriter::request(tid, "SEND", "msrp://b:1/b;tcp", "msrp://a:1/a;tcp")
        .message_id(id)
        .byte_range(ByteRange { start: 1, end: None, total: Some(content.len() as u64) })
        .disposition(disposition)
        .content_type(content_type);
    let mut wire = BytesMut::new();
    if writer.write_head(&mut wire).is_err() {
        assert!([id, content_type, disposition].iter().any(|value| value.chars().any(char::is_control)));
        assert!(wire.is_empty());
        return;
    }
    wire.extend_from_slice(content);
    writer.write_end(Flag::More, &mut wire);
    let wire = wire.freeze();
    for read in [wire.len(), 1, 7, 64] {
        let mut framer = Framer::new(Reading::Lenient, limits(1 << 20, 1 << 20));
        let (mut came, mut ended) = (Vec::new(), None);
        for part in wire.chunks(read) {
            framer.push(wire.slice_ref(part));
            while let Some(event) = framer.next_event().unwrap() {
                match event {
                    FrameEvent::Head(head) => {
                        let trim = |value: &'_ str| value.trim_matches([' ', '\t']).to_owned();
                        assert_eq!(head.tid(), &tid);
                        assert_eq!(head.message_id().map(str::to_owned), Some(trim(id)));
                        assert_eq!(head.content_type().map(str::to_owned), Some(trim(content_type)));
                    }
                    FrameEvent::Content(piece) => came.extend_from_slice(&piece),
                    FrameEvent::End(flag) => assert!(ended.replace(flag).is_none(), "ended twice"),
                }
            }
        }
        assert_eq!((ended, framer.tail()), (Some(Flag::More), Tail::Empty));
        assert!(&came == content, "in reads of {read}");
    }
}

/// Content full of what its own end-line looks like: high bytes stand for parts of it, the others for themselves.
fn hostile(content: &[u8], tid: &Tid) -> Vec<u8> {
    let tid = tid.as_bytes();
    let but_last = &tid[..tid.len() - 1];
    let parts: [&[u8]; 12] = [
        b"\r\n-------",
        tid,
        but_last,
        b"$\r\n",
        b"+\r\n",
        b"#\r",
        b"\r\n",
        b"\r",
        b"-------",
        b"------",
        b"!\r\n",
        b"\r\n-------x",
    ];
    let mut out = Vec::new();
    for &byte in content {
        match byte.checked_sub(0x80) {
            Some(part) => out.extend_from_slice(parts[usize::from(part) % parts.len()]),
            None => out.push(byte),
        }
    }
    out
}

/// A range set says of every octet what a table of all of them says, at the low and at the high end of the numbers.
pub fn msrp_range_set(data: &[u8]) {
    const OCTETS: usize = 512;
    // One number is left above the table, to ask for.
    for base in [0, u64::MAX - OCTETS as u64 - 1] {
        let mut set = RangeSet::new();
        let mut table = [false; OCTETS];
        for range in data.chunks_exact(2).take(64) {
            let (start, len) = (usize::from(range[0]) * 2 % OCTETS, usize::from(range[1]) % 96);
            let end = (start + len).min(OCTETS);
            set.insert(base + start as u64, base + end as u64);
            table[start..end].fill(true);
            let mut again = [false; OCTETS];
            let mut last = None;
            for (start, end) in set.iter() {
                assert!(start < end && last.is_none_or(|last| last < start), "ranges touch or are empty");
                last = Some(end);
                again[(start - base) as usize..(end - base) as usize].fill(true);
            }
            assert_eq!(again, table);
            assert_eq!(set.octets(), table.iter().filter(|&&octet| octet).count() as u64);
            assert_eq!(set.end(), last.unwrap_or(0));
            assert_eq!((set.len(), set.is_empty()), (set.iter().count(), last.is_none()));
            let whole = table.iter().take_while(|&&octet| octet).count();
            for end in [0, whole / 2, whole, whole + 1] {
                let covered = base == 0 && end <= whole;
                assert_eq!(set.covers(base + end as u64), covered || base + end as u64 == 0);
            }
        }
    }
}

/// No stream makes a connection panic, wait for ever, say anything twice, or answer more than twice what it got.
pub fn msrp_connection(data: &[u8]) {
    let Some((_, reads)) = reads(data) else { return };
    let mut peer = Peer::new(0, Role::Passive);
    for read in reads {
        if peer.connection.wants_received() {
            peer.came += read.len();
            peer.connection.handle_received(Bytes::copy_from_slice(read), peer.now);
        }
        peer.act(true);
        assert!(peer.all_sent <= 2 * peer.came, "{} octets for {}", peer.all_sent, peer.came);
    }
    peer.connection.handle_closed(peer.now);
    peer.act(true);
    assert_eq!(peer.connection.next_timeout(), None);
    assert!(peer.open.is_empty(), "a message has no end");
}

/// Two connections driven by the operations in the input, over a link that cuts as it likes and breaks at times: what
/// one has accepted the other has sent, every message ends once on either side, and what was answered 200 or reported
/// is there.
pub fn msrp_session_pair(data: &[u8]) {
    let (mut alice, mut bob) = pair();
    for pair in data.chunks_exact(2).take(400) {
        let (op, value) = (pair[0], usize::from(pair[1]));
        let (one, other) = if op & 1 == 0 { (&mut alice, &mut bob) } else { (&mut bob, &mut alice) };
        match (op >> 1) % 9 {
            0 => one
                .send(value * 3, &[FailureReport::Yes, FailureReport::No, FailureReport::Partial][value % 3]),
            1 => carry(one, other, value),
            2 => carry(one, other, value * 4),
            3 => carry(one, other, value * 64),
            4 => one.lazy = value % 2 == 0,
            5 => one.abort(value),
            6 => {
                let later = Duration::from_secs(value as u64 / 4);
                for peer in [&mut *one, &mut *other] {
                    peer.now += later;
                    peer.connection.handle_timeout(peer.now);
                }
            }
            7 => one.act(false),
            // A reset: what is on its way is lost, and both begin anew.
            _ => {
                end(&mut alice, &mut bob);
                (alice, bob) = self::pair();
            }
        }
        alice.act(alice.lazy);
        bob.act(bob.lazy);
    }
    loop {
        alice.act(false);
        bob.act(false);
        let before = (alice.sent.len(), bob.sent.len(), alice.all_sent, bob.all_sent);
        carry(&mut alice, &mut bob, 5000);
        carry(&mut bob, &mut alice, 5000);
        if before == (alice.sent.len(), bob.sent.len(), alice.all_sent, bob.all_sent) {
            break;
        }
    }
    end(&mut alice, &mut bob);
}

fn pair() -> (Peer, Peer) {
    (Peer::new(0, Role::Active), Peer::new(1, Role::Passive))
}

/// The link is gone: everything ends, and what each side knows is true.
fn end(alice: &mut Peer, bob: &mut Peer) {
    for peer in [&mut *alice, &mut *bob] {
        peer.connection.handle_closed(peer.now);
        peer.act(false);
        assert!(peer.open.is_empty(), "an incoming message has no end");
        assert_eq!(peer.connection.next_timeout(), None);
    }
    for (from, to) in [(&*alice, &*bob), (&*bob, &*alice)] {
        for (key, (content, ended, proven)) in &from.outgoing {
            assert_eq!(*ended, 1, "{key:?}");
            assert!(!proven || to.accepted.contains(content), "{key:?} is not there");
        }
        assert!(to.accepted.iter().all(|content| from.outgoing.values().any(|sent| &sent.0 == content)));
    }
}

struct Counted(u64);

impl IdSource for Counted {
    fn fill(&mut self, out: &mut [u8]) {
        self.0 += 1;
        for (place, byte) in out.iter_mut().rev().enumerate() {
            *byte = (self.0 >> (5 * place).min(60)) as u8 % 32;
        }
    }
}

/// One side: a connection, its user and its driver.
struct Peer {
    connection: Connection,
    session: msrp::SessionKey,
    now: Instant,
    /// Leaves reads and credits for later.
    lazy: bool,
    reads: Vec<(MessageKey, u64, usize)>,
    credits: Vec<(MessageKey, u64)>,
    sent: Vec<u8>,
    all_sent: usize,
    came: usize,
    /// Content, how often it ended, and whether the other side said it is there.
    outgoing: BTreeMap<MessageKey, (Vec<u8>, usize, bool)>,
    /// Incoming messages that have no end yet.
    open: BTreeMap<MessageKey, Vec<u8>>,
    accepted: Vec<Vec<u8>>,
}

impl Peer {
    fn new(side: usize, role: Role) -> Self {
        let uris = ["msrp://203.0.113.20:2855/b;tcp", "msrp://198.51.100.7:2855/a;tcp"];
        let uri = |at: usize| Uri::parse(uris[at]).unwrap();
        let config = Config { chunk_size: 64, window: 700, ..Config::default() };
        let mut connection = Connection::new(config, Box::new(Counted(side as u64 * 1_000_000)));
        let receive = Some(ReceivePolicy {
            max_size: None,
            accept_types: vec![ByteStr::from_static("*")],
            accept_wrapped_types: vec![],
        });
        #[expect(
            clippy::disallowed_methods,
            reason = "where time starts does not matter; it is moved by hand"
        )]
        let now = Instant::now();
        let session = SessionConfig { local: uri(side), peer: vec![uri(1 - side)], role, receive };
        let session = connection.attach(session, now);
        Self {
            connection,
            session,
            now,
            lazy: false,
            reads: Vec::new(),
            credits: Vec::new(),
            sent: Vec::new(),
            all_sent: 0,
            came: 0,
            outgoing: BTreeMap::new(),
            open: BTreeMap::new(),
            accepted: Vec::new(),
        }
    }

    fn send(&mut self, size: usize, failure_report: &FailureReport) {
        let unit =
            format!("{}\r\n-------AAAAAAAAAAAAAAA{}$\r\n", self.outgoing.len(), self.outgoing.len() % 10);
        let content: Vec<u8> = unit.bytes().cycle().take(size).collect();
        let message = OutgoingMessage {
            content_type: ByteStr::from_static("text/plain"),
            disposition: None,
            size: Some(size as u64),
            success_report: size.is_multiple_of(2),
            failure_report: *failure_report,
        };
        if let Ok(key) = self.connection.send(self.session, message, self.now) {
            self.outgoing.insert(key, (content, 0, false));
        }
    }

    fn abort(&mut self, nth: usize) {
        let keys: Vec<MessageKey> = self.outgoing.keys().chain(self.open.keys()).copied().collect();
        if let Some(&key) = keys.get(nth % keys.len().max(1)) {
            self.connection.abort(key, self.now);
        }
    }

    /// Does what the connection asks for.
    fn act(&mut self, lazy: bool) {
        loop {
            while let Some(output) = self.connection.poll_output() {
                self.obey(output);
            }
            if lazy || (self.reads.is_empty() && self.credits.is_empty()) {
                // A peer that never gives credit back is a peer that stops reading; the stream test wants to go on.
                if self.credits.is_empty() {
                    return;
                }
            }
            for (key, offset, len) in std::mem::take(&mut self.reads) {
                let start = offset as usize;
                let content = Bytes::copy_from_slice(&self.outgoing[&key].0[start..start + len]);
                self.connection.handle_read(key, content, self.now);
            }
            for (key, octets) in std::mem::take(&mut self.credits) {
                self.connection.handle_written(key, octets, self.now);
            }
        }
    }

    fn obey(&mut self, output: Output) {
        match output {
            Output::Transmit(bytes) => {
                self.all_sent += bytes.len();
                self.sent.extend_from_slice(&bytes);
            }
            Output::Read { message, offset, len } => self.reads.push((message, offset, len)),
            Output::Write { message, offset, content } => {
                let end = (offset as usize).saturating_add(content.len());
                // A hole of a hostile stream may be as large as a file can be.
                if end < 1 << 20 {
                    let stored = self.open.get_mut(&message).expect("content of no message");
                    stored.resize(stored.len().max(end), 0);
                    stored[offset as usize..end].copy_from_slice(&content);
                }
                self.credits.push((message, content.len() as u64));
            }
            Output::Bind { .. } => self.connection.refuse_bind(481, self.now),
            // Nobody here asks for a path.
            Output::Authorize { path, .. } => self.connection.withdraw(path),
            Output::Close => {}
            Output::Event(event) => self.note(&event),
        }
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::Incoming { message, .. } => {
                assert!(self.open.insert(*message, Vec::new()).is_none(), "announced twice");
            }
            Event::Received { message, size } => {
                let content = self.open.remove(message).expect("ended twice");
                assert!(*size == content.len() as u64 || *size >= 1 << 20);
                self.accepted.push(content);
                self.connection.accept(*message, self.now);
            }
            Event::Aborted { message, .. } => assert!(self.open.remove(message).is_some(), "ended twice"),
            Event::Sent { message } => {
                let sent = self.outgoing.get_mut(message).expect("not ours");
                sent.1 += 1;
            }
            Event::Failed { message, .. } => self.outgoing.get_mut(message).expect("not ours").1 += 1,
            Event::Reported { message, complete: true, .. } => {
                self.outgoing.get_mut(message).expect("not ours").2 = true;
            }
            Event::Progress { message, sent, acknowledged } => {
                let outgoing = self.outgoing.get_mut(message).expect("not ours");
                assert!(acknowledged <= sent && *sent <= outgoing.0.len() as u64);
                // Each 200 stands for octets that are there; all of them are, once all are acknowledged.
                outgoing.2 |= *acknowledged > 0 && *acknowledged == outgoing.0.len() as u64;
            }
            _ => {}
        }
    }
}

/// The wire takes up to `octets` from one side to the other.
fn carry(from: &mut Peer, to: &mut Peer, octets: usize) {
    let octets = octets.min(from.sent.len());
    if octets > 0 && to.connection.wants_received() {
        let carried: Vec<u8> = from.sent.drain(..octets).collect();
        to.connection.handle_received(Bytes::from(carried), to.now);
        from.connection.handle_transmitted(octets as u64, from.now);
    }
}
