//! `Error`: what went wrong, in which phase, and by whose rule.

use std::fmt;

use sip::StatusCode;
use sip_ua::{CertificateFault, FlowError, TlsFault};

use crate::RecipientError;
use crate::media::LineError;

/// A message that was not, or not surely, delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    phase: Phase,
    clause: &'static str,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The message cannot be addressed as asked.
    #[error(transparent)]
    Recipients(#[from] RecipientError),
    /// There is nothing to send: no text, no file.
    #[error("nothing to send")]
    Empty,
    /// A limit of [`Limits`](crate::Limits), named by its field.
    #[error("over the limit {0}")]
    Limit(&'static str),
    /// A value that cannot be put on the wire; named by what it is.
    #[error("{0} cannot be written")]
    Unwritable(&'static str),
    /// The peer or a server refused the request.
    #[error("refused with {} {}", .0.as_u16(), .0.reason())]
    Refused(StatusCode),
    /// Name and password were not accepted.
    #[error("user name or password not accepted")]
    Unauthorized,
    /// The server or peer could not be found or reached.
    #[error("not reachable")]
    Unreachable,
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// The connection was lost.
    #[error("connection lost")]
    FlowLost,
    /// The peer refused every file and the text.
    #[error("every item was refused")]
    AllRefused,
    /// The peer broke a rule of the protocol; named by the rule.
    #[error("the peer broke the rule: {0}")]
    PeerMisbehaved(&'static str),
    /// The peer cannot take this kind of content.
    #[error("the peer takes no {0}")]
    NotAccepted(&'static str),
    /// The peer answered MSRP content with this status code.
    #[error("content refused with MSRP status {0}")]
    ContentRefused(u16),
    /// The file could not be read, or is no longer what was offered.
    #[error("the file changed or cannot be read")]
    Source,
    /// The file could not be stored.
    #[error("the file cannot be stored")]
    Sink,
    /// The octets received are not the ones promised: size or hash differ.
    #[error("{0} differs from what was promised")]
    Mismatch(&'static str),
    /// The peer ended it before it was whole.
    #[error("aborted by the peer")]
    AbortedByPeer,
    /// The user ended it.
    #[error("cancelled")]
    Cancelled,
    /// TLS failed: the peer's certificate, or the handshake.
    #[error("TLS: {0}")]
    Tls(#[from] TlsFault),
    /// The peer's certificate is not the one it announced: nothing was sent to it or taken from it.
    #[error("certificate: {0}")]
    Certificate(#[from] CertificateFault),
    /// A relay that acts for the user does not let content through, with this MSRP status.
    #[error("the MSRP relay refused with status {0}")]
    RelayRefused(u16),
    /// Content has to travel inside TLS, and the driver has none.
    #[error("there is no TLS for content")]
    NoTls,
    /// The handle names nothing that is under way.
    #[error("no such transfer or offer")]
    Stale,
    /// The account has no registrar to speak to.
    #[error("the identity names no host to register with")]
    NoRegistrar,
}

/// How far it had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Before anything was sent.
    Preparing,
    /// REGISTER.
    Registering,
    /// INVITE and its answer.
    Inviting,
    /// The MSRP connection and its first SEND.
    Connecting,
    /// Content.
    Sending,
    /// Content, on the receiving side.
    Receiving,
    /// Waiting for the delivery REPORT.
    Reporting,
    /// BYE.
    Releasing,
}

impl Error {
    pub(crate) const fn of(kind: ErrorKind, phase: Phase, clause: &'static str) -> Self {
        Self { kind, phase, clause }
    }

    pub(crate) fn new(kind: impl Into<ErrorKind>, phase: Phase, clause: &'static str) -> Self {
        Self { kind: kind.into(), phase, clause }
    }

    /// What went wrong.
    #[must_use]
    pub const fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// How far it had come.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether the peer said no to what it was offered, be it because it has not the start of a file of which only the rest
    /// was ([`FileToSend::skip`](crate::FileToSend::skip)). To be absent or busy is no opinion, and no more is "stop" in the
    /// middle of it (RFC 4975 §10.5): a user says so, or a disk that is full.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        match &self.kind {
            ErrorKind::Refused(status) => matches!(status.as_u16(), 488 | 603 | 606),
            ErrorKind::ContentRefused(status) => !matches!(*status, 408 | 413 | 480 | 481 | 506),
            ErrorKind::AllRefused | ErrorKind::NotAccepted(_) => true,
            _ => false,
        }
    }

    /// The clause that decided, such as `RFC 4975 §7.1.1`; empty where none did.
    #[must_use]
    pub const fn clause(&self) -> &'static str {
        self.clause
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = match self.phase {
            Phase::Preparing => "preparing",
            Phase::Registering => "registering",
            Phase::Inviting => "inviting",
            Phase::Connecting => "connecting",
            Phase::Sending => "sending",
            Phase::Receiving => "receiving",
            Phase::Reporting => "waiting for the delivery report",
            Phase::Releasing => "releasing",
        };
        write!(f, "{phase}: {}", self.kind)?;
        if self.clause.is_empty() { Ok(()) } else { write!(f, " ({})", self.clause) }
    }
}

impl std::error::Error for Error {}

/// What the user agent says, in this crate's terms.
pub(crate) fn of_sip(error: &sip_ua::Error, phase: Phase) -> Error {
    let (kind, clause) = match error {
        sip_ua::Error::Rejected(response) => match response.status() {
            StatusCode::UNAUTHORIZED | StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                (ErrorKind::Unauthorized, "RFC 3261 §22")
            }
            // A registrar that does not ask again after a wrong password says so.
            StatusCode::FORBIDDEN if phase == Phase::Registering => {
                (ErrorKind::Unauthorized, "RFC 3261 §10.3")
            }
            status => (ErrorKind::Refused(status), ""),
        },
        sip_ua::Error::TimedOut | sip_ua::Error::NoAnswer => (ErrorKind::TimedOut, "RFC 3261 §17.1"),
        sip_ua::Error::Cancelled => (ErrorKind::Cancelled, ""),
        sip_ua::Error::FlowLost(FlowError::Tls(fault)) => (ErrorKind::Tls(*fault), "RFC 3261 §26.3.1"),
        sip_ua::Error::FlowLost(_) | sip_ua::Error::Unresolved(_) | sip_ua::Error::Unreachable(_) => {
            (ErrorKind::Unreachable, "RFC 3263 §4")
        }
        sip_ua::Error::PeerMisbehaved(sip_ua::Misbehaviour::ChallengeLoop) => {
            (ErrorKind::Unauthorized, "RFC 3261 §22")
        }
        sip_ua::Error::PeerMisbehaved(sip_ua::Misbehaviour::NotSip(error)) => {
            (ErrorKind::PeerMisbehaved(error.rule()), "RFC 3261 §7")
        }
        sip_ua::Error::PeerMisbehaved(sip_ua::Misbehaviour::Header(name)) => {
            (ErrorKind::PeerMisbehaved(name), "RFC 3261 §8.1.1")
        }
        sip_ua::Error::PeerMisbehaved(sip_ua::Misbehaviour::RedirectLoop) => {
            (ErrorKind::PeerMisbehaved("Contact of a 3xx"), "RFC 3261 §8.1.3.4")
        }
        sip_ua::Error::Unsendable(_) => (ErrorKind::Unwritable("request"), "RFC 3261 §7"),
        sip_ua::Error::Limit(limit) => (ErrorKind::Limit(limit), ""),
        _ => (ErrorKind::Unreachable, ""),
    };
    Error::new(kind, phase, clause)
}

/// Why there is no path through the user's relays.
pub(crate) fn of_relay(error: LineError) -> Error {
    match error {
        LineError::Status(401) => Error::new(ErrorKind::Unauthorized, Phase::Preparing, "RFC 4976 §9.1"),
        LineError::Status(status) => {
            Error::new(ErrorKind::RelayRefused(status), Phase::Preparing, "RFC 4976 §5.1")
        }
        error => of_line(error, Phase::Preparing),
    }
}

/// What a line says, in this crate's terms.
pub(crate) fn of_line(error: LineError, phase: Phase) -> Error {
    let (kind, clause) = match error {
        LineError::Status(status) => (ErrorKind::ContentRefused(status), "RFC 4975 §10"),
        LineError::TimedOut => (ErrorKind::TimedOut, "RFC 4975 §7.2"),
        LineError::FlowLost => (ErrorKind::FlowLost, "RFC 4975 §5.4"),
        LineError::Unreachable => (ErrorKind::Unreachable, "RFC 4975 §5.4"),
        LineError::Source => (ErrorKind::Source, ""),
        LineError::Aborted => (ErrorKind::Cancelled, ""),
        LineError::NoTls => (ErrorKind::NoTls, "RFC 4976 §9.1"),
        LineError::Tls(fault) => (ErrorKind::Tls(fault), "RFC 4975 §14.2"),
        LineError::Certificate(fault @ CertificateFault::Unverified) => {
            (ErrorKind::Certificate(fault), "RFC 4975 §14.2")
        }
        LineError::Certificate(fault) => (ErrorKind::Certificate(fault), "RFC 8122 §5"),
    };
    Error::new(kind, phase, clause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absence_and_a_stop_in_the_middle_are_no_refusal() {
        let is_refusal = |kind: ErrorKind| Error::new(kind, Phase::Sending, "").is_refusal();
        for status in [StatusCode::NOT_ACCEPTABLE_HERE, StatusCode::DECLINE] {
            assert!(is_refusal(ErrorKind::Refused(status)));
        }
        for status in [StatusCode::TEMPORARILY_UNAVAILABLE, StatusCode::BUSY_HERE] {
            assert!(!is_refusal(ErrorKind::Refused(status)));
        }
        // What a focus reports of recipients who refuse, of those who are absent, and what says something of the session only.
        for (status, refusal) in
            [(400, true), (403, true), (408, false), (413, false), (480, false), (481, false)]
        {
            assert_eq!(is_refusal(ErrorKind::ContentRefused(status)), refusal, "{status}");
        }
        assert!(is_refusal(ErrorKind::AllRefused) && !is_refusal(ErrorKind::RelayRefused(403)));
        assert!(!is_refusal(ErrorKind::Cancelled));
    }
}
