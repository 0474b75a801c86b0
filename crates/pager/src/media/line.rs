//! What the messages and their media say to each other about one m-line.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use grammar::ByteStr;
use msrp::ReceivePolicy;
use sdp::offer_answer::MessageLine;
use sip_ua::{CertificateFault, FlowError, FlowId, Protocol, QueryId, Question, Target, TlsFault, Transport};

use super::Proof;

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
    /// What the peer has to show first.
    pub(crate) proof: Proof,
    /// Whether the line goes by the path it reserved.
    pub(crate) relayed: bool,
}

/// The next hop: where it is, and how it is spoken to. Lines towards the same one share a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Endpoint {
    pub(crate) host: Host,
    pub(crate) port: u16,
    pub(crate) security: HopSecurity,
}

/// An address, or a name to be resolved.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Host {
    Address(IpAddr),
    Name(ByteStr),
}

/// How a hop is spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum HopSecurity {
    /// TCP.
    Plain,
    /// TLS. With a name the hop has to prove it; without, its fingerprint is known.
    Tls { server_name: Option<ByteStr> },
}

impl Endpoint {
    /// Where to connect to reach the side that said this (RFC 4975 §8.2, RFC 6714).
    pub(crate) fn of(line: &MessageLine) -> Option<Self> {
        let (host, port) = line.next_hop()?;
        let first = msrp::Uri::parse(line.path.first()?.clone()).ok()?;
        let security = match (first.is_secure(), Proof::of(line)) {
            (false, _) => HopSecurity::Plain,
            (true, Proof::Fingerprints(_)) => HopSecurity::Tls { server_name: None },
            // The name in the path, whatever address it is reached at (RFC 6714 §5).
            (true, Proof::None | Proof::Name) => {
                let name = first.host().trim_start_matches('[').trim_end_matches(']');
                HopSecurity::Tls { server_name: Some(ByteStr::from(name)) }
            }
        };
        let host = match host.parse() {
            Ok(ip) => Host::Address(ip),
            Err(_) => Host::Name(ByteStr::from(host)),
        };
        Some(Self { host, port: port?, security })
    }

    /// The target at an address of the host.
    pub(crate) fn target(&self, ip: IpAddr) -> Target {
        let (transport, server_name) = match &self.security {
            HopSecurity::Plain => (Transport::Tcp, None),
            HopSecurity::Tls { server_name } => (Transport::Tls, server_name.clone()),
        };
        let address = SocketAddr::new(ip, self.port);
        Target { protocol: Protocol::Msrp, transport, address, server_name }
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
    /// The user's relays let us through: the nearest first.
    PathGranted(Vec<msrp::Uri>),
    /// They do not.
    PathRefused(LineError),
    /// They gave another path in its place, before its time is over.
    PathMoved(Vec<msrp::Uri>),
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
    /// A relay would have to be spoken to without TLS.
    NoTls,
    Tls(TlsFault),
    Certificate(CertificateFault),
}

impl LineError {
    /// What the end of a flow means to its lines.
    pub(crate) const fn of_flow(error: FlowError, otherwise: Self) -> Self {
        match error {
            FlowError::Tls(fault) => Self::Tls(fault),
            _ => otherwise,
        }
    }
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
