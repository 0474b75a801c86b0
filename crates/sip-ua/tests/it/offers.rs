//! Offers inside of a session, both ways (RFC 3261 §14, RFC 3311, RFC 3264 §8).

use std::time::Duration;

use expect_test::expect;
use simple_im_sip_ua::{Error, Event, FlowId, IncomingId, Reply, SessionId, Transport};
use sip::{HeaderName, Method, StatusCode};

use crate::calls::{SDP, check, established, incoming, invite_bob, nothing_left, ok, pair};
use crate::lab::{Lab, NodeId};

fn next(version: u32) -> String {
    SDP.replace("o=- 1 1", &format!("o=- 1 {version}"))
}

fn offer(lab: &mut Lab, node: NodeId, session: SessionId, version: u32) -> Result<(), Error> {
    let sdp = next(version).into();
    lab.with(node, |ua, now| ua.offer(session, "application/sdp".into(), sdp, now))
}

/// The offer that waits at a node.
#[track_caller]
fn offered(lab: &mut Lab, node: NodeId) -> (SessionId, IncomingId) {
    let events = lab.events(node);
    let found = events.iter().find_map(|event| match event {
        Event::Offer { session, id, .. } => Some((*session, *id)),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no offer came: {events:?}"))
}

fn answer(lab: &mut Lab, node: NodeId, id: IncomingId, version: u32) -> Option<SessionId> {
    let reply = Reply::new(StatusCode::OK).body("application/sdp", next(version));
    lab.with(node, |ua, now| ua.respond(id, reply, now).unwrap())
}

#[test]
fn rfc3261_14_1_either_side_makes_another_offer() {
    let (mut lab, alice, bob) = pair();
    let (caller, callee) = established(&mut lab, alice, bob);
    offer(&mut lab, alice, caller, 2).unwrap();
    assert!(matches!(offer(&mut lab, alice, caller, 3), Err(Error::Misuse("an offer has no answer yet"))));
    lab.settle();
    let (session, id) = offered(&mut lab, bob);
    assert_eq!(session, callee);
    assert_eq!(answer(&mut lab, bob, id, 2), Some(callee));
    lab.settle();
    let events = lab.events(alice);
    let Some(Event::Answered { answer: Ok(response), .. }) = events.last() else { panic!("{events:?}") };
    assert_eq!(&response.body()[..], next(2).as_bytes());

    offer(&mut lab, bob, callee, 3).unwrap();
    lab.settle();
    let (session, id) = offered(&mut lab, alice);
    assert_eq!(session, caller);
    let refused = Reply::new(StatusCode::NOT_ACCEPTABLE_HERE);
    assert_eq!(lab.with(alice, |ua, now| ua.respond(id, refused, now).unwrap()), Some(caller));
    lab.settle();
    // Nothing changed, and it may be tried again.
    offer(&mut lab, bob, callee, 3).unwrap();
    lab.settle();
    let (_, id) = offered(&mut lab, alice);
    answer(&mut lab, alice, id, 3);
    lab.settle();
    lab.with(alice, |ua, now| ua.bye(caller, now));
    assert!(offer(&mut lab, alice, caller, 4).is_err());
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
            0.20 alice > bob udp INVITE sip:bob@192.0.2.2:5060
            0.21 bob * another offer by INVITE
            0.30 bob > alice udp 200 to INVITE
            0.31 alice * our offer is answered
            0.31 alice > bob udp ACK sip:bob@192.0.2.2:5060
            0.40 bob > alice udp INVITE sip:alice@192.0.2.1:5060
            0.41 alice * another offer by INVITE
            0.50 alice > bob udp 488 to INVITE
            0.51 bob > alice udp ACK sip:alice@192.0.2.1:5060
            0.51 bob * our offer is not answered: refused: 488 Not Acceptable Here
            0.60 bob > alice udp INVITE sip:alice@192.0.2.1:5060
            0.61 alice * another offer by INVITE
            0.70 alice > bob udp 200 to INVITE
            0.71 bob * our offer is answered
            0.71 bob > alice udp ACK sip:alice@192.0.2.1:5060
            0.80 alice > bob udp BYE sip:bob@192.0.2.2:5060
            0.81 bob * the peer hung up
            0.81 bob * ended: PeerBye
            0.81 bob > alice udp 200 to BYE
            0.82 alice * ended: LocalBye
        "#]],
    );
    nothing_left(&mut lab, &[alice, bob]);
}

/// Both made an offer at once, and Bob's came again: its name.
fn met() -> (Lab, NodeId, NodeId, SessionId, IncomingId) {
    let (mut lab, alice, bob) = pair();
    let (caller, callee) = established(&mut lab, alice, bob);
    offer(&mut lab, alice, caller, 2).unwrap();
    offer(&mut lab, bob, callee, 2).unwrap();
    lab.run(Duration::from_millis(2050));
    assert_eq!(lab.trace().matches("491 to INVITE").count(), 2);
    let (_, id) = offered(&mut lab, alice);
    (lab, alice, bob, caller, id)
}

#[test]
fn rfc3261_14_1_offers_that_meet_are_made_again_the_callers_later() {
    let (mut lab, alice, bob, caller, id) = met();
    let refused = Reply::new(StatusCode::NOT_ACCEPTABLE_HERE);
    lab.with(alice, |ua, now| ua.respond(id, refused, now).unwrap());
    lab.run(Duration::from_secs(3));
    let (_, id) = offered(&mut lab, bob);
    answer(&mut lab, bob, id, 3);
    lab.settle();
    let trace = lab.trace();
    assert!(trace.contains("bob * our offer is not answered: refused: 488"), "{trace}");
    assert!(trace.contains("alice * our offer is answered"), "{trace}");
    lab.with(alice, |ua, now| ua.bye(caller, now));
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn rfc3264_8_an_offer_that_was_not_made_yet_does_not_follow_on_what_was_agreed_meanwhile() {
    let (mut lab, alice, bob, caller, id) = met();
    answer(&mut lab, alice, id, 4);
    lab.run(Duration::from_secs(5));
    let trace = lab.trace();
    assert!(trace.contains("bob * our offer is answered"), "{trace}");
    assert!(trace.contains("alice * our offer is not answered: cancelled"), "{trace}");
    assert!(!trace.contains("INVITE sip:bob@"), "{trace}");
    offer(&mut lab, alice, caller, 5).unwrap();
    lab.settle();
    let (_, id) = offered(&mut lab, bob);
    answer(&mut lab, bob, id, 3);
    lab.with(alice, |ua, now| ua.bye(caller, now));
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn rfc3261_14_2_a_peer_that_is_busy_is_asked_again_when_it_says() {
    let mut lab = Lab::new();
    let alice = lab.agent("alice", "192.0.2.1:5060", simple_im_sip_ua::Config::default());
    let peer = lab.script("peer", "192.0.2.2:5060");
    let caller = lab.with(alice, |ua, now| ua.invite(invite_bob(), now).unwrap());
    lab.settle();
    let invite = lab.request(peer, Method::INVITE);
    let accept = |response: sip::ResponseBuilder| {
        response.to_tag("b").header(HeaderName::CONTACT, "<sip:bob@192.0.2.2>")
    };
    lab.reply(peer, &invite, 200, accept);
    lab.settle();
    lab.request(peer, Method::ACK);
    offer(&mut lab, alice, caller, 2).unwrap();
    lab.settle();
    let invite = lab.request(peer, Method::INVITE);
    lab.reply(peer, &invite, 500, |response| response.header(HeaderName::RETRY_AFTER, "5"));
    lab.run(Duration::from_millis(4500));
    lab.request(peer, Method::ACK);
    assert!(lab.is_silent(peer));
    lab.run(Duration::from_secs(1));
    let invite = lab.request(peer, Method::INVITE);
    lab.reply(peer, &invite, 500, |response| response);
    lab.settle();
    assert!(lab.trace().contains("our offer is not answered: refused: 500"));
    // What the INVITE said among other things is what a peer gets that asks.
    lab.with(alice, |ua, _| ua.describe(caller, "application/sdp".into(), next(7).into()));
    let flow = lab.connect(peer, Transport::Udp, alice);
    let text = format!(
        "INVITE sip:alice@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKagain;rport\r\n\
         Max-Forwards: 70\r\nFrom: {};tag=b\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 9 INVITE\r\n\
         Contact: <sip:bob@192.0.2.2>\r\nContent-Length: 0\r\n\r\n",
        invite.1.headers().get(HeaderName::TO).unwrap().split(';').next().unwrap(),
        invite.1.headers().get(HeaderName::FROM).unwrap(),
        invite.1.call_id().unwrap(),
    );
    lab.request(peer, Method::ACK);
    lab.transmit(peer, flow, text);
    lab.settle();
    let response = lab.response(peer);
    assert_eq!((response.status(), &response.body()[..]), (StatusCode::OK, next(7).as_bytes()));
}

/// A request of the peer to Bob.
fn request(method: &str, number: u32, to_tag: &str, body: &str) -> String {
    let content = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!(
        "{method} sip:bob@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK{method}{number};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:peer@192.0.2.9>;tag=p\r\nTo: <sip:bob@192.0.2.2>{to_tag}\r\n\
         Call-ID: one\r\nCSeq: {number} {method}\r\nContact: <sip:peer@192.0.2.9>\r\n{content}\
         Content-Length: {}\r\n\r\n{body}",
        body.len(),
    )
}

/// Bob has accepted a peer that is played by hand and has not acknowledged it; the parameter of To that names him.
fn accepted_by_hand() -> (Lab, NodeId, NodeId, FlowId, SessionId, String) {
    let mut lab = Lab::new();
    let bob = lab.agent("bob", "192.0.2.2:5060", simple_im_sip_ua::Config::default());
    let peer = lab.script("peer", "192.0.2.9:5060");
    let flow = lab.connect(peer, Transport::Udp, bob);
    lab.transmit(peer, flow, request("INVITE", 1, "", SDP));
    lab.settle();
    let id = incoming(&mut lab, bob);
    let callee = lab.with(bob, |ua, now| ua.respond(id, ok(), now).unwrap().unwrap());
    lab.settle();
    let tag = format!(";tag={}", lab.response(peer).to().unwrap().tag().unwrap());
    (lab, bob, peer, flow, callee, tag)
}

/// The same, acknowledged.
fn called_by_hand() -> (Lab, NodeId, NodeId, FlowId, SessionId, String) {
    let (mut lab, bob, peer, flow, callee, tag) = accepted_by_hand();
    lab.transmit(peer, flow, request("ACK", 1, &tag, ""));
    lab.settle();
    (lab, bob, peer, flow, callee, tag)
}

#[test]
fn rfc3261_14_1_an_offer_waits_for_the_ack_of_the_session() {
    let (mut lab, bob, peer, flow, callee, tag) = accepted_by_hand();
    offer(&mut lab, bob, callee, 2).unwrap();
    lab.settle();
    assert!(!lab.trace().contains("INVITE sip:peer"));
    lab.transmit(peer, flow, request("ACK", 1, &tag, ""));
    lab.settle();
    let invite = lab.request(peer, Method::INVITE);
    assert_eq!(&invite.1.body()[..], next(2).as_bytes());
    // While it has no answer, an offer of the peer has to wait, whatever brings it.
    lab.transmit(peer, flow, request("UPDATE", 2, &tag, &next(5)));
    lab.settle();
    assert_eq!(lab.response(peer).status(), StatusCode::REQUEST_PENDING);
    lab.reply(peer, &invite, 200, |response| {
        let moved = "<sip:moved@192.0.2.9>";
        response.header(HeaderName::CONTACT, moved).body("application/sdp", next(4).into_bytes().into())
    });
    lab.settle();
    assert_eq!(lab.request(peer, Method::ACK).1.request_uri(), "sip:moved@192.0.2.9");
    // RFC 3311: the same by UPDATE, which has no ACK.
    lab.transmit(peer, flow, request("UPDATE", 3, &tag, &next(5)));
    lab.settle();
    let (_, id) = offered(&mut lab, bob);
    answer(&mut lab, bob, id, 3);
    lab.settle();
    let response = lab.response(peer);
    assert_eq!((response.status(), &response.body()[..]), (StatusCode::OK, next(3).as_bytes()));
    assert!(response.headers().contains(HeaderName::CONTACT));
    // Said once more it changes nothing, and nobody is asked.
    lab.events(bob);
    lab.transmit(peer, flow, request("UPDATE", 4, &tag, &next(5)));
    lab.settle();
    assert_eq!(&lab.response(peer).body()[..], next(3).as_bytes());
    assert!(lab.events(bob).is_empty());
    lab.transmit(peer, flow, request("BYE", 5, &tag, ""));
    lab.settle();
    nothing_left(&mut lab, &[bob]);
}

#[test]
fn rfc3261_14_1_a_peer_that_does_not_know_the_session_ends_it() {
    let mut lab = Lab::new();
    let alice = lab.agent("alice", "192.0.2.1:5060", simple_im_sip_ua::Config::default());
    let peer = lab.script("peer", "192.0.2.2:5060");
    let caller = lab.with(alice, |ua, now| ua.invite(invite_bob(), now).unwrap());
    lab.settle();
    let invite = lab.request(peer, Method::INVITE);
    lab.reply(peer, &invite, 200, |response| {
        response.to_tag("b").header(HeaderName::CONTACT, "<sip:bob@192.0.2.2>")
    });
    lab.settle();
    lab.trace();
    offer(&mut lab, alice, caller, 2).unwrap();
    lab.settle();
    let invite = lab.request(peer, Method::INVITE);
    lab.reply(peer, &invite, 481, |response| response);
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
            0.20 alice > peer udp INVITE sip:bob@192.0.2.2
            0.30 peer > alice udp 481 to INVITE
            0.31 alice > peer udp ACK sip:bob@192.0.2.2
            0.31 alice * ended: DialogLost
        "#]],
    );
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn rfc3261_14_1_an_offer_is_made_when_that_of_the_peer_is_called_off_or_not_answered() {
    for called_off in [true, false] {
        let (mut lab, bob, peer, flow, callee, tag) = called_by_hand();
        lab.transmit(peer, flow, request("INVITE", 2, &tag, &next(2)));
        lab.settle();
        offered(&mut lab, bob);
        offer(&mut lab, bob, callee, 2).unwrap();
        lab.settle();
        assert!(!lab.trace().contains("INVITE sip:peer"));
        if called_off {
            let cancel = request("INVITE", 2, &tag, "");
            let cancel = cancel.replace("INVITE sip", "CANCEL sip").replace("2 INVITE", "2 CANCEL");
            lab.transmit(peer, flow, cancel);
            lab.settle();
        } else {
            lab.run(simple_im_sip_ua::Timers::default().answer + Duration::from_secs(1));
        }
        let trace = lab.trace();
        assert!(trace.contains("bob > peer udp INVITE sip:peer"), "{called_off}: {trace}");
        lab.transmit(peer, flow, request("BYE", 5, &tag, ""));
        lab.settle();
        nothing_left(&mut lab, &[bob]);
    }
}

#[test]
fn rfc3261_13_2_2_4_an_answer_that_crosses_the_end_of_the_session_is_acknowledged() {
    let (mut lab, bob, peer, _, callee, _) = called_by_hand();
    offer(&mut lab, bob, callee, 2).unwrap();
    lab.settle();
    let invite = lab.request(peer, Method::INVITE);
    lab.with(bob, |ua, now| ua.bye(callee, now));
    lab.settle();
    let bye = lab.request(peer, Method::BYE);
    lab.reply(peer, &bye, 200, |response| response);
    lab.settle();
    for _ in 0..2 {
        lab.reply(peer, &invite, 200, |response| {
            response
                .header(HeaderName::CONTACT, "<sip:peer@192.0.2.9>")
                .body("application/sdp", next(2).into_bytes().into())
        });
        lab.settle();
        let ack = lab.request(peer, Method::ACK);
        assert_eq!(ack.1.cseq().unwrap().number, invite.1.cseq().unwrap().number);
    }
    assert!(!lab.trace().contains("our offer is answered"));
    nothing_left(&mut lab, &[bob]);
}

#[test]
fn rfc3261_14_1_an_offer_that_may_not_be_made_again_yet_waits_and_keeps_nobody_busy() {
    for hangs_up in [false, true] {
        let (mut lab, bob, peer, flow, callee, tag) = called_by_hand();
        offer(&mut lab, bob, callee, 2).unwrap();
        lab.settle();
        let invite = lab.request(peer, Method::INVITE);
        lab.reply(peer, &invite, 491, |response| response);
        lab.run(Duration::from_millis(20));
        if hangs_up {
            lab.with(bob, |ua, now| ua.bye(callee, now));
        } else {
            lab.transmit(peer, flow, request("INVITE", 2, &tag, SDP));
        }
        lab.trace();
        lab.run(Duration::from_secs(5));
        assert!(!lab.trace().contains("bob > peer udp INVITE"));
        if !hangs_up {
            lab.transmit(peer, flow, request("ACK", 2, &tag, ""));
            lab.settle();
            assert!(lab.trace().contains("bob > peer udp INVITE"));
            lab.transmit(peer, flow, request("BYE", 3, &tag, ""));
        }
        nothing_left(&mut lab, &[bob]);
    }
}

#[test]
fn rfc3311_5_2_an_offer_that_came_too_early_is_told_when_to_come_back() {
    let (mut lab, bob, peer, flow, _, tag) = called_by_hand();
    for (method, number) in [("UPDATE", 2), ("UPDATE", 3), ("INVITE", 4)] {
        lab.transmit(peer, flow, request(method, number, &tag, &next(number)));
        lab.settle();
    }
    offered(&mut lab, bob);
    for _ in 0..2 {
        let response = lab.response(peer);
        assert_eq!(response.status(), StatusCode::SERVER_INTERNAL_ERROR);
        let wait: u32 = response.headers().get(HeaderName::RETRY_AFTER).unwrap().parse().unwrap();
        assert!(wait <= 10);
    }
}

/// RFC 4028 §7.2 and §9: what the newest 2xx says of the timer counts, and it said nothing.
#[test]
fn rfc4028_9_a_reinvite_without_a_timer_turns_it_off() {
    for changed in [false, true] {
        let (mut lab, bob, peer, flow, callee, tag) = called_by_hand();
        let timed = request("UPDATE", 2, &tag, "");
        let timed = timed.replace("Contact", "Supported: timer\r\nSession-Expires: 90\r\nContact");
        lab.transmit(peer, flow, timed);
        lab.settle();
        let response = lab.response(peer);
        assert_eq!(response.headers().get(HeaderName::SESSION_EXPIRES), Some("90;refresher=uac"));
        lab.transmit(peer, flow, request("INVITE", 3, &tag, &if changed { next(2) } else { SDP.to_owned() }));
        lab.settle();
        if changed {
            let (_, id) = offered(&mut lab, bob);
            answer(&mut lab, bob, id, 2);
            lab.settle();
        }
        let response = lab.response(peer);
        assert_eq!(
            (response.status(), response.headers().get(HeaderName::SESSION_EXPIRES)),
            (StatusCode::OK, None)
        );
        lab.transmit(peer, flow, request("ACK", 3, &tag, ""));
        lab.run(Duration::from_secs(100));
        assert!(!lab.trace().contains("BYE"), "{changed}");
        lab.with(bob, |ua, now| ua.bye(callee, now));
        lab.settle();
    }
}
