//! Examples of the RFCs, as printed there but for the folding of long lines, named by section.

use simple_im_sdp::attribute::{Direction, RtpMap};
use simple_im_sdp::offer_answer::{
    ActiveSide, LineAnswer, LineOutcome, MessageLine, OfferedLine, Peer, answer, offered, pair,
};
use simple_im_sdp::{Dialect, FileOffer, ParseError, Reading, SessionDescription};

use crate::document;

/// An example of an RFC.
macro_rules! example {
    ($name:literal) => {
        document(include_str!(concat!("../corpus/rfc/", $name, ".sdp")))
    };
}

/// The file of the only line.
#[track_caller]
fn file(document: &SessionDescription) -> FileOffer {
    document.media().next().unwrap().file().unwrap()
}

/// What was agreed on the only line.
#[track_caller]
fn agreed(offer: &SessionDescription, answer: &SessionDescription) -> Peer {
    let mut outcomes = pair(offer, answer).unwrap();
    match (outcomes.pop(), outcomes.len()) {
        (Some(LineOutcome::Accepted(peer)), 0) => peer,
        other => panic!("{other:?}"),
    }
}

/// The rules that a lenient reading let pass.
fn forgiven(document: &SessionDescription) -> Vec<&'static str> {
    let limits = simple_im_sdp::Limits::default();
    let read = SessionDescription::parse_with(document.to_bytes(), Reading::Lenient, &limits);
    read.unwrap().1.into_iter().map(|one| one.rule).collect()
}

#[test]
fn rfc5547_6_every_attribute_of_figure_2() {
    let read = example!("rfc5547_6_figure_2");
    let file = file(&read);
    assert_eq!(file.name.as_deref(), Some("My cool picture.jpg"));
    assert_eq!(file.media_type.as_deref(), Some("image/jpeg"));
    assert_eq!(file.size, Some(32349));
    assert_eq!(file.sha1().unwrap()[..3], [0x72, 0x24, 0x5f]);
    assert_eq!(file.transfer_id.as_deref(), Some("vBnG916bdberum2fFEABR1FR3ExZMUrd"));
    assert_eq!(file.disposition.as_ref().map(|disposition| disposition.as_str()), Some("attachment"));
    assert_eq!(file.dates.creation.as_deref(), Some("Mon, 15 May 2006 15:01:31 +0300"));
    assert_eq!(file.icon.as_deref(), Some("id2@alicepc.example.com"));
    assert_eq!(file.range.unwrap().to_string(), "1-32349");
    assert_eq!((file.dialect, file.disagreement), (Dialect::Rfc5547, None));
    assert_eq!(read.media().next().unwrap().title(), Some("This is my latest picture"));
    // Its only defect.
    assert_eq!(forgiven(&read), ["text"]);
}

#[test]
fn rfc5547_9_1_offerer_sends_a_file() {
    let (offer, answer) = (example!("rfc5547_9_1_figure_8_offer"), example!("rfc5547_9_1_figure_9_answer"));
    let file = file(&offer);
    assert_eq!(file.size, Some(4092));
    assert_eq!(file.disposition.as_ref().map(|disposition| disposition.as_str()), Some("render"));
    let peer = agreed(&offer, &answer);
    assert!(peer.describes_files);
    assert_eq!((peer.direction, peer.disagreement), (Direction::SendOnly, None));
    assert_eq!(peer.active, ActiveSide::Offerer);
    assert_eq!(peer.line.next_hop(), Some(("bobpc.example.com", Some(8888))));
    assert_eq!(peer.line.file.unwrap().transfer_id, file.transfer_id);
}

