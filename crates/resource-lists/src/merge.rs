//! Merging recipient lists: each recipient once, with the strongest role (RFC 5364 §4).

use alloc::vec::Vec;

use crate::{Entry, RecipientList};

/// One list of several, in order of first appearance, each recipient once.
///
/// Duplicates are what `same` says: for SIP URIs the comparison of RFC 3261 §19.1.4, not that of texts
/// (RFC 5363 §4.1). Of the copy controls the strongest wins, `to` before `cc` before `bcc`; anonymous stays only
/// who is anonymous wherever that role is given. Texts that are equal are not compared by `same`, which is
/// called at most once for each pair of different texts.
pub fn merge(
    lists: impl IntoIterator<Item = RecipientList>,
    mut same: impl FnMut(&str, &str) -> bool,
) -> RecipientList {
    let mut merged: Vec<Entry> = Vec::new();
    for entry in lists.into_iter().flat_map(RecipientList::into_entries) {
        let known = merged
            .iter()
            .position(|known| known.uri == entry.uri)
            .or_else(|| merged.iter().position(|known| same(&known.uri, &entry.uri)));
        match known.and_then(|at| merged.get_mut(at)) {
            None => merged.push(entry),
            Some(known) => absorb(known, entry),
        }
    }
    merged.into_iter().collect()
}

/// Takes into `known` what another entry for the same recipient adds.
fn absorb(known: &mut Entry, other: Entry) {
    known.anonymize = match known.copy_control.cmp(&other.copy_control) {
        core::cmp::Ordering::Less => other.anonymize,
        core::cmp::Ordering::Equal => known.anonymize && other.anonymize,
        core::cmp::Ordering::Greater => known.anonymize,
    };
    known.copy_control = known.copy_control.max(other.copy_control);
    known.copy_control_given |= other.copy_control_given;
    if known.display_name.is_none() {
        known.display_name = other.display_name;
    }
}
