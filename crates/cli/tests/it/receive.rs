//! `simple-im receive`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use crate::running::{Running, command, nobody};

/// A receiver of one message that asks nobody, and what it listens at.
fn receiver(command: &mut Command, inbox: &std::path::Path) -> (Running, serde_json::Value) {
    let args = ["--listen", "127.0.0.1:0", "--accept", "all", "--count", "1", "--dir"];
    let mut receiver = Running::spawn(command.args(args).arg(inbox));
    let listening = receiver.wait_for(|event| event["event"] == "listening");
    (receiver, listening)
}

#[test]
fn a_warning_that_nobody_reads_ends_nothing() {
    let inbox = tempfile::tempdir().unwrap();
    let (receiver, listening) = receiver(command("receive").arg("--msrps").stderr(nobody()), inbox.path());
    let mut stranger = TcpStream::connect(listening["msrps"].as_str().unwrap()).unwrap();
    stranger.write_all(&[b'x'; 1000]).unwrap();
    // Until it is hung up on, which may be by a reset.
    let _ = stranger.read_to_end(&mut Vec::new());
    let to = format!("sip:bob@{}", listening["sip"].as_str().unwrap());
    let (told, code) = Running::new("send", &["--msrps", "--to", &to, "--text", "hi"]).end();
    assert_eq!(code, Some(0), "{told:#?}");
    let (told, code) = receiver.end();
    assert_eq!(code, Some(0), "{told:#?}");
}
