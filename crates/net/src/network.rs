//! `Network`: the sockets of one machine, as flows.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use sip_ua::{FlowError, FlowId, FlowState, Protocol, Target, Transport};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use crate::connection::{Connection, Context, Full};
use crate::datagram::{self, Datagrams};
use crate::place::{Place, Places};
use crate::stream::Stream;
use crate::{Bind, listener};

/// Happenings that wait for the driver before the tasks wait too. Each holds at most one read.
const HAPPENINGS: usize = 64;
/// Datagrams that wait to be sent.
const DATAGRAMS: usize = 1024;

/// What happened on the sockets.
///
/// For each flow [`FlowState::Up`] comes first and [`FlowState::Closed`] last; a flow that could not come up
/// is only closed. Nothing comes for a flow after the driver closed it.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "a driver that does not know one must not compile")]
pub enum NetEvent {
    /// A flow came up, ours or one that a peer began, or it is gone.
    Flow {
        /// The flow.
        flow: FlowId,
        /// What it carries.
        protocol: Protocol,
        /// Up or closed.
        state: FlowState,
    },
    /// Octets of a stream, or one datagram.
    Received {
        /// The flow.
        flow: FlowId,
        /// What it carries.
        protocol: Protocol,
        /// What was read; it shares the buffer of the read.
        bytes: Bytes,
    },
    /// A peer connected, and its TLS handshake failed: there is no flow. For a log; nothing has to be done.
    HandshakeFailed {
        /// What it would have carried.
        protocol: Protocol,
        /// The peer.
        peer: SocketAddr,
        /// Why.
        error: FlowError,
    },
    /// The system took octets of [`Network::transmit`].
    Transmitted {
        /// The flow.
        flow: FlowId,
        /// How many, in the order they were handed in.
        octets: u64,
    },
}

/// What a task reports.
#[derive(Debug)]
pub(crate) enum Happening {
    Accepted {
        protocol: Protocol,
        transport: Transport,
        stream: TcpStream,
        peer: SocketAddr,
    },
    /// A connection that a peer began can be used: at once, or after its handshake.
    Ready {
        protocol: Protocol,
        stream: Stream,
        place: Arc<Place>,
    },
    #[cfg(feature = "tls")]
    HandshakeFailed {
        protocol: Protocol,
        peer: SocketAddr,
        error: FlowError,
    },
    Connected {
        flow: FlowId,
        stream: Stream,
    },
    Received {
        flow: FlowId,
        bytes: Bytes,
    },
    Datagram {
        peer: SocketAddr,
        bytes: Bytes,
    },
    Transmitted {
        flow: FlowId,
        octets: u64,
    },
    Closed {
        flow: FlowId,
        error: FlowError,
    },
    /// An ICMP error about a datagram to `peer`.
    Unreachable {
        peer: SocketAddr,
        error: FlowError,
    },
}

/// The sockets of one machine, as flows.
///
/// Commands do not wait and do not fail: what goes wrong comes out of [`Network::next`] as
/// [`FlowState::Closed`] with a reason. Dropping a network closes every socket at once, and what is queued
/// is lost; [`Network::shutdown`] writes it first.
pub struct Network {
    context: Context,
    sip: Option<SocketAddr>,
    msrp: Option<SocketAddr>,
    sips: Option<SocketAddr>,
    msrps: Option<SocketAddr>,
    happenings: mpsc::Receiver<Happening>,
    connections: HashMap<FlowId, Connection>,
    datagrams: Option<Datagrams>,
    places: Places,
    /// What commands caused; each command adds at most one.
    ready: VecDeque<NetEvent>,
    /// Tasks that read for as long as there is a network.
    listeners: Vec<AbortHandle>,
    tasks: JoinSet<()>,
    accepted: u64,
}

