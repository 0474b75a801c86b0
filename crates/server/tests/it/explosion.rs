//! The focus: one message from alice to a list, seen on the wire (RFC 5366 §5, SEED-14 to 16).

use std::time::Duration;

use simple_im_server::{Config, Event, FlowId, Protocol, RecipientOutcome, Transport};
use sip::{HeaderName, Request, Response, StatusCode};

use crate::wire::{OFFER, SERVER, Wire, config, invite, list, multipart, register};

const ALICE: &str = "192.0.2.1:5060";
const BOB: &str = "sip:bob@home1.example";
const CAROL: &str = "sip:carol@home1.example";
const ALICE_PATH: &str = "msrp://192.0.2.1:2855/alice;tcp";

/// A conference that alice has just asked for, and the flows of everybody.
struct Room {
    wire: Wire,
    alice: FlowId,
    bob: FlowId,
    carol: FlowId,
}

/// A recipient's or the sender's end of an MSRP session.
struct End {
    flow: FlowId,
    own: String,
    /// The focus's URI.
    peer: String,
}

impl Room {
    /// Alice sends `offer` to bob and carol.
    fn new(config: &Config, offer: &str) -> Self {
        Self::with_list(config, offer, &list(&[BOB, CAROL]))
    }

    fn with_list(config: &Config, offer: &str, recipients: &str) -> Self {
        let mut wire = Wire::new(config);
        let bob = register(&mut wire, "bob", Transport::Tcp, "192.0.2.2:5060");
        let carol = register(&mut wire, "carol", Transport::Tcp, "192.0.2.3:5060");
        let alice = wire.accept(Protocol::Sip, Transport::Tcp, ALICE);
        let sdp = ("Content-Type: application/sdp", offer);
        let headers = "Content-Type: application/resource-lists+xml\nContent-Disposition: recipient-list";
        let (content_type, body) = multipart(&[sdp, (headers, recipients)]);
        let lines = format!("Require: recipient-list-invite\nContent-Type: {content_type}");
        let head = invite("sip:im-factory@home1.example", &lines);
        wire.authorized(alice, "alice", "ecila", &head, &body);
        Self { wire, alice, bob, carol }
    }

    /// A recipient takes every line: the 200, and its end of the MSRP session of the first line.
    fn accept(&mut self, flow: FlowId, host: &str) -> End {
        let invitation = self.wire.request(flow);
        self.accept_invitation(flow, host, &invitation)
    }

    fn accept_invitation(&mut self, flow: FlowId, host: &str, invitation: &Request) -> End {
        self.accept_at(flow, &format!("msrp://{host}:2855/end;tcp"), invitation)
    }

    /// A recipient takes every line, at the end of this path.
    fn accept_at(&mut self, flow: FlowId, path: &str, invitation: &Request) -> End {
        let answer = format!(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=message 2855 TCP/MSRP *\r\n\
             a=recvonly\r\na=accept-types:message/cpim text/plain\r\na=path:{path}\r\na=setup:passive\r\n"
        );
        self.answer(flow, invitation, StatusCode::OK, &answer);
        assert_eq!(self.wire.request(flow).method().as_str(), "ACK");
        let flow = self.wire.connect();
        let bind = self.wire.take(flow);
        assert!(
            bind.contains("Byte-Range: 1-0/0\r\n") && bind.contains(&format!("To-Path: {path}\r\n")),
            "{bind}"
        );
        let peer = header(&bind, "From-Path");
        // A hop answers in its own name.
        let own = path.split(' ').next().unwrap_or(path).to_owned();
        let end = End { flow, own, peer };
        end.respond(&mut self.wire, &bind, "200 OK");
        end
    }

    fn answer(&mut self, flow: FlowId, request: &Request, status: StatusCode, sdp: &str) {
        let mut response = Response::builder_for(request, status).to_tag("tag");
        if status == StatusCode::OK && *request.method() == sip::Method::INVITE {
            response = response.header(HeaderName::CONTACT, format_args!("<{}>", request.request_uri()));
            response = response.body("application/sdp", sdp.to_owned().into());
        }
        let text = String::from_utf8(response.build().unwrap().as_bytes().to_vec()).unwrap();
        self.wire.write(flow, Protocol::Sip, &text);
    }

