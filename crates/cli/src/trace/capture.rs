//! `Capture`: a pcap file in which every message is one datagram or one segment of a connection.
//!
//! The packets are made up from what was written to the sockets: dissectors that take one message for one
//! segment see them as such, however the kernel cut the stream.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use etherparse::{PacketBuilder, PacketBuilderStep};
use pcap_file::pcap::{PcapHeader, PcapPacket, PcapWriter};

/// What fits into an IPv4 packet behind its header and that of TCP.
const MOST_PAYLOAD: usize = 65_000;
/// The largest packet of the file.
const SNAP_LENGTH: u32 = 1 << 17;
const WINDOW: u16 = u16::MAX;
const TTL: u8 = 64;
/// Locally administered addresses.
const MAC: [[u8; 6]; 2] = [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]];

/// A capture under way.
pub(super) struct Capture<W: Write> {
    pcap: PcapWriter<W>,
    /// The next sequence number of either direction of each connection.
    connections: HashMap<(SocketAddr, SocketAddr), u32>,
    /// A packet that is being put together.
    packet: Vec<u8>,
}

/// What a segment says besides its payload.
#[derive(Clone, Copy)]
enum Kind {
    Syn,
    SynAck,
    Ack,
    Push,
}

impl<W: Write> Capture<W> {
    /// Writes the head of the file.
    pub(super) fn new(out: W) -> io::Result<Self> {
        let header = PcapHeader { snaplen: SNAP_LENGTH, ..PcapHeader::default() };
        let pcap = PcapWriter::with_header(out, header).map_err(io::Error::other)?;
        Ok(Self { pcap, connections: HashMap::new(), packet: Vec::new() })
    }

    /// Writes a message; a connection that is new is opened first.
    pub(super) fn message(
        &mut self,
        datagram: bool,
        from: SocketAddr,
        to: SocketAddr,
        octets: &[u8],
        at: Duration,
    ) -> io::Result<()> {
        if datagram {
            let Some(ip) = ip(from, to) else { return Ok(()) };
            let octets = octets.get(..MOST_PAYLOAD).unwrap_or(octets);
            self.packet.clear();
            ip.udp(from.port(), to.port()).write(&mut self.packet, octets).map_err(io::Error::other)?;
            return self.write(at);
        }
        if !self.connections.contains_key(&(from, to)) {
            self.segment(Kind::Syn, from, to, &[], at)?;
            self.segment(Kind::SynAck, to, from, &[], at)?;
            self.segment(Kind::Ack, from, to, &[], at)?;
        }
        for segment in octets.chunks(MOST_PAYLOAD) {
            self.segment(Kind::Push, from, to, segment, at)?;
            self.segment(Kind::Ack, to, from, &[], at)?;
        }
        Ok(())
    }

    /// Ends the capture.
    pub(super) fn finish(self) -> io::Result<W> {
        Ok(self.pcap.into_writer())
    }

    fn segment(
        &mut self,
        kind: Kind,
        from: SocketAddr,
        to: SocketAddr,
        payload: &[u8],
        at: Duration,
    ) -> io::Result<()> {
        let Some(ip) = ip(from, to) else { return Ok(()) };
        let number = *self.connections.entry((from, to)).or_insert(1000);
        let expected = self.connections.get(&(to, from)).copied().unwrap_or(0);
        let tcp = ip.tcp(from.port(), to.port(), number, WINDOW);
        let tcp = match kind {
            Kind::Syn => tcp.syn(),
            Kind::SynAck => tcp.syn().ack(expected),
            Kind::Ack => tcp.ack(expected),
            Kind::Push => tcp.psh().ack(expected),
        };
        self.packet.clear();
        tcp.write(&mut self.packet, payload).map_err(io::Error::other)?;
        // SYN counts as one octet.
        let octets = match kind {
            Kind::Syn | Kind::SynAck => 1,
            Kind::Ack | Kind::Push => u32::try_from(payload.len()).unwrap_or(0),
        };
        self.connections.insert((from, to), number.wrapping_add(octets));
        self.write(at)
    }

    fn write(&mut self, at: Duration) -> io::Result<()> {
        let length = u32::try_from(self.packet.len()).unwrap_or(u32::MAX);
        let packet = PcapPacket::new(at, length, &self.packet);
        self.pcap.write_packet(&packet).map_err(io::Error::other).map(|_| ())
    }
}

/// Ethernet and IP; `None` between an IPv4 and an IPv6 address, which cannot be.
fn ip(from: SocketAddr, to: SocketAddr) -> Option<PacketBuilderStep<etherparse::IpHeaders>> {
    // The address that is smaller gets the first MAC address, so that it is the same in both directions.
    let [low, high] = MAC;
    let (one, two) = if from <= to { (low, high) } else { (high, low) };
    let ethernet = PacketBuilder::ethernet2(one, two);
    match (from, to) {
        (SocketAddr::V4(from), SocketAddr::V4(to)) => {
            Some(ethernet.ipv4(from.ip().octets(), to.ip().octets(), TTL))
        }
        (SocketAddr::V6(from), SocketAddr::V6(to)) => {
            Some(ethernet.ipv6(from.ip().octets(), to.ip().octets(), TTL))
        }
        _ => None,
    }
}
