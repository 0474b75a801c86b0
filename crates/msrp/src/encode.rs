//! `FrameWriter`: the header block and the end-line of a frame, RFC 4975 §7.1 and §9.

use bytes::{BufMut, BytesMut};

use crate::framer::first_control;
use crate::header::{ByteRange, FailureReport, Status};
use crate::{Flag, StatusCode, Tid, Uri};

/// A value that cannot be put on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{header} cannot carry a control character")]
pub struct EncodeError {
    /// The header field, or the part of the start line.
    header: &'static str,
}

impl EncodeError {
    /// The header field, or the part of the start line, that the value was meant for.
    #[must_use]
    pub const fn header(&self) -> &'static str {
        self.header
    }
}

/// Writes the parts of a frame that are not content, in the order that every known peer reads: To-Path,
/// From-Path, Message-ID, Byte-Range, Success-Report, Failure-Report, Status, others, Content-Disposition,
/// Content-Type.
///
/// The content is not passed through: choose a transaction id that [`Tid::fits`] it, write [`FrameWriter::write_head`], then the content from where it lies,
/// then [`FrameWriter::write_end`].
///
/// ```
/// use bytes::BytesMut;
/// use simple_im_msrp::{ByteRange, Flag, FrameWriter, Tid};
///
/// let content = b"Lunch at noon?";
/// let tid = Tid::parse("q7Zk1mN4c8Wd")?;
/// assert!(tid.fits(content));
/// let frame = FrameWriter::request(tid, "SEND", "msrp://b.example:1/b;tcp", "msrp://a.example:1/a;tcp")
///     .message_id("m5Yt2Hb9Lr0a")
///     .byte_range(ByteRange { start: 1, end: Some(14), total: Some(14) })
///     .content_type("text/plain");
/// let (mut head, mut end) = (BytesMut::new(), BytesMut::new());
/// frame.write_head(&mut head)?;
/// frame.write_end(Flag::Last, &mut end);
/// assert!(head.ends_with(b"Content-Type: text/plain\r\n\r\n"));
/// assert_eq!(&end[..], b"\r\n-------q7Zk1mN4c8Wd$\r\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "nothing is written until `write_head`"]
pub struct FrameWriter<'a> {
    tid: Tid,
    start: Start<'a>,
    to_path: PathText<'a>,
    from_path: PathText<'a>,
    message_id: Option<&'a str>,
    byte_range: Option<ByteRange>,
    success_report: Option<bool>,
    failure_report: Option<FailureReport>,
    status: Option<Status<'a>>,
    others: &'a [(&'a str, &'a str)],
    disposition: Option<&'a str>,
    content_type: Option<&'a str>,
}

#[derive(Debug, Clone, Copy)]
enum Start<'a> {
    Method(&'a str),
    Status(StatusCode, &'a str),
}

/// A path to write: URIs, or the text of a path that was read.
#[derive(Debug, Clone, Copy)]
pub struct PathText<'a>(Text<'a>);

#[derive(Debug, Clone, Copy)]
enum Text<'a> {
    Uris(&'a [Uri]),
    Text(&'a str),
}

impl<'a> From<&'a [Uri]> for PathText<'a> {
    fn from(uris: &'a [Uri]) -> Self {
        Self(Text::Uris(uris))
    }
}

impl<'a> From<&'a Uri> for PathText<'a> {
    fn from(uri: &'a Uri) -> Self {
        Self(Text::Text(uri.as_str()))
    }
}

impl<'a> From<&'a str> for PathText<'a> {
    fn from(text: &'a str) -> Self {
        Self(Text::Text(text))
    }
}

impl<'a> FrameWriter<'a> {
    /// A request of `method`, such as `SEND`.
    pub fn request(
        tid: Tid,
        method: &'a str,
        to_path: impl Into<PathText<'a>>,
        from_path: impl Into<PathText<'a>>,
    ) -> Self {
        Self::new(tid, Start::Method(method), to_path.into(), from_path.into())
    }

    /// A response to the request `tid`; the paths are those of the response.
    pub fn response(
        tid: Tid,
        status: StatusCode,
        to_path: impl Into<PathText<'a>>,
        from_path: impl Into<PathText<'a>>,
    ) -> Self {
        Self::new(tid, Start::Status(status, status.comment()), to_path.into(), from_path.into())
    }

    const fn new(tid: Tid, start: Start<'a>, to_path: PathText<'a>, from_path: PathText<'a>) -> Self {
        Self {
            tid,
            start,
            to_path,
            from_path,
            message_id: None,
            byte_range: None,
            success_report: None,
            failure_report: None,
            status: None,
            others: &[],
            disposition: None,
            content_type: None,
        }
    }

