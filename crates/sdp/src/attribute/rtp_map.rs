//! `a=rtpmap`: what a dynamic RTP payload type stands for, RFC 8866 §6.6.

use core::fmt;

use grammar::ParseError;
use grammar::rule::{self, IResult, decimal};
use nom::Parser;
use nom::character::complete::char;
use nom::combinator::{cut, map_res, opt};
use nom::error::context;
use nom::sequence::preceded;

use crate::attribute::Attribute;
use crate::line::non_ws;

/// What a payload type stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RtpMap<'a> {
    /// The payload type, 0 to 127.
    pub payload_type: u8,
    /// The name of the encoding, such as `opus`; compared without regard to case.
    pub encoding: &'a str,
    /// Clock rate in Hz, at least 1.
    pub clock_rate: u32,
    /// What follows; for audio the number of channels.
    pub params: Option<&'a str>,
}

impl<'a> Attribute<'a> for RtpMap<'a> {
    const NAME: &'static str = "rtpmap";

    /// `rtpmap-value = payload-type SP encoding-name "/" clock-rate [ "/" encoding-params ]`
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        rule::parse_all("rtpmap-value", value, rtpmap_value)
    }
}

/// `payload-type SP encoding-name "/" clock-rate [ "/" encoding-params ]`
fn rtpmap_value(i: &str) -> IResult<'_, RtpMap<'_>> {
    (
        context("payload-type", map_res(decimal, payload_type)),
        context("SP", char(' ')),
        context("encoding-name", rule::token),
        context("/", char('/')),
        context("clock-rate", map_res(decimal, clock_rate)),
        opt(preceded(char('/'), cut(context("encoding-params", non_ws)))),
    )
        .map(|(payload_type, _, encoding, _, clock_rate, params)| RtpMap {
            payload_type,
            encoding,
            clock_rate,
            params,
        })
        .parse(i)
}

/// RTP has 7 bits for it.
fn payload_type(number: u64) -> Result<u8, ()> {
    u8::try_from(number).ok().filter(|&number| number < 128).ok_or(())
}

fn clock_rate(number: u64) -> Result<u32, ()> {
    u32::try_from(number).ok().filter(|&rate| rate > 0).ok_or(())
}

impl fmt::Display for RtpMap<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.payload_type, self.encoding, self.clock_rate)?;
        self.params.map_or(Ok(()), |params| write!(f, "/{params}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    #[track_caller]
    fn check(value: &str, expected: &str) {
        let got = match RtpMap::parse(value) {
            Ok(map) => {
                assert_eq!(map.to_string(), value, "prints as read");
                String::from("read")
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{value:?}");
    }

    #[test]
    fn rfc8866_6_6_with_and_without_parameters() {
        check("99 h263-1998/90000", "read");
        check("98 L16/16000/2", "read");
        let map = RtpMap::parse("98 L16/16000/2").unwrap();
        assert_eq!((map.payload_type, map.encoding, map.clock_rate), (98, "L16", 16_000));
        assert_eq!(map.params, Some("2"));
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("128 x/1", "payload-type out of range at byte 0");
        check("96 /1", "expected encoding-name at byte 3");
        check("96 x/0", "clock-rate out of range at byte 5");
        check("96 x/4294967296", "clock-rate out of range at byte 5");
        check("96 x/8000/", "expected encoding-params at byte 10");
        check("96 x/8000 ", "unexpected data after rtpmap-value at byte 9");
    }
}
