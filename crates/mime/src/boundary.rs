//! The boundary of a multipart, and finding its delimiter lines (RFC 2046 §5.1.1).

use alloc::vec::Vec;

use grammar::{CharClass, Leniency, ParseError, ParseErrorKind};
use memchr::memmem::Finder;

/// `bchars` of RFC 2046 §5.1.1.
const BCHARS: CharClass = CharClass::ALPHANUM.with(b"'()+_,-./:=? ");

/// Checks `boundary = 0*69<bchars> bcharsnospace`.
pub(crate) fn check(boundary: &str) -> Result<(), ParseError> {
    let error = |kind, at| Err(ParseError::new(kind, "boundary", at));
    match boundary.as_bytes() {
        [] => error(ParseErrorKind::Missing, 0),
        bytes if bytes.len() > 70 => error(ParseErrorKind::OutOfRange, 70),
        bytes if !BCHARS.matches(bytes) => error(ParseErrorKind::Syntax, BCHARS.span(bytes)),
        [.., b' '] => error(ParseErrorKind::Syntax, boundary.len() - 1),
        _ => Ok(()),
    }
}

/// A line that separates parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Delimiter {
    /// Where it starts: at the line end before it, which belongs to it.
    pub(crate) start: usize,
    /// Where its line starts: at the dashes.
    pub(crate) line: usize,
    /// Where what follows starts.
    pub(crate) end: usize,
    /// Whether it is the last one.
    pub(crate) closes: bool,
}

/// Finds the delimiter lines of one boundary.
#[derive(Debug)]
pub(crate) struct Delimiters<'a> {
    body: &'a [u8],
    /// Finds the two dashes and the boundary.
    finder: Finder<'a>,
    at: usize,
}

impl<'a> Delimiters<'a> {
    /// `dashed` is the boundary with its two dashes.
    pub(crate) fn new(body: &'a [u8], dashed: &'a [u8]) -> Self {
        Self { body, finder: Finder::new(dashed), at: 0 }
    }

    /// The next delimiter line; `base` is where the body lies in what the caller reads.
    pub(crate) fn next(
        &mut self,
        base: usize,
        leniency: &mut Leniency,
    ) -> Result<Option<Delimiter>, ParseError> {
        let from = self.at;
        while let Some(found) = self.finder.find(self.body.get(self.at..).unwrap_or_default()) {
            let line = self.at + found;
            self.at = line + self.finder.needle().len();
            let Some(delimiter) = self.judge(from, line) else { continue };
            // Lenient: LF alone ends a line, also the one before the delimiter.
            let ends = [line, delimiter.end];
            let mut lone = ends.into_iter().filter(|&end| {
                let (before, _) = self.body.split_at_checked(end).unwrap_or_default();
                before.ends_with(b"\n") && !before.ends_with(b"\r\n")
            });
            match (leniency.reading(), lone.next()) {
                (grammar::Reading::Strict, Some(_)) => continue,
                (grammar::Reading::Lenient, Some(end)) => {
                    leniency.forgive(ParseErrorKind::Syntax, "CRLF", base + end - 1)?;
                }
                (_, None) => {}
            }
            self.at = delimiter.end;
            return Ok(Some(delimiter));
        }
        Ok(None)
    }

    /// The delimiter whose dashes are at `line`, if it is one: at the start of a line, and nothing after it but
    /// dashes, white space and the line end. A longer boundary that starts the same is none.
    fn judge(&self, from: usize, line: usize) -> Option<Delimiter> {
        let before = self.body.get(from..line)?;
        let start = match before {
            [.., b'\r', b'\n'] => line - 2,
            [.., b'\n'] => line - 1,
            // Directly after the line of another delimiter, or at the start of the body.
            [] => line,
            _ => return None,
        };
        let after = self.body.get(line + self.finder.needle().len()..)?;
        let space = |text: &[u8]| text.iter().take_while(|&&byte| matches!(byte, b' ' | b'\t')).count();
        let tail = |text: &'a [u8]| -> Option<&'a [u8]> {
            match text.get(space(text)..)? {
                [] => Some(&[]),
                [b'\r', b'\n', rest @ ..] | [b'\n', rest @ ..] => Some(rest),
                _ => None,
            }
        };
        let closing = after.strip_prefix(b"--").and_then(tail);
        let rest = closing.or_else(|| tail(after))?;
        Some(Delimiter { start, line, end: self.body.len() - rest.len(), closes: closing.is_some() })
    }
}

/// `boundary` with the two dashes before it.
pub(crate) fn dashed(boundary: &str) -> Vec<u8> {
    [b"--", boundary.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use core::fmt::Write as _;
    use grammar::Reading;

    /// Shows the delimiters of boundary `b` in `body`, start and end, `.` after the closing one.
    #[track_caller]
    fn check(reading: Reading, body: &str, expected: &str) {
        let dashed = dashed("b");
        let mut delimiters = Delimiters::new(body.as_bytes(), &dashed);
        let mut leniency = Leniency::new(reading);
        let mut got = String::new();
        while let Some(Delimiter { start, end, closes, .. }) = delimiters.next(0, &mut leniency).unwrap() {
            write!(got, "{start}-{end}{} ", if closes { "." } else { "" }).unwrap();
        }
        for forgiven in leniency.forgiven() {
            write!(got, "{}@{} ", forgiven.rule, forgiven.offset).unwrap();
        }
        assert_eq!(got.trim_end(), expected, "{body:?}");
    }

    #[test]
    fn rfc2046_5_1_1_the_line_end_before_a_delimiter_belongs_to_it() {
        check(Reading::Strict, "--b\r\nx\r\n--b\r\ny\r\n--b--\r\n", "0-5 6-13 14-23.");
        check(Reading::Strict, "--b\r\n--b\r\n\r\n--b--", "0-5 5-10 10-17.");
        check(Reading::Strict, "pre\r\n--b \t\r\nx\r\n--b-- ", "3-12 13-21.");
    }

    #[test]
    fn rfc2046_5_1_1_what_only_looks_like_a_delimiter_is_content() {
        for body in [
            "-b",
            "x--b\r\n",
            "--bb\r\n",
            "--b-\r\n",
            "--b--x\r\n",
            "--b x\r\n",
            "--b\r",
            "\r--b\r\n",
            "--b--\r",
        ] {
            check(Reading::Lenient, body, "");
        }
    }

    #[test]
    fn a_lone_line_feed_counts_in_a_lenient_reading_only() {
        check(Reading::Lenient, "--b\nx\n--b\r\ny\r\n--b--", "0-4 5-11 12-19. CRLF@3 CRLF@5");
        check(Reading::Strict, "--b\nx\n--b\r\ny\r\n--b--", "12-19.");
    }

    #[test]
    fn rfc2046_5_1_1_boundaries() {
        for good in ["b", "gc0pJq0M:08jU534c0p", "=_a'()+,./:?b", &"x".repeat(70), "a b"] {
            assert_eq!(super::check(good), Ok(()), "{good}");
        }
        for bad in ["", "b ", "a\"b", "a\tb", "é", &"x".repeat(71)] {
            assert!(super::check(bad).is_err(), "{bad}");
        }
    }
}
