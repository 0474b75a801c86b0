//! `Exit`: how the command ends, for scripts; `Failure`: the same with a message for people.

use std::process::ExitCode;

/// How the command ends. `--help` lists them: see [`HELP`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Exit {
    /// Everything was delivered; everything inspected was valid or tolerated.
    Success,
    /// Something inspected is invalid or incomplete, or none of the others fits.
    Failed,
    /// The command line or the settings make no sense.
    Usage,
    /// The other side, its user or a server said no.
    Refused,
    /// It was accepted and did not get through.
    NotDelivered,
    /// It went out and nobody said that it arrived.
    Unconfirmed,
    /// Nobody answered.
    Unreachable,
    /// The port is taken, the folder not writable: nothing was begun.
    CannotStart,
    /// The account's password was not accepted, or there is none.
    Authentication,
    /// A file here could not be read or written to its end.
    LocalFile,
    /// Ctrl-C or SIGTERM.
    Cancelled,
}

/// The last part of `simple-im --help`.
pub(crate) const HELP: &str = "\
Exit codes:
    0  everything delivered (send), everything received (receive), everything valid or tolerated (inspect)
    1  inspect: some input is invalid or incomplete; else a failure of no kind below
    2  bad usage: command line or settings
    3  refused by the other side or by a server
    4  not delivered: accepted, then lost
    5  unconfirmed: sent, and nobody said within the report time that it arrived
    6  unreachable: nobody answered
    7  cannot start: port in use, address or folder not usable
    8  authentication failed
    9  a local file could not be read or written to its end
  130  cancelled by Ctrl-C or SIGTERM

Environment:
  SIMPLE_IM_ACCOUNT, SIMPLE_IM_PASSWORD and the like stand for the options of an account;
  SIMPLE_IM_LOG is a filter such as `debug` or `simple_im_client=trace`.";

impl Exit {
    /// The number the shell sees.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::NotDelivered => 4,
            Self::Unconfirmed => 5,
            Self::Unreachable => 6,
            Self::CannotStart => 7,
            Self::Authentication => 8,
            Self::LocalFile => 9,
            Self::Cancelled => 130,
        }
    }

    /// How two things ended, as one.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Success, exit) | (exit, Self::Success) => exit,
            (one, other) if one == other => one,
            _ => Self::NotDelivered,
        }
    }

    /// The name that `--json` gives it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Success => "delivered",
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Refused => "refused",
            Self::NotDelivered => "not-delivered",
            Self::Unconfirmed => "unconfirmed",
            Self::Unreachable => "unreachable",
            Self::CannotStart => "cannot-start",
            Self::Authentication => "authentication",
            Self::LocalFile => "local-file",
            Self::Cancelled => "cancelled",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// Why the command could not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// How the command ends.
    pub(crate) exit: Exit,
    /// One line for people; empty if everything has been said.
    pub(crate) message: String,
}

impl Failure {
    /// A failure that the user is told in one line.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_its_own_and_documented() {
        let all = [
            Exit::Success,
            Exit::Failed,
            Exit::Usage,
            Exit::Refused,
            Exit::NotDelivered,
            Exit::Unconfirmed,
            Exit::Unreachable,
            Exit::CannotStart,
            Exit::Authentication,
            Exit::LocalFile,
            Exit::Cancelled,
        ];
        for (i, exit) in all.iter().enumerate() {
            let line = format!("\n  {:>3}  ", exit.code());
            assert_eq!(HELP.matches(&line).count(), 1, "{exit:?}");
            for other in all.iter().skip(i + 1) {
                assert_ne!(exit.code(), other.code());
                assert_ne!(exit.name(), other.name());
            }
        }
    }
}
