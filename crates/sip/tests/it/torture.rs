//! The messages of RFC 4475 and RFC 5118, each with what became of it beside it.
//!
//! `tests/corpus/torture/valid` are accepted, `refused` are well formed and refused by a user agent, `invalid`
//! are not accepted. `UPDATE_EXPECT=1` rewrites the dumps.

use std::fmt::Write as _;
use std::path::Path;

use expect_test::expect_file;
use simple_im_sip::{Limits, Message, Reading, Refusal};

fn dump(octets: &[u8]) -> String {
    let mut out = String::new();
    match Message::parse_with(octets.to_vec().into(), Reading::Lenient, &Limits::default()) {
        Err(error) => {
            let answer = Refusal::of_bytes(octets, &error).map(|refusal| refusal.status());
            writeln!(out, "invalid, answer {answer:?}\n{}", error.caret(octets)).unwrap();
        }
        Ok((message, mut forgiven)) => {
            let answer = message.answer();
            match message.check(Reading::Lenient) {
                Err(error) => {
                    writeln!(out, "invalid, answer {answer:?}\n{}", error.caret(message.as_bytes())).unwrap();
                }
                Ok(more) => {
                    forgiven.extend(more);
                    let verdict = if answer.is_some() { "refused" } else { "valid" };
                    writeln!(out, "{verdict}, answer {answer:?}").unwrap();
                    for departure in forgiven {
                        writeln!(out, "forgiven: {} at byte {}", departure.rule, departure.offset).unwrap();
                    }
                    describe(&mut out, &message);
                }
            }
        }
    }
    out.lines().map(str::trim_end).collect::<Vec<_>>().join("\n") + "\n"
}

/// The typed values of a message that passed its check.
fn describe(out: &mut String, message: &Message) {
    match message {
        Message::Request(request) => {
            writeln!(out, "request {} {:?}", request.method(), request.uri().unwrap()).unwrap();
        }
        Message::Response(response) => {
            writeln!(out, "response {} {:?}", response.status(), response.reason()).unwrap();
        }
    }
    for via in message.vias() {
        let via = via.unwrap();
        writeln!(
            out,
            "via {} {} branch {:?} received {:?}",
            via.transport,
            via.sent_by,
            via.branch(),
            via.received()
        )
        .unwrap();
    }
    for (label, party) in [("from", message.from().unwrap()), ("to", message.to().unwrap())] {
        writeln!(
            out,
            "{label} {:?} {:?} {}",
            party.display_name(),
            party.uri,
            party.params.as_str().escape_debug()
        )
        .unwrap();
    }
    for contact in message.contacts() {
        let contact = contact.unwrap();
        writeln!(out, "contact {:?} {}", contact.uri_text(), contact.params().as_str().escape_debug())
            .unwrap();
    }
    writeln!(out, "call-id {:?}", message.call_id().unwrap()).unwrap();
    writeln!(out, "cseq {}", message.cseq().unwrap()).unwrap();
    for header in message.headers().iter() {
        let name = header.name.map_or("-", |name| name.as_str());
        writeln!(out, "header {} ({name}) {:?}", header.raw_name, header.unfolded()).unwrap();
    }
    writeln!(out, "body {} bytes", message.body().len()).unwrap();
}

#[test]
fn rfc4475_and_rfc5118_verdicts_and_dumps() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/torture");
    let mut count = 0;
    for verdict in ["valid", "refused", "invalid"] {
        for entry in std::fs::read_dir(root.join(verdict)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "dat") {
                let dumped = dump(&std::fs::read(&path).unwrap());
                assert!(dumped.starts_with(verdict), "{}: {dumped}", path.display());
                expect_file![path.with_extension("txt")].assert_eq(&dumped);
                count += 1;
            }
        }
    }
    assert_eq!(count, 62);
}
