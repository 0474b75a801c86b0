//! `Identity`, RFC 8224 §4: a signed word for who the caller is.

use core::fmt;

use grammar::{Params, ParseError, ParseErrorKind};

use super::trim_lws_end;

/// One signed identity.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Identity<'a> {
    /// The PASSporT, in full or compact form, or the quoted signature of RFC 4474; not verified.
    pub token: &'a str,
    /// The parameters.
    pub params: Params<'a>,
}

impl<'a> Identity<'a> {
    /// Reads one value: `eyJhbGciOi..;info=<https://biloxi.example.org/biloxi.cer>;alg=ES256;ppt=shaken`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `signed-identity-digest` or of a parameter.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let end = memchr::memchr(b';', text.as_bytes()).unwrap_or(text.len());
        let (token, params) = text.split_at_checked(end).unwrap_or((text, ""));
        let token = trim_lws_end(token);
        let odd = token.bytes().position(|byte| !byte.is_ascii_graphic());
        if let Some(at) = odd.or_else(|| token.is_empty().then_some(0)) {
            return Err(ParseError::new(ParseErrorKind::Syntax, "signed-identity-digest", at));
        }
        let params = Params::parse(params).map_err(|error| error.shifted(end))?;
        Ok(Self { token, params })
    }

    /// Where the certificate is.
    #[must_use]
    pub fn info(&self) -> Option<&'a str> {
        let raw = self.params.get("info")?.raw?;
        Some(raw.strip_prefix('<').and_then(|raw| raw.strip_suffix('>')).unwrap_or(raw))
    }

    /// The algorithm of the signature.
    #[must_use]
    pub fn alg(&self) -> Option<&'a str> {
        self.params.get("alg")?.raw
    }
}

impl fmt::Display for Identity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.token, self.params.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn rfc8224_4_example() {
        let text = "sv5CTo05KqpSmtHt3dcEiO/1CWTSZtnG3iV+1nmurLXV/HmtyNS7Ltrg9dlxkWzo;info=<https://biloxi.example.org/biloxi.cer>;alg=ES256";
        let value = Identity::parse(text).unwrap();
        assert_eq!(
            (value.alg(), value.info()),
            (Some("ES256"), Some("https://biloxi.example.org/biloxi.cer"))
        );
        assert_eq!((value.token.len(), value.to_string().as_str()), (64, text));
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        assert_eq!(
            Identity::parse(";alg=x").unwrap_err().to_string(),
            "expected signed-identity-digest at byte 0"
        );
        assert_eq!(
            Identity::parse("a b;x").unwrap_err().to_string(),
            "expected signed-identity-digest at byte 1"
        );
    }
}
