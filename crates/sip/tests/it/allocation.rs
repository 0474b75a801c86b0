//! What messages allocate: read ones nothing up to 24 header fields and the index once beyond, built ones nothing.

use bytes::{Bytes, BytesMut};
use simple_im_sip::{Framer, HeaderName, Message, Method, Request, Response, StatusCode, Uri};

/// A request with so many header fields, in a buffer as a read loop has it.
fn request(fields: usize) -> Bytes {
    let mut text = BytesMut::new();
    text.extend_from_slice(b"OPTIONS sip:bob@example.com SIP/2.0\r\n");
    text.extend_from_slice(
        b"Via: SIP/2.0/TCP a:5060;branch=z9hG4bK1\r\nFrom: \"A\" <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n",
    );
    text.extend_from_slice(
        b"Call-ID: 1@a\r\nCSeq: 1 OPTIONS\r\nContact: <sip:a@b;ob>\r\nContent-Length: 4\r\n",
    );
    for _ in 7..fields {
        text.extend_from_slice(b"X-Other: value\r\n");
    }
    text.extend_from_slice(b"\r\nbody");
    text.freeze()
}

/// Allocations of parsing and of asking for what a user agent needs of every message.
fn allocations(bytes: &Bytes) -> u64 {
    allocation_counter::measure(|| {
        let message = Message::parse(bytes.clone()).unwrap();
        assert_eq!(message.via().unwrap().branch(), Some("z9hG4bK1"));
        assert_eq!(message.from().unwrap().tag(), Some("1"));
        assert_eq!(message.to().unwrap().tag(), None);
        assert_eq!((message.call_id(), message.cseq().unwrap().number), (Ok("1@a"), 1));
        assert_eq!(message.contacts().count(), 1);
        assert_eq!(message.share(message.call_id().unwrap()).as_str(), "1@a");
        assert_eq!(message.body(), "body");
    })
    .count_total
}

#[test]
fn a_datagram_costs_at_most_one_allocation() {
    assert_eq!(allocations(&request(7)), 0);
    assert_eq!(allocations(&request(24)), 0);
    assert_eq!(allocations(&request(25)), 1);
    assert_eq!(allocations(&request(96)), 1);
}

#[test]
fn a_field_of_unusual_size_costs_no_second_allocation() {
    for fields in [7, 20, 24, 90] {
        let mut text = BytesMut::from(&request(fields)[..]);
        let end = text.len() - "\r\nbody".len();
        let rest = text.split_off(end);
        text.extend_from_slice(format!("{}: a\r\nX: {}\r\n", "N".repeat(300), "v".repeat(300)).as_bytes());
        text.unsplit(rest);
        assert_eq!(allocations(&text.freeze()), 1, "{fields}");
    }
}

#[test]
fn a_framed_message_costs_none_of_its_own() {
    let bytes = request(20);
    let mut framer = Framer::default();
    let measured = allocation_counter::measure(|| {
        framer.push(bytes.clone());
        assert!(framer.next_message().unwrap().is_some());
    });
    assert_eq!(measured.count_total, 0);
}

#[test]
fn building_into_a_buffer_that_is_used_again_allocates_nothing() {
    let uri = Uri::parse("sip:bob@example.com").unwrap();
    let body = Bytes::from_static(b"v=0\r\n");
    let mut requests = BytesMut::with_capacity(4096);
    let mut responses = BytesMut::with_capacity(4096);
    let mut round = || {
        let request = Request::builder_in(&mut requests, Method::INVITE, &uri)
            .via("UDP", "192.0.2.15:5060", "z9hG4bK1")
            .header(HeaderName::FROM, "\"Alice\" <sip:alice@example.com>;tag=1")
            .header(HeaderName::TO, "<sip:bob@example.com>")
            .header(HeaderName::CALL_ID, "7e0b31c4a9f84d21@192.0.2.15")
            .cseq(1)
            .body("application/sdp", body.clone())
            .build()
            .unwrap();
        let response = Response::builder_in(&mut responses, &request, StatusCode::OK)
            .to_tag("2")
            .reason("Fine")
            .header(HeaderName::CONTACT, "<sip:bob@192.0.2.16>")
            .build()
            .unwrap();
        assert_eq!((request.via().unwrap().branch(), request.body()), (Some("z9hG4bK1"), body.clone()));
        assert_eq!((response.reason(), response.to().unwrap().tag()), ("Fine", Some("2")));
    };
    // The first rounds turn the buffers into shared ones.
    (0..4).for_each(|_| round());
    assert_eq!(allocation_counter::measure(|| (0..100).for_each(|_| round())).count_total, 0);
}
