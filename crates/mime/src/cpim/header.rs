//! `Header`: one line of the message headers of CPIM (RFC 3862 §2 and §3).

use alloc::borrow::Cow;
use alloc::vec::Vec;

use grammar::rule::{self, IResult};
use grammar::{ByteStr, CharClass, ParseError};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_while};
use nom::character::complete::{anychar, char};
use nom::combinator::{opt, recognize, rest};
use nom::error::context;
use nom::multi::{many0, many0_count};
use nom::sequence::terminated;

use super::escape::unescape;

/// `NAMECHAR` of RFC 3862 §3.6.
const NAME: CharClass = CharClass::ALPHANUM.with(b"!#$%&'*+-^_`|~");

/// One message header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub(super) namespace: Option<ByteStr>,
    pub(super) prefix: Option<ByteStr>,
    pub(super) name: ByteStr,
    pub(super) language: Option<ByteStr>,
    pub(super) raw_params: ByteStr,
    pub(super) raw_value: ByteStr,
}

impl Header {
    /// The URN of the namespace the header belongs to; `None` where its prefix was never declared.
    #[must_use]
    pub const fn namespace(&self) -> Option<&ByteStr> {
        self.namespace.as_ref()
    }

    /// The prefix, as written.
    #[must_use]
    pub const fn prefix(&self) -> Option<&ByteStr> {
        self.prefix.as_ref()
    }

    /// The name without prefix, case-sensitive.
    #[must_use]
    pub const fn name(&self) -> &ByteStr {
        &self.name
    }

    /// `;lang=`, the language of the value (RFC 3862 §3.3).
    #[must_use]
    pub const fn language(&self) -> Option<&ByteStr> {
        self.language.as_ref()
    }

    /// The parameters as written, `;lang=` among them; empty where there is none.
    #[must_use]
    pub const fn raw_params(&self) -> &ByteStr {
        &self.raw_params
    }

    /// The value as written.
    #[must_use]
    pub const fn raw_value(&self) -> &ByteStr {
        &self.raw_value
    }

    /// The value with its escapes undone. May hold line ends: not for use in another header as it is.
    #[must_use]
    pub fn value(&self) -> Cow<'_, str> {
        unescape(&self.raw_value)
    }
}

impl Header {
    /// Writes the line.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if let Some(prefix) = &self.prefix {
            out.extend_from_slice(prefix.as_bytes());
            out.push(b'.');
        }
        out.extend_from_slice(self.name.as_bytes());
        out.push(b':');
        out.extend_from_slice(self.raw_params.as_bytes());
        out.push(b' ');
        out.extend_from_slice(self.raw_value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

/// A header line, cut and not yet kept.
#[derive(Debug)]
pub(super) struct HeaderLine<'a> {
    pub(super) prefix: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) language: Option<&'a str>,
    /// White space between the colon, or the parameters, and the value: one blank is due.
    pub(super) space: &'a str,
    pub(super) value: &'a str,
}

impl<'a> HeaderLine<'a> {
    /// Reads a line without its line end.
    pub(super) fn parse(line: &'a str) -> Result<Self, ParseError> {
        rule::parse_all("Header", line, header)
    }
}

/// `Header = Header-name ":" *( ";" Parameter ) SP Header-value`
fn header(i: &str) -> IResult<'_, HeaderLine<'_>> {
    (
        opt(terminated(name, char('.'))),
        context("Header-name", name),
        context(":", char(':')),
        many0(parameter),
        take_while(|c| matches!(c, ' ' | '\t')),
        rest,
    )
        .map(|(prefix, name, _, params, space, value)| HeaderLine {
            prefix,
            name,
            language: params.into_iter().flatten().next(),
            space,
            value,
        })
        .parse(i)
}

/// `Name = 1*NAMECHAR`
fn name(i: &str) -> IResult<'_, &str> {
    rule::many1(&NAME).parse(i)
}

/// `";" ( "lang=" Language-tag / Param-name "=" ( Token / Number / String ) )`: the language, if it is that
fn parameter(i: &str) -> IResult<'_, Option<&str>> {
    let value = alt((string, is_not("; \t")));
    (char(';'), context("Param-name", name), context("=", tag("=")), context("Param-value", value))
        .map(|(_, name, _, value)| (name == "lang").then_some(value))
        .parse(i)
}

/// `String = DQUOTE *( Str-char / Escape ) DQUOTE`
fn string(i: &str) -> IResult<'_, &str> {
    let inner = alt((is_not("\"\\"), recognize((char('\\'), anychar))));
    recognize((char('"'), many0_count(inner), char('"'))).parse(i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        let got = match HeaderLine::parse(line) {
            Ok(HeaderLine { prefix, name, language, space, value }) => {
                let (prefix, language) = (prefix.unwrap_or("-"), language.unwrap_or("-"));
                format!("{prefix}|{name}|{language}|{}|{value}", space.len())
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{line:?}");
    }

    #[test]
    fn rfc3862_3_6_header_lines() {
        check("From: <im:a@b>", "-|From|-|1|<im:a@b>");
        check("imdn.Message-ID: 34jk324j", "imdn|Message-ID|-|1|34jk324j");
        check("Subject:;lang=fr Bonjour", "-|Subject|fr|1|Bonjour");
        check("X:;a=\"b;\\\" c\";lang=de;n=1 v;w: x ", "-|X|de|1|v;w: x ");
        check("To:<a>", "-|To|-|0|<a>");
        check("Subject: ", "-|Subject|-|1|");
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("", "expected Header-name at byte 0");
        check(" From: x", "expected Header-name at byte 0");
        check("From", "expected : at byte 4");
        check("a.b.c: x", "expected : at byte 3");
    }
}
