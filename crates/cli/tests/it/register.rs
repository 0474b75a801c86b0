//! `simple-im register`.

use crate::running::{Running, command, nobody};

#[test]
fn what_nobody_reads_is_taken_back_all_the_same() {
    let home = tempfile::tempdir().unwrap();
    let users = home.path().join("users");
    std::fs::write(&users, "bob:secret\n").unwrap();
    let users = users.to_str().unwrap();
    let mut server =
        Running::new("serve", &["--listen", "127.0.0.1:0", "--domain", "home1.example", "--users", users]);
    let listening = server.wait_for(|event| event["event"] == "listening");
    let outbound = format!("sip:{};lr", listening["sip"].as_str().unwrap());
    let mut register = command("register");
    register.args(["--account", "sip:bob@home1.example", "--outbound", &outbound]);
    register.env("SIMPLE_IM_PASSWORD", "secret").stdout(nobody()).stderr(nobody());
    assert_eq!(register.status().unwrap().code(), Some(1), "standard output is gone");
    let served = |event: &serde_json::Value, what: &str| {
        event["event"] == "served" && event["what"].as_str().unwrap().starts_with(what)
    };
    server.wait_for(|event| served(event, "bob registered"));
    server.wait_for(|event| served(event, "bob unregistered"));
    server.child.kill().unwrap();
    server.end();
}
