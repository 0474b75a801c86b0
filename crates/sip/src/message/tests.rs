//! Tests of messages: reading, building, editing.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;

use bytes::Bytes;
use grammar::{ParseError, Reading};

use super::*;
use crate::uri::Uri;
use crate::{HeaderName, NameAddr, StatusCode};

const OPTIONS: &str = "OPTIONS sip:carol@chicago.com SIP/2.0\r\n\
    v: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKhjhs8ass877, SIP/2.0/TCP b\r\n\
    Via: SIP/2.0/TLS c\r\n\
    X-Odd :  kept  as it is \r\n\
    f: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n\
    t: <sip:carol@chicago.com>\r\n\
    CALL-ID: a84b4c76e66710\r\n\
    CSeq: 63104 OPTIONS\r\n\
    Record-Route: <sip:p1;lr>,\r\n <sip:p2;lr>\r\n\
    Subject: one\r\n  two\r\n\
    Content-Length: 4\r\n\r\nbody";

#[track_caller]
fn parse(text: &str) -> Message {
    Message::parse(Bytes::copy_from_slice(text.as_bytes())).unwrap()
}

#[track_caller]
fn request(text: &str) -> Request {
    let Message::Request(request) = parse(text) else { panic!("not a request") };
    request
}

/// Reads leniently and strictly and says what came of it.
#[track_caller]
fn check(text: impl AsRef<[u8]>, lenient: &str, strict: &str) {
    let text = Bytes::copy_from_slice(text.as_ref());
    let read = |reading| {
        Message::parse_with(text.clone(), reading, &Limits::new()).map_or_else(
            |error| format!("{error}"),
            |(message, forgiven)| {
                let forgiven: String = forgiven.iter().map(|f| format!(" {}@{}", f.rule, f.offset)).collect();
                format!("{} bytes{forgiven}", message.as_bytes().len())
            },
        )
    };
    assert_eq!([read(Reading::Lenient), read(Reading::Strict)], [lenient, strict], "{text:?}");
}

#[test]
fn rfc3261_7_a_message_keeps_its_bytes() {
    let message = parse(OPTIONS);
    assert_eq!(message.as_bytes(), OPTIONS.as_bytes());
    assert_eq!(message.body(), "body");
    let names: Vec<_> = message.headers().iter().map(|header| header.raw_name).collect();
    assert_eq!(
        names,
        ["v", "Via", "X-Odd", "f", "t", "CALL-ID", "CSeq", "Record-Route", "Subject", "Content-Length"]
    );
    assert_eq!(message.headers().get_other("x-odd"), Some("kept  as it is"));
    assert_eq!(message.headers().get_other("call-id"), Some("a84b4c76e66710"));
    let subject = message.headers().iter().nth(8).unwrap();
    assert_eq!((subject.value, &*subject.unfolded()), ("one\r\n  two", "one two"));
    assert!(
        OPTIONS.get(subject.offset..).unwrap().starts_with("Subject")
            && OPTIONS.get(subject.value_offset..).unwrap().starts_with("one")
    );
}

#[test]
fn rfc3261_7_3_1_values_are_cut_on_demand() {
    let message = request(OPTIONS);
    assert_eq!((message.method(), message.request_uri()), (&Method::OPTIONS, "sip:carol@chicago.com"));
    let vias: Vec<_> = message.vias().map(|via| via.unwrap().transport).collect();
    assert_eq!(vias, ["UDP", "TCP", "TLS"]);
    assert_eq!(message.via().unwrap().branch(), Some("z9hG4bKhjhs8ass877"));
    assert_eq!(message.from().unwrap().tag(), Some("1928301774"));
    assert_eq!(message.to().unwrap().tag(), None);
    assert_eq!(message.call_id(), Ok("a84b4c76e66710"));
    assert_eq!(message.cseq().unwrap().number, 63104);
    let routes: Vec<_> = message.record_routes().map(|route| route.unwrap().uri_text()).collect();
    assert_eq!(routes, ["sip:p1;lr", "sip:p2;lr"]);
    assert_eq!(message.max_forwards(), Ok(None));
    assert_eq!(message.contacts().count(), 0);
}

