//! Other people's MSRP on the same bytes.
//!
//! rust-rcs-core reads only frames whose range is open: where its end is written it looks for an end-line without a
//! flag, which RFC 4975 §7.1 does not have.

use std::hint::black_box;

use bytes::Bytes;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId};
use rust_rcs_core::msrp::msrp_parser::MsrpParser;

use crate::Range;

pub(crate) fn frame(
    group: &mut BenchmarkGroup<'_, WallTime>,
    input: &str,
    stream: &Bytes,
    range: Range,
    size: usize,
) {
    // It takes a range of no octets for a contradiction.
    if matches!(range, Range::Explicit) || size == 0 {
        return;
    }
    group.bench_with_input(BenchmarkId::new("rust-rcs-core", input), stream, |b, stream| {
        b.iter(|| {
            let mut parser = MsrpParser::new();
            parser.feed(black_box(stream));
            match parser.produce() {
                Ok(Some(chunk)) => black_box(chunk),
                Ok(None) => panic!("it waits for more"),
                Err(error) => panic!("{error}"),
            };
        });
    });
}
