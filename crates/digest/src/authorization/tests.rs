//! Tests of the server side: reading, judging, and that every answer of ours is accepted.

use super::*;
use crate::answer;
use alloc::format;
use alloc::string::ToString;
use proptest::prelude::*;

const ALICE: &str = r#"Digest username="alice", realm="r", nonce="n", uri="sip:r", response="00""#;

#[track_caller]
fn refused(value: &str, expected: &str) {
    assert_eq!(Authorization::parse(value).unwrap_err().to_string(), expected, "{value:?}");
}

#[test]
fn rfc7616_3_4_errors_name_the_pair() {
    refused("Digest", "missing username at byte 6");
    refused(&format!("{ALICE}, algorithm=AKAv1-MD5"), "algorithm not supported at byte 75");
    refused(&format!("{ALICE}, qop=auth-conf"), "qop not supported at byte 75");
    refused(&format!("{ALICE}, qop=auth, nc=00000001"), "missing cnonce at byte 96");
    refused(&format!("{ALICE}, qop=auth, cnonce=\"c\""), "missing nc at byte 95");
    refused(&format!("{ALICE}, nc=1"), "expected nc at byte 75");
    refused(&format!("{ALICE}, nc=+0000001"), "expected nc at byte 75");
}

#[test]
fn quoted_qop_and_nc_and_a_missing_uri_are_read() {
    let value = r#"Digest username="alice", realm="r", nonce="n", response="00", qop="auth", nc="0000000a", cnonce="c""#;
    let authorization = Authorization::parse(value).unwrap();
    assert_eq!(authorization.qop(), Some(Qop::Auth));
    assert_eq!(authorization.nonce_count(), Some(10));
    assert_eq!(authorization.uri(), None);
    assert!(!authorization.verify("AUTH", &Credentials::new("alice", "p"), b""));
}

/// The AUTH of RFC 4976 §10 has no `uri`: the request gives it.
#[test]
fn rfc4976_10_an_answer_without_uri_is_judged_by_that_of_the_request() {
    let alice = Credentials::new("alice", "p");
    let challenge = Challenge::new("r", "n", Algorithm::MD5).unwrap();
    let value = answer(&challenge, &alice, "AUTH", "msrps://relay.example:2855;tcp", "c", 1, b"").unwrap();
    let value = value.replace(r#" uri="msrps://relay.example:2855;tcp","#, "");
    let authorization = Authorization::parse(&value).unwrap();
    assert!(authorization.verify_uri("AUTH", "msrps://relay.example:2855;tcp", &alice, b""));
    assert!(!authorization.verify_uri("AUTH", "msrps://other.example:2855;tcp", &alice, b""));
}

#[test]
fn rfc7616_5_a_weaker_answer_than_was_asked_for_is_not_an_answer() {
    let alice = Credentials::new("alice", "p");
    let asked = Challenge::new("r", "n", Algorithm::SHA_256).unwrap().with_opaque("o").unwrap();
    let given = |challenge: &Challenge| {
        let value = answer(challenge, &alice, "REGISTER", "sip:r", "c", 1, b"").unwrap();
        Authorization::parse(&value).unwrap()
    };
    assert!(given(&asked).answers(&asked));
    let variants = [
        r#"Digest realm="r", nonce="n", opaque="o", qop="auth""#,
        r#"Digest realm="r", nonce="n", opaque="o", algorithm=SHA-256"#,
        r#"Digest realm="r", nonce="n", opaque="o", algorithm=SHA-256, qop="auth-int""#,
        r#"Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth""#,
        r#"Digest realm="r", nonce="m", opaque="o", algorithm=SHA-256, qop="auth""#,
        r#"Digest realm="s", nonce="n", opaque="o", algorithm=SHA-256, qop="auth""#,
    ];
    for variant in variants {
        assert!(!given(&Challenge::parse(variant).unwrap()).answers(&asked), "{variant}");
    }
}

#[test]
fn debug_shows_neither_response_nor_nonce() {
    let shown = format!("{:?}", Authorization::parse(&ALICE.replace("00", "c0ffee")).unwrap());
    assert!(shown.contains("alice") && !shown.contains("c0ffee"), "{shown}");
}

#[test]
fn comparison_takes_length_and_every_byte_into_account() {
    assert!(same(b"", b"") && same(b"abc", b"abc"));
    for other in [&b"abd"[..], b"bbc", b"ab", b"abcd", b""] {
        assert!(!same(b"abc", other));
    }
}

fn algorithm() -> impl Strategy<Value = Algorithm> {
    prop::sample::select(alloc::vec![
        Algorithm::MD5,
        Algorithm::MD5_SESS,
        Algorithm::SHA_256,
        Algorithm::SHA_256_SESS,
        Algorithm::SHA_512_256,
        Algorithm::SHA_512_256_SESS,
    ])
}

proptest! {
    /// What we answer we accept, through text both ways; with another password, method or body we do not.
    #[test]
    fn an_answer_verifies_and_nothing_else_does(
        algorithm in algorithm(),
        (realm, nonce, username, password) in ("[ -~é]{0,12}", "[ -~]{0,12}", "[ -~ü]{0,8}", "\\PC{0,8}"),
        (uri, cnonce) in ("[ -~]{0,20}", "[ -~]{0,8}"),
        nc in any::<u32>(),
        qop in prop::sample::select(alloc::vec!["", "auth", "auth-int", "auth,auth-int"]),
        userhash in any::<bool>(),
        body in prop::collection::vec(any::<u8>(), 0..16),
    ) {
        let mut value = Challenge::new(realm, nonce, algorithm).unwrap().to_string();
        value = value.replace(", qop=\"auth\"", "");
        if !qop.is_empty() {
            value.push_str(&format!(", qop=\"{qop}\""));
        }
        if userhash {
            value.push_str(", userhash=true");
        }
        let challenge = Challenge::parse(&value).unwrap();
        let credentials = Credentials::new(username.as_str(), password.as_str());
        let written = answer(&challenge, &credentials, "INVITE", &uri, &cnonce, nc, &body).unwrap();
        let read = Authorization::parse(&written).unwrap();
        prop_assert!(read.answers(&challenge));
        prop_assert!(read.verify("INVITE", &credentials, &body));
        let stored = Credentials::from_ha1(
            username.as_str(), challenge.realm().clone(), algorithm, credentials.ha1(challenge.realm(), algorithm).unwrap().as_str(),
        );
        prop_assert!(read.verify("INVITE", &stored, &body));
        prop_assert!(!read.verify("MESSAGE", &credentials, &body));
        let other_password = Credentials::new(username.as_str(), format!("{password}x"));
        prop_assert!(!read.verify("INVITE", &other_password, &body));
        let other_name = Credentials::new(format!("{username}x"), password.as_str());
        prop_assert!(!read.verify("INVITE", &other_name, &body));
        let other = [&body[..], b"x"].concat();
        prop_assert_eq!(read.verify("INVITE", &credentials, &other), qop != "auth-int");
    }

    #[test]
    fn no_text_panics_and_errors_lie_in_it(text in "(Digest )?([a-z]{1,9}|=|\"|\\\\|,| |\r\n|[^a-z]){0,24}") {
        for error in [Challenge::parse(&text).err(), Authorization::parse(&text).err()].into_iter().flatten() {
            prop_assert!(error.offset() <= text.len());
        }
    }
}
