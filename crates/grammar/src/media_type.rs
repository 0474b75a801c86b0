//! `MediaType` and `MediaRange`: `type/subtype` with parameters, and the patterns of Accept and accept-types.

use core::fmt;

use crate::{CharClass, Params, ParseError, ParseErrorKind};

/// `type "/" subtype *( ";" parameter )` in someone else's buffer (RFC 2045 §5.1).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct MediaType<'a> {
    /// The type, as written.
    pub ty: &'a str,
    /// The subtype, as written.
    pub subtype: &'a str,
    /// The parameters.
    pub params: Params<'a>,
}

impl<'a> MediaType<'a> {
    /// Reads a media type. White space around `/` is allowed, as SIP allows it.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `type`, `subtype` or of a parameter.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let (ty, rest) = token(text, "type")?;
        let slash = CharClass::LWS.trim_start(rest);
        let Some(after) = slash.strip_prefix('/') else {
            return Err(ParseError::new(ParseErrorKind::Syntax, "subtype", text.len() - slash.len()));
        };
        let after = CharClass::LWS.trim_start(after);
        let base = text.len() - after.len();
        let (subtype, params) = token(after, "subtype").map_err(|error| error.shifted(base))?;
        let base = text.len() - params.len();
        let params = Params::parse(params).map_err(|error| error.shifted(base))?;
        Ok(Self { ty, subtype, params })
    }

    /// Whether type and subtype are these, case and parameters ignored.
    #[must_use]
    pub fn is(&self, ty: &str, subtype: &str) -> bool {
        self.ty.eq_ignore_ascii_case(ty) && self.subtype.eq_ignore_ascii_case(subtype)
    }
}

impl fmt::Display for MediaType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}{}", self.ty, self.subtype, self.params.as_str())
    }
}

/// A pattern of media types: `*`, `*/*`, `type/*` or `type/subtype` (RFC 3261 §25.1, RFC 4975 §9).
#[derive(Debug, Clone, Copy)]
#[expect(clippy::exhaustive_enums, reason = "the grammars have these three")]
pub enum MediaRange<'a> {
    /// Every type.
    Any,
    /// Every subtype of this type.
    Type(&'a str),
    /// One type and subtype. Parameters are read and play no part in matching (RFC 4975 §8.6).
    One(MediaType<'a>),
}

impl<'a> MediaRange<'a> {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// As [`MediaType::parse`].
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let media_type = MediaType::parse(text)?;
        Ok(match (media_type.ty, media_type.subtype) {
            ("*", "*") => Self::Any,
            (ty, "*") => Self::Type(ty),
            _ => Self::One(media_type),
        })
    }

    /// Whether a media type fits the pattern, case and parameters ignored.
    #[must_use]
    pub fn matches(&self, media_type: &MediaType<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Type(ty) => media_type.ty.eq_ignore_ascii_case(ty),
            Self::One(one) => media_type.is(one.ty, one.subtype),
        }
    }
}

impl fmt::Display for MediaRange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Type(ty) => write!(f, "{ty}/*"),
            Self::One(media_type) => write!(f, "{media_type}"),
        }
    }
}

/// The token `text` starts with, and the rest.
fn token<'a>(text: &'a str, rule: &'static str) -> Result<(&'a str, &'a str), ParseError> {
    let span = CharClass::TOKEN.span(text.as_bytes());
    text.split_at_checked(span)
        .filter(|(token, _)| !token.is_empty())
        .ok_or_else(|| ParseError::new(ParseErrorKind::Syntax, rule, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let got = match MediaRange::parse(text) {
            Ok(range) => range.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{text:?}");
    }

    #[test]
    fn rfc2045_5_1_media_types_and_ranges() {
        check("text/plain", "text/plain");
        check("text/plain;charset=UTF-8", "text/plain;charset=UTF-8");
        check("multipart/mixed ; boundary=\"a b\"", "multipart/mixed ; boundary=\"a b\"");
        check("application / sdp", "application/sdp");
        check("*", "*");
        check("*/*", "*");
        check("image/*", "image/*");
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("", "expected type at byte 0");
        check("text", "expected subtype at byte 4");
        check("text/", "expected subtype at byte 5");
        check("text/plain;", "expected parameter-name at byte 11");
    }

    #[test]
    fn rfc4975_8_6_parameters_play_no_part_in_matching() {
        let plain = MediaType::parse("Text/Plain;charset=utf-8").unwrap();
        for (pattern, fits) in [("*", true), ("text/*", true), ("text/plain;x=y", true), ("text/html", false)]
        {
            assert_eq!(MediaRange::parse(pattern).unwrap().matches(&plain), fits, "{pattern}");
        }
    }
}
