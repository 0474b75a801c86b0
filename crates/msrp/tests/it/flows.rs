//! Flows of two connections: the examples of the field, end to end, as traces.

use std::time::Duration;

use bytes::Bytes;
use expect_test::{Expect, expect};
use grammar::ByteStr;
use simple_im_msrp::{Config, Event, FailureReport, Limits, OutgoingMessage, Role};

use crate::lab::{ALICE, BOB, Lab, message, session};

#[track_caller]
fn check(lab: &Lab, expected: Expect) {
    expected.assert_eq(&lab.trace);
}

fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|i| u8::try_from(i % 251).unwrap()).collect()
}

/// What was sent as text, its CRLF as LF.
fn lines(sent: &[u8]) -> String {
    let text = std::str::from_utf8(sent).unwrap();
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    text.replace("\r\n", "\n")
}

#[test]
fn rfc4975_5_4_the_active_side_binds_first_and_sends_then() {
    let (mut lab, key) = Lab::with_session(&Config::default());
    lab.alice.send(key, message(14), b"Lunch at noon?", lab.now);
    lab.run();
    check(
        &lab,
        expect![[r#"
            alice > SEND 1-0/0 $
            bob: bind msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp from msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp
            bob: bound
            bob > 200 OK $
            alice: bound
            alice > SEND 1-14/14 [14] $
            bob: incoming text/plain None Some(14)
            bob: received 14
            bob > 200 OK $
            alice: 14 sent, 0 acknowledged
            alice: 14 sent, 14 acknowledged
            alice: sent
        "#]],
    );
    assert_eq!(lab.bob.received[0].1, b"Lunch at noon?");
}

#[test]
fn rfc4975_7_1_the_wire_image_of_a_message() {
    let (mut lab, key) = Lab::with_session(&Config::default());
    let mut what = message(14);
    what.disposition = Some(ByteStr::from("inline"));
    what.success_report = true;
    lab.alice.send(key, what, b"Lunch at noon?", lab.now);
    lab.run();
    expect![[r#"
        MSRP AAAAAAAAAADBAAAB SEND
        To-Path: msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp
        From-Path: msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp
        Message-ID: AAAAAAAAAADBAAAC
        Byte-Range: 1-0/0
        -------AAAAAAAAAADBAAAB$
        MSRP AAAAAAAAAADBAAAE SEND
        To-Path: msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp
        From-Path: msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp
        Message-ID: AAAAAAAAAADBAAAD
        Byte-Range: 1-14/14
        Success-Report: yes
        Content-Disposition: inline
        Content-Type: text/plain

        Lunch at noon?
        -------AAAAAAAAAADBAAAE$
    "#]]
    .assert_eq(&lines(&lab.alice.all_sent));
    expect![[r#"
        MSRP AAAAAAAAAADBAAAB 200 OK
        To-Path: msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp
        From-Path: msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp
        -------AAAAAAAAAADBAAAB$
        MSRP AAAAAAAAAADBAAAE 200 OK
        To-Path: msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp
        From-Path: msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp
        -------AAAAAAAAAADBAAAE$
        MSRP AAAAAAAAAADCAAAB REPORT
        To-Path: msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp
        From-Path: msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp
        Message-ID: AAAAAAAAAADBAAAD
        Byte-Range: 1-14/14
        Status: 000 200 OK
        -------AAAAAAAAAADCAAAB$
    "#]]
    .assert_eq(&lines(&lab.bob.all_sent));
}

#[test]
fn rfc4975_7_1_2_one_report_at_the_end_and_only_if_asked_for() {
    let config = Config { chunk_size: 2048, ..Config::default() };
    let (mut lab, key) = Lab::with_session(&config);
    let content = pattern(5000);
    lab.alice.send(key, OutgoingMessage { success_report: true, ..message(5000) }, &content, lab.now);
    lab.run();
    check(
        &lab,
        expect![[r#"
            alice > SEND 1-0/0 $
            bob: bind msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp from msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp
            bob: bound
            bob > 200 OK $
            alice: bound
            alice > SEND 1-2048/5000 [2048] +
            alice > SEND 2049-4096/5000 [2048] +
            alice > SEND 4097-5000/5000 [904] $
            bob: incoming text/plain None Some(5000)
            bob > 200 OK $
            bob > 200 OK $
            bob: received 5000
            bob > 200 OK $
            bob > REPORT 1-5000/5000 000 200 OK $
            alice: 2048 sent, 0 acknowledged
            alice: 4096 sent, 0 acknowledged
            alice: 5000 sent, 0 acknowledged
            alice: 5000 sent, 2048 acknowledged
            alice: 5000 sent, 4096 acknowledged
            alice: 5000 sent, 5000 acknowledged
            alice: sent
            alice: reported 200 complete=true
        "#]],
    );
    assert_eq!(lab.bob.received[0].1, content);
}

#[test]
fn rfc4975_7_1_1_failure_report_no_and_partial_get_no_200() {
    let (mut lab, key) = Lab::with_session(&Config::default());
    for failure_report in [FailureReport::No, FailureReport::Partial] {
        lab.alice.send(key, OutgoingMessage { failure_report, ..message(2) }, b"hi", lab.now);
        lab.run();
    }
    check(
        &lab,
        expect![[r#"
            alice > SEND 1-0/0 $
            bob: bind msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp from msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp
            bob: bound
            bob > 200 OK $
            alice: bound
            alice > SEND 1-2/2 [2] $
            bob: incoming text/plain None Some(2)
            bob: received 2
            alice: 2 sent, 0 acknowledged
            alice: sent
            alice > SEND 1-2/2 [2] $
            bob: incoming text/plain None Some(2)
            bob: received 2
            alice: 2 sent, 0 acknowledged
            alice: sent
        "#]],
    );
    assert_eq!(lab.bob.received.len(), 2);
}

#[test]
fn partial_does_not_run_out_of_transactions() {
    let config = Config { chunk_size: 10, ..Config::default() };
    let (mut lab, key) = Lab::with_session(&config);
    let content = pattern(100_000);
    let partial = OutgoingMessage { failure_report: FailureReport::Partial, ..message(100_000) };
    lab.alice.send(key, partial, &content, lab.now);
    lab.run();
    assert_eq!(lab.bob.received[0].1, content);
}

#[test]
fn seed_13_4_an_empty_message_is_a_message() {
    let (mut lab, key) = Lab::with_session(&Config::default());
    lab.alice.send(key, OutgoingMessage { success_report: true, ..message(0) }, b"", lab.now);
    lab.run();
    check(
        &lab,
        expect![[r#"
            alice > SEND 1-0/0 $
            bob: bind msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp from msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp
            bob: bound
            bob > 200 OK $
            alice: bound
            alice > SEND 1-0/0 [0] $
            bob: incoming text/plain None Some(0)
            bob: received 0
            bob > 200 OK $
            bob > REPORT 1-0/0 000 200 OK $
            alice: 0 sent, 0 acknowledged
            alice: 0 sent, 0 acknowledged
            alice: sent
            alice: reported 200 complete=true
        "#]],
    );
}

#[test]
fn rfc4975_7_3_413_stops_the_message_and_the_next_one_still_works() {
    let config = Config { chunk_size: 2048, window: 4096, ..Config::default() };
    let (mut lab, key) = Lab::with_session(&config);
    lab.bob.expected[0].receive.as_mut().unwrap().max_size = Some(5000);
    // The size is only a claim; the chunks say more than the session takes.
    lab.alice.send(key, message(8000), &pattern(8000), lab.now);
    lab.run();
    lab.alice.send(key, message(2), b"hi", lab.now);
    lab.run();
    check(
        &lab,
        expect![[r#"
            alice > SEND 1-0/0 $
            bob: bind msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp from msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp
            bob: bound
            bob > 200 OK $
            alice: bound
            alice > SEND 1-2048/8000 [2048] +
            bob > 413 Stop Sending $
            alice: 2048 sent, 0 acknowledged
            alice: failed: refused with status 413
            alice > SEND 1-2/2 [2] $
            bob: incoming text/plain None Some(2)
            bob: received 2
            bob > 200 OK $
            alice: 2 sent, 0 acknowledged
            alice: 2 sent, 2 acknowledged
            alice: sent
        "#]],
    );
}

#[test]
fn rfc4975_7_3_the_receiver_may_stop_a_message_in_the_middle() {
    let config = Config { chunk_size: 2048, window: 4096, ..Config::default() };
    let (mut lab, key) = Lab::with_session(&config);
    lab.bob.habits.credits = false;
    lab.alice.send(key, message(20_000), &pattern(20_000), lab.now);
    lab.run();
    let incoming = lab.bob.events.iter().find_map(|event| match event {
        Event::Incoming { message, .. } => Some(*message),
        _ => None,
    });
    lab.trace.push_str("-- reject\n");
    lab.bob.connection.reject(incoming.unwrap(), 413, lab.now);
    lab.run();
    check(
        &lab,
        expect![[r#"
            alice > SEND 1-0/0 $
            bob: bind msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp from msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp
            bob: bound
            bob > 200 OK $
            alice: bound
            alice > SEND 1-2048/20000 [2048] +
            bob: incoming text/plain None Some(20000)
            alice: 2048 sent, 0 acknowledged
            alice > SEND 2049-4096/20000 [2048] +
            -- reject
            bob > 413 Stop Sending $
            bob: aborted: refused
            bob > 413 Stop Sending $
            alice: 4096 sent, 0 acknowledged
            alice: failed: refused with status 413
        "#]],
    );
}

#[test]
fn rfc4975_7_1_an_aborted_message_ends_with_a_hash() {
    let config = Config { chunk_size: 2048, window: 4096, ..Config::default() };
    let (mut lab, key) = Lab::with_session(&config);
    lab.bob.habits.credits = false;
    let content = pattern(20_000);
    let file = lab.alice.send(key, message(20_000), &content, lab.now);
    lab.run();
    lab.trace.push_str("-- abort\n");
    lab.alice.connection.abort(file, lab.now);
    lab.run();
    lab.trace.push_str("-- credit\n");
    lab.bob.habits.credits = true;
    while lab.bob.credit(lab.now) {
        lab.run();
    }
    check(
        &lab,
        expect![[r#"
            alice > SEND 1-0/0 $
            bob: bind msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp from msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp
            bob: bound
            bob > 200 OK $
            alice: bound
            alice > SEND 1-2048/20000 [2048] +
            bob: incoming text/plain None Some(20000)
            alice: 2048 sent, 0 acknowledged
            alice > SEND 2049-4096/20000 [2048] +
            -- abort
            alice > SEND 4097-*/20000 [0] #
            alice: failed: aborted
            -- credit
            bob > 200 OK $
            bob > 200 OK $
            bob > 200 OK $
            bob: aborted: aborted by the sender
        "#]],
    );
}

#[test]
fn a_source_that_fails_or_is_short_ends_the_message_on_both_sides() {
    let mut traces = Vec::new();
    for short in [true, false] {
        let config = Config { chunk_size: 2048, window: 4096, ..Config::default() };
        let (mut lab, key) = Lab::with_session(&config);
        lab.run();
        lab.trace.clear();
        lab.alice.habits.serves = false;
        let file = lab.alice.send(key, message(5000), &pattern(5000), lab.now);
        lab.run();
        lab.alice.serve(lab.now);
        lab.run();
        if short {
            lab.alice.connection.handle_read(file, Bytes::from_static(b"short"), lab.now);
        } else {
            lab.alice.connection.read_failed(file, lab.now);
        }
        lab.run();
        traces.push(std::mem::take(&mut lab.trace));
    }
    assert_eq!(traces[0], traces[1]);
    expect![[r#"
        alice > SEND 1-2048/5000 [2048] +
        bob: incoming text/plain None Some(5000)
        bob > 200 OK $
        alice: 2048 sent, 0 acknowledged
        alice: 2048 sent, 2048 acknowledged
        alice > SEND 2049-*/5000 [0] #
        alice: failed: content could not be read
        bob > 200 OK $
        bob: aborted: aborted by the sender
    "#]]
    .assert_eq(&traces[0]);
}

#[test]
fn rfc4975_5_4_the_passive_side_sends_once_it_is_bound() {
    let mut lab = Lab::new(&Config::default());
    let key = lab.alice.connection.attach(session(ALICE, BOB, Role::Passive), lab.now);
    lab.alice.send(key, message(2), b"hi", lab.now);
    lab.run();
    lab.trace.push_str("-- bob attaches\n");
    lab.bob.connection.attach(session(BOB, ALICE, Role::Active), lab.now);
    lab.run();
    check(
        &lab,
        expect![[r#"
            -- bob attaches
            bob > SEND 1-0/0 $
            alice: bound
            alice > 200 OK $
            alice > SEND 1-2/2 [2] $
            bob: bound
            bob: incoming text/plain None Some(2)
            bob: received 2
            bob > 200 OK $
            alice: 2 sent, 0 acknowledged
            alice: 2 sent, 2 acknowledged
            alice: sent
        "#]],
    );
}

#[test]
fn rfc4975_7_3_an_unknown_session_is_answered_481() {
    let mut lab = Lab::new(&Config::default());
    let key = lab.alice.connection.attach(session(ALICE, BOB, Role::Active), lab.now);
    lab.alice.send(key, message(2), b"hi", lab.now);
    lab.run();
    assert!(lab.alice.connection.send(key, message(2), lab.now).is_err());
    check(
        &lab,
        expect![[r#"
        alice > SEND 1-0/0 $
        bob: bind msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp from msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp
        bob > 481 No Such Session $
        alice: bind failed 481
        alice: failed: refused with status 481
    "#]],
    );
}

#[test]
fn rfc4975_7_1_1_no_response_in_30_seconds() {
    let (mut lab, key) = Lab::with_session(&Config::default());
    lab.run();
    lab.trace.clear();
    lab.alice.send(key, message(2), b"hi", lab.now);
    lab.bob.habits.accepts = false;
    lab.wait(Duration::from_secs(60));
    check(
        &lab,
        expect![[r#"
            alice > SEND 1-2/2 [2] $
            bob: incoming text/plain None Some(2)
            bob: received 2
            alice: 2 sent, 0 acknowledged
            -- 30 s
            alice: failed: no response to a chunk in time
        "#]],
    );
}

#[test]
fn the_bind_times_out_too() {
    let mut lab = Lab::new(&Config::default());
    let key = lab.alice.connection.attach(session(ALICE, BOB, Role::Active), lab.now);
    lab.alice.send(key, message(2), b"hi", lab.now);
    lab.bob.connection.handle_closed(lab.now);
    lab.wait(Duration::from_secs(60));
    check(
        &lab,
        expect![[r#"
            alice > SEND 1-0/0 $
        "#]],
    );
}

#[test]
fn seed_13_6_a_text_does_not_wait_for_a_file() {
    let config = Config { window: 256 << 10, ..Config::default() };
    let (mut lab, file_session) = Lab::with_session(&config);
    let (alice2, bob2) = ("msrp://198.51.100.7:2855/two;tcp", "msrp://203.0.113.20:2855/two;tcp");
    lab.bob.expected.push(session(bob2, alice2, Role::Passive));
    let text_session = lab.alice.connection.attach(session(alice2, bob2, Role::Active), lab.now);
    lab.run();
    let content = pattern(10 << 20);
    lab.alice.send(file_session, message(content.len()), &content, lab.now);
    // The file is under way, its first octets are out.
    lab.alice.drain(lab.now, &mut lab.trace);
    for _ in 0..20 {
        lab.alice.send(text_session, message(2), b"hi", lab.now);
    }
    lab.run();
    let contents: Vec<usize> = lab.bob.received.iter().map(|(_, content)| content.len()).collect();
    assert_eq!(contents, [[2; 20].as_slice(), &[content.len()]].concat(), "texts come first, the file whole");
    assert_eq!(lab.bob.received[20].1, content);
}

#[test]
fn content_is_read_ahead_up_to_the_window_and_no_further() {
    let config = Config { chunk_size: 1000, window: 10_000, ..Config::default() };
    let (mut lab, key) = Lab::with_session(&config);
    lab.run();
    lab.alice.habits.serves = false;
    lab.alice.habits.writes = false;
    lab.alice.send(key, message(100_000), &pattern(100_000), lab.now);
    lab.run();
    let asked: Vec<(u64, usize)> = lab.alice.reads.iter().map(|&(_, offset, len)| (offset, len)).collect();
    let wanted: Vec<(u64, usize)> = (0..10).map(|i| (i * 1000, 1000)).collect();
    assert_eq!(asked, wanted);
    // What is read and not transmitted still counts.
    while lab.alice.serve(lab.now) {}
    lab.run();
    assert!(lab.alice.reads.is_empty());
    lab.alice.connection.handle_transmitted(2500, lab.now);
    lab.run();
    assert!((1..=2).contains(&lab.alice.reads.len()), "{:?}", lab.alice.reads);
}

#[test]
fn rfc4975_7_1_chunks_on_the_way_are_limited() {
    let mut config = Config { chunk_size: 10, ..Config::default() };
    config.limits.max_transactions = 4;
    let (mut lab, key) = Lab::with_session(&config);
    lab.run();
    lab.alice.send(key, message(1000), &pattern(1000), lab.now);
    lab.trace.clear();
    while lab.alice.drain(lab.now, &mut lab.trace) {}
    assert_eq!(lab.trace.matches("SEND").count(), 4);
    lab.run();
    assert_eq!(lab.bob.received.len(), 1);
}

#[test]
fn detached_sessions_are_silent() {
    let config = Config { chunk_size: 1000, window: 2000, ..Config::default() };
    let (mut lab, key) = Lab::with_session(&config);
    lab.bob.habits.credits = false;
    lab.alice.send(key, message(10_000), &pattern(10_000), lab.now);
    lab.run();
    lab.trace.clear();
    lab.alice.connection.detach(key, lab.now);
    lab.wait(Duration::from_secs(60));
    assert_eq!(lab.alice.connection.session_count(), 0);
    assert_eq!(lab.alice.connection.next_timeout(), None);
    check(&lab, expect![[""]]);
}

#[test]
fn a_lost_connection_fails_everything_once() {
    let config = Config { chunk_size: 1000, window: 2000, ..Config::default() };
    let (mut lab, key) = Lab::with_session(&config);
    lab.bob.habits.credits = false;
    lab.alice.send(key, message(10_000), &pattern(10_000), lab.now);
    lab.alice.send(key, message(10), &pattern(10), lab.now);
    lab.run();
    lab.trace.clear();
    for _ in 0..2 {
        lab.alice.connection.handle_closed(lab.now);
        lab.bob.connection.handle_closed(lab.now);
    }
    lab.run();
    while lab.bob.credit(lab.now) {
        lab.run();
    }
    assert_eq!(lab.bob.connection.next_timeout(), None);
    assert_eq!(lab.alice.connection.next_timeout(), None);
    check(
        &lab,
        expect![[r#"
            alice: failed: connection lost
            alice: failed: connection lost
            bob: aborted: connection lost
        "#]],
    );
}

#[test]
fn what_came_before_the_end_of_the_stream_is_not_lost() {
    let (mut lab, key) = Lab::with_session(&Config { window: 1000, ..Config::default() });
    lab.run();
    lab.bob.habits.credits = false;
    lab.read_size = 100_000;
    let content = pattern(5000);
    lab.alice.send(
        key,
        OutgoingMessage { failure_report: FailureReport::No, ..message(5000) },
        &content,
        lab.now,
    );
    lab.run();
    lab.trace.clear();
    lab.bob.connection.handle_closed(lab.now);
    while lab.bob.credit(lab.now) {
        lab.run();
    }
    check(
        &lab,
        expect![[r#"
        bob: received 5000
    "#]],
    );
    assert_eq!(lab.bob.received[0].1, content);
}

#[test]
fn a_report_on_what_is_not_sent_yet_says_nothing() {
    let config = Config { chunk_size: 2048, window: 2048, ..Config::default() };
    let (mut lab, key) = Lab::with_session(&config);
    lab.run();
    lab.alice.habits.serves = false;
    lab.alice.send(key, OutgoingMessage { success_report: true, ..message(5000) }, &pattern(5000), lab.now);
    lab.run();
    lab.alice.serve(lab.now);
    lab.run();
    lab.trace.clear();
    let sent = String::from_utf8_lossy(&lab.alice.all_sent).into_owned();
    let id = sent.lines().rev().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap();
    for range in ["", "Byte-Range: 1-5000/5000\r\n", "Byte-Range: 1-*/5000\r\n"] {
        let report = format!(
            "MSRP rep0 REPORT\r\nTo-Path: {ALICE}\r\nFrom-Path: {BOB}\r\nMessage-ID: {id}\r\n{range}Status: 000 200 OK\r\n-------rep0$\r\n"
        );
        lab.alice.connection.handle_received(Bytes::from(report), lab.now);
    }
    lab.run();
    assert_eq!(lab.trace, "");
    // The rest goes out; only the report on it makes the message complete.
    lab.alice.habits.serves = true;
    lab.bob.habits.accepts = false;
    lab.alice.serve(lab.now);
    lab.run();
    assert_eq!(lab.bob.received.len(), 1);
    assert!(!lab.trace.contains("reported"), "{}", lab.trace);
    lab.bob.connection.accept(lab.bob.received[0].0, lab.now);
    lab.run();
    assert!(lab.trace.contains("alice: reported 200 complete=true"));
}

/// Alice's disk is slow: she does not read for 40 s. Bob's answer to what she sent meanwhile is among what she did not
/// read.
#[test]
fn who_does_not_read_does_not_time_out_what_was_answered() {
    let config = Config { window: 16_000, chunk_size: 4000, ..Config::default() };
    let (mut lab, key) = Lab::with_session(&config);
    lab.run();
    let bobs = lab.bob.events.iter().find_map(|event| match event {
        Event::Bound(session) => Some(*session),
        _ => None,
    });
    lab.alice.habits.credits = false;
    let content = vec![b'x'; 100_000];
    lab.bob.send(bobs.unwrap(), message(content.len()), &content, lab.now);
    lab.run();
    assert!(!lab.alice.connection.wants_received());
    lab.trace.clear();
    lab.alice.send(key, message(5), b"hello", lab.now);
    lab.run();
    assert!(lab.trace.contains("bob: received 5\nbob > 200 OK $\n"), "{}", lab.trace);
    lab.wait(Duration::from_secs(25));
    // Something was stored: Alice is alive, and so is Bob.
    lab.wait(Duration::from_secs(15));
    lab.alice.habits.credits = true;
    while lab.alice.credit(lab.now) {}
    lab.run();
    assert!(!lab.trace.contains("failed"), "{}", lab.trace);
}

#[test]
fn reports_in_more_pieces_than_the_limit_are_not_noted_until_they_join() {
    let mut limits = Limits::default();
    limits.max_ranges = 4;
    let config = Config { limits, ..Config::default() };
    let (mut lab, key) = Lab::with_session(&config);
    lab.run();
    lab.bob.habits.accepts = false;
    lab.alice.send(key, OutgoingMessage { success_report: true, ..message(40) }, &pattern(40), lab.now);
    lab.run();
    let head = String::from_utf8_lossy(&lab.alice.all_sent).into_owned();
    let id =
        head.lines().filter_map(|line| line.strip_prefix("Message-ID: ")).next_back().unwrap().to_owned();
    let report = |lab: &mut Lab, from: usize, to: usize| {
        let report = format!(
            "MSRP r{from:06} REPORT\r\nTo-Path: {ALICE}\r\nFrom-Path: {BOB}\r\nMessage-ID: {id}\r\n\
             Byte-Range: {from}-{to}/40\r\nStatus: 000 200 OK\r\n-------r{from:06}$\r\n"
        );
        lab.alice.connection.handle_received(Bytes::from(report), lab.now);
        while lab.alice.drain(lab.now, &mut lab.trace) {}
    };
    for octet in [3, 5, 7, 9, 11] {
        report(&mut lab, octet, octet);
    }
    report(&mut lab, 1, 10);
    report(&mut lab, 12, 39);
    assert!(!lab.trace.contains("complete=true"), "the fifth piece was not noted: {}", lab.trace);
    report(&mut lab, 11, 11);
    report(&mut lab, 40, 40);
    assert!(lab.trace.contains("complete=true"), "{}", lab.trace);
}

#[test]
fn a_report_that_was_not_asked_for_says_nothing() {
    let (mut lab, key) = Lab::with_session(&Config::default());
    lab.run();
    lab.alice.send(key, message(5), b"hello", lab.now);
    lab.run();
    let head = String::from_utf8_lossy(&lab.alice.all_sent).into_owned();
    let id =
        head.lines().filter_map(|line| line.strip_prefix("Message-ID: ")).next_back().unwrap().to_owned();
    let report = format!(
        "MSRP r000 REPORT\r\nTo-Path: {ALICE}\r\nFrom-Path: {BOB}\r\nMessage-ID: {id}\r\n\
         Byte-Range: 1-5/5\r\nStatus: 000 200 OK\r\n-------r000$\r\n"
    );
    lab.alice.connection.handle_received(Bytes::from(report), lab.now);
    lab.run();
    assert!(!lab.trace.contains("reported"), "{}", lab.trace);
    assert_eq!(lab.alice.connection.counters().stray_reports, 1);
}
