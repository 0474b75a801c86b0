//! However a stream is split into reads, the same messages and the same error come out; each message is what the datagram reader makes of the same bytes, and its bytes are the stream's.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sip::{Framer, Limits, Message, Reading};

/// Bytes of each message, the error that ended the stream, keep-alives, what is left.
type Seen = (Vec<Vec<u8>>, Option<(usize, &'static str)>, usize, usize);

fuzz_target!(|input: (Vec<u8>, &[u8])| {
    let (sizes, stream) = input;
    let mut rest = stream;
    let mut reads = Vec::new();
    for size in sizes {
        let (read, after) = rest.split_at(usize::from(size).min(rest.len()));
        reads.push(read);
        rest = after;
    }
    reads.push(rest);
    let whole = messages(&[stream]);
    assert_eq!(whole, messages(&reads));
    let mut from = 0;
    for message in &whole.0 {
        let at = stream[from..].windows(message.len()).position(|window| window == message);
        from += at.expect("the bytes of the stream") + message.len();
    }
});

fn messages(reads: &[&[u8]]) -> Seen {
    let mut framer = Framer::new(Reading::Lenient, Limits::default());
    let mut out = Vec::new();
    for read in reads {
        framer.push(bytes::Bytes::copy_from_slice(read));
        loop {
            match framer.next_message() {
                Ok(Some(message)) => {
                    let datagram = Message::parse(message.as_bytes().clone()).expect("framer and parser agree");
                    assert_eq!(datagram.as_bytes(), message.as_bytes());
                    assert_eq!(datagram.body(), message.body());
                    assert_eq!(datagram.headers().len(), message.headers().len());
                    out.push(message.as_bytes().to_vec());
                }
                Ok(None) => break,
                Err(error) => {
                    let error = error.error();
                    return (out, Some((error.offset(), error.rule())), framer.take_pings(), 0);
                }
            }
        }
    }
    (out, None, framer.take_pings(), framer.buffered())
}
