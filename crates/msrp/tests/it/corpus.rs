//! A public corpus of MSRP streams: the frames it lists come out under every split it demands.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use grammar::Reading;
use msrp::{Inspector, Limits, Tail};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use simple_im_msrp as msrp;

/// The corpus lies beside the repository and is not part of it.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/msrp")
}

/// Frames with whether they are valid, and how the stream ended, as the corpus writes them.
fn read<'a>(reads: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Value>, bool, &'static str) {
    let mut inspector = Inspector::new(Reading::Lenient, Limits::default());
    let mut frames = Vec::new();
    let mut all_valid = true;
    let mut hash = Sha256::new();
    for read in reads {
        inspector.push(Bytes::copy_from_slice(read));
        while let Ok(Some(frame)) = inspector.next_frame(|piece| hash.update(piece)) {
            let digest = std::mem::take(&mut hash).finalize();
            all_valid &= frame.verdict().is_ok();
            let mut listed = json!({
                "tid": frame.tid(),
                "kind": frame.kind(),
                "flag": frame.flag().as_str(),
                "header_count": frame.header_count(),
                "body_len": frame.body_len(),
            });
            let to: Vec<&str> = frame.to_path().collect();
            let from: Vec<&str> = frame.from_path().collect();
            let sha256: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            for (name, value) in [
                ("method", frame.method().map(Value::from)),
                ("status", frame.status().map(Value::from)),
                ("comment", frame.comment().map(Value::from)),
                ("to_path", (!to.is_empty()).then(|| Value::from(to))),
                ("from_path", (!from.is_empty()).then(|| Value::from(from))),
                ("message_id", frame.message_id().map(Value::from)),
                ("byte_range", frame.byte_range().map(Value::from)),
                ("content_type", frame.content_type().map(Value::from)),
                ("success_report", frame.success_report().map(Value::from)),
                ("failure_report", frame.failure_report().map(Value::from)),
                ("status_header", frame.status_header().map(Value::from)),
                ("body_sha256", frame.has_content().then(|| Value::from(sha256))),
            ] {
                if let Some(value) = value {
                    listed[name] = value;
                }
            }
            frames.push(listed);
        }
    }
    let tail = match inspector.tail() {
        Tail::Empty => "end",
        Tail::Incomplete => "incomplete",
        Tail::Error => "error",
    };
    (frames, all_valid, tail)
}

/// Cut points from a seed: splitmix64.
fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[test]
fn every_stream_gives_its_frames_under_every_split() {
    let folder = folder();
    let Ok(expected) = std::fs::read(folder.join("expected.json")) else {
        eprintln!("SKIPPED: the corpus {} is not there", folder.display());
        return;
    };
    let expected: Value = serde_json::from_slice(&expected).unwrap();
    let cases = expected["cases"].as_array().unwrap();
    assert!(cases.len() >= 71);
    for case in cases {
        let name = case["file"].as_str().unwrap();
        let stream = std::fs::read(folder.join(name)).unwrap();
        let whole = read([&stream[..]]);
        let (frames, all_valid, tail) = &whole;
        let mut wanted = case["frames"].as_array().unwrap().clone();
        for frame in &mut wanted {
            frame.as_object_mut().unwrap().remove("byte_range_disagrees_with_body");
        }
        assert_eq!(frames, &wanted, "{name}");
        assert_eq!(*tail, case["tail"].as_str().unwrap(), "{name}");
        let valid = *all_valid && *tail == "end";
        match case["verdict"].as_str().unwrap() {
            "valid" => assert!(valid, "{name} is refused"),
            "invalid" => assert!(!valid, "{name} is not refused"),
            "tolerate" => {}
            other => panic!("{name}: verdict {other}"),
        }
        assert_eq!(read(stream.chunks(1)), whole, "{name} byte by byte");
        for at in 1..stream.len() {
            let (before, after) = stream.split_at(at);
            assert_eq!(read([before, after]), whole, "{name} split at {at}");
        }
        for seed in 1..=32 {
            let mut state = seed;
            let mut reads = Vec::new();
            let mut rest = &stream[..];
            while !rest.is_empty() {
                let len = usize::try_from(random(&mut state) % 64 + 1).unwrap().min(rest.len());
                let (read, after) = rest.split_at(len);
                reads.push(read);
                rest = after;
            }
            assert_eq!(read(reads), whole, "{name} with seed {seed}");
        }
    }
}
