//! The reader of documents: line ends, order and repetition, and the inner grammar of each line type.
//!
//! RFC 8866 §5 fixes the order of the lines, and §9 that each `t=` may have its own `r=` and `z=`.

use alloc::vec::Vec;
use core::ops::Range;

use bytes::Bytes;
use grammar::{CharClass, Forgiven, Leniency, ParseError, ParseErrorKind, Reading};

use crate::Limits;
use crate::line::{Bandwidth, Connection, EncryptionKey, MediaLine, OriginRef, Repeat, Timing, Zone};
use crate::scan::{STEP, line_ends, plain_span};
use crate::session::{Content, Entry, SessionDescription, View};
use crate::survey::Survey;

/// Reads a document.
pub(crate) fn read(
    bytes: Bytes,
    reading: Reading,
    limits: &Limits,
) -> Result<(SessionDescription, Vec<Forgiven>), ParseError> {
    let limit = limits.max_document.min(usize::try_from(u32::MAX).unwrap_or(usize::MAX));
    if bytes.len() > limit {
        return Err(ParseError::new(ParseErrorKind::Limit, "max_document", limit));
    }
    let survey = Survey::of(&bytes);
    let content = Content::new(bytes, survey.ascii);
    let view = content.view();
    let mut reader = Reader {
        view,
        text: view.bytes(),
        limits,
        leniency: Leniency::new(reading),
        // One allocation: as many entries as there are line ends, and one for a last line without.
        index: Vec::with_capacity(survey.lf + 1),
        order: Order::default(),
        bare_lf: 0,
        attributes: false,
    };
    reader.document(survey)?;
    let Reader { leniency, index, order, .. } = reader;
    let session = SessionDescription::new(content, index, order.session_lines, limits.max_hashes);
    Ok((session, leniency.into_forgiven()))
}

struct Reader<'a> {
    view: View<'a>,
    text: &'a [u8],
    limits: &'a Limits,
    leniency: Leniency,
    index: Vec<Entry>,
    order: Order,
    /// Lines that ended with a bare LF so far: the first one is listed, not each.
    bare_lf: usize,
    /// The order has come to the attributes of the session or of a media description.
    attributes: bool,
}

/// What was seen so far, for order and repetition.
#[derive(Default)]
struct Order {
    /// Rank of the last line in its level.
    rank: u8,
    /// A line was out of order.
    disturbed: bool,
    /// Session-level line types seen, by rank; cleared of `i c k` at each `m=`.
    seen: u32,
    /// Media descriptions so far.
    media: usize,
    /// Lines in front of the first of them.
    session_lines: usize,
    /// A `c=` stands at session level.
    session_connection: bool,
    /// Where the running media description starts, if it needs a `c=` and has none so far.
    unconnected: Option<usize>,
}

/// Place of a line type in its level, RFC 8866 §5.
#[derive(Debug, Clone, Copy)]
struct Place {
    rank: u8,
    /// It may stand more than once.
    repeatable: bool,
}

/// The types at session level, in order; upper case may be repeated. A `z=` stands once for each `t=`.
///
/// Lenient: it may follow a `t=` without `r=`, as RFC 4566 §9 has it.
/// Differs: where a line is out of order, only one `z=` is read, for all times; that is RFC 4566, and what such documents
/// were written by.
const SESSION: [Option<Place>; 26] = places(b"vosiuEPcBTRzkA");

/// The types of a media description, in order; upper case may be repeated.
const MEDIA: [Option<Place>; 26] = places(b"miCBkA");

#[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "const")]
const fn places(order: &[u8]) -> [Option<Place>; 26] {
    let mut places = [None; 26];
    let mut rank = 0;
    while rank < order.len() {
        let kind = order[rank];
        places[(kind.to_ascii_lowercase() - b'a') as usize] =
            Some(Place { rank: rank as u8, repeatable: kind.is_ascii_uppercase() });
        rank += 1;
    }
    places
}

/// Place of a line type in its level; `None` if it has no place there.
#[inline]
fn place(kind: u8, in_media: bool) -> Option<Place> {
    let places = if in_media { &MEDIA } else { &SESSION };
    *places.get(usize::from(kind.wrapping_sub(b'a')))?
}

