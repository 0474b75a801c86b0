//! The commands: one file each, `run(&Args) -> Result<Exit, Failure>`.

mod connect;
pub(crate) mod demo;
mod digest;
pub(crate) mod inspect;
mod interrupt;
pub(crate) mod receive;
pub(crate) mod register;
mod registered;
pub(crate) mod send;
pub(crate) mod serve;
mod terminal;
