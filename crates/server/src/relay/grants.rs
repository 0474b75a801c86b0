//! `Grants`: the URIs that were handed out, and what each is good for (RFC 4976 §6.3).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use grammar::ByteStr;
use msrp::Uri;
use sip_ua::FlowId;

/// One URI of ours, good for one client on one connection.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) uri: Uri,
    /// The account; empty if none was asked for.
    pub(super) user: ByteStr,
    /// The connection the AUTH came on: the client's own, or that of the relay before us.
    pub(super) flow: FlowId,
    /// The way to the client: From-Path of its AUTH.
    pub(super) path: Vec<Uri>,
    pub(super) expires_at: Instant,
    /// The connections that requests to the client came on, by their From-Path. The first one stays.
    peers: Vec<(Vec<Uri>, FlowId)>,
}

/// All URIs, by session-id.
#[derive(Debug)]
pub(super) struct Grants {
    grants: BTreeMap<ByteStr, Grant>,
    /// The session-ids by connection.
    by_flow: BTreeMap<FlowId, Vec<ByteStr>>,
    /// The session-ids by the time they run out.
    by_time: BTreeSet<(Instant, ByteStr)>,
    max: usize,
    max_per_link: usize,
    max_peers: usize,
}

/// There is no room for one more.
#[derive(Debug)]
pub(super) struct Full;

impl Grants {
    pub(super) const fn new(limits: &super::Limits) -> Self {
        Self {
            grants: BTreeMap::new(),
            by_flow: BTreeMap::new(),
            by_time: BTreeSet::new(),
            max: limits.max_grants,
            max_per_link: limits.max_grants_per_link,
            max_peers: limits.max_peers,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.grants.len()
    }

    /// The grant of this URI.
    pub(super) fn get(&self, uri: &Uri) -> Option<&Grant> {
        self.grants.get(uri.session_id()?).filter(|grant| grant.uri.equivalent(uri))
    }

    /// Remembers the connection of a peer that sends to the client, or is sent to by it.
    pub(super) fn remember(&mut self, uri: &Uri, peer: &[Uri], flow: FlowId) {
        let max = self.max_peers;
        let Some(grant) = uri.session_id().and_then(|id| self.grants.get_mut(id)) else { return };
        // Whoever else learns the URI cannot take the client's messages away from a peer that is there.
        if grant.peer(peer).is_none() && grant.peers.len() < max {
            grant.peers.push((peer.iter().map(Uri::detach).collect(), flow));
        }
    }

    /// What this client on this connection has already.
    pub(super) fn held(&self, flow: FlowId, user: &str, path: &[Uri]) -> Option<&Grant> {
        let ids = self.by_flow.get(&flow)?;
        let mut grants = ids.iter().filter_map(|id| self.grants.get(id));
        grants.find(|grant| grant.user == user && same_path(&grant.path, path))
    }

    /// The URI is good until then.
    pub(super) fn prolong(&mut self, uri: &Uri, expires_at: Instant) {
        let Some((id, grant)) = uri.session_id().and_then(|id| {
            let grant = self.grants.get_mut(id)?;
            Some((ByteStr::from(id), grant))
        }) else {
            return;
        };
        self.by_time.remove(&(grant.expires_at, id.clone()));
        grant.expires_at = expires_at;
        self.by_time.insert((expires_at, id));
    }

    /// Hands out a URI.
    pub(super) fn insert(
        &mut self,
        uri: Uri,
        user: ByteStr,
        flow: FlowId,
        path: &[Uri],
        expires_at: Instant,
    ) -> Result<(), Full> {
        let on_link = self.by_flow.get(&flow).map_or(0, Vec::len);
        if self.grants.len() >= self.max || on_link >= self.max_per_link {
            return Err(Full);
        }
        let id = ByteStr::from(uri.session_id().unwrap_or_default());
        let path = path.iter().map(Uri::detach).collect();
        self.by_flow.entry(flow).or_default().push(id.clone());
        self.by_time.insert((expires_at, id.clone()));
        self.grants.insert(id, Grant { uri, user, flow, path, expires_at, peers: Vec::new() });
        Ok(())
    }

    /// A connection is gone, and with it the URIs that are good for it only. The accounts they were for.
    pub(super) fn flow_lost(&mut self, flow: FlowId) -> Vec<ByteStr> {
        for grant in self.grants.values_mut() {
            grant.peers.retain(|(_, peer)| *peer != flow);
        }
        let ids = self.by_flow.remove(&flow).unwrap_or_default();
        ids.iter().filter_map(|id| self.remove(id)).collect()
    }

    /// Forgets what has run out. The accounts it was for.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<ByteStr> {
        let mut users = Vec::new();
        while let Some((_, id)) = self.by_time.first().filter(|(at, _)| *at <= now) {
            let id = id.clone();
            match self.remove(&id) {
                Some(user) => users.push(user),
                // Not reached: both hold the same.
                None => drop(self.by_time.pop_first()),
            }
        }
        users
    }

    fn remove(&mut self, id: &ByteStr) -> Option<ByteStr> {
        let grant = self.grants.remove(id)?;
        self.by_time.remove(&(grant.expires_at, id.clone()));
        if let Some(ids) = self.by_flow.get_mut(&grant.flow) {
            ids.retain(|other| other != id);
            if ids.is_empty() {
                self.by_flow.remove(&grant.flow);
            }
        }
        Some(grant.user)
    }

    /// When the next one runs out.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Whether a connection has any.
    pub(super) fn on(&self, flow: FlowId) -> bool {
        self.by_flow.contains_key(&flow)
    }
}

impl Grant {
    /// The connection of a peer that was heard of.
    pub(super) fn peer(&self, path: &[Uri]) -> Option<FlowId> {
        self.peers.iter().find(|(known, _)| same_path(known, path)).map(|(_, flow)| *flow)
    }
}

/// Whether both lead over the same URIs (RFC 4975 §6.1).
pub(super) fn same_path(a: &[Uri], b: &[Uri]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.equivalent(b))
}
