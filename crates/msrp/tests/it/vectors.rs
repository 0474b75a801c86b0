//! Whole frames as they stand on the wire: read strictly, and written again to the same bytes.

use bytes::{Bytes, BytesMut};
use grammar::Reading;
use simple_im_msrp::{FrameEvent, FrameWriter, Framer, Head, HeaderName, Limits, Method, StartLine};

/// Reads one frame, each line of `text` ended by CRLF, and writes it again.
#[track_caller]
fn check(text: &str) {
    let wire = format!("{}\r\n", text.replace('\n', "\r\n"));
    let mut framer = Framer::new(Reading::Strict, Limits::default());
    framer.push(Bytes::from(wire.clone()));
    let Some(FrameEvent::Head(head)) = framer.next_event().unwrap() else { panic!("no head") };
    assert!(head.check(Reading::Strict).unwrap().is_empty());
    let mut content = Vec::new();
    let flag = loop {
        match framer.next_event().unwrap().unwrap() {
            FrameEvent::Content(piece) => content.extend_from_slice(&piece),
            FrameEvent::End(flag) => break flag,
            FrameEvent::Head(_) => panic!("a second head"),
        }
    };
    let mut out = BytesMut::new();
    let writer = writer(&head);
    writer.write_head(&mut out).unwrap();
    out.extend_from_slice(&content);
    writer.write_end(flag, &mut out);
    assert_eq!(String::from_utf8_lossy(&out), wire);
}

fn writer(head: &Head) -> FrameWriter<'_> {
    let (to, from) = (head.to_path().unwrap().as_str(), head.from_path().unwrap().as_str());
    let tid = *head.tid();
    let mut writer = match head.start_line() {
        StartLine::Request(method) => FrameWriter::request(tid, method.as_str(), to, from),
        StartLine::Response { status, comment } => {
            FrameWriter::response(tid, *status, to, from).comment(comment)
        }
    };
    if let Some(value) = head.message_id() {
        writer = writer.message_id(value);
    }
    if let Some(value) = head.byte_range().unwrap() {
        writer = writer.byte_range(value);
    }
    if head.get(HeaderName::SuccessReport).is_some() {
        writer = writer.success_report(head.success_report().unwrap());
    }
    if head.get(HeaderName::FailureReport).is_some() {
        writer = writer.failure_report(head.failure_report().unwrap());
    }
    if let Some(value) = head.status_header().unwrap() {
        writer = writer.status(value);
    }
    if let Some(value) = head.get(HeaderName::ContentDisposition) {
        writer = writer.disposition(value);
    }
    if let Some(value) = head.content_type() {
        writer = writer.content_type(value);
    }
    assert!(matches!(head.method(), None | Some(Method::Send | Method::Report | Method::Auth)));
    writer
}

#[test]
fn a_text_and_its_200() {
    check(
        "MSRP q7Zk1mN4c8Wd SEND
To-Path: msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp
From-Path: msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp
Message-ID: m5Yt2Hb9Lr0a
Byte-Range: 1-14/14
Content-Type: text/plain

Lunch at noon?
-------q7Zk1mN4c8Wd$",
    );
    check(
        "MSRP q7Zk1mN4c8Wd 200 OK
To-Path: msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp
From-Path: msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp
-------q7Zk1mN4c8Wd$",
    );
}

#[test]
fn a_wrapped_text_to_a_focus_and_its_report() {
    check(
        "MSRP T0bW5xLq2Hn8 SEND
To-Path: msrp://203.0.113.90:2855/x8RfB3vZ0qMw5LdC;tcp
From-Path: msrp://198.51.100.7:2855/Wn6cP1uE4sKj9GxT;tcp
Message-ID: u4Kc7Rz1Pd6j
Byte-Range: 1-161/161
Success-Report: yes
Content-Type: message/cpim

From: <sip:alice@home1.example>
To: <sip:conf-5512@im.home1.example>
DateTime: 2026-03-02T09:15:30Z

Content-Type: text/plain;charset=UTF-8

Lunch at noon?
-------T0bW5xLq2Hn8$",
    );
    check(
        "MSRP e9Gs3Vt6Yk1m REPORT
To-Path: msrp://198.51.100.7:2855/Wn6cP1uE4sKj9GxT;tcp
From-Path: msrp://203.0.113.90:2855/x8RfB3vZ0qMw5LdC;tcp
Message-ID: u4Kc7Rz1Pd6j
Byte-Range: 1-161/161
Status: 000 200 OK
-------e9Gs3Vt6Yk1m$",
    );
}

#[test]
fn a_file_bound_chunked_interrupted_and_stopped() {
    check(
        "MSRP h2Xv8Cq5Rn0t SEND
To-Path: msrp://203.0.113.20:2855/Bq8Lz3Mn6Vx1Cw9K;tcp
From-Path: msrp://198.51.100.7:2855/Zc4Xn8Qe2Vb7Tk0M;tcp
Message-ID: w3Jd6Fb1Zs9e
Byte-Range: 1-0/0
-------h2Xv8Cq5Rn0t$",
    );
    for (tid, range, flag) in [
        ("Dk3Zr7Vb1Qx5", "1-2048/5000", '+'),
        ("Ug4Se8Jm1Ra7", "4097-5000/5000", '$'),
        ("Fb6Vt0Zn4Gq8", "1-*/5000", '#'),
    ] {
        let content = "\n-------Dk3Zr7Vb1Qx4$\n-------Ug4Se8Jm1Ra7%\n".repeat(30);
        check(&format!(
            "MSRP {tid} SEND
To-Path: msrp://203.0.113.20:2855/Bq8Lz3Mn6Vx1Cw9K;tcp
From-Path: msrp://198.51.100.7:2855/Zc4Xn8Qe2Vb7Tk0M;tcp
Message-ID: k6Mv0Tq4Ws8y
Byte-Range: {range}
Success-Report: yes
Content-Disposition: inline;filename=\"lake view.jpg\";size=5000
Content-Type: image/jpeg

{content}
-------{tid}{flag}"
        ));
    }
    check(
        "MSRP Fb6Vt0Zn4Gq8 413 Stop
To-Path: msrp://198.51.100.7:2855/Zc4Xn8Qe2Vb7Tk0M;tcp
From-Path: msrp://203.0.113.20:2855/Bq8Lz3Mn6Vx1Cw9K;tcp
-------Fb6Vt0Zn4Gq8$",
    );
}

#[test]
fn an_empty_file_has_a_type_and_no_octets() {
    check(
        "MSRP Ne7Qk2Tv6Bz0 SEND
To-Path: msrp://203.0.113.20:2855/Bq8Lz3Mn6Vx1Cw9K;tcp
From-Path: msrp://198.51.100.7:2855/Zc4Xn8Qe2Vb7Tk0M;tcp
Message-ID: Aj4Xs8Pd2Hf6
Byte-Range: 1-0/0
Content-Type: text/plain


-------Ne7Qk2Tv6Bz0$",
    );
}
