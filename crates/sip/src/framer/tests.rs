//! Tests of the framer: splits, limits, keep-alives.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::*;
use crate::StatusCode;

const INVITE: &str = "INVITE sip:bob@b SIP/2.0\r\n\
    Via: SIP/2.0/TCP a;branch=z9hG4bK1\r\n\
    From: <sip:a@a>;tag=1\r\n\
    To: <sip:bob@b>\r\n\
    Subject: folded\r\n \tonce\r\n\
    Call-ID: 1\r\n\
    CSeq: 1 INVITE\r\n\
    l: 6\r\n\r\nab\r\n\r\n";
const RINGING: &str = "SIP/2.0 180 Ringing\r\nContent-Length: 0\r\n\r\n";

/// Feeds the pieces one after the other and says what came out, message by message.
fn feed<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut framer = Framer::new(Reading::Lenient, Limits { max_body: 100, ..Limits::new() });
    let mut out = String::new();
    for piece in pieces {
        framer.push(Bytes::copy_from_slice(piece));
        loop {
            match framer.next_message() {
                Ok(None) => break,
                Ok(Some(message)) => out += &format!("{:?} ", message.as_bytes()),
                Err(error) => {
                    let status = error.refusal().map(|refusal| refusal.status());
                    return out + &format!("{error} {status:?}");
                }
            }
        }
    }
    out + &format!("pings {} pongs {} left {}", framer.take_pings(), framer.take_pongs(), framer.buffered())
}

/// Checks what comes out of a stream, whole and split at every point and into single bytes.
#[track_caller]
fn check(stream: &str, expected: &str) {
    let stream = stream.as_bytes();
    assert_eq!(feed([stream]), expected);
    assert_eq!(feed(stream.chunks(1)), expected, "byte by byte");
    for at in 0..stream.len() {
        let (before, after) = stream.split_at(at);
        assert_eq!(feed([before, after]), expected, "split at {at}");
    }
}

#[test]
fn rfc3261_18_3_messages_come_out_whole_however_they_are_split() {
    let shown = |text: &str| format!("{:?}", Bytes::copy_from_slice(text.as_bytes()));
    check(
        &format!("{INVITE}{RINGING}{INVITE}"),
        &format!("{} {} {} pings 0 pongs 0 left 0", shown(INVITE), shown(RINGING), shown(INVITE)),
    );
    check(&format!("{RINGING}SIP/2.0 1"), &format!("{} pings 0 pongs 0 left 9", shown(RINGING)));
}

#[test]
fn rfc5626_3_5_1_keep_alives_are_skipped_and_counted() {
    let shown = format!("{:?}", Bytes::from_static(RINGING.as_bytes()));
    check(&format!("\r\n{RINGING}"), &format!("{shown} pings 0 pongs 1 left 0"));
    check(&format!("{RINGING}\r\n\r\n"), &format!("{shown} pings 1 pongs 2 left 0"));
    check(&format!("\r\n\r\n\r\n{RINGING}\r\n\r"), &format!("{shown} pings 1 pongs 4 left 1"));
}

#[test]
fn rfc3261_18_3_a_stream_needs_a_content_length() {
    let text = INVITE.replace("l: 6", "x: 6");
    check(&text, "missing Content-Length at byte 163 Some(400)");
    check(&INVITE.replace("l: 6", "l: -6"), "expected Content-Length at byte 158 Some(400)");
    check(&INVITE.replace("l: 6", "l: 101"), "limit max_body passed at byte 165 Some(413)");
    check(
        &INVITE.replace("l: 6", "l: 6\r\nl: 5"),
        "Content-Length contradicts the message at byte 164 Some(400)",
    );
    check("SIP/2.0 180 Ringing\r\n\r\n", "missing Content-Length at byte 23 None");
}

