//! The frames that are cut, and what cutting them costs us and costs at least.

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId};
use memchr::{memchr, memmem};
use msrp::{ByteRange, Flag, FrameEvent, FrameWriter, Framer, Limits, Reading, Tid};

/// Octets of content.
pub(crate) const SIZES: [usize; 4] = [0, 2 << 10, 64 << 10, 1 << 20];
pub(crate) const ALICE: &str = "msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp";
pub(crate) const BOB: &str = "msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp";

/// Bytes without a pattern, as a picture or an archive has them.
pub(crate) fn content(size: usize) -> Bytes {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let bytes = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    bytes.flatten().take(size).collect()
}

pub(crate) fn length(size: usize) -> u64 {
    size.try_into().unwrap()
}

/// How the end of the range is written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Range {
    Explicit,
    Star,
}

impl Range {
    pub(crate) const ALL: [(Self, &str); 2] = [(Self::Explicit, "explicit"), (Self::Star, "star")];
}

pub(crate) fn writer(tid: Tid, size: usize, range: Range) -> FrameWriter<'static> {
    let size = length(size);
    let end = match range {
        Range::Explicit => Some(size),
        Range::Star => None,
    };
    FrameWriter::request(tid, "SEND", BOB, ALICE)
        .message_id("m5Yt2Hb9Lr0a")
        .byte_range(ByteRange { start: 1, end, total: Some(size) })
        .content_type("application/octet-stream")
}

pub(crate) fn tid() -> Tid {
    Tid::parse("q7Zk1mN4c8Wd").unwrap()
}

/// One chunk on the wire.
pub(crate) fn chunk(content: &[u8], range: Range) -> Bytes {
    let mut out = BytesMut::new();
    let writer = writer(tid(), content.len(), range);
    writer.write_head(&mut out).unwrap();
    out.extend_from_slice(content);
    writer.write_end(Flag::Last, &mut out);
    out.freeze()
}

/// Takes what was pushed apart; the octets of content and the frames that ended.
pub(crate) fn drain(framer: &mut Framer) -> (usize, usize) {
    let (mut octets, mut frames) = (0, 0);
    while let Some(event) = framer.next_event().unwrap() {
        match event {
            FrameEvent::Head(head) => {
                black_box(&head);
            }
            FrameEvent::Content(content) => octets += content.len(),
            FrameEvent::End(_) => frames += 1,
        }
    }
    (octets, frames)
}

/// Where name and value of each header line lie; the octets of the header block.
fn bare_cut(stream: &[u8], lines: &mut [(usize, usize, usize); 16]) -> usize {
    let mut at = 0;
    for slot in lines {
        let Some(line_feed) = memchr(b'\n', &stream[at..]) else { break };
        let line = &stream[at..at + line_feed + 1];
        at += line.len();
        if line == b"\r\n" {
            break;
        }
        let colon = memchr(b':', line).unwrap_or(0);
        *slot = (at - line.len(), at - line.len() + colon, at - 2);
    }
    at
}

/// Cuts `stream`, one frame with `size` octets of content: with the framer, and as little as can be done.
pub(crate) fn bench(group: &mut BenchmarkGroup<'_, WallTime>, input: &str, stream: &Bytes, size: usize) {
    group.bench_with_input(BenchmarkId::new("ours", input), stream, |b, stream| {
        let mut framer = Framer::new(Reading::Lenient, Limits::default());
        b.iter(|| {
            framer.push(black_box(stream).clone());
            assert_eq!(drain(&mut framer), (size, 1));
        });
    });
    group.bench_with_input(BenchmarkId::new("ceiling", input), stream, |b, stream| {
        let finder = memmem::Finder::new(b"\r\n-------q7Zk1mN4c8Wd");
        b.iter(|| {
            let stream = black_box(stream);
            let mut lines = [(0, 0, 0); 16];
            let head = bare_cut(stream, &mut lines);
            black_box(&lines);
            let end = finder.find(stream).unwrap();
            assert!(end == head + size && end + 24 == stream.len());
        });
    });
}
