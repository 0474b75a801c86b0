//! `Transfer`: a message of ours on its way.

use std::sync::Arc;

use grammar::ByteStr;
use pager::{ItemId, Sha1Hash, Sha256Hash};
use tokio::sync::mpsc;

use crate::Error;
use crate::driver::Command;
use crate::mailbox::{Mailbox, Supersede, Wish};

/// A message of ours on its way.
///
/// Dropping it cancels what has not ended yet: the peer is told, nothing half-sent is left there under its
/// final name. [`Transfer::detach`] lets it run for as long as its client does.
#[derive(Debug)]
#[must_use = "dropping a transfer cancels it"]
pub struct Transfer {
    mailbox: Arc<Mailbox<TransferEvent>>,
    items: Vec<Item>,
    states: Vec<ItemState>,
    focus: bool,
    end: Option<Result<Delivery, Error>>,
    detached: bool,
    /// Keeps the driver running.
    _driver: mpsc::Sender<Command>,
}

/// One item of a message: the text first if there is one, then the files in order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item {
    /// The name of the file; `None` for the text.
    pub name: Option<ByteStr>,
    /// Its octets.
    pub size: u64,
    /// The SHA-1 of a file, as offered.
    pub sha1: Option<Sha1Hash>,
    /// The SHA-256 of a file, as offered.
    pub sha256: Option<Sha256Hash>,
    /// Octets at its start that are not sent: the peer has them from a transfer that broke off.
    pub skip: u64,
}

/// What happens to a message of ours.
///
/// One of `Delivered`, `Unconfirmed` and `Failed` comes exactly once, and `Closed` last. Progress may be
/// skipped for a reader that is slow; nothing else is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TransferEvent {
    /// The peer's client lets its user know.
    Ringing,
    /// The peer answered. With `focus` it is a message exploder that took the message for the recipients.
    Answered {
        /// Whether delivery is known only by its REPORT (SEED-14).
        focus: bool,
    },
    /// The peer takes this item.
    Accepted {
        /// Its place in [`Transfer::items`].
        item: ItemId,
    },
    /// The peer refused this item; no octet of it was sent.
    Refused {
        /// Its place in [`Transfer::items`].
        item: ItemId,
    },
    /// Octets of an item went out.
    Progress {
        /// Its place in [`Transfer::items`].
        item: ItemId,
        /// Octets sent so far.
        sent: u64,
        /// Octets the next hop has confirmed.
        acknowledged: u64,
        /// Octets in all.
        size: u64,
    },
    /// The next hop has the whole item; without a focus that is the peer.
    Sent {
        /// Its place in [`Transfer::items`].
        item: ItemId,
    },
    /// A REPORT says that the item arrived.
    ItemDelivered {
        /// Its place in [`Transfer::items`].
        item: ItemId,
    },
    /// The item did not arrive.
    ItemFailed {
        /// Its place in [`Transfer::items`].
        item: ItemId,
        /// Why.
        error: Error,
    },
    /// The item was called off by [`Transfer::cancel_item`].
    ItemCancelled {
        /// Its place in [`Transfer::items`].
        item: ItemId,
    },
    /// Every accepted item arrived that was not called off.
    Delivered,
    /// Every accepted item was taken by a server, and no word of delivery came in time (SEED-16).
    Unconfirmed,
    /// Something did not arrive.
    Failed(Error),
    /// The session is released. The last event.
    Closed,
}

impl Supersede for TransferEvent {
    fn supersedes(&self, earlier: &Self) -> bool {
        matches!((self, earlier), (Self::Progress { item, .. }, Self::Progress { item: other, .. }) if item == other)
    }
}

/// How a message ended that did not fail.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outcome {
    /// Whether delivery is known.
    pub delivery: Delivery,
    /// What became of each item.
    pub items: Vec<ItemState>,
    /// Whether a message exploder took it.
    pub focus: bool,
}

