//! Tests of the whole codec: the public corpora, the torture messages of the RFCs, and generated messages.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests, in whole files of their own"
)]

mod allocation;
mod corpus;
mod generated;
mod torture;
