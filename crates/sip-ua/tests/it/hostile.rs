//! Peers that are broken or mean: nothing panics, nothing stays, and the user is told whose fault it is.

use std::time::Duration;

use bytes::Bytes;
use expect_test::expect;
use proptest::prelude::*;
use simple_im_sip_ua::{Config, FlowError, FlowId, FlowState, Invite, Output, Reply, Transport, UserAgent};
use sip::{HeaderName, Method, StatusCode};

use crate::calls::{alice_and, check, incoming, invite_bob, invite_peer, nothing_left, ok, pair, uri};
use crate::lab::Lab;

const INVITE: &str = "INVITE sip:bob@192.0.2.2 SIP/2.0\r\n\
     Via: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bK77;rport\r\n\
     Max-Forwards: 70\r\nFrom: \"P\" <sip:peer@192.0.2.9>;tag=p\r\nTo: <sip:bob@192.0.2.2>\r\n\
     Call-ID: c-1\r\nCSeq: 7 INVITE\r\nContact: <sip:peer@192.0.2.9>\r\n\
     Record-Route: <sip:192.0.2.9;lr>\r\nSupported: timer\r\nContent-Type: text/plain\r\n\
     Content-Length: 2\r\n\r\nhi";

#[test]
fn a_datagram_peer_that_answers_garbage_is_named() {
    let mut lab = Lab::new();
    let alice = lab.agent("alice", "192.0.2.1:5060", Config::default());
    let peer = lab.script("peer", "192.0.2.2:5060");
    lab.with(alice, |ua, now| ua.invite(invite_bob(), now).unwrap());
    lab.settle();
    let (flow, _) = lab.request(peer, Method::INVITE);
    lab.trace();
    lab.transmit(peer, flow, "HTTP/1.1 400 Bad Request\r\n\r\n");
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.10 peer > alice udp "HTTP/1.1 400 Bad Request\r\n\r\n"
        0.11 alice * garbage: peer misbehaved: sent what is not SIP: expected Method at byte 4
    "#]],
    );
    lab.run(Duration::from_secs(33));
    let trace = lab.trace();
    assert!(trace.contains("rejected: peer misbehaved: sent what is not SIP"), "{trace}");
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn a_stream_peer_that_answers_garbage_is_cut_off_at_once() {
    let mut lab = Lab::new();
    let alice = lab.agent("alice", "192.0.2.1:5060", Config::default());
    let peer = lab.script("peer", "192.0.2.2:5060");
    let invite = Invite { request_uri: uri("sip:bob@192.0.2.2;transport=tcp"), ..invite_bob() };
    lab.with(alice, |ua, now| ua.invite(invite, now).unwrap());
    lab.settle();
    let (flow, _) = lab.request(peer, Method::INVITE);
    lab.trace();
    lab.transmit(peer, flow, "SSH-2.0-OpenSSH_9.2\r\nnonsense\r\n\r\n");
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.10 peer > alice tcp "SSH-2.0-OpenSSH_9.2\r\nnonsense\r\n\r\n"
        0.11 alice * garbage: peer misbehaved: sent what is not SIP: expected Method at byte 19
        0.11 alice * rejected: peer misbehaved: sent what is not SIP: expected Method at byte 19
        0.11 alice * ended: NotEstablished
        0.12 peer connection closed by the peer
    "#]],
    );
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn responses_nobody_asked_for_and_responses_without_sense_change_nothing() {
    let mut lab = Lab::new();
    let alice = lab.agent("alice", "192.0.2.1:5060", Config::default());
    let peer = lab.script("peer", "192.0.2.2:5060");
    let session = lab.with(alice, |ua, now| ua.invite(invite_bob(), now).unwrap());
    lab.settle();
    let invite = lab.request(peer, Method::INVITE);
    let bytes = |status: u16, from: &str, to: &str| {
        let response = sip::Response::builder_for(&invite.1, StatusCode::new(status).unwrap())
            .to_tag("b")
            .header(HeaderName::CONTACT, "<sip:bob@192.0.2.2>")
            .build()
            .unwrap();
        let text = String::from_utf8(response.as_bytes().to_vec()).unwrap();
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    };
    lab.trace();
    for (from, to) in [("branch=z9hG4bK", "branch=z9hG4bKx"), (" INVITE\r\n", " BYE\r\n"), ("Via: ", "Vai: ")]
    {
        lab.transmit(peer, invite.0, bytes(200, from, to));
        lab.settle();
    }
    assert!(!lab.trace().contains('*'));
    // A 2xx without Contact is taken all the same, where the INVITE went.
    lab.transmit(peer, invite.0, bytes(200, "Contact: <sip:bob@192.0.2.2>\r\n", ""));
    lab.settle();
    lab.transmit(peer, invite.0, bytes(486, "", ""));
    lab.settle();
    lab.with(alice, |ua, now| ua.bye(session, now));
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.40 peer > alice udp 200 to INVITE
        0.41 alice * accepted by sip:bob@192.0.2.2
        0.41 alice > peer udp ACK sip:bob@192.0.2.2
        0.50 peer > alice udp 486 to INVITE
        0.60 alice > peer udp BYE sip:bob@192.0.2.2
    "#]],
    );
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn every_split_of_a_stream_is_the_same_request() {
    for at in 0..=INVITE.len() {
        let (mut lab, _, bob) = pair();
        let peer = lab.script("peer", "192.0.2.9:5060");
        let flow = lab.connect(peer, Transport::Tcp, bob);
        lab.transmit(peer, flow, INVITE.as_bytes()[..at].to_vec());
        lab.transmit(peer, flow, INVITE.as_bytes()[at..].to_vec());
        lab.settle();
        let id = incoming(&mut lab, bob);
        lab.with(bob, |ua, now| ua.respond(id, Reply::new(StatusCode::BUSY_HERE), now).unwrap());
        nothing_left(&mut lab, &[bob]);
    }
}

