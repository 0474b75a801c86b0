//! `Proof`: what a peer has to show before one of its sessions uses a connection (RFC 8122 §6, RFC 4975 §14).

use std::net::SocketAddr;

use grammar::ByteStr;
use sdp::attribute::Fingerprint;
use sdp::offer_answer::{MessageLine, Proto};
use sip_ua::{FlowId, Protocol, Security, Sha1Policy, Target, Transport};

/// What a peer has to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Nothing: `TCP/MSRP`.
    None,
    /// A certificate with one of these fingerprints.
    Fingerprints(Vec<Fingerprint>),
    /// The name in its path. A peer that connects shows the session-id, which only it was told.
    Name,
}

impl Proof {
    /// What the side that said this has to show.
    pub(crate) fn of(line: &MessageLine) -> Self {
        match line.proto {
            Proto::Tcp => Self::None,
            Proto::Tls if line.fingerprints.is_empty() || line.path.len() > 1 => Self::Name,
            Proto::Tls => Self::Fingerprints(line.fingerprints.clone()),
        }
    }

    /// How it is connected to at `address`.
    pub(crate) fn target(&self, address: SocketAddr) -> Target {
        let (transport, server_name) = match self {
            Self::None => (Transport::Tcp, None),
            Self::Fingerprints(_) => (Transport::Tls, None),
            Self::Name => (Transport::Tls, Some(ByteStr::from(address.ip().to_string()))),
        };
        Target { protocol: Protocol::Msrp, transport, address, server_name }
    }

    /// Whether `flow` may be used.
    pub(crate) fn holds(&self, flow: FlowId, security: Option<&Security>) -> bool {
        match (self, security) {
            (Self::None, _) => true,
            (_, None) => false,
            (Self::Name, Some(security)) => security.verified || !flow.is_outgoing(),
            (Self::Fingerprints(announced), Some(security)) => {
                let announced = announced.iter().map(|one| (one.function.as_str(), one.digest.as_slice()));
                security.matches(announced, Sha1Policy::Refused).is_ok()
            }
        }
    }
}