    fn refuse(&mut self, flow: FlowId, status: StatusCode) {
        let invitation = self.wire.request(flow);
        self.answer(flow, &invitation, status, "");
        assert_eq!(self.wire.request(flow).method().as_str(), "ACK");
    }

    /// Alice is answered 200, acknowledges, connects and binds her session.
    fn enter(&mut self) -> (Response, End) {
        let response = self.wire.response(self.alice);
        assert_eq!(response.status(), 200);
        self.in_dialog(&response, "ACK", 2);
        let sdp = String::from_utf8(response.body().to_vec()).unwrap();
        let peer = sdp.lines().find_map(|line| line.strip_prefix("a=path:")).unwrap().to_owned();
        let flow = self.wire.accept(Protocol::Msrp, Transport::Tcp, "192.0.2.1:40000");
        let end = End { flow, own: ALICE_PATH.to_owned(), peer };
        end.send(&mut self.wire, "bind", "Byte-Range: 1-0/0\r\n", "");
        assert!(self.wire.take(flow).starts_with("MSRP bind 200 OK\r\n"));
        (response, end)
    }

    /// Alice sends a request in the dialog that `response` made.
    fn in_dialog(&mut self, response: &Response, method: &str, cseq: u32) {
        let target = response.contacts().next().unwrap().unwrap().uri_text().to_owned();
        let route = response.record_routes().next().unwrap().unwrap().uri_text().to_owned();
        let tag = response.to().unwrap().tag().unwrap().to_owned();
        let head = format!(
            "{method} {target} SIP/2.0
Via: SIP/2.0/TCP {ALICE};branch=z9hG4bK{method};rport
Max-Forwards: 70
Route: <{route}>
From: <sip:alice@home1.example>;tag=a1
To: <sip:im-factory@home1.example>;tag={tag}
Call-ID: list-1
CSeq: {cseq} {method}"
        );
        self.wire.sip(self.alice, &head, "");
    }

    /// A recipient is hung up on.
    fn bye(&mut self, flow: FlowId) {
        let bye = self.wire.request(flow);
        assert_eq!(bye.method().as_str(), "BYE");
        self.answer(flow, &bye, StatusCode::OK, "");
    }

    /// Bob hangs up.
    fn bob_hangs_up(&mut self, invitation: &Request) {
        let route = invitation.record_routes().next().unwrap().unwrap().uri_text();
        let contact = invitation.contacts().next().unwrap().unwrap().uri_text();
        let (call_id, from) =
            (invitation.call_id().unwrap(), invitation.headers().get(HeaderName::FROM).unwrap());
        let head = format!(
            "BYE {contact} SIP/2.0
Via: SIP/2.0/TCP 192.0.2.2:5060;branch=z9hG4bKbye;rport
Route: <{route}>
From: <{BOB}>;tag=tag
To: {from}
Call-ID: {call_id}
CSeq: 1 BYE"
        );
        self.wire.sip(self.bob, &head, "");
        assert_eq!(self.wire.response(self.bob).status(), 200);
    }

    /// Nothing is left once everybody has gone and every timer has run out.
    fn check_clean(&mut self) {
        self.wire.advance(Duration::from_secs(120));
        let live = self.wire.live();
        assert!(live.is_idle() && live.msrp_flows == 0, "{live:?}");
        assert!(matches!(self.wire.events.last(), Some(Event::Ended { .. })), "{:?}", self.wire.events);
    }
}

impl End {
    /// Sends a frame, all of a message.
    fn send(&self, wire: &mut Wire, tid: &str, headers: &str, content: &str) {
        let Self { own, peer, .. } = self;
        let content = if content.is_empty() { String::new() } else { format!("\r\n{content}\r\n") };
        let text = format!(
            "MSRP {tid} SEND\r\nTo-Path: {peer}\r\nFrom-Path: {own}\r\nMessage-ID: id-{tid}\r\n{headers}{content}\
             -------{tid}$\r\n"
        );
        wire.write(self.flow, Protocol::Msrp, &text);
    }

