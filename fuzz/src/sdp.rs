//! Properties of `sdp`.

use bytes::{Bytes, BytesMut};
use sdp::attribute::{
    AcceptTypes, AcceptWrappedTypes, Attribute, Candidate, Direction, Fingerprint, Fmtp, Group, IceOptions,
    IcePwd, IceUfrag, Label, MaxPacketTime, MaxSize, Mid, MsrpCema, PacketTime, Path, RawAttribute, RtpMap,
    Setup, TcpConnection,
};
use sdp::file::Disposition;
use sdp::line::Origin;
use sdp::offer_answer::{
    ActiveSide, LineAnswer, LineOutcome, MessageLine, OfferedLine, Proto, answer, cema_answer, cema_outcome,
    close, match_addresses, offered, pair,
};
use sdp::{FileOffer, FileOfferRef, Leniency, Limits, Reading, SessionDescription, Writer};

use crate::input::pieces;

/// No document makes the reader panic; what is read prints as it was read, every offset lies in the text, and what is
/// read strictly is read leniently without anything forgiven.
pub fn sdp_session(data: &[u8]) {
    let strict = read(data, Reading::Strict);
    let lenient = read(data, Reading::Lenient);
    if strict.is_some() {
        assert_eq!(strict, lenient);
    }
}

fn read(input: &[u8], reading: Reading) -> Option<SessionDescription> {
    let bytes = Bytes::copy_from_slice(input);
    let (document, forgiven) = match SessionDescription::parse_with(bytes, reading, &Limits::default()) {
        Ok(read) => read,
        Err(error) => {
            assert!(error.offset() <= input.len());
            return None;
        }
    };
    assert_eq!(document.as_bytes(), input);
    assert!(reading == Reading::Lenient || forgiven.is_empty());
    assert!(forgiven.iter().all(|one| one.offset <= input.len()));
    assert!(document.origin().is_ok());
    assert_eq!(document.media().count(), document.media_count());
    let mut attributes = document.attributes().count();
    for line in document.lines() {
        assert_eq!(input.get(line.offset..line.offset + line.value.len()), Some(line.value));
    }
    for media in document.media() {
        attributes += media.attributes().count();
        assert!(media.fmts().count() >= 1);
        let _ = (media.path(), media.accept_types(), media.accept_wrapped_types(), media.max_size());
        let _ = (media.setup(), media.direction(), media.fingerprints(), media.connection(), media.key());
        let _ = media.own_connections().count();
        // Seen in place or kept, the file is the same.
        let file = media.file_ref();
        // Read as far as needed or read whole, too.
        assert_eq!(file, FileOfferRef::read_with(&media, &mut Leniency::new(Reading::Lenient)).unwrap());
        let whole = FileOffer::read_with(&media, &mut Leniency::new(Reading::Lenient)).unwrap();
        assert_eq!(file.map(|file| file.share(&media)), whole);
        assert_eq!(media.file(), whole);
        media.attributes().for_each(|attribute| attributes_print_as_read(&attribute));
    }
    let _ = (document.zone(), document.key(), document.bandwidths().count());
    for time in document.times() {
        for repeat in time.repeats() {
            assert!(repeat.offsets().count() >= 1);
        }
        if let Some(zone) = time.zone() {
            assert!(zone.adjustments().count() >= 1);
        }
    }
    assert_eq!(attributes, document.attr_count());
    Some(document)
}

/// What an attribute is read as prints as something that is read as the same.
fn attributes_print_as_read(attribute: &RawAttribute<'_>) {
    macro_rules! stable {
        ($($kind:ty),*) => {
            $(if attribute.name == <$kind as Attribute<'_>>::NAME
                && let Ok(read) = attribute.parse::<$kind>()
            {
                let printed = read.to_string();
                let again = <$kind as Attribute<'_>>::parse(&printed).expect("what is printed can be read");
                assert_eq!(again.to_string(), printed);
            })*
        };
    }
    stable!(
        AcceptTypes<'_>,
        AcceptWrappedTypes<'_>,
        Candidate<'_>,
        Fingerprint,
        Fmtp<'_>,
        Group<'_>,
        IceOptions<'_>,
        IcePwd<'_>,
        IceUfrag<'_>,
        Label<'_>,
        MaxPacketTime,
        MaxSize,
        Mid<'_>,
        MsrpCema,
        PacketTime,
        Path<'_>,
        RtpMap<'_>,
        Setup,
        TcpConnection
    );
}

const HEAD: &[u8] = b"v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nc=IN IP4 h\r\nt=0 0\r\nm=message 9 TCP/MSRP *\r\n";

