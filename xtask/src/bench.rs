//! `cargo xtask bench`: the benches with numbers, built as they will be shipped.

use crate::{Result, flags, run};

/// Runs every bench, or those whose id contains the filter.
pub(crate) fn run(flags: &flags::Bench) -> Result {
    let mut command = run::cargo(["bench", "--package", "simple-im-benches", "--"]);
    command.args(&flags.filter);
    run::run(&mut command)
}
