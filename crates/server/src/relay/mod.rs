//! MSRP relay (RFC 4976), sans-IO: for tests of clients that use one, and for demos.
//!
//! ```text
//!                 AUTH, 401, AUTH, 200 Use-Path: U
//!   alice  <------------------------------------------->  relay            bob
//!     |                                                     |               |
//!     |--- SEND, To-Path: U bob, From-Path: alice --------->|               |
//!     |<-- 200 ---------------------------------------------|--- SEND ----->|   To-Path: bob
//!     |                                                     |<-- 200 -------|   From-Path: U alice
//!     |<-- REPORT, To-Path: alice, From-Path: U bob --------|<-- REPORT ----|   To-Path: U alice
//! ```
//!
//! | what | how |
//! |---|---|
//! | AUTH (§6.3) | digest MD5 with `qop="auth"` and an opaque, nonces of the connection with a nonce count, one URI of 96 random bits for each client path, 423 outside of the bounds of Expires, 408 for a second relay that does not answer |
//! | who may (§6.4) | the client of a URI on its own connection with the path it had in AUTH, or anybody towards exactly that path; all else is 403, an unknown URI 481, a foreign one ends the connection |
//! | SEND (§6.4.1) | answered hop by hop; content goes on as it comes, in whole chunks, a source is not read from while the next hop does not drain; 30 s without answer, or an error, becomes a REPORT |
//! | REPORT, AUTH (§6.4.2) | passed on whole; AUTH's response comes back |
//! | NICKNAME and others | 501: "MAY be configured to block unknown methods" |
//!
//! An AUTH that comes again on the same connection, for the same user and From-Path, prolongs the URI it got. A
//! request to the next hop takes the connection it was heard on, or the one that leads to the same scheme, host
//! and port; else one is opened. What is neither an address nor in [`Settings::hosts`] is not found.
//!
//! Differs: relays that connect are treated as clients are, by digest and by connection, for the certificates of
//! mutual TLS are not seen here. Whether a connection is TLS is the driver's to say ([`FlowState::Up`]); URIs are
//! `msrps` on those that are.

mod auth;
mod forward;
mod gate;
mod grants;
mod ids;
mod link;
mod settings;
mod stream;
mod transactions;
mod wire;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use grammar::ByteStr;
use msrp::{FrameEvent, StatusCode, Uri};
use sip_ua::{FlowId, FlowState, Transport};

pub use settings::{Admission, Limits, Settings, Timers};

use crate::config::{Config, ConfigError};
use crate::{Event, Output};
use gate::Gate;
use grants::Grants;
use ids::Ids;
use link::Link;
use stream::Stream;
use transactions::Awaited;

/// An MSRP relay at one address.
///
/// Drive it as every machine of this workspace: after each input take [`MsrpRelay::poll_output`] until it returns
/// `None`, then wait for the next input or until [`MsrpRelay::next_timeout`].
#[derive(Debug)]
pub struct MsrpRelay {
    settings: Settings,
    domain: ByteStr,
    address: SocketAddr,
    gate: Gate,
    grants: Grants,
    links: BTreeMap<FlowId, Link>,
    /// Sources that are not read from until another link has room.
    paused: BTreeSet<FlowId>,
    /// Links with something to write, perhaps.
    touched: BTreeSet<FlowId>,
    opened: u64,
    /// No more is taken than is under way.
    is_ending: bool,
    /// Until when that may take.
    ends_at: Option<Instant>,
    ids: Ids,
    outputs: VecDeque<Output>,
}

/// What a relay holds, counted: for tests that it is bounded, and that nothing is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Live {
    /// Connections.
    pub links: usize,
    /// URIs handed out.
    pub grants: usize,
    /// Requests passed on and not answered, those aside that only an error would answer.
    pub transactions: usize,
    /// Octets that wait for connections, with what their bookkeeping counts for.
    pub queued: usize,
    /// Octets handed to the driver and not written.
    pub in_flight: u64,
    /// Octets read and not looked at yet.
    pub unread: u64,
}

impl Live {
    /// Whether nothing is under way. Connections and URIs may be there.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.transactions == 0 && self.queued == 0 && self.in_flight == 0
    }
}

impl MsrpRelay {
    /// A relay for the users of `config` whose listener is at `address`. The seed is all its randomness.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] for a domain, realm or host that cannot stand where it has to.
    pub fn new(config: &Config, address: SocketAddr, seed: [u8; 32]) -> Result<Self, ConfigError> {
        config.check()?;
        let settings = config.msrp_relay.clone();
        let mut ids = Ids::new(seed);
        let gate = Gate::new(config.realm.clone(), &config.users, settings.timers.nonce, &mut ids)
            .map_err(ConfigError::Realm)?;
        let relay = Self {
            gate,
            grants: Grants::new(&settings.limits),
            settings,
            domain: config.domain.clone(),
            address,
            links: BTreeMap::new(),
            paused: BTreeSet::new(),
            touched: BTreeSet::new(),
            opened: 0,
            is_ending: false,
            ends_at: None,
            ids,
            outputs: VecDeque::new(),
        };
        match relay.own_uri("x", Transport::Tcp) {
            Some(_) => Ok(relay),
            None => Err(ConfigError::Address),
        }
    }

