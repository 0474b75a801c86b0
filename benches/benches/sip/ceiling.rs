//! What readers that know nothing of SIP need for the same bytes: the ceilings the codec is measured against.

use std::hint::black_box;

use httparse::{EMPTY_HEADER, Header, Status};

/// How many lines memchr finds up to the empty one.
pub(crate) fn lines(bytes: &[u8]) -> usize {
    let (mut at, mut lines) = (0, 0);
    for lf in memchr::memchr_iter(b'\n', bytes) {
        if lf == at + 1 {
            break;
        }
        lines += 1;
        at = lf + 1;
    }
    lines
}

/// Where httparse puts what it finds. Made once, not in each round: filling it would cost as much as reading.
pub(crate) type Found<'b> = [Header<'b>; 256];

/// Room for what httparse finds.
pub(crate) const NOTHING: Found<'static> = [EMPTY_HEADER; 256];

/// The header lines httparse finds behind the start line.
pub(crate) fn headers<'h, 'b>(bytes: &'b [u8], headers: &'h mut Found<'b>) -> &'h [Header<'b>] {
    let start = memchr::memchr(b'\n', bytes).map_or(0, |lf| lf + 1);
    match httparse::parse_headers(bytes.get(start..).unwrap_or_default(), headers) {
        Ok(Status::Complete((_, headers))) => headers,
        _ => &[],
    }
}

/// The values a user agent needs, cut out of what httparse found and nothing checked; the branch and the
/// Content-Length.
pub(crate) fn cuts<'b>(bytes: &'b [u8], found: &mut Found<'b>) -> Option<(&'b str, usize)> {
    let headers = headers(bytes, found);
    let get = |name: &str, compact: &str| {
        let is = |found: &str| found.eq_ignore_ascii_case(name) || found.eq_ignore_ascii_case(compact);
        let header = headers.iter().find(|header| is(header.name))?;
        std::str::from_utf8(header.value).ok()
    };
    let (protocol, rest) = get("Via", "v")?.split_once(' ')?;
    black_box((protocol.rsplit('/').next(), rest.split(';').next()));
    let branch = rest.split_once(";branch=")?.1.split(';').next()?;
    for (name, compact) in [("From", "f"), ("To", "t")] {
        let (_, rest) = get(name, compact)?.split_once('<')?;
        let (uri, params) = rest.split_once('>')?;
        black_box((uri, params.split_once(";tag=")));
    }
    black_box((get("Call-ID", "i")?, get("CSeq", "CSeq")?.split_once(' ')?));
    black_box(get("Contact", "m").and_then(|contact| contact.split_once('<')?.1.split_once('>')));
    black_box(get("Content-Type", "c"));
    Some((branch, get("Content-Length", "l")?.parse().ok()?))
}
