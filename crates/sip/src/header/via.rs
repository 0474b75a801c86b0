//! `Via`, RFC 3261 §20.42 and RFC 3581: the way a request came, and the way its responses go back.

use core::fmt;
use core::net::IpAddr;

use grammar::{CharClass, Host, HostPort, Params, ParseError, ParseErrorKind};

use super::{skip_lws, trim_lws_end};
use crate::method::TOKEN;

/// One hop of a request.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Via<'a> {
    /// `UDP`, `TCP`, `TLS`, `SCTP`, `WSS` or another token, as written; compare without case.
    pub transport: &'a str,
    /// Where the sender wants its responses.
    pub sent_by: HostPort<'a>,
    /// `sent_by` as written.
    pub sent_by_text: &'a str,
    /// The parameters.
    pub params: Params<'a>,
}

impl<'a> Via<'a> {
    /// What each `branch` of an RFC 3261 sender starts with (§8.1.1.7).
    pub const COOKIE: &'static str = "z9hG4bK";

    /// Reads one Via value: `SIP/2.0/UDP host:port;branch=z9hG4bK...`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `protocol-name`, `protocol-version`, `transport`, `LWS`, `host`, `port` or
    /// of a parameter.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let at = |rest: &str| text.len() - rest.len();
        let syntax = |rule, rest: &str| ParseError::new(ParseErrorKind::Syntax, rule, at(rest));
        // Nearly always written so, which is one comparison.
        let transport = match text.strip_prefix("SIP/2.0/") {
            Some(rest) => skip_lws(rest),
            None => after_version(text)?,
        };
        let (transport, rest) = token(transport).ok_or_else(|| syntax("transport", transport))?;
        let sent_by = skip_lws(rest);
        if sent_by.len() == rest.len() {
            return Err(syntax("LWS", rest));
        }
        let end = memchr::memchr(b';', sent_by.as_bytes()).unwrap_or(sent_by.len());
        let (sent_by, params) = sent_by.split_at_checked(end).unwrap_or((sent_by, ""));
        let base = at(params) - sent_by.len();
        let sent_by_text = trim_lws_end(sent_by);
        let sent_by = read_sent_by(sent_by_text).map_err(|error| error.shifted(base))?;
        let params = Params::parse(params).map_err(|error| error.shifted(at(params)))?;
        Ok(Self { transport, sent_by, sent_by_text, params })
    }

    /// The transaction identifier, as written.
    #[must_use]
    pub fn branch(&self) -> Option<&'a str> {
        self.params.get("branch").and_then(|param| param.raw)
    }

    /// Whether the branch identifies the transaction as RFC 3261 §17.1.3 wants: the cookie and more.
    #[must_use]
    pub fn has_rfc3261_branch(&self) -> bool {
        self.branch().is_some_and(|branch| {
            let cookie = branch
                .get(..Self::COOKIE.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(Self::COOKIE));
            cookie && branch.len() > Self::COOKIE.len()
        })
    }

    /// The source address the receiver saw, if it put one in. IPv6 with or without brackets (RFC 5118 §4.5).
    #[must_use]
    pub fn received(&self) -> Option<IpAddr> {
        let value = self.params.get("received")?.raw?;
        value.strip_prefix('[').and_then(|value| value.strip_suffix(']')).unwrap_or(value).parse().ok()
    }

    /// RFC 3581: `None` without the parameter, `Some(None)` while it asks, `Some(Some(port))` once it is filled in.
    #[must_use]
    pub fn rport(&self) -> Option<Option<u16>> {
        self.params.get("rport").map(|param| param.raw.and_then(|value| value.parse().ok()))
    }

    /// The multicast or redirected address responses go to.
    #[must_use]
    pub fn maddr(&self) -> Option<&'a str> {
        self.params.get("maddr").and_then(|param| param.raw)
    }

    /// Whether it asks for the same as `rport` of a keep-alive sender, RFC 6223: `Some(None)` while it asks,
    /// `Some(Some(seconds))` in the answer.
    #[must_use]
    pub fn keep(&self) -> Option<Option<u32>> {
        self.params.get("keep").map(|param| param.raw.and_then(|value| value.parse().ok()))
    }
}

impl fmt::Display for Via<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}{}", self.transport, self.sent_by_text, self.params.as_str())
    }
}

