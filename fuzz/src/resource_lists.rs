//! Properties of `resource-lists`.

use bytes::Bytes;
use resource_lists::{ANONYMOUS, CopyControl, Entry, Limits, RecipientList, ResourceLists, merge, merge_by};

/// A document that is read is written and read the same, as a tree and as a flat list; both are what reading item by item
/// gives, no URI is in a merged list twice, and every offset lies in the document.
pub fn resource_lists(data: &[u8]) {
    let limits = Limits { max_document: 1 << 24, ..Limits::default() };
    let document = Bytes::copy_from_slice(data);
    let tree = ResourceLists::parse(document.clone(), &limits);
    let list = RecipientList::parse(document, &limits);
    let (tree, list) = match (tree, list) {
        (Ok(tree), Ok(list)) => (tree, list),
        (Err(error), Err(other)) => {
            assert_eq!(error, other);
            return assert!(error.offset() <= data.len(), "{error}");
        }
        (tree, list) => panic!("{tree:?} and {list:?}"),
    };
    assert!(list.entries().len() + list.entry_refs() + list.externals() <= limits.max_entries);
    assert_eq!(tree.recipients(), list);

    // What is written says the copy control of every entry.
    let said = |entry: &Entry| {
        let again = Entry::new(entry.uri().clone(), entry.copy_control()).expect("it was read");
        let again = again.with_count(entry.count()).with_foreign(entry.foreign().clone());
        let again = if entry.anonymize() { again.with_anonymize() } else { again };
        entry.display_name().cloned().map_or(again.clone(), |name| again.named(name))
    };
    let expected: Vec<Entry> = list.entries().iter().map(said).collect();
    // Escapes and declarations take room.
    let wide = Limits {
        max_text: 1 << 24,
        max_attributes: 1000,
        max_declarations: 1000,
        max_document: 1 << 28,
        ..limits
    };
    let written = RecipientList::parse(list.to_xml().into(), &wide).expect("what we write we read");
    assert_eq!(written.entries(), expected);
    let xml = tree.to_xml();
    let written = ResourceLists::parse(xml.clone().into(), &wide).expect("what we write we read");
    assert_eq!(written.recipients().entries(), expected);
    assert_eq!(written.to_xml(), xml);

    let mut pushed = RecipientList::new();
    for entry in list.entries() {
        let there = pushed.entries().iter().any(|other| other.uri() == entry.uri());
        assert!(pushed.push(entry.clone()).is_err() == there || *entry.uri() == *ANONYMOUS);
    }
    let history = list.history();
    assert!(history.entries().iter().all(|entry| entry.copy_control() != CopyControl::Bcc));
    let merged = merge([list.clone()], |a, b| a.eq_ignore_ascii_case(b));
    assert_eq!(merge_by([list], str::to_ascii_lowercase, |a, b| a.eq_ignore_ascii_case(b)), merged);
    for (i, entry) in merged.entries().iter().enumerate() {
        assert!(merged.entries()[..i].iter().all(|other| !other.uri().eq_ignore_ascii_case(entry.uri())));
    }
}
