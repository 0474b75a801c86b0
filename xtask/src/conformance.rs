//! `cargo xtask conformance`: which clause is implemented where, and which test shows it.
//!
//! Read from comments (`RFC 4975 §7.1.1`, `SEED-14`) and from the names of tests (`rfc4975_7_1_1_byte_range`,
//! `seed_14_focus_asks_for_reports`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use crate::{Result, flags, run};

const FILE: &str = "docs/conformance.md";

/// A specification and a place in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Clause {
    spec: Spec,
    /// `7.1.1` as numbers, so that 10 comes after 9.
    section: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Spec {
    /// The requirements this project started from.
    Seed,
    Rfc(u32),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u32),
    /// An appendix.
    Letter(char),
}

/// Where a clause is named.
#[derive(Debug, Default, PartialEq, Eq)]
struct Places {
    files: BTreeSet<String>,
    tests: BTreeSet<String>,
}

/// Writes the table, or compares it with what is there.
pub(crate) fn run(flags: &flags::Conformance) -> Result {
    let root = run::root();
    let mut clauses = BTreeMap::new();
    for path in run::files_below(&root.join("crates")) {
        let Ok(name) = path.strip_prefix(&root) else { continue };
        if path.extension().is_some_and(|end| end == "rs") {
            collect(&name.to_string_lossy(), &fs::read_to_string(&path)?, &mut clauses);
        }
    }
    let text = table(&clauses);
    let path = root.join(FILE);
    if !flags.check {
        fs::write(&path, text)?;
        println!("{FILE}: {} clauses", clauses.len());
    } else if fs::read_to_string(&path).unwrap_or_default() != text {
        return Err(format!("{FILE} is out of date: run `cargo xtask conformance`").into());
    }
    Ok(())
}

/// Reads one file.
fn collect(file: &str, text: &str, clauses: &mut BTreeMap<Clause, Places>) {
    for line in text.lines().map(str::trim_start) {
        if let Some(comment) = line.strip_prefix("//").or_else(|| line.split_once(" // ").map(|(_, end)| end))
        {
            for clause in clauses_in(comment) {
                clauses.entry(clause).or_default().files.insert(short(file));
            }
        } else if let Some(name) = line.strip_prefix("fn ").or_else(|| line.strip_prefix("async fn ")) {
            let name = name.split(['(', '<']).next().unwrap_or_default();
            for clause in clauses_of_name(name) {
                let test = format!("{}::{name}", short(file));
                clauses.entry(clause).or_default().tests.insert(test);
            }
        }
    }
}

/// The clauses a comment names. `RFC 4975 §7.1.1 and §7.2` names two.
fn clauses_in(comment: &str) -> Vec<Clause> {
    let mut found = Vec::new();
    for part in comment.split("RFC ").skip(1) {
        let Some((number, rest)) = digits(part) else { continue };
        for section in rest.split('§').skip(1) {
            if let Some(section) = section_of(section) {
                found.push(Clause { spec: Spec::Rfc(number), section });
            }
        }
    }
    for part in comment.split("SEED-").skip(1) {
        let Some((number, rest)) = digits(part) else { continue };
        let last = rest.strip_prefix("..").and_then(digits).map_or(number, |(last, _)| last);
        for number in number..=last.min(number.saturating_add(99)) {
            found.push(Clause { spec: Spec::Seed, section: vec![Part::Number(number)] });
        }
    }
    found
}

/// `7.1.1` or `A.2` at the start of the text.
fn section_of(text: &str) -> Option<Vec<Part>> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(text.len());
    let mut section = Vec::new();
    for word in text.split_at(end).0.split('.') {
        let mut letters = word.chars();
        match (word.parse(), letters.next(), letters.next()) {
            (Ok(number), _, _) => section.push(Part::Number(number)),
            (_, Some(letter @ 'A'..='Z'), None) => section.push(Part::Letter(letter)),
            _ => break,
        }
    }
    (!section.is_empty()).then_some(section)
}

