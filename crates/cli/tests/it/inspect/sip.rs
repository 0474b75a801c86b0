//! SIP messages, one by one and as streams.

use expect_test::expect;

use super::{check, folder, inspect};

/// RFC 4475 §3.1.1.1 in short: folding, compact forms, two Via in one field.
const INVITE: &str = "INVITE sip:bob@example.com SIP/2.0\r\n\
    TO :\r\n sip:bob@example.com ;   tag    = 1918181833n\r\n\
    from   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8\r\n\
    MaX-fOrWaRdS: 0068\r\nCall-ID: wsinv.ndaksdj@192.0.2.1\r\nContent-Length   : 4\r\ncseq: 0009\r\n  INVITE\r\n\
    v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9ikj8  ,\r\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30239\r\n\
    m:\"Quoted string \\\"\\\"\" <sip:jdrosen@example.com> ; newparam =\r\n newvalue\r\nl : 4\r\n\r\nbody";

#[test]
fn sip_request_as_json() {
    check(
        &["--as", "sip", "--json"],
        INVITE.replacen("l : 4\r\n", "c: text/plain\r\n", 1),
        0,
        expect![[r#"
            {"file":"input","as":"sip","verdict":"valid","error":null,"forgiven":[],"answer":415,"extract":{"kind":"request","method":"INVITE","request_uri":"sip:bob@example.com","status":null,"reason":null,"call_id":"wsinv.ndaksdj@192.0.2.1","cseq":9,"cseq_method":"INVITE","from_uri":"sip:jdrosen@example.com","from_tag":"98asjd8","to_uri":"sip:bob@example.com","to_tag":"1918181833n","via_count":2,"top_via":{"transport":"TCP","sent_by":"spindle.example.com","branch":"z9hG4bK9ikj8"},"contacts":["sip:jdrosen@example.com"],"content_type":"text/plain","content_length":4,"max_forwards":68,"header_count":9,"body_len":4,"trailing_octets":0}}
        "#]],
    );
}

#[test]
fn sip_request_that_a_user_agent_refuses() {
    let message = INVITE.replacen("l : 4\r\n", "c: text/plain\r\nRequire: nothing-has-this\r\n", 1);
    let (_folder, paths) = folder(&[("input", message.as_bytes())]);
    let output = inspect(&["--as", "sip", "--json"], &paths);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains(r#""verdict":"valid","error":null,"forgiven":[],"answer":420"#), "{printed}");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn sip_stream_however_it_is_fed() {
    let one = "OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
        To: <sip:bob@example.com>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
    let stream = format!("{one}\r\n\r\n{one}OPTIONS sip:");
    let (_folder, paths) = folder(&[("input", stream.as_bytes())]);
    let whole = inspect(&["--as", "sip-stream", "--json"], &paths);
    let printed = String::from_utf8(whole.stdout).unwrap();
    assert!(printed.contains(r#""verdict":"incomplete""#), "{printed}");
    assert!(printed.contains(r#""tail":12,"tail_state":"incomplete"}"#), "{printed}");
    assert_eq!(printed.matches(r#""method":"OPTIONS""#).count(), 2, "{printed}");
    assert_eq!(whole.status.code(), Some(1));
    for feed in ["1", "2", "3", "50"] {
        let fed = inspect(&["--as", "sip-stream", "--json", "--feed", feed], &paths);
        assert_eq!(String::from_utf8(fed.stdout).unwrap(), printed, "--feed {feed}");
    }
}

#[test]
fn sip_requests_are_refused_with_the_same_status_by_datagram_and_stream() {
    let request = |uri: &str, version: &str, field: &str| {
        format!(
            "INVITE {uri} SIP/{version}\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
             To: <sip:bob@example.com>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n{field}Content-Length: 0\r\n\r\n"
        )
    };
    let long = |len| format!("sip:{}@b", "a".repeat(len));
    let cases = [
        (400, request("sip:a@b", "2.0", "no colon\r\n")),
        (400, request("sip:a@b", "2.0", "To: <sip:c@d>\r\n")),
        (414, request(&long(5_000), "2.0", "")),
        (414, request(&long(70_000), "2.0", "")),
        (416, request("nobody:a@b", "2.0", "")),
        (420, request("sip:a@b", "2.0", "Require: nothing-has-this\r\n")),
        (505, request("sip:a@b", "7.0", "")),
        (513, request("sip:a@b", "2.0", &format!("Subject: {}\r\n", "x".repeat(70_000)))),
        (513, request("sip:a@b", "2.0", &"X: y\r\n".repeat(600))),
    ];
    for (status, message) in cases {
        let (_folder, paths) = folder(&[("input", message.as_bytes())]);
        for args in [
            &["--as", "sip", "--json"][..],
            &["--as", "sip-stream", "--json"],
            &["--as", "sip-stream", "--json", "--feed", "1"],
            &["--as", "sip-stream", "--json", "--feed", "100"],
        ] {
            let printed = String::from_utf8(inspect(args, &paths).stdout).unwrap();
            assert!(printed.contains(&format!("\"answer\":{status},")), "{args:?} {status} {printed:.300}");
        }
    }
}

#[test]
fn sip_stream_that_cannot_be_framed() {
    let stream = "OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
        To: <sip:bob@example.com>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n";
    check(
        &["--as", "sip-stream", "--json"],
        stream,
        1,
        expect![[r#"
        {"file":"input","as":"sip-stream","verdict":"invalid","error":{"rule":"Content-Length","offset":154,"message":"missing Content-Length at byte 154"},"forgiven":[],"answer":400,"extract":{"messages":[],"tail":154,"tail_state":"error"}}
    "#]],
    );
}
