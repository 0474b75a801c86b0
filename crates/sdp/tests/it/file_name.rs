//! The three encodings of one file name, and the values around it, in both dialects.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use simple_im_sdp::file::{Disposition, FileOfferError, FileRange, Hash, name};
use simple_im_sdp::{Dialect, FileOffer, Limits, SessionDescription, Writer};

/// Writes a file into a document and reads it back.
fn round_trip(file: &FileOffer, dialect: Dialect) -> FileOffer {
    let mut out =
        BytesMut::from("v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nc=IN IP4 h\r\nt=0 0\r\nm=message 9 TCP/MSRP *\r\n");
    let mut writer = Writer::new(&mut out);
    file.write(dialect, &mut writer);
    writer.finish().unwrap();
    read(&out.freeze())
}

fn read(bytes: &Bytes) -> FileOffer {
    let document = SessionDescription::parse(bytes.clone()).unwrap();
    document.media().next().unwrap().file().unwrap()
}

/// A file described by these attribute lines.
fn described(attributes: &[&str]) -> Option<FileOffer> {
    let mut text =
        String::from("v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nc=IN IP4 h\r\nt=0 0\r\nm=message 9 TCP/MSRP *\r\n");
    for attribute in attributes {
        text.push_str(&format!("a={attribute}\r\n"));
    }
    SessionDescription::parse(text.into()).unwrap().media().next().unwrap().file()
}

/// Texts with a taste for what needs an escape.
fn any_name() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "%", "\"", "/", "\\", "%2", "%41", " ", ";", ":", "\u{301}", "日本", "\t", "=",
    ]);
    prop::collection::vec(prop_oneof![odd.prop_map(str::to_owned), any::<String>()], 1..6)
        .prop_map(|parts| parts.concat())
        .prop_filter("a file has a name", |name| !name.is_empty())
}

