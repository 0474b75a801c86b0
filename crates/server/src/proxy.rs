//! `Proxy`: where a request goes, as a stateless proxy decides it (RFC 3261 §16.11).
//!
//! Nothing is remembered of a request but that its credentials were used: the branch of our Via says where its responses go, the mark in our
//! Record-Route says that a later request belongs to a dialog we let through, and both are signed. The mark is no
//! proof of who sends that later request, so none goes on with an identity that somebody vouched for.

use std::net::SocketAddr;
use std::time::Instant;

use grammar::{ByteStr, Host, HostPort};
use sip::{HeaderName, Method, Request, Response, Scheme, StatusCode, Uri, UriRef};
use sip_ua::Transport;

use crate::config::{Addresses, Config, Relay};
use crate::focus::OPTION_TAG;
use crate::forward::{Arrival, Forward, Hop, Origin, Own};
use crate::guard::{Guard, Verdict};
use crate::registrar::{Binding, Registrar};
use crate::secret::{Purpose, Secret};

/// User part of conference URIs, in front of random letters.
pub(crate) const CONFERENCE: &str = "conf-";
/// The parameter of our Record-Route that holds the mark of a dialog.
pub(crate) const MARK: &str = "d";

/// What to do with a request.
#[derive(Debug)]
pub(crate) enum Decision {
    /// Send it on.
    Forward(Box<Forward>),
    /// It is a REGISTER of this user, who has proved to be that.
    Register(ByteStr),
    /// It asks what the server can do.
    Options,
    /// Nothing: an ACK for an answer of our own.
    Absorb,
}

/// A final response of our own.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, String)>,
}

impl From<StatusCode> for Refusal {
    fn from(status: StatusCode) -> Self {
        Self { status, headers: Vec::new() }
    }
}

/// Decides on requests and finds the way back of responses.
#[derive(Debug)]
pub(crate) struct Proxy {
    domain: ByteStr,
    users: Vec<ByteStr>,
    /// User parts that are the focus's: the factory and the groups.
    focus: Vec<ByteStr>,
    relay: Relay,
    own: Own,
    guard: Guard,
    secret: Secret,
}

/// Whom a URI names.
#[derive(Debug, PartialEq, Eq)]
enum Place<'a> {
    /// The server itself.
    Server,
    /// The factory, a group or a conference.
    Focus,
    /// A user of the domain.
    User(&'a str),
    /// Nobody of the domain.
    Nobody,
    /// Somebody elsewhere.
    Foreign,
}

impl Proxy {
    /// A proxy for the domain of `config` at `addresses`.
    pub(crate) fn new(config: &Config, addresses: Addresses, guard: Guard, secret: Secret) -> Self {
        let groups = config.groups.iter().map(|group| group.name.clone());
        Self {
            domain: config.domain.clone(),
            users: config.users.iter().map(|user| user.name.clone()).collect(),
            focus: std::iter::once(config.factory.clone()).chain(groups).collect(),
            relay: config.relay,
            own: Own { plain: addresses.sip, tls: addresses.sips },
            guard,
            secret,
        }
    }

