//! The crate from outside: corpora, and two connections wired to each other in virtual time.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests, in whole files of their own"
)]

mod accepted;
mod allocation;
mod corpus;
mod flows;
#[path = "../../examples/idle_sessions.rs"]
#[expect(dead_code, reason = "its main prints what a test here asserts")]
mod idle_sessions;
mod lab;
mod model;
mod passing;
mod paths;
mod raw;
mod relay;
mod sizes;
mod vectors;
