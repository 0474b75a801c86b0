//! One person to another through their server: registration, the proxy, digests (SEED-1, SEED-13, SEED-19).

use std::time::Duration;

use expect_test::expect;
use pager::{ErrorKind, Event, Registration, To};
use simple_im_sim::{Decision, Lab, Link, PartyId};

const LONG: Duration = Duration::from_secs(200);

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect()
}

fn office(seed: u64, link: Link) -> (Lab, PartyId, PartyId, PartyId) {
    let mut lab = Lab::new(seed).link(link);
    let server = lab.server("home1.example", &["alice", "bob"], |config| config);
    let alice = lab.user(server, "alice", |_| {});
    let bob = lab.user(server, "bob", |_| {});
    lab.register(&[alice, bob]);
    (lab, server, alice, bob)
}

#[track_caller]
fn exchange(lab: &mut Lab, parties: [PartyId; 3], text: Option<&str>, files: &[(&str, &str, &[u8])]) {
    let [server, alice, bob] = parties;
    let to = To::one(lab.uri(bob));
    lab.send(alice, to, text, files).unwrap();
    let closed = |event: &Event| matches!(event, Event::Closed { .. });
    assert!(lab.run_until(alice, LONG, closed), "{:#?}\n{}", lab.events(alice), lab.ladder());
    lab.run_for(LONG);
    for party in [server, alice, bob] {
        assert!(lab.is_clean(party), "something is left\n{}", lab.ladder());
    }
}

fn delivered(lab: &Lab, party: PartyId) -> bool {
    lab.events(party).iter().any(|event| matches!(event, Event::Delivered { .. }))
}

#[test]
fn seed_13_17_a_text_and_a_file_through_the_proxy() {
    let (mut lab, server, alice, bob) = office(7, Link::default());
    exchange(&mut lab, [server, alice, bob], Some("Lunch?"), &[("menu.txt", "text/plain", b"soup")]);
    assert!(delivered(&lab, alice), "{:#?}", lab.events(alice));
    expect![[r#"
        0.000    alice -> server  REGISTER sip:home1.example
        0.005    server -> alice  401 Unauthorized (1 REGISTER)
        0.010    alice -> server  REGISTER sip:home1.example
        0.015    server -> alice  200 OK (2 REGISTER)
        0.020    bob -> server  REGISTER sip:home1.example
        0.025    server -> bob  401 Unauthorized (1 REGISTER)
        0.030    bob -> server  REGISTER sip:home1.example
        0.035    server -> bob  200 OK (2 REGISTER)
        0.050    alice -> server  INVITE sip:bob@home1.example  [multipart/mixed]
        0.055    server -> alice  407 Proxy Authentication Required (1 INVITE)
        0.060    alice -> server  ACK sip:bob@home1.example
        0.060    alice -> server  INVITE sip:bob@home1.example  [multipart/mixed]
        0.075    server -> bob  INVITE sip:bob@192.0.2.3:5060  [multipart/mixed]
        0.080    bob -> server  180 Ringing (2 INVITE)
        0.080    bob -> server  200 OK (2 INVITE)
        0.085    server -> alice  180 Ringing (2 INVITE)
        0.085    server -> alice  200 OK (2 INVITE)
        0.090    alice -> server  ACK sip:bob@192.0.2.3:5060;transport=tcp
        0.095    server -> bob  ACK sip:bob@192.0.2.3:5060;transport=tcp
        0.100    alice -> bob  MSRP SEND 1-0/0 $  [no body]
        0.100    alice -> bob  MSRP SEND 1-0/0 $  [no body]
        0.105    bob -> alice  MSRP 200 $
        0.105    bob -> alice  MSRP 200 $
        0.110    alice -> bob  MSRP SEND 1-6/6 $
        0.110    alice -> bob  MSRP SEND 1-4/4 $
        0.115    bob -> alice  MSRP 200 $
        0.115    bob -> alice  MSRP 200 $
        0.120    alice -> server  BYE sip:bob@192.0.2.3:5060;transport=tcp
        0.125    server -> bob  BYE sip:bob@192.0.2.3:5060;transport=tcp
        0.130    bob -> server  200 OK (3 BYE)
        0.135    server -> alice  200 OK (3 BYE)
    "#]]
    .assert_eq(&lab.ladder());
}

#[test]
fn datagrams_lost_and_doubled_change_nothing() {
    for seed in 0..10 {
        let mut link = Link::default().losing(30);
        link.duplicate_percent = 20;
        let (mut lab, server, alice, bob) = office(seed, link);
        let octets = pattern(10_000);
        exchange(&mut lab, [server, alice, bob], Some("Lunch?"), &[("a.bin", "image/png", &octets)]);
        assert!(delivered(&lab, alice), "{seed}: {:#?}\n{}", lab.events(alice), lab.ladder());
        let offers = lab.events(bob).iter().filter(|event| matches!(event, Event::Offer { .. })).count();
        assert_eq!(offers, 1, "{seed}");
    }
}

#[test]
fn seed_20_refused_and_unknown_and_absent() {
    let (mut lab, server, alice, bob) = office(7, Link::default());
    lab.decide(bob, Decision::Refuse);
    exchange(&mut lab, [server, alice, bob], Some("Lunch?"), &[]);
    lab.with_agent(bob, pager::Agent::unregister);
    lab.run_for(Duration::from_secs(5));
    exchange(&mut lab, [server, alice, bob], Some("Lunch?"), &[]);
    let to = To::one(sip::Uri::parse("sip:nobody@home1.example").unwrap());
    lab.send(alice, to, Some("hello"), &[]).unwrap();
    lab.run_for(LONG);
    let failures: Vec<_> = lab
        .events(alice)
        .iter()
        .filter_map(|event| match event {
            Event::Failed { error, .. } => Some(error.kind().clone()),
            _ => None,
        })
        .collect();
    let statuses: Vec<_> = failures
        .iter()
        .map(|kind| match kind {
            ErrorKind::Refused(status) => status.as_u16(),
            _ => 0,
        })
        .collect();
    assert_eq!(statuses, [603, 480, 404], "{failures:?}");
}

#[test]
fn rfc3261_22_a_wrong_password_is_told() {
    let mut lab = Lab::new(7);
    let server = lab.server("home1.example", &["alice"], |config| config);
    let mallory = lab.user(server, "alice", |config| {
        config.account.credentials = Some(digest::Credentials::new("alice", "guess"));
    });
    lab.with_agent(mallory, pager::Agent::register).unwrap();
    lab.run_for(Duration::from_secs(40));
    let failed = |event: &Event| matches!(event, Event::Registration(Registration::Failed(_)));
    assert!(lab.events(mallory).iter().any(failed), "{:#?}\n{}", lab.events(mallory), lab.ladder());
}

#[test]
fn a_registration_is_kept_alive() {
    let (mut lab, server, alice, bob) = office(7, Link::default());
    lab.run_for(Duration::from_secs(20_000));
    exchange(&mut lab, [server, alice, bob], Some("still there?"), &[]);
    assert!(delivered(&lab, alice), "{:#?}", lab.events(alice));
}
