//! `Event`: what the user gets to know.

use std::time::Duration;

use grammar::ByteStr;
use sdp::FileOffer;

use crate::{Error, Icon, ItemId, OfferId, Pick, SafeName, TransferId};

/// What the user gets to know.
///
/// A transfer ends with exactly one of [`Event::Delivered`], [`Event::Unconfirmed`] and [`Event::Failed`],
/// and then [`Event::Closed`] once its session is released.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// The account's registration changed.
    Registration(Registration),
    /// The peer is being asked (a 180 came).
    Ringing {
        /// The message.
        transfer: TransferId,
    },
    /// The peer answered; each item was taken or refused.
    Answered {
        /// The message.
        transfer: TransferId,
        /// A message exploder took it (SEED-14); the recipients have not.
        focus: bool,
        /// One for each item.
        items: Vec<Pick>,
    },
    /// Octets of an item went out.
    Progress {
        /// The message.
        transfer: TransferId,
        /// Its item.
        item: ItemId,
        /// Octets sent so far.
        sent: u64,
        /// Octets the next hop has answered 200 for.
        acknowledged: u64,
        /// Octets in all.
        size: u64,
    },
    /// An item has ended.
    Item {
        /// The message.
        transfer: TransferId,
        /// Its item.
        item: ItemId,
        /// How it ended.
        outcome: ItemOutcome,
    },
    /// Every accepted item is at its recipient: by a REPORT where one is due, else by the 200s.
    Delivered {
        /// The message.
        transfer: TransferId,
    },
    /// Every accepted item was taken, and no REPORT came in time: delivery is unknown (SEED-16).
    Unconfirmed {
        /// The message.
        transfer: TransferId,
    },
    /// At least one accepted item did not arrive, or the message never got that far.
    Failed {
        /// The message.
        transfer: TransferId,
        /// Why.
        error: Error,
    },
    /// The session is released; the handle is stale from here on.
    Closed {
        /// The message.
        transfer: TransferId,
    },
    /// Somebody offers a message; answer with `accept` or `refuse`.
    Offer {
        /// The offer.
        offer: OfferId,
        /// Who sends it.
        from: Recipient,
        /// The other recipients, where a history list names them.
        recipients: Vec<Recipient>,
        /// What is offered, one for each m-line.
        ///
        /// A file whose `range` starts behind octet 1 is the rest of one that broke off. It may be accepted only if the
        /// octets in front of it are there, stored under the promised hash: what is written, hashed and committed then
        /// is the whole file.
        items: Vec<OfferedItem>,
    },
    /// Octets of an item arrived.
    Receiving {
        /// The offer.
        offer: OfferId,
        /// Its item.
        item: ItemId,
        /// Octets received so far.
        received: u64,
        /// Octets in all, where the sender said so.
        size: Option<u64>,
    },
    /// A text arrived whole.
    Text {
        /// The offer.
        offer: OfferId,
        /// Its item.
        item: ItemId,
        /// Who wrote it: the CPIM From where there is one.
        from: Option<ByteStr>,
        /// The text.
        text: ByteStr,
    },
    /// A file arrived whole, is what was promised, and is stored under its final name.
    File {
        /// The offer.
        offer: OfferId,
        /// Its item.
        item: ItemId,
        /// Octets of the file.
        size: u64,
        /// Whether the offer held a hash, and it was right.
        verified: bool,
    },
    /// An accepted item did not arrive; nothing is stored under its final name.
    ReceiveFailed {
        /// The offer.
        offer: OfferId,
        /// Its item.
        item: ItemId,
        /// Why.
        error: Error,
    },
    /// The offer is over; the handle is stale from here on.
    OfferClosed {
        /// The offer.
        offer: OfferId,
        /// Why it ended before it was answered or whole, if it did.
        error: Option<Error>,
    },
    /// [`Agent::shutdown`](crate::Agent::shutdown) is complete: nothing is under way.
    ShutDown,
}

/// How an item ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ItemOutcome {
    /// It is at the next hop, whole: a peer without isfocus has it.
    Sent,
    /// A REPORT covers it.
    Delivered,
    /// The peer refused it before a byte of it flowed.
    Refused,
    /// The user called it off, with [`crate::Agent::cancel_item`].
    Cancelled,
    /// It was not delivered.
    Failed(Error),
}

/// State of the account's registration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Registration {
    /// Registered for this long; it is refreshed by itself.
    Registered {
        /// What the registrar granted.
        expires: Duration,
    },
    /// Not registered any more, as asked.
    Unregistered,
    /// Not registered, as far as is known; it is tried again by itself.
    Retrying {
        /// Why.
        error: Error,
        /// How long it waits until then.
        after: Duration,
    },
    /// Not registered, and nothing more is tried.
    Failed(Error),
}

/// Somebody by URI and name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a URI and a name")]
pub struct Recipient {
    /// The URI, as received.
    pub uri: ByteStr,
    /// The display name, if there is one.
    pub display_name: Option<ByteStr>,
}

/// One m-line of an offer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum OfferedItem {
    /// A text message.
    Text,
    /// A file.
    File {
        /// A name that is safe to store under on every platform; the offered one is in `offer`.
        name: SafeName,
        /// Everything the sender said about it.
        offer: Box<FileOffer>,
        /// The human readable description, if there is one.
        description: Option<ByteStr>,
        /// The preview picture, if there is one.
        icon: Option<Icon>,
    },
    /// Something this client does not take; it is refused whatever the user picks.
    Unsupported,
}
