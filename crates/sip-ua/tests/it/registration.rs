//! Registrations: made, refreshed, recovered, removed.

use std::time::Duration;

use digest::{Algorithm, Challenge, Credentials};
use expect_test::expect;
use simple_im_sip_ua::{Config, Event, Registration, RegistrationId, Transport};
use sip::{HeaderName, Method, Request};

use crate::calls::{check, nothing_left, uri};
use crate::lab::{Lab, NodeId};

fn alice_and_registrar() -> (Lab, NodeId, NodeId) {
    let mut lab = Lab::new();
    let alice = lab.agent("alice", "192.0.2.1:5060", Config::default());
    let registrar = lab.script("registrar", "192.0.2.9:5060");
    (lab, alice, registrar)
}

fn registration() -> Registration {
    Registration {
        credentials: Some(Credentials::new("alice", "wonderland")),
        contact_params: ";+g.oma.sip-im".into(),
        ..Registration::new(uri("sip:alice@example.com"), uri("sip:192.0.2.9"))
    }
}

fn start(lab: &mut Lab, alice: NodeId, registration: Registration) -> RegistrationId {
    let id = lab.with(alice, |ua, now| ua.register(registration, now).unwrap());
    lab.settle();
    id
}

/// Answers the REGISTER that waits: granted for `seconds`.
#[track_caller]
fn grant(lab: &mut Lab, registrar: NodeId, seconds: u32) -> Request {
    let request = lab.request(registrar, Method::REGISTER);
    let contact = request.1.headers().get(HeaderName::CONTACT).unwrap().to_owned();
    lab.reply(registrar, &request, 200, |response| {
        response
            .to_tag("r")
            .header(
                HeaderName::CONTACT,
                format!("<sip:alice@198.51.100.1>;expires=9, {contact};expires={seconds}"),
            )
            .header(HeaderName::SERVICE_ROUTE, "<sip:a.example.com;lr>, <sip:b.example.com;lr>")
            .header(HeaderName::P_ASSOCIATED_URI, "<sip:alice@example.com>, <tel:+15550100>")
    });
    lab.settle();
    request.1
}

