//! `sips`: inside TLS all the way, or not at all (RFC 3261 §26.2.2, RFC 5630).

use expect_test::expect;
use simple_im_sip_ua::{Config, Invite, Transport};
use sip::{HeaderName, Method};

use crate::calls::{check, incoming, invite_bob, nothing_left, ok, uri};
use crate::lab::{Lab, NodeId};

/// Two that listen for TLS only.
fn pair() -> (Lab, NodeId, NodeId) {
    let mut lab = Lab::new();
    let config = || Config { listen_tls_port: Some(5061), ..Config::default() };
    let alice = lab.agent("alice", "192.0.2.1:5061", config());
    let bob = lab.agent("bob", "192.0.2.2:5061", config());
    (lab, alice, bob)
}

fn invite(target: &str, route: &[&str]) -> Invite {
    let route = route.iter().map(|route| uri(route)).collect();
    Invite { request_uri: uri(target), route, ..invite_bob() }
}

#[test]
fn rfc5630_3_3_a_sips_dialog_has_sips_contacts_and_stays_inside_tls() {
    let (mut lab, alice, bob) = pair();
    let session = lab.with(alice, |ua, now| ua.invite(invite("sips:bob@192.0.2.2", &[]), now).unwrap());
    lab.settle();
    let id = incoming(&mut lab, bob);
    lab.with(bob, |ua, now| ua.respond(id, ok(), now).unwrap().unwrap());
    lab.settle();
    lab.with(alice, |ua, now| ua.bye(session, now));
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
            0.01 alice > bob tls INVITE sips:bob@192.0.2.2
            0.02 bob * incoming INVITE
            0.10 bob > alice tls 200 to INVITE
            0.11 alice * accepted by sips:bob@192.0.2.2:5061
            0.11 alice > bob tls ACK sips:bob@192.0.2.2:5061
            0.12 bob * confirmed
            0.20 alice > bob tls BYE sips:bob@192.0.2.2:5061
            0.21 bob * the peer hung up
            0.21 bob * ended: PeerBye
            0.21 bob > alice tls 200 to BYE
            0.22 alice * ended: LocalBye
        "#]],
    );
    nothing_left(&mut lab, &[alice, bob]);
}

#[test]
fn rfc3261_26_2_2_a_sips_target_reaches_a_sip_proxy_inside_tls() {
    let mut lab = Lab::new();
    let alice = lab.agent("alice", "192.0.2.1:5061", Config::default());
    let proxy = lab.script("proxy", "192.0.2.9:5061");
    let invite = invite("sips:bob@example.com", &["sip:192.0.2.9;lr"]);
    lab.with(alice, |ua, now| ua.invite(invite, now).unwrap());
    lab.settle();
    let (flow, request) = lab.request(proxy, Method::INVITE);
    assert_eq!(lab.flows(proxy, Transport::Tls), [flow]);
    assert_eq!(request.via().unwrap().transport, "TLS");
    assert!(request.headers().get(HeaderName::CONTACT).unwrap().starts_with("<sips:alice@192.0.2.1:"));
}

#[test]
fn rfc3261_8_1_3_4_a_redirection_from_sips_to_sip_is_not_followed() {
    let mut lab = Lab::new();
    let alice = lab.agent("alice", "192.0.2.1:5061", Config::default());
    let peer = lab.script("peer", "192.0.2.2:5061");
    lab.with(alice, |ua, now| ua.invite(invite("sips:bob@192.0.2.2", &[]), now).unwrap());
    lab.settle();
    let first = lab.request(peer, Method::INVITE);
    let contacts = "<sip:a@192.0.2.2:5061>;q=0.9, <sips:b@192.0.2.2>;q=0.2";
    lab.reply(peer, &first, 302, |response| response.to_tag("r").header(HeaderName::CONTACT, contacts));
    lab.settle();
    let second = lab.request(peer, Method::INVITE);
    assert_eq!(second.1.request_uri(), "sips:b@192.0.2.2");
    lab.reply(peer, &second, 302, |response| {
        response.to_tag("r").header(HeaderName::CONTACT, "<sip:a@192.0.2.2:5061>")
    });
    lab.settle();
    assert!(lab.trace().contains("rejected: refused: 302 Moved Temporarily"));
    nothing_left(&mut lab, &[alice]);
}
