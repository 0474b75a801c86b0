//! `auth-param` lists: the scheme and the `name=value` pairs after it (RFC 7616 §3.3 and §3.4, RFC 3261 §25.1).

use alloc::borrow::Cow;
use alloc::vec::Vec;

use grammar::rule::{self, IResult};
use grammar::{ByteStr, ParseError, ParseErrorKind, quoted};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{is_not, take_while};
use nom::character::complete::{anychar, char};
use nom::combinator::{eof, recognize, rest};
use nom::error::context;
use nom::multi::many0_count;

/// More pairs than any registered use needs; a header with more is refused.
const MOST: usize = 32;

const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// The pairs of one `Digest ..` value, in the order they are written.
#[derive(Debug)]
pub(crate) struct AuthParams<'a> {
    params: Vec<AuthParam<'a>>,
    len: usize,
}

#[derive(Debug)]
struct AuthParam<'a> {
    name: &'a str,
    value: Cow<'a, str>,
    offset: usize,
}

impl<'a> AuthParams<'a> {
    /// Reads `"Digest" LWS auth-param *( COMMA auth-param )`.
    pub(crate) fn parse(text: &'a str) -> Result<Self, ParseError> {
        let value = text.trim_start_matches(SPACE);
        let (scheme, list) = value.split_once(SPACE).unwrap_or((value, ""));
        if !scheme.eq_ignore_ascii_case("Digest") {
            let kind = if scheme.is_empty() { ParseErrorKind::Missing } else { ParseErrorKind::Unsupported };
            return Err(ParseError::new(kind, "auth-scheme", text.len() - value.len()));
        }
        Self::parse_from(text, list)
    }

    /// Reads the pairs alone, as `Authentication-Info` has them.
    pub(crate) fn parse_list(text: &'a str) -> Result<Self, ParseError> {
        Self::parse_from(text, text)
    }

    /// Reads the pairs that `list`, the tail of `text`, consists of.
    fn parse_from(text: &'a str, list: &'a str) -> Result<Self, ParseError> {
        let mut params: Vec<AuthParam<'a>> = Vec::new();
        let mut left = list;
        loop {
            // Lenient: empty list elements mean nothing (RFC 9110 §5.6.1.2).
            left = left.trim_start_matches([' ', '\t', '\r', '\n', ',']);
            let offset = text.len() - left.len();
            if left.is_empty() {
                return Ok(Self { params, len: text.len() });
            }
            let ((name, raw), after) = rule::parse_all("auth-param", left, (auth_param, rest))
                .map_err(|error| error.shifted(offset))?;
            if params.len() == MOST {
                return Err(ParseError::new(ParseErrorKind::Limit, "auth-params", offset));
            }
            if params.iter().any(|param| param.name.eq_ignore_ascii_case(name)) {
                return Err(ParseError::new(ParseErrorKind::Repeated, "auth-param", offset));
            }
            params.push(AuthParam { name, value: quoted::unquote(raw), offset });
            left = after;
        }
    }

    /// The value of `name`, unquoted.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.find(name).map(|param| param.value.as_ref())
    }

    /// The value of `name` for keeping: it can be written into a header again.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<ByteStr>, ParseError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let carried = !value.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
        if carried { Ok(Some(value.into())) } else { Err(self.error(ParseErrorKind::Syntax, name)) }
    }

    /// The value of a pair that must be there.
    pub(crate) fn require(&self, name: &'static str) -> Result<ByteStr, ParseError> {
        self.text(name)?.ok_or_else(|| ParseError::new(ParseErrorKind::Missing, name, self.len))
    }

    /// An error about the value of `name`.
    pub(crate) fn error(&self, kind: ParseErrorKind, name: &'static str) -> ParseError {
        ParseError::new(kind, name, self.find(name).map_or(self.len, |param| param.offset))
    }

    /// Whether `name` is `true`, in any case (RFC 7616 §3.3).
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    fn find(&self, name: &str) -> Option<&AuthParam<'a>> {
        self.params.iter().find(|param| param.name.eq_ignore_ascii_case(name))
    }
}

/// `auth-param = token BWS "=" BWS ( token / quoted-string )`, and the end of the list or the next comma
fn auth_param(i: &str) -> IResult<'_, (&str, &str)> {
    (
        context("auth-param", rule::token),
        space,
        context("=", char('=')),
        space,
        context("auth-value", alt((quoted_string, bare))),
        context("comma", alt((recognize((space, char(','))), recognize((space, eof))))),
    )
        .map(|(name, _, _, _, value, _)| (name, value))
        .parse(i)
}

/// `quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE`
fn quoted_string(i: &str) -> IResult<'_, &str> {
    let inner = alt((is_not("\"\\"), recognize((char('\\'), anychar))));
    recognize((char('"'), many0_count(inner), char('"'))).parse(i)
}

/// Lenient: a value without quotes that is no token, such as an unquoted `uri`
fn bare(i: &str) -> IResult<'_, &str> {
    is_not("\", \t\r\n").parse(i)
}

/// `BWS`, with what a folded line leaves
fn space(i: &str) -> IResult<'_, &str> {
    take_while(|c| SPACE.contains(&c)).parse(i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let got = match AuthParams::parse(text) {
            Ok(params) => params.params.iter().fold(String::new(), |mut out, param| {
                out.push_str(param.name);
                out.push('=');
                out.push_str(&param.value);
                out.push('|');
                out
            }),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{text:?}");
    }

    #[test]
    fn rfc7616_3_3_pairs() {
        check(r#"Digest realm="a, b", nonce="x""#, "realm=a, b|nonce=x|");
        check(r#"digest  realm = "a\"b" ,qop=auth , "#, "realm=a\"b|qop=auth|");
        check(
            "Digest uri=sip:bob@home2.example;x=y,nc=00000001",
            "uri=sip:bob@home2.example;x=y|nc=00000001|",
        );
        check("Digest realm=\"a\",\r\n nonce=\"b\"", "realm=a|nonce=b|");
        check("Digest", "");
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("", "missing auth-scheme at byte 0");
        check("Basic realm=\"a\"", "auth-scheme not supported at byte 0");
        check("Digest realm", "expected = at byte 12");
        check("Digest realm=", "expected auth-value at byte 13");
        check("Digest realm=\"a", "expected auth-value at byte 15");
        check("Digest a=b c=d", "expected comma at byte 11");
        check("Digest a=b, A=c", "auth-param repeated at byte 12");
        let many = (0..33).map(|i| alloc::format!("p{i}=1,")).collect::<String>();
        check(&alloc::format!("Digest {many}"), "limit auth-params passed at byte 189");
    }
}