    /// Sends a text that wants to be reported.
    fn send_text(&self, wire: &mut Wire, tid: &str, text: &str) {
        let (len, headers) = (text.len(), "Success-Report: yes\r\nContent-Type: text/plain");
        self.send(wire, tid, &format!("Byte-Range: 1-{len}/{len}\r\n{headers}\r\n"), text);
    }

    /// Answers the request at the start of `frame`.
    fn respond(&self, wire: &mut Wire, frame: &str, status: &str) {
        let Self { own, peer, .. } = self;
        let tid = frame.split(' ').nth(1).unwrap();
        let text = format!("MSRP {tid} {status}\r\nTo-Path: {peer}\r\nFrom-Path: {own}\r\n-------{tid}$\r\n");
        wire.write(self.flow, Protocol::Msrp, &text);
    }

    /// Takes a text in one chunk and answers it.
    #[track_caller]
    fn take_text(&self, wire: &mut Wire, text: &str, status: &str) {
        let frame = wire.take(self.flow);
        assert!(frame.contains(&format!("\r\n\r\n{text}\r\n-------")), "{frame}");
        self.respond(wire, &frame, status);
    }
}

fn header(frame: &str, name: &str) -> String {
    frame.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap().to_owned()
}

#[test]
fn seed_14_to_16_a_text_to_two_from_invite_to_bye() {
    let mut room = Room::new(&config(), OFFER);
    let invitation = room.wire.request(room.bob);
    assert_eq!(invitation.from().unwrap().uri_text(), "sip:alice@home1.example");
    assert_eq!(invitation.headers().get(HeaderName::P_ASSERTED_IDENTITY), Some("<sip:alice@home1.example>"));
    assert!(invitation.contacts().next().unwrap().unwrap().is_focus());
    let body = String::from_utf8(invitation.body().to_vec()).unwrap();
    for part in ["a=sendonly", "a=setup:actpass", "recipient-list-history", BOB, CAROL] {
        assert!(body.contains(part), "{part}: {body}");
    }
    assert!(!body.contains(ALICE_PATH), "the sender's path stays with the focus");

    let bob = room.accept_invitation(room.bob, "192.0.2.2", &invitation);
    assert_eq!(room.wire.response(room.alice).status(), 180, "carol has not answered");
    let carol = room.accept(room.carol, "192.0.2.3");
    let (ok, alice) = room.enter();
    assert!(ok.contacts().next().unwrap().unwrap().is_focus());
    let answer = String::from_utf8(ok.body().to_vec()).unwrap();
    for line in [
        "a=recvonly",
        "a=setup:passive",
        "a=accept-types:message/cpim text/plain",
        "m=message 2855 TCP/MSRP *",
    ] {
        assert!(answer.lines().any(|other| other == line), "{line}: {answer}");
    }

    alice.send_text(&mut room.wire, "text", "Lunch at noon?");
    bob.take_text(&mut room.wire, "Lunch at noon?", "200 OK");
    assert!(!room.wire.take(alice.flow).contains("REPORT"), "carol does not have it");
    carol.take_text(&mut room.wire, "Lunch at noon?", "200 OK");
    let told = room.wire.take(alice.flow);
    assert!(told.contains(" REPORT\r\n") && told.contains("Status: 000 200"), "{told}");
    assert_eq!(
        (header(&told, "Message-ID"), header(&told, "Byte-Range")),
        ("id-text".into(), "1-14/14".into())
    );
    assert!(matches!(room.wire.events.last(), Some(Event::Reported { delivered: 2, of: 2, .. })));

    room.bye(room.bob);
    room.bye(room.carol);
    room.in_dialog(&ok, "BYE", 3);
    assert_eq!(room.wire.response(room.alice).status(), 200);
    room.check_clean();
}

