//! Forwarding: SEND in both directions, REPORT, chunks, and what becomes of those that do not get through.

use std::time::Duration;

use msrp::HeaderName;
use simple_im_server::Event;

use super::lab::{ALICE, BOB, CAROL, Frame, Lab, URI, auth, send};
use crate::wire::config;

/// The response of the next hop to a frame.
fn answer(frame: &Frame, status: &str) -> String {
    let (tid, from) = (frame.tid(), frame.get(HeaderName::ToPath).to_owned());
    let to = frame.get(HeaderName::FromPath).split(' ').next().unwrap().to_owned();
    format!("MSRP {tid} {status}|To-Path: {to}|From-Path: {from}|-------{tid}$|")
}

#[test]
fn rfc4976_6_4_1_send_goes_both_ways_on_the_connections_there_are() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    // Out: a connection is opened, once.
    for tid in ["s001", "s002"] {
        lab.write(alice, &send(tid, &format!("{uri} {BOB}"), ALICE, "", "out"));
        assert_eq!(lab.frame(alice).status(), 200);
    }
    assert_eq!(lab.opened.len(), 1);
    assert_eq!(lab.opened[0].1.address, "192.0.2.2:8000".parse().unwrap());
    let bob = lab.connect();
    let frames = lab.frames(bob);
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[0].get(HeaderName::ToPath), BOB);
    assert_eq!(frames[0].get(HeaderName::FromPath), format!("{uri} {ALICE}"));
    for frame in &frames {
        lab.write(bob, &answer(frame, "200 OK"));
    }
    assert!(lab.take(alice).is_empty(), "the response of the next hop goes no further");
    assert_eq!(lab.relay.live().transactions, 0);
    // Back, on the same connection.
    lab.write(bob, &send("s003", &format!("{uri} {ALICE}"), BOB, "", "back"));
    assert_eq!(lab.frame(bob).status(), 200);
    let frame = lab.frame(alice);
    assert_eq!((frame.get(HeaderName::ToPath), &frame.body[..]), (ALICE, &b"back"[..]));
    // An AUTH after that changes nothing of it.
    lab.write(alice, &auth("au05", URI, ALICE, ""));
    assert_eq!(lab.frame(alice).status(), 401);
}

#[test]
fn rfc4976_6_4_1_a_peer_that_connected_gets_what_goes_back_on_its_connection() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    let bob = lab.accept();
    lab.write(bob, &send("s001", &format!("{uri} {ALICE}"), BOB, "", "hi"));
    assert_eq!((lab.frame(bob).status(), lab.frame(alice).body), (200, b"hi".to_vec()));
    lab.write(alice, &send("s002", &format!("{uri} {BOB}"), ALICE, "", "ho"));
    assert_eq!(lab.frame(bob).body, b"ho");
    assert!(lab.opened.is_empty());
    // Once that is gone a new one is opened.
    lab.lose(bob);
    lab.take(alice);
    lab.write(alice, &send("s003", &format!("{uri} {BOB}"), ALICE, "", "ho"));
    assert_eq!(lab.opened.len(), 1);
}

#[test]
fn rfc4976_6_4_two_clients_of_one_relay() {
    let mut lab = Lab::new();
    let (alice, ua) = lab.alice();
    let bob = lab.accept();
    let ub = lab.granted(bob, "bob", BOB);
    lab.write(alice, &send("s001", &format!("{ua} {ub} {BOB}"), ALICE, "", "hi"));
    assert_eq!(lab.frame(alice).status(), 200);
    let frame = lab.frame(bob);
    assert_eq!(frame.get(HeaderName::ToPath), BOB);
    assert_eq!(frame.get(HeaderName::FromPath), format!("{ub} {ua} {ALICE}"));
    lab.write(
        bob,
        &format!(
            "MSRP r001 REPORT|To-Path: {ub} {ua} {ALICE}|From-Path: {BOB}|Message-ID: m-s001|\
             Byte-Range: 1-2/2|Status: 000 200 OK|-------r001$|"
        ),
    );
    let frame = lab.frame(alice);
    assert_eq!(frame.get(HeaderName::FromPath), format!("{ua} {ub} {BOB}"));
    assert!(lab.opened.is_empty());
}

