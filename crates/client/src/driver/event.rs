//! What the agent tells, on its way to the handles.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use pager::{
    ContentId, ErrorKind, Event, FileHash, ItemId, ItemOutcome, OfferId, OfferedItem, Pick, Recipient,
    Registration, TransferId,
};

use super::{Driver, Receiving};
use crate::Error;
use crate::file_io::Stored;
use crate::incoming::{Offer, Received, ReceptionEvent};
use crate::mailbox::{Mailbox, Slot};
use crate::transfer::TransferEvent;

impl Driver {
    pub(super) fn handle_event(&mut self, event: Event) {
        match event {
            Event::Registration(state) => self.registration_changed(state),
            Event::Ringing { transfer } => self.post(transfer, TransferEvent::Ringing),
            Event::Answered { transfer, focus, items } => {
                self.post(transfer, TransferEvent::Answered { focus });
                for (item, pick) in items.into_iter().enumerate() {
                    let event = match pick {
                        Pick::Accept => TransferEvent::Accepted { item },
                        Pick::Refuse => {
                            self.notes.refused(|content| content == ContentId::Outgoing { transfer, item });
                            TransferEvent::Refused { item }
                        }
                    };
                    self.post(transfer, event);
                }
            }
            Event::Progress { transfer, item, sent, acknowledged, size } => {
                self.notes.acknowledged(ContentId::Outgoing { transfer, item }, acknowledged);
                self.post(transfer, TransferEvent::Progress { item, sent, acknowledged, size });
            }
            Event::Item { transfer, item, outcome } => match outcome {
                ItemOutcome::Sent => self.post(transfer, TransferEvent::Sent { item }),
                ItemOutcome::Delivered => {
                    self.notes.arrived(|content| content == ContentId::Outgoing { transfer, item });
                    self.post(transfer, TransferEvent::ItemDelivered { item });
                }
                ItemOutcome::Failed(error) => {
                    let failed = ContentId::Outgoing { transfer, item };
                    if error.is_refusal() {
                        self.notes.refused(|content| content == failed);
                    }
                    let file = self.failures.get(&failed).cloned();
                    let error = Error::agent(error, file);
                    self.post(transfer, TransferEvent::ItemFailed { item, error });
                }
                ItemOutcome::Cancelled => {
                    // What is noted of it stands: it may go on where it stopped.
                    self.notes.forget_all(|content| content == ContentId::Outgoing { transfer, item });
                    self.post(transfer, TransferEvent::ItemCancelled { item });
                }
                // The answer has said so.
                _ => {}
            },
            Event::Delivered { transfer } => {
                self.notes.arrived(|content| of(transfer, content));
                self.settle(transfer, TransferEvent::Delivered);
            }
            Event::Unconfirmed { transfer } => self.settle(transfer, TransferEvent::Unconfirmed),
            Event::Failed { transfer, error } => {
                // What was refused of a message that was answered has been told of each item.
                if matches!(error.kind(), ErrorKind::Refused(_)) && error.is_refusal() {
                    self.notes.refused(|content| of(transfer, content));
                }
                self.notes.forget_all(|content| of(transfer, content));
                let mut failures = self.failures.iter();
                let file = failures.find(|(content, _)| of(transfer, **content)).map(|(_, error)| error);
                let error = Error::agent(error, file.cloned());
                self.settle(transfer, TransferEvent::Failed(error));
            }
            Event::Closed { transfer } => {
                if let Some(mailbox) = self.transfers.remove(&transfer) {
                    mailbox.post(TransferEvent::Closed);
                }
                self.forget(|content| of(transfer, content));
            }
            Event::Offer { offer, from, recipients, items } => self.offer(offer, from, recipients, items),
            Event::Receiving { offer, item, received, size } => {
                self.tell(offer, ReceptionEvent::Progress { item, received, size });
            }
            Event::Text { offer, item, from, text } => {
                self.tell(offer, ReceptionEvent::Received(Received::Text { item, from, text }));
            }
            Event::File { offer, item, size, verified } => self.file(offer, item, size, verified),
            Event::ReceiveFailed { offer, item, error } => {
                let file = self.failures.get(&ContentId::Incoming { offer, item }).cloned();
                self.tell(offer, ReceptionEvent::Failed { item, error: Error::agent(error, file) });
            }
            Event::OfferClosed { offer, error } => {
                if let Some(receiving) = self.offers.remove(&offer) {
                    receiving.mailbox.post(ReceptionEvent::Closed { error: error.map(Error::from) });
                }
                self.forget(
                    |content| matches!(content, ContentId::Incoming { offer: of, .. } if of == offer),
                );
            }
            Event::ShutDown => self.ended = true,
            // What a later version of the agent tells is no instruction.
            _ => {}
        }
    }