/// What comes after `protocol-name SLASH protocol-version SLASH`.
fn after_version(text: &str) -> Result<&str, ParseError> {
    let at = |rest: &str| text.len() - rest.len();
    let syntax = |rule, rest: &str| ParseError::new(ParseErrorKind::Syntax, rule, at(rest));
    let (name, rest) = token(text).ok_or_else(|| syntax("protocol-name", text))?;
    if !name.eq_ignore_ascii_case("SIP") {
        return Err(syntax("protocol-name", text));
    }
    let version = slash(rest).ok_or_else(|| syntax("SLASH", rest))?;
    let (number, rest) = token(version).ok_or_else(|| syntax("protocol-version", version))?;
    if number != "2.0" {
        return Err(ParseError::new(ParseErrorKind::Unsupported, "protocol-version", at(version)));
    }
    slash(rest).ok_or_else(|| syntax("SLASH", rest))
}

/// A token and the rest.
fn token(text: &str) -> Option<(&str, &str)> {
    let span = TOKEN.span(text.as_bytes());
    (span > 0).then(|| text.split_at_checked(span))?
}

/// What follows `SLASH = SWS "/" SWS`.
fn slash(text: &str) -> Option<&str> {
    match text.strip_prefix('/') {
        Some(rest) if !rest.starts_with([' ', '\t', '\r']) => Some(rest),
        _ => skip_lws(text).strip_prefix('/').map(skip_lws),
    }
}

/// `sent-by = host [ COLON port ]`, with white space around the colon.
fn read_sent_by(text: &str) -> Result<HostPort<'_>, ParseError> {
    HostPort::parse(text).or_else(|error| read_spaced(text).unwrap_or(Err(error)))
}

/// As [`read_sent_by`] where white space stands around the colon; `None` if none does.
fn read_spaced(text: &str) -> Option<Result<HostPort<'_>, ParseError>> {
    let bracket = text.find(']').unwrap_or(0);
    let colon = text.bytes().skip(bracket).position(|byte| byte == b':').map(|i| i + bracket)?;
    let (host, port) = text.split_at_checked(colon)?;
    if !text.bytes().any(|byte| CharClass::LWS.contains(byte)) {
        return None;
    }
    let digits = skip_lws(port.strip_prefix(':').unwrap_or(port));
    let syntax = ParseError::new(ParseErrorKind::Syntax, "port", text.len() - digits.len());
    Some(Host::parse(trim_lws_end(host)).and_then(|host| match digits.parse() {
        Ok(port) if CharClass::DIGIT.matches(digits.as_bytes()) => Ok(HostPort { host, port: Some(port) }),
        _ => Err(syntax),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let got = match Via::parse(text) {
            Ok(via) => {
                let reread = via.to_string();
                assert_eq!(Via::parse(&reread).unwrap().to_string(), reread, "round trip");
                format!(
                    "{} {} {:?} {:?} {:?}",
                    via.transport,
                    via.sent_by,
                    via.branch(),
                    via.received(),
                    via.rport()
                )
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{text:?}");
    }

    #[test]
    fn rfc3261_20_42_examples() {
        check(
            "SIP/2.0/UDP erlang.bell-telephone.com:5060;branch=z9hG4bK87asdks7",
            "UDP erlang.bell-telephone.com:5060 Some(\"z9hG4bK87asdks7\") None None",
        );
        check(
            "SIP/2.0/UDP 192.0.2.1:5060 ;received=192.0.2.207 ;branch=z9hG4bK77asjd",
            "UDP 192.0.2.1:5060 Some(\"z9hG4bK77asjd\") Some(192.0.2.207) None",
        );
        check(
            "SIP / 2.0 / UDP first.example.com: 4000;ttl=16 ;maddr=224.2.0.1",
            "UDP first.example.com:4000 None None None",
        );
    }

    #[test]
    fn rfc3581_3_rport_asks_and_is_filled_in() {
        check("SIP/2.0/TCP a;rport", "TCP a None None Some(None)");
        check("SIP/2.0/TCP a;rport=5060", "TCP a None None Some(Some(5060))");
    }

    #[test]
    fn rfc5118_4_5_received_with_and_without_brackets() {
        check(
            "sip/2.0/udp [2001:db8::9:1];received=[2001:db8::9:255]",
            "udp [2001:db8::9:1] None Some(2001:db8::9:255) None",
        );
        check("SIP/2.0/UDP [::1]:5060;received=2001:db8::9", "UDP [::1]:5060 None Some(2001:db8::9) None");
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("", "expected protocol-name at byte 0");
        check("HTTP/1.1/TCP a", "expected protocol-name at byte 0");
        check("SIP/7.0/UDP a", "protocol-version not supported at byte 4");
        check("SIP/2.0/64.124.66.32:9091;branch=x", "expected LWS at byte 20");
        check("SIP/2.0/UDP ", "expected host at byte 12");
        check("SIP/2.0/UDP :]", "expected host at byte 12");
        check("SIP/2.0/UDP a:b", "expected port at byte 14");
        check("SIP/2.0/UDP a;;branch=x", "expected parameter-name at byte 14");
    }
}
