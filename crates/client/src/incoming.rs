//! `Incoming`, `Offer` and `Reception`: what others send us.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use grammar::ByteStr;
use pager::{FileHash, ItemId, OfferId, OfferedItem, Pick, Recipient};
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

use crate::Error;
use crate::client::Core;
use crate::driver::Command;
use crate::file_io::{Part, Sink, Wanted};
use crate::mailbox::{Mailbox, Supersede, Wish};

/// The offers that come in. Each goes to one reader; [`crate::Client::incoming`] makes more readers.
#[derive(Debug, Clone)]
pub struct Incoming {
    pub(crate) core: Arc<Core>,
}

impl Incoming {
    /// The next offer; `None` once the client is shut down. Cancel safe.
    ///
    /// An offer that nobody takes is refused when [`pager::Timers::decide`] has passed.
    pub async fn next(&mut self) -> Option<Offer> {
        self.core.offers.lock().await.recv().await
    }
}

/// Somebody offers a message. It waits for an answer; dropping it refuses everything.
#[must_use = "dropping an offer refuses it"]
pub struct Offer {
    id: OfferId,
    from: Recipient,
    recipients: Vec<Recipient>,
    items: Vec<OfferedItem>,
    mailbox: Arc<Mailbox<ReceptionEvent>>,
    driver: mpsc::Sender<Command>,
    answered: bool,
}

impl Offer {
    pub(crate) const fn new(
        id: OfferId,
        from: Recipient,
        recipients: Vec<Recipient>,
        items: Vec<OfferedItem>,
        mailbox: Arc<Mailbox<ReceptionEvent>>,
        driver: mpsc::Sender<Command>,
    ) -> Self {
        Self { id, from, recipients, items, mailbox, driver, answered: false }
    }

    /// Who sends it. Nobody has checked that but the servers in between.
    #[must_use]
    pub const fn from(&self) -> &Recipient {
        &self.from
    }

    /// The other recipients, where the sender told.
    #[must_use]
    pub fn recipients(&self) -> &[Recipient] {
        &self.recipients
    }

    /// What is offered.
    #[must_use]
    pub fn items(&self) -> &[OfferedItem] {
        &self.items
    }

    /// A pick for each item, as `wanted` decides; for [`Offer::accept`].
    pub fn pick(&self, mut wanted: impl FnMut(&OfferedItem) -> bool) -> Vec<Pick> {
        self.items.iter().map(|item| if wanted(item) { Pick::Accept } else { Pick::Refuse }).collect()
    }

    /// Waits until there is nothing left to answer: the sender gave up, [`pager::Timers::decide`] has passed, or the
    /// client has ended. Cancel safe.
    ///
    /// To be waited for beside a decision that takes its time; [`Offer::accept`] is
    /// [`ErrorKind::Stale`](crate::ErrorKind::Stale) after it.
    pub async fn closed(&self) {
        self.mailbox.closed().await;
    }

    /// Takes every item. As [`Offer::accept`].
    ///
    /// # Errors
    ///
    /// As [`Offer::accept`].
    pub async fn accept_all(self, sink: Sink) -> Result<Reception, Error> {
        let picks = self.pick(|_| true);
        self.accept(picks, sink).await
    }

    /// Takes the picked items into `sink` and refuses the others before an octet of them is sent (SEED-20).
    /// Items without a pick are refused, and so is the rest of a file whose start is not in the sink
    /// ([`Sink::resumable`]): [`ReceptionEvent::Failed`] says that, and the sender may send it all.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::File`](crate::ErrorKind::File) if the folder cannot be written to, or has not the room that the accepted
    ///   files need. Nothing was answered: the offer is refused.
    /// - [`ErrorKind::Stale`](crate::ErrorKind::Stale) if the sender gave up meanwhile.
    pub async fn accept(mut self, mut picks: Vec<Pick>, sink: Sink) -> Result<Reception, Error> {
        let accepted = pending(&self.items, &picks);
        let mut wanted = Vec::new();
        for (item, (offered, pick)) in self.items.iter().zip(&picks).enumerate() {
            if let (OfferedItem::File { name, offer, .. }, Pick::Accept) = (offered, pick) {
                let skip = offer.range.map_or(0, |range| range.start.saturating_sub(1));
                let promised = FileHash::promised(offer);
                wanted.push((item, Wanted { name: name.clone(), size: offer.size, promised, skip }));
            }
        }
        if wanted.iter().any(|(_, wanted)| wanted.skip > 0) {
            let (reply, answer) = oneshot::channel();
            let command = Command::Supersede { offer: self.id, reply };
            self.driver.send(command).await.map_err(|_| Error::closed())?;
            answer.await.map_err(|_| Error::closed())?;
        }
        let created = spawn_blocking(move || {
            if !sink.has_room(wanted.iter().map(|(_, wanted)| wanted)) {
                let place = sink.path().unwrap_or_else(|| Path::new(""));
                return Err(Error::file("write to", place, io::ErrorKind::StorageFull.into()));
            }
            let mut parts: Vec<(ItemId, Option<Part>)> = Vec::with_capacity(wanted.len());
            for (item, wanted) in wanted {
                let place = sink.path().unwrap_or_else(|| Path::new(wanted.name.as_str()));
                let part = sink.create(&wanted).map_err(|error| Error::file("write to", place, error))?;
                parts.push((item, part));
            }
            Ok::<_, Error>(parts)
        });
        // The only way to fail here is a runtime that is being dropped.
        let created = created.await.map_err(|_| Error::closed())??;
        let mut parts = Vec::with_capacity(created.len());
        for (item, part) in created {
            match part {
                Some(part) => parts.push((item, part)),
                None => {
                    self.mailbox.post(ReceptionEvent::Failed { item, error: Error::no_start() });
                    picks.iter_mut().skip(item).take(1).for_each(|pick| *pick = Pick::Refuse);
                }
            }
        }
        let (reply, answer) = oneshot::channel();
        let pending = pending(&self.items, &picks);
        let command = Command::Accept { offer: self.id, picks, pending, parts, reply };
        self.driver.send(command).await.map_err(|_| Error::closed())?;
        answer.await.map_err(|_| Error::closed())??;
        self.answered = true;
        Ok(Reception {
            mailbox: Arc::clone(&self.mailbox),
            pending: accepted,
            detached: false,
            _driver: self.driver.clone(),
        })
    }

