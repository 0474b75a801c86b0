//! `Uri`: the `msrp:` and `msrps:` URIs of paths, RFC 4975 §6 and §9.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt::{self, Write as _};
use core::net::{IpAddr, SocketAddr};

use grammar::{ByteStr, CharClass, Host, HostPort, ParseError, ParseErrorKind};

use crate::UriPart;

/// `session-id`: unreserved, `+`, `=` and `/`. A slash does not end it (peers use base64).
const SESSION_ID: CharClass = CharClass::UNRESERVED.with(b"+=/");
/// `userinfo` of RFC 3986.
const USERINFO: CharClass = CharClass::UNRESERVED.with(b"!$&'()*+,;=%:");
/// A host name, percent-encoding included.
const HOST_NAME: CharClass = CharClass::UNRESERVED.with(b"%");

/// An MSRP URI that owns its text; cut from a received frame it shares that frame's buffer.
///
/// `==` compares the text; [`Uri::equivalent`] compares as RFC 4975 §6.1 says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Uri {
    text: ByteStr,
    /// Where the parts of `text` are.
    parts: Parts,
}

/// Byte positions in the text; `start <= end` and all within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Parts {
    secure: bool,
    /// Start and end of the host, brackets of an IPv6 address included.
    host: (usize, usize),
    port: Option<u16>,
    /// Start and end of the session-id, without the slash.
    session_id: Option<(usize, usize)>,
    /// Start and end of the transport.
    transport: (usize, usize),
}

impl Uri {
    /// Reads a URI and keeps `text` as its storage.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where the text leaves the rule `MSRP-URI`.
    pub fn parse(text: impl Into<ByteStr>) -> Result<Self, ParseError> {
        let text = text.into();
        let parts = parts(&text)?;
        Ok(Self { text, parts })
    }

    /// Whether `text` is a URI, without keeping it.
    pub(crate) fn check(text: &str) -> Result<(), ParseError> {
        parts(text).map(|_| ())
    }

    /// Starts a URI for TCP. An IPv6 address may be given with or without brackets.
    pub fn builder<'a>(host: &'a str, port: u16, session_id: &'a str) -> UriBuilder<'a> {
        UriBuilder { host: Cow::Borrowed(host), port, session_id, secure: false, transport: "tcp" }
    }

