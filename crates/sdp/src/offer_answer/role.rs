//! Who opens the connection: the table of RFC 6135 §4.2 with RFC 4975 §5.4 as what holds without `a=setup`.

use crate::attribute::Setup;

/// The side that connects, and then sends the first SEND at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there are two sides")]
pub enum ActiveSide {
    /// The side that made the offer.
    Offerer,
    /// The side that answered it.
    Answerer,
}

/// Both sides want to connect, or both to listen: the answer is not allowed for the offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
#[error("the answer's a=setup is not allowed for the offer's (RFC 4145 section 4.1)")]
pub struct SetupConflict;

/// Who connects.
///
/// | offer | answer | who |
/// |---|---|---|
/// | `actpass` | `passive` | offerer |
/// | `actpass` | `active` | answerer |
/// | `active` | `passive` | offerer |
/// | `passive` (never ours) | `active` or `actpass` | answerer |
/// | none, `holdconn` | any | offerer |
/// | any | none, `holdconn`, or `actpass` to one that is not `passive` | offerer |
///
/// # Errors
///
/// [`SetupConflict`] where both are `active` or both are `passive`.
pub const fn role(offer: Option<Setup>, answer: Option<Setup>) -> Result<ActiveSide, SetupConflict> {
    match (offer, answer) {
        (Some(Setup::Active), Some(Setup::Active)) | (Some(Setup::Passive), Some(Setup::Passive)) => {
            Err(SetupConflict)
        }
        (Some(Setup::ActPass), Some(Setup::Active))
        | (Some(Setup::Passive), Some(Setup::Active | Setup::ActPass)) => Ok(ActiveSide::Answerer),
        (
            None | Some(Setup::Active | Setup::Passive | Setup::ActPass | Setup::HoldConn),
            None | Some(Setup::Active | Setup::Passive | Setup::ActPass | Setup::HoldConn),
        ) => Ok(ActiveSide::Offerer),
    }
}

/// The `a=setup` of an answer: what the offer leaves open, `wish` decides. `passive` is the rule, `active` is for an
/// answerer that cannot be reached (RFC 6135 §4.2.2).
#[must_use]
pub const fn answer_setup(offer: Option<Setup>, wish: Option<Setup>) -> Setup {
    match (offer, wish) {
        (Some(Setup::Passive), _) | (Some(Setup::ActPass), Some(Setup::Active)) => Setup::Active,
        (None | Some(Setup::Active | Setup::ActPass | Setup::HoldConn), _) => Setup::Passive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Option<Setup>; 5] =
        [None, Some(Setup::Active), Some(Setup::Passive), Some(Setup::ActPass), Some(Setup::HoldConn)];

    #[track_caller]
    fn check(offer: Option<Setup>, answer: Option<Setup>, expected: Result<ActiveSide, SetupConflict>) {
        assert_eq!(role(offer, answer), expected, "{offer:?} {answer:?}");
    }

    #[test]
    fn rfc6135_4_2_who_connects() {
        use ActiveSide::{Answerer, Offerer};
        check(Some(Setup::ActPass), Some(Setup::Passive), Ok(Offerer));
        check(Some(Setup::ActPass), Some(Setup::Active), Ok(Answerer));
        check(Some(Setup::Active), Some(Setup::Passive), Ok(Offerer));
        check(Some(Setup::Passive), Some(Setup::Active), Ok(Answerer));
        check(Some(Setup::Active), Some(Setup::Active), Err(SetupConflict));
        check(Some(Setup::Passive), Some(Setup::Passive), Err(SetupConflict));
        check(Some(Setup::ActPass), Some(Setup::ActPass), Ok(Offerer));
        check(Some(Setup::Passive), Some(Setup::ActPass), Ok(Answerer));
    }

    #[test]
    fn rfc4975_5_4_without_setup_the_offerer_connects() {
        for other in ALL {
            for nothing in [None, Some(Setup::HoldConn)] {
                check(nothing, other, Ok(ActiveSide::Offerer));
                check(other, nothing, Ok(ActiveSide::Offerer));
            }
        }
    }

    #[test]
    fn rfc4145_4_1_our_answer_never_conflicts() {
        for offer in ALL {
            for wish in ALL {
                let answer = answer_setup(offer, wish);
                assert!(matches!(answer, Setup::Active | Setup::Passive));
                assert!(role(offer, Some(answer)).is_ok(), "{offer:?} {wish:?}");
            }
        }
        assert_eq!(answer_setup(Some(Setup::ActPass), Some(Setup::Active)), Setup::Active);
        assert_eq!(answer_setup(Some(Setup::ActPass), None), Setup::Passive);
    }
}
