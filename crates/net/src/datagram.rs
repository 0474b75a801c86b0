//! The UDP socket: one flow for each peer address, in a bounded table.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket as ProbeSocket};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sip_ua::{FlowError, FlowId, FlowState, Protocol, Transport};
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::Wire;
use crate::connection::{Context, octets, reason};
use crate::network::Happening;
use crate::unreachable;

/// The longest datagram there is.
const LONGEST: usize = 65_535;
/// How often a datagram is sent again when the system reported an error instead.
const ATTEMPTS: usize = 3;
/// Pause after the socket refused to be waited for.
const FAILED: Duration = Duration::from_millis(10);

/// A datagram to send.
#[derive(Debug)]
pub(crate) struct Datagram {
    flow: FlowId,
    peer: SocketAddr,
    bytes: Bytes,
}

/// The network's end of the UDP socket.
#[derive(Debug)]
pub(crate) struct Datagrams {
    local: SocketAddr,
    outbox: mpsc::Sender<Datagram>,
    peers: Peers,
}

impl Datagrams {
    pub(crate) fn new(local: SocketAddr, outbox: mpsc::Sender<Datagram>, most: usize) -> Self {
        Self { local, outbox, peers: Peers::new(most) }
    }

    /// Makes `flow` the one to `peer`, if there is a way to it and room in the table.
    pub(crate) fn open(&mut self, flow: FlowId, peer: SocketAddr) -> Result<FlowState, FlowError> {
        if peer.is_ipv4() != self.local.is_ipv4() {
            return Err(FlowError::Unavailable);
        }
        let local = local_towards(self.local, peer).map_err(|error| reason(&error))?;
        if !self.peers.open(flow, peer) {
            return Err(FlowError::ClosedByUs);
        }
        Ok(FlowState::Up { transport: Transport::Udp, local, peer, security: None })
    }

    /// Whether `flow` is one of ours.
    pub(crate) fn knows(&self, flow: FlowId) -> bool {
        self.peers.by_flow.contains_key(&flow)
    }

    /// The flow of a datagram from `peer`. `fresh` gives an id to a peer that has none. `None`: there is no
    /// way back to it.
    pub(crate) fn flow_from(&mut self, peer: SocketAddr, fresh: impl FnOnce() -> FlowId) -> Option<Arrival> {
        if let Some(flow) = self.peers.touch(peer) {
            return Some(Arrival { flow, fresh: None, forgotten: None });
        }
        let local = local_towards(self.local, peer).ok()?;
        let flow = fresh();
        let forgotten = self.peers.accept(flow, peer);
        let fresh = Some(FlowState::Up { transport: Transport::Udp, local, peer, security: None });
        Some(Arrival { flow, fresh, forgotten })
    }

    /// Queues a datagram. When the queue is full it is lost, as datagrams may be.
    pub(crate) fn transmit(&mut self, flow: FlowId, bytes: Bytes) {
        if let Some(peer) = self.peers.use_flow(flow) {
            let _ = self.outbox.try_send(Datagram { flow, peer, bytes });
        }
    }

    /// The flow to `peer`, if there is one.
    pub(crate) fn flow_to(&self, peer: SocketAddr) -> Option<FlowId> {
        self.peers.by_address.get(&peer).copied()
    }

    /// Forgets `flow`.
    pub(crate) fn close(&mut self, flow: FlowId) {
        self.peers.remove(flow);
    }
}

/// Where a datagram belongs.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) flow: FlowId,
    /// What to tell the machine first if the flow is new.
    pub(crate) fresh: Option<FlowState>,
    /// The flow that made room for it.
    pub(crate) forgotten: Option<FlowId>,
}

/// The peers and their flows.
#[derive(Debug)]
struct Peers {
    most: usize,
    by_flow: HashMap<FlowId, Peer>,
    /// The flow that gets what a peer sends: the newest one to it.
    by_address: HashMap<SocketAddr, FlowId>,
    /// The flows that peers began, by last use.
    by_use: BTreeMap<u64, FlowId>,
    uses: u64,
}

