//! Flows (RFC 5626 §3): the connections and UDP address pairs that carry messages, as the driver sees them.

use std::fmt;
use std::net::SocketAddr;

use grammar::ByteStr;

use crate::Security;

/// The name of a flow between a machine and its driver.
///
/// Flows that a machine asks for have even numbers, flows that the driver accepted have odd ones, so two
/// allocators that do not know each other never give one number twice. [`crate::UserAgent`] takes its numbers
/// from `outgoing(0)` up to `outgoing(2^32 - 1)`; another machine behind the same driver starts at
/// `outgoing(2^32)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowId(u64);

impl FlowId {
    /// The `n`-th flow a machine opens.
    #[must_use]
    pub const fn outgoing(n: u64) -> Self {
        Self(n.wrapping_shl(1))
    }

    /// The `n`-th flow a driver accepts.
    #[must_use]
    pub const fn incoming(n: u64) -> Self {
        Self(n.wrapping_shl(1) | 1)
    }

    /// Whether the machine asked for it, as opposed to the peer.
    #[must_use]
    pub const fn is_outgoing(self) -> bool {
        self.0 & 1 == 0
    }
}

impl fmt::Display for FlowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = if self.is_outgoing() { "out" } else { "in" };
        write!(f, "{direction}{}", self.0 >> 1)
    }
}

/// How the bytes travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a driver that does not know a transport must not compile")]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// A stream inside TLS.
    Tls,
}

impl Transport {
    /// Whether the transport repeats what is lost, so that transactions do not (RFC 3261 §17).
    #[must_use]
    pub const fn is_reliable(self) -> bool {
        !matches!(self, Self::Udp)
    }

    /// The `transport` of a Via: `UDP`, `TCP` or `TLS`.
    #[must_use]
    pub const fn as_via(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
        }
    }

    /// The value of the URI parameter `transport`.
    #[must_use]
    pub const fn as_param(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
        }
    }

    /// Reads a URI parameter or a Via transport, case ignored; `None` for one that is not spoken here.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Udp, Self::Tcp, Self::Tls].into_iter().find(|known| known.as_via().eq_ignore_ascii_case(text))
    }

    /// The port that stands for none written: 5061 for TLS, else 5060 (RFC 3261 §19.1.2).
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => 5060,
            Self::Tls => 5061,
        }
    }
}

/// What is spoken on a flow; the driver keeps one port for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a driver that does not know a protocol must not compile")]
pub enum Protocol {
    /// SIP, RFC 3261.
    Sip,
    /// MSRP, RFC 4975.
    Msrp,
}

/// Where a flow is to lead.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a driver has to honour each field")]
pub struct Target {
    /// What will be spoken.
    pub protocol: Protocol,
    /// How the bytes travel.
    pub transport: Transport,
    /// The peer.
    pub address: SocketAddr,
    /// With TLS, the name that the peer's certificate has to carry (SubjectAltName) and an authority of the
    /// driver has to vouch for, sent as SNI if it is a host name. For SIP a wildcard
    /// is no such name (RFC 5922 §7.2). `None`: the certificate is handed up in [`FlowState::Up`] and is for the
    /// machine to judge.
    pub server_name: Option<ByteStr>,
}

/// What became of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a machine that does not know a state must not compile")]
pub enum FlowState {
    /// It carries bytes now. For a flow the driver accepted this is the first that is heard of it.
    Up {
        /// How the bytes travel.
        transport: Transport,
        /// Our address on it, as the peer can use it: never the unspecified one.
        local: SocketAddr,
        /// The address of the peer.
        peer: SocketAddr,
        /// What was learned of the peer; `None` without TLS.
        security: Option<Security>,
    },
    /// It could not be opened, or is gone. Nothing follows for it.
    Closed(FlowError),
}

/// Why a flow is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlowError {
    /// The peer refused the connection, or its port is closed.
    #[error("connection refused")]
    Refused,
    /// No route to the peer.
    #[error("peer unreachable")]
    Unreachable,
    /// No answer to the attempt to connect.
    #[error("connection timed out")]
    TimedOut,
    /// The connection broke.
    #[error("connection reset")]
    Reset,
    /// The peer closed the connection in order.
    #[error("connection closed by the peer")]
    ClosedByPeer,
    /// We closed it.
    #[error("connection closed by us")]
    ClosedByUs,
    /// TLS failed: in the handshake, or later.
    #[error("TLS: {0}")]
    Tls(TlsFault),
    /// The transport or the address family is not available here.
    #[error("transport not available")]
    Unavailable,
    /// Any other failure of the socket.
    #[error("socket error")]
    Io,
}

/// What was wrong with TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum TlsFault {
    /// No authority that is trusted here issued the peer's certificate.
    #[error("the peer's certificate is of an unknown issuer")]
    UnknownIssuer,
    /// The peer's certificate is for another name (RFC 5922 §7, RFC 4975 §14.2).
    #[error("the peer's certificate is for another name")]
    WrongName,
    /// The peer's certificate is over, or does not count yet.
    #[error("the peer's certificate is out of its time")]
    Expired,
    /// The peer's certificate cannot be read, was revoked, or its signature is wrong.
    #[error("the peer's certificate is not valid")]
    Certificate,
    /// The peer does not speak TLS.
    #[error("the peer does not speak TLS")]
    NotTls,
    /// No version or cipher in common.
    #[error("no TLS version or cipher in common with the peer")]
    Incompatible,
    /// The peer did not finish the handshake in time.
    #[error("the handshake took too long")]
    TimedOut,
    /// The peer closed the connection during the handshake.
    #[error("the peer closed the connection during the handshake")]
    Closed,
    /// The peer sent this alert (RFC 8446 §6).
    #[error("the peer sent the alert {} ({})", alert(*.0), .0)]
    Alert(u8),
    /// The name that the peer has to prove can be no name in a certificate.
    #[error("not a name for a certificate")]
    Name,
    /// Anything else: a forged record, a message out of turn.
    #[error("the peer broke the protocol")]
    Protocol,
}

/// RFC 8446 §6: the alerts by name.
const fn alert(code: u8) -> &'static str {
    match code {
        10 => "unexpected_message",
        20 => "bad_record_mac",
        22 => "record_overflow",
        40 => "handshake_failure",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        90 => "user_canceled",
        109 => "missing_extension",
        110 => "unsupported_extension",
        112 => "unrecognized_name",
        116 => "certificate_required",
        120 => "no_application_protocol",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_allocators_never_meet() {
        for n in 0..100 {
            for m in 0..100 {
                assert_ne!(FlowId::outgoing(n), FlowId::incoming(m));
            }
        }
        assert!(FlowId::outgoing(7).is_outgoing() && !FlowId::incoming(7).is_outgoing());
        assert_eq!(FlowId::incoming(3).to_string(), "in3");
    }

    #[test]
    fn rfc3261_19_1_2_default_ports_and_names() {
        for transport in [Transport::Udp, Transport::Tcp, Transport::Tls] {
            assert_eq!(Transport::parse(transport.as_param()), Some(transport));
            assert_eq!(Transport::parse(transport.as_via()), Some(transport));
        }
        assert_eq!(Transport::parse("sctp"), None);
        assert_eq!(Transport::Tls.default_port(), 5061);
    }
}
