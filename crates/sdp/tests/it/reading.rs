//! What the reader lets pass, what it refuses and where, and its limits.

use bytes::Bytes;
use expect_test::{Expect, expect};
use simple_im_sdp::{Limits, ParseErrorKind, Reading, SessionDescription};

/// The head of a good document.
const HEAD: &str = "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nc=IN IP4 h\r\nt=0 0\r\n";

/// What was forgiven, or the error; a strict reading refuses what is forgiven at the same byte.
#[track_caller]
fn check(text: &str, expected: Expect) {
    let read = |reading| {
        let bytes = Bytes::from(text.to_owned());
        SessionDescription::parse_with(bytes, reading, &Limits::default())
    };
    let got = match read(Reading::Lenient) {
        Err(error) => format!("error: {error}"),
        Ok((document, forgiven)) => {
            assert_eq!(document.as_bytes(), text.as_bytes(), "prints as read");
            if let Some(first) = forgiven.first() {
                let error = read(Reading::Strict).unwrap_err();
                assert_eq!((error.rule(), error.offset()), (first.rule, first.offset), "{text:?}");
            } else {
                assert!(read(Reading::Strict).is_ok(), "{text:?}");
            }
            let list = forgiven.iter().map(|one| format!("{} at {}", one.rule, one.offset));
            list.collect::<Vec<_>>().join(", ")
        }
    };
    expected.assert_eq(&got);
}

#[track_caller]
fn check_tail(tail: &str, expected: Expect) {
    check(&format!("{HEAD}{tail}"), expected);
}

#[test]
fn rfc8866_9_what_a_lenient_reading_forgives() {
    check(HEAD, expect![""]);
    check(&HEAD.replace("\r\n", "\n"), expect!["CRLF at 3"]);
    check(HEAD.trim_end(), expect!["CRLF at 45"]);
    check_tail("\r\n", expect!["type at 47"]);
    check(&HEAD.replace("s=-", "s="), expect!["text at 25"]);
    check(&HEAD.replace("s=-\r\n", ""), expect!["session-name-field at 42"]);
    check(&HEAD.replace("t=0 0\r\n", ""), expect!["time-description at 40"]);
    check(&HEAD.replace("o=- 1 1 IN IP4 h\r\ns=-", "s=-\r\no=- 1 1 IN IP4 h"), expect!["origin-field at 10"]);
    check(&HEAD.replace("IN IP4 h\r\ns", "TN IP4 h\r\ns"), expect!["nettype at 7"]);
    check(&HEAD.replace("IP4 h\r\ns", "E164 1\r\ns"), expect!["addrtype at 7"]);
    check_tail("y=new\r\n", expect!["type at 47"]);
    check_tail("a=x:\r\n", expect!["att-value at 51"]);
    check_tail("m=message 9 TCP/MSRP * \r\n", expect!["fmt at 69"]);
    check_tail("m=message 9 TCP/MSRP *\r\na=x\r\nc=IN IP4 h\r\n", expect!["connection-field at 76"]);
    check(
        "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nt=0 0\r\nm=message 0 TCP/MSRP *\r\nm=message 9 TCP/MSRP *\r\n",
        expect!["connection-field at 59"],
    );
}

