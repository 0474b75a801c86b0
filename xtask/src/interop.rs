//! `cargo xtask interop`: our command against programs that share no code with us, on loopback.
//!
//! Every scenario has a folder of its own with the output of each program; it is kept if the scenario fails.

mod kamailio;
mod lab;
mod sipp;
mod tshark;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::{Result, flags, run};
use lab::Lab;

/// One scenario.
struct Scenario {
    /// Starts with the name of the peer.
    name: &'static str,
    /// What is shown by it.
    shows: &'static str,
    run: fn(&mut Lab) -> Result,
}

/// The programs scenarios need, and the Debian packages they come from.
const TOOLS: &[(&str, &str, &str)] = &[
    ("sipp", "-v", "sip-tester"),
    ("kamailio", "-v", "kamailio"),
    ("tshark", "-v", "tshark"),
    ("python3", "-V", "python3"),
];

/// Runs the scenarios that the flags pick and prints a table.
pub(crate) fn run(flags: &flags::Interop) -> Result {
    let scenarios: Vec<&Scenario> = [sipp::SCENARIOS, kamailio::SCENARIOS, tshark::SCENARIOS]
        .into_iter()
        .flatten()
        .filter(|scenario| {
            flags.filter.is_empty() || flags.filter.iter().any(|part| scenario.name.contains(part.as_str()))
        })
        .collect();
    if scenarios.is_empty() {
        return Err("no scenario has such a name".into());
    }
    if flags.list {
        scenarios.iter().for_each(|scenario| println!("{:<24} {}", scenario.name, scenario.shows));
        return Ok(());
    }
    check_tools()?;
    let command = match &flags.command {
        Some(path) => path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))?,
        None => build()?,
    };
    let base = std::env::temp_dir().join(format!("simple-im-interop-{}", std::process::id()));
    let mut failed = 0_usize;
    let mut rows = Vec::new();
    for scenario in scenarios {
        let started = now();
        let mut lab = Lab::new(base.join(scenario.name), command.clone())?;
        let outcome = (scenario.run)(&mut lab);
        lab.stop();
        let verdict = match &outcome {
            Ok(()) => "passed".to_owned(),
            Err(error) => format!("FAILED: {error}"),
        };
        println!("{:<24} {:>5.1} s  {verdict}", scenario.name, started.elapsed().as_secs_f32());
        match outcome {
            Err(_) => {
                failed += 1;
                println!("{}", lab.logs());
                println!("kept: {}", lab.folder().display());
            }
            Ok(()) if flags.keep => println!("kept: {}", lab.folder().display()),
            Ok(()) => lab.remove(),
        }
        rows.push((scenario, verdict));
    }
    // Gone if nothing was kept in it.
    let _ = std::fs::remove_dir(&base);
    println!("\n{:<24} {:<66} verdict", "scenario", "shows");
    for (scenario, verdict) in &rows {
        println!(
            "{:<24} {:<66} {}",
            scenario.name,
            scenario.shows,
            verdict.lines().next().unwrap_or_default()
        );
    }
    if failed == 0 { Ok(()) } else { Err(format!("{failed} of {} scenarios failed", rows.len()).into()) }
}

/// A missing program is a failure, not a reason to leave something out.
fn check_tools() -> Result {
    let missing: Vec<&str> = TOOLS
        .iter()
        .filter(|(program, version, _)| {
            Command::new(program).arg(version).stdout(Stdio::null()).stderr(Stdio::null()).status().is_err()
        })
        .map(|(_, _, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("programs are missing: apt-get install --no-install-recommends {}", missing.join(" ")).into())
}

/// The command as `cargo build` makes it.
fn build() -> Result<PathBuf> {
    let mut command = run::cargo([
        "build",
        "--quiet",
        "--package",
        "simple-im-cli",
        "--message-format=json-render-diagnostics",
    ]);
    let messages = run::output(&mut command)?;
    let executable = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .next_back();
    executable.ok_or_else(|| "cargo built no executable".into())
}

#[expect(clippy::disallowed_methods, reason = "deadlines of programs we wait for")]
fn now() -> Instant {
    Instant::now()
}
