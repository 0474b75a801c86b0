//! The bridge between nom and [`ParseError`]: rules keep the place they failed at and their ABNF name.
//!
//! Hidden from the docs: nom is how the workspace writes its grammars, not part of what it offers.

use nom::branch::alt;
use nom::character::complete::char;
use nom::combinator::map;
use nom::error::{ContextError, ErrorKind, FromExternalError};
use nom::{Err, Parser};

use crate::{CharClass, ParseError, ParseErrorKind};

/// What a rule returns.
pub type IResult<'a, T> = nom::IResult<&'a str, T, RuleError<'a>>;

/// Where a rule stopped matching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleError<'a> {
    at: &'a str,
    kind: ParseErrorKind,
    rule: Option<&'static str>,
}

impl<'a> nom::error::ParseError<&'a str> for RuleError<'a> {
    fn from_error_kind(at: &'a str, kind: ErrorKind) -> Self {
        let kind = match kind {
            ErrorKind::MapRes | ErrorKind::Digit => ParseErrorKind::OutOfRange,
            _ => ParseErrorKind::Syntax,
        };
        Self { at, kind, rule: None }
    }

    fn append(_: &'a str, _: ErrorKind, other: Self) -> Self {
        other
    }

    /// Of two failed branches the one that got further wins.
    fn or(self, other: Self) -> Self {
        if self.at.len() < other.at.len() { self } else { other }
    }
}

impl<'a> ContextError<&'a str> for RuleError<'a> {
    /// The innermost rule names the error.
    fn add_context(_: &'a str, rule: &'static str, other: Self) -> Self {
        Self { rule: other.rule.or(Some(rule)), ..other }
    }
}

impl<'a, E> FromExternalError<&'a str, E> for RuleError<'a> {
    fn from_external_error(at: &'a str, _: ErrorKind, _: E) -> Self {
        Self { at, kind: ParseErrorKind::OutOfRange, rule: None }
    }
}

/// Applies `parser` to all of `text`; what is left over is an error of `rule`.
///
/// # Errors
///
/// The place where the text leaves the rule.
pub fn parse_all<'a, T>(
    rule: &'static str,
    text: &'a str,
    mut parser: impl Parser<&'a str, Output = T, Error = RuleError<'a>>,
) -> Result<T, ParseError> {
    match parser.parse(text) {
        Ok(("", value)) => Ok(value),
        Ok((rest, _)) => Err(ParseError::new(ParseErrorKind::TrailingData, rule, text.len() - rest.len())),
        Err(Err::Incomplete(_)) => Err(ParseError::new(ParseErrorKind::Incomplete, rule, text.len())),
        Err(Err::Error(error) | Err::Failure(error)) => {
            let offset = text.len().saturating_sub(error.at.len());
            Err(ParseError::new(error.kind, error.rule.unwrap_or(rule), offset))
        }
    }
}

/// `1*class`; a class has all of the bytes from 0x80 to 0xff or none of them
pub fn many1<'a>(class: &'static CharClass) -> impl Parser<&'a str, Output = &'a str, Error = RuleError<'a>> {
    move |i: &'a str| match i.split_at_checked(class.span(i.as_bytes())) {
        Some((found, rest)) if !found.is_empty() => Ok((rest, found)),
        _ => Err(Err::Error(nom::error::ParseError::from_error_kind(i, ErrorKind::TakeWhile1))),
    }
}

/// `token`, RFC 2045 §5.1
pub fn token(i: &str) -> IResult<'_, &str> {
    many1(&CharClass::TOKEN).parse(i)
}

/// `1*DIGIT` that fits into 64 bits
pub fn decimal(i: &str) -> IResult<'_, u64> {
    let (rest, digits) = many1(&CharClass::DIGIT).parse(i)?;
    match digits.parse() {
        Ok(number) => Ok((rest, number)),
        Err(_) => Err(Err::Error(RuleError { at: i, kind: ParseErrorKind::OutOfRange, rule: None })),
    }
}

/// `"*" / rule`
pub fn star_or<'a, T>(
    rule: impl Parser<&'a str, Output = T, Error = RuleError<'a>>,
) -> impl Parser<&'a str, Output = Option<T>, Error = RuleError<'a>> {
    alt((map(char('*'), |_| None), map(rule, Some)))
}
