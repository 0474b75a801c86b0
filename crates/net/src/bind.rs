//! `Bind`: what a network listens on, and with what.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::{Limits, Tap};

/// What a [`Network`](crate::Network) listens on.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Bind {
    /// SIP over UDP and TCP, on the same port; port 0 takes one that is free for both.
    pub sip: Option<SocketAddr>,
    /// MSRP over TCP; port 0 takes a free one.
    pub msrp: Option<SocketAddr>,
    /// SIP over TLS, where [`Bind::tls`] allows to listen; port 0 takes a free one.
    pub sips: Option<SocketAddr>,
    /// MSRP over TLS, where [`Bind::tls`] allows to listen; port 0 takes a free one.
    pub msrps: Option<SocketAddr>,
    /// How connections are secured; `None`: a target that needs TLS is [`FlowError::Unavailable`](crate::FlowError::Unavailable).
    #[cfg(feature = "tls")]
    pub tls: Option<crate::Tls>,
    /// What every socket may use.
    pub limits: Limits,
    /// Sees every octet.
    pub tap: Option<Arc<dyn Tap>>,
}

impl Bind {
    /// SIP only.
    #[must_use]
    pub fn sip(address: SocketAddr) -> Self {
        Self { sip: Some(address), ..Self::default() }
    }

    /// With an MSRP listener.
    #[must_use]
    pub fn msrp(mut self, address: SocketAddr) -> Self {
        self.msrp = Some(address);
        self
    }

    /// With a listener for SIP over TLS.
    #[must_use]
    pub fn sips(mut self, address: SocketAddr) -> Self {
        self.sips = Some(address);
        self
    }

    /// With a listener for MSRP over TLS.
    #[must_use]
    pub fn msrps(mut self, address: SocketAddr) -> Self {
        self.msrps = Some(address);
        self
    }

    /// With TLS.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: crate::Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// With these limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// With a tap.
    #[must_use]
    pub fn tap(mut self, tap: Arc<dyn Tap>) -> Self {
        self.tap = Some(tap);
        self
    }
}

impl fmt::Debug for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bind")
            .field("sip", &self.sip)
            .field("msrp", &self.msrp)
            .field("sips", &self.sips)
            .field("msrps", &self.msrps)
            .field("limits", &self.limits)
            .field("tap", &self.tap.is_some())
            .finish()
    }
}