#[test]
fn rfc5547_9_2_offerer_asks_for_a_file_and_then_sends_another_on_the_same_line() {
    let offer = example!("rfc5547_9_2_figure_15_offer");
    let answer = example!("rfc5547_9_2_figure_16_answer");
    let asked = file(&offer);
    assert_eq!((asked.name.as_ref(), asked.size), (None, None));
    let peer = agreed(&offer, &answer);
    assert_eq!(peer.direction, Direction::RecvOnly);
    let found = peer.line.file.unwrap();
    assert_eq!((found.sha1(), &found.transfer_id), (asked.sha1(), &asked.transfer_id));
    assert_eq!((found.media_type.as_deref(), peer.disagreement), (Some("image/jpeg"), None));

    let (again, answer) = (example!("rfc5547_9_2_figure_19_offer"), example!("rfc5547_9_2_figure_20_answer"));
    let (before, after) = (offer.origin().unwrap(), again.origin().unwrap());
    assert_eq!((before.id, before.version + 1), (after.id, after.version));
    let peer = agreed(&again, &answer);
    assert_eq!(peer.direction, Direction::SendOnly);
    assert_eq!(peer.line.file.unwrap().name.as_deref(), Some("sunset.jpg"));
    // Another file: another id, and another session on the same port.
    assert_ne!(file(&again).transfer_id, asked.transfer_id);
    assert_ne!(again.media().next().unwrap().path(), offer.media().next().unwrap().path());
    assert_eq!(again.media().next().unwrap().port(), offer.media().next().unwrap().port());
}

#[test]
fn rfc5547_9_3_a_bare_selector_says_only_that_files_are_known() {
    let answer = example!("rfc5547_9_3_figure_24_answer");
    let media = answer.media().next().unwrap();
    assert!(media.knows_files());
    assert_eq!((media.file(), media.max_size()), (None, Some(20000)));
    assert_eq!(offered(&answer), [OfferedLine::Closed]);
    // It has no defect at all.
    assert_eq!(forgiven(&answer), [""; 0]);
}

#[test]
fn rfc4975_8_2_path_of_figure_7() {
    let read = example!("rfc4975_8_2_figure_7");
    let lines = offered(&read);
    let [OfferedLine::Message(line)] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((line.host.as_str(), line.port), ("alice.example.com", 7394));
    assert_eq!(line.path, ["msrp://alice.example.com:7394/2s93i9ek2a;tcp"]);
    assert_eq!(read.session_name(), " -");
}

#[test]
fn rfc4975_8_7_offer_and_answer() {
    let (offer, answer) = (example!("rfc4975_8_7_figure_9_offer"), example!("rfc4975_8_7_figure_10_answer"));
    let peer = agreed(&offer, &answer);
    // Nobody wrote a setup or a direction.
    assert_eq!((peer.active, peer.direction), (ActiveSide::Offerer, Direction::SendRecv));
    assert_eq!(peer.line.accept_types, ["message/cpim", "text/plain"]);
    assert_eq!(peer.line.next_hop(), Some(("bob.example.com", Some(8493))));
    assert_eq!(offer.media().next().unwrap().accept_types().len(), 3);
}

#[test]
fn rfc4975_11_1_an_im_session_without_direction_and_setup() {
    let (offer, answer) = (example!("rfc4975_11_1_offer"), example!("rfc4975_11_1_answer"));
    let media = offer.media().next().unwrap();
    assert_eq!((media.direction(), media.setup()), (Direction::SendRecv, None));
    assert_eq!(media.path(), ["msrp://alicepc.example.com:7777/iau39soe2843z;tcp"]);
    let peer = agreed(&offer, &answer);
    assert_eq!(peer.line.path, ["msrp://bob.example.com:8888/9di4eae923wzd;tcp"]);
    assert!(!peer.describes_files);
}

/// Media, port and what the line became, of each.
fn lines(offer: &SessionDescription, answer: &SessionDescription) -> Vec<(String, u16, bool)> {
    let outcomes = pair(offer, answer).unwrap();
    let refused = outcomes.iter().map(|outcome| *outcome == LineOutcome::Refused);
    answer
        .media()
        .zip(refused)
        .map(|(media, refused)| (media.media().into(), media.port(), refused))
        .collect()
}

