//! Offers and answers that we write, and what is made of those of peers.

use expect_test::{Expect, expect};
use simple_im_sdp::attribute::{Direction, Setup};
use simple_im_sdp::file::{Disposition, FileRange};
use simple_im_sdp::line::Origin;
use simple_im_sdp::offer_answer::{
    ActiveSide, Breach, BuildError, Content, LineAnswer, LineFault, LineOutcome, MessageLine, OfferedLine,
    PairError, Reoffered, Wrapping, answer, close, offer, offered, pair, reoffer, reoffered,
};
use simple_im_sdp::{Dialect, FileOffer, SessionDescription};

use crate::document;

fn alice() -> Origin {
    Origin::new(3_964_100_200, "198.51.100.7")
}

fn bob() -> Origin {
    Origin::new(7_120_100, "203.0.113.20")
}

fn line(own: &str, direction: Direction, types: &[&str]) -> MessageLine {
    let mut line = MessageLine::new(own, direction).unwrap();
    line.accept_types = types.iter().map(|&entry| entry.into()).collect();
    line
}

fn text_line() -> MessageLine {
    line(
        "msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp",
        Direction::SendOnly,
        &["message/cpim", "text/plain"],
    )
}

fn file_line() -> MessageLine {
    let types = ["message/cpim", "image/jpeg"];
    let mut line = line("msrp://198.51.100.7:2855/Zc4Xn8Qe2Vb7Tk0M;tcp", Direction::SendOnly, &types);
    let file = FileOffer::builder("lake view.jpg", 5000)
        .media_type("image/jpeg")
        .sha1([0xe6; 20])
        .disposition(Disposition::Render)
        .transfer_id("u7Wq2Zp9Xc4Vn1Bm6Lk3Jh8Gf5Ds0Aay")
        .icon("icon1.7e0b55@198.51.100.7");
    line.file = Some(file.build().unwrap());
    line
}

fn bobs_line(types: &[&str]) -> MessageLine {
    line("msrp://203.0.113.20:2855/Bq8Lz3Mn6Vx1Cw9K;tcp", Direction::RecvOnly, types)
}

/// A line with changes.
fn with(mut line: MessageLine, change: impl FnOnce(&mut MessageLine)) -> MessageLine {
    change(&mut line);
    line
}

#[track_caller]
fn check(document: &SessionDescription, expected: Expect) {
    expected.assert_eq(&document.to_string().replace("\r\n", "\n"));
}

