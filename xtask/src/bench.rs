//! `cargo xtask bench`: the benches with numbers, built as they will be shipped.

use crate::{Result, flags, run};

/// Measurements that are programs of their own: name, package and example.
const PROGRAMS: [(&str, &str, &str); 2] =
    [("msrp-goodput", "simple-im-benches", "msrp_goodput"), ("msrp-idle", "simple-im-msrp", "idle_sessions")];

/// Runs every criterion bench, those whose id contains the filter, or the program of that name.
pub(crate) fn run(flags: &flags::Bench) -> Result {
    let program = PROGRAMS.iter().find(|(name, ..)| flags.filter.as_deref() == Some(name));
    let mut command = match program {
        Some((_, package, example)) => {
            run::cargo(["run", "--release", "--package", package, "--example", example, "--"])
        }
        None => {
            let mut command = run::cargo(["bench", "--package", "simple-im-benches", "--"]);
            command.args(&flags.filter);
            command
        }
    };
    run::run(command.args(&flags.arguments))
}
