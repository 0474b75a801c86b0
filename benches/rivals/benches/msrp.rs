//! rust-rcs-core on MSRP frames, beside the framer of the workspace. Ids: `msrp/frame/<who>/half/<content size>`.
//!
//! It reads only chunks with an open range that are not the last of their message. Where the end of the range is written
//! it looks for an end-line without a flag, which RFC 4975 §7.1 does not have; and content up to the total is more than
//! declared to it.

#[expect(dead_code, reason = "the rival does not read what the other benches read")]
#[path = "../../benches/msrp/frame.rs"]
mod frame;

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use msrp::{ByteRange, Flag, FrameWriter};
use rust_rcs_core::msrp::msrp_parser::MsrpParser;

use self::frame::{ALICE, BOB, SIZES, content, length, tid};

/// The first half of a message on the wire.
fn chunk(content: &[u8]) -> Bytes {
    let total = Some(2 * length(content.len()));
    let writer = FrameWriter::request(tid(), "SEND", BOB, ALICE)
        .message_id("m5Yt2Hb9Lr0a")
        .byte_range(ByteRange { start: 1, end: None, total })
        .content_type("application/octet-stream");
    let mut out = BytesMut::new();
    writer.write_head(&mut out).unwrap();
    out.extend_from_slice(content);
    writer.write_end(Flag::More, &mut out);
    out.freeze()
}

fn cut(c: &mut Criterion) {
    let mut group = c.benchmark_group("msrp/frame");
    for size in SIZES.into_iter().filter(|&size| size > 0) {
        let stream = chunk(&content(size));
        let input = format!("half/{size}");
        group.throughput(Throughput::Bytes(length(stream.len())));
        frame::bench(&mut group, &input, &stream, size);
        group.bench_with_input(BenchmarkId::new("rust-rcs-core", &input), &stream, |b, stream| {
            b.iter(|| {
                let mut parser = MsrpParser::new();
                parser.feed(black_box(stream));
                let chunk = parser.produce().unwrap().unwrap();
                assert_eq!(chunk.get_body().unwrap().len(), size);
                chunk
            });
        });
    }
    group.finish();
}

criterion_group!(benches, cut);
criterion_main!(benches);
