//! How fast the client moves a file over loopback, beside a bare copy of the same octets: `cargo xtask bench msrp-goodput`.
//!
//! Both sides of every row are in this process, one thread each: two blocking threads for the bare copies, two clients
//! on a current-thread runtime each for the others (`--threads` gives both clients one runtime of so many threads).
//! The rows take turns in every round, so that whatever else the machine does hits all of them. The clock runs from
//! the moment the receiver accepts until both sides know that the file is there: INVITE and hash of the sender are
//! over by then, answer, connection, verification and report are not.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement fails by a panic and prints its result"
)]

mod bare;
mod measured;
mod through_client;
mod tls;

use std::path::Path;

use bytes::Bytes;
use client::{Hashing, Outgoing, Sink};
use measured::{Measured, Table};

/// What to measure.
pub(crate) struct Settings {
    /// Octets of the file.
    pub(crate) octets: usize,
    rounds: usize,
    /// Threads of one runtime for both clients; `None`: a runtime of its own for each.
    pub(crate) threads: Option<usize>,
    /// Octets of one read of the clients, if not their default.
    pub(crate) read: Option<usize>,
    /// The row to measure, with what it is held against; all of them if empty.
    only: String,
}

impl Settings {
    fn read() -> Self {
        let mut settings =
            Self { octets: 1 << 30, rounds: 5, threads: None, read: None, only: String::new() };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut number = || arguments.next().and_then(|value| value.parse().ok()).expect("a number");
            match argument.as_str() {
                "--mib" => settings.octets = number() << 20,
                "--rounds" => settings.rounds = number(),
                "--read-kib" => settings.read = Some(number() << 10),
                "--threads" => settings.threads = Some(number()),
                only => settings.only = only.to_owned(),
            }
        }
        settings
    }
}

/// One row: its name, the row it is held against, and how to measure it.
type Row<'a> = (&'static str, &'static str, Box<dyn Fn() -> Measured + 'a>);

fn main() {
    let settings = Settings::read();
    let content = content(settings.octets);
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.bin");
    if settings.only.is_empty() || settings.only.contains("file") {
        std::fs::write(&source, &content).unwrap();
    }
    let identity = tls::Identity::new();
    let rows = rows(&settings, &content, folder.path(), &source, &identity);
    let mut table = Table::new(settings.octets);
    for round in 1..=settings.rounds {
        for (name, base, measure) in &rows {
            let is_base = || rows.iter().any(|row| row.0 == settings.only && row.1 == *name);
            if settings.only.is_empty() || settings.only == *name || is_base() {
                table.add(name, base, measure());
            }
        }
        println!("round {round} of {}", settings.rounds);
    }
    println!("{table}");
}

fn rows<'a>(
    settings: &'a Settings,
    content: &'a Bytes,
    folder: &'a Path,
    source: &'a Path,
    identity: &'a tls::Identity,
) -> Vec<Row<'a>> {
    let memory = || Sink::memory(u64::MAX);
    let discard = || Sink::writers(|_| Ok(std::io::sink()));
    let through = move |file: Outgoing, sink: Sink, tls| through_client::transfer(file, sink, settings, tls);
    let octets = move |hashing| Outgoing::octets("source.bin", content.clone()).hashing(hashing);
    let (sha1, sha256) = (bare::Hash::Sha1, bare::Hash::Sha256);
    let file = move || {
        let file = Outgoing::path(source).hashing(Hashing::None).name("c.bin");
        let measured = through(file, Sink::dir(folder), None);
        std::fs::remove_file(folder.join("c.bin")).unwrap();
        measured
    };
    vec![
        ("copy", "", Box::new(|| bare::copy(content, bare::Receiver::Discard))),
        ("client", "copy", Box::new(move || through(octets(Hashing::None), discard(), None))),
        ("copy to memory", "copy", Box::new(|| bare::copy(content, bare::Receiver::Memory))),
        (
            "client to memory",
            "copy to memory",
            Box::new(move || through(octets(Hashing::None), memory(), None)),
        ),
        ("sha-1 alone", "copy", Box::new(move || bare::hash_alone(content, sha1))),
        ("copy sha-1", "sha-1 alone", Box::new(move || bare::copy(content, bare::Receiver::Hash(sha1)))),
        ("client sha-1", "sha-1 alone", Box::new(move || through(octets(Hashing::Sha1), discard(), None))),
        ("sha-256 alone", "copy", Box::new(move || bare::hash_alone(content, sha256))),
        (
            "copy sha-256",
            "sha-256 alone",
            Box::new(move || bare::copy(content, bare::Receiver::Hash(sha256))),
        ),
        (
            "client sha-256",
            "sha-256 alone",
            Box::new(move || through(octets(Hashing::Sha256), discard(), None)),
        ),
        ("copy tls", "copy", Box::new(|| bare::copy_tls(content, identity))),
        (
            "client tls",
            "copy tls",
            Box::new(move || through(octets(Hashing::None), discard(), Some(identity))),
        ),
        ("copy of files", "copy", Box::new(move || bare::copy_file(source, &folder.join("copy.bin")))),
        ("client of files", "copy of files", Box::new(file)),
    ]
}

/// Octets without a pattern, as a picture or an archive has them.
fn content(size: usize) -> Bytes {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut octets = Vec::with_capacity(size + 8);
    while octets.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        octets.extend_from_slice(&state.to_le_bytes());
    }
    octets.truncate(size);
    octets.into()
}
