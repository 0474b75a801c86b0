//! `Boundary`: what separates the parts of a multipart, and finding its delimiter lines (RFC 2046 §5.1.1).

use alloc::vec::Vec;

use bytes::Bytes;
use grammar::{CharClass, Leniency, ParseError, ParseErrorKind, Reading};
use memchr::memmem::Finder;
use wide::u8x16;

use crate::{Limits, Parts};

/// `bchars` of RFC 2046 §5.1.1.
const BCHARS: CharClass = CharClass::ALPHANUM.with(b"'()+_,-./:=? ");

/// The most bytes of a boundary.
const MOST: usize = 70;

/// A boundary, with the two dashes that stand before it on a line. Nothing is allocated for it.
#[derive(Debug, Clone)]
pub struct Boundary {
    dashed: [u8; MOST + 2],
    len: usize,
    /// One that is longer, which only a lenient reading takes.
    long: Vec<u8>,
}

impl Boundary {
    /// Takes the value of the parameter `boundary`, without quotes.
    ///
    /// # Errors
    ///
    /// `boundary` where it is empty, longer than 70 bytes, holds a character that RFC 2046 does not allow, or ends with
    /// a blank.
    #[inline]
    pub fn parse(boundary: &str) -> Result<Self, ParseError> {
        check(boundary)?;
        Ok(Self::of(boundary))
    }

    /// The same of any text of one line, which separates as well as those that RFC 2046 allows.
    #[inline]
    pub(crate) fn of(boundary: &str) -> Self {
        let mut this = Self { dashed: [b'-'; MOST + 2], len: boundary.len() + 2, long: Vec::new() };
        match this.dashed.get_mut(2..boundary.len() + 2) {
            Some(place) => place.copy_from_slice(boundary.as_bytes()),
            None => this.long = dashed(boundary),
        }
        this
    }

    /// The parts of `body`, each found as it is asked for. What the parts consist of is not looked at, and nothing is
    /// allocated as long as there is nothing to forgive.
    #[must_use]
    #[inline]
    pub fn parts<'a>(&'a self, body: &'a Bytes, reading: Reading, limits: &Limits) -> Parts<'a> {
        Parts::new(self, body, reading, limits)
    }

    /// The boundary with the two dashes before it.
    pub(crate) fn dashed(&self) -> &[u8] {
        if self.long.is_empty() { self.dashed.get(..self.len).unwrap_or_default() } else { &self.long }
    }
}

