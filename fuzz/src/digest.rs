//! Properties of `digest`.

use digest::{Authorization, Challenge, Credentials, answer};

/// A challenge that is read is written and read the same; our answer to it is read, answers it and verifies; and no
/// answer of a peer panics.
pub fn digest_challenge(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let alice = Credentials::new("alice", "wonderland");
    match Authorization::parse(text) {
        Ok(authorization) => {
            let _ = authorization.verify("INVITE", &alice, b"");
        }
        Err(error) => assert!(error.offset() <= text.len()),
    }
    let challenge = match Challenge::parse(text) {
        Ok(challenge) => challenge,
        Err(error) => return assert!(error.offset() <= text.len()),
    };
    assert_eq!(Challenge::parse(&challenge.to_string()).as_ref(), Ok(&challenge));
    let Ok(value) = answer(&challenge, &alice, "INVITE", "sip:bob@home2.example", "c", 1, b"v=0") else {
        return;
    };
    let authorization = Authorization::parse(&value).expect("what we write we read");
    assert!(authorization.answers(&challenge), "{value}");
    assert!(authorization.verify("INVITE", &alice, b"v=0"), "{value}");
    assert!(!authorization.verify("MESSAGE", &alice, b"v=0"), "{value}");
}
