//! `a=msrp-cema`: connect to `c=` and `m=` instead of to the path, RFC 6714.

use core::fmt;

use grammar::{ParseError, ParseErrorKind};

use crate::attribute::Attribute;

/// The side understands CEMA. Has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the attribute has no value")]
pub struct MsrpCema;

impl<'a> Attribute<'a> for MsrpCema {
    const NAME: &'static str = "msrp-cema";

    fn parse(value: &'a str) -> Result<Self, ParseError> {
        match value {
            "" => Ok(Self),
            _ => Err(ParseError::new(ParseErrorKind::TrailingData, "msrp-cema", 0)),
        }
    }
}

impl fmt::Display for MsrpCema {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}
