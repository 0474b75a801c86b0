//! What MSRP frames and connections cost. Ids: `msrp/<operation>/<who>/<content size>`.
//!
//! `memmem` is the ceiling of framing: it only looks for the end-line in the same bytes.
#![expect(clippy::unwrap_used, reason = "a bench fails by a panic")]

use std::hint::black_box;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use memchr::memmem;
use msrp::{
    ByteRange, ByteStr, Config, Connection, Event, FailureReport, Flag, FrameEvent, FrameWriter, Framer,
    IdSource, Limits, OutgoingMessage, Output, Reading, ReceivePolicy, Role, SessionConfig, Tid, Uri,
};

const SIZES: [usize; 4] = [0, 2 << 10, 64 << 10, 1 << 20];
const ALICE: &str = "msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp";
const BOB: &str = "msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp";

/// Bytes without a pattern, as a picture or an archive has them.
fn content(size: usize) -> Bytes {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let bytes = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    bytes.flatten().take(size).collect()
}

fn length(size: usize) -> u64 {
    size.try_into().unwrap()
}

fn writer(tid: Tid, size: usize) -> FrameWriter<'static> {
    let size = length(size);
    FrameWriter::request(tid, "SEND", BOB, ALICE)
        .message_id("m5Yt2Hb9Lr0a")
        .byte_range(ByteRange { start: 1, end: Some(size), total: Some(size) })
        .content_type("application/octet-stream")
}

/// One chunk on the wire.
fn chunk(size: usize) -> Bytes {
    let mut out = BytesMut::new();
    let writer = writer(Tid::parse("q7Zk1mN4c8Wd").unwrap(), size);
    writer.write_head(&mut out).unwrap();
    out.extend_from_slice(&content(size));
    writer.write_end(Flag::Last, &mut out);
    out.freeze()
}

fn frame(c: &mut Criterion) {
    let mut group = c.benchmark_group("msrp/frame");
    for size in SIZES {
        let stream = chunk(size);
        group.throughput(Throughput::Bytes(length(stream.len())));
        group.bench_with_input(BenchmarkId::new("ours", size), &stream, |b, stream| {
            let mut framer = Framer::new(Reading::Lenient, Limits::default());
            b.iter(|| {
                framer.push(black_box(stream).clone());
                let mut octets = 0;
                loop {
                    match framer.next_event().unwrap().unwrap() {
                        FrameEvent::Head(head) => {
                            black_box(&head);
                        }
                        FrameEvent::Content(content) => octets += content.len(),
                        FrameEvent::End(flag) => break assert_eq!(flag, Flag::Last),
                    }
                }
                assert_eq!(octets, size);
            });
        });
        group.bench_with_input(BenchmarkId::new("memmem", size), &stream, |b, stream| {
            let finder = memmem::Finder::new(b"\r\n-------q7Zk1mN4c8Wd");
            b.iter(|| {
                let found = finder.find(black_box(stream)).unwrap();
                assert!(found + 24 == stream.len());
            });
        });
    }
    group.finish();
}

fn encode(c: &mut Criterion) {
    let mut group = c.benchmark_group("msrp/encode");
    for size in SIZES {
        let content = content(size);
        group.throughput(Throughput::Bytes(length(size.max(1))));
        group.bench_with_input(BenchmarkId::new("ours", size), &content, |b, content| {
            let mut out = BytesMut::with_capacity(64 << 10);
            let tid = Tid::parse("q7Zk1mN4c8Wd").unwrap();
            b.iter(|| {
                out.clear();
                assert!(tid.fits(black_box(content)));
                let writer = writer(tid, size);
                writer.write_head(&mut out).unwrap();
                writer.write_end(Flag::Last, &mut out);
                out.len()
            });
        });
    }
    group.finish();
}

/// Ids by counting: cheap, and the same in every round.
struct Counted(u64);

impl IdSource for Counted {
    fn fill(&mut self, out: &mut [u8]) {
        self.0 += 1;
        for (to, from) in out.iter_mut().zip(self.0.to_le_bytes().into_iter().cycle()) {
            *to = from;
        }
    }
}

/// Two connections with nothing between them: what the machines cost for each octet that gets across.
fn connection(c: &mut Criterion) {
    let mut group = c.benchmark_group("msrp/connection");
    let size = 16 << 20;
    let content = content(size);
    group.throughput(Throughput::Bytes(length(size)));
    group.bench_with_input(BenchmarkId::new("ours", size), &content, |b, content| {
        b.iter(|| assert_eq!(transfer(content), size));
    });
    group.finish();
}

/// Sends one message from Alice to Bob; the octets Bob was given.
fn transfer(content: &Bytes) -> usize {
    #[expect(clippy::disallowed_methods, reason = "an Instant has no other constructor; it never moves here")]
    let now = Instant::now();
    let connect = |local: &str, peer: &str, role, seed| {
        let mut connection = Connection::new(Config::default(), Box::new(Counted(seed)));
        let receive = Some(ReceivePolicy {
            max_size: None,
            accept_types: vec![ByteStr::from_static("*")],
            accept_wrapped_types: vec![],
        });
        let uri = |text| Uri::parse(ByteStr::from(text)).unwrap();
        let session = SessionConfig { local: uri(local), peer: vec![uri(peer)], role, receive };
        let session = connection.attach(session, now);
        (connection, session)
    };
    let (mut alice, session) = connect(ALICE, BOB, Role::Active, 1);
    let (mut bob, _) = connect(BOB, ALICE, Role::Passive, 1 << 40);
    let message = OutgoingMessage {
        content_type: ByteStr::from_static("application/octet-stream"),
        disposition: None,
        size: Some(length(content.len())),
        success_report: true,
        failure_report: FailureReport::Yes,
    };
    alice.send(session, message, now).unwrap();
    let mut octets = 0;
    let mut done = false;
    while !done {
        while let Some(output) = alice.poll_output() {
            match output {
                Output::Transmit(bytes) => {
                    let len = length(bytes.len());
                    bob.handle_received(bytes, now);
                    alice.handle_transmitted(len, now);
                }
                Output::Read { message, offset, len } => {
                    let start: usize = offset.try_into().unwrap();
                    alice.handle_read(message, content.slice(start..start + len), now);
                }
                Output::Event(Event::Reported { complete, .. }) => done = complete,
                _ => {}
            }
        }
        while let Some(output) = bob.poll_output() {
            match output {
                Output::Transmit(bytes) => {
                    let len = length(bytes.len());
                    alice.handle_received(bytes, now);
                    bob.handle_transmitted(len, now);
                }
                Output::Write { message, content, .. } => {
                    octets += content.len();
                    bob.handle_written(message, length(content.len()), now);
                }
                Output::Event(Event::Received { message, .. }) => bob.accept(message, now),
                _ => {}
            }
        }
    }
    octets
}

criterion_group!(benches, frame, encode, connection);
criterion_main!(benches);