#[test]
fn one_who_refuses_made_a_choice_and_the_rest_counts() {
    let mut room = Room::new(&config(), OFFER);
    room.refuse(room.carol, StatusCode::DECLINE);
    let bob = room.accept(room.bob, "192.0.2.2");
    let (ok, alice) = room.enter();
    alice.send_text(&mut room.wire, "text", "hi");
    bob.take_text(&mut room.wire, "hi", "200 OK");
    assert!(room.wire.take(alice.flow).contains("Status: 000 200"));
    let declined =
        |event: &Event| matches!(event, Event::Answered { outcome: RecipientOutcome::Declined, .. });
    assert!(room.wire.events.iter().any(declined));
    room.bye(room.bob);
    room.in_dialog(&ok, "BYE", 3);
    room.check_clean();
}

#[test]
fn rfc3261_21_when_all_refuse_the_sender_is_declined() {
    let mut room = Room::new(&config(), OFFER);
    room.refuse(room.carol, StatusCode::DECLINE);
    room.refuse(room.bob, StatusCode::NOT_ACCEPTABLE_HERE);
    assert_eq!(room.wire.response(room.alice).status(), 603);
    room.check_clean();
}

#[test]
fn seed_16_one_who_cannot_be_reached_makes_it_a_failure_that_says_how_many() {
    let mut room = Room::new(&config(), OFFER);
    room.refuse(room.carol, StatusCode::BUSY_HERE);
    let bob = room.accept(room.bob, "192.0.2.2");
    let (ok, alice) = room.enter();
    alice.send_text(&mut room.wire, "text", "hi");
    bob.take_text(&mut room.wire, "hi", "200 OK");
    let told = room.wire.take(alice.flow);
    assert!(told.starts_with("MSRP text 200 OK\r\n"), "the hop took it: {told}");
    assert!(told.contains(" REPORT\r\n") && told.contains("Status: 000 480 1 of 2 delivered\r\n"), "{told}");
    assert!(matches!(room.wire.events.last(), Some(Event::Reported { delivered: 1, of: 2, .. })));
    room.bye(room.bob);
    room.in_dialog(&ok, "BYE", 3);
    room.check_clean();
}

#[test]
fn a_recipient_that_takes_nothing_is_dropped_after_its_timer() {
    let mut room = Room::new(&config(), OFFER);
    let bob = room.accept(room.bob, "192.0.2.2");
    let carol = room.accept(room.carol, "192.0.2.3");
    let (ok, alice) = room.enter();
    alice.send_text(&mut room.wire, "text", "hi");
    bob.take_text(&mut room.wire, "hi", "200 OK");
    // Carol got it and never answers.
    assert!(room.wire.take(carol.flow).contains("\r\n\r\nhi\r\n"));
    room.wire.advance(Duration::from_secs(31));
    let told = room.wire.take(alice.flow);
    assert!(told.contains("Status: 000 408 1 of 2 delivered\r\n"), "{told}");
    assert!(matches!(room.wire.events.last(), Some(Event::Reported { delivered: 1, of: 2, .. })));
    room.bye(room.bob);
    room.bye(room.carol);
    room.in_dialog(&ok, "BYE", 3);
    room.check_clean();
}

#[test]
fn one_who_never_answers_is_cancelled_and_the_others_get_it() {
    let mut room = Room::new(&config(), OFFER);
    let invitation = room.wire.request(room.carol);
    room.answer(room.carol, &invitation, StatusCode::RINGING, "");
    let bob = room.accept(room.bob, "192.0.2.2");
    room.wire.advance(Duration::from_secs(90));
    let cancel = room.wire.request(room.carol);
    assert_eq!(cancel.method().as_str(), "CANCEL");
    room.answer(room.carol, &cancel, StatusCode::OK, "");
    room.answer(room.carol, &invitation, StatusCode::REQUEST_TERMINATED, "");
    let (ok, alice) = room.enter();
    alice.send_text(&mut room.wire, "text", "hi");
    bob.take_text(&mut room.wire, "hi", "200 OK");
    assert!(room.wire.take(alice.flow).contains("408"));
    room.bye(room.bob);
    room.in_dialog(&ok, "BYE", 3);
    room.check_clean();
}

