//! What reading allocates, counted: nothing for an entry as long as the caller only iterates.

use std::fmt::Write as _;

use allocation_counter::{AllocationInfo, measure};
use bytes::Bytes;
use simple_im_resource_lists::{Document, Limits};

fn document(entries: usize, name: &str) -> Bytes {
    let mut xml = String::from(
        "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\" \
         xmlns:cp=\"urn:ietf:params:xml:ns:copycontrol\"><list>\n",
    );
    for i in 0..entries {
        writeln!(xml, "<entry uri=\"sip:{i}@example.com\" cp:copyControl=\"to\">{name}</entry>").unwrap();
    }
    Bytes::from(xml + "</list></resource-lists>")
}

/// Reads all entries and looks at each; what that allocates.
fn reading(document: &Bytes, entries: usize) -> AllocationInfo {
    let limits = Limits { max_document: 1 << 30, max_entries: entries, ..Limits::default() };
    measure(|| {
        let document = Document::new(document.clone(), &limits).unwrap();
        let mut found = 0;
        for entry in document.reader(&limits).entries() {
            let entry = entry.unwrap();
            assert!(entry.uri().starts_with("sip:"));
            found += 1;
        }
        assert_eq!(found, entries);
    })
}

#[test]
fn iterating_allocates_the_same_for_ten_entries_and_for_a_hundred_thousand() {
    let name = "<display-name xml:lang=\"en\">A name &amp; more</display-name>";
    let few = reading(&document(10, name), 10);
    let many = reading(&document(100_000, name), 100_000);
    assert_eq!(few.count_total, many.count_total);
    assert!(many.count_total < 16, "{}", many.count_total);
    assert!(many.bytes_max < 8 << 10, "{}", many.bytes_max);
}
