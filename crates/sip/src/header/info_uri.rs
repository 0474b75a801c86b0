//! `InfoUri`: a URI in angle brackets with parameters: Alert-Info, Call-Info, Error-Info (RFC 3261 §20.4, §20.9,
//! §20.18), Geolocation (RFC 6442 §4.1) and History-Info (RFC 7044 §5).

use core::fmt;

use grammar::{Params, ParseError, ParseErrorKind};

use super::NameAddr;
use crate::uri::UriRef;

/// Where something about the message is.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct InfoUri<'a> {
    /// The address.
    pub uri: UriRef<'a>,
    /// The parameters.
    pub params: Params<'a>,
}

impl<'a> InfoUri<'a> {
    /// Reads one value: `<http://www.example.com/alice/photo.jpg>;purpose=icon`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `LAQUOT`, `RAQUOT`, of the URI or of a parameter.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        if !text.starts_with('<') {
            return Err(ParseError::new(ParseErrorKind::Syntax, "LAQUOT", 0));
        }
        let NameAddr { uri, params, .. } = NameAddr::parse(text)?;
        Ok(Self { uri, params })
    }

    /// What is there, in Call-Info: `icon`, `info`, `card` or another token.
    #[must_use]
    pub fn purpose(&self) -> Option<&'a str> {
        self.params.get("purpose")?.raw
    }

    /// The place in the history, in History-Info: numbers separated by dots.
    #[must_use]
    pub fn index(&self) -> Option<&'a str> {
        self.params.get("index")?.raw
    }
}

impl fmt::Display for InfoUri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>{}", self.uri, self.params.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn rfc3261_20_9_call_info() {
        let text = "<http://wwww.example.com/alice/photo.jpg> ;purpose=icon";
        let value = InfoUri::parse(text).unwrap();
        assert_eq!((value.purpose(), value.to_string().as_str()), (Some("icon"), text));
    }

    #[test]
    fn rfc7044_5_history_info() {
        let value = InfoUri::parse("<sip:bob@example.com?Reason=SIP%3Bcause%3D302>;index=1.1;np=1").unwrap();
        assert_eq!((value.index(), value.uri.headers()), (Some("1.1"), "Reason=SIP%3Bcause%3D302"));
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        assert_eq!(InfoUri::parse("sip:a@b").unwrap_err().to_string(), "expected LAQUOT at byte 0");
        assert_eq!(InfoUri::parse("<cid:x").unwrap_err().to_string(), "RAQUOT incomplete at byte 6");
    }
}
