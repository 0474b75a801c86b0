//! `Config`: what a user agent says of itself, how long it waits, and what it holds at most.

use std::time::Duration;

use grammar::ByteStr;
use sip::Method;

/// The settings of a [`crate::UserAgent`].
#[derive(Debug, Clone)]
pub struct Config {
    /// User-Agent of requests and Server of responses; empty: not sent.
    pub user_agent: ByteStr,
    /// The methods that are accepted, and the value of Allow. INVITE, ACK, CANCEL, BYE, OPTIONS and UPDATE are
    /// handled inside; any other method listed here outside of a dialog becomes [`crate::Event::Incoming`], and
    /// what is not listed is answered 405 or 501.
    pub allow: Vec<Method>,
    /// Option tags for Supported; a request that requires another one is answered 420.
    pub supported: Vec<ByteStr>,
    /// Media types for Accept.
    pub accept: Vec<ByteStr>,
    /// Who answers an OPTIONS outside of a dialog.
    pub options: Options,
    /// The port we accept connections on. It is what Via and Contact name on a stream flow that we opened
    /// ourselves, so that the peer can open one back. `None`: the port of the flow.
    pub listen_port: Option<u16>,
    /// The same for flows inside TLS.
    pub listen_tls_port: Option<u16>,
    /// How long things take.
    pub timers: Timers,
    /// How much is held.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            user_agent: ByteStr::default(),
            allow: vec![
                Method::INVITE,
                Method::ACK,
                Method::CANCEL,
                Method::BYE,
                Method::OPTIONS,
                Method::UPDATE,
                Method::PRACK,
            ],
            supported: vec![ByteStr::from_static("timer")],
            accept: vec![ByteStr::from_static("application/sdp")],
            options: Options::AnsweredInside,
            listen_port: None,
            listen_tls_port: None,
            timers: Timers::default(),
            limits: Limits::default(),
        }
    }
}

/// Who answers an OPTIONS outside of a dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Options {
    /// The user agent: 200 with Allow, Accept and Supported.
    AnsweredInside,
    /// The application, which gets an [`crate::Event::Incoming`].
    ToApplication,
}

/// How long things take. The first three are those of RFC 3261 §17.1.1.1, and all its timers follow from them.
///
/// A wait below 1 ms counts as 1 ms, one above 30 days as 30 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timers {
    /// T1, the estimate of a round trip: 500 ms. A transaction is given up after 64 T1.
    pub t1: Duration,
    /// T2, the longest wait between two retransmissions: 4 s.
    pub t2: Duration,
    /// T4, how long a message may stay in the network: 5 s.
    pub t4: Duration,
    /// How long an INVITE of ours may ring before it is cancelled, counted from the first provisional response:
    /// 120 s.
    pub ring: Duration,
    /// How long an INVITE from a peer may wait for [`crate::UserAgent::respond`] before it is answered 480:
    /// 180 s.
    pub answer: Duration,
    /// When an INVITE that is not answered yet gets its 100 (RFC 3261 §17.2.1): 200 ms.
    pub trying: Duration,
    /// How long one attempt to open a flow may take before the next address is tried: 10 s.
    pub connect: Duration,
    /// How long one question to the resolver may take: 10 s.
    pub resolve: Duration,
    /// After how long without use a flow is closed, unless a session, a registration or a transaction needs it:
    /// 120 s.
    pub idle: Duration,
    /// First wait after a registration was lost; doubled for each failure up to 1800 s, and half of it random
    /// (RFC 5626 §4.5): 30 s.
    pub register_retry: Duration,
    /// How long a registration has to hold before its loss counts as the first again. A connection that carried it
    /// so long is replaced at once, and so is the first that did not; from then on the waits grow
    /// (RFC 5626 §4.5): 120 s.
    pub register_settled: Duration,
    /// The longest time that the registrar may make a registration last (423 with Min-Expires, RFC 3261 §10.2.8)
    /// or make us stay away (Retry-After, §20.33), unless the application asked for a longer registration: 1 day.
    pub register_longest: Duration,
    /// Interval of the keep-alive pings (RFC 5626 §3.5.1) on a stream flow that carries a registration:
    /// 100 s, of which the last fifth is random. `None`: no pings.
    pub keep_alive: Option<Duration>,
    /// How long the answer to such a ping may take before the flow counts as failed (RFC 5626 §4.4.1), if the peer
    /// ever answered one on it: 10 s. Any message is an answer, too.
    pub pong: Duration,
}

