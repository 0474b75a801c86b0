//! What reading and writing a SIP message costs. Ids: `sip/<operation>/<message>/<who>`.
//!
//! `httparse` is the ceiling: it finds the header lines of the same bytes and knows nothing of SIP.
#![expect(clippy::unwrap_used, reason = "a bench fails by a panic")]

use std::fmt::Write as _;
use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sip::{HeaderName, Message, Method, Request, Response, StatusCode, Uri};

/// A message of the mix, its length checked in every round.
struct Sample {
    name: &'static str,
    bytes: Bytes,
}

/// Header lines by `head`, a body of so many bytes behind them.
fn sample(name: &'static str, head: &str, body: usize) -> Sample {
    let mut text = BytesMut::from(head);
    text.extend_from_slice(format!("Content-Length: {body}\r\n\r\n").as_bytes());
    text.extend_from_slice(
        &b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n".iter().copied().cycle().take(body).collect::<Vec<_>>(),
    );
    Sample { name, bytes: text.freeze() }
}

const ROUTING: &str = "Via: SIP/2.0/UDP 192.0.2.15:5060;branch=z9hG4bK-524287-1---8c2f;rport\r\n\
    Max-Forwards: 70\r\n\
    From: \"Alice\" <sip:alice@home1.example>;tag=51aa77d2\r\n\
    To: <sip:bob@home2.example>\r\n\
    Call-ID: 7e0b31c4a9f84d21@192.0.2.15\r\n";

const IMS: &str = "Route: <sip:pcscf1.visited1.example:7531;lr;comp=sigcomp>, <sip:scscf1.home1.example;lr>\r\n\
    P-Preferred-Identity: \"Alice\" <sip:alice@home1.example>\r\n\
    P-Preferred-Service: urn:urn-7:3gpp-service.ims.icsi.oma.cpm.largemsg\r\n\
    P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=234151D0FCE11\r\n\
    Privacy: none\r\n\
    Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.largemsg\";require;explicit\r\n\
    Security-Verify: ipsec-3gpp;q=0.1;alg=hmac-sha-1-96;spi-c=98765432;spi-s=87654321;port-c=8642;port-s=7531\r\n\
    Require: sec-agree\r\n\
    Proxy-Require: sec-agree\r\n\
    Supported: 100rel, timer, recipient-list-invite, gruu, outbound, path\r\n\
    Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, REFER, MESSAGE, OPTIONS\r\n\
    Accept: application/sdp, application/3gpp-ims+xml, multipart/mixed\r\n\
    Session-Expires: 1800;refresher=uac\r\n\
    User-Agent: IM-client/OMA2.2 simple-im/0.1\r\n\
    Conversation-ID: f81d4fae-7dec-11d0-a765-00a0c91e6bf6\r\n\
    Contribution-ID: abcdef00-1234-5678-90ab-00a0c91e6bf6\r\n";

fn samples() -> Vec<Sample> {
    let contact = "Contact: <sip:alice@192.0.2.15:5060;transport=tcp>;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\"\r\n";
    let options = format!("OPTIONS sip:bob@home2.example SIP/2.0\r\n{ROUTING}CSeq: 1 OPTIONS\r\n");
    let register = format!(
        "REGISTER sip:home1.example SIP/2.0\r\n{ROUTING}CSeq: 2 REGISTER\r\n{contact}Expires: 600000\r\nSupported: path, outbound, gruu\r\n"
    );
    let invite = format!(
        "INVITE sip:bob@home2.example SIP/2.0\r\n{ROUTING}CSeq: 1 INVITE\r\n{contact}Content-Type: application/sdp\r\n"
    );
    let ims = format!(
        "INVITE sip:im-factory@home1.example SIP/2.0\r\n{ROUTING}{IMS}CSeq: 1 INVITE\r\n{contact}Content-Type: multipart/mixed;boundary=\"b7f3\"\r\n"
    );
    let ok = format!(
        "SIP/2.0 200 OK\r\n{ROUTING}CSeq: 1 INVITE\r\nContact: <sip:focus@home1.example;gr=1>;isfocus\r\nContent-Type: application/sdp\r\n"
    );
    let mut long = String::from("MESSAGE sip:bob@home2.example SIP/2.0\r\n");
    for hop in 0..100 {
        let _ = write!(
            long,
            "Via: SIP/2.0/TCP proxy{hop}.home1.example:5060;branch=z9hG4bK-{hop}-7f3a9c21d0;received=192.0.2.{hop}\r\n"
        );
    }
    let _ = write!(long, "{ROUTING}CSeq: 1 MESSAGE\r\n{contact}Content-Type: text/plain\r\n");
    vec![
        sample("options", &options, 0),
        sample("register", &register, 0),
        sample("invite", &invite, 400),
        sample("ims-invite", &ims, 2400),
        sample("ok", &ok, 380),
        sample("100-via", &long, 20),
    ]
}

fn parse(c: &mut Criterion) {
    let mut group = c.benchmark_group("sip/parse");
    for Sample { name, bytes } in samples() {
        group.throughput(throughput(bytes.len()));
        group.bench_function(format!("{name}/ours"), |b| {
            b.iter(|| {
                let message = Message::parse(black_box(&bytes).clone()).unwrap();
                assert_eq!(message.as_bytes().len(), bytes.len());
                message
            });
        });
        let count = Message::parse(bytes.clone()).unwrap().headers().len();
        group.bench_function(format!("{name}/httparse"), |b| {
            b.iter(|| assert_eq!(headers(black_box(&bytes)), count));
        });
    }
    group.finish();
}

/// So many bytes in each round.
fn throughput(bytes: usize) -> Throughput {
    Throughput::Bytes(u64::try_from(bytes).unwrap())
}

