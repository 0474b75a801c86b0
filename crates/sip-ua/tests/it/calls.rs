//! Sessions between two user agents, from INVITE to BYE.

use std::time::Duration;

use expect_test::{Expect, expect};
use simple_im_sip_ua::{Config, Event, IncomingId, Invite, Reply, SessionId};
use sip::{StatusCode, Uri};

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
    check(&mut lab, expect![[r#"
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
    "#]]);
    nothing_left(&mut lab, &[alice, bob]);
    check(&mut lab, expect![[""]]);
}
