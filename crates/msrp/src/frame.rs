//! `Head`: the start line and the header lines of a frame, RFC 4975 §7.1 and §9.

mod lines;

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use grammar::{ByteStr, Forgiven, Leniency, ParseError, ParseErrorKind, Reading};

pub(crate) use self::lines::HeadLines;
use self::lines::{Cut, Index};
use crate::header::{
    ByteRange, FailureReport, HeaderName, Path, Status, delta_seconds, nickname, success_report,
};
use crate::{Method, StartLine, StatusCode, Tid, Uri};

/// Everything of a frame before its content; one shared slice of the received buffer with an index beside it.
///
/// The lines are well formed. Whether the values are, the getters tell; [`Head::check`] tells for all of them.
/// Offsets in errors count from the first byte of [`Head::text`].
#[derive(Clone)]
pub struct Head {
    text: ByteStr,
    tid: Tid,
    start: StartLine,
    index: Index,
    forgiven: Vec<Forgiven>,
    has_content: bool,
    offset: u64,
    max_path_uris: usize,
}

/// One header line, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header<'a> {
    /// The name, as written.
    pub name: &'a str,
    /// The value without the blanks around it.
    pub value: &'a str,
}

impl Head {
    /// The transaction id.
    #[must_use]
    pub const fn tid(&self) -> &Tid {
        &self.tid
    }

    /// What the frame is.
    #[must_use]
    pub const fn start_line(&self) -> &StartLine {
        &self.start
    }

    /// The method, if it is a request.
    #[must_use]
    pub const fn method(&self) -> Option<&Method> {
        match &self.start {
            StartLine::Request(method) => Some(method),
            StartLine::Response { .. } => None,
        }
    }

