//! Challenges: 401 and 407, several realms, stale nonces, wrong passwords, servers that never have enough.

use digest::{Algorithm, Authorization, Challenge, Credentials};
use expect_test::expect;
use simple_im_sip_ua::{Config, Invite, Reply, Transport};
use sip::{HeaderName, Method, Request};

use crate::calls::{check, incoming, invite_bob, nothing_left, ok, uri};
use crate::lab::{Lab, NodeId};

fn alice_and_server() -> (Lab, NodeId, NodeId) {
    let mut lab = Lab::new();
    let alice = lab.agent("alice", "192.0.2.1:5060", Config::default());
    let server = lab.script("server", "192.0.2.9:5060");
    (lab, alice, server)
}

fn invite() -> Invite {
    Invite {
        request_uri: uri("sip:bob@192.0.2.9"),
        credentials: Some(Credentials::new("alice", "wonderland")),
        ..invite_bob()
    }
}

fn challenge(realm: &str, nonce: &str, algorithm: Algorithm) -> Challenge {
    Challenge::new(realm, nonce, algorithm).unwrap()
}

/// The answers of a request, judged.
fn answers(request: &Request) -> String {
    let mut out = format!("{}:", request.cseq().unwrap().number);
    for name in [HeaderName::AUTHORIZATION, HeaderName::PROXY_AUTHORIZATION] {
        for value in request.headers().get_all(name) {
            let answer = Authorization::parse(value).unwrap();
            let method = match request.method().as_str() {
                "ACK" => "INVITE",
                method => method,
            };
            let right = answer.verify(method, &Credentials::new("alice", "wonderland"), b"");
            out +=
                &format!(" {} {} {}", answer.realm(), answer.nonce(), if right { "right" } else { "wrong" });
        }
    }
    out
}

#[test]
fn rfc3261_22_2_a_401_is_answered_in_every_algorithm() {
    for algorithm in [Algorithm::MD5, Algorithm::SHA_256, Algorithm::MD5_SESS] {
        let (mut lab, alice, server) = alice_and_server();
        lab.with(alice, |ua, now| ua.invite(invite(), now).unwrap());
        lab.settle();
        let first = lab.request(server, Method::INVITE);
        let asked = challenge("home", "n1", algorithm).to_string();
        lab.reply(server, &first, 401, |response| {
            response.to_tag("b").header(HeaderName::WWW_AUTHENTICATE, &asked)
        });
        lab.settle();
        let second = lab.request(server, Method::INVITE);
        assert_eq!(answers(&second.1), "2: home n1 right", "{algorithm}");
        let same = |request: &Request| {
            let from = request.from().unwrap().tag().unwrap().to_owned();
            (from, request.call_id().unwrap().to_owned())
        };
        assert_eq!(same(&first.1), same(&second.1));
        assert_ne!(first.1.via().unwrap().branch(), second.1.via().unwrap().branch());
        lab.reply(server, &second, 486, |response| response.to_tag("b"));
        nothing_left(&mut lab, &[alice]);
    }
}

