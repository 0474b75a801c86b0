//! Tests of envelopes: what is forgiven, what is refused, round trips.

use alloc::format;
use alloc::string::{String, ToString};

use proptest::prelude::*;

use super::*;

/// Reads `text` and shows the headers with their namespaces, the content, and what was forgiven.
#[track_caller]
fn check(reading: Reading, text: &str, expected: &str) {
    let got = match Message::parse_with(Bytes::from(text.to_string()), reading, &Limits::default()) {
        Ok((message, forgiven)) => {
            let mut out = String::new();
            for header in message.head.headers() {
                let urn = header.namespace().map_or("?", |urn| urn.as_str());
                let urn = if urn.ends_with("cpim-headers:") { "" } else { urn };
                out.push_str(&format!("{urn}#{}={}|", header.name(), header.raw_value()));
            }
            out.push_str(&String::from_utf8_lossy(message.content().raw_body()));
            for departure in forgiven {
                out.push_str(&format!(" {}@{}", departure.rule, departure.offset));
            }
            out
        }
        Err(error) => error.to_string(),
    };
    assert_eq!(got, expected, "{text:?}");
}

use Reading::{Lenient, Strict};

#[test]
fn rfc3862_3_4_namespaces_count_for_the_lines_that_follow() {
    check(
        Strict,
        "a.X: 1\r\nNS: a <urn:a>\r\na.X: 2\r\nNS: <urn:d>\r\nFrom: 3\r\nNS: a <urn:b>\r\na.X: 4\r\n\r\n\r\nhi",
        "?#X=1|#NS=a <urn:a>|urn:a#X=2|#NS=<urn:d>|urn:d#From=3|urn:d#NS=a <urn:b>|urn:b#X=4|hi",
    );
    check(Strict, "NS: a urn:a\r\n\r\n\r\n", "expected NS at byte 4");
}

#[test]
fn rfc3862_2_names_have_case() {
    let message = Message::parse("from: <sip:a>\r\nFrom: <sip:b>\r\nCC: <sip:c>\r\n\r\n\r\n".into()).unwrap();
    assert_eq!(message.head().from().unwrap().unwrap().uri, "sip:b");
    assert_eq!(message.head().cc().count(), 0);
}

#[test]
fn what_peers_send_is_forgiven_in_a_lenient_reading_only() {
    check(
        Lenient,
        "To: <a>\nX: y\n\nContent-Type: a/b\n\nhi",
        "#To=<a>|#X=y|hi CRLF@7 CRLF@12 CRLF@13 CRLF@31 CRLF@32",
    );
    check(Strict, "To: <a>\n\n\n", "expected CRLF at byte 7");
    check(Lenient, "To:<a>\r\nX:  y\r\n\r\n\r\n", "#To=<a>|#X=y| SP@3 SP@12");
    check(Strict, "To:<a>\r\n\r\n\r\n", "expected SP at byte 3");
    check(Lenient, "To: <a> \r\n\r\n\r\n", "#To=<a>| CRLF@8");
    check(Lenient, "To: <a>\r\nContent-type: a/b\r\n\r\nhi", "#To=<a>|hi blank line@9");
    check(Strict, "To: <a>\r\nContent-type: a/b\r\n\r\nhi", "message incomplete at byte 32");
}

#[test]
fn rfc3862_4_what_may_stand_once_and_what_a_date_is() {
    let date = "DateTime: 2000-12-13T13:40:00-08:00\r\n";
    check(Strict, &format!("{date}\r\n\r\n"), "#DateTime=2000-12-13T13:40:00-08:00|");
    check(Lenient, "DateTime: today\r\n\r\n\r\n", "#DateTime=today| datetime@10");
    check(Strict, "DateTime: 2000-12-13\r\n\r\n\r\n", "expected datetime at byte 10");
    check(Strict, "From: <a>\r\nFrom: <b>\r\n\r\n\r\n", "From repeated at byte 11");
    check(Lenient, "From: <a>\r\nFrom: <b>\r\n\r\n\r\n", "#From=<a>|#From=<b>| From@11");
    check(Strict, &format!("{date}{date}\r\n\r\n"), "DateTime repeated at byte 37");
}

#[test]
fn rfc3862_2_there_is_no_folding() {
    check(Lenient, "To: <a>\r\n <b>\r\n\r\n\r\n", "expected Header-name at byte 9");
}

#[test]
fn errors_name_the_rule_and_the_byte() {
    check(Lenient, "", "message incomplete at byte 0");
    check(Lenient, "To <a>\r\n\r\n\r\n", "expected : at byte 2");
    check(Lenient, "To: a\0\r\n\r\n\r\n", "expected Header-value at byte 5");
    check(Lenient, "To: a\rb\r\n\r\n\r\n", "expected Header-value at byte 5");
    check(Lenient, "To: <a>\r\n\r\nnonsense\r\n\r\n", "expected field-name at byte 19");
    check(Lenient, &"To: a\r\n".repeat(33), "limit max_headers passed at byte 224");
    check(Lenient, &format!("To: {}", "a".repeat(20_000)), "limit max_head passed at byte 16384");
    let multipart = "To: a\r\n\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n--b--";
    check(Lenient, multipart, "missing body-part at byte 58");
}

