//! Paths through relays (RFC 4976 §5), and what is different on them: chunk sizes, reports, the brake they are.

use std::time::{Duration, Instant};

use bytes::Bytes;
use expect_test::expect;
use simple_im_msrp::{Config, Error, OutgoingMessage, RelayConfig, Role, SessionConfig, SessionKey, Timers};

use crate::lab::{ALICE, BOB, End, Lab, message, session, uri};

const INTRA: &str = "msrps://alice@intra.example.com;tcp";
const EXTRA: &str = "msrps://extra.example.com;tcp";
const U1: &str = "msrps://intra.example.com:9000/jui787s2f;tcp";
const U2: &str = "msrps://extra.example.com:9000/mywdEe1233;tcp";

/// Alice and, by hand, her relays.
struct Alice {
    end: End,
    start: Instant,
    now: Instant,
    trace: String,
}

impl Alice {
    fn new() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "an Instant has no other constructor; it only moves by `wait`"
        )]
        let now = Instant::now();
        Self { end: End::new("alice", Config::default()), start: now, now, trace: String::new() }
    }

    fn authorize(&mut self, relays: &[&str], expires: Option<u64>) {
        let config = RelayConfig {
            local: uri(ALICE),
            relays: relays.iter().map(|relay| uri(relay)).collect(),
            expires: expires.map(Duration::from_secs),
        };
        self.end.connection.authorize(config).unwrap();
        self.drain();
    }

    /// Writes what is to be sent, and answers the driver.
    fn drain(&mut self) {
        while self.end.drain(self.now, &mut self.trace) {}
        let written = std::mem::take(&mut self.end.sent);
        let octets = written.len().try_into().unwrap();
        self.end.connection.handle_transmitted(octets, self.now);
        while self.end.drain(self.now, &mut self.trace) {}
    }

    fn credentials(&mut self, authorization: Option<&str>) {
        let path = self.end.asked.pop().expect("credentials were asked for");
        self.end.connection.credentials(path, authorization).unwrap();
        self.drain();
    }

    /// The request that was written last.
    fn request(&self) -> String {
        let all = std::str::from_utf8(&self.end.all_sent).unwrap();
        all.get(all.rfind("MSRP ").unwrap()..).unwrap().replace("\r\n", "|")
    }

    /// The response of a relay to it.
    fn respond(&mut self, status: &str, headers: &str) {
        let request = self.request();
        let tid = request.split(' ').nth(1).unwrap();
        let frame = format!(
            "MSRP {tid} {status}\r\nTo-Path: {ALICE}\r\nFrom-Path: {INTRA}\r\n{}-------{tid}$\r\n",
            headers.replace('|', "\r\n"),
        );
        // However it is cut.
        for byte in frame.as_bytes().chunks(1) {
            self.end.connection.handle_received(Bytes::copy_from_slice(byte), self.now);
        }
        self.drain();
    }

    fn wait(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while let Some(at) = self.end.connection.next_timeout().filter(|&at| at <= end) {
            self.now = at;
            self.trace.push_str(&format!("-- {} s\n", at.duration_since(self.start).as_secs()));
            self.end.connection.handle_timeout(at);
            self.drain();
        }
        self.now = end;
    }
}