    /// A URI of ours with this session-id, on connections of this transport.
    fn own_uri(&self, id: &str, transport: Transport) -> Option<Uri> {
        let host = self.settings.host.clone().unwrap_or_else(|| self.address.ip().to_string().into());
        let builder = Uri::builder(&host, self.address.port(), id);
        let builder = if transport == Transport::Tls { builder.secure() } else { builder };
        builder.build().ok()
    }

    /// Whether a URI names this relay, by its host, domain or address. Without a port it may (RFC 4976 §8).
    fn is_ours(&self, uri: &Uri) -> bool {
        let named = |name: &str| uri.host().eq_ignore_ascii_case(name);
        let host = self.settings.host.as_deref().is_some_and(named)
            || named(&self.domain)
            || uri.ip() == Some(self.address.ip());
        host && uri.port().is_none_or(|port| port == self.address.port())
    }

    // Commands.

    /// Ends what is under way: each SEND that comes from now on is refused with 408, and each new connection closed.
    /// What was taken before has [`Timers::drain`] to get through; its senders are told 408 of the rest.
    /// [`Live::is_idle`] tells when that is done.
    pub fn shutdown(&mut self, now: Instant) {
        if !self.is_ending {
            self.is_ending = true;
            self.ends_at = Some(now + self.settings.timers.drain);
        }
        self.settle(now);
    }

    // Inputs.

    /// A connection came up or is gone. For one the driver accepted, up is the first that is heard of it.
    pub fn handle_flow(&mut self, flow: FlowId, state: &FlowState, now: Instant) {
        match state {
            FlowState::Up { transport, .. } => self.up(flow, *transport, now),
            FlowState::Closed(_) => self.lost(flow, now),
        }
        self.settle(now);
    }

    fn up(&mut self, flow: FlowId, transport: Transport, now: Instant) {
        let full = self.is_ending || self.links.len() >= self.settings.limits.max_links;
        if let Some(link) = self.links.get_mut(&flow) {
            link.opening_until = None;
            link.used_at = now;
            self.touched.insert(flow);
        } else if full {
            self.outputs.push_back(Output::Close { flow });
        } else {
            let mut link = Link::new(&self.settings.limits, now);
            link.secure = transport == Transport::Tls;
            link.probation_until = Some(now + self.settings.timers.probation);
            self.links.insert(flow, link);
        }
    }

    /// Takes what a connection brought.
    pub fn handle_received(&mut self, flow: FlowId, bytes: Bytes, now: Instant) {
        if let Some(link) = self.links.get_mut(&flow) {
            link.framer.push(bytes);
            link.used_at = now;
            self.read(flow, now);
        }
        self.settle(now);
    }

    /// The driver has written `octets` more.
    pub fn handle_transmitted(&mut self, flow: FlowId, octets: u64, now: Instant) {
        if let Some(link) = self.links.get_mut(&flow) {
            link.handle_transmitted(octets, &self.settings.timers, now);
            self.touched.insert(flow);
        }
        self.settle(now);
    }

