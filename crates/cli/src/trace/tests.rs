//! A conversation through the taps: what the ladder, the files and the capture say of it.

use std::borrow::Cow;

use etherparse::{SlicedPacket, TransportSlice};
use expect_test::expect;
use net::{Protocol, Transport};
use pcap_file::pcap::PcapReader;

use super::*;

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
    m=message 2855 TCP/MSRP *\r\na=sendonly\r\na=accept-types:*\r\na=path:msrp://127.0.0.1:2855/x1y2z3;tcp\r\n\
    a=file-selector:name:\"holiday.jpg\" type:image/jpeg size:300000\r\n";
const OK: &str = "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK1\r\n\
    From: <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>;tag=2\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n\
    Contact: <sip:bob@127.0.0.1:5070>;isfocus\r\nContent-Length: 0\r\n\r\n";

fn invite() -> String {
    format!(
        "INVITE sip:bob@127.0.0.1:5070 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK1\r\n\
         Max-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: a\r\n\
         CSeq: 1 INVITE\r\nContact: <sip:alice@127.0.0.1:5060>\r\nContent-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{OFFER}",
        OFFER.len()
    )
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn wire(protocol: Protocol, transport: Transport, local: u16, peer: u16) -> Wire {
    Wire { protocol, transport, local: address(local), peer: address(peer) }
}

fn send(tid: &str, range: &str, content: &[u8], flag: char) -> Vec<u8> {
    let mut frame = format!(
        "MSRP {tid} SEND\r\nTo-Path: msrp://127.0.0.1:2855/b;tcp\r\nFrom-Path: msrp://127.0.0.1:9/a;tcp\r\n\
         Message-ID: m1\r\nByte-Range: {range}\r\nContent-Type: image/jpeg\r\n\r\n"
    )
    .into_bytes();
    frame.extend_from_slice(content);
    frame.extend_from_slice(format!("\r\n-------{tid}{flag}\r\n").as_bytes());
    frame
}

fn ok(tid: &str) -> Vec<u8> {
    format!("MSRP {tid} 200 OK\r\nTo-Path: msrp://127.0.0.1:9/a;tcp\r\nFrom-Path: msrp://127.0.0.1:2855/b;tcp\r\n-------{tid}$\r\n")
        .into_bytes()
}

/// Alice invites Bob over UDP and TCP and sends five chunks; both have a tap.
fn conversation(folder: Option<&Path>) -> Ladder {
    let trace = Trace::start(folder).unwrap();
    let (alice, bob) = (trace.tap("alice", See::Sent), trace.tap("bob", See::Sent));
    trace.name(address(5070), "bob");
    trace.name(address(2855), "bob");
    let there = wire(Protocol::Sip, Transport::Tcp, 40_000, 5070);
    let back = wire(Protocol::Sip, Transport::Tcp, 5070, 40_000);
    // A stream may be written in any pieces.
    for piece in invite().as_bytes().chunks(100) {
        alice.sent(there, piece);
    }
    bob.sent(back, OK.as_bytes());
    bob.received(there, invite().as_bytes());
    alice.sent(wire(Protocol::Sip, Transport::Udp, 5060, 5070), b"\r\n\r\n");
    alice.sent(wire(Protocol::Sip, Transport::Udp, 5060, 5070), OK.replace("200 OK", "486 No").as_bytes());
    let there = wire(Protocol::Msrp, Transport::Tcp, 41_000, 2855);
    let back = wire(Protocol::Msrp, Transport::Tcp, 2855, 41_000);
    let content = vec![b'x'; 61_440];
    for number in 0..5 {
        let (start, last) = (number * 61_440 + 1, (number + 1) * 61_440);
        let flag = if number == 4 { '$' } else { '+' };
        let tid = format!("tid{number}");
        let frame = send(&tid, &format!("{start}-{last}/307200"), &content, flag);
        let (head, rest) = frame.split_at(70);
        alice.sent(there, head);
        alice.sent(there, rest);
        bob.sent(back, &ok(&tid));
    }
    bob.sent(back, b"GARBAGE\r\n");
    bob.sent(back, b"and more\r\n");
    trace.finish().unwrap()
}

#[test]
fn the_ladder_has_a_column_for_each_party_and_folds_what_is_much() {
    let ladder = conversation(None);
    let mut text = Vec::new();
    ladder.print(&mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    // Times are left out.
    let lines: Vec<String> = text
        .lines()
        .map(|line| line.chars().skip(TIME_COLUMNS).collect::<String>().trim_end().to_owned() + "\n")
        .collect();
    expect![[r#"
         alice  bob
         |----->|  INVITE sip:bob@127.0.0.1:5070 (1)
         |      |    m=message 2855 TCP/MSRP sendonly "holiday.jpg" 300000 rfc5547
         |<-----|  200 OK (1 INVITE) isfocus
         |----->|  486 No (1 INVITE) isfocus
         |=====>|  SEND 1-61440/307200 +
         |<====>|  ... 3 times SEND, 184320 octets, 4 times 200
         |=====>|  SEND 245761-307200/307200 $
         |<=====|  200 OK
         |<-----|  9 octets that are no message
    "#]]
    .assert_eq(&lines.concat());
}

const TIME_COLUMNS: usize = 9;

#[test]
fn every_message_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    conversation(Some(folder.path()));
    let mut names: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    expect![[r#"
        0001-alice-bob-INVITE.sip
        0002-bob-alice-200.sip
        0003-alice-bob-486.sip
        0004-alice-bob-SEND.msrp
        0005-bob-alice-200.msrp
        0006-alice-bob-SEND.msrp
        0007-bob-alice-200.msrp
        0008-alice-bob-SEND.msrp
        0009-bob-alice-200.msrp
        0010-alice-bob-SEND.msrp
        0011-bob-alice-200.msrp
        0012-alice-bob-SEND.msrp
        0013-bob-alice-200.msrp
        0014-bob-alice-unreadable.bin
        trace.pcap"#]]
    .assert_eq(&names.join("\n"));
    let kept = fs::read_to_string(folder.path().join("0001-alice-bob-INVITE.sip")).unwrap();
    assert_eq!(kept, invite());
    let first = fs::read(folder.path().join("0004-alice-bob-SEND.msrp")).unwrap();
    assert_eq!(first, send("tid0", "1-61440/307200", &vec![b'x'; 61_440], '+'));
}

#[test]
fn the_capture_is_one_message_a_packet_with_right_sequence_numbers() {
    let folder = tempfile::tempdir().unwrap();
    conversation(Some(folder.path()));
    let capture = fs::read(folder.path().join("trace.pcap")).unwrap();
    let mut reader = PcapReader::new(capture.as_slice()).unwrap();
    let mut next: std::collections::HashMap<(u16, u16), u32> = Default::default();
    let mut payloads: Vec<Vec<u8>> = Vec::new();
    while let Some(packet) = reader.next_packet() {
        let data: Cow<'_, [u8]> = packet.unwrap().data;
        let sliced = SlicedPacket::from_ethernet(&data).unwrap();
        match sliced.transport.unwrap() {
            TransportSlice::Udp(udp) => payloads.push(udp.payload().to_vec()),
            TransportSlice::Tcp(tcp) => {
                let way = (tcp.source_port(), tcp.destination_port());
                let number = *next.entry(way).or_insert_with(|| tcp.sequence_number());
                assert_eq!(tcp.sequence_number(), number, "{way:?}");
                if tcp.ack() {
                    let expected = next.get(&(way.1, way.0)).copied().unwrap();
                    assert_eq!(tcp.acknowledgment_number(), expected, "{way:?}");
                }
                let octets = u32::try_from(tcp.payload().len()).unwrap() + u32::from(tcp.syn());
                next.insert(way, number + octets);
                if !tcp.payload().is_empty() {
                    payloads.push(tcp.payload().to_vec());
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(next.len(), 4);
    assert_eq!(payloads.len(), 3 + 10 + 1);
    assert_eq!(payloads[0], invite().as_bytes());
    assert_eq!(payloads[3], send("tid0", "1-61440/307200", &vec![b'x'; 61_440], '+'));
}

#[test]
fn one_end_alone_sees_both_directions() {
    let trace = Trace::start(None).unwrap();
    let tap = trace.tap("alice", See::Both);
    let flow = wire(Protocol::Sip, Transport::Udp, 5060, 5070);
    tap.sent(flow, invite().as_bytes());
    tap.received(flow, OK.as_bytes());
    let mut text = Vec::new();
    trace.finish().unwrap().print(&mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("127.0.0.1:5070") && text.contains("200 OK (1 INVITE) isfocus"), "{text}");
}

#[test]
fn what_cannot_be_written_is_told_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("file");
    fs::write(&inside, "").unwrap();
    assert!(Trace::start(Some(&inside)).is_err());
    let trace = Trace::start(Some(folder.path())).unwrap();
    let tap = trace.tap("alice", See::Sent);
    fs::remove_dir_all(folder.path()).unwrap();
    for _ in 0..1000 {
        tap.sent(wire(Protocol::Sip, Transport::Udp, 5060, 5070), OK.as_bytes());
    }
    assert!(trace.finish().is_err());
}
