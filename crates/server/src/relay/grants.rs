//! `Grants`: the URIs that were handed out, and what each is good for (RFC 4976 §6.3).

use std::collections::BTreeMap;
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

    /// What this client on this connection has already: an AUTH that comes again prolongs it.
    pub(super) fn held(&mut self, flow: FlowId, user: &str, path: &[Uri]) -> Option<&mut Grant> {
        let same =
            |grant: &&mut Grant| grant.flow == flow && grant.user == user && same_path(&grant.path, path);
        self.grants.values_mut().find(same)
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
        let on_link = self.grants.values().filter(|grant| grant.flow == flow).count();
        if self.grants.len() >= self.max || on_link >= self.max_per_link {
            return Err(Full);
        }
        let id = ByteStr::from(uri.session_id().unwrap_or_default());
        let path = path.iter().map(Uri::detach).collect();
        self.grants.insert(id, Grant { uri, user, flow, path, expires_at, peers: Vec::new() });
        Ok(())
    }

    /// A connection is gone, and with it the URIs that are good for it only. The accounts they were for.
    pub(super) fn flow_lost(&mut self, flow: FlowId) -> Vec<ByteStr> {
        for grant in self.grants.values_mut() {
            grant.peers.retain(|(_, peer)| *peer != flow);
        }
        self.take(|grant| grant.flow == flow)
    }

    /// Forgets what has run out. The accounts it was for.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<ByteStr> {
        self.take(|grant| grant.expires_at <= now)
    }

    fn take(&mut self, is_over: impl Fn(&Grant) -> bool) -> Vec<ByteStr> {
        let mut users = Vec::new();
        self.grants.retain(|_, grant| {
            let over = is_over(grant);
            if over {
                users.push(grant.user.clone());
            }
            !over
        });
        users
    }

    /// When the next one runs out.
    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.grants.values().map(|grant| grant.expires_at).min()
    }

    /// Whether a connection has any.
    pub(super) fn on(&self, flow: FlowId) -> bool {
        self.grants.values().any(|grant| grant.flow == flow)
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
