//! The stateless proxy, RFC 3261 §16.11: there and back again, and nowhere else.

use simple_im_server::{Event, FlowId, Protocol, Relay, Transport};
use sip::{HeaderName, Request, StatusCode};

use crate::wire::{SERVER, SERVER_TLS, Wire, answer, config, register};

const ALICE: &str = "192.0.2.1:5060";
const BOB: &str = "192.0.2.2:5060";

fn invite(to: &str) -> String {
    format!(
        "INVITE {to} SIP/2.0
Via: SIP/2.0/UDP {ALICE};branch=z9hG4bKinv{{cseq}};rport
Max-Forwards: 70
From: <sip:alice@home1.example>;tag=a1
To: <{to}>
Call-ID: call-1
CSeq: {{cseq}} INVITE
{{auth}}
Contact: <sip:alice@{ALICE}>"
    )
}

/// The response of a peer to what it got.
fn respond(wire: &mut Wire, flow: FlowId, request: &Request, status: u16, contact: &str) {
    let status = StatusCode::new(status).unwrap();
    let mut builder = sip::Response::builder_for(request, status).to_tag("b1");
    if !contact.is_empty() {
        builder = builder.header(HeaderName::CONTACT, contact);
    }
    let response = builder.build().unwrap();
    let text = String::from_utf8(response.as_bytes().to_vec()).unwrap();
    wire.write(flow, Protocol::Sip, &text);
}

#[test]
fn rfc3261_16_a_session_from_invite_to_bye_both_ways() {
    let mut wire = Wire::new(&config());
    let alice = register(&mut wire, "alice", Transport::Udp, ALICE);
    let bob = register(&mut wire, "bob", Transport::Udp, BOB);
    wire.authorized(alice, "alice", "ecila", &invite("sip:bob@home1.example"), "");
    let forwarded = wire.request(bob);
    assert_eq!(forwarded.request_uri(), format!("sip:bob@{BOB};transport=udp"));
    assert_eq!(forwarded.max_forwards(), Ok(Some(69)));
    assert!(
        !forwarded.headers().contains(HeaderName::PROXY_AUTHORIZATION),
        "the password's answer stays here"
    );
    assert_eq!(forwarded.headers().get(HeaderName::P_ASSERTED_IDENTITY), Some("<sip:alice@home1.example>"));
    let vias: Vec<_> = forwarded.vias().map(|via| via.unwrap().sent_by_text.to_owned()).collect();
    assert_eq!(vias, [SERVER, ALICE]);
    let route = forwarded.record_routes().next().unwrap().unwrap().uri_text().to_owned();
    assert!(route.starts_with(&format!("sip:{SERVER};lr;d=")), "{route}");

    for status in [180, 200] {
        respond(&mut wire, bob, &forwarded, status, &format!("<sip:bob@{BOB}>"));
        let response = wire.response(alice);
        assert_eq!(response.status(), status);
        let via = response.via().unwrap();
        assert_eq!((via.sent_by_text, via.rport(), response.vias().count()), (ALICE, Some(Some(5060)), 1));
    }

    // In the dialog nobody is challenged: ACK and BYE of the caller, BYE of the called.
    for (from, to, flow, other, method, branch) in [
        (ALICE, BOB, alice, bob, "ACK", "ack"),
        (ALICE, BOB, alice, bob, "BYE", "bye1"),
        (BOB, ALICE, bob, alice, "BYE", "bye2"),
    ] {
        let head = format!(
            "{method} sip:x@{to} SIP/2.0
Via: SIP/2.0/UDP {from};branch=z9hG4bK{branch};rport
Max-Forwards: 70
Route: <{route}>
From: <sip:alice@home1.example>;tag=a1
To: <sip:bob@home1.example>;tag=b1
Call-ID: call-1
CSeq: 3 {method}"
        );
        wire.sip(flow, &head, "");
        let request = wire.request(other);
        assert_eq!(
            (request.method().as_str(), request.request_uri()),
            (method, format!("sip:x@{to}").as_str())
        );
        assert!(
            !request.headers().contains(HeaderName::ROUTE)
                && !request.headers().contains(HeaderName::RECORD_ROUTE)
        );
        if method == "BYE" {
            respond(&mut wire, other, &request, 200, "");
            assert_eq!(wire.response(flow).status(), 200);
        }
    }
    assert_eq!(wire.events.iter().filter(|event| matches!(event, Event::Forwarded { .. })).count(), 1);
}

