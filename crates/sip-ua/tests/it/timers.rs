//! What a caller does with unusual answers: forks, redirections, reliable provisional responses, session timers.

use std::time::Duration;

use expect_test::expect;
use simple_im_sip_ua::{Config, Event};
use sip::{HeaderName, Method, Request};

use crate::calls::{check, invite_bob, nothing_left, uri};
use crate::lab::{Lab, NodeId};

fn alice_and_peer() -> (Lab, NodeId, NodeId) {
    let mut lab = Lab::new();
    let alice = lab.agent("alice", "192.0.2.1:5060", Config::default());
    let peer = lab.script("peer", "192.0.2.2:5060");
    lab.with(alice, |ua, now| ua.invite(invite_bob(), now).unwrap());
    lab.settle();
    (lab, alice, peer)
}

#[test]
fn rfc3261_13_2_2_4_a_second_2xx_of_a_fork_is_acknowledged_and_ended() {
    let (mut lab, alice, peer) = alice_and_peer();
    let invite = lab.request(peer, Method::INVITE);
    for tag in ["one", "two", "two", "one"] {
        lab.reply(peer, &invite, 200, |response| {
            response.to_tag(tag).header(HeaderName::CONTACT, format!("<sip:{tag}@192.0.2.2>;isfocus"))
        });
        lab.settle();
    }
    let bye = lab.request(peer, Method::BYE);
    lab.reply(peer, &bye, 200, |response| response);
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.01 alice > peer udp INVITE sip:bob@192.0.2.2
        0.10 peer > alice udp 200 to INVITE
        0.11 alice * accepted by sip:one@192.0.2.2, a focus
        0.11 alice > peer udp ACK sip:one@192.0.2.2
        0.20 peer > alice udp 200 to INVITE
        0.21 alice > peer udp ACK sip:two@192.0.2.2
        0.21 alice > peer udp BYE sip:two@192.0.2.2
        0.30 peer > alice udp 200 to INVITE
        0.31 alice > peer udp ACK sip:two@192.0.2.2
        0.40 peer > alice udp 200 to INVITE
        0.41 alice > peer udp ACK sip:one@192.0.2.2
        0.50 peer > alice udp 200 to BYE
    "#]],
    );
    let events = lab.events(alice);
    let Event::Accepted { session, .. } = events[0] else { panic!("{events:?}") };
    lab.with(alice, |ua, now| ua.bye(session, now));
    lab.settle();
    let bye = lab.request(peer, Method::BYE);
    assert_eq!(bye.1.request_uri(), "sip:one@192.0.2.2");
    lab.reply(peer, &bye, 481, |response| response);
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn a_fork_without_end_is_bounded() {
    let (mut lab, alice, peer) = alice_and_peer();
    let invite = lab.request(peer, Method::INVITE);
    for tag in 0..50 {
        lab.reply(peer, &invite, 200, |response| {
            response.to_tag(&format!("t{tag}")).header(HeaderName::CONTACT, "<sip:bob@192.0.2.2>")
        });
        lab.settle();
    }
    let byes = lab.trace().lines().filter(|line| line.contains("BYE")).count();
    assert!(lab.live(alice).sessions <= 8 && byes > 0, "{:?}", lab.live(alice));
    lab.with(alice, |ua, now| ua.shutdown(now));
    nothing_left(&mut lab, &[alice]);
}

fn redirect(lab: &mut Lab, peer: NodeId, request: &(simple_im_sip_ua::FlowId, Request), to: &str) {
    lab.reply(peer, request, 302, |response| response.to_tag("r").header(HeaderName::CONTACT, to));
    lab.settle();
}