#[test]
fn rfc4976_5_1_auth_at_one_relay() {
    let mut alice = Alice::new();
    alice.authorize(&[INTRA], Some(600));
    alice.credentials(None);
    assert_eq!(
        alice.request().split_once(" AUTH").unwrap().1.rsplit_once("-------").unwrap().0,
        format!("|To-Path: {INTRA}|From-Path: {ALICE}|Expires: 600|"),
    );
    alice.respond(
        "401 Unauthorized",
        "WWW-Authenticate: Digest realm=\"intra.example.com\", nonce=\"dcd9\", qop=\"auth\"|",
    );
    alice.credentials(Some("Digest username=\"Alice\""));
    assert!(alice.request().contains("|Authorization: Digest username=\"Alice\"|Expires: 600|"));
    alice.respond("200 OK", &format!("Use-Path: {U1}|Expires: 900|"));
    expect![[r#"
        alice: credentials for msrps://alice@intra.example.com;tcp []
        alice > AUTH $
        alice: credentials for msrps://alice@intra.example.com;tcp ["Digest realm=\"intra.example.com\", nonce=\"dcd9\", qop=\"auth\""]
        alice > AUTH $
        alice: PathGranted { path: PathKey(1), use_path: [Uri("msrps://intra.example.com:9000/jui787s2f;tcp")], expires: Some(900s) }
    "#]]
    .assert_eq(&debug_uris(&alice.trace));
}

/// `Uri { text: .., parts: .. }` in short.
fn debug_uris(trace: &str) -> String {
    let mut short = String::new();
    let mut rest = trace;
    while let Some((before, after)) = rest.split_once("Uri { text: ") {
        let (text, after) = after.split_once(", parts: ").unwrap();
        let (_, after) = after.split_once("} }").unwrap();
        short.push_str(before);
        short.push_str(&format!("Uri({text})"));
        rest = after;
    }
    short + rest
}

#[test]
fn rfc4976_5_1_auth_at_two_relays_the_second_through_the_first() {
    let mut alice = Alice::new();
    alice.authorize(&[INTRA, EXTRA], None);
    alice.credentials(Some("Digest one"));
    alice.respond("200 OK", &format!("Use-Path: {U1}|Expires: 1800|"));
    alice.credentials(None);
    assert!(alice.request().contains(&format!("|To-Path: {U1} {EXTRA}|From-Path: {ALICE}|-------")));
    alice.respond("401 Unauthorized", "WWW-Authenticate: Digest realm=\"extra\"|");
    alice.credentials(Some("Digest two"));
    assert!(
        alice
            .request()
            .contains(&format!("|To-Path: {U1} {EXTRA}|From-Path: {ALICE}|Authorization: Digest two|"))
    );
    alice.respond("200 OK", &format!("Use-Path: {U1} {U2}|Expires: 900|"));
    let granted = alice.trace.lines().last().unwrap().to_owned();
    assert_eq!(
        debug_uris(&granted),
        format!(
            "alice: PathGranted {{ path: PathKey(1), use_path: [Uri({U1:?}), Uri({U2:?})], expires: Some(900s) }}"
        ),
    );
    // The first to end decides when to ask again.
    alice.wait(839);
    assert_eq!(alice.trace.lines().last().unwrap(), granted);
    alice.wait(1);
    assert_eq!(alice.trace.lines().last().unwrap(), format!("alice: credentials for {INTRA} []"));
}

#[test]
fn rfc4976_5_1_a_relay_that_lists_itself_alone_comes_behind_the_others() {
    let mut alice = Alice::new();
    alice.authorize(&[INTRA, EXTRA], None);
    alice.credentials(None);
    alice.respond("200 OK", &format!("Use-Path: {U1}|"));
    alice.credentials(None);
    alice.respond("200 OK", &format!("Use-Path: {U2}|"));
    let granted = debug_uris(alice.trace.lines().last().unwrap());
    assert!(granted.contains(&format!("use_path: [Uri({U1:?}), Uri({U2:?})], expires: None")), "{granted}");
    assert_eq!(alice.end.connection.next_timeout(), None, "no time was given, so there is none to watch");
}

#[test]
fn rfc4976_4_6_an_interval_out_of_bounds_is_asked_for_as_the_relay_takes_it() {
    let mut alice = Alice::new();
    alice.authorize(&[INTRA], Some(5));
    alice.credentials(None);
    alice.respond("423 Interval Out-of-Bounds", "Min-Expires: 60|");
    alice.credentials(None);
    assert!(alice.request().contains("|Expires: 60|"));
    // The same once more is no help.
    alice.respond("423 Interval Out-of-Bounds", "Min-Expires: 60|");
    assert_eq!(alice.trace.lines().last().unwrap(), "alice: PathRefused { path: PathKey(1), status: 423 }");
}

#[test]
fn rfc4976_5_1_a_path_is_given_up_in_the_end() {
    // No credentials.
    let mut alice = Alice::new();
    alice.authorize(&[INTRA], None);
    alice.credentials(None);
    alice.respond("401 Unauthorized", "WWW-Authenticate: Digest realm=\"x\"|");
    alice.credentials(None);
    assert_eq!(alice.trace.lines().last().unwrap(), "alice: PathRefused { path: PathKey(1), status: 401 }");
    // A relay that challenges for ever.
    let mut alice = Alice::new();
    alice.authorize(&[INTRA], None);
    alice.credentials(None);
    for _ in 0..3 {
        alice.respond("401 Unauthorized", "WWW-Authenticate: Digest realm=\"x\"|");
        alice.credentials(Some("Digest x"));
    }
    alice.respond("401 Unauthorized", "WWW-Authenticate: Digest realm=\"x\"|");
    assert_eq!(alice.trace.lines().last().unwrap(), "alice: PathRefused { path: PathKey(1), status: 401 }");
    // One that says nothing, forbids, or grants nothing.
    for (status, headers, expected) in
        [("", "", 408), ("403 Forbidden", "", 403), ("200 OK", "", 400), ("200 OK", "Use-Path: x|", 400)]
    {
        let mut alice = Alice::new();
        alice.authorize(&[INTRA], None);
        alice.credentials(None);
        if status.is_empty() {
            alice.wait(30);
        } else {
            alice.respond(status, headers);
        }
        let last = alice.trace.lines().last().unwrap();
        assert_eq!(last, format!("alice: PathRefused {{ path: PathKey(1), status: {expected} }}"));
        assert_eq!(alice.end.connection.next_timeout(), None);
    }
    // A connection that is lost.
    let mut alice = Alice::new();
    alice.authorize(&[INTRA], None);
    alice.credentials(None);
    alice.end.connection.handle_closed(alice.now);
    alice.drain();
    assert_eq!(alice.trace.lines().last().unwrap(), "alice: PathRefused { path: PathKey(1), status: 408 }");
}

#[test]
fn paths_are_refused_where_they_cannot_be_had() {
    let mut alice = Alice::new();
    let config = |relays: &[&str]| RelayConfig {
        local: uri(ALICE),
        relays: relays.iter().map(|relay| uri(relay)).collect(),
        expires: None,
    };
    assert_eq!(alice.end.connection.authorize(config(&[])), Err(Error::NoRelay));
    let path = alice.end.connection.authorize(config(&[INTRA])).unwrap();
    let split = alice.end.connection.credentials(path, Some("Digest x\r\nEvil: y"));
    assert_eq!(split.unwrap_err().to_string(), "Authorization cannot carry a control character");
    alice.end.connection.withdraw(path);
    assert!(alice.end.connection.poll_output().is_none(), "nothing is asked for a path that is gone");
    for _ in 0..1024 {
        alice.end.connection.authorize(config(&[INTRA])).unwrap();
    }
    assert_eq!(alice.end.connection.authorize(config(&[INTRA])), Err(Error::TooManyPaths));
    alice.end.connection.handle_closed(alice.now);
    assert_eq!(alice.end.connection.authorize(config(&[INTRA])), Err(Error::Closed));
}

/// Alice to Bob through one relay that takes nothing from the paths; enough for what the ends do.
fn relayed(local: &str, peer: &str, role: Role) -> SessionConfig {
    let mut session = session(local, peer, role);
    session.peer.insert(0, uri("msrp://relay.example:2855/r1;tcp"));
    session
}

/// What a relay would do to the From-Path and To-Path of Alice's frames.
fn through_a_relay(lab: &mut Lab) {
    let sent = String::from_utf8(std::mem::take(&mut lab.alice.sent)).unwrap();
    let relay = "msrp://relay.example:2855/r1;tcp";
    let moved = sent
        .replace(&format!("To-Path: {relay} {BOB}"), &format!("To-Path: {BOB}"))
        .replace(&format!("From-Path: {ALICE}"), &format!("From-Path: {relay} {ALICE}"));
    lab.alice.connection.handle_transmitted(sent.len().try_into().unwrap(), lab.now);
    lab.bob.connection.handle_received(Bytes::from(moved), lab.now);
}

/// Carries frames both ways until neither end has any; with `reports`, all of them.
fn carry(lab: &mut Lab, reports: bool) {
    while lab.alice.drain(lab.now, &mut lab.trace) || !lab.alice.sent.is_empty() {
        through_a_relay(lab);
        while lab.bob.drain(lab.now, &mut lab.trace) {}
        let back = std::mem::take(&mut lab.bob.sent);
        lab.bob.connection.handle_transmitted(back.len().try_into().unwrap(), lab.now);
        let back = if reports { back } else { without_reports(&back) };
        lab.alice.connection.handle_received(Bytes::from(back), lab.now);
    }
}

/// A bound session of Alice with Bob through a relay.
fn bound_through_a_relay() -> (Lab, SessionKey) {
    let mut lab = Lab::new(&Config::default());
    let key = lab.alice.connection.attach(relayed(ALICE, BOB, Role::Active), lab.now);
    lab.bob.expected.push(relayed(BOB, ALICE, Role::Passive));
    carry(&mut lab, true);
    lab.trace.clear();
    (lab, key)
}

fn reported(size: usize) -> OutgoingMessage {
    OutgoingMessage { success_report: true, ..message(size) }
}

fn chunks_of_alice(lab: &Lab) -> usize {
    lab.trace.matches("alice > SEND").count()
}

/// Time passes, and what is due happens.
fn wait(lab: &mut Lab, seconds: u64, reports: bool) {
    lab.now += Duration::from_secs(seconds);
    lab.alice.connection.handle_timeout(lab.now);
    lab.bob.connection.handle_timeout(lab.now);
    carry(lab, reports);
}

#[test]
fn through_relays_chunks_are_small_and_reports_are_the_brake() {
    let (mut lab, key) = bound_through_a_relay();
    let content = vec![b'x'; 600_000];
    lab.alice.send(key, reported(content.len()), &content, lab.now);
    carry(&mut lab, true);
    assert!(lab.trace.contains("alice > SEND 1-10240/600000 [10240] +"), "{}", lab.trace);
    // The first reports come soon, and the window grows with them.
    assert!(lab.trace.contains("bob > REPORT 1-10240/600000 000 200 OK $"), "{}", lab.trace);
    assert!(lab.trace.contains("bob > REPORT 10241-20480/600000 000 200 OK $"), "{}", lab.trace);
    assert!(lab.trace.contains("bob > REPORT 40961-81920/600000 000 200 OK $"), "{}", lab.trace);
    assert!(lab.trace.ends_with("alice: reported 200 complete=true\n"), "{}", lab.trace);
    assert!(lab.trace.contains("bob > REPORT 1-600000/600000 000 200 OK $"));
}

#[test]
fn without_reports_the_window_starts_small_then_is_whole_then_doubles() {
    let (mut lab, key) = bound_through_a_relay();
    let content = vec![b'x'; 600_000];
    lab.alice.send(key, reported(content.len()), &content, lab.now);
    carry(&mut lab, false);
    assert_eq!(chunks_of_alice(&lab), 2);
    for expected in [128usize << 10, 256 << 10, 512 << 10, 600_000] {
        let at = lab.alice.connection.next_timeout().expect("it goes on without reports");
        assert!(at <= lab.now + Duration::from_secs(2));
        wait(&mut lab, 2, false);
        assert_eq!(chunks_of_alice(&lab), expected.div_ceil(10_240));
    }
    assert!(lab.trace.ends_with("alice: sent\n"), "{}", lab.trace);
}

#[test]
fn the_messages_of_a_connection_share_the_window_of_reports() {
    let (mut lab, key) = bound_through_a_relay();
    let content = vec![b'x'; 300_000];
    for _ in 0..12 {
        lab.alice.send(key, reported(content.len()), &content, lab.now);
    }
    // As far as the wire goes without reports: two chunks, whosever they are.
    carry(&mut lab, false);
    assert_eq!(chunks_of_alice(&lab), 2);
    // Those two are given up as silent; the others start like them.
    wait(&mut lab, 2, false);
    assert_eq!(lab.trace.matches("alice > SEND 1-10240/300000").count(), 4);
    // With reports nothing has to wait for a timer.
    lab.alice.connection.detach(key, lab.now);
    let key = lab.alice.connection.attach(relayed(ALICE, BOB, Role::Active), lab.now);
    carry(&mut lab, true);
    lab.trace.clear();
    for _ in 0..12 {
        lab.alice.send(key, reported(content.len()), &content, lab.now);
    }
    carry(&mut lab, true);
    assert_eq!(lab.trace.matches("alice: reported 200 complete=true").count(), 12, "{}", lab.trace);
}

#[test]
fn rfc4975_7_1_4_octets_that_were_lost_on_the_way_are_reported_soon() {
    let (mut lab, key) = bound_through_a_relay();
    let content = vec![b'x'; 30_000];
    lab.alice.send(key, reported(content.len()), &content, lab.now);
    while lab.alice.drain(lab.now, &mut lab.trace) {}
    // The relay answers for both chunks, and loses the first.
    let sent = String::from_utf8(std::mem::take(&mut lab.alice.sent)).unwrap();
    let (lost, rest) = sent.split_at(sent.find("+\r\nMSRP").unwrap() + 3);
    let tid = lost.split(' ').nth(1).unwrap();
    let answer = format!("MSRP {tid} 200 OK\r\nTo-Path: {ALICE}\r\nFrom-Path: {BOB}\r\n-------{tid}$\r\n");
    lab.alice.connection.handle_transmitted(lost.len().try_into().unwrap(), lab.now);
    lab.alice.connection.handle_received(Bytes::from(answer), lab.now);
    lab.alice.sent = rest.as_bytes().to_vec();
    carry(&mut lab, true);
    wait(&mut lab, 2, true);
    assert!(lab.trace.ends_with("alice: sent\n"), "{}", lab.trace);
    assert!(!lab.trace.contains("bob: received"), "{}", lab.trace);
    wait(&mut lab, 9, true);
    assert!(!lab.trace.contains("bob > REPORT"), "{}", lab.trace);
    lab.now += Duration::from_secs(1);
    assert!(lab.bob.connection.next_timeout().is_some_and(|at| at <= lab.now));
    lab.bob.connection.handle_timeout(lab.now);
    while lab.bob.drain(lab.now, &mut lab.trace) {}
    let back = std::mem::take(&mut lab.bob.sent);
    lab.alice.connection.handle_received(Bytes::from(back), lab.now);
    while lab.alice.drain(lab.now, &mut lab.trace) {}
    assert!(lab.trace.contains("bob > REPORT 1-30000/30000 000 408"), "{}", lab.trace);
    assert!(lab.trace.ends_with("alice: reported 408 complete=false\n"), "{}", lab.trace);
}

/// The frames that are no REPORT; none of them has content.
fn without_reports(frames: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(frames).unwrap();
    let frames = text.split_inclusive("$\r\n");
    frames
        .filter(|frame| !frame.lines().next().unwrap().ends_with(" REPORT"))
        .collect::<String>()
        .into_bytes()
}

#[test]
fn rfc4975_7_1_1_keep_alive_is_a_send_without_content() {
    let config = Config {
        timers: Timers { keep_alive: Some(Duration::from_secs(60)), ..Timers::default() },
        ..Config::default()
    };
    let (mut lab, _) = Lab::with_session(&config);
    lab.run();
    lab.trace.clear();
    // Whoever was silent longer asks; the answer breaks the silence of the other.
    lab.wait(Duration::from_secs(130));
    expect![[r#"
        -- 60 s
        alice > SEND 1-0/0 $
        bob > SEND 1-0/0 $
        bob > 200 OK $
        alice > 200 OK $
        -- 120 s
        alice > SEND 1-0/0 $
        bob > SEND 1-0/0 $
        bob > 200 OK $
        alice > 200 OK $
    "#]]
    .assert_eq(&lab.trace);
    // A peer that does not answer is gone.
    lab.trace.clear();
    lab.bob.closed = true;
    lab.wait(Duration::from_secs(100));
    assert!(lab.trace.contains("alice: close"), "{}", lab.trace);
}

/// RFC 4975 §7.1.1: to `partial` no 200 comes, ever. Nothing may wait for one.
#[test]
fn rfc4975_7_1_1_a_message_with_failure_report_partial_goes_on_without_reports() {
    let (mut lab, key) = bound_through_a_relay();
    let content = vec![b'x'; 100_000];
    let message =
        OutgoingMessage { failure_report: simple_im_msrp::FailureReport::Partial, ..reported(content.len()) };
    lab.alice.send(key, message, &content, lab.now);
    carry(&mut lab, false);
    assert_eq!(chunks_of_alice(&lab), 2);
    assert!(lab.alice.connection.next_timeout().is_some(), "nothing will ever let it go on");
    for _ in 0..30 {
        wait(&mut lab, 2, false);
    }
    assert!(chunks_of_alice(&lab) > 2, "{}", lab.trace);
}

/// And it does not hold back others, which want a 200 and reports.
#[test]
fn a_partial_message_whose_report_is_lost_does_not_stop_the_others() {
    let (mut lab, key) = bound_through_a_relay();
    let content = vec![b'x'; 20_480];
    let message =
        OutgoingMessage { failure_report: simple_im_msrp::FailureReport::Partial, ..reported(content.len()) };
    lab.alice.send(key, message, &content, lab.now);
    carry(&mut lab, false);
    assert!(lab.trace.contains("alice: sent\n"), "{}", lab.trace);
    lab.trace.clear();
    lab.alice.send(key, reported(5), b"hello", lab.now);
    carry(&mut lab, true);
    for _ in 0..150 {
        wait(&mut lab, 2, true);
    }
    assert!(lab.trace.contains("bob: received 5\n"), "five minutes later: {}", lab.trace);
}

/// Until the end-line is there nobody knows that the message is whole, and until Bob accepts it that he has it.
#[test]
fn rfc4975_7_1_2_what_is_stored_before_the_end_line_is_not_reported_as_all_of_it() {
    let (mut lab, key) = bound_through_a_relay();
    lab.bob.habits.accepts = false;
    let content = vec![b'x'; 10_240];
    lab.alice.send(key, reported(content.len()), &content, lab.now);
    while lab.alice.drain(lab.now, &mut lab.trace) {}
    let sent = String::from_utf8(std::mem::take(&mut lab.alice.sent)).unwrap();
    lab.alice.connection.handle_transmitted(sent.len().try_into().unwrap(), lab.now);
    let relay = "msrp://relay.example:2855/r1;tcp";
    let moved = sent
        .replace(&format!("To-Path: {relay} {BOB}"), &format!("To-Path: {BOB}"))
        .replace(&format!("From-Path: {ALICE}"), &format!("From-Path: {relay} {ALICE}"));
    let (content, end_line) = moved.split_at(moved.rfind("\r\n-------").unwrap());
    // The relay answers.
    let tid = sent.split(' ').nth(1).unwrap();
    let answer = format!("MSRP {tid} 200 OK\r\nTo-Path: {ALICE}\r\nFrom-Path: {BOB}\r\n-------{tid}$\r\n");
    lab.alice.connection.handle_received(Bytes::from(answer), lab.now);
    for part in [content, end_line] {
        lab.bob.connection.handle_received(Bytes::from(part.to_owned()), lab.now);
        while lab.bob.drain(lab.now, &mut lab.trace) {}
    }
    // Bob finds that it has the wrong hash.
    let (message, _) = lab.bob.received.pop().expect("it is whole");
    lab.bob.connection.reject(message, 400, lab.now);
    while lab.bob.drain(lab.now, &mut lab.trace) {}
    let back = std::mem::take(&mut lab.bob.sent);
    lab.alice.connection.handle_received(Bytes::from(back), lab.now);
    while lab.alice.drain(lab.now, &mut lab.trace) {}
    assert!(!lab.trace.contains("alice: reported 200 complete=true"), "{}", lab.trace);
}

/// A session that goes while the keep-alive it was asked on is under way.
#[test]
fn keep_alive_goes_on_when_the_session_it_was_asked_on_is_detached() {
    let config = Config {
        timers: Timers { keep_alive: Some(Duration::from_secs(60)), ..Timers::default() },
        ..Config::default()
    };
    let (mut lab, first) = Lab::with_session(&config);
    const A2: &str = "msrp://198.51.100.7:2855/second0pXw8TqLz6;tcp";
    const B2: &str = "msrp://203.0.113.20:2855/second2Jx0YcUe7;tcp";
    lab.bob.expected.push(session(B2, A2, Role::Passive));
    lab.alice.connection.attach(session(A2, B2, Role::Active), lab.now);
    lab.run();
    assert_eq!(lab.trace.matches("alice: bound").count(), 2);
    lab.now += Duration::from_secs(60);
    lab.alice.connection.handle_timeout(lab.now);
    while lab.alice.drain(lab.now, &mut lab.trace) {}
    lab.alice.connection.detach(first, lab.now);
    lab.run();
    assert!(lab.alice.connection.next_timeout().is_some(), "no keep-alive ever again");
}

#[test]
fn a_report_window_of_nothing_is_one_chunk_at_a_time_not_none_for_ever() {
    let config = Config { report_window: 0, ..Config::default() };
    let mut lab = Lab::new(&config);
    let key = lab.alice.connection.attach(relayed(ALICE, BOB, Role::Active), lab.now);
    lab.bob.expected.push(relayed(BOB, ALICE, Role::Passive));
    carry(&mut lab, true);
    lab.alice.send(key, reported(5), b"hello", lab.now);
    carry(&mut lab, true);
    for _ in 0..30 {
        wait(&mut lab, 2, true);
    }
    assert!(lab.trace.contains("bob: received 5\n"), "{}", lab.trace);
}

/// The relay has not answered what is for one slow recipient. What is for another goes on all the same.
#[test]
fn a_message_whose_chunks_are_not_answered_does_not_stop_the_others_for_30_s() {
    let (mut lab, key) = bound_through_a_relay();
    let content = vec![b'x'; 40_000];
    lab.alice.send(key, reported(content.len()), &content, lab.now);
    while lab.alice.drain(lab.now, &mut lab.trace) {}
    let octets = std::mem::take(&mut lab.alice.sent).len().try_into().unwrap();
    lab.alice.connection.handle_transmitted(octets, lab.now);
    lab.trace.clear();
    lab.alice.send(key, reported(5), b"hello", lab.now);
    for _ in 0..14 {
        wait(&mut lab, 2, true);
    }
    assert!(lab.trace.contains("bob: received 5\n"), "28 s later: {}", lab.trace);
}
