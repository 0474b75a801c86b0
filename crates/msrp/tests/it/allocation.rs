//! What framing and writing allocate, and what they copy: nothing of the content.

use std::time::Instant;

use bytes::{Bytes, BytesMut};
use simple_im_msrp::{
    ByteRange, ByteStr, Config, Connection, Event, FailureReport, Flag, FrameEvent, FrameWriter, Framer,
    IdSource, Limits, OutgoingMessage, Output, Reading, ReceivePolicy, Role, SessionConfig, Tid, Uri,
};

use crate::idle_sessions;

const ALICE: &str = "msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp";
const BOB: &str = "msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp";

fn writer(size: usize) -> FrameWriter<'static> {
    let total = u64::try_from(size).ok();
    FrameWriter::request(Tid::parse("q7Zk1mN4c8Wd").unwrap(), "SEND", BOB, ALICE)
        .message_id("m5Yt2Hb9Lr0a")
        .byte_range(ByteRange { start: 1, end: None, total })
        .content_type("application/octet-stream")
}

/// One chunk of `size` octets, in a buffer that is shared already.
fn chunk(size: usize) -> Bytes {
    let mut out = BytesMut::new();
    let writer = writer(size);
    writer.write_head(&mut out).unwrap();
    out.resize(out.len() + size, b'-');
    writer.write_end(Flag::Last, &mut out);
    let stream = out.freeze();
    drop(stream.clone());
    stream
}

/// How often reading `stream` in reads of `read` octets allocates.
fn allocations(stream: &Bytes, read: usize, expected: usize) -> u64 {
    let mut framer = Framer::new(Reading::Lenient, Limits::default());
    let measured = allocation_counter::measure(|| {
        let (mut octets, mut ends) = (0, 0);
        for start in (0..stream.len()).step_by(read) {
            framer.push(stream.slice(start..stream.len().min(start + read)));
            while let Some(event) = framer.next_event().unwrap() {
                match event {
                    FrameEvent::Head(_) => {}
                    FrameEvent::Content(piece) => octets += piece.len(),
                    FrameEvent::End(flag) => {
                        assert_eq!(flag, Flag::Last);
                        ends += 1;
                    }
                }
            }
        }
        assert_eq!((octets, ends), (expected, 1));
    });
    measured.count_total
}

#[test]
fn a_frame_in_one_read_allocates_nothing_whatever_its_size() {
    for size in [0, 1, 2 << 10, 64 << 10, 1 << 20] {
        assert_eq!(allocations(&chunk(size), usize::MAX >> 1, size), 0, "{size}");
    }
}

#[test]
fn content_in_many_reads_allocates_nothing() {
    // The head is in the first read; the end-line may be cut, and its start is held back as a slice.
    let stream = chunk(1 << 20);
    for read in [4 << 10, 61_440, 64 << 10] {
        assert_eq!(allocations(&stream, read, 1 << 20), 0, "{read}");
    }
}

#[test]
fn writing_into_a_buffer_with_room_allocates_nothing() {
    let mut out = BytesMut::with_capacity(1024);
    let measured = allocation_counter::measure(|| {
        for size in [0, 64 << 10] {
            out.clear();
            writer(size).write_head(&mut out).unwrap();
            writer(size).write_end(Flag::Last, &mut out);
        }
    });
    assert_eq!(measured.count_total, 0);
}

struct Counted(u64);

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

fn connection(seed: u64) -> Connection {
    Connection::new(Config::default(), Box::new(Counted(seed)))
}

fn session(local: &str, peer: &str, role: Role) -> SessionConfig {
    let uri = |text: &str| Uri::parse(ByteStr::from(text)).unwrap();
    let receive = Some(ReceivePolicy {
        max_size: None,
        accept_types: vec![ByteStr::from_static("*")],
        accept_wrapped_types: vec![],
    });
    SessionConfig { local: uri(local), peer: vec![uri(peer)], role, receive }
}

fn message(size: usize) -> OutgoingMessage {
    OutgoingMessage {
        content_type: ByteStr::from_static("application/octet-stream"),
        disposition: None,
        size: Some(u64::try_from(size).unwrap()),
        success_report: false,
        failure_report: FailureReport::Yes,
    }
}

#[expect(clippy::disallowed_methods, reason = "an Instant has no other constructor; it never moves here")]
fn now() -> Instant {
    Instant::now()
}

/// Carries everything between two connections until both are quiet; shows each piece of content that is written and
/// each that is handed out.
fn exchange(
    [alice, bob]: [&mut Connection; 2],
    content: &Bytes,
    now: Instant,
    mut written: impl FnMut(&Bytes),
    mut handed_out: impl FnMut(&Bytes),
) {
    loop {
        let mut quiet = true;
        while let Some(output) = alice.poll_output() {
            quiet = false;
            match output {
                Output::Transmit(bytes) => {
                    written(&bytes);
                    let octets = u64::try_from(bytes.len()).unwrap();
                    bob.handle_received(bytes, now);
                    alice.handle_transmitted(octets, now);
                }
                Output::Read { message, offset, len } => {
                    let start = usize::try_from(offset).unwrap();
                    alice.handle_read(message, content.slice(start..start + len), now);
                }
                _ => {}
            }
        }
        while let Some(output) = bob.poll_output() {
            quiet = false;
            match output {
                Output::Transmit(bytes) => {
                    let octets = u64::try_from(bytes.len()).unwrap();
                    alice.handle_received(bytes, now);
                    bob.handle_transmitted(octets, now);
                }
                Output::Write { message, content, .. } => {
                    handed_out(&content);
                    bob.handle_written(message, u64::try_from(content.len()).unwrap(), now);
                }
                Output::Event(Event::Received { message, .. }) => bob.accept(message, now),
                _ => {}
            }
        }
        if quiet {
            return;
        }
    }
}

#[test]
fn a_connection_writes_content_from_where_it_lies_and_hands_it_out_where_it_was_read() {
    let now = now();
    let (mut alice, mut bob) = (connection(0), connection(1 << 32));
    let from = alice.attach(session(ALICE, BOB, Role::Active), now);
    bob.attach(session(BOB, ALICE, Role::Passive), now);
    let size = 200_000;
    let content = Bytes::from(vec![b'x'; size]);
    alice.send(from, message(size), now).unwrap();
    let is_within = |part: &Bytes| {
        let start = content.as_ptr().addr();
        (start..start + size).contains(&part.as_ptr().addr())
    };
    let mut octets = 0;
    exchange(
        [&mut alice, &mut bob],
        &content,
        now,
        // Head and end-line are small; what is large is the content, and lies where it was read.
        |part| assert_eq!(part.len() > 1024, is_within(part)),
        |part| {
            assert!(is_within(part), "a copy");
            octets += part.len();
        },
    );
    assert_eq!(octets, size);
}

#[test]
fn an_idle_session_keeps_less_than_4_kib() {
    for shared in [false, true] {
        let octets = idle_sessions::idle(1000, shared);
        assert!(octets < 4 << 10, "shared: {shared}: {octets}");
    }
}
