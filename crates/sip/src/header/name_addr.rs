//! `name-addr / addr-spec`: From, To, Route and all other fields that name somebody (RFC 3261 §20.10, §25.1).

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use grammar::{CharClass, Params, ParseError, ParseErrorKind, quoted};
use memchr::memchr;

use super::{skip_lws, trim_lws_end};
use crate::method::TOKEN;
use crate::uri::UriRef;

/// An address with an optional display name, and the parameters of the field.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct NameAddr<'a> {
    /// The display name as written, quotes included; empty if there is none.
    pub raw_display_name: &'a str,
    /// The address.
    pub uri: UriRef<'a>,
    /// The parameters of the field, not those of the URI.
    pub params: Params<'a>,
    /// Whether the URI stands in angle brackets.
    pub has_brackets: bool,
}

/// The value of From and To.
pub type FromTo<'a> = NameAddr<'a>;

/// Bytes of an unquoted display name. Lenient: letters outside of ASCII, which the grammar wants quoted.
const DISPLAY_NAME: CharClass = TOKEN.with(b" \t\r\n").with_range(0x80, 0xff);

impl<'a> NameAddr<'a> {
    /// Reads one value: `"Bob" <sip:bob@example.com>;tag=1`, `sip:bob@example.com;tag=1`.
    ///
    /// Without brackets everything after the first `;` belongs to the field (RFC 3261 §20).
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `quoted-string`, `display-name`, `LAQUOT`, `RAQUOT`, of the URI or of a
    /// parameter.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let at = |rest: &str| text.len() - rest.len();
        let syntax = |rule, at| ParseError::new(ParseErrorKind::Syntax, rule, at);
        let bracket = if text.starts_with('"') {
            let name = quoted::span(text)?;
            let rest = text.get(name..).map(skip_lws).unwrap_or_default();
            if !rest.starts_with('<') {
                return Err(syntax("LAQUOT", at(rest)));
            }
            Some(at(rest))
        } else {
            memchr(b'<', text.as_bytes())
        };
        let Some((name, rest)) = bracket.and_then(|bracket| text.split_at_checked(bracket)) else {
            let end = text.find([';', ' ', '\t', '\r', '\n']).unwrap_or(text.len());
            let (uri, params) = text.split_at_checked(end).unwrap_or((text, ""));
            let uri = UriRef::parse(uri)?;
            let params = Params::parse(params).map_err(|error| error.shifted(end))?;
            return Ok(Self { raw_display_name: "", uri, params, has_brackets: false });
        };
        let name = trim_lws_end(name);
        if !name.starts_with('"') {
            let span = DISPLAY_NAME.span(name.as_bytes());
            if span < name.len() {
                return Err(syntax("display-name", span));
            }
        }
        let rest = rest.strip_prefix('<').unwrap_or(rest);
        let Some((uri, params)) = memchr(b'>', rest.as_bytes()).and_then(|end| rest.split_at_checked(end))
        else {
            return Err(ParseError::new(ParseErrorKind::Incomplete, "RAQUOT", text.len()));
        };
        let params = params.strip_prefix('>').unwrap_or(params);
        let uri = UriRef::parse(uri).map_err(|error| error.shifted(at(rest)))?;
        let params = Params::parse(params).map_err(|error| error.shifted(at(params)))?;
        Ok(Self { raw_display_name: name, uri, params, has_brackets: true })
    }

    /// The display name, quotes and escapes undone, folds read as one space; `None` if there is none.
    #[must_use]
    pub fn display_name(&self) -> Option<Cow<'a, str>> {
        if self.raw_display_name.is_empty() {
            return None;
        }
        Some(match quoted::unquote(self.raw_display_name) {
            Cow::Borrowed(name) => crate::header::unfold(name),
            Cow::Owned(name) => Cow::Owned(crate::header::unfold(&name).into_owned()),
        })
    }

    /// The address as written.
    #[must_use]
    pub const fn uri_text(&self) -> &'a str {
        self.uri.as_str()
    }

    /// The `tag` of From and To, which with the Call-ID names the dialog.
    #[must_use]
    pub fn tag(&self) -> Option<&'a str> {
        self.params.get("tag").and_then(|param| param.raw)
    }

    /// Writes a value for a builder: the name quoted if there is one, the URI in brackets, the parameters.
    ///
    /// `params` is empty or starts with `;`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] if a part could not be read back: a line end in the name, a malformed URI or parameter.
    pub fn format(display_name: Option<&str>, uri: &str, params: &str) -> Result<String, ParseError> {
        let mut out = String::with_capacity(display_name.map_or(0, str::len) + uri.len() + params.len() + 8);
        if let Some(name) = display_name {
            quoted::quote(name, &mut out)?;
            out.push(' ');
        }
        UriRef::parse(uri)?;
        Params::parse(params)?;
        if let Some(at) = params.find(['\r', '\n', '\0']) {
            return Err(ParseError::new(ParseErrorKind::Syntax, "parameter", at));
        }
        out.push('<');
        out.push_str(uri);
        out.push('>');
        out.push_str(params);
        Ok(out)
    }
}

