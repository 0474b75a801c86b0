//! Merging recipient lists: each recipient once, with the strongest role (RFC 5364 §4).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use grammar::ByteStr;

use crate::{Entry, RecipientList};

/// One list of several, in order of first appearance, each recipient once.
///
/// Duplicates are what `same` says: for SIP URIs the comparison of RFC 3261 §19.1.4, not that of texts
/// (RFC 5363 §4.1). Of the copy controls the strongest wins, `to` before `cc` before `bcc`; anonymous stays only
/// who is anonymous wherever that role is given. Texts that are equal are not compared by `same`, which is
/// called at most once for each pair of different texts: where lists are long, [`merge_by`] calls it less.
pub fn merge(
    lists: impl IntoIterator<Item = RecipientList>,
    same: impl FnMut(&str, &str) -> bool,
) -> RecipientList {
    merge_by(lists, |_| (), same)
}

/// As [`merge()`], with `same` called only for URIs of which `key` makes the same thing, such as user and host in lower
/// case: what is the same must have the same key. With few URIs of one key the cost is that of sorting.
pub fn merge_by<K: Ord>(
    lists: impl IntoIterator<Item = RecipientList>,
    mut key: impl FnMut(&str) -> K,
    mut same: impl FnMut(&str, &str) -> bool,
) -> RecipientList {
    let mut merged: Vec<Entry> = Vec::new();
    let mut texts: BTreeMap<ByteStr, usize> = BTreeMap::new();
    let mut keys: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for entry in lists.into_iter().flat_map(RecipientList::into_entries) {
        let known = texts.get(entry.uri()).copied().or_else(|| {
            let alike = keys.entry(key(entry.uri())).or_default();
            let is_same = |&at: &usize| merged.get(at).is_some_and(|known| same(known.uri(), entry.uri()));
            let known = alike.iter().copied().find(is_same);
            if known.is_none() {
                alike.push(merged.len());
            }
            texts.insert(entry.uri().clone(), known.unwrap_or(merged.len()));
            known
        });
        match known.and_then(|at| merged.get_mut(at)) {
            None => merged.push(entry),
            Some(known) => known.absorb(entry),
        }
    }
    merged.into_iter().collect()
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
        let lists_of = || lists.iter().map(|list| list.iter().map(entry).collect());
        let merged = merge(lists_of(), |a, b| a.eq_ignore_ascii_case(b));
        let mut got = String::new();
        for entry in merged.entries() {
            write!(got, "{} {} {}|", entry.uri(), entry.copy_control(), entry.anonymize()).unwrap();
        }
        assert_eq!(got, expected);
        let lists = lists_of();
        assert_eq!(merge_by(lists, str::to_ascii_lowercase, |_, _| true), merged);
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
    fn rfc5363_4_1_only_what_has_the_same_key_is_compared() {
        let entry = |uri: &str| Entry::new(uri, CopyControl::To).unwrap();
        let uris = ["sip:a@x", "sip:A@x", "tel:1", "sip:a@x", "tel:2", "sip:A@x"];
        let mut asked = Vec::new();
        let merged = merge_by(
            [uris.map(entry).into_iter().collect()],
            |uri| uri.split(':').next().map(String::from),
            |a, b| {
                asked.push((String::from(a), String::from(b)));
                a.eq_ignore_ascii_case(b)
            },
        );
        assert_eq!(merged.entries().len(), 3);
        let pair = |a: &str, b: &str| (String::from(a), String::from(b));
        assert_eq!(asked, [pair("sip:a@x", "sip:A@x"), pair("tel:1", "tel:2")]);
    }

    #[test]
    fn rfc5363_4_1_many_lists_are_merged_with_few_comparisons() {
        let list = |part: usize| {
            let uri =
                move |i: usize| alloc::format!("sip:u{i}@{}", if part.is_multiple_of(2) { "x" } else { "X" });
            (0..200).map(move |i| Entry::new(uri(part / 2 * 200 + i), CopyControl::To).unwrap()).collect()
        };
        let mut compared = 0;
        let merged = merge_by((0..60).map(list), str::to_ascii_lowercase, |a, b| {
            compared += 1;
            a.eq_ignore_ascii_case(b)
        });
        assert_eq!((merged.entries().len(), compared), (6_000, 6_000));
    }

    #[test]
    fn a_name_is_taken_from_wherever_there_is_one() {
        let entry = |name| Entry::new("a", CopyControl::To).unwrap().with_display_name(name).unwrap();
        let merged = merge([RecipientList::from_iter([entry(""), entry("A"), entry("B")])], |_, _| false);
        assert_eq!(merged.entries().len(), 1);
        assert_eq!(merged.entries()[0].display_name().unwrap().text(), "A");
    }
}
