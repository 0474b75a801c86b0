//! As receiver.

use std::time::Duration;

use simple_im_pager::{ContentId, ErrorKind, Event, FlowId, OfferId, Pick, Protocol, Sha1Hash};

use crate::peer::{Bench, PEER, line, send};

const SIP: Protocol = Protocol::Sip;
const MSRP: Protocol = Protocol::Msrp;

/// An accepted offer: its flows, our URI in the answer, and our tag.
struct Dialog {
    sip: FlowId,
    msrp: FlowId,
    path: String,
    tag: String,
}

/// An offer of one m-line.
fn offered(bench: &mut Bench, attributes: &str) -> FlowId {
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 {PEER}\r\ns=-\r\nc=IN IP4 {PEER}\r\nt=0 0\r\nm=message 2855 TCP/MSRP *\r\n\
         a=sendonly\r\na=path:msrp://{PEER}:2855/peer0123456789ab;tcp\r\na=setup:active\r\n{attributes}"
    );
    let sip = bench.accept_flow(1, SIP);
    bench.hear(sip, SIP, request("INVITE", 1, "", "Content-Type: application/sdp\r\n", &sdp));
    sip
}

/// The offer that came in.
fn offer(bench: &Bench) -> OfferId {
    let offer = bench.events.iter().find_map(|event| match event {
        Event::Offer { offer, .. } => Some(*offer),
        _ => None,
    });
    offer.unwrap()
}

/// An offer of one m-line, accepted.
fn accepted(bench: &mut Bench, attributes: &str) -> Dialog {
    let dialog = answered(bench, attributes);
    bench.hear(dialog.sip, SIP, request("ACK", 1, &dialog.tag, "", ""));
    dialog
}

/// The same before the ACK.
fn answered(bench: &mut Bench, attributes: &str) -> Dialog {
    let sip = offered(bench, attributes);
    bench.agent.accept(offer(bench), &[Pick::Accept], bench.now).unwrap();
    bench.settle();
    let answer = bench.said(sip);
    let path = line(&answer, "a=path:").to_owned();
    let tag = answer.rsplit_once("To: <sip:me@192.0.2.1>").unwrap().1.lines().next().unwrap().to_owned();
    let msrp = bench.accept_flow(2, MSRP);
    Dialog { sip, msrp, path, tag }
}

