//! `Session-ID`, RFC 7989 §5: a name for a session that stays the same across back-to-back user agents.

use core::fmt;

use grammar::{CharClass, Params, ParseError, ParseErrorKind};

/// The ids both ends gave to a session.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct SessionId<'a> {
    /// The id of the sender: 32 hexadecimal digits, all zero while there is none.
    pub local: &'a str,
    /// The parameters: `remote` with the id of the receiver.
    pub params: Params<'a>,
}

/// `sess-uuid = 32(DIGIT / %x61-66)`. Lenient: capital letters, which RFC 7329 had.
const DIGITS: usize = 32;

impl<'a> SessionId<'a> {
    /// Reads a value: `ab30317f1a784dc48ff824d0d3715d86;remote=47755a9de7794ba387653f2099600ef2`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `sess-uuid` or of a parameter.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let span = CharClass::HEX.span(text.as_bytes());
        let Some((local, params)) = text.split_at_checked(span).filter(|_| span == DIGITS) else {
            return Err(ParseError::new(ParseErrorKind::Syntax, "sess-uuid", span.min(DIGITS)));
        };
        let params = Params::parse(params).map_err(|error| error.shifted(span))?;
        Ok(Self { local, params })
    }

    /// The id the receiver gave to the session, as far as the sender knows it.
    #[must_use]
    pub fn remote(&self) -> Option<&'a str> {
        self.params.get("remote").and_then(|param| param.raw)
    }
}

impl fmt::Display for SessionId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.local, self.params.as_str())
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn rfc7989_5_both_ids() {
        let local = "ab30317f1a784dc48ff824d0d3715d86";
        let text = [local, ";remote=47755a9de7794ba387653f2099600ef2"].concat();
        let id = SessionId::parse(&text).unwrap();
        assert_eq!((id.local, id.to_string()), (local, text.clone()));
        assert_eq!(id.remote(), Some("47755a9de7794ba387653f2099600ef2"));
        assert_eq!(SessionId::parse(local).unwrap().remote(), None);
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        for (text, at) in [("", 0), ("ab30", 4), ("ab30317f1a784dc48ff824d0d3715d86a", 32), ("x", 0)] {
            let error = SessionId::parse(text).unwrap_err();
            assert_eq!((error.rule(), error.offset()), ("sess-uuid", at), "{text}");
        }
    }
}