#[test]
fn rfc3264_9_capabilities_have_port_0_everywhere() {
    let read = example!("rfc3264_9_figure_1");
    assert_eq!(offered(&read), [OfferedLine::Closed, OfferedLine::Closed]);
    let names: Vec<_> = read.media().next().unwrap().attributes().typed::<RtpMap<'_>>().collect();
    assert_eq!(
        names.iter().map(|map| map.as_ref().unwrap().encoding).collect::<Vec<_>>(),
        ["PCMU", "1016", "GSM"]
    );
    // The example has `c=` behind `t=`.
    assert_eq!(forgiven(&read), ["connection-field"]);
}

#[test]
fn rfc3264_10_1_a_refused_line_stays_and_new_lines_come_last() {
    let (first, answer_1) = (example!("rfc3264_10_1_offer_1"), example!("rfc3264_10_1_answer_1"));
    let line = |media: &str, port, refused| (media.to_owned(), port, refused);
    assert_eq!(
        lines(&first, &answer_1),
        [line("audio", 49920, false), line("video", 0, true), line("video", 53000, false)]
    );
    // The other side offers again: its version is one higher.
    let (second, answer_2) = (example!("rfc3264_10_1_offer_2"), example!("rfc3264_10_1_answer_2"));
    assert_eq!(second.origin().unwrap().version, answer_1.origin().unwrap().version + 1);
    assert_eq!(answer_2.origin().unwrap().version, first.origin().unwrap().version + 1);
    assert_eq!(
        lines(&second, &answer_2),
        [
            line("audio", 49170, false),
            line("video", 0, true),
            line("video", 53000, false),
            line("audio", 53122, false)
        ]
    );
    let directions =
        |read: &SessionDescription| read.media().map(|media| media.direction()).collect::<Vec<_>>();
    assert_eq!(directions(&second)[3], Direction::RecvOnly);
    assert_eq!(directions(&answer_2)[3], Direction::SendOnly);
    // We speak none of these.
    assert_eq!(offered(&first), [OfferedLine::Foreign, OfferedLine::Foreign, OfferedLine::Foreign]);
}

#[test]
fn rfc3264_10_2_inactive_until_the_codec_is_chosen() {
    let exchanges = [
        (example!("rfc3264_10_2_offer_1"), example!("rfc3264_10_2_answer_1"), Direction::Inactive, 2),
        (example!("rfc3264_10_2_offer_2"), example!("rfc3264_10_2_answer_2"), Direction::SendRecv, 1),
    ];
    for (offer, answer, direction, formats) in exchanges {
        let media = answer.media().next().unwrap();
        assert_eq!((media.direction(), media.fmts().count()), (direction, formats));
        let offered = offer.media().next().unwrap();
        assert!(media.fmts().all(|fmt| offered.fmts().any(|offered| offered == fmt)));
        assert_eq!(pair(&offer, &answer).unwrap().len(), 1);
        assert_eq!(forgiven(&offer), ["text"]);
    }
}

/// Every example can be answered: its MSRP lines accepted, the others refused.
#[test]
fn rfc3264_6_each_example_has_an_answer() {
    for offer in [
        example!("rfc5547_6_figure_2"),
        example!("rfc5547_9_1_figure_8_offer"),
        example!("rfc5547_9_2_figure_15_offer"),
        example!("rfc5547_9_3_figure_24_answer"),
        example!("rfc4975_8_7_figure_9_offer"),
        example!("rfc3264_9_figure_1"),
        example!("rfc3264_10_1_offer_2"),
        example!("rfc8866_5"),
    ] {
        let answers: Vec<_> = offered(&offer)
            .iter()
            .map(|line| match line {
                OfferedLine::Message(_) => {
                    let own = "msrp://203.0.113.20:2855/Bq8Lz3Mn6Vx1Cw9K;tcp";
                    let mut line = MessageLine::new(own, Direction::SendRecv).unwrap();
                    line.accept_types = vec!["*".into()];
                    LineAnswer::Accept(line)
                }
                _ => LineAnswer::Refuse,
            })
            .collect();
        let origin = simple_im_sdp::line::Origin::new(1, "203.0.113.20");
        let answer = answer(&offer, &origin, &answers).unwrap();
        let lives: Vec<_> = pair(&offer, &answer)
            .unwrap()
            .iter()
            .map(|one| matches!(one, LineOutcome::Accepted(_)))
            .collect();
        let accepted: Vec<_> = answers.iter().map(|one| matches!(one, LineAnswer::Accept(_))).collect();
        assert_eq!(lives, accepted);
    }
}

