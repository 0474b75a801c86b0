//! REGISTER, RFC 3261 §10.3 and §22.

use std::time::Duration;

use simple_im_server::{Event, Protocol, Transport};
use sip::HeaderName;

use crate::wire::{Wire, answer, config, register};

const ALICE: &str = "192.0.2.1:5060";

fn head(cseq: u32, lines: &str) -> String {
    format!(
        "REGISTER sip:home1.example SIP/2.0
Via: SIP/2.0/UDP {ALICE};branch=z9hG4bK{cseq};rport
Max-Forwards: 70
From: <sip:alice@home1.example>;tag=1
To: <sip:alice@home1.example>
Call-ID: r1
CSeq: {cseq} REGISTER
{lines}"
    )
}

/// Sends an authenticated REGISTER with these lines; status and Contact values of the answer.
fn ask(wire: &mut Wire, flow: simple_im_server::FlowId, cseq: u32, lines: &str) -> (u16, Vec<String>) {
    wire.sip(flow, &head(cseq, lines), "");
    let challenged = wire.response(flow);
    let challenge = digest::strongest(challenged.headers().get_all(HeaderName::WWW_AUTHENTICATE)).unwrap();
    let value = answer(&challenge, "alice", "ecila", "REGISTER", "sip:home1.example");
    wire.sip(flow, &head(cseq + 1, &format!("Authorization: {value}\n{lines}")), "");
    let response = wire.response(flow);
    let contacts = response.headers().values(HeaderName::CONTACT).map(String::from).collect();
    (response.status().as_u16(), contacts)
}

#[test]
fn rfc3261_10_3_bind_fetch_refresh_and_remove() {
    let mut wire = Wire::new(&config());
    let flow = wire.accept(Protocol::Sip, Transport::Udp, ALICE);
    let contact = format!("Contact: <sip:alice@{ALICE}>;+sip.instance=\"<urn:uuid:1>\"");
    let bound = format!("<sip:alice@{ALICE}>;+sip.instance=\"<urn:uuid:1>\";expires=");
    assert_eq!(ask(&mut wire, flow, 1, &contact), (200, vec![format!("{bound}3600")]));
    wire.advance(Duration::from_secs(100));
    assert_eq!(ask(&mut wire, flow, 3, ""), (200, vec![format!("{bound}3500")]));
    let second = "Contact: <sip:alice@192.0.2.1:5070>;expires=60";
    let both = vec![format!("{bound}3500"), "<sip:alice@192.0.2.1:5070>;expires=60".to_owned()];
    assert_eq!(ask(&mut wire, flow, 5, second), (200, both));
    wire.advance(Duration::from_secs(61));
    assert_eq!(wire.live().bindings, 1);
    assert_eq!(ask(&mut wire, flow, 7, "Contact: *\nExpires: 0"), (200, vec![]));
    assert_eq!(wire.live().bindings, 0);
    let log: Vec<_> = wire.events.iter().map(|event| matches!(event, Event::Registered { .. })).collect();
    assert_eq!(log, [true, true, false, false]);
}

#[test]
fn rfc3261_10_3_what_cannot_be_done_changes_nothing() {
    let mut wire = Wire::new(&config());
    let flow = wire.accept(Protocol::Sip, Transport::Udp, ALICE);
    let good = format!("Contact: <sip:alice@{ALICE}>");
    assert_eq!(ask(&mut wire, flow, 11, &good).0, 200);
    for (lines, status) in [
        ("Contact: *", 400),
        ("Contact: *, <sip:alice@192.0.2.1>\nExpires: 0", 400),
        ("Contact: <tel:+1>", 400),
        ("Contact: <sip:alice@192.0.2.10:5060>", 403),
        ("Contact: <sip:alice@home1.example>", 403),
        ("Contact: <sip:alice@192.0.2.1:5071>\nExpires: 59", 423),
        ("Contact: <sip:alice@192.0.2.1:5071>, <sip:alice@192.0.2.1:5072>;expires=1", 423),
    ] {
        assert_eq!(ask(&mut wire, flow, 21, lines).0, status, "{lines}");
        assert_eq!(wire.live().bindings, 1, "{lines}");
    }
    // Older than what is known, of the same client.
    assert_eq!(ask(&mut wire, flow, 1, &format!("{good};expires=0")).0, 500);
    // A repeat, as datagrams have them.
    assert_eq!(ask(&mut wire, flow, 11, &good).0, 200);
    assert_eq!(wire.live().bindings, 1);
}

#[test]
fn rfc3261_22_wrong_password_and_unknown_user_get_the_same_answer() {
    let mut wire = Wire::new(&config());
    let flow = wire.accept(Protocol::Sip, Transport::Udp, ALICE);
    let mut answers = Vec::new();
    for user in ["alice", "mallory"] {
        let head = format!(
            "REGISTER sip:home1.example SIP/2.0
Via: SIP/2.0/UDP {ALICE};branch=z9hG4bK{{cseq}};rport
From: <sip:{user}@home1.example>;tag=1
To: <sip:{user}@home1.example>
Call-ID: r1
CSeq: {{cseq}} REGISTER
{{auth}}
Contact: <sip:{user}@{ALICE}>"
        );
        wire.authorized(flow, user, "guess", &head, "");
        answers.push(wire.take(flow).replace(user, "?"));
    }
    assert!(answers[0].starts_with("SIP/2.0 403 "), "{}", answers[0]);
    assert_eq!(answers[0], answers[1]);
    assert_eq!(wire.live().bindings, 0);
}

