//! `Headers`: the header block of a part (RFC 2045 §3, RFC 5322 §2.2).

use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;
use grammar::{ByteStr, CharClass, Leniency, ParseError, ParseErrorKind};

use crate::Limits;

/// `ftext` of RFC 5322 §3.6.8: visible ASCII but the colon.
const NAME: CharClass = CharClass::NONE.with_range(0x21, 0x7e).without(b":");

/// One header, its value on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    name: ByteStr,
    value: ByteStr,
}

impl Header {
    /// A header to be written.
    ///
    /// # Errors
    ///
    /// `field-name` or `field-value` where it holds what a header line cannot carry.
    pub fn new(name: impl Into<ByteStr>, value: impl Into<ByteStr>) -> Result<Self, ParseError> {
        let (name, value) = (name.into(), value.into());
        if !NAME.matches(name.as_bytes()) {
            return Err(ParseError::new(ParseErrorKind::Syntax, "field-name", NAME.span(name.as_bytes())));
        }
        if let Some(at) = value.bytes().position(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(ParseError::new(ParseErrorKind::Syntax, "field-value", at));
        }
        Ok(Self { name, value })
    }

    /// The name, as written.
    #[must_use]
    pub fn name(&self) -> &ByteStr {
        &self.name
    }

    /// The value, unfolded, without white space around it.
    #[must_use]
    pub fn value(&self) -> &ByteStr {
        &self.value
    }
}

/// The headers of a part, in the order they are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers(Vec<Header>);

impl Headers {
    /// The value of the first header called `name`, case ignored.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&ByteStr> {
        self.0.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(Header::value)
    }

    /// All of them.
    pub fn iter(&self) -> core::slice::Iter<'_, Header> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes them and the blank line.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        for header in &self.0 {
            out.extend_from_slice(header.name().as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(header.value().as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
    }

    /// Adds one at the end.
    pub fn push(&mut self, header: Header) {
        self.0.push(header);
    }

    /// Adds one at the end, unless it is one of those that stand once and stands there already.
    ///
    /// # Errors
    ///
    /// `header` of kind `Repeated`.
    #[inline]
    pub(crate) fn push_single(&mut self, header: Header) -> Result<(), ParseError> {
        let single = SINGLE.iter().any(|name| header.name.eq_ignore_ascii_case(name));
        if single && self.get(&header.name).is_some() {
            return Err(ParseError::new(ParseErrorKind::Repeated, "header", 0));
        }
        self.push(header);
        Ok(())
    }
}

impl<'a> IntoIterator for &'a Headers {
    type Item = &'a Header;
    type IntoIter = core::slice::Iter<'a, Header>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// How the header block was found to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With a blank line; what follows it starts here.
    BlankLine(usize),
    /// With the text.
    Text,
}

/// What becomes of a line in a header block that is no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BrokenLine {
    /// The block is refused.
    Refused,
    /// A lenient reading passes over it.
    Forgiven,
}

/// The headers of which a part has at most one.
const SINGLE: [&str; 4] = ["Content-Type", "Content-Disposition", "Content-ID", "Content-Transfer-Encoding"];

/// Reads the header block at `from`, to a blank line or to the end of `text`.
///
/// `base` is where `text` lies in what the caller reads: errors and forgiven departures are counted from there.
pub(crate) fn parse_block(
    text: &Bytes,
    from: usize,
    base: usize,
    broken: BrokenLine,
    leniency: &mut Leniency,
    limits: &Limits,
) -> Result<(Headers, End), ParseError> {
    let mut headers = Headers::default();
    let mut passed_over = 0;
    let mut at = from;
    while let Some(line) = Line::cut(text, at, base, leniency)? {
        if line.end.saturating_sub(from) > limits.max_head {
            return Err(ParseError::new(ParseErrorKind::Limit, "max_head", base + from + limits.max_head));
        }
        if line.content.is_empty() && line.ended {
            return Ok((headers, End::BlankLine(line.end)));
        }
        let (start, mut stop) = (at, at + line.content.len());
        at = line.end;
        // A line that starts with white space goes on where the last one ended (RFC 5322 §2.2.3).
        while matches!(text.get(at), Some(b' ' | b'\t')) {
            let Some(more) = Line::cut(text, at, base, leniency)? else { break };
            if more.end.saturating_sub(from) > limits.max_head {
                return Err(ParseError::new(
                    ParseErrorKind::Limit,
                    "max_head",
                    base + from + limits.max_head,
                ));
            }
            stop = at + more.content.len();
            at = more.end;
        }
        if headers.len() + passed_over == limits.max_headers {
            return Err(ParseError::new(ParseErrorKind::Limit, "max_headers", base + start));
        }
        let header = match parse_header(&text.slice(start..stop), base + start, leniency) {
            Err(error) if broken == BrokenLine::Forgiven => {
                leniency.forgive(error.kind(), error.rule(), error.offset())?;
                passed_over += 1;
                continue;
            }
            header => header?,
        };
        if headers.push_single(header).is_err() {
            // Lenient: the first one counts.
            leniency.forgive(ParseErrorKind::Repeated, "header", base + start)?;
            passed_over += 1;
        }
    }
    Ok((headers, End::Text))
}

