//! What a source file must look like: first line, size, names, blanks, no third-party types in signatures.

use super::Problem;

/// Lines a file may have in all.
const MOST_LINES: usize = 800;
/// Lines a file may have before its tests.
const MOST_CODE_LINES: usize = 500;
/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "types", "common", "misc"];
/// Where nom and quick-xml may not be seen: the bridge between nom and our errors is the one exception.
const NOM_BRIDGE: &str = "crates/grammar/src/rule.rs";

/// Rules of every text file.
pub(super) fn blanks(file: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (line, content) in numbered(text) {
        if content.ends_with([' ', '\t', '\r']) {
            problems.push(problem(file, line, "blank at the end of the line"));
        }
    }
    if !text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")) {
        problems.push(problem(file, text.lines().count(), "must end with one line end"));
    }
    problems
}

/// Rules of Rust files.
pub(super) fn rust(file: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let first = text.lines().next().unwrap_or_default();
    // The facade's first line is its README.
    let says = first.starts_with("#![doc = include_str!")
        || first.strip_prefix("//! ").is_some_and(|rest| !rest.trim().is_empty());
    if !says {
        problems.push(problem(file, 1, "the first line must say what the file is: `//! ..`"));
    }
    if let Some(name) = empty_name(file) {
        problems.push(problem(file, 0, &format!("`{name}` says nothing: call the file after its main type")));
    }
    let lines = text.lines().count();
    if lines > MOST_LINES {
        problems.push(problem(file, 0, &format!("{lines} lines, {MOST_LINES} are the most")));
    }
    let code = code_lines(text);
    if !is_test(file) && code > MOST_CODE_LINES {
        problems.push(problem(
            file,
            0,
            &format!("{code} lines before the tests, {MOST_CODE_LINES} are the most"),
        ));
    }
    let unfinished = concat!("todo", "!(");
    for (line, content) in numbered(text) {
        if content.contains(unfinished) {
            problems.push(problem(file, line, "unfinished"));
        }
        if content.trim_start().starts_with("#[allow(") || content.trim_start().starts_with("#![allow(") {
            problems.push(problem(file, line, "use #[expect(.., reason = \"..\")]"));
        }
    }
    if file != NOM_BRIDGE && !is_test(file) {
        problems.extend(foreign_signatures(file, text));
    }
    problems
}

/// The part of the path that is an empty name.
fn empty_name(file: &str) -> Option<&str> {
    file.split('/')
        .map(|part| part.strip_suffix(".rs").unwrap_or(part))
        .find(|part| EMPTY_NAMES.contains(part))
}

/// Whether the file has nothing but tests.
fn is_test(file: &str) -> bool {
    file.ends_with("/tests.rs") || file.contains("/tests/") || file.starts_with("benches/")
}

/// How many lines stand before the test module.
fn code_lines(text: &str) -> usize {
    let mut lines = numbered(text).peekable();
    while let Some((line, content)) = lines.next() {
        let next = lines.peek().map_or("", |(_, next)| next.trim_start());
        if content == "#[cfg(test)]" && next.starts_with("mod tests") {
            return line - 1;
        }
    }
    text.lines().count()
}

/// Public items that show nom or quick-xml to the user.
fn foreign_signatures(file: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut signature: Option<(usize, String)> = None;
    for (line, content) in numbered(text) {
        let content = content.trim_start();
        let starts =
            ["pub fn ", "pub const fn ", "pub struct ", "pub enum ", "pub type ", "pub trait ", "pub use "];
        if signature.is_none() && starts.iter().any(|start| content.starts_with(start)) {
            signature = Some((line, String::new()));
        }
        if let Some((first, mut text)) = signature.take() {
            text.push_str(content);
            text.push(' ');
            if !content.contains(['{', ';']) {
                signature = Some((first, text));
            } else if ["nom::", "IResult", "quick_xml"].iter().any(|name| text.contains(name)) {
                problems.push(problem(file, first, "nom and quick-xml stay out of what users see"));
            }
        }
    }
    problems
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.split('\n'))
}