#[test]
fn what_is_shared_points_into_the_message() {
    let message = parse(OPTIONS);
    let tag = message.share(message.from().unwrap().tag().unwrap());
    assert!(message.as_bytes().as_ptr_range().contains(&tag.as_ptr()));
    assert!(message.as_bytes().as_ptr_range().contains(&message.body().as_ptr()));
}

#[test]
fn errors_of_values_count_from_the_start_of_the_message() {
    let text = OPTIONS.replace("Alice <", "Al@ice <");
    let error = parse(&text).from().unwrap_err();
    assert_eq!((error.rule(), text.get(error.offset()..=error.offset()).unwrap()), ("display-name", "@"));
}

#[test]
fn debug_shows_the_head_and_not_the_body() {
    let shown = format!("{:?}", parse(OPTIONS));
    assert!(shown.contains("CSeq: 63104 OPTIONS") && shown.ends_with("(4 bytes of body)"), "{shown}");
}

#[test]
fn rfc3261_18_3_the_length_of_a_datagram() {
    let head = "A b:c SIP/2.0\r\n";
    check(format!("{head}\r\nbody"), "21 bytes", "21 bytes");
    check(format!("{head}l: 2\r\n\r\nbody"), "25 bytes", "25 bytes");
    check(format!("{head}l:\r\n\t 4 \r\n\r\nbody"), "31 bytes", "31 bytes");
    let error = "Content-Length contradicts the message at byte 18";
    check(format!("{head}l: 5\r\n\r\nbody"), error, error);
    let error = "expected Content-Length at byte 18";
    check(format!("{head}l: -1\r\n\r\nbody"), error, error);
    check(
        format!("{head}l: \r\n\r\nbody"),
        "expected Content-Length at byte 18",
        "expected Content-Length at byte 18",
    );
    check(
        format!("{head}l: 4 4\r\n\r\nbody"),
        "expected Content-Length at byte 19",
        "expected Content-Length at byte 19",
    );
    let error = "Content-Length out of range at byte 18";
    check(format!("{head}l: 99999999999999999999999\r\n\r\n"), error, error);
    check(
        format!("{head}l: 1\r\nContent-Length: 1\r\n\r\nb"),
        "43 bytes Content-Length@37",
        "Content-Length repeated at byte 37",
    );
    let error = "Content-Length contradicts the message at byte 37";
    check(format!("{head}l: 1\r\nContent-Length: 0\r\n\r\nb"), error, error);
}

#[test]
fn rfc3261_7_1_request_lines() {
    let both = |text: &str, expected: &str| check(text, expected, expected);
    both("A b:c sip/2.0\r\n\r\n", "17 bytes");
    both("A b:c SIP/2.0\r\n", "missing CRLF at byte 15");
    both("", "missing CRLF at byte 0");
    both("A  b:c SIP/2.0\r\n\r\n", "expected Request-URI at byte 2");
    both("A b:c  SIP/2.0\r\n\r\n", "expected SIP-Version at byte 6");
    both("A b:c SIP/2.0 \r\n\r\n", "unexpected data after SIP-Version at byte 13");
    both("A b:c; d SIP/2.0\r\n\r\n", "expected SIP-Version at byte 7");
    both("A <b:c> SIP/2.0\r\n\r\n", "expected Request-URI at byte 2");
    both("A b:c\r\n\r\n", "expected Request-URI at byte 5");
    both("A b:c SIP/7.0\r\n\r\n", "SIP-Version not supported at byte 6");
    both("A b:c SIP/02.0\r\n\r\n", "SIP-Version not supported at byte 6");
    both("A b:c SIP/2.01\r\n\r\n", "SIP-Version not supported at byte 6");
    both("A b:c SIP/x\r\n\r\n", "expected SIP-Version at byte 6");
    both("GET / HTTP/1.1\r\n\r\n", "expected SIP-Version at byte 6");
    both("A@ b:c SIP/2.0\r\n\r\n", "expected Method at byte 1");
}

