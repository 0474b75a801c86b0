//! `Registration`: what a REGISTER of ours says.

mod keeper;

use std::time::Duration;

use digest::Credentials;
use grammar::ByteStr;
use sip::Uri;

pub(crate) use keeper::Keeper;

use crate::{HeaderField, Transport};

/// A registration to be made and kept (RFC 3261 §10.2).
#[derive(Debug, Clone)]
pub struct Registration {
    /// The address of record: From and To.
    pub aor: Uri,
    /// Our name, for people.
    pub display_name: Option<ByteStr>,
    /// The Request-URI: the registrar's domain, without a user part.
    pub registrar: Uri,
    /// The outbound proxy, `lr` added if it is missing; `None`: straight to the registrar.
    pub outbound: Option<Uri>,
    /// User part of our Contact; `None`: that of the address of record.
    pub contact_user: Option<ByteStr>,
    /// Parameters of our Contact header such as `;+sip.instance="<urn:uuid:...>"`; empty, or starting with `;`.
    pub contact_params: ByteStr,
    /// Further headers, such as Supported.
    pub headers: Vec<HeaderField>,
    /// How long the registration shall hold, in whole seconds; the registrar decides.
    pub expires: Duration,
    /// What to answer a challenge with.
    pub credentials: Option<Credentials>,
    /// The only realm a challenge is answered for; `None`: any.
    pub realm: Option<ByteStr>,
    /// The transport for a next hop that does not name one; `None`: as RFC 3263 finds.
    pub transport: Option<Transport>,
}

impl Registration {
    /// A registration of `aor` at `registrar` for an hour; every other field is public.
    #[must_use]
    pub fn new(aor: Uri, registrar: Uri) -> Self {
        Self {
            aor,
            display_name: None,
            registrar,
            outbound: None,
            contact_user: None,
            contact_params: ByteStr::default(),
            headers: Vec::new(),
            expires: Duration::from_secs(3600),
            credentials: None,
            realm: None,
            transport: None,
        }
    }
}
