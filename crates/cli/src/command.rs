//! The commands: one file each, `run(&Args) -> Result<Exit, Failure>`.

pub(crate) mod inspect;
