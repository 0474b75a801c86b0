//! Framing: every split of every stream gives the same frames, and the errors stand at the same byte.

use std::format;
use std::string::String;
use std::vec::Vec;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

/// What came out of a stream, pieces of content joined, and how it ended.
fn read(reads: &[&[u8]], limits: Limits) -> String {
    let mut framer = Framer::new(Reading::Lenient, limits);
    let mut out = String::new();
    let mut content = Vec::new();
    for read in reads {
        framer.push(Bytes::copy_from_slice(read));
        loop {
            match framer.next_event() {
                Ok(None) => break,
                Ok(Some(FrameEvent::Head(head))) => {
                    let start = match head.start_line() {
                        crate::StartLine::Request(method) => String::from(method.as_str()),
                        crate::StartLine::Response { status, comment } => format!("{status} {comment:?}"),
                    };
                    out.push_str(&format!("{} {start} at {}", head.tid(), head.offset()));
                    for header in head.headers() {
                        out.push_str(&format!("; {}={}", header.name, header.value));
                    }
                    content = Vec::new();
                    if !head.has_content() {
                        out.push_str(" (no content)");
                    }
                }
                Ok(Some(FrameEvent::Content(piece))) => {
                    assert!(!piece.is_empty());
                    content.extend_from_slice(&piece);
                }
                Ok(Some(FrameEvent::End(flag))) => {
                    out.push_str(&format!(" {:?} {}\n", String::from_utf8_lossy(&content), flag.as_str()));
                }
                Err(error) => {
                    out.push_str(&format!("{error}\n"));
                    assert_eq!(framer.tail(), Tail::Error);
                    assert_eq!(framer.next_event().unwrap_err(), error, "an error stays");
                    return out;
                }
            }
        }
    }
    if framer.tail() == Tail::Incomplete {
        out.push_str(&format!(
            "and {} octets, content {:?}\n",
            framer.tail_octets(),
            String::from_utf8_lossy(&content)
        ));
    }
    out
}

#[track_caller]
fn check_with(stream: &[u8], limits: Limits, expected: Expect) {
    let whole = read(&[stream], limits);
    expected.assert_eq(&whole);
    for at in 0..=stream.len() {
        let (before, after) = stream.split_at(at);
        assert_eq!(read(&[before, after], limits), whole, "split at {at}");
    }
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(read(&bytes, limits), whole, "byte by byte");
    for size in 2..20 {
        let reads: Vec<&[u8]> = stream.chunks(size).collect();
        assert_eq!(read(&reads, limits), whole, "in pieces of {size}");
    }
}

#[track_caller]
fn check(stream: &[u8], expected: Expect) {
    check_with(stream, Limits::default(), expected);
}

