//! `Driver`: the one task that owns the agent and the sockets.
//!
//! It waits for one thing at a time, hands it to the agent, and carries out what the agent wants. Nothing it
//! does in between waits: sockets and files have tasks of their own, and mailboxes take every event.

mod event;

use std::collections::HashMap;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use grammar::ByteStr;
use net::{FlowId, NetEvent, Network};
use pager::{Agent, ContentId, FileHash, ItemId, OfferId, Output, Pick, Registration, TransferId};
use tokio::sync::{Mutex as AsyncMutex, Notify, mpsc, oneshot, watch};
use tokio::time::{Instant as Deadline, sleep_until, timeout};

use crate::client::Core;
use crate::file_io::{Done, Files, Part, Report, Source, Stored};
use crate::incoming::{Offer, ReceptionEvent};
use crate::journal::{Entry, Notes};
use crate::mailbox::{Mailbox, Slot, Wish};
use crate::resolver::Resolver;
use crate::transfer::{Item, Transfer, TransferEvent};
use crate::{Error, clock};

/// Commands that may wait for the driver before handles wait.
const COMMANDS: usize = 64;
/// Offers that may wait to be taken; one more is refused.
const OFFERS: usize = 64;

/// What a handle asks for. The ways out of one (cancel, refuse) go through its mailbox instead: they must
/// work when a handle is dropped, where nothing can wait.
#[derive(Debug)]
pub(crate) enum Command {
    Register {
        reply: oneshot::Sender<Result<Duration, Error>>,
    },
    Unregister {
        reply: oneshot::Sender<Result<(), Error>>,
    },
    Send {
        message: Box<pager::Outgoing>,
        items: Vec<Item>,
        files: Vec<(ItemId, Source, Option<Entry>)>,
        /// For the handle that the answer becomes. An answer that nobody waits for any more is dropped, and
        /// with it the handle, which cancels.
        driver: mpsc::Sender<Self>,
        reply: oneshot::Sender<Result<Transfer, Error>>,
    },
    Accept {
        offer: OfferId,
        picks: Vec<Pick>,
        /// How many of the picks will bring something.
        pending: usize,
        parts: Vec<(ItemId, Part)>,
        reply: oneshot::Sender<Result<(), Error>>,
    },
    /// The rest of a file is offered and wanted: what still receives it from the same sender is over.
    Supersede {
        offer: OfferId,
        reply: oneshot::Sender<()>,
    },
    Shutdown,
}

/// A driver and what its handles share.
pub(crate) struct Wiring {
    pub(crate) driver: Driver,
    pub(crate) core: Arc<Core>,
}

/// The one task that owns the agent and the sockets.
pub(crate) struct Driver {
    agent: Agent,
    network: Network,
    files: Files,
    notes: Notes,
    resolver: Resolver,
    commands: mpsc::Receiver<Command>,
    /// For the handles that offers become. Weak, or the driver would keep itself alive.
    handles: mpsc::WeakSender<Command>,
    wake: Arc<Notify>,
    offered: mpsc::Sender<Offer>,
    registration: watch::Sender<Option<Registration>>,
    registering: Vec<oneshot::Sender<Result<Duration, Error>>>,
    unregistering: Vec<oneshot::Sender<Result<(), Error>>>,
    transfers: HashMap<TransferId, Slot<TransferEvent>>,
    offers: HashMap<OfferId, Receiving>,
    /// Connections that may be read from as soon as the agent wants it.
    ungranted: Vec<FlowId>,
    /// What the system said about files that failed.
    failures: HashMap<ContentId, Arc<io::Error>>,
    patience: Duration,
    /// When to give up on ending in order; `None` while not ending.
    ending: Option<Instant>,
    ended: bool,
}

/// An offer that is not over.
struct Receiving {
    mailbox: Slot<ReceptionEvent>,
    /// Who sends it, as they say.
    from: ByteStr,
    answered: bool,
    /// Accepted items that have not ended.
    pending: usize,
    /// The hash that each item was promised to have.
    hashes: Vec<Option<FileHash>>,
    /// Where files went.
    stored: HashMap<ItemId, Stored>,
}

impl Driver {
    /// A driver and the handles' side of it.
    pub(crate) fn wire(agent: Agent, network: Network, patience: Duration) -> Wiring {
        let (sender, commands) = mpsc::channel(COMMANDS);
        let (offered, offers) = mpsc::channel(OFFERS);
        let (registration, state) = watch::channel(None);
        let driver = Self {
            agent,
            network,
            files: Files::new(),
            notes: Notes::default(),
            resolver: Resolver::default(),
            commands,
            handles: sender.downgrade(),
            wake: Arc::new(Notify::new()),
            offered,
            registration,
            registering: Vec::new(),
            unregistering: Vec::new(),
            transfers: HashMap::new(),
            offers: HashMap::new(),
            ungranted: Vec::new(),
            failures: HashMap::new(),
            patience,
            ending: None,
            ended: false,
        };
        let offers = AsyncMutex::new(offers);
        let core = Arc::new(Core { commands: sender, offers, registration: state, task: Mutex::new(None) });
        Wiring { driver, core }
    }

