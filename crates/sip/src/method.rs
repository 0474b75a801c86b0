//! `Method`: what a request asks for (RFC 3261 §7.1 and the RFC named at each constant).

use core::fmt;

use grammar::{ByteStr, CharClass, ParseError, ParseErrorKind};

/// `token` of RFC 3261 §25.1, which is narrower than that of MIME.
pub(crate) const TOKEN: CharClass = CharClass::ALPHANUM.with(b"-.!%*_+`'~");

/// A request method. Case matters: `invite` is an unknown method, not INVITE.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Method(Inner);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Inner {
    Known(&'static str),
    Other(ByteStr),
}

/// One line for each registered method: constant, text, clause.
macro_rules! methods {
    ($($constant:ident $text:literal $clause:literal;)*) => {
        impl Method {
            $(
                #[doc = concat!("`", $text, "`, ", $clause, ".")]
                pub const $constant: Self = Self(Inner::Known($text));
            )*

            /// The registered method with exactly this text.
            fn known(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$constant),)*
                    _ => None,
                }
            }
        }
    };
}

methods! {
    INVITE "INVITE" "RFC 3261 §13";
    ACK "ACK" "RFC 3261 §13.2.2.4";
    BYE "BYE" "RFC 3261 §15";
    CANCEL "CANCEL" "RFC 3261 §9";
    REGISTER "REGISTER" "RFC 3261 §10";
    OPTIONS "OPTIONS" "RFC 3261 §11";
    MESSAGE "MESSAGE" "RFC 3428 §4";
    PRACK "PRACK" "RFC 3262 §6";
    UPDATE "UPDATE" "RFC 3311 §5";
    INFO "INFO" "RFC 6086 §4";
    SUBSCRIBE "SUBSCRIBE" "RFC 6665 §3.1";
    NOTIFY "NOTIFY" "RFC 6665 §3.2";
    PUBLISH "PUBLISH" "RFC 3903 §4";
    REFER "REFER" "RFC 3515 §2";
}

impl Method {
    /// Reads a method: one `token`, registered or not.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `Method` at the byte that no token contains.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if let Some(method) = Self::known(text) {
            return Ok(method);
        }
        check(text)?;
        Ok(Self(Inner::Other(ByteStr::from(text))))
    }

    /// As [`Method::parse`], sharing the buffer of `whole` if `text` lies in it.
    pub(crate) fn parse_in(whole: &ByteStr, text: &str) -> Result<Self, ParseError> {
        if let Some(method) = Self::known(text) {
            return Ok(method);
        }
        check(text)?;
        Ok(Self(Inner::Other(whole.share(text))))
    }

    /// The method as it stands on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Inner::Known(text) => text,
            Inner::Other(text) => text,
        }
    }

    /// Whether it is one of the constants of this type.
    #[must_use]
    pub const fn is_registered(&self) -> bool {
        matches!(self.0, Inner::Known(_))
    }
}

fn check(text: &str) -> Result<(), ParseError> {
    let span = TOKEN.span(text.as_bytes());
    if span == 0 || span < text.len() {
        return Err(ParseError::new(ParseErrorKind::Syntax, "Method", span));
    }
    Ok(())
}

impl PartialEq<str> for Method {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Method {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3261_7_1_case_matters() {
        assert_eq!(Method::parse("INVITE"), Ok(Method::INVITE));
        assert_ne!(Method::parse("invite"), Ok(Method::INVITE));
        assert!(!Method::parse("invite").unwrap().is_registered());
    }

    #[test]
    fn rfc4475_3_1_1_2_every_token_character() {
        let text = "!interesting-Method0123456789_*+`.%indeed'~";
        assert_eq!(Method::parse(text).unwrap().as_str(), text);
        assert_eq!(Method::parse("").unwrap_err().rule(), "Method");
        assert_eq!(Method::parse("A B").unwrap_err().offset(), 1);
    }
}