#[test]
fn rfc3261_7_2_status_lines() {
    let both = |text: &str, expected: &str| check(text, expected, expected);
    both("SIP/2.0 200 OK\r\n\r\n", "18 bytes");
    both("SIP/2.0 100 \r\n\r\n", "16 bytes");
    both("SIP/2.0 100\r\n\r\n", "expected SP at byte 11");
    both("SIP/2.0 4294967301 x\r\n\r\n", "expected Status-Code at byte 11");
    both("SIP/2.0 20 x\r\n\r\n", "expected Status-Code at byte 10");
    both("SIP/2.0 099 x\r\n\r\n", "Status-Code out of range at byte 8");
    both("SIP/2.0 700 x\r\n\r\n", "Status-Code out of range at byte 8");
    both("SIP/3.0 200 OK\r\n\r\n", "SIP-Version not supported at byte 0");
    let Message::Response(response) = parse("SIP/2.0 200 = 2**3 * 5**2 \u{43d}\u{43e}\r\n\r\n") else {
        panic!()
    };
    assert_eq!((response.status(), response.reason()), (StatusCode::OK, "= 2**3 * 5**2 \u{43d}\u{43e}"));
}

#[test]
fn rfc3261_7_3_header_lines() {
    let both = |text: &str, expected: &str| check(text, expected, expected);
    both("A b:c SIP/2.0\r\nno colon\r\n\r\n", "expected HCOLON at byte 18");
    both("A b:c SIP/2.0\r\n: x\r\n\r\n", "expected header-name at byte 15");
    both("A b:c SIP/2.0\r\n folded: x\r\n\r\n", "expected header-name at byte 15");
    both("A b:c SIP/2.0\r\nX \t:\r\n\r\n", "23 bytes");
    both("A b:c SIP/2.0\r\nX: \\\0\r\n\r\n", "expected TEXT-UTF8char at byte 19");
    both("A b:c SIP/2.0\r\nX: \"\\\0\"\r\n\r\n", "26 bytes");
    both("A b:c SIP/2.0\r\nX: a\rVia: b\r\n\r\n", "expected CRLF at byte 19");
    check(
        "A b:c SIP/2.0\r\nX: \u{7f}\r\n\r\n",
        "23 bytes TEXT-UTF8char@18",
        "expected TEXT-UTF8char at byte 18",
    );
    check(b"A b:c SIP/2.0\r\nX: \xff\r\n\r\n", "expected UTF-8 at byte 18", "expected UTF-8 at byte 18");
    let latin1 = b"A b:c SIP/2.0\r\nX: \xff\r\nl: 9\r\n\r\nbody";
    check(latin1, "expected UTF-8 at byte 18", "expected UTF-8 at byte 18");
    let error = Message::parse(Bytes::from_static(latin1)).unwrap_err();
    assert_eq!(crate::Refusal::of_bytes(latin1, &error).unwrap().status(), StatusCode::BAD_REQUEST);
    check("A b:c SIP/2.0\nX: y\n\n", "20 bytes CRLF@13", "expected CRLF at byte 13");
    both("A b:c SIP/2.0\r\nX: y\n\r\n", "expected CRLF at byte 19");
    both("A b:c SIP/2.0\r\nX: y\r\n\n", "expected CRLF at byte 21");
    both("A b:c SIP/2.0\r\nX: y\n z\r\n\r\n", "expected CRLF at byte 19");
    check("A b:c SIP/2.0\nX: y\r\n\n", "expected CRLF at byte 19", "expected CRLF at byte 13");
    check("\r\n\r\nA b:c SIP/2.0\r\n\r\n", "17 bytes start-line@0", "expected start-line at byte 0");
}

