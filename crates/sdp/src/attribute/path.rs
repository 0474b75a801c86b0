//! `a=path`: the MSRP URIs that lead to a side, RFC 4975 §8.1 and §9.

use core::fmt;

use grammar::{CharClass, HostPort, ParseError, ParseErrorKind};

use crate::attribute::Attribute;
use crate::scan::{find, find_either, is_long_and_visible};

/// One or more MSRP URIs: relays first, the side's own URI last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path<'a>(&'a str);

/// What SDP needs to know of one MSRP URI; the rest of it is the matter of MSRP.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct PathUri<'a> {
    /// The whole URI, as written.
    pub text: &'a str,
    /// `msrps` rather than `msrp`.
    pub secure: bool,
    /// Host and, if written, port.
    pub host_port: HostPort<'a>,
}

impl<'a> Path<'a> {
    /// The URIs, as written.
    pub fn uris(&self) -> impl DoubleEndedIterator<Item = &'a str> + use<'a> {
        self.0.split(' ').filter(|uri| !uri.is_empty())
    }

    /// The side's own URI, the last one: its host and port are those of `c=` and `m=`.
    #[must_use]
    pub fn own(&self) -> Option<PathUri<'a>> {
        self.uris().next_back().and_then(|uri| PathUri::parse(uri).ok())
    }
}

impl<'a> Attribute<'a> for Path<'a> {
    const NAME: &'static str = "path";

    /// `path = path-label ":" path-list`, `path-list = MSRP-URI *(SP MSRP-URI)`. More than one blank between two
    /// URIs is let pass.
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        let path = Self(value);
        if !value.is_empty() && find(value.as_bytes(), 0, b' ') == value.len() {
            return PathUri::parse(value).map(|_| path);
        }
        let mut any = false;
        for uri in path.uris() {
            any = true;
            let at = uri.as_ptr().addr() - value.as_ptr().addr();
            PathUri::parse(uri).map_err(|error| error.shifted(at))?;
        }
        if any { Ok(path) } else { Err(ParseError::new(ParseErrorKind::Missing, "MSRP-URI", 0)) }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl<'a> PathUri<'a> {
    /// The port registered for MSRP (RFC 4975 §15.4). URIs in SDP must write theirs (§8.2), so that this is no default
    /// but what is left to try with a URI that does not.
    pub const REGISTERED_PORT: u16 = 2855;

    /// The port that is written, or else the registered one.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.host_port.port.unwrap_or(Self::REGISTERED_PORT)
    }

    /// Reads scheme and authority of `MSRP-URI = msrp-scheme "://" authority ["/" session-id] ";" transport ...`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `msrp-scheme`, `authority`, `transport`, or of host and port.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        const VISIBLE: CharClass = CharClass::NONE.with_range(0x21, 0x7e);
        let syntax = |rule, at| ParseError::new(ParseErrorKind::Syntax, rule, at);
        let bytes = text.as_bytes();
        if !is_long_and_visible(bytes) {
            let span = VISIBLE.span(bytes);
            if span < text.len() {
                return Err(syntax("MSRP-URI", span));
            }
        }
        let scheme = |scheme: &str| {
            let (start, rest) = text.split_at_checked(scheme.len())?;
            (start == scheme || start.eq_ignore_ascii_case(scheme)).then_some(rest)
        };
        let plain = scheme("msrp://");
        let secure = plain.is_none();
        let rest = plain.or_else(|| scheme("msrps://")).ok_or_else(|| syntax("msrp-scheme", 0))?;
        let start = text.len() - rest.len();
        let end = find_either(bytes, start, b'/', b';');
        if find(bytes, end, b';') == text.len() {
            return Err(syntax("transport", text.len()));
        }
        let authority = text.get(start..end).unwrap_or_default();
        let user = authority.bytes().rposition(|byte| byte == b'@').map_or(0, |at| at + 1);
        let host_port = HostPort::parse(authority.get(user..).unwrap_or_default());
        let host_port = host_port.map_err(|error| error.shifted(start + user))?;
        Ok(Self { text, secure, host_port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[track_caller]
    fn check(value: &str, expected: &str) {
        let got = match Path::parse(value) {
            Ok(path) => {
                assert_eq!(path.to_string(), value, "prints as read");
                path.own().map_or_else(|| "none".to_string(), |own| own.host_port.to_string())
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{value:?}");
    }

    #[test]
    fn rfc4975_9_the_last_uri_is_the_own_one() {
        check("msrp://alice.example.com:7777/iau39;tcp", "alice.example.com:7777");
        check("msrps://relay.example:2855/r;tcp msrps://a@192.0.2.1:9/s;tcp;x=y", "192.0.2.1:9");
        check("MSRP://[2001:db8::1]:2855/k;tcp", "[2001:db8::1]:2855");
        check("msrp://host;tcp", "host");
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("", "missing MSRP-URI at byte 0");
        check("http://a/b;tcp", "expected msrp-scheme at byte 0");
        check("msrp://a:1/b;tcp sip:x", "expected msrp-scheme at byte 17");
        check("msrp://a:1/b", "expected transport at byte 12");
        check("msrp://a:x/b;tcp", "expected port at byte 9");
        check("msrp://a@b@:1/b;tcp", "expected host at byte 11");
        check("msrp://a:1/\u{e9};tcp", "expected MSRP-URI at byte 11");
    }
}
