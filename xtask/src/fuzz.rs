//! `cargo xtask fuzz`: test corpora for the fuzzer, replay of the seeds on stable, fuzzing on nightly.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::flags::{self, FuzzCommand};
use crate::{Result, run};

/// Runs one of the three tasks.
pub(crate) fn run(flags: &flags::Fuzz) -> Result {
    let folder = run::root().join("fuzz");
    let targets = targets(&folder)?;
    match &flags.command {
        FuzzCommand::Seed => seed(&folder, &targets),
        FuzzCommand::Replay => replay(&folder),
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

/// Which test corpora suit which target, and what its inputs start with: see fuzz/src.
const CORPORA: &[(&str, &str, &[u8])] = &[
    ("sip_message", "crates/sip/tests/corpus", b""),
    // Sizes of reads come first: here one read.
    ("sip_framer", "crates/sip/tests/corpus", b"\xff"),
];

/// Copies test corpora to where the fuzzer starts from; fuzz/seeds has what they lack.
fn seed(folder: &Path, targets: &[String]) -> Result {
    for (target, corpus, prefix) in CORPORA {
        if !targets.iter().any(|name| name == target) {
            return Err(format!("{target} is no target any more").into());
        }
        let to = folder.join("corpus").join(target);
        fs::create_dir_all(&to)?;
        let corpus = run::root().join(corpus);
        let mut count = 0_usize;
        for file in run::files_below(&corpus) {
            // What the tests expect is no input.
            let expected =
                matches!(file.extension().and_then(|end| end.to_str()), Some("txt" | "json" | "md"));
            let Some(inside) = file.strip_prefix(&corpus).ok().filter(|_| !expected) else { continue };
            let mut content = prefix.to_vec();
            content.extend(fs::read(&file)?);
            fs::write(to.join(inside.to_string_lossy().replace('/', "-")), content)?;
            count += 1;
        }
        println!("{target}: {count} files");
    }
    Ok(())
}

/// The properties hold for every seed, cut anywhere: a test of the fuzz workspace.
fn replay(folder: &Path) -> Result {
    run::run(run::cargo(["test", "--quiet"]).current_dir(folder))
}

fn fuzz(folder: &Path, target: &str, seconds: u32) -> Result {
    let seeds = folder.join("seeds").join(target);
    let corpus = folder.join("corpus").join(target);
    fs::create_dir_all(&corpus)?;
    let mut command = Command::new("cargo");
    command.args(["+nightly", "fuzz", "run", target]).args([&corpus, &seeds]);
    command.args(["--", &format!("-max_total_time={seconds}"), "-timeout=10"]).current_dir(run::root());
    run::run(&mut command)
}
