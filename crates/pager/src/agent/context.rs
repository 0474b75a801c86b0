//! `Context`: the parts of the agent that its messages work with.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use grammar::ByteStr;
use sdp::attribute::Direction;
use sdp::offer_answer::{MessageLine, Proto};
use sip::{StatusCode, Uri};
use sip_ua::{HeaderField, IncomingId, Reply, SessionId, UserAgent};

use super::{Config, Ids, Output};
use crate::media::Media;
use crate::{Clock, MediaTls};

/// The parts of the agent that its messages work with.
pub(crate) struct Context<'a> {
    pub(crate) config: &'a Config,
    pub(crate) ua: &'a mut UserAgent,
    pub(crate) media: &'a mut Media,
    pub(crate) ids: &'a mut Ids,
    pub(crate) clock: Clock,
    pub(crate) service_route: &'a [Uri],
    pub(crate) outputs: &'a mut VecDeque<Output>,
    pub(crate) now: Instant,
}

impl Context<'_> {
    /// The preloaded route: the outbound proxy, then the Service-Route (SEED-13, SEED-19). A Service-Route that
    /// starts with the proxy names it once.
    pub(crate) fn routes(&self) -> Vec<Uri> {
        let proxy = self.config.account.outbound_proxy.as_ref();
        let named = |proxy: &&Uri| self.service_route.first().is_some_and(|first| same_hop(first, proxy));
        proxy.filter(|proxy| !named(proxy)).into_iter().chain(self.service_route).cloned().collect()
    }

    /// The origin line of a description of ours (RFC 8866 §5.2).
    pub(crate) fn origin(&self, local: SocketAddr) -> sdp::line::Origin {
        let seconds = self.clock.ntp_seconds(self.now);
        sdp::line::Origin::new(seconds, local.ip().to_string())
    }

    /// Answers an incoming request; the session it makes, if it makes one.
    pub(crate) fn respond(
        &mut self,
        incoming: IncomingId,
        status: StatusCode,
        headers: Vec<HeaderField>,
        body: Option<(ByteStr, Bytes)>,
    ) -> Option<SessionId> {
        let mut reply = Reply::new(status).contact_params(self.config.profile.contact_params.clone());
        reply.headers = headers;
        reply.credentials = self.config.account.credentials.clone();
        reply.realm = self.config.account.realm.clone();
        if let Some((content_type, body)) = body {
            reply = reply.body(content_type, body);
        }
        self.ua.respond(incoming, reply, self.now).ok().flatten()
    }
}

/// A URI of ours for one session: a session-id of its own, at least 80 random bits (RFC 4975 §14.1). `None` if there
/// has to be TLS and there is none.
pub(crate) fn local_uri(local: SocketAddr, proto: Proto, context: &mut Context<'_>) -> Option<msrp::Uri> {
    let session_id = msrp::session_id(context.ids);
    let uri = match (proto, &context.config.media_tls) {
        (Proto::Tcp, _) => {
            let address = SocketAddr::new(local.ip(), context.config.msrp_port);
            msrp::Uri::builder_at(address, &session_id)
        }
        (Proto::Tls, Some(tls)) => {
            let address = SocketAddr::new(local.ip(), tls.port);
            msrp::Uri::builder_at(address, &session_id).secure()
        }
        (Proto::Tls, None) => return None,
    };
    uri.build().ok()
}

/// One of our m-lines: `uri` is ours, and `relays` stand before it, the nearest to us first.
pub(crate) fn local_line(
    uri: &msrp::Uri,
    relays: &[msrp::Uri],
    direction: Direction,
    config: &Config,
) -> Option<MessageLine> {
    let mut line = MessageLine::new(uri.text().clone(), direction).ok()?;
    if relays.is_empty() {
        let tls = config.media_tls.as_ref().filter(|_| uri.is_secure());
        line.fingerprints.extend(tls.and_then(MediaTls::fingerprint));
    } else {
        // RFC 4976 §5.1: the way the peer takes, so the nearest to us comes last. Whoever connects to a relay knows
        // it by name.
        line.path.splice(0..0, relays.iter().rev().map(|relay| relay.text().clone()));
    }
    Some(line)
}

/// Whether two routes lead to the same host and port by the same transport.
fn same_hop(one: &Uri, other: &Uri) -> bool {
    one.scheme() == other.scheme()
        && one.host_port() == other.host_port()
        && one.transport() == other.transport()
}