#[test]
fn rfc3261_16_11_a_repeated_request_its_cancel_and_the_ack_to_its_refusal_share_a_branch() {
    let mut wire = Wire::new(&config());
    let alice = register(&mut wire, "alice", Transport::Udp, ALICE);
    let bob = register(&mut wire, "bob", Transport::Udp, BOB);
    wire.authorized(alice, "alice", "ecila", &invite("sip:bob@home1.example"), "");
    let first = wire.request(bob);
    let branch = |request: &Request| request.via().unwrap().branch().unwrap().to_owned();
    for method in ["CANCEL", "ACK"] {
        let tag = if method == "ACK" { ";tag=b1" } else { "" };
        let head = format!(
            "{method} sip:bob@home1.example SIP/2.0
Via: SIP/2.0/UDP {ALICE};branch=z9hG4bKinv2;rport
Max-Forwards: 70
From: <sip:alice@home1.example>;tag=a1
To: <sip:bob@home1.example>{tag}
Call-ID: call-1
CSeq: 2 {method}"
        );
        wire.sip(alice, &head, "");
        let request = wire.request(bob);
        assert_eq!(request.method().as_str(), method);
        assert_eq!(branch(&request), branch(&first), "{method}");
        assert_eq!(request.request_uri(), first.request_uri());
    }
}

#[test]
fn rfc3261_17_1_1_3_the_ack_to_our_own_refusal_goes_nowhere() {
    let mut wire = Wire::new(&config());
    let alice = wire.accept(Protocol::Sip, Transport::Udp, ALICE);
    let bob = register(&mut wire, "bob", Transport::Udp, BOB);
    wire.sip(alice, &invite("sip:bob@home1.example").replace("{cseq}", "1").replace("{auth}\n", ""), "");
    let challenge = wire.response(alice);
    assert_eq!(challenge.status(), 407);
    let tag = challenge.to().unwrap().tag().unwrap().to_owned();
    let head = format!(
        "ACK sip:bob@home1.example SIP/2.0
Via: SIP/2.0/UDP {ALICE};branch=z9hG4bKinv1;rport
From: <sip:alice@home1.example>;tag=a1
To: <sip:bob@home1.example>;tag={tag}
Call-ID: call-1
CSeq: 1 ACK"
    );
    wire.sip(alice, &head, "");
    assert_eq!(wire.take(bob) + &wire.take(alice), "");
}

#[test]
fn unknown_users_are_404_and_absent_ones_480_but_only_to_users() {
    let mut wire = Wire::new(&config());
    let alice = wire.accept(Protocol::Sip, Transport::Udp, ALICE);
    for (to, status) in [("sip:nobody@home1.example", 404), ("sip:bob@home1.example", 480)] {
        wire.authorized(alice, "alice", "ecila", &invite(to), "");
        assert_eq!(wire.response(alice).status(), status, "{to}");
    }
}

#[test]
fn a_user_cannot_write_as_another() {
    let mut wire = Wire::new(&config());
    let alice = wire.accept(Protocol::Sip, Transport::Udp, ALICE);
    register(&mut wire, "carol", Transport::Udp, BOB);
    let head = invite("sip:carol@home1.example").replace("From: <sip:alice@", "From: <sip:bob@");
    wire.authorized(alice, "alice", "ecila", &head, "");
    assert_eq!(wire.response(alice).status(), 403);
}

