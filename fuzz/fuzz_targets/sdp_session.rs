//! No document makes the reader panic; what is read prints as it was read, every offset lies in the text, and what is read strictly is read leniently without anything forgiven.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sdp::{Limits, Reading, SessionDescription};

fuzz_target!(|input: &[u8]| {
    let strict = read(input, Reading::Strict);
    let lenient = read(input, Reading::Lenient);
    if strict.is_some() {
        assert_eq!(strict, lenient);
    }
});

fn read(input: &[u8], reading: Reading) -> Option<SessionDescription> {
    let bytes = bytes::Bytes::copy_from_slice(input);
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
        let _ = (media.setup(), media.direction(), media.fingerprints(), media.connection(), media.file());
    }
    assert_eq!(attributes, document.attr_count());
    Some(document)
}
