//! `Reason`, RFC 3326 §2: why a request was sent.

use alloc::borrow::Cow;
use core::fmt;

use grammar::{Params, ParseError};

use super::token_params;

/// One reason.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Reason<'a> {
    /// `SIP`, `Q.850` or another token; compare without case.
    pub protocol: &'a str,
    /// The parameters.
    pub params: Params<'a>,
}

impl<'a> Reason<'a> {
    /// Reads one value: `SIP;cause=200;text="Call completed elsewhere"`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `protocol` or of a parameter.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let (protocol, params) = token_params(text, "protocol")?;
        Ok(Self { protocol, params })
    }

    /// The cause: with `SIP` a status code.
    #[must_use]
    pub fn cause(&self) -> Option<u16> {
        self.params.get("cause")?.raw?.parse().ok()
    }

    /// The text for people.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'a, str>> {
        self.params.get("text").map(|param| param.value())
    }
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.protocol, self.params.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3326_2_examples() {
        let reason = Reason::parse("SIP ;cause=200 ;text=\"Call completed elsewhere\"").unwrap();
        assert_eq!((reason.protocol, reason.cause()), ("SIP", Some(200)));
        assert_eq!(reason.text().unwrap(), "Call completed elsewhere");
        assert_eq!(Reason::parse("Q.850;cause=16").unwrap().cause(), Some(16));
        assert_eq!(Reason::parse("").unwrap_err().rule(), "protocol");
    }
}
