//! `Output` and `Event`: what the driver has to do, and what the application learns.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use grammar::ByteStr;
use sip::{Request, Response, Uri};

use crate::{Error, FlowId, QueryId, Question, Target};

/// What the driver has to do next.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "a driver that does not know an output must not compile")]
#[expect(
    clippy::large_enum_variant,
    reason = "moved once from queue to queue; a box would cost an allocation each"
)]
pub enum Output {
    /// Open a flow and say what became of it with [`crate::UserAgent::handle_flow`].
    Open {
        /// The name it gets.
        flow: FlowId,
        /// Where it leads.
        target: Target,
    },
    /// Write these bytes: one datagram, or a piece of the stream.
    Transmit {
        /// The flow to write to.
        flow: FlowId,
        /// What to write.
        bytes: Bytes,
    },
    /// Close the flow once everything before was written. The machine has forgotten it already.
    Close {
        /// The flow to close.
        flow: FlowId,
    },
    /// Ask the DNS and answer with [`crate::UserAgent::handle_answer`].
    Resolve {
        /// The name of the question.
        query: QueryId,
        /// What to ask.
        question: Question,
    },
    /// Tell the application.
    Event(Event),
}

/// A registration, from [`crate::UserAgent::register`] until `Unregistered` or a last `RegistrationFailed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistrationId(pub(crate) u64);

/// A session, from [`crate::UserAgent::invite`] or a 2xx given to [`crate::UserAgent::respond`] until `Ended`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub(crate) u64);

/// A request that waits for [`crate::UserAgent::respond`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IncomingId(pub(crate) u64);

/// What the application learns.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// The registrar accepted a registration or a refresh.
    Registered {
        /// Which registration.
        id: RegistrationId,
        /// How long it holds; it is refreshed before without being asked.
        expires: Duration,
        /// Service-Route (RFC 3608): the route of every further request, in this order.
        service_route: Vec<Uri>,
        /// P-Associated-URI (RFC 7315 §4.1): the public identities, the first is the default one.
        associated_uris: Vec<Uri>,
    },
    /// A registration or its refresh failed.
    RegistrationFailed {
        /// Which registration.
        id: RegistrationId,
        /// Why.
        error: Error,
        /// When it is tried again; `None`: the registration is over.
        retry: Option<Duration>,
    },
    /// A registration was removed, as far as that can be known: the last event of it.
    Unregistered {
        /// Which registration.
        id: RegistrationId,
    },
    /// The flow for an INVITE with [`crate::Body::AtFlow`] is up. Answer with
    /// [`crate::UserAgent::provide_body`]. Comes again if another address has to be tried and our own address
    /// towards it is another one.
    NeedBody {
        /// Which session.
        session: SessionId,
        /// Our address as the peer sees it, to write into the SDP.
        local: SocketAddr,
    },
    /// A provisional response other than 100.
    Provisional {
        /// Which session.
        session: SessionId,
        /// The response.
        response: Response,
    },
    /// The INVITE was accepted; the ACK is on its way.
    Accepted {
        /// Which session.
        session: SessionId,
        /// The 2xx.
        response: Response,
        /// Whether its Contact has the feature parameter `isfocus` (RFC 4579).
        is_focus: bool,
        /// The URI of that Contact.
        remote_target: Uri,
    },
    /// The INVITE failed. `Ended` follows.
    Rejected {
        /// Which session.
        session: SessionId,
        /// Why.
        error: Error,
    },
    /// A request that is the application's to answer, with [`crate::UserAgent::respond`]: an INVITE outside of a
    /// dialog, or another method of [`crate::Config::allow`].
    Incoming {
        /// The name of the request.
        id: IncomingId,
        /// The flow it came on.
        flow: FlowId,
        /// Our address on that flow, to write into the SDP.
        local: SocketAddr,
        /// The request.
        request: Request,
    },
    /// An incoming INVITE is over before it was answered: cancelled by the peer (487 was sent), or not answered
    /// within [`crate::Timers::answer`] (480 was sent).
    Cancelled {
        /// The name of the request.
        id: IncomingId,
    },
    /// The ACK to our 2xx came.
    Confirmed {
        /// Which session.
        session: SessionId,
        /// The ACK; it has a body if the INVITE had no offer.
        ack: Request,
    },
    /// A request inside a session that is the application's to answer, such as INFO.
    InDialog {
        /// Which session.
        session: SessionId,
        /// The name of the request, for [`crate::UserAgent::respond`].
        id: IncomingId,
        /// The request.
        request: Request,
    },
    /// The peer makes another offer inside of a session: a re-INVITE or UPDATE whose SDP is not the one it sent
    /// before. Answer at once, with [`crate::UserAgent::respond`]: a 2xx with the answer, or an error, which leaves
    /// the session as it is (RFC 3261 §14.2); 488 if it is not to be had.
    Offer {
        /// Which session.
        session: SessionId,
        /// The name of the request.
        id: IncomingId,
        /// The request.
        request: Request,
    },
    /// The end of [`crate::UserAgent::offer`].
    Answered {
        /// Which session.
        session: SessionId,
        /// The 2xx, whose ACK is on its way; or why there is none, and the session goes on as before.
        answer: Result<Response, Error>,
    },
    /// The peer hung up; 200 was sent. `Ended` follows.
    Bye {
        /// Which session.
        session: SessionId,
    },
    /// The session is over: exactly once for each session, and its last event.
    Ended {
        /// Which session.
        session: SessionId,
        /// Why.
        reason: EndReason,
    },
    /// A flow was closed, or a datagram dropped, because the peer does not speak SIP on it.
    Garbage {
        /// The flow.
        flow: FlowId,
        /// Its peer.
        peer: SocketAddr,
        /// [`Error::PeerMisbehaved`].
        error: Error,
    },
}

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndReason {
    /// It never came to be; `Rejected` said why.
    NotEstablished,
    /// We hung up.
    LocalBye,
    /// The peer hung up.
    PeerBye,
    /// The peer never acknowledged our 2xx; it got a BYE.
    NotAcknowledged,
    /// The peer does not know the dialog any more, or does not answer in it (408, 481, no response).
    DialogLost,
    /// The session timer ran out (RFC 4028 §10).
    Expired,
}

/// Text that is kept as a name and a value for a header that this crate does not write itself.
pub type HeaderField = (ByteStr, ByteStr);
