//! `Host` and `HostPort`: names, IPv4 addresses and `[IPv6]` references (RFC 3261 §25.1, RFC 3986 §3.2.2).

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{CharClass, ParseError, ParseErrorKind};

/// Bytes of a host name: letters, digits, `-` and `.`, and `_`, which the field uses.
const NAME: CharClass = CharClass::ALPHANUM.with(b"-._");

/// A host in someone else's buffer.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::exhaustive_enums, reason = "the grammar has these three")]
pub enum Host<'a> {
    /// A name, as written.
    Name(&'a str),
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address, written in brackets.
    V6(Ipv6Addr),
}

impl<'a> Host<'a> {
    /// Reads a host: a name, an IPv4 address, or an IPv6 address in brackets.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `host` or `IPv6reference`.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        if let Some(inner) = text.strip_prefix('[') {
            let address = inner.strip_suffix(']').and_then(|inner| {
                // Lenient: the three colons that the grammar of RFC 3261 allowed before an IPv4 tail (RFC 5118 §4.10).
                inner.parse().or_else(|_| inner.replacen(":::", "::", 1).parse()).ok()
            });
            return address.map(Self::V6).ok_or(ParseError::new(ParseErrorKind::Syntax, "IPv6reference", 0));
        }
        let span = NAME.span(text.as_bytes());
        if span == 0 || span < text.len() {
            return Err(ParseError::new(ParseErrorKind::Syntax, "host", span));
        }
        Ok(Self::named(text))
    }

    /// A name or an IPv4 address; all of it is [`NAME`].
    fn named(text: &'a str) -> Self {
        ipv4(text.as_bytes()).map_or(Self::Name(text), Self::V4)
    }

    /// The address, if the host is one.
    #[must_use]
    pub const fn ip(&self) -> Option<IpAddr> {
        match *self {
            Self::Name(_) => None,
            Self::V4(address) => Some(IpAddr::V4(address)),
            Self::V6(address) => Some(IpAddr::V6(address)),
        }
    }
}

/// Names compare without regard to case, addresses as addresses.
impl PartialEq for Host<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(a), Self::Name(b)) => a.eq_ignore_ascii_case(b),
            (Self::V4(a), Self::V4(b)) => a == b,
            (Self::V6(a), Self::V6(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Host<'_> {}

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::V4(address) => write!(f, "{address}"),
            Self::V6(address) => write!(f, "[{address}]"),
        }
    }
}

/// `host [ ":" port ]` in someone else's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the grammar has these two")]
pub struct HostPort<'a> {
    /// The host.
    pub host: Host<'a>,
    /// The port, if one is written.
    pub port: Option<u16>,
}

impl<'a> HostPort<'a> {
    /// Reads `host [ ":" port ]`.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `host`, `IPv6reference` or `port`.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        let (is_name, host) = match text.as_bytes() {
            [b'[', ..] => (false, text.rfind(']').map_or(text.len(), |bracket| bracket + 1)),
            bytes => (true, NAME.span(bytes)),
        };
        if is_name && host > 0 && host == text.len() {
            return Ok(Self { host: Host::named(text), port: None });
        }
        let Some((host, rest)) = text.split_at_checked(host).filter(|(_, rest)| rest.starts_with(':')) else {
            return Ok(Self { host: Host::parse(text)?, port: None });
        };
        let digits = rest.strip_prefix(':').unwrap_or(rest);
        let base = host.len() + 1;
        let host = if is_name && !host.is_empty() { Host::named(host) } else { Host::parse(host)? };
        port(digits.as_bytes())
            .map(|port| Self { host, port: Some(port) })
            .map_err(|error| error.shifted(base))
    }
}

/// `IPv4address`: four numbers up to 255, without leading zeros.
#[inline]
fn ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    let (mut address, mut dots) = (0_u32, 0_u8);
    let mut octet = None;
    for &byte in text {
        if byte == b'.' {
            address = address << 8 | octet.take()?;
            dots += 1;
            continue;
        }
        let digit = u32::from(byte.wrapping_sub(b'0'));
        let number = match octet {
            Some(0) => return None,
            Some(octet) => octet * 10 + digit,
            None => digit,
        };
        if digit > 9 || number > 255 || dots > 3 {
            return None;
        }
        octet = Some(number);
    }
    (dots == 3).then_some(Ipv4Addr::from_bits(address << 8 | octet?))
}

/// `port = 1*DIGIT` up to 65535
#[inline]
fn port(digits: &[u8]) -> Result<u16, ParseError> {
    let mut port = 0_u32;
    for (at, digit) in digits.iter().map(|byte| byte.wrapping_sub(b'0')).enumerate() {
        if digit > 9 {
            return Err(ParseError::new(ParseErrorKind::Syntax, "port", at));
        }
        // Enough to tell that it is out of range, however long it is.
        port = (port * 10 + u32::from(digit)).min(u32::from(u16::MAX) + 1);
    }
    if digits.is_empty() {
        return Err(ParseError::new(ParseErrorKind::Syntax, "port", 0));
    }
    u16::try_from(port).map_err(|_| ParseError::new(ParseErrorKind::OutOfRange, "port", 0))
}

impl fmt::Display for HostPort<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => write!(f, "{}", self.host),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let got = match HostPort::parse(text) {
            Ok(host_port) => host_port.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{text:?}");
    }

    #[test]
    fn rfc3261_25_1_hostport() {
        check("example.com", "example.com");
        check("example.com:5060", "example.com:5060");
        check("192.0.2.1:1", "192.0.2.1:1");
        check("[2001:db8::1]:5060", "[2001:db8::1]:5060");
        check("[2001:db8::1]", "[2001:db8::1]");
        check("1234567", "1234567");
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("", "expected host at byte 0");
        check("exa mple", "expected host at byte 3");
        check("a:", "expected port at byte 2");
        check("a:7x", "expected port at byte 3");
        check("a:65536", "port out of range at byte 2");
        check("a:00000000000065535", "a:65535");
        check("a:99999999999999999999", "port out of range at byte 2");
        check("a:99999999999999999999x", "expected port at byte 22");
        check("[2001", "expected IPv6reference at byte 0");
    }

    #[test]
    fn rfc3986_3_2_2_ipv4_addresses_are_those_of_the_standard_library() {
        let octets =
            ["", "0", "00", "01", "7", "10", "99", "255", "256", "300", "1000", "4294967297", "x", "-"];
        for first in octets {
            for second in octets {
                for tail in ["", ".", ".1", ".1.", ".1.2", ".1.2.", ".0.0", ".1.2.3", "..", ".1..2"] {
                    for text in [
                        alloc::format!("{first}.{second}{tail}"),
                        alloc::format!("1.2.{first}.{second}{tail}"),
                    ] {
                        let expected = text.parse().ok().map(IpAddr::V4);
                        assert_eq!(ipv4(text.as_bytes()).map(IpAddr::V4), expected, "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn names_compare_without_case_and_addresses_by_value() {
        assert_eq!(Host::parse("Example.COM"), Host::parse("example.com"));
        assert_eq!(Host::parse("[2001:DB8:0::1]"), Host::parse("[2001:db8::1]"));
        // RFC 5118 §4.10
        assert_eq!(Host::parse("[2001:db8:::192.0.2.1]"), Host::parse("[2001:db8::192.0.2.1]"));
        assert!(Host::parse("[2001:db8::::1]").is_err());
    }
}
