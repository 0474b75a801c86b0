//! `c=`: where media goes, RFC 8866 §5.7.

use core::fmt;

use grammar::{CharClass, ParseError};

use super::NON_WS;
use super::cut::Cut;

/// An address or a name: visible characters but the slash.
const HOST: CharClass = CharClass::NONE.with_range(0x21, 0x7e).with_range(0x80, 0xff).without(b"/");

/// The `c=` line in someone else's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Connection<'a> {
    /// `IN`, or another type of network.
    pub nettype: &'a str,
    /// `IP4`, `IP6`, or another type of address.
    pub addrtype: &'a str,
    /// Address or name, without what follows a slash.
    pub address: &'a str,
    /// Time to live of an IPv4 multicast address.
    pub ttl: Option<u8>,
    /// How many consecutive multicast addresses are meant.
    pub count: Option<u32>,
}

impl<'a> Connection<'a> {
    /// Reads the value of a `c=` line.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where the value leaves the rule.
    pub fn parse(value: &'a str) -> Result<Self, ParseError> {
        let mut cut = Cut::new(value);
        let (nettype, addrtype) = cut.network()?;
        let known = nettype == "IN";
        let address = cut.take("connection-address", if known { &HOST } else { &NON_WS })?;
        let mut connection = Self { nettype, addrtype, address, ttl: None, count: None };
        // IP6-multicast = IP6-address [ "/" numaddr ]
        // IP4-multicast = m1 3( "." decimal-uchar ) "/" ttl [ "/" numaddr ]
        if known && addrtype != "IP6" && cut.skip(b'/') {
            connection.ttl = Some(cut.number("ttl")?);
        }
        let counted = addrtype == "IP6" || connection.ttl.is_some();
        if known && counted && cut.skip(b'/') {
            connection.count = Some(cut.number("numaddr")?);
        }
        cut.end("connection-field")?;
        Ok(connection)
    }

    /// Whether the address is one of a multicast group: 224.0.0.0/4 or ff00::/8.
    #[must_use]
    pub fn is_multicast(&self) -> bool {
        self.address.parse::<core::net::IpAddr>().is_ok_and(|address| address.is_multicast())
    }
}

/// The value of the line.
impl fmt::Display for Connection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.nettype, self.addrtype, self.address)?;
        if let Some(ttl) = self.ttl {
            write!(f, "/{ttl}")?;
        }
        self.count.map_or(Ok(()), |count| write!(f, "/{count}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[track_caller]
    fn check(value: &str, expected: &str) {
        let got = match Connection::parse(value) {
            Ok(connection) => {
                assert_eq!(connection.to_string(), value, "prints as read");
                let Connection { address, ttl, count, .. } = connection;
                alloc::format!("{address} {ttl:?} {count:?} {}", connection.is_multicast())
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{value:?}");
    }

    #[test]
    fn rfc8866_5_7_unicast_and_multicast_of_both_families() {
        check("IN IP4 198.51.100.1", "198.51.100.1 None None false");
        check("IN IP4 233.252.0.1/127", "233.252.0.1 Some(127) None true");
        check("IN IP4 233.252.0.1/127/3", "233.252.0.1 Some(127) Some(3) true");
        check("IN IP6 ff00::db8:0:101", "ff00::db8:0:101 None None true");
        check("IN IP6 ff00::db8:0:101/3", "ff00::db8:0:101 None Some(3) true");
        check("IN IP4 host.example", "host.example None None false");
        check("ATM NSAP 47.0091.8100.0000/x", "47.0091.8100.0000/x None None false");
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("IN IP4", "expected SP at byte 6");
        check("IN IP4 ", "expected connection-address at byte 7");
        check("IN IP4 224.2.1.1/256", "ttl out of range at byte 17");
        check("IN IP4 224.2.1.1/", "expected ttl at byte 17");
        check("IN IP4 224.2.1.1/1/4294967296", "numaddr out of range at byte 19");
        check("IN IP6 ff00::1/1/2", "unexpected data after connection-field at byte 16");
        check("IN IP4 192.0.2.1 x", "unexpected data after connection-field at byte 16");
    }
}
