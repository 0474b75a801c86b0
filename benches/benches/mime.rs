//! What taking a multipart body apart costs. Ids: `mime/multipart/<shape>/<who>`.
//!
//! `memmem` is the ceiling: finding the boundaries and nothing else. `ours` finds the parts and hands each out as it stands;
//! `ours-entities` reads the headers of all of them, too. The shapes called `hostile-..` are twice as long
//! from one to the next: what they cost must double, not quadruple.
#![expect(clippy::unwrap_used, reason = "criterion makes the main; a bench fails by a panic")]

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mime::{Boundary, Limits, Multipart, Reading};

const BOUNDARY: &str = "boundary-8f3a0c6e9b1d47528e6f";

/// A body of `parts` parts of `size` bytes of text each.
fn body(parts: usize, size: usize) -> Bytes {
    let line = "The lake is calm today -- and the cabin is warm; we will come again.\r\n";
    let mut text = String::new();
    for part in 0..parts {
        text +=
            &format!("--{BOUNDARY}\r\nContent-Type: text/plain\r\nContent-ID: <{part}@example.com>\r\n\r\n");
        text.extend(line.chars().cycle().take(size));
        text += "\r\n";
    }
    text += &format!("--{BOUNDARY}--\r\n");
    text.into()
}

fn shapes() -> Vec<(&'static str, usize, Bytes)> {
    let near = |count: usize| {
        // Starts as a delimiter does, at the start of a line, and is none.
        let lines = format!("--{BOUNDARY}x\r\n").repeat(count);
        let start = format!("--{BOUNDARY}\r\n\r\n");
        Bytes::from(start + &lines + &format!("\r\n--{BOUNDARY}--\r\n"))
    };
    vec![
        ("invite-2x1k", 2, body(2, 1 << 10)),
        ("2x64k", 2, body(2, 64 << 10)),
        ("2x1m", 2, body(2, 1 << 20)),
        ("60x4k", 60, body(60, 4 << 10)),
        ("hostile-near-10k", 1, near(10_000)),
        ("hostile-near-20k", 1, near(20_000)),
    ]
}

fn multipart(c: &mut Criterion) {
    let dashed = format!("--{BOUNDARY}");
    for (name, parts, body) in shapes() {
        let found = memchr::memmem::find_iter(&body, &dashed).count();
        let mut group = c.benchmark_group(format!("mime/multipart/{name}"));
        group.throughput(Throughput::Bytes(u64::try_from(body.len()).unwrap()));
        group.bench_function("memmem", |b| {
            b.iter(|| {
                let count = memchr::memmem::find_iter(black_box(&body), black_box(&dashed)).count();
                assert_eq!(count, found);
            });
        });
        group.bench_function("ours", |b| {
            b.iter(|| {
                let boundary = Boundary::parse(black_box(BOUNDARY)).unwrap();
                let found = boundary.parts(black_box(&body), Reading::Strict, &Limits::default());
                let count = found.fold(0, |count, part| {
                    black_box(part.unwrap().raw());
                    count + 1
                });
                assert_eq!(count, parts);
            });
        });
        group.bench_function("ours-entities", |b| {
            b.iter(|| {
                let limits = Limits::default();
                let read = Multipart::parse(BOUNDARY, black_box(&body).clone(), Reading::Strict, &limits);
                let (multipart, _) = read.unwrap();
                assert_eq!(multipart.parts().len(), parts);
                multipart
            });
        });
        group.finish();
    }
}

criterion_group!(benches, multipart);
criterion_main!(benches);
