//! What was sent held against what arrived, and the table of it.

use std::fmt;

use serde::Serialize;

/// One item at one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Row {
    pub(crate) scenario: &'static str,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    pub(crate) name: String,
    pub(crate) octets: u64,
    /// SHA-256 of what was sent.
    pub(crate) sent: String,
    /// SHA-256 of what arrived; `None` if nothing did.
    pub(crate) received: Option<String>,
    /// Whether it was to arrive: the others were refused on purpose.
    pub(crate) wanted: bool,
}

impl Row {
    /// Whether what should have happened did.
    pub(crate) fn agrees(&self) -> bool {
        match &self.received {
            Some(received) => self.wanted && *received == self.sent,
            None => !self.wanted,
        }
    }

    fn verdict(&self) -> &'static str {
        match (&self.received, self.wanted) {
            (Some(_), true) if self.agrees() => "equal",
            (Some(_), true) => "DIFFERENT",
            (Some(_), false) => "ARRIVED THOUGH REFUSED",
            (None, true) => "MISSING",
            (None, false) => "refused, nothing arrived",
        }
    }
}

/// All rows, for people; 100 columns.
pub(crate) struct Table<'a>(pub(crate) &'a [Row]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in self.0 {
            writeln!(
                f,
                "{}  {:>5} -> {:<5}  {:<20}  {:>10} octets   {}",
                row.scenario,
                row.from,
                row.to,
                row.name,
                row.octets,
                row.verdict()
            )?;
            writeln!(f, "       sent      {}", row.sent)?;
            writeln!(f, "       received  {}", row.received.as_deref().unwrap_or("-"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_wanted_and_is_equal_or_refused_and_absent_agrees() {
        let row = |received: Option<&str>, wanted| Row {
            scenario: "a",
            from: "alice",
            to: "bob",
            name: "x".to_owned(),
            octets: 1,
            sent: "12".to_owned(),
            received: received.map(ToOwned::to_owned),
            wanted,
        };
        for (received, wanted, agrees) in [
            (Some("12"), true, true),
            (Some("13"), true, false),
            (None, true, false),
            (None, false, true),
            (Some("12"), false, false),
        ] {
            assert_eq!(row(received, wanted).agrees(), agrees, "{received:?} {wanted}");
        }
    }
}
