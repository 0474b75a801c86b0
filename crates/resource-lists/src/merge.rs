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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CopyControl;
    use alloc::string::String;
    use core::fmt::Write as _;

    /// Merges lists given as `uri control [anonymous]`, URIs compared without case, and shows the result.
    #[track_caller]
    fn check(lists: &[&[(&str, CopyControl, bool)]], expected: &str) {
        let entry = |&(uri, control, anonymous): &(&str, CopyControl, bool)| {
            let entry = Entry::new(uri, control).unwrap();
            if anonymous { entry.with_anonymize() } else { entry }
        };
        let lists = lists.iter().map(|list| list.iter().map(entry).collect());
        let merged = merge(lists, |a, b| a.eq_ignore_ascii_case(b));
        let mut got = String::new();
        for Entry { uri, copy_control, anonymize, .. } in merged.entries() {
            write!(got, "{uri} {copy_control} {anonymize}|").unwrap();
        }
        assert_eq!(got, expected);
    }

    #[test]
    fn rfc5364_4_the_strongest_role_wins_over_all_lists() {
        use CopyControl::{Bcc, Cc, To};
        check(
            &[&[("a", Bcc, false), ("b", To, false)], &[("A", Cc, false), ("B", Bcc, false)]],
            "a cc false|b to false|",
        );
        check(&[&[("a", Cc, false), ("a", To, true)]], "a to true|");
        check(&[&[("a", To, true), ("A", To, false)]], "a to false|");
        check(&[&[("a", To, false), ("A", Bcc, true)]], "a to false|");
        check(&[], "");
    }

    #[test]
    fn a_name_is_taken_from_wherever_there_is_one() {
        let entry = |name| Entry::new("a", CopyControl::To).unwrap().with_display_name(name).unwrap();
        let merged = merge([RecipientList::from_iter([entry(""), entry("A"), entry("B")])], |_, _| false);
        assert_eq!(merged.entries().len(), 1);
        assert_eq!(merged.entries()[0].display_name.as_deref(), Some("A"));
    }
}