impl Network {
    /// Opens the listening sockets.
    ///
    /// # Errors
    ///
    /// What the system says, with the transport and address in the message: a port in use, an address that
    /// is not ours, a port below 1024 without the right to it. [`io::ErrorKind::Unsupported`] if TLS is to be
    /// listened for and there is none, or no server configuration for it.
    #[expect(clippy::unused_async, reason = "sockets are opened inside a runtime")]
    pub async fn bind(bind: Bind) -> io::Result<Self> {
        let (sender, happenings) = mpsc::channel(HAPPENINGS);
        let context = Context {
            happenings: sender,
            tap: bind.tap,
            limits: Arc::new(bind.limits),
            #[cfg(feature = "tls")]
            tls: bind.tls,
        };
        let mut network = Self {
            context,
            sip: None,
            msrp: None,
            sips: None,
            msrps: None,
            happenings,
            connections: HashMap::new(),
            datagrams: None,
            places: Places::default(),
            ready: VecDeque::new(),
            listeners: Vec::new(),
            tasks: JoinSet::new(),
            accepted: 0,
        };
        if let Some(address) = bind.sip {
            network.listen_sip(address)?;
        }
        if let Some(address) = bind.msrp {
            network.msrp = Some(network.listen(listener::tcp(address)?, Protocol::Msrp, Transport::Tcp)?);
        }
        if let Some(address) = bind.sips {
            network.sips = Some(network.listen_tls(address, Protocol::Sip)?);
        }
        if let Some(address) = bind.msrps {
            network.msrps = Some(network.listen_tls(address, Protocol::Msrp)?);
        }
        Ok(network)
    }

    fn listen_tls(&mut self, address: SocketAddr, protocol: Protocol) -> io::Result<SocketAddr> {
        if !self.context.can_listen() {
            let missing = "no TLS to listen with: it needs a server configuration";
            return Err(io::Error::new(io::ErrorKind::Unsupported, missing));
        }
        self.listen(listener::tcp(address)?, protocol, Transport::Tls)
    }

    fn listen_sip(&mut self, address: SocketAddr) -> io::Result<()> {
        let (listener, socket) = listener::tcp_and_udp(address)?;
        let local = socket.local_addr()?;
        self.sip = Some(local);
        self.listen(listener, Protocol::Sip, Transport::Tcp)?;
        let socket = Arc::new(socket);
        let (outbox, datagrams) = mpsc::channel(DATAGRAMS);
        self.datagrams = Some(Datagrams::new(local, outbox, self.context.limits.udp_peers));
        let receive = datagram::receive(Arc::clone(&socket), self.context.clone());
        self.listeners.push(self.tasks.spawn(receive));
        self.tasks.spawn(datagram::send(socket, datagrams, self.context.clone()));
        Ok(())
    }

    fn listen(
        &mut self,
        listener: TcpListener,
        protocol: Protocol,
        transport: Transport,
    ) -> io::Result<SocketAddr> {
        let address = listener.local_addr()?;
        let accept = listener::accept(listener, protocol, transport, self.context.happenings.clone());
        self.listeners.push(self.tasks.spawn(accept));
        Ok(address)
    }

    /// Where SIP is listened for, over UDP and TCP.
    #[must_use]
    pub const fn sip_address(&self) -> Option<SocketAddr> {
        self.sip
    }

    /// Where MSRP is listened for.
    #[must_use]
    pub const fn msrp_address(&self) -> Option<SocketAddr> {
        self.msrp
    }

    /// Where SIP over TLS is listened for.
    #[must_use]
    pub const fn sips_address(&self) -> Option<SocketAddr> {
        self.sips
    }

    /// Where MSRP over TLS is listened for.
    #[must_use]
    pub const fn msrps_address(&self) -> Option<SocketAddr> {
        self.msrps
    }

    /// Opens `flow`: connects over TCP or TLS, or names a peer of the UDP socket.
    ///
    /// Octets may be transmitted at once; they wait for the connection. Over UDP the newest flow to a peer
    /// is the one that gets what the peer sends. One flow more than [`Limits`](crate::Limits) allow is closed at
    /// once with [`FlowError::ClosedByUs`], TLS where there is none with [`FlowError::Unavailable`].
    pub fn open(&mut self, flow: FlowId, target: &Target) {
        let protocol = target.protocol;
        match target.transport {
            Transport::Udp => {
                let opened = match &mut self.datagrams {
                    Some(datagrams) => datagrams.open(flow, target.address),
                    None => Err(FlowError::Unavailable),
                };
                let state = opened.unwrap_or_else(FlowState::Closed);
                self.ready.push_back(NetEvent::Flow { flow, protocol, state });
            }
            Transport::Tls if !self.context.can_connect() => {
                self.refuse(flow, protocol, FlowError::Unavailable);
            }
            Transport::Tcp | Transport::Tls => match self.places.take(&self.context.limits) {
                Some(place) => {
                    let mut connection = Connection::new(protocol, place, &self.context.limits);
                    connection.connect(flow, target.clone(), &self.context, &mut self.tasks);
                    self.connections.insert(flow, connection);
                }
                None => self.refuse(flow, protocol, FlowError::ClosedByUs),
            },
        }
    }

