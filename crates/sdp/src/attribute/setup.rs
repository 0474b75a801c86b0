//! `a=setup`: who opens the connection, RFC 4145 §4 and RFC 6135 §4.

use core::fmt;

use grammar::{ParseError, ParseErrorKind};

use crate::attribute::Attribute;

/// Which part in opening the connection the side that wrote it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the grammar has these four")]
pub enum Setup {
    /// It connects.
    Active,
    /// It listens. Never offered by us (RFC 6135 §4.2.2); accepted from peers.
    Passive,
    /// It can do either; the answer decides.
    ActPass,
    /// No connection for now; not used with MSRP, read as if it was not there.
    HoldConn,
}

impl Setup {
    /// The value as written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Passive => "passive",
            Self::ActPass => "actpass",
            Self::HoldConn => "holdconn",
        }
    }
}

impl<'a> Attribute<'a> for Setup {
    const NAME: &'static str = "setup";

    /// `role = "active" / "passive" / "actpass" / "holdconn"`
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        [Self::Active, Self::Passive, Self::ActPass, Self::HoldConn]
            .into_iter()
            .find(|setup| value.eq_ignore_ascii_case(setup.as_str()))
            .ok_or_else(|| ParseError::new(ParseErrorKind::Syntax, "setup", 0))
    }
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc4145_4_all_four_values_and_nothing_else() {
        for setup in [Setup::Active, Setup::Passive, Setup::ActPass, Setup::HoldConn] {
            assert_eq!(Setup::parse(setup.as_str()), Ok(setup));
        }
        assert!(Setup::parse("").is_err());
        assert!(Setup::parse("active ").is_err());
    }
}
