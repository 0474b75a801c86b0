//! Every message of the corpus, as a datagram and on a stream: what a user agent answers, and that nothing stays.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use expect_test::expect_file;
use simple_im_sip_ua::{Config, Event, Transport};

use crate::calls::nothing_left;
use crate::lab::Lab;

/// The files of a folder of the corpus, by name.
fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus").join(folder);
    let Ok(entries) = fs::read_dir(&folder) else {
        #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
        {
            eprintln!("SKIPPED: no corpus at {}", folder.display());
        }
        return Vec::new();
    };
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

/// What a user agent does with a message.
fn outcome(bytes: &[u8], transport: Transport) -> String {
    let mut lab = Lab::new();
    let bob = lab.agent("bob", "192.0.2.2:5060", Config::default());
    let peer = lab.script("peer", "192.0.2.9:5060");
    let flow = lab.connect(peer, transport, bob);
    lab.trace();
    lab.transmit(peer, flow, bytes.to_vec());
    lab.settle();
    let trace = lab.trace();
    let did = trace.lines().skip_while(|line| !line.contains("bob")).filter_map(|line| {
        let (_, what) = line.split_once(" bob ").filter(|_| !line.contains("peer > bob"))?;
        Some(what.trim_start_matches("> peer udp ").trim_start_matches("> peer tcp ").to_owned())
    });
    let did: Vec<String> = did.collect();
    lab.with(bob, |ua, now| ua.shutdown(now));
    lab.run(Duration::from_secs(60));
    nothing_left(&mut lab, &[bob]);
    for event in lab.events(bob) {
        assert!(!matches!(event, Event::Accepted { .. }));
    }
    if did.is_empty() { "silence".to_owned() } else { did.join("; ") }
}

#[test]
fn rfc4475_and_rfc5118_torture_messages_are_answered_and_leave_nothing_behind() {
    let mut out = String::new();
    for folder in ["sip-torture/rfc4475", "sip-torture/rfc5118"] {
        for file in files(folder) {
            let bytes = fs::read(&file).unwrap();
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            out += &format!("{name}: {}\n", outcome(&bytes, Transport::Udp));
            outcome(&bytes, Transport::Tcp);
        }
    }
    if !out.is_empty() {
        expect_file!["torture.txt"].assert_eq(&out);
    }
}

#[test]
fn real_messages_leave_nothing_behind() {
    for file in files("sip-real/msg") {
        let bytes = fs::read(&file).unwrap();
        outcome(&bytes, Transport::Udp);
        outcome(&bytes, Transport::Tcp);
    }
}
