//! Properties of `sip`.

use bytes::Bytes;
use sip::{
    Framer, HeaderName, Limits, Message, Method, NameAddr, Reading, Refusal, Request, Response, StatusCode,
    Uri,
};

use crate::input::{pieces, reads, texts};

/// No datagram makes the reader or a typed reader panic; what is read keeps its bytes, an untouched copy has the same
/// bytes but for lone line feeds in the head, every offset lies in the datagram, and a request can be answered.
pub fn sip_message(data: &[u8]) {
    let strict = read(data, Reading::Strict);
    let lenient = read(data, Reading::Lenient);
    assert!(strict.is_none() || lenient.is_some());
}

fn read(input: &[u8], reading: Reading) -> Option<Message> {
    let datagram = Bytes::copy_from_slice(input);
    let (message, forgiven) = match Message::parse_with(datagram, reading, &Limits::default()) {
        Ok(read) => read,
        Err(error) => {
            assert!(error.offset() <= input.len());
            let _ = (error.caret(input), Refusal::of_bytes(input, &error));
            return None;
        }
    };
    let octets = message.as_bytes();
    assert!(input.windows(octets.len().max(1)).any(|window| window == &octets[..]));
    assert!(reading == Reading::Lenient || forgiven.is_empty());
    assert!(forgiven.iter().all(|one| one.offset <= input.len()));
    for header in message.headers().iter() {
        let at = header.value_offset;
        assert_eq!(&octets[at..at + header.value.len()], header.value.as_bytes());
        assert_eq!(&octets[header.offset..][..header.raw_name.len()], header.raw_name.as_bytes());
    }
    match message.check(reading) {
        Ok(more) => assert!(more.iter().all(|one| one.offset <= octets.len())),
        Err(error) => assert!(error.offset() <= octets.len()),
    }
    for contact in message.contacts().flatten() {
        let _ = (contact.q(), contact.expires(), contact.is_focus(), contact.instance());
    }
    for via in message.vias().flatten() {
        let _ = (via.branch(), via.received(), via.rport());
    }
    let _ = message.answer();
    match &message {
        Message::Request(request) => {
            let copy = request.edit().finish().unwrap();
            assert!(copy.as_bytes() == octets || ends_in_lf(octets));
            let response = Response::builder_for(request, StatusCode::OK).to_tag("1").build().unwrap();
            assert_eq!(response.vias().count(), request.vias().count());
            let _ = request.edit().received(([192, 0, 2, 1], 5060).into()).finish();
        }
        Message::Response(response) => {
            let copy = response.edit().finish().unwrap();
            assert!(copy.as_bytes() == octets || ends_in_lf(octets));
            let _ = response.without_top_via();
        }
    }
    Some(message)
}

/// Whether the first line ends in LF alone: then the copy has the CRLF that should have been there.
fn ends_in_lf(octets: &[u8]) -> bool {
    octets.split(|&byte| byte == b'\n').next().is_some_and(|line| !line.ends_with(b"\r"))
}

/// However a stream is split into reads, the same messages and the same error come out; each message is what the
/// datagram reader makes of the same bytes, and its bytes are the stream's.
pub fn sip_framer(data: &[u8]) {
    let Some((stream, reads)) = reads(data) else { return };
    let whole = messages(&[stream]);
    assert_eq!(whole, messages(&reads));
    let mut from = 0;
    for message in &whole.0 {
        let at = stream[from..].windows(message.len()).position(|window| window == message);
        from += at.expect("the bytes of the stream") + message.len();
    }
}

