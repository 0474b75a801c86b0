//! `FileRange`: which part of a file is wanted or sent, RFC 5547 §6.

use core::fmt;

use grammar::{ParseError, ParseErrorKind};

use crate::line::Cut;

/// Octets of a file, counted from 1, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct FileRange {
    /// First octet, at least 1.
    pub start: u64,
    /// Last octet, or `None` (`*`) for the end of the file.
    pub stop: Option<u64>,
}

impl FileRange {
    /// The range from octet `start` to the end: how an interrupted transfer is resumed. 0 counts as 1.
    #[must_use]
    pub const fn from(start: u64) -> Self {
        Self { start: if start == 0 { 1 } else { start }, stop: None }
    }

    /// Reads the value of `a=file-range`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where the value leaves the rule; octet 0 and an end before the start are out of
    /// range.
    pub fn parse(value: &str) -> Result<Self, ParseError> {
        // start-offset "-" ( stop-offset / "*" )
        let mut cut = Cut::new(value);
        let start = cut.number("start-offset")?;
        cut.byte("-", b'-')?;
        let stop = if cut.skip(b'*') { None } else { Some(cut.number("stop-offset")?) };
        cut.end("file-range")?;
        let range = Self { start, stop };
        let out = |rule| ParseError::new(ParseErrorKind::OutOfRange, rule, 0);
        match range {
            Self { start: 0, .. } => Err(out("start-offset")),
            Self { start, stop: Some(stop) } if stop < start => Err(out("stop-offset")),
            range => Ok(range),
        }
    }

    /// Whether it is the same part of a file, of `size` octets if that is known: `*` stands for its end.
    #[must_use]
    pub fn is_same(&self, other: &Self, size: Option<u64>) -> bool {
        let stop = |range: &Self| range.stop.or(size);
        self.start == other.start && stop(self) == stop(other)
    }

    /// Whether it is the whole of a file, of `size` octets if that is known.
    #[must_use]
    pub fn is_whole(&self, size: Option<u64>) -> bool {
        self.start == 1 && self.stop.is_none_or(|stop| Some(stop) == size)
    }
}

impl fmt::Display for FileRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.stop {
            Some(stop) => write!(f, "{}-{stop}", self.start),
            None => write!(f, "{}-*", self.start),
        }
    }
}
