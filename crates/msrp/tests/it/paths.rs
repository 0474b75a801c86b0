//! Paths that are not what they should be, under each policy (RFC 4975 §7.3).

use bytes::Bytes;
use simple_im_msrp::{Config, FromPathCheck, Role, UriMatch};

use crate::lab::{ALICE, BOB, End, session};

/// What a bodiless SEND with these paths leads to at Bob's.
fn send(config: &Config, to_path: &str, from_path: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "an Instant has no other constructor")]
    let now = std::time::Instant::now();
    let mut bob = End::new("bob", config.clone());
    bob.connection.attach(session(BOB, ALICE, Role::Passive), now);
    let frame = format!(
        "MSRP a786hjs2 SEND\r\nTo-Path: {to_path}\r\nFrom-Path: {from_path}\r\nMessage-ID: 12339sdqwer\r\n\
         Byte-Range: 1-0/0\r\n-------a786hjs2$\r\n"
    );
    let mut trace = String::new();
    // Twice: a mismatch is told once.
    for frame in [frame.clone(), frame.replace("a786hjs2", "a786hjs3")] {
        bob.connection.handle_received(Bytes::from(frame), now);
        while bob.drain(now, &mut trace) {}
    }
    trace
}

#[track_caller]
fn check(config: &Config, to_path: &str, from_path: &str, expected: &str) {
    let trace = send(config, to_path, from_path);
    let lines: Vec<&str> = trace.lines().filter(|line| !line.contains("bind")).collect();
    assert_eq!(lines.join("\n"), expected);
}

const TAKEN: &str = "bob: bound\nbob > 200 OK $\nbob > 200 OK $";
const UNKNOWN: &str = "bob > 481 No Such Session $\nbob > 481 No Such Session $";

fn mismatch(header: &str, part: &str, refused: bool) -> String {
    format!("bob: Mismatch {{ session: SessionKey(1), header: {header}, part: {part}, refused: {refused} }}")
}

#[test]
fn rfc4975_7_3_a_to_path_that_differs_is_481_and_the_part_is_told() {
    let config = Config::default();
    check(&config, BOB, ALICE, TAKEN);
    check(&config, &BOB.to_ascii_uppercase().replace("9FQM2JX0YCUE7HSN", "9fQm2Jx0YcUe7HsN"), ALICE, TAKEN);
    let rewritten = BOB.replace("203.0.113.20", "192.0.2.1");
    check(&config, &rewritten, ALICE, &format!("{}\n{UNKNOWN}", mismatch("ToPath", "Host", true)));
    let moved = BOB.replace("2855", "2856");
    check(&config, &moved, ALICE, &format!("{}\n{UNKNOWN}", mismatch("ToPath", "Port", true)));
    // Another session-id is another session.
    check(&config, &BOB.to_ascii_lowercase(), ALICE, UNKNOWN);
}

#[test]
fn a_policy_of_session_ids_takes_rewritten_addresses_and_nothing_else() {
    let config = Config { uri_match: UriMatch::SessionId, ..Config::default() };
    check(&config, &BOB.replace("203.0.113.20", "192.0.2.1"), &ALICE.replace("2855", "1"), TAKEN);
    check(&config, &BOB.to_ascii_lowercase(), ALICE, UNKNOWN);
    let secure = BOB.replace("msrp:", "msrps:");
    check(&config, &secure, ALICE, &format!("{}\n{UNKNOWN}", mismatch("ToPath", "Scheme", true)));
}

#[test]
fn a_from_path_that_differs_is_tolerated_or_refused_and_the_part_is_told() {
    let tolerant = Config::default();
    let other = ALICE.replace("k3Vd", "K3VD");
    check(&tolerant, BOB, &other, &format!("{}\n{TAKEN}", mismatch("FromPath", "SessionId", false)));
    let strict = Config { from_path: FromPathCheck::Enforce, ..Config::default() };
    check(&strict, BOB, &other, &format!("{}\n{UNKNOWN}", mismatch("FromPath", "SessionId", true)));
    check(&strict, BOB, "msrp:nonsense", "");
}