    /// Runs until it was told to end, or every handle is gone, and everything has ended.
    pub(crate) async fn run(mut self) {
        let mut alarm = pin!(sleep_until(Deadline::from_std(clock::now())));
        // When it rings. What it was set for mostly goes away before, so it is put forward only, and may ring for nothing.
        let mut armed: Option<Instant> = None;
        while !self.ended {
            let timeout = self.agent.next_timeout().into_iter().chain(self.ending).min();
            if let Some(at) = timeout.filter(|&at| armed.is_none_or(|armed| at < armed)) {
                alarm.as_mut().reset(Deadline::from_std(at));
                armed = Some(at);
            }
            tokio::select! {
                event = self.network.next() => self.handle_network(event),
                report = self.files.next() => self.handle_report(report),
                (query, answer) = self.resolver.next() => self.agent.handle_answer(query, answer, clock::now()),
                command = self.commands.recv(), if self.ending.is_none() => match command {
                    Some(command) => self.handle_command(command),
                    None => self.end(),
                },
                () = self.wake.notified() => self.handle_wishes(),
                () = &mut alarm, if armed.is_some() => {
                    armed = None;
                    self.handle_timeout();
                }
            }
            self.carry_out();
        }
        let Self { network, files, notes, resolver, transfers, offers, patience, .. } = self;
        network.shutdown().await;
        // Octets that a reader or writer of the user's waits for may never come: its thread is left behind.
        if timeout(patience, files.close()).await.is_err() {
            tracing::debug!("gave up waiting for the files");
        }
        notes.close().await;
        resolver.close().await;
        // Who waits for the end of a message finds its files closed.
        drop((transfers, offers));
    }

    fn handle_network(&mut self, event: NetEvent) {
        let now = clock::now();
        match event {
            NetEvent::Flow { flow, protocol, state } => {
                tracing::debug!(%flow, ?protocol, ?state, "flow");
                self.ungranted.retain(|&other| other != flow);
                if let net::FlowState::Up { .. } = state {
                    self.ungranted.push(flow);
                }
                self.agent.handle_flow(flow, protocol, state, now);
            }
            NetEvent::Received { flow, protocol, bytes } => {
                // The next read goes on while this one is hashed. Where it comes to be one too many it waits.
                if self.agent.wants_received(flow) {
                    self.network.grant(flow);
                } else {
                    self.ungranted.push(flow);
                }
                self.agent.handle_received(flow, protocol, bytes, now);
            }
            NetEvent::HandshakeFailed { protocol, peer, error } => {
                tracing::warn!(?protocol, %peer, %error, "the TLS handshake of a peer failed");
            }
            NetEvent::Transmitted { flow, octets } => self.agent.handle_transmitted(flow, octets, now),
        }
    }

    fn handle_report(&mut self, Report { content, done }: Report) {
        let now = clock::now();
        match done {
            Done::Read(octets) => {
                let octets = octets.map_err(|error| self.note_failure(content, error)).ok();
                self.agent.handle_read(content, octets, now);
            }
            Done::Written(octets) => self.agent.handle_written(content, octets, now),
            Done::Hashed(hash) => self.agent.handle_hashed(content, hash, now),
            Done::WriteFailed(error) => {
                self.note_failure(content, error);
                self.agent.handle_write_failed(content, now);
            }
            Done::Committed(stored) => {
                if let ContentId::Incoming { offer, item } = content
                    && let Some(offer) = self.offers.get_mut(&offer)
                {
                    offer.stored.insert(item, stored);
                }
                self.agent.handle_committed(content, now);
            }
        }
    }

    fn note_failure(&mut self, content: ContentId, error: io::Error) {
        tracing::debug!(?content, %error, "file");
        self.failures.insert(content, Arc::new(error));
    }

