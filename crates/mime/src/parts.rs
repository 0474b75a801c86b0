//! `Parts`: the parts of a multipart body, found one after the other and not looked into (RFC 2046 §5.1.1).

use alloc::vec::Vec;
use core::ops::Range;

use bytes::Bytes;
use grammar::{Forgiven, Leniency, ParseError, ParseErrorKind, Reading};

use crate::boundary::{Boundary, Delimiter, Delimiters};
use crate::entity::DEFAULT_TYPE;
use crate::multipart::PartReader;
use crate::{Entity, Limits};

/// Hands out the parts of a body as they are found. Fused: after an error there is nothing more.
///
/// ```
/// use bytes::Bytes;
/// use simple_im_mime::{Boundary, Limits, Reading};
///
/// let body = Bytes::from("--b\r\nContent-Type: text/plain\r\n\r\nHi\r\n--b\r\n\r\nthere\r\n--b--\r\n");
/// let boundary = Boundary::parse("b")?;
/// let mut bodies = Vec::new();
/// for part in boundary.parts(&body, Reading::Strict, &Limits::default()) {
///     let (entity, _) = part?.entity(Reading::Strict, &Limits::default())?;
///     bodies.push(entity.body()?);
/// }
/// assert_eq!(bodies, ["Hi", "there"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Parts<'a> {
    body: &'a Bytes,
    finder: PartFinder<'a>,
    leniency: Leniency,
    max_parts: usize,
    ended: bool,
}

impl<'a> Parts<'a> {
    #[inline]
    pub(crate) fn new(boundary: &'a Boundary, body: &'a Bytes, reading: Reading, limits: &Limits) -> Self {
        Self {
            body,
            finder: PartFinder::new(boundary, body),
            leniency: Leniency::new(reading),
            max_parts: limits.max_parts,
            ended: false,
        }
    }

    /// What was let pass so far.
    #[must_use]
    pub fn forgiven(&self) -> &[Forgiven] {
        self.leniency.forgiven()
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Result<Part<'a>, ParseError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.finder.next(0, self.max_parts, &mut self.leniency) {
            Ok(Some(range)) => Some(Ok(Part { body: self.body, range })),
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.ended = true;
                Some(Err(error))
            }
        }
    }
}

/// A part as it stands in the body: its headers, a blank line, what it carries.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    body: &'a Bytes,
    range: Range<usize>,
}

impl<'a> Part<'a> {
    /// Where it lies in the body.
    #[must_use]
    pub const fn range(&self) -> &Range<usize> {
        &self.range
    }

    /// Headers and all, as they are.
    #[must_use]
    pub fn raw(&self) -> &'a [u8] {
        self.body.get(self.range.clone()).unwrap_or_default()
    }

    /// Reads its headers, and its parts if it is a multipart. It shares the body.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte of the body where headers or a multipart are broken or a limit is passed.
    pub fn entity(&self, reading: Reading, limits: &Limits) -> Result<(Entity, Vec<Forgiven>), ParseError> {
        let mut leniency = Leniency::new(reading);
        let bytes = self.body.slice(self.range.clone());
        let entity = PartReader::new(limits, &mut leniency).part(&bytes, self.range.start, DEFAULT_TYPE)?;
        Ok((entity, leniency.into_forgiven()))
    }
}

/// Finds where parts start and end.
#[derive(Debug, Clone)]
pub(crate) struct PartFinder<'a> {
    delimiters: Delimiters<'a>,
    /// The delimiter before the next part.
    last: Option<Delimiter>,
    found: usize,
    /// Bytes of the body.
    len: usize,
    /// Whether the body has ended without the last delimiter.
    cut: bool,
}

impl<'a> PartFinder<'a> {
    #[inline]
    pub(crate) fn new(boundary: &'a Boundary, body: &'a [u8]) -> Self {
        let delimiters = Delimiters::new(body, boundary.dashed());
        Self { delimiters, last: None, found: 0, len: body.len(), cut: false }
    }

    /// The next part; `base` is where the body lies in what the caller reads, `most` how many parts it takes.
    #[inline]
    pub(crate) fn next(
        &mut self,
        base: usize,
        most: usize,
        leniency: &mut Leniency,
    ) -> Result<Option<Range<usize>>, ParseError> {
        let last = match self.last {
            Some(last) => last,
            None => match self.delimiters.next(base, leniency)? {
                Some(first) => first,
                None => return Err(ParseError::new(ParseErrorKind::Missing, "delimiter", base + self.len)),
            },
        };
        self.last = Some(last);
        let none = |found| match found {
            0 => Err(ParseError::new(ParseErrorKind::Missing, "body-part", base + last.end)),
            _ => Ok(None),
        };
        if last.closes || self.cut {
            return none(self.found);
        }
        let next = self.delimiters.next(base, leniency)?;
        let end = match next {
            Some(next) => next.start.max(last.end),
            None => {
                leniency.forgive(ParseErrorKind::Incomplete, "close-delimiter", base + self.len)?;
                self.cut = true;
                if last.end == self.len {
                    return none(self.found);
                }
                self.len
            }
        };
        if self.found == most {
            return Err(ParseError::new(ParseErrorKind::Limit, "max_parts", base + last.line));
        }
        self.found += 1;
        self.last = next.or(Some(last));
        Ok(Some(last.end..end))
    }
}
