//! `Builder`: what a client needs to know before it starts.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use digest::Credentials;
use grammar::ByteStr;
#[cfg(feature = "tls")]
use net::Tls;
use net::{Bind, Network, Tap};
use pager::{Account, Agent, Config, Limits, MediaTls, MsrpRelays, MsrpUri, Profile, Sha1Policy, Timers};
use sip::Uri;

use crate::client::Addresses;
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
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
    sips_listen: Option<SocketAddr>,
    msrps_listen: Option<SocketAddr>,
    sha1: Sha1Policy,
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
            #[cfg(feature = "tls")]
            tls: None,
            sips_listen: None,
            msrps_listen: None,
            sha1: Sha1Policy::default(),
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

    /// MSRP relays that act for this client: content in both directions goes through them (RFC 4976). Their
    /// credentials are those of the account unless they have others. An `msrps` relay needs [`Builder::tls`].
    pub fn relays(mut self, relays: MsrpRelays) -> Self {
        self.account.relays = Some(relays);
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

    /// How connections are secured. `sips:` URIs and `transport=tls` work from then on, and so do offers inside
    /// TLS; [`Profile::media_security`] says whether this client makes such offers itself.
    ///
    /// With a server configuration in it, SIP and MSRP are listened for over TLS, too.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Where to listen for SIP over TLS. Default: the address of SIP, any free port.
    pub const fn sips_listen(mut self, address: SocketAddr) -> Self {
        self.sips_listen = Some(address);
        self
    }

    /// Where to listen for MSRP over TLS. Default: the address of SIP, any free port.
    pub const fn msrps_listen(mut self, address: SocketAddr) -> Self {
        self.msrps_listen = Some(address);
        self
    }

    /// Whether a certificate that a peer announced by SHA-1 only is taken. Default [`Sha1Policy::Refused`].
    pub const fn sha1_fingerprints(mut self, sha1: Sha1Policy) -> Self {
        self.sha1 = sha1;
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
    /// sockets, and then as long again for readers, writers and files that stand still. Default 5 s.
    pub const fn shutdown_limit(mut self, limit: Duration) -> Self {
        self.shutdown = limit;
        self
    }

    /// Opens the sockets and starts the client. It is not registered yet.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Listen`](crate::ErrorKind::Listen): a port is in use or may not be opened.
    /// - [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the account needs TLS, and there is none.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O and time.
    pub async fn start(self) -> Result<Client, Error> {
        let account = self.account()?;
        let anywhere = SocketAddr::new(self.listen.ip(), 0);
        let mut bind =
            Bind::sip(self.listen).msrp(self.msrp_listen.unwrap_or(anywhere)).limits(self.net.clone());
        bind.tap = self.tap.clone();
        let tls = self.tls_support();
        if tls == TlsSupport::Both {
            bind = bind.sips(self.sips_listen.unwrap_or(anywhere));
            bind = bind.msrps(self.msrps_listen.unwrap_or(anywhere));
        }
        #[cfg(feature = "tls")]
        {
            bind.tls = self.tls.clone();
        }
        let network = Network::bind(bind).await.map_err(Error::listen)?;
        let (Some(sip_address), Some(msrp_address)) = (network.sip_address(), network.msrp_address()) else {
            return Err(Error::unsupported("a client without listeners"));
        };
        #[cfg(feature = "tls")]
        let certificate = self.tls.as_ref().and_then(|tls| tls.certificate().cloned());
        #[cfg(not(feature = "tls"))]
        let certificate = None;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| Error::entropy())?;
        let mut config = Config::new(account, msrp_address.port(), clock::time_of_day());
        config.profile = self.profile;
        config.limits = self.limits;
        config.timers = self.timers;
        config.sip = self.sip;
        config.sip.listen_port = Some(sip_address.port());
        let (sips_address, msrps_address) = (network.sips_address(), network.msrps_address());
        config.sip.listen_tls_port = sips_address.map(|address| address.port());
        if tls != TlsSupport::None {
            // Without a listener of our own we can still connect: port 9 says so (RFC 6135 §4.2.1).
            let port = msrps_address.map_or(DISCARD, |address| address.port());
            let mut media = MediaTls::new(port, certificate);
            media.sha1 = self.sha1;
            config.media_tls = Some(media);
        }
        let Wiring { driver, core } = Driver::wire(Agent::new(config, seed), network, self.shutdown);
        core.run(driver);
        Ok(Client::new(
            core,
            Addresses { sip: sip_address, msrp: msrp_address, sips: sips_address, msrps: msrps_address },
            tls,
        ))
    }

    #[cfg(feature = "tls")]
    fn tls_support(&self) -> TlsSupport {
        match &self.tls {
            None => TlsSupport::None,
            Some(tls) if tls.can_listen() => TlsSupport::Both,
            Some(_) => TlsSupport::Connecting,
        }
    }

    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unused_self, reason = "as with TLS")]
    const fn tls_support(&self) -> TlsSupport {
        TlsSupport::None
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
        if let Some(relays) = &mut account.relays {
            if relays.credentials.is_none() {
                relays.credentials.clone_from(&account.credentials);
            }
            let secure = relays.uris.first().is_some_and(MsrpUri::is_secure);
            if secure && self.tls_support() == TlsSupport::None {
                return Err(Error::unsupported("an msrps relay needs TLS"));
            }
        }
        for uri in
            [&account.registrar, &account.outbound_proxy, &account.conference_factory].into_iter().flatten()
        {
            self.tls_support().reaches(uri)?;
        }
        Ok(account)
    }
}

/// The port of `m=` where nobody can connect.
const DISCARD: u16 = 9;

/// What there is of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TlsSupport {
    None,
    #[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "as with TLS"))]
    Connecting,
    Both,
}

impl TlsSupport {
    /// Better to say that there is no TLS than to fail to connect.
    pub(crate) fn reaches(self, uri: &Uri) -> Result<(), Error> {
        let needed = uri.scheme() == sip::Scheme::Sips
            || uri.transport().is_some_and(|transport| transport.eq_ignore_ascii_case("tls"));
        if needed && self == Self::None { Err(Error::no_tls()) } else { Ok(()) }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("listen", &self.listen).finish_non_exhaustive()
    }
}