fn problem(file: &str, line: usize, what: &str) -> Problem {
    Problem { file: file.to_owned(), line, what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(file: &str, text: &str, expected: Expect) {
        let mut problems = blanks(file, text);
        problems.extend(rust(file, text));
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        expected.assert_eq(&problems.join("\n"));
    }

    #[test]
    fn a_good_file_has_no_problem() {
        check("crates/a/src/b.rs", "//! `B`.\n\npub fn b() {}\n", expect![[""]]);
    }

    #[test]
    fn the_first_line_says_what_the_file_is() {
        let expected = "crates/a/src/b.rs:1: the first line must say what the file is: `//! ..`";
        for text in ["use x;\n", "//!\n//! late\n", "// no doc\n"] {
            let problems = rust("crates/a/src/b.rs", text);
            assert_eq!(problems.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected], "{text:?}");
        }
    }

    #[test]
    fn blanks_and_ends_of_lines() {
        check(
            "b.rs",
            "//! B. \nuse x;\t\n\n",
            expect![[r#"
                b.rs:1: blank at the end of the line
                b.rs:2: blank at the end of the line
                b.rs:3: must end with one line end"#]],
        );
        check("b.rs", "//! B.", expect!["b.rs:1: must end with one line end"]);
        check("b.rs", "//! B.\r\n", expect!["b.rs:1: blank at the end of the line"]);
    }

    #[test]
    fn names_that_say_nothing() {
        check(
            "crates/a/src/utils.rs",
            "//! B.\n",
            expect!["crates/a/src/utils.rs: `utils` says nothing: call the file after its main type"],
        );
        check(
            "crates/a/src/common/x.rs",
            "//! B.\n",
            expect!["crates/a/src/common/x.rs: `common` says nothing: call the file after its main type"],
        );
        check("crates/a/src/content_types.rs", "//! B.\n", expect![[""]]);
    }

    #[test]
    fn sizes_with_and_without_tests() {
        let line = "fn a() {}\n";
        let long = format!("//! B.\n{}", line.repeat(500));
        check("b.rs", &long, expect!["b.rs: 501 lines before the tests, 500 are the most"]);
        check("crates/a/src/b/tests.rs", &long, expect![[""]]);
        let tested =
            format!("//! B.\n{}#[cfg(test)]\nmod tests {{\n{}}}\n", line.repeat(499), line.repeat(297));
        check("b.rs", &tested, expect![[""]]);
        let longer = format!("//! B.\n#[cfg(test)]\nmod tests {{\n{}}}\n", line.repeat(798));
        check("b.rs", &longer, expect!["b.rs: 802 lines, 800 are the most"]);
    }

    #[test]
    fn unfinished_code_and_silenced_lints() {
        let text = format!("//! B.\nfn b() {{ {}!() }}\n#[allow(dead_code)]\nfn c() {{}}\n", "todo");
        check(
            "b.rs",
            &text,
            expect![[r#"
                b.rs:2: unfinished
                b.rs:3: use #[expect(.., reason = "..")]"#]],
        );
    }

    #[test]
    fn parsers_of_others_in_signatures() {
        check(
            "b.rs",
            "//! B.\npub fn b(\n    i: &str,\n) -> nom::IResult<&str, u8> {\n}\n",
            expect!["b.rs:2: nom and quick-xml stay out of what users see"],
        );
        check(
            "b.rs",
            "//! B.\npub use quick_xml::Reader;\n",
            expect!["b.rs:2: nom and quick-xml stay out of what users see"],
        );
        check(
            "b.rs",
            "//! B.\npub fn b() {\n    nom::x();\n}\npub(crate) fn c() -> nom::X {}\n",
            expect![[""]],
        );
        check("crates/grammar/src/rule.rs", "//! B.\npub type R = nom::IResult<&str, u8>;\n", expect![[""]]);
    }
}