#[derive(Debug)]
struct Peer {
    address: SocketAddr,
    /// Key in `by_use`; `None` for a flow that we opened: it stays until it is closed.
    used: Option<u64>,
}

impl Peers {
    fn new(most: usize) -> Self {
        Self { most, by_flow: HashMap::new(), by_address: HashMap::new(), by_use: BTreeMap::new(), uses: 0 }
    }

    /// Remembers a flow that we open; `false` if that is one too many.
    fn open(&mut self, flow: FlowId, address: SocketAddr) -> bool {
        if self.by_flow.len() - self.by_use.len() >= self.most {
            return false;
        }
        self.by_flow.insert(flow, Peer { address, used: None });
        self.by_address.insert(address, flow);
        true
    }

    /// Remembers a flow that a peer began, and returns the one forgotten for it.
    fn accept(&mut self, flow: FlowId, address: SocketAddr) -> Option<FlowId> {
        let forgotten = if self.by_use.len() >= self.most { self.by_use.pop_first() } else { None };
        if let Some((_, oldest)) = forgotten {
            self.remove(oldest);
        }
        self.uses += 1;
        self.by_flow.insert(flow, Peer { address, used: Some(self.uses) });
        self.by_use.insert(self.uses, flow);
        self.by_address.insert(address, flow);
        forgotten.map(|(_, oldest)| oldest)
    }

    /// The flow of `address`, used now.
    fn touch(&mut self, address: SocketAddr) -> Option<FlowId> {
        let flow = *self.by_address.get(&address)?;
        self.use_flow(flow).map(|_| flow)
    }

    /// The address of `flow`, used now.
    fn use_flow(&mut self, flow: FlowId) -> Option<SocketAddr> {
        let peer = self.by_flow.get_mut(&flow)?;
        if let Some(used) = &mut peer.used {
            self.uses += 1;
            self.by_use.remove(used);
            *used = self.uses;
            self.by_use.insert(self.uses, flow);
        }
        Some(peer.address)
    }

    fn remove(&mut self, flow: FlowId) -> bool {
        let Some(peer) = self.by_flow.remove(&flow) else { return false };
        if let Some(used) = peer.used {
            self.by_use.remove(&used);
        }
        if self.by_address.get(&peer.address) == Some(&flow) {
            self.by_address.remove(&peer.address);
        }
        true
    }
}

/// Receives until the network is gone, and waits while the driver is behind.
pub(crate) async fn receive(socket: Arc<UdpSocket>, context: Context) {
    let mut scratch = vec![0; LONGEST];
    let local = socket.local_addr().ok();
    loop {
        let Ok(ready) = socket.ready(Interest::READABLE | Interest::ERROR).await else {
            sleep(FAILED).await;
            continue;
        };
        if ready.is_error() {
            while let Some((peer, error)) = unreachable::next(&socket) {
                if context.happenings.send(Happening::Unreachable { peer, error }).await.is_err() {
                    return;
                }
            }
        }
        // An error here: none was ready, or the error just read says so once more.
        let Ok((length, peer)) = socket.try_recv_from(&mut scratch) else { continue };
        // Copied, because what is kept of it would keep the whole 64 KiB.
        let bytes = Bytes::copy_from_slice(scratch.get(..length).unwrap_or_default());
        if let (Some(tap), Some(local)) = (&context.tap, local) {
            tap.received(wire(local, peer), &bytes);
        }
        if context.happenings.send(Happening::Datagram { peer, bytes }).await.is_err() {
            return;
        }
    }
}