#[test]
fn rfc8866_5_the_example_is_read_strictly() {
    let read = example!("rfc8866_5");
    assert_eq!(forgiven(&read), [""; 0]);
    let media: Vec<_> = read.media().collect();
    assert_eq!(media[0].connection().unwrap().address, "198.51.100.1");
    assert_eq!(media[2].connection().unwrap().address, "2001:db8::2");
    assert_eq!(read.emails().collect::<Vec<_>>(), ["Jane Doe <jane@jdoe.example.com>"]);
    assert_eq!(read.phones().collect::<Vec<_>>(), ["+1 617 555-6011"]);
}

#[test]
fn rfc8866_6_7_the_direction_of_the_session_is_that_of_lines_without_one() {
    let read = example!("rfc8866_6_7");
    let directions: Vec<_> = read.media().map(|media| media.direction()).collect();
    assert_eq!(directions, [Direction::SendRecv, Direction::Inactive, Direction::Inactive]);
}

#[test]
fn rfc8866_5_all_line_types_are_read_strictly() -> Result<(), ParseError> {
    let text = "v=0\r\n\
        o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\n\
        s=Call to John Smith\r\n\
        i=SDP Offer #1\r\n\
        u=http://www.jdoe.example.com/home.html\r\n\
        e=Jane Doe <jane@jdoe.example.com>\r\n\
        p=+1 617 555-6011\r\n\
        c=IN IP4 198.51.100.1\r\n\
        b=AS:64\r\n\
        t=3724394400 3724398000\r\n\
        r=604800 3600 0 90000\r\n\
        r=7d 1h 0 25h\r\n\
        t=3724484400 3724488000\r\n\
        z=3730928400 -1h 3749680800 0\r\n\
        k=clear:secret\r\n\
        a=recvonly\r\n\
        m=audio 49170 RTP/AVP 0\r\n\
        m=audio 49180/2 RTP/AVP 0 8\r\n\
        m=video 51372 RTP/AVP 99\r\n\
        i=the camera\r\n\
        c=IN IP6 2001:db8::2\r\n\
        b=TIAS:64000\r\n\
        k=prompt\r\n\
        a=rtpmap:99 h263-1998/90000\r\n";
    let (read, forgiven) =
        SessionDescription::parse_with(text.into(), Reading::Strict, &simple_im_sdp::Limits::default())?;
    assert_eq!(forgiven, []);
    assert_eq!(read.to_string(), text);
    let origin = read.origin()?;
    assert_eq!((origin.user, origin.id, origin.version), ("jdoe", 3_724_394_400, 3_724_394_405));
    let media: Vec<_> = read.media().collect();
    assert_eq!(media[1].line().port_count, Some(2));
    assert_eq!(media[1].fmts().collect::<Vec<_>>(), ["0", "8"]);
    assert_eq!(media[0].connection().unwrap().address, "198.51.100.1");
    assert_eq!(media[2].connection().unwrap().address, "2001:db8::2");
    assert_eq!(media[2].title(), Some("the camera"));
    assert_eq!(read.information(), Some("SDP Offer #1"));
    assert_eq!(read.uri(), Some("http://www.jdoe.example.com/home.html"));
    let times: Vec<_> = read.times().collect();
    assert_eq!(read.timing(), Some(times[0].timing));
    assert_eq!((times[0].timing.start, times[1].timing.stop), (3_724_394_400, 3_724_488_000));
    let repeats: Vec<_> = times[0].repeats().collect();
    assert_eq!(repeats.len(), 2);
    for repeat in repeats {
        assert_eq!((repeat.interval.seconds(), repeat.duration.seconds()), (604_800, 3600));
        assert_eq!(repeat.offsets().map(|offset| offset.seconds()).collect::<Vec<_>>(), [0, 90_000]);
    }
    assert_eq!(times[1].repeats().count(), 0);
    let changes: Vec<_> = read.zone().unwrap().adjustments().map(|change| change.offset).collect();
    assert_eq!(changes, [-3600, 0]);
    assert_eq!(read.key().map(|key| (key.method, key.key)), Some(("clear", Some("secret"))));
    assert_eq!(media[0].key(), read.key());
    assert_eq!(media[2].key().map(|key| (key.method, key.key)), Some(("prompt", None)));
    let bits = |bandwidth: simple_im_sdp::line::Bandwidth<'_>| bandwidth.bits_per_second();
    assert_eq!(read.bandwidths().map(bits).collect::<Vec<_>>(), [Some(64_000)]);
    assert_eq!(media[2].bandwidths().map(bits).collect::<Vec<_>>(), [Some(64_000)]);
    // A session-level direction is the default of every line.
    assert_eq!(media[2].direction(), Direction::RecvOnly);
    Ok(())
}