    /// Refuses everything.
    pub fn refuse(self) {
        drop(self);
    }
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer")
            .field("id", &self.id)
            .field("items", &self.items.len())
            .finish_non_exhaustive()
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        if !self.answered {
            self.mailbox.end();
        }
    }
}

/// How many items will come: those that were picked and can be received.
pub(crate) fn pending(items: &[OfferedItem], picks: &[Pick]) -> usize {
    let coming = |(item, pick): (&OfferedItem, &Pick)| {
        matches!((item, pick), (OfferedItem::Text | OfferedItem::File { .. }, Pick::Accept))
    };
    items.iter().zip(picks).filter(|&pair| coming(pair)).count()
}

/// An accepted offer on its way in.
///
/// Dropping it ends what is not whole yet: the sender is told, and nothing of it is left but what a
/// [`Sink::resumable`] keeps.
/// [`Reception::detach`] lets it run for as long as its client does.
#[derive(Debug)]
#[must_use = "dropping a reception ends it"]
pub struct Reception {
    mailbox: Arc<Mailbox<ReceptionEvent>>,
    /// Accepted items that have not ended.
    pending: usize,
    detached: bool,
    /// Keeps the driver running.
    _driver: mpsc::Sender<Command>,
}

/// What happens to an accepted offer. `Closed` comes last.
///
/// Progress may be skipped for a reader that is slow; nothing else is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ReceptionEvent {
    /// Octets of an item arrived.
    Progress {
        /// Its place in [`Offer::items`].
        item: ItemId,
        /// Octets so far.
        received: u64,
        /// Octets in all, where the sender said so.
        size: Option<u64>,
    },
    /// An item is there, whole and as promised.
    Received(Received),
    /// An accepted item did not arrive; nothing of it is left but what a [`Sink::resumable`] keeps.
    Failed {
        /// Its place in [`Offer::items`].
        item: ItemId,
        /// Why.
        error: Error,
    },
    /// The offer is over, too early if there is an error. The last event.
    Closed {
        /// Why it ended before it was whole.
        error: Option<Error>,
    },
}

impl Supersede for ReceptionEvent {
    fn supersedes(&self, earlier: &Self) -> bool {
        matches!((self, earlier), (Self::Progress { item, .. }, Self::Progress { item: other, .. }) if item == other)
    }
}

/// An item that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Received {
    /// A text.
    Text {
        /// Its place in [`Offer::items`].
        item: ItemId,
        /// Who wrote it, where the message says so itself.
        from: Option<ByteStr>,
        /// The text.
        text: ByteStr,
    },
    /// A file.
    File {
        /// Its place in [`Offer::items`].
        item: ItemId,
        /// Where it is; empty if the [`Sink`] is no folder.
        path: PathBuf,
        /// Its octets, if the sink is [`Sink::memory`].
        octets: Option<Bytes>,
        /// Its octets.
        size: u64,
        /// Its hash, if the offer named one: it was checked. `None`: nobody promised anything but the size.
        hash: Option<FileHash>,
    },
}

impl Reception {
    /// What happens next; `None` after [`ReceptionEvent::Closed`]. Cancel safe.
    pub async fn next(&mut self) -> Option<ReceptionEvent> {
        let event = self.mailbox.next().await?;
        if let ReceptionEvent::Received(_) | ReceptionEvent::Failed { .. } = event {
            self.pending = self.pending.saturating_sub(1);
        }
        Some(event)
    }

    /// Waits until every accepted item has ended, and returns what arrived, in the order of arrival.
    ///
    /// It does not wait until the sender hangs up; dropping the handle after this does not hang up either.
    ///
    /// # Errors
    ///
    /// Why an accepted item did not arrive; other items may have. To tell them apart, use
    /// [`Reception::next`].
    pub async fn outcome(&mut self) -> Result<Vec<Received>, Error> {
        let (mut all, mut failed) = (Vec::new(), None);
        while self.pending > 0 {
            match self.next().await {
                Some(ReceptionEvent::Received(received)) => all.push(received),
                Some(ReceptionEvent::Failed { error, .. }) => failed = failed.or(Some(error)),
                Some(ReceptionEvent::Closed { error }) => {
                    failed = failed.or(error).or_else(|| Some(Error::closed()));
                    break;
                }
                Some(ReceptionEvent::Progress { .. }) => {}
                None => {
                    failed = failed.or_else(|| Some(Error::closed()));
                    break;
                }
            }
        }
        failed.map_or(Ok(all), Err)
    }

    /// Ends it: the sender is told.
    pub fn cancel(&self) {
        self.mailbox.end();
    }

    /// Stops one item, and lets the others go on: the sender is told. [`ReceptionEvent::Failed`] follows, unless the item
    /// is there already.
    pub fn cancel_item(&self, item: ItemId) {
        self.mailbox.wish(Wish::CancelItem(item));
    }

    /// Lets it run without a handle, for as long as its client runs.
    pub fn detach(mut self) {
        self.detached = true;
    }
}

impl Drop for Reception {
    fn drop(&mut self) {
        if !self.detached {
            self.mailbox.end();
        }
    }
}
