//! `Client`: the handle of one user's client.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pager::{Account, Registration, To};
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::builder::TlsSupport;
use crate::driver::{Command, Driver};
use crate::incoming::Offer;
use crate::message::OpenFile;
use crate::{Builder, Error, Incoming, Item, Message, Transfer};

/// One user's client. A clone is another handle of the same client.
///
/// The client ends when the last handle is gone: its own, and those of its transfers and offers. Better is
/// [`Client::shutdown`], which waits for it.
#[derive(Clone)]
pub struct Client {
    core: Arc<Core>,
    addresses: Addresses,
    tls: TlsSupport,
}

/// Where a client listens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) sip: SocketAddr,
    pub(crate) msrp: SocketAddr,
    pub(crate) sips: Option<SocketAddr>,
    pub(crate) msrps: Option<SocketAddr>,
}

/// What all handles of a client share.
pub(crate) struct Core {
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) offers: AsyncMutex<mpsc::Receiver<Offer>>,
    pub(crate) registration: watch::Receiver<Option<Registration>>,
    pub(crate) task: Mutex<Option<JoinHandle<()>>>,
}

impl Core {
    /// Starts the task.
    pub(crate) fn run(&self, driver: Driver) {
        let task = tokio::spawn(driver.run());
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Core")
    }
}

impl Client {
    /// Starts to describe a client for this account.
    pub fn builder(account: Account) -> Builder {
        Builder::new(account)
    }

    pub(crate) const fn new(core: Arc<Core>, addresses: Addresses, tls: TlsSupport) -> Self {
        Self { core, addresses, tls }
    }

    /// Where SIP is listened for, over UDP and TCP.
    #[must_use]
    pub const fn sip_address(&self) -> SocketAddr {
        self.addresses.sip
    }

    /// Where MSRP is listened for.
    #[must_use]
    pub const fn msrp_address(&self) -> SocketAddr {
        self.addresses.msrp
    }

    /// Where SIP over TLS is listened for; `None` without a server configuration for TLS.
    #[must_use]
    pub const fn sips_address(&self) -> Option<SocketAddr> {
        self.addresses.sips
    }

    /// Where MSRP over TLS is listened for; `None` without a server configuration for TLS.
    #[must_use]
    pub const fn msrps_address(&self) -> Option<SocketAddr> {
        self.addresses.msrps
    }

    /// Registers the account, and keeps it registered. Returns for how long the registrar granted it first.
    ///
    /// A refresh that fails later is told by [`Client::registrations`].
    ///
    /// # Errors
    ///
    /// Why the registrar did not do it: [`ErrorKind::Unauthorized`](crate::ErrorKind::Unauthorized) for a
    /// wrong password, [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled) if [`Client::unregister`] came before
    /// the answer.
    pub async fn register(&self) -> Result<Duration, Error> {
        self.command(|reply| Command::Register { reply }).await?
    }

    /// Takes the registration back and waits until that is done.
    ///
    /// # Errors
    ///
    /// If the registrar does not answer.
    pub async fn unregister(&self) -> Result<(), Error> {
        self.command(|reply| Command::Unregister { reply }).await?
    }

    /// What is known of the registration: `None` before the first answer, and what the last one said.
    #[must_use]
    pub fn registration(&self) -> Option<Registration> {
        self.core.registration.borrow().clone()
    }

    /// What becomes of the registration from here on.
    #[must_use]
    pub fn registrations(&self) -> Registrations {
        let mut state = self.core.registration.clone();
        state.mark_unchanged();
        Registrations { state }
    }

    /// Sends a message: a text, files, or both.
    ///
    /// Returns when the files are open and hashed and the request is on its way; the handle tells the rest.
    ///
    /// # Errors
    ///
    /// What is known before the first octet: a file that cannot be read, recipients, limits, TLS.
    pub async fn send(&self, to: To, message: impl Into<Message>) -> Result<Transfer, Error> {
        reachable(&to, self.tls)?;
        let message = message.into().open(&to).await?;
        let mut outgoing = pager::Outgoing::new(to);
        let mut items = Vec::new();
        if let Some(text) = message.text {
            items.push(Item {
                name: None,
                size: u64::try_from(text.len()).unwrap_or(u64::MAX),
                sha1: None,
                sha256: None,
                skip: 0,
            });
            outgoing = outgoing.text(text);
        }
        let mut files = Vec::new();
        for OpenFile { file, source, entry } in message.files {
            files.push((items.len(), source, entry));
            items.push(Item {
                name: Some(file.name.clone()),
                size: file.size,
                sha1: file.sha1,
                sha256: file.sha256,
                skip: file.skip,
            });
            outgoing = outgoing.file(file);
        }
        let message = Box::new(outgoing);
        let driver = self.core.commands.clone();
        self.command(|reply| Command::Send { message, items, files, driver, reply }).await?
    }

    /// What others send. Ask for it before registering, so that nobody waits in vain.
    #[must_use]
    pub fn incoming(&self) -> Incoming {
        Incoming { core: Arc::clone(&self.core) }
    }

    /// Ends everything in order: transfers are cancelled, sessions released, the registration taken back,
    /// sockets closed, temporary files removed. Returns when nothing is left.
    ///
    /// Peers and servers that do not answer are waited for no longer than
    /// [`Builder::shutdown_limit`]. Every handle of the client is dead afterwards.
    pub async fn shutdown(&self) {
        // Closed: it is ending already.
        let _ = self.core.commands.send(Command::Shutdown).await;
        let task = self.core.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        match task {
            // An error: the driver panicked, which is as much of an end.
            Some(task) => drop(task.await),
            None => self.core.commands.closed().await,
        }
    }

    async fn command<T>(&self, make: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        self.core.commands.send(make(reply)).await.map_err(|_| Error::closed())?;
        answer.await.map_err(|_| Error::closed())
    }
}

/// Changes of a registration; see [`Client::registrations`].
#[derive(Debug, Clone)]
pub struct Registrations {
    state: watch::Receiver<Option<Registration>>,
}

impl Registrations {
    /// The next change, or the last of those that came meanwhile; `None` once the client has ended. Cancel safe.
    pub async fn next(&mut self) -> Option<Registration> {
        self.state.changed().await.ok()?;
        self.state.borrow_and_update().clone()
    }
}

fn reachable(to: &To, tls: TlsSupport) -> Result<(), Error> {
    match to {
        To::One(uri) | To::Group(uri) => tls.reaches(uri),
        // One is reached directly; several are reached by the conference server, not by us.
        To::List(copies) => match copies.as_slice() {
            [copy] => tls.reaches(&copy.uri),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}
