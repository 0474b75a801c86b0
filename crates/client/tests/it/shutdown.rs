//! The end: nothing is left.

use std::net::{TcpListener, UdpSocket};
use std::time::Duration;

use simple_im_client::{ErrorKind, Outgoing, ReceptionEvent};

use crate::{Pair, builder, pattern, soon};

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

#[tokio::test]
async fn shutdown_in_mid_file_tells_the_peer_and_leaves_no_task_and_no_socket() {
    let before = tasks();
    let pair = Pair::new().await;
    let addresses = [
        pair.alice.sip_address(),
        pair.alice.msrp_address(),
        pair.bob.sip_address(),
        pair.bob.msrp_address(),
    ];
    let (mut transfer, mut reception) = pair.send_accepted(Outgoing::octets("a", pattern(32 << 20))).await;
    while !matches!(soon(reception.next()).await.unwrap(), ReceptionEvent::Progress { received: 1.., .. }) {}
    soon(pair.alice.shutdown()).await;
    assert!(soon(transfer.outcome()).await.is_err());
    assert!(soon(reception.outcome()).await.is_err());
    soon(pair.bob.shutdown()).await;
    assert_eq!(tasks(), before);
    assert!(pair.names().is_empty(), "{:?}", pair.names());
    for address in addresses {
        TcpListener::bind(address).unwrap();
        UdpSocket::bind(address).unwrap();
    }
}

#[tokio::test]
async fn a_client_that_was_shut_down_says_so() {
    let pair = Pair::new().await;
    let mut incoming = pair.bob.incoming();
    let (other, again) = (pair.bob.clone(), pair.bob.clone());
    tokio::join!(soon(pair.bob.shutdown()), soon(other.shutdown()));
    soon(again.shutdown()).await;
    assert!(soon(incoming.next()).await.is_none());
    assert_eq!(pair.bob.send(pair.to_bob(), "x").await.unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(pair.bob.register().await.unwrap_err().kind(), ErrorKind::Closed);
    soon(pair.alice.shutdown()).await;
}

#[tokio::test]
async fn the_last_handle_that_goes_ends_the_client() {
    let before = tasks();
    let client = builder("alice").start().await.unwrap();
    let (address, incoming) = (client.sip_address(), client.incoming());
    drop(client);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(UdpSocket::bind(address).is_err(), "somebody still waits for offers");
    drop(incoming);
    soon(async {
        while tasks() != before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    UdpSocket::bind(address).unwrap();
}

/// A reader that has nothing for a long time: a pipe whose writer sleeps.
struct Stuck {
    /// Told once somebody reads it.
    told: Option<tokio::sync::oneshot::Sender<()>>,
    release: std::sync::mpsc::Receiver<()>,
}

impl std::io::Read for Stuck {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        self.told.take().map(|told| told.send(()));
        let _ = self.release.recv();
        Ok(0)
    }
}

/// A log that breaks what it is told by: a subscriber that panics.
struct Broken;

impl tracing::Subscriber for Broken {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "simple_im_client::driver"
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::Id {
        tracing::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::Id, _: &tracing::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        assert!(std::thread::panicking(), "the log is broken");
    }

    fn enter(&self, _: &tracing::Id) {}

    fn exit(&self, _: &tracing::Id) {}
}

#[tokio::test]
async fn whatever_becomes_of_a_client_nobody_waits_for_good() {
    let pair = Pair::new().await;
    let mut incoming = pair.bob.incoming();
    let (release, stuck) = std::sync::mpsc::channel();
    let (mut transfer, mut reception) =
        pair.send_accepted(Outgoing::reader("log", 1000, Stuck { told: None, release: stuck })).await;
    let broken = tracing::subscriber::set_default(Broken);
    // Both are told of a connection.
    let strangers = [pair.alice.sip_address(), pair.bob.sip_address()].map(std::net::TcpStream::connect);
    assert!(soon(reception.outcome()).await.is_err());
    while soon(reception.next()).await.is_some() {}
    assert!(soon(transfer.outcome()).await.is_err());
    while soon(transfer.next()).await.is_some() {}
    assert!(soon(incoming.next()).await.is_none());
    assert!(soon(pair.bob.register()).await.is_err());
    drop((broken, release, strangers));
    pair.shutdown().await;
}

#[tokio::test]
async fn shutdown_does_not_wait_for_a_reader_that_has_nothing() {
    let pair = Pair::new().await;
    let (release, stuck) = std::sync::mpsc::channel();
    let (reads, read) = tokio::sync::oneshot::channel();
    let reader = Stuck { told: Some(reads), release: stuck };
    let (transfer, _reception) = pair.send_accepted(Outgoing::reader("log", 1000, reader)).await;
    soon(read).await.unwrap();
    transfer.cancel();
    soon(pair.alice.shutdown()).await;
    drop(release);
    soon(pair.bob.shutdown()).await;
}
