//! `a=connection`: a connection of its own or the one there is, RFC 4145 §5.

use core::fmt;

use grammar::{ParseError, ParseErrorKind};

use crate::attribute::Attribute;

/// Whether the side wants a new transport connection. The `c=` line is [`Connection`](crate::line::Connection).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_enums, reason = "the grammar has these two")]
pub enum TcpConnection {
    /// A new one; what is meant where nothing is written.
    #[default]
    New,
    /// The one that is there is used on.
    Existing,
}

impl TcpConnection {
    /// The value as written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Existing => "existing",
        }
    }
}

impl<'a> Attribute<'a> for TcpConnection {
    const NAME: &'static str = "connection";

    /// `conn-value = "new" / "existing"`
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        [Self::New, Self::Existing]
            .into_iter()
            .find(|connection| value.eq_ignore_ascii_case(connection.as_str()))
            .ok_or_else(|| ParseError::new(ParseErrorKind::Syntax, "conn-value", 0))
    }
}

impl fmt::Display for TcpConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc4145_5_both_values_and_nothing_else() {
        for connection in [TcpConnection::New, TcpConnection::Existing] {
            assert_eq!(TcpConnection::parse(connection.as_str()), Ok(connection));
        }
        assert!(TcpConnection::parse("").is_err());
        assert!(TcpConnection::parse("new ").is_err());
        assert_eq!(TcpConnection::default(), TcpConnection::New);
    }
}
