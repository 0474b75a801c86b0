//! As sender.

use std::time::Duration;

use simple_im_pager::{ErrorKind, Event, FlowId, Outgoing, Protocol, To};

use crate::peer::{Bench, PEER, line};

const SIP: Protocol = Protocol::Sip;
const MSRP: Protocol = Protocol::Msrp;

/// A text on its way: the flows, and what the client wrote as its one chunk with content.
fn sending(bench: &mut Bench, contact: &str) -> (FlowId, FlowId, String, String) {
    let to = To::one(sip::Uri::parse(format!("sip:peer@{PEER};transport=tcp")).unwrap());
    bench.agent.send(Outgoing::new(to).text("Lunch at noon?"), bench.now).unwrap();
    bench.settle();
    let sip = bench.connect(SIP)[0];
    let invite = bench.said(sip);
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 {PEER}\r\ns=-\r\nc=IN IP4 {PEER}\r\nt=0 0\r\nm=message 2855 TCP/MSRP *\r\n\
         a=recvonly\r\na=accept-types:text/plain\r\na=path:msrp://{PEER}:2855/peer0123456789ab;tcp\r\n\
         a=setup:passive\r\n"
    );
    let dialog = format!(
        "Via:{}\r\nFrom:{}\r\nTo:{};tag=p\r\nCall-ID:{}\r\n",
        line(&invite, "Via:"),
        line(&invite, "From:"),
        line(&invite, "To:"),
        line(&invite, "Call-ID:")
    );
    bench.hear(
        sip,
        SIP,
        format!(
            "SIP/2.0 200 OK\r\n{dialog}CSeq: 1 INVITE\r\nContact: <sip:peer@{PEER};transport=tcp>{contact}\r\n\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        ),
    );
    let msrp = bench.connect(MSRP)[0];
    let bodiless = bench.said(msrp);
    assert!(bodiless.contains("Byte-Range: 1-0/0"), "peers want the first SEND without a body: {bodiless}");
    bench.hear(msrp, MSRP, ok(&bodiless));
    let chunk = bench.said(msrp);
    let bye = format!(
        "BYE sip:me@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/TCP {PEER};branch=z9hG4bKbye\r\nMax-Forwards: 70\r\n\
         From:{};tag=p\r\nTo:{}\r\nCall-ID:{}\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
        line(&invite, "To:"),
        line(&invite, "From:"),
        line(&invite, "Call-ID:")
    );
    (sip, msrp, chunk, bye)
}

/// 200 to a SEND.
fn ok(frame: &str) -> String {
    let tid = line(frame, "MSRP ").split(' ').next().unwrap();
    format!(
        "MSRP {tid} 200 OK\r\nTo-Path:{}\r\nFrom-Path:{}\r\n-------{tid}$\r\n",
        line(frame, "From-Path:"),
        line(frame, "To-Path:")
    )
}

/// The REPORT that the whole message has arrived.
fn report(frame: &str) -> String {
    format!(
        "MSRP rep00001 REPORT\r\nTo-Path:{}\r\nFrom-Path:{}\r\nMessage-ID:{}\r\nByte-Range: 1-14/14\r\n\
         Status: 000 200 OK\r\n-------rep00001$\r\n",
        line(frame, "From-Path:"),
        line(frame, "To-Path:"),
        line(frame, "Message-ID:")
    )
}

/// The verdict of the one message, and whether it is closed.
fn verdict(bench: &Bench) -> (Vec<String>, bool) {
    let told = bench.events.iter().filter_map(|event| match event {
        Event::Delivered { .. } => Some("delivered".to_owned()),
        Event::Unconfirmed { .. } => Some("unconfirmed".to_owned()),
        Event::Failed { error, .. } => Some(error.kind().to_string()),
        _ => None,
    });
    (told.collect(), bench.events.iter().any(|event| matches!(event, Event::Closed { .. })))
}

#[test]
fn seed_17_a_bye_that_overtakes_the_last_response_is_no_failure() {
    let mut bench = Bench::new();
    let (sip, msrp, chunk, bye) = sending(&mut bench, "");
    bench.hear(sip, SIP, bye);
    assert_eq!(verdict(&bench), (vec![], false));
    bench.hear(msrp, MSRP, ok(&chunk));
    assert_eq!(verdict(&bench), (vec!["delivered".to_owned()], true));
    bench.wait(Duration::from_secs(60));
    assert!(bench.agent.is_idle());
}

#[test]
fn seed_16_a_bye_that_overtakes_the_report_is_no_loss() {
    let mut bench = Bench::new();
    let (sip, msrp, chunk, bye) = sending(&mut bench, ";isfocus");
    assert!(chunk.contains("Success-Report: yes"), "SEED-14: {chunk}");
    bench.hear(msrp, MSRP, ok(&chunk));
    bench.hear(sip, SIP, bye);
    assert_eq!(verdict(&bench), (vec![], false));
    bench.hear(msrp, MSRP, report(&chunk));
    assert_eq!(verdict(&bench), (vec!["delivered".to_owned()], true));
}

#[test]
fn a_peer_that_hangs_up_and_never_responds_is_a_failure_after_a_short_grace() {
    let mut bench = Bench::new();
    let (sip, _, _, bye) = sending(&mut bench, "");
    bench.hear(sip, SIP, bye);
    bench.wait(Duration::from_secs(3));
    assert_eq!(verdict(&bench), (vec![ErrorKind::AbortedByPeer.to_string()], true));
    bench.wait(Duration::from_secs(60));
    assert!(bench.agent.is_idle());
}

#[test]
fn seed_16_no_report_in_time_is_unconfirmed() {
    let mut bench = Bench::new();
    let (_, msrp, chunk, _) = sending(&mut bench, ";isfocus");
    bench.hear(msrp, MSRP, ok(&chunk));
    bench.wait(Duration::from_secs(119));
    assert_eq!(verdict(&bench).0, Vec::<String>::new());
    bench.wait(Duration::from_secs(2));
    assert_eq!(verdict(&bench).0, ["unconfirmed"]);
}

#[test]
fn garbage_on_the_msrp_connection_fails_the_message_at_once() {
    let mut bench = Bench::new();
    let (_, msrp, _, _) = sending(&mut bench, "");
    bench.hear(msrp, MSRP, "HTTP/1.1 200 OK\r\n\r\n");
    assert_eq!(verdict(&bench).0, [ErrorKind::FlowLost.to_string()]);
}
