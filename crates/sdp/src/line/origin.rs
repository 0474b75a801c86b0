//! `o=`: who made the session, RFC 8866 §5.2.

use core::fmt;
use core::net::Ipv6Addr;

use grammar::{ByteStr, ParseError};

use super::NON_WS;
use super::cut::Cut;

/// The `o=` line in someone else's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OriginRef<'a> {
    /// The user's login, or `-`.
    pub user: &'a str,
    /// Id of the session.
    pub id: u64,
    /// Version of this description: raised by one with every change.
    pub version: u64,
    /// `IN`, or another type of network.
    pub nettype: &'a str,
    /// `IP4`, `IP6`, or another type of address.
    pub addrtype: &'a str,
    /// Address or name of the host that made the session; not where media goes.
    pub address: &'a str,
}

impl<'a> OriginRef<'a> {
    /// Reads the value of an `o=` line.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where the value leaves the rule; ids above 64 bits are out of range.
    pub fn parse(value: &'a str) -> Result<Self, ParseError> {
        let mut cut = Cut::new(value);
        let user = cut.take("username", &NON_WS)?;
        cut.blank()?;
        let id = cut.number("sess-id")?;
        cut.blank()?;
        let version = cut.number("sess-version")?;
        cut.blank()?;
        let (nettype, addrtype) = cut.network()?;
        let address = cut.take("unicast-address", &NON_WS)?;
        cut.end("origin-field")?;
        Ok(Self { user, id, version, nettype, addrtype, address })
    }
}

/// The value of the line.
impl fmt::Display for OriginRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, id, version, nettype, addrtype, address } = self;
        write!(f, "{user} {id} {version} {nettype} {addrtype} {address}")
    }
}

/// The `o=` line of a document to be written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Origin {
    /// The user's login, or `-`.
    pub user: ByteStr,
    /// Id of the session: the same in all descriptions of a dialog.
    pub id: u64,
    /// Version of this description: one more than before whenever anything in it changes (RFC 3264 §8).
    pub version: u64,
    /// Address or name of this host; an IPv6 address without brackets.
    pub address: ByteStr,
}

impl Origin {
    /// An origin without user name, at version `id`.
    #[must_use]
    pub fn new(id: u64, address: impl Into<ByteStr>) -> Self {
        Self { user: ByteStr::from_static("-"), id, version: id, address: address.into() }
    }

    /// The origin of the next, changed description of the same session.
    #[must_use]
    pub fn next_version(&self) -> Self {
        Self { version: self.version.wrapping_add(1), ..self.clone() }
    }
}

/// The value of the line.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, id, version, address } = self;
        write!(f, "{user} {id} {version} IN {} {address}", address_type(address))
    }
}

/// `IP6` for an IPv6 address, `IP4` for all else: a name carries the family the side prefers, and IPv4 is understood
/// by every reader.
pub(crate) fn address_type(address: &str) -> &'static str {
    if address.parse::<Ipv6Addr>().is_ok() { "IP6" } else { "IP4" }
}