    /// Decides on a request.
    pub(crate) fn decide(
        &mut self,
        request: &Request,
        arrival: Arrival,
        registrar: &Registrar,
        now: Instant,
    ) -> Result<Decision, Refusal> {
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        let call_id = request.call_id().map_err(|_| BAD)?;
        let cseq = request.cseq().map_err(|_| BAD)?;
        let to_tag = request.to().map_err(|_| BAD)?.tag();
        let from_tag = request.from().map_err(|_| BAD)?.tag();
        if cseq.method != *request.method() {
            return Err(BAD.into());
        }
        if *request.method() == Method::ACK
            && to_tag.is_some_and(|tag| self.is_our_tag(tag, call_id, cseq.number))
        {
            return Ok(Decision::Absorb);
        }
        let uri = request.uri().map_err(|_| BAD)?;
        if !uri.is_sip() {
            return Err(StatusCode::UNSUPPORTED_URI_SCHEME.into());
        }
        let (own_routes, in_dialog, next_route) = self.routes(request, call_id, from_tag, to_tag)?;
        let hops_left = request.max_forwards().map_err(|_| BAD)?.unwrap_or(Forward::MAX_FORWARDS);
        let place = self.place(&uri);
        if hops_left == 0 && !(*request.method() == Method::OPTIONS && place == Place::Server) {
            return Err(StatusCode::TOO_MANY_HOPS.into());
        }
        self.refuse_extensions(request)?;
        if place == Place::Focus && to_tag.is_some() {
            refuse_list(request)?;
        }
        if *request.method() == Method::REGISTER && place == Place::Server {
            return self
                .authenticate(request, HeaderName::AUTHORIZATION, arrival, now)
                .map(Decision::Register);
        }
        if *request.method() == Method::OPTIONS && place == Place::Server && next_route.is_none() {
            return Ok(Decision::Options);
        }
        let user = match arrival.origin {
            Origin::Focus(_) => None,
            // RFC 3261 §22.1: ACK and CANCEL cannot be challenged.
            Origin::Flow(_) if in_dialog || [Method::ACK, Method::CANCEL].contains(request.method()) => None,
            Origin::Flow(_) => {
                Some(self.authenticate(request, HeaderName::PROXY_AUTHORIZATION, arrival, now)?)
            }
        };
        // RFC 3261 §16.3 step 4: what the focus sends has come back to it. Lists that name each other would never end.
        if arrival.origin.is_focus()
            && place == Place::Focus
            && *request.method() == Method::INVITE
            && to_tag.is_none()
        {
            return Err(StatusCode::LOOP_DETECTED.into());
        }
        let may_leave =
            in_dialog || (self.relay == Relay::ForUsers && (user.is_some() || arrival.origin.is_focus()));
        let (hop, target) = match next_route {
            Some(route) if may_leave => (peer_at(&route)?, None),
            Some(_) => return Err(StatusCode::FORBIDDEN.into()),
            None => match place {
                Place::Focus => (Hop::Focus, None),
                Place::User(name) => {
                    let binding = registrar.binding(name).ok_or(StatusCode::TEMPORARILY_UNAVAILABLE)?;
                    (hop_to(binding), Some(binding.contact.as_str()))
                }
                Place::Nobody | Place::Server => return Err(StatusCode::NOT_FOUND.into()),
                Place::Foreign => match registrar.binding_at(&uri.to_owned()) {
                    Some(binding) => (hop_to(binding), None),
                    None if may_leave => (peer_at(&uri)?, None),
                    None => return Err(StatusCode::FORBIDDEN.into()),
                },
            },
        };
        let mut edit = request.edit();
        if let Some(source) = arrival.source {
            edit = edit.received(source);
        }
        for _ in 0..own_routes {
            edit = edit.remove_first_value(HeaderName::ROUTE);
        }
        edit = edit.replace(HeaderName::MAX_FORWARDS, hops_left.saturating_sub(1));
        if let Some(target) = target {
            edit = edit.request_uri(target);
        }
        if !arrival.origin.is_focus() {
            // RFC 3325 §5: what a client says of itself is replaced by what it has proved, which in a dialog is
            // nothing.
            edit = edit
                .remove(HeaderName::PROXY_AUTHORIZATION)
                .remove(HeaderName::P_PREFERRED_IDENTITY)
                .remove(HeaderName::P_ASSERTED_IDENTITY);
        }
        if let Some(user) = &user {
            let identity = format_args!("<sip:{}@{}>", sip::uri::escape_user(user), self.domain);
            edit = edit.append(HeaderName::P_ASSERTED_IDENTITY, identity);
        }
        let makes_dialog =
            !in_dialog && [Method::INVITE, Method::SUBSCRIBE, Method::REFER].contains(request.method());
        let mark = from_tag.filter(|_| makes_dialog).map(|tag| self.mark(call_id, tag));
        let branch = self.branch(request, arrival.origin).ok_or(BAD)?;
        let edited = edit.finish().map_err(|_| BAD)?;
        let original = request.clone();
        let forward = Forward { request: edited, original, arrival, hop, branch, own: self.own, mark };
        Ok(Decision::Forward(Box::new(forward)))
    }

