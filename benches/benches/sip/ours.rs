//! This workspace's codec on the messages of the mix, each call checked.
#![expect(clippy::unwrap_used, reason = "a bench fails by a panic")]

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use sip::{HeaderName, Message, Method, Request, Response, StatusCode, Uri};

use crate::messages::Sample;

/// The whole message: framing checked, header fields indexed.
pub(crate) fn parse(sample: &Sample) {
    let message = Message::parse(black_box(&sample.bytes).clone()).unwrap();
    assert_eq!(message.headers().len(), sample.fields);
    assert_eq!(message.body_octets().len(), sample.body);
    black_box(&message);
}

/// Parse, then what a user agent asks of every message.
pub(crate) fn typed(sample: &Sample) {
    let message = Message::parse(black_box(&sample.bytes).clone()).unwrap();
    let via = message.via().unwrap();
    black_box((via.transport, via.sent_by));
    assert_eq!(via.branch(), Some(sample.branch));
    let (from, to) = (message.from().unwrap(), message.to().unwrap());
    black_box((from.uri.host_port_text(), from.tag(), to.uri.host_port_text(), to.tag()));
    black_box((message.call_id().unwrap(), message.cseq().unwrap()));
    black_box(message.contacts().next().map(|contact| contact.unwrap().uri_text()));
    black_box(message.content_type().unwrap());
    assert_eq!(message.content_length(), Some(sample.body));
}

/// The body of the messages that are built.
pub(crate) fn body() -> Bytes {
    Bytes::from(vec![b'x'; 400])
}

/// An INVITE made from its parts and checked by reading it.
pub(crate) fn invite(buffer: &mut BytesMut, uri: &Uri, body: &Bytes) -> Request {
    Request::builder_in(buffer, Method::INVITE, uri)
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
}

/// The 200 to it, the same way.
pub(crate) fn ok(buffer: &mut BytesMut, invite: &Request, body: &Bytes) -> Response {
    Response::builder_in(buffer, invite, StatusCode::OK)
        .to_tag("51aa77d3")
        .header(HeaderName::CONTACT, "<sip:bob@192.0.2.16:5060>")
        .body("application/sdp", body.clone())
        .build()
        .unwrap()
}
