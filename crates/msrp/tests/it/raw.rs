//! One connection against frames written by hand: every answer, however the stream is cut.

use std::time::{Duration, Instant};

use bytes::Bytes;
use expect_test::{Expect, expect};
use simple_im_msrp::{Config, Event, FromPathCheck, Role, SessionConfig};

use crate::lab::{ALICE, BOB, End, message, session};

/// A frame from Alice to Bob: start line, further headers and, behind an empty line, content; the paths are
/// put in, and the end-line with `flag`.
pub(crate) fn frame(text: &str, flag: char) -> String {
    let (start, rest) = text.split_once('\n').unwrap_or((text, ""));
    let tid = start.split(' ').next().unwrap();
    let rest = rest.replace('\n', "\r\n");
    let body = if rest.is_empty() { String::new() } else { format!("{rest}\r\n") };
    format!("MSRP {start}\r\nTo-Path: {BOB}\r\nFrom-Path: {ALICE}\r\n{body}-------{tid}{flag}\r\n")
}

pub(crate) struct Bob {
    end: End,
    now: Instant,
    pub(crate) trace: String,
}

impl Bob {
    pub(crate) fn new(config: Config, session: SessionConfig) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "an Instant has no other constructor; it only moves by `wait`"
        )]
        let now = Instant::now();
        let mut end = End::new("bob", config);
        end.connection.attach(session, now);
        Self { end, now, trace: String::new() }
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.end.connection.handle_received(Bytes::copy_from_slice(bytes), self.now);
        while self.end.drain(self.now, &mut self.trace) {}
    }

    /// What happened. Where the user decides when the stream is cut decides what comes first, so the order is
    /// not part of it.
    fn outcome(&self) -> (Vec<&str>, Vec<&[u8]>) {
        let mut lines: Vec<&str> = self.trace.lines().collect();
        lines.sort_unstable();
        (lines, self.end.received.iter().map(|(_, content)| &content[..]).collect())
    }
}

/// Feeds `stream` whole, cut everywhere and byte by byte; what happens is the same, and what is expected.
#[track_caller]
pub(crate) fn check_with(
    config: &Config,
    session: &SessionConfig,
    stream: &[u8],
    expected: Expect,
) -> Vec<Vec<u8>> {
    let run = |reads: &mut dyn Iterator<Item = &[u8]>| {
        let mut bob = Bob::new(config.clone(), session.clone());
        reads.for_each(|read| bob.feed(read));
        bob
    };
    let whole = run(&mut std::iter::once(stream));
    expected.assert_eq(&whole.trace);
    for at in 1..stream.len() {
        let (before, after) = stream.split_at(at);
        let split = run(&mut [before, after].into_iter());
        assert_eq!(split.outcome(), whole.outcome(), "split at {at}");
    }
    assert_eq!(run(&mut stream.chunks(1)).outcome(), whole.outcome(), "byte by byte");
    whole.end.received.into_iter().map(|(_, content)| content).collect()
}

#[track_caller]
fn check(frames: &[String], expected: Expect) -> Vec<Vec<u8>> {
    let session = session(BOB, ALICE, Role::Passive);
    check_with(&Config::default(), &session, frames.concat().as_bytes(), expected)
}

/// A chunk of `content` at `range`.
pub(crate) fn chunk(tid: &str, range: &str, content: &str, flag: char) -> String {
    frame(
        &format!(
            "{tid} SEND\nMessage-ID: 12339sdqwer\nByte-Range: {range}\nContent-Type: text/plain\n\n{content}"
        ),
        flag,
    )
}

