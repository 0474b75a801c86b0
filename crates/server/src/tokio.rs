//! `Running`: the server on sockets, for demos and for tests against real peers.

mod machine;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::tokio::sync::{mpsc, oneshot};
use ::tokio::task::JoinHandle;
use ::tokio::time::{Instant as Deadline, sleep_until};
use net::{Bind, FlowId, FlowState, NetEvent, Network, Tap};

use crate::relay::MsrpRelay;
use crate::{Addresses, Config, ConfigError, Event, Output, Server};
use machine::Machine;

/// Events that wait to be taken; later ones are lost, for they are a log and not a duty.
const EVENTS: usize = 1024;
/// How long ending in order may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a server listens.
#[derive(Clone)]
#[non_exhaustive]
pub struct Listen {
    /// For SIP over UDP and TCP; port 0 takes one that is free for both.
    pub sip: SocketAddr,
    /// For MSRP over TCP; port 0 takes a free one.
    pub msrp: SocketAddr,
    /// For clients of the MSRP relay, over TCP, or inside TLS if that is listened for; port 0 takes a free one. No
    /// relay if there is none.
    pub relay: Option<SocketAddr>,
    /// How connections are secured. With a server configuration in it, SIP and MSRP are listened for over TLS, too.
    #[cfg(feature = "tls")]
    pub tls: Option<net::Tls>,
    /// For SIP over TLS, if there is TLS; port 0 takes a free one.
    pub sips: SocketAddr,
    /// For MSRP over TLS, if there is TLS; port 0 takes a free one.
    pub msrps: SocketAddr,
    /// Sees every octet.
    pub tap: Option<Arc<dyn Tap>>,
}

impl Listen {
    /// On this host only, on free ports.
    #[must_use]
    pub const fn loopback() -> Self {
        let anywhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        Self::on(anywhere, anywhere)
    }

    /// On these addresses. Peers are told them, so they must not be unspecified (`0.0.0.0`, `::`).
    #[must_use]
    pub const fn on(sip: SocketAddr, msrp: SocketAddr) -> Self {
        Self {
            sip,
            msrp,
            #[cfg(feature = "tls")]
            tls: None,
            sips: SocketAddr::new(sip.ip(), 0),
            msrps: SocketAddr::new(msrp.ip(), 0),
            relay: None,
            tap: None,
        }
    }

    /// With an MSRP relay on this address, which peers are told too.
    #[must_use]
    pub const fn relay(mut self, address: SocketAddr) -> Self {
        self.relay = Some(address);
        self
    }

    /// With TLS, on free ports of the same hosts unless the fields say otherwise.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: net::Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// With something that sees every octet.
    #[must_use]
    pub fn tap(mut self, tap: Arc<dyn Tap>) -> Self {
        self.tap = Some(tap);
        self
    }
}

impl fmt::Debug for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tap = self.tap.is_some();
        f.debug_struct("Listen")
            .field("sip", &self.sip)
            .field("msrp", &self.msrp)
            .field("relay", &self.relay)
            .field("tap", &tap)
            .finish()
    }
}

/// Why a server cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A socket cannot be opened; the message names it.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The configuration contradicts itself.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address to listen on is unspecified, and peers could not be told it.
    #[error("listen on an address that peers can be told, not on {0}")]
    Unspecified(SocketAddr),
}

/// A server on sockets, driven by a task of its own, as is its MSRP relay.
///
/// Dropping it stops the server at once; [`Running::stop`] lets it hang up first.
#[derive(Debug)]
pub struct Running {
    addresses: Addresses,
    relay: Option<SocketAddr>,
    events: mpsc::Receiver<Event>,
    tasks: Vec<Task>,
}

/// The task of one machine.
#[derive(Debug)]
struct Task {
    stop: Option<oneshot::Sender<()>>,
    handle: JoinHandle<()>,
}

impl Running {
    /// Opens the sockets and starts the server on the runtime this is called in.
    ///
    /// # Errors
    ///
    /// A [`StartError`].
    pub async fn start(config: &Config, listen: Listen) -> Result<Self, StartError> {
        let asked = [listen.sip, listen.msrp, listen.sips, listen.msrps].into_iter().chain(listen.relay);
        if let Some(address) = asked.into_iter().find(|address| address.ip().is_unspecified()) {
            return Err(StartError::Unspecified(address));
        }
        let mut bind = Bind::sip(listen.sip).msrp(listen.msrp);
        bind.tap.clone_from(&listen.tap);
        let relay_bind = listen.relay.map(|address| relay_bind(address, &listen));
        #[cfg_attr(not(feature = "tls"), expect(unused_mut, reason = "it is told the certificate"))]
        let mut config = config.clone();
        #[cfg(feature = "tls")]
        if let Some(tls) = listen.tls {
            if tls.can_listen() {
                bind = bind.sips(listen.sips).msrps(listen.msrps);
            }
            config.certificate = config.certificate.or_else(|| tls.certificate().cloned());
            bind.tls = Some(tls);
        }
        let network = Network::bind(bind).await?;
        // Both were asked for, so both are there.
        let sip = network.sip_address().unwrap_or(listen.sip);
        let msrp = network.msrp_address().unwrap_or(listen.msrp);
        let (sips, msrps) = (network.sips_address(), network.msrps_address());
        let addresses = Addresses { sip, msrp, sips, msrps };
        let server = Server::new(&config, addresses, seed()?, now())?;
        let relay = match relay_bind {
            Some(bind) => Some(relay(&config, bind).await?),
            None => None,
        };
        let (sender, events) = mpsc::channel(EVENTS);
        let address = relay.as_ref().map(|(_, _, address)| *address);
        let mut tasks = vec![Task::spawn(server, network, sender.clone())];
        tasks.extend(relay.map(|(relay, network, _)| Task::spawn(relay, network, sender)));
        Ok(Self { addresses, relay: address, events, tasks })
    }

