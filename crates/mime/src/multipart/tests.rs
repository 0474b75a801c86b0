//! Tests of taking multiparts apart: the games that can be played with boundaries, nesting, limits.

use super::*;
use alloc::format;
use alloc::string::{String, ToString};
use proptest::prelude::*;

/// Shows parts as `[type body or parts]`, then what was forgiven.
fn show(parts: &[Entity], out: &mut String) {
    for part in parts {
        let value = part.headers().get("Content-Type").map_or("-", |value| value.as_str());
        out.push_str(&format!("[{} ", value.split(';').next().unwrap()));
        if part.parts().is_empty() {
            out.push_str(&String::from_utf8_lossy(part.raw_body()));
        } else {
            show(part.parts(), out);
        }
        out.push(']');
    }
}

#[track_caller]
fn check_with(reading: Reading, limits: &Limits, body: &str, expected: &str) {
    let got = match Multipart::parse("b", Bytes::from(body.to_string()), reading, limits) {
        Ok((multipart, forgiven)) => {
            let mut out = String::new();
            show(multipart.parts(), &mut out);
            for departure in forgiven {
                out.push_str(&format!(" {}@{}", departure.rule, departure.offset));
            }
            out
        }
        Err(error) => error.to_string(),
    };
    assert_eq!(got, expected, "{body:?}");
}

/// Reads with boundary `b`, strictly.
#[track_caller]
fn strict(body: &str, expected: &str) {
    check_with(Reading::Strict, &Limits::default(), body, expected);
}

/// Reads with boundary `b`, leniently.
#[track_caller]
fn lenient(body: &str, expected: &str) {
    check_with(Reading::Lenient, &Limits::default(), body, expected);
}

#[test]
fn rfc2046_5_1_1_preamble_and_epilogue_are_passed_over() {
    strict(
        "pre --b\r\n--b\r\n\r\none\r\n--b \t\r\nContent-Type: a/b\r\n\r\ntwo\r\n\r\n--b-- \r\nepi\r\n--b\r\n",
        "[- one][a/b two\r\n]",
    );
}

#[test]
fn rfc2046_5_1_1_parts_without_headers_body_or_either() {
    strict("--b\r\n\r\n\r\n--b--", "[- ]");
    strict("--b\r\n--b\r\n--b--", "[- ][- ]");
    strict("--b\r\nContent-Type: a/b\r\n--b--", "[a/b ]");
    strict("--b\r\nContent-Type: a/b\r\n\r\n--b--", "[a/b ]");
    strict("--b\r\nContent-Type: a/b\r\n\r\n\r\n--b--", "[a/b ]");
}

#[test]
fn rfc2046_5_1_1_a_line_that_only_resembles_the_boundary_is_content() {
    strict(
        "--b\r\n\r\n--bb\r\n--b-\r\n -- b\r\n--\r\n--B\r\n--b--",
        "[- --bb\r\n--b-\r\n -- b\r\n--\r\n--B]",
    );
}

#[test]
fn rfc2046_5_1_1_what_is_missing_is_named() {
    strict("", "missing delimiter at byte 0");
    strict("--b--", "missing body-part at byte 5");
    strict("--b\r\n\r\none", "close-delimiter incomplete at byte 10");
    lenient("--b\r\n\r\none\r\n", "[- one\r\n] close-delimiter@12");
    lenient("--b\r\n\r\none\r\n--b", "[- one] close-delimiter@15");
    lenient("--b", "missing body-part at byte 3");
}

#[test]
fn a_broken_header_in_one_part_leaves_the_others_whole() {
    let headers = [("Content-Type", "multipart/mixed; boundary=b")];
    let read = |part: &str, reading| {
        let body = format!("--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b\r\n{part}\r\n--b--\r\n");
        Entity::read(headers, body.into(), reading, &Limits::default())
    };
    let (root, forgiven) = read("Content-Type: image/png\r\nX Y\r\n\r\nicon", Reading::Lenient).unwrap();
    assert!(root.offer().is_some());
    let [_, icon] = root.parts() else { panic!("two parts") };
    assert!(icon.content_type().unwrap().is("image", "png"));
    assert_eq!((&**icon.raw_body(), forgiven.len()), (&b"icon"[..], 1));
    assert!(read("X Y\r\n\r\nicon", Reading::Strict).is_err());
    // Without the blank line all of it is content.
    let (root, _) = read("a text\r\nof two lines", Reading::Lenient).unwrap();
    assert_eq!(&**root.parts()[1].raw_body(), b"a text\r\nof two lines");
}

#[test]
fn lone_line_feeds_are_tolerated() {
    lenient("--b\nContent-Type: a/b\n\none\ntwo\n--b--\n", "[a/b one\ntwo] CRLF@3 CRLF@30 CRLF@21 CRLF@22");
    strict("--b\nContent-Type: a/b\n\none\n--b--\n", "missing delimiter at byte 33");
    strict("--b\r\nContent-Type: a/b\n\none\r\n--b--", "expected CRLF at byte 22");
}