/// Whether delivery is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "known or not")]
pub enum Delivery {
    /// Every accepted item arrived.
    Delivered,
    /// A server took it; no REPORT came in time.
    Unconfirmed,
}

/// What became of an item.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ItemState {
    /// The peer has not decided.
    Offered,
    /// The peer takes it; it is not whole there yet.
    Accepted,
    /// The peer refused it.
    Refused,
    /// The next hop has it.
    Sent,
    /// It arrived.
    Delivered,
    /// It was called off by [`Transfer::cancel_item`].
    Cancelled,
    /// It did not arrive.
    Failed(Error),
}

impl Transfer {
    pub(crate) fn new(
        mailbox: Arc<Mailbox<TransferEvent>>,
        items: Vec<Item>,
        driver: mpsc::Sender<Command>,
    ) -> Self {
        let states = vec![ItemState::Offered; items.len()];
        Self { mailbox, items, states, focus: false, end: None, detached: false, _driver: driver }
    }

    /// The items, in the order that events count them.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// What has become of each item, as far as the events told that were read.
    #[must_use]
    pub fn states(&self) -> &[ItemState] {
        &self.states
    }

    /// What happens next; `None` after [`TransferEvent::Closed`]. Cancel safe.
    pub async fn next(&mut self) -> Option<TransferEvent> {
        let event = self.mailbox.next().await?;
        self.note(&event);
        Some(event)
    }

    /// Waits for the end and says how it went. Events before it are skipped. Cancel safe.
    ///
    /// It does not wait until the session is released; [`crate::Client::shutdown`] does that in order.
    ///
    /// # Errors
    ///
    /// Why the message, or an item that the peer had accepted, did not arrive.
    pub async fn outcome(&mut self) -> Result<Outcome, Error> {
        while self.end.is_none() && self.next().await.is_some() {}
        let delivery = self.end.clone().unwrap_or_else(|| Err(Error::closed()))?;
        Ok(Outcome { delivery, items: self.states.clone(), focus: self.focus })
    }

    /// Ends it: the peer is told. [`TransferEvent::Failed`] and [`TransferEvent::Closed`] follow, unless it has
    /// ended already.
    pub fn cancel(&self) {
        self.mailbox.end();
    }

    /// Calls one item off, and lets the others go on: the peer is told. [`TransferEvent::ItemCancelled`] follows, unless
    /// all of the item is on its way already; with the last item the message ends.
    pub fn cancel_item(&self, item: ItemId) {
        self.mailbox.wish(Wish::CancelItem(item));
    }

    /// Lets it run without a handle, for as long as its client runs.
    pub fn detach(mut self) {
        self.detached = true;
    }

    fn note(&mut self, event: &TransferEvent) {
        let (item, state) = match event {
            TransferEvent::Answered { focus } => {
                self.focus = *focus;
                return;
            }
            TransferEvent::Accepted { item } => (*item, ItemState::Accepted),
            TransferEvent::Refused { item } => (*item, ItemState::Refused),
            TransferEvent::Sent { item } => (*item, ItemState::Sent),
            TransferEvent::ItemDelivered { item } => (*item, ItemState::Delivered),
            TransferEvent::ItemCancelled { item } => (*item, ItemState::Cancelled),
            TransferEvent::ItemFailed { item, error } => (*item, ItemState::Failed(error.clone())),
            TransferEvent::Delivered => return self.end = Some(Ok(Delivery::Delivered)),
            TransferEvent::Unconfirmed => return self.end = Some(Ok(Delivery::Unconfirmed)),
            TransferEvent::Failed(error) => return self.end = Some(Err(error.clone())),
            TransferEvent::Ringing | TransferEvent::Progress { .. } | TransferEvent::Closed => return,
        };
        if let Some(known) = self.states.get_mut(item) {
            *known = state;
        }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        if !self.detached {
            self.mailbox.end();
        }
    }
}
