//! `Config`: what an agent is made of.

use crate::{Account, Clock, Limits, MediaTls, Profile, Timers};

/// What an [`Agent`](crate::Agent) is made of.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// The user and the servers of the home network.
    pub account: Account,
    /// How requests look in this network.
    pub profile: Profile,
    /// Every bound.
    pub limits: Limits,
    /// Every wait.
    pub timers: Timers,
    /// Timers and bounds of the SIP user agent inside.
    pub sip: sip_ua::Config,
    /// The port the driver listens on for MSRP; it stands in `m=` and `a=path`.
    pub msrp_port: u16,
    /// MSRP over TLS; `None` if the driver has none.
    pub media_tls: Option<MediaTls>,
    /// What time of day an instant is.
    pub clock: Clock,
}

impl Config {
    /// The defaults for an account whose driver listens for MSRP on `msrp_port`.
    #[must_use]
    pub fn new(account: Account, msrp_port: u16, clock: Clock) -> Self {
        Self {
            account,
            profile: Profile::default(),
            limits: Limits::default(),
            timers: Timers::default(),
            sip: sip_ua::Config::default(),
            msrp_port,
            media_tls: None,
            clock,
        }
    }
}
