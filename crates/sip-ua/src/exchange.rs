//! `Exchange`: one request of a transaction user, from the search for an address to its final response.
//!
//! ```text
//! Locating -> Opening -> AwaitingBody -> Sent -> final response
//!    ^           |                         |
//!    +-----------+-------------------------+   next address: no connection, flow lost, timeout, 503
//!                                     Sent again: 401, 407
//! ```

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use grammar::ByteStr;
use sip::header::RetryAfter;
use sip::{BuildError, HeaderName, Method, NameAddr, Request, RequestBuilder, Response};

use crate::auth::Auth;
use crate::dialog::{Aim, Dialog, DialogId};
use crate::flows::Local;
use crate::locate::{Hop, Locator};
use crate::transaction::ClientId;
use crate::{Config, Error, FlowId, HeaderField, QueryId, RegistrationId, SessionId, Transport};

/// The name of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ExchangeId(pub(crate) u64);

/// Whose request it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum User {
    /// The INVITE of a session.
    Invite(SessionId),
    /// The ACK to a 2xx with this To tag; repeated by the exchange of the INVITE.
    Ack { invite: ExchangeId, tag: ByteStr },
    /// The BYE of a session.
    Bye(SessionId),
    /// An UPDATE that keeps a session alive.
    Refresh(SessionId),
    /// A re-INVITE with an offer.
    Offer(SessionId),
    /// A PRACK in a dialog that is early, or was when it was sent.
    Prack { session: SessionId, dialog: DialogId },
    /// A REGISTER.
    Register(RegistrationId),
}

impl User {
    /// Whether the request ends something, and so is sent even where there are as many as there may be: each session
    /// has one BYE and an ACK for each 2xx.
    pub(crate) const fn makes_room(&self) -> bool {
        match self {
            Self::Ack { .. } | Self::Bye(_) => true,
            Self::Invite(_) | Self::Refresh(_) | Self::Offer(_) | Self::Prack { .. } | Self::Register(_) => {
                false
            }
        }
    }
}

/// What became of an exchange.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The flow is up; the body can be written now.
    NeedBody(SocketAddr),
    /// A provisional response.
    Provisional(Response),
    /// The final response; each new 2xx to an INVITE.
    Final(Response),
    /// There will be no response.
    Failed(Error),
}

/// A request without what depends on the flow and the transaction.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) method: Method,
    pub(crate) aim: Aim,
    pub(crate) from: ByteStr,
    pub(crate) to: ByteStr,
    pub(crate) call_id: ByteStr,
    pub(crate) number: u32,
    pub(crate) contact: Option<ContactForm>,
    pub(crate) headers: Vec<HeaderField>,
    pub(crate) body: DraftBody,
    pub(crate) transport: Option<Transport>,
    /// Where to send it if no address of the next hop can be reached: the flow of the dialog.
    pub(crate) fallback: Option<FlowId>,
}

/// What our Contact says besides our address.
#[derive(Debug, Clone, Default)]
pub(crate) struct ContactForm {
    pub(crate) user: Option<ByteStr>,
    pub(crate) params: ByteStr,
    /// Whether the request goes to a `sips` URI: then so must what comes back (RFC 3261 §8.1.1.8, §12.1.1).
    pub(crate) secure: bool,
}

/// The body of a draft.
#[derive(Debug, Clone)]
pub(crate) enum DraftBody {
    None,
    Ready {
        content_type: ByteStr,
        bytes: Bytes,
    },
    /// To be written for our address on the flow; `ready` holds the last one and the address it is for.
    AtFlow {
        ready: Option<(IpAddr, ByteStr, Bytes)>,
    },
}

impl ContactForm {
    /// The value of Contact on a flow.
    pub(crate) fn value(&self, local: &Local) -> Result<String, BuildError> {
        let mut uri = sip::Uri::builder(&local.sent_by.ip().to_string()).port(local.sent_by.port());
        if let Some(user) = &self.user {
            uri = uri.user(user);
        }
        if self.secure {
            // RFC 5630 §3.3: `sips` says TLS, and `transport=tls` beside it is deprecated.
            uri = uri.secure();
        } else if local.transport != Transport::Udp {
            uri = uri.param("transport", Some(local.transport.as_param()));
        }
        let uri = uri.build().map_err(|_| BuildError::Value("Contact"))?;
        NameAddr::format(None, uri.as_str(), &self.params).map_err(|_| BuildError::Value("Contact"))
    }
}