    /// Our routes on top, whether one of them marks the dialog of the request, and the first route that is not ours.
    ///
    /// RFC 3261 §12.2: a request inside of a dialog has a To tag, and the tag of who made the dialog stands in From
    /// or, where the other side sends, in To.
    fn routes<'a>(
        &self,
        request: &'a Request,
        call_id: &str,
        from_tag: Option<&str>,
        to_tag: Option<&str>,
    ) -> Result<(usize, bool, Option<UriRef<'a>>), Refusal> {
        let tags = || to_tag.into_iter().chain(from_tag.filter(|_| to_tag.is_some()));
        let (mut own, mut in_dialog) = (0, false);
        for route in request.routes() {
            let uri = route.map_err(|_| StatusCode::BAD_REQUEST)?.uri;
            if self.place(&uri) != Place::Server {
                return Ok((own, in_dialog, Some(uri)));
            }
            own += 1;
            let made = |mark, tag: &str| {
                self.secret.made(mark, Purpose::Route, &[call_id.as_bytes(), tag.as_bytes()])
            };
            in_dialog |= uri.param(MARK).is_some_and(|mark| tags().any(|tag| made(mark, tag)));
        }
        Ok((own, in_dialog, None))
    }

    /// The mark of a dialog that a request with this Call-ID and this From tag makes.
    fn mark(&self, call_id: &str, from_tag: &str) -> String {
        self.secret.sign(Purpose::Route, &[call_id.as_bytes(), from_tag.as_bytes()])
    }

    /// RFC 3261 §16.3 step 5: a proxy has to understand what Proxy-Require names, and this one knows nothing.
    fn refuse_extensions(&self, request: &Request) -> Result<(), Refusal> {
        let required: Vec<_> = request.headers().values(HeaderName::PROXY_REQUIRE).collect();
        if required.is_empty() || [Method::ACK, Method::CANCEL].contains(request.method()) {
            return Ok(());
        }
        let headers = vec![(HeaderName::UNSUPPORTED, required.join(", "))];
        Err(Refusal { status: StatusCode::BAD_EXTENSION, headers })
    }

    /// Who sends a request: a user who has the password, and whose address is that in From (or in To of a
    /// REGISTER). Nothing in the answer tells a wrong password from a user who does not exist.
    fn authenticate(
        &mut self,
        request: &Request,
        name: HeaderName,
        arrival: Arrival,
        now: Instant,
    ) -> Result<ByteStr, Refusal> {
        let (status, header) = if name == HeaderName::AUTHORIZATION {
            (StatusCode::UNAUTHORIZED, HeaderName::WWW_AUTHENTICATE)
        } else {
            (StatusCode::PROXY_AUTHENTICATION_REQUIRED, HeaderName::PROXY_AUTHENTICATE)
        };
        let challenge = |guard: &mut Guard, stale| {
            let headers = guard.challenges(stale, now).map(|challenge| (header, challenge)).collect();
            Refusal { status, headers }
        };
        let user = match self.guard.judge(request, name, arrival, now) {
            Verdict::Allowed(user) => user,
            Verdict::Missing => return Err(challenge(&mut self.guard, false)),
            Verdict::Stale => return Err(challenge(&mut self.guard, true)),
            Verdict::Denied => return Err(StatusCode::FORBIDDEN.into()),
        };
        let claimed = if name == HeaderName::AUTHORIZATION { request.to() } else { request.from() };
        match claimed.map(|claimed| self.place(&claimed.uri)) {
            Ok(Place::User(name)) if name == user.as_str() => Ok(user),
            _ => Err(StatusCode::FORBIDDEN.into()),
        }
    }

    /// Whom a URI names.
    fn place<'a>(&self, uri: &UriRef<'a>) -> Place<'a> {
        if !uri.is_sip() || !uri.host_port().is_some_and(|host_port| self.is_own(&host_port)) {
            return Place::Foreign;
        }
        match uri.user() {
            None => Place::Server,
            Some(user) if user.starts_with(CONFERENCE) || self.focus.iter().any(|own| *own == *user) => {
                Place::Focus
            }
            Some(user) if self.users.iter().any(|known| *known == *user) => Place::User(user),
            Some(_) => Place::Nobody,
        }
    }

    /// Whether a URI names the server or its domain.
    pub(crate) fn is_own_uri(&self, uri: &Uri) -> bool {
        uri.host_port().is_some_and(|host_port| self.is_own(&host_port))
    }

    fn is_own(&self, host_port: &HostPort<'_>) -> bool {
        let port = host_port.port.is_none_or(|port| self.own.has_port(port));
        let domain = Host::parse(&self.domain).is_ok_and(|domain| domain == host_port.host);
        let address = match host_port.host {
            Host::Name(name) => name.eq_ignore_ascii_case("localhost") && self.own.plain.ip().is_loopback(),
            host => host.ip() == Some(self.own.plain.ip()),
        };
        // Without a port an address means 5060 (5061 inside TLS), a domain whatever its records say.
        let standard = || self.own.has_port(5060) || self.own.has_port(5061);
        (domain && port) || (address && host_port.port.map_or_else(standard, |port| self.own.has_port(port)))
    }

    /// The branch of our Via. It depends on nothing that a repeated request, its CANCEL or the ACK to its
    /// refusal would have different, and all of it comes back in the response.
    fn branch(&self, request: &Request, origin: Origin) -> Option<String> {
        let via = request.via().ok()?;
        let (call_id, cseq) = (request.call_id().ok()?, request.cseq().ok()?.number);
        Some(format!("{}-{origin}-{}", sip::Via::COOKIE, self.proof(&via, call_id, cseq, origin)))
    }

    fn proof(&self, via: &sip::Via<'_>, call_id: &str, cseq: u32, origin: Origin) -> String {
        let branch = via.branch().unwrap_or_default();
        let (origin, cseq) = (origin.to_string(), cseq.to_be_bytes());
        let parts =
            [origin.as_bytes(), branch.as_bytes(), via.sent_by_text.as_bytes(), call_id.as_bytes(), &cseq];
        self.secret.sign(Purpose::Branch, &parts)
    }

    /// Where a response goes, and what it looks like there; `None` if it answers nothing we sent.
    pub(crate) fn way_back(&self, response: &Response) -> Option<(Origin, Response)> {
        let mut vias = response.vias();
        let (own, next) = (vias.next()?.ok()?, vias.next()?.ok()?);
        let (origin, proof) =
            own.branch()?.strip_prefix(sip::Via::COOKIE)?.strip_prefix('-')?.split_once('-')?;
        let origin = Origin::parse(origin)?;
        let expected = self.proof(&next, response.call_id().ok()?, response.cseq().ok()?.number, origin);
        if expected != proof {
            return None;
        }
        let response = response.without_top_via().ok()?;
        // RFC 3325 §5, as with requests: who answers has proved nothing.
        let response = match response.headers().contains(HeaderName::P_ASSERTED_IDENTITY) {
            true => response.edit().remove(HeaderName::P_ASSERTED_IDENTITY).finish().ok()?,
            false => response,
        };
        Some((origin, response))
    }

    /// A response of our own to a request, without a transaction (RFC 3261 §8.2.7).
    pub(crate) fn answer(
        &self,
        request: &Request,
        source: Option<SocketAddr>,
        refusal: &Refusal,
    ) -> Option<Response> {
        if *request.method() == Method::ACK {
            return None;
        }
        let tag = self.tag(request.call_id().ok()?, request.cseq().ok()?.number);
        let located = match source {
            Some(source) => request.edit().received(source).finish().ok()?,
            None => request.clone(),
        };
        let builder = Response::builder_for(&located, refusal.status).to_tag(&tag);
        let headers = refusal.headers.iter();
        headers.fold(builder, |builder, (name, value)| builder.header(*name, value)).build().ok()
    }

    fn tag(&self, call_id: &str, cseq: u32) -> String {
        self.secret.sign(Purpose::Tag, &[call_id.as_bytes(), &cseq.to_be_bytes()])
    }

    fn is_our_tag(&self, tag: &str, call_id: &str, cseq: u32) -> bool {
        self.secret.made(tag, Purpose::Tag, &[call_id.as_bytes(), &cseq.to_be_bytes()])
    }
}