proptest! {
    #[test]
    fn rfc5547_6_every_unicode_name_round_trips_percent_encoded(name in any_name()) {
        let encoded = name::percent_encoded(&name).to_string();
        prop_assert!(!encoded.contains(['"', '/', '\\', '\r', '\n', '\0']));
        prop_assert_eq!(name::percent_decoded(encoded.as_bytes()), name.as_str());
        let file = FileOffer::builder(name.as_str(), 1).build().unwrap();
        let read = round_trip(&file, Dialect::Rfc5547);
        prop_assert_eq!(read.name.as_deref(), Some(&*name));
    }

    #[test]
    fn draft_5_every_carriable_name_round_trips_raw(name in any_name()) {
        let name = name::carriable(&name).into_owned();
        let file = FileOffer::builder(name.as_str(), 1).build().unwrap();
        let read = round_trip(&file, Dialect::Legacy);
        prop_assert_eq!(read.name.as_deref(), Some(&*name));
        let dual = round_trip(&file, Dialect::Dual);
        prop_assert_eq!((dual.name.as_deref(), dual.disagreement), (Some(&*name), None));
    }

    #[test]
    fn rfc2183_2_every_carriable_name_round_trips_quoted(name in any_name()) {
        let name = name::carriable(&name).into_owned();
        let quoted = name::quoted_string(&name).unwrap();
        prop_assert_eq!(name::unquoted(&quoted), name.as_str());
    }

    /// From each of the three to each other, over the name they stand for.
    #[test]
    fn seed_the_three_encodings_of_a_name_say_the_same(name in any_name()) {
        let carried = name::carriable(&name).into_owned();
        let percent = name::percent_encoded(&carried).to_string();
        let quoted = name::quoted_string(&carried).unwrap();
        let raw = carried.as_str();
        prop_assert_eq!(&*name::percent_decoded(percent.as_bytes()), raw);
        prop_assert_eq!(name::percent_encoded(&name::unquoted(&quoted)).to_string(), percent.as_str());
        prop_assert_eq!(
            &name::quoted_string(&name::percent_decoded(percent.as_bytes())).unwrap(),
            &quoted
        );
        // What the raw and the quoted form cannot carry is refused by them, and never written otherwise.
        let hard = name.contains(['\r', '\n', '\0']);
        prop_assert_eq!(name::quoted_string(&name).is_err(), hard);
        let mut out = BytesMut::new();
        let mut writer = Writer::new(&mut out);
        FileOffer::builder(name.as_str(), 1).build().unwrap().write(Dialect::Legacy, &mut writer);
        prop_assert_eq!(writer.finish().is_err(), hard);
    }

    #[test]
    fn every_file_round_trips_in_every_dialect(
        name in any_name(),
        size in 0..=u64::MAX / 2,
        subtype in "[a-z][a-z0-9.+-]{0,10}",
        param in prop::option::of(("[a-z]{1,8}", "[^\r\n\0]{1,12}")),
        sha1 in prop::option::of(any::<[u8; 20]>()),
        sha256 in any::<[u8; 32]>(),
        id in "[A-Za-z0-9]{32}",
        icon in prop::option::of("[A-Za-z0-9.%+-]{1,20}@[a-z0-9.-]{1,20}"),
        disposition in prop::option::of(prop::sample::select(vec![
            Disposition::Render, Disposition::Attachment, Disposition::Other("x-late".into()),
        ])),
        range in prop::option::of(1..1000_u64),
    ) {
        let name = name::carriable(&name).into_owned();
        let mut media_type = format!("application/{subtype}");
        if let Some((key, value)) = &param {
            media_type.push_str(&format!(";{key}={}", name::quoted_string(value).unwrap()));
        }
        let mut builder = FileOffer::builder(name.as_str(), size).media_type(media_type).transfer_id(id);
        if let Some(sha1) = sha1 {
            builder = builder.sha1(sha1).sha256(sha256);
        }
        if let Some(icon) = icon {
            builder = builder.icon(icon);
        }
        if let Some(disposition) = disposition {
            builder = builder.disposition(disposition);
        }
        if let Some(start) = range {
            builder = builder.range(FileRange::from(start));
        }
        let file = builder.creation_date("Sun, 01 Mar 2026 18:04:11 +0200").build().unwrap();
        for dialect in [Dialect::Legacy, Dialect::Rfc5547, Dialect::Dual] {
            let read = round_trip(&file, dialect);
            prop_assert_eq!(read.dialect, dialect);
            prop_assert_eq!(file.compare(&read), None);
            prop_assert_eq!(read.disagreement, None);
            prop_assert_eq!((&read.name, &read.disposition, &read.icon), (&file.name, &file.disposition, &file.icon));
            let sized = size > 0 || dialect.has_legacy();
            prop_assert_eq!(read.size, sized.then_some(size));
            prop_assert_eq!(read.sha1(), file.sha1());
            if dialect.has_rfc5547() {
                prop_assert_eq!((&read.hashes, &read.transfer_id), (&file.hashes, &file.transfer_id));
                prop_assert_eq!((&read.range, &read.dates), (&file.range, &file.dates));
            }
            // Reading is a projection: what was read is written and read as the same.
            prop_assert_eq!(round_trip(&read, dialect), read);
        }
    }
}

#[test]
fn rfc5547_6_selectors_in_any_order_and_with_several_hashes() {
    let file = described(&[
        "file-selector:hash:sha-256:00:FF size:7 hash:SHA1:0a:0b type:text/plain;charset=\"utf-8\";x=\"%22;%25\" \
         x-new:\"a b\" name:\"a b%2Fc.txt\"",
    ])
    .unwrap();
    assert_eq!(file.name.as_deref(), Some("a b/c.txt"));
    assert_eq!(file.media_type.as_deref(), Some("text/plain;charset=utf-8;x=\"\\\";%\""));
    assert_eq!(file.size, Some(7));
    let hashes: Vec<String> = file.hashes.iter().map(Hash::to_string).collect();
    assert_eq!(hashes, ["sha-256:00:FF", "sha-1:0A:0B"]);
}

