//! What the messages and their media say to each other about one m-line.

use std::net::SocketAddr;

use bytes::Bytes;
use grammar::ByteStr;
use msrp::ReceivePolicy;
use sdp::offer_answer::MessageLine;
use sip_ua::{FlowId, QueryId, Question, Target};

use crate::message::{ItemId, OfferId, TransferId};

/// Which m-line of which message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Line {
    pub(crate) owner: Owner,
    pub(crate) item: ItemId,
}

/// Whose line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Owner {
    Transfer(TransferId),
    Offer(OfferId),
}

/// What the machine of the message needs to open its side of a line.
#[derive(Debug)]
pub(crate) struct LineConfig {
    /// Our own URI, as in our `a=path`.
    pub(crate) local: msrp::Uri,
    /// The peer's `a=path`.
    pub(crate) peer: Vec<msrp::Uri>,
    /// What we take on it; `None` where we only send.
    pub(crate) receive: Option<ReceivePolicy>,
    /// Where to connect to; `None` where the peer connects to us.
    pub(crate) connect: Option<Endpoint>,
}

/// Host and port of the next hop.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    Address(SocketAddr),
    Name(ByteStr, u16),
}

impl Endpoint {
    /// Where to connect to reach the side that said this (RFC 4975 §8.2, RFC 6714).
    pub(crate) fn of(line: &MessageLine) -> Option<Self> {
        let (host, port) = line.next_hop()?;
        let port = port?;
        Some(match host.parse() {
            Ok(ip) => Self::Address(SocketAddr::new(ip, port)),
            Err(_) => Self::Name(ByteStr::from(host), port),
        })
    }
}

/// What media wants done, or has to tell.
#[derive(Debug)]
pub(crate) enum MediaOutput {
    Open { flow: FlowId, target: Target },
    Transmit { flow: FlowId, bytes: Bytes },
    Close { flow: FlowId },
    Resolve { query: QueryId, question: Question },
    Line(Line, LineEvent),
}

/// What happened on a line.
#[derive(Debug)]
pub(crate) enum LineEvent {
    /// Connected and bound: content can be sent.
    Bound,
    /// No connection, the peer does not know the session, or the connection was lost.
    Unbound(LineError),
    Progress {
        sent: u64,
        acknowledged: u64,
    },
    Sent,
    Reported {
        status: u16,
        complete: bool,
    },
    SendFailed(LineError),
    Read {
        offset: u64,
        len: usize,
    },
    /// A message begins to arrive.
    Incoming {
        content_type: ByteStr,
        size: Option<u64>,
    },
    Write {
        offset: u64,
        content: Bytes,
    },
    Received {
        size: u64,
    },
    Aborted,
}

/// Why a line failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineError {
    Status(u16),
    TimedOut,
    FlowLost,
    Unreachable,
    Source,
    Aborted,
}

impl From<msrp::SendError> for LineError {
    fn from(error: msrp::SendError) -> Self {
        match error {
            msrp::SendError::Status(408) | msrp::SendError::TimedOut => Self::TimedOut,
            msrp::SendError::Status(status) => Self::Status(status),
            msrp::SendError::SourceFailed => Self::Source,
            msrp::SendError::Aborted => Self::Aborted,
            _ => Self::FlowLost,
        }
    }
}
