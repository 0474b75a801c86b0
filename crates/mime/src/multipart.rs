//! `Multipart`: a multipart body taken apart (RFC 2046 §5.1, RFC 2387).

use alloc::vec::Vec;

use bytes::Bytes;
use grammar::{Forgiven, Leniency, MediaType, ParseError, ParseErrorKind, Reading};

use crate::boundary::{self, Boundary};
use crate::entity::DEFAULT_TYPE;
use crate::header::{BrokenLine, End, parse_block};
use crate::parts::PartFinder;
use crate::{Entity, Headers, Limits, Walk};

/// The parts of a multipart body. Preamble and epilogue are passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Multipart {
    parts: Vec<Entity>,
}

impl Multipart {
    /// Takes `body` apart at `boundary`, the value of that parameter without quotes; nested multiparts too.
    ///
    /// [`Entity::read`] does the same from a header value.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte of the body where it is broken or a limit is passed.
    pub fn parse(
        boundary: &str,
        body: Bytes,
        reading: Reading,
        limits: &Limits,
    ) -> Result<(Self, Vec<Forgiven>), ParseError> {
        let mut leniency = Leniency::new(reading);
        let mut reader = PartReader::new(limits, &mut leniency);
        let parts = reader.parts(boundary, &body, 0, DEFAULT_TYPE, 1)?;
        Ok((Self { parts }, leniency.into_forgiven()))
    }

    /// The parts, in order.
    #[must_use]
    pub fn parts(&self) -> &[Entity] {
        &self.parts
    }

    /// The parts, by value.
    #[must_use]
    pub fn into_parts(self) -> Vec<Entity> {
        self.parts
    }

    /// All parts and what is nested in them, depth first.
    #[must_use]
    pub fn walk(&self) -> Walk<'_> {
        Walk::of(&self.parts)
    }
}

/// More nesting than anybody needs and less than the stack bears, whatever the limits say.
const DEEPEST: usize = 32;

/// Takes entities apart, counting what the limits bound.
#[derive(Debug)]
pub(crate) struct PartReader<'a> {
    limits: &'a Limits,
    leniency: &'a mut Leniency,
    found: usize,
}

impl<'a> PartReader<'a> {
    pub(crate) const fn new(limits: &'a Limits, leniency: &'a mut Leniency) -> Self {
        Self { limits, leniency, found: 0 }
    }

    /// An entity whose headers were elsewhere; `body` is what the caller reads.
    pub(crate) fn root(&mut self, headers: Headers, body: Bytes) -> Result<Entity, ParseError> {
        let entity = Entity::assemble(headers, body, Vec::new(), DEFAULT_TYPE);
        self.nested(entity, 0, 1)
    }

    /// An entity with its headers; `bytes` are what the caller reads.
    pub(crate) fn whole(&mut self, bytes: &Bytes) -> Result<Entity, ParseError> {
        let (entity, start) = self.split(bytes, 0, BrokenLine::Refused, DEFAULT_TYPE)?;
        self.nested(entity, start, 1)
    }

    /// Headers and body of `bytes`, and where the body starts.
    fn split(
        &mut self,
        bytes: &Bytes,
        base: usize,
        broken: BrokenLine,
        default_type: &'static str,
    ) -> Result<(Entity, usize), ParseError> {
        let (headers, end) = parse_block(bytes, 0, base, broken, self.leniency, self.limits)?;
        let start = match end {
            End::BlankLine(start) => start,
            // Lenient: where no line is a header, the blank one before the content is missing.
            End::Text if headers.is_empty() => 0,
            End::Text => bytes.len(),
        };
        let entity = Entity::assemble(headers, bytes.slice(start..), Vec::new(), default_type);
        Ok((entity, base + start))
    }