#[test]
fn a_broken_selector_does_not_take_the_others_with_it() {
    let file = described(&["file-selector:size:12x type:image/png name:\"open"]).unwrap();
    assert_eq!((file.name, file.size), (None, None));
    assert_eq!(file.media_type.as_deref(), Some("image/png"));
    let file = described(&["file-selector:name:\"a\" name:\"b\" size:1 size:2"]).unwrap();
    assert_eq!((file.name.as_deref(), file.size), (Some("a"), Some(1)));
    let file = described(&["file-selector:type:text/plain;x=\"%0D%0AEvil: 1\" size:0"]).unwrap();
    assert_eq!((file.media_type, file.size), (None, Some(0)));
}

#[test]
fn draft_5_values_as_peers_write_them() {
    let file = described(&[
        "filename:\"quoted name.txt\"",
        "filetype: Text/Plain ; charset=\"utf-8\"",
        "filesize:0034",
        "disposition:INLINE",
        "icon:CID:a%40b%25@host",
        "hash:sha1 AA:bb:0C",
        "creation-date:Sun, 01 Mar 2026 18:04:11 +0200",
    ])
    .unwrap();
    assert_eq!(file.name.as_deref(), Some("\"quoted name.txt\""));
    assert_eq!(file.display_name(), Some("quoted name.txt"));
    assert_eq!(file.media_type.as_deref(), Some("Text/Plain ; charset=\"utf-8\""));
    assert_eq!(file.size, Some(34));
    assert_eq!(file.disposition, Some(Disposition::Render));
    assert_eq!(file.icon.as_deref(), Some("a@b%@host"));
    assert_eq!(file.hashes[0].to_string(), "sha-1:AA:BB:0C");
    assert_eq!(file.dates.creation.as_deref(), Some("Sun, 01 Mar 2026 18:04:11 +0200"));
    assert_eq!(file.dialect, Dialect::Legacy);
    for size in ["-1", "+1", "1.5", "9223372036854775808", ""] {
        assert_eq!(described(&["filename:x", &format!("filesize:{size}")]).unwrap().size, None, "{size:?}");
    }
}

#[test]
fn draft_of_october_2006_selector_with_the_old_disposition_and_icon() {
    let file = described(&[
        "file-selector:name:\"a.jpg\" type:image/jpeg size:9 hash:sha-1:AB",
        "disposition:attachment",
        "icon:cid:i@h",
        "byte-range:3-9",
    ])
    .unwrap();
    assert_eq!(file.dialect, Dialect::Rfc5547);
    assert_eq!(file.disposition, Some(Disposition::Attachment));
    assert_eq!(file.icon.as_deref(), Some("i@h"));
    assert_eq!(file.range.map(|range| (range.start, range.stop)), Some((3, Some(9))));
}

#[test]
fn seed_dialects_rfc5547_wins_and_the_disagreement_is_reported() {
    let file = described(&[
        "file-selector:name:\"new.txt\" size:2 type:text/plain hash:sha-1:AA",
        "filename:old.txt",
        "filesize:2",
        "filetype:TEXT/plain",
        "hash:SHA bb",
        "disposition:inline",
    ])
    .unwrap();
    let disagreement = file.disagreement.unwrap();
    assert!(disagreement.name && disagreement.hash && !disagreement.size && !disagreement.media_type);
    assert_eq!(file.name.as_deref(), Some("new.txt"));
    assert_eq!(file.hashes[0].to_string(), "sha-1:AA");
    assert_eq!(file.disposition, Some(Disposition::Render));
}

#[test]
fn rfc2045_5_parameters_of_a_type_have_no_order() {
    let compare = |one: &str, other: &str| {
        let file =
            |media_type: &str| FileOffer::builder("a", 3).media_type(media_type.to_owned()).build().unwrap();
        file(one).compare(&file(other)).is_none()
    };
    assert!(compare("text/plain;charset=utf-8;format=flowed", "text/plain;Format=flowed;charset=\"utf-8\""));
    assert!(compare("text/plain;charset=utf-8;a=\"\"", "TEXT/plain; charset=utf-8"));
    assert!(!compare("text/plain;charset=utf-8;format=flowed", "text/plain;charset=flowed;format=utf-8"));
    assert!(!compare("text/plain;charset=utf-8;charset=utf-8", "text/plain;charset=utf-8;format=flowed"));
}