#[test]
fn no_open_relay() {
    for relay in [Relay::Closed, Relay::ForUsers] {
        let mut config = config();
        config.relay = relay;
        let mut wire = Wire::new(&config);
        let alice = wire.accept(Protocol::Sip, Transport::Udp, ALICE);
        let elsewhere = "sip:x@198.51.100.9";
        wire.authorized(alice, "alice", "ecila", &invite(elsewhere), "");
        match relay {
            Relay::Closed => assert_eq!(wire.response(alice).status(), 403),
            Relay::ForUsers => {
                let flow = wire.connect();
                assert_eq!(wire.request(flow).request_uri(), elsewhere);
            }
        }
        // What needs no password goes to bindings only, and a Route of somebody else's making opens no door.
        for (method, route) in
            [("ACK", ""), ("CANCEL", ""), ("BYE", "Route: <sip:192.0.2.10:5060;lr;d=0123456789>\n")]
        {
            let head = format!(
                "{method} {elsewhere} SIP/2.0
Via: SIP/2.0/UDP {ALICE};branch=z9hG4bKx{method};rport
{route}From: <sip:alice@home1.example>;tag=a1
To: <{elsewhere}>;tag=b1
Call-ID: call-9
CSeq: 9 {method}"
            );
            wire.sip(alice, &head, "");
            assert!(wire.opened.is_empty(), "{method}");
            let answer = wire.take(alice);
            assert!(!answer.starts_with("SIP/2.0 2"), "{answer}");
        }
    }
}

#[test]
fn rfc3261_18_1_1_long_requests_go_over_tcp_and_as_a_datagram_if_that_fails() {
    for refused in [false, true] {
        let mut wire = Wire::new(&config());
        let alice = register(&mut wire, "alice", Transport::Tcp, ALICE);
        let bob = register(&mut wire, "bob", Transport::Udp, BOB);
        let head = invite("sip:bob@home1.example").replace("SIP/2.0/UDP", "SIP/2.0/TCP");
        wire.authorized(alice, "alice", "ecila", &head, &"x".repeat(1300));
        let (opened, target) = wire.opened[0].clone();
        assert_eq!((target.transport, target.address), (Transport::Tcp, BOB.parse().unwrap()));
        let flow = if refused {
            wire.lose(opened, Protocol::Sip);
            bob
        } else {
            wire.connect()
        };
        let request = wire.request(flow);
        assert_eq!(request.via().unwrap().transport, if refused { "UDP" } else { "TCP" });
        assert_eq!(request.body().len(), 1300);
        respond(&mut wire, flow, &request, 486, "");
        assert_eq!(wire.response(alice).status(), 486);
    }
}

#[test]
fn rfc3261_18_2_2_a_response_finds_its_way_when_the_connection_is_gone() {
    let mut wire = Wire::new(&config());
    let alice = register(&mut wire, "alice", Transport::Tcp, ALICE);
    let bob = register(&mut wire, "bob", Transport::Tcp, BOB);
    let head = invite("sip:bob@home1.example").replace("SIP/2.0/UDP", "SIP/2.0/TCP");
    wire.authorized(alice, "alice", "ecila", &head, "");
    let request = wire.request(bob);
    wire.lose(alice, Protocol::Sip);
    respond(&mut wire, bob, &request, 200, &format!("<sip:bob@{BOB}>"));
    assert_eq!(wire.opened[0].1.address, ALICE.parse().unwrap());
    let flow = wire.connect();
    assert_eq!(wire.response(flow).status(), 200);
}

#[test]
fn a_response_to_nothing_we_sent_goes_nowhere() {
    let mut wire = Wire::new(&config());
    let alice = register(&mut wire, "alice", Transport::Udp, ALICE);
    let bob = register(&mut wire, "bob", Transport::Udp, BOB);
    for branch in ["z9hG4bK-in1-00000000000000000000", "z9hG4bK-focus.udp-0", "z9hG4bKx", ""] {
        let text = format!(
            "SIP/2.0 200 OK
Via: SIP/2.0/UDP {SERVER};branch={branch}
Via: SIP/2.0/UDP {ALICE};branch=z9hG4bKinv2
From: <sip:alice@home1.example>;tag=a1
To: <sip:bob@home1.example>;tag=b1
Call-ID: call-1
CSeq: 2 INVITE"
        );
        wire.sip(bob, &text, "");
        assert_eq!(wire.take(alice) + &wire.take(bob), "", "{branch}");
    }
}

