//! Requests the application need not know of, and those it asked for.

use expect_test::{Expect, expect};
use simple_im_sip_ua::{Config, Event, Options, Reply, Transport};
use sip::{HeaderName, Method, StatusCode};

use crate::calls::{SDP, check, incoming, nothing_left, ok};
use crate::lab::{Lab, NodeId};

fn bob_and_peer(config: Config) -> (Lab, NodeId, NodeId) {
    let mut lab = Lab::new();
    let bob = lab.agent("bob", "192.0.2.2:5060", Config { user_agent: "test/1".into(), ..config });
    let peer = lab.script("peer", "192.0.2.9:5060");
    (lab, bob, peer)
}

/// A request of the peer: method, To tag, further headers and body.
fn request(method: &str, to_tag: &str, more: &str) -> String {
    let (more, body) = match more.split_once("\r\n\r\n") {
        Some((more, body)) => (format!("{more}\r\n"), body),
        None => (more.to_owned(), ""),
    };
    let unique = format!("{method}{}", more.len());
    format!(
        "{method} sip:bob@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK{unique};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:peer@192.0.2.9>;tag=p\r\nTo: <sip:bob@192.0.2.2>{to_tag}\r\n\
         Call-ID: c-{unique}\r\nCSeq: 7 {method}\r\nContact: <sip:peer@192.0.2.9>\r\n{more}\
         Content-Length: {}\r\n\r\n{body}",
        body.len(),
    )
}

/// Sends a request and checks the final response.
#[track_caller]
fn check_answer(config: Config, request: &str, expected: Expect) {
    expected.assert_eq(&answer_to(config, request));
}

/// The final response to a request, without what every response has.
#[track_caller]
fn answer_to(config: Config, request: &str) -> String {
    let (mut lab, bob, peer) = bob_and_peer(config);
    let flow = lab.connect(peer, Transport::Udp, bob);
    lab.transmit(peer, flow, request.to_owned());
    lab.settle();
    let response = lab.response(peer);
    let mut shown = format!("{} {}\n", response.status().as_u16(), response.reason());
    for header in response.headers().iter() {
        let dull = [
            HeaderName::VIA,
            HeaderName::FROM,
            HeaderName::TO,
            HeaderName::CALL_ID,
            HeaderName::CSEQ,
            HeaderName::CONTENT_LENGTH,
        ];
        if !dull.iter().any(|name| header.name == Some(*name)) {
            shown += &format!("{}: {}\n", header.raw_name, header.value);
        }
    }
    assert!(response.to().unwrap().tag().is_some(), "RFC 3261 §8.2.6.2: a To tag");
    nothing_left(&mut lab, &[bob]);
    assert!(lab.events(bob).is_empty());
    shown
}