#[test]
fn rfc5626_3_5_1_a_ping_gets_a_pong() {
    let (mut lab, _, bob) = pair();
    let peer = lab.script("peer", "192.0.2.9:5060");
    let flow = lab.connect(peer, Transport::Tcp, bob);
    lab.trace();
    lab.transmit(peer, flow, "\r\n\r\n");
    lab.transmit(peer, flow, "\r\n");
    lab.settle();
    let datagram = lab.connect(peer, Transport::Udp, bob);
    lab.transmit(peer, datagram, "\r\n\r\n");
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.10 peer > bob tcp "\r\n\r\n"
        0.10 peer > bob tcp "\r\n"
        0.11 bob > peer tcp "\r\n"
        0.20 peer > bob udp "\r\n\r\n"
    "#]],
    );
}

#[test]
fn a_connection_that_trickles_is_closed() {
    let (mut lab, _, bob) = pair();
    let peer = lab.script("peer", "192.0.2.9:5060");
    let flow = lab.connect(peer, Transport::Tcp, bob);
    for byte in INVITE.as_bytes().chunks(1).take(200) {
        lab.transmit(peer, flow, byte.to_vec());
        lab.run(Duration::from_secs(1));
    }
    assert_eq!(lab.live(bob).flows, 0);
}

#[test]
fn what_a_peer_opens_is_bounded() {
    let mut config = Config::default();
    config.limits.incoming_flows = 10;
    config.limits.server_transactions = 20;
    let mut ua = UserAgent::new(config, [1; 32]);
    #[expect(clippy::disallowed_methods, reason = "any start will do")]
    let now = std::time::Instant::now();
    for n in 0..1000_u16 {
        let flow = FlowId::incoming(u64::from(n));
        let peer = ([198, 51, 100, 7], 1024 + n).into();
        let local = ([192, 0, 2, 2], 5060).into();
        ua.handle_flow(flow, FlowState::Up { transport: Transport::Udp, local, peer, security: None }, now);
        let text = INVITE.replace("z9hG4bK77", &format!("z9hG4bK{n}")).replace("c-1", &format!("c-{n}"));
        ua.handle_received(FlowId::incoming(u64::from(n % 10)), text.into(), now);
        while ua.poll_output().is_some() {}
    }
    let live = ua.live();
    assert!(live.flows <= 10 && live.transactions <= 20 && live.incoming <= 20, "{live:?}");
}