/// Start, number of repetitions and zone of a time.
type Time = (u64, usize, Option<i64>);

/// The times of a session, read strictly; leniently they are the same, with nothing forgiven.
#[track_caller]
fn check_times(lines: &[&str], expected: Result<&[Time], &str>) {
    let text = format!("v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\n{}\r\na=x\r\n", lines.join("\r\n"));
    let read = crate::strict(&text);
    let times: Result<Vec<Time>, _> = read.as_ref().map_err(String::as_str).map(|read| {
        let offset = |zone: simple_im_sdp::line::Zone<'_>| zone.adjustments().next().unwrap().offset;
        read.times()
            .map(|time| (time.timing.start, time.repeats().count(), time.zone().map(offset)))
            .collect()
    });
    assert_eq!(times.as_deref().map_err(|error| *error), expected, "{lines:?}");
    if let Ok(read) = &read {
        assert_eq!(forgiven(read), [""; 0], "{lines:?}");
    }
}

#[test]
fn rfc8866_9_each_repeat_description_may_have_its_zone() {
    check_times(
        &["t=1 2", "r=7d 1h 0", "z=2 -1h", "t=3 4", "r=7d 1h 0", "r=1d 1h 0", "z=4 1h"],
        Ok(&[(1, 1, Some(-3600)), (3, 2, Some(3600))]),
    );
    check_times(&["t=1 2", "r=7d 1h 0", "z=2 -1h", "t=3 4"], Ok(&[(1, 1, Some(-3600)), (3, 0, None)]));
    check_times(&["t=1 2", "t=3 4", "r=7d 1h 0", "t=5 6"], Ok(&[(1, 0, None), (3, 1, None), (5, 0, None)]));
    // One for all times, and behind a time without repetition.
    check_times(&["t=1 2", "r=7d 1h 0", "t=3 4", "z=2 1h"], Ok(&[(1, 1, None), (3, 0, Some(3600))]));
}

#[test]
fn rfc8866_9_one_zone_for_one_time_and_behind_its_repetitions() {
    check_times(&["t=1 2", "r=7d 1h 0", "z=2 1h", "z=2 1h"], Err("zone-field repeated at byte 54"));
    check_times(&["t=1 2", "z=2 1h", "r=7d 1h 0"], Err("expected repeat-field at byte 43"));
    check_times(&["z=2 1h", "t=1 2"], Err("expected time-field at byte 36"));
    check_times(&["r=7d 1h 0", "t=1 2"], Err("expected time-field at byte 39"));
    check_times(&["t=1 2", "k=prompt", "t=1 2"], Err("expected time-field at byte 45"));
}

#[test]
fn rfc4566_9_where_lines_are_out_of_order_one_zone_is_for_all_times() {
    let text = "v=0\r\ns=-\r\no=- 1 1 IN IP4 h\r\nt=1 2\r\nr=7d 1h 0\r\nz=2 1h\r\nt=3 4\r\n";
    assert_eq!(SessionDescription::parse(text.into()).map(|read| read.times().count()), Ok(2));
    let twice = format!("{text}z=4 1h\r\n");
    let error = SessionDescription::parse(twice.into()).unwrap_err().to_string();
    assert_eq!(error, "zone-field repeated at byte 61");
}