#[test]
fn rfc3261_16_3_what_a_proxy_refuses() {
    let mut wire = Wire::new(&config());
    let alice = wire.accept(Protocol::Sip, Transport::Udp, ALICE);
    register(&mut wire, "bob", Transport::Udp, BOB);
    let plain = invite("sip:bob@home1.example").replace("{cseq}", "1").replace("{auth}\n", "");
    for (from, to, status) in [
        ("Max-Forwards: 70", "Max-Forwards: 0", 483),
        ("Max-Forwards: 70", "Max-Forwards: x", 400),
        ("Max-Forwards: 70", "Proxy-Require: magic", 420),
        ("INVITE sip:bob@home1.example SIP", "INVITE tel:+12025550100 SIP", 416),
        ("CSeq: 1 INVITE", "CSeq: 1 MESSAGE", 400),
        ("From: <sip:alice@home1.example>;tag=a1\n", "", 400),
    ] {
        assert!(plain.contains(from));
        wire.sip(alice, &plain.replace(from, to), "");
        let answer = wire.take(alice);
        assert!(answer.starts_with(&format!("SIP/2.0 {status} ")), "{to}: {answer}");
    }
}

#[test]
fn rfc3261_11_2_options_to_the_server_are_answered() {
    let mut wire = Wire::new(&config());
    let flow = wire.accept(Protocol::Sip, Transport::Udp, ALICE);
    let head = invite("sip:home1.example")
        .replace("INVITE", "OPTIONS")
        .replace("{cseq}", "1")
        .replace("{auth}\n", "");
    wire.sip(flow, &head, "");
    assert_eq!(wire.response(flow).status(), 200);
}

#[test]
fn an_old_nonce_is_stale_and_a_new_one_is_good() {
    let mut wire = Wire::new(&config());
    let alice = wire.accept(Protocol::Sip, Transport::Udp, ALICE);
    let plain = invite("sip:bob@home1.example").replace("{cseq}", "1");
    wire.sip(alice, &plain.replace("{auth}\n", ""), "");
    let response = wire.response(alice);
    let challenge = digest::strongest(response.headers().get_all(HeaderName::PROXY_AUTHENTICATE)).unwrap();
    wire.advance(std::time::Duration::from_secs(301));
    let value = answer(&challenge, "alice", "ecila", "INVITE", "sip:bob@home1.example");
    wire.sip(alice, &plain.replace("{auth}\n", &format!("Proxy-Authorization: {value}\n")), "");
    let response = wire.response(alice);
    assert_eq!(response.status(), 407);
    let challenge = digest::strongest(response.headers().get_all(HeaderName::PROXY_AUTHENTICATE)).unwrap();
    assert!(challenge.stale());
}

/// The URIs of Record-Route, without the marks of their dialog.
fn record_routes(request: &Request) -> Vec<String> {
    let texts = request.record_routes().map(|route| route.unwrap().uri_text().to_owned());
    texts.map(|text| text.split(";d=").next().unwrap().to_owned()).collect()
}

