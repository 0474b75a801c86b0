//! Many transfers, one after the other and at once: nothing of them is left.

use std::path::Path;
use std::time::Duration;

use simple_im_client::{Client, Delivery, Hashing, Message, Outgoing, Received, Sink};
use tokio::task::JoinSet;

use crate::{Pair, builder, pattern, soon, to};

/// Open file descriptors of this process that are sockets or files of a transfer: all but those of the runtimes of
/// other tests, which come and go. So this test counts sockets by the addresses they are bound to.
fn sockets_of(client: &Client) -> usize {
    let ports = [client.sip_address().port(), client.msrp_address().port()];
    let tables = ["/proc/self/net/tcp", "/proc/self/net/udp"];
    let lines = tables.iter().filter_map(|table| std::fs::read_to_string(Path::new(table)).ok());
    lines
        .flat_map(|text| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>())
        .filter(|line| {
            let mut fields = line.split_whitespace().skip(1);
            let local = fields.next().and_then(|address| address.rsplit(':').next().map(str::to_owned));
            let state = fields.nth(1).unwrap_or_default();
            // TIME-WAIT is the kernel's memory, not ours.
            let port = local.and_then(|port| u16::from_str_radix(&port, 16).ok());
            state != "06" && port.is_some_and(|port| ports.contains(&port))
        })
        .count()
}

/// How long a connection without sessions stays open.
const IDLE: Duration = Duration::from_millis(100);

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// Accepts whatever comes, until the client is gone; how many files arrived.
async fn accept_all(bob: Client) -> usize {
    let mut incoming = bob.incoming();
    let mut receptions = JoinSet::new();
    let mut files = 0;
    loop {
        tokio::select! {
            offer = incoming.next() => {
                let Some(offer) = offer else { break };
                receptions.spawn(async move {
                    let mut reception = offer.accept_all(Sink::memory(1 << 20)).await.unwrap();
                    let received = reception.outcome().await.unwrap();
                    received.iter().filter(|received| matches!(received, Received::File { .. })).count()
                });
            }
            Some(count) = receptions.join_next() => files += count.unwrap(),
        }
    }
    while let Some(count) = receptions.join_next().await {
        files += count.unwrap();
    }
    files
}

fn file(number: usize) -> Message {
    let hashing = if number.is_multiple_of(2) { Hashing::Sha1 } else { Hashing::None };
    Message::from(Outgoing::octets("a.bin", pattern(1 + number * 7)).hashing(hashing))
}

async fn delivered(alice: &Client, bob: &Client, message: Message) {
    let mut transfer = alice.send(to(bob), message).await.unwrap();
    assert_eq!(soon(transfer.outcome()).await.unwrap().delivery, Delivery::Delivered);
    while soon(transfer.next()).await.is_some() {}
}

/// Sends `count` files and waits until each session is released; then what is left is what was there before.
async fn leaves_nothing(count: usize, at_once: usize) {
    let mut timers = simple_im_client::Timers::default();
    timers.idle = IDLE;
    let mut limits = simple_im_client::Limits::default();
    limits.max_sessions = at_once.max(limits.max_sessions);
    let start = |name: &str| builder(name).timers(timers.clone()).limits(limits.clone()).start();
    let before = tasks();
    let (alice, bob) = (start("alice").await.unwrap(), start("bob").await.unwrap());
    let acceptor = tokio::spawn(accept_all(bob.clone()));
    let left = || (tasks(), sockets_of(&alice) + sockets_of(&bob));
    let listening = left();
    assert_eq!(listening.1, 6, "SIP over UDP and TCP, and MSRP, twice");
    // The first transfer opens the connection for SIP, which stays, and one for MSRP, which does not.
    delivered(&alice, &bob, file(0)).await;
    assert!(left() > listening);
    tokio::time::sleep(4 * IDLE).await;
    let idle = left();
    let mut running = JoinSet::new();
    for number in 0..count {
        if running.len() >= at_once {
            running.join_next().await.unwrap().unwrap();
        }
        let (alice, bob) = (alice.clone(), bob.clone());
        running.spawn(async move { delivered(&alice, &bob, file(number)).await });
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
    soon(async {
        while left() > idle {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    assert_eq!(left(), idle, "tasks and sockets");
    let pair = Pair { alice, bob, folder: tempfile::tempdir().unwrap() };
    pair.shutdown().await;
    assert_eq!(soon(acceptor).await.unwrap(), 1 + count);
    assert_eq!(tasks(), before);
}

#[tokio::test]
async fn a_thousand_transfers_in_a_row_leave_nothing() {
    leaves_nothing(1000, 1).await;
}

#[tokio::test]
async fn a_hundred_transfers_at_once_leave_nothing() {
    leaves_nothing(100, 100).await;
}
