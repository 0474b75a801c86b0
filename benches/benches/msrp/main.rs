//! What MSRP frames and connections cost. Ids: `msrp/<operation>/<who>/<input>`.
//!
//! `ceiling` is what framing cannot do without: a search for the end-line over the same bytes, and a bare cut of the
//! header block into names and values that looks at nothing else. The inputs of `msrp/frame` are content sizes, with the
//! end of the range written (`explicit`) or left open (`star`). The inputs of `msrp/hostile` double, so a cost that is
//! not linear shows in the throughput.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench fails by a panic")]

mod frame;

use std::hint::black_box;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use msrp::{
    ByteStr, Config, Connection, Event, FailureReport, Flag, Framer, IdSource, Limits, OutgoingMessage,
    Output, Reading, ReceivePolicy, Role, SessionConfig, Uri,
};

use self::frame::{ALICE, BOB, Range, SIZES, chunk, content, drain, length, tid, writer};

fn frame(c: &mut Criterion) {
    let mut group = c.benchmark_group("msrp/frame");
    for (range, name) in Range::ALL {
        for size in SIZES {
            let stream = chunk(&content(size), range);
            group.throughput(Throughput::Bytes(length(stream.len())));
            frame::bench(&mut group, &format!("{name}/{size}"), &stream, size);
        }
    }
    group.finish();
}

/// Shapes that make a framer slow which looks at a byte twice.
fn hostile(c: &mut Criterion) {
    let mut group = c.benchmark_group("msrp/hostile");
    for size in [16 << 10, 32 << 10, 64 << 10, 128 << 10] {
        let look_alike = b"\r\n-------q7Zk1mN4c8W+\r\n-------q7Zk1mN4c8Wd!";
        let look_alikes: Vec<u8> = look_alike.iter().copied().cycle().take(size).collect();
        let hyphens: Vec<u8> = b"\r\n-------".iter().copied().cycle().take(size).collect();
        let tiny = chunk(b"x", Range::Explicit);
        let frames = size / tiny.len();
        let shapes = [
            ("one-byte-reads", chunk(&content(size), Range::Star), 1, 1),
            ("look-alikes", chunk(&look_alikes, Range::Star), usize::MAX, 1),
            ("look-alikes-in-one-byte-reads", chunk(&look_alikes, Range::Star), 1, 1),
            ("hyphens", chunk(&hyphens, Range::Star), usize::MAX, 1),
            ("tiny-frames", Bytes::from(tiny.repeat(frames)), usize::MAX, frames),
            ("tiny-frames-in-one-byte-reads", Bytes::from(tiny.repeat(frames)), 1, frames),
        ];
        for (shape, stream, read, expected) in shapes {
            group.throughput(Throughput::Bytes(length(stream.len())));
            group.bench_with_input(BenchmarkId::new(shape, size), &stream, |b, stream| {
                b.iter(|| {
                    let mut framer = Framer::new(Reading::Lenient, Limits::default());
                    let mut frames = 0;
                    let mut at = 0;
                    while at < stream.len() {
                        let end = at.saturating_add(read).min(stream.len());
                        framer.push(black_box(stream).slice(at..end));
                        frames += drain(&mut framer).1;
                        at = end;
                    }
                    assert_eq!(frames, expected);
                });
            });
        }
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
            b.iter(|| {
                out.clear();
                assert!(tid().fits(black_box(content)));
                let writer = writer(tid(), size, Range::Explicit);
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

criterion_group!(benches, frame, hostile, encode, connection);
criterion_main!(benches);