/// Sends what is queued until the network drops its end.
pub(crate) async fn send(socket: Arc<UdpSocket>, mut outbox: mpsc::Receiver<Datagram>, context: Context) {
    let local = socket.local_addr().ok();
    while let Some(Datagram { flow, peer, bytes }) = outbox.recv().await {
        if let (Some(tap), Some(local)) = (&context.tap, local) {
            tap.sent(wire(local, peer), &bytes);
        }
        let mut sent = socket.send_to(&bytes, peer).await;
        for _ in 0..ATTEMPTS {
            match &sent {
                // Most likely about an earlier datagram, to somebody else; this one was not sent.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    sent = socket.send_to(&bytes, peer).await;
                }
                _ => break,
            }
        }
        let happening = match sent {
            Ok(_) => Happening::Transmitted { flow, octets: octets(&bytes) },
            Err(error) => Happening::Closed { flow, error: reason(&error) },
        };
        // Without a network there is nobody to tell, and still something to send.
        let _ = context.happenings.send(happening).await;
    }
}

fn wire(local: SocketAddr, peer: SocketAddr) -> Wire {
    let local = local_towards(local, peer).unwrap_or(local);
    Wire { protocol: Protocol::Sip, transport: Transport::Udp, local, peer }
}

/// The address that `peer` sees us at, before any NAT: the bound one, or for a socket bound to every
/// address the one the system would choose.
fn local_towards(bound: SocketAddr, peer: SocketAddr) -> io::Result<SocketAddr> {
    if !bound.ip().is_unspecified() {
        return Ok(bound);
    }
    let any =
        if peer.is_ipv4() { IpAddr::V4(Ipv4Addr::UNSPECIFIED) } else { IpAddr::V6(Ipv6Addr::UNSPECIFIED) };
    // Connecting a UDP socket sends nothing; it only asks for the route.
    let probe = ProbeSocket::bind(SocketAddr::new(any, 0))?;
    probe.connect(peer)?;
    Ok(SocketAddr::new(probe.local_addr()?.ip(), bound.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, last], 5060))
    }

    #[test]
    fn the_least_recently_used_stranger_makes_room() {
        let mut peers = Peers::new(2);
        assert_eq!(peers.accept(FlowId::incoming(1), address(1)), None);
        assert_eq!(peers.accept(FlowId::incoming(2), address(2)), None);
        assert_eq!(peers.touch(address(1)), Some(FlowId::incoming(1)));
        assert_eq!(peers.accept(FlowId::incoming(3), address(3)), Some(FlowId::incoming(2)));
        assert_eq!(peers.use_flow(FlowId::incoming(2)), None);
        assert_eq!(peers.touch(address(2)), None);
        assert_eq!(peers.use_flow(FlowId::incoming(1)), Some(address(1)));
    }

    #[test]
    fn a_flow_we_opened_stays_and_gets_what_its_peer_sends() {
        let mut peers = Peers::new(1);
        assert_eq!(peers.accept(FlowId::incoming(1), address(1)), None);
        assert!(peers.open(FlowId::outgoing(1), address(1)));
        assert!(!peers.open(FlowId::outgoing(2), address(2)), "one of ours is the most");
        assert_eq!(peers.touch(address(1)), Some(FlowId::outgoing(1)));
        assert_eq!(peers.accept(FlowId::incoming(2), address(3)), Some(FlowId::incoming(1)));
        assert_eq!(peers.touch(address(1)), Some(FlowId::outgoing(1)), "not the forgotten one's");
        assert!(peers.remove(FlowId::outgoing(1)));
        assert!(!peers.remove(FlowId::outgoing(1)));
        assert_eq!(peers.touch(address(1)), None);
        assert!(peers.by_flow.len() == 1 && peers.by_use.len() == 1 && peers.by_address.len() == 1);
    }

    #[test]
    fn the_local_address_of_a_socket_bound_to_all_is_the_one_towards_the_peer() {
        let all = SocketAddr::from(([0, 0, 0, 0], 5062));
        let peer = SocketAddr::from(([127, 0, 0, 1], 5060));
        assert_eq!(local_towards(all, peer).unwrap(), SocketAddr::from(([127, 0, 0, 1], 5062)));
        let one = SocketAddr::from(([127, 0, 0, 9], 5062));
        assert_eq!(local_towards(one, peer).unwrap(), one);
    }
}