/// RFC 5366 §4.3: a list makes a conference; in one that exists it is an extension nobody knows.
fn refuse_list(request: &Request) -> Result<(), Refusal> {
    let listed = |tag: &str| tag.eq_ignore_ascii_case(OPTION_TAG);
    if *request.method() != Method::INVITE || !request.headers().values(HeaderName::REQUIRE).any(listed) {
        return Ok(());
    }
    let headers = vec![(HeaderName::UNSUPPORTED, OPTION_TAG.to_owned())];
    Err(Refusal { status: StatusCode::BAD_EXTENSION, headers })
}

/// To a binding: on its flow, or to its contact.
fn hop_to(binding: &Binding) -> Hop {
    let address = numeric(&binding.contact.as_ref());
    let transport = transport_of(&binding.contact.as_ref());
    Hop::Peer { flow: Some(binding.flow), address, transport }
}

/// To a URI that is an address. Names are not looked up: the server has no resolver.
fn peer_at(uri: &UriRef<'_>) -> Result<Hop, Refusal> {
    let address = numeric(uri).ok_or(StatusCode::BAD_GATEWAY)?;
    Ok(Hop::Peer { flow: None, address: Some(address), transport: transport_of(uri) })
}

/// The transport a URI names: `sips` is TLS, whatever else it says.
fn transport_of(uri: &UriRef<'_>) -> Option<Transport> {
    if uri.scheme() == Scheme::Sips {
        return Some(Transport::Tls);
    }
    uri.transport().and_then(Transport::parse)
}

/// The address a URI names by number.
fn numeric(uri: &UriRef<'_>) -> Option<SocketAddr> {
    let host_port = uri.host_port()?;
    let tls = transport_of(uri) == Some(Transport::Tls);
    let standard = if tls { Transport::Tls } else { Transport::Udp }.default_port();
    Some(SocketAddr::new(host_port.host.ip()?, host_port.port.unwrap_or(standard)))
}
