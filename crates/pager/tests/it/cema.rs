//! Behind middleboxes that rewrite `c=` and `m=` (RFC 6714).

use simple_im_pager::{Event, FlowId, Outgoing, Profile, Protocol, To};

use crate::peer::{Bench, PEER, line};

const SIP: Protocol = Protocol::Sip;
const MSRP: Protocol = Protocol::Msrp;
const BOX: &str = "198.51.100.1";

/// A text whose offer has `a=msrp-cema`, and its INVITE.
fn inviting() -> (Bench, FlowId, String) {
    let mut bench = Bench::with(Profile::ims());
    let to = To::one(sip::Uri::parse(format!("sip:peer@{PEER};transport=tcp")).unwrap());
    bench.agent.send(Outgoing::new(to).text("Lunch at noon?"), bench.now).unwrap();
    bench.settle();
    let sip = bench.connect(SIP)[0];
    let invite = bench.said(sip);
    assert!(invite.contains("\r\na=msrp-cema\r\n"), "{invite}");
    (bench, sip, invite)
}

/// The 200 of a peer, with what a middlebox made of its `c=` and `m=`.
fn answer(bench: &mut Bench, sip: FlowId, invite: &str, attributes: &str) {
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 {PEER}\r\ns=-\r\nc=IN IP4 {BOX}\r\nt=0 0\r\nm=message 7777 TCP/MSRP *\r\n\
         a=recvonly\r\na=accept-types:text/plain\r\na=path:msrp://{PEER}:2855/peer0123456789ab;tcp\r\n{attributes}"
    );
    let ok = format!(
        "SIP/2.0 200 OK\r\nVia:{}\r\nFrom:{}\r\nTo:{};tag=p\r\nCall-ID:{}\r\nCSeq:{}\r\n\
         Contact: <sip:peer@{PEER};transport=tcp>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        line(invite, "Via:"),
        line(invite, "From:"),
        line(invite, "To:"),
        line(invite, "Call-ID:"),
        line(invite, "CSeq:"),
        sdp.len()
    );
    bench.hear(sip, SIP, ok);
}

/// Where the client connects to for MSRP.
fn connects_to(bench: &Bench) -> Vec<String> {
    let targets = bench.opened.iter().filter(|(_, target)| target.protocol == MSRP);
    targets.map(|(_, target)| target.address.to_string()).collect()
}

#[test]
fn rfc6714_4_2_a_peer_that_knows_it_is_reached_at_the_middlebox_by_its_own_path() {
    let (mut bench, sip, invite) = inviting();
    answer(&mut bench, sip, &invite, "a=setup:passive\r\na=msrp-cema\r\n");
    assert_eq!(connects_to(&bench), [format!("{BOX}:7777")]);
    let msrp = bench.connect(MSRP)[0];
    let first = bench.said(msrp);
    assert_eq!(line(&first, "To-Path: "), format!("msrp://{PEER}:2855/peer0123456789ab;tcp"));
}

#[test]
fn rfc6714_4_2_who_does_not_know_it_and_is_passive_is_reached_there_too() {
    let (mut bench, sip, invite) = inviting();
    answer(&mut bench, sip, &invite, "a=setup:passive\r\n");
    assert_eq!(connects_to(&bench), [format!("{BOX}:7777")]);
}

#[test]
fn rfc6714_4_2_who_does_not_know_it_and_connects_is_offered_again_without_it() {
    let (mut bench, sip, invite) = inviting();
    answer(&mut bench, sip, &invite, "a=setup:active\r\n");
    let said = bench.said(sip);
    assert!(connects_to(&bench).is_empty());
    let (bye, again) = (said.find("BYE sip:"), said.rfind("INVITE sip:").expect("a new offer"));
    assert!(bye.is_some() && said.contains("ACK sip:"), "the old session ends: {said}");
    let again = said.get(again..).unwrap();
    assert!(again.contains("a=path:msrp://") && !again.contains("msrp-cema"), "{again}");
    assert_ne!(line(again, "Call-ID:"), line(&invite, "Call-ID:"));
    // What becomes of the old session is no news of the message.
    let bye = said.get(bye.unwrap()..).unwrap();
    let ok = format!(
        "SIP/2.0 200 OK\r\nVia:{}\r\nFrom:{}\r\nTo:{}\r\nCall-ID:{}\r\nCSeq:{}\r\nContent-Length: 0\r\n\r\n",
        line(bye, "Via:"),
        line(bye, "From:"),
        line(bye, "To:"),
        line(bye, "Call-ID:"),
        line(bye, "CSeq:")
    );
    bench.hear(sip, SIP, ok);
    assert!(!bench.events.iter().any(|event| matches!(event, Event::Answered { .. } | Event::Closed { .. })));
    // This time the middlebox stands in for the peer.
    let again = again.to_owned();
    answer(&mut bench, sip, &again, "a=setup:passive\r\n");
    assert_eq!(connects_to(&bench), [format!("{PEER}:2855")]);
}
