//! `a=candidate`: a transport address that ICE may use, RFC 8839 §5.1.

use core::fmt;

use grammar::ParseError;
use grammar::rule::{self, IResult, decimal};
use nom::Parser;
use nom::bytes::complete::tag;
use nom::character::complete::char;
use nom::combinator::{map_res, opt, recognize, verify};
use nom::error::context;
use nom::multi::many0_count;
use nom::sequence::preceded;

use crate::attribute::{Attribute, ICE_CHAR};
use crate::line::{decimal_u32, non_ws};

/// A transport address that may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Candidate<'a> {
    /// The same for candidates of one kind, base and server.
    pub foundation: &'a str,
    /// Which component of the stream, 1 to 256: 1 is RTP or the stream itself, 2 is RTCP.
    pub component: u16,
    /// `UDP`, `TCP`, ...; compared without regard to case.
    pub transport: &'a str,
    /// Higher is preferred.
    pub priority: u32,
    /// Address, or name such as one of mDNS.
    pub address: &'a str,
    /// The port.
    pub port: u16,
    /// `host`, `srflx`, `prflx`, `relay`, or another type.
    pub kind: &'a str,
    /// What the candidate was derived from: its address.
    pub related_address: Option<&'a str>,
    /// What the candidate was derived from: its port.
    pub related_port: Option<u16>,
    /// Pairs of name and value, one blank in front of each word.
    extensions: &'a str,
}

impl<'a> Candidate<'a> {
    /// The value of an extension, such as `tcptype` or `generation`.
    #[must_use]
    pub fn extension(&self, name: &str) -> Option<&'a str> {
        let mut words = self.extensions.split(' ').skip(1);
        while let (Some(found), Some(value)) = (words.next(), words.next()) {
            if found == name {
                return Some(value);
            }
        }
        None
    }
}

impl<'a> Attribute<'a> for Candidate<'a> {
    const NAME: &'static str = "candidate";

    /// `candidate-attribute`
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        rule::parse_all("candidate-attribute", value, candidate)
    }
}

/// `foundation SP component-id SP transport SP priority SP connection-address SP port SP cand-type [SP rel-addr]
/// [SP rel-port] *(SP cand-extension)`
fn candidate(i: &str) -> IResult<'_, Candidate<'_>> {
    let blank = || context("SP", char(' '));
    let (i, (foundation, _, component, _, transport, _, priority, _)) = (
        context("foundation", verify(rule::many1(&ICE_CHAR), |foundation: &str| foundation.len() <= 32)),
        blank(),
        context("component-id", map_res(decimal, component)),
        blank(),
        context("transport", rule::token),
        blank(),
        context("priority", decimal_u32),
        blank(),
    )
        .parse(i)?;
    (
        context("connection-address", non_ws),
        blank(),
        context("port", port),
        preceded(context("typ", tag(" typ ")), context("candidate-types", rule::token)),
        opt(preceded(tag(" raddr "), context("rel-addr", non_ws))),
        opt(preceded(tag(" rport "), context("rel-port", port))),
        recognize(many0_count((char(' '), non_ws, char(' '), non_ws))),
    )
        .map(|(address, _, port, kind, related_address, related_port, extensions)| Candidate {
            foundation,
            component,
            transport,
            priority,
            address,
            port,
            kind,
            related_address,
            related_port,
            extensions,
        })
        .parse(i)
}

fn port(i: &str) -> IResult<'_, u16> {
    map_res(decimal, u16::try_from).parse(i)
}

/// RFC 8445 §13: from 1 to 256.
fn component(number: u64) -> Result<u16, ()> {
    u16::try_from(number).ok().filter(|number| (1..=256).contains(number)).ok_or(())
}

impl fmt::Display for Candidate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { foundation, component, transport, priority, address, port, kind, .. } = self;
        write!(f, "{foundation} {component} {transport} {priority} {address} {port} typ {kind}")?;
        if let Some(address) = self.related_address {
            write!(f, " raddr {address}")?;
        }
        if let Some(port) = self.related_port {
            write!(f, " rport {port}")?;
        }
        f.write_str(self.extensions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn rfc8839_5_1_host_derived_and_extended() {
        for value in [
            "1 1 UDP 2130706431 203.0.113.141 8998 typ host",
            "2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998",
            "3 256 tcp 9 2001:db8::1 9 typ host tcptype active generation 0",
        ] {
            assert_eq!(Candidate::parse(value).unwrap().to_string(), value, "prints as read");
        }
        let derived =
            Candidate::parse("2 1 UDP 1 192.0.2.3 4 typ srflx raddr 203.0.113.1 rport 8 generation 7");
        let derived = derived.unwrap();
        assert_eq!((derived.kind, derived.port, derived.component), ("srflx", 4, 1));
        assert_eq!((derived.related_address, derived.related_port), (Some("203.0.113.1"), Some(8)));
        assert_eq!((derived.extension("generation"), derived.extension("7")), (Some("7"), None));
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        let error = |value| Candidate::parse(value).unwrap_err().to_string();
        assert_eq!(error("- 1 UDP 1 h 1 typ host"), "expected foundation at byte 0");
        assert_eq!(error("1 0 UDP 1 h 1 typ host"), "component-id out of range at byte 2");
        assert_eq!(error("1 1 UDP 4294967296 h 1 typ host"), "priority out of range at byte 8");
        assert_eq!(error("1 1 UDP 1 h 65536 typ host"), "port out of range at byte 12");
        assert_eq!(error("1 1 UDP 1 h 1 host"), "expected typ at byte 13");
        assert_eq!(error("1 1 UDP 1 h 1 typ host x"), "unexpected data after candidate-attribute at byte 22");
    }
}