#[test]
fn draft_5_quotes_around_a_legacy_name_are_no_disagreement() {
    for (selector, legacy, differs) in [
        ("lake view.jpg", "\"lake view.jpg\"", false),
        ("%22lake view.jpg%22", "\"lake view.jpg\"", false),
        ("lake view.jpg", " \"lake view.jpg\" ", false),
        ("%22lake view.jpg%22", "lake view.jpg", true),
        ("lake view.jpg", "\"lake view.jpg", true),
    ] {
        let attributes =
            [&*format!("file-selector:name:\"{selector}\" size:3"), &*format!("filename:{legacy}")];
        let disagreement = described(&attributes).unwrap().disagreement;
        assert_eq!(disagreement.is_some_and(|found| found.name), differs, "{attributes:?}");
    }
}

#[test]
fn draft_5_quotes_around_a_legacy_name_that_fills_a_gap_are_not_shown() {
    let file = described(&["file-selector:type:image/jpeg size:3", "filename:\"lake view.jpg\""]).unwrap();
    assert_eq!((file.display_name(), file.disagreement), (Some("lake view.jpg"), None));
    assert_eq!(round_trip(&file, Dialect::Dual), file);
    let file = described(&["filename:\"lake view.jpg\""]).unwrap();
    assert_eq!(file.display_name(), Some("lake view.jpg"));
    let file = described(&["file-selector:name:\"%22lake%22\"", "filename:\"lake\""]).unwrap();
    assert_eq!(file.display_name(), Some("\"lake\""));
}

#[test]
fn lines_without_a_file_have_none() {
    assert_eq!(described(&["sendonly", "disposition:inline", "file-transfer-id:x"]), None);
    assert_eq!(described(&["file-selector"]), None);
}

#[test]
fn rfc5547_6_size_0_is_left_out_and_the_draft_writes_it() {
    let empty = FileOffer::builder("empty", 0).build().unwrap();
    assert_eq!(empty.selector(), "name:\"empty\" type:application/octet-stream");
    assert_eq!(round_trip(&empty, Dialect::Legacy).size, Some(0));
}

#[test]
fn a_builder_refuses_what_no_line_can_carry() {
    let base = || FileOffer::builder("a", 1);
    assert_eq!(FileOffer::builder("", 1).build(), Err(FileOfferError::EmptyName));
    assert_eq!(base().media_type("text").build(), Err(FileOfferError::MediaType));
    assert_eq!(base().media_type("text/plain;a=\"\r\nx\"").build(), Err(FileOfferError::MediaType));
    assert_eq!(FileOffer::builder("a", u64::MAX).build(), Err(FileOfferError::Size));
    assert_eq!(base().transfer_id("a b").build(), Err(FileOfferError::Token));
    assert_eq!(base().icon("a>b").build(), Err(FileOfferError::Icon));
    assert_eq!(base().creation_date("x\"y").build(), Err(FileOfferError::Date));
    assert_eq!(base().sha256([0; 32]).build(), Err(FileOfferError::HashWithoutSha1));
}

#[test]
fn digests_are_kept_up_to_a_limit() {
    let most = Limits::default().max_hashes;
    let lines: Vec<String> = (0..most + 3).map(|i| format!("hash:x{i} ab")).collect();
    let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    lines.push("hash:SHA e6937aa016bc06eda81d3b227fffde825d881ce5");
    let file = described(&lines).unwrap();
    assert_eq!(file.hashes.len(), most + 1);
    assert!(file.sha1().is_some());
}

#[test]
fn a_digest_of_the_same_function_counts_once_in_whatever_letter_case() {
    let file = described(&["hash:MD5 ab", "hash:md5 cd", "hash:Md5 ef"]).unwrap();
    let kept: Vec<(&str, &[u8])> =
        file.hashes.iter().map(|hash| (hash.algorithm.as_str(), &*hash.bytes)).collect();
    assert_eq!(kept, [("md5", &[0xab][..])]);
}
