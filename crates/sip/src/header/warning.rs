//! `Warning`, RFC 3261 §20.43: why something was refused, for people.

use alloc::borrow::Cow;
use core::fmt;

use grammar::{CharClass, ParseError, ParseErrorKind, quoted};

use super::skip_lws;

/// One warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning<'a> {
    /// Three digits: 3xx speak of the session description, 399 of anything.
    pub code: u16,
    /// Who warns: a host or a pseudonym.
    pub agent: &'a str,
    /// The text as written, quotes included.
    pub raw_text: &'a str,
}

impl<'a> Warning<'a> {
    /// Reads one value: `307 isi.edu "Session parameter 'foo' not understood"`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `warn-code`, `warn-agent` or `quoted-string`.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let at = |rest: &str| text.len() - rest.len();
        let digits = CharClass::DIGIT.span(text.as_bytes());
        let (code, rest) = text.split_at_checked(digits).unwrap_or((text, ""));
        let agent = skip_lws(rest);
        let (3, Ok(code), true) = (digits, code.parse(), agent.len() < rest.len()) else {
            return Err(ParseError::new(ParseErrorKind::Syntax, "warn-code", digits.min(3)));
        };
        let end = agent.find([' ', '\t', '\r', '\n', '"']).unwrap_or(agent.len());
        let Some((agent, rest)) = agent.split_at_checked(end).filter(|(agent, _)| !agent.is_empty()) else {
            return Err(ParseError::new(ParseErrorKind::Syntax, "warn-agent", at(agent)));
        };
        let raw_text = skip_lws(rest);
        let span = quoted::span(raw_text).map_err(|error| error.shifted(at(raw_text)))?;
        if span < raw_text.len() {
            return Err(ParseError::new(ParseErrorKind::TrailingData, "warning-value", at(raw_text) + span));
        }
        Ok(Self { code, agent, raw_text })
    }

    /// The text without quotes, escapes undone.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        quoted::unquote(self.raw_text)
    }
}

impl fmt::Display for Warning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03} {} {}", self.code, self.agent, self.raw_text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let got =
            Warning::parse(text).map_or_else(|error| error.to_string(), |value| value.text().into_owned());
        assert_eq!(got, expected, "{text:?}");
    }

    #[test]
    fn rfc3261_20_43_examples() {
        check("370 devnull \"Choose a bigger pipe\"", "Choose a bigger pipe");
        check("301 isi.edu:5060 \"a \\\"b\\\", c\"", "a \"b\", c");
    }

    #[test]
    fn rfc3261_20_43_a_code_has_three_digits_also_when_printed() {
        let warning = "092 devnull \"x\"";
        assert_eq!(Warning::parse(warning).map(|warning| warning.to_string()), Ok(warning.to_string()));
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("1812 overture \"In Progress\"", "expected warn-code at byte 3");
        check("30 x \"y\"", "expected warn-code at byte 2");
        check("301", "expected warn-code at byte 3");
        check("301 \"y\"", "expected warn-agent at byte 4");
        check("301 x y", "expected quoted-string at byte 6");
        check("301 x \"y\" z", "unexpected data after warning-value at byte 9");
    }
}
