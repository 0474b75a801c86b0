//! What holds of every document and of every negotiation.

use bytes::Bytes;
use proptest::prelude::*;
use simple_im_sdp::attribute::{Direction, Setup};
use simple_im_sdp::line::Origin;
use simple_im_sdp::offer_answer::{
    ActiveSide, LineAnswer, LineOutcome, MessageLine, OfferedLine, answer, close, offer, offered, pair,
};
use simple_im_sdp::{Dialect, FileOffer, Limits, Reading, SessionDescription};

/// Text that is a document more often than not.
fn almost_a_document() -> impl Strategy<Value = Vec<u8>> {
    let line = prop::sample::select(vec![
        "v=0",
        "o=- 1 1 IN IP4 192.0.2.1",
        "s=-",
        "s=",
        "i=x",
        "u=x",
        "e=x",
        "p=x",
        "c=IN IP4 192.0.2.1",
        "c=IN IP4 224.2.1.1/127/3",
        "b=AS:64",
        "t=0 0",
        "r=7d 1h 0 25h",
        "z=1 -1h",
        "k=prompt",
        "a=sendonly",
        "a=x:",
        "m=message 2855 TCP/MSRP *",
        "m=message 9 TCP/TLS/MSRP *",
        "m=audio 0 RTP/AVP 0 8",
        "a=setup:active",
        "a=accept-types:text/plain *",
        "a=path:msrp://192.0.2.1:2855/k3;tcp",
        "a=file-selector",
        "a=file-selector:name:\"a b\" size:1 type:t/s hash:sha-1:AB",
        "a=file-transfer-id:x",
        "a=filename:a b",
        "a=filesize:1",
        "a=hash:SHA ab",
        "a=file-range:1-*",
        "y=?",
        "",
    ]);
    let end = prop_oneof![9 => Just("\r\n"), 1 => Just("\n")];
    let lines = prop::collection::vec((line, end), 0..30);
    (any::<bool>(), lines, prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..2)).prop_map(
        |(headed, lines, flips)| {
            let head = if headed { "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n" } else { "" };
            let mut text: String = head.to_owned();
            for (line, end) in lines {
                text.push_str(line);
                text.push_str(end);
            }
            let mut bytes = text.into_bytes();
            for (at, byte) in flips {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                }
            }
            bytes
        },
    )
}

fn read(bytes: &[u8], reading: Reading) -> Option<SessionDescription> {
    let bytes = Bytes::copy_from_slice(bytes);
    let length = bytes.len();
    match SessionDescription::parse_with(bytes, reading, &Limits::default()) {
        Ok((document, forgiven)) => {
            assert!(reading == Reading::Lenient || forgiven.is_empty());
            assert!(forgiven.iter().all(|one| one.offset <= length));
            Some(document)
        }
        Err(error) => {
            assert!(error.offset() <= length, "{error}");
            None
        }
    }
}

fn setups() -> impl Strategy<Value = Option<Setup>> {
    prop::sample::select(vec![None, Some(Setup::Active), Some(Setup::ActPass)])
}

fn directions() -> impl Strategy<Value = Direction> {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    prop::sample::select(vec![SendRecv, SendOnly, RecvOnly, Inactive])
}

fn lines(host: &'static str) -> impl Strategy<Value = MessageLine> {
    ("[a-zA-Z0-9]{16}", 10..u16::MAX, setups(), directions(), prop::option::of("[a-z /%\"]{1,9}x")).prop_map(
        move |(session, port, setup, direction, name)| {
            let own = format!("msrp://{host}:{port}/{session};tcp");
            let mut line = MessageLine::new(own, direction).unwrap();
            line.accept_types = vec!["message/cpim".into(), "*".into()];
            line.setup = setup;
            line.file = name.map(|name| FileOffer::builder(name, 7).transfer_id(session).build().unwrap());
            line
        },
    )
}

proptest! {
    #[test]
    fn a_document_prints_as_it_was_read(bytes in almost_a_document()) {
        for reading in [Reading::Strict, Reading::Lenient] {
            let Some(document) = read(&bytes, reading) else { continue };
            prop_assert_eq!(document.as_bytes(), &bytes);
            prop_assert_eq!(document.media().count(), document.media_count());
            let media = document.media().map(|media| media.attributes().count()).sum::<usize>();
            prop_assert_eq!(media + document.attributes().count(), document.attr_count());
        }
        if let Some(strict) = read(&bytes, Reading::Strict) {
            prop_assert_eq!(read(&bytes, Reading::Lenient), Some(strict));
        }
    }

    #[test]
    fn whatever_is_offered_can_be_refused_and_then_nothing_lives(bytes in almost_a_document()) {
        let Some(document) = read(&bytes, Reading::Lenient) else { return Ok(()) };
        let origin = Origin::new(1, "203.0.113.20");
        let refusal = answer(&document, &origin, &vec![LineAnswer::Refuse; document.media_count()]).unwrap();
        let outcomes = pair(&document, &refusal).unwrap();
        prop_assert_eq!(outcomes.len(), document.media_count());
        prop_assert!(outcomes.iter().all(|outcome| *outcome == LineOutcome::Refused));
    }

    #[test]
    fn pair_takes_any_two_documents(one in almost_a_document(), other in almost_a_document()) {
        let (Some(one), Some(other)) = (read(&one, Reading::Lenient), read(&other, Reading::Lenient)) else {
            return Ok(());
        };
        if let Ok(outcomes) = pair(&one, &other) {
            prop_assert_eq!(outcomes.len(), one.media_count());
        }
    }

    #[test]
    fn both_sides_agree_on_which_lines_live(
        lines in prop::collection::vec((lines("198.51.100.7"), prop::option::of(lines("203.0.113.20"))), 0..6),
        dialect in prop::sample::select(vec![Dialect::Legacy, Dialect::Rfc5547, Dialect::Dual]),
    ) {
        let (ours, theirs): (Vec<_>, Vec<_>) = lines.into_iter().unzip();
        let offer = offer(&Origin::new(1, "198.51.100.7"), &ours, dialect).unwrap();
        prop_assert!(offered(&offer).iter().all(|line| matches!(line, OfferedLine::Message(_))));
        let answers: Vec<_> =
            theirs.iter().map(|line| line.clone().map_or(LineAnswer::Refuse, LineAnswer::Accept)).collect();
        let answer = answer(&offer, &Origin::new(2, "203.0.113.20"), &answers).unwrap();
        let outcomes = pair(&offer, &answer).unwrap();
        for ((ours, theirs), outcome) in ours.iter().zip(&theirs).zip(&outcomes) {
            match (theirs, outcome) {
                (None, LineOutcome::Refused) => {}
                (Some(theirs), LineOutcome::Accepted(peer)) => {
                    prop_assert_eq!(&peer.line.path, &theirs.path);
                    prop_assert_eq!(&peer.line.host, &theirs.host);
                    prop_assert_eq!(peer.direction, ours.direction.with_peer(theirs.direction));
                    prop_assert_eq!(peer.describes_files, ours.file.is_some());
                    prop_assert_eq!(peer.disagreement, None);
                    if ours.setup == Some(Setup::Active) {
                        prop_assert_eq!(peer.active, ActiveSide::Offerer);
                    }
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
        let closed = close(&offer, &(0..ours.len()).collect::<Vec<_>>()).unwrap();
        prop_assert!(offered(&closed).iter().all(|line| *line == OfferedLine::Closed));
    }
}
