//! A file that was read from any attributes is written and read back as the same, in the dialect it came in.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use sdp::{FileOffer, SessionDescription, Writer};

const HEAD: &[u8] = b"v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nc=IN IP4 h\r\nt=0 0\r\nm=message 9 TCP/MSRP *\r\n";

fuzz_target!(|attributes: &[u8]| {
    let Some(read) = file(&[HEAD, attributes].concat()) else { return };
    let mut out = BytesMut::from(HEAD);
    let mut writer = Writer::new(&mut out);
    read.write(read.dialect, &mut writer);
    // A percent-encoded name may hold what the raw one cannot carry.
    if writer.finish().is_err() {
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
});

fn file(document: &[u8]) -> Option<FileOffer> {
    let document = SessionDescription::parse(bytes::Bytes::copy_from_slice(document)).ok()?;
    document.media().next()?.file()
}