    /// Where the sockets are.
    #[must_use]
    pub const fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Where the MSRP relay is, if there is one.
    #[must_use]
    pub const fn relay_address(&self) -> Option<SocketAddr> {
        self.relay
    }

    /// What the server did next. Events that nobody takes are lost after the first thousand. Cancel safe.
    pub async fn next_event(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// Hangs up on everybody and closes the sockets. Takes a few seconds at most.
    pub async fn stop(mut self) {
        for task in &mut self.tasks {
            drop(task.stop.take());
        }
        for task in &mut self.tasks {
            let _ = (&mut task.handle).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After `stop` the task has ended, and this does nothing.
        for task in &self.tasks {
            task.handle.abort();
        }
    }
}

/// The sockets of a relay at `address`: RFC 4976 §9.2 wants TLS, and gets it where there is a certificate.
fn relay_bind(address: SocketAddr, listen: &Listen) -> Bind {
    let mut bind = Bind::default();
    bind.tap.clone_from(&listen.tap);
    #[cfg(feature = "tls")]
    if let Some(tls) = &listen.tls {
        bind = bind.tls(tls.clone());
        if tls.can_listen() {
            return bind.msrps(address);
        }
    }
    bind.msrp(address)
}

/// A relay and its sockets. They are its own, so that nothing of the server's can hold it up.
async fn relay(config: &Config, bind: Bind) -> Result<(MsrpRelay, Network, SocketAddr), StartError> {
    let network = Network::bind(bind).await?;
    let address = network.msrps_address().or_else(|| network.msrp_address());
    let address = address.ok_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable))?;
    Ok((MsrpRelay::new(config, address, seed()?)?, network, address))
}

fn seed() -> io::Result<[u8; 32]> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(seed)
}

impl Task {
    fn spawn(machine: impl Machine, network: Network, events: mpsc::Sender<Event>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let driver = Driver { machine, network, events, ungranted: Vec::new() };
        Self { stop: Some(stop), handle: ::tokio::spawn(driver.run(stopped)) }
    }
}

/// What owns a machine and its sockets.
struct Driver<M> {
    machine: M,
    network: Network,
    events: mpsc::Sender<Event>,
    /// Connections that may be read from as soon as the machine wants it.
    ungranted: Vec<FlowId>,
}

impl<M: Machine> Driver<M> {
    /// Runs until told to stop, or until nobody could tell it.
    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        let mut give_up = None;
        loop {
            self.carry_out();
            if give_up.is_some_and(|at| at <= now() || self.machine.has_hung_up()) {
                break;
            }
            let timeout = self.machine.next_timeout().into_iter().chain(give_up).min();
            let sleep = sleep_until(Deadline::from_std(timeout.unwrap_or_else(now)));
            ::tokio::select! {
                event = self.network.next() => self.handle_network(event),
                () = sleep, if timeout.is_some() => self.machine.handle_timeout(now()),
                _ = &mut stopped, if give_up.is_none() => {
                    give_up = Some(now() + PATIENCE);
                    self.machine.shut_down(now());
                }
            }
        }
        self.network.shutdown().await;
    }

    fn handle_network(&mut self, event: NetEvent) {
        match event {
            NetEvent::Flow { flow, protocol, state } => {
                self.ungranted.retain(|other| *other != flow);
                if let FlowState::Up { .. } = state {
                    self.ungranted.push(flow);
                }
                self.machine.handle_flow(flow, protocol, state, now());
            }
            NetEvent::Received { flow, protocol, bytes } => {
                self.machine.handle_received(flow, protocol, bytes, now());
                self.ungranted.push(flow);
            }
            NetEvent::HandshakeFailed { protocol: _, peer, error } => {
                // Nobody has to listen.
                drop(self.events.try_send(Event::HandshakeFailed { peer, error }));
            }
            NetEvent::Transmitted { flow, octets } => self.machine.handle_transmitted(flow, octets, now()),
        }
    }

    /// Does what the machine wants, and lets read what it wants to hear.
    fn carry_out(&mut self) {
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Open { flow, target } => self.network.open(flow, &target),
                Output::Transmit { flow, bytes } => self.network.transmit(flow, bytes),
                Output::Close { flow } => {
                    self.ungranted.retain(|other| *other != flow);
                    self.network.close(flow);
                }
                // Nobody has to listen.
                Output::Event(event) => drop(self.events.try_send(event)),
            }
        }
        let Self { machine, network, ungranted, .. } = self;
        ungranted.retain(|flow| {
            let granted = machine.wants_received(*flow);
            if granted {
                network.grant(*flow);
            }
            !granted
        });
    }
}

#[expect(clippy::disallowed_methods, reason = "the driver's clock")]
fn now() -> Instant {
    Instant::now()
}
