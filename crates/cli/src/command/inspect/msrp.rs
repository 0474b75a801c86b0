//! Inspects MSRP frames one after the other, as a connection carries them.

use ::msrp::{Flag, FrameView, Inspector, Limits, Tail};
use bytes::Bytes;
use grammar::Reading;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::finding::{self, Fault, Finding, Pardon, Verdict};
use super::pieces;

/// What a stream says.
#[derive(Debug, Serialize)]
pub(super) struct Extract {
    frames: Vec<Frame>,
    /// Octets behind the last whole frame.
    tail: u64,
    tail_state: &'static str,
}

#[derive(Debug, Serialize)]
struct Frame {
    tid: String,
    kind: &'static str,
    method: Option<String>,
    status: Option<u16>,
    comment: Option<String>,
    flag: &'static str,
    header_count: usize,
    to_path: Vec<String>,
    from_path: Vec<String>,
    message_id: Option<String>,
    byte_range: Option<String>,
    content_type: Option<String>,
    success_report: Option<String>,
    failure_report: Option<String>,
    status_header: Option<String>,
    body_len: u64,
    body_sha256: Option<String>,
}

pub(super) fn examine(bytes: &Bytes, feed: usize) -> Finding {
    let mut inspector = Inspector::new(Reading::Lenient, Limits::default());
    let mut walk = Walk { frames: Vec::new(), forgiven: Vec::new(), error: None, hash: Sha256::new() };
    let mut pushed = 0;
    for piece in pieces(bytes, feed) {
        pushed += piece.len();
        inspector.push(piece);
        if !walk.drain(&mut inspector) {
            break;
        }
    }
    let (tail_state, tail_verdict) = match inspector.tail() {
        Tail::Empty => ("empty", Verdict::Valid),
        Tail::Incomplete => ("incomplete", Verdict::Incomplete),
        Tail::Error => ("error", Verdict::Invalid),
    };
    let unfed = u64::try_from(bytes.len() - pushed).unwrap_or(u64::MAX);
    let tail = inspector.tail_octets().saturating_add(unfed);
    let worst = if walk.error.is_some() { Verdict::Invalid } else { Verdict::of(walk.forgiven.is_empty()) };
    Finding {
        verdict: worst.max(tail_verdict),
        error: walk.error,
        forgiven: walk.forgiven,
        answer: None,
        extract: Some(finding::Extract::Msrp(Extract { frames: walk.frames, tail, tail_state })),
    }
}

/// The frames so far.
struct Walk {
    frames: Vec<Frame>,
    forgiven: Vec<Pardon>,
    error: Option<Fault>,
    /// Of the content under way.
    hash: Sha256,
}

impl Walk {
    /// Takes the frames that are whole; `false` once the stream cannot be followed.
    fn drain(&mut self, inspector: &mut Inspector) -> bool {
        loop {
            match inspector.next_frame(|content| self.hash.update(content)) {
                Ok(Some(frame)) => self.take(&frame),
                Ok(None) => return true,
                Err(error) => {
                    self.error.get_or_insert_with(|| error.parse_error().clone().into());
                    return false;
                }
            }
        }
    }

    fn take(&mut self, frame: &FrameView) {
        match frame.verdict() {
            Ok(forgiven) => {
                let start = usize::try_from(frame.head().offset()).unwrap_or(usize::MAX);
                let shifted = forgiven
                    .iter()
                    .map(|one| Pardon { rule: one.rule, offset: one.offset.saturating_add(start) });
                self.forgiven.extend(shifted);
            }
            Err(error) => {
                self.error.get_or_insert_with(|| error.into());
            }
        }
        let hash = self.hash.finalize_reset();
        let hash = frame.has_content().then(|| hash.iter().map(|byte| format!("{byte:02x}")).collect());
        self.frames.push(Frame::of(frame, hash));
    }
}

impl Frame {
    fn of(frame: &FrameView, body_sha256: Option<String>) -> Self {
        let text = |value: Option<&str>| value.map(str::to_owned);
        Self {
            tid: frame.tid().to_owned(),
            kind: frame.kind(),
            method: text(frame.method()),
            status: frame.status(),
            comment: text(frame.comment()),
            flag: match frame.flag() {
                Flag::Last => "$",
                Flag::More => "+",
                Flag::Aborted => "#",
            },
            header_count: frame.header_count(),
            to_path: frame.to_path().map(str::to_owned).collect(),
            from_path: frame.from_path().map(str::to_owned).collect(),
            message_id: text(frame.message_id()),
            byte_range: text(frame.byte_range()),
            content_type: text(frame.content_type()),
            success_report: text(frame.success_report()),
            failure_report: text(frame.failure_report()),
            status_header: text(frame.status_header()),
            body_len: frame.body_len(),
            body_sha256,
        }
    }
}