#[test]
fn rfc8760_2_3_the_topmost_supported_challenge_is_answered() {
    let (mut lab, alice, server) = alice_and_server();
    lab.with(alice, |ua, now| ua.invite(invite(), now).unwrap());
    lab.settle();
    let first = lab.request(server, Method::INVITE);
    let [sha, md5] = [(Algorithm::SHA_256, "n-sha"), (Algorithm::MD5, "n-md5")]
        .map(|(algorithm, nonce)| challenge("home", nonce, algorithm).to_string());
    lab.reply(server, &first, 401, |response| {
        response
            .to_tag("b")
            .header(HeaderName::WWW_AUTHENTICATE, r#"Digest realm="home", nonce="x", algorithm=SHA-9000"#)
            .header(HeaderName::WWW_AUTHENTICATE, sha)
            .header(HeaderName::WWW_AUTHENTICATE, md5)
    });
    lab.settle();
    let second = lab.request(server, Method::INVITE);
    assert_eq!(answers(&second.1), "2: home n-sha right");
    lab.reply(server, &second, 486, |response| response.to_tag("b"));
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn rfc3261_22_3_two_realms_one_after_the_other_and_the_ack_and_the_bye_carry_both() {
    let (mut lab, alice, server) = alice_and_server();
    let session = lab.with(alice, |ua, now| ua.invite(invite(), now).unwrap());
    lab.settle();
    let first = lab.request(server, Method::INVITE);
    let proxy = challenge("proxy", "p1", Algorithm::MD5).to_string();
    lab.reply(server, &first, 407, |response| {
        response.to_tag("b").header(HeaderName::PROXY_AUTHENTICATE, proxy)
    });
    lab.settle();
    let second = lab.request(server, Method::INVITE);
    let home = challenge("home", "h1", Algorithm::SHA_256).to_string();
    lab.reply(server, &second, 401, |response| {
        response.to_tag("b").header(HeaderName::WWW_AUTHENTICATE, home)
    });
    lab.settle();
    let third = lab.request(server, Method::INVITE);
    assert_eq!(answers(&third.1), "3: home h1 right proxy p1 right");
    lab.reply(server, &third, 200, |response| {
        response.to_tag("b").header(HeaderName::CONTACT, "<sip:bob@192.0.2.9>")
    });
    lab.settle();
    let (_, ack) = lab.request(server, Method::ACK);
    assert_eq!(answers(&ack), "3: home h1 right proxy p1 right");
    lab.with(alice, |ua, now| ua.bye(session, now));
    lab.settle();
    let bye = lab.request(server, Method::BYE);
    assert_eq!(answers(&bye.1), "4: home h1 right proxy p1 right");
    lab.reply(server, &bye, 200, |response| response);
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.01 alice > server udp INVITE sip:bob@192.0.2.9
        0.10 server > alice udp 407 to INVITE
        0.11 alice > server udp ACK sip:bob@192.0.2.9
        0.11 alice > server udp INVITE sip:bob@192.0.2.9
        0.20 server > alice udp 401 to INVITE
        0.21 alice > server udp ACK sip:bob@192.0.2.9
        0.21 alice > server udp INVITE sip:bob@192.0.2.9
        0.30 server > alice udp 200 to INVITE
        0.31 alice * accepted by sip:bob@192.0.2.9
        0.31 alice > server udp ACK sip:bob@192.0.2.9
        0.40 alice > server udp BYE sip:bob@192.0.2.9
        0.50 server > alice udp 200 to BYE
        0.51 alice * ended: LocalBye
    "#]],
    );
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn rfc3261_22_1_a_wrong_password_is_not_tried_again() {
    let (mut lab, alice, server) = alice_and_server();
    lab.with(alice, |ua, now| ua.invite(invite(), now).unwrap());
    lab.settle();
    for nonce in ["n1", "n2"] {
        let request = lab.request(server, Method::INVITE);
        let asked = challenge("home", nonce, Algorithm::MD5).to_string();
        lab.reply(server, &request, 401, |response| {
            response.to_tag("b").header(HeaderName::WWW_AUTHENTICATE, asked)
        });
        lab.settle();
    }
    check(
        &mut lab,
        expect![[r#"
        0.01 alice > server udp INVITE sip:bob@192.0.2.9
        0.10 server > alice udp 401 to INVITE
        0.11 alice > server udp ACK sip:bob@192.0.2.9
        0.11 alice > server udp INVITE sip:bob@192.0.2.9
        0.20 server > alice udp 401 to INVITE
        0.21 alice > server udp ACK sip:bob@192.0.2.9
        0.21 alice * rejected: refused: 401 Unauthorized
        0.21 alice * ended: NotEstablished
    "#]],
    );
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn rfc7616_3_3_a_stale_nonce_is_answered_once_and_a_server_that_goes_on_is_left() {
    let (mut lab, alice, server) = alice_and_server();
    lab.with(alice, |ua, now| ua.invite(invite(), now).unwrap());
    lab.settle();
    for nonce in ["n1", "n2", "n3"] {
        let request = lab.request(server, Method::INVITE);
        let mut asked = challenge("home", nonce, Algorithm::MD5);
        if nonce != "n1" {
            asked = asked.with_stale();
        }
        lab.reply(server, &request, 401, |response| {
            response.to_tag("b").header(HeaderName::WWW_AUTHENTICATE, asked.to_string())
        });
        lab.settle();
    }
    check(
        &mut lab,
        expect![[r#"
        0.01 alice > server udp INVITE sip:bob@192.0.2.9
        0.10 server > alice udp 401 to INVITE
        0.11 alice > server udp ACK sip:bob@192.0.2.9
        0.11 alice > server udp INVITE sip:bob@192.0.2.9
        0.20 server > alice udp 401 to INVITE
        0.21 alice > server udp ACK sip:bob@192.0.2.9
        0.21 alice > server udp INVITE sip:bob@192.0.2.9
        0.30 server > alice udp 401 to INVITE
        0.31 alice > server udp ACK sip:bob@192.0.2.9
        0.31 alice * rejected: peer misbehaved: challenges without end
        0.31 alice * ended: NotEstablished
    "#]],
    );
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn a_server_with_ever_new_realms_is_left() {
    let (mut lab, alice, server) = alice_and_server();
    lab.with(alice, |ua, now| ua.invite(invite(), now).unwrap());
    lab.settle();
    for realm in ["a", "b", "c", "d", "e", "f", "g"] {
        let request = lab.request(server, Method::INVITE);
        let asked = challenge(realm, "n", Algorithm::MD5).to_string();
        lab.reply(server, &request, 401, |response| {
            response.to_tag("b").header(HeaderName::WWW_AUTHENTICATE, asked)
        });
        lab.settle();
    }
    assert!(lab.trace().contains("rejected: peer misbehaved: challenges without end"));
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn a_challenge_for_another_realm_or_without_credentials_is_the_final_response() {
    for (credentials, realm) in
        [(None, None), (Some(Credentials::new("alice", "wonderland")), Some("home".into()))]
    {
        let (mut lab, alice, server) = alice_and_server();
        lab.with(alice, |ua, now| ua.invite(Invite { credentials, realm, ..invite() }, now).unwrap());
        lab.settle();
        let request = lab.request(server, Method::INVITE);
        let asked = challenge("elsewhere", "n", Algorithm::MD5).to_string();
        lab.reply(server, &request, 401, |response| {
            response.to_tag("b").header(HeaderName::WWW_AUTHENTICATE, asked)
        });
        lab.settle();
        assert!(lab.trace().contains("rejected: refused: 401 Unauthorized"));
        nothing_left(&mut lab, &[alice]);
    }
}

/// RFC 3261 §12.2.1.1: numbers in a dialog rise, also after a challenged PRACK.
#[test]
fn rfc3261_12_2_1_1_a_challenged_prack_counts() {
    let (mut lab, alice, peer) = alice_and_server();
    lab.with(alice, |ua, now| ua.invite(invite(), now).unwrap());
    lab.settle();
    let first = lab.request(peer, Method::INVITE);
    let mut numbers = Vec::new();
    for (at, sequence) in ["1", "2"].into_iter().enumerate() {
        lab.reply(peer, &first, 183, |response| {
            response
                .to_tag("b")
                .header(HeaderName::REQUIRE, "100rel")
                .header(HeaderName::RSEQ, sequence)
                .header(HeaderName::CONTACT, "<sip:bob@192.0.2.9>")
        });
        lab.settle();
        let prack = lab.request(peer, Method::PRACK);
        numbers.push(prack.1.cseq().unwrap().number);
        let asked = challenge("proxy", &format!("n{at}"), Algorithm::MD5).to_string();
        lab.reply(peer, &prack, 407, |response| response.header(HeaderName::PROXY_AUTHENTICATE, asked));
        lab.settle();
        let prack = lab.request(peer, Method::PRACK);
        numbers.push(prack.1.cseq().unwrap().number);
        lab.reply(peer, &prack, 200, |response| response);
        lab.settle();
    }
    lab.reply(peer, &first, 200, |response| {
        response.to_tag("b").header(HeaderName::CONTACT, "<sip:bob@192.0.2.9>")
    });
    lab.settle();
    lab.with(alice, |ua, now| ua.shutdown(now));
    lab.settle();
    numbers.push(lab.request(peer, Method::BYE).1.cseq().unwrap().number);
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "PRACK, PRACK, PRACK, PRACK, BYE: {numbers:?}");
}

/// RFC 8760 §2.4: the topmost challenge that can be answered; a stored MD5 hash answers no SHA-256.
#[test]
fn rfc8760_2_4_a_stored_hash_answers_the_challenge_it_is_for() {
    let (mut lab, alice, server) = alice_and_server();
    let password = Credentials::new("alice", "wonderland");
    let ha1 = password.ha1("home", Algorithm::MD5).unwrap();
    let stored = Credentials::from_ha1("alice", "home", Algorithm::MD5, &ha1);
    let call = Invite { credentials: Some(stored), ..invite() };
    lab.with(alice, |ua, now| ua.invite(call, now).unwrap());
    lab.settle();
    let first = lab.request(server, Method::INVITE);
    lab.reply(server, &first, 401, |response| {
        response
            .to_tag("r")
            .header(HeaderName::WWW_AUTHENTICATE, challenge("home", "n1", Algorithm::SHA_256).to_string())
            .header(HeaderName::WWW_AUTHENTICATE, challenge("home", "n2", Algorithm::MD5).to_string())
    });
    lab.settle();
    let second = lab.request(server, Method::INVITE).1;
    let answer = second.headers().get(HeaderName::AUTHORIZATION);
    let answer = answer.expect("the MD5 challenge is answered, not the request repeated without an answer");
    assert!(Authorization::parse(answer).unwrap().verify("INVITE", &password, b""));
}

/// The answer to a challenge of one server is not handed to the host it redirects to.
#[test]
fn rfc3261_22_credentials_do_not_go_where_a_redirection_leads() {
    let (mut lab, alice, server) = alice_and_server();
    let other = lab.script("other", "198.51.100.66:5060");
    lab.with(alice, |ua, now| ua.invite(invite(), now).unwrap());
    lab.settle();
    let asked_elsewhere = challenge("elsewhere", "n1", Algorithm::MD5).to_string();
    let first = lab.request(server, Method::INVITE);
    let asked = challenge("home", "n1", Algorithm::MD5).to_string();
    lab.reply(server, &first, 401, |response| {
        response.to_tag("b").header(HeaderName::WWW_AUTHENTICATE, asked)
    });
    lab.settle();
    let second = lab.request(server, Method::INVITE);
    lab.reply(server, &second, 302, |response| {
        response.to_tag("b").header(HeaderName::CONTACT, "<sip:x@198.51.100.66>")
    });
    lab.settle();
    let stray = lab.request(other, Method::INVITE);
    assert_eq!(stray.1.headers().get(HeaderName::AUTHORIZATION), None, "nobody there has asked");
    // Another user of the host that asked is not another host.
    lab.reply(other, &stray, 401, |response| {
        response.to_tag("x").header(HeaderName::WWW_AUTHENTICATE, asked_elsewhere)
    });
    lab.settle();
    let stray = lab.request(other, Method::INVITE);
    lab.reply(other, &stray, 302, |response| {
        response.to_tag("x").header(HeaderName::CONTACT, "<sip:y@198.51.100.66>")
    });
    lab.settle();
    let (_, stray) = lab.request(other, Method::INVITE);
    assert_eq!(stray.headers().get_all(HeaderName::AUTHORIZATION).count(), 1);
}

/// RFC 3261 §22.3: who was called behind a proxy that wants credentials cannot hang up.
#[test]
fn rfc3261_22_3_the_callee_can_answer_a_challenge_to_its_bye() {
    let mut lab = Lab::new();
    let bob = lab.agent("bob", "192.0.2.2:5060", Config::default());
    let peer = lab.script("peer", "192.0.2.9:5060");
    let flow = lab.connect(peer, Transport::Udp, bob);
    let request = |method: &str, tag: &str| {
        format!(
            "{method} sip:bob@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK{method};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:p@192.0.2.9>;tag=p\r\nTo: <sip:bob@192.0.2.2>{tag}\r\nCall-ID: c\r\n\
             CSeq: 1 {method}\r\nContact: <sip:p@192.0.2.9>\r\nContent-Length: 0\r\n\r\n"
        )
    };
    lab.transmit(peer, flow, request("INVITE", ""));
    lab.settle();
    let id = incoming(&mut lab, bob);
    let session = lab.with(bob, |ua, now| {
        let reply = Reply { credentials: Some(Credentials::new("bob", "builder")), ..ok() };
        ua.respond(id, reply, now).unwrap().unwrap()
    });
    lab.settle();
    let tag = format!(";tag={}", lab.response(peer).to().unwrap().tag().unwrap());
    lab.transmit(peer, flow, request("ACK", &tag));
    lab.settle();
    lab.with(bob, |ua, now| ua.bye(session, now));
    lab.settle();
    let bye = lab.request(peer, Method::BYE);
    let asked = challenge("proxy", "n1", Algorithm::MD5).to_string();
    lab.reply(peer, &bye, 407, |response| response.header(HeaderName::PROXY_AUTHENTICATE, asked));
    lab.settle();
    let bye = lab.request(peer, Method::BYE).1;
    let answer = Authorization::parse(bye.headers().get(HeaderName::PROXY_AUTHORIZATION).unwrap()).unwrap();
    assert!(answer.verify("BYE", &Credentials::new("bob", "builder"), b""));
}