#[test]
fn rfc3261_10_2_registered_refreshed_and_removed() {
    let (mut lab, alice, registrar) = alice_and_registrar();
    let id = start(&mut lab, alice, registration());
    let first = lab.request(registrar, Method::REGISTER);
    assert_eq!(first.1.headers().get(HeaderName::EXPIRES), Some("3600"));
    let asked = Challenge::new("example.com", "n1", Algorithm::SHA_256).unwrap().to_string();
    lab.reply(registrar, &first, 401, |response| {
        response.to_tag("r").header(HeaderName::WWW_AUTHENTICATE, asked)
    });
    lab.settle();
    grant(&mut lab, registrar, 2000);
    match &lab.events(alice)[..] {
        [Event::Registered { id: registered, service_route, associated_uris, .. }] => {
            assert_eq!(*registered, id);
            assert_eq!(*service_route, [uri("sip:a.example.com;lr"), uri("sip:b.example.com;lr")]);
            assert_eq!(*associated_uris, [uri("sip:alice@example.com"), uri("tel:+15550100")]);
        }
        other => panic!("{other:?}"),
    }
    lab.run(Duration::from_secs(1400));
    let refresh = grant(&mut lab, registrar, 2000);
    // RFC 3261 §10.2.4: same Call-ID, higher number; the answer to the challenge goes along.
    assert_eq!(refresh.call_id().unwrap(), first.1.call_id().unwrap());
    assert_eq!(refresh.cseq().unwrap().number, 3);
    assert!(refresh.headers().contains(HeaderName::AUTHORIZATION));
    lab.with(alice, |ua, now| ua.unregister(id, now));
    lab.settle();
    let removal = grant(&mut lab, registrar, 0);
    assert_eq!(removal.headers().get(HeaderName::EXPIRES), Some("0"));
    check(
        &mut lab,
        expect![[r#"
        0.01 alice > registrar udp REGISTER sip:192.0.2.9
        0.10 registrar > alice udp 401 to REGISTER
        0.11 alice > registrar udp REGISTER sip:192.0.2.9
        0.20 registrar > alice udp 200 to REGISTER
        0.21 alice * registered for 2000 s
        1400.21 alice > registrar udp REGISTER sip:192.0.2.9
        1400.30 registrar > alice udp 200 to REGISTER
        1400.31 alice * registered for 2000 s
        1400.40 alice > registrar udp REGISTER sip:192.0.2.9
        1400.50 registrar > alice udp 200 to REGISTER
        1400.51 alice * unregistered
    "#]],
    );
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn rfc3261_10_2_8_a_423_is_obeyed_and_one_that_lies_is_not() {
    let (mut lab, alice, registrar) = alice_and_registrar();
    start(&mut lab, alice, Registration { expires: Duration::from_secs(60), ..registration() });
    for _ in 0..2 {
        let request = lab.request(registrar, Method::REGISTER);
        lab.reply(registrar, &request, 423, |response| {
            response.to_tag("r").header(HeaderName::MIN_EXPIRES, "1800")
        });
        lab.settle();
    }
    check(
        &mut lab,
        expect![[r#"
        0.01 alice > registrar udp REGISTER sip:192.0.2.9
        0.10 registrar > alice udp 423 to REGISTER
        0.11 alice > registrar udp REGISTER sip:192.0.2.9
        0.20 registrar > alice udp 423 to REGISTER
        0.21 alice * registration failed: refused: 423 Interval Too Brief
    "#]],
    );
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn a_first_registration_that_fails_is_over() {
    let (mut lab, alice, registrar) = alice_and_registrar();
    start(&mut lab, alice, registration());
    let request = lab.request(registrar, Method::REGISTER);
    lab.reply(registrar, &request, 403, |response| response.to_tag("r"));
    lab.settle();
    start(&mut lab, alice, Registration { registrar: uri("sip:192.0.2.77"), ..registration() });
    lab.run(Duration::from_secs(40));
    check(
        &mut lab,
        expect![[r#"
        0.01 alice > registrar udp REGISTER sip:192.0.2.9
        0.10 registrar > alice udp 403 to REGISTER
        0.11 alice * registration failed: refused: 403 Forbidden
        0.21 alice > nobody udp REGISTER sip:192.0.2.77
        0.71 alice > nobody udp REGISTER sip:192.0.2.77
        1.71 alice > nobody udp REGISTER sip:192.0.2.77
        3.71 alice > nobody udp REGISTER sip:192.0.2.77
        7.71 alice > nobody udp REGISTER sip:192.0.2.77
        11.71 alice > nobody udp REGISTER sip:192.0.2.77
        15.71 alice > nobody udp REGISTER sip:192.0.2.77
        19.71 alice > nobody udp REGISTER sip:192.0.2.77
        23.71 alice > nobody udp REGISTER sip:192.0.2.77
        27.71 alice > nobody udp REGISTER sip:192.0.2.77
        31.71 alice > nobody udp REGISTER sip:192.0.2.77
        32.21 alice * registration failed: no response in time
    "#]],
    );
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn rfc5626_4_5_a_lost_registration_is_tried_again_after_longer_and_longer_waits() {
    let (mut lab, alice, registrar) = alice_and_registrar();
    start(&mut lab, alice, registration());
    grant(&mut lab, registrar, 100);
    lab.events(alice);
    let mut waits = Vec::new();
    for _ in 0..9 {
        lab.run(Duration::from_secs(2000));
        while !lab.is_silent(registrar) {
            let request = lab.request(registrar, Method::REGISTER);
            lab.reply(registrar, &request, 500, |response| response.to_tag("r"));
            lab.settle();
        }
        for event in lab.events(alice) {
            let Event::RegistrationFailed { retry: Some(wait), .. } = event else { panic!("{event:?}") };
            waits.push(wait);
        }
    }
    let longest = [30, 60, 120, 240, 480, 960, 1800, 1800, 1800];
    for (wait, longest) in waits.iter().zip(longest) {
        let longest = Duration::from_secs(longest);
        assert!(*wait <= longest && *wait >= longest / 2, "{wait:?} of {longest:?}");
    }
    while lab.is_silent(registrar) {
        lab.run(Duration::from_secs(1));
    }
    grant(&mut lab, registrar, 100);
    assert!(matches!(lab.events(alice)[..], [Event::Registered { .. }]));
    lab.with(alice, |ua, now| ua.shutdown(now));
    lab.settle();
    grant(&mut lab, registrar, 0);
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn a_lost_connection_is_registered_again_at_once_and_kept_alive_by_pings() {
    let (mut lab, alice, registrar) = alice_and_registrar();
    let id = start(&mut lab, alice, Registration { transport: Some(Transport::Tcp), ..registration() });
    grant(&mut lab, registrar, 3600);
    lab.run(Duration::from_secs(200));
    let flow = lab.flows(registrar, Transport::Tcp)[0];
    lab.break_flow(registrar, flow);
    lab.settle();
    grant(&mut lab, registrar, 3600);
    check(
        &mut lab,
        expect![[r#"
        0.01 alice > registrar tcp REGISTER sip:192.0.2.9
        0.10 registrar > alice tcp 200 to REGISTER
        0.11 alice * registered for 3600 s
        100.11 alice > registrar tcp "\r\n\r\n"
        197.26 alice > registrar tcp "\r\n\r\n"
        200.21 registrar connection reset
        200.21 alice connection reset
        200.22 alice > registrar tcp REGISTER sip:192.0.2.9
        200.30 registrar > alice tcp 200 to REGISTER
        200.31 alice * registered for 3600 s
    "#]],
    );
    // A registrar that is gone does not stop the end.
    lab.refused.insert("192.0.2.9:5060".parse().unwrap());
    let flow = lab.flows(registrar, Transport::Tcp)[0];
    lab.break_flow(registrar, flow);
    lab.settle();
    lab.with(alice, |ua, now| ua.unregister(id, now));
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        200.41 registrar connection reset
        200.41 alice connection reset
        200.42 alice connection refused
        200.42 alice * registration failed for now: connection refused
        200.51 alice connection refused
        200.51 alice * unregistered
    "#]],
    );
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn a_registration_removed_while_it_is_being_made() {
    let (mut lab, alice, registrar) = alice_and_registrar();
    let id = lab.with(alice, |ua, now| ua.register(registration(), now).unwrap());
    lab.settle();
    lab.with(alice, |ua, now| ua.unregister(id, now));
    grant(&mut lab, registrar, 3600);
    grant(&mut lab, registrar, 0);
    check(
        &mut lab,
        expect![[r#"
        0.01 alice > registrar udp REGISTER sip:192.0.2.9
        0.10 registrar > alice udp 200 to REGISTER
        0.11 alice * registered for 3600 s
        0.11 alice > registrar udp REGISTER sip:192.0.2.9
        0.20 registrar > alice udp 200 to REGISTER
        0.21 alice * unregistered
    "#]],
    );
    nothing_left(&mut lab, &[alice]);
}

/// A registrar must not be able to stop the program: `now + Duration` overflows.
#[test]
fn a_423_with_an_endless_min_expires_does_not_panic() {
    let (mut lab, alice, registrar) = alice_and_registrar();
    lab.with(alice, |ua, now| ua.register(registration(), now).unwrap());
    lab.settle();
    let first = lab.request(registrar, Method::REGISTER);
    lab.reply(registrar, &first, 423, |response| {
        response.to_tag("r").header(HeaderName::MIN_EXPIRES, "18446744073709551615")
    });
    lab.settle();
    if !lab.is_silent(registrar) {
        // Granted, without a word for how long.
        let second = lab.request(registrar, Method::REGISTER);
        lab.reply(registrar, &second, 200, |response| response.to_tag("r"));
        lab.settle();
    }
}

/// A 423 is obeyed some times, up to a day, and not for ever.
#[test]
fn rfc3261_10_2_8_a_423_that_rises_each_time_or_asks_too_much_is_not_obeyed() {
    for (bounds, expected) in
        [(&[100, 200, 300, 400, 500, 600][..], 5), (&[86_401], 1), (&[86_400, 86_401], 2)]
    {
        let (mut lab, alice, registrar) = alice_and_registrar();
        start(&mut lab, alice, Registration { expires: Duration::from_secs(60), ..registration() });
        let mut requests = 0;
        for bound in bounds {
            if lab.is_silent(registrar) {
                break;
            }
            let request = lab.request(registrar, Method::REGISTER);
            requests += 1;
            lab.reply(registrar, &request, 423, |response| {
                response.to_tag("r").header(HeaderName::MIN_EXPIRES, bound.to_string())
            });
            lab.settle();
        }
        assert!(lab.is_silent(registrar));
        assert_eq!(requests, expected, "{bounds:?}");
        assert!(matches!(lab.events(alice)[..], [Event::RegistrationFailed { retry: None, .. }]));
        nothing_left(&mut lab, &[alice]);
    }
}

/// RFC 5626 §4.5: a server that grants and hangs up is not hammered.
#[test]
fn rfc5626_4_5_a_registrar_that_grants_and_closes_is_not_flooded() {
    let (mut lab, alice, registrar) = alice_and_registrar();
    let tcp = Registration { transport: Some(Transport::Tcp), ..registration() };
    lab.with(alice, |ua, now| ua.register(tcp, now).unwrap());
    let mut registers = 0;
    let end = lab.now + Duration::from_secs(30);
    while lab.now < end {
        lab.settle();
        while !lab.is_silent(registrar) {
            registers += 1;
            grant(&mut lab, registrar, 3600);
            for flow in lab.flows(registrar, Transport::Tcp) {
                lab.break_flow(registrar, flow);
            }
        }
    }
    assert!(registers <= 5, "{registers} REGISTERs in 30 s");
}

/// RFC 3261 §21.5.4, §20.33: a registrar that says when to come back is obeyed.
#[test]
fn rfc3261_21_5_4_a_registration_comes_back_when_it_was_told_to() {
    let (mut lab, alice, registrar) = alice_and_registrar();
    lab.with(alice, |ua, now| ua.register(registration(), now).unwrap());
    lab.settle();
    grant(&mut lab, registrar, 100);
    lab.events(alice);
    lab.run(Duration::from_secs(51));
    let refresh = lab.request(registrar, Method::REGISTER);
    lab.reply(registrar, &refresh, 503, |response| {
        response.to_tag("r").header(HeaderName::RETRY_AFTER, "600")
    });
    lab.settle();
    let events = lab.events(alice);
    let [Event::RegistrationFailed { retry: Some(wait), .. }] = &events[..] else { panic!("{events:?}") };
    assert!(*wait >= Duration::from_secs(600), "{wait:?}");
}

/// Who answered a ping once and does so no more is gone, though no reset says it.
#[test]
fn rfc5626_4_4_1_a_registrar_that_stops_to_answer_pings_is_left() {
    let (mut lab, alice, registrar) = alice_and_registrar();
    let tcp = Registration { transport: Some(Transport::Tcp), ..registration() };
    lab.with(alice, |ua, now| ua.register(tcp, now).unwrap());
    lab.settle();
    grant(&mut lab, registrar, 7200);
    let flow = lab.flows(registrar, Transport::Tcp)[0];
    // The first ping is answered, so the server can do it; then its address is lost without a reset.
    lab.run(Duration::from_secs(100));
    lab.transmit(registrar, flow, "\r\n");
    lab.run(Duration::from_secs(100));
    lab.refused.insert("192.0.2.9:5060".parse().unwrap());
    lab.run(Duration::from_secs(10));
    check(
        &mut lab,
        expect![[r#"
            0.01 alice > registrar tcp REGISTER sip:192.0.2.9
            0.10 registrar > alice tcp 200 to REGISTER
            0.11 alice * registered for 7200 s
            100.11 alice > registrar tcp "\r\n\r\n"
            100.20 registrar > alice tcp "\r\n"
            197.26 alice > registrar tcp "\r\n\r\n"
            207.27 registrar connection closed by the peer
            207.27 alice connection refused
            207.27 alice * registration failed for now: connection refused
        "#]],
    );
}
