//! Tests of header blocks.

use super::*;
use alloc::format;
use alloc::string::ToString;
use grammar::Reading;

/// Reads a block at the start of `text`, base 100, and shows the headers, what was forgiven and how it ended.
#[track_caller]
fn check(reading: Reading, text: &[u8], expected: &str) {
    let limits = Limits { max_headers: 3, max_head: 40, ..Limits::default() };
    let mut leniency = Leniency::new(reading);
    let got =
        match parse_block(&Bytes::copy_from_slice(text), 0, 100, BrokenLine::Refused, &mut leniency, &limits)
        {
            Ok((headers, end)) => {
                let mut out = String::new();
                for header in &headers {
                    out.push_str(&format!("{}={}|", header.name(), header.value()));
                }
                for forgiven in leniency.forgiven() {
                    out.push_str(&format!("{}@{} ", forgiven.rule, forgiven.offset));
                }
                match end {
                    End::BlankLine(at) => out + &at.to_string(),
                    End::Text => out + "end",
                }
            }
            Err(error) => error.to_string(),
        };
    assert_eq!(got, expected, "{:?}", String::from_utf8_lossy(text));
}

use Reading::{Lenient, Strict};

#[test]
fn rfc2046_5_1_1_headers_a_blank_line_or_neither() {
    check(Strict, b"A: b\r\nC:d \t\r\n\r\nbody", "A=b|C=d|15");
    check(Strict, b"\r\nbody", "2");
    check(Strict, b"A: b\r\n", "A=b|end");
    check(Strict, b"A: b", "A=b|end");
    check(Strict, b"A:\r\n\r\n", "A=|6");
    check(Strict, b"", "end");
}

#[test]
fn rfc5322_2_2_3_folded_values_are_unfolded() {
    check(Strict, b"A: b\r\n c\r\n\td\r\nE: f\r\n\r\n", "A=b c d|E=f|22");
    check(Strict, b"A:\r\n b\r\n\r\n", "A=b|10");
    check(Strict, b" A: b\r\n", "expected field-name at byte 100");
}

#[test]
fn what_peers_send_is_forgiven_in_a_lenient_reading_only() {
    check(Lenient, b"A: b\nC: d\n\nbody", "A=b|C=d|CRLF@104 CRLF@109 CRLF@110 11");
    check(Strict, b"A: b\n\n", "expected CRLF at byte 104");
    check(Lenient, b"A : b\r\n\r\n", "A=b|field-name@101 9");
    check(Strict, b"A : b\r\n\r\n", "expected field-name at byte 101");
    check(Lenient, b"A: caf\xe9\r\n\r\n", "A=caf\u{e9}|UTF-8@106 11");
    check(Strict, b"A: caf\xe9\r\n\r\n", "expected UTF-8 at byte 106");
    check(Lenient, b"Content-ID: a\r\ncontent-id: b\r\n\r\n", "Content-ID=a|header@115 32");
    check(Strict, b"Content-ID: a\r\ncontent-id: b\r\n\r\n", "header repeated at byte 115");
    check(Strict, b"X: a\r\nx: b\r\n\r\n", "X=a|x=b|14");
}

#[test]
fn errors_name_the_rule_and_the_byte() {
    check(Lenient, b"A b\r\n\r\n", "expected field-name at byte 101");
    check(Lenient, b": b\r\n\r\n", "expected field-name at byte 100");
    check(Lenient, b"A: b\rc\r\n\r\n", "expected field-value at byte 104");
    check(Lenient, b"A: \0\r\n\r\n", "expected field-value at byte 103");
    check(Lenient, b"A: b\r\n c\0\r\n\r\n", "expected field-value at byte 108");
    check(Lenient, b"A: \x88\x88\0\xff\r\n\r\n", "expected field-value at byte 105");
    check(Lenient, b"A: b\r\n c\rd\r\n\r\n", "expected field-value at byte 108");
    check(Lenient, b"A:\r\nB:\r\nC:\r\nD:\r\n\r\n", "limit max_headers passed at byte 112");
    check(Lenient, &[b'A'; 50], "limit max_head passed at byte 140");
    check(
        Lenient,
        b"A:\r\n b\r\n c\r\n d\r\n e\r\n f\r\n g\r\n h\r\n i\r\n j\r\n k\r\n",
        "limit max_head passed at byte 140",
    );
}

/// Shows what is read of a part whose broken lines are forgiven.
#[track_caller]
fn check_part(text: &[u8], expected: &str) {
    let limits = Limits { max_headers: 3, ..Limits::default() };
    let mut leniency = Leniency::new(Lenient);
    let text = Bytes::copy_from_slice(text);
    let got = match parse_block(&text, 0, 100, BrokenLine::Forgiven, &mut leniency, &limits) {
        Ok((headers, end)) => {
            let headers: Vec<_> = headers.iter().map(|header| header.name().as_str()).collect();
            let forgiven: Vec<_> = leniency.forgiven().iter().map(|one| (one.rule, one.offset)).collect();
            format!("{headers:?} {forgiven:?} {end:?}")
        }
        Err(error) => error.to_string(),
    };
    assert_eq!(got, expected, "{text:?}");
    let strict = &mut Leniency::new(Strict);
    assert!(parse_block(&text, 0, 100, BrokenLine::Forgiven, strict, &limits).is_err());
}

#[test]
fn a_broken_line_in_a_part_is_passed_over_and_counts() {
    check_part(b"A: b\r\nX Y\r\n more\r\nC: d\r\n\r\n", r#"["A", "C"] [("field-name", 107)] BlankLine(26)"#);
    check_part(b"A: \0\r\nC: d\r\n\r\n", r#"["C"] [("field-value", 103)] BlankLine(14)"#);
    check_part(b"no header\r\n", r#"[] [("field-name", 102)] Text"#);
    check_part(b"x\r\nx\r\nx\r\nA: b\r\n\r\n", "limit max_headers passed at byte 109");
    let twice = b"Content-ID: a\r\nContent-ID: a\r\nContent-ID: a\r\nA: b\r\n\r\n";
    check_part(twice, "limit max_headers passed at byte 145");
}

#[test]
fn a_header_that_cannot_be_written_is_refused() {
    assert_eq!(Header::new("A b", "c").unwrap_err().to_string(), "expected field-name at byte 1");
    assert_eq!(Header::new("", "c").unwrap_err().to_string(), "expected field-name at byte 0");
    for value in ["a\rb", "a\nb", "a\0b"] {
        assert_eq!(Header::new("A", value).unwrap_err().to_string(), "expected field-value at byte 1");
    }
}