/// A file that was read from any attributes is written and read back as the same, in the dialect it came in.
pub fn sdp_file_offer(data: &[u8]) {
    let Some(read) = file(&[HEAD, data].concat()) else { return };
    let mut out = BytesMut::from(HEAD);
    let mut writer = Writer::new(&mut out);
    read.write(read.dialect, &mut writer);
    // A percent-encoded name may hold what the raw one cannot carry.
    if writer.finish().is_err() {
        return;
    }
    // A name that is not UTF-8 grows, perhaps to more than a line may have.
    if out[..].split(|&byte| byte == b'\n').any(|line| line.len() > Limits::default().max_line) {
        return;
    }
    let Some(again) = file(&out) else {
        // Nothing was readable, or only size 0, for which RFC 5547 has no word.
        assert!(!read.has_selector() && (read.size.is_none() || !read.dialect.has_legacy()), "{read:?}");
        return;
    };
    assert_eq!(read.compare(&again), None, "{read:?} {again:?}");
    // Once written, nothing changes any more.
    let mut twice = BytesMut::from(HEAD);
    let mut writer = Writer::new(&mut twice);
    again.write(again.dialect, &mut writer);
    assert_eq!(writer.finish(), Ok(()));
    if again.has_selector() {
        assert_eq!(file(&twice), Some(again));
    }
}

fn file(document: &[u8]) -> Option<FileOffer> {
    let document = SessionDescription::parse(Bytes::copy_from_slice(document)).ok()?;
    document.media().next()?.file()
}

/// Whatever is offered can be answered, a file that is asked for with its digest, offerer and answerer agree on which lines
/// live, and pairing any two documents never panics.
pub fn sdp_offer_answer(data: &[u8]) {
    // A byte whose bits say which lines are accepted, then the two documents.
    let Some((&picks, documents)) = data.split_first() else { return };
    let Some([one, other]) = pieces::<2>(documents) else { return };
    let Some(offer) = lenient(one) else { return };
    if let Some(other) = lenient(other) {
        let _ = pair(&offer, &other);
    }
    let lines = offered(&offer);
    // The digest needs room in the line of the selector.
    let found = (one.len() + 1000 < Limits::default().max_line).then(found);
    let answers: Vec<_> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| accept(picks >> (at % 8) & 1 == 1, line, found.as_ref()))
        .collect();
    let answered =
        answer(&offer, &Origin::new(1, "203.0.113.20"), &answers).expect("what may be accepted or refused");
    let outcomes = pair(&offer, &answered).expect("one line for each");
    assert_eq!(outcomes.len(), answers.len());
    for (line, answer) in lines.iter().zip(&answers) {
        if let (OfferedLine::Message(line), LineAnswer::Accept(ours)) = (line, answer) {
            let matched = match_addresses(line, |_| Vec::new());
            let _ = cema_answer(line, ours, matched);
            for active in [ActiveSide::Offerer, ActiveSide::Answerer] {
                let _ = cema_outcome(ours, line, active, matched);
            }
        }
    }
    for (answer, outcome) in answers.iter().zip(&outcomes) {
        let lives = matches!(outcome, LineOutcome::Accepted(_));
        assert_eq!(lives, matches!(answer, LineAnswer::Accept(_)), "{outcome:?}");
    }
    if let Ok(closed) = close(&offer, &(0..lines.len()).collect::<Vec<_>>()) {
        assert!(closed.media().all(|media| media.port() == 0));
    }
}

/// The file that is sent to whoever asks for one.
fn found() -> FileOffer {
    let file = FileOffer::builder("caf\u{e9}\n\"1\".txt", 3).sha1([7; 20]).sha256([9; 32]).icon("i@x");
    file.disposition(Disposition::Render).build().expect("a file")
}

/// Takes an MSRP line if we are to, at an address of its own transport.
fn accept(take: bool, line: &OfferedLine, found: Option<&FileOffer>) -> LineAnswer {
    let OfferedLine::Message(offered) = line else { return LineAnswer::Refuse };
    let scheme = if offered.proto == Proto::Tls { "msrps" } else { "msrp" };
    let own = format!("{scheme}://203.0.113.20:2855/k3Vd0pXw8TqL;tcp");
    match MessageLine::new(own, Direction::SendRecv) {
        Ok(mut line) if take => {
            line.accept_types = vec!["*".into()];
            line.file = found.cloned();
            LineAnswer::Accept(line)
        }
        _ => LineAnswer::Refuse,
    }
}

fn lenient(input: &[u8]) -> Option<SessionDescription> {
    SessionDescription::parse(Bytes::copy_from_slice(input)).ok()
}
