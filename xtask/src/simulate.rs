//! `cargo xtask simulate`: random runs of the lab, each known by its seed.

use crate::{Result, flags, run};

/// Seeds between two lines of progress.
const BLOCK: u64 = 500;

/// Runs as many seeds as asked for, then the walk over every octet; the first seed that does not hold ends it, with its story.
pub(crate) fn run(flags: &flags::Simulate) -> Result {
    let end = flags.from.checked_add(flags.seeds).ok_or("no such seeds")?;
    let mut from = flags.from;
    while from < end {
        let to = end.min(from.saturating_add(BLOCK));
        test("chaos::whatever_happens_is_told_once_and_truly", from, to)?;
        test("chaos::what_breaks_off_goes_on_where_it_stopped", from, to)?;
        println!(
            "seeds {from} to {}: all was told once and truly, and all that broke off went on",
            to.saturating_sub(1)
        );
        from = to;
    }
    test("chaos::a_reset_at_any_octet_is_told_truly", flags.from, end)?;
    println!("a reset at any octet was told truly");
    Ok(())
}

fn test(name: &str, from: u64, to: u64) -> Result {
    let mut command =
        run::cargo(["test", "--quiet", "--release", "--package", "simple-im-sim", "--test", "it", name]);
    run::run(command.env("SIMPLE_IM_SEEDS", format!("{from}..{to}")))
}