impl Draft {
    /// A request in a dialog, without body.
    pub(crate) fn in_dialog(dialog: &Dialog, method: Method, number: u32) -> Self {
        Self {
            method,
            aim: dialog.aim(),
            from: dialog.local.clone(),
            to: dialog.remote.clone(),
            call_id: dialog.id.call_id.clone(),
            number,
            contact: None,
            headers: Vec::new(),
            body: DraftBody::None,
            transport: None,
            fallback: None,
        }
    }

    /// Whether the request can be written at all, so that the caller learns it at once.
    pub(crate) fn check(&self, config: &Config) -> Result<(), Error> {
        let somewhere = SocketAddr::from(([127, 0, 0, 1], 5060));
        let local = Local {
            flow: FlowId::outgoing(0),
            transport: Transport::Tcp,
            local: somewhere,
            peer: somewhere,
            sent_by: somewhere,
        };
        let name = RequestName { branch: ByteStr::from_static("z9hG4bK0"), sent_by: somewhere };
        self.build(&local, &name, &[], config)?;
        Ok(())
    }

    /// The request as it is sent on a flow.
    pub(crate) fn build(
        &self,
        local: &Local,
        name: &RequestName,
        credentials: &[(HeaderName, String)],
        config: &Config,
    ) -> Result<Request, BuildError> {
        let mut builder = Request::builder(self.method.clone(), &self.aim.request_uri)
            .via(local.transport.as_via(), name.sent_by, &name.branch)
            .header(HeaderName::MAX_FORWARDS, "70");
        for route in &self.aim.routes {
            builder = builder.header(HeaderName::ROUTE, route);
        }
        builder = builder
            .header(HeaderName::FROM, &self.from)
            .header(HeaderName::TO, &self.to)
            .header(HeaderName::CALL_ID, &self.call_id)
            .cseq(self.number);
        if let Some(contact) = &self.contact {
            builder = builder.header(HeaderName::CONTACT, contact.value(local)?);
        }
        for (name, value) in credentials {
            builder = builder.header(*name, value);
        }
        let own = |name| !self.headers.iter().any(|(written, _)| HeaderName::parse(written) == Some(name));
        for (name, value) in &self.headers {
            builder = with(builder, name, value);
        }
        if self.method != Method::ACK {
            for (name, value) in capabilities(&self.method, config).into_iter().filter(|(name, _)| own(*name))
            {
                builder = builder.header(name, value);
            }
        }
        match &self.body {
            DraftBody::Ready { content_type, bytes }
            | DraftBody::AtFlow { ready: Some((_, content_type, bytes)) } => {
                builder = builder.body(content_type, bytes.clone());
            }
            DraftBody::None | DraftBody::AtFlow { ready: None } => {}
        }
        builder.build()
    }

    /// The bytes the digest may cover.
    pub(crate) fn body_bytes(&self) -> &[u8] {
        match &self.body {
            DraftBody::Ready { bytes, .. } | DraftBody::AtFlow { ready: Some((_, _, bytes)) } => bytes,
            DraftBody::None | DraftBody::AtFlow { ready: None } => &[],
        }
    }

    /// Whether the body has to be asked for before the request can go out from `ip`.
    pub(crate) fn needs_body(&self, ip: IpAddr) -> bool {
        match &self.body {
            DraftBody::AtFlow { ready } => ready.as_ref().is_none_or(|(for_ip, ..)| *for_ip != ip),
            DraftBody::None | DraftBody::Ready { .. } => false,
        }
    }
}

/// A header of the caller, known or not.
fn with(builder: RequestBuilder, name: &str, value: &str) -> RequestBuilder {
    match HeaderName::parse(name) {
        Some(known) => builder.header(known, value),
        None => builder.header_other(name, value),
    }
}

/// What a request says of us: User-Agent in all, the rest where RFC 3261 table 2 recommends it.
fn capabilities(method: &Method, config: &Config) -> Vec<(HeaderName, String)> {
    let mut out = Vec::new();
    if [Method::INVITE, Method::UPDATE, Method::REGISTER].contains(method) {
        out.push((HeaderName::ALLOW, list(config.allow.iter().map(Method::as_str))));
        out.push((HeaderName::SUPPORTED, list(config.supported.iter().map(|tag| &**tag))));
    }
    if *method == Method::INVITE {
        out.push((HeaderName::ACCEPT, list(config.accept.iter().map(|media_type| &**media_type))));
    }
    out.push((HeaderName::USER_AGENT, config.user_agent.to_string()));
    out.retain(|(_, value)| !value.is_empty());
    out
}

