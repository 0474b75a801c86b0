//! What reading a message allocates: nothing up to 24 header fields, the index once beyond.

use bytes::{Bytes, BytesMut};
use simple_im_sip::{Framer, Message};

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
fn a_framed_message_costs_none_of_its_own() {
    let bytes = request(20);
    let mut framer = Framer::default();
    let measured = allocation_counter::measure(|| {
        framer.push(bytes.clone());
        assert!(framer.next_message().unwrap().is_some());
    });
    assert_eq!(measured.count_total, 0);
}
