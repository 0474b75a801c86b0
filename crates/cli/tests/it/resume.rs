//! `simple-im send --resume` and `receive --resume`, as two processes of which one is killed in the middle of a file.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::running::Running;

/// More than every buffer on the way, so that a transfer of it can be caught in the middle.
const LARGE: usize = 64 << 20;

/// A receiver that keeps what breaks off, and the address it listens at.
fn receiver(inbox: &Path, listen: &str, count: &str) -> (Running, String) {
    let inbox = inbox.to_str().unwrap();
    let args = ["--dir", inbox, "--accept", "all", "--resume", "--listen", listen, "--count", count];
    let mut receiver = Running::new("receive", &args);
    let listening = receiver.wait_for(|event| event["event"] == "listening");
    (receiver, listening["sip"].as_str().unwrap().to_owned())
}

/// A sender with a journal and a receiver's folder.
struct Desk {
    home: TempDir,
    octets: Vec<u8>,
    address: String,
}

impl Desk {
    /// With a receiver of so many messages.
    fn new(count: &str) -> (Self, Running) {
        let home = tempfile::tempdir().unwrap();
        let octets: Vec<u8> = (0..LARGE).map(|i| u8::try_from(i % 251).unwrap()).collect();
        fs::write(home.path().join("large.bin"), &octets).unwrap();
        let (receiver, address) = receiver(&home.path().join("inbox"), "127.0.0.1:0", count);
        (Self { home, octets, address }, receiver)
    }

    /// The receiver was killed in the middle of a file.
    fn broken_off() -> Self {
        let (desk, mut receiver) = Self::new("1");
        let sender = desk.sender();
        receiver.wait_for(some);
        receiver.child.kill().unwrap();
        receiver.child.wait().unwrap();
        let (_, code) = sender.end();
        assert_eq!(code, Some(4), "not delivered");
        desk
    }

    fn sender(&self) -> Running {
        self.sender_of(&[])
    }

