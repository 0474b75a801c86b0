//! Which crate may depend on which: only downward (docs/architecture.md).

use std::collections::BTreeSet;

use super::Problem;
use crate::metadata::Workspace;

const CODECS: &[&str] = &["grammar", "sip", "sdp", "msrp", "mime", "resource-lists", "digest"];

/// Crate, what its code may depend on. Names without the prefix `simple-im-`.
const ALLOWED: &[(&str, &[&str])] = &[
    ("grammar", &[]),
    ("sip", &["grammar"]),
    ("sdp", &["grammar"]),
    ("msrp", &["grammar"]),
    ("mime", &["grammar"]),
    ("resource-lists", &["grammar"]),
    ("digest", &["grammar"]),
    ("sip-ua", &["grammar", "sip", "digest"]),
    ("pager", &["grammar", "sip", "sdp", "msrp", "mime", "resource-lists", "digest", "sip-ua"]),
    ("net", &["sip-ua"]),
    ("server", &["grammar", "sip", "sdp", "msrp", "mime", "resource-lists", "digest", "sip-ua", "net"]),
    (
        "sim",
        &["grammar", "sip", "sdp", "msrp", "mime", "resource-lists", "digest", "sip-ua", "pager", "server"],
    ),
    ("client", &["grammar", "sip", "digest", "sip-ua", "pager", "net"]),
];
/// Crates above all others: anything published is below them.
const TOP: &[&str] = &["simple-im", "cli", "benches", "xtask"];

/// Compares the table with what cargo knows.
pub(super) fn check(workspace: &Workspace) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (package, member) in &workspace.members {
        let name = short(package);
        if !TOP.contains(&name) {
            match ALLOWED.iter().find(|(from, _)| *from == name) {
                None => problems.push(problem(package, "is not in the table of arrows".to_owned())),
                Some((_, allowed)) => {
                    let wrong = member.needs.iter().filter(|to| !allowed.contains(&short(to)));
                    problems.extend(wrong.map(|to| problem(package, format!("must not depend on {to}"))));
                }
            }
        }
        // Cargo lets tests depend in circles; publishing does not.
        let mut below = BTreeSet::new();
        for to in member.tests_need.iter().filter(|to| *to != package) {
            reach(workspace, to, &mut below);
        }
        if below.contains(package.as_str()) {
            problems.push(problem(package, "its tests depend on a crate that depends on it".to_owned()));
        }
        if CODECS.contains(&name) && !no_std(package) {
            problems
                .push(problem(package, "lib.rs must say #![no_std], with std behind a feature".to_owned()));
        }
    }
    problems
}

/// Everything `package` needs, itself included.
fn reach<'a>(workspace: &'a Workspace, package: &'a str, below: &mut BTreeSet<&'a str>) {
    if !below.insert(package) {
        return;
    }
    if let Some(member) = workspace.members.get(package) {
        member.needs.iter().for_each(|to| reach(workspace, to, below));
    }
}

/// Whether the crate is `no_std`, if only without its feature `std`.
fn no_std(package: &str) -> bool {
    let path = crate::run::root().join("crates").join(short(package)).join("src/lib.rs");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().any(|line| line == "#![no_std]" || line == "#![cfg_attr(not(feature = \"std\"), no_std)]")
}

fn short(package: &str) -> &str {
    package.strip_prefix("simple-im-").unwrap_or(package)
}

fn problem(package: &str, what: String) -> Problem {
    Problem { file: package.to_owned(), line: 0, what }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Member;
    use expect_test::{Expect, expect};

    /// Each line: crate, `->` and what its code needs, `~>` and what its tests need.
    #[track_caller]
    fn check_lines(lines: &[(&str, &[&str], &[&str])], expected: Expect) {
        let set = |names: &[&str]| names.iter().map(|name| format!("simple-im-{name}")).collect();
        let members = lines.iter().map(|(name, needs, tests_need)| {
            let member = Member {
                needs: set(needs),
                tests_need: set(tests_need),
                features: Vec::new(),
                published: true,
            };
            (format!("simple-im-{name}"), member)
        });
        let workspace = Workspace { members: members.collect(), foreign: Vec::new() };
        let problems: Vec<String> = check(&workspace).iter().map(ToString::to_string).collect();
        expected.assert_eq(&problems.join("\n"));
    }

    #[test]
    fn downward_is_fine() {
        check_lines(&[("net", &["sip-ua"], &[]), ("client", &["pager", "net"], &["server"])], expect![[""]]);
    }

    #[test]
    fn upward_and_sideways_are_not() {
        check_lines(
            &[("sip-ua", &["sip", "pager"], &[]), ("net", &["msrp"], &[]), ("surprise", &[], &[])],
            expect![[r#"
                simple-im-net: must not depend on simple-im-msrp
                simple-im-sip-ua: must not depend on simple-im-pager
                simple-im-surprise: is not in the table of arrows"#]],
        );
    }

    #[test]
    fn tests_do_not_depend_in_circles() {
        check_lines(
            &[("sip-ua", &[], &["server"]), ("server", &["sip-ua"], &[])],
            expect!["simple-im-sip-ua: its tests depend on a crate that depends on it"],
        );
    }
}
