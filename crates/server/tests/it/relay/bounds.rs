//! What the relay holds at most, and for how long.

use std::time::Duration;

use msrp::HeaderName;

use super::lab::{ALICE, BOB, CAROL, Lab, URI, auth, frames, send};
use crate::wire::config;

/// Alice does not read; Bob sends her a message of `total` octets for as long as he is read from.
#[test]
fn a_slow_destination_stops_its_source_and_nothing_is_lost() {
    let mut config = config();
    let limits = &mut config.msrp_relay.limits;
    (limits.window, limits.in_flight) = (64 << 10, 32 << 10);
    let (window, in_flight) = (64 << 10, 32 << 10);
    let mut lab = Lab::with(&config);
    let (alice, uri) = lab.alice();
    let bob = lab.accept();
    let other = lab.accept();
    lab.stick(alice);

    let content: Vec<u8> = (0..1_000_000_u32).map(|at| u8::try_from(at % 251).unwrap()).collect();
    let mut stream = format!(
        "MSRP c001 SEND\r\nTo-Path: {uri} {ALICE}\r\nFrom-Path: {BOB}\r\nMessage-ID: big\r\n\
         Byte-Range: 1-*/1000000\r\nContent-Type: a/b\r\n\r\n"
    )
    .into_bytes();
    stream.extend_from_slice(&content);
    stream.extend_from_slice(b"\r\n-------c001$\r\n");

    let read = 16 << 10;
    let mut rest = stream.chunks(read);
    let mut taken = Vec::new();
    let mut pauses = 0;
    loop {
        while lab.relay.wants_received(bob) {
            let Some(piece) = rest.next() else { break };
            lab.write_bytes(bob, piece);
            let live = lab.relay.live();
            assert!(live.queued <= window + read + 4096, "{live:?}");
            assert!(live.unread <= read.try_into().unwrap(), "{live:?}");
            assert!(lab.in_flight(alice) <= in_flight + 12_000, "one chunk more than the bound at most");
        }
        if lab.in_flight(alice) == 0 && lab.relay.wants_received(bob) {
            break;
        }
        pauses += u32::from(!lab.relay.wants_received(bob));
        // Who else is there is not held up.
        assert!(lab.relay.wants_received(other));
        taken.extend(lab.take(alice));
        lab.unstick(alice);
        lab.stick(alice);
    }
    taken.extend(lab.take(alice));
    assert!(pauses > 5, "{pauses}");
    let frames = frames(&taken);
    let bodies: Vec<u8> = frames.iter().flat_map(|frame| frame.body.clone()).collect();
    assert!(bodies == content, "every octet, once, in order");
    assert_eq!(frames.last().unwrap().flag, "$");
    assert_eq!(lab.frame(bob).status(), 200);
}

#[test]
fn a_destination_that_takes_nothing_is_given_up_and_its_senders_are_told() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    let bob = lab.accept();
    lab.stick(alice);
    lab.write(bob, &send("s001", &format!("{uri} {ALICE}"), BOB, "", &"x".repeat(600_000)));
    assert!(!lab.relay.wants_received(bob));
    lab.advance(Duration::from_secs(29));
    assert!(lab.closed.is_empty() && lab.take(bob).is_empty());
    lab.advance(Duration::from_secs(2));
    assert_eq!(lab.closed, [alice]);
    // A REPORT for each chunk that was on its way, a response to the one that still comes in.
    let frames = lab.frames(bob);
    let (last, reports) = frames.split_last().unwrap();
    assert_eq!((last.status(), last.tid().as_str()), (408, "s001"));
    assert!(reports.len() > 20, "{reports:?}");
    assert!(reports.iter().all(|report| report.get(HeaderName::Status) == "000 408 Timeout"), "{reports:?}");
    assert!(lab.relay.wants_received(bob));
    let live = lab.relay.live();
    assert_eq!((live.links, live.grants, live.transactions, live.queued), (1, 0, 0, 0));
}

#[test]
fn who_does_not_read_its_responses_is_not_read_from() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    lab.stick(alice);
    let mut written = 0;
    while lab.relay.wants_received(alice) {
        lab.write(alice, &send("s001", &format!("{uri};x {ALICE}"), ALICE, "", "x"));
        written += 1;
        assert!(written < 10_000, "it never stops: {:?}", lab.relay.live());
    }
    assert!(lab.relay.live().queued < (256 << 10) + 4096, "{:?}", lab.relay.live());
    lab.unstick(alice);
    assert!(lab.relay.wants_received(alice));
}

