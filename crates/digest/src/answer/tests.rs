//! Tests of answers: the vectors of the RFCs, and what cannot be answered.

use super::*;
use alloc::string::ToString;

/// What is asked, by whom, and the `response` the source gives.
struct Vector {
    challenge: &'static str,
    credentials: (&'static str, &'static str),
    method: &'static str,
    uri: &'static str,
    cnonce: &'static str,
    body: &'static [u8],
    response: &'static str,
}

#[track_caller]
fn check(vector: &Vector) -> String {
    let challenge = Challenge::parse(vector.challenge).unwrap();
    let credentials = Credentials::new(vector.credentials.0, vector.credentials.1);
    let value =
        answer(&challenge, &credentials, vector.method, vector.uri, vector.cnonce, 1, vector.body).unwrap();
    let (_, rest) = value.split_once(r#"response=""#).unwrap();
    assert_eq!(rest.split('"').next().unwrap(), vector.response, "{}", vector.challenge);
    value
}

#[test]
fn rfc2069_2_4_erratum_749_without_qop() {
    let value = check(&Vector {
        challenge: r#"Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41""#,
        credentials: ("Mufasa", "CircleOfLife"),
        method: "GET",
        uri: "/dir/index.html",
        cnonce: "unused",
        body: b"",
        response: "1949323746fe6a43ef61f9606e7febea",
    });
    assert_eq!(
        value,
        r#"Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html", response="1949323746fe6a43ef61f9606e7febea", opaque="5ccc069c403ebaf9f0171e9517f40e41""#
    );
}

#[test]
fn rfc2617_3_5_qop_auth() {
    let value = check(&Vector {
        challenge: r#"Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41""#,
        credentials: ("Mufasa", "Circle Of Life"),
        method: "GET",
        uri: "/dir/index.html",
        cnonce: "0a4f113b",
        body: b"",
        response: "6629fae49393a05397450978507c4ef1",
    });
    assert!(
        value.ends_with(
            r#"cnonce="0a4f113b", opaque="5ccc069c403ebaf9f0171e9517f40e41", qop=auth, nc=00000001"#
        )
    );
}

#[test]
fn rfc7616_3_9_1_md5_and_sha_256() {
    let vector = |challenge, response| Vector {
        challenge,
        credentials: ("Mufasa", "Circle of Life"),
        method: "GET",
        uri: "/dir/index.html",
        cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        body: b"",
        response,
    };
    check(&vector(
        r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#,
        "8ca523f5e9506fed4657c9700eebdbec",
    ));
    check(&vector(
        r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#,
        "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
    ));
}

#[test]
fn rfc7616_3_9_2_erratum_4897_sha_512_256_with_userhash() {
    let value = check(&Vector {
        challenge: r#"Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true"#,
        credentials: ("J\u{e4}s\u{f8}n Doe", "Secret, or not?"),
        method: "GET",
        uri: "/doe.json",
        cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
        body: b"",
        response: "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",
    });
    assert!(value.starts_with(
        r#"Digest username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b""#
    ));
    assert!(value.ends_with("userhash=true"));
}

/// The challenges and answers of draft-smith-sipping-auth-examples-01 §3, the vectors SIP stacks share.
#[test]
fn rfc3261_22_4_sip_vectors_without_qop_auth_and_sessions() {
    let vector = |challenge, response| Vector {
        challenge,
        credentials: ("bob", "zanzibar"),
        method: "INVITE",
        uri: "sip:bob@biloxi.com",
        cnonce: "0a4f113b",
        body: b"",
        response,
    };
    check(&vector(
        r#"Digest realm="biloxi.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093""#,
        "bf57e4e0d0bffc0fbaedce64d59add5e",
    ));
    check(&vector(
        r#"Digest realm="biloxi.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093""#,
        "89eb0059246c02b2f6ee02c7961d5ea3",
    ));
    check(&vector(
        r#"Digest realm="biloxi.com", qop="auth", algorithm=MD5-sess, nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093""#,
        "e4e4ea61d186d07a92c9e1f6919902e9",
    ));
}

#[test]
fn rfc7616_3_4_3_auth_int_covers_the_body_and_is_used_where_it_is_all_there_is() {
    let challenge = Challenge::parse(r#"Digest realm="r", nonce="n", qop="auth-int""#).unwrap();
    let alice = Credentials::new("alice", "wonderland");
    let of = |body: &[u8]| answer(&challenge, &alice, "INVITE", "sip:bob@b", "c", 1, body).unwrap();
    assert!(of(b"v=0").contains("qop=auth-int"));
    assert_ne!(of(b"v=0"), of(b"v=1"));
    let h = |parts: &[&str]| {
        Algorithm::MD5.hex(&parts.iter().map(|part| part.as_bytes()).collect::<alloc::vec::Vec<_>>())
    };
    let (a1, a2) = (h(&["alice", "r", "wonderland"]), h(&["INVITE", "sip:bob@b", &h(&["v=0"])]));
    assert!(of(b"v=0").contains(&h(&[&a1, "n", "00000001", "c", "auth-int", &a2])));
}

#[test]
fn rfc2617_3_2_1_an_offer_of_unknown_protections_is_not_answered_without_one() {
    let alice = Credentials::new("alice", "wonderland");
    let challenge = Challenge::parse(r#"Digest realm="r", nonce="n", qop="auth-conf""#).unwrap();
    assert_eq!(answer(&challenge, &alice, "INVITE", "sip:b", "c", 1, b""), Err(Error::UnknownQop));
}

#[test]
fn a_stored_hash_does_not_answer_for_another_realm() {
    let challenge = Challenge::new("home2.example", "n", Algorithm::MD5).unwrap();
    let stored = Credentials::from_ha1("alice", "home1.example", Algorithm::MD5, "00");
    assert_eq!(answer(&challenge, &stored, "INVITE", "sip:b", "c", 1, b""), Err(Error::OtherRealm));
}

#[test]
fn no_argument_can_end_the_line() {
    let challenge = Challenge::new("r", "n", Algorithm::MD5).unwrap();
    let bad = "x\r\nVia: evil";
    let alice = Credentials::new("alice", "p");
    let evil = Credentials::new(bad, "p");
    let refused = |result: Result<String, Error>| matches!(result, Err(Error::Argument(_)));
    assert!(refused(answer(&challenge, &evil, "A", "sip:b", "c", 1, b"")));
    assert!(refused(answer(&challenge, &alice, bad, "sip:b", "c", 1, b"")));
    assert!(refused(answer(&challenge, &alice, "A", bad, "c", 1, b"")));
    assert!(refused(answer(&challenge, &alice, "A", "sip:b", bad, 1, b"")));
    assert_eq!(Error::UnknownQop.to_string(), "the challenge offers no known qop");
}