/// The clauses the name of a test starts with: `rfc4975_7_1_1_..` is one, `seed_13_17_..` two, `seed_3_to_5_..` three.
fn clauses_of_name(name: &str) -> Vec<Clause> {
    let mut words = name.split('_').peekable();
    let Some(first) = words.next() else { return Vec::new() };
    if first != "seed" {
        let Some(number) = first.strip_prefix("rfc").and_then(|number| number.parse().ok()) else {
            return Vec::new();
        };
        let section: Vec<Part> = words.map_while(|word| word.parse().ok().map(Part::Number)).collect();
        let spec = Spec::Rfc(number);
        return if section.is_empty() { Vec::new() } else { vec![Clause { spec, section }] };
    }
    let mut numbers: Vec<u32> = Vec::new();
    while let Some(word) = words.next() {
        match (word.parse(), numbers.last()) {
            (Ok(number), _) => numbers.push(number),
            (Err(_), Some(&start)) if word == "to" => {
                let Some(end) = words.peek().and_then(|word| word.parse::<u32>().ok()) else { break };
                numbers.extend((start + 1..end).take(100));
            }
            _ => break,
        }
    }
    let clause = |number| Clause { spec: Spec::Seed, section: vec![Part::Number(number)] };
    numbers.into_iter().map(clause).collect()
}

/// The number the text starts with, and the rest.
fn digits(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    Some((number.parse().ok()?, rest))
}

/// `crates/sip/src/message/request.rs` as `sip/message/request`.
fn short(file: &str) -> String {
    let file = file.strip_prefix("crates/").unwrap_or(file);
    file.strip_suffix(".rs").unwrap_or(file).replacen("/src/", "/", 1)
}

fn table(clauses: &BTreeMap<Clause, Places>) -> String {
    let mut text = String::from(
        "# Conformance\n\nGenerated by `cargo xtask conformance` from comments and the names of tests; CI compares. A file is named \
         by its\ncrate and module. A clause without a test is implemented and not shown by a test of its name.\n",
    );
    let mut spec = None;
    for (clause, places) in clauses {
        if spec != Some(clause.spec) {
            spec = Some(clause.spec);
            let title = match clause.spec {
                Spec::Seed => "Requirements (SEED)".to_owned(),
                Spec::Rfc(number) => format!("RFC {number}"),
            };
            let _ = write!(text, "\n## {title}\n\n| clause | code | tests |\n|---|---|---|\n");
        }
        let section: Vec<String> = clause.section.iter().map(ToString::to_string).collect();
        let join = |names: &BTreeSet<String>| {
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ")
        };
        let _ =
            writeln!(text, "| {} | {} | {} |", section.join("."), join(&places.files), join(&places.tests));
    }
    text
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Letter(letter) => write!(f, "{letter}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let mut clauses = BTreeMap::new();
        collect("crates/sip/src/via.rs", text, &mut clauses);
        let rows: Vec<String> = table(&clauses)
            .lines()
            .skip(4)
            .filter(|line| !line.is_empty())
            .map(|line| format!("{line}\n"))
            .collect();
        expected.assert_eq(&rows.concat());
    }

    #[test]
    fn clauses_come_from_comments_and_names() {
        check(
            "/// `Via`, RFC 3261 §20.42 and §8.1.1.7, RFC 3581 §3.\nfn x() { y(); } // SEED-2..4\n#[test]\nfn rfc3261_20_42_via() {}\n",
            expect![[r#"
                ## Requirements (SEED)
                | clause | code | tests |
                |---|---|---|
                | 2 | `sip/via` |  |
                | 3 | `sip/via` |  |
                | 4 | `sip/via` |  |
                ## RFC 3261
                | clause | code | tests |
                |---|---|---|
                | 8.1.1.7 | `sip/via` |  |
                | 20.42 | `sip/via` | `sip/via::rfc3261_20_42_via` |
                ## RFC 3581
                | clause | code | tests |
                |---|---|---|
                | 3 | `sip/via` |  |
            "#]],
        );
    }

    #[test]
    fn requirements_are_named_one_by_one_and_as_a_range() {
        let numbers = |name: &str| {
            clauses_of_name(name)
                .iter()
                .map(|clause| clause.section[0].to_string())
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(numbers("seed_13_17_a_text"), "13 17");
        assert_eq!(numbers("seed_3_to_6_a_text_to_two"), "3 4 5 6");
        assert_eq!(numbers("seed_14_to_everybody"), "14");
        assert_eq!(numbers("seeds_of_3"), "");
    }

    #[test]
    fn code_and_vague_names_count_for_nothing() {
        check("let x = \"RFC 3261 §1\";\nfn rfc3261_timer() {}\n/// RFC 3261 as a whole\n", expect![[""]]);
    }
}