#[test]
fn rfc4975_4_the_example_of_the_overview() {
    let received = check(
        &[chunk("a786hjs2", "1-25/25", "Hey Bob, are you there?\n", '$')],
        expect![[r#"
            bob: bound
            bob: incoming text/plain None Some(25)
            bob: received 25
            bob > 200 OK $
        "#]],
    );
    assert_eq!(received, [b"Hey Bob, are you there?\r\n"]);
}

#[test]
fn rfc4975_5_1_the_example_in_two_chunks() {
    let received = check(
        &[chunk("dkei38sd", "1-4/8", "abcd", '+'), chunk("dkei38ia", "5-8/8", "EFGH", '$')],
        expect![[r#"
            bob: bound
            bob: incoming text/plain None Some(8)
            bob > 200 OK $
            bob: received 8
            bob > 200 OK $
        "#]],
    );
    assert_eq!(received, [b"abcdEFGH"]);
}

#[test]
fn rfc4975_7_3_1_chunks_in_any_order_once_or_twice() {
    let received = check(
        &[
            chunk("tid0", "7-9/9", "ghi", '$'),
            chunk("tid1", "1-3/9", "abc", '+'),
            chunk("tid2", "1-3/9", "abc", '+'),
            chunk("tid3", "4-*/9", "def", '+'),
            chunk("tid4", "4-6/9", "def", '+'),
        ],
        expect![[r#"
            bob: bound
            bob: incoming text/plain None Some(9)
            bob > 200 OK $
            bob > 200 OK $
            bob > 200 OK $
            bob > 200 OK $
            bob: received 9
            bob > 200 OK $
        "#]],
    );
    assert_eq!(received, [b"abcdefghi"]);
}

#[test]
fn rfc4975_7_3_1_of_overlapping_chunks_the_last_wins() {
    let received = check(
        &[chunk("tid0", "1-6/*", "abcXYZ", '+'), chunk("tid1", "4-*/*", "defg", '$')],
        expect![[r#"
            bob: bound
            bob: incoming text/plain None None
            bob > 200 OK $
            bob: received 7
            bob > 200 OK $
        "#]],
    );
    assert_eq!(received, [b"abcdefg"]);
}

#[test]
fn the_counted_octets_decide_not_the_range() {
    let received = check(
        &[chunk("tid0", "1-100/200", "Hello", '$')],
        expect![[r#"
        bob: bound
        bob: incoming text/plain None Some(200)
        bob: received 5
        bob > 200 OK $
    "#]],
    );
    assert_eq!(received, [b"Hello"]);
}

#[test]
fn a_message_without_a_range_starts_at_its_first_octet() {
    let received = check(
        &[frame("tid0 SEND\nMessage-ID: abcd\nContent-Type: text/plain\n\nhi", '$')],
        expect![[r#"
            bob: bound
            bob: incoming text/plain None None
            bob: received 2
            bob > 200 OK $
        "#]],
    );
    assert_eq!(received, [b"hi"]);
}

#[test]
fn messages_may_interleave() {
    let part = |tid: &str, id: &str, range: &str, content: &str, flag| {
        let text = format!(
            "{tid} SEND\nMessage-ID: {id}\nByte-Range: {range}\nContent-Type: text/plain\n\n{content}"
        );
        frame(&text, flag)
    };
    let received = check(
        &[
            part("tid0", "one1", "1-2/4", "ab", '+'),
            part("tid1", "two2", "1-2/4", "AB", '+'),
            part("tid2", "one1", "3-4/4", "cd", '$'),
            part("tid3", "two2", "3-4/4", "CD", '$'),
        ],
        expect![[r#"
            bob: bound
            bob: incoming text/plain None Some(4)
            bob > 200 OK $
            bob: incoming text/plain None Some(4)
            bob > 200 OK $
            bob: received 4
            bob: received 4
            bob > 200 OK $
            bob > 200 OK $
        "#]],
    );
    assert_eq!(received, [b"abcd", b"ABCD"]);
}

#[test]
fn contradicting_chunks_are_refused_400_and_the_message_with_them() {
    check(
        &[
            chunk("tid0", "7-9/9", "ghi", '$'),
            chunk("tid1", "9-10/9", "xx", '+'),
            chunk("tid2", "1-6/9", "abcdef", '+'),
        ],
        expect![[r#"
            bob: bound
            bob: incoming text/plain None Some(9)
            bob > 200 OK $
            bob > 400 Bad Request $
            bob: aborted: chunks contradict each other
            bob > 400 Bad Request $
        "#]],
    );
    check(
        &[chunk("tid0", "7-9/9", "ghi", '$'), chunk("tid1", "1-3/9", "abc", '$')],
        expect![[r#"
        bob: bound
        bob: incoming text/plain None Some(9)
        bob > 200 OK $
        bob > 400 Bad Request $
        bob: aborted: chunks contradict each other
    "#]],
    );
}

#[test]
fn absurd_ranges_are_refused_400() {
    check(
        &[
            chunk("tid0", "0-5/5", "Hello", '$'),
            chunk("tid1", "9223372036854775809-*/*", "Hello", '$'),
            chunk("tid2", "18446744073709551616-*/*", "Hello", '$'),
            chunk("tid3", "-1-5/5", "Hello", '$'),
        ],
        expect![[r#"
            bob: bound
            bob > 400 Bad Request $
            bob > 400 Bad Request $
            bob > 400 Bad Request $
            bob > 400 Bad Request $
        "#]],
    );
}

#[test]
fn rfc4975_7_1_a_hash_ends_the_message() {
    check(
        &[
            chunk("tid0", "1-3/9", "abc", '+'),
            chunk("tid1", "4-*/9", "de", '#'),
            // A late chunk of it is stopped.
            chunk("tid2", "6-9/9", "fghi", '$'),
        ],
        expect![[r#"
            bob: bound
            bob: incoming text/plain None Some(9)
            bob > 200 OK $
            bob > 200 OK $
            bob: aborted: aborted by the sender
            bob > 413 Stop Sending $
        "#]],
    );
    // Nothing was known of this one.
    check(
        &[chunk("tid0", "1-*/9", "", '#')],
        expect![[r#"
        bob: bound
        bob > 200 OK $
    "#]],
    );
}

#[test]
fn a_repeated_message_is_acknowledged_and_not_delivered_again() {
    let received = check(
        &[chunk("tid0", "1-2/2", "hi", '$'), chunk("tid1", "1-2/2", "hi", '$')],
        expect![[r#"
            bob: bound
            bob: incoming text/plain None Some(2)
            bob > 200 OK $
            bob: received 2
            bob > 200 OK $
        "#]],
    );
    assert_eq!(received.len(), 1);
}

#[test]
fn sends_without_content_are_answered_at_any_time() {
    check(
        &[
            frame("tid0 SEND\nMessage-ID: abcd\nByte-Range: 1-0/0", '$'),
            // tinyMSRP writes no Byte-Range, others a blank line, msrp-node-lib a heartbeat.
            frame("tid1 SEND\nMessage-ID: abcd", '$'),
            frame("tid2 SEND", '$'),
            frame("tid3 SEND\nMessage-ID: abcd\nByte-Range: 1-0/0\n", '$'),
            frame("tid4 SEND\nMessage-ID: abcd\nKeep-Alive: yes\nByte-Range: 1-0/0", '$'),
            frame("tid5 SEND\nMessage-ID: abcd\nContent-Type: text/x-msrp-heartbeat\n\nHEARTBEAT", '$'),
            frame("tid6 SEND\nMessage-ID: abcd\nFailure-Report: no\nByte-Range: 1-0/0", '$'),
            frame("tid7 SEND\nMessage-ID: abcd\nFailure-Report: partial\nByte-Range: 1-0/0", '$'),
        ],
        expect![[r#"
            bob: bound
            bob > 200 OK $
            bob > 200 OK $
            bob > 200 OK $
            bob > 200 OK $
            bob > 200 OK $
            bob > 200 OK $
        "#]],
    );
}

#[test]
fn a_session_that_only_sends_refuses_content_and_answers_the_rest() {
    let mut session = session(BOB, ALICE, Role::Passive);
    session.receive = None;
    let stream =
        [frame("tid0 SEND\nMessage-ID: abcd\nByte-Range: 1-0/0", '$'), chunk("tid1", "1-2/2", "hi", '$')];
    check_with(
        &Config::default(),
        &session,
        stream.concat().as_bytes(),
        expect![[r#"
        bob: bound
        bob > 200 OK $
        bob > 403 Forbidden $
    "#]],
    );
}

#[test]
fn what_breaks_a_rule_is_answered_and_not_delivered() {
    check(
        &[
            frame("tid0 SEND\nMessage-ID: abcd\nByte-Range: x\nContent-Type: text/plain\n\nhi", '$'),
            frame("tid1 SEND\nMessage-ID: abcd\nMessage-ID: abce\nContent-Type: text/plain\n\nhi", '$'),
            frame("tid2 SEND\nMessage-ID: abcd\nFailure-Report: maybe\nContent-Type: text/plain\n\nhi", '$'),
            frame("tid3 SEND\nContent-Type: text/plain\n\nhi", '$'),
            frame("tid4 SEND\nMessage-ID: abcd\n\nhi", '$'),
            frame("tid5 FILE_OFFSET\nMessage-ID: abcd", '$'),
            frame("tid6 AUTH", '$'),
            frame("tid7 NICKNAME\nUse-Nickname: \"bob\"", '$'),
            // Nothing to answer to.
            String::from("MSRP tid8 SEND\r\n-------tid8$\r\n"),
            format!("MSRP tid9 SEND\r\nTo-Path: {BOB}\r\nMessage-ID: abcd\r\n-------tid9$\r\n"),
            format!("MSRP tidA SEND\r\nTo-Path: nonsense\r\nFrom-Path: {ALICE}\r\n-------tidA$\r\n"),
            format!(
                "MSRP tidB SEND\r\nFrom-Path: {ALICE}\r\nTo-Path: {BOB}\r\nMessage-ID: abcd\r\n-------tidB$\r\n"
            ),
        ],
        expect![[r#"
            bob > 400 Bad Request $
            bob > 400 Bad Request $
            bob > 400 Bad Request $
            bob > 400 Bad Request $
            bob: bound
            bob > 415 Unsupported Media Type $
            bob > 501 Unknown Method $
            bob > 501 Unknown Method $
            bob > 501 Unknown Method $
            bob > 400 Bad Request $
        "#]],
    );
}

#[test]
fn failure_report_no_silences_errors_too() {
    check(
        &[
            frame(
                "tid0 SEND\nMessage-ID: abcd\nFailure-Report: no\nByte-Range: x\nContent-Type: a/b\n\nhi",
                '$',
            ),
            frame(
                "tid1 SEND\nMessage-ID: abcd\nFailure-Report: partial\nByte-Range: x\nContent-Type: a/b\n\nhi",
                '$',
            ),
        ],
        expect![[r#"
            bob > 400 Bad Request $
        "#]],
    );
}

#[test]
fn reports_are_never_answered() {
    check(
        &[
            frame("tid0 REPORT\nMessage-ID: abcd\nByte-Range: 1-5/5\nStatus: 000 200 OK", '$'),
            frame("tid1 REPORT\nMessage-ID: abcd\nStatus: 000", '$'),
            String::from("MSRP tid2 REPORT\r\n-------tid2$\r\n"),
            String::from("MSRP tid3 200 OK\r\n-------tid3$\r\n"),
        ],
        expect![[""]],
    );
}

#[test]
fn rfc4975_7_3_paths_of_others_are_refused_481() {
    let other = BOB.replace("9fQm2", "9FQM2");
    let to_others = |tid: &str, to: &str| {
        format!(
            "MSRP {tid} SEND\r\nTo-Path: {to}\r\nFrom-Path: {ALICE}\r\nMessage-ID: abcd\r\n-------{tid}$\r\n"
        )
    };
    check(
        &[
            to_others("tid0", &other),
            to_others("tid1", &format!("{BOB} msrp://next.example:1/x;tcp")),
            // The same session, written differently.
            to_others("tid2", &BOB.replace("msrp:", "MSRP:").replace(";tcp", ";TCP")),
        ],
        expect![[r#"
            bob: bind msrp://203.0.113.20:2855/9FQM2Jx0YcUe7HsN;tcp from msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp
            bob > 481 No Such Session $
            bob > 481 No Such Session $
            bob: bound
            bob > 200 OK $
        "#]],
    );
}

#[test]
fn a_foreign_from_path_is_counted_or_refused() {
    let stream = chunk("tid0", "1-2/2", "hi", '$').replace(ALICE, "msrp://198.51.100.7:9/other;tcp");
    for (from_path, received) in [(FromPathCheck::Tolerate, 1), (FromPathCheck::Enforce, 0)] {
        let config = Config { from_path, ..Config::default() };
        let mut bob = Bob::new(config, session(BOB, ALICE, Role::Passive));
        bob.feed(stream.as_bytes());
        assert_eq!(bob.end.received.len(), received);
        assert_eq!(bob.end.connection.counters().foreign_from_paths, 1);
    }
}

#[test]
fn rfc4975_7_2_a_response_goes_one_hop_and_a_report_all_the_way() {
    let relay = "msrp://relay.example:2855/r1;tcp";
    let stream = chunk("tid0", "1-2/2", "hi", '$')
        .replace("From-Path: ", &format!("From-Path: {relay} "))
        .replace("Content-Type", "Success-Report: yes\r\nContent-Type");
    let mut bob = Bob::new(Config::default(), session(BOB, ALICE, Role::Passive));
    bob.feed(stream.as_bytes());
    expect![[r#"
        MSRP tid0 200 OK
        To-Path: msrp://relay.example:2855/r1;tcp
        From-Path: msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp
        -------tid0$
        MSRP AAAAAAAAAADCAAAB REPORT
        To-Path: msrp://relay.example:2855/r1;tcp msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp
        From-Path: msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp
        Message-ID: 12339sdqwer
        Byte-Range: 1-2/2
        Status: 000 200 OK
        -------AAAAAAAAAADCAAAB$
    "#]]
    .assert_eq(&String::from_utf8(bob.end.all_sent).unwrap().replace("\r\n", "\n"));
}

#[test]
fn another_protocol_is_hung_up_on_without_a_word() {
    for stream in ["GET / HTTP/1.1\r\n\r\n", "INVITE sip:a SIP/2.0\r\n", "\x16\x03\x01\x02", "\r\n"] {
        let mut bob = Bob::new(Config::default(), session(BOB, ALICE, Role::Passive));
        bob.feed(&stream.as_bytes()[..1]);
        bob.feed(&stream.as_bytes()[1..]);
        assert_eq!(bob.trace, "bob: close\n");
        assert!(!bob.end.connection.wants_received());
        assert_eq!(bob.end.connection.next_timeout(), None);
    }
}

#[test]
fn a_header_block_that_does_not_end_is_hung_up_on() {
    let mut bob = Bob::new(Config::default(), session(BOB, ALICE, Role::Passive));
    for byte in b"MSRP abcd SEND\r\nTo-Pa" {
        bob.feed(&[*byte]);
        bob.now += Duration::from_secs(1);
    }
    let at = bob.end.connection.next_timeout().unwrap();
    assert_eq!(at.duration_since(bob.now), Duration::from_secs(32 - 21));
    bob.end.connection.handle_timeout(at);
    bob.feed(b"");
    assert_eq!(bob.trace, "bob: close\n");
}

#[test]
fn guesses_at_sessions_are_limited() {
    let mut end = End::new("bob", Config::default());
    #[expect(clippy::disallowed_methods, reason = "an Instant has no other constructor")]
    let now = Instant::now();
    let mut trace = String::new();
    for _ in 0..20 {
        end.connection.handle_received(Bytes::from(chunk("tid0", "1-2/2", "hi", '$')), now);
        while end.drain(now, &mut trace) {}
    }
    assert!(end.closed);
    assert_eq!(trace.matches("bind").count(), 8);
}

#[test]
fn an_incoming_message_times_out_but_not_while_we_hold_it_up() {
    let mut bob = Bob::new(Config::default(), session(BOB, ALICE, Role::Passive));
    bob.end.habits.credits = false;
    bob.feed(chunk("tid0", "1-3/9", "abc", '+').as_bytes());
    assert_eq!(bob.end.connection.next_timeout(), None, "the user has the octets");
    while bob.end.credit(bob.now) {}
    let at = bob.end.connection.next_timeout().unwrap();
    assert_eq!(at.duration_since(bob.now), Duration::from_secs(120));
    bob.end.connection.handle_timeout(at);
    bob.trace.clear();
    bob.feed(chunk("tid1", "4-9/9", "defghi", '$').as_bytes());
    expect![[r#"
        bob > REPORT 1-9/9 000 408 Timeout $
        bob: aborted: no more content in time
        bob > 408 Timeout $
    "#]]
    .assert_eq(&bob.trace);
}

#[test]
fn open_messages_and_holes_are_limited() {
    let mut config = Config::default();
    config.limits.max_incoming = 2;
    config.limits.max_ranges = 2;
    let mut bob = Bob::new(config, session(BOB, ALICE, Role::Passive));
    for id in ["aaaa", "bbbb", "cccc", "cccc"] {
        let first = chunk("tid0", "1-1/9", "x", '+').replace("12339sdqwer", id);
        bob.feed(first.as_bytes());
    }
    for start in [3, 5] {
        let hole = chunk("tid1", &format!("{start}-{start}/9"), "x", '+').replace("12339sdqwer", "aaaa");
        bob.feed(hole.as_bytes());
    }
    expect![[r#"
        bob: bound
        bob: incoming text/plain None Some(9)
        bob > 200 OK $
        bob: incoming text/plain None Some(9)
        bob > 200 OK $
        bob > 413 Stop Sending $
        bob > 413 Stop Sending $
        bob > 200 OK $
        bob > 413 Stop Sending $
        bob: aborted: chunks contradict each other
    "#]]
    .assert_eq(&bob.trace);
}

#[test]
fn reading_stops_at_the_window_and_goes_on_with_credit() {
    let config = Config { window: 5000, ..Config::default() };
    let mut bob = Bob::new(config, session(BOB, ALICE, Role::Passive));
    bob.end.habits.credits = false;
    let content = "x".repeat(20_000);
    let stream = chunk("tid0", "1-20000/20000", &content, '$');
    let mut reads = stream.as_bytes().chunks(1000);
    let mut most = 0;
    while bob.end.received.is_empty() {
        while bob.end.connection.wants_received()
            && let Some(read) = reads.next()
        {
            bob.feed(read);
        }
        most = most.max(bob.end.credits.iter().map(|credit| credit.1).sum::<u64>());
        assert!(bob.end.credit(bob.now), "stalled for ever");
        bob.feed(b"");
    }
    assert!(most < 6000, "{most} octets were handed out at once");
    assert_eq!(bob.end.received[0].1, content.as_bytes());
}

#[test]
fn reading_goes_on_when_what_filled_the_window_is_given_up() {
    for way in ["abort", "reject", "detach"] {
        let mut bob =
            Bob::new(Config { window: 5000, ..Config::default() }, session(BOB, ALICE, Role::Passive));
        bob.end.habits.credits = false;
        let other = BOB.replace(";tcp", "other;tcp");
        let of_large = bob.end.connection.attach(session(&other, ALICE, Role::Passive), bob.now);
        let large = chunk("tid0", "1-6000/9000", &"x".repeat(6000), '+').replace(BOB, &other);
        let small =
            frame("tid1 SEND\nMessage-ID: small\nByte-Range: 1-5/5\nContent-Type: text/plain\n\nhello", '$');
        bob.feed(format!("{large}{small}").as_bytes());
        assert!(!bob.end.connection.wants_received());
        let (large, _) = bob.end.credits[0];
        match way {
            "abort" => bob.end.connection.abort(large, bob.now),
            "reject" => bob.end.connection.reject(large, 413, bob.now),
            _ => bob.end.connection.detach(of_large, bob.now),
        }
        bob.end.habits.credits = true;
        bob.end.credits.clear();
        while bob.end.drain(bob.now, &mut bob.trace) {}
        assert!(bob.trace.contains("received 5"), "{way}: {}", bob.trace);
    }
}

#[test]
fn many_small_pieces_count_more_than_their_octets() {
    let mut bob = Bob::new(Config::default(), session(BOB, ALICE, Role::Passive));
    bob.end.habits.credits = false;
    let whole = chunk("tid0", "1-*/*", "", '+');
    let (head, _) = whole.split_once("\r\n\r\n").unwrap();
    bob.feed(format!("{head}\r\n\r\n").as_bytes());
    let mut pieces = 0;
    while bob.end.connection.wants_received() {
        bob.feed(b"x");
        pieces += 1;
        assert!(pieces < 2000);
    }
    while bob.end.credit(bob.now) {}
    assert!(bob.end.connection.wants_received());
}

#[test]
fn a_peer_that_does_not_read_its_answers_is_not_read() {
    let mut bob = Bob::new(Config::default(), session(BOB, ALICE, Role::Passive));
    let stream = frame("tid0 SEND\nMessage-ID: abcd", '$');
    let mut fed = 0;
    while bob.end.connection.wants_received() {
        bob.feed(stream.as_bytes());
        fed += 1;
        assert!(fed < 1000, "answers pile up");
    }
    let sent = u64::try_from(bob.end.all_sent.len()).unwrap();
    bob.end.connection.handle_transmitted(sent, bob.now);
    assert!(bob.end.connection.wants_received());
}

#[test]
fn rfc4975_7_1_2_reports_of_the_field() {
    // What each known peer reports for a message of 5 octets sent in one chunk; whether it is delivered.
    for (range, complete) in [
        ("Byte-Range: 1-5/5\n", true),
        ("", true),
        ("Byte-Range: 1-*/5\n", true),
        ("Byte-Range: 1-9/5\n", true),
        ("Byte-Range: 5-5/5\n", true),
        ("Byte-Range: 1-4/5\n", false),
        ("Byte-Range: 0-5/5\n", true),
    ] {
        let (mut bob, id) = sent_message(5);
        bob.trace.clear();
        bob.feed(frame(&format!("rep0 REPORT\nMessage-ID: {id}\n{range}Status: 000 200 OK"), '$').as_bytes());
        assert_eq!(bob.trace, format!("bob: reported 200 complete={complete}\n"), "{range}");
        bob.trace.clear();
        bob.feed(
            frame(&format!("rep1 REPORT\nMessage-ID: {id}\nByte-Range: 5-5/5\nStatus: 000 200 OK"), '$')
                .as_bytes(),
        );
        let told = if complete { "" } else { "bob: reported 200 complete=true\n" };
        assert_eq!(bob.trace, told, "{range}, again");
    }
}

#[test]
fn reports_before_the_200_and_failures_after_it() {
    let (mut bob, id) = sent_message(5);
    let wire = String::from_utf8(bob.end.all_sent.clone()).unwrap();
    let tid = wire.lines().find_map(|line| line.strip_suffix(" SEND")?.strip_prefix("MSRP ")).unwrap();
    bob.trace.clear();
    bob.feed(
        frame(&format!("rep0 REPORT\nMessage-ID: {id}\nByte-Range: 1-5/5\nStatus: 000 200 OK"), '$')
            .as_bytes(),
    );
    bob.feed(frame(&format!("{tid} 200 OK"), '$').as_bytes());
    bob.feed(frame(&format!("{tid} 200 OK"), '$').as_bytes());
    // A relay may find out later; a status that is not a status code says nothing.
    bob.feed(
        frame(&format!("rep1 REPORT\nMessage-ID: {id}\nByte-Range: 1-5/5\nStatus: 000 408 Timeout"), '$')
            .as_bytes(),
    );
    bob.feed(
        frame(&format!("rep2 REPORT\nMessage-ID: {id}\nByte-Range: 1-5/5\nStatus: 001 408 Timeout"), '$')
            .as_bytes(),
    );
    expect![[r#"
        bob: reported 200 complete=true
        bob: 5 sent, 5 acknowledged
        bob: sent
        bob: reported 408 complete=false
    "#]]
    .assert_eq(&bob.trace);
    assert_eq!(bob.end.connection.counters().stray_responses, 1);
    assert_eq!(bob.end.connection.counters().stray_reports, 1);
}

#[test]
fn a_failing_report_fails_the_message() {
    let (mut bob, id) = sent_message(5);
    bob.trace.clear();
    bob.feed(
        frame(&format!("rep0 REPORT\nMessage-ID: {id}\nByte-Range: 1-5/5\nStatus: 000 413 Stop"), '$')
            .as_bytes(),
    );
    assert_eq!(bob.trace, "bob: failed: refused with status 413\n");
}

/// Bob with a message of `size` octets handed to the wire, and its Message-ID.
fn sent_message(size: usize) -> (Bob, String) {
    let mut bob = Bob::new(Config::default(), session(BOB, ALICE, Role::Passive));
    bob.feed(frame("bind SEND\nMessage-ID: abcd\nByte-Range: 1-0/0", '$').as_bytes());
    let key = bob.end.events.iter().find_map(|event| match event {
        Event::Bound(key) => Some(*key),
        _ => None,
    });
    let mut what = message(size);
    what.success_report = true;
    bob.end.send(key.unwrap(), what, &vec![b'x'; size], bob.now);
    bob.feed(b"");
    let sent = u64::try_from(bob.end.all_sent.len()).unwrap();
    bob.end.connection.handle_transmitted(sent, bob.now);
    bob.feed(b"");
    let wire = String::from_utf8(bob.end.all_sent.clone()).unwrap();
    let id = wire.split("Message-ID: ").nth(1).unwrap().split("\r\n").next().unwrap().to_owned();
    (bob, id)
}

#[test]
fn rfc4975_7_1_content_that_holds_the_end_line_of_the_next_chunk_is_sent_and_arrives() {
    // Ids are counted, so the next ones are known; the content has the end-lines of all of them.
    let mut bob = Bob::new(Config::default(), session(BOB, ALICE, Role::Passive));
    bob.feed(frame("bind SEND\nMessage-ID: abcd\nByte-Range: 1-0/0", '$').as_bytes());
    let mut content = String::new();
    let mut ids = crate::lab::Counted(u64::from(b'b') << 20);
    for _ in 0..40 {
        let tid = simple_im_msrp::Tid::random(&mut ids);
        content.push_str(&format!("\r\n-------{tid}$\r\n"));
    }
    let Some(Event::Bound(key)) = bob.end.events.first() else { panic!("not bound") };
    let key = *key;
    bob.end.send(key, message(content.len()), content.as_bytes(), bob.now);
    bob.feed(b"");
    let mut inspector =
        simple_im_msrp::Inspector::new(grammar::Reading::Strict, simple_im_msrp::Limits::default());
    inspector.push(Bytes::from(bob.end.all_sent.clone()));
    let mut seen = Vec::new();
    let mut frames = 0;
    while inspector.next_frame(|piece| seen.extend_from_slice(piece)).unwrap().is_some() {
        frames += 1;
    }
    assert_eq!((frames, String::from_utf8(seen).unwrap()), (2, content));
}

/// RFC 4975 §9: `[content-stuff]` is optional in any request, also in the one that ends a message with `#`.
#[test]
fn rfc4975_7_1_a_hash_without_content_ends_the_message_too() {
    let mut bob = Bob::new(Config::default(), session(BOB, ALICE, Role::Passive));
    bob.feed(chunk("tid0", "1-3/9", "abc", '+').as_bytes());
    bob.feed(frame("tid1 SEND\nMessage-ID: 12339sdqwer\nByte-Range: 4-*/9", '#').as_bytes());
    assert!(bob.trace.contains("bob: aborted: aborted by the sender"), "{}", bob.trace);
}

/// The sender's relay gave it a new URI in the middle of a message (RFC 4976 §5.1): the old one is no way back any more.
#[test]
fn rfc4975_7_1_2_a_report_takes_the_way_the_last_chunk_came() {
    let mut bob = Bob::new(Config::default(), session(BOB, ALICE, Role::Passive));
    let (old, new) = ("msrp://relay.example:2855/old;tcp", "msrp://relay.example:2855/new;tcp");
    for (relay, tid, range, content, flag) in
        [(old, "tid0", "1-3/6", "abc", '+'), (new, "tid1", "4-6/6", "def", '$')]
    {
        let chunk = chunk(tid, range, content, flag)
            .replace("From-Path: ", &format!("From-Path: {relay} "))
            .replace("Message-ID", "Success-Report: yes\r\nMessage-ID");
        bob.feed(chunk.as_bytes());
    }
    let sent = String::from_utf8(bob.end.all_sent.clone()).unwrap();
    let report = sent.split("MSRP ").find(|frame| frame.contains(" REPORT\r\n")).expect("a REPORT");
    assert!(report.contains(&format!("To-Path: {new} {ALICE}\r\n")), "{report}");
}