/// Checks `boundary = 0*69<bchars> bcharsnospace`.
#[inline]
pub(crate) fn check(boundary: &str) -> Result<(), ParseError> {
    let error = |kind, at| Err(ParseError::new(kind, "boundary", at));
    match boundary.as_bytes() {
        [] => error(ParseErrorKind::Missing, 0),
        bytes if bytes.len() > MOST => error(ParseErrorKind::OutOfRange, MOST),
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
#[derive(Debug, Clone)]
pub(crate) struct Delimiters<'a> {
    body: &'a [u8],
    /// The two dashes and the boundary.
    dashed: &'a [u8],
    /// Finds how it starts in a long body. Nothing that starts at the start of a line can overlap what is found before,
    /// for it would hold the line end.
    finder: Option<Finder<'a>>,
    at: usize,
}

/// Bytes that are searched for.
const SEARCHED: usize = 12;

/// Bytes of a body that is long. Making a search ready costs as much as looking through a short body for lines that
/// start with a dash.
const LONG: usize = 4096;

impl<'a> Delimiters<'a> {
    /// `dashed` is the boundary with its two dashes.
    #[inline]
    pub(crate) fn new(body: &'a [u8], dashed: &'a [u8]) -> Self {
        let searched = dashed.get(..SEARCHED).unwrap_or(dashed);
        Self { body, dashed, finder: (body.len() > LONG).then(|| Finder::new(searched)), at: 0 }
    }

    /// The next delimiter line; `base` is where the body lies in what the caller reads.
    #[inline]
    pub(crate) fn next(
        &mut self,
        base: usize,
        leniency: &mut Leniency,
    ) -> Result<Option<Delimiter>, ParseError> {
        let from = self.at;
        while let Some(line) = self.find() {
            self.at = line + self.dashed.len();
            let Some((delimiter, lone)) = self.judge(from, line) else { continue };
            // Lenient: LF alone ends a line, also the one before the delimiter.
            if let Some(end) = lone {
                if leniency.reading() == Reading::Strict {
                    continue;
                }
                leniency.forgive(ParseErrorKind::Syntax, "CRLF", base + end - 1)?;
            }
            self.at = delimiter.end;
            return Ok(Some(delimiter));
        }
        Ok(None)
    }

    /// Where the dashes and the boundary stand next; in a short body only where a line starts.
    #[inline]
    fn find(&self) -> Option<usize> {
        let mut rest = self.body.get(self.at..)?;
        // Most bodies start with a delimiter: there is nothing to search for.
        if self.at == 0 && rest.starts_with(self.dashed) {
            return Some(0);
        }
        let Some(finder) = &self.finder else { return self.find_line(rest) };
        loop {
            rest = rest.get(finder.find(rest)?..)?;
            if rest.starts_with(self.dashed) {
                return Some(self.body.len() - rest.len());
            }
            rest = rest.get(finder.needle().len()..)?;
        }
    }

    /// The same in a short body: a line that starts so, in `rest` or at its start.
    #[inline]
    fn find_line(&self, mut rest: &[u8]) -> Option<usize> {
        // Directly after another delimiter.
        if rest.starts_with(self.dashed) {
            return Some(self.at);
        }
        loop {
            rest = rest.get(line_with_dash(rest)?..)?;
            if rest.starts_with(self.dashed) {
                return Some(self.body.len() - rest.len());
            }
        }
    }

    /// The delimiter whose dashes are at `line`, if it is one: at the start of a line, and nothing after it but
    /// dashes, white space and the line end. A longer boundary that starts the same is none. And behind which LF no CR
    /// stands before it, if there is one.
    #[inline]
    fn judge(&self, from: usize, line: usize) -> Option<(Delimiter, Option<usize>)> {
        let (start, lone_before) = match self.body.get(from..line)? {
            [.., b'\r', b'\n'] => (line - 2, None),
            [.., b'\n'] => (line - 1, Some(line)),
            // Directly after the line of another delimiter, or at the start of the body.
            [] => (line, self.lone_feed(line)),
            _ => return None,
        };
        let after = self.body.get(line + self.dashed.len()..)?;
        // Most end with the boundary, or with the two dashes.
        let (rest, closes) = match after {
            [b'\r', b'\n', rest @ ..] => (rest, false),
            [b'-', b'-', b'\r', b'\n', rest @ ..] => (rest, true),
            [b'-' | b' ' | b'\t' | b'\r' | b'\n', ..] | [] => {
                let closing = after.strip_prefix(b"--").and_then(line_end);
                (closing.or_else(|| line_end(after))?, closing.is_some())
            }
            _ => return None,
        };
        let end = self.body.len() - rest.len();
        Some((Delimiter { start, line, end, closes }, lone_before.or_else(|| self.lone_feed(end))))
    }

    /// `end`, if an LF without CR stands before it.
    fn lone_feed(&self, end: usize) -> Option<usize> {
        match self.body.get(..end)? {
            [.., b'\r', b'\n'] => None,
            [.., b'\n'] => Some(end),
            _ => None,
        }
    }
}

/// Where a line of `text`, but the first, starts with a dash: 64 bytes a step.
#[inline]
fn line_with_dash(text: &[u8]) -> Option<usize> {
    let (steps, _) = text.as_chunks::<64>();
    let (shifted, _) = text.get(1..)?.as_chunks::<64>();
    let mut passed = 0;
    for (step, next) in steps.iter().zip(shifted) {
        let (feeds, _) = step.as_chunks::<16>();
        let (dashes, _) = next.as_chunks::<16>();
        let mut found = u8x16::splat(0);
        for (feed, dash) in feeds.iter().zip(dashes) {
            let feed = u8x16::new(*feed).simd_eq(u8x16::splat(b'\n'));
            found |= feed & u8x16::new(*dash).simd_eq(u8x16::splat(b'-'));
        }
        if found.to_bitmask() != 0 {
            break;
        }
        passed += 64;
    }
    // The step that has one, or the end of the text.
    let left = text.get(passed..)?;
    memchr::memchr_iter(b'\n', left).find(|at| left.get(at + 1) == Some(&b'-')).map(|at| passed + at + 1)
}

/// What follows the white space and the line end that `text` starts with, or nothing if it is white space alone.
fn line_end(text: &[u8]) -> Option<&[u8]> {
    let space = text.iter().take_while(|&&byte| matches!(byte, b' ' | b'\t')).count();
    match text.get(space..)? {
        [] => Some(&[]),
        [b'\r', b'\n', rest @ ..] | [b'\n', rest @ ..] => Some(rest),
        _ => None,
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
    fn a_line_with_a_dash_is_found_wherever_it_stands() {
        for len in 0..50 {
            for at in 0..len {
                let mut text = alloc::vec![b'\n'; len];
                text[at] = b'-';
                assert_eq!(line_with_dash(&text), (at > 0).then_some(at), "{len} {at}");
                let text = alloc::vec![b'-'; len];
                assert_eq!(line_with_dash(&text), None);
            }
        }
    }

    /// Short and long bodies are searched in two ways.
    #[test]
    fn rfc2046_5_1_1_the_delimiters_are_the_same_however_long_the_body_is() {
        let start = "pre\r\n- x\r\n--bb\r\n--b\r\nx --b\r\n\r\n--b--x\r\n--\r\n--b \t\r\n--b\r\n-\n";
        for filling in [0, 1, 14, 15, 16, 17, 4000, 4096, 5000] {
            let body = [start, &"y".repeat(filling), "\r\n--b--\r\n"].concat();
            let dashed = dashed("b");
            let mut delimiters = Delimiters::new(body.as_bytes(), &dashed);
            let mut leniency = Leniency::new(Reading::Strict);
            let mut lines = Vec::new();
            while let Some(delimiter) = delimiters.next(0, &mut leniency).unwrap() {
                lines.push(delimiter.line);
            }
            assert_eq!(lines, [16, 42, 49, start.len() + filling + 2], "{filling}");
        }
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
