//! Properties of `resource-lists`.

use bytes::Bytes;
use resource_lists::{Entry, Limits, RecipientList, merge};

/// A list that is read is written and read the same, no URI is in a merged list twice, and every offset lies in the
/// document.
pub fn resource_lists(data: &[u8]) {
    let limits = Limits { max_document: 1 << 24, ..Limits::default() };
    let list = match RecipientList::parse(Bytes::copy_from_slice(data), &limits) {
        Ok(list) => list,
        Err(error) => return assert!(error.offset() <= data.len(), "{error}"),
    };
    assert!(list.entries().len() + list.entry_refs() + list.externals() <= limits.max_entries);
    // What is written says the copy control of every entry.
    let said = |entry: &Entry| {
        let mut entry = entry.clone();
        entry.copy_control_given = true;
        entry
    };
    let expected: Vec<Entry> = list.entries().iter().map(said).collect();
    let written = RecipientList::parse(list.to_xml().into(), &limits).expect("what we write we read");
    assert_eq!(written.entries(), expected);
    let merged = merge([list], |a, b| a.eq_ignore_ascii_case(b));
    for (i, entry) in merged.entries().iter().enumerate() {
        assert!(merged.entries()[..i].iter().all(|other| !other.uri.eq_ignore_ascii_case(&entry.uri)));
    }
}
