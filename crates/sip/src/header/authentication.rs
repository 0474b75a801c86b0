//! Challenges and credentials as they are written: WWW-Authenticate, Proxy-Authenticate, Authorization,
//! Proxy-Authorization and Authentication-Info (RFC 3261 §20.6, §20.7, §20.27, §20.28, §20.44).
//!
//! What digest authentication makes of them is the matter of another crate.

use alloc::borrow::Cow;
use core::fmt;

use grammar::{CharClass, ParseError, ParseErrorKind, quoted};

use super::skip_lws;
use crate::method::TOKEN;

/// A challenge or the credentials that answer one.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Authentication<'a> {
    /// `Digest`, `Bearer` or another token; compare without case.
    pub scheme: &'a str,
    /// The parameters; none where a token follows the scheme.
    pub params: AuthParams<'a>,
    /// The token of `Bearer` credentials (RFC 8898 §2.1.3).
    pub token: Option<&'a str>,
}

/// `name=value` pairs separated by commas. The text was checked when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuthParams<'a>(&'a str);

/// `token68` of RFC 9110 §11.2.
const TOKEN68: CharClass = CharClass::ALPHANUM.with(b"-._~+/");

impl<'a> Authentication<'a> {
    /// Reads a value: `Digest realm="example.com", nonce="84a4cc6f3082121f"`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `auth-scheme`, `LWS`, or as [`AuthParams::parse`].
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let span = TOKEN.span(text.as_bytes());
        let Some((scheme, rest)) = text.split_at_checked(span).filter(|_| span > 0) else {
            return Err(ParseError::new(ParseErrorKind::Syntax, "auth-scheme", 0));
        };
        let value = skip_lws(rest);
        if value.len() == rest.len() {
            return Err(ParseError::new(ParseErrorKind::Syntax, "LWS", span));
        }
        let bare = value.trim_end_matches('=');
        if TOKEN68.matches(bare.as_bytes()) {
            return Ok(Self { scheme, params: AuthParams::default(), token: Some(value) });
        }
        let at = text.len() - value.len();
        let params = AuthParams::parse(value).map_err(|error| error.shifted(at))?;
        Ok(Self { scheme, params, token: None })
    }
}

impl fmt::Display for Authentication<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.scheme, self.token.unwrap_or_default(), self.params)
    }
}

impl<'a> AuthParams<'a> {
    /// Reads the parameters: `nextnonce="47364c23432d2e131a5fb210812c"`, as Authentication-Info holds them.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `auth-param-name`, `EQUAL`, `auth-param`, `COMMA` or `quoted-string`.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let mut rest = text;
        loop {
            rest = step(rest).map_err(|error| error.shifted(text.len() - rest.len()))?.2;
            if rest.is_empty() {
                return Ok(Self(text));
            }
        }
    }

    /// The text they were read from.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }

    /// Names and values in the order they are written; values as written, quotes included.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let (name, raw, after) = step(rest).ok()?;
            rest = after;
            Some((name, raw))
        })
    }

    /// The first value of this name, case ignored, without quotes and escapes.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        let (_, raw) = self.iter().find(|(found, _)| found.eq_ignore_ascii_case(name))?;
        Some(quoted::unquote(raw))
    }
}

impl fmt::Display for AuthParams<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// `auth-param-name EQUAL ( token / quoted-string ) [ COMMA ]`: name, value, and the rest.
fn step(text: &str) -> Result<(&str, &str, &str), ParseError> {
    /// Lenient: a URI without its quotes, as some write `uri`.
    const VALUE: CharClass = CharClass::NONE.with_range(0x21, 0x7e).without(b"\",");
    let error = |rule, rest: &str| ParseError::new(ParseErrorKind::Syntax, rule, text.len() - rest.len());
    let span = TOKEN.span(text.as_bytes());
    let Some((name, rest)) = text.split_at_checked(span).filter(|_| span > 0) else {
        return Err(error("auth-param-name", text));
    };
    let Some(value) = skip_lws(rest).strip_prefix('=').map(skip_lws) else {
        return Err(error("EQUAL", rest));
    };
    let span = match value.starts_with('"') {
        true => quoted::span(value).map_err(|error| error.shifted(text.len() - value.len()))?,
        false => VALUE.span(value.as_bytes()),
    };
    let Some((raw, rest)) = value.split_at_checked(span).filter(|_| span > 0) else {
        return Err(error("auth-param", value));
    };
    match skip_lws(rest) {
        "" => Ok((name, raw, "")),
        rest => match rest.strip_prefix(',').map(skip_lws) {
            Some(next) if !next.is_empty() => Ok((name, raw, next)),
            Some(next) => Err(error("auth-param-name", next)),
            None => Err(error("COMMA", rest)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let got = match Authentication::parse(text) {
            Ok(value) => {
                assert_eq!(value.to_string(), text, "round trip");
                let pairs: String =
                    value.params.iter().map(|(name, raw)| name.to_string() + "=" + raw + "|").collect();
                pairs + value.token.unwrap_or_default()
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{text:?}");
    }

    #[test]
    fn rfc3261_20_44_a_challenge() {
        let text = "Digest realm=\"atlanta.com\", qop=\"auth,auth-int\",stale=FALSE ,\r\n algorithm = MD5";
        check(text, "realm=\"atlanta.com\"|qop=\"auth,auth-int\"|stale=FALSE|algorithm=MD5|");
        let value = Authentication::parse(text).unwrap();
        assert_eq!(value.params.get("QOP").unwrap(), "auth,auth-int");
        assert_eq!((value.params.get("nonce"), value.scheme), (None, "Digest"));
    }

    #[test]
    fn rfc8898_2_1_3_a_bearer_token() {
        check("Bearer mF_9.B5f-4.1JqM==", "mF_9.B5f-4.1JqM==");
        check("Bearer authz_server=\"https://example.com\"", "authz_server=\"https://example.com\"|");
    }

    #[test]
    fn rfc3261_20_6_authentication_info() {
        let params = AuthParams::parse("nextnonce=\"47364c23\", nc=00000001").unwrap();
        assert_eq!(params.get("nc").unwrap(), "00000001");
        assert!(AuthParams::parse("").is_err());
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("", "expected auth-scheme at byte 0");
        check("Digest", "expected LWS at byte 6");
        check("Digest a=1, ", "expected auth-param-name at byte 12");
        check("Digest a=1 b=2", "expected COMMA at byte 11");
        check("Digest a, b=1", "expected EQUAL at byte 8");
        check("Digest a=,b=1", "expected auth-param at byte 9");
        check("Digest a=\"1", "quoted-string incomplete at byte 11");
    }
}