    fn refuse(&mut self, flow: FlowId, protocol: Protocol, error: FlowError) {
        self.ready.push_back(NetEvent::Flow { flow, protocol, state: FlowState::Closed(error) });
    }

    /// Queues octets of a stream, or one datagram.
    ///
    /// [`NetEvent::Transmitted`] tells when they are written. A connection that has more than
    /// [`Limits::queued_octets`](crate::Limits::queued_octets) waiting is closed. Octets for a flow that is gone
    /// are dropped: its end is on the way to the machine or came from it.
    pub fn transmit(&mut self, flow: FlowId, bytes: Bytes) {
        let Some(connection) = self.connections.get_mut(&flow) else {
            if let Some(datagrams) = &mut self.datagrams {
                datagrams.transmit(flow, bytes);
            }
            return;
        };
        if connection.transmit(bytes, &self.context.limits) == Err(Full) {
            let protocol = connection.protocol;
            self.connections.remove(&flow);
            self.refuse(flow, protocol, FlowError::ClosedByUs);
        }
    }

    /// Closes `flow`. What is queued is written first, for at most [`Limits::flush`](crate::Limits::flush); no event follows.
    pub fn close(&mut self, flow: FlowId) {
        if self.connections.remove(&flow).is_none()
            && let Some(datagrams) = &mut self.datagrams
        {
            datagrams.close(flow);
        }
    }

    /// Allows one more read of a connection. Nothing is read from one without it, from its first octet on.
    ///
    /// Grants do not add up: one read is allowed or none. UDP needs no grants.
    pub fn grant(&mut self, flow: FlowId) {
        if let Some(connection) = self.connections.get(&flow) {
            connection.grant();
        }
    }