#[test]
fn reports_for_a_slow_destination_stop_their_source_too() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    let bob = lab.accept();
    lab.stick(alice);
    let report = format!(
        "MSRP r001 REPORT|To-Path: {uri} {ALICE}|From-Path: {BOB}|Message-ID: m|Byte-Range: 1-2/2|\
         Status: 000 200 OK|-------r001$|"
    );
    let mut written = 0;
    while lab.relay.wants_received(bob) {
        lab.write(bob, &report);
        written += 1;
        assert!(written < 10_000, "it never stops: {:?}", lab.relay.live());
    }
    assert!(lab.relay.live().queued < (256 << 10) + 4096, "{:?}", lab.relay.live());
    lab.unstick(alice);
    assert_eq!(lab.frames(alice).len(), written, "none is lost");
}

#[test]
fn chunks_that_are_not_answered_hold_up_the_next_ones() {
    let mut config = config();
    config.msrp_relay.limits.max_transactions = 3;
    let mut lab = Lab::with(&config);
    let (alice, uri) = lab.alice();
    let bob = lab.accept();
    for n in 0..5 {
        lab.write(bob, &send(&format!("s00{n}"), &format!("{uri} {ALICE}"), BOB, "", "x"));
    }
    assert_eq!(lab.frames(alice).len(), 3);
    lab.take(bob);
    lab.advance(Duration::from_secs(31));
    assert_eq!(lab.frames(bob).len(), 3, "a REPORT for each");
    assert_eq!(lab.frames(alice).len(), 2);
}

#[test]
fn rfc4976_6_1_a_connection_has_30_s_to_have_a_request_accepted() {
    let mut lab = Lab::new();
    let silent = lab.accept();
    let challenged = lab.accept();
    lab.challenge(challenged, URI, BOB);
    let (alice, _) = lab.alice();
    lab.advance(Duration::from_millis(29_900));
    assert!(lab.closed.is_empty());
    lab.advance(Duration::from_millis(200));
    assert_eq!(lab.closed, [silent, challenged]);
    // A connection without URIs is closed after an hour without use; one with a URI is not.
    let uri = lab.granted(alice, "alice", ALICE);
    lab.advance(Duration::from_secs(890));
    assert!(lab.closed.len() == 2 && !uri.is_empty());
    lab.advance(Duration::from_secs(3600));
    assert_eq!(lab.closed.last(), Some(&alice));
    assert_eq!(lab.relay.live(), Default::default());
}

#[test]
fn rfc4976_6_1_several_refused_requests_end_a_connection_that_had_none_accepted() {
    let mut lab = Lab::new();
    let flow = lab.accept();
    let to = format!("msrp://192.0.2.10:2855/abcdefghijklmnop;tcp {BOB}");
    for n in 0..8 {
        assert!(lab.closed.is_empty());
        lab.write(flow, &send(&format!("s00{n}"), &to, ALICE, "", "x"));
    }
    assert_eq!(lab.frames(flow).len(), 8, "each is answered");
    assert_eq!(lab.closed, [flow]);
}

#[test]
fn one_connection_too_many_is_closed_and_none_is_opened() {
    let mut config = config();
    config.msrp_relay.limits.max_links = 1;
    let mut lab = Lab::with(&config);
    let (alice, uri) = lab.alice();
    let second = lab.accept();
    assert_eq!(lab.closed, [second]);
    lab.write(alice, &send("s001", &format!("{uri} {BOB}"), ALICE, "", "x"));
    assert_eq!(lab.frame(alice).status(), 481);
    assert!(lab.opened.is_empty());
}

#[test]
fn rfc4975_7_1_a_body_that_is_too_long_for_its_method_is_refused() {
    let mut lab = Lab::new();
    let flow = lab.accept();
    let body = "x".repeat(10_241);
    let text = auth("au00", URI, ALICE, &format!("Content-Type: a/b||{body}|"));
    lab.write(flow, &text);
    assert_eq!(lab.frame(flow).status(), 413);
    lab.write(flow, &auth("au01", URI, ALICE, ""));
    assert_eq!(lab.frame(flow).status(), 401);
}

#[test]
fn a_nonce_that_was_pushed_out_by_newer_ones_is_stale() {
    let mut lab = Lab::new();
    let flow = lab.accept();
    let first = lab.challenge(flow, URI, ALICE);
    for _ in 0..16 {
        lab.challenge(flow, URI, ALICE);
    }
    let more = super::lab::authorization(&first, "alice", "ecila", URI, 1);
    lab.write(flow, &auth("au01", URI, ALICE, &more));
    assert!(lab.frame(flow).get(HeaderName::WwwAuthenticate).contains("stale=true"));
}