#[test]
fn rfc8866_9_what_no_reading_lets_pass() {
    check("", expect!["error: missing version-field at byte 0"]);
    check("o=- 1 1 IN IP4 h\r\n", expect!["error: expected version-field at byte 0"]);
    check("v=1\r\n", expect!["error: proto-version not supported at byte 2"]);
    check("v=0 \r\n", expect!["error: expected proto-version at byte 2"]);
    check("v=0\r\ns=-\r\nt=0 0\r\n", expect!["error: missing origin-field at byte 17"]);
    check("v=0\r\no=- 1 1 IN IP4 \r\n", expect!["error: expected unicast-address at byte 20"]);
    check("v=0\r\no=- 99999999999999999999 1 IN IP4 h\r\n", expect!["error: sess-id out of range at byte 9"]);
    check(&HEAD.replace("c=IN IP4 h", "c=IN IP4"), expect!["error: expected SP at byte 36"]);
    check(
        &HEAD.replace("c=IN IP4 h", "c=IN IP4 224.1.1.1/300"),
        expect!["error: ttl out of range at byte 47"],
    );
    check(
        &HEAD.replace("c=IN IP4 h", "c=IN IP4 224.1.1.1/1/x"),
        expect!["error: expected numaddr at byte 49"],
    );
    check(
        &HEAD.replace("c=IN IP4 h", "c=IN IP6 ff02::1/1/2"),
        expect!["error: unexpected data after connection-field at byte 46"],
    );
    check_tail("m=message 9/ TCP/MSRP *\r\n", expect!["error: expected integer at byte 59"]);
    check_tail("c=IN IP4 h\r\n", expect!["error: connection-field repeated at byte 47"]);
    check_tail("s=-\r\n", expect!["error: session-name-field repeated at byte 47"]);
    check_tail("m=message 9 TCP/MSRP *\r\nv=0\r\n", expect!["error: expected media-descriptions at byte 71"]);
    check_tail("m=message 65536 TCP/MSRP *\r\n", expect!["error: port out of range at byte 57"]);
    check_tail("m=message 9 TCP/MSRP\r\n", expect!["error: expected SP at byte 67"]);
    check_tail("m=message 9  TCP/MSRP *\r\n", expect!["error: expected proto at byte 59"]);
    check_tail("a=\r\n", expect!["error: expected att-field at byte 49"]);
    check_tail("a=rtpmap 97 AMR\r\n", expect!["error: expected att-field at byte 55"]);
    check_tail("a=x:a\rb\r\n", expect!["error: expected byte-string at byte 52"]);
    check_tail("a=x:a\0b\r\n", expect!["error: expected byte-string at byte 52"]);
    check_tail("nonsense\r\n", expect!["error: expected = at byte 48"]);
    check_tail(" a=folded\r\n", expect!["error: expected type at byte 47"]);
    check_tail("b=AS\r\n", expect!["error: expected : at byte 51"]);
    check(&HEAD.replace("t=0 0", "t=0"), expect!["error: expected SP at byte 43"]);
    check_tail("r=1 -1 0\r\n", expect!["error: expected active-duration at byte 51"]);
}

#[test]
fn bytes_that_are_not_utf8_pass_in_free_text_and_keep_their_place() {
    let text = [HEAD.as_bytes(), b"i=caf\xe9\r\na=filename:caf\xe9.jpg\r\n"].concat();
    let read = SessionDescription::parse(Bytes::from(text.clone())).unwrap();
    assert_eq!(read.as_bytes(), &text);
    let attribute = read.attributes().next().unwrap();
    assert_eq!((attribute.name, attribute.value), ("filename", Some(&b"caf\xe9.jpg"[..])));
    assert_eq!(attribute.text(), None);
}

#[test]
fn unknown_lines_and_attributes_keep_place_and_bytes() {
    let text = format!(
        "{HEAD}y=0000\r\na=x-unknown:  odd : value \r\nm=message 9 TCP/MSRP *\r\nq=1\r\na=x-flag\r\n"
    );
    let read = SessionDescription::parse(Bytes::from(text.clone())).unwrap();
    let lines: String = read.lines().map(|line| line.kind).collect();
    assert_eq!(lines, "vosctyamqa");
    assert_eq!(read.attribute("x-unknown"), Some("  odd : value "));
    assert_eq!(read.media().next().unwrap().attribute("x-flag"), Some(""));
    for line in read.lines() {
        assert_eq!(text.as_bytes()[line.offset..][..line.value.len()], *line.value);
    }
}

#[test]
fn limits_name_themselves() {
    let limits = Limits::default();
    let fails = |text: String, rule: &str| {
        let error = SessionDescription::parse(Bytes::from(text)).unwrap_err();
        assert_eq!((error.kind(), error.rule()), (ParseErrorKind::Limit, rule));
    };
    let media = "m=message 9 TCP/MSRP *\r\n";
    let reads = |text: String| assert!(SessionDescription::parse(Bytes::from(text)).is_ok());
    reads(format!("{HEAD}{}", media.repeat(limits.max_media)));
    fails(format!("{HEAD}{}", media.repeat(limits.max_media + 1)), "max_media");
    reads(format!("{HEAD}a={}\r\n", "x".repeat(limits.max_line - 2)));
    fails(format!("{HEAD}a={}\r\n", "x".repeat(limits.max_line - 1)), "max_line");
    fails(format!("{HEAD}{}", "a=x\r\n".repeat(limits.max_document / 5)), "max_document");
}