    /// Starts a URI for TCP at `address`.
    pub fn builder_at(address: SocketAddr, session_id: &str) -> UriBuilder<'_> {
        let host = Cow::Owned(address.ip().to_string());
        UriBuilder { host, port: address.port(), session_id, secure: false, transport: "tcp" }
    }

    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text as written, sharing the buffer.
    #[must_use]
    pub fn text(&self) -> &ByteStr {
        &self.text
    }

    /// The same URI with a text of its own, so that it keeps no received buffer alive.
    #[must_use]
    pub fn detach(&self) -> Self {
        Self { text: self.text.detach(), parts: self.parts }
    }

    /// Whether the scheme is `msrps`: TLS is mandatory.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.parts.secure
    }

    /// The host as written, with the brackets of an IPv6 address.
    #[must_use]
    pub fn host(&self) -> &str {
        self.part(self.parts.host)
    }

    /// The host as an address, if it is one.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        Host::parse(self.host()).ok()?.ip()
    }

    /// The port; session URIs always have one (RFC 4975 §6).
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.parts.port
    }

    /// Host address and port, if the host is an address and a port is written.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        Some(SocketAddr::new(self.ip()?, self.port()?))
    }

    /// The session-id.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.parts.session_id.map(|range| self.part(range))
    }

    /// The transport as written, usually `tcp`.
    #[must_use]
    pub fn transport(&self) -> &str {
        self.part(self.parts.transport)
    }

    /// Whether both name the same session by the comparison of RFC 4975 §6.1: scheme, host and transport
    /// without regard to case, port and session-id exactly, userinfo and other parameters not at all.
    #[must_use]
    pub fn equivalent(&self, other: &Self) -> bool {
        self.difference(other).is_none()
    }

    /// The first part in which the comparison of RFC 4975 §6.1 finds a difference.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<UriPart> {
        if self.text == other.text {
            None
        } else if self.is_secure() != other.is_secure() {
            Some(UriPart::Scheme)
        } else if !same_host(self.host(), other.host()) {
            Some(UriPart::Host)
        } else if self.port() != other.port() {
            Some(UriPart::Port)
        } else if self.session_id() != other.session_id() {
            Some(UriPart::SessionId)
        } else if !self.transport().eq_ignore_ascii_case(other.transport()) {
            Some(UriPart::Transport)
        } else {
            None
        }
    }

    fn part(&self, (start, end): (usize, usize)) -> &str {
        self.text.get(start..end).unwrap_or_default()
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Collects the parts of a [`Uri`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct UriBuilder<'a> {
    host: Cow<'a, str>,
    port: u16,
    session_id: &'a str,
    secure: bool,
    transport: &'a str,
}

impl<'a> UriBuilder<'a> {
    /// Makes it `msrps`.
    pub fn secure(mut self) -> Self {
        self.secure = true;
        self
    }

    /// Another transport than `tcp`, such as `ws` (RFC 7977).
    pub fn transport(mut self, transport: &'a str) -> Self {
        self.transport = transport;
        self
    }

    /// Writes the URI.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] with its place in the written text if a part does not follow its rule.
    pub fn build(self) -> Result<Uri, ParseError> {
        let Self { host, port, session_id, secure, transport } = self;
        let scheme = if secure { "msrps" } else { "msrp" };
        let mut text =
            String::with_capacity(scheme.len() + host.len() + session_id.len() + transport.len() + 14);
        let bare_v6 = host.contains(':') && !host.starts_with('[');
        let host = if bare_v6 { Cow::Owned(format!("[{host}]")) } else { host };
        // Writing to a String cannot fail.
        let _ = write!(text, "{scheme}://{host}:{port}/{session_id};{transport}");
        let uri = Uri::parse(text)?;
        // What one part smuggles in must not become another part.
        if (uri.host(), uri.port(), uri.session_id(), uri.transport())
            != (&*host, Some(port), Some(session_id), transport)
        {
            return Err(ParseError::new(ParseErrorKind::Mismatch, "MSRP-URI", 0));
        }
        Ok(uri)
    }
}

/// `MSRP-URI = scheme "://" [ userinfo "@" ] host [ ":" port ] [ "/" session-id ] ";" transport *( ";" parameter )`
fn parts(text: &str) -> Result<Parts, ParseError> {
    let at = |rest: &str| text.len() - rest.len();
    let syntax = |rule, offset| Err(ParseError::new(ParseErrorKind::Syntax, rule, offset));
    let Some((scheme, rest)) = text.split_once("://") else { return syntax("msrp-scheme", 0) };
    let secure = if scheme.eq_ignore_ascii_case("msrp") {
        false
    } else if scheme.eq_ignore_ascii_case("msrps") {
        true
    } else {
        return syntax("msrp-scheme", 0);
    };
    // Neither a host nor a port can hold a slash or a semicolon, but userinfo may hold a semicolon.
    let authority_end = rest.find('/').unwrap_or(rest.len());
    let (before_slash, _) = rest.split_at_checked(authority_end).unwrap_or((rest, ""));
    let rest = match before_slash.rfind('@') {
        None => rest,
        Some(sign) => {
            let (userinfo, after) = rest.split_at_checked(sign).unwrap_or((rest, ""));
            let span = USERINFO.span(userinfo.as_bytes());
            if span < userinfo.len() {
                return syntax("userinfo", at(rest) + span);
            }
            after.strip_prefix('@').unwrap_or(after)
        }
    };
    let authority_end = rest.find(['/', ';']).unwrap_or(rest.len());
    let (authority, rest_after) = rest.split_at_checked(authority_end).unwrap_or((rest, ""));
    let host_start = at(rest);
    let (host_len, port) = host_port(authority).map_err(|error| error.shifted(host_start))?;
    let mut rest = rest_after;
    let mut session_id = None;
    if let Some(after) = rest.strip_prefix('/') {
        let span = SESSION_ID.span(after.as_bytes());
        if span == 0 {
            return syntax("session-id", at(after));
        }
        session_id = Some((at(after), at(after) + span));
        rest = after.get(span..).unwrap_or_default();
    }
    let Some(after) = rest.strip_prefix(';') else { return syntax("transport", at(rest)) };
    let span = CharClass::ALPHANUM.span(after.as_bytes());
    if span == 0 {
        return syntax("transport", at(after));
    }
    let transport = (at(after), at(after) + span);
    parameters(after.get(span..).unwrap_or_default()).map_err(|error| error.shifted(transport.1))?;
    Ok(Parts { secure, host: (host_start, host_start + host_len), port, session_id, transport })
}

/// `*( ";" token [ "=" token ] )`; what the field puts into values and a token forbids is let pass.
fn parameters(text: &str) -> Result<(), ParseError> {
    const VALUE: CharClass = CharClass::NONE.with_range(0x21, 0x7e).without(b";");
    let mut rest = text;
    while !rest.is_empty() {
        let at = |rest: &str| text.len() - rest.len();
        let Some(after) = rest.strip_prefix(';') else {
            return Err(ParseError::new(ParseErrorKind::TrailingData, "MSRP-URI", at(rest)));
        };
        let span = CharClass::TOKEN.span(after.as_bytes());
        if span == 0 {
            return Err(ParseError::new(ParseErrorKind::Syntax, "URI-parameter", at(after)));
        }
        rest = after.get(span..).unwrap_or_default();
        if let Some(value) = rest.strip_prefix('=') {
            rest = value.get(VALUE.span(value.as_bytes())..).unwrap_or_default();
        }
    }
    Ok(())
}

/// `host [ ":" port ]`: the length of the host, and the port. Percent-encoding is allowed in names.
fn host_port(authority: &str) -> Result<(usize, Option<u16>), ParseError> {
    if !authority.contains('%') {
        let port = HostPort::parse(authority)?.port;
        let host_len = match port {
            Some(_) => authority.rfind(':').unwrap_or(authority.len()),
            None => authority.len(),
        };
        return Ok((host_len, port));
    }
    let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    let span = HOST_NAME.span(host.as_bytes());
    if span == 0 || span < host.len() {
        return Err(ParseError::new(ParseErrorKind::Syntax, "host", span));
    }
    // The port alone, read by the same rule.
    let port = match port {
        None => None,
        Some(digits) => {
            let mut text = String::from("x:");
            text.push_str(digits);
            HostPort::parse(&text)
                .map_err(|error| ParseError::new(error.kind(), "port", host.len() + 1))?
                .port
        }
    };
    Ok((host.len(), port))
}

/// RFC 4975 §6.1: names without regard to case after decoding, addresses as addresses.
fn same_host(a: &str, b: &str) -> bool {
    let (a, b) = (percent_decoded(a), percent_decoded(b));
    match (Host::parse(&a), Host::parse(&b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => a.eq_ignore_ascii_case(&b),
    }
}

/// The text with percent-encoded unreserved characters decoded; other triplets stay.
fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let byte = after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte.filter(|&byte| CharClass::UNRESERVED.contains(byte)) {
            Some(byte) => {
                out.push(char::from(byte));
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push('%');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let got = match Uri::parse(text) {
            Ok(uri) => format!(
                "{} {} {:?} {:?} {}",
                if uri.is_secure() { "msrps" } else { "msrp" },
                uri.host(),
                uri.port(),
                uri.session_id(),
                uri.transport()
            ),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{text:?}");
    }

    #[test]
    fn rfc4975_9_msrp_uri() {
        check(
            "msrp://bob.example.com:8888/9di4eae923wzd;tcp",
            "msrp bob.example.com Some(8888) Some(\"9di4eae923wzd\") tcp",
        );
        check("MSRPS://atlanta.example.com:7654;tcp", "msrps atlanta.example.com Some(7654) None tcp");
        check("msrp://test;tcp", "msrp test None None tcp");
        check("msrp://[2001:db8::1]:2855/a;tcp;x=y;flag", "msrp [2001:db8::1] Some(2855) Some(\"a\") tcp");
        check("msrp://alice;x@10.0.0.1:1/w7/CvU+=;TCP", "msrp 10.0.0.1 Some(1) Some(\"w7/CvU+=\") TCP");
        check("msrp://ex%61mple.com:9/s;ws", "msrp ex%61mple.com Some(9) Some(\"s\") ws");
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("sip:bob@example.com", "expected msrp-scheme at byte 0");
        check("http://h/s;tcp", "expected msrp-scheme at byte 0");
        check("msrp://:1/s;tcp", "expected host at byte 7");
        check("msrp://h:x/s;tcp", "expected port at byte 9");
        check("msrp://h:65536/s;tcp", "port out of range at byte 9");
        check("msrp://h:1/;tcp", "expected session-id at byte 11");
        check("msrp://h:1/s", "expected transport at byte 12");
        check("msrp://h:1/s;", "expected transport at byte 13");
        check("msrp://h:1/s;tcp x", "unexpected data after MSRP-URI at byte 16");
        check("msrp://h:1/s\r\n;tcp", "expected transport at byte 12");
        check("msrp://ex%61mple.com:x/s;ws", "expected port at byte 21");
    }

    #[test]
    fn rfc4975_6_1_comparison() {
        let base = Uri::parse("msrp://Host.example.com:8493/asfd34;tcp").unwrap();
        for (other, same) in [
            ("msrp://host.EXAMPLE.com:8493/asfd34;TCP", true),
            ("MSRP://alice@h%6Fst.example.com:8493/asfd34;tcp;x=1", true),
            ("msrps://host.example.com:8493/asfd34;tcp", false),
            ("msrp://host.example.com/asfd34;tcp", false),
            ("msrp://host.example.com:8494/asfd34;tcp", false),
            ("msrp://host.example.com:8493/Asfd34;tcp", false),
            ("msrp://host.example.com:8493/asfd34/;tcp", false),
            ("msrp://host.example.com:8493;tcp", false),
            ("msrp://host.example.com:8493/asfd34;ws", false),
            ("msrp://other.example.com:8493/asfd34;tcp", false),
        ] {
            assert_eq!(base.equivalent(&Uri::parse(other).unwrap()), same, "{other}");
        }
        let v6 = |text| Uri::parse(text).unwrap();
        assert!(v6("msrp://[2001:db8:0::1]:1/s;tcp").equivalent(&v6("msrp://[2001:DB8::1]:1/s;tcp")));
    }

    #[test]
    fn a_built_uri_reads_back_and_no_part_becomes_another() {
        let uri = Uri::builder("2001:db8::1", 2855, "k3Vd0pXw8TqLz6Rb").secure().build().unwrap();
        assert_eq!(uri.as_str(), "msrps://[2001:db8::1]:2855/k3Vd0pXw8TqLz6Rb;tcp");
        let at = Uri::builder_at("192.0.2.1:7".parse().unwrap(), "s").build().unwrap();
        assert_eq!(at.address(), Some("192.0.2.1:7".parse().unwrap()));
        assert!(Uri::builder("h", 1, "s;tcp").build().is_err());
        assert!(Uri::builder("h", 1, "").build().is_err());
        assert!(Uri::builder("h\r\n", 1, "s").build().is_err());
        assert!(Uri::builder("h", 1, "s").transport("tcp;x=y").build().is_err());
        assert!(Uri::builder("u@h", 1, "s").build().is_err());
    }
}
