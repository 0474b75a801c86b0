//! `Builder`: what a client needs to know before it starts.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use digest::Credentials;
use grammar::ByteStr;
use net::{Bind, Network, Tap};
use pager::{Account, Agent, Config, Limits, Profile, Timers};
use sip::Uri;

use crate::driver::{Driver, Wiring};
use crate::{Client, Error, clock};

/// Collects what a [`Client`] needs. The account was asked for already; everything else has a default.
#[must_use = "a builder does nothing until `start`"]
pub struct Builder {
    account: Account,
    username: Option<ByteStr>,
    password: Option<ByteStr>,
    listen: SocketAddr,
    msrp_listen: Option<SocketAddr>,
    profile: Profile,
    limits: Limits,
    timers: Timers,
    sip: sip_ua::Config,
    net: net::Limits,
    tap: Option<Arc<dyn Tap>>,
    shutdown: Duration,
}

impl Builder {
    pub(crate) fn new(account: Account) -> Self {
        Self {
            account,
            username: None,
            password: None,
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
            msrp_listen: None,
            profile: Profile::default(),
            limits: Limits::default(),
            timers: Timers::default(),
            sip: sip_ua::Config::default(),
            net: net::Limits::default(),
            tap: None,
            shutdown: Duration::from_secs(5),
        }
    }

    /// The password for the account's servers. The user name is the user part of the identity, unless
    /// [`Builder::username`] says otherwise.
    pub fn password(mut self, password: impl Into<ByteStr>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// The user name that goes with the password.
    pub fn username(mut self, username: impl Into<ByteStr>) -> Self {
        self.username = Some(username.into());
        self
    }

    /// The name shown beside the identity.
    pub fn display_name(mut self, name: impl Into<ByteStr>) -> Self {
        self.account.display_name = Some(name.into());
        self
    }

    /// Where to register. Default: the host of the identity.
    pub fn registrar(mut self, registrar: Uri) -> Self {
        self.account.registrar = Some(registrar);
        self
    }

    /// The proxy that every request goes through first.
    pub fn outbound_proxy(mut self, proxy: Uri) -> Self {
        self.account.outbound_proxy = Some(proxy);
        self
    }

    /// The Conference-factory-URI of the IM service, needed for more than one recipient (SEED-4).
    pub fn conference_factory(mut self, factory: Uri) -> Self {
        self.account.conference_factory = Some(factory);
        self
    }

    /// Where to listen for SIP, over UDP and TCP on one port. Default `0.0.0.0:0`: every address, any port
    /// that is free for both.
    pub const fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Where to listen for MSRP. Default: the address of SIP, any free port.
    pub const fn msrp_listen(mut self, address: SocketAddr) -> Self {
        self.msrp_listen = Some(address);
        self
    }

    /// How requests look in the network at hand. Default [`Profile::generic`].
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// What is accepted and held at most.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How long the client waits.
    pub fn timers(mut self, timers: Timers) -> Self {
        self.timers = timers;
        self
    }

    /// Timers and limits of SIP itself. The port it listens on is filled in.
    pub fn sip(mut self, sip: sip_ua::Config) -> Self {
        self.sip = sip;
        self
    }

    /// What the sockets may use.
    pub fn net(mut self, limits: net::Limits) -> Self {
        self.net = limits;
        self
    }

    /// Shows every octet on the wire to `tap`.
    pub fn tap(mut self, tap: Arc<dyn Tap>) -> Self {
        self.tap = Some(tap);
        self
    }

    /// How long [`Client::shutdown`] waits for answers to BYE, CANCEL and REGISTER before it closes the
    /// sockets. Default 5 s.
    pub const fn shutdown_limit(mut self, limit: Duration) -> Self {
        self.shutdown = limit;
        self
    }

    /// Opens the sockets and starts the client. It is not registered yet.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Listen`](crate::ErrorKind::Listen): a port is in use or may not be opened.
    /// - [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the account needs TLS.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O and time.
    pub async fn start(self) -> Result<Client, Error> {
        let account = self.account()?;
        let msrp = self.msrp_listen.unwrap_or_else(|| SocketAddr::new(self.listen.ip(), 0));
        let mut bind = Bind::sip(self.listen).msrp(msrp).limits(self.net);
        bind.tap = self.tap;
        let network = Network::bind(bind).await.map_err(Error::listen)?;
        let (Some(sip_address), Some(msrp_address)) = (network.sip_address(), network.msrp_address()) else {
            return Err(Error::unsupported("a client without listeners"));
        };
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| Error::entropy())?;
        let mut config = Config::new(account, msrp_address.port(), clock::time_of_day());
        config.profile = self.profile;
        config.limits = self.limits;
        config.timers = self.timers;
        config.sip = self.sip;
        config.sip.listen_port = Some(sip_address.port());
        let Wiring { driver, core } = Driver::wire(Agent::new(config, seed), network, self.shutdown);
        core.run(driver);
        Ok(Client::new(core, sip_address, msrp_address))
    }

    fn account(&self) -> Result<Account, Error> {
        let mut account = self.account.clone();
        if let Some(password) = &self.password {
            let username = match (&self.username, account.identity.user()) {
                (Some(name), _) => name.clone(),
                (None, user) => ByteStr::from(user.unwrap_or_default()),
            };
            account.credentials = Some(Credentials::new(username, password.clone()));
        }
        for uri in
            [&account.registrar, &account.outbound_proxy, &account.conference_factory].into_iter().flatten()
        {
            without_tls(uri)?;
        }
        Ok(account)
    }
}

/// TLS is not there yet: better to say so than to fail to connect.
pub(crate) fn without_tls(uri: &Uri) -> Result<(), Error> {
    let tls = uri.scheme() == sip::Scheme::Sips
        || uri.transport().is_some_and(|transport| transport.eq_ignore_ascii_case("tls"));
    if tls { Err(Error::unsupported("TLS")) } else { Ok(()) }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("listen", &self.listen).finish_non_exhaustive()
    }
}
