//! Sessions between two user agents, from INVITE to BYE.

use std::time::Duration;

use digest::Credentials;
use expect_test::{Expect, expect};
use simple_im_sip_ua::{Config, Event, IncomingId, Invite, Reply, SessionId, Transport};
use sip::{HeaderName, Method, StatusCode, Uri};

use crate::lab::{Lab, NodeId};

pub(crate) const SDP: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n";

pub(crate) fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap()
}

/// Alice and Bob on UDP addresses.
pub(crate) fn pair() -> (Lab, NodeId, NodeId) {
    let mut lab = Lab::new();
    let alice = lab.agent("alice", "192.0.2.1:5060", Config::default());
    let bob = lab.agent("bob", "192.0.2.2:5060", Config::default());
    (lab, alice, bob)
}

pub(crate) fn invite_bob() -> Invite {
    let mut invite = Invite::new(uri("sip:bob@192.0.2.2"), uri("sip:alice@example.com"));
    invite.body = simple_im_sip_ua::Body::Ready { content_type: "application/sdp".into(), bytes: SDP.into() };
    invite
}

/// Alice, and a peer whose messages the test writes.
pub(crate) fn alice_and(peer: &'static str, config: Config) -> (Lab, NodeId, NodeId) {
    let mut lab = Lab::new();
    let alice = lab.agent("alice", "192.0.2.1:5060", config);
    let peer = lab.script(peer, "192.0.2.9:5060");
    (lab, alice, peer)
}

/// A call to the peer of [`alice_and`], which may challenge it.
pub(crate) fn invite_peer() -> Invite {
    Invite {
        request_uri: uri("sip:bob@192.0.2.9"),
        credentials: Some(Credentials::new("alice", "wonderland")),
        ..invite_bob()
    }
}

pub(crate) fn ok() -> Reply {
    Reply::new(StatusCode::OK).body("application/sdp", SDP)
}

/// The request that waits at a node.
#[track_caller]
pub(crate) fn incoming(lab: &mut Lab, node: NodeId) -> IncomingId {
    let events = lab.events(node);
    let found = events.iter().find_map(|event| match event {
        Event::Incoming { id, .. } => Some(*id),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("nothing came: {events:?}"))
}

/// Everything ends: 64 T1 later nothing lives.
#[track_caller]
pub(crate) fn nothing_left(lab: &mut Lab, nodes: &[NodeId]) {
    lab.run(Duration::from_secs(40));
    for node in nodes {
        assert!(lab.live(*node).is_idle(), "{:?}", lab.live(*node));
    }
}

#[track_caller]
pub(crate) fn check(lab: &mut Lab, expected: Expect) {
    expected.assert_eq(&lab.trace());
}

/// A session between the two, with nothing in the trace.
pub(crate) fn established(lab: &mut Lab, alice: NodeId, bob: NodeId) -> (SessionId, SessionId) {
    let caller = lab.with(alice, |ua, now| ua.invite(invite_bob(), now).unwrap());
    lab.settle();
    let id = incoming(lab, bob);
    let callee = lab.with(bob, |ua, now| ua.respond(id, ok(), now).unwrap().unwrap());
    lab.settle();
    lab.trace();
    (caller, callee)
}

#[test]
fn rfc3261_4_a_call_and_its_end() {
    let (mut lab, alice, bob) = pair();
    let session = lab.with(alice, |ua, now| ua.invite(invite_bob(), now).unwrap());
    lab.settle();
    let id = incoming(&mut lab, bob);
    lab.with(bob, |ua, now| ua.respond(id, Reply::new(StatusCode::RINGING), now).unwrap());
    lab.run(Duration::from_secs(1));
    lab.with(bob, |ua, now| ua.respond(id, ok(), now).unwrap().unwrap());
    lab.settle();
    lab.with(alice, |ua, now| ua.bye(session, now));
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.01 alice > bob udp INVITE sip:bob@192.0.2.2
        0.02 bob * incoming INVITE
        0.10 bob > alice udp 180 to INVITE
        0.11 alice * provisional 180
        1.10 bob > alice udp 200 to INVITE
        1.11 alice * accepted by sip:bob@192.0.2.2:5060
        1.11 alice > bob udp ACK sip:bob@192.0.2.2:5060
        1.12 bob * confirmed
        1.20 alice > bob udp BYE sip:bob@192.0.2.2:5060
        1.21 bob * the peer hung up
        1.21 bob * ended: PeerBye
        1.21 bob > alice udp 200 to BYE
        1.22 alice * ended: LocalBye
    "#]],
    );
    nothing_left(&mut lab, &[alice, bob]);
    check(&mut lab, expect![[""]]);
}