#[test]
fn each_limit_is_an_error_of_its_own() {
    let read = |limits: &Limits, text: &str| {
        Message::parse_with(Bytes::copy_from_slice(text.as_bytes()), Reading::Lenient, limits)
            .map(|(message, _)| message.as_bytes().len())
            .map_err(|error| (error.rule(), error.kind()))
    };
    let text = "A b:cdefg SIP/2.0\r\nX: 1\r\nY: 2\r\n\r\nbody";
    let fits = Limits { max_headers: 2, max_line: 19, max_head: 33, max_body: 4, max_uri: 7 };
    assert_eq!(read(&fits, text), Ok(37));
    let limit = |rule: &'static str| Err((rule, ParseErrorKind::Limit));
    assert_eq!(read(&Limits { max_headers: 1, ..fits }, text), limit("max_headers"));
    assert_eq!(read(&Limits { max_line: 18, ..fits }, text), limit("max_line"));
    assert_eq!(read(&Limits { max_head: 32, ..fits }, text), limit("max_head"));
    assert_eq!(read(&Limits { max_body: 3, ..fits }, text), limit("max_body"));
    assert_eq!(read(&Limits { max_uri: 6, ..fits }, text), limit("max_uri"));
}

#[test]
fn every_prefix_is_an_error_or_a_message() {
    for end in 0..OPTIONS.len() {
        let cut = Message::parse(Bytes::copy_from_slice(&OPTIONS.as_bytes()[..end]));
        assert!(cut.is_err_and(|error: ParseError| error.offset() <= end), "{end}");
    }
}

fn invite() -> RequestBuilder {
    Request::builder(Method::INVITE, &Uri::parse("sip:bob@biloxi.com").unwrap())
        .via("UDP", "pc33.atlanta.com:5060", "z9hG4bK776asdhds")
        .header(HeaderName::FROM, "Alice <sip:alice@atlanta.com>;tag=1928301774")
        .header(HeaderName::TO, NameAddr::format(Some("Bob"), "sip:bob@biloxi.com", "").unwrap())
        .header(HeaderName::CALL_ID, "a84b4c76e66710@pc33.atlanta.com")
        .cseq(314_159)
}

#[test]
fn rfc3261_8_1_1_a_built_request() {
    let request = invite()
        .header(HeaderName::CONTACT, "<sip:alice@pc33.atlanta.com>")
        .header_other("X-Ours", 7)
        .body("text/plain", Bytes::from_static(b"hi"))
        .build()
        .unwrap();
    let expected = "INVITE sip:bob@biloxi.com SIP/2.0\r\n\
        Via: SIP/2.0/UDP pc33.atlanta.com:5060;branch=z9hG4bK776asdhds;rport\r\n\
        From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n\
        To: \"Bob\" <sip:bob@biloxi.com>\r\n\
        Call-ID: a84b4c76e66710@pc33.atlanta.com\r\n\
        CSeq: 314159 INVITE\r\n\
        Contact: <sip:alice@pc33.atlanta.com>\r\n\
        X-Ours: 7\r\n\
        Content-Type: text/plain\r\n\
        Max-Forwards: 70\r\n\
        Content-Length: 2\r\n\r\nhi";
    assert_eq!(request.as_bytes(), expected.as_bytes());
    assert_eq!(request.via().unwrap().rport(), Some(None));
}

#[test]
fn a_builder_lets_nothing_break_out() {
    for value in ["a\r\nVia: x", "a\n", "a\r", "a\0b", "\u{7f}", "a\r\n b"] {
        let name = HeaderName::SUBJECT;
        assert_eq!(
            invite().header(name, value).build().unwrap_err(),
            BuildError::Value("Subject"),
            "{value:?}"
        );
        let other = invite().header_other("X-Y", value).build().unwrap_err();
        assert_eq!(other, BuildError::Value("extension-header"));
        assert!(invite().body(value, Bytes::new()).build().is_err());
    }
    for name in ["", "X Y", "X:", "X\r\n", "\u{e9}"] {
        assert_eq!(invite().header_other(name, "x").build().unwrap_err(), BuildError::Name);
    }
    assert_eq!(
        invite().header(HeaderName::CONTENT_LENGTH, 0).build().unwrap_err(),
        BuildError::Repeated(HeaderName::CONTENT_LENGTH)
    );
    assert_eq!(
        invite().header_other("f", "<sip:a@b>").build().unwrap_err(),
        BuildError::Repeated(HeaderName::FROM)
    );
    let bare = Request::builder(Method::INVITE, &Uri::parse("sip:b").unwrap());
    assert_eq!(bare.build().unwrap_err(), BuildError::Missing(HeaderName::FROM));
    let odd = Request::builder(Method::INVITE, &Uri::parse("sip:b").unwrap())
        .header(HeaderName::FROM, "<sip:a@b")
        .header(HeaderName::TO, "<sip:a@b>")
        .header(HeaderName::CALL_ID, "1")
        .cseq(1);
    assert!(matches!(odd.build(), Err(BuildError::Unreadable(error)) if error.rule() == "RAQUOT"));
}