    fn handle_command(&mut self, command: Command) {
        let now = clock::now();
        match command {
            Command::Register { reply } => match self.agent.register(now) {
                Ok(()) => self.registering.push(reply),
                Err(error) => drop(reply.send(Err(error.into()))),
            },
            Command::Unregister { reply } => {
                for reply in self.registering.drain(..) {
                    let _ = reply.send(Err(Error::taken_back()));
                }
                self.unregistering.push(reply);
                self.agent.unregister(now);
            }
            Command::Send { message, items, files, driver, reply } => {
                let result = self.agent.send(*message, now).map_err(Error::from).map(|transfer| {
                    for (item, source, entry) in files {
                        let content = ContentId::Outgoing { transfer, item };
                        self.files.add_source(content, source);
                        if let Some(entry) = entry {
                            self.notes.add(content, entry);
                        }
                    }
                    let mailbox = Mailbox::new(Arc::clone(&self.wake));
                    self.transfers.insert(transfer, Slot::of(&mailbox));
                    Transfer::new(mailbox, items, driver)
                });
                drop(reply.send(result));
            }
            Command::Accept { offer, picks, pending, parts, reply } => {
                match self.agent.accept(offer, &picks, now) {
                    Ok(()) => {
                        // Gone if answering was the end of it.
                        if let Some(receiving) = self.offers.get_mut(&offer) {
                            receiving.answered = true;
                            receiving.pending = pending;
                            for (item, part) in parts {
                                self.files.add_sink(ContentId::Incoming { offer, item }, part);
                            }
                        }
                        // Without anybody waiting for it the offer was dropped, which ends it.
                        drop(reply.send(Ok(())));
                    }
                    Err(error) => drop(reply.send(Err(error.into()))),
                }
            }
            Command::Supersede { offer, reply } => {
                self.supersede(offer);
                let _ = reply.send(());
            }
            Command::Shutdown => self.end(),
        }
    }

    /// Ends receptions of the files of an offer that came from the same sender: it goes on where they stopped, and so they
    /// have stopped, on a connection that is dead and does not show it yet.
    fn supersede(&mut self, offer: OfferId) {
        let now = clock::now();
        let Some(newer) = self.offers.get(&offer) else { return };
        let same = |receiving: &Receiving| {
            let promised = |hash: &&Option<FileHash>| hash.is_some() && newer.hashes.contains(hash);
            let under_way = receiving.answered && receiving.pending > 0;
            under_way && receiving.from == newer.from && receiving.hashes.iter().any(|hash| promised(&hash))
        };
        let older = self.offers.iter().filter(|(id, receiving)| **id != offer && same(receiving));
        for id in older.map(|(&id, _)| id).collect::<Vec<OfferId>>() {
            self.agent.cancel_offer(id, now);
        }
    }

    /// Looks for handles that were dropped or told to end.
    fn handle_wishes(&mut self) {
        let now = clock::now();
        for (&transfer, mailbox) in &self.transfers {
            for wish in mailbox.take_wishes() {
                match wish {
                    Wish::End => self.agent.cancel(transfer, now),
                    Wish::CancelItem(item) => self.agent.cancel_item(transfer, item, now),
                }
            }
        }
        for (&offer, receiving) in &self.offers {
            for wish in receiving.mailbox.take_wishes() {
                match wish {
                    Wish::End if receiving.answered => self.agent.cancel_offer(offer, now),
                    // Stale: the sender was faster.
                    Wish::End => drop(self.agent.refuse(offer, now)),
                    Wish::CancelItem(item) => self.agent.cancel_offer_item(offer, item, now),
                }
            }
        }
    }

    fn handle_timeout(&mut self) {
        let now = clock::now();
        if self.ending.is_some_and(|at| at <= now) {
            tracing::debug!("gave up waiting for the end");
            self.ended = true;
        } else {
            self.agent.handle_timeout(now);
        }
    }

    fn end(&mut self) {
        let now = clock::now();
        if self.ending.is_none() {
            self.ending = now.checked_add(self.patience).or(Some(now));
            self.agent.shutdown(now);
        }
    }

    /// Does what the agent wants, and what follows from what is done at once, until it wants nothing more.
    fn carry_out(&mut self) {
        loop {
            self.obey();
            let Some(report) = self.files.take_ready() else { break };
            self.handle_report(report);
        }
        let (agent, network) = (&self.agent, &mut self.network);
        self.ungranted.retain(|&flow| {
            let wanted = agent.wants_received(flow);
            if wanted {
                network.grant(flow);
            }
            !wanted
        });
    }

    fn obey(&mut self) {
        let now = clock::now();
        while let Some(output) = self.agent.poll_output() {
            match output {
                Output::Open { flow, target } => self.network.open(flow, &target),
                Output::Transmit { flow, bytes } => self.network.transmit(flow, bytes),
                Output::Close { flow } => {
                    self.ungranted.retain(|&other| other != flow);
                    self.network.close(flow);
                }
                Output::Resolve { query, question } => self.resolver.ask(query, question),
                Output::Read { content, offset, len } => {
                    if !self.files.read(content, offset, len) {
                        self.agent.handle_read(content, None, now);
                    }
                }
                Output::Write { content, offset, octets } => {
                    if !self.files.write(content, offset, octets) {
                        self.agent.handle_write_failed(content, now);
                    }
                }
                Output::Hash { content, octets, algorithm } => {
                    if !self.files.hash(content, octets, algorithm) {
                        self.agent.handle_write_failed(content, now);
                    }
                }
                Output::Commit { content } => {
                    if !self.files.commit(content) {
                        self.agent.handle_write_failed(content, now);
                    }
                }
                Output::Discard { content, resumable: true } => self.files.forget(content),
                Output::Discard { content, resumable: false } => self.files.spoil(content),
                Output::Event(event) => self.handle_event(event),
            }
        }
    }
}
