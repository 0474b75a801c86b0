//! `;name=value` parameters, checked once and then iterated, never collected.

use alloc::borrow::Cow;

use crate::{CharClass, ParseError, ParseErrorKind, quoted};

/// Bytes of an unquoted value: `token` of any of our grammars, and what hosts and URIs in values add.
const VALUE: CharClass = CharClass::NONE.with_range(0x21, 0x7e).with_range(0x80, 0xff).without(b"\",;");
/// Bytes of a name.
const NAME: CharClass = CharClass::TOKEN;

/// A run of `;name`, `;name=value` and `;name="value"` in someone else's buffer.
///
/// The text was checked by [`Params::parse`]; iterating it cannot fail. White space around `;` and `=` is
/// allowed, as SIP and MIME allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Params<'a>(&'a str);

/// One parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Param<'a> {
    /// The name, as written.
    pub name: &'a str,
    /// The value as written, quotes included; `None` where no `=` follows.
    pub raw: Option<&'a str>,
}

impl<'a> Param<'a> {
    /// The value without quotes, escapes undone; empty where there is none.
    #[must_use]
    pub fn value(&self) -> Cow<'a, str> {
        self.raw.map_or(Cow::Borrowed(""), quoted::unquote)
    }
}

impl<'a> Params<'a> {
    /// Reads a run of parameters. The text is empty or starts with `;` (white space before it allowed).
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `parameter`, `parameter-name`, `parameter-value` or `quoted-string`.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let mut rest = text;
        while let Some(next) = step(rest).map_err(|error| error.shifted(text.len() - rest.len()))? {
            rest = next.1;
        }
        Ok(Self(text))
    }

    /// The text the parameters were read from.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The parameters in the order they are written.
    pub fn iter(&self) -> impl Iterator<Item = Param<'a>> + use<'a> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let (param, after) = step(rest).ok()??;
            rest = after;
            Some(param)
        })
    }

    /// The first parameter called `name`, case ignored.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Param<'a>> {
        self.iter().find(|param| param.name.eq_ignore_ascii_case(name))
    }

    /// Whether a parameter is called `name`, case ignored.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// `SEMI name [ EQUAL ( value / quoted-string ) ]`, and the rest; `None` at the end of the text.
fn step(text: &str) -> Result<Option<(Param<'_>, &str)>, ParseError> {
    let at = |rest: &str| text.len() - rest.len();
    let rest = skip_space(text);
    if rest.is_empty() {
        return Ok(None);
    }
    let Some(rest) = rest.strip_prefix(';') else {
        return Err(ParseError::new(ParseErrorKind::Syntax, "parameter", at(rest)));
    };
    let rest = skip_space(rest);
    let Some((name, rest)) = split_span(rest, NAME.span(rest.as_bytes())) else {
        return Err(ParseError::new(ParseErrorKind::Syntax, "parameter-name", at(rest)));
    };
    let Some(value) = skip_space(rest).strip_prefix('=') else {
        return Ok(Some((Param { name, raw: None }, rest)));
    };
    let value = skip_space(value);
    let span = if value.starts_with('"') {
        quoted::span(value).map_err(|error| error.shifted(at(value)))?
    } else {
        VALUE.span(value.as_bytes())
    };
    let Some((raw, rest)) = split_span(value, span) else {
        return Err(ParseError::new(ParseErrorKind::Syntax, "parameter-value", at(value)));
    };
    Ok(Some((Param { name, raw: Some(raw) }, rest)))
}

/// Splits after `span` bytes; `None` if that would be an empty part.
fn split_span(text: &str, span: usize) -> Option<(&str, &str)> {
    (span > 0).then(|| text.split_at_checked(span))?
}

#[inline]
fn skip_space(text: &str) -> &str {
    CharClass::LWS.trim_start(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let got = match Params::parse(text) {
            Ok(params) => params.iter().fold(String::new(), |mut out, param| {
                out.push_str(param.name);
                if param.raw.is_some() {
                    out.push('=');
                    out.push_str(&param.value());
                }
                out.push('|');
                out
            }),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{text:?}");
    }

    #[test]
    fn rfc3261_25_1_generic_param() {
        check("", "");
        check(";lr", "lr|");
        check(" ; branch = z9hG4bK1 ;rport", "branch=z9hG4bK1|rport|");
        check(";+sip.instance=\"<urn:uuid:f8\\\"1>\";q=0.5", "+sip.instance=<urn:uuid:f8\"1>|q=0.5|");
        check(";received=2001:db8::1", "received=2001:db8::1|");
        check(";x=\"\"", "x=|");
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("lr", "expected parameter at byte 0");
        check(";a=1;;b", "expected parameter-name at byte 5");
        check(";a=", "expected parameter-value at byte 3");
        check(";a=\"x", "quoted-string incomplete at byte 5");
        check(";a=b c", "expected parameter at byte 5");
    }
}