#[test]
fn a_user_cannot_bind_another() {
    let mut wire = Wire::new(&config());
    let flow = wire.accept(Protocol::Sip, Transport::Udp, ALICE);
    let head = format!(
        "REGISTER sip:home1.example SIP/2.0
Via: SIP/2.0/UDP {ALICE};branch=z9hG4bK{{cseq}};rport
From: <sip:alice@home1.example>;tag=1
To: <sip:bob@home1.example>
Call-ID: r1
CSeq: {{cseq}} REGISTER
{{auth}}
Contact: <sip:alice@{ALICE}>"
    );
    wire.authorized(flow, "alice", "ecila", &head, "");
    assert_eq!(wire.response(flow).status(), 403);
    assert_eq!(wire.live().bindings, 0);
}

#[test]
fn a_contact_belongs_to_one_user() {
    let mut wire = Wire::new(&config());
    register(&mut wire, "bob", Transport::Udp, "192.0.2.2:5060");
    let flow = wire.accept(Protocol::Sip, Transport::Udp, ALICE);
    for (contact, status) in [
        ("sip:bob@192.0.2.2:5060;transport=udp", 403),
        ("sip:bob@192.0.2.2", 403),
        ("sip:%62ob@192.0.2.2:5060;ttl=1", 403),
        ("sips:bob@192.0.2.2:5060", 403),
        ("sip:bob@192.0.2.2:5061", 200),
        ("sip:alice@192.0.2.2:5060", 200),
    ] {
        assert_eq!(ask(&mut wire, flow, 1, &format!("Contact: <{contact}>")).0, status, "{contact}");
    }
    // What is not one's own is not taken away either.
    assert_eq!(ask(&mut wire, flow, 1, "Contact: <sip:bob@192.0.2.2:5060>;expires=0").0, 200);
    assert_eq!(wire.live().bindings, 3);
    // It is free once its binding has run out.
    wire.advance(Duration::from_secs(601));
    assert_eq!(ask(&mut wire, flow, 1, "Contact: <sip:bob@192.0.2.2:5060>").0, 200);
}

#[test]
fn rfc3608_5_service_route_leads_back_the_way_the_registration_came() {
    let mut wire = Wire::new(&config());
    for (transport, route) in [
        (Transport::Udp, "<sip:192.0.2.10:5060;lr>"),
        (Transport::Tcp, "<sip:192.0.2.10:5060;transport=tcp;lr>"),
    ] {
        let flow = wire.accept(Protocol::Sip, transport, ALICE);
        let head = head(1, "{auth}\nContact: <sip:alice@192.0.2.1>").replace("CSeq: 1", "CSeq: {cseq}");
        wire.authorized(flow, "alice", "ecila", &head, "");
        let response = wire.response(flow);
        assert_eq!(response.headers().get(HeaderName::SERVICE_ROUTE), Some(route));
    }
}

#[test]
fn rfc5626_3_5_1_a_ping_is_answered_and_garbage_ends_the_stream() {
    let mut wire = Wire::new(&config());
    let flow = register(&mut wire, "bob", Transport::Tcp, "192.0.2.2:5060");
    wire.write(flow, Protocol::Sip, "\r\n\r\n");
    assert_eq!(wire.take(flow), "\r\n");
    wire.write(flow, Protocol::Sip, "GET / HTTP/1.1\r\n\r\n");
    assert_eq!(wire.closed, [flow]);
    assert_eq!(wire.take(flow), "");
    assert_eq!(wire.live().sip_flows, 0);
}

#[test]
fn rfc7616_3_4_what_is_overheard_is_good_for_no_other_contact() {
    let mut wire = Wire::new(&config());
    let flow = wire.accept(Protocol::Sip, Transport::Udp, ALICE);
    wire.sip(flow, &head(1, ""), "");
    let challenged = wire.response(flow);
    let challenge = digest::strongest(challenged.headers().get_all(HeaderName::WWW_AUTHENTICATE)).unwrap();
    let value = answer(&challenge, "alice", "ecila", "REGISTER", "sip:home1.example");
    let contact = format!("Authorization: {value}\nContact: <sip:alice@{ALICE}>");
    wire.sip(flow, &head(2, &contact), "");
    assert_eq!(wire.response(flow).status(), 200);
    wire.advance(Duration::from_secs(200));
    let mallory = wire.accept(Protocol::Sip, Transport::Udp, "203.0.113.66:5060");
    let other = format!("Authorization: {value}\nContact: <sip:mallory@203.0.113.66:5060>");
    // Nor is all of it, which would bind the contact to another flow.
    for head in [head(3, &other).replace("Call-ID: r1", "Call-ID: r2"), head(2, &contact)] {
        wire.sip(mallory, &head, "");
        let response = wire.response(mallory);
        assert_eq!(response.status(), 401);
        let challenge = digest::strongest(response.headers().get_all(HeaderName::WWW_AUTHENTICATE)).unwrap();
        assert!(challenge.stale(), "who has the password asks again");
    }
    // A datagram that came twice.
    wire.sip(flow, &head(2, &contact), "");
    assert_eq!(wire.response(flow).status(), 200);
    assert_eq!(wire.live().bindings, 1);
}
