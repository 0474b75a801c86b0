//! `Error`: why a request, a session or a registration failed, sorted by whose fault it is.

use grammar::{ByteStr, ParseError};
use sip::{BuildError, Response};

use crate::FlowError;

/// Why a command, a session or a registration failed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The peer refused with this final response.
    #[error("refused: {} {}", .0.status().as_u16(), .0.reason())]
    Rejected(Box<Response>),
    /// No final response within 64 T1 (RFC 3261 timers B and F).
    #[error("no response in time")]
    TimedOut,
    /// The session rang longer than [`crate::Timers::ring`] and was cancelled.
    #[error("nobody answered")]
    NoAnswer,
    /// We cancelled it.
    #[error("cancelled")]
    Cancelled,
    /// No flow could be opened to any address, or the flow was lost before the response.
    #[error("{0}")]
    FlowLost(FlowError),
    /// The name of the next hop leads to no address.
    #[error("no address for {0}")]
    Unresolved(ByteStr),
    /// The peer sent what no rule allows.
    #[error("peer misbehaved: {0}")]
    PeerMisbehaved(Misbehaviour),
    /// A value given to a command cannot be sent.
    #[error("cannot be sent: {0}")]
    Unsendable(BuildError),
    /// The URI cannot be contacted: another scheme than `sip` and `sips`, or no host.
    #[error("not a URI requests can be sent to: {0}")]
    Unreachable(ByteStr),
    /// The identifier is not, or no longer, known, or the command does not fit its state.
    #[error("misuse: {0}")]
    Misuse(&'static str),
    /// A limit of [`crate::Limits`] is reached; this is its name.
    #[error("limit reached: {0}")]
    Limit(&'static str),
}

/// What a peer did that no rule allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misbehaviour {
    /// It sent bytes that are not SIP.
    #[error("sent what is not SIP: {0}")]
    NotSip(ParseError),
    /// A header that the message cannot do without is missing or unreadable.
    #[error("message without a usable {0}")]
    Header(&'static str),
    /// It challenged the same request again and again.
    #[error("challenges without end")]
    ChallengeLoop,
    /// It redirected in a circle or too often.
    #[error("redirections without end")]
    RedirectLoop,
}

impl From<BuildError> for Error {
    fn from(error: BuildError) -> Self {
        Self::Unsendable(error)
    }
}
