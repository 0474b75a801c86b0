//! Licences, sources and bans of everything we depend on.

use crate::metadata::Workspace;
use crate::{Result, run};

/// What may be linked into a product without asking anybody.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "NCSA", // libFuzzer inside libfuzzer-sys: tests only
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates that must not come in, not even by way of others, and why.
const BANNED: &[(&str, &str)] = &[
    ("openssl-sys", "the TLS provider is the caller's (docs/adr)"),
    ("native-tls", "the TLS provider is the caller's (docs/adr)"),
    ("async-std", "one runtime: tokio, in `net` and above"),
    ("chrono", "`time` does it"),
];

/// Prints nothing if all is well.
pub(crate) fn run() -> Result {
    let workspace = Workspace::load()?;
    let mut problems = Vec::new();
    for package in &workspace.foreign {
        let title = format!("{} {}", package.name, package.version);
        if !allowed(&package.licence) {
            problems.push(format!("{title}: licence `{}` is not on the list", package.licence));
        }
        if !package.source.as_deref().is_some_and(|source| source.starts_with("registry+")) {
            problems.push(format!("{title}: not from a registry"));
        }
        if let Some((_, reason)) = BANNED.iter().find(|(name, _)| *name == package.name) {
            problems.push(format!("{title}: banned, {reason}"));
        }
    }
    for name in ["LICENSE-MIT", "LICENSE-APACHE"] {
        if !run::root().join(name).is_file() {
            problems.push(format!("{name} is missing"));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

/// Whether an SPDX expression can be satisfied: `OR` binds weaker than `AND`, `/` is an old way to write `OR`.
fn allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let tokens = expression.replace('(', " ( ").replace(')', " ) ");
    let mut tokens = tokens.split_whitespace().peekable();
    any_of(&mut tokens) && tokens.next().is_none()
}

type Tokens<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_of(tokens: &mut Tokens<'_>) -> bool {
    let mut any = all_of(tokens);
    while tokens.next_if_eq(&"OR").is_some() {
        any |= all_of(tokens);
    }
    any
}

fn all_of(tokens: &mut Tokens<'_>) -> bool {
    let mut all = one(tokens);
    while tokens.next_if_eq(&"AND").is_some() {
        all &= one(tokens);
    }
    all
}

fn one(tokens: &mut Tokens<'_>) -> bool {
    match tokens.next() {
        Some("(") => any_of(tokens) & (tokens.next() == Some(")")),
        Some(name) => {
            let name = match tokens.next_if_eq(&"WITH") {
                Some(_) => format!("{name} WITH {}", tokens.next().unwrap_or_default()),
                None => name.to_owned(),
            };
            ALLOWED.contains(&name.as_str())
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_spdx_reads_them() {
        for (expression, expected) in [
            ("MIT", true),
            ("MIT OR Apache-2.0", true),
            ("MIT/Apache-2.0", true),
            ("GPL-3.0", false),
            ("GPL-3.0 OR MIT", true),
            ("MIT AND GPL-3.0", false),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
            ("(MIT OR GPL-3.0) AND GPL-3.0", false),
            ("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT", true),
            ("GPL-2.0 WITH Classpath-exception-2.0", false),
            ("", false),
            ("(MIT", false),
        ] {
            assert_eq!(allowed(expression), expected, "{expression:?}");
        }
    }
}
