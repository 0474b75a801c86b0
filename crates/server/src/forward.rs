//! `Forward`: a request on its way through the server, and where it goes.

use std::fmt;
use std::net::SocketAddr;

use bytes::Bytes;
use sip::{HeaderName, Request, Scheme};
use sip_ua::{FlowId, Transport};

use crate::proxy::MARK;

/// Who sent a message, and who gets what answers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Whoever is at the other end of a flow.
    Flow(FlowId),
    /// The focus, as if over this transport: it repeats what is lost of datagrams only.
    Focus(Transport),
}

impl Origin {
    /// Whether it is the focus.
    pub(crate) const fn is_focus(self) -> bool {
        matches!(self, Self::Focus(_))
    }

    /// Reads what `Display` wrote into a branch.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(transport) = text.strip_prefix("focus.") {
            return Transport::parse(transport).map(Self::Focus);
        }
        let flow = match text.strip_prefix("out") {
            Some(number) => FlowId::outgoing(number.parse().ok()?),
            None => FlowId::incoming(text.strip_prefix("in")?.parse().ok()?),
        };
        Some(Self::Flow(flow))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flow(flow) => write!(f, "{flow}"),
            Self::Focus(transport) => write!(f, "focus.{}", transport.as_param()),
        }
    }
}

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hop {
    /// To the focus.
    Focus,
    /// To a peer: over this flow if it is up and fits, else to the address.
    Peer {
        /// The flow a binding came on.
        flow: Option<FlowId>,
        /// Where the peer says it listens.
        address: Option<SocketAddr>,
        /// The transport its URI names.
        transport: Option<Transport>,
    },
}

/// How a message came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// From whom.
    pub(crate) origin: Origin,
    /// Over what.
    pub(crate) transport: Transport,
    /// The peer's address; `None` for the focus.
    pub(crate) source: Option<SocketAddr>,
}

/// Where we listen for SIP, as our own header fields say it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Own {
    pub(crate) plain: SocketAddr,
    pub(crate) tls: Option<SocketAddr>,
}

impl Own {
    /// Where we are reached over `transport`.
    pub(crate) fn at(&self, transport: Transport) -> SocketAddr {
        match (transport, self.tls) {
            (Transport::Tls, Some(tls)) => tls,
            _ => self.plain,
        }
    }

    /// Whether a port is one of ours.
    pub(crate) fn has_port(&self, port: u16) -> bool {
        port == self.plain.port() || self.tls.is_some_and(|tls| tls.port() == port)
    }
}

/// A request that may go on.
#[derive(Debug)]
pub(crate) struct Forward {
    /// Without our Via and Record-Route: they name the transport, which is not known yet.
    pub(crate) request: Request,
    /// As it came, to be answered if it cannot go on.
    pub(crate) original: Request,
    pub(crate) arrival: Arrival,
    pub(crate) hop: Hop,
    /// Of our Via.
    pub(crate) branch: String,
    /// Of our Via.
    pub(crate) own: Own,
    /// The mark of the dialog that the request makes, if it makes one.
    pub(crate) mark: Option<String>,
}

impl Forward {
    /// RFC 3261 §16.6: Max-Forwards where there is none.
    pub(crate) const MAX_FORWARDS: u8 = 70;

    /// The request as it goes over `transport`.
    pub(crate) fn on(&self, transport: Transport) -> Option<Request> {
        let (sent_by, branch) = (self.own.at(transport), &self.branch);
        let mut edit = self.request.edit();
        if let Some(mark) = &self.mark {
            let came = self.arrival.transport;
            let route = |side: Transport, param: &str| {
                let own = self.own.at(side);
                format!("<sip:{own}{param};lr;{MARK}={mark}>")
            };
            // Each side gets the one it can use, the one of the next hop on top (RFC 5658 §3).
            for side in [came, transport] {
                if side == Transport::Tls {
                    edit = edit.push_first(HeaderName::RECORD_ROUTE, route(side, ";transport=tls"));
                } else if side == transport || transport == Transport::Tls {
                    // A dialog that starts on connections stays on them: nobody repeats for us what a datagram
                    // loses.
                    let stream = transport.is_reliable() && came.is_reliable();
                    let param = if stream { ";transport=tcp" } else { "" };
                    edit = edit.push_first(HeaderName::RECORD_ROUTE, route(side, param));
                }
                if came == transport {
                    break;
                }
            }
        }
        if !self.request.headers().contains(HeaderName::CONTENT_LENGTH) {
            // Datagrams may do without, streams may not (RFC 3261 §18.3).
            edit = edit.append(HeaderName::CONTENT_LENGTH, self.request.body().len());
        }
        let via = format_args!("SIP/2.0/{} {sent_by};branch={branch}", transport.as_via());
        edit.push_first(HeaderName::VIA, via).finish().ok()
    }

    /// Whether it may go on inside TLS only (RFC 3261 §26.2.2).
    pub(crate) fn is_secure(&self) -> bool {
        self.original.uri().is_ok_and(|uri| uri.scheme() == Scheme::Sips)
    }

    /// The bytes of [`Self::on`].
    pub(crate) fn wire(&self, transport: Transport) -> Option<Bytes> {
        self.on(transport).map(|request| request.as_bytes().clone())
    }
}
