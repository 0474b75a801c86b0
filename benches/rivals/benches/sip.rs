//! SIP crates that are parts of whole stacks, on the messages of the workspace's own bench and beside its codec.
//! Ids: `sip/<operation>/<message>/<who>`.
//!
//! One that refuses a message of the mix, panics or finds other values in it is left out there with a line on standard
//! error.

#[path = "../../benches/sip/ceiling.rs"]
#[expect(dead_code, reason = "the workspace's bench measures the other ceilings")]
mod ceiling;
#[path = "../../benches/sip/messages.rs"]
mod messages;
#[path = "../../benches/sip/ours.rs"]
mod ours;

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rsiprtp::sip::{Method, SipMessage, SipRequest, SipResponse};
use rust_rcs_core::sip::sip_parser::SipParser;
use rvoip_sip_core::types::sip_message::Message as RvoipMessage;

use self::messages::{Sample, samples};

/// Reads a message; how many bytes of body the crate finds in it.
type Parse = fn(&Bytes) -> Option<usize>;
/// Reads a message and what a user agent needs of it; the branch.
type Typed = fn(&Bytes) -> Option<String>;

const PARSE: [(&str, Parse); 3] = [
    ("rsiprtp", |bytes| {
        Some(match SipMessage::parse(bytes).ok()? {
            SipMessage::Request(request) => request.body().len(),
            SipMessage::Response(response) => response.body().len(),
        })
    }),
    ("rvoip", |bytes| Some(rvoip_sip_core::parse_message(bytes).ok()?.body().len())),
    ("rust-rcs", |bytes| {
        let mut parser = SipParser::new();
        parser.feed(bytes);
        let message = parser.produce().ok()??;
        let length = message.headers()?.iter().find(|header| header.get_name() == b"Content-Length")?;
        let length = std::str::from_utf8(length.get_value()).ok()?.parse().ok()?;
        // Only that there is one can be asked for without copying it.
        (message.has_body() || length == 0).then_some(length)
    }),
];

const TYPED: [(&str, Typed); 2] = [("rsiprtp", rsiprtp_typed), ("rvoip", rvoip_typed)];

fn rsiprtp_typed(bytes: &Bytes) -> Option<String> {
    match SipMessage::parse(bytes).ok()? {
        SipMessage::Request(request) => {
            black_box((request.from_tag_and_uri().ok()?, request.to_uri().ok()?, request.to_tag()));
            black_box((request.call_id().ok()?, request.cseq().ok()?, request.cseq_method().ok()?));
            black_box((request.contact_uri(), request.content_type(), request.body().len()));
            request.via_branch().ok()
        }
        SipMessage::Response(response) => {
            black_box((response.from_tag().ok()?, response.to_tag()));
            black_box((response.call_id().ok()?, response.cseq().ok()?, response.cseq_method().ok()?));
            black_box((response.contact_uri(), response.content_type(), response.body().len()));
            response.via_branch().ok()
        }
    }
}

/// It types every field while it reads; what is left is to ask for them.
fn rvoip_typed(bytes: &Bytes) -> Option<String> {
    let message = rvoip_sip_core::parse_message(bytes).ok()?;
    black_box((message.from()?.tag(), message.to()?.tag(), message.call_id()?));
    let branch = match &message {
        RvoipMessage::Request(request) => {
            black_box((request.cseq()?, request.from_uri(), request.to_uri(), request.contact_uri()));
            request.via_branch()?.to_owned()
        }
        RvoipMessage::Response(_) => message.first_via()?.branch()?.to_owned(),
    };
    Some(branch)
}

/// Reads a message for the first time; nothing where the crate panics.
fn first_time<T>(read: fn(&Bytes) -> Option<T>, bytes: &Bytes) -> Option<T> {
    std::panic::catch_unwind(|| read(bytes)).ok()?
}

fn parse(c: &mut Criterion) {
    let mut group = c.benchmark_group("sip/parse");
    for sample in samples() {
        let Sample { name, bytes, fields, body, .. } = &sample;
        group.throughput(throughput(bytes));
        group.bench_function(format!("{name}/ours"), |b| b.iter(|| ours::parse(&sample)));
        group.bench_function(format!("{name}/httparse"), |b| {
            let mut found = ceiling::NOTHING;
            b.iter(|| assert_eq!(ceiling::headers(black_box(bytes), &mut found).len(), *fields));
        });
        for (who, parse) in PARSE {
            let found = first_time(parse, bytes);
            if found != Some(*body) {
                eprintln!("{who} finds a body of {found:?} bytes in {name}, not {body}: left out");
                continue;
            }
            group.bench_function(format!("{name}/{who}"), |b| {
                b.iter(|| assert_eq!(parse(black_box(bytes)), Some(*body)));
            });
        }
    }
    group.finish();
}

