//! What reading and writing allocate: the index once, and nothing.

use bytes::{Bytes, BytesMut};
use simple_im_sdp::attribute::{AcceptTypes, Direction, MaxSize, Path, Setup};
use simple_im_sdp::line::Origin;
use simple_im_sdp::offer_answer::MessageLineRef;
use simple_im_sdp::{Dialect, FileOffer, SessionDescription, Writer};

const FILE: &str = "v=0\r\no=- 7 7 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n\
    m=message 2855 TCP/MSRP *\r\na=sendonly\r\na=path:msrp://198.51.100.7:2855/Zc4Xn8Qe;tcp\r\n\
    a=file-selector:name:\"lake view.jpg\" type:image/jpeg size:5000\r\na=filename:lake view.jpg\r\n";

#[test]
fn a_document_costs_at_most_one_allocation() {
    let long =
        FILE.to_owned() + &"a=candidate:1 1 UDP 2113667327 203.0.113.1 54400 typ host\r\n".repeat(1000);
    let short_lines = FILE.to_owned() + &"a=x\n".repeat(5000);
    for text in [FILE.to_owned(), long, short_lines] {
        // Text of a `Vec` with room to spare becomes shared at its first clone; that is the caller's.
        let bytes = Bytes::from(text.into_boxed_str().into_boxed_bytes());
        drop(bytes.clone());
        let measured = allocation_counter::measure(|| {
            let document = SessionDescription::parse(bytes.clone()).unwrap();
            assert_eq!(document.media().next().unwrap().direction(), Direction::SendOnly);
        });
        // One for the index, and one for the list of what was forgiven where there is something.
        let forgiven = u64::from(bytes.ends_with(b"x\n"));
        assert_eq!(measured.count_total, 1 + forgiven);
    }
}

#[test]
fn a_document_with_its_file_typed_costs_no_other_allocation() {
    let text = FILE.replace("t=0 0\r\n", "t=0 0\r\nr=7d 1h 0 25h\r\nz=3730928400 -1h\r\n")
        + "a=accept-types:message/cpim image/jpeg\r\na=setup:actpass\r\na=filetype:image/jpeg\r\na=filesize:5000\r\n\
           a=hash:SHA e6937aa016bc06eda81d3b227fffde825d881ce5\r\na=disposition:inline\r\na=icon:cid:a@b\r\n\
           a=file-icon:cid:a@b\r\na=file-range:1-*\r\na=file-date:read:\"Mon, 15 May 2006 15:01:31 +0300\"\r\n\
           a=file-transfer-id:x\r\na=file-disposition:render\r\n";
    let text = text.replace(
        " size:5000",
        " size:5000 hash:sha-1:E6:93:7A:A0:16:BC:06:ED:A8:1D:3B:22:7F:FF:DE:82:5D:88:1C:E5",
    );
    let bytes = Bytes::from(text.into_boxed_str().into_boxed_bytes());
    drop(bytes.clone());
    let measured = allocation_counter::measure(|| {
        let document = SessionDescription::parse(bytes.clone()).unwrap();
        assert_eq!(document.times().next().unwrap().repeats().next().unwrap().offsets().count(), 2);
        assert_eq!(document.zone().unwrap().adjustments().count(), 1);
        let media = document.media().next().unwrap();
        assert_eq!((media.direction(), media.setup()), (Direction::SendOnly, Some(Setup::ActPass)));
        assert_eq!(media.typed::<Path<'_>>().unwrap().unwrap().uris().count(), 1);
        assert_eq!(media.typed::<AcceptTypes<'_>>().unwrap().unwrap().entries().count(), 2);
        let file = media.file_ref().unwrap();
        assert_eq!((file.size, file.dialect), (Some(5000), Dialect::Dual));
        assert_eq!(file.disagreement(&media), None);
        assert_eq!(file.sha1.map(|digest| digest[0]), Some(0xe6));
        assert!(file.icon.is_some() && file.range.is_some() && file.read.is_some());
        assert!(file.transfer_id.is_some() && file.disposition.is_some());
        assert_eq!(MessageLineRef::read(&media).unwrap().file, Some(file));
    });
    assert_eq!(measured.count_total, 1);
}

#[test]
fn writing_into_a_buffer_with_room_allocates_nothing() {
    let document = SessionDescription::parse(Bytes::from_static(FILE.as_bytes())).unwrap();
    let file =
        FileOffer::builder("lake view.jpg", 5000).media_type("image/jpeg").sha1([7; 20]).build().unwrap();
    let origin = Origin::new(7, "198.51.100.7");
    let mut out = BytesMut::with_capacity(4096);
    let measured = allocation_counter::measure(|| {
        for _ in 0..3 {
            out.clear();
            let mut writer = Writer::new(&mut out);
            for line in document.lines() {
                writer.raw_line(line.kind, line.value);
            }
            writer.head(&origin).connection("198.51.100.7").media("message", 2855, "TCP/MSRP", "*");
            writer.typed(&Setup::ActPass).typed(&MaxSize(10_000)).direction(Direction::SendOnly);
            file.write(Dialect::Dual, &mut writer);
            assert_eq!(writer.finish(), Ok(()));
        }
    });
    assert_eq!(measured.count_total, 0);
    assert!(out.starts_with(FILE.as_bytes()));
}
