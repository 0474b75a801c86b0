//! How strictly a text is read, and the list of what a lenient reading let pass.

use alloc::vec::Vec;

use crate::{ParseError, ParseErrorKind};

/// How strictly a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::exhaustive_enums, reason = "there is no third way to read")]
pub enum Reading {
    /// Only what the grammar allows.
    Strict,
    /// Also what real peers are known to send, as long as its meaning is beyond doubt.
    #[default]
    Lenient,
}

/// A departure from the grammar that a lenient reading let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Forgiven {
    /// The ABNF name of the rule that was not kept.
    pub rule: &'static str,
    /// The byte of the text at which it was not kept, counted from 0.
    pub offset: usize,
}

/// Decides on each departure from the grammar and remembers the forgiven ones, at most [`Leniency::MOST`].
#[derive(Debug, Clone, Default)]
pub struct Leniency {
    reading: Reading,
    forgiven: Vec<Forgiven>,
}

impl Leniency {
    /// How many forgiven departures are remembered; later ones are let pass and not listed.
    pub const MOST: usize = 64;

    /// A fresh list for one reading.
    #[must_use]
    pub const fn new(reading: Reading) -> Self {
        Self { reading, forgiven: Vec::new() }
    }

    /// The reading it was made for.
    #[must_use]
    pub const fn reading(&self) -> Reading {
        self.reading
    }

    /// Lets a departure pass in a lenient reading.
    ///
    /// # Errors
    ///
    /// The departure as a [`ParseError`] in a strict reading.
    #[cold]
    #[inline(never)]
    pub fn forgive(
        &mut self,
        kind: ParseErrorKind,
        rule: &'static str,
        offset: usize,
    ) -> Result<(), ParseError> {
        match self.reading {
            Reading::Strict => Err(ParseError::new(kind, rule, offset)),
            Reading::Lenient => {
                if self.forgiven.len() < Self::MOST {
                    self.forgiven.push(Forgiven { rule, offset });
                }
                Ok(())
            }
        }
    }

    /// What was let pass, in the order it was found.
    #[must_use]
    pub fn forgiven(&self) -> &[Forgiven] {
        &self.forgiven
    }

    /// What was let pass, by value.
    #[must_use]
    pub fn into_forgiven(self) -> Vec<Forgiven> {
        self.forgiven
    }
}