#[test]
fn other_protocols_end_at_the_first_line() {
    check("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "expected SIP-Version at byte 6 None");
    check("INVITE sip:a SIP/7.0\r\nl: 0\r\n\r\n", "SIP-Version not supported at byte 13 Some(400)");
    check("\u{16}\u{3}\u{1}\n", "expected Method at byte 0 None");
}

#[test]
fn rfc3261_21_5_7_another_version_is_told_when_the_head_is_whole() {
    let other = INVITE.replace("SIP/2.0\r\nVia", "SIP/7.0\r\nVia");
    check(&other, "SIP-Version not supported at byte 17 Some(505)");
    check(&other.replace("l: 6", "l: x"), "expected Content-Length at byte 158 Some(400)");
    check(&other.replace("To: ", "X: "), "SIP-Version not supported at byte 17 Some(400)");
}

#[test]
fn rfc3261_21_4_12_a_uri_that_is_too_long_is_told_as_such_however_long_it_is() {
    let long = |len| INVITE.replace("bob@b SIP", &["b".repeat(len).as_str(), " SIP"].concat());
    let limits = Limits { max_uri: 100, max_line: 200, max_head: 300, ..Limits::new() };
    for len in [97, 150, 250, 1000] {
        for step in [1, 7, 150, 10_000] {
            let mut framer = Framer::new(Reading::Lenient, limits);
            let mut told = None;
            for piece in long(len).as_bytes().chunks(step) {
                framer.push(Bytes::copy_from_slice(piece));
                told = told.or_else(|| framer.next_message().err());
            }
            let error = told.unwrap();
            assert_eq!(error.to_string(), "limit max_uri passed at byte 7", "{len} {step}");
            assert_eq!(error.refusal().unwrap().status(), StatusCode::REQUEST_URI_TOO_LONG);
            let error = Message::parse_with(Bytes::from(long(len)), Reading::Lenient, &limits).unwrap_err();
            assert_eq!(error.to_string(), "limit max_uri passed at byte 7", "{len}");
        }
    }
}

#[test]
fn of_two_limits_the_first_one_passed_is_told() {
    let limits = Limits { max_line: 100, max_head: 200, ..Limits::new() };
    for (len, expected) in
        [(250, "limit max_line passed at byte 26"), (50, "limit max_head passed at byte 200")]
    {
        let message = INVITE.replace("Via: ", &format!("Via: {}", "x".repeat(len)));
        for step in [1, 120, 10_000] {
            let mut framer = Framer::new(Reading::Lenient, limits);
            let mut told = None;
            for piece in message.as_bytes().chunks(step) {
                framer.push(Bytes::copy_from_slice(piece));
                told = told.or_else(|| framer.next_message().err());
            }
            let told = told.map(|error| error.to_string());
            assert_eq!(told.as_deref(), Some(expected), "{len} {step}");
        }
    }
}

#[test]
fn rfc3261_25_1_a_head_that_is_no_utf8_is_told_before_its_body() {
    let mut framer = Framer::default();
    let mut message = INVITE.as_bytes().to_vec();
    message[11] = 0xff;
    message.truncate(INVITE.len() - 6);
    framer.push(Bytes::from(message.clone()));
    let error = framer.next_message().unwrap_err();
    assert_eq!(error.to_string(), "expected UTF-8 at byte 11");
    assert_eq!(error.refusal().unwrap().status(), StatusCode::BAD_REQUEST);
}

#[test]
fn an_endless_head_is_cut_off() {
    let limits = Limits { max_line: 20, max_head: 50, ..Limits::new() };
    let mut framer = Framer::new(Reading::Lenient, limits);
    framer.push(Bytes::from_static(b"SIP/2.0 200 OOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOO"));
    assert_eq!(framer.next_message().unwrap_err().to_string(), "limit max_line passed at byte 0");
    let mut framer = Framer::new(Reading::Lenient, limits);
    framer.push(Bytes::from_static(b"A b:c SIP/2.0\r\nX: 45678901\r\nX: 45678901\r\nX: 4567890"));
    assert_eq!(framer.next_message().unwrap_err().to_string(), "limit max_head passed at byte 50");
}

#[test]
fn an_error_is_final_and_says_how_to_answer() {
    let mut framer = Framer::default();
    framer.push(Bytes::from(INVITE.replace("l: 6", "l: x")));
    let error = framer.next_message().unwrap_err();
    let response = error.refusal().unwrap().response().unwrap();
    let expected = "SIP/2.0 400 Bad Request\r\n\
        Via: SIP/2.0/TCP a;branch=z9hG4bK1\r\n\
        From: <sip:a@a>;tag=1\r\n\
        To: <sip:bob@b>\r\n\
        Call-ID: 1\r\n\
        CSeq: 1 INVITE\r\n\
        Content-Length: 0\r\n\r\n";
    assert_eq!(response, expected.as_bytes());
    assert_eq!(error.refusal().unwrap().status(), StatusCode::BAD_REQUEST);
    framer.push(Bytes::from_static(RINGING.as_bytes()));
    assert_eq!(framer.next_message().unwrap_err().error(), error.error());
    assert_eq!(framer.buffered(), 0);
}

#[test]
fn a_message_of_one_read_shares_its_buffer() {
    let read = Bytes::from(format!("{INVITE}{RINGING}"));
    let mut framer = Framer::default();
    framer.push(read.clone());
    let messages: Vec<_> = core::iter::from_fn(|| framer.next_message().unwrap()).collect();
    assert_eq!(messages.len(), 2);
    for message in messages {
        assert!(read.as_ptr_range().contains(&message.as_bytes().as_ptr()));
    }
}

#[test]
fn what_was_forgiven_is_told_with_its_message() {
    let mut framer = Framer::default();
    framer.push(Bytes::from_static(b"A b:c SIP/2.0\nl: 0\n\n"));
    assert!(framer.next_message().unwrap().is_some());
    assert_eq!(framer.forgiven().len(), 1);
    framer.push(Bytes::from_static(RINGING.as_bytes()));
    assert!(framer.next_message().unwrap().is_some());
    assert!(framer.forgiven().is_empty());
}
