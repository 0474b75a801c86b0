//! P-Access-Network-Info, P-Visited-Network-ID and P-Charging-Vector (RFC 7315 §4.3, §4.4, §4.6): what the network
//! of a terminal says about itself.

use alloc::borrow::Cow;
use core::fmt;

use grammar::{CharClass, Param, Params, ParseError, ParseErrorKind, quoted};

use crate::method::TOKEN;

/// A network: its type or its name, and parameters.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct NetworkInfo<'a> {
    /// The access type or the name as written, quotes included.
    pub raw_name: &'a str,
    /// The parameters.
    pub params: Params<'a>,
}

impl<'a> NetworkInfo<'a> {
    /// Reads one value: `3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=234151D0FCE11`, `"Visited network 1"`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `access-type`, `quoted-string` or of a parameter.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let span = if text.starts_with('"') { quoted::span(text)? } else { TOKEN.span(text.as_bytes()) };
        let Some((raw_name, params)) = text.split_at_checked(span).filter(|_| span > 0) else {
            return Err(ParseError::new(ParseErrorKind::Syntax, "access-type", 0));
        };
        let params = Params::parse(params).map_err(|error| error.shifted(span))?;
        Ok(Self { raw_name, params })
    }

    /// The access type or the name, without quotes.
    #[must_use]
    pub fn name(&self) -> Cow<'a, str> {
        quoted::unquote(self.raw_name)
    }
}

impl fmt::Display for NetworkInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.raw_name, self.params.as_str())
    }
}

/// What the records of one dialog or transaction are joined by.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ChargingVector<'a> {
    /// The identity of the charging records as written, quotes included.
    pub raw_icid: &'a str,
    /// The parameters after it: `icid-generated-at`, `orig-ioi`, `term-ioi` and others.
    pub params: Params<'a>,
}

impl<'a> ChargingVector<'a> {
    /// Reads a value: `icid-value=1234bc9876e;icid-generated-at=192.0.6.8;orig-ioi=home1.example`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `icid-value` or of a parameter.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        const VALUE: CharClass = CharClass::NONE.with_range(0x21, 0x7e).without(b"\",;");
        let name = TOKEN.span(text.as_bytes());
        let is_icid = text.get(..name).is_some_and(|name| name.eq_ignore_ascii_case("icid-value"));
        let missing = ParseError::new(ParseErrorKind::Syntax, "icid-value", 0);
        let value = text.get(name..).map(super::skip_lws).and_then(|rest| rest.strip_prefix('='));
        let Some(value) = value.filter(|_| is_icid).map(super::skip_lws) else { return Err(missing) };
        let base = text.len() - value.len();
        let span = match value.starts_with('"') {
            true => quoted::span(value).map_err(|error| error.shifted(base))?,
            false => VALUE.span(value.as_bytes()),
        };
        let Some((raw, params)) = value.split_at_checked(span).filter(|_| span > 0) else {
            return Err(missing.shifted(base));
        };
        let params = Params::parse(params).map_err(|error| error.shifted(base + span))?;
        Ok(Self { raw_icid: raw, params })
    }

    /// The identity of the charging records, without quotes.
    #[must_use]
    pub fn icid(&self) -> Cow<'a, str> {
        quoted::unquote(self.raw_icid)
    }

    /// The network the request came from.
    #[must_use]
    pub fn originating(&self) -> Option<Cow<'a, str>> {
        self.params.get("orig-ioi").map(|param: Param<'a>| param.value())
    }

    /// The network the request goes to.
    #[must_use]
    pub fn terminating(&self) -> Option<Cow<'a, str>> {
        self.params.get("term-ioi").map(|param| param.value())
    }
}

impl fmt::Display for ChargingVector<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "icid-value={}{}", self.raw_icid, self.params.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn rfc7315_4_4_access_network() {
        let value = NetworkInfo::parse("3GPP-UTRAN-TDD; utran-cell-id-3gpp=234151D0FCE11").unwrap();
        assert_eq!(value.name(), "3GPP-UTRAN-TDD");
        assert_eq!(value.params.get("utran-cell-id-3gpp").unwrap().raw, Some("234151D0FCE11"));
        assert_eq!(NetworkInfo::parse(";x").unwrap_err().to_string(), "expected access-type at byte 0");
    }

    #[test]
    fn rfc7315_4_3_visited_network() {
        let value = NetworkInfo::parse("\"Visited network, number 1\"").unwrap();
        assert_eq!(value.name(), "Visited network, number 1");
        assert_eq!(value.to_string(), "\"Visited network, number 1\"");
    }

    #[test]
    fn rfc7315_4_6_charging_vector() {
        let text = "icid-value=1234bc9876e;icid-generated-at=192.0.6.8;orig-ioi=home1.example";
        let value = ChargingVector::parse(text).unwrap();
        assert_eq!((value.icid().as_ref(), value.terminating()), ("1234bc9876e", None));
        assert_eq!(value.originating().unwrap(), "home1.example");
        let again = value.to_string();
        assert_eq!(ChargingVector::parse(&again).unwrap().to_string(), again);
        assert_eq!(
            ChargingVector::parse("orig-ioi=a").unwrap_err().to_string(),
            "expected icid-value at byte 0"
        );
        assert_eq!(
            ChargingVector::parse("icid-value=").unwrap_err().to_string(),
            "expected icid-value at byte 11"
        );
    }
}