    /// With more files.
    fn sender_of(&self, more: &[&str]) -> Running {
        let path = |name: &str| self.home.path().join(name).to_str().unwrap().to_owned();
        let (file, journal) = (path("large.bin"), path("journal"));
        let to = format!("sip:bob@{}", self.address);
        let mut args = vec!["--to", &to, "--file", &file, "--resume", &journal];
        args.extend(more.iter().flat_map(|file| ["--file", file]));
        Running::new("send", &args)
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.home.path().join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn receiver(&self) -> Running {
        receiver(&self.home.path().join("inbox"), &self.address, "1").0
    }

    /// Sends again; what the sender told.
    fn send_again(&self) -> Vec<Value> {
        let receiver = self.receiver();
        let (told, code) = self.sender().end();
        assert_eq!(code, Some(0), "{told:#?}");
        let (events, code) = receiver.end();
        assert_eq!(code, Some(0), "{events:#?}");
        assert_eq!(self.names("inbox"), ["large.bin"]);
        assert!(fs::read(self.home.path().join("inbox/large.bin")).unwrap() == self.octets);
        assert!(self.names("journal").is_empty(), "{:?}", self.names("journal"));
        told
    }
}

/// Enough of the file is there for a journal to be kept.
fn some(event: &Value) -> bool {
    event["event"] == "progress" && event["octets"].as_u64() > u64::try_from(LARGE / 4).ok()
}

fn skipped(events: &[Value]) -> Option<u64> {
    let accepted = events.iter().find(|event| event["event"] == "accepted");
    accepted.unwrap_or_else(|| panic!("{events:#?}"))["items"][0]["skip"].as_u64()
}

#[test]
fn a_file_goes_on_where_it_stopped_when_its_receiver_was_killed() {
    let desk = Desk::broken_off();
    let kept = desk.names("inbox");
    assert!(kept.len() == 1 && kept[0].ends_with(".part"), "{kept:?}");
    let events = desk.send_again();
    assert!(skipped(&events) > Some(1 << 20), "{events:#?}");
}

#[test]
fn a_file_goes_on_where_it_stopped_when_its_sender_was_killed() {
    let (desk, mut receiver) = Desk::new("2");
    let mut sender = desk.sender();
    sender.wait_for(some);
    sender.child.kill().unwrap();
    sender.end();
    let (events, code) = desk.sender().end();
    assert_eq!(code, Some(0), "{events:#?}");
    assert!(skipped(&events) > Some(1 << 20), "{events:#?}");
    receiver.wait_for(|event| event["event"] == "received");
    let (_, code) = receiver.end();
    assert_eq!(code, Some(4), "the first message was lost");
    assert!(fs::read(desk.home.path().join("inbox/large.bin")).unwrap() == desk.octets);
}

#[test]
fn all_of_it_is_sent_to_a_receiver_that_lost_the_start() {
    let desk = Desk::broken_off();
    fs::remove_dir_all(desk.home.path().join("inbox")).unwrap();
    let events = desk.send_again();
    assert_eq!(skipped(&events), None);
    assert!(events.iter().any(|event| event["event"] == "warning"), "{events:#?}");
}

#[cfg(unix)]
#[test]
fn who_stops_a_file_is_not_sent_all_of_it() {
    let desk = Desk::broken_off();
    let mut receiver = desk.receiver();
    let sender = desk.sender();
    receiver.wait_for(|event| event["event"] == "progress");
    receiver.signal("-INT");
    let (events, code) = sender.end();
    assert!(
        skipped(&events).is_some() && events.iter().all(|event| event["event"] != "warning"),
        "{events:#?}"
    );
    assert_eq!(code, Some(4), "{events:#?}");
    receiver.end();
    assert!(skipped(&desk.send_again()).is_some());
}

#[cfg(unix)]
#[test]
fn what_is_called_off_is_not_tried_again() {
    let desk = Desk::broken_off();
    fs::remove_dir_all(desk.home.path().join("inbox")).unwrap();
    let other = desk.home.path().join("other.bin");
    fs::write(&other, vec![7; LARGE]).unwrap();
    let mut receiver = desk.receiver();
    let mut sender = desk.sender_of(&[other.to_str().unwrap()]);
    receiver.wait_for(|event| event["event"] == "progress");
    receiver.signal("-STOP");
    sender.wait_for(|event| event["event"] == "lost");
    sender.signal("-INT");
    let (events, code) = sender.end();
    receiver.signal("-CONT");
    receiver.end();
    assert_eq!(code, Some(130), "{events:#?}");
    assert!(events.iter().all(|event| event["event"] != "inviting"), "{events:#?}");
    let again =
        |event: &Value| event["message"].as_str().is_some_and(|message| message.contains("sending all"));
    assert!(!events.iter().any(again), "{events:#?}");
}

/// A limit to the size of files stands for the end of the disk.
#[cfg(unix)]
#[test]
fn a_disk_that_is_full_keeps_what_is_there_for_when_there_is_room() {
    let desk = Desk::broken_off();
    let inbox = desk.home.path().join("inbox");
    let full = "trap '' XFSZ; ulimit -f 81920; exec \"$0\" \"$@\""; // 40 MiB
    let mut receiver = Command::new("sh");
    receiver.args([
        "-c",
        full,
        env!("CARGO_BIN_EXE_simple-im"),
        "receive",
        "--json",
        "--accept",
        "all",
        "--resume",
    ]);
    receiver.args(["--count", "1", "--listen", &desk.address, "--dir", inbox.to_str().unwrap()]);
    let mut receiver = Running::spawn(&mut receiver);
    receiver.wait_for(|event| event["event"] == "listening");
    let (events, code) = desk.sender().end();
    assert_eq!(code, Some(4), "{events:#?}");
    let first = skipped(&events);
    assert!(first.is_some() && events.iter().all(|event| event["event"] != "warning"), "{events:#?}");
    let (events, code) = receiver.end();
    assert_eq!(code, Some(9), "a local file: {events:#?}");
    assert!(skipped(&desk.send_again()) > first);
}