/// How many header lines httparse finds behind the start line.
fn headers(bytes: &[u8]) -> usize {
    let start = memchr::memchr(b'\n', bytes).unwrap() + 1;
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let httparse::Status::Complete((_, headers)) =
        httparse::parse_headers(bytes.get(start..).unwrap(), &mut headers).unwrap()
    else {
        return 0;
    };
    headers.len()
}

/// Parse, then what a user agent asks of every message.
fn typed(c: &mut Criterion) {
    let mut group = c.benchmark_group("sip/typed");
    for Sample { name, bytes } in samples() {
        group.throughput(throughput(bytes.len()));
        group.bench_function(format!("{name}/ours"), |b| {
            b.iter(|| {
                let message = Message::parse(black_box(&bytes).clone()).unwrap();
                let via = message.via().unwrap();
                black_box((via.transport, via.sent_by, via.branch()));
                let (from, to) = (message.from().unwrap(), message.to().unwrap());
                black_box((from.uri.host_port_text(), from.tag(), to.uri.host_port_text(), to.tag()));
                black_box((message.call_id().unwrap(), message.cseq().unwrap()));
                black_box(message.contacts().next().map(|contact| contact.unwrap().uri_text().len()));
                black_box(message.content_type().unwrap().is_some());
                assert!(message.content_length().is_some());
            });
        });
        group.bench_function(format!("{name}/httparse-cuts"), |b| {
            b.iter(|| assert!(cuts(black_box(&bytes)) > 0));
        });
    }
    group.finish();
}

/// The same values cut out of what httparse found, nothing checked.
fn cuts(bytes: &[u8]) -> usize {
    let start = memchr::memchr(b'\n', bytes).unwrap() + 1;
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let httparse::Status::Complete((_, headers)) =
        httparse::parse_headers(bytes.get(start..).unwrap(), &mut headers).unwrap()
    else {
        return 0;
    };
    let get = |name: &str| {
        let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(header.value).ok()
    };
    let via = get("Via").unwrap();
    let (protocol, rest) = via.split_once(' ').unwrap();
    black_box((protocol.rsplit('/').next(), rest.split(';').next(), rest.split(";branch=").nth(1)));
    for name in ["From", "To"] {
        let value = get(name).unwrap();
        let (uri, params) = value.split_once('<').and_then(|(_, rest)| rest.split_once('>')).unwrap();
        black_box((uri, params.split(";tag=").nth(1)));
    }
    black_box((get("Call-ID"), get("CSeq").and_then(|cseq| cseq.split_once(' '))));
    black_box(get("Contact").and_then(|contact| contact.split_once('<')?.1.split_once('>')));
    black_box(get("Content-Type"));
    get("Content-Length").unwrap().len()
}

fn encode(c: &mut Criterion) {
    let mut group = c.benchmark_group("sip/encode");
    let uri = Uri::parse("sip:bob@home2.example").unwrap();
    let body = Bytes::from(vec![b'x'; 400]);
    let build = || {
        Request::builder(Method::INVITE, &uri)
            .via("UDP", "192.0.2.15:5060", "z9hG4bK-524287-1---8c2f")
            .header(HeaderName::MAX_FORWARDS, 70)
            .header(HeaderName::FROM, "\"Alice\" <sip:alice@home1.example>;tag=51aa77d2")
            .header(HeaderName::TO, "<sip:bob@home2.example>")
            .header(HeaderName::CALL_ID, "7e0b31c4a9f84d21@192.0.2.15")
            .cseq(1)
            .header(HeaderName::CONTACT, "<sip:alice@192.0.2.15:5060>")
            .body("application/sdp", body.clone())
            .build()
            .unwrap()
    };
    let invite = build();
    group.throughput(throughput(invite.as_bytes().len()));
    group.bench_function("invite/ours", |b| {
        b.iter(|| assert_eq!(build().as_bytes().len(), invite.as_bytes().len()))
    });
    let respond = || {
        Response::builder_for(&invite, StatusCode::OK)
            .to_tag("51aa77d3")
            .header(HeaderName::CONTACT, "<sip:bob@192.0.2.16:5060>")
            .body("application/sdp", body.clone())
            .build()
            .unwrap()
    };
    let ok = respond();
    group.throughput(throughput(ok.as_bytes().len()));
    group.bench_function("ok/ours", |b| {
        b.iter(|| assert_eq!(respond().as_bytes().len(), ok.as_bytes().len()))
    });
    group.finish();
}

/// Twice the input costs twice the time, in shapes that invite worse.
fn hostile(c: &mut Criterion) {
    let mut group = c.benchmark_group("sip/hostile");
    let limits = {
        let mut limits = sip::Limits::new();
        (limits.max_headers, limits.max_line, limits.max_head) = (1 << 20, 60_000, 1 << 24);
        limits
    };
    for size in [500, 1000, 2000] {
        let shapes = [
            ("headers", format!("A b:c SIP/2.0\r\n{}\r\n", "X: y\r\n".repeat(10 * size))),
            ("folds", format!("A b:c SIP/2.0\r\nX: y{}\r\n\r\n", "\r\n y".repeat(5 * size))),
            (
                "via-list",
                format!("A b:c SIP/2.0\r\nv: {}SIP/2.0/UDP a\r\n\r\n", "SIP/2.0/UDP a,".repeat(size)),
            ),
        ];
        for (shape, text) in shapes {
            let bytes = Bytes::from(text);
            group.throughput(throughput(bytes.len()));
            group.bench_function(format!("{shape}/{size}"), |b| {
                b.iter(|| {
                    let read = Message::parse_with(bytes.clone(), sip::Reading::Lenient, &limits);
                    let (message, _) = black_box(read).unwrap();
                    assert!(message.vias().all(|via| via.is_ok()));
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, parse, typed, encode, hostile);
criterion_main!(benches);
