//! What reading and writing a session description costs. Ids: `sdp/<operation>/<document>/<who>`.
//!
//! `line-scan` is the ceiling: finding the line ends and nothing else. With the feature `rivals` other crates read and
//! write the same documents.
#![expect(clippy::unwrap_used, reason = "criterion makes the main; a bench fails by a panic")]

use std::fmt::Write as _;
use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sdp::attribute::{AcceptTypes, Attribute, Direction, Path, Setup};
use sdp::line::Origin;
use sdp::offer_answer::{MessageLine, MessageLineRef};
use sdp::{Dialect, FileOffer, Limits, Reading, SessionDescription, Writer};

const MINIMAL: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";

const FILE: &str = "v=0\r\n\
    o=- 3964100200 3964100200 IN IP4 198.51.100.7\r\n\
    s=-\r\n\
    c=IN IP4 198.51.100.7\r\n\
    t=0 0\r\n\
    m=message 2855 TCP/MSRP *\r\n\
    i=Lake view from the cabin\r\n\
    a=sendonly\r\n\
    a=accept-types:message/cpim image/jpeg\r\n\
    a=path:msrp://198.51.100.7:2855/Zc4Xn8Qe2Vb7Tk0M;tcp\r\n\
    a=setup:actpass\r\n\
    a=file-selector:name:\"lake view.jpg\" type:image/jpeg size:5000 hash:sha-1:E6:93:7A:A0:16:BC:06:ED:A8:1D:3B:22:7F:FF:DE:82:5D:88:1C:E5\r\n\
    a=file-transfer-id:u7Wq2Zp9Xc4Vn1Bm6Lk3Jh8Gf5Ds0Aay\r\n\
    a=file-disposition:render\r\n\
    a=file-icon:cid:icon1.7e0b55@198.51.100.7\r\n\
    a=filename:lake view.jpg\r\n\
    a=filetype:image/jpeg\r\n\
    a=filesize:5000\r\n\
    a=disposition:inline\r\n\
    a=icon:cid:icon1.7e0b55@198.51.100.7\r\n\
    a=hash:SHA e6937aa016bc06eda81d3b227fffde825d881ce5\r\n";

/// About 12 KB, of the shape that browsers send.
fn webrtc() -> String {
    let mut text = String::from(
        "v=0\r\no=- 4858251974351650128 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2 3\r\n\
         a=msid-semantic: WMS *\r\n",
    );
    for mid in 0..4 {
        let types: Vec<String> = (96..116).map(|payload| payload.to_string()).collect();
        let _ = write!(
            text,
            "m=video 9 UDP/TLS/RTP/SAVPF {}\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:Oyef7uvBlwafI3hT\r\n\
             a=ice-pwd:T0teqPLNQQOf+5W+ls+P2p16\r\na=fingerprint:sha-256 \
             49:66:12:17:0D:1C:91:AE:57:4C:C6:36:DD:D5:97:D2:7D:62:C9:9A:7F:B9:A3:F4:70:03:E7:43:91:73:23:5E\r\n\
             a=setup:actpass\r\na=mid:{mid}\r\na=sendrecv\r\na=rtcp-mux\r\na=rtcp-rsize\r\n",
            types.join(" "),
        );
        for payload in types {
            let _ = write!(
                text,
                "a=rtpmap:{payload} VP8/90000\r\na=rtcp-fb:{payload} goog-remb\r\na=rtcp-fb:{payload} nack pli\r\n\
                 a=fmtp:{payload} apt=96\r\n",
            );
        }
        for ssrc in 0..4 {
            let _ = write!(
                text,
                "a=ssrc:{} cname:{{b7a2c3f0-5d1e-4e8b-9a66-{ssrc:012}}}\r\n",
                4_012_345_678_u32 + ssrc
            );
        }
        for foundation in 0..6 {
            let _ = write!(
                text,
                "a=candidate:{foundation} 1 UDP 2113667327 203.0.113.1 {} typ host\r\n",
                54400 + foundation
            );
        }
    }
    text
}

