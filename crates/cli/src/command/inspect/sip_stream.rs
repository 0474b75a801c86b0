//! Inspects SIP messages one after the other, as a TCP connection carries them.

use ::sip::{FrameError, Framer, Limits, Message, Reading, StatusCode};
use bytes::Bytes;
use serde::Serialize;

use super::finding::{self, Fault, Finding, Pardon, Verdict};
use super::{pieces, sip};

/// What a stream says.
#[derive(Debug, Serialize)]
pub(super) struct Extract {
    messages: Vec<One>,
    /// Bytes behind the last whole message, keep-alives left out.
    tail: usize,
    tail_state: &'static str,
}

/// One whole message.
#[derive(Debug, Serialize)]
struct One {
    verdict: Verdict,
    error: Option<Fault>,
    answer: Option<u16>,
    extract: sip::Extract,
}

pub(super) fn examine(bytes: &Bytes, feed: usize) -> Finding {
    let mut framer = Framer::new(Reading::Lenient, Limits::new());
    let mut walk = Walk { messages: Vec::new(), forgiven: Vec::new(), error: None, end: 0 };
    let mut broken = None;
    for piece in pieces(bytes, feed) {
        framer.push(piece);
        broken = walk.drain(bytes, &mut framer).err();
        if broken.is_some() {
            break;
        }
    }
    walk.end += leading_line_ends(bytes.get(walk.end..).unwrap_or_default());
    walk.finish(bytes, broken)
}

/// The messages so far.
struct Walk {
    messages: Vec<One>,
    forgiven: Vec<Pardon>,
    /// The first error of a message.
    error: Option<Fault>,
    /// Where the last whole message ends.
    end: usize,
}

impl Walk {
    fn drain(&mut self, bytes: &Bytes, framer: &mut Framer) -> Result<(), FrameError> {
        while let Some(message) = framer.next_message()? {
            let start = self.end + leading_line_ends(bytes.get(self.end..).unwrap_or_default());
            self.end = start + message.as_bytes().len();
            self.take(&message, framer, start);
        }
        Ok(())
    }

    fn take(&mut self, message: &Message, framer: &Framer, start: usize) {
        let mut forgiven = framer.forgiven().to_vec();
        let error = match message.check(Reading::Lenient) {
            Ok(mut more) => {
                forgiven.append(&mut more);
                None
            }
            Err(error) => Some(Fault::from(error.shifted(start))),
        };
        if self.error.is_none() {
            self.error.clone_from(&error);
        }
        self.messages.push(One {
            verdict: if error.is_some() { Verdict::Invalid } else { Verdict::of(forgiven.is_empty()) },
            error,
            answer: message.answer().map(StatusCode::as_u16),
            extract: sip::Extract::of(message, 0),
        });
        let shifted = forgiven.iter().map(|one| Pardon { rule: one.rule, offset: one.offset + start });
        self.forgiven.extend(shifted);
    }

    fn finish(self, bytes: &Bytes, broken: Option<FrameError>) -> Finding {
        let tail = bytes.len().saturating_sub(self.end);
        let (tail_state, tail_verdict) = match (&broken, tail) {
            (Some(_), _) => ("error", Verdict::Invalid),
            (None, 0) => ("empty", Verdict::Valid),
            (None, _) => ("incomplete", Verdict::Incomplete),
        };
        let worst = self.messages.iter().map(|one| one.verdict).max().unwrap_or(Verdict::Valid);
        let answer = broken.as_ref().and_then(FrameError::refusal).map(|refusal| refusal.status().as_u16());
        let error =
            self.error.or_else(|| broken.map(|broken| broken.error().clone().shifted(self.end).into()));
        Finding {
            verdict: worst.max(tail_verdict),
            error,
            forgiven: self.forgiven,
            answer: answer.or_else(|| self.messages.iter().find_map(|one| one.answer)),
            extract: Some(finding::Extract::SipStream(Extract { messages: self.messages, tail, tail_state })),
        }
    }
}

/// Keep-alives between messages, RFC 5626 §3.5.1.
fn leading_line_ends(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let [b'\r', b'\n', after @ ..] | [b'\n', after @ ..] = rest {
        rest = after;
    }
    bytes.len() - rest.len()
}
