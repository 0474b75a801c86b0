//! `Document`: the text of a resource list, UTF-8 or UTF-16 (XML 1.0 §4.3.3).

use alloc::string::String;

use bytes::Bytes;
use grammar::{ByteStr, ParseError, ParseErrorKind};

use crate::blocks::are_allowed;
use crate::{Limits, Reader};

/// A document whose bytes have been found to be text. Holds the received buffer, or a copy if that was UTF-16.
#[derive(Debug, Clone)]
pub struct Document {
    text: ByteStr,
    origin: Origin,
}

/// Where the text came from, to find the byte of an error again.
#[derive(Debug, Clone, Copy)]
enum Origin {
    /// The text starts after so many bytes of the document.
    Utf8(usize),
    /// Two bytes of byte order mark, then two for each UTF-16 code unit.
    Utf16,
}

impl Document {
    /// Takes the bytes of a document: UTF-8, with or without byte order mark, or UTF-16 with one.
    ///
    /// # Errors
    ///
    /// `max_document` where it is too long, `UTF-8` or `UTF-16` where it is not that, `Char` at a character that
    /// XML does not allow.
    pub fn new(bytes: Bytes, limits: &Limits) -> Result<Self, ParseError> {
        if bytes.len() > limits.max_document {
            return Err(ParseError::new(ParseErrorKind::Limit, "max_document", limits.max_document));
        }
        let document = match *bytes {
            [0xff, 0xfe, ..] => Self { text: utf16(&bytes, u16::from_le_bytes)?, origin: Origin::Utf16 },
            [0xfe, 0xff, ..] => Self { text: utf16(&bytes, u16::from_be_bytes)?, origin: Origin::Utf16 },
            [0xef, 0xbb, 0xbf, ..] => {
                let text = ByteStr::from_utf8(bytes.slice(3..)).map_err(|error| error.shifted(3))?;
                Self { text, origin: Origin::Utf8(3) }
            }
            _ => Self { text: ByteStr::from_utf8(bytes)?, origin: Origin::Utf8(0) },
        };
        match first_refused(&document.text) {
            Some(at) => Err(document.at(ParseError::new(ParseErrorKind::Syntax, "Char", at))),
            None => Ok(document),
        }
    }

    /// Text that is known to consist of characters of XML.
    pub(crate) const fn of_text(text: ByteStr) -> Self {
        Self { text, origin: Origin::Utf8(0) }
    }

    /// Holds what the document declares against what it was found to be (XML 1.0 §4.3.3): another encoding would make
    /// other characters of the same bytes.
    pub(crate) fn check_encoding(&self, declared: Option<(&str, usize)>) -> Result<(), ParseError> {
        let Some((encoding, at)) = declared else { return Ok(()) };
        let is = match self.origin {
            Origin::Utf8(_) => "UTF-8",
            Origin::Utf16 => "UTF-16",
        };
        if encoding.eq_ignore_ascii_case(is) {
            return Ok(());
        }
        let unicode = ["UTF-8", "UTF-16"].iter().any(|known| encoding.eq_ignore_ascii_case(known));
        let kind = if unicode { ParseErrorKind::Mismatch } else { ParseErrorKind::Unsupported };
        Err(ParseError::new(kind, "encoding", at))
    }

    /// Reads the document from its start.
    #[must_use]
    pub fn reader(&self, limits: &Limits) -> Reader<'_> {
        Reader::new(self, limits)
    }

    /// The text, without byte order mark.
    pub(crate) const fn text(&self) -> &ByteStr {
        &self.text
    }

    /// An error of the text, seen from the document.
    pub(crate) fn at(&self, error: ParseError) -> ParseError {
        let at = error.offset();
        let byte = match self.origin {
            Origin::Utf8(start) => at.saturating_add(start),
            Origin::Utf16 => 2 + 2 * self.text.get(..at).unwrap_or(&self.text).encode_utf16().count(),
        };
        ParseError::new(error.kind(), error.rule(), byte)
    }
}

/// `Char` of XML 1.0 §2.2.
pub(crate) const fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// What may stand in one line of XML text.
pub(crate) fn is_line_char(c: char) -> bool {
    is_xml_char(c) && !c.is_control()
}

/// Where the first character stands that XML does not allow.
fn first_refused(text: &str) -> Option<usize> {
    if are_allowed(text.as_bytes()) {
        return None;
    }
    text.char_indices().find(|(_, c)| !is_xml_char(*c)).map(|(at, _)| at)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<ByteStr, ParseError> {
    let error = |at| ParseError::new(ParseErrorKind::Syntax, "UTF-16", at);
    let (pairs, []) = bytes.as_chunks::<2>() else { return Err(error(bytes.len())) };
    let mut text = String::with_capacity(bytes.len() / 2);
    let mut at = 2;
    for c in char::decode_utf16(pairs.iter().skip(1).map(|&pair| unit(pair))) {
        let c = c.map_err(|_| error(at))?;
        at += 2 * c.len_utf16();
        text.push(c);
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec::Vec;

    #[track_caller]
    fn check(bytes: impl Into<Bytes>, expected: &str) {
        let got = match Document::new(bytes.into(), &Limits { max_document: 16, ..Limits::default() }) {
            Ok(document) => document.text.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected);
    }

    fn utf16_of(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
    }

    #[test]
    fn xml_4_3_3_utf8_and_utf16_by_their_byte_order_mark() {
        check("<é>", "<é>");
        check("\u{feff}<é>", "<é>");
        check(utf16_of("<é\u{1f600}>", u16::to_le_bytes), "<é\u{1f600}>");
        check(utf16_of("<é\u{1f600}>", u16::to_be_bytes), "<é\u{1f600}>");
        check("", "");
    }

    #[test]
    fn errors_name_the_byte_of_the_document() {
        check(&b"<a>\xff"[..], "expected UTF-8 at byte 3");
        check(&b"\xef\xbb\xbf<\xff"[..], "expected UTF-8 at byte 4");
        check(&b"\xff\xfea"[..], "expected UTF-16 at byte 3");
        check(&b"\xff\xfea\0\x00\xd8b\0"[..], "expected UTF-16 at byte 4");
        check("<a>\u{1}", "expected Char at byte 3");
        check(utf16_of("\u{1f600}\u{b}", u16::to_le_bytes), "expected Char at byte 6");
        check("0123456789abcdef!", "limit max_document passed at byte 16");
    }
}
