//! `cargo xtask fuzz`: seeds from the test corpora, replay on stable, fuzzing on nightly.
//!
//! A target is a `[[bin]]` of fuzz/Cargo.toml and called `<crate>_<thing>`; its seeds lie in fuzz/seeds/<target>.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::flags::{self, FuzzCommand};
use crate::{Result, run};

/// Runs one of the three tasks.
pub(crate) fn run(flags: &flags::Fuzz) -> Result {
    let folder = run::root().join("fuzz");
    let targets = targets(&folder)?;
    match &flags.command {
        FuzzCommand::Seed => seed(&folder, &targets),
        FuzzCommand::Replay => replay(&folder, &targets),
        FuzzCommand::Run { target, seconds } => {
            let picked: Vec<_> =
                targets.iter().filter(|name| target.as_ref().is_none_or(|wanted| *name == wanted)).collect();
            if picked.is_empty() {
                return Err(format!("no such target; there are: {}", targets.join(", ")).into());
            }
            picked.into_iter().try_for_each(|name| fuzz(&folder, name, *seconds))
        }
    }
}

/// The names of the targets, in order.
fn targets(folder: &Path) -> Result<Vec<String>> {
    let path = folder.join("fuzz_targets");
    let mut names: Vec<String> = fs::read_dir(&path)
        .map_err(|error| format!("{}: {error}", path.display()))?
        .flatten()
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".rs")?.to_owned()))
        .collect();
    names.sort();
    if names.is_empty() { Err(format!("{} has no targets", path.display()).into()) } else { Ok(names) }
}

/// Copies the corpus of the crate a target is named after; what is there already is written over.
fn seed(folder: &Path, targets: &[String]) -> Result {
    for target in targets {
        let Some(corpus) = corpus(target) else {
            println!("{target}: no crate of that name has a corpus");
            continue;
        };
        let seeds = folder.join("seeds").join(target);
        fs::create_dir_all(&seeds)?;
        let mut count = 0_usize;
        for file in run::files_below(&corpus) {
            let Ok(inside) = file.strip_prefix(&corpus) else { continue };
            if matches!(file.extension().and_then(|end| end.to_str()), Some("txt" | "json" | "md")) {
                continue; // what the test expects, not what it reads
            }
            fs::copy(&file, seeds.join(inside.to_string_lossy().replace('/', "-")))?;
            count += 1;
        }
        println!("{target}: {count} seeds from {}", corpus.display());
    }
    Ok(())
}

/// `crates/<crate>/tests/corpus` of the longest crate name that starts the target's name.
fn corpus(target: &str) -> Option<PathBuf> {
    let crates = run::root().join("crates");
    let mut words: Vec<&str> = target.split('_').collect();
    while !words.is_empty() {
        let corpus = crates.join(words.join("-")).join("tests/corpus");
        if corpus.is_dir() {
            return Some(corpus);
        }
        words.pop();
    }
    None
}

/// Builds the targets without instrumentation and lets each read its seeds once.
fn replay(folder: &Path, targets: &[String]) -> Result {
    run::run(run::cargo(["build", "--quiet", "--bins"]).current_dir(folder))?;
    for target in targets {
        let seeds = folder.join("seeds").join(target);
        let count = run::files_below(&seeds).len();
        if count == 0 {
            return Err(format!("{target} has no seeds: run `cargo xtask fuzz seed`").into());
        }
        let mut command = Command::new(folder.join("target/debug").join(target));
        let output = command.arg("-runs=0").arg(&seeds).output()?;
        if !output.status.success() {
            return Err(
                format!("{target}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)).into()
            );
        }
        println!("{target}: {count} seeds");
    }
    Ok(())
}

fn fuzz(folder: &Path, target: &str, seconds: u32) -> Result {
    let seeds = folder.join("seeds").join(target);
    let corpus = folder.join("corpus").join(target);
    fs::create_dir_all(&seeds)?;
    fs::create_dir_all(&corpus)?;
    let mut command = Command::new("cargo");
    command.args(["+nightly", "fuzz", "run", target]).args([&corpus, &seeds]);
    command.args(["--", &format!("-max_total_time={seconds}"), "-timeout=10"]).current_dir(run::root());
    run::run(&mut command)
}
