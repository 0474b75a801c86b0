//! `c=`: where media goes, RFC 8866 §5.7.

use grammar::rule::{self, IResult, decimal};
use grammar::{CharClass, ParseError};
use nom::Parser;
use nom::character::complete::char;
use nom::combinator::{cut, map_res, opt};
use nom::error::context;
use nom::sequence::preceded;

use super::{decimal_u32, non_ws};

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
        rule::parse_all("connection-field", value, connection_field)
    }
}

/// `connection-field = nettype SP addrtype SP connection-address`
fn connection_field(i: &str) -> IResult<'_, Connection<'_>> {
    let (i, (nettype, _, addrtype, _)) = (
        context("nettype", rule::token),
        context("SP", char(' ')),
        context("addrtype", rule::token),
        context("SP", char(' ')),
    )
        .parse(i)?;
    let bare = |address| Connection { nettype, addrtype, address, ttl: None, count: None };
    if nettype != "IN" {
        return context("connection-address", non_ws).map(bare).parse(i);
    }
    let (i, address) = context("connection-address", host).parse(i)?;
    // A slash promises a number: `cut` keeps the error there.
    let count = || opt(preceded(char('/'), cut(context("numaddr", decimal_u32))));
    if addrtype == "IP6" {
        // IP6-multicast = IP6-address [ "/" numaddr ]
        return count().map(|count| Connection { count, ..bare(address) }).parse(i);
    }
    // IP4-multicast = m1 3( "." decimal-uchar ) "/" ttl [ "/" numaddr ]
    let ttl = cut(context("ttl", map_res(decimal, u8::try_from)));
    let (i, numbers) = opt((preceded(char('/'), ttl), count())).parse(i)?;
    let (ttl, count) = numbers.map_or((None, None), |(ttl, count)| (Some(ttl), count));
    Ok((i, Connection { ttl, count, ..bare(address) }))
}

/// An address or a name: visible characters but the slash.
fn host(i: &str) -> IResult<'_, &str> {
    const HOST: CharClass = CharClass::NONE.with_range(0x21, 0x7e).with_range(0x80, 0xff).without(b"/");
    rule::many1(&HOST).parse(i)
}
