//! `Party`: somebody in the lab, what they run and what they decide.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use pager::{
    Answer, Config, ContentId, ErrorKind, Event, FlowId, ItemId, OfferId, OfferedItem, Output, Pick,
};

use crate::disk::Disk;
use crate::machine::Machine;
use crate::network::End;

/// What a party does with an offer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Decision {
    /// Takes every item.
    AcceptAll,
    /// Takes the items at these places.
    Accept(Vec<ItemId>),
    /// Refuses the offer.
    Refuse,
    /// Never answers.
    Ignore,
}

/// Somebody in the lab.
#[derive(Debug)]
pub(crate) struct Party {
    pub(crate) address: IpAddr,
    /// Its public identity, if it is a client.
    pub(crate) identity: Option<sip::Uri>,
    /// What its client starts with, if it is one.
    pub(crate) config: Option<Config>,
    /// What it serves, if it is a server.
    pub(crate) service: Option<server::Config>,
    pub(crate) machine: Machine,
    pub(crate) disk: Disk,
    /// What it shows on TLS connections.
    pub(crate) certificate: Option<Bytes>,
    pub(crate) decision: Decision,
    /// How long its user thinks about an offer, and its disk about a request.
    pub(crate) hesitation: Duration,
    pub(crate) latency: Duration,
    /// Which end of which connection a flow is, or the address of a datagram's peer.
    pub(crate) flows: HashMap<FlowId, End>,
    pub(crate) datagrams: HashMap<SocketAddr, FlowId>,
    pub(crate) accepted: u64,
    pub(crate) events: Vec<Event>,
    pub(crate) log: Vec<server::Event>,
    /// Whether it has vanished: nothing reaches it and nothing leaves it.
    pub(crate) gone: bool,
}

impl Party {
    pub(crate) fn new(address: IpAddr, machine: Machine) -> Self {
        Self {
            address,
            identity: None,
            config: None,
            service: None,
            machine,
            disk: Disk::default(),
            certificate: None,
            decision: Decision::AcceptAll,
            hesitation: Duration::ZERO,
            latency: Duration::ZERO,
            flows: HashMap::new(),
            datagrams: HashMap::new(),
            accepted: 0,
            events: Vec::new(),
            log: Vec::new(),
            gone: false,
        }
    }

    /// Does what the client wants done beside the network.
    pub(crate) fn carry_out(&mut self, output: Output, now: Instant) {
        let Some(agent) = self.machine.client_mut() else { return };
        match output {
            Output::Resolve { query, .. } => agent.handle_answer(query, Answer::Nothing, now),
            Output::Read { content, offset, len } => {
                agent.handle_read(content, self.disk.read(content, offset, len), now);
            }
            Output::Write { content, offset, octets } => {
                let len = octets.len().try_into().unwrap_or(u64::MAX);
                if self.disk.write(content, offset, &octets) {
                    agent.handle_written(content, len, now);
                } else {
                    agent.handle_write_failed(content, now);
                }
            }
            Output::Hash { content, octets, algorithm } => match self.disk.hash(content, octets, algorithm) {
                Some(hash) => agent.handle_hashed(content, hash, now),
                None => agent.handle_write_failed(content, now),
            },
            Output::Commit { content } => {
                self.disk.commit(content);
                agent.handle_committed(content, now);
            }
            Output::Discard { content, resumable } => self.disk.discard(content, resumable),
            Output::Open { .. } | Output::Transmit { .. } | Output::Close { .. } | Output::Event(_) => {}
        }
    }

    /// Decides on an offer.
    pub(crate) fn decide(&mut self, offer: OfferId, items: &[OfferedItem], now: Instant) {
        let Some(agent) = self.machine.client_mut() else { return };
        let picked = |at: usize| match &self.decision {
            Decision::AcceptAll => true,
            Decision::Accept(places) => places.contains(&at),
            Decision::Refuse | Decision::Ignore => false,
        };
        let mut picks = Vec::with_capacity(items.len());
        for (item, offered) in items.iter().enumerate() {
            let supported = !matches!(offered, OfferedItem::Unsupported);
            let taken =
                picked(item) && supported && self.disk.expect(ContentId::Incoming { offer, item }, offered);
            picks.push(if taken { Pick::Accept } else { Pick::Refuse });
        }
        let result = match &self.decision {
            Decision::AcceptAll | Decision::Accept(_) => agent.accept(offer, &picks, now),
            Decision::Refuse => agent.refuse(offer, now),
            Decision::Ignore => Ok(()),
        };
        // Only one that was thought about may be gone.
        let may_be_gone = !self.hesitation.is_zero();
        let gone = result.as_ref().is_err_and(|error| *error.kind() == ErrorKind::Stale);
        assert!(result.is_ok() || (gone && may_be_gone), "an offer can be answered: {result:?}");
    }
}
