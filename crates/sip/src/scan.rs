//! `Scanner`: the one reader of start line, header fields and Content-Length (RFC 3261 §7, §18.3).
//!
//! It goes over the head once, can stop at any byte and go on when more has come, and never looks twice at
//! a byte it has decided on. [`crate::Message::parse`] runs it over a datagram, [`crate::Framer`] over a stream.

use alloc::vec::Vec;
use core::ops::Range;

use grammar::{CharClass, Forgiven, Leniency, ParseError, ParseErrorKind, Reading};
use memchr::memchr;

use crate::control::{control_at, uri_len};
use crate::header::{HeaderName, NAME};
use crate::index::Index;
use crate::method::TOKEN;
use crate::plain::Plain;
use crate::{Limits, StatusCode};

/// The first line of a message; ranges are byte offsets in the message.
#[derive(Debug, Clone)]
pub(crate) enum StartLine {
    /// `Request-Line = Method SP Request-URI SP SIP-Version CRLF`
    Request { method: Range<usize>, uri: Range<usize> },
    /// `Status-Line = SIP-Version SP Status-Code SP Reason-Phrase CRLF`
    Status { code: StatusCode, reason: Range<usize> },
}

/// Bytes that no header field holds but in a quoted pair: CTL without HTAB. CR and LF are counted apart.
const CONTROL: CharClass = CharClass::NONE.with_range(0, 0x1f).without(b"\t").with(&[0x7f]);

/// Reads one head. Feed it the same message from its first byte, longer each time.
#[derive(Debug)]
pub(crate) struct Scanner {
    limits: Limits,
    leniency: Leniency,
    pub(crate) start: Option<StartLine>,
    /// First byte of the line that is not in the index yet.
    line: usize,
    /// The line ends no earlier than at this byte.
    searched: usize,
    /// Whether the first line ended in LF alone.
    ends_in_lf: bool,
    /// Whether there are control bytes that neither end a line nor are HTAB.
    has_controls: bool,
    content_length: Option<(usize, usize)>,
    /// The first line names a version we do not speak: told once the head is whole, for the answer repeats parts of
    /// it, and only if it is sound otherwise.
    unsupported: Option<ParseError>,
}

impl Scanner {
    pub(crate) fn new(reading: Reading, limits: Limits) -> Self {
        Self {
            limits,
            leniency: Leniency::new(reading),
            start: None,
            line: 0,
            searched: 0,
            ends_in_lf: false,
            has_controls: false,
            content_length: None,
            unsupported: None,
        }
    }

    pub(crate) const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Content-Length, and the byte its value stands at.
    pub(crate) const fn length(&self) -> Option<(usize, usize)> {
        self.content_length
    }

    /// Remembers a departure found outside of the head.
    pub(crate) fn forgive(
        &mut self,
        kind: ParseErrorKind,
        rule: &'static str,
        at: usize,
    ) -> Result<(), ParseError> {
        self.leniency.forgive(kind, rule, at)
    }

    /// What was let pass so far.
    pub(crate) fn take_forgiven(&mut self) -> Vec<Forgiven> {
        core::mem::take(&mut self.leniency).into_forgiven()
    }

