//! As sender.

use std::time::Duration;

use simple_im_pager::{
    Dialect, ErrorKind, Event, FileToSend, FlowId, ItemOutcome, Outgoing, Profile, Protocol, Sha1Hash, To,
};

use crate::peer::{self, Bench, PEER, line};

const SIP: Protocol = Protocol::Sip;
const MSRP: Protocol = Protocol::Msrp;

fn peer() -> To {
    To::one(sip::Uri::parse(format!("sip:peer@{PEER};transport=tcp")).unwrap())
}

/// A text on its way: the flows, and what the client wrote as its one chunk with content.
fn sending(bench: &mut Bench, contact: &str) -> (FlowId, FlowId, String, String) {
    bench.agent.send(Outgoing::new(peer()).text("Lunch at noon?"), bench.now).unwrap();
    bench.settle();
    let sip = bench.connect(SIP)[0];
    let invite = bench.said(sip);
    answer(bench, sip, &invite, contact, "a=accept-types:text/plain\r\n");
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

/// 200 to an INVITE with one m-line, of these attributes.
fn answer(bench: &mut Bench, sip: FlowId, invite: &str, contact: &str, attributes: &str) {
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 {PEER}\r\ns=-\r\nc=IN IP4 {PEER}\r\nt=0 0\r\nm=message 2855 TCP/MSRP *\r\n\
         a=recvonly\r\na=path:msrp://{PEER}:2855/peer0123456789ab;tcp\r\na=setup:passive\r\n{attributes}"
    );
    let dialog = format!(
        "Via:{}\r\nFrom:{}\r\nTo:{};tag=p\r\nCall-ID:{}\r\n",
        line(invite, "Via:"),
        line(invite, "From:"),
        line(invite, "To:"),
        line(invite, "Call-ID:")
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

/// The peer closes the one line of the session, which `bye` would end.
fn close_line(bench: &mut Bench, sip: FlowId, bye: &str) {
    let sdp = format!(
        "v=0\r\no=- 1 2 IN IP4 {PEER}\r\ns=-\r\nc=IN IP4 {PEER}\r\nt=0 0\r\nm=message 0 TCP/MSRP *\r\n"
    );
    let headers = format!(
        "Contact: <sip:peer@{PEER};transport=tcp>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    );
    let offer =
        bye.replace("BYE", "INVITE").replace("bye", "offer").replace("Content-Length: 0\r\n\r\n", &headers);
    bench.hear(sip, SIP, offer);
    assert!(bench.said(sip).contains("m=message 0 "));
}

#[test]
fn rfc5547_8_4_a_line_that_is_closed_before_the_last_response_is_here_is_no_failure() {
    let mut bench = Bench::new();
    let (sip, msrp, chunk, bye) = sending(&mut bench, "");
    bench.said(sip);
    close_line(&mut bench, sip, &bye);
    assert_eq!(verdict(&bench), (vec![], false));
    bench.hear(msrp, MSRP, ok(&chunk));
    assert_eq!(verdict(&bench).0, ["delivered"]);

    let mut bench = Bench::new();
    let (sip, _, _, bye) = sending(&mut bench, "");
    bench.said(sip);
    close_line(&mut bench, sip, &bye);
    bench.wait(Duration::from_secs(40));
    assert_eq!(verdict(&bench).0.len(), 1, "whoever closes it and says no more: {:#?}", bench.events);
    assert_ne!(verdict(&bench).0, ["delivered"]);
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
fn seed_18_a_report_that_only_we_asked_for_may_be_lost_with_the_connection() {
    let mut profile = Profile::generic();
    profile.direct_reports = true;
    let mut bench = Bench::with(profile);
    let (sip, msrp, chunk, bye) = sending(&mut bench, "");
    assert!(chunk.contains("Success-Report: yes"), "{chunk}");
    bench.hear(msrp, MSRP, ok(&chunk));
    bench.close(msrp, MSRP);
    bench.hear(sip, SIP, bye);
    bench.wait(Duration::from_secs(3));
    assert_eq!(verdict(&bench), (vec!["delivered".to_owned()], true), "the 200 was the peer's own");
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

/// A file of 1000 octets of which the peer has 600, offered: the flow of SIP, the INVITE, and its selector.
fn resuming(bench: &mut Bench) -> (FlowId, String, String) {
    let octets: Vec<u8> = (0..1000_u32).map(|i| u8::try_from(i % 26).unwrap() + b'a').collect();
    let mut file = FileToSend::new("x.txt", "text/plain", 1000, Sha1Hash::of(&octets));
    file.skip = 600;
    bench.source = octets.into();
    bench.agent.send(Outgoing::new(peer()).file(file), bench.now).unwrap();
    bench.settle();
    let sip = bench.connect(SIP)[0];
    let invite = bench.said(sip);
    assert_eq!(line(&invite, "a=file-range:"), "601-1000");
    let selector = format!("a=file-selector:{}\r\n", line(&invite, "a=file-selector:"));
    assert!(selector.contains("size:1000 "), "of the whole file: {selector}");
    (sip, invite, selector)
}

#[test]
fn rfc5547_6_only_the_rest_of_a_file_is_sent_and_counted_from_1() {
    let mut bench = Bench::new();
    let (sip, invite, selector) = resuming(&mut bench);
    let attributes = format!("a=accept-types:text/plain\r\n{selector}a=file-range:601-1000\r\n");
    answer(&mut bench, sip, &invite, "", &attributes);
    let msrp = bench.connect(MSRP)[0];
    let bodiless = bench.said(msrp);
    bench.hear(msrp, MSRP, ok(&bodiless));
    let chunk = bench.said(msrp);
    assert!(line(&chunk, "Byte-Range:").ends_with("/400"), "{chunk}");
    let rest = std::str::from_utf8(&bench.source[600..]).unwrap();
    assert!(chunk.contains(&format!("\r\n\r\n{rest}\r\n-------")), "{chunk}");
    bench.hear(msrp, MSRP, ok(&chunk));
    assert_eq!(verdict(&bench).0, ["delivered"]);
    let progress: Vec<(u64, u64, u64)> = bench
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Progress { sent, acknowledged, size, .. } => Some((*sent, *acknowledged, *size)),
            _ => None,
        })
        .collect();
    assert_eq!(progress.last(), Some(&(1000, 1000, 1000)), "of the whole file: {progress:?}");
    assert!(
        progress.iter().all(|&(sent, acknowledged, _)| sent >= 600 && acknowledged >= 600),
        "{progress:?}"
    );
}

#[test]
fn rfc5547_6_the_rest_of_a_file_goes_into_an_envelope_where_the_peer_wants_one() {
    let mut bench = Bench::new();
    let (sip, invite, selector) = resuming(&mut bench);
    let envelope = "a=accept-types:message/cpim\r\na=accept-wrapped-types:*\r\n";
    answer(&mut bench, sip, &invite, "", &format!("{envelope}{selector}a=file-range:601-1000\r\n"));
    let msrp = bench.connect(MSRP)[0];
    let bodiless = bench.said(msrp);
    bench.hear(msrp, MSRP, ok(&bodiless));
    let chunk = bench.said(msrp);
    assert_eq!(line(&chunk, "Content-Type:").trim(), "message/cpim");
    let rest = std::str::from_utf8(&bench.source[600..]).unwrap();
    let (_, message) = chunk.split_once("\r\n\r\n").unwrap();
    let (_, content) = message.split_once("Content-Type: text/plain").unwrap();
    assert_eq!(content.split_once("\r\n-------").unwrap().0.trim_start(), rest);
    let total = message.split_once("\r\n-------").unwrap().0.len();
    assert!(line(&chunk, "Byte-Range:").ends_with(&format!("/{total}")), "{chunk}");
    bench.hear(msrp, MSRP, ok(&chunk));
    assert_eq!(verdict(&bench).0, ["delivered"]);
}

#[test]
fn rfc5547_8_3_1_no_rest_is_sent_to_a_peer_that_may_take_it_for_the_whole() {
    let mut bench = Bench::new();
    let (sip, invite, selector) = resuming(&mut bench);
    answer(&mut bench, sip, &invite, "", &format!("a=accept-types:text/plain\r\n{selector}"));
    assert!(bench.connect(MSRP).is_empty());
    let broken = ErrorKind::NotAccepted("part of a file");
    assert!(
        bench.events.iter().any(|event| matches!(
            event,
            Event::Item { outcome: ItemOutcome::Failed(error), .. } if *error.kind() == broken
        )),
        "{:#?}",
        bench.events
    );
}

#[test]
fn rfc5547_6_a_rest_that_cannot_be_said_is_told_at_once() {
    let failure = |skip: u64, dialect: Dialect| {
        let mut profile = Profile::generic();
        profile.dialect = dialect;
        let mut bench = Bench::with(profile);
        let mut file = FileToSend::new("x.txt", "text/plain", 1000, Sha1Hash::of(b""));
        file.skip = skip;
        bench.agent.send(Outgoing::new(peer()).file(file), bench.now).err().map(|error| error.kind().clone())
    };
    assert_eq!(failure(999, Dialect::Dual), None);
    let unwritable = Some(ErrorKind::Unwritable("part of a file"));
    assert_eq!(failure(1000, Dialect::Dual), unwritable);
    assert_eq!(failure(1, Dialect::Legacy), unwritable);
}

#[test]
fn rfc3261_9_1_a_message_that_is_cancelled_while_its_2xx_is_on_its_way_has_a_verdict() {
    let mut bench = Bench::new();
    let transfer = bench.agent.send(Outgoing::new(peer()).text("Lunch at noon?"), bench.now).unwrap();
    bench.settle();
    let sip = bench.connect(SIP)[0];
    let invite = bench.said(sip);
    bench.agent.cancel(transfer, bench.now);
    bench.settle();
    answer(&mut bench, sip, &invite, "", "a=accept-types:text/plain\r\n");
    bench.wait(Duration::from_secs(60));
    assert_eq!(verdict(&bench), (vec![ErrorKind::Cancelled.to_string()], true), "{:#?}", bench.events);
}

/// 481 to the UPDATE that refreshes the session: the server has started again and knows nothing of it.
fn lose_dialog(bench: &mut Bench, sip: FlowId) {
    bench.wait(Duration::from_secs(46));
    let update = bench.said(sip);
    let at = update.find("UPDATE ").unwrap();
    let gone = peer::answer(update.get(at..).unwrap(), "481 Call/Transaction Does Not Exist");
    bench.hear(sip, SIP, gone);
}

const REFRESHED_BY_US: &str =
    "\r\nAllow: INVITE, ACK, CANCEL, BYE, UPDATE\r\nRequire: timer\r\nSession-Expires: 90;refresher=uac";

#[test]
fn seed_16_a_dialog_that_is_lost_while_the_report_is_awaited_is_no_failure() {
    let mut bench = Bench::new();
    let (sip, msrp, chunk, _) = sending(&mut bench, &format!(";isfocus{REFRESHED_BY_US}"));
    bench.hear(msrp, MSRP, ok(&chunk));
    lose_dialog(&mut bench, sip);
    bench.wait(Duration::from_secs(200));
    assert_eq!(verdict(&bench), (vec!["unconfirmed".to_owned()], true), "it was taken, and may be there");
}

#[test]
fn seed_18_a_dialog_that_is_lost_after_the_200s_of_a_direct_peer_is_no_failure() {
    let mut profile = Profile::generic();
    profile.direct_reports = true;
    let mut bench = Bench::with(profile);
    let (sip, msrp, chunk, _) = sending(&mut bench, REFRESHED_BY_US);
    bench.hear(msrp, MSRP, ok(&chunk));
    lose_dialog(&mut bench, sip);
    bench.wait(Duration::from_secs(200));
    assert_eq!(verdict(&bench), (vec!["delivered".to_owned()], true), "the 200 was the peer's own");
}
