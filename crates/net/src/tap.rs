//! `Tap`: sees every octet on the wire, for traces.

use std::net::SocketAddr;

use sip_ua::{Protocol, Transport};

/// Sees every octet that goes out or comes in; of a connection inside TLS, what is inside.
///
/// Called on the task that writes or reads the socket: it must not block. Over UDP one call is one
/// datagram; over TCP and TLS the pieces of a stream, in order, cut anywhere.
pub trait Tap: Send + Sync {
    /// These octets are about to be written.
    fn sent(&self, wire: Wire, octets: &[u8]);

    /// These octets were read. Nothing by default: a tap on both ends has seen them already.
    fn received(&self, wire: Wire, octets: &[u8]) {
        let _ = (wire, octets);
    }
}

/// The way octets take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a 5-tuple and what it carries")]
pub struct Wire {
    /// What the octets are.
    pub protocol: Protocol,
    /// What carries them.
    pub transport: Transport,
    /// Our address.
    pub local: SocketAddr,
    /// The peer's address.
    pub peer: SocketAddr,
}