proptest! {
    /// One byte of a request or response changed, or the end missing: no panic, and everything ends.
    #[test]
    fn mutated_messages_leave_nothing_behind(
        at in 0..INVITE.len(), byte in any::<u8>(), cut in prop::option::of(0..INVITE.len()), stream in any::<bool>()
    ) {
        let (mut lab, _, bob) = pair();
        let peer = lab.script("peer", "192.0.2.9:5060");
        let transport = if stream { Transport::Tcp } else { Transport::Udp };
        let flow = lab.connect(peer, transport, bob);
        let mut bytes = INVITE.as_bytes().to_vec();
        bytes[at] = byte;
        bytes.truncate(cut.unwrap_or(bytes.len()));
        lab.transmit(peer, flow, Bytes::from(bytes));
        lab.settle();
        for event in lab.events(bob) {
            if let simple_im_sip_ua::Event::Incoming { id, .. } = event {
                let _ = lab.with(bob, |ua, now| ua.respond(id, ok(), now));
            }
        }
        lab.with(bob, |ua, now| ua.shutdown(now));
        lab.run(Duration::from_secs(70));
        nothing_left(&mut lab, &[bob]);
    }

    /// One byte of each response to our INVITE changed.
    #[test]
    fn mutated_responses_leave_nothing_behind(
        at in 0..400_usize, byte in any::<u8>(), status in prop::sample::select(vec![100, 183, 200, 302, 401, 422, 486, 503])
    ) {
        let mut lab = Lab::new();
        let alice = lab.agent("alice", "192.0.2.1:5060", Config::default());
        let peer = lab.script("peer", "192.0.2.2:5060");
        let credentials = Some(digest::Credentials::new("alice", "x"));
        lab.with(alice, |ua, now| ua.invite(Invite { credentials, ..invite_bob() }, now).unwrap());
        lab.settle();
        let invite = lab.request(peer, Method::INVITE);
        let response = sip::Response::builder_for(&invite.1, StatusCode::new(status).unwrap())
            .to_tag("b")
            .header(HeaderName::CONTACT, "<sip:bob@192.0.2.2>")
            .header(HeaderName::REQUIRE, "100rel")
            .header(HeaderName::RSEQ, "1")
            .header(HeaderName::RECORD_ROUTE, "<sip:192.0.2.2;lr>")
            .header(HeaderName::WWW_AUTHENTICATE, "Digest realm=\"x\", nonce=\"y\"")
            .header(HeaderName::SESSION_EXPIRES, "90;refresher=uas")
            .build()
            .unwrap();
        let mut bytes = response.as_bytes().to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        lab.transmit(peer, invite.0, Bytes::from(bytes));
        lab.settle();
        lab.with(alice, |ua, now| ua.shutdown(now));
        lab.run(Duration::from_secs(200));
        nothing_left(&mut lab, &[alice]);
    }

    /// Any loss, any moment of cancel and hang-up: both ends learn that it ended, exactly once.
    #[test]
    fn whatever_is_lost_everything_ends(
        losses in prop::collection::vec(0..100_u8, 200), rate in 0..80_u8,
        answer in prop::option::of(0..5_000_u64), end in 0..8_000_u64
    ) {
        let (mut lab, alice, bob) = pair();
        let mut next = 0;
        lab.loss = Box::new(move |_, _, _| {
            next = (next + 1) % losses.len();
            losses[next] < rate
        });
        let session = lab.with(alice, |ua, now| ua.invite(invite_bob(), now).unwrap());
        let mut ended = [0, 0];
        let mut opened = [1, 0];
        let (mut answered, mut closed) = (false, false);
        for step in 0..2_000_u64 {
            lab.run(Duration::from_millis(if step < 1_000 { 10 } else { 100 }));
            let elapsed = step * 10;
            for event in lab.events(bob) {
                match event {
                    simple_im_sip_ua::Event::Incoming { id, .. } if answer.is_some_and(|_| !answered) => {
                        answered = true;
                        if let Ok(Some(_)) = lab.with(bob, |ua, now| ua.respond(id, ok(), now)) {
                            opened[1] += 1;
                        }
                    }
                    simple_im_sip_ua::Event::Ended { .. } => ended[1] += 1,
                    _ => {}
                }
            }
            ended[0] += lab
                .events(alice)
                .iter()
                .filter(|event| matches!(event, simple_im_sip_ua::Event::Ended { .. }))
                .count();
            if elapsed >= end && !closed {
                closed = true;
                lab.with(alice, |ua, now| ua.bye(session, now));
            }
        }
        lab.with(bob, |ua, now| ua.shutdown(now));
        lab.run(Duration::from_secs(80));
        ended[1] += lab.events(bob).iter().filter(|event| matches!(event, simple_im_sip_ua::Event::Ended { .. })).count();
        ended[0] += lab.events(alice).iter().filter(|event| matches!(event, simple_im_sip_ua::Event::Ended { .. })).count();
        prop_assert_eq!(ended, opened);
        prop_assert!(lab.live(alice).is_idle() && lab.live(bob).is_idle());
        let _ = FlowError::Reset;
    }
}