fn typed(c: &mut Criterion) {
    let mut group = c.benchmark_group("sip/typed");
    for sample in samples() {
        let Sample { name, bytes, branch, .. } = &sample;
        group.throughput(throughput(bytes));
        group.bench_function(format!("{name}/ours"), |b| b.iter(|| ours::typed(&sample)));
        for (who, typed) in TYPED {
            let found = first_time(typed, bytes);
            if found.as_deref() != Some(branch) {
                eprintln!("{who} finds the branch {found:?} in {name}: left out");
                continue;
            }
            group.bench_function(format!("{name}/{who}"), |b| {
                b.iter(|| assert_eq!(typed(black_box(bytes)).as_deref(), Some(*branch)));
            });
        }
    }
    group.finish();
}

/// The same INVITE and the 200 to it: built from their parts and written (`built`), and messages that are there
/// already written once more (`written`).
fn encode(c: &mut Criterion) {
    let mut group = c.benchmark_group("sip/encode");
    let uri = sip::Uri::parse("sip:bob@home2.example").expect("a URI");
    let body = ours::body();
    let mut buffer = BytesMut::with_capacity(4096);
    let mut out = BytesMut::with_capacity(4096);

    let invite = ours::invite(&mut BytesMut::new(), &uri, &body);
    group.throughput(throughput(invite.as_bytes()));
    group.bench_function("invite/built/ours", |b| {
        b.iter(|| ours::invite(&mut buffer, black_box(&uri), black_box(&body)).as_bytes().len());
    });
    group.bench_function("invite/written/ours", |b| {
        b.iter(|| {
            out.clear();
            out.extend_from_slice(black_box(&invite).as_bytes());
            black_box(out.len())
        });
    });
    let theirs = rsiprtp_invite(&body);
    assert_eq!(theirs.body().len(), invite.body_octets().len());
    group.bench_function("invite/built/rsiprtp", |b| {
        b.iter(|| rsiprtp_invite(black_box(&body)).to_bytes().len());
    });
    group.bench_function("invite/written/rsiprtp", |b| b.iter(|| black_box(&theirs).to_bytes().len()));

    let ok = ours::ok(&mut BytesMut::new(), &invite, &body);
    group.throughput(throughput(ok.as_bytes()));
    group.bench_function("ok/built/ours", |b| {
        b.iter(|| ours::ok(&mut buffer, black_box(&invite), black_box(&body)).as_bytes().len());
    });
    group.bench_function("ok/written/ours", |b| {
        b.iter(|| {
            out.clear();
            out.extend_from_slice(black_box(&ok).as_bytes());
            black_box(out.len())
        });
    });
    group.bench_function("ok/built/rsiprtp", |b| {
        b.iter(|| rsiprtp_ok(black_box(&theirs), black_box(&body)).to_bytes().len());
    });
    let theirs = rsiprtp_ok(&theirs, &body);
    assert_eq!(theirs.body().len(), ok.body_octets().len());
    group.bench_function("ok/written/rsiprtp", |b| b.iter(|| black_box(&theirs).to_bytes().len()));
    group.finish();
}

fn rsiprtp_invite(body: &[u8]) -> SipRequest {
    SipRequest::builder()
        .method(Method::Invite)
        .uri("sip:bob@home2.example")
        .via("192.0.2.15", 5060, "UDP", "z9hG4bK-524287-1---8c2f")
        .max_forwards(70)
        .from("sip:alice@home1.example", "51aa77d2")
        .from_display("Alice")
        .to("sip:bob@home2.example")
        .call_id("7e0b31c4a9f84d21@192.0.2.15")
        .cseq(1)
        .contact("sip:alice@192.0.2.15:5060")
        .body(body.to_vec(), "application/sdp")
        .build()
        .expect("a request")
}

fn rsiprtp_ok(invite: &SipRequest, body: &[u8]) -> SipResponse {
    SipResponse::builder()
        .status(200, "OK")
        .from_request(invite)
        .to_tag("51aa77d3")
        .contact("sip:bob@192.0.2.16:5060")
        .body(body.to_vec(), "application/sdp")
        .build()
        .expect("a response")
}

/// So many bytes in each round.
fn throughput(bytes: &[u8]) -> Throughput {
    Throughput::Bytes(u64::try_from(bytes.len()).expect("a length"))
}

criterion_group!(benches, parse, typed, encode);
criterion_main!(benches);