/// Bytes of each message, the error that ended the stream and its answer, keep-alives, what is left.
type Seen = (Vec<Vec<u8>>, Option<(usize, &'static str, Option<StatusCode>)>, usize, usize);

fn messages(reads: &[&[u8]]) -> Seen {
    let mut framer = Framer::new(Reading::Lenient, Limits::default());
    let mut out = Vec::new();
    for read in reads {
        framer.push(Bytes::copy_from_slice(read));
        loop {
            match framer.next_message() {
                Ok(Some(message)) => {
                    let datagram =
                        Message::parse(message.as_bytes().clone()).expect("framer and parser agree");
                    assert_eq!(datagram.as_bytes(), message.as_bytes());
                    assert_eq!(datagram.body(), message.body());
                    assert_eq!(datagram.headers().len(), message.headers().len());
                    out.push(message.as_bytes().to_vec());
                }
                Ok(None) => break,
                Err(error) => {
                    let answer = error.refusal().map(Refusal::status);
                    let error = error.error();
                    return (out, Some((error.offset(), error.rule(), answer)), framer.take_pings(), 0);
                }
            }
        }
    }
    (out, None, framer.take_pings(), framer.buffered())
}

/// Whatever a caller hands to the builders, a message comes out with exactly the fields that were asked for, or an
/// error.
pub fn sip_build(data: &[u8]) {
    let Some([display_name, name, value, body]) = pieces::<4>(data) else { return };
    let [Ok(display_name), Ok(name), Ok(value)] = [display_name, name, value].map(std::str::from_utf8) else {
        return;
    };
    let Ok(uri) = Uri::builder("example.com").user(value).build() else { return };
    let Ok(from) = NameAddr::format(Some(display_name), uri.as_str(), ";tag=1") else { return };
    let built = Request::builder(Method::MESSAGE, &uri)
        .header(HeaderName::FROM, &from)
        .header(HeaderName::TO, "<sip:b@c>")
        .header(HeaderName::CALL_ID, "1")
        .cseq(1)
        .header_other(name, value)
        .body("text/plain", Bytes::copy_from_slice(body))
        .build();
    if let Ok(request) = built {
        assert_eq!(request.body(), body);
        assert_eq!(request.from().unwrap().display_name().unwrap_or_default(), display_name);
        let extra = usize::from(HeaderName::parse(name) != Some(HeaderName::MAX_FORWARDS));
        assert_eq!(request.headers().len(), 7 + extra);
    }
}

/// No text makes the URI reader panic; comparison is reflexive and symmetric, equal texts are equivalent, and setting a
/// parameter reads back.
pub fn sip_uri(data: &[u8]) {
    let Some([one, other]) = texts::<2>(data) else { return };
    let read = |text: &str| match Uri::parse(text) {
        Ok(uri) => Some(uri),
        Err(error) => {
            assert!(error.offset() <= text.len());
            None
        }
    };
    let (Some(a), Some(b)) = (read(one), read(other)) else { return };
    assert!(a.equivalent(&a) && b.equivalent(&b));
    assert_eq!(a.equivalent(&b), b.equivalent(&a));
    assert_eq!(a.as_str(), one);
    if let Ok(with) = a.with_param("x", Some("1")) {
        assert_eq!(with.param("x"), Some("1"));
        assert_eq!(with.host_port(), a.host_port());
        assert_eq!(with.headers(), a.headers());
    }
}

/// The datagram reader and the framer agree on every message: where it ends, what is wrong with it and where, and how
/// it is refused; but the one knows that no more comes, and the other needs a Content-Length.
pub fn sip_agreement(data: &[u8]) {
    let reading = if data.first() == Some(&b's') { Reading::Strict } else { Reading::Lenient };
    let Some(text) = data.get(1..) else { return };
    let start = text.iter().position(|byte| !b"\r\n".contains(byte)).unwrap_or(text.len());
    // Keep-alives are forgiven a datagram and welcome in a stream.
    let Some(text) = text.get(start..).filter(|text| !text.is_empty()) else { return };
    let mut limits = Limits::default();
    (limits.max_headers, limits.max_line, limits.max_head) = (8, 128, 512);
    (limits.max_body, limits.max_uri) = (64, 32);
    let datagram = Message::parse_with(Bytes::copy_from_slice(text), reading, &limits);
    let mut framer = Framer::new(reading, limits);
    framer.push(Bytes::copy_from_slice(text));
    let framed = framer.next_message();
    match (datagram, framed) {
        (Ok((datagram, forgiven)), Ok(Some(framed))) => {
            assert_eq!(datagram.as_bytes(), framed.as_bytes());
            assert_eq!(datagram.body(), framed.body());
            assert_eq!(datagram.headers().len(), framed.headers().len());
            assert_eq!(forgiven, framer.forgiven());
        }
        (Ok((datagram, _)), Err(error)) => {
            assert!(!datagram.headers().contains(HeaderName::CONTENT_LENGTH));
            assert_eq!(error.error().rule(), "Content-Length");
        }
        // The end of the head, or of the body, has not come.
        (Err(error), Ok(None)) => assert!(["CRLF", "Content-Length"].contains(&error.rule()), "{error}"),
        (Err(error), Err(framed)) => {
            let refused = Refusal::of_bytes(text, &error).map(|refusal| refusal.status());
            let same = (error.offset(), error.rule(), refused);
            let told = (framed.error().offset(), framed.error().rule());
            let answered = framed.refusal().map(Refusal::status);
            // A body that is cut short and too long besides is refused for either; without a length a stream ends
            // where a datagram may still be too long.
            let known = told.1 == "max_body" || (told.1 == "Content-Length" && error.rule() == "max_body");
            assert!(same == (told.0, told.1, answered) || known, "{error}, {framed}");
        }
        (datagram, framed) => panic!("{datagram:?}, {framed:?}"),
    }
}