    /// Waits for what happens next. Cancel safe: nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> NetEvent {
        loop {
            // Tasks that have ended leave their result here until it is taken.
            while self.tasks.try_join_next().is_some() {}
            if let Some(event) = self.ready.pop_front() {
                return event;
            }
            match self.happenings.recv().await {
                Some(happening) => {
                    if let Some(event) = self.handle(happening) {
                        return event;
                    }
                }
                // Not reached: the context holds a sender.
                None => std::future::pending().await,
            }
        }
    }

    fn handle(&mut self, happening: Happening) -> Option<NetEvent> {
        match happening {
            Happening::Accepted { protocol, transport, stream, peer } => {
                // Without a place the connection is closed by dropping it.
                let place = self.places.take_for(peer.ip(), &self.context.limits)?;
                listener::tune(&stream);
                if transport == Transport::Tls {
                    self.secure(protocol, stream, peer, place);
                    return None;
                }
                self.handle(Happening::Ready { protocol, stream: Stream::Tcp(stream), place })
            }
            Happening::Ready { protocol, stream, place } => {
                let flow = self.fresh();
                let mut connection = Connection::new(protocol, place, &self.context.limits);
                // An error here: the peer is gone already, and the machine never heard of it.
                let state = connection.start(flow, stream, true, &self.context, &mut self.tasks).ok()?;
                self.connections.insert(flow, connection);
                Some(NetEvent::Flow { flow, protocol, state })
            }
            #[cfg(feature = "tls")]
            Happening::HandshakeFailed { protocol, peer, error } => {
                Some(NetEvent::HandshakeFailed { protocol, peer, error })
            }
            Happening::Connected { flow, stream } => {
                let connection = self.connections.get_mut(&flow)?;
                let protocol = connection.protocol;
                let state = match connection.start(flow, stream, false, &self.context, &mut self.tasks) {
                    Ok(state) => state,
                    Err(error) => {
                        self.connections.remove(&flow);
                        FlowState::Closed(crate::connection::reason(&error))
                    }
                };
                Some(NetEvent::Flow { flow, protocol, state })
            }
            Happening::Received { flow, bytes } => {
                let protocol = self.connections.get(&flow)?.protocol;
                Some(NetEvent::Received { flow, protocol, bytes })
            }
            Happening::Datagram { peer, bytes } => self.handle_datagram(peer, bytes),
            Happening::Transmitted { flow, octets } => {
                let connection = self.connections.get_mut(&flow);
                let known = match connection {
                    Some(connection) => {
                        connection.written(octets);
                        true
                    }
                    None => self.datagrams.as_ref().is_some_and(|datagrams| datagrams.knows(flow)),
                };
                known.then_some(NetEvent::Transmitted { flow, octets })
            }
            Happening::Closed { flow, error } => {
                let protocol = match self.connections.remove(&flow) {
                    Some(connection) => connection.protocol,
                    None => {
                        self.datagrams.as_mut().filter(|datagrams| datagrams.knows(flow))?.close(flow);
                        Protocol::Sip
                    }
                };
                Some(NetEvent::Flow { flow, protocol, state: FlowState::Closed(error) })
            }
            Happening::Unreachable { peer, error } => {
                let flow = self.datagrams.as_ref()?.flow_to(peer)?;
                self.handle(Happening::Closed { flow, error })
            }
        }
    }

    /// Shakes hands with a peer that connected. The machine never hears of one that fails.
    #[cfg(feature = "tls")]
    fn secure(&mut self, protocol: Protocol, stream: TcpStream, peer: SocketAddr, place: Arc<Place>) {
        let Some(config) = self.context.tls.as_ref().and_then(crate::Tls::server) else { return };
        let (happenings, patience) = (self.context.happenings.clone(), self.context.limits.handshake);
        self.tasks.spawn(async move {
            let secured = tokio::select! {
                secured = crate::tls::accept(config, stream, patience) => secured,
                // The network is shutting down.
                () = happenings.closed() => return,
            };
            let happening = match secured {
                Ok(stream) => Happening::Ready { protocol, stream: Stream::Tls(Box::new(stream)), place },
                Err(error) => Happening::HandshakeFailed { protocol, peer, error },
            };
            let _ = happenings.send(happening).await;
        });
    }

    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unused_self, reason = "as with TLS")]
    fn secure(&mut self, _: Protocol, _: TcpStream, _: SocketAddr, _: Arc<Place>) {}

    fn handle_datagram(&mut self, peer: SocketAddr, bytes: Bytes) -> Option<NetEvent> {
        let accepted = &mut self.accepted;
        let arrival = self.datagrams.as_mut()?.flow_from(peer, || {
            *accepted += 1;
            FlowId::incoming(*accepted)
        })?;
        let flow = arrival.flow;
        if let Some(forgotten) = arrival.forgotten {
            self.refuse(forgotten, Protocol::Sip, FlowError::ClosedByUs);
        }
        if let Some(state) = arrival.fresh {
            self.ready.push_back(NetEvent::Flow { flow, protocol: Protocol::Sip, state });
        }
        let received = NetEvent::Received { flow, protocol: Protocol::Sip, bytes };
        if self.ready.is_empty() {
            return Some(received);
        }
        self.ready.push_back(received);
        self.ready.pop_front()
    }

    fn fresh(&mut self) -> FlowId {
        self.accepted += 1;
        FlowId::incoming(self.accepted)
    }

    /// Closes everything and waits until every socket is closed and every task has ended.
    ///
    /// What is queued is written first. Takes at most [`Limits::flush`](crate::Limits::flush) and [`Limits::linger`](crate::Limits::linger).
    pub async fn shutdown(mut self) {
        for listener in &self.listeners {
            listener.abort();
        }
        self.connections.clear();
        self.datagrams = None;
        // Whoever waits to report something stops waiting.
        self.happenings.close();
        while self.happenings.try_recv().is_ok() {}
        while self.tasks.join_next().await.is_some() {}
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("sip", &self.sip)
            .field("msrp", &self.msrp)
            .field("connections", &self.connections.len())
            .finish_non_exhaustive()
    }
}
