//! What reading and writing SIP messages costs. Ids: `sip/<operation>/<message>/<who>`.
//!
//! `httparse` finds the header lines of the same bytes and knows nothing of SIP; `lines` only finds line ends;
//! `copy` only moves the bytes. Other people's SIP crates take part with the feature `rivals`.
#![expect(clippy::unwrap_used, reason = "a bench fails by a panic")]

mod ceiling;
mod messages;
mod ours;
#[cfg(feature = "rivals")]
mod rivals;

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use sip::{Message, Uri};

use self::messages::{Sample, samples};

/// The whole message: framing checked, header fields indexed.
fn parse(c: &mut Criterion) {
    let mut group = c.benchmark_group("sip/parse");
    for sample in samples() {
        let Sample { name, bytes, fields, .. } = &sample;
        group.throughput(throughput(bytes));
        group.bench_function(format!("{name}/ours"), |b| b.iter(|| ours::parse(&sample)));
        group.bench_function(format!("{name}/httparse"), |b| {
            let mut found = ceiling::NOTHING;
            b.iter(|| assert_eq!(ceiling::headers(black_box(bytes), &mut found).len(), *fields));
        });
        group.bench_function(format!("{name}/lines"), |b| {
            b.iter(|| assert_eq!(ceiling::lines(black_box(bytes)), fields + 1));
        });
        #[cfg(feature = "rivals")]
        rivals::parse(&mut group, &sample);
    }
    group.finish();
}

/// Parse, then what a user agent asks of every message.
fn typed(c: &mut Criterion) {
    let mut group = c.benchmark_group("sip/typed");
    for sample in samples() {
        let Sample { name, bytes, branch, body, .. } = &sample;
        group.throughput(throughput(bytes));
        group.bench_function(format!("{name}/ours"), |b| b.iter(|| ours::typed(&sample)));
        group.bench_function(format!("{name}/httparse-cuts"), |b| {
            let mut found = ceiling::NOTHING;
            b.iter(|| assert_eq!(ceiling::cuts(black_box(bytes), &mut found), Some((*branch, *body))));
        });
        #[cfg(feature = "rivals")]
        rivals::typed(&mut group, &sample);
    }
    group.finish();
}

/// So many bytes in each round.
fn throughput(bytes: &[u8]) -> Throughput {
    Throughput::Bytes(u64::try_from(bytes.len()).unwrap())
}

/// An INVITE made from its parts, and the 200 to it, checked by reading both; into a buffer that is used again.
fn encode(c: &mut Criterion) {
    let mut group = c.benchmark_group("sip/encode");
    let uri = Uri::parse("sip:bob@home2.example").unwrap();
    let body = ours::body();
    let mut buffer = BytesMut::with_capacity(4096);
    let invite = ours::invite(&mut BytesMut::new(), &uri, &body);
    group.throughput(throughput(invite.as_bytes()));
    group.bench_function("invite/built", |b| {
        b.iter(|| {
            let built = ours::invite(&mut buffer, black_box(&uri), black_box(&body));
            assert_eq!(built.as_bytes().len(), invite.as_bytes().len());
        });
    });
    copied(&mut group, "invite", invite.as_bytes());

    let ok = ours::ok(&mut BytesMut::new(), &invite, &body);
    group.throughput(throughput(ok.as_bytes()));
    group.bench_function("ok/built", |b| {
        b.iter(|| {
            let built = ours::ok(&mut buffer, black_box(&invite), black_box(&body));
            assert_eq!(built.as_bytes().len(), ok.as_bytes().len());
        });
    });
    copied(&mut group, "ok", ok.as_bytes());
    group.finish();
}

/// The ceiling of writing: the finished bytes copied into a buffer that is used again.
fn copied(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, bytes: &[u8]) {
    let mut out = BytesMut::with_capacity(4096);
    group.bench_function(format!("{name}/copy"), |b| {
        b.iter(|| {
            out.clear();
            out.extend_from_slice(black_box(bytes));
            assert_eq!(out.len(), bytes.len());
        });
    });
}

/// Twice the input costs twice the time, in shapes that invite worse: 5,000 to 40,000 header fields, one field of 32 to
/// 256 KiB in folds, 500 to 4,000 Via values in one line, and as many quoted strings. Ids end in the size; the
/// throughput of a shape is the same for each.
fn hostile(c: &mut Criterion) {
    let mut group = c.benchmark_group("sip/hostile");
    let limits = {
        let mut limits = sip::Limits::new();
        (limits.max_headers, limits.max_line, limits.max_head) = (1 << 20, 1 << 20, 1 << 24);
        limits
    };
    for factor in [1, 2, 4, 8] {
        let shapes = [
            ("headers", 5000 * factor, "", "X: y\r\n", ""),
            ("unknown", 5000 * factor, "", "X-Some-Name: y\r\n", ""),
            ("folded-bytes", (32 << 10) * factor, "X: y", "\r\n y", "\r\n"),
            ("vias", 500 * factor, "v: SIP/2.0/UDP a", ",SIP/2.0/UDP a", "\r\n"),
            ("quotes", 500 * factor, "v: SIP/2.0/UDP a", ";x=\"\\\",\"", "\r\n"),
            ("colons", 500 * factor, "X: ", ":", "\r\n"),
        ];
        for (shape, size, start, repeated, end) in shapes {
            let count = if shape == "folded-bytes" { size / repeated.len() } else { size };
            let text = format!("A b:c SIP/2.0\r\n{start}{}{end}\r\n", repeated.repeat(count));
            let bytes = Bytes::from(text);
            group.throughput(throughput(&bytes));
            group.bench_function(format!("{shape}/{size}"), |b| {
                b.iter(|| {
                    let read = Message::parse_with(black_box(&bytes).clone(), sip::Reading::Lenient, &limits);
                    let (message, _) = read.unwrap();
                    assert!(message.vias().all(|via| via.is_ok()));
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, parse, typed, encode, hostile);
criterion_main!(benches);
