//! `a=ptime` and `a=maxptime`: how much media a packet holds, RFC 8866 §6.4 and §6.5.

use core::fmt;
use core::time::Duration;

use grammar::{CharClass, ParseError, ParseErrorKind};

use crate::attribute::Attribute;

/// `a=ptime`: how much media a packet should hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the grammar has this one number")]
pub struct PacketTime(pub Duration);

/// `a=maxptime`: how much media a packet may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the grammar has this one number")]
pub struct MaxPacketTime(pub Duration);

impl<'a> Attribute<'a> for PacketTime {
    const NAME: &'static str = "ptime";

    /// `ptime-value = non-zero-int-or-real`, in milliseconds
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        milliseconds(value).map(Self)
    }
}

impl<'a> Attribute<'a> for MaxPacketTime {
    const NAME: &'static str = "maxptime";

    /// `maxptime-value = non-zero-int-or-real`, in milliseconds
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        milliseconds(value).map(Self)
    }
}

/// `non-zero-int-or-real = integer / non-zero-real`; below a nanosecond and above 2^32-1 ms is out of range.
fn milliseconds(value: &str) -> Result<Duration, ParseError> {
    let error = |kind, at| ParseError::new(kind, "non-zero-int-or-real", at);
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    for digits in [whole, fraction] {
        if !CharClass::DIGIT.matches(digits.as_bytes()) {
            // The point is in front of the second digits.
            let at = if digits == whole { 0 } else { whole.len() + 1 };
            return Err(error(ParseErrorKind::Syntax, at + CharClass::DIGIT.span(digits.as_bytes())));
        }
    }
    let out_of_range = || error(ParseErrorKind::OutOfRange, 0);
    let whole: u32 = whole.parse().map_err(|_| out_of_range())?;
    let fraction = fraction.trim_end_matches('0');
    // Six digits behind the point are nanoseconds.
    let places = u32::try_from(fraction.len()).ok().and_then(|places| 6_u32.checked_sub(places));
    let unit = 10_u64.pow(places.ok_or_else(out_of_range)?);
    let fraction: u64 = if fraction.is_empty() { 0 } else { fraction.parse().map_err(|_| out_of_range())? };
    let time = Duration::from_millis(u64::from(whole)) + Duration::from_nanos(fraction * unit);
    if time.is_zero() { Err(out_of_range()) } else { Ok(time) }
}

/// Writes a time in milliseconds, with as many places as it has.
fn write(time: Duration, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{}", time.as_millis())?;
    let (mut fraction, mut places) = (time.subsec_nanos() % 1_000_000, 6);
    if fraction == 0 {
        return Ok(());
    }
    while fraction % 10 == 0 {
        fraction /= 10;
        places -= 1;
    }
    write!(f, ".{fraction:0places$}")
}

impl fmt::Display for PacketTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self.0, f)
    }
}

impl fmt::Display for MaxPacketTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn rfc8866_6_4_whole_and_broken_milliseconds() {
        for (value, nanos) in
            [("20", 20_000_000), ("2.5", 2_500_000), ("0.000001", 1), ("120.02", 120_020_000)]
        {
            let time = PacketTime::parse(value).unwrap();
            assert_eq!(time.0, Duration::from_nanos(nanos), "{value}");
            assert_eq!(time.to_string(), value);
            assert_eq!(MaxPacketTime::parse(value).unwrap().to_string(), value);
        }
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        let error = |value| PacketTime::parse(value).unwrap_err().to_string();
        assert_eq!(error(""), "expected non-zero-int-or-real at byte 0");
        assert_eq!(error("2x"), "expected non-zero-int-or-real at byte 1");
        assert_eq!(error("2."), "expected non-zero-int-or-real at byte 2");
        assert_eq!(error("2.5.1"), "expected non-zero-int-or-real at byte 3");
        for value in ["0", "0.0", "4294967296", "1.0000001"] {
            assert_eq!(error(value), "non-zero-int-or-real out of range at byte 0", "{value}");
        }
    }
}
