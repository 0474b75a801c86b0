//! `HeadLines`: the lines of a frame's head as they come in, and the index of them, RFC 4975 §9.

use core::ops::Range;

use bytes::Bytes;
use grammar::{ByteStr, CharClass, Leniency, ParseError, ParseErrorKind, Reading};

use super::Head;
use crate::header::HeaderName;
use crate::start_line::Found;
use crate::{Limits, StatusCode, Tid};

/// Where the values of a head are, noted while its lines come in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Index {
    /// Start and end of the first value of each name; a start of 0 where there is none.
    pub(super) spans: [(u32, u32); HeaderName::COUNT],
    /// The first header that may stand once and stands again, and where.
    pub(super) repeated: Option<(HeaderName, usize)>,
    /// Whether To-Path comes first and From-Path second, as far as there are lines.
    pub(super) paths_first: bool,
    pub(super) count: usize,
}

impl Index {
    const NEW: Self =
        Self { spans: [(0, 0); HeaderName::COUNT], repeated: None, paths_first: true, count: 0 };
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
        self.index.paths_first &= match self.index.count {
            0 => cut.name == Some(HeaderName::ToPath),
            1 => cut.name == Some(HeaderName::FromPath),
            _ => true,
        };
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
pub(super) struct Cut {
    /// The name, if it is a known one.
    pub(super) name: Option<HeaderName>,
    pub(super) colon: usize,
    pub(super) value: Range<usize>,
    /// Whether the blanks are where RFC 4975 §9 has them.
    pub(super) is_exact: bool,
}

impl Cut {
    pub(super) fn of(line: &[u8]) -> Result<Self, ParseError> {
        let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
        let name = HeaderName::of(line.get(..colon).unwrap_or_default());
        if name.is_none() || colon == line.len() {
            let token = CharClass::TOKEN.span(line);
            if token == 0 || token != colon || colon == line.len() {
                let rule = if token == 0 { "hname" } else { ":" };
                return Err(ParseError::new(ParseErrorKind::Syntax, rule, token));
            }
        }
        let is_blank = |byte: &u8| [b' ', b'\t'].contains(byte);
        // RFC 4975 §9 has exactly one blank after the colon, none at the end of the line, and values of no characters.
        if let Some([b' ', value @ ..]) = line.get(colon + 1..)
            && !value.first().is_some_and(is_blank)
            && !value.last().is_some_and(is_blank)
        {
            return Ok(Self { name, colon, value: colon + 2..line.len(), is_exact: true });
        }
        let value = line.get(colon + 1..).unwrap_or_default();
        let ends = value.iter().rposition(|byte| !is_blank(byte)).map_or(0, |at| at + 1);
        let starts = value.iter().position(|byte| !is_blank(byte)).unwrap_or(0);
        Ok(Self { name, colon, value: colon + 1 + starts..colon + 1 + ends, is_exact: false })
    }
}
