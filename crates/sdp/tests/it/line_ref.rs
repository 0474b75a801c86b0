//! A line seen in place says what its getters say, whatever stands in which order and however often.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use simple_im_sdp::attribute::{AcceptTypes, MsrpCema, Path};
use simple_im_sdp::offer_answer::{Breach, MessageLineRef, Proto};
use simple_im_sdp::{FileOffer, FileOfferRef, Leniency, Reading, SessionDescription};

/// Lines of a session or of a media description, readable or not.
const LINES: [&str; 42] = [
    "a=path:msrp://192.0.2.1:2855/x;tcp",
    "a=path:msrp://r.example:1/y;tcp msrp://[2001:db8::1]:2/z;tcp",
    "a=path:sip:x",
    "a=path",
    "a=setup:passive",
    "a=setup:ACTPASS",
    "a=setup:x",
    "a=sendonly",
    "a=recvonly",
    "a=inactive:x",
    "a=accept-types:* text/plain",
    "a=accept-types:x",
    "a=accept-wrapped-types:text/*",
    "a=accept-wrapped-types:",
    "a=max-size:5000",
    "a=max-size:-1",
    "a=msrp-cema",
    "a=msrp-cema:1",
    "a=fingerprint:SHA-1 E6:93:7A:A0:16:BC:06:ED:A8:1D:3B:22:7F:FF:DE:82:5D:88:1C:E5",
    "a=fingerprint:x",
    "a=file-selector:name:\"a\" size:1",
    "a=file-selector",
    "a=file-transfer-id:x",
    "a=filename:b",
    "a=filesize:2",
    "a=file-selector:type:a/b hash:sha-1:E6:93:7A:A0:16:BC:06:ED:A8:1D:3B:22:7F:FF:DE:82:5D:88:1C:E5",
    "a=file-selector:hash:sha-256:E6:93 size:x",
    "a=file-disposition:render",
    "a=file-icon:cid:a@b",
    "a=file-date:read:\"Mon, 15 May 2006 15:01:31 +0300\"",
    "a=disposition:attachment",
    "a=disposition:",
    "a=filename: ",
    "a=filetype:a/c",
    "a=hash:SHA e6937aa016bc06eda81d3b227fffde825d881ce6",
    "a=hash:SHA e693",
    "a=hash:MD5 e693",
    "a=hash:Md5 e694",
    "a=icon:cid:c@d",
    "a=x-pathological:1",
    "a=msrp-cemax",
    "a=Path:msrp://192.0.2.9:9/x;tcp",
];

fn document(session: &[&str], media: &str, own: &[&str]) -> SessionDescription {
    let head = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";
    let lines = |lines: &[&str]| lines.iter().map(|line| format!("{line}\r\n")).collect::<String>();
    let text = format!("{head}{}{media}\r\n{}", lines(session), lines(own));
    SessionDescription::parse(Bytes::from(text)).unwrap()
}

proptest! {
    #[test]
    fn a_line_in_place_says_what_its_getters_say(
        session in vec(select(&LINES[..]), 0..4),
        media in select(&["m=message 9 TCP/MSRP *", "m=MESSAGE 0 tcp/tls/msrp *", "m=audio 9 TCP/MSRP *"][..]),
        connection in select(&[None, Some("i=a b\r\nc=IN IP6 2001:db8::1"), Some("i=c")][..]),
        own in vec(select(&LINES[..]), 0..16),
    ) {
        let own: Vec<&str> = connection.into_iter().chain(own).collect();
        let document = document(&session, media, &own);
        let media = document.media().next().unwrap();
        let types = media.typed::<AcceptTypes<'_>>();
        let expected = match media.typed::<Path<'_>>() {
            _ if !media.is_msrp() => Err(Breach::NotMsrp),
            None => Err(Breach::NoPath),
            Some(Err(_)) => Err(Breach::Path),
            Some(Ok(_)) if matches!(types, Some(Err(_))) => Err(Breach::AcceptTypes),
            Some(Ok(path)) => Ok(path),
        };
        let line = MessageLineRef::read(&media);
        prop_assert_eq!(line.as_ref().map(|line| line.path), expected.as_ref().copied());
        let Ok(line) = line else { return Ok(()) };
        prop_assert_eq!(line.port, media.port());
        prop_assert_eq!(Some(line.host), media.connection().map(|connection| connection.address));
        prop_assert_eq!(line.proto == Proto::Tls, media.is_msrp_tls());
        prop_assert_eq!(line.accept_types, types.and_then(Result::ok));
        prop_assert_eq!(line.max_size, media.max_size());
        prop_assert_eq!(line.setup, media.setup());
        prop_assert_eq!(line.direction, media.direction());
        prop_assert_eq!(line.title, media.title());
        let whole = FileOfferRef::read_with(&media, &mut Leniency::new(Reading::Lenient)).unwrap();
        prop_assert_eq!(&media.file_ref(), &whole, "what is read as far as needed, and what is read whole");
        prop_assert_eq!(&line.file, &whole);
        prop_assert_eq!(&line.fingerprints, &media.fingerprints());
        prop_assert_eq!(line.cema, media.typed::<MsrpCema>().is_some_and(|cema| cema.is_ok()));
        let kept = line.share(&media);
        prop_assert_eq!(kept.path, media.path());
        prop_assert_eq!(kept.accept_types, media.accept_types());
        prop_assert_eq!(kept.accept_wrapped_types, media.accept_wrapped_types());
        let whole = FileOffer::read_with(&media, &mut Leniency::new(Reading::Lenient)).unwrap();
        prop_assert_eq!(&kept.file, &whole);
        prop_assert_eq!(media.file(), whole);
    }
}
