//! Other people's SIP crates on the same messages, each through the door its documentation shows.
//!
//! One that refuses a message of the mix, or finds other header fields in it, is left out there with a line on
//! standard error. `rsiprtp`, `rvoip-sip-core` and `rust-rcs-core` bring TLS, resolvers, audio codecs and crates along
//! that this workspace bans: they have a workspace of their own in `benches/rivals`.
#![expect(clippy::print_stderr, reason = "who was left out belongs beside the numbers")]

use std::hint::black_box;

use bytes::Bytes;
use criterion::{BenchmarkGroup, measurement::WallTime};

use crate::messages::Sample;

/// Reads a message; how many header fields the crate finds in it.
type Parse = fn(&Bytes) -> Option<usize>;
/// Reads a message and what a user agent needs of it; the branch.
type Typed = fn(&Bytes) -> Option<String>;

const PARSE: [(&str, Parse); 5] = [
    ("parsip", parsip),
    ("rsip", |bytes| {
        let message = rsip::SipMessage::try_from(bytes.as_ref()).ok()?;
        Some(rsip::message::HasHeaders::headers(&message).iter().count())
    }),
    ("rsipstack", |bytes| {
        let message = rsipstack::sip::SipMessage::try_from(bytes.as_ref()).ok()?;
        Some(rsipstack::sip::HasHeaders::headers(&message).iter().count())
    }),
    ("ezk", |bytes| ezk(bytes).map(|(_, count)| count)),
    ("sipmsg", sipmsg),
];

const TYPED: [(&str, Typed); 3] = [("rsip", rsip_typed), ("rsipstack", rsipstack_typed), ("ezk", ezk_typed)];

/// Adds the rivals to the group `sip/parse`.
pub(crate) fn parse(group: &mut BenchmarkGroup<'_, WallTime>, sample: &Sample) {
    let Sample { name, bytes, fields, .. } = sample;
    for (who, parse) in PARSE {
        let found = parse(bytes);
        if found != Some(*fields) {
            eprintln!("{who} finds {found:?} header fields in {name}, not {fields}: left out");
            continue;
        }
        group.bench_function(format!("{name}/{who}"), |b| {
            b.iter(|| assert_eq!(parse(black_box(bytes)), Some(*fields)));
        });
    }
}

/// Adds the rivals to the group `sip/typed`.
pub(crate) fn typed(group: &mut BenchmarkGroup<'_, WallTime>, sample: &Sample) {
    let Sample { name, bytes, branch, .. } = sample;
    for (who, typed) in TYPED {
        let found = typed(bytes);
        if found.as_deref() != Some(branch) {
            eprintln!("{who} finds the branch {found:?} in {name}: left out");
            continue;
        }
        group.bench_function(format!("{name}/{who}"), |b| {
            b.iter(|| assert_eq!(typed(black_box(bytes)).as_deref(), Some(*branch)));
        });
    }
}

/// With room for as many header fields as such a message has: filling more would cost as much as reading.
fn parsip(bytes: &Bytes) -> Option<usize> {
    if bytes.len() < 4096 {
        parsip_into(bytes, &mut [parsip::EMPTY_HEADER; 32])
    } else {
        parsip_into(bytes, &mut [parsip::EMPTY_HEADER; 256])
    }
}

fn parsip_into<'b>(bytes: &'b [u8], headers: &mut [parsip::Header<'b>]) -> Option<usize> {
    if bytes.starts_with(b"SIP/") {
        let mut response = parsip::Response::new(headers);
        response.parse(bytes).is_done().then_some(response.headers.len())
    } else {
        let mut request = parsip::Request::new(headers);
        request.parse(bytes).is_done().then_some(request.headers.len())
    }
}

fn sipmsg(bytes: &Bytes) -> Option<usize> {
    use sipmsg::NomParser as _;
    if bytes.starts_with(b"SIP/") {
        let (_, response) = sipmsg::SipResponse::parse(bytes).ok()?;
        Some(response.headers.len())
    } else {
        let (_, request) = sipmsg::SipRequest::parse(bytes).ok()?;
        Some(request.headers.len())
    }
}

/// The loop that `ezk-sip-core` runs over each datagram.
fn ezk(bytes: &Bytes) -> Option<(ezk_sip_types::Headers, usize)> {
    use ezk_sip_types::msg::{Line, MessageLine, PullParser};
    use ezk_sip_types::parse::Parse as _;
    let mut lines = PullParser::new(bytes, 0);
    let start = std::str::from_utf8(lines.next()?.ok()?).ok()?;
    black_box(MessageLine::parse(bytes)(start).ok()?);
    let mut headers = ezk_sip_types::Headers::new();
    let mut count = 0;
    for line in lines {
        let (_, line) = Line::parse(bytes, std::str::from_utf8(line.ok()?).ok()?).ok()?;
        headers.insert(line.name, line.value);
        count += 1;
    }
    Some((headers, count))
}

fn ezk_typed(bytes: &Bytes) -> Option<String> {
    use ezk_sip_types::header::typed::{CSeq, CallID, Contact, ContentLength, ContentType, FromTo, Via};
    let (headers, _) = ezk(bytes)?;
    let via = headers.get_named::<Vec<Via>>().ok()?.into_iter().next()?;
    for name in [ezk_sip_types::Name::FROM, ezk_sip_types::Name::TO] {
        black_box(headers.get::<FromTo>(name).ok()?);
    }
    black_box((headers.get_named::<CallID>().ok()?, headers.get_named::<CSeq>().ok()?));
    black_box(headers.try_get_named::<Vec<Contact>>());
    black_box(headers.try_get_named::<ContentType>());
    black_box(headers.get_named::<ContentLength>().ok()?);
    Some(via.params.get_val("branch")?.to_string())
}

fn rsip_typed(bytes: &Bytes) -> Option<String> {
    use rsip::headers::{ToTypedHeader as _, UntypedHeader as _};
    use rsip::message::HeadersExt as _;
    let message = rsip::SipMessage::try_from(bytes.as_ref()).ok()?;
    let via = message.via_header().ok()?.typed().ok()?;
    black_box((message.from_header().ok()?.typed().ok()?, message.to_header().ok()?.typed().ok()?));
    black_box((message.call_id_header().ok()?.value(), message.cseq_header().ok()?.typed().ok()?));
    black_box(message.contact_header().ok().and_then(|contact| contact.typed().ok()));
    Some(via.branch()?.value().to_owned())
}

fn rsipstack_typed(bytes: &Bytes) -> Option<String> {
    use rsipstack::sip::prelude::{HeadersExt as _, ToTypedHeader as _};
    let message = rsipstack::sip::SipMessage::try_from(bytes.as_ref()).ok()?;
    let via = message.via_header().ok()?.typed().ok()?;
    black_box((message.from_header().ok()?.typed().ok()?, message.to_header().ok()?.typed().ok()?));
    black_box((message.call_id_header().ok()?.value(), message.cseq_header().ok()?.typed().ok()?));
    black_box(message.contact_header().ok().and_then(|contact| contact.typed().ok()));
    Some(via.branch()?.value().to_owned())
}
