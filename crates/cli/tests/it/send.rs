//! `simple-im send`.

use crate::running::{command, nobody};

#[test]
fn that_nobody_reads_is_a_failure_as_any_other() {
    let mut send = command("send");
    send.args(["--to", "sip:bob@127.0.0.1:1", "--text", "hi"]).stdout(nobody()).stderr(nobody());
    assert_eq!(send.status().unwrap().code(), Some(1), "standard output is gone");
}
