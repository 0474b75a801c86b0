//! Replays the seeds of every target, whole and cut short, and what a fuzzer has left behind; on stable.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fuzz::TARGETS;

/// Names in a folder, without extension; none if there is no folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeSet::new() };
    entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

#[test]
fn every_target_has_a_file_seeds_and_a_place_in_the_table() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(table.len(), TARGETS.len());
    assert_eq!(names(&here.join("fuzz_targets")), table);
    assert_eq!(names(&here.join("seeds")), table);
    let manifest = fs::read_to_string(here.join("Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name} is no [[bin]]");
        assert!(!files(&here.join("seeds").join(name)).is_empty(), "{name} has no seed");
    }
}

#[test]
fn the_properties_hold_for_the_seeds_their_prefixes_and_what_was_found() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, property) in TARGETS {
        for path in files(&here.join("seeds").join(name)) {
            println!("{}", path.display());
            let seed = fs::read(&path).unwrap();
            // At most 256 prefixes of each, so that a long seed does not make the replay slow.
            for len in (0..seed.len()).step_by(seed.len() / 256 + 1) {
                property(&seed[..len]);
            }
            property(&seed);
        }
        // Only where the fuzzer ran.
        for folder in ["corpus", "artifacts"] {
            for path in files(&here.join(folder).join(name)) {
                println!("{}", path.display());
                property(&fs::read(&path).unwrap());
            }
        }
    }
}