#[test]
fn a_sender_that_cancels_takes_the_invitations_back() {
    let mut room = Room::new(&config(), OFFER);
    let invitation = room.wire.request(room.bob);
    room.answer(room.bob, &invitation, StatusCode::RINGING, "");
    let bob = room.accept(room.carol, "192.0.2.3");
    let _ = room.wire.take(room.alice);
    let head = format!(
        "CANCEL sip:im-factory@home1.example SIP/2.0
Via: SIP/2.0/TCP {ALICE};branch=z9hG4bKlist2;rport
From: <sip:alice@home1.example>;tag=a1
To: <sip:im-factory@home1.example>
Call-ID: list-1
CSeq: 2 CANCEL"
    );
    room.wire.sip(room.alice, &head, "");
    let statuses: Vec<_> = room.wire.messages(room.alice);
    let statuses: Vec<_> = statuses.iter().map(|one| one.as_response().unwrap().status().as_u16()).collect();
    assert_eq!(statuses, [200, 487]);
    room.bye(room.carol);
    let cancel = room.wire.request(room.bob);
    assert_eq!(cancel.method().as_str(), "CANCEL");
    room.answer(room.bob, &cancel, StatusCode::OK, "");
    room.answer(room.bob, &invitation, StatusCode::REQUEST_TERMINATED, "");
    let _ = bob;
    room.check_clean();
}

#[test]
fn a_sender_that_vanishes_leaves_nothing_behind() {
    for hangs_up in [true, false] {
        let mut room = Room::new(&config(), OFFER);
        room.refuse(room.carol, StatusCode::DECLINE);
        let bob = room.accept(room.bob, "192.0.2.2");
        let (ok, alice) = room.enter();
        // Half of a message of 4000 octets.
        let head = "Byte-Range: 1-*/4000\r\nContent-Type: text/plain\r\n";
        let text = format!(
            "MSRP half SEND\r\nTo-Path: {}\r\nFrom-Path: {}\r\nMessage-ID: half\r\n{head}\r\n{}",
            alice.peer,
            alice.own,
            "x".repeat(2000)
        );
        room.wire.write(alice.flow, Protocol::Msrp, &text);
        if hangs_up {
            room.in_dialog(&ok, "BYE", 3);
            assert_eq!(room.wire.response(room.alice).status(), 200);
        } else {
            room.wire.advance(Duration::from_secs(61));
            assert_eq!(room.wire.request(room.alice).method().as_str(), "BYE");
        }
        room.bye(room.bob);
        let _ = bob;
        room.check_clean();
    }
}

#[test]
fn content_waits_for_the_slowest_and_the_sender_is_held_back() {
    let mut config = config();
    config.limits.window = 100_000;
    config.limits.chunk_size = 10_000;
    let mut room = Room::new(&config, OFFER);
    let bob = room.accept(room.bob, "192.0.2.2");
    let carol = room.accept(room.carol, "192.0.2.3");
    let (_, alice) = room.enter();
    // Carol's connection asks for nothing before her session is bound, so make her slow by not answering chunks:
    // 128 of them may be under way, so the window fills first. Bob answers everything.
    let size = 3_000_000;
    let text = format!(
        "MSRP long SEND\r\nTo-Path: {}\r\nFrom-Path: {}\r\nMessage-ID: long\r\nByte-Range: 1-*/{size}\r\n\
         Content-Type: text/plain\r\n\r\n",
        alice.peer, alice.own
    );
    room.wire.write(alice.flow, Protocol::Msrp, &text);
    let mut sent = 0;
    while sent < size && room.wire.server.wants_received(alice.flow) {
        room.wire.write(alice.flow, Protocol::Msrp, &"x".repeat(10_000));
        sent += 10_000;
        let frames = room.wire.take(bob.flow);
        for frame in frames.split("MSRP ").filter(|frame| frame.contains(" SEND\r\n")) {
            bob.respond(&mut room.wire, &format!("MSRP {frame}"), "200 OK");
        }
    }
    assert!(sent < size, "the sender was never held back");
    assert!(
        sent <= 128 * 10_000 + 2 * 100_000,
        "{sent} octets were taken for a recipient that takes no more"
    );
    // She answers, and it goes on.
    let frames = room.wire.take(carol.flow);
    for frame in frames.split("MSRP ").filter(|frame| frame.contains(" SEND\r\n")) {
        carol.respond(&mut room.wire, &format!("MSRP {frame}"), "200 OK");
    }
    assert!(room.wire.server.wants_received(alice.flow));
}