#[test]
fn rfc5658_3_a_dialog_between_tls_and_datagrams_has_a_route_for_each() {
    let tls = format!("sip:{SERVER_TLS};transport=tls;lr");
    let plain = format!("sip:{SERVER};lr");
    for (from, to, expected) in [
        (Transport::Tls, Transport::Udp, vec![plain.clone(), tls.clone()]),
        (Transport::Udp, Transport::Tls, vec![tls.clone(), plain.clone()]),
        (Transport::Tls, Transport::Tls, vec![tls.clone()]),
        (Transport::Udp, Transport::Udp, vec![plain.clone()]),
    ] {
        let mut wire = Wire::new(&config());
        let alice = register(&mut wire, "alice", from, ALICE);
        let bob = register(&mut wire, "bob", to, BOB);
        wire.authorized(alice, "alice", "ecila", &invite("sip:bob@home1.example"), "");
        let forwarded = wire.request(bob);
        assert_eq!(record_routes(&forwarded), expected, "{from:?} {to:?}");
        let via = forwarded.via().unwrap();
        let own = if to == Transport::Tls { SERVER_TLS } else { SERVER };
        assert_eq!((via.transport, via.sent_by_text), (to.as_via(), own));
        let contact = format!("sip:bob@{BOB};transport={}", to.as_param());
        respond(&mut wire, bob, &forwarded, 200, &format!("<{contact}>"));
        assert_eq!(wire.response(alice).status(), 200);
        // In the dialog both are taken off again.
        let routes = forwarded.record_routes().map(|route| format!("<{}>", route.unwrap().uri_text()));
        let routes: Vec<_> = routes.collect::<Vec<_>>().into_iter().rev().collect();
        let bye = format!(
            "BYE {contact} SIP/2.0
Via: SIP/2.0/UDP {ALICE};branch=z9hG4bKbye;rport
Route: {}
Max-Forwards: 70
From: <sip:alice@home1.example>;tag=a1
To: <sip:bob@home1.example>;tag=b1
Call-ID: call-1
CSeq: 9 BYE",
            routes.join(", ")
        );
        wire.sip(alice, &bye, "");
        let bye = wire.request(bob);
        assert_eq!((bye.method().as_str(), bye.routes().count()), ("BYE", 0));
    }
}

#[test]
fn rfc3261_26_2_2_what_goes_to_a_sips_uri_leaves_inside_tls_or_not_at_all() {
    for (to, expected) in [(Transport::Udp, None), (Transport::Tcp, None), (Transport::Tls, Some(()))] {
        let mut wire = Wire::new(&config());
        let alice = register(&mut wire, "alice", Transport::Tls, ALICE);
        let bob = register(&mut wire, "bob", to, BOB);
        wire.authorized(alice, "alice", "ecila", &invite("sips:bob@home1.example"), "");
        if expected.is_some() {
            assert_eq!(wire.request(bob).method().as_str(), "INVITE");
        } else {
            assert_eq!(wire.response(alice).status(), 480, "{to:?}");
            assert!(wire.take(bob).is_empty() && wire.opened.is_empty(), "{to:?}");
        }
    }
}

#[test]
fn rfc3608_a_registration_inside_tls_keeps_its_requests_there() {
    let mut wire = Wire::new(&config());
    let flow = wire.accept(Protocol::Sip, Transport::Tls, ALICE);
    let response = crate::wire::register_on(&mut wire, flow, "alice", Transport::Tls, ALICE);
    let route = response.headers().get(HeaderName::SERVICE_ROUTE);
    assert_eq!(route, Some(format!("<sip:{SERVER_TLS};transport=tls;lr>").as_str()));
}

/// The mark of a dialog that Alice wanted to make with Bob, who refused.
fn mark_of_a_refused_call(wire: &mut Wire, transport: Transport) -> (FlowId, FlowId, String) {
    let alice = register(wire, "alice", transport, ALICE);
    let bob = register(wire, "bob", transport, BOB);
    let head =
        invite("sip:bob@home1.example").replace("SIP/2.0/UDP", &format!("SIP/2.0/{}", transport.as_via()));
    wire.authorized(alice, "alice", "ecila", &head, "");
    let forwarded = wire.request(bob);
    let route = forwarded.record_routes().next().unwrap().unwrap().uri_text().to_owned();
    respond(wire, bob, &forwarded, 486, "");
    wire.take(alice);
    (alice, bob, route)
}