#[test]
fn rfc4976_6_4_1_content_goes_on_before_the_chunk_is_whole_and_in_chunks_of_its_own() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    let bob = lab.accept();
    lab.write(bob, &send("s001", &format!("{uri} {ALICE}"), BOB, "", "hi"));
    lab.take(bob);
    lab.take(alice);
    lab.write(
        alice,
        &format!(
            "MSRP c001 SEND|To-Path: {uri} {BOB}|From-Path: {ALICE}|Message-ID: big|X-Kept: as it is|\
             Byte-Range: 101-*/30100|Content-Type: a/b||"
        ),
    );
    assert!(lab.take(bob).is_empty());
    let content: Vec<u8> = (0..30_000_u32).map(|at| u8::try_from(at % 251).unwrap()).collect();
    lab.write_bytes(alice, &content[..25_000]);
    let early = lab.frames(bob);
    assert!(lab.take(alice).is_empty(), "answered at its end");
    lab.write_bytes(alice, &content[25_000..]);
    lab.write(alice, "|-------c001$|");
    assert_eq!(lab.frame(alice).status(), 200);
    let late = lab.frames(bob);
    let ranges: Vec<_> =
        early.iter().chain(&late).map(|one| (one.get(HeaderName::ByteRange).to_owned(), one.flag)).collect();
    let expected = [
        ("101-10340/30100", "+"),
        ("10341-20580/30100", "+"),
        ("20581-25099/30100", "+"),
        ("25100-30099/30100", "+"),
        ("30100-30100/30100", "$"),
    ];
    assert_eq!(ranges, expected.map(|(range, flag)| (range.to_owned(), flag)));
    let bodies: Vec<u8> = early.iter().chain(&late).flat_map(|one| one.body.clone()).collect();
    assert!(bodies == content, "every octet, once");
    assert!(early.iter().chain(&late).all(|one| one.head.get_other("x-kept") == Some("as it is")));
}

#[test]
fn rfc4975_7_1_1_a_few_octets_wait_for_more_but_not_for_long() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    let bob = lab.accept();
    lab.write(bob, &send("s001", &format!("{uri} {ALICE}"), BOB, "", "hi"));
    lab.take(bob);
    lab.take(alice);
    lab.write(
        alice,
        &format!(
            "MSRP c001 SEND|To-Path: {uri} {BOB}|From-Path: {ALICE}|Message-ID: slow|Byte-Range: 1-*/*|\
             Content-Type: text/plain||typing"
        ),
    );
    assert!(lab.take(bob).is_empty());
    lab.advance(Duration::from_millis(100));
    let frame = lab.frame(bob);
    assert_eq!(
        (&frame.body[..], frame.flag, frame.get(HeaderName::ByteRange)),
        (&b"typin"[..], "+", "1-5/*")
    );
    lab.write(alice, " on|-------c001$|");
    let frame = lab.frame(bob);
    assert_eq!((&frame.body[..], frame.flag, frame.get(HeaderName::ByteRange)), (&b"g on"[..], "$", "6-9/9"));
}

#[test]
fn rfc4975_7_1_2_a_source_that_stops_ends_its_chunk_with_plus_and_an_abort_is_passed_on() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    let head = |tid: &str| {
        format!(
            "MSRP {tid} SEND|To-Path: {uri} {ALICE}|From-Path: {BOB}|Message-ID: m|Byte-Range: 1-*/99|\
             Content-Type: a/b||half of it"
        )
    };
    let bob = lab.accept();
    lab.write(bob, &format!("{}|-------c001#|", head("c001")));
    let frame = lab.frame(alice);
    assert_eq!((frame.flag, frame.get(HeaderName::ByteRange)), ("#", "1-10/99"));
    assert_eq!(lab.frame(bob).status(), 200);

    lab.write(bob, &head("c002"));
    lab.lose(bob);
    let frame = lab.frame(alice);
    assert_eq!((&frame.body[..], frame.flag), (&b"half of it"[..], "+"));
}