    /// Another comment than the one that belongs to the status code; requests have none.
    pub const fn comment(mut self, comment: &'a str) -> Self {
        if let Start::Status(status, _) = self.start {
            self.start = Start::Status(status, comment);
        }
        self
    }

    /// Message-ID.
    pub const fn message_id(mut self, value: &'a str) -> Self {
        self.message_id = Some(value);
        self
    }

    /// Byte-Range.
    pub const fn byte_range(mut self, value: ByteRange) -> Self {
        self.byte_range = Some(value);
        self
    }

    /// Success-Report.
    pub const fn success_report(mut self, value: bool) -> Self {
        self.success_report = Some(value);
        self
    }

    /// Failure-Report.
    pub const fn failure_report(mut self, value: FailureReport) -> Self {
        self.failure_report = Some(value);
        self
    }

    /// Status.
    pub const fn status(mut self, value: Status<'a>) -> Self {
        self.status = Some(value);
        self
    }

    /// Further header fields, name and value each.
    pub const fn others(mut self, others: &'a [(&'a str, &'a str)]) -> Self {
        self.others = others;
        self
    }

    /// Content-Disposition.
    pub const fn disposition(mut self, value: &'a str) -> Self {
        self.disposition = Some(value);
        self
    }

    /// Content-Type; the frame has content, of no octets perhaps.
    pub const fn content_type(mut self, value: &'a str) -> Self {
        self.content_type = Some(value);
        self
    }

    /// Appends the start line, the header lines and, if there is content, the blank line.
    ///
    /// # Errors
    ///
    /// An [`EncodeError`] if a value has a control character; `out` is as it was then.
    pub fn write_head(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let before = out.len();
        let written = self.write_lines(out);
        if written.is_err() {
            out.truncate(before);
        }
        written
    }

    /// Appends the end-line, with the CRLF before it that ends content.
    pub fn write_end(&self, flag: Flag, out: &mut BytesMut) {
        if self.content_type.is_some() {
            out.put_slice(b"\r\n");
        }
        out.put_slice(b"-------");
        out.put_slice(self.tid.as_bytes());
        out.put_u8(flag.as_byte());
        out.put_slice(b"\r\n");
    }

    fn write_lines(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        out.put_slice(b"MSRP ");
        out.put_slice(self.tid.as_bytes());
        out.put_u8(b' ');
        match self.start {
            Start::Method(method) => put_text(out, "method", method)?,
            Start::Status(status, comment) => {
                put_number(out, status.as_u16().into(), 3);
                if !comment.is_empty() {
                    out.put_u8(b' ');
                    put_text(out, "comment", comment)?;
                }
            }
        }
        out.put_slice(b"\r\n");
        put_path(out, "To-Path", self.to_path)?;
        put_path(out, "From-Path", self.from_path)?;
        if let Some(value) = self.message_id {
            put_header(out, "Message-ID", value)?;
        }
        if let Some(value) = self.byte_range {
            put_byte_range(out, value);
        }
        if let Some(value) = self.success_report {
            put_header(out, "Success-Report", if value { "yes" } else { "no" })?;
        }
        if let Some(value) = self.failure_report {
            put_header(out, "Failure-Report", value.as_str())?;
        }
        if let Some(value) = self.status {
            out.put_slice(b"Status: ");
            put_number(out, value.namespace.into(), 3);
            out.put_u8(b' ');
            put_number(out, value.code.as_u16().into(), 3);
            if !value.comment.is_empty() {
                out.put_u8(b' ');
                put_text(out, "Status", value.comment)?;
            }
            out.put_slice(b"\r\n");
        }
        for (name, value) in self.others {
            if !grammar::CharClass::TOKEN.matches(name.as_bytes()) {
                return Err(EncodeError { header: "header name" });
            }
            out.put_slice(name.as_bytes());
            out.put_slice(b": ");
            put_text(out, "header", value)?;
            out.put_slice(b"\r\n");
        }
        if let Some(value) = self.disposition {
            put_header(out, "Content-Disposition", value)?;
        }
        if let Some(value) = self.content_type {
            put_header(out, "Content-Type", value)?;
            out.put_slice(b"\r\n");
        }
        Ok(())
    }
}

/// Whether a header value can be written: no control character but the tab.
pub(crate) fn check_value(header: &'static str, value: &str) -> Result<(), EncodeError> {
    if first_control(value.as_bytes()).is_some() { Err(EncodeError { header }) } else { Ok(()) }
}

fn put_text(out: &mut BytesMut, header: &'static str, value: &str) -> Result<(), EncodeError> {
    check_value(header, value)?;
    out.put_slice(value.as_bytes());
    Ok(())
}

fn put_header(out: &mut BytesMut, name: &'static str, value: &str) -> Result<(), EncodeError> {
    out.put_slice(name.as_bytes());
    out.put_slice(b": ");
    put_text(out, name, value)?;
    out.put_slice(b"\r\n");
    Ok(())
}