    /// The time of [`Self::next_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        for user in self.grants.expire(now) {
            self.outputs.push_back(Output::Event(Event::RelayEnded { user }));
        }
        let late: Vec<_> = self
            .links
            .iter()
            .filter(|(flow, link)| {
                let held = self.grants.on(**flow);
                link.closes_at(&self.settings.timers, held).is_some_and(|at| at <= now)
            })
            .map(|(flow, _)| *flow)
            .collect();
        for flow in late {
            self.close(flow, now);
        }
        let flows: Vec<_> = self.links.keys().copied().collect();
        for flow in flows {
            while let Some(awaited) = self.links.get_mut(&flow).and_then(|link| link.overdue(now)) {
                self.failed(awaited, StatusCode::TIMEOUT);
            }
            self.touched.insert(flow);
        }
        if self.ends_at.take_if(|at| *at <= now).is_some() {
            self.give_up(now);
        }
        self.settle(now);
    }

    /// What has not got through by now does not: whoever sent it is told.
    fn give_up(&mut self, now: Instant) {
        let flows: Vec<_> = self.links.keys().copied().collect();
        for flow in flows {
            let Some(link) = self.links.get_mut(&flow) else { continue };
            let (awaited, streams) = link.give_up();
            let freed = link.take_freed();
            self.abandon(flow, awaited, &streams, freed, now);
        }
    }

    // Getters.

    /// When to call [`Self::handle_timeout`].
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        let Settings { limits, timers, .. } = &self.settings;
        let of_link = |(flow, link): (&FlowId, &Link)| {
            let closes = link.closes_at(timers, self.grants.on(*flow));
            closes.into_iter().chain(link.next_timeout(limits, timers)).min()
        };
        let others = self.grants.next_timeout().into_iter().chain(self.ends_at);
        self.links.iter().filter_map(of_link).chain(others).min()
    }

    /// Whether to go on reading a connection: `false` while what it brought waits for another one.
    #[must_use]
    pub fn wants_received(&self, flow: FlowId) -> bool {
        !self.paused.contains(&flow)
    }

    /// What the relay holds.
    #[must_use]
    pub fn live(&self) -> Live {
        Live {
            links: self.links.len(),
            grants: self.grants.len(),
            transactions: self.links.values().map(Link::awaited).sum(),
            queued: self.links.values().map(Link::queued).sum(),
            in_flight: self.links.values().map(Link::in_flight).sum(),
            unread: self.links.values().map(|link| link.framer.buffered()).sum(),
        }
    }

    /// The next thing to do, or `None` until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    // What was read.

    /// Takes what is there of a connection, as long as there is room for it where it goes.
    fn read(&mut self, flow: FlowId, now: Instant) {
        loop {
            let has_room = self.has_room(flow);
            let Some(link) = self.links.get_mut(&flow) else { return };
            if !has_room {
                link.pause();
                self.paused.insert(flow);
                return;
            }
            match link.framer.next_event() {
                Ok(Some(FrameEvent::Head(head))) => self.handle_head(flow, head, now),
                Ok(Some(FrameEvent::Content(content))) => self.handle_content(flow, content, now),
                Ok(Some(FrameEvent::End(flag))) => self.handle_end(flow, flag, now),
                Ok(None) => return,
                // Where the next frame would start is not known any more.
                Err(_) => {
                    self.close(flow, now);
                    return;
                }
            }
        }
    }

    /// Whether more may be read of a connection: what it brought, and what it is owed, is being drained.
    fn has_room(&self, flow: FlowId) -> bool {
        let window = self.settings.limits.window;
        let Some(link) = self.links.get(&flow) else { return true };
        let fed = link.feeds.and_then(|to| self.links.get(&to));
        link.held < self.settings.limits.source_window
            && link.backlog(flow) < window
            && fed.is_none_or(|to| to.backlog(flow) < window)
    }

    /// Others hold less of what sources brought.
    fn release(&mut self, freed: Vec<(FlowId, usize)>) {
        for (from, octets) in freed {
            if let Some(source) = self.links.get_mut(&from) {
                source.held = source.held.saturating_sub(octets);
            }
        }
    }

    /// Writes what can be written, and reads on where that made room.
    fn settle(&mut self, now: Instant) {
        loop {
            while let Some(flow) = self.touched.pop_first() {
                self.write(flow, now);
            }
            let ready: Vec<_> = self.paused.iter().copied().filter(|flow| self.has_room(*flow)).collect();
            if ready.is_empty() {
                return;
            }
            for flow in ready {
                self.paused.remove(&flow);
                if let Some(link) = self.links.get_mut(&flow) {
                    link.resume(&self.settings.timers, now);
                }
                self.read(flow, now);
            }
        }
    }

    fn write(&mut self, flow: FlowId, now: Instant) {
        let Some(link) = self.links.get_mut(&flow) else { return };
        let Settings { limits, timers, .. } = &self.settings;
        while let Some(parts) = link.next_frame(limits, timers, &mut self.ids, now) {
            let parts = parts.into_iter().filter(|bytes| !bytes.is_empty());
            self.outputs.extend(parts.map(|bytes| Output::Transmit { flow, bytes }));
        }
        let is_waiting = link.sources().any(|source| self.paused.contains(&source));
        link.keep_pace(is_waiting, limits, now);
        let freed = link.take_freed();
        self.release(freed);
    }

    // Ends.

    /// Closes a connection, after what is queued for it by now.
    fn close(&mut self, flow: FlowId, now: Instant) {
        self.write(flow, now);
        if self.links.contains_key(&flow) {
            self.outputs.push_back(Output::Close { flow });
            self.lost(flow, now);
        }
    }

    /// A connection is gone: its URIs with it, and what it owed or was owed.
    fn lost(&mut self, flow: FlowId, now: Instant) {
        let Some(mut link) = self.links.remove(&flow) else { return };
        self.paused.remove(&flow);
        for user in self.grants.flow_lost(flow) {
            self.outputs.push_back(Output::Event(Event::RelayEnded { user }));
        }
        self.cut_off(flow, &link.incoming);
        let (awaited, streams) = link.give_up();
        self.abandon(flow, awaited, &streams, link.take_freed(), now);
    }

    /// What was passed on to a connection, or waited for it, did not get through.
    fn abandon(
        &mut self,
        flow: FlowId,
        awaited: Vec<Awaited>,
        streams: &[Stream],
        freed: Vec<(FlowId, usize)>,
        now: Instant,
    ) {
        self.release(freed);
        for awaited in awaited {
            self.failed(awaited, StatusCode::TIMEOUT);
        }
        for stream in streams {
            self.undelivered(flow, stream, now);
        }
    }
}