#[test]
fn rfc2046_5_1_1_nested_multiparts_are_cut_at_the_outer_boundary_first() {
    let inner = |body: &str| format!("--b\r\nContent-Type: multipart/x;boundary=c\r\n\r\n{body}\r\n--b--");
    strict(&inner("--c\r\n\r\none\r\n--c--"), "[multipart/x [- one]]");
    strict(&inner("--c\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--c--"), "close-delimiter incomplete at byte 55");
    lenient(
        &inner("--c\r\n\r\none\r\n--b\r\n\r\n--c--"),
        "[multipart/x [- one]][- --c--] close-delimiter@55",
    );
    lenient(&inner("broken"), "[multipart/x broken] delimiter@51");
    strict(&inner("broken"), "missing delimiter at byte 51");
    lenient("--b\r\nContent-Type: multipart/x\r\n\r\none\r\n--b--", "[multipart/x one] boundary@34");
    strict("--b\r\nContent-Type: multipart/x\r\n\r\none\r\n--b--", "missing boundary at byte 34");
    lenient("--b\r\nContent-Type: no type\r\n\r\none\r\n--b--", "[no type one] subtype@30");
}

#[test]
fn rfc2046_5_1_5_parts_of_a_digest_are_messages() {
    let body = "--b\r\n\r\nFrom: a\r\n--b--";
    let headers = [("content-type", "multipart/digest;boundary=\"b\"")];
    let (root, _) = Entity::read(headers, body.into(), Reading::Strict, &Limits::default()).unwrap();
    assert_eq!(root.parts()[0].content_type().unwrap().to_string(), "message/rfc822");
    let (root, _) = Entity::parse("X: y\r\n\r\nbody".into(), Reading::Strict, &Limits::default()).unwrap();
    assert_eq!(root.content_type().unwrap().to_string(), "text/plain");
    assert_eq!(root.raw_body(), "body");
}

#[test]
fn limits_name_the_field() {
    let limits = Limits { max_parts: 2, max_depth: 2, ..Limits::default() };
    let check = |body: &str, expected| check_with(Reading::Lenient, &limits, body, expected);
    check("--b\r\n\r\n--b\r\n\r\n--b\r\n\r\n--b--", "limit max_parts passed at byte 14");
    let nested = |inner: &str| {
        format!("--b\r\nContent-Type: multipart/x;boundary=c\r\n\r\n--c\r\n{inner}\r\n--c--\r\n--b--")
    };
    check(&nested("\r\none"), "[multipart/x [- one]]");
    check(
        &nested("Content-Type: multipart/x;boundary=d\r\n\r\n--d\r\n\r\n--d--"),
        "limit max_depth passed at byte 90",
    );
    check_with(
        Reading::Lenient,
        &Limits { max_depth: 0, ..limits },
        "--b--",
        "limit max_depth passed at byte 0",
    );
}

/// As deep as the limits say, and never deeper than the stack bears.
#[test]
fn deep_nesting_is_refused_before_it_is_read() {
    let mut body = String::from("x");
    for i in (0..200).rev() {
        body =
            format!("--b{i}\r\nContent-Type: multipart/mixed;boundary=b{}\r\n\r\n{body}\r\n--b{i}--", i + 1);
    }
    let limits = Limits { max_depth: usize::MAX, max_parts: usize::MAX, ..Limits::default() };
    let error = Multipart::parse("b0", body.into(), Reading::Lenient, &limits).unwrap_err();
    assert_eq!((error.kind(), error.rule()), (ParseErrorKind::Limit, "max_depth"));
}

#[test]
fn a_boundary_that_rfc2046_does_not_allow_is_forgiven_unless_it_is_empty() {
    let read = |boundary: &str, reading| {
        let body = format!("--{boundary}\r\n\r\none\r\n--{boundary}--");
        Multipart::parse(boundary, body.into(), reading, &Limits::default())
    };
    assert_eq!(read("a*b", Reading::Lenient).unwrap().0.parts().len(), 1);
    assert_eq!(read("a*b", Reading::Strict).unwrap_err().to_string(), "expected boundary at byte 0");
    assert!(read("", Reading::Lenient).is_err());
    assert!(read("a\r\nb", Reading::Lenient).is_err());
}

#[test]
fn bodies_are_slices_of_what_was_received() {
    let body = Bytes::from_static(b"--b\r\n\r\none\r\n--b--");
    let (multipart, _) = Multipart::parse("b", body.clone(), Reading::Strict, &Limits::default()).unwrap();
    assert_eq!(multipart.parts()[0].raw_body().as_ptr(), body[7..].as_ptr());
    assert_eq!(multipart.walk().count(), 1);
}

