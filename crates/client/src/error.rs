//! `Error`: what the user of a client is told.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why something did not work.
///
/// Displayed it is one sentence for a person; [`Error::kind`] is for decisions.
#[derive(Debug, Clone)]
pub struct Error(Cause);

#[derive(Debug, Clone)]
enum Cause {
    /// The protocol, and the file that was behind it.
    Agent { error: pager::Error, file: Option<Arc<io::Error>> },
    /// A file before anything was sent or answered.
    File { doing: &'static str, path: PathBuf, error: Arc<io::Error> },
    /// A socket that could not be opened.
    Listen(Arc<io::Error>),
    /// A URI.
    Uri(grammar::ParseError),
    /// No randomness.
    Entropy,
    /// TLS is asked for and there is none.
    NoTls,
    /// Something this version cannot do.
    Unsupported(&'static str),
    /// Only the rest of a file is offered.
    NoStart,
    /// A registration that was not wanted any more before it was answered.
    TakenBack,
    /// The client was shut down.
    Closed,
}

/// The kinds of [`Error`], by what somebody could do about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument that cannot be used: a URI, a recipient list, a name.
    Invalid,
    /// A limit of ours.
    Limit,
    /// Something this client cannot do, such as TLS without [`Builder::tls`](crate::Builder).
    Unsupported,
    /// A port is in use or may not be opened.
    Listen,
    /// A file of ours cannot be read or written.
    File,
    /// The peer or a server said no; [`Error::status`] says how.
    Refused,
    /// TLS failed: the peer's certificate is not one to trust, or there was no handshake. Displayed the error says
    /// what was wrong with it.
    Untrusted,
    /// Name and password were not accepted.
    Unauthorized,
    /// There is no way to the peer or server.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// The connection broke before everything was there.
    ConnectionLost,
    /// The peer broke the protocol.
    PeerMisbehaved,
    /// The file received is not the one promised: nothing was stored.
    Mismatch,
    /// The peer ended it.
    Aborted,
    /// We ended it.
    Cancelled,
    /// Only the rest of a file is offered, and its start is not in the [`Sink`](crate::Sink): it was refused.
    NoStart,
    /// The offer is over or answered.
    Stale,
    /// The client was shut down.
    Closed,
}

impl Error {
    /// What somebody could do about it.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match &self.0 {
            Cause::Agent { file: Some(_), .. } | Cause::File { .. } => ErrorKind::File,
            Cause::Agent { error, .. } => of_agent(error.kind()),
            Cause::Listen(_) => ErrorKind::Listen,
            Cause::Uri(_) => ErrorKind::Invalid,
            Cause::Entropy | Cause::NoTls | Cause::Unsupported(_) => ErrorKind::Unsupported,
            Cause::NoStart => ErrorKind::NoStart,
            Cause::TakenBack => ErrorKind::Cancelled,
            Cause::Closed => ErrorKind::Closed,
        }
    }

    /// The SIP or MSRP status code it was refused with, if it was.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match &self.0 {
            Cause::Agent { error, .. } => match error.kind() {
                pager::ErrorKind::Refused(status) => Some(status.as_u16()),
                pager::ErrorKind::ContentRefused(status) => Some(*status),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether nobody answered in time.
    #[must_use]
    pub const fn is_timeout(&self) -> bool {
        matches!(self.kind(), ErrorKind::TimedOut)
    }

    /// How far it had come, and which clause decided; `None` if it was no matter of the protocol.
    #[must_use]
    pub const fn protocol(&self) -> Option<&pager::Error> {
        match &self.0 {
            Cause::Agent { error, .. } => Some(error),
            _ => None,
        }
    }

    pub(crate) const fn closed() -> Self {
        Self(Cause::Closed)
    }

    pub(crate) const fn taken_back() -> Self {
        Self(Cause::TakenBack)
    }

    pub(crate) const fn no_start() -> Self {
        Self(Cause::NoStart)
    }

    pub(crate) const fn entropy() -> Self {
        Self(Cause::Entropy)
    }

    pub(crate) const fn no_tls() -> Self {
        Self(Cause::NoTls)
    }

    pub(crate) const fn unsupported(what: &'static str) -> Self {
        Self(Cause::Unsupported(what))
    }

    pub(crate) fn listen(error: io::Error) -> Self {
        Self(Cause::Listen(Arc::new(error)))
    }

    pub(crate) fn file(doing: &'static str, path: &Path, error: io::Error) -> Self {
        Self(Cause::File { doing, path: path.to_owned(), error: Arc::new(error) })
    }

    /// With what the system said about the file, if the protocol failed because of one.
    pub(crate) fn agent(error: pager::Error, file: Option<Arc<io::Error>>) -> Self {
        let about_file = matches!(error.kind(), pager::ErrorKind::Source | pager::ErrorKind::Sink);
        Self(Cause::Agent { error, file: file.filter(|_| about_file) })
    }
}

