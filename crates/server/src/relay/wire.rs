//! The frames the relay writes that carry no stream: responses, reports, and requests passed on whole.

use bytes::{Bytes, BytesMut};
use grammar::ByteStr;
use msrp::{ByteRange, Flag, FrameWriter, Head, HeaderName, StatusCode, Tid};

use super::stream::{Origin, is_rewritten};

/// The way a response takes, and what it answers.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) tid: Tid,
    pub(super) to_path: ByteStr,
    pub(super) from_path: ByteStr,
}

impl Reply {
    /// The response to a request: to the previous hop for SEND, all the way for others (RFC 4975 §7.2).
    pub(super) fn to(head: &Head) -> Option<Self> {
        let back = head.from_path().ok()?;
        let to_path = if head.method() == Some(&msrp::Method::Send) { back.first() } else { back.as_str() };
        let from_path = head.to_path().ok()?.first();
        Some(Self { tid: *head.tid(), to_path: to_path.into(), from_path: from_path.into() })
    }

    /// Writes it.
    pub(super) fn write(&self, status: StatusCode, headers: &[(&str, &str)]) -> Option<Bytes> {
        let writer = FrameWriter::response(self.tid, status, self.to_path.as_str(), self.from_path.as_str());
        finished(&writer.others(headers), b"")
    }

    /// Writes the response of the next hop to a request that was passed on, with `from_path` in front of its own.
    pub(super) fn pass_on(&self, response: &Head) -> Option<Bytes> {
        let status = response.status()?;
        let behind = response.from_path().map(|path| path.as_str()).unwrap_or_default();
        let from_path = format!("{} {behind}", self.from_path);
        let headers: Vec<_> = passed_on(response.text()).collect();
        let writer = FrameWriter::response(self.tid, status, self.to_path.as_str(), from_path.trim_end());
        finished(&writer.others(&headers), b"")
    }
}

/// The REPORT about a chunk that did not get through (RFC 4976 §6.4.1). `None` if it cannot name its message.
pub(super) fn report(
    tid: Tid,
    origin: &Origin,
    range: Option<ByteRange>,
    status: StatusCode,
) -> Option<Bytes> {
    let message_id = origin.message_id.as_ref()?;
    let status = msrp::Status { namespace: 0, code: status, comment: status.comment() };
    let mut writer = FrameWriter::request(tid, "REPORT", origin.to_path.as_str(), origin.from_path.as_str())
        .message_id(message_id)
        .status(status);
    if let Some(range) = range {
        writer = writer.byte_range(range);
    }
    finished(&writer, b"")
}

/// A request that is passed on whole, under a transaction id of its own.
pub(super) fn request(tid: Tid, head: &Head, to_path: &str, from_path: &str, body: &[u8]) -> Option<Bytes> {
    let method = head.method()?.as_str();
    let headers: Vec<_> = passed_on(head.text()).collect();
    let mut writer = FrameWriter::request(tid, method, to_path, from_path).others(&headers);
    if let Some(range) = head.byte_range().ok()? {
        writer = writer.byte_range(range);
    }
    if head.has_content() {
        writer = writer.content_type(head.content_type()?);
    }
    finished(&writer, body)
}

/// The header lines of a head that the next hop gets as they are.
pub(super) fn passed_on(head: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
    lines
        .filter(|(name, _)| !HeaderName::parse(name).is_some_and(is_rewritten))
        .map(|(name, value)| (name, value.trim_matches([' ', '\t'])))
}

fn finished(writer: &FrameWriter<'_>, body: &[u8]) -> Option<Bytes> {
    let mut out = BytesMut::new();
    // The values are ours or were read from a frame, where none could hold a line end.
    writer.write_head(&mut out).ok()?;
    out.extend_from_slice(body);
    writer.write_end(Flag::Last, &mut out);
    Some(out.freeze())
}
