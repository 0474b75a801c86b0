//! `Relayed`: the lines of a message that go through the user's relays (RFC 4976 §5.1).

use std::net::SocketAddr;

use sdp::attribute::Direction;
use sdp::offer_answer::{MessageLine, Proto};

use super::ItemId;
use crate::agent::{Context, local_line, local_uri};
use crate::media::{Line, Owner};

/// Our URIs on the lines, and the paths to them. A path is for one session, so each line asks for its own.
#[derive(Debug)]
pub(crate) struct Relayed(Vec<Route>);

#[derive(Debug)]
struct Route {
    item: ItemId,
    local: msrp::Uri,
    use_path: Option<Vec<msrp::Uri>>,
}

impl Relayed {
    /// Asks for a path to each of these URIs of ours.
    pub(crate) fn reserve(
        owner: Owner,
        lines: impl IntoIterator<Item = (ItemId, msrp::Uri)>,
        context: &mut Context<'_>,
    ) -> Self {
        let lines = lines.into_iter().map(|(item, local)| Route { item, local, use_path: None });
        let routes: Vec<Route> = lines.collect();
        for route in &routes {
            context.media.reserve(Line { owner, item: route.item }, route.local.clone(), context.now);
        }
        Self(routes)
    }

    /// The relays gave a path.
    pub(crate) fn grant(&mut self, item: ItemId, use_path: Vec<msrp::Uri>) {
        if let Some(route) = self.0.iter_mut().find(|route| route.item == item) {
            route.use_path = Some(use_path);
        }
    }

    /// Whether every line has its path.
    pub(crate) fn is_complete(&self) -> bool {
        self.0.iter().all(|route| route.use_path.is_some())
    }

    /// Our URI on a line, and the relays before it, the nearest to us first.
    fn route(&self, item: ItemId) -> Option<(&msrp::Uri, &[msrp::Uri])> {
        let route = self.0.iter().find(|route| route.item == item)?;
        Some((&route.local, route.use_path.as_deref()?))
    }
}

/// Our URI and our m-line for an item: by the path it reserved, or with a URI of its own.
pub(super) fn own_line(
    relayed: Option<&Relayed>,
    item: ItemId,
    local: SocketAddr,
    proto: Proto,
    direction: Direction,
    context: &mut Context<'_>,
) -> Option<(msrp::Uri, MessageLine)> {
    if let Some(relayed) = relayed {
        let (uri, relays) = relayed.route(item)?;
        return Some((uri.clone(), local_line(uri, relays, direction, context.config)?));
    }
    let uri = local_uri(local, proto, context)?;
    let line = local_line(&uri, &[], direction, context.config)?;
    Some((uri, line))
}