#[test]
fn rfc3862_4_7_what_is_required_must_be_known() {
    let understood =
        |text: &str| Message::parse(format!("{text}\r\n\r\n\r\n").into()).unwrap().head().is_understood();
    assert!(understood("From: <a>"));
    assert!(understood("Require: Subject, DateTime,"));
    assert!(!understood("Require: subject"));
    assert!(!understood("NS: x <urn:x>\r\nRequire: x.Y"));
    assert!(!understood("Require: x.Subject"));
    #[cfg(feature = "imdn")]
    assert!(understood("NS: i <urn:ietf:params:imdn>\r\nRequire: i.Message-ID"));
}

#[test]
fn rfc3862_3_4_what_is_required_belongs_to_the_namespace_declared_before_it() {
    let required = |head: &str| {
        let text = format!("From: <im:a@x>\r\n{head}\r\n\r\n");
        let message = Message::parse(text.into()).unwrap();
        let names = message.head().required().map(|(urn, name)| format!("{}#{name}", urn.unwrap_or("?")));
        (names.collect::<Vec<_>>().join(" "), message.head().is_understood())
    };
    let core = "urn:ietf:params:cpim-headers:";
    // A default namespace that is declared later.
    assert_eq!(required("Require: Subject\r\nNS: <urn:x>\r\nmine: 1\r\n"), (format!("{core}#Subject"), true));
    // A prefix that is declared again, and one that is declared later.
    let again = "NS: p <urn:unknown>\r\nRequire: p.Message-ID\r\nNS: p <urn:ietf:params:imdn>\r\n";
    assert_eq!(required(again), ("urn:unknown#Message-ID".into(), false));
    assert_eq!(required("Require: p.X\r\nNS: p <urn:x>\r\n"), ("?#X".into(), false));
    assert_eq!(
        required("NS: p <urn:x>\r\nNS: p <urn:y>\r\nRequire: p.X,Subject\r\n").0,
        format!("urn:y#X {core}#Subject")
    );
}

#[test]
fn rfc3862_4_5_a_subject_is_read_as_it_was_written() {
    let address = Address::new("im:a@x").unwrap();
    for subject in [" Lunch", "Lunch ", " ", "  ", "   ", "", "\t"] {
        let builder = Builder::new(&address, &address).subject(subject).subject_in("fr", subject);
        let written = builder.build("text/plain", "Hi").unwrap();
        let (message, _) = Message::parse_with(written, Strict, &Limits::default()).unwrap();
        assert!(message.head().subjects().all(|read| read.value() == subject), "{subject:?}");
    }
}

#[test]
fn nothing_given_to_the_builder_ends_the_line() {
    let address = || Address::new("sip:a@x").unwrap();
    let builder = || Builder::new(&address(), &address());
    assert!(Address::new("sip:a>\r\nTo: <b").is_err());
    let mut evil = address().with_name("a\r\nTo: <b>");
    evil.uri = "x>\r\nTo: <c".into();
    let written = builder().cc(&evil).build("a/b", "").unwrap();
    let message = Message::parse(written).unwrap();
    assert_eq!(message.head().headers().len(), 3);
    assert!(builder().date_time("x\r\nTo: <b>").head("a/b").is_err());
    assert!(builder().header("a:b", "x").head("a/b").is_err());
    assert!(builder().header("", "x").head("a/b").is_err());
    assert!(builder().head("a/b\r\n\r\n").is_err());
    assert!(builder().content_header("X", "\n").head("a/b").is_err());
    assert!(builder().content_header("content-type", "c/d").head("a/b").is_err());
}

/// The blank line is there but for its last byte: that is no header too many.
#[test]
fn a_head_at_its_limit_is_incomplete_until_its_last_byte() {
    let text = format!("To: a\r\n\r\n{}\r\n", "A: b\r\n".repeat(32));
    assert!(Message::parse(text.clone().into()).is_ok());
    let cut = Bytes::from(text).slice(..9 + 6 * 32 + 1);
    assert_eq!(Message::parse(cut).unwrap_err().kind(), grammar::ParseErrorKind::Incomplete);
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(
        name in any::<String>(),
        subject in "\\PC{0,12}|[ \r\n\t\\\\\"a]{0,9}",
        content in prop::collection::vec(any::<u8>(), 0..32),
    ) {
        prop_assume!(name.trim() == name);
        let from = Address::new("sip:a@x").unwrap().with_name(name.as_str());
        let to = Address::new("sip:b@x").unwrap();
        let written = Builder::new(&from, &to).subject(&subject).build("a/b", &content).unwrap();
        let (message, forgiven) = Message::parse_with(written, Strict, &Limits::default()).unwrap();
        prop_assert!(forgiven.is_empty());
        let read = message.head().from().unwrap().unwrap();
        prop_assert_eq!(read.name.as_deref().unwrap_or_default(), name);
        prop_assert_eq!(message.head().subject().unwrap(), subject);
        prop_assert_eq!(message.content().raw_body(), &content);
    }

    #[test]
    fn no_message_panics_and_errors_lie_in_it(
        text in "(From|NS|a\\.X|: |<|>|\r\n|\n|\r|Content-Type|;|\"|\\\\|[^a-z]){0,24}",
    ) {
        for reading in [Strict, Lenient] {
            if let Err(error) = Message::parse_with(text.clone().into(), reading, &Limits::default()) {
                prop_assert!(error.offset() <= text.len());
            }
        }
    }
}