#[test]
fn a_focus_that_answers_at_once_keeps_a_text_for_those_who_have_not() {
    let mut config = config();
    config.timers.settle = Duration::ZERO;
    let mut room = Room::new(&config, OFFER);
    let (ok, alice) = room.enter();
    alice.send_text(&mut room.wire, "text", "hi");
    assert!(room.wire.take(alice.flow).starts_with("MSRP text 200 OK\r\n"), "the hop took it");
    let bob = room.accept(room.bob, "192.0.2.2");
    bob.take_text(&mut room.wire, "hi", "200 OK");
    let ringing = room.wire.request(room.carol);
    room.answer(room.carol, &ringing, StatusCode::RINGING, "");
    room.wire.advance(Duration::from_secs(60));
    let carol = room.accept_invitation(room.carol, "192.0.2.3", &ringing);
    carol.take_text(&mut room.wire, "hi", "200 OK");
    assert!(room.wire.take(alice.flow).contains("Status: 000 200"));
    room.bye(room.bob);
    room.bye(room.carol);
    room.in_dialog(&ok, "BYE", 3);
    room.check_clean();
}

#[test]
fn seed_16_a_focus_that_answered_at_once_reports_403_when_all_refuse() {
    let mut config = config();
    config.timers.settle = Duration::ZERO;
    let mut room = Room::new(&config, OFFER);
    let (ok, alice) = room.enter();
    alice.send_text(&mut room.wire, "text", "hi");
    let _ = room.wire.take(alice.flow);
    room.refuse(room.bob, StatusCode::DECLINE);
    room.refuse(room.carol, StatusCode::DECLINE);
    assert!(room.wire.take(alice.flow).contains("Status: 000 403 0 of 0 delivered"));
    room.in_dialog(&ok, "BYE", 3);
    room.check_clean();
}

#[test]
fn rfc5364_5_others_see_neither_bcc_nor_who_is_anonymous() {
    let entries = [
        ("bob", "cp:copyControl=\"to\""),
        ("carol", "cp:copyControl=\"cc\" cp:anonymize=\"true\""),
        ("dave", "cp:copyControl=\"bcc\""),
        ("eve", ""),
    ];
    let entries: String = entries
        .iter()
        .map(|(name, how)| format!("<entry uri=\"sip:{name}@home1.example\" {how}/>"))
        .collect();
    let recipients = list(&[]).replace("<list>", &format!("<list>{entries}"));
    let mut room = Room::with_list(&config(), OFFER, &recipients);
    let body = String::from_utf8(room.wire.request(room.bob).body().to_vec()).unwrap();
    let history = body.split("recipient-list-history").nth(1).unwrap();
    assert!(history.contains(BOB) && history.contains("sip:anonymous@anonymous.invalid"), "{history}");
    assert!(history.contains("count=\"1\"") || !history.contains("count"), "{history}");
    for hidden in ["carol", "dave", "eve"] {
        assert!(!body.contains(hidden), "{hidden}: {body}");
    }
}

#[test]
fn rfc6135_4_2_an_offer_that_is_passive_is_connected_to() {
    let mut room = Room::new(&config(), &OFFER.replace("a=setup:active", "a=setup:passive"));
    let bob = room.accept(room.bob, "192.0.2.2");
    room.refuse(room.carol, StatusCode::DECLINE);
    let ok = room.wire.response(room.alice);
    assert!(String::from_utf8(ok.body().to_vec()).unwrap().contains("a=setup:active"));
    room.in_dialog(&ok, "ACK", 2);
    let flow = room.wire.connect();
    let bind = room.wire.take(flow);
    let alice = End { flow, own: ALICE_PATH.to_owned(), peer: header(&bind, "From-Path") };
    alice.respond(&mut room.wire, &bind, "200 OK");
    alice.send_text(&mut room.wire, "text", "hi");
    bob.take_text(&mut room.wire, "hi", "200 OK");
    assert!(room.wire.take(flow).contains("Status: 000 200"));
}

