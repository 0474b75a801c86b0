//! `simple-im`.
fn main() {}
