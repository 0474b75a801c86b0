//! The example flows of RFC 4976, each frame as it passes.

use msrp::HeaderName;
use simple_im_server::{Config, FlowId, Transport};

use super::lab::{Frame, Lab, auth, authorization};
use crate::wire::config;

/// A relay that is called `host`, and knows where the other one is.
fn relay(host: &str, address: &str, seed: u8, other: &str, at: &str, start: &Lab) -> Lab {
    let mut config: Config = config();
    config.realm = host.into();
    config.msrp_relay.host = Some(host.into());
    config.msrp_relay.hosts = vec![(other.into(), at.parse().unwrap())];
    Lab::at(&config, address, seed, start.now)
}

/// What `from` wrote on its end of a connection arrives at the other end; the frames of it.
fn carry(from: &mut Lab, out: FlowId, to: &mut Lab, into: FlowId) -> Vec<Frame> {
    let bytes = from.take(out);
    to.write_bytes(into, &bytes);
    super::lab::frames(&bytes)
}

/// The frames as they were written, with the secret URIs and the transaction ids of the relays replaced.
#[track_caller]
fn check(frames: &[Frame], names: &[(&str, &str)], expected: &[&str]) {
    let texts = frames
        .iter()
        .map(|frame| names.iter().fold(frame.text(), |text, (uri, name)| text.replace(uri, name)));
    assert_eq!(texts.collect::<Vec<_>>(), expected);
}

const ALICE: &str = "msrps://alice.example.com:9892/98cjs;tcp";

/// Alice with a URI of her first relay and one of her second, and the connection between them.
struct Chain {
    intra: Lab,
    extra: Lab,
    alice: FlowId,
    out: FlowId,
    into: FlowId,
    first: String,
    second: String,
}

fn chain() -> Chain {
    let start = Lab::new();
    let mut intra =
        relay("intra.example.com", "192.0.2.10:9000", 1, "extra.example.com", "192.0.2.20", &start);
    let mut extra =
        relay("extra.example.com", "192.0.2.20:2855", 2, "intra.example.com", "192.0.2.10", &start);
    let alice = intra.accept_over(Transport::Tls);

    // Alice's first relay challenges her AUTH.
    let own = "msrps://alice@intra.example.com;tcp";
    intra.write(alice, &auth("49fh", own, ALICE, ""));
    let frame = intra.frame(alice);
    let value = frame.get(HeaderName::WwwAuthenticate).to_owned();
    assert!(value.starts_with("Digest realm=\"intra.example.com\", nonce=\""), "{value}");
    check(
        &[frame],
        &[(&value, "CHALLENGE")],
        &["MSRP T 401 Unauthorized|To-Path: msrps://alice.example.com:9892/98cjs;tcp|\
           From-Path: msrps://alice@intra.example.com;tcp|WWW-Authenticate: CHALLENGE|$"],
    );
    // Alice answers, and is given a URI.
    let challenge = digest::Challenge::parse(&value).unwrap();
    let more = authorization(&challenge, "alice", "ecila", own, 1);
    intra.write(alice, &auth("49fi", own, ALICE, &more));
    let frame = intra.frame(alice);
    let first = frame.get(HeaderName::UsePath).to_owned();
    let info = frame.get(HeaderName::AuthenticationInfo).to_owned();
    assert!(first.starts_with("msrps://intra.example.com:9000/"), "{first}");
    check(
        &[frame],
        &[(&first, "U1"), (&info, "INFO")],
        &["MSRP T 200 OK|To-Path: msrps://alice.example.com:9892/98cjs;tcp|\
           From-Path: msrps://alice@intra.example.com;tcp|Use-Path: U1|Authentication-Info: INFO|Expires: 900|$"],
    );

    // AUTH to the second relay through the first.
    let to = format!("{first} msrps://extra.example.com;tcp");
    let next = "msrps://extra.example.com;tcp";
    intra.write(alice, &auth("mnbvw", &to, ALICE, ""));
    let target = intra.opened.last().unwrap().1.clone();
    assert_eq!(target.address, "192.0.2.20:2855".parse().unwrap());
    assert_eq!(target.server_name.as_deref(), Some("extra.example.com"));
    let out = intra.connect();
    let into = extra.accept_over(Transport::Tls);
    let passed = carry(&mut intra, out, &mut extra, into);
    assert_ne!(passed[0].tid(), "mnbvw");
    check(
        &passed,
        &[(&first, "U1")],
        &["MSRP T AUTH|To-Path: msrps://extra.example.com;tcp|\
           From-Path: U1 msrps://alice.example.com:9892/98cjs;tcp|$"],
    );
    let back = carry(&mut extra, into, &mut intra, out);
    let value = back[0].get(HeaderName::WwwAuthenticate).to_owned();
    check(
        &back,
        &[(&first, "U1"), (&value, "CHALLENGE")],
        &["MSRP T 401 Unauthorized|To-Path: U1 msrps://alice.example.com:9892/98cjs;tcp|\
           From-Path: msrps://extra.example.com;tcp|WWW-Authenticate: CHALLENGE|$"],
    );
    let frame = intra.frame(alice);
    assert_eq!(frame.tid(), "mnbvw");
    check(
        &[frame],
        &[(&first, "U1"), (&value, "CHALLENGE")],
        &["MSRP T 401 Unauthorized|To-Path: msrps://alice.example.com:9892/98cjs;tcp|\
           From-Path: U1 msrps://extra.example.com;tcp|WWW-Authenticate: CHALLENGE|$"],
    );

    let challenge = digest::Challenge::parse(&value).unwrap();
    let more = authorization(&challenge, "alice", "ecila", next, 1);
    intra.write(alice, &auth("m3nbvx", &to, ALICE, &format!("{more}Expires: 1800|")));
    let passed = carry(&mut intra, out, &mut extra, into);
    assert_eq!(format!("Authorization: {}|", passed[0].get(HeaderName::Authorization)), more);
    let back = carry(&mut extra, into, &mut intra, out);
    let path = back[0].get(HeaderName::UsePath).to_owned();
    let (_, second) = path.split_once(' ').unwrap();
    assert!(second.starts_with("msrps://extra.example.com:2855/"), "{second}");
    let frame = intra.frame(alice);
    assert_eq!(frame.tid(), "m3nbvx");
    let info = frame.get(HeaderName::AuthenticationInfo).to_owned();
    check(
        &[frame],
        &[(&first, "U1"), (second, "U2"), (&info, "INFO")],
        &["MSRP T 200 OK|To-Path: msrps://alice.example.com:9892/98cjs;tcp|\
           From-Path: U1 msrps://extra.example.com;tcp|Use-Path: U1 U2|Authentication-Info: INFO|Expires: 1800|$"],
    );
    let second = second.to_owned();
    Chain { intra, extra, alice, out, into, first, second }
}

