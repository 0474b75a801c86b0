//! rust-rcs-core on MSRP frames, beside the framer of the workspace. Ids: `msrp/frame/<who>/<range>/<content size>`.
//!
//! It reads only frames whose range is open: where its end is written it looks for an end-line without a flag, which
//! RFC 4975 §7.1 does not have; and it takes a range of no octets for a contradiction.

#[path = "../../benches/msrp/frame.rs"]
mod frame;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rust_rcs_core::msrp::msrp_parser::MsrpParser;

use self::frame::{Range, SIZES, chunk, content, length};

fn cut(c: &mut Criterion) {
    let mut group = c.benchmark_group("msrp/frame");
    for size in SIZES.into_iter().filter(|&size| size > 0) {
        let stream = chunk(&content(size), Range::Star);
        let input = format!("star/{size}");
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
