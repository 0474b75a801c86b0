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
        Item { name: None, media_type: "text/plain", size: Some(2), accepted: Some(true) },
        Item { name: Some("a\u{1b}[2J.png"), media_type: "image/png", size: None, accepted: Some(false) },
    ];
    for event in [
        Event::Listening { sip: "127.0.0.1:5060".parse().unwrap(), msrp: None },
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
    check(Voice::Lines, expect![[]]);
}

#[test]
fn json_has_one_object_a_line() {
    check(Voice::Json, expect![[]]);
}

#[test]
fn bars_take_the_progress_out_of_the_lines() {
    check(Voice::Bars, expect![[]]);
}

#[test]
fn what_a_peer_writes_cannot_steer_the_terminal() {
    let path = Path::new("in\u{7}box");
    let event = Event::Received { item: 0, name: "x\r\ny\u{202e}", path, octets: 1, sha256: "00" };
    assert_eq!(event.to_string(), r"x\r\ny\u{202e}: received, 1 octets, SHA-256 00, in\u{7}box");
}