#[test]
fn rfc4976_5_1_example_auth_with_one_relay_and_through_it_with_a_second() {
    let chain = chain();
    assert_eq!((chain.intra.relay.live().grants, chain.extra.relay.live().grants), (1, 1));
    assert_eq!((chain.intra.relay.live().transactions, chain.extra.relay.live().transactions), (0, 0));
}

#[test]
fn rfc4976_3_example_send_and_report_over_two_relays() {
    let Chain { mut intra, mut extra, alice, out, into, first, second } = chain();
    let bob = "msrp://bob.example.net:8145/foo;tcp";
    let names: &[(&str, &str)] = &[(&first, "U1"), (&second, "U2"), (ALICE, "ALICE"), (bob, "BOB")];
    // Bob connects to the second relay, for that is where Alice's path starts, and binds the session.
    let peer = extra.accept();
    let to = format!("{second} {first} {ALICE}");
    extra.write(peer, &format!("MSRP b1nd SEND|To-Path: {to}|From-Path: {bob}|Message-ID: 1|-------b1nd$|"));
    check(&extra.frames(peer), names, &["MSRP T 200 OK|To-Path: BOB|From-Path: U2|$"]);
    let passed = carry(&mut extra, into, &mut intra, out);
    check(&passed, names, &["MSRP T SEND|To-Path: U1 ALICE|From-Path: U2 BOB|Message-ID: 1|$"]);
    check(&carry(&mut intra, out, &mut extra, into), names, &["MSRP T 200 OK|To-Path: U2|From-Path: U1|$"]);
    check(&intra.frames(alice), names, &["MSRP T SEND|To-Path: ALICE|From-Path: U1 U2 BOB|Message-ID: 1|$"]);

    let text = "Hi Bob, I'm about to send you file.mpeg";
    intra.write(
        alice,
        &format!(
            "MSRP 6aef SEND|To-Path: {first} {second} {bob}|From-Path: {ALICE}|Success-Report: yes|\
             Byte-Range: 1-*/*|Message-ID: 87652|Content-Type: text/plain||{text}|-------6aef$|"
        ),
    );
    check(&intra.frames(alice), names, &["MSRP T 200 OK|To-Path: ALICE|From-Path: U1|$"]);
    check(
        &carry(&mut intra, out, &mut extra, into),
        names,
        &["MSRP T SEND|To-Path: U2 BOB|From-Path: U1 ALICE|Byte-Range: 1-39/39|Success-Report: yes|\
           Message-ID: 87652|Content-Type: text/plain||Hi Bob, I'm about to send you file.mpeg|$"],
    );
    check(&carry(&mut extra, into, &mut intra, out), names, &["MSRP T 200 OK|To-Path: U1|From-Path: U2|$"]);
    let frame = extra.frame(peer);
    let tid = frame.tid();
    check(
        &[frame],
        names,
        &["MSRP T SEND|To-Path: BOB|From-Path: U2 U1 ALICE|Byte-Range: 1-39/39|Success-Report: yes|\
           Message-ID: 87652|Content-Type: text/plain||Hi Bob, I'm about to send you file.mpeg|$"],
    );
    extra.write(peer, &format!("MSRP {tid} 200 OK|To-Path: {second}|From-Path: {bob}|-------{tid}$|"));
    extra.write(
        peer,
        &format!(
            "MSRP yh67 REPORT|To-Path: {to}|From-Path: {bob}|Message-ID: 87652|Byte-Range: 1-39/39|\
             Status: 000 200 OK|-------yh67$|"
        ),
    );
    assert!(extra.take(peer).is_empty(), "RFC 4975 §7.1.2: a REPORT is not answered");
    check(
        &carry(&mut extra, into, &mut intra, out),
        names,
        &["MSRP T REPORT|To-Path: U1 ALICE|From-Path: U2 BOB|Byte-Range: 1-39/39|Message-ID: 87652|\
           Status: 000 200 OK|$"],
    );
    check(
        &intra.frames(alice),
        names,
        &["MSRP T REPORT|To-Path: ALICE|From-Path: U1 U2 BOB|Byte-Range: 1-39/39|Message-ID: 87652|\
           Status: 000 200 OK|$"],
    );
    assert_eq!(extra.relay.live().transactions, 0);
    // Alice never answered what bound the session: her relay still waits for that, and for nothing else.
    assert_eq!(intra.relay.live().transactions, 1);
}