/// Alice sends "hi" to bob, whose MSRP session is at the end of `path`: their ends and the frame that bob has to answer.
fn hi_to_bob(path: &str) -> (Room, Request, End, End, String) {
    let mut room = Room::new(&config(), OFFER);
    room.refuse(room.carol, StatusCode::DECLINE);
    let invitation = room.wire.request(room.bob);
    let bob = room.accept_at(room.bob, path, &invitation);
    let (_, alice) = room.enter();
    alice.send_text(&mut room.wire, "text", "hi");
    let frame = room.wire.take(bob.flow);
    (room, invitation, alice, bob, frame)
}

#[test]
fn a_recipient_that_hangs_up_right_after_its_last_response_has_it() {
    let (mut room, invitation, alice, bob, frame) = hi_to_bob("msrp://192.0.2.2:2855/end;tcp");
    // Its BYE overtakes its 200.
    room.bob_hangs_up(&invitation);
    bob.respond(&mut room.wire, &frame, "200 OK");
    assert!(room.wire.take(alice.flow).contains("Status: 000 200"));
}

#[test]
fn rfc4976_3_a_recipient_that_hangs_up_has_it_if_its_relay_brings_the_report_all_the_same() {
    let path = "msrp://192.0.2.9:2855/relay;tcp msrp://192.0.2.2:2855/end;tcp";
    for brings in [true, false] {
        let (mut room, invitation, alice, relay, frame) = hi_to_bob(path);
        relay.respond(&mut room.wire, &frame, "200 OK");
        room.bob_hangs_up(&invitation);
        assert!(!room.wire.take(alice.flow).contains("REPORT"), "bob has not said whether he has it");
        if brings {
            let (peer, id) = (&relay.peer, header(&frame, "Message-ID"));
            let report = format!(
                "MSRP said REPORT\r\nTo-Path: {peer}\r\nFrom-Path: {path}\r\nMessage-ID: {id}\r\n\
                 Byte-Range: 1-2/2\r\nStatus: 000 200 OK\r\n-------said$\r\n"
            );
            room.wire.write(relay.flow, Protocol::Msrp, &report);
        } else {
            room.wire.advance(Duration::from_secs(3));
        }
        let status = if brings { "Status: 000 200" } else { "Status: 000 408 0 of 1 delivered" };
        let told = room.wire.take(alice.flow);
        assert!(told.contains(status), "{told}");
    }
}

#[test]
fn what_a_recipient_does_not_take_is_not_sent_to_it() {
    for (from, to, status) in
        [("text/plain", "text/html", "415"), ("a=recvonly", "a=max-size:1\r\na=recvonly", "413")]
    {
        let mut room = Room::new(&config(), OFFER);
        room.refuse(room.carol, StatusCode::DECLINE);
        let invitation = room.wire.request(room.bob);
        let answer = "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=message 2855 TCP/MSRP *\r\n\
             a=recvonly\r\na=accept-types:text/plain\r\na=path:msrp://192.0.2.2:2855/b;tcp\r\na=setup:active\r\n";
        room.answer(room.bob, &invitation, StatusCode::OK, &answer.replace(from, to));
        let _ = room.wire.take(room.bob);
        let (_, alice) = room.enter();
        // Bob connects.
        let flow = room.wire.accept(Protocol::Msrp, Transport::Tcp, "192.0.2.2:40000");
        let offered = String::from_utf8(invitation.body().to_vec()).unwrap();
        let peer = offered.lines().find_map(|line| line.strip_prefix("a=path:")).unwrap().to_owned();
        let bob = End { flow, own: "msrp://192.0.2.2:2855/b;tcp".to_owned(), peer };
        bob.send(&mut room.wire, "bind", "Byte-Range: 1-0/0\r\n", "");
        let _ = room.wire.take(flow);
        alice.send_text(&mut room.wire, "text", "hi");
        assert_eq!(room.wire.take(flow), "", "{to}");
        let told = room.wire.take(alice.flow);
        assert!(told.contains(&format!("000 {status} 0 of 1 delivered")), "{to}: {told}");
    }
}

