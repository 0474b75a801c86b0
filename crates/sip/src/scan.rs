//! `Scanner`: the one reader of start line, header fields and Content-Length (RFC 3261 §7, §18.3).
//!
//! It goes over the head once, can stop at any byte and go on when more has come, and never looks twice at
//! a byte it has decided on. [`crate::Message::parse`] runs it over a datagram, [`crate::Framer`] over a stream.

use alloc::vec::Vec;
use core::ops::Range;

use grammar::{CharClass, Forgiven, Leniency, ParseError, ParseErrorKind, Reading};
use memchr::memchr;

use crate::control::control_at;
use crate::header::{HeaderName, NAME};
use crate::index::Index;
use crate::method::TOKEN;
use crate::{Limits, StatusCode};

/// The first line of a message; ranges are byte offsets in the message.
#[derive(Debug, Clone)]
pub(crate) enum StartLine {
    /// `Request-Line = Method SP Request-URI SP SIP-Version CRLF`
    Request { method: Range<usize>, uri: Range<usize> },
    /// `Status-Line = SIP-Version SP Status-Code SP Reason-Phrase CRLF`
    Status { code: StatusCode, reason: Range<usize> },
}

/// Where a head ends and what it says about the body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    /// One past the empty line.
    pub(crate) end: usize,
    /// Content-Length, and the byte its value stands at.
    pub(crate) content_length: Option<(usize, usize)>,
}

impl core::fmt::Debug for Index {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.entries()).finish()
    }
}

/// Bytes that no header field holds but in a quoted pair: CTL without HTAB. CR and LF are counted apart.
const CONTROL: CharClass = CharClass::NONE.with_range(0, 0x1f).without(b"\t").with(&[0x7f]);
/// What a Request-URI may hold: every visible byte, and the quoting marks are left to the URI reader.
const URI: CharClass = CharClass::NONE.with_range(0x21, 0x7e).with_range(0x80, 0xff).without(b"<>\"");

/// Reads one head. Feed it the same message from its first byte, longer each time.
#[derive(Debug)]
pub(crate) struct Scanner {
    limits: Limits,
    leniency: Leniency,
    pub(crate) start: Option<StartLine>,
    pub(crate) index: Index,
    /// First byte of the line that is not in the index yet.
    line: usize,
    /// The line ends no earlier than at this byte.
    searched: usize,
    /// Whether the first line ended in LF alone.
    ends_in_lf: bool,
    /// Whether there are control bytes that neither end a line nor are HTAB.
    has_controls: bool,
    content_length: Option<(usize, usize)>,
}

impl Scanner {
    pub(crate) fn new(reading: Reading, limits: Limits) -> Self {
        Self {
            limits,
            leniency: Leniency::new(reading),
            start: None,
            index: Index::new(),
            line: 0,
            searched: 0,
            ends_in_lf: false,
            has_controls: false,
            content_length: None,
        }
    }

    pub(crate) const fn limits(&self) -> &Limits {
        &self.limits
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

    /// Goes on reading `bytes`, which start with the message. `None`: the head is not whole yet. Once it is,
    /// [`Scanner::start`] and [`Scanner::index`] hold what was found.
    pub(crate) fn advance(&mut self, bytes: &[u8]) -> Result<Option<Head>, ParseError> {
        loop {
            let Some(at) = control_at(bytes, self.searched) else {
                self.searched = bytes.len().max(self.searched);
                self.check_length(self.searched)?;
                return Ok(None);
            };
            let (has_cr, next) = match (bytes.get(at), bytes.get(at + 1)) {
                (Some(b'\r'), Some(b'\n')) => (true, at + 2),
                (Some(b'\n'), _) => (false, at + 1),
                (Some(b'\r'), None) => {
                    self.searched = at;
                    self.check_length(bytes.len())?;
                    return Ok(None);
                }
                (byte, _) => {
                    self.has_controls |= byte != Some(&b'\t');
                    self.searched = at + 1;
                    continue;
                }
            };
            self.check_length(next)?;
            if at == self.line {
                self.end_line(has_cr, next - 1)?;
                return self.finish(bytes, next).map(Some);
            }
            if self.start.is_none() {
                self.end_line(has_cr, next - 1)?;
                self.start = Some(self.start_line(bytes, at)?);
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
                        self.field(bytes, at)?;
                    }
                }
            }
            self.line = next;
            self.searched = next;
        }
    }

    /// Checks the limits of lines and head for a line that reaches up to `at` at least.
    fn check_length(&self, at: usize) -> Result<(), ParseError> {
        if at > self.limits.max_head {
            return Err(ParseError::new(ParseErrorKind::Limit, "max_head", self.limits.max_head));
        }
        if at - self.line > self.limits.max_line {
            return Err(ParseError::new(ParseErrorKind::Limit, "max_line", self.line));
        }
        Ok(())
    }

    /// Lenient: lines end in LF alone if the first one does, as in files that lost their CRs. A message that
    /// mixes both is refused in any reading, for another reader may see its end elsewhere.
    #[inline]
    fn end_line(&mut self, has_cr: bool, lf: usize) -> Result<(), ParseError> {
        if self.start.is_none() {
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
        let method = TOKEN.span(line);
        if method == 0 || line.get(method) != Some(&b' ') {
            return Err(syntax("Method", method));
        }
        let uri = method + 1;
        let uri_len = URI.span(line.get(uri..).unwrap_or_default());
        if uri_len > self.limits.max_uri {
            return Err(ParseError::new(ParseErrorKind::Limit, "max_uri", uri));
        }
        let after = uri + uri_len;
        if uri_len == 0 || line.get(after) != Some(&b' ') {
            return Err(syntax("Request-URI", after));
        }
        match version(line, after + 1)? {
            Some(at) if at == end => Ok(StartLine::Request { method: 0..method, uri: uri..after }),
            Some(at) => Err(ParseError::new(ParseErrorKind::TrailingData, "SIP-Version", at)),
            None => Err(syntax("SIP-Version", after + 1)),
        }
    }

    /// Reads the field from `self.line` to `end`, continuation lines included.
    #[inline]
    fn field(&mut self, bytes: &[u8], end: usize) -> Result<(), ParseError> {
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

        if self.index.len() == self.limits.max_headers {
            return Err(ParseError::new(ParseErrorKind::Limit, "max_headers", start));
        }
        let name = HeaderName::from_bytes(line.get(..name_len).unwrap_or_default());
        if name == Some(HeaderName::CONTENT_LENGTH) {
            self.content_length(value, start + at)?;
        }
        let (Ok(from), Ok(start), Ok(value_end)) =
            (u16::try_from(at), u32::try_from(start), u32::try_from(start + at + value.len()))
        else {
            return Err(ParseError::new(ParseErrorKind::Limit, "max_line", start));
        };
        let id = name.map_or(HeaderName::UNKNOWN_ID, HeaderName::id);
        self.index.push(start, from, value_end, id);
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
    fn finish(&mut self, bytes: &[u8], end: usize) -> Result<Head, ParseError> {
        if self.start.is_none() {
            return Err(ParseError::new(ParseErrorKind::Syntax, "start-line", 0));
        }
        if self.has_controls {
            self.find_controls(bytes.get(..end).unwrap_or_default())?;
        }
        Ok(Head { end, content_length: self.content_length })
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
