//! `simple-im receive`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::running::{Running, command, nobody};

/// A receiver of one message, and what it listens at.
fn receiver(command: &mut Command, accept: &str, inbox: &Path) -> (Running, Value) {
    let args = ["--listen", "127.0.0.1:0", "--accept", accept, "--count", "1", "--dir"];
    let mut receiver = Running::spawn(command.args(args).arg(inbox));
    let listening = receiver.wait_for(|event| event["event"] == "listening");
    (receiver, listening)
}

/// Where to send to.
fn bob(listening: &Value) -> String {
    format!("sip:bob@{}", listening["sip"].as_str().unwrap())
}

/// A file in this folder.
fn file(folder: &TempDir, size: usize) -> String {
    let path = folder.path().join("a.bin");
    std::fs::write(&path, vec![7; size]).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_warning_that_nobody_reads_ends_nothing() {
    let inbox = tempfile::tempdir().unwrap();
    let (receiver, listening) =
        receiver(command("receive").arg("--msrps").stderr(nobody()), "all", inbox.path());
    let mut stranger = TcpStream::connect(listening["msrps"].as_str().unwrap()).unwrap();
    stranger.write_all(&[b'x'; 1000]).unwrap();
    // Until it is hung up on, which may be by a reset.
    let _ = stranger.read_to_end(&mut Vec::new());
    let to = bob(&listening);
    let (told, code) = Running::new("send", &["--msrps", "--to", &to, "--text", "hi"]).end();
    assert_eq!(code, Some(0), "{told:#?}");
    let (told, code) = receiver.end();
    assert_eq!(code, Some(0), "{told:#?}");
}

#[test]
fn a_folder_that_is_gone_is_told_as_a_local_failure() {
    let home = tempfile::tempdir().unwrap();
    let inbox = home.path().join("inbox");
    let (receiver, listening) = receiver(&mut command("receive"), "all", &inbox);
    std::fs::remove_dir_all(&inbox).unwrap();
    let (told, code) = Running::new("send", &["--to", &bob(&listening), "--file", &file(&home, 9)]).end();
    assert_eq!(code, Some(3), "{told:#?}");
    let (told, code) = receiver.end();
    assert_eq!(code, Some(9), "{told:#?}");
}

#[test]
fn a_trace_that_cannot_be_written_does_not_hide_the_verdict() {
    let home = tempfile::tempdir().unwrap();
    let trace = home.path().join("trace");
    let (receiver, listening) =
        receiver(command("receive").arg("--trace").arg(&trace), "all", &home.path().join("inbox"));
    std::fs::remove_dir_all(&trace).unwrap();
    let (told, code) = Running::new("send", &["--to", &bob(&listening), "--text", "hi"]).end();
    assert_eq!(code, Some(0), "{told:#?}");
    let (told, code) = receiver.end();
    let warned = told.iter().any(|event| {
        event["event"] == "warning" && event["message"].as_str().unwrap().starts_with("trace: ")
    });
    assert!(warned && code == Some(0), "{told:#?}");
}

#[cfg(unix)]
#[test]
fn a_folder_need_not_be_utf_8() {
    use std::os::unix::ffi::OsStrExt as _;

    let home = tempfile::tempdir().unwrap();
    let inbox = home.path().join(std::ffi::OsStr::from_bytes(b"in\xff"));
    if std::fs::create_dir(&inbox).is_err() {
        // Not on this file system.
        return;
    }
    let (receiver, listening) = receiver(&mut command("receive"), "all", &inbox);
    let (told, code) = Running::new("send", &["--to", &bob(&listening), "--file", &file(&home, 9)]).end();
    assert_eq!(code, Some(0), "{told:#?}");
    let (told, code) = receiver.end();
    assert_eq!(code, Some(0), "{told:#?}");
    assert!(inbox.join("a.bin").is_file());
}

#[cfg(unix)]
#[test]
fn sigterm_leaves_nothing_half_there() {
    let home = tempfile::tempdir().unwrap();
    let inbox = home.path().join("inbox");
    let (mut receiver, listening) = receiver(&mut command("receive"), "all", &inbox);
    // At this rate it takes a minute.
    let file = file(&home, 4 << 20);
    let sender = Running::new("send", &["--to", &bob(&listening), "--rate", "65536", "--file", &file]);
    receiver.wait_for(|event| event["event"] == "progress");
    receiver.signal("-TERM");
    let (told, code) = receiver.end();
    assert_eq!(code, Some(130), "{told:#?}");
    let (told, code) = sender.end();
    assert_eq!(code, Some(4), "{told:#?}");
    assert_eq!(std::fs::read_dir(&inbox).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn a_question_is_withdrawn_when_the_sender_gives_up() {
    use std::io::BufReader;
    use std::process::Stdio;

    let inbox = tempfile::tempdir().unwrap();
    let mut command = command("receive");
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let (mut receiver, listening) = receiver(&mut command, "ask", inbox.path());
    let mut questions = BufReader::new(receiver.child.stderr.take().unwrap()).bytes();
    let mut asked = || {
        let mut seen = Vec::new();
        while !seen.ends_with(b"[y/N] ") {
            seen.push(questions.next().unwrap().unwrap());
        }
    };
    let sender = Running::new("send", &["--to", &bob(&listening), "--text", "never mind"]);
    asked();
    sender.signal("-INT");
    assert_eq!(sender.end().1, Some(130));
    receiver.wait_for(|event| event["event"] == "warning");
    let sender = Running::new("send", &["--to", &bob(&listening), "--text", "hi"]);
    asked();
    receiver.child.stdin.as_mut().unwrap().write_all(b"y\n").unwrap();
    let (told, code) = sender.end();
    assert_eq!(code, Some(0), "{told:#?}");
    let (told, code) = receiver.end();
    assert_eq!(code, Some(0), "what is over before it was answered does not count: {told:#?}");
}

/// A registrar that answers REGISTERs with these, one after the other, and grants 2 s.
fn registrar(answers: &'static [&'static str]) -> String {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let uri = format!("sip:{};transport=udp", socket.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        for status in answers {
            let (len, client) = socket.recv_from(&mut buffer).unwrap();
            let request = std::str::from_utf8(&buffer[..len]).unwrap();
            let copied = ["Via:", "From:", "To:", "Call-ID:", "CSeq:", "Contact:"];
            let copied = request.lines().filter(|line| copied.iter().any(|name| line.starts_with(name)));
            let headers: String = copied.map(|line| format!("{line}\r\n")).collect();
            let answer = format!("SIP/2.0 {status}\r\n{headers}Expires: 2\r\nContent-Length: 0\r\n\r\n");
            socket.send_to(answer.as_bytes(), client).unwrap();
        }
    });
    uri
}

#[test]
fn who_is_not_registered_any_more_does_not_wait_for_messages() {
    let inbox = tempfile::tempdir().unwrap();
    let account = ["--account", "sip:bob@home1.example", "--registrar"];
    let registrar = registrar(&["200 OK", "403 Forbidden"]);
    let (receiver, _) = receiver(command("receive").args(account).arg(registrar), "all", inbox.path());
    let (told, code) = receiver.end();
    assert_eq!(code, Some(8), "{told:#?}");
}
