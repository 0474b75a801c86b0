//! `Success-Report` and `Failure-Report`, RFC 4975 §7.1.1: which answers the sender of a message wants.

use grammar::{ParseError, ParseErrorKind};

/// What the sender wants to hear of chunks that fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_enums, reason = "the grammar has these three")]
pub enum FailureReport {
    /// A response to every chunk, within 30 seconds.
    #[default]
    Yes,
    /// No response at all.
    No,
    /// Only responses that are errors; no timer runs.
    Partial,
}

impl FailureReport {
    /// Reads a header value, case ignored.
    ///
    /// # Errors
    ///
    /// `Failure-Report` at byte 0.
    pub fn parse(value: &str) -> Result<Self, ParseError> {
        match value {
            _ if value.eq_ignore_ascii_case("yes") => Ok(Self::Yes),
            _ if value.eq_ignore_ascii_case("no") => Ok(Self::No),
            _ if value.eq_ignore_ascii_case("partial") => Ok(Self::Partial),
            _ => Err(ParseError::new(ParseErrorKind::Syntax, "Failure-Report", 0)),
        }
    }

    /// The value as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Partial => "partial",
        }
    }
}

/// Reads the value of Success-Report, case ignored: whether the sender wants to hear of success.
///
/// # Errors
///
/// `Success-Report` at byte 0.
pub fn success_report(value: &str) -> Result<bool, ParseError> {
    match value {
        _ if value.eq_ignore_ascii_case("yes") => Ok(true),
        _ if value.eq_ignore_ascii_case("no") => Ok(false),
        _ => Err(ParseError::new(ParseErrorKind::Syntax, "Success-Report", 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc4975_7_1_1_the_values_go_both_ways() {
        for value in [FailureReport::Yes, FailureReport::No, FailureReport::Partial] {
            assert_eq!(FailureReport::parse(value.as_str()), Ok(value));
        }
        assert_eq!(success_report("YES"), Ok(true));
        assert_eq!(success_report("no"), Ok(false));
        assert!(success_report("partial").is_err());
        assert!(FailureReport::parse("invalid").is_err());
    }
}
