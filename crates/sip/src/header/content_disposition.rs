//! `Content-Disposition`, RFC 3261 §20.11: what a body is for, and what to do if it is not understood.

use core::fmt;

use grammar::{Params, ParseError};

use super::token_params;

/// What a body is for.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ContentDisposition<'a> {
    /// `session`, `render`, `icon`, `alert`, `recipient-list` and so on, as written; compare without case.
    pub kind: &'a str,
    /// The parameters.
    pub params: Params<'a>,
}

impl<'a> ContentDisposition<'a> {
    /// Reads a value such as `session;handling=optional`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `disp-type` or of a parameter.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let (kind, params) = token_params(text, "disp-type")?;
        Ok(Self { kind, params })
    }

    /// Whether the receiver may ignore a body it does not understand; `required` is the default.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        self.params.get("handling").is_some_and(|param| param.value().eq_ignore_ascii_case("optional"))
    }
}

impl fmt::Display for ContentDisposition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.kind, self.params.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn rfc3261_20_11_handling() {
        let value = ContentDisposition::parse("session ; handling=Optional").unwrap();
        assert_eq!((value.kind, value.is_optional()), ("session", true));
        assert!(!ContentDisposition::parse("render").unwrap().is_optional());
        assert_eq!(ContentDisposition::parse(";x").unwrap_err().to_string(), "expected disp-type at byte 0");
        assert_eq!(
            ContentDisposition::parse("a;").unwrap_err().to_string(),
            "expected parameter-name at byte 2"
        );
    }
}
