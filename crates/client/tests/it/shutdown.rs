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