#[test]
fn rfc5366_4_3_a_list_in_a_conference_that_exists_is_a_bad_extension() {
    let mut room = Room::new(&config(), OFFER);
    let _bob = room.accept(room.bob, "192.0.2.2");
    room.refuse(room.carol, StatusCode::DECLINE);
    let (ok, _) = room.enter();
    room.in_dialog(&ok, "INVITE", 3);
    assert_ne!(room.wire.response(room.alice).status(), 420, "without a list it is the user agent's");
    let target = ok.contacts().next().unwrap().unwrap().uri_text().to_owned();
    let route = ok.record_routes().next().unwrap().unwrap().uri_text().to_owned();
    let tag = ok.to().unwrap().tag().unwrap().to_owned();
    let head = format!(
        "INVITE {target} SIP/2.0
Via: SIP/2.0/TCP {ALICE};branch=z9hG4bKre2;rport
Route: <{route}>
From: <sip:alice@home1.example>;tag=a1
To: <sip:im-factory@home1.example>;tag={tag}
Call-ID: list-1
CSeq: 4 INVITE
Require: recipient-list-invite"
    );
    room.wire.sip(room.alice, &head, "");
    let refused = room.wire.response(room.alice);
    assert_eq!(refused.status(), 420);
    assert_eq!(refused.headers().get(HeaderName::UNSUPPORTED), Some("recipient-list-invite"));
}

#[test]
fn a_stranger_on_the_msrp_port_gets_nothing() {
    let mut room = Room::new(&config(), OFFER);
    let stranger = room.wire.accept(Protocol::Msrp, Transport::Tcp, "198.51.100.9:40000");
    let end = End {
        flow: stranger,
        own: "msrp://198.51.100.9:2855/x;tcp".to_owned(),
        peer: "msrp://192.0.2.10:2855/guess;tcp".to_owned(),
    };
    end.send_text(&mut room.wire, "text", "hi");
    assert!(room.wire.take(stranger).starts_with("MSRP text 481"));
    let silent = room.wire.accept(Protocol::Msrp, Transport::Tcp, "198.51.100.9:40001");
    room.wire.advance(Duration::from_secs(11));
    assert!(room.wire.closed.contains(&silent) && room.wire.closed.contains(&stranger));
    assert_eq!(SERVER, "192.0.2.10:5060");
}

#[test]
fn rfc3261_16_3_a_list_in_a_list_is_not_taken_apart() {
    let config = config()
        .group("team", ["sip:alice@home1.example", BOB, "sip:staff@home1.example"])
        .group("staff", ["sip:alice@home1.example", BOB, "sip:team@home1.example"]);
    let mut wire = Wire::new(&config);
    let bob = register(&mut wire, "bob", Transport::Tcp, "192.0.2.2:5060");
    let alice = wire.accept(Protocol::Sip, Transport::Tcp, ALICE);
    let (content_type, body) = multipart(&[("Content-Type: application/sdp", OFFER)]);
    let head = invite("sip:team@home1.example", &format!("Content-Type: {content_type}"));
    wire.authorized(alice, "alice", "ecila", &head, &body);
    assert_eq!((wire.messages(bob).len(), wire.live().conferences), (1, 1));
    let failed = |event: &&Event| {
        matches!(event, Event::Answered { recipient, outcome: RecipientOutcome::Failed, .. }
            if *recipient == *"sip:staff@home1.example")
    };
    assert_eq!(wire.events.iter().filter(failed).count(), 1);
}

#[test]
fn nobody_is_asked_twice_however_the_list_names_him() {
    let named: Vec<_> = (1..=20).map(|ttl| format!("sip:bob@home1.example;ttl={ttl}")).collect();
    let named: Vec<_> = named.iter().map(String::as_str).collect();
    let mut room = Room::with_list(&config(), OFFER, &list(&named));
    let asked = room.wire.messages(room.bob).len();
    assert_eq!(asked, 1, "bob's phone rings {asked} times");
}
