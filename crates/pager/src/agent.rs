//! `Agent`: one user's IM Client, the root machine.

mod config;
mod context;
mod ids;
mod output;
mod registration;
mod routing;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Instant;

use bytes::Bytes;
use grammar::ByteStr;
use sip::{StatusCode, Uri};
use sip_ua::{Answer, FlowId, FlowState, IncomingId, Protocol, QueryId, SessionId, UserAgent};

pub use self::config::Config;
pub(crate) use self::context::{Context, local_line, local_uri};
pub(crate) use self::ids::{Ids, Seed};
pub use self::output::Output;
use self::registration::Binding;
use crate::media::{Media, Owner};
use crate::message::incoming::IncomingMachine;
use crate::message::outgoing::OutgoingMachine;
use crate::{ContentId, Error, ErrorKind, FileHash, ItemId, OfferId, Outgoing, Phase, Pick, TransferId};

/// One user's IM Client.
///
/// See the crate documentation for how to drive it.
#[derive(Debug)]
pub struct Agent {
    config: Config,
    ua: UserAgent,
    media: Media,
    ids: Ids,
    /// In boxes: a machine is taken out for each of its steps.
    transfers: BTreeMap<TransferId, Box<OutgoingMachine>>,
    offers: BTreeMap<OfferId, Box<IncomingMachine>>,
    sessions: HashMap<SessionId, Owner>,
    incoming: HashMap<IncomingId, OfferId>,
    binding: Binding,
    service_route: Vec<Uri>,
    next_id: u64,
    shutting_down: bool,
    /// Everything one input caused; the driver drains it before the next.
    outputs: VecDeque<Output>,
}

impl Agent {
    /// A client that is not registered. `seed` is 32 octets nobody can guess, used for one agent only.
    #[must_use]
    pub fn new(config: Config, seed: [u8; 32]) -> Self {
        let mut ids = Ids(sip_ua::IdSource::new(seed));
        let mut sip = config.sip.clone();
        sip.user_agent = config.profile.user_agent.clone();
        sip.accept = ["application/sdp", "multipart/mixed", "multipart/related"]
            .into_iter()
            .map(ByteStr::from_static)
            .collect();
        sip.timers.answer = config.timers.decide.saturating_mul(2);
        let ua = UserAgent::new(sip, ids.seed().0);
        let media = Media::new(&config, ids.seed());
        Self {
            config,
            ua,
            media,
            ids,
            transfers: BTreeMap::new(),
            offers: BTreeMap::new(),
            sessions: HashMap::new(),
            incoming: HashMap::new(),
            binding: Binding::Unregistered,
            service_route: Vec::new(),
            next_id: 0,
            shutting_down: false,
            outputs: VecDeque::new(),
        }
    }

    /// Sends a message.
    ///
    /// # Errors
    ///
    /// What can be known before the first byte: recipients, limits, values that cannot be written.
    pub fn send(&mut self, message: Outgoing, now: Instant) -> Result<TransferId, Error> {
        if self.transfers.len() >= self.config.limits.max_sessions {
            return Err(Error::new(ErrorKind::Limit("max_sessions"), Phase::Preparing, ""));
        }
        let id = TransferId(self.fresh_id());
        let machine = OutgoingMachine::start(id, message, &mut self.context(now))?;
        self.sessions.insert(machine.session(), Owner::Transfer(id));
        self.transfers.insert(id, Box::new(machine));
        self.pump(now);
        Ok(id)
    }

    /// Takes the picked items of an offer and refuses the others, each by port 0 (SEED-20). Items without a
    /// pick are refused.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Stale`] if the offer is over or answered.
    pub fn accept(&mut self, offer: OfferId, picks: &[Pick], now: Instant) -> Result<(), Error> {
        let result = self.with_offer(offer, now, |machine, context| machine.accept(picks, context));
        result.unwrap_or_else(|| Err(Error::new(ErrorKind::Stale, Phase::Inviting, "")))?;
        self.note_session(offer);
        self.pump(now);
        Ok(())
    }

    /// Refuses an offer as a whole (603).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Stale`] if the offer is over or answered.
    pub fn refuse(&mut self, offer: OfferId, now: Instant) -> Result<(), Error> {
        let stale = || Error::new(ErrorKind::Stale, Phase::Inviting, "");
        if self.offers.get(&offer).is_none_or(|machine| machine.incoming().is_none()) {
            return Err(stale());
        }
        self.with_offer(offer, now, |machine, context| machine.refuse(StatusCode::DECLINE, context));
        self.pump(now);
        Ok(())
    }

    /// Ends a message of ours: CANCEL, or `#` and BYE. Nothing happens if it is over.
    pub fn cancel(&mut self, transfer: TransferId, now: Instant) {
        self.with_transfer(transfer, now, OutgoingMachine::cancel);
        self.pump(now);
    }

    /// Calls one item of a message of ours off and lets the others go on: `#`, and another offer that closes its line
    /// (RFC 5547 §8.4). It ends with [`ItemOutcome::Cancelled`]; the last one ends the message. Nothing happens if it is
    /// all on its way already, or over.
    ///
    /// [`ItemOutcome::Cancelled`]: crate::ItemOutcome::Cancelled
    pub fn cancel_item(&mut self, transfer: TransferId, item: ItemId, now: Instant) {
        self.with_transfer(transfer, now, |machine, context| machine.cancel_item(item, context));
        self.pump(now);
    }

    /// Stops one item of a message being received, with 413 and an offer that closes its line, and lets the others go on.
    /// It ends with [`crate::Event::ReceiveFailed`]. Nothing happens if it was not accepted, or is there already.
    pub fn cancel_offer_item(&mut self, offer: OfferId, item: ItemId, now: Instant) {
        self.with_offer(offer, now, |machine, context| machine.cancel_item(item, context));
        self.pump(now);
    }