    /// Goes on reading `bytes`, which start with the message, up to one past the empty line. `None`: the head is not
    /// whole yet. Once it is, [`Scanner::start`] and `index` hold what was found; it is the same index in each call.
    pub(crate) fn advance(&mut self, bytes: &[u8], index: &mut Index) -> Result<Option<usize>, ParseError> {
        loop {
            if self.searched == self.line && self.line > 0 && !self.ends_in_lf {
                self.plain_fields(bytes, index)?;
            }
            let Some(at) = control_at(bytes, self.searched) else {
                self.searched = bytes.len().max(self.searched);
                self.check_length(bytes, self.searched)?;
                return Ok(None);
            };
            let (has_cr, next) = match (bytes.get(at), bytes.get(at + 1)) {
                (Some(b'\r'), Some(b'\n')) => (true, at + 2),
                (Some(b'\n'), _) => (false, at + 1),
                (Some(b'\r'), None) => {
                    self.searched = at;
                    self.check_length(bytes, bytes.len())?;
                    return Ok(None);
                }
                (byte, _) => {
                    self.has_controls |= byte != Some(&b'\t');
                    self.searched = at + 1;
                    continue;
                }
            };
            self.check_length(bytes, next)?;
            if at == self.line {
                self.end_line(has_cr, next - 1)?;
                return self.finish(bytes, next, index).map(Some);
            }
            if self.line == 0 {
                self.end_line(has_cr, next - 1)?;
                match self.start_line(bytes, at) {
                    Ok(start) => self.start = Some(start),
                    Err(error) if error.kind() == ParseErrorKind::Unsupported => {
                        self.unsupported = Some(error);
                    }
                    Err(error) => return Err(error),
                }
            } else {
                match bytes.get(next) {
                    None => {
                        // Whether the field goes on is decided by the next byte.
                        self.searched = at;
                        return Ok(None);
                    }
                    Some(b' ' | b'\t') => {
                        self.end_line(has_cr, next - 1)?;
                        self.searched = next;
                        continue;
                    }
                    Some(_) => {
                        self.end_line(has_cr, next - 1)?;
                        self.field(bytes, at, index)?;
                    }
                }
            }
            self.line = next;
            self.searched = next;
        }
    }

    /// Reads header fields as long as they are [`Plain`]; the others and the end of the head come after.
    fn plain_fields(&mut self, bytes: &[u8], index: &mut Index) -> Result<(), ParseError> {
        let Limits { max_headers, max_line, max_head, .. } = self.limits;
        let bytes = bytes.get(..max_head.min(Index::END)).unwrap_or(bytes);
        let mut line = self.line;
        while let Some(plain) = bytes.get(line..).and_then(Plain::read) {
            let Plain { id, value_from, value_end } = plain;
            if value_end >= max_line.saturating_sub(1) || index.len() >= max_headers {
                break;
            }
            if id == HeaderName::CONTENT_LENGTH.id() {
                let from = line + value_from;
                self.content_length(bytes.get(from..line + value_end).unwrap_or_default(), from)?;
            }
            index.push(line, value_from, line + value_end, id);
            line += value_end + 2;
        }
        (self.line, self.searched) = (line, line);
        Ok(())
    }

    /// Checks the limits of lines and head for a line that reaches up to `at` at least.
    fn check_length(&self, bytes: &[u8], at: usize) -> Result<(), ParseError> {
        let Limits { max_line, max_head, max_uri, .. } = self.limits;
        // The limit that is passed first, for whoever reads byte by byte meets that one.
        let line_end = self.line.saturating_add(max_line);
        let limit = line_end.min(max_head);
        if at <= limit {
            return Ok(());
        }
        // A first line that is too long is so by its URI, and refused for that.
        if self.line == 0
            && let Some((uri, len)) = request_uri(bytes.get(..limit).unwrap_or(bytes))
            && len > max_uri
        {
            return Err(ParseError::new(ParseErrorKind::Limit, "max_uri", uri));
        }
        let (rule, at) = if line_end < max_head { ("max_line", self.line) } else { ("max_head", max_head) };
        Err(ParseError::new(ParseErrorKind::Limit, rule, at))
    }

    /// Lenient: lines end in LF alone if the first one does, as in files that lost their CRs. A message that
    /// mixes both is refused in any reading, for another reader may see its end elsewhere.
    #[inline]
    fn end_line(&mut self, has_cr: bool, lf: usize) -> Result<(), ParseError> {
        if self.line == 0 {
            self.ends_in_lf = !has_cr;
            return if has_cr { Ok(()) } else { self.leniency.forgive(ParseErrorKind::Syntax, "CRLF", lf) };
        }
        if self.ends_in_lf == has_cr {
            return Err(ParseError::new(ParseErrorKind::Syntax, "CRLF", lf));
        }
        Ok(())
    }

