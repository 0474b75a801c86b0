//! `Preference`: a token with parameters, weighed by `q`: Accept-Encoding, Accept-Language (RFC 3261 §20.2, §20.3),
//! Security-Client, Security-Server, Security-Verify (RFC 3329 §2.2).

use core::fmt;

use grammar::{Params, ParseError};

use super::token_params;

/// One thing somebody can do, and how gladly.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Preference<'a> {
    /// The coding, the language or the mechanism, or `*`; compare without case.
    pub value: &'a str,
    /// The parameters.
    pub params: Params<'a>,
}

impl<'a> Preference<'a> {
    /// Reads one value: `gzip;q=0.5`, `ipsec-3gpp;alg=hmac-sha-1-96;spi-c=1`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `token` or of a parameter.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let (value, params) = token_params(text, "token")?;
        Ok(Self { value, params })
    }

    /// The preference in thousandths, 0 to 1000: 1000 where none is written, 0 means not at all.
    #[must_use]
    pub fn q(&self) -> u16 {
        self.params.get("q").and_then(|param| super::qvalue(param.raw?)).unwrap_or(1000)
    }
}

impl fmt::Display for Preference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.value, self.params.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn rfc3261_20_3_languages() {
        let value = Preference::parse("en-gb;q=0.8").unwrap();
        assert_eq!((value.value, value.q(), value.to_string().as_str()), ("en-gb", 800, "en-gb;q=0.8"));
        assert_eq!(Preference::parse("*").unwrap().q(), 1000);
        assert_eq!(Preference::parse(";q=1").unwrap_err().to_string(), "expected token at byte 0");
    }

    #[test]
    fn rfc3329_2_2_mechanisms() {
        let value = Preference::parse("ipsec-3gpp; q=0.1; spi-c=98765432; port-s=7531").unwrap();
        assert_eq!((value.value, value.q()), ("ipsec-3gpp", 100));
        assert_eq!(value.params.get("port-s").unwrap().raw, Some("7531"));
    }
}
