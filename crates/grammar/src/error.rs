//! `ParseError`: what does not follow its grammar, and where.

use alloc::string::String;
use core::fmt::{self, Write as _};

/// A text that does not follow its grammar.
///
/// Holds the place, not the text: no copy is made of what the peer sent, and nothing private reaches a log
/// by accident. [`ParseError::caret`] draws the place when the text is at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    kind: ParseErrorKind,
    rule: &'static str,
    offset: usize,
}

/// The ways a text can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The rule starts here and does not match.
    Syntax,
    /// A number that the rule allows but the type, or the protocol, does not.
    OutOfRange,
    /// The rule matched and the text goes on.
    TrailingData,
    /// Something the rule requires is not there at all; the offset is where the search ended.
    Missing,
    /// Something that may stand once stands again.
    Repeated,
    /// A documented limit was passed; the rule names it.
    Limit,
    /// The text ends before the rule does.
    Incomplete,
    /// Well formed, but not what the rest of the message says.
    Mismatch,
    /// Well formed and not supported, such as another protocol version.
    Unsupported,
}

impl ParseError {
    /// An error of `kind` in `rule` (its ABNF name), found `offset` bytes into the text.
    #[cold]
    #[must_use]
    pub const fn new(kind: ParseErrorKind, rule: &'static str, offset: usize) -> Self {
        Self { kind, rule, offset }
    }

    /// In which way the text is wrong.
    #[must_use]
    pub const fn kind(&self) -> ParseErrorKind {
        self.kind
    }

    /// The ABNF name of the rule, or the name of the limit.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        self.rule
    }

    /// The byte of the parsed text at which the rule stopped matching, counted from 0.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The same error seen from a whole in which the parsed text starts at byte `base`.
    #[must_use]
    pub const fn shifted(self, base: usize) -> Self {
        Self { offset: self.offset.saturating_add(base), ..self }
    }

    /// Draws the line of `text` that the error is in, a caret under the byte, and the message.
    ///
    /// Control bytes are shown as `.`, so the caret stays under its byte; at most 120 bytes are shown.
    #[must_use]
    pub fn caret(&self, text: &[u8]) -> String {
        const AROUND: usize = 60;
        let at = self.offset.min(text.len());
        let (before, after) = text.split_at(at);
        let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |i| i + 1);
        let line_end = after.iter().position(|&byte| byte == b'\n').map_or(text.len(), |i| at + i);
        let start = line_start.max(at.saturating_sub(AROUND));
        let end = line_end.min(at.saturating_add(AROUND));
        let shown = text.get(start..end).unwrap_or_default();
        let mut out = String::with_capacity(shown.len() * 2 + 80);
        for &byte in shown {
            out.push(if (0x20..0x7f).contains(&byte) { char::from(byte) } else { '.' });
        }
        out.push('\n');
        out.extend(core::iter::repeat_n(' ', at.saturating_sub(start)));
        let _ = write!(out, "^ {self}");
        out
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, rule, offset } = self;
        match kind {
            ParseErrorKind::Syntax => write!(f, "expected {rule} at byte {offset}"),
            ParseErrorKind::OutOfRange => write!(f, "{rule} out of range at byte {offset}"),
            ParseErrorKind::TrailingData => write!(f, "unexpected data after {rule} at byte {offset}"),
            ParseErrorKind::Missing => write!(f, "missing {rule} at byte {offset}"),
            ParseErrorKind::Repeated => write!(f, "{rule} repeated at byte {offset}"),
            ParseErrorKind::Limit => write!(f, "limit {rule} passed at byte {offset}"),
            ParseErrorKind::Incomplete => write!(f, "{rule} incomplete at byte {offset}"),
            ParseErrorKind::Mismatch => write!(f, "{rule} contradicts the message at byte {offset}"),
            ParseErrorKind::Unsupported => write!(f, "{rule} not supported at byte {offset}"),
        }
    }
}

impl core::error::Error for ParseError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caret_points_at_the_byte_of_its_line() {
        let error = ParseError::new(ParseErrorKind::Syntax, "range-end", 15);
        assert_eq!(
            error.caret(b"To: x\r\nRange: 1-x/3\r\nnext"),
            "Range: 1-x/3.\n        ^ expected range-end at byte 15"
        );
    }

    #[test]
    fn caret_survives_an_offset_past_the_end_and_an_empty_text() {
        let error = ParseError::new(ParseErrorKind::Incomplete, "message", 99);
        assert_eq!(error.caret(b""), "\n^ message incomplete at byte 99");
        assert_eq!(error.caret(b"ab"), "ab\n  ^ message incomplete at byte 99");
    }
}
