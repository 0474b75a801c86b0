//! `Session-Expires` and `Min-SE`, RFC 4028 §4 and §5: how long a session lives without a refresh.

use core::fmt;

use grammar::{CharClass, Params, ParseError, ParseErrorKind};

/// How long a session lives, and who refreshes it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct SessionExpires<'a> {
    /// Seconds; numbers beyond 32 bits read as the greatest one.
    pub seconds: u32,
    /// Who refreshes; `None` while it is open.
    pub refresher: Option<Refresher>,
    /// All parameters.
    pub params: Params<'a>,
}

/// Who refreshes a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a request has two ends")]
pub enum Refresher {
    /// Whoever sent the request.
    Uac,
    /// Whoever answers it.
    Uas,
}

impl<'a> SessionExpires<'a> {
    /// Reads a value such as `1800;refresher=uac`; Min-SE has the same form without refresher.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `delta-seconds`, `refresher` or of a parameter.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let digits = CharClass::DIGIT.span(text.as_bytes());
        let (number, rest) = text.split_at_checked(digits).unwrap_or((text, ""));
        let seconds = super::delta_seconds(number).ok_or(ParseError::new(
            ParseErrorKind::Syntax,
            "delta-seconds",
            0,
        ))?;
        let params = Params::parse(rest).map_err(|error| error.shifted(digits))?;
        let refresher = match params.get("refresher").map(|param| param.value()) {
            None => None,
            Some(value) if value.eq_ignore_ascii_case("uac") => Some(Refresher::Uac),
            Some(value) if value.eq_ignore_ascii_case("uas") => Some(Refresher::Uas),
            Some(_) => return Err(ParseError::new(ParseErrorKind::Syntax, "refresher", digits)),
        };
        Ok(Self { seconds, refresher, params })
    }
}

impl fmt::Display for SessionExpires<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.seconds, self.params.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn rfc4028_4_refresher() {
        let value = SessionExpires::parse("4000;refresher=UAC").unwrap();
        assert_eq!((value.seconds, value.refresher), (4000, Some(Refresher::Uac)));
        assert_eq!(SessionExpires::parse("90 ;x=y").unwrap().refresher, None);
        assert_eq!(SessionExpires::parse("x").unwrap_err().to_string(), "expected delta-seconds at byte 0");
        assert_eq!(
            SessionExpires::parse("1;refresher=me").unwrap_err().to_string(),
            "expected refresher at byte 1"
        );
    }
}