#[test]
fn rfc3261_8_1_3_4_redirections_are_followed_best_first() {
    let (mut lab, alice, peer) = alice_and_peer();
    let first = lab.request(peer, Method::INVITE);
    redirect(
        &mut lab,
        peer,
        &first,
        "<sip:b@192.0.2.2>;q=0.2, <mailto:x@y>, <sip:a@192.0.2.2?Subject=x>;q=0.9",
    );
    let second = lab.request(peer, Method::INVITE);
    assert_eq!(second.1.request_uri(), "sip:a@192.0.2.2");
    assert_eq!(
        (first.1.call_id().unwrap(), 2),
        (second.1.call_id().unwrap(), second.1.cseq().unwrap().number)
    );
    lab.reply(peer, &second, 486, |response| response.to_tag("r"));
    lab.settle();
    let third = lab.request(peer, Method::INVITE);
    assert_eq!(third.1.request_uri(), "sip:b@192.0.2.2");
    lab.reply(peer, &third, 603, |response| response.to_tag("r"));
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        0.01 alice > peer udp INVITE sip:bob@192.0.2.2
        0.10 peer > alice udp 302 to INVITE
        0.11 alice > peer udp ACK sip:bob@192.0.2.2
        0.11 alice > peer udp INVITE sip:a@192.0.2.2
        0.20 peer > alice udp 486 to INVITE
        0.21 alice > peer udp ACK sip:a@192.0.2.2
        0.21 alice > peer udp INVITE sip:b@192.0.2.2
        0.30 peer > alice udp 603 to INVITE
        0.31 alice > peer udp ACK sip:b@192.0.2.2
        0.31 alice * rejected: refused: 603 Decline
        0.31 alice * ended: NotEstablished
    "#]],
    );
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn a_redirection_in_a_circle_or_without_end_is_the_peers_fault() {
    let (mut lab, alice, peer) = alice_and_peer();
    let first = lab.request(peer, Method::INVITE);
    redirect(&mut lab, peer, &first, "<sip:a@192.0.2.2>");
    let second = lab.request(peer, Method::INVITE);
    redirect(&mut lab, peer, &second, "<sip:bob@192.0.2.2>");
    assert!(lab.trace().contains("rejected: peer misbehaved: redirections without end"));
    nothing_left(&mut lab, &[alice]);

    let (mut lab, alice, peer) = alice_and_peer();
    for hop in 0..6 {
        let request = lab.request(peer, Method::INVITE);
        redirect(&mut lab, peer, &request, &format!("<sip:hop{hop}@192.0.2.2>"));
    }
    assert!(lab.trace().contains("rejected: peer misbehaved: redirections without end"));
    nothing_left(&mut lab, &[alice]);

    let (mut lab, alice, peer) = alice_and_peer();
    let request = lab.request(peer, Method::INVITE);
    redirect(&mut lab, peer, &request, "<tel:+1>");
    assert!(lab.trace().contains("rejected: refused: 302 Moved Temporarily"));
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn rfc3262_4_a_reliable_provisional_response_is_acknowledged_once_and_in_order() {
    let (mut lab, alice, peer) = alice_and_peer();
    let invite = lab.request(peer, Method::INVITE);
    for sequence in ["41", "41", "43", "42"] {
        lab.reply(peer, &invite, 183, |response| {
            response
                .to_tag("b")
                .header(HeaderName::REQUIRE, "100rel")
                .header(HeaderName::RSEQ, sequence)
                .header(HeaderName::CONTACT, "<sip:bob@192.0.2.2>")
        });
        lab.settle();
    }
    for acknowledged in ["41 1 INVITE", "42 1 INVITE"] {
        let prack = lab.request(peer, Method::PRACK);
        assert_eq!(prack.1.headers().get(HeaderName::RACK), Some(acknowledged));
        lab.reply(peer, &prack, 200, |response| response);
        lab.settle();
    }
    lab.reply(peer, &invite, 200, |response| {
        response.to_tag("b").header(HeaderName::CONTACT, "<sip:bob@192.0.2.2>")
    });
    lab.settle();
    lab.with(alice, |ua, now| ua.shutdown(now));
    lab.settle();
    let bye = lab.request(peer, Method::BYE);
    assert_eq!(bye.1.cseq().unwrap().number, 4, "the numbers of the early dialog go on");
    lab.reply(peer, &bye, 200, |response| response);
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn rfc4028_7_4_an_interval_too_small_is_raised_once() {
    let (mut lab, alice, peer) = alice_and_peer();
    for _ in 0..2 {
        let request = lab.request(peer, Method::INVITE);
        lab.reply(peer, &request, 422, |response| response.to_tag("b").header(HeaderName::MIN_SE, "300"));
        lab.settle();
    }
    check(
        &mut lab,
        expect![[r#"
        0.01 alice > peer udp INVITE sip:bob@192.0.2.2
        0.10 peer > alice udp 422 to INVITE
        0.11 alice > peer udp ACK sip:bob@192.0.2.2
        0.11 alice > peer udp INVITE sip:bob@192.0.2.2
        0.20 peer > alice udp 422 to INVITE
        0.21 alice > peer udp ACK sip:bob@192.0.2.2
        0.21 alice * rejected: refused: 422 Session Interval Too Small
        0.21 alice * ended: NotEstablished
    "#]],
    );
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn rfc4028_7_2_the_caller_refreshes_at_half_time() {
    let (mut lab, alice, peer) = alice_and_peer();
    let invite = lab.request(peer, Method::INVITE);
    lab.reply(peer, &invite, 200, |response| {
        response
            .to_tag("b")
            .header(HeaderName::CONTACT, "<sip:bob@192.0.2.2>")
            .header(HeaderName::REQUIRE, "timer")
            .header(HeaderName::SESSION_EXPIRES, "200;refresher=uac")
            .header(HeaderName::ALLOW, "INVITE, UPDATE")
    });
    lab.run(Duration::from_secs(99));
    lab.trace();
    lab.run(Duration::from_secs(2));
    let update = lab.request(peer, Method::UPDATE);
    assert_eq!(update.1.headers().get(HeaderName::SESSION_EXPIRES), Some("200;refresher=uac"));
    lab.reply(peer, &update, 200, |response| {
        response
            .header(HeaderName::SESSION_EXPIRES, "200;refresher=uac")
            .header(HeaderName::CONTACT, "<sip:moved@192.0.2.2>")
            .header(HeaderName::ALLOW, "UPDATE")
    });
    lab.run(Duration::from_secs(90));
    while !lab.is_silent(peer) {
        lab.request(peer, Method::UPDATE);
    }
    lab.run(Duration::from_secs(20));
    let update = lab.request(peer, Method::UPDATE);
    assert_eq!(update.1.request_uri(), "sip:moved@192.0.2.2", "RFC 3311 §5.1: the target is refreshed");
    lab.reply(peer, &update, 481, |response| response);
    lab.settle();
    check(
        &mut lab,
        expect![[r#"
        100.11 alice > peer udp UPDATE sip:bob@192.0.2.2
        100.61 alice > peer udp UPDATE sip:bob@192.0.2.2
        101.10 peer > alice udp 200 to UPDATE
        201.11 alice > peer udp UPDATE sip:moved@192.0.2.2
        201.61 alice > peer udp UPDATE sip:moved@192.0.2.2
        202.61 alice > peer udp UPDATE sip:moved@192.0.2.2
        204.61 alice > peer udp UPDATE sip:moved@192.0.2.2
        208.61 alice > peer udp UPDATE sip:moved@192.0.2.2
        211.10 peer > alice udp 481 to UPDATE
        211.11 alice * ended: DialogLost
    "#]],
    );
    nothing_left(&mut lab, &[alice]);
}

#[test]
fn rfc4028_10_a_callee_that_does_not_refresh_is_hung_up_on() {
    let (mut lab, alice, peer) = alice_and_peer();
    let invite = lab.request(peer, Method::INVITE);
    lab.reply(peer, &invite, 200, |response| {
        response
            .to_tag("b")
            .header(HeaderName::CONTACT, "<sip:bob@192.0.2.2>")
            .header(HeaderName::SESSION_EXPIRES, "90;refresher=uas")
    });
    lab.run(Duration::from_secs(58));
    assert!(lab.live(alice).sessions == 1);
    lab.run(Duration::from_secs(3));
    lab.request(peer, Method::BYE);
    nothing_left(&mut lab, &[alice]);
    assert!(lab.trace().contains("ended: Expired"));
    let _ = uri("sip:x@y");
}

/// RFC 3261 §14.1, RFC 3311 §5.2: a refresh that met another one is tried again when the peer says, and once where it
/// does not say; then the session ends in time.
#[test]
fn rfc3311_5_2_a_refresh_refused_for_the_moment_is_tried_again() {
    for (status, told, first, tries) in [
        (491, "", 902.1..904.2, 9),
        (500, "7", 907.0..907.3, 9),
        (500, "1000", 1768.0..1770.0, 1),
        (501, "", 1334.0..1336.0, 2),
    ] {
        let (mut lab, alice, peer) = alice_and_peer();
        let start = lab.now;
        let invite = lab.request(peer, Method::INVITE);
        lab.reply(peer, &invite, 200, |response| {
            response
                .to_tag("b")
                .header(HeaderName::CONTACT, "<sip:bob@192.0.2.2>")
                .header(HeaderName::REQUIRE, "timer")
                .header(HeaderName::SESSION_EXPIRES, "1800;refresher=uac")
                .header(HeaderName::ALLOW, "INVITE, UPDATE")
        });
        lab.settle();
        lab.request(peer, Method::ACK);
        let mut times = Vec::new();
        loop {
            lab.run(Duration::from_millis(50));
            if lab.trace().contains("BYE") {
                break;
            }
            if !lab.is_silent(peer) {
                times.push(lab.now.duration_since(start).as_secs_f64());
                let update = lab.request(peer, Method::UPDATE);
                lab.reply(peer, &update, status, |response| match told {
                    "" => response,
                    told => response.header(HeaderName::RETRY_AFTER, told),
                });
            }
        }
        let end = lab.now.duration_since(start).as_secs_f64();
        assert!((1768.0..1769.0).contains(&end), "{status}: over at {end}");
        assert_eq!(times.len(), tries, "{status} {told}: {times:?}");
        let second = times.get(1).copied().unwrap_or(end + 1.0);
        assert!(first.contains(&second), "{status} {told}: {times:?}");
        lab.settle();
        let bye = lab.request(peer, Method::BYE);
        lab.reply(peer, &bye, 200, |response| response);
        nothing_left(&mut lab, &[alice]);
    }
}
