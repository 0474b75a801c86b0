//! What reading a resource list costs. Ids: `resource-lists/read/<entries>/<who>`.
//!
//! `events` is the ceiling: the XML reader without anybody who looks at its events. The shapes called `hostile-..` are
//! twice as long from one to the next: what they cost must double, not quadruple.
#![expect(clippy::unwrap_used, reason = "criterion makes the main; a bench fails by a panic")]

use std::fmt::Write as _;
use std::hint::black_box;

use bytes::Bytes;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use resource_lists::{Document, Item, Limits, RecipientList};

const OPEN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<resource-lists \
    xmlns=\"urn:ietf:params:xml:ns:resource-lists\" xmlns:cp=\"urn:ietf:params:xml:ns:copycontrol\">\n<list>\n";
const CLOSE: &str = "</list>\n</resource-lists>\n";

const LIMITS: Limits = Limits {
    max_document: 64 << 20,
    max_depth: 32,
    max_entries: 1_000_000,
    max_lists: 1_000_000,
    max_foreign: 1_000_000,
    max_attributes: 32,
    max_text: 64 << 20,
};

fn list(entries: usize) -> String {
    let mut text = String::from(OPEN);
    for i in 0..entries {
        writeln!(text, "  <entry uri=\"sip:user{i}@home{}.example\" cp:copyControl=\"to\"/>", i % 7).unwrap();
    }
    text + CLOSE
}

fn events(text: &str) -> usize {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut events = 0;
    while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {
        events += 1;
    }
    events
}

fn read(c: &mut Criterion) {
    for entries in [10, 1_000, 100_000] {
        let text = list(entries);
        let bytes = Bytes::from(text.clone());
        let mut group = c.benchmark_group(format!("resource-lists/read/{entries}"));
        group.throughput(Throughput::Elements(u64::try_from(entries).unwrap()));
        group.sample_size(20);
        group.bench_function("events", |b| {
            b.iter(|| assert!(events(black_box(&text)) > entries));
        });
        group.bench_function("ours", |b| b.iter(|| assert_eq!(items(black_box(&bytes)), entries)));
        group.bench_function("ours-owned", |b| b.iter(|| assert_eq!(list_of(black_box(&bytes)), entries)));
        rivals::read(&mut group, &text, entries);
        group.finish();
    }
}

/// Reads all items, one after the other, and counts the entries.
fn items(bytes: &Bytes) -> usize {
    let document = Document::new(bytes.clone(), &LIMITS).unwrap();
    document.reader(&LIMITS).fold(0, |count, item| {
        let is_entry = matches!(black_box(item.unwrap()), Item::Entry(_));
        count + usize::from(is_entry)
    })
}

/// Reads all entries as values of their own.
fn list_of(bytes: &Bytes) -> usize {
    RecipientList::parse(bytes.clone(), &LIMITS).unwrap().entries().len()
}

/// Reads to the end or to an error.
fn last(bytes: &Bytes) -> bool {
    let document = Document::new(bytes.clone(), &LIMITS).unwrap();
    document.reader(&LIMITS).last().is_some_and(|item| item.is_ok())
}

fn hostile(c: &mut Criterion) {
    let mut group = c.benchmark_group("resource-lists/hostile");
    group.sample_size(20);
    for size in [5_000, 10_000] {
        let entry = |inner: &str| format!("{OPEN}<entry uri=\"sip:a@b\">{inner}</entry>{CLOSE}");
        let shapes = [
            ("references", entry(&format!("<display-name>{}</display-name>", "&amp;".repeat(size)))),
            ("namespaces", entry(&"<x:y xmlns:x=\"z\"/>".repeat(size))),
            ("comments", entry(&"<!---->".repeat(size))),
            ("lists", format!("{OPEN}{}{CLOSE}", "<list/>".repeat(size))),
            ("spaces", format!("{OPEN}<entry{}uri=\"a\"/>{CLOSE}", " ".repeat(20 * size))),
            ("unclosed", format!("{OPEN}{}", "<entry uri=\"a\" ".repeat(size))),
            ("refs", format!("{OPEN}{}{CLOSE}", "<entry-ref ref=\"a\"/>".repeat(size))),
        ];
        for (shape, text) in shapes {
            let bytes = Bytes::from(text);
            group.bench_function(format!("{shape}-{size}"), |b| b.iter(|| last(black_box(&bytes))));
        }
    }
    group.finish();
}

#[cfg(feature = "rivals")]
mod rivals {
    //! A tree of the whole document, and the URIs taken out of it.

    use super::*;

    pub(crate) fn read(group: &mut BenchmarkGroup<'_, WallTime>, text: &str, entries: usize) {
        group.bench_function("roxmltree", |b| {
            b.iter(|| {
                let tree = roxmltree::Document::parse(black_box(text)).unwrap();
                let uris = tree.descendants().filter_map(|node| black_box(node.attribute("uri"))).count();
                assert_eq!(uris, entries);
            });
        });
    }
}

#[cfg(not(feature = "rivals"))]
mod rivals {
    //! Nobody to compare with.

    use super::*;

    pub(crate) fn read(_: &mut BenchmarkGroup<'_, WallTime>, _: &str, _: usize) {}
}

criterion_group!(benches, read, hostile);
criterion_main!(benches);