impl Reader<'_> {
    /// All lines; NUL, and CR that ends no line, are looked for in the document as a whole.
    fn document(&mut self, survey: Survey) -> Result<(), ParseError> {
        let lines = self.lines();
        if lines.is_ok() && survey.cr_or_nul + self.bare_lf == survey.lf {
            return lines;
        }
        let bad = memchr::memchr2_iter(0, b'\r', self.text)
            .find(|&at| !self.text.get(at..).is_some_and(|rest| rest.starts_with(b"\r\n")));
        match (lines, bad) {
            (Err(error), Some(bad)) if error.offset() <= bad => Err(error),
            (_, Some(bad)) => Err(ParseError::new(ParseErrorKind::Syntax, "byte-string", bad)),
            (lines, None) => lines,
        }
    }

    fn lines(&mut self) -> Result<(), ParseError> {
        let mut start = 0;
        line_ends(self.text, |end| {
            // Most lines are attributes behind attributes, and nothing is wrong with them.
            if !(self.attributes && self.attribute_line(start, end)) {
                match self.text.get(start..end).unwrap_or_default() {
                    [line @ .., b'\r'] => self.line(line, start)?,
                    line => {
                        self.bare_lf(end)?;
                        self.line(line, start)?;
                    }
                }
            }
            start = end + 1;
            Ok(())
        })?;
        if start < self.text.len() {
            self.leniency.forgive(ParseErrorKind::Incomplete, "CRLF", self.text.len())?;
            self.line(self.text.get(start..).unwrap_or_default(), start)?;
        }
        self.finish()
    }

    /// An LF without CR; the first one is listed.
    fn bare_lf(&mut self, at: usize) -> Result<(), ParseError> {
        self.bare_lf += 1;
        if self.bare_lf > 1 {
            return Ok(());
        }
        self.leniency.forgive(ParseErrorKind::Syntax, "CRLF", at)
    }

    /// One line, without its line end.
    fn line(&mut self, line: &[u8], start: usize) -> Result<(), ParseError> {
        if line.len() > self.limits.max_line {
            return Err(ParseError::new(ParseErrorKind::Limit, "max_line", start + self.limits.max_line));
        }
        let (kind, value) = match line {
            [] => return self.leniency.forgive(ParseErrorKind::Syntax, "type", start),
            [kind, b'=', value @ ..] if kind.is_ascii_alphabetic() => (*kind, value),
            [kind, ..] if kind.is_ascii_alphabetic() => {
                return Err(ParseError::new(ParseErrorKind::Syntax, "=", start + 1));
            }
            _ => return Err(ParseError::new(ParseErrorKind::Syntax, "type", start)),
        };
        let at = start + 2;
        self.place(kind, start)?;
        let name = self.value(kind, value, at)?;
        self.push(kind, at, value.len(), name);
        match kind {
            // The last type of its level; what may follow out of order does not lead back.
            b'a' => self.attributes = true,
            b'm' => self.attributes = false,
            _ => {}
        }
        Ok(())
    }

    /// Reads an attribute in its place, in a line that ends at the LF `end`; says if it is one with an ordinary name and
    /// nothing is wrong with it.
    #[inline]
    fn attribute_line(&mut self, start: usize, end: usize) -> bool {
        const HEAD: usize = 2 + STEP;
        let head = self.text.get(start..).and_then(|rest| rest.first_chunk::<HEAD>());
        let Some([b'a', b'=', name @ ..]) = head else { return false };
        // The line ends with CR, which no name has.
        let name = plain_span(name);
        let behind = self.text.get(start + 2 + usize::from(name)..end).unwrap_or_default();
        let good = matches!(behind, [b'\r'] | [b':', _, .., b'\r']) && name > 0;
        if !good || end - start > self.limits.max_line {
            return false;
        }
        self.push(b'a', start + 2, end - start - "a=\r".len(), name);
        true
    }

    #[inline]
    fn push(&mut self, kind: u8, start: usize, length: usize, name: u16) {
        // No document is longer than 4 GiB.
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        self.index.push(Entry { start: narrow(start), end: narrow(start + length), name, kind });
    }

    /// Order and repetition.
    fn place(&mut self, kind: u8, start: usize) -> Result<(), ParseError> {
        let syntax = |rule| ParseError::new(ParseErrorKind::Syntax, rule, start);
        if self.index.is_empty() && kind != b'v' {
            return Err(syntax("version-field"));
        }
        if kind == b'm' {
            return self.place_media(start);
        }
        let in_media = self.order.media > 0;
        let Some(Place { rank, repeatable }) = place(kind, in_media) else {
            // A second `v=`, `o=` or `s=` behind media is a second document, not a stray line.
            return match kind {
                b'v' | b'o' | b's' => Err(syntax("media-descriptions")),
                _ => self.leniency.forgive(ParseErrorKind::Syntax, "type", start),
            };
        };
        let bit = 1_u32 << rank;
        if kind == b't' && self.order.seen & bit != 0 {
            // Another time description: its own `r=` and `z=`, the next two ranks, may follow.
            if !self.order.disturbed {
                self.order.seen &= !(bit << 2);
            }
            if self.order.rank <= rank + 2 {
                self.order.rank = rank;
            }
        }
        if !repeatable && self.order.seen & bit != 0 {
            return Err(ParseError::new(ParseErrorKind::Repeated, field(kind), start));
        }
        if rank < self.order.rank {
            self.leniency.forgive(ParseErrorKind::Syntax, field(kind), start)?;
            self.order.disturbed = true;
        } else {
            self.order.rank = rank;
        }
        self.order.seen |= bit;
        if kind == b'c' {
            self.order.unconnected = None;
            self.order.session_connection |= !in_media;
        }
        Ok(())
    }

    /// An `m=` line starts a media description; the one before it, or the session, ends.
    fn place_media(&mut self, start: usize) -> Result<(), ParseError> {
        if self.order.media == 0 {
            self.end_session(start)?;
        }
        self.end_media()?;
        if self.order.media == self.limits.max_media {
            return Err(ParseError::new(ParseErrorKind::Limit, "max_media", start));
        }
        self.order.media += 1;
        self.order.rank = 0;
        self.order.seen = 0;
        if !self.order.session_connection {
            self.order.unconnected = Some(start);
        }
        Ok(())
    }

    /// What the session level must have.
    fn end_session(&mut self, at: usize) -> Result<(), ParseError> {
        self.order.session_lines = self.index.len();
        let has = |kind| place(kind, false).is_some_and(|place| self.order.seen & (1 << place.rank) != 0);
        let [origin, name, time] = [b'o', b's', b't'].map(has);
        if !origin {
            return Err(ParseError::new(ParseErrorKind::Missing, "origin-field", at));
        }
        if !name {
            self.leniency.forgive(ParseErrorKind::Missing, "session-name-field", at)?;
        }
        if !time {
            self.leniency.forgive(ParseErrorKind::Missing, "time-description", at)?;
        }
        Ok(())
    }

    /// What a media description must have.
    fn end_media(&mut self) -> Result<(), ParseError> {
        match self.order.unconnected.take() {
            Some(start) => self.leniency.forgive(ParseErrorKind::Missing, "connection-field", start),
            None => Ok(()),
        }
    }

    fn finish(&mut self) -> Result<(), ParseError> {
        if self.index.is_empty() {
            return Err(ParseError::new(ParseErrorKind::Missing, "version-field", 0));
        }
        if self.order.media == 0 {
            self.end_session(self.text.len())?;
        }
        self.end_media()
    }

    /// The inner grammar of a line; gives the length of the name of an attribute.
    fn value(&mut self, kind: u8, value: &[u8], at: usize) -> Result<u16, ParseError> {
        let (view, range) = (self.view, at..at + value.len());
        match kind {
            b'a' => return self.attribute(value, at),
            b'v' => self.version(value, at)?,
            b'o' => {
                let origin = typed(view, range, OriginRef::parse)?;
                self.network(origin.nettype, origin.addrtype, at)?;
            }
            b'c' => {
                let connection = typed(view, range, Connection::parse)?;
                self.network(connection.nettype, connection.addrtype, at)?;
            }
            b'b' => drop(typed(view, range, Bandwidth::parse)?),
            // Of nearly all documents: without start and end.
            b't' if value == b"0 0" => {}
            b't' => drop(typed(view, range, Timing::parse)?),
            b'r' => drop(typed(view, range, Repeat::parse)?),
            b'z' => drop(typed(view, range, Zone::parse)?),
            // Obsolete, and of no use to anybody: a bad one spoils no document.
            b'k' => {
                if let Err(error) = typed(view, range, EncryptionKey::parse) {
                    self.leniency.forgive(error.kind(), "key-field", error.offset())?;
                }
            }
            b'm' => self.media(value, at)?,
            b's' | b'i' | b'u' | b'e' | b'p' if value.is_empty() => {
                self.leniency.forgive(ParseErrorKind::Syntax, "text", at)?;
            }
            _ => {}
        }
        Ok(0)
    }

    /// `proto-version = %s"v" "=" 1*DIGIT`, of which only 0 exists.
    fn version(&self, value: &[u8], at: usize) -> Result<(), ParseError> {
        match value {
            b"0" => Ok(()),
            _ if CharClass::DIGIT.matches(value) => {
                Err(ParseError::new(ParseErrorKind::Unsupported, "proto-version", at))
            }
            _ => Err(ParseError::new(ParseErrorKind::Syntax, "proto-version", at)),
        }
    }

    /// `attribute-field = att-field [ ":" att-value ]`
    fn attribute(&mut self, value: &[u8], at: usize) -> Result<u16, ParseError> {
        let name = CharClass::TOKEN.span(value);
        let after = value.get(name);
        if name == 0 || after.is_some_and(|&byte| byte != b':') {
            return Err(ParseError::new(ParseErrorKind::Syntax, "att-field", at + name));
        }
        if after.is_some() && name + 1 == value.len() {
            self.leniency.forgive(ParseErrorKind::Missing, "att-value", at + name + 1)?;
        }
        u16::try_from(name).map_err(|_| ParseError::new(ParseErrorKind::Limit, "att-field", at))
    }

    fn media(&mut self, value: &[u8], at: usize) -> Result<(), ParseError> {
        let trimmed = value.len() - value.iter().rev().take_while(|&&byte| byte == b' ').count();
        let blanks = value.get(trimmed..).unwrap_or_default();
        let line = typed(self.view, at..at + trimmed, MediaLine::parse)?;
        if line.port == 0 {
            // A refused or closed stream goes nowhere.
            self.order.unconnected = None;
        }
        match blanks {
            [] => Ok(()),
            _ => self.leniency.forgive(ParseErrorKind::TrailingData, "fmt", at + trimmed),
        }
    }

    /// `nettype` and `addrtype` may be any token by the grammar; only `IN` with `IP4` and `IP6` are registered for use.
    fn network(&mut self, nettype: &str, addrtype: &str, at: usize) -> Result<(), ParseError> {
        if nettype != "IN" {
            self.leniency.forgive(ParseErrorKind::Unsupported, "nettype", at)
        } else if !matches!(addrtype, "IP4" | "IP6") {
            self.leniency.forgive(ParseErrorKind::Unsupported, "addrtype", at)
        } else {
            Ok(())
        }
    }
}

/// Reads a value that must be text, errors counted from the start of the document.
fn typed<'a, T>(
    view: View<'a>,
    value: Range<usize>,
    parse: impl FnOnce(&'a str) -> Result<T, ParseError>,
) -> Result<T, ParseError> {
    let at = value.start;
    view.text(value).and_then(parse).map_err(|error| error.shifted(at))
}

/// The ABNF name of a line type.
const fn field(kind: u8) -> &'static str {
    match kind {
        b'v' => "version-field",
        b'o' => "origin-field",
        b's' => "session-name-field",
        b'i' => "information-field",
        b'u' => "uri-field",
        b'e' => "email-field",
        b'p' => "phone-field",
        b'c' => "connection-field",
        b'b' => "bandwidth-field",
        b't' => "time-field",
        b'r' => "repeat-field",
        b'z' => "zone-field",
        b'k' => "key-field",
        b'a' => "attribute-field",
        _ => "media-field",
    }
}
