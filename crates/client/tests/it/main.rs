//! Clients on loopback, most of them peer to peer without a server: real sockets, real files.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod account;
mod failure;
mod many;
mod message;
#[cfg(feature = "tls")]
mod relay;
mod resume;
mod shutdown;
#[cfg(feature = "tls")]
mod tls;

use std::fs;
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use simple_im_client::{
    Account, Builder, Client, Message, Offer, Outgoing, Received, Reception, Sink, To, Transfer, Uri,
};
use tempfile::TempDir;

/// Long enough for loopback on a busy machine; nothing waits for it unless a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn builder(name: &str) -> Builder {
    builder_for(format!("sip:{name}@127.0.0.1").parse().unwrap())
}

fn builder_for(identity: Uri) -> Builder {
    Client::builder(Account::new(identity)).listen(loopback()).shutdown_limit(Duration::from_secs(2))
}

/// Two clients that know nothing of each other but an address, and bob's folder.
struct Pair {
    alice: Client,
    bob: Client,
    folder: TempDir,
}

impl Pair {
    async fn new() -> Self {
        let (alice, bob) = (builder("alice").start().await.unwrap(), builder("bob").start().await.unwrap());
        Self { alice, bob, folder: tempfile::tempdir().unwrap() }
    }

    fn to_bob(&self) -> To {
        to(&self.bob)
    }

    fn sink(&self) -> Sink {
        Sink::dir(self.folder.path())
    }

    /// Sends, and hands out bob's side of it.
    async fn send(&self, message: impl Into<Message>) -> (Transfer, Offer) {
        let mut incoming = self.bob.incoming();
        let transfer = self.alice.send(self.to_bob(), message).await.unwrap();
        let offer = soon(incoming.next()).await.expect("an offer");
        (transfer, offer)
    }

    /// Sends, and accepts everything.
    async fn send_accepted(&self, message: impl Into<Message>) -> (Transfer, Reception) {
        let (transfer, offer) = self.send(message).await;
        let reception = soon(offer.accept_all(self.sink())).await.unwrap();
        (transfer, reception)
    }

    /// What is in bob's folder, temporary files too.
    fn names(&self) -> Vec<String> {
        names(self.folder.path())
    }

    async fn shutdown(self) {
        soon(self.alice.shutdown()).await;
        soon(self.bob.shutdown()).await;
        assert!(
            self.names().iter().all(|name| !name.starts_with('.')),
            "temporary files: {:?}",
            self.names()
        );
    }
}

fn to(client: &Client) -> To {
    To::one(format!("sip:bob@{}", client.sip_address()).parse().unwrap())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The paths of received files, by item.
fn files(received: &[Received]) -> Vec<&Path> {
    let mut files: Vec<_> = received
        .iter()
        .filter_map(|received| match received {
            Received::File { item, path, .. } => Some((*item, path.as_path())),
            _ => None,
        })
        .collect();
    files.sort();
    files.into_iter().map(|(_, path)| path).collect()
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| u8::try_from(i.wrapping_mul(2_654_435_761) >> 13 & 0xff).unwrap()).collect()
}

/// A file for a sender, in a folder that lives as long as the pair's test.
fn written(folder: &TempDir, name: &str, content: &[u8]) -> Outgoing {
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    Outgoing::path(path)
}

#[track_caller]
fn soon<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let caller = std::panic::Location::caller();
    async move {
        match tokio::time::timeout(PATIENCE, future).await {
            Ok(output) => output,
            Err(_) => panic!("nothing happened at {caller}"),
        }
    }
}
