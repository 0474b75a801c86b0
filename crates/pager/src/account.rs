//! `Account`: who the user is and which servers speak and act for them.

use std::time::Duration;

use digest::Credentials;
use grammar::ByteStr;
use sip::Uri;

/// The user's identity and the servers of the home network.
///
/// Only the public identity is needed to talk to a peer directly; a registrar, a conference factory and
/// credentials come with an account on a server.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Account {
    /// The public identity, such as `sip:alice@home1.example`: From of every request.
    pub identity: Uri,
    /// The name shown beside the identity.
    pub display_name: Option<ByteStr>,
    /// What answers a 401 or 407.
    pub credentials: Option<Credentials>,
    /// The only realm whose challenges are answered; `None`: any. Set it where peers are called, or
    /// call, without a proxy of one's own in between: they could challenge, and collect an answer to work on.
    pub realm: Option<ByteStr>,
    /// Where REGISTER goes; `None`: the host of the identity.
    pub registrar: Option<Uri>,
    /// The preloaded Route of every request outside a dialog (outbound proxy or P-CSCF).
    pub outbound_proxy: Option<Uri>,
    /// The MSRP relays that act for the user; `None`: content goes straight to the peer, or to the peer's relay.
    pub relays: Option<MsrpRelays>,
    /// The Conference-factory-URI of the IM service (SEED-4). Needed for more than one recipient.
    pub conference_factory: Option<Uri>,
}

impl Account {
    /// An account that is nothing but an identity.
    #[must_use]
    pub const fn new(identity: Uri) -> Self {
        Self {
            identity,
            display_name: None,
            credentials: None,
            realm: None,
            registrar: None,
            outbound_proxy: None,
            relays: None,
            conference_factory: None,
        }
    }
}

/// MSRP relays that act for the user (RFC 4976): content in both directions goes through them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MsrpRelays {
    /// The relays, the one to connect to first, such as `msrps://relay.example;tcp`. Without a port it is what the SRV
    /// records of `_msrps._tcp` there say, in their order, or else 2855 (RFC 4976 §5.1).
    pub uris: Vec<msrp::Uri>,
    /// What answers their challenges.
    pub credentials: Option<Credentials>,
    /// For how long a path is asked for, in whole seconds; `None` leaves it to the relays. It is asked for again in
    /// time.
    pub expires: Option<Duration>,
    /// Whether the first relay may be one of scheme `msrp`.
    pub plain: PlainRelay,
}

/// Whether a relay may be spoken to without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_enums, reason = "there is no third policy")]
pub enum PlainRelay {
    /// No: RFC 4976 §9.1 wants TLS, and who listens in learns the path.
    #[default]
    Refused,
    /// Yes: on loopback, or inside another tunnel.
    Allowed,
}

impl MsrpRelays {
    /// Relays with these URIs, the one to connect to first.
    #[must_use]
    pub const fn new(uris: Vec<msrp::Uri>) -> Self {
        Self { uris, credentials: None, expires: None, plain: PlainRelay::Refused }
    }
}
