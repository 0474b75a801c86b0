//! How the user's MSRP relay is found (RFC 4976 §5.1).

use simple_im_pager::{
    Answer, ErrorKind, Event, FlowState, MediaTls, MsrpRelays, Outgoing, Profile, Protocol, Question, To,
    Transport,
};
use sip_ua::SrvRecord;

use crate::peer::{Bench, PEER, line};

const MSRP: Protocol = Protocol::Msrp;

/// A text to somebody by way of this relay: the client asks where that is before anybody is called.
fn sending(relay: &str) -> Bench {
    sending_as(relay, None)
}

fn sending_as(relay: &str, credentials: Option<digest::Credentials>) -> Bench {
    let mut bench = Bench::configured(Profile::generic(), |config| {
        let mut relays = MsrpRelays::new(vec![msrp::Uri::parse(relay.to_owned()).unwrap()]);
        relays.credentials = credentials;
        config.account.relays = Some(relays);
        config.media_tls = Some(MediaTls::new(2856, Some("ours".into())));
    });
    let to = To::one(sip::Uri::parse(format!("sip:peer@{PEER};transport=tcp")).unwrap());
    bench.agent.send(Outgoing::new(to).text("Lunch at noon?"), bench.now).unwrap();
    bench.settle();
    let sip = bench.connect(Protocol::Sip)[0];
    assert_eq!(bench.said(sip), "", "nobody is called without a path");
    bench
}

/// Answers the one question that is open.
fn answer(bench: &mut Bench, question: &Question, answer: Answer) {
    let (query, asked) = bench.asked.pop().unwrap();
    assert_eq!(&asked, question);
    bench.agent.handle_answer(query, answer, bench.now);
    bench.settle();
}

fn addresses(list: &[&str]) -> Answer {
    Answer::Addresses(list.iter().map(|address| address.parse().unwrap()).collect())
}

/// Nobody is at the address that the client tries now.
fn refuse(bench: &mut Bench, address: &str) {
    let (flow, target) = bench.opened.pop().unwrap();
    assert_eq!((target.address.to_string().as_str(), target.transport), (address, Transport::Tls));
    assert_eq!(
        target.server_name.as_deref(),
        Some("relay.example"),
        "whose name the certificate has to prove"
    );
    bench.agent.handle_flow(flow, MSRP, FlowState::Closed(sip_ua::FlowError::Refused), bench.now);
    bench.settle();
}

fn srv(name: &str) -> Question {
    Question::Srv(name.into())
}

fn a(name: &str) -> Question {
    Question::Address(name.into())
}

#[test]
fn rfc4976_5_1_the_next_relay_of_the_farm_is_taken_when_one_is_down() {
    let mut bench = sending("msrps://relay.example;tcp");
    let record =
        |priority, target: &str| SrvRecord { priority, weight: 0, port: 9000, target: target.into() };
    let farm = Answer::Srv(vec![record(2, "b.relay.example"), record(1, "a.relay.example")]);
    answer(&mut bench, &srv("_msrps._tcp.relay.example"), farm);
    answer(&mut bench, &a("a.relay.example"), addresses(&["192.0.2.50", "192.0.2.51"]));
    refuse(&mut bench, "192.0.2.50:9000");
    refuse(&mut bench, "192.0.2.51:9000");
    answer(&mut bench, &a("b.relay.example"), addresses(&["192.0.2.60"]));
    assert_eq!(bench.opened[0].1.address.to_string(), "192.0.2.60:9000");
    let flow = bench.connect(MSRP)[0];
    let auth = bench.said(flow);
    assert!(auth.contains(" AUTH\r\n"), "{auth}");
    assert_eq!(line(&auth, "To-Path: "), "msrps://relay.example;tcp");
}

#[test]
fn rfc4976_5_1_without_records_the_domain_itself_and_with_a_port_no_records() {
    let mut bench = sending("msrps://relay.example;tcp");
    answer(&mut bench, &srv("_msrps._tcp.relay.example"), Answer::Nothing);
    answer(&mut bench, &a("relay.example"), addresses(&["192.0.2.70"]));
    refuse(&mut bench, "192.0.2.70:2855");
    let failed = |event: &Event| matches!(event, Event::Failed { error, .. } if *error.kind() == ErrorKind::Unreachable);
    assert!(bench.events.iter().any(failed), "{:#?}", bench.events);

    let mut bench = sending("msrps://relay.example:9000;tcp");
    answer(&mut bench, &a("relay.example"), addresses(&["192.0.2.71"]));
    refuse(&mut bench, "192.0.2.71:9000");
    assert!(bench.events.iter().any(failed), "{:#?}", bench.events);
    assert!(bench.asked.is_empty());
}

#[test]
fn rfc8760_2_4_a_stored_hash_answers_the_challenge_it_is_for() {
    let hash = "0123456789abcdef0123456789abcdef";
    let stored = digest::Credentials::from_ha1("me", "relay.example", digest::Algorithm::MD5, hash);
    let mut bench = sending_as("msrps://192.0.2.71:9000;tcp", Some(stored));
    let flow = bench.connect(MSRP)[0];
    let auth = bench.said(flow);
    let tid = auth.split(' ').nth(1).unwrap();
    let challenge = |algorithm: &str| {
        format!(
            "WWW-Authenticate: Digest realm=\"relay.example\", nonce=\"n\", qop=\"auth\", algorithm={algorithm}\r\n"
        )
    };
    let response = format!(
        "MSRP {tid} 401 Unauthorized\r\nTo-Path: {}\r\nFrom-Path: {}\r\n{}{}-------{tid}$\r\n",
        line(&auth, "From-Path: "),
        line(&auth, "To-Path: "),
        challenge("SHA-256"),
        challenge("MD5"),
    );
    bench.hear(flow, MSRP, response);
    let auth = bench.said(flow);
    assert!(line(&auth, "Authorization: ").contains("algorithm=MD5"), "{auth}");
}
