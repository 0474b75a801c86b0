//! `Retry-After`, RFC 3261 §20.33: when to try again.

use core::fmt;

use grammar::{CharClass, Params, ParseError, ParseErrorKind};

use super::{comment, skip_lws};

/// When to try again.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct RetryAfter<'a> {
    /// Seconds from now; numbers beyond 32 bits read as the greatest one.
    pub seconds: u32,
    /// A remark in parentheses, as written; empty if there is none.
    pub comment: &'a str,
    /// The parameters.
    pub params: Params<'a>,
}

impl<'a> RetryAfter<'a> {
    /// Reads a value such as `18000;duration=3600` or `120 (I'm in a meeting)`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `delta-seconds`, `comment` or of a parameter.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let digits = CharClass::DIGIT.span(text.as_bytes());
        let (number, rest) = text.split_at_checked(digits).unwrap_or((text, ""));
        let seconds = super::delta_seconds(number).ok_or(ParseError::new(
            ParseErrorKind::Syntax,
            "delta-seconds",
            0,
        ))?;
        let rest = skip_lws(rest);
        let span = if rest.starts_with('(') {
            comment(rest).map_err(|error| error.shifted(text.len() - rest.len()))?
        } else {
            0
        };
        let (comment, params) = rest.split_at_checked(span).unwrap_or((rest, ""));
        let params = Params::parse(params).map_err(|error| error.shifted(text.len() - params.len()))?;
        Ok(Self { seconds, comment, params })
    }

    /// For how many seconds somebody will be reachable then.
    #[must_use]
    pub fn duration(&self) -> Option<u32> {
        super::delta_seconds(self.params.get("duration")?.raw?)
    }
}

impl fmt::Display for RetryAfter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.seconds, self.comment, self.params.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn rfc3261_20_33_examples() {
        let value = RetryAfter::parse("18000;duration=3600").unwrap();
        assert_eq!((value.seconds, value.duration()), (18000, Some(3600)));
        let value = RetryAfter::parse("120 (I'm in a (long) meeting \\)) ;x").unwrap();
        assert_eq!((value.seconds, value.comment), (120, "(I'm in a (long) meeting \\))"));
        assert_eq!(RetryAfter::parse("949302838503028349304023988").unwrap().seconds, u32::MAX);
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        assert_eq!(RetryAfter::parse("soon").unwrap_err().to_string(), "expected delta-seconds at byte 0");
        assert_eq!(RetryAfter::parse("1 (x").unwrap_err().to_string(), "comment incomplete at byte 4");
        assert_eq!(RetryAfter::parse("1 x").unwrap_err().to_string(), "expected parameter at byte 2");
    }
}
