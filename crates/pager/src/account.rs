//! `Account`: who the user is and which servers speak for them.

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
    /// The only realm whose challenges are answered; `None`: any. Set it where peers are called without a proxy
    /// of one's own in between: whoever is called could challenge, and collect an answer to work on.
    pub realm: Option<ByteStr>,
    /// Where REGISTER goes; `None`: the host of the identity.
    pub registrar: Option<Uri>,
    /// The preloaded Route of every request outside a dialog (outbound proxy or P-CSCF).
    pub outbound_proxy: Option<Uri>,
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
            conference_factory: None,
        }
    }
}
