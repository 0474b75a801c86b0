//! `Flags`: the command line of `cargo xtask`.

use clap::{Args, Parser, Subcommand};

/// Automation of the workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
pub(crate) struct Flags {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Every gate in the order of CI; the first failure ends it
    Ci(Ci),
    /// The rules no compiler checks: names, sizes, first lines, arrows between the crates
    Tidy,
    /// Collects the clauses that code and tests name into docs/conformance.md
    Conformance(Conformance),
    /// The fuzz targets
    Fuzz(Fuzz),
    /// The benches, with numbers
    Bench(Bench),
    /// Runs the command against SIPp, Kamailio and tshark on loopback
    Interop(Interop),
    /// Random runs of clients and servers in the lab: bad networks, resets, people who change their minds
    Simulate(Simulate),
}

#[derive(Debug, Args)]
pub(crate) struct Ci {
    /// Leave out `cargo test --workspace`: it ran already
    #[arg(long)]
    pub(crate) tests_done: bool,
    /// Start at this gate
    #[arg(long, value_name = "GATE")]
    pub(crate) from: Option<String>,
    /// Run this gate only
    #[arg(long, value_name = "GATE", conflicts_with = "from")]
    pub(crate) only: Option<String>,
    /// Print the gates and run none
    #[arg(long)]
    pub(crate) list: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Conformance {
    /// Fail if docs/conformance.md is not what would be written
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Fuzz {
    #[command(subcommand)]
    pub(crate) command: FuzzCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FuzzCommand {
    /// Copies the test corpora of the crates to where the fuzzer starts from
    Seed,
    /// Checks every property with its seeds, on stable
    Replay,
    /// Fuzzes (needs nightly and cargo-fuzz)
    Run {
        /// The target; all of them in turn if left out
        target: Option<String>,
        /// Seconds for each target
        #[arg(long, default_value_t = 20)]
        seconds: u32,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Only benches whose name contains this; or `msrp-goodput`, or `msrp-idle`
    pub(crate) filter: Option<String>,
    /// What the bench itself is told, such as `--rounds 3` for `msrp-goodput`
    #[arg(last = true)]
    pub(crate) arguments: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Interop {
    /// Only scenarios whose name contains one of these
    pub(crate) filter: Vec<String>,
    /// Print the scenarios and run none
    #[arg(long)]
    pub(crate) list: bool,
    /// Keep the working folders (logs, traces) of all scenarios, not only of failed ones
    #[arg(long)]
    pub(crate) keep: bool,
    /// The `simple-im` to test; built if left out
    #[arg(long, value_name = "PATH")]
    pub(crate) command: Option<std::path::PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// How many runs
    #[arg(long, default_value_t = 10_000)]
    pub(crate) seeds: u64,
    /// The seed of the first one
    #[arg(long, default_value_t = 0)]
    pub(crate) from: u64,
}