/// `Limits::transactions` bounds merged requests, too.
#[test]
fn merged_requests_are_within_the_limit_of_transactions() {
    let mut config = Config::default();
    config.limits.server_transactions = 10;
    let (mut lab, alice, peer) = alice_and("peer", config);
    let flow = lab.connect(peer, Transport::Udp, alice);
    for n in 0..200 {
        lab.transmit(
            peer,
            flow,
            format!(
                "INVITE sip:alice@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK{n};rport\r\n\
                 Max-Forwards: 70\r\nFrom: <sip:p@192.0.2.9>;tag=p\r\nTo: <sip:alice@192.0.2.1>\r\n\
                 Call-ID: c\r\nCSeq: 7 INVITE\r\nContact: <sip:p@192.0.2.9>\r\nContent-Length: 0\r\n\r\n"
            ),
        );
    }
    lab.settle();
    assert!(lab.live(alice).transactions <= 10, "{:?}", lab.live(alice));
}

/// One host with enough ports must not keep us from calling out: what strangers begin makes room.
#[test]
fn datagrams_of_strangers_do_not_take_the_flows_we_need() {
    let (mut lab, alice, peer) = alice_and("peer", Config::default());
    let most = u16::try_from(Config::default().limits.incoming_flows).unwrap();
    lab.with(alice, |ua, now| {
        for n in 0..most {
            let flow = FlowId::incoming(u64::from(n) + 10);
            let state = FlowState::Up {
                transport: Transport::Udp,
                local: "192.0.2.1:5060".parse().unwrap(),
                peer: ([203, 0, 113, 1], 1024 + n).into(),
                security: None,
            };
            ua.handle_flow(flow, state, now);
            ua.handle_received(flow, "\r\n".into(), now);
        }
    });
    lab.with(alice, |ua, now| ua.invite(invite_peer(), now).unwrap());
    lab.settle();
    let trace = lab.trace();
    assert!(trace.contains("INVITE"), "{trace}");
    lab.request(peer, Method::INVITE);
}

/// The flow that is closed for a new one is the one that was not used for the longest time, and not one with a
/// call that waits for its answer.
#[test]
fn a_new_flow_takes_the_place_of_the_longest_unused() {
    let mut config = Config::default();
    config.limits.incoming_flows = 3;
    let mut ua = UserAgent::new(config, [1; 32]);
    #[expect(clippy::disallowed_methods, reason = "any start will do")]
    let start = std::time::Instant::now();
    let mut closed = Vec::new();
    for n in 0..6 {
        let now = start + Duration::from_secs(n);
        let (local, peer) = (([192, 0, 2, 2], 5060).into(), ([203, 0, 113, 1], 1024).into());
        let state = FlowState::Up { transport: Transport::Tcp, local, peer, security: None };
        ua.handle_flow(FlowId::incoming(n), state, now);
        ua.handle_received(FlowId::incoming(n), if n == 1 { INVITE.into() } else { "\r\n\r\n".into() }, now);
        while let Some(output) = ua.poll_output() {
            if let Output::Close { flow } = output {
                closed.push(flow);
            }
        }
    }
    assert_eq!(closed, [0, 2, 3].map(FlowId::incoming));
}

/// What strangers ask leaves room for what we ask: a call, its ACK, its BYE, the refresh of a registration.
#[test]
fn requests_of_strangers_do_not_take_the_transactions_we_need() {
    let mut config = Config::default();
    config.limits.server_transactions = 10;
    let (mut lab, alice, peer) = alice_and("peer", config);
    let flow = lab.connect(peer, Transport::Udp, alice);
    for n in 0..20 {
        lab.transmit(
            peer,
            flow,
            format!(
                "OPTIONS sip:alice@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK{n};rport\r\n\
                 Max-Forwards: 70\r\nFrom: <sip:p@192.0.2.9>;tag=p\r\nTo: <sip:alice@192.0.2.1>\r\n\
                 Call-ID: c{n}\r\nCSeq: 7 OPTIONS\r\nContent-Length: 0\r\n\r\n"
            ),
        );
    }
    lab.settle();
    let called = lab.with(alice, |ua, now| ua.invite(invite_peer(), now));
    assert!(called.is_ok(), "{called:?}");
}