#[test]
fn rfc3261_13_3_1_4_a_lost_ack_brings_the_2xx_again_and_the_ack_with_it() {
    let (mut lab, alice, bob) = pair();
    let mut acks = 0;
    lab.loss = Box::new(move |_, _, what| {
        acks += u32::from(what.starts_with("ACK"));
        what.starts_with("ACK") && acks < 3
    });
    established(&mut lab, alice, bob);
    lab.run(Duration::from_secs(5));
    check(
        &mut lab,
        expect![[r#"
        0.60 bob > alice udp 200 to INVITE
        0.61 alice > bob udp ACK sip:bob@192.0.2.2:5060 (lost)
        1.60 bob > alice udp 200 to INVITE
        1.61 alice > bob udp ACK sip:bob@192.0.2.2:5060
        1.62 bob * confirmed
    "#]],
    );
}

#[test]
fn rfc3261_13_3_1_4_without_an_ack_the_callee_hangs_up_after_64_t1() {
    let (mut lab, alice, bob) = pair();
    lab.loss = Box::new(|_, _, what| what.starts_with("ACK"));
    established(&mut lab, alice, bob);
    lab.run(Duration::from_secs(31));
    lab.trace();
    lab.run(Duration::from_secs(3));
    check(
        &mut lab,
        expect![[r#"
        31.60 bob > alice udp 200 to INVITE
        31.61 alice > bob udp ACK sip:bob@192.0.2.2:5060 (lost)
        32.10 bob > alice udp BYE sip:alice@192.0.2.1:5060
        32.11 alice * the peer hung up
        32.11 alice * ended: PeerBye
        32.11 alice > bob udp 200 to BYE
        32.12 bob * ended: NotAcknowledged
    "#]],
    );
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn rfc3261_15_a_callee_hangs_up_only_after_the_ack() {
    let (mut lab, alice, bob) = pair();
    lab.with(alice, |ua, now| ua.invite(invite_bob(), now).unwrap());
    lab.settle();
    let id = incoming(&mut lab, bob);
    lab.with(bob, |ua, now| {
        let session = ua.respond(id, ok(), now).unwrap().unwrap();
        ua.bye(session, now);
    });
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.01 alice > bob udp INVITE sip:bob@192.0.2.2
        0.02 bob * incoming INVITE
        0.10 bob > alice udp 200 to INVITE
        0.11 alice * accepted by sip:bob@192.0.2.2:5060
        0.11 alice > bob udp ACK sip:bob@192.0.2.2:5060
        0.12 bob * confirmed
        0.12 bob > alice udp BYE sip:alice@192.0.2.1:5060
        0.13 alice * the peer hung up
        0.13 alice * ended: PeerBye
        0.13 alice > bob udp 200 to BYE
        0.14 bob * ended: LocalBye
    "#]],
    );
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn rfc3261_17_every_message_lost_once() {
    let (mut lab, alice, bob) = pair();
    let mut seen = std::collections::BTreeSet::new();
    lab.loss = Box::new(move |from, _, what| seen.insert(format!("{from} {what}")));
    let session = lab.with(alice, |ua, now| ua.invite(invite_bob(), now).unwrap());
    lab.run(Duration::from_secs(2));
    let id = incoming(&mut lab, bob);
    lab.with(bob, |ua, now| ua.respond(id, ok(), now).unwrap().unwrap());
    lab.run(Duration::from_secs(4));
    lab.with(alice, |ua, now| ua.bye(session, now));
    nothing_left(&mut lab, &[alice, bob]);
    check(
        &mut lab,
        expect![[r#"
        0.01 alice > bob udp INVITE sip:bob@192.0.2.2 (lost)
        0.51 alice > bob udp INVITE sip:bob@192.0.2.2
        0.52 bob * incoming INVITE
        0.72 bob > alice udp 100 to INVITE (lost)
        1.51 alice > bob udp INVITE sip:bob@192.0.2.2
        1.52 bob > alice udp 100 to INVITE
        2.00 bob > alice udp 200 to INVITE (lost)
        2.50 bob > alice udp 200 to INVITE
        2.51 alice * accepted by sip:bob@192.0.2.2:5060
        2.51 alice > bob udp ACK sip:bob@192.0.2.2:5060 (lost)
        3.50 bob > alice udp 200 to INVITE
        3.51 alice > bob udp ACK sip:bob@192.0.2.2:5060
        3.52 bob * confirmed
        6.00 alice > bob udp BYE sip:bob@192.0.2.2:5060 (lost)
        6.50 alice > bob udp BYE sip:bob@192.0.2.2:5060
        6.51 bob * the peer hung up
        6.51 bob * ended: PeerBye
        6.51 bob > alice udp 200 to BYE (lost)
        7.50 alice > bob udp BYE sip:bob@192.0.2.2:5060
        7.51 bob > alice udp 200 to BYE
        7.52 alice * ended: LocalBye
    "#]],
    );
}

#[test]
fn rfc3261_9_1_a_cancel_waits_for_a_provisional_response() {
    let (mut lab, alice, bob) = pair();
    let session = lab.with(alice, |ua, now| ua.invite(invite_bob(), now).unwrap());
    lab.run(Duration::from_millis(20));
    lab.with(alice, |ua, now| ua.cancel(session, now));
    lab.run(Duration::from_secs(1));
    check(
        &mut lab,
        expect![[r#"
        0.01 alice > bob udp INVITE sip:bob@192.0.2.2
        0.02 bob * incoming INVITE
        0.22 bob > alice udp 100 to INVITE
        0.23 alice > bob udp CANCEL sip:bob@192.0.2.2
        0.24 bob * cancelled by the caller
        0.24 bob > alice udp 200 to CANCEL
        0.24 bob > alice udp 487 to INVITE
        0.25 alice > bob udp ACK sip:bob@192.0.2.2
        0.25 alice * rejected: cancelled
        0.25 alice * ended: NotEstablished
    "#]],
    );
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn rfc3261_9_1_a_cancel_that_meets_a_2xx_ends_in_ack_and_bye() {
    let (mut lab, alice, bob) = pair();
    let session = lab.with(alice, |ua, now| ua.invite(invite_bob(), now).unwrap());
    lab.settle();
    let id = incoming(&mut lab, bob);
    lab.with(bob, |ua, now| ua.respond(id, Reply::new(StatusCode::RINGING), now).unwrap());
    lab.settle();
    lab.trace();
    // Both at the same moment.
    lab.with(bob, |ua, now| ua.respond(id, ok(), now).unwrap().unwrap());
    lab.with(alice, |ua, now| ua.cancel(session, now));
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.20 bob > alice udp 200 to INVITE
        0.20 alice > bob udp CANCEL sip:bob@192.0.2.2
        0.21 alice * rejected: cancelled
        0.21 alice > bob udp ACK sip:bob@192.0.2.2:5060
        0.21 alice > bob udp BYE sip:bob@192.0.2.2:5060
        0.21 bob > alice udp 200 to CANCEL
        0.22 bob * confirmed
        0.22 bob * the peer hung up
        0.22 bob * ended: PeerBye
        0.22 bob > alice udp 200 to BYE
        0.23 alice * ended: NotEstablished
    "#]],
    );
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn rfc3261_9_1_without_a_final_response_64_t1_after_the_cancel_we_give_up() {
    let (mut lab, alice, bob) = pair();
    lab.loss = Box::new(|from, _, what| from == "bob" && what == "487 to INVITE");
    let session = lab.with(alice, |ua, now| ua.invite(invite_bob(), now).unwrap());
    lab.run(Duration::from_secs(1));
    lab.with(alice, |ua, now| ua.cancel(session, now));
    lab.settle();
    lab.trace();
    lab.run(Duration::from_secs(31));
    let repeats = lab.trace();
    assert!(repeats.lines().all(|line| line.ends_with("487 to INVITE (lost)")), "{repeats}");
    lab.run(Duration::from_secs(1));
    check(
        &mut lab,
        expect![[r#"
        32.51 bob > alice udp 487 to INVITE (lost)
        33.00 alice * rejected: cancelled
        33.00 alice * ended: NotEstablished
    "#]],
    );
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn a_session_that_rings_too_long_is_cancelled() {
    let (mut lab, alice, bob) = pair();
    lab.with(alice, |ua, now| ua.invite(invite_bob(), now).unwrap());
    lab.settle();
    let id = incoming(&mut lab, bob);
    lab.with(bob, |ua, now| ua.respond(id, Reply::new(StatusCode::RINGING), now).unwrap());
    lab.run(Duration::from_secs(119));
    lab.trace();
    lab.run(Duration::from_secs(2));
    check(
        &mut lab,
        expect![[r#"
        120.11 alice > bob udp CANCEL sip:bob@192.0.2.2
        120.12 bob * cancelled by the caller
        120.12 bob > alice udp 200 to CANCEL
        120.12 bob > alice udp 487 to INVITE
        120.13 alice > bob udp ACK sip:bob@192.0.2.2
        120.13 alice * rejected: nobody answered
        120.13 alice * ended: NotEstablished
    "#]],
    );
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn an_invite_the_application_never_answers_is_answered_480() {
    let mut lab = Lab::new();
    let alice = lab.agent("alice", "192.0.2.1:5060", Config::default());
    let mut patient = Config::default();
    patient.timers.answer = Duration::from_secs(20);
    let bob = lab.agent("bob", "192.0.2.2:5060", patient);
    lab.with(alice, |ua, now| ua.invite(invite_bob(), now).unwrap());
    lab.settle();
    let id = incoming(&mut lab, bob);
    lab.run(Duration::from_secs(30));
    check(
        &mut lab,
        expect![[r#"
        0.01 alice > bob udp INVITE sip:bob@192.0.2.2
        0.02 bob * incoming INVITE
        0.22 bob > alice udp 100 to INVITE
        20.02 bob * cancelled by the caller
        20.02 bob > alice udp 480 to INVITE
        20.03 alice > bob udp ACK sip:bob@192.0.2.2
        20.03 alice * rejected: refused: 480 Temporarily Unavailable
        20.03 alice * ended: NotEstablished
    "#]],
    );
    lab.with(bob, |ua, now| assert!(ua.respond(id, ok(), now).is_err()));
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn rfc3261_17_1_1_2_no_answer_at_all_is_a_timeout_after_32_s() {
    let mut lab = Lab::new();
    let alice = lab.agent("alice", "192.0.2.1:5060", Config::default());
    lab.with(alice, |ua, now| ua.invite(invite_bob(), now).unwrap());
    lab.run(Duration::from_secs(40));
    check(
        &mut lab,
        expect![[r#"
        0.01 alice > nobody udp INVITE sip:bob@192.0.2.2
        0.51 alice > nobody udp INVITE sip:bob@192.0.2.2
        1.51 alice > nobody udp INVITE sip:bob@192.0.2.2
        3.51 alice > nobody udp INVITE sip:bob@192.0.2.2
        7.51 alice > nobody udp INVITE sip:bob@192.0.2.2
        15.51 alice > nobody udp INVITE sip:bob@192.0.2.2
        31.51 alice > nobody udp INVITE sip:bob@192.0.2.2
        32.01 alice * rejected: no response in time
        32.01 alice * ended: NotEstablished
    "#]],
    );
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn rfc3261_15_both_hang_up_at_once() {
    let (mut lab, alice, bob) = pair();
    let (caller, callee) = established(&mut lab, alice, bob);
    lab.with(alice, |ua, now| ua.bye(caller, now));
    lab.with(bob, |ua, now| ua.bye(callee, now));
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.20 alice > bob udp BYE sip:bob@192.0.2.2:5060
        0.20 bob > alice udp BYE sip:alice@192.0.2.1:5060
        0.21 bob > alice udp 200 to BYE
        0.21 alice > bob udp 200 to BYE
        0.22 alice * ended: LocalBye
        0.22 bob * ended: LocalBye
    "#]],
    );
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn a_call_to_myself() {
    for address in ["sip:alice@192.0.2.1", "sip:alice@192.0.2.1;transport=tcp"] {
        let mut lab = Lab::new();
        let alice = lab.agent("alice", "192.0.2.1:5060", Config::default());
        let caller = lab.with(alice, |ua, now| {
            ua.invite(Invite { request_uri: uri(address), ..invite_bob() }, now).unwrap()
        });
        lab.settle();
        let id = incoming(&mut lab, alice);
        let callee = lab.with(alice, |ua, now| ua.respond(id, ok(), now).unwrap().unwrap());
        assert_ne!(caller, callee);
        lab.settle();
        lab.with(alice, |ua, now| ua.bye(callee, now));
        lab.settle();
        let ended: Vec<_> = lab
            .events(alice)
            .into_iter()
            .filter_map(|event| match event {
                Event::Ended { session, reason } => Some((session, reason)),
                _ => None,
            })
            .collect();
        use simple_im_sip_ua::EndReason::{LocalBye, PeerBye};
        assert_eq!(ended, [(caller, PeerBye), (callee, LocalBye)], "{address}");
        nothing_left(&mut lab, &[alice]);
    }
}

#[test]
fn a_call_over_ipv6() {
    let mut lab = Lab::new();
    let alice = lab.agent("alice", "[2001:db8::1]:5060", Config::default());
    let bob = lab.agent("bob", "[2001:db8::2]:5070", Config::default());
    let invite = Invite { request_uri: uri("sip:bob@[2001:db8::2]:5070"), ..invite_bob() };
    let session = lab.with(alice, |ua, now| ua.invite(invite, now).unwrap());
    lab.settle();
    let id = incoming(&mut lab, bob);
    lab.with(bob, |ua, now| ua.respond(id, ok(), now).unwrap().unwrap());
    lab.settle();
    lab.with(alice, |ua, now| ua.bye(session, now));
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.01 alice > bob udp INVITE sip:bob@[2001:db8::2]:5070
        0.02 bob * incoming INVITE
        0.10 bob > alice udp 200 to INVITE
        0.11 alice * accepted by sip:bob@[2001:db8::2]:5070
        0.11 alice > bob udp ACK sip:bob@[2001:db8::2]:5070
        0.12 bob * confirmed
        0.20 alice > bob udp BYE sip:bob@[2001:db8::2]:5070
        0.21 bob * the peer hung up
        0.21 bob * ended: PeerBye
        0.21 bob > alice udp 200 to BYE
        0.22 alice * ended: LocalBye
    "#]],
    );
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn shutdown_ends_sessions_calls_and_requests_that_wait() {
    let (mut lab, alice, bob) = pair();
    established(&mut lab, alice, bob);
    lab.with(alice, |ua, now| ua.invite(invite_bob(), now).unwrap());
    lab.run(Duration::from_secs(1));
    lab.trace();
    lab.with(bob, |ua, now| ua.shutdown(now));
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        1.20 bob * cancelled by the caller
        1.20 bob > alice udp 480 to INVITE
        1.20 bob > alice udp BYE sip:alice@192.0.2.1:5060
        1.21 alice > bob udp ACK sip:bob@192.0.2.2
        1.21 alice * rejected: refused: 480 Temporarily Unavailable
        1.21 alice * ended: NotEstablished
        1.21 alice * the peer hung up
        1.21 alice * ended: PeerBye
        1.21 alice > bob udp 200 to BYE
        1.22 bob * ended: LocalBye
    "#]],
    );
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn the_same_seeds_give_the_same_bytes() {
    let run = || {
        let (mut lab, alice, bob) = pair();
        established(&mut lab, alice, bob);
        lab.with(alice, |ua, now| ua.invite(invite_bob(), now).unwrap());
        lab.settle();
        let events = lab.events(bob);
        let Some(Event::Incoming { request, .. }) = events.last() else { panic!("{events:?}") };
        request.as_bytes().clone()
    };
    assert_eq!(run(), run());
}

#[test]
fn stale_identifiers_are_errors_and_commands_out_of_season_are_ignored() {
    let (mut lab, alice, bob) = pair();
    let (caller, callee) = established(&mut lab, alice, bob);
    lab.with(alice, |ua, now| {
        assert!(ua.provide_body(caller, "text/plain".into(), "x".into(), now).is_err());
        ua.bye(caller, now);
        ua.bye(caller, now);
        ua.cancel(caller, now);
    });
    lab.settle();
    lab.with(bob, |ua, now| {
        ua.bye(callee, now);
        ua.cancel(callee, now);
    });
    nothing_left(&mut lab, &[alice, bob]);
    let ends =
        |events: Vec<Event>| events.iter().filter(|event| matches!(event, Event::Ended { .. })).count();
    assert_eq!((ends(lab.events(alice)), ends(lab.events(bob))), (1, 1));
}

#[test]
fn a_value_with_a_line_end_is_refused_at_once() {
    let (mut lab, alice, _) = pair();
    let mut invite = invite_bob();
    invite.headers.push(("Subject".into(), "x\r\nVia: y".into()));
    let error = lab.with(alice, |ua, now| ua.invite(invite, now).unwrap_err());
    expect!["cannot be sent: the value of Subject holds a control character"].assert_eq(&error.to_string());
    let invite = Invite { request_uri: uri("tel:+15550100"), ..invite_bob() };
    let error = lab.with(alice, |ua, now| ua.invite(invite, now).unwrap_err());
    expect!["not a URI requests can be sent to: tel:+15550100"].assert_eq(&error.to_string());
    assert!(lab.live(alice).is_idle());
}

/// RFC 3261 §13.2.2.4: each 2xx brings the ACK, also where the connection of the first one is gone.
#[test]
fn rfc3261_13_2_2_4_the_ack_finds_its_way_after_its_connection_is_gone() {
    let mut lab = Lab::new();
    let alice = lab.agent("alice", "192.0.2.1:5060", Config::default());
    let bob = lab.agent("bob", "192.0.2.2:5060", Config::default());
    let call = Invite { request_uri: uri("sip:bob@192.0.2.2;transport=tcp"), ..invite_bob() };
    lab.with(alice, |ua, now| ua.invite(call, now).unwrap());
    lab.settle();
    let id = incoming(&mut lab, bob);
    lab.with(bob, |ua, now| ua.respond(id, ok(), now).unwrap().unwrap());
    // The 2xx arrives, and the connection breaks while the ACK is on its way.
    lab.run(Lab::LATENCY);
    for flow in lab.flows(bob, Transport::Tcp) {
        lab.break_flow(bob, flow);
    }
    lab.run(Duration::from_secs(40));
    let trace = lab.trace();
    assert!(trace.contains("bob * confirmed"), "{trace}");
}

/// An ACK needs no transaction, so none is missing; a BYE ends something and is sent all the same.
#[test]
fn an_ack_and_a_bye_go_out_where_all_transactions_are_taken() {
    let mut config = Config::default();
    config.limits.client_transactions = 1;
    let (mut lab, alice, peer) = alice_and("peer", config);
    lab.with(alice, |ua, now| ua.invite(invite_peer(), now).unwrap());
    lab.settle();
    let first = lab.request(peer, Method::INVITE);
    for _ in 0..3 {
        lab.reply(peer, &first, 200, |response| {
            response.to_tag("b").header(HeaderName::CONTACT, "<sip:bob@192.0.2.9>")
        });
        lab.run(Duration::from_secs(1));
    }
    lab.request(peer, Method::ACK);
    assert!(lab.with(alice, |ua, now| ua.invite(invite_peer(), now)).is_err());
    lab.with(alice, |ua, now| ua.shutdown(now));
    lab.settle();
    lab.request(peer, Method::BYE);
}
