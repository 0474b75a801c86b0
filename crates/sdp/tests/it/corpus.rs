//! The public corpus of documents with their verdicts, when it is there.

use std::path::Path;

use bytes::Bytes;
use serde_json::Value;
use simple_im_sdp::{Limits, Reading, SessionDescription};

#[test]
fn every_verdict_and_extract_is_right() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/sdp");
    let Ok(expected) = std::fs::read(folder.join("expected.json")) else {
        eprintln!("SKIPPED: the SDP corpus is not at {}; nothing was compared", folder.display());
        return;
    };
    let expected: Value = serde_json::from_slice(&expected).unwrap();
    let cases = expected["cases"].as_array().unwrap();
    let wrong: Vec<String> = cases.iter().filter_map(|case| check(&folder, case)).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(cases.len() > 100, "the corpus shrank to {}", cases.len());
}

/// What is wrong with a case.
fn check(folder: &Path, case: &Value) -> Option<String> {
    let name = case["file"].as_str().unwrap();
    let text = std::fs::read(folder.join(name)).unwrap();
    let read =
        SessionDescription::parse_with(Bytes::from(text.clone()), Reading::Lenient, &Limits::default());
    let fail =
        |what: String| Some(format!("{name} ({}): {what}", case["reason"].as_str().unwrap_or_default()));
    match (case["verdict"].as_str().unwrap(), read) {
        ("invalid", Ok(_)) => fail("was read".to_owned()),
        ("valid", Err(error)) => fail(error.to_string()),
        (_, Err(error)) if error.offset() > text.len() => fail(format!("{error} is outside")),
        (_, Err(_)) => None,
        (_, Ok((document, _))) if document.as_bytes() != &text => fail("does not print as read".to_owned()),
        (_, Ok((document, _))) => {
            let got = extract(&document);
            let want = &case["extract"];
            (!covers(&got, want)).then(|| fail(format!("{got} instead of {want}")))?
        }
    }
}

fn extract(document: &SessionDescription) -> Value {
    let media = document.media().map(|media| {
        serde_json::json!({
            "media": media.media(),
            "port": media.port(),
            "proto": media.proto(),
            "fmts": media.fmts().collect::<Vec<_>>(),
            "direction": media.direction().as_str(),
            "path": media.path().iter().map(|uri| uri.as_str()).collect::<Vec<_>>(),
            "accept_types": media.accept_types().iter().map(|entry| entry.as_str()).collect::<Vec<_>>(),
        })
    });
    serde_json::json!({ "media": media.collect::<Vec<_>>(), "attr_count": document.attr_count() })
}

/// Whether all that is wanted is there, with the same number of list entries.
fn covers(got: &Value, want: &Value) -> bool {
    match (got, want) {
        (Value::Object(got), Value::Object(want)) => {
            want.iter().all(|(key, want)| got.get(key).is_some_and(|got| covers(got, want)))
        }
        (Value::Array(got), Value::Array(want)) => {
            got.len() == want.len() && got.iter().zip(want).all(|(got, want)| covers(got, want))
        }
        (got, want) => got == want,
    }
}
