//! What nobody should send: nothing panics, nothing is bound, nothing is left (reliability classes B, D and E).

use std::time::Duration;

use bytes::Bytes;
use simple_im_server::{FlowId, Protocol, Transport};

use crate::wire::{OFFER, Wire, config, invite, list, multipart};

/// A request as text, without credentials.
fn requests() -> Vec<String> {
    let recipients = list(&["sip:bob@home1.example"]);
    let headers = "Content-Type: application/resource-lists+xml\nContent-Disposition: recipient-list";
    let (content_type, body) = multipart(&[("Content-Type: application/sdp", OFFER), (headers, &recipients)]);
    let lines = format!("Require: recipient-list-invite\nContent-Type: {content_type}");
    let explosion = invite("sip:im-factory@home1.example", &lines);
    let register = "REGISTER sip:home1.example SIP/2.0
Via: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bK1;rport
From: <sip:alice@home1.example>;tag=1
To: <sip:alice@home1.example>
Call-ID: r1
CSeq: 1 REGISTER
Route: <sip:192.0.2.10;lr>
Authorization: Digest username=\"alice\", realm=\"home1.example\", nonce=\"0.0\", uri=\"sip:home1.example\", response=\"0\"
Contact: <sip:alice@192.0.2.1:5060>;expires=60";
    [(explosion, body), (register.to_owned(), String::new())]
        .into_iter()
        .map(|(head, body)| {
            let head = head.replace("{cseq}", "1").replace("{auth}\n", "").replace('\n', "\r\n");
            format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        })
        .collect()
}

fn feed(wire: &mut Wire, flow: FlowId, protocol: Protocol, octets: &[u8]) {
    wire.server.handle_received(flow, protocol, Bytes::copy_from_slice(octets), wire.now);
    while wire.server.poll_output().is_some() {}
}

#[track_caller]
fn check_clean(wire: &mut Wire) {
    wire.advance(Duration::from_secs(700));
    let live = wire.live();
    assert!(live.is_idle() && live.bindings == 0 && live.sip_flows == 0 && live.msrp_flows == 0, "{live:?}");
}

#[test]
fn every_prefix_and_every_message_without_one_of_its_lines() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut wire = Wire::new(&config());
        for text in requests() {
            let whole = text.as_bytes();
            let prefixes = (0..whole.len()).map(|len| whole[..len].to_vec());
            let lines: Vec<_> = text.split("\r\n").collect();
            let without = (0..lines.len()).map(|at| {
                let left: Vec<_> =
                    lines.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, line)| *line).collect();
                left.join("\r\n").into_bytes()
            });
            let doubled = (0..lines.len()).map(|at| {
                let mut doubled = lines.clone();
                doubled.insert(at, lines[at]);
                doubled.join("\r\n").into_bytes()
            });
            for octets in prefixes.chain(without).chain(doubled) {
                let flow = wire.accept(Protocol::Sip, transport, "198.51.100.9:5060");
                feed(&mut wire, flow, Protocol::Sip, &octets);
                wire.lose(flow, Protocol::Sip);
            }
        }
        check_clean(&mut wire);
    }
}

#[test]
fn other_protocols_on_either_port() {
    let greetings: [&[u8]; 5] =
        [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00", b"EHLO x\r\n", &[0; 64], &[0xff; 64]];
    let mut wire = Wire::new(&config());
    for octets in greetings {
        for (protocol, transport) in [
            (Protocol::Sip, Transport::Udp),
            (Protocol::Sip, Transport::Tcp),
            (Protocol::Msrp, Transport::Tcp),
        ] {
            let flow = wire.accept(protocol, transport, "198.51.100.9:40000");
            feed(&mut wire, flow, protocol, octets);
        }
    }
    check_clean(&mut wire);
}

#[test]
fn more_flows_than_allowed_are_closed_at_once() {
    let mut config = config();
    config.limits.max_flows = 3;
    let mut wire = Wire::new(&config);
    for protocol in [Protocol::Sip, Protocol::Msrp] {
        for _ in 0..3 {
            wire.accept(protocol, Transport::Tcp, "198.51.100.9:40000");
        }
        assert!(wire.closed.is_empty());
        let last = wire.accept(protocol, Transport::Tcp, "198.51.100.9:40000");
        assert_eq!(std::mem::take(&mut wire.closed), [last]);
    }
    check_clean(&mut wire);
}