#[test]
fn rfc4975_7_1_messages_of_several_sources_take_turns() {
    let mut config = config();
    config.msrp_relay.limits.in_flight = 1;
    let mut lab = Lab::with(&config);
    let (alice, uri) = lab.alice();
    lab.stick(alice);
    let content = "x".repeat(200_000);
    for n in 1..=3 {
        let peer = lab.accept();
        let from = format!("msrp://192.0.2.3:{n}/peer;tcp");
        lab.write(peer, &send(&format!("c00{n}"), &format!("{uri} {ALICE}"), &from, "", &content));
    }
    lab.unstick(alice);
    let order: Vec<_> =
        lab.frames(alice).iter().map(|frame| frame.get(HeaderName::MessageId).to_owned()).collect();
    assert_eq!(order.len(), 60);
    for round in order.chunks(3) {
        assert_eq!(round, ["m-c001", "m-c002", "m-c003"], "{order:?}");
    }
}

#[test]
fn rfc4976_6_4_1_without_an_answer_in_30_s_the_sender_gets_a_report_408() {
    for (failure_report, expected) in [
        ("", true),
        ("Failure-Report: yes|", true),
        ("Failure-Report: partial|", false),
        ("Failure-Report: no|", false),
    ] {
        let mut lab = Lab::new();
        let (alice, uri) = lab.alice();
        lab.write(alice, &send("s001", &format!("{uri} {BOB}"), ALICE, failure_report, "hello"));
        let answered = lab.frames(alice).len();
        assert_eq!(answered, usize::from(expected), "{failure_report}");
        let bob = lab.connect();
        assert_eq!(lab.frame(bob).body, b"hello");
        lab.advance(Duration::from_millis(29_900));
        assert!(lab.take(alice).is_empty());
        lab.advance(Duration::from_millis(200));
        let frames = lab.frames(alice);
        assert_eq!(frames.len(), usize::from(expected), "{failure_report}");
        if let Some(report) = frames.first() {
            let text = report.text().replace(&uri, "U");
            assert_eq!(
                text,
                format!(
                    "MSRP T REPORT|To-Path: {ALICE}|From-Path: U|Message-ID: m-s001|Byte-Range: 1-5/5|\
                     Status: 000 408 Timeout|$"
                )
            );
        }
        assert_eq!(lab.relay.live().transactions, 0);
    }
}

#[test]
fn rfc4976_6_4_3_an_error_of_the_next_hop_becomes_a_report() {
    for (failure_report, reports) in [("", 1), ("Failure-Report: partial|", 1), ("Failure-Report: no|", 0)] {
        let mut lab = Lab::new();
        let (alice, uri) = lab.alice();
        lab.write(alice, &send("s001", &format!("{uri} {BOB}"), ALICE, failure_report, "hello"));
        let bob = lab.connect();
        let frame = lab.frame(bob);
        lab.take(alice);
        lab.write(bob, &answer(&frame, "413 Enough"));
        let frames = lab.frames(alice);
        assert_eq!(frames.len(), reports);
        assert!(frames.iter().all(|one| one.get(HeaderName::Status).starts_with("000 413")), "{frames:?}");
        // A second response, and one to nothing, are dropped.
        lab.write(bob, &answer(&frame, "413 Enough"));
        assert!(lab.take(alice).is_empty());
    }
}

