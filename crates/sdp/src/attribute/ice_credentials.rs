//! `a=ice-ufrag` and `a=ice-pwd`: what ICE checks are secured with, RFC 8839 §5.4.

use core::fmt;

use grammar::{ParseError, ParseErrorKind};

use crate::attribute::{Attribute, ICE_CHAR};

/// `a=ice-ufrag`: the user name fragment, 4 to 256 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IceUfrag<'a>(&'a str);

/// `a=ice-pwd`: the password, 22 to 256 characters. A secret: `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct IcePwd<'a>(&'a str);

impl<'a> IceUfrag<'a> {
    /// The text.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

impl<'a> IcePwd<'a> {
    /// The text.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

impl<'a> Attribute<'a> for IceUfrag<'a> {
    const NAME: &'static str = "ice-ufrag";

    /// `ufrag = 4*256ice-char`
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        ice_chars("ufrag", value, 4).map(Self)
    }
}

impl<'a> Attribute<'a> for IcePwd<'a> {
    const NAME: &'static str = "ice-pwd";

    /// `password = 22*256ice-char`
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        ice_chars("password", value, 22).map(Self)
    }
}

/// `least*256ice-char`
fn ice_chars<'a>(rule: &'static str, value: &'a str, least: usize) -> Result<&'a str, ParseError> {
    let span = ICE_CHAR.span(value.as_bytes());
    if span < value.len() {
        return Err(ParseError::new(ParseErrorKind::Syntax, rule, span));
    }
    if (least..=256).contains(&span) {
        Ok(value)
    } else {
        Err(ParseError::new(ParseErrorKind::OutOfRange, rule, 0))
    }
}

impl fmt::Display for IceUfrag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for IcePwd<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for IcePwd<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IcePwd(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;

    #[test]
    fn rfc8839_5_4_lengths_and_characters() {
        assert_eq!(IceUfrag::parse("8hhY").unwrap().to_string(), "8hhY");
        let pwd = IcePwd::parse("asd88fgpdd777uzjYhagZg").unwrap();
        assert_eq!(pwd.as_str(), "asd88fgpdd777uzjYhagZg");
        assert!(!format!("{pwd:?}").contains("asd"));
        assert!(IceUfrag::parse(&"a/".repeat(128)).is_ok());
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        let error = |value: &str| IceUfrag::parse(value).unwrap_err().to_string();
        assert_eq!(error("8hh"), "ufrag out of range at byte 0");
        assert_eq!(error(&"a".repeat(257)), "ufrag out of range at byte 0");
        assert_eq!(error("8hh-Y"), "expected ufrag at byte 3");
        let error = IcePwd::parse("asd88fgpdd777uzjYhagZ").unwrap_err();
        assert_eq!(error.to_string(), "password out of range at byte 0");
    }
}
