//! `simple-im send`.

use crate::running::{command, nobody};

#[test]
fn that_nobody_reads_is_a_failure_as_any_other() {
    let mut send = command("send");
    send.args(["--to", "sip:bob@127.0.0.1:1", "--text", "hi"]).stdout(nobody()).stderr(nobody());
    assert_eq!(send.status().unwrap().code(), Some(1), "standard output is gone");
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_without_a_size_is_not_sent_as_an_empty_one() {
    use crate::running::Running;

    let (told, code) =
        Running::new("send", &["--to", "sip:bob@127.0.0.1:1", "--file", "/proc/self/status"]).end();
    assert_eq!(code, Some(9), "{told:#?}");
}