    /// Reads the line from 0 to `end` as Request-Line or Status-Line.
    fn start_line(&self, bytes: &[u8], end: usize) -> Result<StartLine, ParseError> {
        let line = bytes.get(..end).unwrap_or_default();
        let syntax = |rule, at| ParseError::new(ParseErrorKind::Syntax, rule, at);
        if let Some(after) = version(line, 0)? {
            let code = line.get(after..).unwrap_or_default();
            let [b' ', code @ ..] = code else { return Err(syntax("SP", after)) };
            let digits = CharClass::DIGIT.span(code);
            let number = match code {
                [a, b, c, ..] if digits == 3 => {
                    [a, b, c].into_iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'))
                }
                _ => return Err(syntax("Status-Code", after + 1 + digits.min(3))),
            };
            let code = StatusCode::new(number).map_err(|error| error.shifted(after + 1))?;
            // The phrase may be empty, the space before it may not be left out.
            return match line.get(after + 4) {
                Some(b' ') => Ok(StartLine::Status { code, reason: after + 5..end }),
                _ => Err(syntax("SP", after + 4)),
            };
        }
        let Some((uri, uri_len)) = request_uri(line) else { return Err(syntax("Method", TOKEN.span(line))) };
        let after = uri + uri_len;
        if uri_len == 0 || line.get(after) != Some(&b' ') {
            return Err(syntax("Request-URI", after));
        }
        match version(line, after + 1)? {
            Some(_) if uri_len > self.limits.max_uri => {
                Err(ParseError::new(ParseErrorKind::Limit, "max_uri", uri))
            }
            Some(at) if at == end => Ok(StartLine::Request { method: 0..uri - 1, uri: uri..after }),
            Some(at) => Err(ParseError::new(ParseErrorKind::TrailingData, "SIP-Version", at)),
            None => Err(syntax("SIP-Version", after + 1)),
        }
    }

    /// Reads the field from `self.line` to `end`, continuation lines included.
    #[inline]
    fn field(&mut self, bytes: &[u8], end: usize, index: &mut Index) -> Result<(), ParseError> {
        let start = self.line;
        let line = bytes.get(start..end).unwrap_or_default();
        let name_len = NAME.span(line);
        let mut at = name_len;
        if line.get(at) != Some(&b':') {
            // HCOLON = *( SP / HTAB ) ":" SWS
            at += line.iter().skip(at).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        }
        if name_len == 0 || line.get(at) != Some(&b':') {
            let (rule, at) = if name_len == 0 { ("header-name", 0) } else { ("HCOLON", at) };
            return Err(ParseError::new(ParseErrorKind::Syntax, rule, start + at));
        }
        at += 1;
        // Nearly always one space and none behind the value.
        at += usize::from(line.get(at) == Some(&b' '));
        let mut value = line.get(at..).unwrap_or_default();
        while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] = value {
            value = rest;
            at += 1;
        }
        while let [rest @ .., b' ' | b'\t' | b'\r' | b'\n'] = value {
            value = rest;
        }