impl fmt::Display for NameAddr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.raw_display_name.is_empty() {
            write!(f, "{} ", self.raw_display_name)?;
        }
        write!(f, "<{}>{}", self.uri, self.params.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let got = match NameAddr::parse(text) {
            Ok(value) => {
                let reread = value.to_string();
                assert_eq!(NameAddr::parse(&reread).unwrap().to_string(), reread, "round trip");
                format!("{:?} {} {:?}", value.display_name(), value.uri, value.tag())
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{text:?}");
    }

    #[test]
    fn rfc3261_20_20_examples() {
        check(
            "\"A. G. Bell\" <sip:agb@bell-telephone.com> ;tag=a48s",
            "Some(\"A. G. Bell\") sip:agb@bell-telephone.com Some(\"a48s\")",
        );
        check(
            "sip:+12125551212@server.phone2net.com;tag=887s",
            "None sip:+12125551212@server.phone2net.com Some(\"887s\")",
        );
        check(
            "Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8",
            "Some(\"Anonymous\") sip:c8oqz84zk7z@privacy.org Some(\"hyh8\")",
        );
    }

    #[test]
    fn rfc4475_3_1_1_6_no_space_before_the_bracket() {
        check(
            "caller<sip:caller@example.com>;tag=323",
            "Some(\"caller\") sip:caller@example.com Some(\"323\")",
        );
        check("\"Joe \\\"<x>\\\"\"<sip:j@h>", "Some(\"Joe \\\"<x>\\\"\") sip:j@h None");
    }

    #[test]
    fn rfc4475_3_1_1_1_folds_and_white_space() {
        check(
            "I am \r\n  folded <sip:a@b;x>\r\n ;\ttag = 98asjd8",
            "Some(\"I am folded\") sip:a@b;x Some(\"98asjd8\")",
        );
        check("sip:a@b \r\n ;tag=1", "None sip:a@b Some(\"1\")");
    }

    #[test]
    fn rfc4475_3_1_2_broken_addresses() {
        check("\"Mr. J. User <sip:j.user@example.com>", "quoted-string incomplete at byte 37");
        check("Bell, Alexander <sip:a@b>", "expected display-name at byte 4");
        check("<sip:a@b", "RAQUOT incomplete at byte 8");
        check("< sip:a@b >", "expected scheme at byte 1");
        check("\"Bob\" sip:a@b", "expected LAQUOT at byte 6");
        check("", "expected scheme at byte 0");
        check("<>", "expected scheme at byte 1");
        check("<sip:a@b>\u{0}evil", "expected parameter at byte 9");
    }

    #[test]
    fn what_is_formatted_reads_back() {
        let text = NameAddr::format(Some("A \"B\" \\"), "sip:a@b;lr", ";tag=1").unwrap();
        let value = NameAddr::parse(&text).unwrap();
        assert_eq!(value.display_name().unwrap(), "A \"B\" \\");
        assert_eq!((value.uri_text(), value.tag()), ("sip:a@b;lr", Some("1")));
        assert!(NameAddr::format(Some("a\r\nVia: x"), "sip:a@b", "").is_err());
        assert!(NameAddr::format(None, "sip:a@b>\r\n", "").is_err());
        assert!(NameAddr::format(None, "sip:a@b", ";x\r\n=1").is_err());
    }
}