#[test]
fn rfc3261_22_the_mark_of_a_dialog_is_no_password() {
    for (method, from_tag, to_tag, status) in [
        // Outside of every dialog: challenged.
        ("MESSAGE", "c1", "", 407),
        ("MESSAGE", "a1", "", 407),
        ("INVITE", "a1", "", 407),
        // With tags of another dialog.
        ("MESSAGE", "c1", ";tag=x", 407),
        ("BYE", "c1", ";tag=x", 407),
        // In the one it was made for, if that ever was: no challenge, but nobody vouches for From.
        ("MESSAGE", "c1", ";tag=a1", 0),
        ("BYE", "a1", ";tag=b1", 0),
    ] {
        let mut wire = Wire::new(&config());
        let (alice, _, route) = mark_of_a_refused_call(&mut wire, Transport::Udp);
        let mallory = wire.accept(Protocol::Sip, Transport::Udp, "203.0.113.66:5060");
        let head = format!(
            "{method} sip:alice@home1.example SIP/2.0
Via: SIP/2.0/UDP 203.0.113.66:5060;branch=z9hG4bKspoof;rport
Max-Forwards: 70
Route: <{route}>
From: <sip:carol@home1.example>;tag={from_tag}
To: <sip:alice@home1.example>{to_tag}
P-Asserted-Identity: <sip:carol@home1.example>
P-Preferred-Identity: <sip:carol@home1.example>
Call-ID: call-1
CSeq: 1 {method}
Content-Type: text/plain"
        );
        wire.sip(mallory, &head, "send money");
        let (got, answer) = (wire.take(alice), wire.take(mallory));
        if status == 0 {
            assert!(got.starts_with(method) && answer.is_empty(), "{head}: {answer}");
            assert!(!got.contains("P-Asserted-Identity") && !got.contains("P-Preferred"), "{got}");
        } else {
            assert!(got.is_empty() && answer.starts_with(&format!("SIP/2.0 {status} ")), "{head}: {answer}");
        }
    }
}

#[test]
fn rfc3261_22_the_mark_of_a_dialog_does_not_open_the_focus() {
    for (to_tag, with_list, without) in [("", 407, 407), (";tag=a1", 420, 481), (";tag=c1", 420, 407)] {
        let mut wire = Wire::new(&config());
        let (alice, _, route) = mark_of_a_refused_call(&mut wire, Transport::Tcp);
        let mallory = wire.accept(Protocol::Sip, Transport::Tcp, "203.0.113.66:5060");
        let list = crate::wire::list(&["sip:alice@home1.example"]);
        let (content_type, body) = crate::wire::multipart(&[
            ("Content-Type: application/sdp", crate::wire::OFFER),
            ("Content-Type: application/resource-lists+xml\nContent-Disposition: recipient-list", &list),
        ]);
        let head = format!(
            "INVITE sip:im-factory@home1.example SIP/2.0
Via: SIP/2.0/TCP 203.0.113.66:5060;branch=z9hG4bKspoof;rport
Max-Forwards: 70
Route: <{route}>
From: <sip:carol@home1.example>;tag=c2
To: <sip:im-factory@home1.example>{to_tag}
Call-ID: call-1
CSeq: 1 INVITE
Contact: <sip:carol@203.0.113.66:5060;transport=tcp>
Require: recipient-list-invite
Content-Type: {content_type}"
        );
        wire.sip(mallory, &head, &body);
        assert_eq!(wire.response(mallory).status(), with_list, "{to_tag}");
        wire.sip(mallory, &head.replace("Require: recipient-list-invite\n", ""), &body);
        assert_eq!(wire.response(mallory).status(), without, "{to_tag}");
        assert!(wire.take(alice).is_empty() && wire.live().conferences == 0);
    }
}

#[test]
fn rfc3325_5_nobody_vouches_for_who_answers() {
    let mut wire = Wire::new(&config());
    let alice = register(&mut wire, "alice", Transport::Udp, ALICE);
    let bob = register(&mut wire, "bob", Transport::Udp, BOB);
    wire.authorized(alice, "alice", "ecila", &invite("sip:bob@home1.example"), "");
    let request = wire.request(bob);
    let response = sip::Response::builder_for(&request, StatusCode::OK)
        .to_tag("b1")
        .header(HeaderName::P_ASSERTED_IDENTITY, "<sip:carol@home1.example>")
        .build()
        .unwrap();
    wire.write(bob, Protocol::Sip, std::str::from_utf8(response.as_bytes()).unwrap());
    let response = wire.response(alice);
    assert_eq!(response.status(), 200);
    assert!(!response.headers().contains(HeaderName::P_ASSERTED_IDENTITY));
}