#[test]
fn rfc3261_8_2_6_2_a_response_copies_what_routes_it() {
    let request = invite().header(HeaderName::RECORD_ROUTE, "<sip:p;lr>").build().unwrap();
    let response = Response::builder_for(&request, StatusCode::RINGING)
        .to_tag("a6c85cf")
        .reason("Klingelt")
        .header(HeaderName::CONTACT, "<sip:bob@192.0.2.4>")
        .build()
        .unwrap();
    let expected = "SIP/2.0 180 Klingelt\r\n\
        Via: SIP/2.0/UDP pc33.atlanta.com:5060;branch=z9hG4bK776asdhds;rport\r\n\
        Record-Route: <sip:p;lr>\r\n\
        From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n\
        To: \"Bob\" <sip:bob@biloxi.com>;tag=a6c85cf\r\n\
        Call-ID: a84b4c76e66710@pc33.atlanta.com\r\n\
        CSeq: 314159 INVITE\r\n\
        Contact: <sip:bob@192.0.2.4>\r\n\
        Content-Length: 0\r\n\r\n";
    assert_eq!(response.as_bytes(), expected.as_bytes());
    let reordered = Response::builder_for(&request, StatusCode::RINGING).reason("Klingelt").to_tag("a6c85cf");
    assert_eq!(reordered.build().unwrap().to().unwrap().tag(), Some("a6c85cf"));
    let busy = Response::builder_for(&request, StatusCode::BUSY_HERE).build().unwrap();
    assert_eq!(busy.record_routes().count(), 0);
    assert!(Response::builder_for(&request, StatusCode::OK).to_tag("a b").build().is_err());
    assert!(Response::builder_for(&request, StatusCode::OK).reason("a\r\n").build().is_err());
}

#[test]
fn rfc3261_8_2_6_2_a_tag_of_the_dialog_stays() {
    let text = OPTIONS.replace("<sip:carol@chicago.com>\r", "<sip:carol@chicago.com>;tag=old\r");
    let response = Response::builder_for(&request(&text), StatusCode::OK).to_tag("new").build().unwrap();
    assert_eq!(response.to().unwrap().tag(), Some("old"));
    assert_eq!(response.vias().count(), 3);
}

#[test]
fn an_untouched_copy_has_the_same_bytes() {
    let message = request(OPTIONS);
    assert_eq!(message.edit().finish().unwrap().as_bytes(), message.as_bytes());
    let bare = request("A b:c SIP/2.0\nX: y\n z\n\n");
    assert_eq!(
        bare.edit().append(HeaderName::SUBJECT, "x").finish().unwrap().as_bytes(),
        "A b:c SIP/2.0\r\nX: y\r\n z\r\nSubject: x\r\n\r\n"
    );
}

#[test]
fn rfc3261_16_6_a_proxy_edits_a_request() {
    let forwarded = request(OPTIONS)
        .edit()
        .received("192.0.2.9:5070".parse().unwrap())
        .push_first(HeaderName::RECORD_ROUTE, "<sip:us;lr>")
        .push_first(HeaderName::VIA, "SIP/2.0/TCP us;branch=z9hG4bK1")
        .replace(HeaderName::MAX_FORWARDS, 69)
        .remove(HeaderName::SUBJECT)
        .request_uri("sip:carol@192.0.2.4")
        .finish()
        .unwrap();
    let expected = "OPTIONS sip:carol@192.0.2.4 SIP/2.0\r\n\
        Via: SIP/2.0/TCP us;branch=z9hG4bK1\r\n\
        Record-Route: <sip:us;lr>\r\n\
        Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKhjhs8ass877;received=192.0.2.9, SIP/2.0/TCP b\r\n\
        Via: SIP/2.0/TLS c\r\n\
        X-Odd :  kept  as it is \r\n\
        f: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n\
        t: <sip:carol@chicago.com>\r\n\
        CALL-ID: a84b4c76e66710\r\n\
        CSeq: 63104 OPTIONS\r\n\
        Record-Route: <sip:p1;lr>,\r\n <sip:p2;lr>\r\n\
        Content-Length: 4\r\n\
        Max-Forwards: 69\r\n\r\nbody";
    assert_eq!(forwarded.as_bytes(), expected.as_bytes());
}

