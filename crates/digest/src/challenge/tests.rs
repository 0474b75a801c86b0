//! Tests of challenges: which are read, which is chosen, how they are written.

use super::*;
use alloc::format;
use alloc::string::ToString;

/// Reads `value`, and shows what it was read as.
#[track_caller]
fn check(value: &str, expected: &str) {
    let got = match Challenge::parse(value) {
        Ok(challenge) => {
            assert_eq!(Challenge::parse(&challenge.to_string()), Ok(challenge.clone()), "round trip");
            challenge.to_string()
        }
        Err(error) => error.to_string(),
    };
    assert_eq!(got, expected, "{value:?}");
}

#[test]
fn rfc7616_3_3_a_challenge_is_read_in_any_order_and_quoting() {
    check(
        r#"Digest qop="auth-int, auth", algorithm="sha-256", nonce=n1, realm="a \"b\"", stale=TRUE, opaque="""#,
        r#"Digest realm="a \"b\"", nonce="n1", opaque="", stale=true, algorithm=SHA-256, qop="auth,auth-int""#,
    );
    check(r#"Digest realm="r", nonce="n""#, r#"Digest realm="r", nonce="n""#);
    check(r#"DIGEST realm="r",nonce="n",domain="sip:a",x="y""#, r#"Digest realm="r", nonce="n""#);
    check(r#"Digest realm="r", nonce="n", userhash=true"#, r#"Digest realm="r", nonce="n", userhash=true"#);
    check(r#"Digest realm="r", nonce="n", qop=auth-conf"#, r#"Digest realm="r", nonce="n", qop="""#);
    check(r#"Digest realm="", nonce="""#, r#"Digest realm="", nonce="""#);
}

#[test]
fn errors_name_the_rule_and_the_byte() {
    check(r#"Digest nonce="n""#, "missing realm at byte 16");
    check(r#"Digest realm="r""#, "missing nonce at byte 16");
    check(r#"Digest realm="r", nonce="n", algorithm=X"#, "algorithm not supported at byte 29");
    check("Digest realm=\"a\r\n b\", nonce=\"n\"", "expected realm at byte 7");
    check("Basic realm=\"r\"", "auth-scheme not supported at byte 0");
}

#[test]
fn rfc8760_2_3_the_topmost_supported_challenge_is_answered() {
    let values = [
        "Basic realm=\"r\"",
        "Digest realm=\"r\", nonce=\"0\", algorithm=SHA-1024",
        "Digest realm=broken\"",
        "Digest realm=\"r\", nonce=\"1\", algorithm=MD5",
        "Digest realm=\"r\", nonce=\"2\", algorithm=SHA-256",
    ];
    let chosen = strongest(values).unwrap();
    assert_eq!((chosen.nonce().as_str(), chosen.algorithm()), ("1", Algorithm::MD5));
    assert_eq!(strongest([]), None);
    assert_eq!(strongest(["Digest realm=\"r\", nonce=\"0\", algorithm=SHA-1024"]), None);
}

#[test]
fn rfc3261_22_3_each_realm_is_answered_once() {
    let value = |realm: &str, nonce: &str| format!("Digest realm=\"{realm}\", nonce=\"{nonce}\"");
    let values = [value("a", "1"), value("b", "2"), value("a", "3")];
    let alice = Credentials::new("alice", "wonderland");
    let nonces: Vec<_> = by_realm(values.iter().map(String::as_str), &alice)
        .iter()
        .map(|challenge| challenge.nonce().to_string())
        .collect();
    assert_eq!(nonces, ["1", "2"]);
    let many: Vec<_> = (0..20).map(|i| value(&format!("r{i}"), "n")).collect();
    assert_eq!(by_realm(many.iter().map(String::as_str), &alice).len(), 8);
}

#[test]
fn rfc8760_2_4_what_the_credentials_cannot_answer_is_passed_over() {
    let values = [
        r#"Digest realm="a", nonce="1", algorithm=SHA-256"#,
        r#"Digest realm="a", nonce="2", qop="unknown""#,
        r#"Digest realm="b", nonce="3""#,
        r#"Digest realm="a", nonce="4", algorithm=MD5-sess, qop="auth""#,
        r#"Digest realm="a", nonce="5""#,
    ];
    let nonces = |credentials: &Credentials| -> Vec<_> {
        by_realm(values, credentials).iter().map(|challenge| challenge.nonce().to_string()).collect()
    };
    assert_eq!(nonces(&Credentials::new("alice", "wonderland")), ["1", "3"]);
    assert_eq!(nonces(&Credentials::from_ha1("alice", "a", Algorithm::MD5, "ab")), ["4"]);
    assert_eq!(nonces(&Credentials::from_ha1("alice", "c", Algorithm::MD5, "ab")), [""; 0]);
}

#[test]
fn rfc7616_3_3_a_server_writes_stale_and_opaque() {
    let challenge = Challenge::new("home1.example", "n\"1", Algorithm::SHA_512_256_SESS).unwrap();
    let challenge = challenge.with_opaque("o").unwrap().with_stale().with_auth_int();
    assert_eq!(
        challenge.to_string(),
        r#"Digest realm="home1.example", nonce="n\"1", opaque="o", stale=true, algorithm=SHA-512-256-sess, qop="auth,auth-int""#
    );
    assert!(challenge.stale() && challenge.offers(Qop::AuthInt) && challenge.offers(Qop::Auth));
}

#[test]
fn a_line_end_cannot_be_written() {
    for text in ["a\rb", "a\nb", "a\0b"] {
        assert_eq!(
            Challenge::new(text, "n", Algorithm::MD5).unwrap_err().to_string(),
            "expected realm at byte 1"
        );
        assert_eq!(
            Challenge::new("r", text, Algorithm::MD5).unwrap_err().to_string(),
            "expected nonce at byte 1"
        );
        assert!(Challenge::new("r", "n", Algorithm::MD5).unwrap().with_opaque(text).is_err());
    }
}

#[test]
fn rfc7616_3_5_the_next_nonce_replaces_the_old_one() {
    let challenge = Challenge::new("r", "old", Algorithm::MD5).unwrap().with_stale();
    let next = challenge.clone().with_next_nonce(r#"qop=auth, nextnonce="new""#).unwrap();
    assert_eq!((next.nonce().as_str(), next.stale()), ("new", false));
    assert_eq!(challenge.with_next_nonce("qop=auth").unwrap_err().to_string(), "missing nextnonce at byte 8");
}