    /// `entity` with its parts, if it is a multipart; its body lies at `base`, `depth` multiparts deep if it is one.
    fn nested(&mut self, entity: Entity, base: usize, depth: usize) -> Result<Entity, ParseError> {
        match self.parts_of(&entity, base, depth) {
            Ok(None) => Ok(entity),
            Ok(Some(parts)) => {
                let default_type = DEFAULT_TYPE;
                Ok(Entity::assemble(entity.headers().clone(), entity.raw_body().clone(), parts, default_type))
            }
            // Lenient: what is broken inside one part leaves the others whole; the part is kept unopened.
            Err(error) if depth > 1 && error.kind() != ParseErrorKind::Limit => {
                self.leniency.forgive(error.kind(), error.rule(), error.offset())?;
                Ok(entity)
            }
            Err(error) => Err(error),
        }
    }

    /// The parts of `entity`, `None` if it is no multipart.
    fn parts_of(
        &mut self,
        entity: &Entity,
        base: usize,
        depth: usize,
    ) -> Result<Option<Vec<Entity>>, ParseError> {
        let media_type = match entity.content_type() {
            Ok(media_type) => media_type,
            Err(error) => {
                // Lenient: a type that cannot be read is one that is not known; its reader is told when it asks.
                self.leniency.forgive(error.kind(), error.rule(), base)?;
                return Ok(None);
            }
        };
        if !media_type.ty.eq_ignore_ascii_case("multipart") {
            return Ok(None);
        }
        let Some(boundary) = media_type.params.get("boundary") else {
            return Err(ParseError::new(ParseErrorKind::Missing, "boundary", base));
        };
        let inner_type = inner_type(&media_type);
        self.parts(&boundary.value(), entity.raw_body(), base, inner_type, depth).map(Some)
    }

    /// The parts of a multipart body at `base`, `depth` deep.
    fn parts(
        &mut self,
        boundary: &str,
        body: &Bytes,
        base: usize,
        default_type: &'static str,
        depth: usize,
    ) -> Result<Vec<Entity>, ParseError> {
        if depth > self.limits.max_depth.min(DEEPEST) {
            return Err(ParseError::new(ParseErrorKind::Limit, "max_depth", base));
        }
        if let Err(error) = boundary::check(boundary) {
            // Lenient: any text of one line separates as well as those RFC 2046 allows.
            if boundary.is_empty() || boundary.contains(['\r', '\n', '\0']) {
                return Err(ParseError::new(error.kind(), error.rule(), base));
            }
            self.leniency.forgive(error.kind(), error.rule(), base)?;
        }
        let boundary = Boundary::of(boundary);
        let mut finder = PartFinder::new(&boundary, body);
        let mut parts = Vec::new();
        loop {
            // Those of nested multiparts count as well.
            let most = self.limits.max_parts.saturating_sub(self.found).saturating_add(parts.len());
            let Some(range) = finder.next(base, most, self.leniency)? else { return Ok(parts) };
            self.found += 1;
            let start = base + range.start;
            parts.push(self.nested_part(&body.slice(range), start, default_type, depth + 1)?);
        }
    }

    /// A part at `base`, its parts included.
    pub(crate) fn part(
        &mut self,
        bytes: &Bytes,
        base: usize,
        default_type: &'static str,
    ) -> Result<Entity, ParseError> {
        self.nested_part(bytes, base, default_type, 2)
    }

    fn nested_part(
        &mut self,
        bytes: &Bytes,
        base: usize,
        default_type: &'static str,
        depth: usize,
    ) -> Result<Entity, ParseError> {
        // Lenient: a broken header in one part leaves the others whole.
        let (part, at) = self.split(bytes, base, BrokenLine::Forgiven, default_type)?;
        self.nested(part, at, depth)
    }
}

/// What a part without `Content-Type` is inside this multipart.
fn inner_type(media_type: &MediaType<'_>) -> &'static str {
    if media_type.is("multipart", "digest") { "message/rfc822" } else { DEFAULT_TYPE }
}

#[cfg(test)]
mod tests;