#[test]
fn rfc2046_5_1_1_parts_one_by_one_are_those_of_the_whole() {
    let body = Bytes::from_static(b"pre\r\n--b\r\nX: y\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\nepi");
    let boundary = Boundary::parse("b").unwrap();
    let limits = Limits::default();
    let parts: Vec<_> = boundary.parts(&body, Reading::Strict, &limits).map(Result::unwrap).collect();
    assert_eq!(parts[0].raw(), b"X: y\r\n\r\none");
    assert_eq!(parts[1].range(), &(28..33));
    let (whole, _) = Multipart::parse("b", body.clone(), Reading::Strict, &limits).unwrap();
    let entities: Vec<_> =
        parts.iter().map(|part| part.entity(Reading::Strict, &limits).unwrap().0).collect();
    assert_eq!(entities, whole.parts());
    let cut = body.slice(..33);
    let mut parts = boundary.parts(&cut, Reading::Strict, &limits);
    assert!(parts.next().unwrap().is_ok());
    let error = parts.next().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "close-delimiter incomplete at byte 33");
    assert!(parts.next().is_none());
    let mut parts = boundary.parts(&cut, Reading::Lenient, &limits);
    assert_eq!(parts.by_ref().filter(Result::is_ok).count(), 2);
    assert_eq!(parts.forgiven().len(), 1);
    let none = Limits { max_parts: 1, ..limits };
    assert_eq!(boundary.parts(&body, Reading::Strict, &none).filter(Result::is_ok).count(), 1);
    assert!(Boundary::parse("a*b").is_err());
}

/// A boundary may start like text that fills the body: only the start of it is searched for.
#[test]
fn rfc2046_5_1_1_a_boundary_of_dashes_is_found_among_dashes() {
    let boundary = "-".repeat(24) + "7";
    let line = "-".repeat(60);
    let body =
        format!("{line}\r\n--{boundary}\r\n\r\n{line}\r\n{line}7\r\n--{boundary}\r\n\r\n--{boundary}--\r\n");
    let (multipart, _) =
        Multipart::parse(&boundary, body.into(), Reading::Strict, &Limits::default()).unwrap();
    let bodies: Vec<_> = multipart.parts().iter().map(|part| part.raw_body().clone()).collect();
    assert_eq!(bodies, [format!("{line}\r\n{line}7"), String::new()]);
}

#[test]
fn rfc5621_8_3_the_offer_is_not_looked_for_among_alternatives() {
    let part = |headers: &str, body: &str| format!("--c\r\n{headers}\r\n{body}\r\n");
    let sdp = "Content-Type: Application/SDP\r\n";
    let alternatives = [part(sdp, "no1"), String::from("--c--")].concat();
    let body = [
        "--b\r\nContent-Type: multipart/alternative;boundary=c\r\n\r\n",
        &alternatives,
        "\r\n--b\r\nContent-Type: application/sdp\r\nContent-Disposition: icon\r\n\r\nno2",
        "\r\n--b\r\nContent-Type: application/sdp\r\nContent-Disposition: Session;handling=optional\r\n\r\nyes",
        "\r\n--b\r\nContent-Type: application/sdp\r\n\r\nlate\r\n--b--",
    ]
    .concat();
    let headers = [("Content-Type", "multipart/mixed;boundary=b")];
    let (root, _) = Entity::read(headers, body.into(), Reading::Strict, &Limits::default()).unwrap();
    assert_eq!(root.offer().unwrap().raw_body(), "yes");
    assert_eq!(root.offers().count(), 2);
    assert_eq!(root.walk().count(), 6);
    let (alone, _) = Entity::read(
        [("Content-Type", "application/sdp")],
        "v=0".into(),
        Reading::Strict,
        &Limits::default(),
    )
    .unwrap();
    assert_eq!(alone.offer().unwrap().raw_body(), "v=0");
}

proptest! {
    #[test]
    fn no_body_panics_and_errors_lie_in_it(
        pieces in prop::collection::vec(prop::sample::select(alloc::vec![
            "--b", "--", "\r\n", "\n", "\r", " ", "x", "Content-Type: multipart/x;boundary=c", "--c", "Content-Type: ",
            "\r\n--b\r\n", "\r\n--b--\r\n", "\r\n\r\n", "\0", "é",
        ]), 0..24),
        strict in any::<bool>(),
    ) {
        let body = Bytes::from(pieces.concat());
        let reading = if strict { Reading::Strict } else { Reading::Lenient };
        match Multipart::parse("b", body.clone(), reading, &Limits::default()) {
            Ok((multipart, forgiven)) => {
                prop_assert!(!multipart.parts().is_empty());
                prop_assert!(!strict || forgiven.is_empty());
                prop_assert!(forgiven.iter().all(|departure| departure.offset <= body.len()));
            }
            Err(error) => prop_assert!(error.offset() <= body.len(), "{error}"),
        }
    }
}
