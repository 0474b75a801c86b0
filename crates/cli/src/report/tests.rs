//! Tests of the three voices.

use std::path::Path;
use std::sync::Arc;

use expect_test::{Expect, expect};

use super::*;

/// What was written, readable after the reporter took the other end.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[track_caller]
fn check(voice: Voice, expected: Expect) {
    let page = Page::default();
    let reporter = Reporter::new(voice, Box::new(page.clone()));
    let to = ["sip:bob@example.com".to_owned()];
    let items = [
        Item { name: None, media_type: "text/plain", size: Some(2), skip: 0 },
        Item { name: Some("a\u{1b}[2J.png"), media_type: "image/png", size: Some(9), skip: 7 },
    ];
    for event in [
        Event::Listening { sip: "127.0.0.1:5060".parse().unwrap(), msrp: None, sips: None, msrps: None },
        Event::Inviting { to: &to },
        Event::Ringing,
        Event::Accepted { focus: false, items: &items },
    ] {
        reporter.tell(&event).unwrap();
    }
    for octets in 0..=250 {
        reporter
            .tell(&Event::Progress { item: 1, name: "large.bin", octets: octets * 4, total: 1000 })
            .unwrap();
    }
    reporter.tell(&Event::Sent { item: 1, name: "large.bin", octets: 1000 }).unwrap();
    reporter.tell(&Event::End { outcome: "delivered", code: 0, message: "" }).unwrap();
    let written = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
    let told = |line: &&str| !line.contains("progress") || line.contains(":40,") || line.contains(":1000,");
    expected.assert_eq(&written.lines().filter(told).collect::<Vec<_>>().join("\n"));
}

#[test]
fn lines_tell_every_tenth() {
    check(
        Voice::Lines,
        expect![[r#"
            listening: SIP 127.0.0.1:5060
            inviting sip:bob@example.com
            ringing
            accepted
              text (text/plain, 2 octets)
              a\u{1b}[2J.png (image/png, 9 octets, going on after 7 of them)
            large.bin: 100 of 1000 octets (10 %)
            large.bin: 200 of 1000 octets (20 %)
            large.bin: 300 of 1000 octets (30 %)
            large.bin: 400 of 1000 octets (40 %)
            large.bin: 500 of 1000 octets (50 %)
            large.bin: 600 of 1000 octets (60 %)
            large.bin: 700 of 1000 octets (70 %)
            large.bin: 800 of 1000 octets (80 %)
            large.bin: 900 of 1000 octets (90 %)
            large.bin: 1000 of 1000 octets (100 %)
            large.bin: sent, 1000 octets
            delivered"#]],
    );
}

#[test]
fn json_has_one_object_a_line() {
    check(
        Voice::Json,
        expect![[r#"
            {"event":"listening","sip":"127.0.0.1:5060","msrp":null}
            {"event":"inviting","to":["sip:bob@example.com"]}
            {"event":"ringing"}
            {"event":"accepted","focus":false,"items":[{"name":null,"type":"text/plain","size":2},{"name":"a\u001b[2J.png","type":"image/png","size":9,"skip":7}]}
            {"event":"progress","item":1,"name":"large.bin","octets":40,"total":1000}
            {"event":"progress","item":1,"name":"large.bin","octets":1000,"total":1000}
            {"event":"sent","item":1,"name":"large.bin","octets":1000}
            {"event":"end","outcome":"delivered","code":0,"message":""}"#]],
    );
}

#[test]
fn bars_take_the_progress_out_of_the_lines() {
    check(
        Voice::Bars,
        expect![[r#"
            listening: SIP 127.0.0.1:5060
            inviting sip:bob@example.com
            ringing
            accepted
              text (text/plain, 2 octets)
              a\u{1b}[2J.png (image/png, 9 octets, going on after 7 of them)
            large.bin: sent, 1000 octets
            delivered"#]],
    );
}

#[test]
fn what_a_peer_writes_cannot_steer_the_terminal() {
    let path = Path::new("in\u{7}box");
    let event = Event::Received { item: 0, name: "x\r\ny\u{202e}", path, octets: 1, sha256: "00" };
    assert_eq!(event.to_string(), r"x\r\ny\u{202e}: received, 1 octets, SHA-256 00, in\u{7}box");
}

#[cfg(unix)]
#[test]
fn a_path_need_not_be_utf_8() {
    use std::os::unix::ffi::OsStrExt as _;

    let page = Page::default();
    let reporter = Reporter::new(Voice::Json, Box::new(page.clone()));
    let path = Path::new(std::ffi::OsStr::from_bytes(b"in\xff/a.png"));
    reporter.tell(&Event::Received { item: 0, name: "a.png", path, octets: 9, sha256: "00" }).unwrap();
    let written = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
    assert!(written.contains("\"path\":\"in\u{fffd}/a.png\""), "{written}");
}