/// One line of a header block.
struct Line<'a> {
    content: &'a [u8],
    /// Where the next line starts.
    end: usize,
    /// Whether a line end was found.
    ended: bool,
}

impl<'a> Line<'a> {
    /// The line that starts at `from`; `None` at the end of the text.
    fn cut(
        text: &'a [u8],
        from: usize,
        base: usize,
        leniency: &mut Leniency,
    ) -> Result<Option<Self>, ParseError> {
        let rest = text.get(from..).unwrap_or_default();
        let Some(feed) = memchr::memchr(b'\n', rest) else {
            return Ok((!rest.is_empty()).then_some(Self { content: rest, end: text.len(), ended: false }));
        };
        let line = rest.get(..feed).unwrap_or_default();
        let content = match line.strip_suffix(b"\r") {
            Some(content) => content,
            None => {
                leniency.forgive(ParseErrorKind::Syntax, "CRLF", base + from + feed)?;
                line
            }
        };
        Ok(Some(Self { content, end: from + feed + 1, ended: true }))
    }
}

/// `field-name ":" [WSP] field-value`, folded lines included
fn parse_header(line: &Bytes, base: usize, leniency: &mut Leniency) -> Result<Header, ParseError> {
    let span = NAME.span(line);
    let error = |at| ParseError::new(ParseErrorKind::Syntax, "field-name", base + at);
    if span == 0 {
        return Err(error(0));
    }
    let space = line.iter().skip(span).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    if line.get(span + space) != Some(&b':') {
        return Err(error(span));
    }
    if space > 0 {
        leniency.forgive(ParseErrorKind::Syntax, "field-name", base + span)?;
    }
    let (_, after) = line.split_at_checked(span + space + 1).unwrap_or_default();
    let start = after.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let end = after.iter().rposition(|byte| !byte.is_ascii_whitespace()).map_or(start, |last| last + 1);
    let behind_colon = span + space + 1;
    let value = line.slice(behind_colon + start..behind_colon + end);
    let base = base + behind_colon + start;
    if let Some(at) = uncarried(&value) {
        return Err(ParseError::new(ParseErrorKind::Syntax, "field-value", base + at));
    }
    let text = match ByteStr::from_utf8(value.clone()) {
        Ok(text) => text,
        Err(error) => {
            // Lenient: what mail clients of old send is Latin-1.
            leniency.forgive(error.kind(), error.rule(), base + error.offset())?;
            value.iter().map(|&byte| char::from(byte)).collect::<String>().into()
        }
    };
    Ok(Header { name: ByteStr::from_utf8(line.slice(..span))?, value: unfold(text) })
}

/// Where a value has a NUL, or a CR that ends no line: that cannot be carried.
fn uncarried(value: &[u8]) -> Option<usize> {
    memchr::memchr2_iter(b'\r', 0, value)
        .find(|&at| value.get(at) == Some(&0) || value.get(at + 1).is_some_and(|&byte| byte != b'\n'))
}

/// Takes the line ends out of a folded value.
fn unfold(text: ByteStr) -> ByteStr {
    if !text.contains('\n') {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split('\n') {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(line.trim_matches([' ', '\t', '\r']));
    }
    out.into()
}

#[cfg(test)]
mod tests;