#[test]
fn draft_6_2_and_rfc5547_8_2_1_an_offer_of_text_and_a_file_in_both_dialects() {
    check(
        &offer(&alice(), &[text_line(), file_line()], Dialect::Dual).unwrap(),
        expect![[r#"
            v=0
            o=- 3964100200 3964100200 IN IP4 198.51.100.7
            s=-
            c=IN IP4 198.51.100.7
            t=0 0
            m=message 2855 TCP/MSRP *
            c=IN IP4 198.51.100.7
            a=sendonly
            a=accept-types:message/cpim text/plain
            a=path:msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp
            a=setup:actpass
            m=message 2855 TCP/MSRP *
            i=lake view.jpg
            c=IN IP4 198.51.100.7
            a=sendonly
            a=accept-types:message/cpim image/jpeg
            a=path:msrp://198.51.100.7:2855/Zc4Xn8Qe2Vb7Tk0M;tcp
            a=setup:actpass
            a=file-selector:name:"lake view.jpg" type:image/jpeg size:5000 hash:sha-1:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6
            a=file-transfer-id:u7Wq2Zp9Xc4Vn1Bm6Lk3Jh8Gf5Ds0Aay
            a=file-disposition:render
            a=file-icon:cid:icon1.7e0b55@198.51.100.7
            a=filename:lake view.jpg
            a=filetype:image/jpeg
            a=filesize:5000
            a=disposition:inline
            a=icon:cid:icon1.7e0b55@198.51.100.7
            a=hash:SHA e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6
        "#]],
    );
}

#[test]
fn draft_6_3_the_legacy_answer_mirrors_exactly_three_attributes() {
    let offer = offer(&alice(), &[file_line(), file_line()], Dialect::Legacy).unwrap();
    let answers = [LineAnswer::Accept(bobs_line(&["image/jpeg", "message/cpim"])), LineAnswer::Refuse];
    check(
        &answer(&offer, &bob(), &answers).unwrap(),
        expect![[r#"
            v=0
            o=- 7120100 7120100 IN IP4 203.0.113.20
            s=-
            c=IN IP4 203.0.113.20
            t=0 0
            m=message 2855 TCP/MSRP *
            c=IN IP4 203.0.113.20
            a=recvonly
            a=accept-types:image/jpeg message/cpim
            a=path:msrp://203.0.113.20:2855/Bq8Lz3Mn6Vx1Cw9K;tcp
            a=setup:passive
            a=filename:lake view.jpg
            a=filetype:image/jpeg
            a=filesize:5000
            m=message 0 TCP/MSRP *
            a=inactive
        "#]],
    );
}

#[test]
fn rfc5547_8_3_1_selector_and_id_are_mirrored_also_on_refused_lines() {
    let mut ranged = file_line();
    ranged.file.as_mut().unwrap().range = Some(FileRange::from(2049));
    let offer = offer(&alice(), &[ranged, file_line()], Dialect::Rfc5547).unwrap();
    let answers = [LineAnswer::Accept(bobs_line(&["*"])), LineAnswer::Refuse];
    check(
        &answer(&offer, &bob(), &answers).unwrap(),
        expect![[r#"
            v=0
            o=- 7120100 7120100 IN IP4 203.0.113.20
            s=-
            c=IN IP4 203.0.113.20
            t=0 0
            m=message 2855 TCP/MSRP *
            c=IN IP4 203.0.113.20
            a=recvonly
            a=accept-types:*
            a=path:msrp://203.0.113.20:2855/Bq8Lz3Mn6Vx1Cw9K;tcp
            a=setup:passive
            a=file-selector:name:"lake view.jpg" type:image/jpeg size:5000 hash:sha-1:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6
            a=file-transfer-id:u7Wq2Zp9Xc4Vn1Bm6Lk3Jh8Gf5Ds0Aay
            a=file-range:2049-*
            m=message 0 TCP/MSRP *
            a=file-selector:name:"lake view.jpg" type:image/jpeg size:5000 hash:sha-1:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6:E6
            a=file-transfer-id:u7Wq2Zp9Xc4Vn1Bm6Lk3Jh8Gf5Ds0Aay
        "#]],
    );
}

#[test]
fn rfc5547_8_3_1_a_part_of_a_file_is_agreed_on_only_where_the_answer_repeats_it() {
    let range = |written: &str| FileRange::parse(written).unwrap();
    let agreed = |offered: &str, answered: &str| {
        let mut line = file_line();
        line.file.as_mut().unwrap().range = Some(range(offered));
        let offer = offer(&alice(), &[line], Dialect::Dual).unwrap();
        let answer = answer(&offer, &bob(), &[LineAnswer::Accept(bobs_line(&["*"]))]).unwrap();
        let written = format!("a=file-range:{offered}\r\n");
        let text = answer.to_string();
        assert!(text.contains(&written), "{text}");
        let text = text.replace(&written, answered);
        let answer = SessionDescription::parse(text.into()).unwrap();
        match pair(&offer, &answer).unwrap().pop() {
            Some(LineOutcome::Broken(breach)) => Err(breach),
            Some(LineOutcome::Accepted(_)) => Ok(()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(agreed("2049-*", "a=file-range:2049-*\r\n"), Ok(()));
    assert_eq!(agreed("2049-*", ""), Err(Breach::FileRange));
    assert_eq!(agreed("2049-*", "a=file-range:2049-4999\r\n"), Err(Breach::FileRange));
    assert_eq!(agreed("2049-*", "a=file-range:2048-*\r\n"), Err(Breach::FileRange));
    // The same part, however it is said.
    assert_eq!(agreed("2049-*", "a=file-range:2049-5000\r\n"), Ok(()));
    assert_eq!(agreed("2049-5000", "a=file-range:2049-*\r\n"), Ok(()));
    assert_eq!(agreed("1-4999", ""), Err(Breach::FileRange));
    // The whole file, however it is said.
    assert_eq!(agreed("1-*", ""), Ok(()));
    assert_eq!(agreed("1-5000", ""), Ok(()));
}

/// A document of a peer with one MSRP line with these attributes; a byte beyond ASCII stands for itself, as in Latin-1.
fn peers_line(setup: Setup, attributes: &str) -> SessionDescription {
    let lines = format!(
        "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=message 2855 TCP/MSRP *\n\
         a=accept-types:*\na=setup:{setup}\na=path:msrp://192.0.2.1:2855/x;tcp\n{attributes}\n"
    );
    let bytes: Vec<u8> = lines.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    SessionDescription::parse(bytes.into()).unwrap()
}

#[track_caller]
fn check_range(offered: &str, answered: &str, expected: Result<(), Breach>) {
    let offer = peers_line(Setup::ActPass, &format!("{offered}\na=file-transfer-id:id"));
    let answer = peers_line(Setup::Passive, &format!("{answered}\na=file-transfer-id:id"));
    let got = match pair(&offer, &answer).unwrap().pop() {
        Some(LineOutcome::Broken(breach)) => Err(breach),
        Some(LineOutcome::Accepted(_)) => Ok(()),
        other => panic!("{other:?}"),
    };
    assert_eq!(got, expected, "{offered} {answered}");
}

#[test]
fn rfc5547_8_3_1_an_answer_with_a_part_where_the_whole_was_offered_is_a_breach() {
    let offered = "a=sendonly\na=file-selector:type:a/b size:1000";
    let answered = |range: &str| format!("a=recvonly\na=file-selector:type:a/b size:1000\n{range}");
    check_range(offered, &answered("a=file-range:501-*"), Err(Breach::FileRange));
    check_range(offered, &answered("a=file-range:1-999"), Err(Breach::FileRange));
    check_range(offered, &answered("a=file-range:1-1000"), Ok(()));
    check_range(offered, &answered("a=file-range:1-*"), Ok(()));
    check_range(offered, "a=recvonly", Ok(()));
}

#[test]
fn rfc5547_8_3_2_a_part_sent_where_the_whole_was_asked_for_is_a_breach() {
    let asked = "a=recvonly\na=file-selector:name:\"a\"";
    let sent = |range: &str| format!("a=sendonly\na=file-selector:name:\"a\" size:1000\n{range}");
    check_range(asked, &sent("a=file-range:501-600"), Err(Breach::FileRange));
    // Only the answer knows the size.
    check_range(asked, &sent("a=file-range:1-1000"), Ok(()));
    check_range(&format!("{asked}\na=file-range:501-*"), &sent("a=file-range:501-1000"), Ok(()));
    check_range(&format!("{asked}\na=file-range:1-1000"), &sent(""), Ok(()));
}

#[test]
fn a_dual_answer_follows_both_documents_and_gives_back_the_bytes_that_came() {
    let mut offered =
        offer(&alice(), &[file_line(), file_line()], Dialect::Dual).unwrap().to_bytes().to_vec();
    // A name in Latin-1: no text, and still given back.
    let at = offered.windows(10).position(|window| window == b"filename:l").unwrap() + 9;
    offered[at] = 0xe9;
    let offered = SessionDescription::parse(offered.into()).unwrap();
    let answers = [LineAnswer::Accept(bobs_line(&["*"])), LineAnswer::Refuse];
    let answer = answer(&offered, &bob(), &answers).unwrap();
    let media: Vec<_> = answer.media().collect();
    let names =
        |at: usize| media[at].attributes().map(|attribute| attribute.name).collect::<Vec<_>>().join(" ");
    assert_eq!(
        names(0),
        "recvonly accept-types path setup file-selector file-transfer-id filename filetype filesize"
    );
    assert_eq!(names(1), "file-selector file-transfer-id inactive");
    assert_eq!(media[0].attributes().named("filename").next().unwrap().value, Some(&b"\xe9ake view.jpg"[..]));
}

#[test]
fn rfc3264_6_lines_that_are_not_msrp_are_answered_with_port_0() {
    let offered_document = document(
        "v=0
        o=- 1 1 IN IP4 192.0.2.1
        s=-
        c=IN IP4 192.0.2.1
        t=3724394400 3724398000
        m=audio 49170 RTP/AVP 0 8
        a=rtpmap:0 PCMU/8000
        m=message 2855 TCP/MSRP *
        a=accept-types:text/plain
        a=path:msrp://192.0.2.1:2855/a;tcp
        m=message 0 TCP/MSRP *
        m=message 2855 TCP/MSRP *
        a=accept-types:text/plain",
    );
    let lines = offered(&offered_document);
    assert!(matches!(
        &lines[..],
        [
            OfferedLine::Foreign,
            OfferedLine::Message(_),
            OfferedLine::Closed,
            OfferedLine::Broken(Breach::NoPath)
        ]
    ));
    let mine =
        LineAnswer::Accept(with(bobs_line(&["text/plain"]), |line| line.direction = Direction::SendRecv));
    let refuse = || LineAnswer::Refuse;
    let answers = [refuse(), mine.clone(), refuse(), refuse()];
    check(
        &answer(&offered_document, &bob(), &answers).unwrap(),
        expect![[r#"
            v=0
            o=- 7120100 7120100 IN IP4 203.0.113.20
            s=-
            c=IN IP4 203.0.113.20
            t=3724394400 3724398000
            m=audio 0 RTP/AVP 0 8
            m=message 2855 TCP/MSRP *
            c=IN IP4 203.0.113.20
            a=sendrecv
            a=accept-types:text/plain
            a=path:msrp://203.0.113.20:2855/Bq8Lz3Mn6Vx1Cw9K;tcp
            a=setup:passive
            m=message 0 TCP/MSRP *
            a=inactive
            m=message 0 TCP/MSRP *
            a=inactive
        "#]],
    );
    let fault = |answers: &[LineAnswer]| answer(&offered_document, &bob(), answers).unwrap_err();
    assert_eq!(
        fault(&[mine.clone(), refuse(), refuse(), refuse()]),
        BuildError::Line { line: 0, fault: LineFault::NotMsrp }
    );
    assert_eq!(
        fault(&[refuse(), refuse(), mine, refuse()]),
        BuildError::Line { line: 2, fault: LineFault::Closed }
    );
    assert_eq!(fault(&[]), BuildError::LineCount { lines: 4, answers: 0 });
}

#[test]
fn rfc3264_6_1_the_direction_of_an_answer() {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    for (offered, wish, answered) in [
        (SendOnly, RecvOnly, RecvOnly),
        (SendOnly, SendRecv, RecvOnly),
        (SendOnly, SendOnly, Inactive),
        (RecvOnly, SendRecv, SendOnly),
        (SendRecv, SendRecv, SendRecv),
        (SendRecv, RecvOnly, RecvOnly),
        (Inactive, SendRecv, Inactive),
    ] {
        let mut line = text_line();
        line.direction = offered;
        let offer = offer(&alice(), &[line], Dialect::Dual).unwrap();
        let mine = with(bobs_line(&["*"]), |line| line.direction = wish);
        let answer = answer(&offer, &bob(), &[LineAnswer::Accept(mine)]).unwrap();
        assert_eq!(answer.media().next().unwrap().direction(), answered, "{offered} {wish}");
        assert!(matches!(&pair(&offer, &answer).unwrap()[..], [LineOutcome::Accepted(_)]));
    }
}

/// The outcome of one line whose answer has these attributes.
fn outcome(attributes: &str) -> LineOutcome {
    let offer = offer(&alice(), &[text_line()], Dialect::Dual).unwrap();
    let answer = document(&format!(
        "v=0\no=- 1 1 IN IP4 h\ns=-\nc=IN IP4 h\nt=0 0\nm=message 9 TCP/MSRP *\n{attributes}"
    ));
    pair(&offer, &answer).unwrap().pop().unwrap()
}

#[test]
fn seed_10_directions_in_answers_to_sendonly() {
    let path = "a=path:msrp://h:9/x;tcp\na=accept-types:*\n";
    let direction = |written: &str| match outcome(&format!("{path}{written}")) {
        LineOutcome::Accepted(peer) => Ok((peer.line.direction, peer.direction)),
        LineOutcome::Broken(breach) => Err(breach),
        LineOutcome::Refused => unreachable!("the port is not 0"),
    };
    assert_eq!(direction("a=recvonly"), Ok((Direction::RecvOnly, Direction::SendOnly)));
    assert_eq!(direction(""), Ok((Direction::RecvOnly, Direction::SendOnly)));
    assert_eq!(direction("a=sendrecv"), Ok((Direction::SendRecv, Direction::SendOnly)));
    assert_eq!(direction("a=inactive"), Ok((Direction::Inactive, Direction::Inactive)));
    assert_eq!(direction("a=sendonly"), Err(Breach::Direction));
}

#[test]
fn rfc4975_8_broken_answers_are_named() {
    let breach = |attributes: &str| match outcome(attributes) {
        LineOutcome::Broken(breach) => Some(breach),
        _ => None,
    };
    assert_eq!(breach("a=accept-types:*"), Some(Breach::NoPath));
    assert_eq!(breach("a=path:http://h:1/x;tcp"), Some(Breach::Path));
    assert_eq!(breach("a=path:msrp://h:1/x"), Some(Breach::Path));
    assert_eq!(breach("a=path:msrp://h:1/x;tcp\na=accept-types:text"), Some(Breach::AcceptTypes));
    // Nothing said about types: let pass.
    assert_eq!(breach("a=path:msrp://h:1/x;tcp"), None);
    // Unknown values of setup say nothing; the offerer connects.
    assert_eq!(breach("a=path:msrp://h:1/x;tcp\na=setup:maybe"), None);
}

#[test]
fn rfc3264_6_answers_that_are_none() {
    let offered = offer(&alice(), &[text_line(), file_line()], Dialect::Dual).unwrap();
    let one = offer(&bob(), &[], Dialect::Dual).unwrap();
    assert_eq!(pair(&offered, &one), Err(PairError::LineCount { offered: 2, answered: 0 }));
    let other = document(
        "v=0\no=- 1 1 IN IP4 h\ns=-\nc=IN IP4 h\nt=0 0\nm=message 0 TCP/TLS/MSRP *\nm=message 5 TCP/TLS/MSRP *",
    );
    assert_eq!(pair(&offered, &other), Err(PairError::Reordered { line: 1 }));
}

#[test]
fn rfc6135_4_2_port_9_and_setups() {
    let mut active = line("msrp://198.51.100.7:9/k3Vd0pXw8TqL;tcp", Direction::SendOnly, &["*"]);
    assert_eq!(active.setup, Some(Setup::Active));
    let offer_of = |line: &MessageLine| offer(&alice(), std::slice::from_ref(line), Dialect::Dual);
    let offered = offer_of(&active).unwrap();
    let mine = with(bobs_line(&["*"]), |line| line.setup = Some(Setup::Active));
    let answer_document = answer(&offered, &bob(), &[LineAnswer::Accept(mine)]).unwrap();
    // We wished to be active; the offer leaves only passive.
    assert_eq!(answer_document.media().next().unwrap().setup(), Some(Setup::Passive));
    let LineOutcome::Accepted(peer) = pair(&offered, &answer_document).unwrap().remove(0) else { panic!() };
    assert_eq!(peer.active, ActiveSide::Offerer);

    active.setup = Some(Setup::ActPass);
    let fault = |line: &MessageLine| match offer_of(line) {
        Err(BuildError::Line { fault, .. }) => fault,
        other => panic!("{other:?}"),
    };
    assert_eq!(fault(&active), LineFault::Unreachable);
    let passive = with(text_line(), |line| line.setup = Some(Setup::Passive));
    assert_eq!(fault(&passive), LineFault::Setup);

    let unreachable = line("msrp://203.0.113.20:9/x;tcp", Direction::RecvOnly, &["*"]);
    let error = answer(&offered, &bob(), &[LineAnswer::Accept(unreachable)]).unwrap_err();
    assert_eq!(error, BuildError::Line { line: 0, fault: LineFault::Unreachable });
}

#[test]
fn lines_that_break_a_rule_are_not_offered() {
    let fault = |change: fn(&mut MessageLine)| {
        let mut line = file_line();
        change(&mut line);
        match offer(&alice(), &[text_line(), line], Dialect::Dual) {
            Err(BuildError::Line { line: 1, fault }) => fault,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(fault(|line| line.path.clear()), LineFault::Path);
    assert_eq!(fault(|line| line.host = "203.0.113.9".into()), LineFault::Authority);
    assert_eq!(fault(|line| line.port = 2856), LineFault::Authority);
    assert_eq!(fault(|line| line.path[0] = "msrps://198.51.100.7:2855/x;tcp".into()), LineFault::Proto);
    assert_eq!(fault(|line| line.accept_types.clear()), LineFault::AcceptTypes);
    assert_eq!(fault(|line| line.accept_types.push("text plain".into())), LineFault::AcceptTypes);
    assert_eq!(fault(|line| line.file.as_mut().unwrap().transfer_id = None), LineFault::TransferId);
    assert_eq!(fault(|line| line.file.as_mut().unwrap().name = Some("a\nb".into())), LineFault::Name);
    assert_eq!(fault(|line| line.file = Some(FileOffer::default())), LineFault::Selector);
    assert_eq!(MessageLine::new("msrp://h/x;tcp", Direction::SendOnly), Err(LineFault::Path));
}

#[test]
fn values_with_line_ends_never_reach_a_document() {
    let mut line = text_line();
    line.title = Some("hello\r\na=sendrecv".into());
    assert!(matches!(offer(&alice(), &[line], Dialect::Dual), Err(BuildError::Write(_))));
    let mut origin = alice();
    origin.user = "a b".into();
    assert!(matches!(offer(&origin, &[text_line()], Dialect::Dual), Err(BuildError::Unreadable(_))));
    origin.user = "a\nb".into();
    assert!(matches!(offer(&origin, &[text_line()], Dialect::Dual), Err(BuildError::Write(_))));
}

#[test]
fn rfc5547_8_3_2_a_file_that_was_asked_for_is_answered_with_its_digest() {
    let mut wanted = FileOffer::default();
    wanted.name = Some("notes.txt".into());
    wanted.transfer_id = Some("id1".into());
    let mut line = text_line();
    line.direction = Direction::RecvOnly;
    line.file = Some(wanted);
    let offer = offer(&alice(), &[line], Dialect::Dual).unwrap();
    let found =
        FileOffer::builder("notes.txt", 34).sha1([7; 20]).disposition(Disposition::Attachment).build();
    let mine = with(bobs_line(&["*"]), |line| {
        line.direction = Direction::SendOnly;
        line.file = Some(found.unwrap());
    });
    let answer = answer(&offer, &bob(), &[LineAnswer::Accept(mine)]).unwrap();
    let media = answer.media().next().unwrap();
    assert_eq!(media.direction(), Direction::SendOnly);
    let selector = media.attribute("file-selector").unwrap();
    assert!(selector.starts_with("name:\"notes.txt\" hash:sha-1:07:07:"), "{selector}");
    assert_eq!(media.attribute("file-transfer-id"), Some("id1"));
    assert_eq!(media.attribute("hash"), Some("SHA 0707070707070707070707070707070707070707"));
    assert_eq!(media.attribute("disposition"), Some("attachment"));
    let file = media.file().unwrap();
    assert_eq!((file.disagreement, file.size), (None, None));
}

#[test]
fn rfc5547_8_3_2_a_name_that_is_not_utf8_is_given_back_with_the_digest() {
    let asked = peers_line(
        Setup::ActPass,
        "a=recvonly\na=file-transfer-id:x\na=file-selector:name:\"caf\u{e9}.jpg\"",
    );
    assert_eq!(asked.media().next().unwrap().file().unwrap().name.unwrap(), "caf\u{fffd}.jpg");
    let answered = |file: FileOffer| {
        let mine = with(bobs_line(&["*"]), |line| {
            line.direction = Direction::SendOnly;
            line.file = Some(file);
        });
        answer(&asked, &bob(), &[LineAnswer::Accept(mine)]).unwrap().to_bytes()
    };
    let has = |document: &[u8], line: &[u8]| document.windows(line.len()).any(|window| window == line);
    let found = || FileOffer::builder("caf\u{e9}.jpg", 5000);
    let without = answered(found().build().unwrap());
    assert!(has(&without, b"\r\na=file-selector:name:\"caf\xe9.jpg\"\r\n"), "{without:?}");
    let with_digest = answered(found().sha1([7; 20]).build().unwrap());
    assert!(
        has(&with_digest, b"\r\na=file-selector:name:\"caf\xe9.jpg\" hash:sha-1:07:07:"),
        "{with_digest:?}"
    );
}

#[test]
fn rfc5547_8_3_1_the_selector_that_describes_the_file_is_given_back() {
    let bare = "a=file-selector\na=file-selector:name:\"x\" size:3\na=file-transfer-id:id";
    for direction in [Direction::SendOnly, Direction::RecvOnly] {
        let asked = peers_line(Setup::ActPass, &format!("a={direction}\n{bare}"));
        let mine = with(bobs_line(&["*"]), |line| {
            line.direction = Direction::SendRecv;
            line.file = Some(FileOffer::default());
        });
        let answered = answer(&asked, &bob(), &[LineAnswer::Accept(mine)]).unwrap();
        let file = answered.media().next().unwrap().file().unwrap();
        assert_eq!((file.name.as_deref(), file.size), (Some("x"), Some(3)), "{answered}");
    }
}

#[test]
fn rfc5547_6_a_name_with_a_line_end_and_an_icon_can_be_offered() {
    let file = FileOffer::builder("a\nb.jpg", 3).transfer_id("id").icon("i@x").build().unwrap();
    let ours = with(text_line(), |line| line.file = Some(file));
    let built = offer(&alice(), &[ours], Dialect::Rfc5547).unwrap();
    let media = built.media().next().unwrap();
    assert_eq!(media.title(), Some("a_b.jpg"));
    assert_eq!(media.file().unwrap().name.unwrap(), "a\nb.jpg");
}

#[test]
fn rfc5547_8_4_a_closed_line_keeps_its_attributes_and_raises_the_version() {
    let before = offer(&alice(), &[text_line(), file_line()], Dialect::Dual).unwrap();
    let after = close(&before, &[1]).unwrap();
    let expected = before
        .to_string()
        .replace("o=- 3964100200 3964100200", "o=- 3964100200 3964100201")
        .replace("2855 TCP/MSRP *\r\ni=", "0 TCP/MSRP *\r\ni=");
    assert_eq!(after.to_string(), expected);
    assert!(matches!(&offered(&after)[..], [OfferedLine::Message(_), OfferedLine::Closed]));
    let both = close(&before, &[0, 1]).unwrap();
    assert!(both.media().all(|media| media.port() == 0));
}

#[test]
fn an_answer_that_knows_no_files_is_a_plain_endpoint() {
    let offered = offer(&alice(), &[file_line()], Dialect::Dual).unwrap();
    let plain = document(
        "v=0\no=- 1 1 IN IP4 h\ns=-\nc=IN IP4 h\nt=0 0\nm=message 5 TCP/MSRP *\na=accept-types:*\na=path:msrp://h:5/x;tcp",
    );
    let other_file = document(
        "v=0\no=- 1 1 IN IP4 h\ns=-\nc=IN IP4 h\nt=0 0\nm=message 5 TCP/MSRP *\na=accept-types:*\na=path:msrp://h:5/x;tcp
        a=file-selector:name:\"lake view.jpg\" size:4999\na=file-transfer-id:another",
    );
    let peer = |answer| match pair(&offered, answer).unwrap().remove(0) {
        LineOutcome::Accepted(peer) => peer,
        other => panic!("{other:?}"),
    };
    assert!(!peer(&plain).describes_files);
    let other = peer(&other_file);
    let differs = other.disagreement.unwrap();
    assert!(other.describes_files && differs.size && differs.transfer_id && !differs.name);
}

#[test]
fn rfc6714_cema_peers_are_reached_at_c_and_m() {
    let answer = "a=path:msrp://relay.example:2855/r;tcp msrp://10.0.0.1:2855/x;tcp\na=accept-types:*\n";
    let hop = |attributes: &str| match outcome(attributes) {
        LineOutcome::Accepted(peer) => peer.line.next_hop().map(|(host, port)| (host.to_owned(), port)),
        other => panic!("{other:?}"),
    };
    assert_eq!(hop(answer), Some(("relay.example".to_owned(), Some(2855))));
    assert_eq!(hop(&format!("{answer}a=msrp-cema")), Some(("h".to_owned(), Some(9))));
}

#[test]
fn rfc4975_13_when_content_is_wrapped() {
    use grammar::MediaType;
    let wrapping = |accepts: &[&str], wrapped: &[&str], content, media_type| {
        let mut peer = bobs_line(accepts);
        peer.accept_wrapped_types = wrapped.iter().map(|&entry| entry.into()).collect();
        peer.wrapping(content, &MediaType::parse(media_type).unwrap())
    };
    let (bare, cpim) = (Some(Wrapping::Bare), Some(Wrapping::Cpim));
    assert_eq!(wrapping(&["text/plain", "message/cpim"], &[], Content::Message, "text/plain"), bare);
    assert_eq!(wrapping(&["message/cpim", "text/plain"], &[], Content::Message, "text/plain"), cpim);
    assert_eq!(wrapping(&["message/cpim", "image/jpeg"], &[], Content::File, "image/jpeg"), bare);
    assert_eq!(wrapping(&["message/cpim", "*"], &[], Content::File, "image/jpeg"), cpim);
    assert_eq!(wrapping(&["message/cpim"], &["*"], Content::File, "image/jpeg"), cpim);
    assert_eq!(wrapping(&["message/cpim"], &[], Content::File, "image/jpeg"), None);
    assert_eq!(wrapping(&["text/*"], &[], Content::File, "image/jpeg"), None);
    assert_eq!(wrapping(&["*"], &[], Content::File, "image/jpeg"), bare);
    assert_eq!(wrapping(&[], &[], Content::File, "image/jpeg"), bare);
}

#[test]
fn an_ipv6_address_is_written_without_brackets_in_c() {
    let line = line("msrp://[2001:db8::7]:2855/k3Vd0pXw;tcp", Direction::SendOnly, &["*"]);
    let offered = offer(&Origin::new(1, "2001:db8::7"), &[line], Dialect::Dual).unwrap();
    let connection = offered.media().next().unwrap().connection().unwrap();
    assert_eq!((connection.addrtype, connection.address), ("IP6", "2001:db8::7"));
    assert!(offered.to_string().contains("o=- 1 1 IN IP6 2001:db8::7\r\n"));
}

#[test]
fn rfc3264_8_the_next_offer_has_the_next_version_unless_it_is_the_same() {
    let first = offer(&alice(), &[text_line(), file_line()], Dialect::Dual).unwrap();
    let version = |document: &SessionDescription| document.origin().unwrap().version;
    let refresh = reoffer(&first, &[text_line(), file_line()], Dialect::Dual).unwrap();
    assert_eq!(refresh, first);

    let longer = reoffer(&first, &[text_line(), file_line(), text_line()], Dialect::Dual).unwrap();
    assert_eq!((version(&longer), longer.media_count()), (version(&first) + 1, 3));
    assert_eq!(longer.origin().unwrap().id, first.origin().unwrap().id);

    let closed = with(file_line(), |line| line.port = 0);
    let second = reoffer(&longer, &[text_line(), closed, text_line()], Dialect::Dual).unwrap();
    assert_eq!(version(&second), version(&first) + 2);
    assert!(matches!(
        &offered(&second)[..],
        [OfferedLine::Message(_), OfferedLine::Closed, OfferedLine::Message(_)]
    ));
    // RFC 5547 §8.1: the id stays on the closed line.
    assert_eq!(
        second.media().nth(1).unwrap().attribute("file-transfer-id"),
        Some("u7Wq2Zp9Xc4Vn1Bm6Lk3Jh8Gf5Ds0Aay")
    );

    let error = reoffer(&longer, &[text_line()], Dialect::Dual).unwrap_err();
    assert_eq!(error, BuildError::LineRemoved { before: 3, lines: 1 });
}

#[test]
fn rfc5547_8_1_figure_3_ids_and_files() {
    let file = file_line().file.unwrap();
    let changed = |id: &str, size: u64| {
        let mut file = file.clone();
        (file.transfer_id, file.size) = (Some(id.into()), Some(size));
        file
    };
    let id = file.transfer_id.clone().unwrap();
    assert_eq!(reoffered(&file, &changed("new", 5000)), Reoffered::NewTransfer);
    assert_eq!(reoffered(&file, &changed("new", 5001)), Reoffered::NewTransfer);
    assert_eq!(reoffered(&file, &changed(&id, 5000)), Reoffered::SameTransfer);
    assert_eq!(reoffered(&file, &changed(&id, 5001)), Reoffered::Contradiction);
    // A digest may be added.
    let mut bare = file.clone();
    bare.hashes.clear();
    assert_eq!(reoffered(&bare, &file), Reoffered::SameTransfer);
    // Those of 2006 have no id.
    let legacy = |size| {
        let mut file = changed("", size);
        file.transfer_id = None;
        file
    };
    assert_eq!(reoffered(&legacy(5), &legacy(5)), Reoffered::SameTransfer);
    assert_eq!(reoffered(&legacy(5), &legacy(6)), Reoffered::NewTransfer);
}

#[test]
fn rfc4975_5_4_lines_with_the_same_next_hop_share_a_connection() {
    let of = |path: &[&str]| {
        let mut one = line(path[path.len() - 1], Direction::SendRecv, &["*"]);
        one.path = path.iter().map(|&uri| uri.into()).collect();
        one
    };
    let one = of(&["msrp://Host.example:2855/a;tcp"]);
    assert!(one.shares_connection(&of(&["msrp://host.example:2855/b;tcp"])));
    assert!(!one.shares_connection(&of(&["msrp://host.example:2856/b;tcp"])));
    assert!(!one.shares_connection(&of(&["msrps://host.example:2855/b;tcp"])));
    // What counts is the next hop, not the session at the end.
    let relayed = of(&["msrp://relay.example:9/r;tcp", "msrp://host.example:2855/b;tcp"]);
    assert!(!one.shares_connection(&relayed));
    assert!(
        relayed.shares_connection(&of(&["msrp://relay.example:9/q;tcp", "msrp://other.example:1/b;tcp"]))
    );
    // With CEMA it is what `c=` and `m=` say.
    let behind =
        |uri| with(of(&[uri]), |line| (line.cema, line.host, line.port) = (true, "192.0.2.9".into(), 7));
    assert!(behind("msrp://a.example:1/a;tcp").shares_connection(&behind("msrp://b.example:2/b;tcp")));
}

#[test]
fn rfc8122_5_fingerprints_of_the_line_or_of_the_session() {
    let text = |session: &str, media: &str| {
        format!(
            "v=0\no=- 1 1 IN IP4 h\ns=-\nc=IN IP4 h\nt=0 0\n{session}m=message 2855 TCP/TLS/MSRP *\n\
             a=path:msrps://h:2855/a;tcp\n{media}"
        )
    };
    let octets = |session: &str, media: &str| {
        let read = document(&text(session, media));
        let line = MessageLine::read(&read.media().next().unwrap()).unwrap();
        line.fingerprints.iter().map(|one| one.digest[0]).collect::<Vec<_>>()
    };
    let sha1 = |octet: &str| format!("a=fingerprint:sha-1 {octet}{}\n", ":00".repeat(19));
    assert_eq!(octets(&sha1("01"), ""), [1]);
    assert_eq!(octets(&sha1("01"), &(sha1("02") + &sha1("03"))), [2, 3]);
    // An unreadable one of the line still keeps those of the session from counting.
    assert_eq!(octets(&sha1("01"), "a=fingerprint:sha-1 zz\n"), [0; 0]);
}