#[test]
fn rfc4976_6_4_1_a_next_hop_that_cannot_be_reached_is_408() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    let to = format!("{uri} {BOB}");
    lab.write(alice, &send("s001", &to, ALICE, "", "whole"));
    lab.write(alice, &send("s002", &to, ALICE, "Failure-Report: no|", "whole"));
    lab.write(
        alice,
        &format!(
            "MSRP s003 SEND|To-Path: {to}|From-Path: {ALICE}|Message-ID: m3|Byte-Range: 1-*/*|\
             Content-Type: a/b||in part"
        ),
    );
    assert_eq!(lab.frame(alice).status(), 200);
    let (flow, _) = lab.opened.pop().unwrap();
    lab.lose(flow);
    let frames = lab.frames(alice);
    assert_eq!(frames.len(), 2, "{frames:?}");
    // What was answered is reported, what was not is answered.
    assert_eq!(frames[0].get(HeaderName::Status), "000 408 Timeout");
    assert_eq!(frames[0].get(HeaderName::ByteRange), "1-5/5");
    assert_eq!((frames[1].status(), frames[1].tid().as_str()), (408, "s003"));
    // The rest of that chunk is thrown away, and the next one is read.
    lab.write(alice, " and more|-------s003$|");
    lab.write(alice, &send("s004", &to, ALICE, "", "again"));
    assert_eq!(lab.frame(alice).status(), 200);
    assert_eq!(lab.opened.len(), 1);
    // One that neither comes up nor fails is given up.
    lab.advance(Duration::from_secs(11));
    assert_eq!(lab.frame(alice).get(HeaderName::Status), "000 408 Timeout");
    assert_eq!(lab.relay.live().links, 1);
}

#[test]
fn rfc4976_6_4_2_an_auth_that_a_second_relay_does_not_answer_is_408() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    lab.write(alice, &auth("au09", &format!("{uri} msrp://192.0.2.20;tcp"), ALICE, ""));
    assert_eq!(lab.opened[0].1.address, "192.0.2.20:2855".parse().unwrap());
    let second = lab.connect();
    assert_eq!(lab.frames(second).len(), 1);
    lab.advance(Duration::from_secs(31));
    let frame = lab.frame(alice);
    assert_eq!((frame.status(), frame.tid().as_str()), (408, "au09"));
}

#[test]
fn rfc4976_6_3_credentials_a_second_relay_refuses_count_against_the_client() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    let to = format!("{uri} msrp://192.0.2.20;tcp");
    let mut second = None;
    for n in 0..3 {
        assert!(lab.closed.is_empty());
        lab.write(alice, &auth(&format!("au1{n}"), &to, ALICE, "Authorization: Digest x=y|"));
        let flow = *second.get_or_insert_with(|| lab.connect());
        let frame = lab.frame(flow);
        lab.write(flow, &answer(&frame, "401 Unauthorized"));
    }
    assert_eq!(lab.frames(alice).len(), 3);
    assert_eq!(lab.closed, [alice]);
}

#[test]
fn rfc4975_5_4_a_bodiless_send_passes_as_it_is() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    let bob = lab.accept();
    lab.write(
        bob,
        &format!(
            "MSRP b1nd SEND|To-Path: {uri} {ALICE}|From-Path: {BOB}|Message-ID: 1|Byte-Range: 1-0/0|-------b1nd$|"
        ),
    );
    assert_eq!(lab.frame(bob).status(), 200);
    let text = lab.frame(alice).text().replace(&uri, "U");
    assert_eq!(
        text,
        format!("MSRP T SEND|To-Path: {ALICE}|From-Path: U {BOB}|Byte-Range: 1-0/0|Message-ID: 1|$")
    );
    // Content of no octets is another thing.
    lab.write(
        bob,
        &format!(
            "MSRP e1mp SEND|To-Path: {uri} {ALICE}|From-Path: {BOB}|Message-ID: 2|Content-Type: a/b||\
             |-------e1mp$|"
        ),
    );
    let text = lab.frame(alice).text().replace(&uri, "U");
    assert_eq!(
        text,
        format!(
            "MSRP T SEND|To-Path: {ALICE}|From-Path: U {BOB}|Byte-Range: 1-0/0|Message-ID: 2|Content-Type: a/b||\
             |$"
        )
    );
}

#[test]
fn the_log_says_what_failed() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    lab.write(alice, &send("s001", &format!("{uri} {BOB}"), ALICE, "", "hello"));
    let (flow, _) = lab.opened.pop().unwrap();
    lab.lose(flow);
    lab.lose(alice);
    assert!(
        matches!(
            &lab.events[1..],
            [Event::RelayReported { status: 408 }, Event::RelayEnded { user }] if *user == "alice"
        ),
        "{:?}",
        lab.events
    );
}