#[test]
fn rfc4975_7_1_content_ends_at_its_own_end_line_only() {
    check(
        b"MSRP abcd SEND\r\nTo-Path: msrp://a;tcp\r\nContent-Type: a/b\r\n\r\n\
          -------abcd$ in a line\r\n-------abce$\r\n-------abcd!\r\n-------abcd$x\r\n-------abcd$\r\r\n------\r\n-------abcd+\r\n\
          MSRP efgh 200 OK\r\n-------efgh$\r\n",
        expect![[r#"
            abcd SEND at 0; To-Path=msrp://a;tcp; Content-Type=a/b "-------abcd$ in a line\r\n-------abce$\r\n-------abcd!\r\n-------abcd$x\r\n-------abcd$\r\r\n------" +
            efgh 200 "OK" at 164 (no content) "" $
        "#]],
    );
}

#[test]
fn seed_13_2_content_may_end_in_what_an_end_line_starts_with() {
    for content in ["\r", "\n", "\r\n", "-", "\r\n-", "\r\n-------", "\r\n-------abcd", "\r\n-------abcd#\r"]
    {
        let stream = format!("MSRP abcd SEND\r\nContent-Type: a/b\r\n\r\n{content}\r\n-------abcd#\r\n");
        let expected = format!("abcd SEND at 0; Content-Type=a/b {content:?} #\n");
        for at in 0..=stream.len() {
            let (before, after) = stream.as_bytes().split_at(at);
            assert_eq!(read(&[before, after], Limits::default()), expected, "{content:?} split at {at}");
        }
        let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
        assert_eq!(read(&bytes, Limits::default()), expected, "{content:?}");
    }
}

#[test]
fn rfc4975_7_1_no_content_and_empty_content_differ() {
    check(
        b"MSRP abcd SEND\r\nByte-Range: 1-0/0\r\n-------abcd$\r\n\
          MSRP abcd SEND\r\nContent-Type: a/b\r\n\r\n\r\n-------abcd$\r\n\
          MSRP abcd SEND\r\nTo-Path: x\r\n\r\n-------abcd$\r\n",
        expect![[r#"
            abcd SEND at 0; Byte-Range=1-0/0 (no content) "" $
            abcd SEND at 49; Content-Type=a/b "" $
            abcd SEND at 102; To-Path=x "" $
        "#]],
    );
}

#[test]
fn rfc4975_9_headers_with_and_without_blanks() {
    check(
        b"MSRP abcd REPORT\r\nTo-Path:\t msrp://a;tcp \r\nX-Empty:\r\nFrom-Path:x:y\r\n-------abcd$\r\n",
        expect![[r#"
            abcd REPORT at 0; To-Path=msrp://a;tcp; X-Empty=; From-Path=x:y (no content) "" $
        "#]],
    );
}

#[test]
fn rfc4975_9_a_header_line_has_a_colon_whether_the_name_is_known_or_not() {
    for line in ["Content-Type", "X-Type"] {
        let stream = format!("MSRP abcd SEND\r\n{line}\r\n\r\n-------abcd$\r\n");
        let expected = format!("MSRP stream: expected : at byte {}\n", 16 + line.len());
        assert_eq!(read(&[stream.as_bytes()], Limits::default()), expected);
    }
}

#[test]
fn rfc4975_9_a_value_may_be_empty() {
    let mut framer = Framer::new(Reading::Strict, Limits::default());
    framer.push(Bytes::from_static(b"MSRP abcd SEND\r\nX-Empty: \r\n-------abcd$\r\n"));
    assert!(matches!(framer.next_event(), Ok(Some(FrameEvent::Head(_)))));
    assert!(matches!(framer.next_event(), Ok(Some(FrameEvent::End(_)))));
}

#[test]
fn errors_stand_at_the_same_byte_however_the_stream_was_cut() {
    check(
        b"GET / HTTP/1.1\r\n",
        expect![[r#"
        MSRP stream: expected MSRP at byte 0
    "#]],
    );
    check(
        b"MSRP\r\n",
        expect![[r#"
        MSRP stream: expected SP at byte 4
    "#]],
    );
    check(
        b"MSRP abcd 200\r\n-------abcd$\r\n\x16\x03\x01",
        expect![[r#"
        abcd 200 "" at 0 (no content) "" $
        MSRP stream: expected MSRP at byte 29
    "#]],
    );
    check(
        b"MSRP abcd SEND\r\nTo-Path msrp://a;tcp\r\n",
        expect![[r#"
        MSRP stream: expected : at byte 23
    "#]],
    );
    check(
        b"MSRP abcd SEND\r\n: x\r\n",
        expect![[r#"
        MSRP stream: expected hname at byte 16
    "#]],
    );
    check(
        b"MSRP abcd SEND\nTo-Path: x\r\n",
        expect![[r#"
        MSRP stream: expected CRLF at byte 14
    "#]],
    );
    check(
        b"MSRP abcd SEND\r\nTo-Path: x\0y\r\n",
        expect![[r#"
        MSRP stream: expected utf8text at byte 26
    "#]],
    );
    check(
        b"MSRP abcd SEND\r\nTo-Path: x\ry\r\n",
        expect![[r#"
        MSRP stream: expected utf8text at byte 26
    "#]],
    );
    check(
        b"MSRP abcd SEND\r\nTo-Path: \xff\r\n",
        expect![[r#"
        MSRP stream: expected UTF-8 at byte 25
    "#]],
    );
    check(
        b"MSRP abcd SEND\r\n-------abce$\r\n",
        expect![[r#"
        MSRP stream: end-line contradicts the message at byte 16
    "#]],
    );
    check(
        b"MSRP abcd SEND\r\n-------abcd!\r\n",
        expect![[r#"
        MSRP stream: end-line contradicts the message at byte 16
    "#]],
    );
}

#[test]
fn limits_hold_to_the_byte_and_before_the_line_is_whole() {
    let limits = Limits { max_line: 20, max_head: 50, ..Limits::default() };
    check_with(
        b"MSRP abcd SEND\r\nX: 345678901234567\r\n-------abcd$\r\n",
        limits,
        expect![[r#"
        abcd SEND at 0; X=345678901234567 (no content) "" $
    "#]],
    );
    check_with(
        b"MSRP abcd SEND\r\nX: 3456789012345678\r\n-------abcd$\r\n",
        limits,
        expect![[r#"
        MSRP stream: limit max_line passed at byte 36
    "#]],
    );
    check_with(
        b"MSRP abcd SEND\r\nX: 3456789012345678",
        limits,
        expect![[r#"
        and 35 octets, content ""
    "#]],
    );
    check_with(
        b"MSRP abcd SEND\r\nX: 345678901234\r\nX: 345678901234\r\n",
        limits,
        expect![[r#"
            and 50 octets, content ""
        "#]],
    );
}

#[test]
fn content_is_a_slice_of_what_was_pushed() {
    let mut stream = Vec::from(&b"MSRP abcd SEND\r\nContent-Type: a/b\r\n\r\n"[..]);
    let start = stream.len();
    stream.resize(start + 100_000, b'x');
    stream.extend_from_slice(b"\r\n-------abcd$\r\n");
    let stream = Bytes::from(stream);
    let mut framer = Framer::new(Reading::Lenient, Limits::default());
    framer.push(stream.slice(..50_000));
    framer.push(stream.slice(50_000..));
    let mut at = start;
    while let Some(event) = framer.next_event().unwrap() {
        if let FrameEvent::Content(piece) = event {
            assert_eq!(piece.as_ptr(), stream[at..].as_ptr());
            at += piece.len();
        }
    }
    assert_eq!(at, start + 100_000);
    assert_eq!(framer.buffered(), 0);
}

/// Octets that make end-line look-alikes probable.
fn look_alike() -> impl Strategy<Value = Vec<u8>> {
    static PARTS: [&[u8]; 10] = [
        b"\r",
        b"\n",
        b"\r\n",
        b"-",
        b"-------",
        b"\r\n-------",
        b"\r\n-------abcd",
        b"\r\n-------abcd$",
        b"abcd",
        b"x",
    ];
    proptest::collection::vec(proptest::sample::select(&PARTS[..]).prop_map(Vec::from), 0..40)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_split_of_hostile_content_gives_the_same(content in look_alike(), cuts in proptest::collection::vec(0usize..400, 0..6)) {
        let mut stream = Vec::from(&b"MSRP abcd SEND\r\nContent-Type: a/b\r\n\r\n"[..]);
        stream.extend_from_slice(&content);
        stream.extend_from_slice(b"\r\n-------abcd+\r\nMSRP efgh 200\r\n-------efgh$\r\n");
        let mut cuts = cuts;
        cuts.sort_unstable();
        let mut reads: Vec<&[u8]> = Vec::new();
        let mut rest = &stream[..];
        let mut done = 0;
        for cut in cuts {
            let (read, after) = rest.split_at(cut.saturating_sub(done).min(rest.len()));
            done += read.len();
            reads.push(read);
            rest = after;
        }
        reads.push(rest);
        prop_assert_eq!(read(&reads, Limits::default()), read(&[&stream], Limits::default()));
    }
}