        if index.len() == self.limits.max_headers {
            return Err(ParseError::new(ParseErrorKind::Limit, "max_headers", start));
        }
        let name = HeaderName::from_bytes(line.get(..name_len).unwrap_or_default());
        if name == Some(HeaderName::CONTENT_LENGTH) {
            self.content_length(value, start + at)?;
        }
        let value_end = start + at + value.len();
        if at > usize::from(u16::MAX) || value_end > Index::END {
            return Err(ParseError::new(ParseErrorKind::Limit, "max_line", start));
        }
        index.push(start, at, value_end, name.map_or(HeaderName::UNKNOWN_ID, HeaderName::id));
        Ok(())
    }

    /// `Content-Length = 1*DIGIT`. Two that differ leave the end of the message open: never guessed.
    fn content_length(&mut self, value: &[u8], at: usize) -> Result<(), ParseError> {
        let error = |kind, at| Err(ParseError::new(kind, "Content-Length", at));
        let digits = CharClass::DIGIT.span(value);
        if digits == 0 || digits < value.len() {
            return error(ParseErrorKind::Syntax, at + digits);
        }
        let mut length = 0_usize;
        for digit in value {
            let next = length.checked_mul(10).and_then(|tens| tens.checked_add(usize::from(digit - b'0')));
            let Some(next) = next else { return error(ParseErrorKind::OutOfRange, at) };
            length = next;
        }
        match self.content_length {
            Some((other, _)) if other != length => error(ParseErrorKind::Mismatch, at),
            // Lenient: said twice, and the same.
            Some(_) => self.leniency.forgive(ParseErrorKind::Repeated, "Content-Length", at),
            None => {
                self.content_length = Some((length, at));
                Ok(())
            }
        }
    }

    /// What is checked once the whole head is there.
    fn finish(&mut self, bytes: &[u8], end: usize, index: &mut Index) -> Result<usize, ParseError> {
        if self.line == 0 {
            return Err(ParseError::new(ParseErrorKind::Syntax, "start-line", 0));
        }
        if self.has_controls {
            self.find_controls(bytes.get(..end).unwrap_or_default())?;
        }
        if let Some(error) = self.unsupported.take() {
            return Err(error);
        }
        if end > Index::END {
            return Err(ParseError::new(ParseErrorKind::Limit, "max_head", 0));
        }
        index.end(end);
        Ok(end)
    }

    /// Looks at each control byte that is no part of a line end.
    ///
    /// CR alone and NUL are refused in any reading, for another reader may see another message; both are fine
    /// escaped in a quoted string. Lenient: other control bytes pass.
    fn find_controls(&mut self, head: &[u8]) -> Result<(), ParseError> {
        let first_line = memchr(b'\n', head).unwrap_or(head.len());
        let mut quoted = false;
        let mut escaped = false;
        for (i, &byte) in head.iter().enumerate() {
            let next = head.get(i + 1).copied();
            if byte == b'\n' {
                // A quoted string may be folded and ends with its field in any case.
                quoted = quoted && matches!(next, Some(b' ' | b'\t'));
                escaped = false;
                continue;
            }
            let was_escaped = escaped;
            escaped = quoted && !escaped && byte == b'\\';
            match byte {
                b'"' if !was_escaped && i > first_line => quoted = !quoted,
                b'\r' if next == Some(b'\n') => {}
                b'\r' => return Err(ParseError::new(ParseErrorKind::Syntax, "CRLF", i)),
                _ if !CONTROL.contains(byte) || was_escaped => {}
                0 => return Err(ParseError::new(ParseErrorKind::Syntax, "TEXT-UTF8char", i)),
                _ => self.leniency.forgive(ParseErrorKind::Syntax, "TEXT-UTF8char", i)?,
            }
        }
        Ok(())
    }
}

/// Where the Request-URI of a first line starts and how long it is; `None` if no method comes before it.
fn request_uri(line: &[u8]) -> Option<(usize, usize)> {
    let method = TOKEN.span(line);
    let [b' ', uri @ ..] = line.get(method..)? else { return None };
    (method > 0).then(|| (method + 1, uri_len(uri)))
}

/// `SIP-Version = "SIP" "/" 1*DIGIT "." 1*DIGIT` at `at`: the byte after it, `None` if another word stands there.
fn version(line: &[u8], at: usize) -> Result<Option<usize>, ParseError> {
    let text = line.get(at..).unwrap_or_default();
    let Some((name, number)) = text.split_at_checked(4) else { return Ok(None) };
    if !name.eq_ignore_ascii_case(b"SIP/") {
        return Ok(None);
    }
    if number.starts_with(b"2.0") && !matches!(number.get(3), Some(b'0'..=b'9')) {
        return Ok(Some(at + 7));
    }
    let major = CharClass::DIGIT.span(number);
    let minor = number
        .get(major..)
        .and_then(|rest| rest.strip_prefix(b"."))
        .map_or(0, |rest| CharClass::DIGIT.span(rest));
    let kind = if major > 0 && minor > 0 { ParseErrorKind::Unsupported } else { ParseErrorKind::Syntax };
    Err(ParseError::new(kind, "SIP-Version", at))
}
