//! `a=max-size`: the largest message a side takes, RFC 4975 §8.6.

use core::fmt;

use grammar::{ParseError, rule};

use crate::attribute::Attribute;

/// Octets of the largest complete message, wrapper included. File senders must not pass it (RFC 5547 §8.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the grammar has this one number")]
pub struct MaxSize(pub u64);

impl<'a> Attribute<'a> for MaxSize {
    const NAME: &'static str = "max-size";

    /// `max-size-value = 1*DIGIT`
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        rule::parse_all("max-size-value", value, rule::decimal).map(Self)
    }
}

impl fmt::Display for MaxSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc4975_8_6_octets_up_to_64_bits() {
        assert_eq!(MaxSize::parse("10485760"), Ok(MaxSize(10_485_760)));
        assert_eq!(MaxSize::parse("18446744073709551616").unwrap_err().offset(), 0);
        assert!(MaxSize::parse("").is_err());
        assert!(MaxSize::parse("1k").is_err());
    }
}