const fn of_agent(kind: &pager::ErrorKind) -> ErrorKind {
    use pager::ErrorKind as Agent;
    match kind {
        Agent::Recipients(_) | Agent::Empty | Agent::Unwritable(_) | Agent::NoRegistrar => ErrorKind::Invalid,
        Agent::NoTls => ErrorKind::Unsupported,
        Agent::Tls(_) | Agent::Certificate(_) => ErrorKind::Untrusted,
        Agent::Limit(_) => ErrorKind::Limit,
        Agent::Refused(_)
        | Agent::RelayRefused(_)
        | Agent::AllRefused
        | Agent::NotAccepted(_)
        | Agent::ContentRefused(_) => ErrorKind::Refused,
        Agent::Unauthorized => ErrorKind::Unauthorized,
        Agent::Unreachable => ErrorKind::Unreachable,
        Agent::TimedOut => ErrorKind::TimedOut,
        Agent::FlowLost => ErrorKind::ConnectionLost,
        Agent::Source | Agent::Sink => ErrorKind::File,
        Agent::Mismatch(_) => ErrorKind::Mismatch,
        Agent::AbortedByPeer => ErrorKind::Aborted,
        Agent::Cancelled => ErrorKind::Cancelled,
        Agent::Stale => ErrorKind::Stale,
        _ => ErrorKind::PeerMisbehaved,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Cause::Agent { error, file: None } => fmt::Display::fmt(error, f),
            Cause::Agent { error, file: Some(file) } => write!(f, "{error}: {file}"),
            Cause::File { doing, path, error } => write!(f, "cannot {doing} {}: {error}", path.display()),
            Cause::Listen(error) => fmt::Display::fmt(error, f),
            Cause::Uri(error) => write!(f, "not a URI: {error}"),
            Cause::Entropy => f.write_str("the system has no random numbers"),
            Cause::NoTls => f.write_str("there is no TLS: neither roots nor certificates were given"),
            Cause::Unsupported(what) => write!(f, "{what} is not supported"),
            Cause::NoStart => f.write_str("only the rest of the file is offered, and its start is not here"),
            Cause::TakenBack => f.write_str("the registration was taken back before it was answered"),
            Cause::Closed => f.write_str("the client was shut down"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Cause::Agent { file: Some(file), .. } => Some(file.as_ref()),
            Cause::Agent { error, .. } => Some(error),
            Cause::File { error, .. } | Cause::Listen(error) => Some(error.as_ref()),
            Cause::Uri(error) => Some(error),
            Cause::Entropy
            | Cause::NoTls
            | Cause::Unsupported(_)
            | Cause::NoStart
            | Cause::TakenBack
            | Cause::Closed => None,
        }
    }
}

impl From<pager::Error> for Error {
    fn from(error: pager::Error) -> Self {
        Self::agent(error, None)
    }
}

impl From<grammar::ParseError> for Error {
    fn from(error: grammar::ParseError) -> Self {
        Self(Cause::Uri(error))
    }
}

/// The kind is the nearest one that [`io::ErrorKind`] has; the error itself is inside.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match (&error.0, error.kind()) {
            (
                Cause::File { error, .. } | Cause::Listen(error) | Cause::Agent { file: Some(error), .. },
                _,
            ) => error.kind(),
            (_, ErrorKind::Invalid | ErrorKind::Limit) => io::ErrorKind::InvalidInput,
            (_, ErrorKind::Unsupported) => io::ErrorKind::Unsupported,
            (_, ErrorKind::Refused | ErrorKind::Unauthorized | ErrorKind::Untrusted) => {
                io::ErrorKind::PermissionDenied
            }
            (_, ErrorKind::Unreachable) => io::ErrorKind::HostUnreachable,
            (_, ErrorKind::TimedOut) => io::ErrorKind::TimedOut,
            (_, ErrorKind::ConnectionLost) => io::ErrorKind::ConnectionReset,
            (_, ErrorKind::PeerMisbehaved | ErrorKind::Mismatch) => io::ErrorKind::InvalidData,
            (_, ErrorKind::Aborted | ErrorKind::Cancelled) => io::ErrorKind::ConnectionAborted,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}
