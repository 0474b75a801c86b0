//! `Invite`: what an INVITE of ours says.

use bytes::Bytes;
use digest::Credentials;
use grammar::ByteStr;
use sip::Uri;

use crate::{HeaderField, Transport};

/// A session to be established.
#[derive(Debug, Clone)]
pub struct Invite {
    /// Whom to reach.
    pub request_uri: Uri,
    /// The URI of To; `None`: the Request-URI.
    pub to: Option<Uri>,
    /// Our URI.
    pub from: Uri,
    /// Our name, for people.
    pub display_name: Option<ByteStr>,
    /// Preloaded Route: the outbound proxy and then the Service-Route, in order. The first of them is where the
    /// request goes. `lr` is added where it is missing.
    pub route: Vec<Uri>,
    /// Further headers, such as Require, Subject or Accept-Contact. They also go into every retry.
    pub headers: Vec<HeaderField>,
    /// User part of our Contact; `None`: that of `from`.
    pub contact_user: Option<ByteStr>,
    /// Parameters of our Contact header such as `;+g.oma.sip-im`; empty, or starting with `;`.
    pub contact_params: ByteStr,
    /// What to answer a challenge with.
    pub credentials: Option<Credentials>,
    /// The only realm a challenge is answered for; `None`: any.
    pub realm: Option<ByteStr>,
    /// The transport for a next hop that does not name one; `None`: as RFC 3263 finds.
    pub transport: Option<Transport>,
    /// What is offered.
    pub body: Body,
}

impl Invite {
    /// An INVITE without body from `from` to `request_uri`; every other field is public.
    #[must_use]
    pub fn new(request_uri: Uri, from: Uri) -> Self {
        Self {
            request_uri,
            to: None,
            from,
            display_name: None,
            route: Vec::new(),
            headers: Vec::new(),
            contact_user: None,
            contact_params: ByteStr::default(),
            credentials: None,
            realm: None,
            transport: None,
            body: Body::None,
        }
    }
}

/// The body of an INVITE.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Body {
    /// There is none.
    None,
    /// It is known.
    Ready {
        /// Its Content-Type.
        content_type: ByteStr,
        /// Its bytes.
        bytes: Bytes,
    },
    /// It names our address, which is known once a flow is up: [`crate::Event::NeedBody`] asks for it.
    AtFlow,
}