/// The user part of a URI, escapes undone; `None` if it is no text.
pub(crate) fn user_part(user: Option<&str>) -> Option<ByteStr> {
    let user = sip::uri::unescape(user?);
    std::str::from_utf8(&user).ok().filter(|user| !user.is_empty()).map(ByteStr::from)
}

/// When a refusal says to come back (RFC 3261 §20.33).
pub(crate) fn retry_after(response: &Response) -> Option<Duration> {
    let value = RetryAfter::parse(response.headers().get(HeaderName::RETRY_AFTER)?).ok()?;
    Some(Duration::from_secs(value.seconds.into()))
}

/// A comma separated list.
pub(crate) fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

/// What of its Via makes a request the same one to a peer (RFC 3261 §17.2.3).
#[derive(Debug, Clone)]
pub(crate) struct RequestName {
    pub(crate) branch: ByteStr,
    pub(crate) sent_by: SocketAddr,
}

/// A request on its way.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) user: User,
    pub(crate) draft: Draft,
    pub(crate) auth: Auth,
    pub(crate) locator: Locator,
    pub(crate) stage: Stage,
    /// The hop at hand.
    pub(crate) hop: Option<Hop>,
    /// The datagram hop to return to if no connection can be made for a long request (RFC 3261 §18.1.1).
    pub(crate) spare: Option<Hop>,
    /// A connection could not be made: a long request goes in a datagram.
    pub(crate) oversize: bool,
    /// What the request was called when it was sent last.
    pub(crate) name: Option<RequestName>,
    /// Whether it is to be repeated by that name on another flow, and whether that was done at this hop.
    pub(crate) repeats: bool,
    pub(crate) was_repeated: bool,
    pub(crate) answered: bool,
    /// Addresses tried.
    pub(crate) tried: usize,
    /// Questions asked to the DNS.
    pub(crate) asked: usize,
    pub(crate) last_error: Option<Error>,
    /// The request as it was sent last.
    pub(crate) sent: Option<Request>,
    /// The ACK to each 2xx.
    pub(crate) acks: Vec<Ack>,
}

/// The ACK to the 2xx of one dialog; sent again whenever the 2xx comes again (RFC 3261 §13.2.2.4).
#[derive(Debug)]
pub(crate) struct Ack {
    /// The To tag of the 2xx.
    pub(crate) tag: ByteStr,
    /// `None` if the 2xx makes no dialog.
    pub(crate) draft: Option<Draft>,
    pub(crate) stage: AckStage,
}

/// How far an ACK is.
#[derive(Debug)]
pub(crate) enum AckStage {
    /// It looks for its way.
    Underway,
    /// It went out.
    Sent(FlowId, Bytes),
    /// It found no way.
    Stuck,
}

/// How far an exchange is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Looking for the next address.
    Locating(Option<QueryId>),
    /// The flow is being opened.
    Opening(FlowId),
    /// The transaction user has to write the body.
    AwaitingBody(FlowId),
    /// A transaction runs.
    Sent(ClientId, FlowId),
}

impl Exchange {
    pub(crate) fn new(user: User, draft: Draft, mut auth: Auth, locator: Locator) -> Self {
        auth.begin();
        Self {
            user,
            draft,
            auth,
            locator,
            stage: Stage::Locating(None),
            hop: None,
            spare: None,
            oversize: false,
            name: None,
            repeats: false,
            was_repeated: false,
            answered: false,
            tried: 0,
            asked: 0,
            last_error: None,
            sent: None,
            acks: Vec::new(),
        }
    }

    /// The flow the request went out on.
    pub(crate) const fn flow(&self) -> Option<FlowId> {
        match self.stage {
            Stage::Locating(_) => None,
            Stage::Opening(flow) | Stage::AwaitingBody(flow) | Stage::Sent(_, flow) => Some(flow),
        }
    }

    /// When the stage takes too long.
    pub(crate) fn deadline(&self, config: &Config, now: Instant) -> Option<Instant> {
        match self.stage {
            Stage::Locating(None) | Stage::Sent(..) => None,
            Stage::Locating(Some(_)) => Some(now + config.timers.resolve),
            Stage::Opening(_) => Some(now + config.timers.connect),
            Stage::AwaitingBody(_) => Some(now + config.timers.answer),
        }
    }
}
