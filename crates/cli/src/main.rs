//! `simple-im`: messages and files over SIP and MSRP from the command line, and `inspect` for what is on the wire.

mod args;
mod command;
mod exit;
mod report;
mod settings;
mod tls;
mod trace;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;

use args::{Args, Command};
use exit::Failure;

fn main() -> ExitCode {
    let args = Args::parse();
    log(args.verbose);
    let outcome = match &args.command {
        Command::Demo(args) => command::demo::run(args),
        Command::Send(args) => command::send::run(args),
        Command::Receive(args) => command::receive::run(args),
        Command::Serve(args) => command::serve::run(args),
        Command::Register(args) => command::register::run(args),
        Command::Inspect(args) => command::inspect::run(args),
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(Failure { exit, message }) => {
            complain(&message);
            exit.into()
        }
    }
}

/// Diagnostics go to standard error: warnings, with `-v` what happens, with `-vv` how. `SIMPLE_IM_LOG` overrides.
fn log(verbose: u8) {
    let default = ["warn", "info", "debug"].get(usize::from(verbose)).copied().unwrap_or("trace");
    let filter = std::env::var("SIMPLE_IM_LOG").unwrap_or_else(|_| default.to_owned());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        // They would go to standard error too, by way of a panic if nobody reads it any more.
        .log_internal_errors(false)
        .init();
}

/// One clear message, and nothing if it is empty or nobody reads standard error any more.
fn complain(message: &str) {
    if !message.is_empty() {
        let _ = writeln!(io::stderr(), "simple-im: {message}");
    }
}
