//! No datagram makes the reader or a typed reader panic; what is read keeps its bytes, an untouched copy has the same bytes, every offset lies in the datagram, and a request can be answered.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sip::{Limits, Message, Reading, Refusal, Response, StatusCode};

fuzz_target!(|input: &[u8]| {
    let strict = read(input, Reading::Strict);
    let lenient = read(input, Reading::Lenient);
    assert!(strict.is_none() || lenient.is_some());
});

fn read(input: &[u8], reading: Reading) -> Option<Message> {
    let datagram = bytes::Bytes::copy_from_slice(input);
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
            assert_eq!(request.edit().finish().unwrap().as_bytes(), octets);
            let response = Response::builder_for(request, StatusCode::OK).to_tag("1").build().unwrap();
            assert_eq!(response.vias().count(), request.vias().count());
            let _ = request.edit().received(([192, 0, 2, 1], 5060).into()).finish();
        }
        Message::Response(response) => {
            assert_eq!(response.edit().finish().unwrap().as_bytes(), octets);
            let _ = response.without_top_via();
        }
    }
    Some(message)
}
