//! `Running`: the server on sockets, for demos and for tests against real peers.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::tokio::sync::{mpsc, oneshot};
use ::tokio::task::JoinHandle;
use ::tokio::time::{Instant as Deadline, sleep_until};
use net::{Bind, FlowId, FlowState, NetEvent, Network, Tap};

use crate::{Addresses, Config, ConfigError, Event, Output, Server};

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
    /// Sees every octet.
    pub tap: Option<Arc<dyn Tap>>,
}

impl Listen {
    /// On this host only, on free ports.
    #[must_use]
    pub const fn loopback() -> Self {
        let anywhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        Self { sip: anywhere, msrp: anywhere, tap: None }
    }

    /// On these addresses. Peers are told them, so they must not be unspecified (`0.0.0.0`, `::`).
    #[must_use]
    pub const fn on(sip: SocketAddr, msrp: SocketAddr) -> Self {
        Self { sip, msrp, tap: None }
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
        f.debug_struct("Listen").field("sip", &self.sip).field("msrp", &self.msrp).field("tap", &tap).finish()
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

/// A server on sockets, driven by a task of its own.
///
/// Dropping it stops the server at once; [`Running::stop`] lets it hang up first.
#[derive(Debug)]
pub struct Running {
    addresses: Addresses,
    events: mpsc::Receiver<Event>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Running {
    /// Opens the sockets and starts the server on the runtime this is called in.
    ///
    /// # Errors
    ///
    /// A [`StartError`].
    pub async fn start(config: &Config, listen: Listen) -> Result<Self, StartError> {
        if let Some(address) =
            [listen.sip, listen.msrp].into_iter().find(|address| address.ip().is_unspecified())
        {
            return Err(StartError::Unspecified(address));
        }
        let mut bind = Bind::sip(listen.sip).msrp(listen.msrp);
        bind.tap = listen.tap;
        let network = Network::bind(bind).await?;
        // Both were asked for, so both are there.
        let sip = network.sip_address().unwrap_or(listen.sip);
        let msrp = network.msrp_address().unwrap_or(listen.msrp);
        let addresses = Addresses { sip, msrp };
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| io::Error::other(error.to_string()))?;
        let server = Server::new(config, addresses, seed, now())?;
        let (sender, events) = mpsc::channel(EVENTS);
        let (stop, stopped) = oneshot::channel();
        let driver = Driver { server, network, events: sender, ungranted: Vec::new() };
        let task = ::tokio::spawn(driver.run(stopped));
        Ok(Self { addresses, events, stop: Some(stop), task })
    }

    /// Where the sockets are.
    #[must_use]
    pub const fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// What the server did next. Events that nobody takes are lost after the first thousand. Cancel safe.
    pub async fn next_event(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// Hangs up on everybody and closes the sockets. Takes a few seconds at most.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        let _ = (&mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After `stop` the task has ended, and this does nothing.
        self.task.abort();
    }
}

/// The one task that owns the server and its sockets.
struct Driver {
    server: Server,
    network: Network,
    events: mpsc::Sender<Event>,
    /// Connections that may be read from as soon as the server wants it.
    ungranted: Vec<FlowId>,
}

impl Driver {
    /// Runs until told to stop, or until nobody could tell it.
    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        let mut give_up = None;
        loop {
            self.carry_out();
            if give_up.is_some_and(|at| at <= now() || self.has_hung_up()) {
                break;
            }
            let timeout = self.server.next_timeout().into_iter().chain(give_up).min();
            let sleep = sleep_until(Deadline::from_std(timeout.unwrap_or_else(now)));
            ::tokio::select! {
                event = self.network.next() => self.handle_network(event),
                () = sleep, if timeout.is_some() => self.server.handle_timeout(now()),
                _ = &mut stopped, if give_up.is_none() => {
                    give_up = Some(now() + PATIENCE);
                    self.server.shutdown(now());
                }
            }
        }
        self.network.shutdown().await;
    }

    /// Whether nobody is left to be told. Transactions that only wait for repeats are nothing to wait for.
    fn has_hung_up(&self) -> bool {
        let live = self.server.live();
        live.conferences == 0 && live.msrp_sessions == 0
    }

    fn handle_network(&mut self, event: NetEvent) {
        match event {
            NetEvent::Flow { flow, protocol, state } => {
                self.ungranted.retain(|other| *other != flow);
                if let FlowState::Up { .. } = state {
                    self.ungranted.push(flow);
                }
                self.server.handle_flow(flow, protocol, state, now());
            }
            NetEvent::Received { flow, protocol, bytes } => {
                self.server.handle_received(flow, protocol, bytes, now());
                self.ungranted.push(flow);
            }
            NetEvent::Transmitted { flow, octets } => self.server.handle_transmitted(flow, octets, now()),
        }
    }

    /// Does what the server wants, and lets read what it wants to hear.
    fn carry_out(&mut self) {
        while let Some(output) = self.server.poll_output() {
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
        let Self { server, network, ungranted, .. } = self;
        ungranted.retain(|flow| {
            let granted = server.wants_received(*flow);
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