#[test]
fn rfc3261_16_4_the_first_route_is_taken_off() {
    let message = request(OPTIONS);
    let popped = message.edit().remove_first_value(HeaderName::RECORD_ROUTE).finish().unwrap();
    assert_eq!(popped.headers().get(HeaderName::RECORD_ROUTE), Some("<sip:p2;lr>"));
    let popped = popped.edit().remove_first_value(HeaderName::RECORD_ROUTE).finish().unwrap();
    assert!(!popped.headers().contains(HeaderName::RECORD_ROUTE));
    let none = popped.edit().remove_first_value(HeaderName::RECORD_ROUTE).finish();
    assert_eq!(none.unwrap_err(), BuildError::Missing(HeaderName::RECORD_ROUTE));
    let replaced = message.edit().replace_first_value(HeaderName::RECORD_ROUTE, "<sip:x>").finish().unwrap();
    assert_eq!(replaced.headers().get(HeaderName::RECORD_ROUTE), Some("<sip:x>, <sip:p2;lr>"));
    assert!(message.edit().push_first(HeaderName::VIA, "x\r\n").finish().is_err());
    assert!(message.edit().request_uri("sip:a b").finish().is_err());
}

#[test]
fn rfc3581_4_received_and_rport_are_filled_in() {
    let with_via = |via: &str| request(&format!("A b:c SIP/2.0\r\nVia: {via}\r\n\r\n"));
    let filled = |via: &str, source: &str| {
        let source: SocketAddr = source.parse().unwrap();
        let edited = with_via(via).edit().received(source).finish().unwrap();
        String::from(edited.headers().get(HeaderName::VIA).unwrap())
    };
    assert_eq!(
        filled("SIP/2.0/UDP 10.1.1.1;rport;branch=z", "10.1.1.1:9"),
        "SIP/2.0/UDP 10.1.1.1;branch=z;received=10.1.1.1;rport=9"
    );
    assert_eq!(filled("SIP/2.0/UDP 10.1.1.1;branch=z", "10.1.1.1:9"), "SIP/2.0/UDP 10.1.1.1;branch=z");
    assert_eq!(filled("SIP/2.0/UDP a ;received=1.2.3.4", "[::1]:9"), "SIP/2.0/UDP a;received=::1");
    assert!(with_via("nonsense").edit().received("10.1.1.1:9".parse().unwrap()).finish().is_err());
}

#[test]
fn rfc3261_16_7_a_proxy_takes_its_via_off_a_response() {
    let request = request(OPTIONS);
    let response = Response::builder_for(&request, StatusCode::OK).build().unwrap();
    let popped = response.without_top_via().unwrap();
    assert_eq!(popped.vias().count(), 2);
    assert_eq!(popped.via().unwrap().transport, "TCP");
}

#[test]
fn a_new_body_is_counted() {
    let edited =
        request(OPTIONS).edit().body("text/plain", Bytes::from_static(b"a longer body")).finish().unwrap();
    assert_eq!((edited.content_length(), edited.body().as_ref()), (Some(13), &b"a longer body"[..]));
    assert!(edited.content_type().unwrap().unwrap().is("text", "plain"));
    let emptied = edited.edit().body("", Bytes::new()).finish().unwrap();
    assert_eq!((emptied.content_length(), emptied.content_type().unwrap().is_none()), (Some(0), true));
}