    fn registration_changed(&mut self, state: Registration) {
        match &state {
            Registration::Registered { expires } => {
                for reply in self.registering.drain(..) {
                    let _ = reply.send(Ok(*expires));
                }
            }
            Registration::Failed(error) => {
                for reply in self.registering.drain(..) {
                    let _ = reply.send(Err(error.clone().into()));
                }
                for reply in self.unregistering.drain(..) {
                    let _ = reply.send(Err(error.clone().into()));
                }
            }
            Registration::Unregistered => {
                for reply in self.unregistering.drain(..) {
                    let _ = reply.send(Ok(()));
                }
            }
            _ => {}
        }
        self.registration.send_replace(Some(state));
    }

    fn post(&self, transfer: TransferId, event: TransferEvent) {
        if let Some(mailbox) = self.transfers.get(&transfer) {
            mailbox.post(event);
        }
    }

    /// Posts the event after which there is nothing to cancel.
    fn settle(&self, transfer: TransferId, event: TransferEvent) {
        if let Some(mailbox) = self.transfers.get(&transfer) {
            mailbox.settle();
            mailbox.post(event);
        }
    }

    fn tell(&mut self, offer: OfferId, event: ReceptionEvent) {
        if let Some(receiving) = self.offers.get_mut(&offer) {
            receiving.tell(event);
        }
    }

    fn offer(&mut self, id: OfferId, from: Recipient, recipients: Vec<Recipient>, items: Vec<OfferedItem>) {
        let mailbox = Mailbox::new(Arc::clone(&self.wake));
        let hashes = items.iter().map(promised).collect();
        let receiving = Receiving {
            mailbox: Slot::of(&mailbox),
            from: from.uri.clone(),
            answered: false,
            pending: 0,
            hashes,
            stored: HashMap::new(),
        };
        self.offers.insert(id, receiving);
        match self.handles.upgrade() {
            // Full, or nobody is left to take it: dropping the offer refuses it.
            Some(driver) => {
                drop(self.offered.try_send(Offer::new(id, from, recipients, items, mailbox, driver)))
            }
            None => mailbox.end(),
        }
    }

    fn file(&mut self, offer: OfferId, item: ItemId, size: u64, verified: bool) {
        let Some(receiving) = self.offers.get_mut(&offer) else { return };
        let (path, octets) = match receiving.stored.remove(&item) {
            Some(Stored::Path(path)) => (path, None),
            Some(Stored::Octets(octets)) => (PathBuf::new(), Some(octets)),
            Some(Stored::Given) | None => (PathBuf::new(), None),
        };
        let hash = receiving.hashes.get(item).copied().flatten().filter(|_| verified);
        receiving.tell(ReceptionEvent::Received(Received::File { item, path, octets, size, hash }));
    }

    fn forget(&mut self, which: impl Fn(ContentId) -> bool) {
        self.failures.retain(|&content, _| !which(content));
        self.notes.forget_all(&which);
        self.files.forget_all(which);
    }
}

impl Receiving {
    fn tell(&mut self, event: ReceptionEvent) {
        if let ReceptionEvent::Received(_) | ReceptionEvent::Failed { .. } = event {
            self.pending = self.pending.saturating_sub(1);
            if self.pending == 0 {
                // What is left is the sender's BYE; dropping the handle does not hurry it.
                self.mailbox.settle();
            }
        }
        self.mailbox.post(event);
    }
}

/// Whether it is a file of this message.
fn of(transfer: TransferId, content: ContentId) -> bool {
    matches!(content, ContentId::Outgoing { transfer: of, .. } if of == transfer)
}

/// The hash that an offered file is promised to have.
fn promised(item: &OfferedItem) -> Option<FileHash> {
    match item {
        OfferedItem::File { offer, .. } => FileHash::promised(offer),
        _ => None,
    }
}
