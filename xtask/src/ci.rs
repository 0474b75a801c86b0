//! `cargo xtask ci`: every gate, in order, each with its time.

use std::time::{Duration, Instant};

use crate::metadata::{Member, Workspace};
use crate::{Result, conformance, flags, fuzz, interop, licences, run, tidy};

/// A gate: its name and what it does.
type Gate = (&'static str, fn() -> Result);

/// Cheap ones first; what needs other programs last.
const GATES: &[Gate] = &[
    ("fmt", fmt),
    ("tidy", tidy::run),
    ("conformance", || conformance::run(&flags::Conformance { check: true })),
    ("clippy", clippy),
    (TESTS, tests),
    ("features", features),
    ("doc", doc),
    ("fuzz", || fuzz::run(&flags::Fuzz { command: flags::FuzzCommand::Replay })),
    ("benches", benches),
    ("licences", licences::run),
    ("interop", || {
        interop::run(&flags::Interop { filter: Vec::new(), list: false, keep: false, command: None })
    }),
];

/// Unit, integration and documentation tests: what `.ci/run` may have done already.
const TESTS: &str = "tests";

/// Runs the gates that the flags pick.
pub(crate) fn run(flags: &flags::Ci) -> Result {
    let picked = pick(flags)?;
    if flags.list {
        picked.iter().for_each(|(name, _)| println!("{name}"));
        return Ok(());
    }
    let mut times = Vec::new();
    for (name, gate) in picked {
        println!("=== {name}");
        let started = now();
        gate().map_err(|error| format!("{name}:\n{error}"))?;
        times.push((name, started.elapsed()));
    }
    println!("\nall gates passed");
    for (name, time) in times {
        println!("{name:<12} {}", seconds(time));
    }
    Ok(())
}

fn pick(flags: &flags::Ci) -> Result<Vec<Gate>> {
    let position = |wanted: &str| {
        GATES
            .iter()
            .position(|(name, _)| *name == wanted)
            .ok_or_else(|| format!("no gate is called {wanted}"))
    };
    let gates: Vec<Gate> = match (&flags.from, &flags.only) {
        (_, Some(only)) => GATES.iter().skip(position(only)?).take(1).copied().collect(),
        (Some(from), None) => GATES.iter().skip(position(from)?).copied().collect(),
        (None, None) => GATES.to_vec(),
    };
    Ok(gates.into_iter().filter(|(name, _)| !flags.tests_done || *name != TESTS).collect())
}

#[expect(clippy::disallowed_methods, reason = "times for people; nothing is decided by them")]
fn now() -> Instant {
    Instant::now()
}

fn seconds(time: Duration) -> String {
    format!("{:>6.1} s", time.as_secs_f32())
}

fn fmt() -> Result {
    run::run(&mut run::cargo(["fmt", "--all", "--check"]))?;
    run::run(&mut run::cargo(["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]))
}

/// Each member alone: in a workspace build, one member's features would hide what another forgot.
fn clippy() -> Result {
    for name in Workspace::load()?.members.keys() {
        println!("clippy {name}");
        run::run(&mut run::cargo([
            "clippy",
            "--quiet",
            "--package",
            name,
            "--all-targets",
            "--",
            "-Dwarnings",
        ]))?;
    }
    Ok(())
}

fn tests() -> Result {
    run::run(&mut run::cargo(["test", "--workspace"]))
}

/// Without features, with each alone, with all: whatever a user picks must build without a warning.
fn features() -> Result {
    for (name, member) in Workspace::load()?.members.iter().filter(|(_, member)| member.published) {
        for arguments in combinations(member) {
            println!("clippy {name} {}", arguments.join(" "));
            let mut command = run::cargo(["clippy", "--quiet", "--package", name]);
            run::run(command.args(&arguments).args(["--", "-Dwarnings"]))?;
        }
    }
    Ok(())
}

fn combinations(member: &Member) -> Vec<Vec<&str>> {
    if member.features.is_empty() {
        return Vec::new();
    }
    let alone = |name| vec!["--no-default-features", "--features", name];
    let mut all = vec![vec!["--no-default-features"]];
    all.extend(member.features.iter().map(|name| alone(name)));
    all.push(vec!["--all-features"]);
    all
}

fn doc() -> Result {
    let mut command = run::cargo(["doc", "--quiet", "--workspace", "--no-deps", "--document-private-items"]);
    run::run(command.env("RUSTDOCFLAGS", "-Dwarnings"))
}

/// One round of each bench, results asserted; the numbers come from `cargo xtask bench`.
fn benches() -> Result {
    run::run(&mut run::cargo(["test", "--quiet", "--package", "simple-im-benches", "--benches"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(flags: &flags::Ci) -> Vec<&'static str> {
        pick(flags).unwrap().into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn gates_are_picked_by_name() {
        let mut flags = flags::Ci { tests_done: false, from: None, only: None, list: false };
        assert_eq!(names(&flags).len(), GATES.len());
        flags.tests_done = true;
        assert!(!names(&flags).contains(&TESTS));
        flags.from = Some("licences".to_owned());
        assert_eq!(names(&flags), ["licences", "interop"]);
        (flags.from, flags.only) = (None, Some("fmt".to_owned()));
        assert_eq!(names(&flags), ["fmt"]);
        flags.only = Some("nothing".to_owned());
        assert!(pick(&flags).is_err());
    }

    #[test]
    fn every_feature_is_tried_alone() {
        let mut member = Member {
            needs: Default::default(),
            tests_need: Default::default(),
            features: Vec::new(),
            published: true,
        };
        assert!(combinations(&member).is_empty());
        member.features = vec!["dns".to_owned(), "tls".to_owned()];
        let all: Vec<String> = combinations(&member).iter().map(|words| words.join(" ")).collect();
        assert_eq!(
            all,
            [
                "--no-default-features",
                "--no-default-features --features dns",
                "--no-default-features --features tls",
                "--all-features"
            ]
        );
    }
}
