//! `Limits`: every bound and waiting time of the sockets, with its default.

use std::time::Duration;

/// What one [`Network`](crate::Network) holds at most, and how long it waits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// TCP connections that may be open at once, in and out; one more is closed unread. Default 1024.
    pub connections: usize,
    /// Accepted TCP connections that one address may have open at once. Default 64.
    pub connections_per_source: usize,
    /// UDP peers that are remembered; of those we did not contact first, the least recently used goes.
    /// Default 4096.
    pub udp_peers: usize,
    /// Octets that may wait to be written on one connection; past that it is closed. Default 8 MiB.
    pub queued_octets: u64,
    /// Pieces that may wait to be written on one connection, or datagrams on all. Default 4096.
    pub queued_pieces: usize,
    /// Octets of one read at most. Reads start at 4 KiB and grow while they fill up. Default 1 MiB.
    pub read_octets: usize,
    /// How long connecting may take. Default 10 s.
    pub connect: Duration,
    /// How long the TLS handshake may take, in either direction. Default 10 s.
    pub handshake: Duration,
    /// How long an accepted connection may stay silent before its first octet. Default 30 s.
    pub first_octet: Duration,
    /// How long an accepted connection may stay silent after that. Default 2 h.
    pub idle: Duration,
    /// How long a write may stand still because the peer does not read. Default 60 s.
    pub stalled: Duration,
    /// How long closing may take to write what is queued. Default 5 s.
    pub flush: Duration,
    /// How long a closed connection is kept for the peer to read the last octets and close. Default 1 s.
    pub linger: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            connections_per_source: 64,
            udp_peers: 4096,
            queued_octets: 8 << 20,
            queued_pieces: 4096,
            read_octets: 1 << 20,
            connect: Duration::from_secs(10),
            handshake: Duration::from_secs(10),
            first_octet: Duration::from_secs(30),
            idle: Duration::from_secs(2 * 60 * 60),
            stalled: Duration::from_secs(60),
            flush: Duration::from_secs(5),
            linger: Duration::from_secs(1),
        }
    }
}