    /// The status code, if it is a response.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        match self.start {
            StartLine::Request(_) => None,
            StartLine::Response { status, .. } => Some(status),
        }
    }

    /// Start line and header lines, CRLFs included.
    #[must_use]
    pub const fn text(&self) -> &ByteStr {
        &self.text
    }

    /// Where the frame starts, in bytes from the start of the stream.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether a blank line follows: then there is content, of no octets perhaps.
    #[must_use]
    pub const fn has_content(&self) -> bool {
        self.has_content
    }

    /// What the reading of the lines let pass.
    #[must_use]
    pub fn forgiven(&self) -> &[Forgiven] {
        &self.forgiven
    }

    /// `part` of the text, sharing the buffer.
    #[must_use]
    pub fn share(&self, part: &str) -> ByteStr {
        self.text.share(part)
    }

    /// How many header lines there are.
    #[must_use]
    pub const fn header_count(&self) -> usize {
        self.index.count
    }

    /// The header lines in the order they are written.
    pub fn headers(&self) -> impl Iterator<Item = Header<'_>> {
        let lines = self.text.as_str().split("\r\n").skip(1);
        lines.filter_map(|line| {
            let Cut { colon, value, .. } = Cut::of(line.as_bytes()).ok()?;
            Some(Header { name: line.get(..colon)?, value: line.get(value)? })
        })
    }

    /// The value of the first header line of this name.
    #[must_use]
    pub fn get(&self, name: HeaderName) -> Option<&str> {
        let (start, end) = self.index.spans.get(name.index()).copied().filter(|&(start, _)| start > 0)?;
        self.text.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }

    /// The value of the first header line of a name this crate does not know, case ignored.
    #[must_use]
    pub fn get_other(&self, name: &str) -> Option<&str> {
        self.headers().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
    }

    /// To-Path.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] if there is none, or it is not a path.
    pub fn to_path(&self) -> Result<Path<'_>, ParseError> {
        self.path(HeaderName::ToPath)
    }

    /// From-Path.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] if there is none, or it is not a path.
    pub fn from_path(&self) -> Result<Path<'_>, ParseError> {
        self.path(HeaderName::FromPath)
    }

    /// Message-ID, as written.
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        self.get(HeaderName::MessageId)
    }

    /// Content-Type, as written.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.get(HeaderName::ContentType)
    }

    /// Byte-Range.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] if it is not a range.
    pub fn byte_range(&self) -> Result<Option<ByteRange>, ParseError> {
        self.typed(HeaderName::ByteRange, ByteRange::parse)
    }

    /// Success-Report; absent means no.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] if it is neither yes nor no.
    pub fn success_report(&self) -> Result<bool, ParseError> {
        Ok(self.typed(HeaderName::SuccessReport, success_report)?.unwrap_or(false))
    }

    /// Failure-Report; absent means yes.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] if it is none of yes, no and partial.
    pub fn failure_report(&self) -> Result<FailureReport, ParseError> {
        Ok(self.typed(HeaderName::FailureReport, FailureReport::parse)?.unwrap_or_default())
    }

    /// The header field Status, of a REPORT.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] if it is not `namespace status-code [comment]`.
    pub fn status_header(&self) -> Result<Option<Status<'_>>, ParseError> {
        self.typed(HeaderName::Status, Status::parse)
    }

    /// Use-Path, of all lines of that name: the relays to go through, the one nearest to us first (RFC 4976 §4.2).
    /// Empty if there is none.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] if one is not a path.
    pub fn use_path(&self) -> Result<Vec<Uri>, ParseError> {
        let mut uris = Vec::new();
        let name = HeaderName::UsePath.as_str();
        for header in self.headers().filter(|header| header.name.eq_ignore_ascii_case(name)) {
            let left = self.max_path_uris.saturating_sub(uris.len());
            let path = Path::parse(header.value, left)
                .map_err(|error| error.shifted(header.value.as_ptr().addr() - self.text.as_ptr().addr()))?;
            uris.extend(path.uris(&self.share(header.value)));
        }
        Ok(uris)
    }

    /// Expires of an AUTH request or of its response (RFC 4976 §4.6).
    ///
    /// # Errors
    ///
    /// A [`ParseError`] if it is not a number of seconds.
    pub fn expires(&self) -> Result<Option<Duration>, ParseError> {
        self.typed(HeaderName::Expires, delta_seconds)
    }

    /// Min-Expires of a 423.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] if it is not a number of seconds.
    pub fn min_expires(&self) -> Result<Option<Duration>, ParseError> {
        self.typed(HeaderName::MinExpires, delta_seconds)
    }

    /// Max-Expires of a 423.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] if it is not a number of seconds.
    pub fn max_expires(&self) -> Result<Option<Duration>, ParseError> {
        self.typed(HeaderName::MaxExpires, delta_seconds)
    }

    /// The values of WWW-Authenticate, one for each line (RFC 4976 §4.3); what is in them is for a crate that knows
    /// digest authentication.
    pub fn challenges(&self) -> impl Iterator<Item = &str> {
        let name = HeaderName::WwwAuthenticate.as_str();
        self.headers().filter(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
    }

    /// Use-Nickname of a NICKNAME request (RFC 7701 §7.1).
    ///
    /// # Errors
    ///
    /// A [`ParseError`] if it is not a quoted string.
    pub fn nickname(&self) -> Result<Option<Cow<'_, str>>, ParseError> {
        self.typed(HeaderName::UseNickname, nickname)
    }

    /// Whether the frame keeps every rule of RFC 4975 that the head alone can show. A lenient reading lets pass
    /// a missing Message-ID where there is no content, one that is not an `ident`, and content without a type;
    /// the list is what it let pass, what the reading of the lines let pass included.
    ///
    /// # Errors
    ///
    /// The first rule that is broken. A request is answered 400 then (415 if the content has no type).
    pub fn check(&self, reading: Reading) -> Result<Vec<Forgiven>, ParseError> {
        let end = self.text.len();
        if let Some((name, offset)) = self.index.repeated {
            return Err(ParseError::new(ParseErrorKind::Repeated, name.as_str(), offset));
        }
        self.to_path()?;
        self.from_path()?;
        if !self.index.paths_first {
            return Err(ParseError::new(ParseErrorKind::Mismatch, "headers", self.line_end()));
        }
        self.byte_range()?;
        self.success_report()?;
        self.failure_report()?;
        let status = self.status_header()?;
        let mut leniency = Leniency::new(reading);
        let sends = self.method() == Some(&Method::Send);
        let reports = self.method() == Some(&Method::Report);
        match self.message_id() {
            None if reports || (sends && self.has_content) => {
                return Err(ParseError::new(ParseErrorKind::Missing, "Message-ID", end));
            }
            None if sends => leniency.forgive(ParseErrorKind::Missing, "Message-ID", end)?,
            None => {}
            Some(id) => {
                if let Err(error) = Tid::parse(id) {
                    let error = error.shifted(self.place(HeaderName::MessageId));
                    leniency.forgive(error.kind(), "Message-ID", error.offset())?;
                }
            }
        }
        if reports && status.is_none() {
            return Err(ParseError::new(ParseErrorKind::Missing, "Status", end));
        }
        if self.has_content && self.content_type().is_none() {
            leniency.forgive(ParseErrorKind::Missing, "Content-Type", end)?;
        }
        let mut forgiven = self.forgiven.clone();
        forgiven.append(&mut leniency.into_forgiven());
        Ok(forgiven)
    }

    /// To-Path or From-Path, one that was read and is right; empty if there is none.
    #[cfg(feature = "std")]
    pub(crate) fn known_path(&self, name: HeaderName) -> Path<'_> {
        Path::read_before(self.get(name).unwrap_or_default())
    }

    fn path(&self, name: HeaderName) -> Result<Path<'_>, ParseError> {
        let path = self.typed(name, |value| Path::parse(value, self.max_path_uris))?;
        path.ok_or_else(|| ParseError::new(ParseErrorKind::Missing, name.as_str(), self.text.len()))
    }

    fn typed<'a, T>(
        &'a self,
        name: HeaderName,
        parse: impl FnOnce(&'a str) -> Result<T, ParseError>,
    ) -> Result<Option<T>, ParseError> {
        let parsed = self.get(name).map(parse).transpose();
        parsed.map_err(|error| error.shifted(self.place(name)))
    }

    /// Where the value of a header that is there starts.
    fn place(&self, name: HeaderName) -> usize {
        self.index.spans.get(name.index()).and_then(|&(start, _)| start.try_into().ok()).unwrap_or(0)
    }

    /// Where the first header line starts.
    fn line_end(&self) -> usize {
        self.text.find('\n').map_or(0, |at| at + 1)
    }
}

/// The start line and the names: no value, for they may be private.
impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers().map(|header| header.name).collect();
        f.debug_struct("Head")
            .field("tid", &self.tid)
            .field("start", &self.start)
            .field("headers", &names)
            .finish()
    }
}