fn documents() -> [(&'static str, String); 3] {
    [("minimal", MINIMAL.to_owned()), ("msrp-file", FILE.to_owned()), ("webrtc-12k", webrtc())]
}

fn parse(c: &mut Criterion) {
    for (name, text) in documents() {
        let bytes = Bytes::from(text.clone());
        let lines = text.lines().count();
        let mut group = c.benchmark_group(format!("sdp/parse/{name}"));
        group.throughput(Throughput::Bytes(u64::try_from(bytes.len()).unwrap()));
        group.bench_function("line-scan", |b| {
            b.iter(|| {
                let found = memchr::memchr_iter(b'\n', black_box(&bytes))
                    .fold(0, |found, at| found + usize::from(at > 0));
                assert_eq!(found, lines);
            });
        });
        group.bench_function("ours", |b| {
            b.iter(|| {
                let document = SessionDescription::parse(black_box(bytes.clone())).unwrap();
                assert_eq!(document.lines().count(), lines);
                document
            });
        });
        if name == "msrp-file" {
            group.bench_function("ours-file", |b| b.iter(|| file(black_box(&bytes))));
            group.bench_function("ours-compared", |b| b.iter(|| compared(black_box(&bytes))));
            group.bench_function("ours-typed", |b| b.iter(|| typed(black_box(&bytes))));
            group.bench_function("ours-getters", |b| b.iter(|| getters(black_box(&bytes))));
            group.bench_function("ours-kept", |b| b.iter(|| kept(black_box(&bytes))));
        }
        rivals::parse(&mut group, &text);
        group.finish();
    }
}

/// Reads the document and all values of its file, in place.
fn file(bytes: &Bytes) -> SessionDescription {
    let document = SessionDescription::parse(bytes.clone()).unwrap();
    let media = document.media().next().unwrap();
    let file = media.file_ref().unwrap();
    let file = black_box(&file);
    assert_eq!((file.size, file.dialect), (Some(5000), Dialect::Dual));
    assert!(file.name.is_some() && file.sha1.is_some() && file.icon.is_some());
    document
}

/// The same, and holds the two descriptions of the file against each other.
fn compared(bytes: &Bytes) -> SessionDescription {
    let document = SessionDescription::parse(bytes.clone()).unwrap();
    let media = document.media().next().unwrap();
    let file = media.file_ref().unwrap();
    let file = black_box(&file);
    assert_eq!((file.size, file.disagreement(&media)), (Some(5000), None));
    document
}

/// Reads the document and everything that it says of its session and its file, in place.
fn typed(bytes: &Bytes) -> SessionDescription {
    let document = SessionDescription::parse(bytes.clone()).unwrap();
    let media = document.media().next().unwrap();
    let line = MessageLineRef::read(black_box(&media)).unwrap();
    // Every field of both is there for whoever looks: the values, not what they might be computed from later.
    let line = black_box(&line);
    assert_eq!((line.port, line.setup), (2855, Some(Setup::ActPass)));
    assert_eq!(line.file.as_ref().unwrap().size, Some(5000));
    document
}

/// The same by the getters of the line, each of which looks for its attribute.
fn getters(bytes: &Bytes) -> SessionDescription {
    let document = SessionDescription::parse(bytes.clone()).unwrap();
    let media = document.media().next().unwrap();
    assert_eq!((media.direction(), media.setup()), (Direction::SendOnly, Some(Setup::ActPass)));
    assert_eq!(media.connection().map(|connection| connection.address), Some("198.51.100.7"));
    assert!(media.typed::<Path<'_>>().unwrap().is_ok());
    assert!(media.typed::<AcceptTypes<'_>>().unwrap().is_ok());
    assert_eq!(black_box(media.file_ref().unwrap()).size, Some(5000));
    document
}

/// The same as values that outlive the document.
fn kept(bytes: &Bytes) -> MessageLine {
    let document = SessionDescription::parse(bytes.clone()).unwrap();
    let line = MessageLine::read(&document.media().next().unwrap()).unwrap();
    assert_eq!((line.direction, line.setup), (Direction::SendOnly, Some(Setup::ActPass)));
    assert_eq!((line.path.len(), line.accept_types.len()), (1, 2));
    let file = line.file.as_ref().unwrap();
    assert_eq!((file.size, file.disagreement), (Some(5000), None));
    line
}

fn encode(c: &mut Criterion) {
    for (name, text) in documents() {
        let document = SessionDescription::parse(Bytes::from(text.clone())).unwrap();
        let mut out = BytesMut::with_capacity(64 << 10);
        let mut group = c.benchmark_group(format!("sdp/encode/{name}"));
        group.throughput(Throughput::Bytes(u64::try_from(text.len()).unwrap()));
        group.bench_function("memcpy", |b| {
            b.iter(|| {
                out.clear();
                out.extend_from_slice(black_box(text.as_bytes()));
                assert_eq!(out.len(), text.len());
            });
        });
        group.bench_function("ours-lines", |b| {
            b.iter(|| {
                out.clear();
                let mut writer = Writer::new(&mut out);
                for line in document.lines() {
                    writer.raw_line(line.kind, black_box(line.value));
                }
                assert_eq!(writer.finish(), Ok(()));
                assert_eq!(out.len(), text.len());
            });
        });
        if let Some(file) = document.media().next().and_then(|media| media.file()) {
            let origin = Origin::new(3_964_100_200, "198.51.100.7");
            group.bench_function("ours-typed", |b| {
                b.iter(|| {
                    out.clear();
                    write_typed(&origin, black_box(&file), &mut out);
                    assert_eq!(out, text);
                });
            });
        }
        rivals::encode(&mut group, &text);
        group.finish();
    }
}

/// Writes [`FILE`] from its values.
fn write_typed(origin: &Origin, file: &FileOffer, out: &mut BytesMut) {
    let mut writer = Writer::new(out);
    writer.head(origin).connection("198.51.100.7").line('t', format_args!("0 0"));
    writer.media("message", 2855, "TCP/MSRP", "*");
    writer.line('i', format_args!("Lake view from the cabin")).direction(Direction::SendOnly);
    writer.typed(&AcceptTypes::parse("message/cpim image/jpeg").unwrap());
    writer.typed(&Path::parse("msrp://198.51.100.7:2855/Zc4Xn8Qe2Vb7Tk0M;tcp").unwrap());
    writer.typed(&Setup::ActPass);
    file.write(Dialect::Dual, &mut writer);
    assert_eq!(writer.finish(), Ok(()));
}

/// What a peer may send to make us work: each doubles in size, and the throughput has to stay.
fn hostile(c: &mut Criterion) {
    const HEAD: &str = "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nc=IN IP4 h\r\nt=0 0\r\n";
    const LINE: &str = "m=message 9 TCP/MSRP *\r\na=path:msrp://h:9/x;tcp\r\n";
    let media = format!("{HEAD}{LINE}");
    let shapes: [(&str, &str, &str, &str); 11] = [
        ("short-lines", &media, "a=x\n", ""),
        ("blank-lines", &media, "\r\n", ""),
        ("media-lines", HEAD, LINE, ""),
        ("one-long-line", &format!("{media}a=x:"), "y", "\r\n"),
        ("formats", &format!("{HEAD}m=message 9 TCP/MSRP *"), " *", "\r\n"),
        ("repeat-offsets", &format!("{HEAD}r=1 1 1"), " 0", "\r\n"),
        ("accept-types", &format!("{media}a=accept-types:a/b;c=\""), "\\\" ", "\"\r\n"),
        ("selector-quotes", &format!("{media}a=file-selector:name:\"a\""), " \" \"", "\r\n"),
        ("selector-escapes", &format!("{media}a=file-selector:name:\""), "%41%", "\"\r\n"),
        ("selector-hashes", &format!("{media}a=file-selector:size:1"), " hash:a:AB", "\r\n"),
        ("legacy-hashes", &media, "a=hash:b ab\r\na=hash:c cd\r\n", ""),
    ];
    let mut limits = Limits::default();
    (limits.max_document, limits.max_line, limits.max_media) = (1 << 20, 1 << 20, 1 << 20);
    for (name, head, unit, tail) in shapes {
        let mut group = c.benchmark_group(format!("sdp/hostile/{name}"));
        for size in [4 << 10, 8 << 10, 16 << 10, 32 << 10] {
            let bytes = Bytes::from(format!("{head}{}{tail}", unit.repeat(size / unit.len())));
            group.throughput(Throughput::Bytes(u64::try_from(bytes.len()).unwrap()));
            group.bench_with_input(BenchmarkId::from_parameter(size), &bytes, |b, bytes| {
                b.iter(|| {
                    let read =
                        SessionDescription::parse_with(black_box(bytes.clone()), Reading::Lenient, &limits);
                    let (document, _) = read.unwrap();
                    assert_eq!(document.as_bytes().len(), bytes.len());
                    for media in document.media() {
                        let _ = black_box(MessageLine::read(&media));
                    }
                    document
                });
            });
        }
        group.finish();
    }
}

#[cfg(feature = "rivals")]
mod rivals {
    //! The same work done by other crates; a crate that refuses a document is left out there.

    use super::*;

    pub(crate) fn parse(group: &mut BenchmarkGroup<'_, WallTime>, text: &str) {
        rival(group, "sdp-types", text, |text| sdp_types::Session::parse(text.as_bytes()));
        rival(group, "webrtc-sdp", text, |text| webrtc_sdp::parse_sdp(text, false));
        rival(group, "sdp-rs", text, |text| text.parse::<sdp_rs::SessionDescription>());
        rival(group, "webrtc-rs-sdp", text, |text| {
            webrtc_rs_sdp::SessionDescription::unmarshal(&mut std::io::Cursor::new(text))
        });
        let shared = bytesstr::BytesStr::from(text);
        rival(group, "ezk-sdp-types", text, |_| ezk_sdp_types::SessionDescription::parse(&shared));
        rival(group, "sip-core", text, sip_core::sdp::SdpSession::parse);
        rival(group, "rsiprtp", text, rsiprtp::sdp::SessionDescription::parse);
    }

    /// One rival, unless it refuses the document.
    #[expect(clippy::print_stderr, reason = "who is left out, and why")]
    fn rival<'a, T, E: std::fmt::Debug>(
        group: &mut BenchmarkGroup<'_, WallTime>,
        name: &str,
        text: &'a str,
        parse: impl Fn(&'a str) -> Result<T, E>,
    ) {
        match parse(text) {
            Ok(_) => drop(group.bench_function(name, |b| b.iter(|| parse(black_box(text)).unwrap()))),
            Err(error) => eprintln!("{name} refuses: {error:?}"),
        }
    }

    pub(crate) fn encode(group: &mut BenchmarkGroup<'_, WallTime>, text: &str) {
        let session = sdp_types::Session::parse(text.as_bytes()).unwrap();
        let mut out = Vec::with_capacity(64 << 10);
        group.bench_function("sdp-types", |b| {
            b.iter(|| {
                out.clear();
                session.write(&mut out).unwrap();
                assert_eq!(out.len(), text.len());
            });
        });
    }
}

#[cfg(not(feature = "rivals"))]
mod rivals {
    //! Nobody to compare with.

    use super::*;

    pub(crate) fn parse(_: &mut BenchmarkGroup<'_, WallTime>, _: &str) {}

    pub(crate) fn encode(_: &mut BenchmarkGroup<'_, WallTime>, _: &str) {}
}

criterion_group!(benches, parse, encode, hostile);
criterion_main!(benches);