/// Bob's upload waits for Alice, so he is not read from, and his 200 to Carol is not seen.
#[test]
fn rfc4976_6_4_1_who_is_not_read_from_is_not_late_with_its_answers() {
    let mut lab = Lab::new();
    let (alice, to_alice) = lab.alice();
    let bob = lab.accept();
    let to_bob = lab.granted(bob, "bob", BOB);
    let carol = lab.accept();
    lab.stick(alice);
    lab.write(bob, &send("b001", &format!("{to_bob} {to_alice} {ALICE}"), BOB, "", &"x".repeat(600_000)));
    assert!(!lab.relay.wants_received(bob));
    lab.take(bob);
    lab.write(carol, &send("c001", &format!("{to_bob} {BOB}"), CAROL, "", "hi"));
    assert_eq!(lab.frame(carol).status(), 200);
    assert_eq!(lab.frame(bob).body, b"hi");
    // Alice is slow, not dead.
    for _ in 0..8 {
        lab.advance(Duration::from_secs(5));
        lab.take_octets(alice, 10_000);
    }
    assert!(!lab.relay.wants_received(bob) && lab.frames(carol).is_empty());
    // Now he is read from, and has the time that everybody has.
    lab.unstick(alice);
    assert!(lab.relay.wants_received(bob));
    lab.advance(Duration::from_secs(29));
    assert!(lab.frames(carol).is_empty());
    lab.advance(Duration::from_secs(2));
    assert_eq!(lab.frame(carol).get(HeaderName::Status), "000 408 Timeout");
}

#[test]
fn what_was_taken_before_the_relay_ends_gets_through() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    lab.write(alice, &send("s001", &format!("{uri} {BOB}"), ALICE, "", "hi"));
    assert_eq!(lab.frame(alice).status(), 200);
    lab.relay.shutdown(lab.now);
    assert!(!lab.relay.live().is_idle());
    // Nothing is taken any more.
    lab.write(alice, &send("s002", &format!("{uri} {BOB}"), ALICE, "", "hi"));
    assert_eq!(lab.frame(alice).status(), 408);
    lab.accept();
    assert_eq!(lab.closed.len(), 1);
    let bob = lab.connect();
    let chunk = lab.frame(bob);
    assert_eq!(chunk.body, b"hi");
    assert!(!lab.relay.live().is_idle(), "it may be refused");
    lab.write(bob, &answer(&chunk, "200 OK"));
    assert!(lab.relay.live().is_idle());
    lab.advance(Duration::from_secs(10));
    assert!(lab.frames(alice).is_empty());
}

#[test]
fn what_does_not_get_through_before_the_relay_ends_is_told() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    for (tid, place) in [("s001", 1), ("s002", 2), ("s003", 3)] {
        let to = format!("msrp://198.51.100.{place}:7000/x;tcp");
        lab.write(alice, &send(tid, &format!("{uri} {to}"), ALICE, "", "hi"));
    }
    // One that is not finished, to somebody who takes a part of it and does not answer.
    lab.connect();
    let long = send("s004", &format!("{uri} msrp://198.51.100.3:7000/x;tcp"), ALICE, "", &"x".repeat(9000));
    lab.write(alice, long.split_at(6000).0);
    assert_eq!(lab.frames(alice).iter().filter(|frame| frame.status() == 200).count(), 3);
    lab.advance(Duration::from_secs(1));
    lab.relay.shutdown(lab.now);
    lab.advance(Duration::from_secs(2));
    assert!(lab.frames(alice).is_empty() && !lab.relay.live().is_idle());
    lab.advance(Duration::from_secs(1));
    let told = lab.frames(alice);
    let reported = |frame: &&Frame| frame.get(HeaderName::Status) == "000 408 Timeout";
    let answered = |frame: &&Frame| frame.status() == 408 && frame.tid() == "s004";
    // The part of the last one that was sent on is reported beside.
    assert_eq!(told.iter().filter(reported).count(), 4, "{told:?}");
    assert_eq!(told.iter().filter(answered).count(), 1, "{told:?}");
    assert!(lab.relay.live().is_idle() && lab.relay.wants_received(alice));
}
