//! Examples of the RFCs, named by section.

use simple_im_sdp::attribute::Direction;
use simple_im_sdp::offer_answer::{LineOutcome, OfferedLine, offered, pair};
use simple_im_sdp::{Dialect, ParseError, Reading, SessionDescription};

use crate::document;

const RFC5547_9_1_OFFER: &str = r#"v=0
    o=alice 2890844526 2890844526 IN IP4 alicepc.example.com
    s=
    c=IN IP4 alicepc.example.com
    t=0 0
    m=message 7654 TCP/MSRP *
    i=This is my latest picture
    a=sendonly
    a=accept-types:message/cpim
    a=accept-wrapped-types:*
    a=path:msrp://alicepc.example.com:7654/jshA7we;tcp
    a=file-selector:name:"My cool picture.jpg" type:image/jpeg size:32349 hash:sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E
    a=file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd
    a=file-disposition:attachment
    a=file-date:creation:"Mon, 15 May 2006 15:01:31 +0300"
    a=file-icon:cid:id2@alicepc.example.com
    a=file-range:1-32349"#;

const RFC5547_9_1_ANSWER: &str = r#"v=0
    o=bob 2890844656 2890844656 IN IP4 bobpc.example.com
    s=
    c=IN IP4 bobpc.example.com
    t=0 0
    m=message 8888 TCP/MSRP *
    a=recvonly
    a=accept-types:message/cpim
    a=accept-wrapped-types:*
    a=path:msrp://bobpc.example.com:8888/9di4eae923wzd;tcp
    a=file-selector:name:"My cool picture.jpg" type:image/jpeg size:32349 hash:sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E
    a=file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd
    a=file-range:1-32349"#;

#[test]
fn rfc5547_9_1_offerer_sends_a_file() {
    let (offer, answer) = (document(RFC5547_9_1_OFFER), document(RFC5547_9_1_ANSWER));
    let file = offer.media().next().unwrap().file().unwrap();
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

    let outcomes = pair(&offer, &answer).unwrap();
    let [LineOutcome::Accepted(peer)] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert!(peer.describes_files);
    assert_eq!((peer.direction, peer.disagreement), (Direction::SendOnly, None));
    assert_eq!(peer.line.next_hop(), Some(("bobpc.example.com", Some(8888))));
}

#[test]
fn rfc5547_9_2_offerer_asks_for_a_file() {
    let offer = document(
        "v=0
        o=alice 2890844526 2890844526 IN IP4 alicepc.example.com
        s=
        c=IN IP4 alicepc.example.com
        t=0 0
        m=message 7654 TCP/MSRP *
        a=recvonly
        a=accept-types:message/cpim
        a=accept-wrapped-types:*
        a=path:msrp://alicepc.example.com:7654/jshA7we;tcp
        a=file-selector:hash:sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E
        a=file-transfer-id:aCQYuBRVoUPGVsFZkCK98vzcX2FXDIk2",
    );
    let lines = offered(&offer);
    let [OfferedLine::Message(line)] = &lines[..] else { panic!("{lines:?}") };
    let file = line.file.as_ref().unwrap();
    assert!(!line.direction.sends());
    assert_eq!((file.name.as_ref(), file.size), (None, None));
    assert!(file.sha1().is_some());
}

#[test]
fn rfc5547_9_3_a_bare_selector_says_only_that_files_are_known() {
    let answer = document(
        "v=0
        o=bob 2890844523 2890844523 IN IP4 bobpc.example.com
        s=-
        c=IN IP4 bobpc.example.com
        t=0 0
        m=message 0 TCP/MSRP *
        a=accept-types:message/cpim
        a=accept-wrapped-types:*
        a=file-selector",
    );
    let media = answer.media().next().unwrap();
    assert!(media.knows_files());
    assert_eq!(media.file(), None);
    assert_eq!(offered(&answer), [OfferedLine::Closed]);
}

#[test]
fn rfc4975_11_1_an_im_session_without_direction_and_setup() {
    let read = document(
        "v=0
        o=alice 2890844557 2890844559 IN IP4 alicepc.example.com
        s= -
        c=IN IP4 alicepc.example.com
        t=0 0
        m=message 7777 TCP/MSRP *
        a=accept-types:text/plain
        a=path:msrp://alicepc.example.com:7777/iau39soe2843z;tcp",
    );
    let media = read.media().next().unwrap();
    assert_eq!((media.direction(), media.setup()), (Direction::SendRecv, None));
    assert_eq!(media.path(), ["msrp://alicepc.example.com:7777/iau39soe2843z;tcp"]);
    assert_eq!(media.accept_types(), ["text/plain"]);
    assert_eq!(read.session_name(), " -");
    let lines = offered(&read);
    let [OfferedLine::Message(line)] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((line.host.as_str(), line.port), ("alicepc.example.com", 7777));
}

#[test]
fn rfc3264_10_1_audio_and_video_are_foreign() {
    let read = document(
        "v=0
        o=alice 2890844526 2890844526 IN IP4 host.anywhere.com
        s=
        c=IN IP4 host.anywhere.com
        t=0 0
        m=audio 49170 RTP/AVP 0
        a=rtpmap:0 PCMU/8000
        m=video 51372 RTP/AVP 31
        a=rtpmap:31 H261/90000
        m=video 53000 RTP/AVP 32
        a=rtpmap:32 MPV/90000",
    );
    assert_eq!(offered(&read), [OfferedLine::Foreign, OfferedLine::Foreign, OfferedLine::Foreign]);
    assert_eq!(read.attr_count(), 3);
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
        k=prompt\r\n\
        a=recvonly\r\n\
        m=audio 49170 RTP/AVP 0\r\n\
        m=audio 49180/2 RTP/AVP 0 8\r\n\
        m=video 51372 RTP/AVP 99\r\n\
        i=the camera\r\n\
        c=IN IP6 2001:db8::2\r\n\
        b=TIAS:64000\r\n\
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
    // A session-level direction is the default of every line.
    assert_eq!(media[2].direction(), Direction::RecvOnly);
    Ok(())
}
