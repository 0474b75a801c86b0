//! Automation of the workspace: `cargo xtask --help` lists it. CI calls nothing else.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool speaks on its terminal")]

mod bench;
mod ci;
mod conformance;
mod flags;
mod fuzz;
mod interop;
mod licences;
mod metadata;
mod run;
mod simulate;
mod tidy;

use std::process::ExitCode;

use clap::Parser as _;

use flags::{Command, Flags};

/// What every task returns: `Err` is a message for people.
type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let outcome = match Flags::parse().command {
        Command::Ci(flags) => ci::run(&flags),
        Command::Tidy => tidy::run(),
        Command::Conformance(flags) => conformance::run(&flags),
        Command::Fuzz(flags) => fuzz::run(&flags),
        Command::Bench(flags) => bench::run(&flags),
        Command::Interop(flags) => interop::run(&flags),
        Command::Simulate(flags) => simulate::run(&flags),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