fn request(method: &str, cseq: u32, to_tag: &str, headers: &str, body: &str) -> String {
    format!(
        "{method} sip:me@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP {PEER}:40001;branch=z9hG4bK{method}{cseq};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:peer@{PEER}>;tag=p\r\nTo: <sip:me@192.0.2.1>{to_tag}\r\nCall-ID: raw\r\n\
         CSeq: {cseq} {method}\r\nContact: <sip:peer@{PEER}:40001>\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

const TEXT: &str = "a=accept-types:text/plain\r\n";

fn file(size: usize, sha1: Sha1Hash) -> String {
    format!(
        "a=accept-types:image/png\r\na=filename:x.png\r\na=filetype:image/png\r\na=filesize:{size}\r\na=hash:SHA {sha1}\r\n"
    )
}

/// A part of a file of 1000 octets.
fn part(range: &str, hash: &str) -> String {
    format!(
        "a=accept-types:image/png\r\na=file-selector:name:\"x.png\" type:image/png size:1000{hash}\r\n\
         a=file-transfer-id:t\r\na=file-range:{range}\r\n"
    )
}

/// The SHA-1 selector of these octets.
fn sha1(octets: &[u8]) -> String {
    let pairs: Vec<String> =
        Sha1Hash::of(octets).octets().iter().map(|octet| format!("{octet:02X}")).collect();
    format!(" hash:sha-1:{}", pairs.join(":"))
}

fn texts(bench: &Bench) -> Vec<&str> {
    bench
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Text { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

fn files(bench: &Bench) -> usize {
    bench.events.iter().filter(|event| matches!(event, Event::File { .. })).count()
}

#[test]
fn rfc5547_8_7_a_second_message_on_a_line_does_not_mix_with_the_first() {
    let mut bench = Bench::new();
    let Dialog { msrp, path, .. } = accepted(&mut bench, TEXT);
    let mut both = send("tid00001", &path, "first", "1-5/5", "text/plain", b"hello", '$');
    both.extend(send("tid00002", &path, "second", "1-5/5", "text/plain", b"world", '$'));
    bench.hear(msrp, MSRP, both);
    assert_eq!(texts(&bench), ["hello"]);
    let said = bench.said(msrp);
    assert!(said.contains("MSRP tid00001 200") && said.contains("MSRP tid00002 4"), "{said}");
}

#[test]
fn rfc4975_7_3_1_octets_that_are_overwritten_are_hashed_as_stored() {
    let promised: Vec<u8> = (0..1000_u32).map(|i| u8::try_from(i % 251).unwrap()).collect();
    let mut bench = Bench::new();
    let Dialog { msrp, path, .. } = accepted(&mut bench, &file(1000, Sha1Hash::of(&promised)));
    bench.hear(msrp, MSRP, send("tid00001", &path, "m", "1-900/1000", "image/png", &promised[..900], '+'));
    bench.hear(msrp, MSRP, send("tid00002", &path, "m", "1-500/1000", "image/png", &[0xee; 500], '+'));
    bench.hear(msrp, MSRP, send("tid00003", &path, "m", "901-1000/1000", "image/png", &promised[900..], '$'));
    assert_eq!(files(&bench), 0, "what is stored is not what was promised");
    let mismatch = |event: &Event| matches!(event, Event::ReceiveFailed { error, .. } if *error.kind() == ErrorKind::Mismatch("hash"));
    assert!(bench.events.iter().any(mismatch), "{:#?}", bench.events);
    assert!(bench.whole.is_empty());
}

#[test]
fn rfc4975_7_3_1_octets_out_of_order_are_read_back_and_verified() {
    let promised: Vec<u8> = (0..1000_u32).map(|i| u8::try_from(i % 251).unwrap()).collect();
    let mut bench = Bench::new();
    let Dialog { msrp, path, .. } = accepted(&mut bench, &file(1000, Sha1Hash::of(&promised)));
    bench.hear(msrp, MSRP, send("tid00001", &path, "m", "501-1000/1000", "image/png", &promised[500..], '$'));
    bench.hear(msrp, MSRP, send("tid00002", &path, "m", "1-500/1000", "image/png", &promised[..500], '+'));
    assert_eq!(files(&bench), 1, "{:#?}", bench.events);
    assert_eq!(bench.whole.values().next(), Some(&promised));
}

#[test]
fn a_whole_file_survives_the_end_of_its_connection_and_of_its_session() {
    let promised = vec![5; 3000];
    let mut bench = Bench::new();
    let Dialog { sip, msrp, path, tag } = accepted(&mut bench, &file(3000, Sha1Hash::of(&promised)));
    bench.slow_disk = true;
    bench.hear(msrp, MSRP, send("tid00001", &path, "m", "1-3000/3000", "image/png", &promised, '$'));
    bench.close(msrp, MSRP);
    bench.hear(sip, SIP, request("BYE", 2, &tag, "", ""));
    assert_eq!(files(&bench), 0);
    bench.slow_disk = false;
    bench.flush();
    bench.settle();
    assert_eq!(files(&bench), 1, "{:#?}", bench.events);
    assert_eq!(bench.whole.values().next(), Some(&promised));
    bench.wait(Duration::from_secs(60));
    assert!(bench.agent.is_idle());
}

#[test]
fn a_file_that_is_being_given_its_name_is_not_called_back() {
    let promised = vec![5; 3000];
    let mut bench = Bench::new();
    let Dialog { sip, msrp, path, .. } = accepted(&mut bench, &file(3000, Sha1Hash::of(&promised)));
    bench.slow_names = true;
    bench.hear(msrp, MSRP, send("tid00001", &path, "m", "1-3000/3000", "image/png", &promised, '$'));
    bench.said(sip);
    bench.agent.cancel_offer(offer(&bench), bench.now);
    bench.settle();
    let said = bench.said(msrp);
    assert!(bench.said(sip).is_empty() && !said.contains("tid00001"), "nobody knows yet: {said}");
    bench.name();
    bench.settle();
    assert_eq!(files(&bench), 1, "{:#?}", bench.events);
    assert!(!bench.events.iter().any(|event| matches!(event, Event::ReceiveFailed { .. })));
    assert!(bench.said(msrp).contains("MSRP tid00001 200"));
    assert!(bench.said(sip).starts_with("BYE "), "the user wanted it to end");
}

#[test]
fn a_whole_file_survives_the_loss_of_its_dialog() {
    let promised = vec![5; 3000];
    let mut bench = Bench::new();
    let Dialog { sip, msrp, path, .. } = answered(&mut bench, &file(3000, Sha1Hash::of(&promised)));
    bench.slow_names = true;
    bench.hear(msrp, MSRP, send("tid00001", &path, "m", "1-3000/3000", "image/png", &promised, '$'));
    // Its 200 was never acknowledged (RFC 3261 §13.3.1.4), nor is the BYE answered that follows.
    bench.wait(Duration::from_secs(80));
    assert!(bench.said(sip).contains("BYE "));
    bench.name();
    bench.settle();
    assert_eq!(files(&bench), 1, "{:#?}", bench.events);
    assert!(bench.said(msrp).contains("MSRP tid00001 200"));
    bench.wait(Duration::from_secs(60));
    assert!(bench.agent.is_idle());
}

#[test]
fn what_is_not_whole_when_the_peer_hangs_up_is_lost_after_a_short_grace() {
    let promised = vec![5; 3000];
    let mut bench = Bench::new();
    let Dialog { sip, msrp, path, tag } = accepted(&mut bench, &file(3000, Sha1Hash::of(&promised)));
    bench.hear(msrp, MSRP, send("tid00001", &path, "m", "1-2000/3000", "image/png", &promised[..2000], '+'));
    bench.hear(sip, SIP, request("BYE", 2, &tag, "", ""));
    bench.wait(Duration::from_secs(60));
    assert_eq!(files(&bench), 0);
    assert!(bench.events.iter().any(|event| matches!(event, Event::ReceiveFailed { .. })));
    assert!(bench.events.iter().any(|event| matches!(event, Event::OfferClosed { .. })));
    assert!(bench.partial.is_empty() && bench.whole.is_empty() && bench.agent.is_idle());
}

#[test]
fn a_lost_connection_ends_a_line_that_waits_for_content() {
    let mut bench = Bench::new();
    let Dialog { msrp, path, .. } = accepted(&mut bench, TEXT);
    let bodiless = format!(
        "MSRP tid00001 SEND\r\nTo-Path: {path}\r\nFrom-Path: msrp://{PEER}:2855/peer0123456789ab;tcp\r\n\
         Message-ID: m\r\nByte-Range: 1-0/0\r\n-------tid00001$\r\n"
    );
    bench.hear(msrp, MSRP, bodiless);
    bench.close(msrp, MSRP);
    let lost = |event: &Event| matches!(event, Event::ReceiveFailed { error, .. } if *error.kind() == ErrorKind::FlowLost);
    assert!(bench.events.iter().any(lost), "{:#?}", bench.events);
}

#[test]
fn rfc4975_7_3_a_second_connection_for_a_session_is_506_and_an_unknown_session_481() {
    let mut bench = Bench::new();
    let Dialog { msrp, path, .. } = accepted(&mut bench, TEXT);
    bench.hear(msrp, MSRP, send("tid00001", &path, "m", "1-5/10", "text/plain", b"hello", '+'));
    assert!(bench.said(msrp).contains("MSRP tid00001 200"));
    let other = bench.accept_flow(3, MSRP);
    bench.hear(other, MSRP, send("tid00002", &path, "m", "6-10/10", "text/plain", b"world", '$'));
    assert!(bench.said(other).contains("MSRP tid00002 506"));
    let unknown = path.replace(path.rsplit_once('/').unwrap().1, "guessed0123456789;tcp");
    bench.hear(other, MSRP, send("tid00003", &unknown, "m", "6-10/10", "text/plain", b"world", '$'));
    assert!(bench.said(other).contains("MSRP tid00003 481"));
    // The session goes on where it is.
    bench.hear(msrp, MSRP, send("tid00004", &path, "m", "6-10/10", "text/plain", b"world", '$'));
    assert_eq!(texts(&bench), ["helloworld"]);
}

#[test]
fn rfc5547_8_3_1_the_rest_of_a_file_is_put_behind_what_is_there_and_the_whole_is_verified() {
    let promised: Vec<u8> = (0..1000_u32).map(|i| u8::try_from(i % 251).unwrap()).collect();
    for (range, stored) in [("601-1000", &promised[..600]), ("601-*", &[0; 600][..])] {
        let mut bench = Bench::new();
        let Dialog { msrp, path, .. } = accepted(&mut bench, &part(range, &sha1(&promised)));
        let offer = bench.events.iter().find_map(|event| match event {
            Event::Offer { offer, .. } => Some(*offer),
            _ => None,
        });
        bench.partial.insert(ContentId::Incoming { offer: offer.unwrap(), item: 0 }, stored.to_vec());
        bench.hear(
            msrp,
            MSRP,
            send("tid00001", &path, "m", "1-150/400", "image/png", &promised[600..750], '+'),
        );
        let progress = bench.events.iter().rev().find_map(|event| match event {
            Event::Receiving { received, size, .. } => Some((*received, *size)),
            _ => None,
        });
        assert_eq!(progress, Some((750, Some(1000))), "of the whole file");
        bench.hear(
            msrp,
            MSRP,
            send("tid00002", &path, "m", "151-400/400", "image/png", &promised[750..], '$'),
        );
        if stored == &promised[..600] {
            let whole = |event: &Event| matches!(event, Event::File { size: 1000, verified: true, .. });
            assert!(bench.events.iter().any(whole), "{:#?}", bench.events);
            assert_eq!(bench.whole.values().next(), Some(&promised));
        } else {
            assert_eq!(files(&bench), 0, "what was there is not of this file");
            assert!(bench.said(msrp).contains("MSRP tid00002 400") && bench.whole.is_empty());
        }
    }
}

#[test]
fn rfc5547_8_3_1_the_range_that_is_taken_is_repeated_in_the_answer() {
    let mut bench = Bench::new();
    let sip = offered(&mut bench, &part("601-1000", &sha1(b"")));
    let offer = bench.events.iter().find_map(|event| match event {
        Event::Offer { offer, .. } => Some(*offer),
        _ => None,
    });
    bench.agent.accept(offer.unwrap(), &[Pick::Accept], bench.now).unwrap();
    bench.settle();
    assert_eq!(line(&bench.said(sip), "a=file-range:"), "601-1000");
}

#[test]
fn rfc5547_8_3_1_a_rest_of_another_length_is_refused() {
    let mut bench = Bench::new();
    let Dialog { msrp, path, .. } = accepted(&mut bench, &part("601-1000", &sha1(b"")));
    bench.hear(msrp, MSRP, send("tid00001", &path, "m", "1-10/1000", "image/png", &[7; 10], '+'));
    let mismatch = |event: &Event| matches!(event, Event::ReceiveFailed { error, .. } if *error.kind() == ErrorKind::Mismatch("size"));
    assert!(bench.events.iter().any(mismatch), "{:#?}", bench.events);
    bench.hear(msrp, MSRP, send("tid00002", &path, "m", "11-20/1000", "image/png", &[7; 10], '+'));
    let said = bench.said(msrp);
    assert!(said.contains("MSRP tid00002 413"), "{said}");
}

#[test]
fn rfc5547_8_3_1_parts_that_make_no_whole_file_are_refused() {
    let hash = sha1(b"");
    for (range, hash) in
        [("1-600", &*hash), ("601-900", &hash), ("1001-*", &hash), ("601-1001", &hash), ("601-1000", "")]
    {
        let mut bench = Bench::new();
        let sip = offered(&mut bench, &part(range, hash));
        assert!(bench.said(sip).contains("SIP/2.0 488"), "{range}{hash}");
    }
    for range in ["1-*", "1-1000", "1-"] {
        let mut bench = Bench::new();
        let sip = offered(&mut bench, &part(range, &hash));
        assert!(bench.said(sip).contains("SIP/2.0 180"), "the whole file: {range}");
    }
}

/// A later offer of the peer in the session, by re-INVITE; the answer, whose ACK follows.
fn reoffered(bench: &mut Bench, dialog: &Dialog, cseq: u32, sdp: &str) -> String {
    let content_type = "Content-Type: application/sdp\r\n";
    bench.hear(dialog.sip, SIP, request("INVITE", cseq, &dialog.tag, content_type, sdp));
    let answer = bench.said(dialog.sip);
    bench.hear(dialog.sip, SIP, request("ACK", cseq, &dialog.tag, "", ""));
    answer
}

const OWN: &str = "msrp://192.0.2.9:2855/peer0123456789ab;tcp";

/// What the peer says in a session with one text: which version, by which path, in which direction.
fn described(version: u32, path: &str, direction: &str) -> String {
    format!(
        "v=0\r\no=- 1 {version} IN IP4 {PEER}\r\ns=-\r\nc=IN IP4 {PEER}\r\nt=0 0\r\nm=message 2855 TCP/MSRP *\r\n\
         a={direction}\r\na=path:{path}\r\na=setup:active\r\n{TEXT}"
    )
}

#[test]
fn rfc4976_4_1_the_peer_gets_another_path_from_its_relay() {
    let mut bench = Bench::new();
    let dialog = accepted(&mut bench, TEXT);
    bench.hear(dialog.msrp, MSRP, send("tid1", &dialog.path, "m1", "1-5/10", "text/plain", b"hello", '+'));
    bench.said(dialog.msrp);
    let relayed = format!("msrp://relay.example:2855/s2;tcp {OWN}");
    let answer = reoffered(&mut bench, &dialog, 2, &described(2, &relayed, "sendonly"));
    assert!(answer.starts_with("SIP/2.0 200 "), "{answer}");
    assert_eq!(line(&answer, "a=path:"), dialog.path);
    assert_eq!(line(&answer, "a=setup:"), "passive");
    assert!(answer.contains("a=recvonly\r\n"));
    // What we send of ourselves goes there.
    bench.wait(Duration::from_secs(60));
    assert_eq!(line(&bench.said(dialog.msrp), "To-Path: "), relayed);
    // What was under way goes on.
    bench.hear(dialog.msrp, MSRP, send("tid1", &dialog.path, "m1", "6-10/10", "text/plain", b"world", '$'));
    assert_eq!(texts(&bench), ["helloworld"]);
}

#[test]
fn rfc3264_8_what_a_session_cannot_become_is_refused_and_it_goes_on() {
    let mut bench = Bench::new();
    let dialog = accepted(&mut bench, TEXT);
    bench.said(dialog.sip);
    let elsewhere = "msrp://192.0.2.9:2855/somebodyelse0123;tcp";
    let others = [
        described(2, elsewhere, "sendonly"),
        described(2, OWN, "sendonly").replace("m=message 2855 TCP/MSRP", "m=message 2855 TCP/TLS/MSRP"),
        described(2, OWN, "sendonly").replace("m=message 2855 TCP/MSRP *", "m=audio 2855 RTP/AVP 0"),
        "v=0\r\no=- 1 2 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n".to_owned(),
        "no SDP at all".to_owned(),
    ];
    for (cseq, sdp) in (2..).zip(others) {
        let answer = reoffered(&mut bench, &dialog, cseq, &sdp);
        assert!(answer.starts_with("SIP/2.0 488 "), "{sdp}\n{answer}");
    }
    bench.hear(dialog.msrp, MSRP, send("tid1", &dialog.path, "m1", "1-5/5", "text/plain", b"hello", '$'));
    assert_eq!(texts(&bench), ["hello"]);
}

#[test]
fn rfc3264_8_4_a_session_is_put_on_hold_and_taken_back() {
    let mut bench = Bench::new();
    let dialog = accepted(&mut bench, TEXT);
    bench.said(dialog.sip);
    let held = reoffered(&mut bench, &dialog, 2, &described(2, OWN, "inactive"));
    assert!(held.contains("a=inactive\r\n"), "{held}");
    let back = reoffered(&mut bench, &dialog, 3, &described(3, OWN, "sendonly"));
    assert!(back.contains("a=recvonly\r\n"), "{back}");
    let version = |sdp: &str| line(sdp, "o=").split(' ').nth(2).unwrap().parse::<u64>().unwrap();
    assert_eq!(version(&back), version(&held) + 1);
    // The same once more is the same.
    let again = reoffered(&mut bench, &dialog, 4, &described(4, OWN, "sendonly"));
    assert_eq!(version(&again), version(&back));
}

/// The second line of the peer, for a file.
fn second(port: u16, attributes: &str) -> String {
    format!(
        "m=message {port} TCP/MSRP *\r\na=sendonly\r\na=path:msrp://{PEER}:2855/second0123456789;tcp\r\n\
         a=setup:active\r\n{attributes}"
    )
}

/// An offer of a text and a file, both accepted.
fn both_accepted(bench: &mut Bench, attributes: &str) -> Dialog {
    let sip = offered(bench, &format!("{TEXT}{}", second(2855, attributes)));
    bench.agent.accept(offer(bench), &[Pick::Accept, Pick::Accept], bench.now).unwrap();
    bench.settle();
    let answer = bench.said(sip);
    let path = line(&answer, "a=path:").to_owned();
    let tag = answer.rsplit_once("To: <sip:me@192.0.2.1>").unwrap().1.lines().next().unwrap().to_owned();
    bench.hear(sip, SIP, request("ACK", 1, &tag, "", ""));
    let msrp = bench.accept_flow(2, MSRP);
    Dialog { sip, msrp, path, tag }
}

#[test]
fn rfc5547_8_4_a_line_that_the_sender_closes_ends_its_item_and_no_other() {
    let mut bench = Bench::new();
    let attributes = file(10, Sha1Hash::of(&[7u8; 10]));
    let dialog = both_accepted(&mut bench, &attributes);
    bench.said(dialog.sip);
    let third = second(2855, &attributes).replace("second", "third");
    let sdp = format!("{}{}{third}", described(2, OWN, "sendonly"), second(0, &attributes));
    let answer = reoffered(&mut bench, &dialog, 2, &sdp);
    let ports: Vec<&str> = answer.lines().filter(|line| line.starts_with("m=")).collect();
    let [first, second, third] = ports[..] else { panic!("{answer}") };
    assert!(!first.contains(" 0 ") && second.contains(" 0 ") && third.contains(" 0 "), "{answer}");
    let failed = bench.events.iter().find_map(|event| match event {
        Event::ReceiveFailed { item, error, .. } => Some((*item, error.kind().clone())),
        _ => None,
    });
    assert_eq!(failed, Some((1, ErrorKind::AbortedByPeer)));
    bench.hear(dialog.msrp, MSRP, send("tid1", &dialog.path, "m1", "1-5/5", "text/plain", b"hello", '$'));
    assert_eq!(texts(&bench), ["hello"]);
}

#[test]
fn rfc5547_8_4_the_receiver_closes_the_line_of_a_file_that_it_wants_no_more() {
    let mut bench = Bench::new();
    let attributes = "a=accept-types:image/png\r\na=file-selector:name:\"x.png\" type:image/png size:10\r\n\
                      a=file-transfer-id:abc\r\n";
    let dialog = both_accepted(&mut bench, attributes);
    bench.said(dialog.sip);
    let offer = offer(&bench);
    bench.agent.cancel_offer_item(offer, 1, bench.now);
    bench.settle();
    let closing = bench.said(dialog.sip);
    assert!(closing.starts_with("INVITE "), "{closing}");
    let (first, second) = closing.split_once("m=message 0 TCP/MSRP *\r\n").expect(&closing);
    assert_eq!(line(first, "a=path:"), dialog.path);
    assert_eq!(line(second, "a=file-transfer-id:"), "abc");
}

#[test]
fn rfc5547_8_4_a_line_that_is_closed_while_the_disk_is_slow_fails_no_file_that_is_here() {
    for (octets, range, flag) in [(&[7u8; 10][..], "1-10/10", '$'), (&[7; 5], "1-5/10", '+')] {
        let mut bench = Bench::new();
        bench.slow_disk = true;
        let attributes = file(10, Sha1Hash::of(&[7; 10]));
        let dialog = accepted(&mut bench, &attributes);
        bench.said(dialog.sip);
        bench.hear(dialog.msrp, MSRP, send("tid1", &dialog.path, "m1", range, "image/png", octets, flag));
        let closed = described(2, OWN, "sendonly").replace("m=message 2855", "m=message 0");
        let answer = reoffered(&mut bench, &dialog, 2, &closed.replace(TEXT, &attributes));
        assert!(answer.contains("m=message 0 "), "{answer}");
        bench.flush();
        bench.settle();
        let failed = bench.events.iter().any(|event| matches!(event, Event::ReceiveFailed { .. }));
        assert_eq!((files(&bench), failed), if flag == '$' { (1, false) } else { (0, true) }, "{range}");
    }
}