impl Timers {
    /// Every wait lies between a millisecond, so that no alarm rings for ever at one moment, and a month, so that
    /// no sum of a time and 64 waits overflows.
    pub(crate) fn clamp(&mut self) {
        const SHORTEST: Duration = Duration::from_millis(1);
        const LONGEST: Duration = Duration::from_secs(30 * 86_400);
        let Self { t1, t2, t4, ring, answer, trying, connect, resolve, idle, keep_alive, .. } = self;
        for wait in [t1, t2, t4, ring, answer, trying, connect, resolve, idle].into_iter().chain(keep_alive) {
            *wait = (*wait).clamp(SHORTEST, LONGEST);
        }
        let Self { register_retry, register_settled, register_longest, pong, .. } = self;
        for wait in [register_retry, register_settled, register_longest, pong] {
            *wait = (*wait).clamp(SHORTEST, LONGEST);
        }
    }

    /// 64 T1: timers B, F, H, J, L and M.
    #[must_use]
    pub fn transaction(&self) -> Duration {
        self.t1.saturating_mul(64)
    }
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
            ring: Duration::from_secs(120),
            answer: Duration::from_secs(180),
            trying: Duration::from_millis(200),
            connect: Duration::from_secs(10),
            resolve: Duration::from_secs(10),
            idle: Duration::from_secs(120),
            register_retry: Duration::from_secs(30),
            register_settled: Duration::from_secs(120),
            register_longest: Duration::from_secs(86_400),
            keep_alive: Some(Duration::from_secs(100)),
            pong: Duration::from_secs(10),
        }
    }
}

/// How much is held at once. What a peer asks beyond it is refused with 503 or dropped; what the application
/// asks beyond it is [`crate::Error::Limit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Size and number of everything in one message.
    pub message: sip::Limits,
    /// Transactions of our requests. An ACK needs none, and a BYE is sent all the same: it makes room.
    pub client_transactions: usize,
    /// Transactions of requests of peers; what comes beyond it is answered without one.
    pub server_transactions: usize,
    /// Sessions, established or not.
    pub sessions: usize,
    /// Registrations.
    pub registrations: usize,
    /// Flows that we opened. Where one is wanted beyond it, those that nobody needs are closed, the longest unused
    /// first.
    pub outgoing_flows: usize,
    /// Flows that peers opened; each address that a datagram comes from counts as one. Room is made as above, and
    /// where there is none the new flow is closed.
    pub incoming_flows: usize,
    /// Bytes that wait for a flow to open, for each flow.
    pub flow_queue: usize,
    /// Outputs that wait for [`crate::UserAgent::poll_output`]; while there are more, messages are dropped.
    pub outputs: usize,
    /// Dialogs one INVITE may grow by forking; more 2xx are dropped.
    pub forks: usize,
    /// Redirections one INVITE follows (3xx).
    pub redirects: usize,
    /// Addresses one request is sent to before it fails.
    pub addresses: usize,
    /// Questions to the DNS for one request before it fails, each of which may take [`Timers::resolve`].
    pub questions: usize,
    /// The longest request sent over UDP while TCP can be had (RFC 3261 §18.1.1), in octets.
    pub datagram: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: sip::Limits::default(),
            client_transactions: 16_384,
            server_transactions: 16_384,
            sessions: 4_096,
            registrations: 1_024,
            outgoing_flows: 4_096,
            incoming_flows: 4_096,
            flow_queue: 262_144,
            outputs: 65_536,
            forks: 8,
            redirects: 5,
            addresses: 16,
            questions: 32,
            datagram: 1_300,
        }
    }
}
