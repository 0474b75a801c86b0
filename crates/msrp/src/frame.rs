//! `Head`: the start line and the header lines of a frame, RFC 4975 §7.1 and §9.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;
use core::time::Duration;

use bytes::Bytes;
use grammar::{ByteStr, CharClass, Forgiven, Leniency, ParseError, ParseErrorKind, Reading};

use crate::header::{
    ByteRange, FailureReport, HeaderName, Path, Status, delta_seconds, nickname, success_report,
};
use crate::start_line::Found;
use crate::{Limits, Method, StartLine, StatusCode, Tid, Uri};

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
        let mut first = self.headers().map(|header| HeaderName::parse(header.name));
        if [first.next(), first.next()] != [Some(Some(HeaderName::ToPath)), Some(Some(HeaderName::FromPath))]
        {
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

/// Where the values of a head are, noted while its lines come in.
#[derive(Debug, Clone, Copy, Default)]
struct Index {
    /// Start and end of the first value of each name; a start of 0 where there is none.
    spans: [(u32, u32); HeaderName::COUNT],
    /// The first header that may stand once and stands again, and where.
    repeated: Option<(HeaderName, usize)>,
    count: usize,
}

impl Index {
    const NEW: Self = Self { spans: [(0, 0); HeaderName::COUNT], repeated: None, count: 0 };
}

/// Collects the lines of a head, one by one, before the text they lie in is cut from the stream.
#[derive(Debug)]
pub(crate) struct HeadLines {
    reading: Reading,
    start: Option<(Tid, Started)>,
    index: Index,
    leniency: Leniency,
}

/// What the start line says, as positions.
#[derive(Debug, Clone, Copy)]
enum Started {
    Method(usize, usize),
    Status(StatusCode, usize, usize),
}

impl HeadLines {
    pub(crate) const fn new(reading: Reading) -> Self {
        Self { reading, start: None, index: Index::NEW, leniency: Leniency::new(reading) }
    }

    /// Makes ready for the next frame.
    pub(crate) fn reset(&mut self) {
        *self = Self::new(self.reading);
    }

    /// The transaction id, once the start line is in.
    pub(crate) fn tid(&self) -> Option<Tid> {
        self.start.map(|(tid, _)| tid)
    }

    /// Takes one line without its CRLF, which starts at byte `offset` of the head. It is UTF-8 without control
    /// characters.
    pub(crate) fn push(&mut self, line: &[u8], offset: usize) -> Result<(), ParseError> {
        if self.start.is_none() {
            return self.push_start(line, offset);
        }
        let cut = Cut::of(line).map_err(|error| error.shifted(offset))?;
        if !cut.is_exact {
            self.leniency.forgive(ParseErrorKind::Syntax, "SP", offset + cut.colon + 1)?;
        }
        self.index.count += 1;
        if let Some(name) = cut.name
            && let Some(slot) = self.index.spans.get_mut(name.index())
        {
            if slot.0 == 0 {
                let (start, end) = (offset + cut.value.start, offset + cut.value.end);
                // `Limits::max_head` may be set above 4 GiB; a value out there is not found.
                *slot = (start.try_into().unwrap_or(u32::MAX), end.try_into().unwrap_or(u32::MAX));
            } else if self.index.repeated.is_none() && HeaderName::SINGLE.contains(&name) {
                self.index.repeated = Some((name, offset));
            }
        }
        Ok(())
    }

    fn push_start(&mut self, line: &[u8], offset: usize) -> Result<(), ParseError> {
        let line = core::str::from_utf8(line).map_err(|error| {
            ParseError::new(ParseErrorKind::Syntax, "UTF-8", offset + error.valid_up_to())
        })?;
        let span = |part: &str| {
            let start = offset + part.as_ptr().addr().saturating_sub(line.as_ptr().addr());
            (start, start + part.len())
        };
        let (tid, found) = Found::parse(line)?;
        let started = match found {
            Found::Method(name) => {
                if name.contains('_') {
                    self.leniency.forgive(ParseErrorKind::Syntax, "method", span(name).0)?;
                }
                Started::Method(span(name).0, span(name).1)
            }
            Found::Status(status, comment) => Started::Status(status, span(comment).0, span(comment).1),
        };
        self.start = Some((tid, started));
        Ok(())
    }

    /// The head whose lines these are; `text` holds them all, and starts at `offset` in the stream.
    pub(crate) fn finish(
        &self,
        text: Bytes,
        has_content: bool,
        offset: u64,
        limits: &Limits,
    ) -> Result<Head, ParseError> {
        let text = ByteStr::from_utf8(text)?;
        let missing = ParseError::new(ParseErrorKind::Missing, "msrp-req-or-resp", 0);
        let (tid, started) = self.start.ok_or(missing)?;
        let part = |start, end| text.get(start..end).unwrap_or_default();
        let start = match started {
            Started::Method(start, end) => Found::Method(part(start, end)).share(&text),
            Started::Status(status, start, end) => Found::Status(status, part(start, end)).share(&text),
        };
        Ok(Head {
            tid,
            start,
            index: self.index,
            forgiven: self.leniency.forgiven().to_vec(),
            has_content,
            offset,
            max_path_uris: limits.max_path_uris,
            text,
        })
    }
}

/// Where the parts of a header line are: `header = hname ":" SP hval`, hname a token (Lenient: RFC 4975 §9 wants it to
/// start with a letter), the blanks around the value cut off.
#[derive(Debug)]
struct Cut {
    /// The name, if it is a known one.
    name: Option<HeaderName>,
    colon: usize,
    value: Range<usize>,
    /// Whether the blanks are where RFC 4975 §9 has them.
    is_exact: bool,
}

impl Cut {
    fn of(line: &[u8]) -> Result<Self, ParseError> {
        let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
        let name = HeaderName::of(line.get(..colon).unwrap_or_default());
        if name.is_none() {
            let token = CharClass::TOKEN.span(line);
            if token == 0 || token != colon || colon == line.len() {
                let rule = if token == 0 { "hname" } else { ":" };
                return Err(ParseError::new(ParseErrorKind::Syntax, rule, token));
            }
        }
        let is_blank = |byte: &u8| [b' ', b'\t'].contains(byte);
        // RFC 4975 §9 has exactly one blank after the colon and none at the end of the line.
        if let Some([b' ', value @ ..]) = line.get(colon + 1..)
            && !value.first().is_some_and(is_blank)
            && !value.last().is_none_or(is_blank)
        {
            return Ok(Self { name, colon, value: colon + 2..line.len(), is_exact: true });
        }
        let value = line.get(colon + 1..).unwrap_or_default();
        let ends = value.iter().rposition(|byte| !is_blank(byte)).map_or(0, |at| at + 1);
        let starts = value.iter().position(|byte| !is_blank(byte)).unwrap_or(0);
        Ok(Self { name, colon, value: colon + 1 + starts..colon + 1 + ends, is_exact: false })
    }
}