    /// Ends a message being received: 413 and BYE, or a refusal. Nothing happens if it is over.
    pub fn cancel_offer(&mut self, offer: OfferId, now: Instant) {
        self.with_offer(offer, now, IncomingMachine::cancel);
        self.pump(now);
    }

    /// Ends everything in order; [`Event::ShutDown`](crate::Event::ShutDown) comes when nothing is left.
    pub fn shutdown(&mut self, now: Instant) {
        self.shutting_down = true;
        let transfers: Vec<TransferId> = self.transfers.keys().copied().collect();
        for transfer in transfers {
            self.cancel(transfer, now);
        }
        let offers: Vec<OfferId> = self.offers.keys().copied().collect();
        for offer in offers {
            self.cancel_offer(offer, now);
        }
        if self.binding != Binding::Unregistered {
            self.unregister(now);
        }
        self.pump(now);
    }

    /// Octets that arrived: one datagram, or the next of a stream.
    pub fn handle_received(&mut self, flow: FlowId, protocol: Protocol, bytes: Bytes, now: Instant) {
        match protocol {
            Protocol::Sip => self.ua.handle_received(flow, bytes, now),
            Protocol::Msrp => self.media.handle_received(flow, bytes, now),
        }
        self.pump(now);
    }

    /// What became of a flow.
    pub fn handle_flow(&mut self, flow: FlowId, protocol: Protocol, state: FlowState, now: Instant) {
        match protocol {
            Protocol::Sip => self.ua.handle_flow(flow, state, now),
            Protocol::Msrp => self.media.handle_flow(flow, &state, now),
        }
        self.pump(now);
    }

    /// So many octets of an MSRP flow's [`Output::Transmit`] have been written.
    pub fn handle_transmitted(&mut self, flow: FlowId, octets: u64, now: Instant) {
        self.media.handle_transmitted(flow, octets, now);
        self.pump(now);
    }

    /// What the DNS said.
    pub fn handle_answer(&mut self, query: QueryId, answer: Answer, now: Instant) {
        if self.media.owns_query(query) {
            self.media.handle_answer(query, &answer, now);
        } else {
            self.ua.handle_answer(query, answer, now);
        }
        self.pump(now);
    }

    /// The octets an [`Output::Read`] asked for; `None` if they cannot be read.
    pub fn handle_read(&mut self, content: ContentId, octets: Option<Bytes>, now: Instant) {
        if let ContentId::Outgoing { transfer, item } = content {
            self.with_transfer(transfer, now, |machine, context| machine.handle_read(item, octets, context));
        }
        self.pump(now);
    }

    /// So many octets of a content's [`Output::Write`] are stored.
    pub fn handle_written(&mut self, content: ContentId, octets: u64, now: Instant) {
        if let ContentId::Incoming { offer, item } = content {
            self.with_offer(offer, now, |machine, context| machine.written(item, octets, context));
        }
        self.pump(now);
    }

    /// The hash an [`Output::Hash`] asked for.
    pub fn handle_hashed(&mut self, content: ContentId, hash: FileHash, now: Instant) {
        if let ContentId::Incoming { offer, item } = content {
            self.with_offer(offer, now, |machine, context| machine.hashed(item, hash, context));
        }
        self.pump(now);
    }

    /// A content cannot be stored, or not be read back for its hash: disk full, folder gone.
    pub fn handle_write_failed(&mut self, content: ContentId, now: Instant) {
        if let ContentId::Incoming { offer, item } = content {
            self.with_offer(offer, now, |machine, context| machine.sink_failed(item, context));
        }
        self.pump(now);
    }

    /// The file of an [`Output::Commit`] has its final name.
    pub fn handle_committed(&mut self, content: ContentId, now: Instant) {
        if let ContentId::Incoming { offer, item } = content {
            self.with_offer(offer, now, |machine, context| machine.committed(item, context));
        }
        self.pump(now);
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.ua.handle_timeout(now);
        self.media.handle_timeout(now);
        let due: Vec<TransferId> = self
            .transfers
            .iter()
            .filter(|(_, machine)| machine.next_timeout().is_some_and(|at| at <= now))
            .map(|(&id, _)| id)
            .collect();
        for id in due {
            self.with_transfer(id, now, OutgoingMachine::handle_timeout);
        }
        let due: Vec<OfferId> = self
            .offers
            .iter()
            .filter(|(_, machine)| machine.next_timeout().is_some_and(|at| at <= now))
            .map(|(&id, _)| id)
            .collect();
        for id in due {
            self.with_offer(id, now, IncomingMachine::handle_timeout);
        }
        self.pump(now);
    }

    /// When to call [`Agent::handle_timeout`]; `None` while nothing is awaited.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        let transfers = self.transfers.values().filter_map(|machine| machine.next_timeout());
        let offers = self.offers.values().filter_map(|machine| machine.next_timeout());
        [self.ua.next_timeout(), self.media.next_timeout()]
            .into_iter()
            .flatten()
            .chain(transfers)
            .chain(offers)
            .min()
    }

    /// Whether the flow may be read from; `false` until credit is back. Always `true` for SIP.
    #[must_use]
    pub fn wants_received(&self, flow: FlowId) -> bool {
        self.media.wants_received(flow)
    }

    /// The next thing to do, or `None` until the next command or input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Whether nothing is under way: no message, no offer, no connection.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.transfers.is_empty() && self.offers.is_empty() && self.media.is_empty()
    }
}
