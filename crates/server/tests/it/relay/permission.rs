//! Who may have what relayed: no open relay (RFC 4976 §3.1, §6.4).

use std::time::Duration;

use super::lab::{ALICE, BOB, Lab, send};

#[test]
fn rfc4976_6_4_an_unknown_uri_is_481() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    let (head, _) = uri.rsplit_once('/').unwrap();
    for (n, unknown) in
        [format!("{head}/abcdefghijklmnop;tcp"), format!("{head};tcp"), uri.replace("msrp:", "msrps:")]
            .iter()
            .enumerate()
    {
        lab.write(alice, &send(&format!("s00{n}"), &format!("{unknown} {BOB}"), ALICE, "", "x"));
        assert_eq!(lab.frame(alice).status(), 481, "{unknown}");
    }
    // Nothing behind our own URI: there is nobody here.
    lab.write(alice, &send("s009", &uri, ALICE, "", "x"));
    assert_eq!(lab.frame(alice).status(), 481);
    assert!(lab.opened.is_empty());
}

#[test]
fn rfc4976_6_4_a_stolen_uri_is_no_way_out() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    let thief = lab.accept();
    for (n, from) in [ALICE, BOB].iter().enumerate() {
        lab.write(
            thief,
            &send(&format!("s00{n}"), &format!("{uri} msrp://192.0.2.9:25/x;tcp"), from, "", "x"),
        );
        assert_eq!(lab.frame(thief).status(), 403, "{from}");
    }
    assert!(lab.opened.is_empty() && lab.take(alice).is_empty());
    // Nor can the thief have what goes to a peer that is there.
    let bob = lab.accept();
    lab.write(bob, &send("s002", &format!("{uri} {ALICE}"), BOB, "", "hi"));
    lab.write(thief, &send("s003", &format!("{uri} {ALICE}"), BOB, "", "hi"));
    for flow in [alice, bob, thief] {
        lab.take(flow);
    }
    lab.write(alice, &send("s004", &format!("{uri} {BOB}"), ALICE, "", "for bob"));
    assert_eq!(lab.frame(bob).body, b"for bob");
    assert!(lab.take(thief).is_empty());
}

#[test]
fn rfc4976_6_3_a_uri_is_good_for_the_path_of_its_auth_only() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    lab.write(alice, &send("s001", &format!("{uri} {BOB}"), "msrp://192.0.2.1:7000/other;tcp", "", "x"));
    assert_eq!(lab.frame(alice).status(), 403);
    let bob = lab.accept();
    lab.write(bob, &send("s002", &format!("{uri} msrp://192.0.2.1:7000/other;tcp"), BOB, "", "x"));
    assert_eq!(lab.frame(bob).status(), 403);
    // Compared as URIs are, not as texts.
    lab.write(alice, &send("s003", &format!("{uri} {BOB}"), "MSRP://192.0.2.1:7000/alice;TCP", "", "x"));
    assert_eq!(lab.frame(alice).status(), 200);
}

#[test]
fn rfc4976_6_3_a_uri_dies_with_its_time_and_with_its_connection() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    lab.advance(Duration::from_secs(901));
    lab.write(alice, &send("s001", &format!("{uri} {BOB}"), ALICE, "", "x"));
    assert_eq!(lab.frame(alice).status(), 481);
    assert_eq!(lab.relay.live().grants, 0);

    // To the second, whether or not somebody looked at the clock.
    let uri = lab.granted(alice, "alice", ALICE);
    lab.now += Duration::from_secs(900);
    lab.write(alice, &send("s004", &format!("{uri} {BOB}"), ALICE, "", "x"));
    assert_eq!(lab.frame(alice).status(), 481);
    lab.advance(Duration::ZERO);

    let uri = lab.granted(alice, "alice", ALICE);
    let bob = lab.accept();
    lab.lose(alice);
    lab.write(bob, &send("s002", &format!("{uri} {ALICE}"), BOB, "", "x"));
    assert_eq!(lab.frame(bob).status(), 481);
    // The same client from a new connection has to ask anew.
    let again = lab.accept();
    lab.write(again, &send("s003", &format!("{uri} {BOB}"), ALICE, "", "x"));
    assert_eq!(lab.frame(again).status(), 481);
}

#[test]
fn rfc4976_6_2_a_request_for_somebody_else_ends_the_connection() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    lab.write(alice, &send("s001", &format!("msrp://192.0.2.66:2855/x;tcp {uri} {BOB}"), ALICE, "", "x"));
    assert_eq!(lab.frame(alice).status(), 481);
    assert_eq!(lab.closed, [alice]);
    assert_eq!(lab.relay.live(), Default::default());
}

#[test]
fn rfc4975_7_2_who_wants_no_failure_report_gets_no_refusal() {
    let mut lab = Lab::new();
    let thief = lab.accept();
    let to = format!("msrp://192.0.2.10:2855/abcdefghijklmnop;tcp {BOB}");
    lab.write(thief, &send("s001", &to, ALICE, "Failure-Report: no|", "x"));
    assert!(lab.take(thief).is_empty());
    lab.write(thief, &send("s002", &to, ALICE, "Failure-Report: partial|", "x"));
    assert_eq!(lab.frame(thief).status(), 481);
}

#[test]
fn rfc4976_6_4_2_unknown_methods_are_501() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    for method in ["NICKNAME", "FILE_OFFSET", "X"] {
        let text = format!("MSRP n001 {method}|To-Path: {uri} {BOB}|From-Path: {ALICE}|-------n001$|");
        lab.write(alice, &text);
        assert_eq!(lab.frame(alice).status(), 501, "{method}");
    }
    assert!(lab.opened.is_empty());
}

#[test]
fn names_that_are_not_known_are_not_found() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    lab.write(alice, &send("s001", &format!("{uri} msrp://bob.example:8000/bob;tcp"), ALICE, "", "x"));
    assert_eq!(lab.frame(alice).status(), 481);
}