#[test]
fn rfc4976_6_4_1_chunks_that_want_no_200_do_not_use_up_the_transactions_of_a_link() {
    let mut config = config();
    config.msrp_relay.limits.max_transactions = 100;
    let mut lab = Lab::with(&config);
    let (alice, uri) = lab.alice();
    let carol = lab.accept();
    for at in 0..120 {
        let more = "Failure-Report: partial|";
        lab.write(alice, &send(&format!("p{at:03}"), &format!("{uri} {BOB}"), ALICE, more, "x"));
    }
    let bob = lab.connect();
    let chunks = lab.frames(bob);
    assert_eq!((chunks.len(), lab.relay.live().transactions), (120, 0));
    // Somebody else, to whoever is behind the same connection.
    let other = lab.granted(carol, "carol", CAROL);
    lab.write(carol, &send("s001", &format!("{other} {BOB}"), CAROL, "", "hi"));
    assert_eq!(lab.frame(bob).body, b"hi");
    assert_eq!(lab.frame(carol).status(), 200);
    // The errors of the last hundred are told.
    let back = format!("To-Path: {uri}|From-Path: {BOB}");
    for chunk in &chunks {
        let tid = chunk.tid();
        lab.write(bob, &format!("MSRP {tid} 413 no|{back}|-------{tid}$|"));
    }
    let told: Vec<_> =
        lab.frames(alice).iter().map(|frame| frame.get(HeaderName::MessageId).to_owned()).collect();
    assert_eq!((told.len(), told[0].as_str()), (100, "m-p020"));
}

/// Bob takes an octet every 20 s. What else Alice sends on the same connection does not wait for him.
#[test]
fn who_hardly_reads_does_not_hold_up_all_that_comes_on_a_connection() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    let bob = lab.accept();
    lab.write(bob, &send("b001", &format!("{uri} {ALICE}"), BOB, "", "hi"));
    lab.take(alice);
    lab.stick(bob);
    lab.write(alice, &send("s001", &format!("{uri} {BOB}"), ALICE, "", &"x".repeat(600_000)));
    assert!(!lab.relay.wants_received(alice));
    for _ in 0..2 {
        lab.advance(Duration::from_secs(20));
        lab.take_octets(bob, 1);
    }
    assert!(lab.closed.contains(&bob) && lab.relay.wants_received(alice));
    let told = lab.frames(alice);
    assert!(told.iter().all(|frame| frame.status() == 408 || frame.get(HeaderName::Status).contains("408")));
    assert!(!told.is_empty());
}

/// The same with a recipient that is slow, and takes more than it has to.
#[test]
fn who_reads_slowly_gets_all_of_it() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    let bob = lab.accept();
    lab.write(bob, &send("b001", &format!("{uri} {ALICE}"), BOB, "", "hi"));
    lab.take(alice);
    lab.stick(bob);
    lab.write(
        alice,
        &send("s001", &format!("{uri} {BOB}"), ALICE, "Failure-Report: no|", &"x".repeat(600_000)),
    );
    for _ in 0..84 {
        lab.advance(Duration::from_secs(5));
        lab.take_octets(bob, 7500);
    }
    lab.advance(Duration::from_secs(5));
    let content: usize = lab.frames(bob).iter().map(|frame| frame.body.len()).sum();
    assert_eq!((lab.closed.len(), content), (0, 600_000));
}

/// One client sends a little less than a window to each of many places.
#[test]
fn what_one_source_makes_the_relay_hold_has_a_bound() {
    for connected in [false, true] {
        let mut lab = Lab::new();
        let (alice, uri) = lab.alice();
        for place in 0..200 {
            if !lab.relay.wants_received(alice) {
                break;
            }
            let to = format!("msrp://198.51.100.{place}:7000/x;tcp");
            lab.write(alice, &send("s001", &format!("{uri} {to}"), ALICE, "", &"x".repeat(250_000)));
            if connected {
                // It is written to, and takes nothing.
                let flow = lab.opened.last().map(|(flow, _)| *flow).unwrap();
                lab.stick(flow);
                lab.connect();
            }
        }
        assert!(!lab.relay.wants_received(alice));
        let live = lab.relay.live();
        assert!(live.queued + usize::try_from(live.in_flight).unwrap() <= 1_350_000, "{live:?}");
        // Nobody comes, or takes anything: all of it is given up.
        lab.advance(Duration::from_secs(40));
        assert!(lab.relay.wants_received(alice));
        assert_eq!((lab.relay.live().queued, lab.relay.live().in_flight), (0, 0));
    }
}
