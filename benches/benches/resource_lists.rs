//! What reading a resource list costs. Ids: `resource-lists/read/<entries>/<who>`, entries with display names
//! `resource-lists/read-names/..`, entries that differ in what they say `resource-lists/read-mixed/..`.
//!
//! `events` is the ceiling: quick-xml without anybody who looks at its events. `ours` hands out one item after the other,
//! `ours-owned` makes a list of them. The shapes called `hostile-..` are
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
    max_inner: 1_000_000,
    max_attributes: 32,
    max_declarations: 64,
    max_text: 64 << 20,
};

/// A list of entries that say this after their URI.
fn list(entries: usize, says: impl Fn(usize) -> String) -> String {
    let mut text = String::from(OPEN);
    for i in 0..entries {
        writeln!(text, "  <entry uri=\"sip:user{i}@home{}.example\"{}", i % 7, says(i)).unwrap();
    }
    text + CLOSE
}

fn alike(_: usize) -> String {
    " cp:copyControl=\"to\"/>".into()
}

fn with_name(i: usize) -> String {
    format!(" cp:copyControl=\"to\">\n    <display-name>User {i}</display-name>\n  </entry>")
}

fn mixed(i: usize) -> String {
    const SAYS: [&str; 4] = [
        " cp:copyControl=\"to\"/>",
        " cp:anonymize=\"1\"/>",
        " />",
        " cp:copyControl='cc' cp:count='2'><display-name xml:lang='en'>A &amp; B</display-name></entry>",
    ];
    SAYS.into_iter().cycle().nth(i % 4).unwrap_or_default().into()
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
    let shapes = [
        ("read", 10, list(10, alike)),
        ("read", 1_000, list(1_000, alike)),
        ("read", 100_000, list(100_000, alike)),
        ("read-names", 1_000, list(1_000, with_name)),
        ("read-mixed", 1_000, list(1_000, mixed)),
    ];
    for (shape, entries, text) in shapes {
        let bytes = Bytes::from(text.clone());
        let mut group = c.benchmark_group(format!("resource-lists/{shape}/{entries}"));
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
