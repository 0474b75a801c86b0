//! `Accept-Contact` and `Reject-Contact`, RFC 3841 §9.2: which contacts the caller wants to reach.

use core::fmt;

use grammar::{Params, ParseError, ParseErrorKind};

use super::skip_lws;

/// One feature set the callee's contact shall have.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct AcceptContact<'a> {
    /// Feature tags, and `require` and `explicit` among them.
    pub params: Params<'a>,
}

impl<'a> AcceptContact<'a> {
    /// Reads one value: `*;+g.oma.sip-im;require;explicit`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `STAR` or of a parameter.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let Some(rest) = text.strip_prefix('*') else {
            return Err(ParseError::new(ParseErrorKind::Syntax, "STAR", 0));
        };
        let params = Params::parse(skip_lws(rest))
            .map_err(|error| error.shifted(text.len() - skip_lws(rest).len()))?;
        Ok(Self { params })
    }

    /// Whether contacts that do not have the features are dropped.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.params.contains("require")
    }

    /// Whether contacts that do not tell about the features count as not having them.
    #[must_use]
    pub fn is_explicit(&self) -> bool {
        self.params.contains("explicit")
    }

    /// Whether a feature is asked for and not as `FALSE`.
    #[must_use]
    pub fn has_feature(&self, tag: &str) -> bool {
        self.params.get(tag).is_some_and(|param| !param.value().eq_ignore_ascii_case("FALSE"))
    }
}

impl fmt::Display for AcceptContact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "*{}", self.params.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn rfc3841_9_2_features() {
        let value = AcceptContact::parse("*;+g.oma.sip-im;mobility=\"fixed\";explicit").unwrap();
        assert!(value.has_feature("+G.OMA.sip-im") && value.is_explicit() && !value.is_required());
        assert!(!AcceptContact::parse("*;audio=\"FALSE\"").unwrap().has_feature("audio"));
        assert_eq!(AcceptContact::parse("audio").unwrap_err().to_string(), "expected STAR at byte 0");
        assert_eq!(AcceptContact::parse("* ;").unwrap_err().to_string(), "expected parameter-name at byte 3");
    }
}
