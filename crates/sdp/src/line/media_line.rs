//! `m=`: the head of a media description, RFC 8866 §5.14.

use grammar::rule::{self, IResult, decimal, many1};
use grammar::{CharClass, ParseError};
use nom::Parser;
use nom::character::complete::char;
use nom::combinator::{cut, map_res, opt, recognize};
use nom::error::context;
use nom::multi::many1_count;
use nom::sequence::preceded;

use super::decimal_u32;

/// The `m=` line in someone else's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MediaLine<'a> {
    /// `audio`, `message`, ...
    pub media: &'a str,
    /// The port; 0 refuses or closes the stream.
    pub port: u16,
    /// How many ports are meant, where that is written.
    pub port_count: Option<u32>,
    /// The protocol, such as `TCP/MSRP`.
    pub proto: &'a str,
    /// The formats, separated by one blank each.
    pub(crate) fmts: &'a str,
}

impl<'a> MediaLine<'a> {
    /// Reads the value of an `m=` line.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where the value leaves the rule.
    pub fn parse(value: &'a str) -> Result<Self, ParseError> {
        rule::parse_all("media-field", value, media_field)
    }

    /// The formats, at least one.
    pub fn fmts(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.fmts.split(' ')
    }
}

/// `media-field = media SP port ["/" integer] SP proto 1*(SP fmt)`
fn media_field(i: &str) -> IResult<'_, MediaLine<'_>> {
    (
        context("media", rule::token),
        context("SP", char(' ')),
        context("port", map_res(decimal, u16::try_from)),
        opt(preceded(char('/'), cut(context("integer", decimal_u32)))),
        context("SP", char(' ')),
        context("proto", proto),
        context("SP", char(' ')),
        context("fmt", fmts),
    )
        .map(|(media, _, port, port_count, _, proto, _, fmts)| MediaLine {
            media,
            port,
            port_count,
            proto,
            fmts,
        })
        .parse(i)
}

/// `proto = token *("/" token)`
fn proto(i: &str) -> IResult<'_, &str> {
    const PROTO: CharClass = CharClass::TOKEN.with(b"/");
    many1(&PROTO).parse(i)
}

/// `fmt *(SP fmt)`
fn fmts(i: &str) -> IResult<'_, &str> {
    recognize((rule::token, opt(many1_count(preceded(char(' '), rule::token))))).parse(i)
}
