//! Which way requests and responses go: addresses, connections, long requests, what happens when one breaks.

use std::time::Duration;

use expect_test::expect;
use simple_im_sip_ua::{Answer, Body, Config, Event, Invite, NaptrRecord, Reply, SrvRecord, Transport};
use sip::{HeaderName, Method, StatusCode};

use crate::calls::{SDP, alice_and, check, established, incoming, invite_bob, nothing_left, ok, pair, uri};
use crate::lab::Lab;

/// An INVITE that no datagram should carry.
fn long() -> Invite {
    Invite { headers: vec![("Subject".into(), "x".repeat(1500).into())], ..invite_bob() }
}

#[test]
fn rfc3261_18_1_1_a_long_request_goes_over_tcp() {
    let (mut lab, alice, bob) = pair();
    let session = lab.with(alice, |ua, now| ua.invite(long(), now).unwrap());
    lab.settle();
    let id = incoming(&mut lab, bob);
    lab.with(bob, |ua, now| ua.respond(id, ok(), now).unwrap().unwrap());
    lab.settle();
    lab.with(alice, |ua, now| ua.bye(session, now));
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.02 alice > bob tcp INVITE sip:bob@192.0.2.2
        0.03 bob * incoming INVITE
        0.10 bob > alice tcp 200 to INVITE
        0.11 alice * accepted by sip:bob@192.0.2.2:5060;transport=tcp
        0.11 alice > bob tcp ACK sip:bob@192.0.2.2:5060;transport=tcp
        0.12 bob * confirmed
        0.20 alice > bob tcp BYE sip:bob@192.0.2.2:5060;transport=tcp
        0.21 bob * the peer hung up
        0.21 bob * ended: PeerBye
        0.21 bob > alice tcp 200 to BYE
        0.22 alice * ended: LocalBye
    "#]],
    );
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn rfc3261_18_1_1_a_long_request_falls_back_to_udp_where_no_connection_can_be_made() {
    let (mut lab, alice, bob) = pair();
    lab.refused.insert("192.0.2.2:5060".parse().unwrap());
    lab.with(alice, |ua, now| ua.invite(long(), now).unwrap());
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.02 alice connection refused
        0.02 alice > bob udp INVITE sip:bob@192.0.2.2
        0.03 bob * incoming INVITE
    "#]],
    );
    let id = incoming(&mut lab, bob);
    lab.with(bob, |ua, now| ua.respond(id, Reply::new(StatusCode::BUSY_HERE), now).unwrap());
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn a_callee_opens_a_connection_to_the_listening_port_of_the_caller() {
    let (mut lab, alice, bob) = pair();
    let invite = Invite { request_uri: uri("sip:bob@192.0.2.2;transport=tcp"), ..invite_bob() };
    lab.with(alice, |ua, now| ua.invite(invite, now).unwrap());
    lab.settle();
    let events = lab.events(bob);
    let Event::Incoming { id, request, .. } = &events[0] else { panic!("{events:?}") };
    let via = request.via().unwrap();
    let contact = request.contacts().next().unwrap().unwrap();
    expect!["192.0.2.1:5060 sip:alice@192.0.2.1:5060;transport=tcp"].assert_eq(&format!(
        "{} {}",
        via.sent_by,
        contact.uri_text()
    ));
    let callee = lab.with(bob, |ua, now| ua.respond(*id, ok(), now).unwrap().unwrap());
    lab.settle();
    lab.trace();
    lab.with(bob, |ua, now| ua.bye(callee, now));
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.21 bob > alice tcp BYE sip:alice@192.0.2.1:5060;transport=tcp
        0.22 alice * the peer hung up
        0.22 alice * ended: PeerBye
        0.22 alice > bob tcp 200 to BYE
        0.23 bob * ended: LocalBye
    "#]],
    );
    assert_eq!(lab.flows(bob, Transport::Tcp).len(), 2);
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn where_the_contact_cannot_be_reached_the_flow_of_the_dialog_is_used() {
    let (mut lab, alice, bob) = pair();
    // Alice is behind something that lets nobody in.
    lab.refused.insert("192.0.2.1:5060".parse().unwrap());
    let invite = Invite { request_uri: uri("sip:bob@192.0.2.2;transport=tcp"), ..invite_bob() };
    lab.with(alice, |ua, now| ua.invite(invite, now).unwrap());
    lab.settle();
    let id = incoming(&mut lab, bob);
    let callee = lab.with(bob, |ua, now| ua.respond(id, ok(), now).unwrap().unwrap());
    lab.settle();
    lab.trace();
    lab.with(bob, |ua, now| ua.bye(callee, now));
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.21 bob connection refused
        0.21 bob > alice tcp BYE sip:alice@192.0.2.1:5060;transport=tcp
        0.22 alice * the peer hung up
        0.22 alice * ended: PeerBye
        0.22 alice > bob tcp 200 to BYE
        0.23 bob * ended: LocalBye
    "#]],
    );
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn a_body_is_asked_for_once_the_local_address_is_known() {
    let (mut lab, alice, bob) = pair();
    let invite = Invite { body: Body::AtFlow, ..invite_bob() };
    let session = lab.with(alice, |ua, now| ua.invite(invite, now).unwrap());
    lab.settle();
    lab.with(alice, |ua, now| {
        ua.provide_body(session, "application/sdp".into(), SDP.into(), now).unwrap();
        assert!(ua.provide_body(session, "application/sdp".into(), SDP.into(), now).is_err());
    });
    lab.settle();
    let events = lab.events(bob);
    let Event::Incoming { id, request, local, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!((&request.body()[..], local.to_string().as_str()), (SDP.as_bytes(), "192.0.2.2:5060"));
    lab.with(bob, |ua, now| ua.respond(*id, Reply::new(StatusCode::DECLINE), now).unwrap());
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.01 alice * body wanted at 192.0.2.1:5060
        0.10 alice > bob udp INVITE sip:bob@192.0.2.2
        0.11 bob * incoming INVITE
        0.20 bob > alice udp 603 to INVITE
        0.21 alice > bob udp ACK sip:bob@192.0.2.2
        0.21 alice * rejected: refused: 603 Decline
        0.21 alice * ended: NotEstablished
    "#]],
    );
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn a_body_that_never_comes_ends_the_session_and_a_cancel_needs_none() {
    let (mut lab, alice, bob) = pair();
    let invite = || Invite { body: Body::AtFlow, ..invite_bob() };
    let first = lab.with(alice, |ua, now| ua.invite(invite(), now).unwrap());
    lab.with(alice, |ua, now| ua.invite(invite(), now).unwrap());
    lab.settle();
    lab.with(alice, |ua, now| ua.cancel(first, now));
    lab.run(Duration::from_secs(200));
    check(
        &mut lab,
        expect![[r#"
        0.01 alice * body wanted at 192.0.2.1:5060
        0.01 alice * body wanted at 192.0.2.1:5060
        0.10 alice * rejected: cancelled
        0.10 alice * ended: NotEstablished
        180.01 alice * rejected: misuse: body not provided
        180.01 alice * ended: NotEstablished
    "#]],
    );
    nothing_left(&mut lab, &[alice, bob]);
}

/// The SRV records of a domain with two servers.
fn servers(lab: &mut Lab) {
    let record =
        |priority, target: &str| SrvRecord { priority, weight: 0, port: 5060, target: target.into() };
    let records = vec![record(20, "b.example.com."), record(10, "a.example.com.")];
    lab.dns.insert("SRV _sip._udp.example.com".into(), Answer::Srv(records));
    lab.dns.insert("A a.example.com".into(), Answer::Addresses(vec!["192.0.2.9".parse().unwrap()]));
    lab.dns.insert("A b.example.com".into(), Answer::Addresses(vec!["192.0.2.2".parse().unwrap()]));
}

#[test]
fn rfc3263_4_3_a_503_sends_the_request_to_the_next_server() {
    let (mut lab, alice, bob) = pair();
    let busy = lab.script("busy", "192.0.2.9:5060");
    servers(&mut lab);
    let invite = Invite { request_uri: uri("sip:bob@example.com"), ..invite_bob() };
    lab.with(alice, |ua, now| ua.invite(invite, now).unwrap());
    lab.settle();
    let first = lab.request(busy, Method::INVITE);
    lab.reply(busy, &first, 503, |response| response.to_tag("b"));
    lab.settle();
    let events = lab.events(bob);
    let Event::Incoming { id, request, .. } = &events[0] else { panic!("{events:?}") };
    let branch = |request: &sip::Request| request.via().unwrap().branch().unwrap().to_owned();
    assert_ne!(branch(request), branch(&first.1), "RFC 3263 §4.3: a new branch");
    lab.with(bob, |ua, now| ua.respond(*id, Reply::new(StatusCode::DECLINE), now).unwrap());
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.00 alice asks NAPTR example.com
        0.01 alice asks SRV _sip._tcp.example.com
        0.02 alice asks SRV _sip._udp.example.com
        0.03 alice asks A a.example.com
        0.05 alice > busy udp INVITE sip:bob@example.com
        0.10 busy > alice udp 503 to INVITE
        0.11 alice > busy udp ACK sip:bob@example.com
        0.11 alice asks A b.example.com
        0.13 alice > bob udp INVITE sip:bob@example.com
        0.14 bob * incoming INVITE
        0.20 bob > alice udp 603 to INVITE
        0.21 alice > bob udp ACK sip:bob@example.com
        0.21 alice * rejected: refused: 603 Decline
        0.21 alice * ended: NotEstablished
    "#]],
    );
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn rfc3263_4_3_a_server_that_does_not_answer_is_left_for_the_next() {
    let (mut lab, alice, bob) = pair();
    servers(&mut lab);
    let invite = Invite { request_uri: uri("sip:bob@example.com"), ..invite_bob() };
    lab.with(alice, |ua, now| ua.invite(invite, now).unwrap());
    lab.run(Duration::from_secs(30));
    lab.trace();
    lab.run(Duration::from_secs(3));
    check(
        &mut lab,
        expect![[r#"
        31.55 alice > nobody udp INVITE sip:bob@example.com
        32.05 alice asks A b.example.com
        32.07 alice > bob udp INVITE sip:bob@example.com
        32.08 bob * incoming INVITE
        32.28 bob > alice udp 100 to INVITE
    "#]],
    );
    let id = incoming(&mut lab, bob);
    lab.with(bob, |ua, now| ua.respond(id, Reply::new(StatusCode::DECLINE), now).unwrap());
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn a_name_without_address_is_unresolved_and_a_closed_port_is_a_lost_flow() {
    let (mut lab, alice, _) = pair();
    for target in ["sip:bob@nowhere.example", "sip:bob@192.0.2.77;transport=tcp"] {
        lab.with(alice, |ua, now| {
            ua.invite(Invite { request_uri: uri(target), ..invite_bob() }, now).unwrap()
        });
        lab.settle();
    }
    check(
        &mut lab,
        expect![[r#"
        0.00 alice asks NAPTR nowhere.example
        0.01 alice asks SRV _sip._tcp.nowhere.example
        0.02 alice asks SRV _sip._udp.nowhere.example
        0.03 alice asks A nowhere.example
        0.04 alice * rejected: no address for nowhere.example
        0.04 alice * ended: NotEstablished
        0.11 alice connection refused
        0.11 alice * rejected: connection refused
        0.11 alice * ended: NotEstablished
    "#]],
    );
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn a_resolver_and_a_driver_that_never_answer_do_not_hold_a_session() {
    let config = Config { listen_port: Some(5060), ..Config::default() };
    let mut ua = simple_im_sip_ua::UserAgent::new(config, [9; 32]);
    #[expect(clippy::disallowed_methods, reason = "any start will do")]
    let mut now = std::time::Instant::now();
    for target in ["sip:bob@nowhere.example", "sip:bob@192.0.2.77"] {
        ua.invite(Invite { request_uri: uri(target), ..invite_bob() }, now).unwrap();
    }
    while let Some(next) = ua.next_timeout() {
        now = next;
        ua.handle_timeout(now);
    }
    assert!(ua.live().is_idle() && ua.live().flows == 0, "{:?}", ua.live());
}

#[test]
fn an_old_connection_that_breaks_is_replaced_once_and_a_new_one_is_not() {
    let (mut lab, alice, bob) = pair();
    let server = lab.script("server", "192.0.2.9:5060");
    let invite = || Invite { request_uri: uri("sip:bob@192.0.2.9;transport=tcp"), ..invite_bob() };
    lab.with(alice, |ua, now| ua.invite(invite(), now).unwrap());
    lab.settle();
    let first = lab.request(server, Method::INVITE);
    lab.reply(server, &first, 486, |response| response.to_tag("b"));
    lab.settle();
    lab.trace();
    // The second INVITE meets the end of the old connection.
    lab.with(alice, |ua, now| ua.invite(invite(), now).unwrap());
    lab.break_flow(server, first.0);
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.20 alice > server tcp INVITE sip:bob@192.0.2.9;transport=tcp
        0.21 server connection reset
        0.21 alice connection reset
        0.22 alice > server tcp INVITE sip:bob@192.0.2.9;transport=tcp
    "#]],
    );
    // The new one breaks as well: enough.
    let second = lab.flows(server, Transport::Tcp);
    lab.break_flow(server, second[0]);
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.31 server connection reset
        0.31 alice connection reset
        0.31 alice * rejected: connection reset
        0.31 alice * ended: NotEstablished
    "#]],
    );
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn rfc3261_17_2_3_a_call_whose_connection_breaks_is_the_same_call_on_the_next_one() {
    for (rings, listens) in [(false, true), (true, true), (false, false), (true, false)] {
        let (mut lab, mut alice, bob) = pair();
        if !listens {
            // Its Via names the port of the connection, which is another one on the next.
            alice = lab.deaf_agent("alice", "192.0.2.3:5060");
        }
        let invite = Invite { request_uri: uri("sip:bob@192.0.2.2;transport=tcp"), ..invite_bob() };
        let caller = lab.with(alice, |ua, now| ua.invite(invite, now).unwrap());
        lab.settle();
        let id = incoming(&mut lab, bob);
        if rings {
            lab.with(bob, |ua, now| ua.respond(id, Reply::new(StatusCode::RINGING), now).unwrap());
            lab.settle();
        }
        let flow = lab.flows(bob, Transport::Tcp)[0];
        lab.break_flow(bob, flow);
        lab.settle();
        let events = lab.events(bob);
        assert!(!events.iter().any(|event| matches!(event, Event::Incoming { .. })), "{events:?}");
        lab.with(bob, |ua, now| ua.respond(id, ok(), now).unwrap().unwrap());
        lab.settle();
        let trace = lab.trace();
        assert!(trace.contains("alice * accepted by"), "{trace}");
        assert!(!trace.contains("482"), "{trace}");
        lab.with(alice, |ua, now| ua.bye(caller, now));
        nothing_left(&mut lab, &[alice, bob]);
    }
}

#[test]
fn rfc3261_18_2_2_a_response_finds_its_way_after_the_connection_is_gone() {
    let (mut lab, alice, bob) = pair();
    let invite = Invite { request_uri: uri("sip:bob@192.0.2.2;transport=tcp"), ..invite_bob() };
    lab.with(alice, |ua, now| ua.invite(invite, now).unwrap());
    lab.settle();
    let id = incoming(&mut lab, bob);
    let flow = lab.flows(bob, Transport::Tcp)[0];
    // Only Bob's end notices: Alice is still waiting.
    lab.with(bob, |ua, now| {
        ua.handle_flow(flow, simple_im_sip_ua::FlowState::Closed(simple_im_sip_ua::FlowError::Reset), now);
    });
    lab.trace();
    lab.with(bob, |ua, now| ua.respond(id, Reply::new(StatusCode::DECLINE), now).unwrap());
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.11 bob > alice tcp 603 to INVITE
        0.12 alice > bob tcp ACK sip:bob@192.0.2.2;transport=tcp
        0.12 alice * rejected: refused: 603 Decline
        0.12 alice * ended: NotEstablished
    "#]],
    );
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn idle_flows_are_closed_and_those_of_a_session_are_kept() {
    let (mut lab, alice, bob) = pair();
    let (session, _) = established(&mut lab, alice, bob);
    lab.run(Duration::from_secs(1000));
    assert_eq!((lab.live(alice).flows, lab.live(bob).flows), (1, 1));
    lab.with(alice, |ua, now| ua.bye(session, now));
    lab.run(Duration::from_secs(400));
    assert_eq!((lab.live(alice).flows, lab.live(bob).flows), (0, 0));
}

#[test]
fn rfc3261_12_2_1_1_requests_in_a_dialog_take_its_routes_loose_or_strict() {
    for (record_route, request_uri, routes) in [
        (
            "<sip:p2.example.com;lr>, <sip:192.0.2.9;lr>",
            "sip:bob@192.0.2.33",
            "<sip:192.0.2.9;lr>,<sip:p2.example.com;lr>",
        ),
        (
            "<sip:p2.example.com;lr>, <sip:192.0.2.9>",
            "sip:192.0.2.9",
            "<sip:p2.example.com;lr>,<sip:bob@192.0.2.33>",
        ),
    ] {
        let (mut lab, alice, _) = pair();
        let proxy = lab.script("proxy", "192.0.2.9:5060");
        let invite = Invite { route: vec![uri("sip:192.0.2.9")], ..invite_bob() };
        let session = lab.with(alice, |ua, now| ua.invite(invite, now).unwrap());
        lab.settle();
        let invite = lab.request(proxy, Method::INVITE);
        assert_eq!(invite.1.headers().get(HeaderName::ROUTE), Some("<sip:192.0.2.9;lr>"));
        lab.reply(proxy, &invite, 200, |response| {
            response
                .to_tag("b")
                .header(HeaderName::RECORD_ROUTE, record_route)
                .header(HeaderName::CONTACT, "<sip:bob@192.0.2.33>")
        });
        lab.settle();
        lab.with(alice, |ua, now| ua.bye(session, now));
        lab.settle();
        for method in [Method::ACK, Method::BYE] {
            let (_, request) = lab.request(proxy, method);
            let got: Vec<_> = request.headers().values(HeaderName::ROUTE).collect();
            assert_eq!((request.request_uri(), got.join(",").as_str()), (request_uri, routes));
        }
        nothing_left(&mut lab, &[alice]);
    }
}

#[test]
fn a_contact_with_a_transport_we_do_not_speak_is_reached_on_the_flow_of_the_dialog() {
    let (mut lab, alice, _) = pair();
    let peer = lab.script("peer", "192.0.2.9:5060");
    let invite = Invite { request_uri: uri("sip:bob@192.0.2.9"), ..invite_bob() };
    let session = lab.with(alice, |ua, now| ua.invite(invite, now).unwrap());
    lab.settle();
    let invite = lab.request(peer, Method::INVITE);
    lab.reply(peer, &invite, 200, |response| {
        response.to_tag("b").header(HeaderName::CONTACT, "<sip:bob@x.invalid;transport=ws>")
    });
    lab.settle();
    lab.with(alice, |ua, now| ua.bye(session, now));
    lab.settle();
    for method in [Method::ACK, Method::BYE] {
        assert_eq!(lab.request(peer, method).1.request_uri(), "sip:bob@x.invalid;transport=ws");
    }
    nothing_left(&mut lab, &[alice]);
}

/// RFC 2782: "Larger weights SHOULD be given a proportionately higher probability of being selected".
#[test]
fn rfc2782_the_heaviest_of_many_servers_is_not_the_one_left_out() {
    let (mut lab, alice, peer) = alice_and("peer", Config::default());
    let record = |n: u16| SrvRecord {
        priority: 0,
        weight: if n == 16 { 65_535 } else { 1 },
        port: 5060,
        target: format!("s{n}.example.com").into(),
    };
    lab.dns.insert("SRV _sip._udp.example.com".into(), Answer::Srv((0..17).map(record).collect()));
    lab.dns.insert("A s16.example.com".into(), Answer::Addresses(vec!["192.0.2.9".parse().unwrap()]));
    let call = Invite { request_uri: uri("sip:bob@example.com;transport=udp"), ..invite_bob() };
    lab.with(alice, |ua, now| ua.invite(call, now).unwrap());
    lab.run(Duration::from_secs(2));
    let trace = lab.trace();
    assert!(trace.contains("A s16.example.com"), "{trace}");
    lab.request(peer, Method::INVITE);
}

/// Names that lead nowhere are not asked for without end: each question may take ten seconds.
#[test]
fn questions_of_one_request_are_bounded() {
    let (mut lab, alice, _) = alice_and("peer", Config::default());
    let naptr = |n: u16| NaptrRecord {
        order: n,
        preference: 0,
        flags: "s".into(),
        service: "SIP+D2U".into(),
        replacement: format!("_sip._udp.{n}.example.com").into(),
    };
    lab.dns.insert("NAPTR example.com".into(), Answer::Naptr((0..16).map(naptr).collect()));
    for n in 0..16 {
        let record = |m: u16| SrvRecord {
            priority: m,
            weight: 0,
            port: 5060,
            target: format!("s{m}.{n}.example.com").into(),
        };
        let records = Answer::Srv((0..16).map(record).collect());
        lab.dns.insert(format!("SRV _sip._udp.{n}.example.com"), records);
    }
    let call = Invite { request_uri: uri("sip:bob@example.com"), ..invite_bob() };
    lab.with(alice, |ua, now| ua.invite(call, now).unwrap());
    lab.run(Duration::from_secs(10));
    let trace = lab.trace();
    assert_eq!(trace.matches("alice asks").count(), Config::default().limits.questions);
    assert!(trace.contains("rejected: "), "{trace}");
    nothing_left(&mut lab, &[alice]);
}