#[test]
fn rfc3261_11_2_options_shows_what_we_can() {
    check_answer(
        Config::default(),
        &request("OPTIONS", "", ""),
        expect![[r#"
        200 OK
        Server: test/1
        Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK
        Supported: timer
        Accept: application/sdp
    "#]],
    );
}

#[test]
fn rfc3261_8_2_1_methods_we_do_not_take() {
    check_answer(
        Config::default(),
        &request("MESSAGE", "", ""),
        expect![[r#"
        405 Method Not Allowed
        Server: test/1
        Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK
    "#]],
    );
    check_answer(
        Config::default(),
        &request("NONSENSE", "", ""),
        expect![[r#"
        501 Not Implemented
        Server: test/1
        Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK
    "#]],
    );
}

#[test]
fn rfc3261_8_2_2_3_extensions_we_do_not_know() {
    check_answer(
        Config::default(),
        &request("INVITE", "", "Require: timer, foo, recipient-list-invite\r\n"),
        expect![[r#"
        420 Bad Extension
        Server: test/1
        Unsupported: foo, recipient-list-invite
    "#]],
    );
}

#[test]
fn rfc3261_12_2_2_requests_for_dialogs_that_are_not() {
    let unknown = "481 Call/Transaction Does Not Exist\nServer: test/1\n";
    for method in ["BYE", "INVITE", "UPDATE", "OPTIONS", "PRACK"] {
        assert_eq!(answer_to(Config::default(), &request(method, ";tag=gone", "")), unknown, "{method}");
    }
    for method in ["BYE", "CANCEL"] {
        assert_eq!(answer_to(Config::default(), &request(method, "", "")), unknown, "{method}");
    }
}

#[test]
fn rfc3261_8_2_2_1_a_scheme_nobody_has() {
    let text = request("OPTIONS", "", "").replacen("sip:bob@192.0.2.2", "urn:service:sos", 1);
    check_answer(
        Config::default(),
        &text,
        expect![[r#"
        416 Unsupported URI Scheme
        Server: test/1
    "#]],
    );
}

#[test]
fn rfc3261_8_1_1_headers_every_request_needs() {
    let whole = request("INVITE", "", "");
    for (line, instead) in [
        ("CSeq: 7 INVITE\r\n", ""),
        ("CSeq: 7 INVITE\r\n", "CSeq: 7 BYE\r\n"),
        ("CSeq: 7 INVITE\r\n", "CSeq: 99999999999 INVITE\r\n"),
        ("From: <sip:peer@192.0.2.9>;tag=p\r\n", "From: <sip:peer@192.0.2.9;tag=p\r\n"),
    ] {
        assert!(whole.contains(line));
        let text = whole.replacen(line, instead, 1);
        let (mut lab, bob, peer) = bob_and_peer(Config::default());
        let flow = lab.connect(peer, Transport::Udp, bob);
        lab.transmit(peer, flow, text);
        lab.settle();
        assert_eq!(lab.response(peer).status(), StatusCode::BAD_REQUEST, "{line} {instead}");
        nothing_left(&mut lab, &[bob]);
    }
}

#[test]
fn rfc3261_8_2_2_2_a_merged_request_is_refused() {
    let (mut lab, bob, peer) = bob_and_peer(Config::default());
    let flow = lab.connect(peer, Transport::Udp, bob);
    let text = request("INVITE", "", "");
    lab.transmit(peer, flow, text.clone());
    lab.transmit(peer, flow, text.replace("z9hG4bK", "z9hG4bKother"));
    lab.settle();
    assert_eq!(lab.response(peer).status(), StatusCode::LOOP_DETECTED);
    incoming(&mut lab, bob);
    nothing_left_but_the_call(&mut lab, bob);
}

/// Nobody answered the INVITE: 480, and then nothing.
fn nothing_left_but_the_call(lab: &mut Lab, bob: NodeId) {
    lab.run(std::time::Duration::from_secs(200));
    nothing_left(lab, &[bob]);
}

#[test]
fn rfc2543_a_branch_without_the_cookie_is_matched_by_the_rest() {
    let (mut lab, bob, peer) = bob_and_peer(Config::default());
    let flow = lab.connect(peer, Transport::Udp, bob);
    let text = request("INVITE", "", "").replace("z9hG4bK", "old");
    lab.transmit(peer, flow, text.clone());
    lab.transmit(peer, flow, text.clone());
    lab.settle();
    let id = incoming(&mut lab, bob);
    lab.with(bob, |ua, now| ua.respond(id, Reply::new(StatusCode::BUSY_HERE), now).unwrap());
    lab.settle();
    let response = lab.response(peer);
    let to = response.headers().get(HeaderName::TO).unwrap();
    let ack = text.replace("INVITE", "ACK").replace("To: <sip:bob@192.0.2.2>", &format!("To: {to}"));
    let ack = ack.replace("oldACK", "oldINVITE").replace("c-ACK", "c-INVITE");
    lab.transmit(peer, flow, ack);
    lab.trace();
    lab.run(std::time::Duration::from_secs(20));
    check(&mut lab, expect![[""]]);
    nothing_left(&mut lab, &[bob]);
}

#[test]
fn a_method_of_the_application_is_its_to_answer() {
    let mut config = Config { options: Options::ToApplication, ..Config::default() };
    config.allow.push(Method::MESSAGE);
    for method in ["MESSAGE", "OPTIONS"] {
        let (mut lab, bob, peer) = bob_and_peer(config.clone());
        let flow = lab.connect(peer, Transport::Udp, bob);
        let text = request(method, "", "Content-Type: text/plain\r\n\r\nhi");
        lab.transmit(peer, flow, text.clone());
        lab.settle();
        let id = incoming(&mut lab, bob);
        lab.with(bob, |ua, now| {
            assert_eq!(ua.respond(id, Reply::new(StatusCode::OK), now).unwrap(), None);
            assert!(ua.respond(id, Reply::new(StatusCode::OK), now).is_err());
        });
        lab.transmit(peer, flow, text);
        lab.settle();
        assert_eq!(
            (lab.response(peer).status(), lab.response(peer).status()),
            (StatusCode::OK, StatusCode::OK)
        );
        assert!(lab.events(bob).is_empty(), "one delivery for each transaction");
        nothing_left(&mut lab, &[bob]);
    }
}

#[test]
fn rfc4320_4_2_a_request_nobody_answers_is_forgotten_in_silence() {
    let mut config = Config::default();
    config.allow.push(Method::MESSAGE);
    let (mut lab, bob, peer) = bob_and_peer(config);
    let flow = lab.connect(peer, Transport::Udp, bob);
    lab.transmit(peer, flow, request("MESSAGE", "", ""));
    lab.settle();
    let id = incoming(&mut lab, bob);
    nothing_left(&mut lab, &[bob]);
    assert!(lab.is_silent(peer));
    lab.with(bob, |ua, now| assert!(ua.respond(id, Reply::new(StatusCode::OK), now).is_err()));
}

/// A session that the peer made, and the headers of its dialog.
fn called() -> (Lab, NodeId, NodeId, simple_im_sip_ua::FlowId, String) {
    let mut config = Config::default();
    config.allow.push(Method::INFO);
    let (mut lab, bob, peer) = bob_and_peer(config);
    let flow = lab.connect(peer, Transport::Udp, bob);
    let text = request("INVITE", "", &format!("Content-Type: application/sdp\r\n\r\n{SDP}"));
    lab.transmit(peer, flow, text.clone());
    lab.settle();
    let id = incoming(&mut lab, bob);
    lab.with(bob, |ua, now| ua.respond(id, ok(), now).unwrap().unwrap());
    lab.settle();
    let tag = lab.response(peer).to().unwrap().tag().unwrap().to_owned();
    let call_id = text.lines().find(|line| line.starts_with("Call-ID")).unwrap().to_owned();
    lab.transmit(peer, flow, in_dialog("ACK", 7, &tag, &call_id, ""));
    lab.settle();
    lab.trace();
    lab.events(bob);
    (lab, bob, peer, flow, format!("{tag}|{call_id}"))
}

fn in_dialog(method: &str, number: u32, tag: &str, call_id: &str, more: &str) -> String {
    let text = request(method, &format!(";tag={tag}"), more);
    let own = text.lines().find(|line| line.starts_with("Call-ID")).unwrap().to_owned();
    text.replace(&own, call_id).replace("CSeq: 7", &format!("CSeq: {number}"))
}

#[test]
fn rfc3261_14_2_a_reinvite_that_changes_nothing_is_accepted_and_others_are_for_the_application() {
    let (mut lab, bob, peer, flow, names) = called();
    let (tag, call_id) = names.split_once('|').unwrap();
    let sdp = format!("Content-Type: application/sdp\r\n\r\n{SDP}");
    let timer = format!("Session-Expires: 1800;refresher=uac\r\nSupported: timer\r\n{sdp}");
    lab.transmit(peer, flow, in_dialog("INVITE", 8, tag, call_id, &timer));
    lab.settle();
    let response = lab.response(peer);
    assert_eq!(response.headers().get(HeaderName::SESSION_EXPIRES), Some("1800;refresher=uac"));
    assert_eq!(&response.body()[..], SDP.as_bytes());
    // No second one while the first has no ACK.
    lab.transmit(peer, flow, in_dialog("INVITE", 9, tag, call_id, "Subject: too early\r\n"));
    lab.settle();
    lab.transmit(peer, flow, in_dialog("ACK", 8, tag, call_id, ""));
    let changed = format!("Subject: changed\r\n{}", sdp.replace("o=- 1 1", "o=- 1 2"));
    lab.transmit(peer, flow, in_dialog("INVITE", 10, tag, call_id, &changed));
    lab.settle();
    let events = lab.events(bob);
    let Some(Event::Offer { id, .. }) = events.last() else { panic!("{events:?}") };
    lab.with(bob, |ua, now| ua.respond(*id, Reply::new(StatusCode::NOT_ACCEPTABLE_HERE), now).unwrap());
    lab.transmit(peer, flow, in_dialog("UPDATE", 11, tag, call_id, ""));
    lab.transmit(peer, flow, in_dialog("OPTIONS", 12, tag, call_id, ""));
    lab.transmit(peer, flow, in_dialog("OPTIONS", 3, tag, call_id, "Subject: out of order\r\n"));
    lab.transmit(peer, flow, in_dialog("INFO", 13, tag, call_id, ""));
    lab.settle();
    let events = lab.events(bob);
    let Some(Event::InDialog { id, .. }) = events.last() else { panic!("{events:?}") };
    lab.with(bob, |ua, now| ua.respond(*id, Reply::new(StatusCode::OK), now).unwrap());
    lab.transmit(peer, flow, in_dialog("BYE", 14, tag, call_id, ""));
    lab.settle();
    lab.transmit(peer, flow, in_dialog("BYE", 15, tag, call_id, "Subject: again\r\n"));
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
            0.30 peer > bob udp INVITE sip:bob@192.0.2.2
            0.31 bob > peer udp 200 to INVITE
            0.40 peer > bob udp INVITE sip:bob@192.0.2.2
            0.41 bob > peer udp 500 to INVITE
            0.50 peer > bob udp ACK sip:bob@192.0.2.2
            0.50 peer > bob udp INVITE sip:bob@192.0.2.2
            0.51 bob * another offer by INVITE
            0.60 bob > peer udp 488 to INVITE
            0.60 peer > bob udp UPDATE sip:bob@192.0.2.2
            0.60 peer > bob udp OPTIONS sip:bob@192.0.2.2
            0.60 peer > bob udp OPTIONS sip:bob@192.0.2.2
            0.60 peer > bob udp INFO sip:bob@192.0.2.2
            0.61 bob > peer udp 200 to UPDATE
            0.61 bob > peer udp 200 to OPTIONS
            0.61 bob > peer udp 500 to OPTIONS
            0.61 bob * in dialog INFO
            0.70 bob > peer udp 200 to INFO
            0.70 peer > bob udp BYE sip:bob@192.0.2.2
            0.71 bob * the peer hung up
            0.71 bob * ended: PeerBye
            0.71 bob > peer udp 200 to BYE
            0.80 peer > bob udp BYE sip:bob@192.0.2.2
            0.81 bob > peer udp 481 to BYE
        "#]],
    );
    nothing_left(&mut lab, &[bob]);
}

#[test]
fn rfc4028_10_a_session_the_peer_does_not_refresh_is_ended() {
    let (mut lab, bob, peer, flow, names) = called();
    let (tag, call_id) = names.split_once('|').unwrap();
    lab.transmit(peer, flow, in_dialog("UPDATE", 8, tag, call_id, "Session-Expires: 90;refresher=uac\r\n"));
    lab.run(std::time::Duration::from_secs(50));
    lab.trace();
    lab.run(std::time::Duration::from_secs(11));
    check(
        &mut lab,
        expect![[r#"
        60.31 bob > peer udp BYE sip:peer@192.0.2.9
        60.81 bob > peer udp BYE sip:peer@192.0.2.9
    "#]],
    );
    let bye = lab.request(peer, Method::BYE);
    lab.reply(peer, &bye, 200, |response| response);
    nothing_left(&mut lab, &[bob]);
}

#[test]
fn rfc3261_15_1_2_a_bye_in_an_early_dialog_ends_the_call() {
    let (mut lab, bob, peer) = bob_and_peer(Config::default());
    let flow = lab.connect(peer, Transport::Udp, bob);
    lab.transmit(peer, flow, request("INVITE", "", ""));
    lab.settle();
    let id = incoming(&mut lab, bob);
    lab.with(bob, |ua, now| ua.respond(id, Reply::new(StatusCode::RINGING), now).unwrap());
    lab.settle();
    let tag = lab.response(peer).to().unwrap().tag().unwrap().to_owned();
    lab.trace();
    lab.transmit(peer, flow, in_dialog("BYE", 8, &tag, "Call-ID: c-INVITE0", ""));
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.20 peer > bob udp BYE sip:bob@192.0.2.2
        0.21 bob * cancelled by the caller
        0.21 bob > peer udp 200 to BYE
        0.21 bob > peer udp 487 to INVITE
    "#]],
    );
    nothing_left(&mut lab, &[bob]);
}

#[test]
fn an_invite_without_contact_cannot_be_accepted() {
    let (mut lab, bob, peer) = bob_and_peer(Config::default());
    let flow = lab.connect(peer, Transport::Udp, bob);
    lab.transmit(peer, flow, request("INVITE", "", "").replace("Contact: <sip:peer@192.0.2.9>\r\n", ""));
    lab.settle();
    let id = incoming(&mut lab, bob);
    let error = lab.with(bob, |ua, now| ua.respond(id, ok(), now).unwrap_err());
    expect!["peer misbehaved: message without a usable Contact"].assert_eq(&error.to_string());
    lab.settle();
    assert_eq!(lab.response(peer).status(), StatusCode::BAD_REQUEST);
    nothing_left(&mut lab, &[bob]);
}

#[test]
fn beyond_the_limits_requests_are_refused_with_503() {
    let mut config = Config::default();
    config.limits.sessions = 0;
    check_answer(
        config.clone(),
        &request("INVITE", "", ""),
        expect![[r#"
        503 Service Unavailable
        Server: test/1
        Retry-After: 32
    "#]],
    );
    config.limits.server_transactions = 0;
    check_answer(
        config,
        &request("OPTIONS", "", ""),
        expect![[r#"
        503 Service Unavailable
        Server: test/1
        Retry-After: 32
    "#]],
    );
}

/// Who refreshes is the peer's to choose if it knows timers; if a proxy wrote the header, nobody but us can.
#[test]
fn rfc4028_9_a_peer_without_timers_is_not_made_the_refresher() {
    let (knows, update) = ("Supported: timer\r\n", "Allow: INVITE, UPDATE\r\n");
    for (more, param, require, expires) in [
        (knows, "", Some("timer"), Some("90;refresher=uac")),
        (knows, ";refresher=uac", Some("timer"), Some("90;refresher=uac")),
        (&format!("{knows}{update}"), ";refresher=uas", Some("timer"), Some("90;refresher=uas")),
        (update, "", None, Some("90;refresher=uas")),
        // We refresh by UPDATE, which the peer does not say to take.
        (knows, ";refresher=uas", None, None),
        ("", "", None, None),
    ] {
        let (mut lab, _, peer, flow, names) = called();
        let (tag, call_id) = names.split_once('|').unwrap();
        let more = format!("{more}Session-Expires: 90{param}\r\n");
        lab.transmit(peer, flow, in_dialog("INVITE", 8, tag, call_id, &more));
        lab.settle();
        let response = lab.response(peer);
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers().get(HeaderName::REQUIRE), require, "{more}");
        assert_eq!(response.headers().get(HeaderName::SESSION_EXPIRES), expires, "{more}");
        lab.transmit(peer, flow, in_dialog("ACK", 8, tag, call_id, ""));
        lab.trace();
        lab.run(std::time::Duration::from_secs(46));
        let refreshed = lab.trace().contains("UPDATE");
        if refreshed {
            let update = lab.request(peer, Method::UPDATE);
            lab.reply(peer, &update, 200, |response| response);
        }
        assert_eq!(refreshed, expires.is_some_and(|expires| expires.ends_with("uas")), "{more}");
        lab.run(std::time::Duration::from_secs(40));
        let hung_up = lab.trace().contains("BYE");
        assert_eq!(hung_up, expires.is_some_and(|expires| expires.ends_with("uac")), "{more}");
    }
}