#[test]
fn rfc3261_16_5_what_is_sent_to_a_contact_goes_to_whose_it_is() {
    let mut wire = Wire::new(&config());
    let alice = register(&mut wire, "alice", Transport::Tcp, ALICE);
    let carol = register(&mut wire, "carol", Transport::Tcp, "192.0.2.3:5060");
    let head = invite("sip:carol@home1.example").replace("SIP/2.0/UDP", "SIP/2.0/TCP");
    wire.authorized(alice, "alice", "ecila", &head, "");
    let forwarded = wire.request(carol);
    let route = forwarded.record_routes().next().unwrap().unwrap().uri_text().to_owned();
    let contact = "sip:carol@192.0.2.3:5060;transport=tcp";
    respond(&mut wire, carol, &forwarded, 200, &format!("<{contact}>"));
    assert_eq!(wire.response(alice).status(), 200);
    // Bob, on a connection of his own, says that he is there too.
    let bob = wire.accept(Protocol::Sip, Transport::Tcp, BOB);
    let head = format!(
        "REGISTER sip:home1.example SIP/2.0
Via: SIP/2.0/TCP {BOB};branch=z9hG4bKreg{{cseq}};rport
Max-Forwards: 70
From: <sip:bob@home1.example>;tag=f-bob
To: <sip:bob@home1.example>
Call-ID: reg-bob
CSeq: {{cseq}} REGISTER
{{auth}}
Contact: <{contact}>
Expires: 600"
    );
    wire.authorized(bob, "bob", "bob", &head, "");
    assert_eq!(wire.response(bob).status(), 403);
    let bye = format!(
        "BYE {contact} SIP/2.0
Via: SIP/2.0/TCP {ALICE};branch=z9hG4bKbye;rport
Max-Forwards: 70
Route: <{route}>
From: <sip:alice@home1.example>;tag=a1
To: <sip:carol@home1.example>;tag=b1
Call-ID: call-1
CSeq: 3 BYE"
    );
    wire.sip(alice, &bye, "");
    assert_eq!(wire.request(carol).method().as_str(), "BYE");
    assert!(wire.take(bob).is_empty());
}

/// As many datagrams as there is room for flows, from as many ports of one host.
#[test]
fn datagrams_of_nobody_do_not_shut_out_everybody() {
    let options = format!(
        "OPTIONS sip:home1.example SIP/2.0
Via: SIP/2.0/UDP {BOB};branch=z9hG4bKo;rport
From: <sip:x@home1.example>;tag=1
To: <sip:home1.example>
Call-ID: o
CSeq: 1 OPTIONS"
    );
    for (text, left) in [("x", 1), (options.as_str(), 1024)] {
        let mut wire = Wire::new(&config());
        let carol = register(&mut wire, "carol", Transport::Udp, "192.0.2.3:5060");
        for port in 0..1100 {
            let peer = format!("203.0.113.66:{}", 10_000 + port);
            let flow = wire.accept(Protocol::Sip, Transport::Udp, &peer);
            wire.sip(flow, text, "");
            wire.take(flow);
            wire.advance(std::time::Duration::from_millis(1));
        }
        assert_eq!(wire.live().sip_flows, left);
        let alice = wire.accept(Protocol::Sip, Transport::Tcp, ALICE);
        assert!(!wire.closed.contains(&alice) && !wire.closed.contains(&carol));
        let head = invite("sip:carol@home1.example").replace("SIP/2.0/UDP", "SIP/2.0/TCP");
        wire.authorized(alice, "alice", "ecila", &head, "");
        assert_eq!(wire.request(carol).method().as_str(), "INVITE");
    }
}

#[test]
fn what_cannot_be_read_does_not_end_a_flow_that_was_proven() {
    let mut wire = Wire::new(&config());
    let bob = register(&mut wire, "bob", Transport::Udp, BOB);
    // As some keep their bindings in NATs alive.
    wire.write(bob, Protocol::Sip, "\r\n\r\n");
    assert!(wire.closed.is_empty());
    assert_eq!((wire.live().sip_flows, wire.take(bob)), (1, String::new()));
}