fn put_path(out: &mut BytesMut, name: &'static str, path: PathText<'_>) -> Result<(), EncodeError> {
    out.put_slice(name.as_bytes());
    out.put_u8(b':');
    match path.0 {
        Text::Text(text) => {
            out.put_u8(b' ');
            put_text(out, name, text)?;
        }
        Text::Uris(uris) => {
            for uri in uris {
                out.put_u8(b' ');
                out.put_slice(uri.as_str().as_bytes());
            }
        }
    }
    out.put_slice(b"\r\n");
    Ok(())
}

fn put_byte_range(out: &mut BytesMut, range: ByteRange) {
    out.put_slice(b"Byte-Range: ");
    put_number(out, range.start, 1);
    out.put_u8(b'-');
    put_number_or_star(out, range.end);
    out.put_u8(b'/');
    put_number_or_star(out, range.total);
    out.put_slice(b"\r\n");
}

fn put_number_or_star(out: &mut BytesMut, number: Option<u64>) {
    match number {
        Some(number) => put_number(out, number, 1),
        None => out.put_u8(b'*'),
    }
}

/// Decimal digits, at least `width` of them.
fn put_number(out: &mut BytesMut, number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut rest = number;
    let mut count = 0;
    for digit in digits.iter_mut().rev() {
        if rest == 0 && count >= width {
            break;
        }
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        count += 1;
    }
    out.put_slice(digits.get(digits.len() - count..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::String;

    fn tid() -> Tid {
        Tid::parse("a786hjs2").unwrap()
    }

    #[track_caller]
    fn check(writer: &FrameWriter<'_>, expected: &str) {
        let mut out = BytesMut::from(&b"before"[..]);
        let written = match writer.write_head(&mut out) {
            Ok(()) => String::from_utf8_lossy(&out).replace("\r\n", "|"),
            Err(error) => {
                assert_eq!(&out[..], b"before", "nothing is left of what failed");
                format!("{error}")
            }
        };
        assert_eq!(written, expected);
    }

    #[test]
    fn headers_stand_in_the_order_every_peer_reads_and_content_type_last() {
        let writer = FrameWriter::request(tid(), "SEND", "msrp://b;tcp", "msrp://a;tcp")
            .content_type("a/b")
            .disposition("inline")
            .others(&[("X-One", "1"), ("X-Two", "2")])
            .status(Status { namespace: 0, code: StatusCode::OK, comment: "" })
            .failure_report(FailureReport::Partial)
            .success_report(true)
            .byte_range(ByteRange { start: 1, end: None, total: Some(u64::MAX) })
            .message_id("12339sdqwer");
        check(
            &writer,
            "beforeMSRP a786hjs2 SEND|To-Path: msrp://b;tcp|From-Path: msrp://a;tcp|Message-ID: 12339sdqwer|\
             Byte-Range: 1-*/18446744073709551615|Success-Report: yes|Failure-Report: partial|Status: 000 200|\
             X-One: 1|X-Two: 2|Content-Disposition: inline|Content-Type: a/b||",
        );
    }

    #[test]
    fn no_value_brings_a_line_of_its_own() {
        let base = || FrameWriter::request(tid(), "SEND", "msrp://b;tcp", "msrp://a;tcp");
        check(&base().message_id("a\r\nb"), "Message-ID cannot carry a control character");
        check(&base().content_type("a/b\n"), "Content-Type cannot carry a control character");
        check(&base().disposition("x\0"), "Content-Disposition cannot carry a control character");
        check(&base().others(&[("X", "\r")]), "header cannot carry a control character");
        check(&base().others(&[("X Y", "1")]), "header name cannot carry a control character");
        check(&base().others(&[("X:\r\nY", "1")]), "header name cannot carry a control character");
        check(&FrameWriter::request(tid(), "SE\nND", "x", "y"), "method cannot carry a control character");
        check(&FrameWriter::request(tid(), "SEND", "x\r", "y"), "To-Path cannot carry a control character");
        let response = || FrameWriter::response(tid(), StatusCode::OK, "x", "y");
        check(&response().comment("a\nb"), "comment cannot carry a control character");
        check(&response().comment(""), "beforeMSRP a786hjs2 200|To-Path: x|From-Path: y|");
    }

    #[test]
    fn numbers_have_their_digits() {
        for (number, width, expected) in
            [(0, 1, "0"), (7, 3, "007"), (999, 3, "999"), (u64::MAX, 1, "18446744073709551615")]
        {
            let mut out = BytesMut::new();
            put_number(&mut out, number, width);
            assert_eq!(&out[..], expected.as_bytes());
        }
    }
}
