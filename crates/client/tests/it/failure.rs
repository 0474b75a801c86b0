//! Messages that do not arrive: each ends with one clear error, and with nothing half-written.

use std::fs;
use std::time::Duration;

use simple_im_client::{ErrorKind, ItemState, Message, Outgoing, ReceptionEvent, Sink, To, TransferEvent};
use tokio::runtime::Runtime;

use crate::{Pair, builder, names, pattern, soon, to, written};

/// More than every buffer on the way, so that a transfer of it can be caught in the middle.
const LARGE: usize = 48 << 20;

/// Only Linux says which datagram an ICMP error is about.
const UDP_TO_NOBODY: ErrorKind =
    if cfg!(target_os = "linux") { ErrorKind::Unreachable } else { ErrorKind::TimedOut };

#[tokio::test]
async fn nobody_there_is_said_at_once() {
    let pair = Pair::new().await;
    let nobody = to(&pair.bob);
    soon(pair.bob.shutdown()).await;
    let small = Message::from("x");
    // Large enough for TCP (RFC 3261 §18.1.1), and then for a second attempt over UDP.
    let large = Message::new().text("x").file(Outgoing::octets("a", "b")).file(Outgoing::octets("c", "d"));
    for message in [small, large] {
        let mut transfer = pair.alice.send(nobody.clone(), message).await.unwrap();
        let error = soon(transfer.outcome()).await.unwrap_err();
        assert_eq!(error.kind(), UDP_TO_NOBODY, "{error}");
    }
    soon(pair.alice.shutdown()).await;
}

#[tokio::test]
async fn a_sender_that_cancels_leaves_nothing_there() {
    let pair = Pair::new().await;
    let (mut transfer, mut reception) = pair.send_accepted(Outgoing::octets("large", pattern(LARGE))).await;
    while !matches!(soon(reception.next()).await.unwrap(), ReceptionEvent::Progress { received: 1.., .. }) {}
    transfer.cancel();
    let error = soon(transfer.outcome()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    let error = soon(reception.outcome()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Aborted | ErrorKind::ConnectionLost), "{error}");
    while let Some(event) = soon(transfer.next()).await {
        assert!(!matches!(event, TransferEvent::Delivered));
    }
    pair.bob.shutdown().await;
    assert!(pair.names().is_empty(), "{:?}", pair.names());
    pair.shutdown().await;
}

/// Two files on their way, of which the first is large; one side wants no more of it.
async fn one_of_two(by_sender: bool) -> (Vec<ItemState>, Vec<String>) {
    let pair = Pair::new().await;
    let files =
        Message::new().file(Outgoing::octets("large", pattern(LARGE))).file(Outgoing::octets("small", "b"));
    let (mut transfer, mut reception) = pair.send_accepted(files).await;
    while !matches!(soon(reception.next()).await.unwrap(), ReceptionEvent::Progress { item: 0, .. }) {}
    if by_sender {
        transfer.cancel_item(0);
    } else {
        reception.cancel_item(0);
    }
    let delivered = soon(transfer.outcome()).await;
    assert_eq!(delivered.is_ok(), by_sender, "{delivered:?}");
    let error = soon(reception.outcome()).await.unwrap_err();
    let expected = if by_sender { ErrorKind::Aborted } else { ErrorKind::Cancelled };
    assert_eq!(error.kind(), expected, "{error}");
    let states = transfer.states().to_vec();
    pair.bob.shutdown().await;
    let names = pair.names();
    pair.shutdown().await;
    (states, names)
}

#[tokio::test]
async fn a_file_that_its_sender_calls_off_leaves_the_other_alone() {
    let (states, names) = one_of_two(true).await;
    assert!(
        matches!(states[..], [ItemState::Cancelled, ItemState::Sent | ItemState::Delivered]),
        "{states:?}"
    );
    assert_eq!(names, ["small"]);
}

#[tokio::test]
async fn a_file_that_its_receiver_stops_leaves_the_other_alone() {
    let (states, names) = one_of_two(false).await;
    assert!(
        matches!(states[..], [ItemState::Failed(_), ItemState::Sent | ItemState::Delivered]),
        "{states:?}"
    );
    assert_eq!(names, ["small"]);
}

#[tokio::test]
async fn a_transfer_that_is_dropped_is_cancelled() {
    let pair = Pair::new().await;
    let (transfer, mut reception) = pair.send_accepted(Outgoing::octets("large", pattern(LARGE))).await;
    while !matches!(soon(reception.next()).await.unwrap(), ReceptionEvent::Progress { received: 1.., .. }) {}
    drop(transfer);
    assert!(soon(reception.outcome()).await.is_err());
    pair.bob.shutdown().await;
    assert!(pair.names().is_empty(), "{:?}", pair.names());
    pair.shutdown().await;
}

#[tokio::test]
async fn a_transfer_cancelled_before_the_answer_is_no_offer_any_more() {
    let pair = Pair::new().await;
    let (mut transfer, offer) = pair.send("hello").await;
    transfer.cancel();
    assert_eq!(soon(transfer.outcome()).await.unwrap_err().kind(), ErrorKind::Cancelled);
    while soon(transfer.next()).await.is_some() {}
    let error = soon(offer.accept_all(pair.sink())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    pair.shutdown().await;
}

#[tokio::test]
async fn a_receiver_that_stops_tells_the_sender() {
    let pair = Pair::new().await;
    let (mut transfer, mut reception) = pair.send_accepted(Outgoing::octets("large", pattern(LARGE))).await;
    while !matches!(soon(reception.next()).await.unwrap(), ReceptionEvent::Progress { received: 1.., .. }) {}
    drop(reception);
    let error = soon(transfer.outcome()).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Refused | ErrorKind::Aborted | ErrorKind::ConnectionLost),
        "{error}"
    );
    pair.bob.shutdown().await;
    assert!(pair.names().is_empty(), "{:?}", pair.names());
    pair.shutdown().await;
}

#[test]
fn a_receiver_that_vanishes_is_noticed_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mine, theirs) = (Runtime::new().unwrap(), Runtime::new().unwrap());
    let alice = mine.block_on(builder("alice").start()).unwrap();
    let bob = theirs.block_on(builder("bob").start()).unwrap();
    let mut incoming = bob.incoming();
    let mut transfer = mine.block_on(alice.send(to(&bob), Outgoing::octets("a", pattern(LARGE)))).unwrap();
    theirs.block_on(async {
        let offer = soon(incoming.next()).await.unwrap();
        let mut reception = soon(offer.accept_all(Sink::dir(folder.path()))).await.unwrap();
        while !matches!(soon(reception.next()).await.unwrap(), ReceptionEvent::Progress { received: 1.., .. })
        {
        }
        reception.detach();
    });
    drop(theirs);
    let error = mine.block_on(soon(transfer.outcome())).unwrap_err();
    // Refused: its file was gone a moment before its socket.
    let expected = [ErrorKind::ConnectionLost, ErrorKind::Aborted, ErrorKind::Refused];
    assert!(expected.contains(&error.kind()), "{error}");
    assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
    mine.block_on(alice.shutdown());
}

#[test]
fn a_sender_that_vanishes_is_noticed_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mine, theirs) = (Runtime::new().unwrap(), Runtime::new().unwrap());
    let alice = theirs.block_on(builder("alice").start()).unwrap();
    let bob = mine.block_on(builder("bob").start()).unwrap();
    let mut incoming = bob.incoming();
    let transfer = theirs.block_on(alice.send(to(&bob), Outgoing::octets("a", pattern(LARGE)))).unwrap();
    let mut reception = mine.block_on(async {
        let offer = soon(incoming.next()).await.unwrap();
        let mut reception = soon(offer.accept_all(Sink::dir(folder.path()))).await.unwrap();
        while !matches!(soon(reception.next()).await.unwrap(), ReceptionEvent::Progress { received: 1.., .. })
        {
        }
        reception
    });
    transfer.detach();
    drop(theirs);
    mine.block_on(async {
        let error = soon(reception.outcome()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::ConnectionLost | ErrorKind::Aborted), "{error}");
        soon(bob.shutdown()).await;
    });
    assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
}

#[tokio::test]
async fn a_file_that_shrinks_while_it_is_sent_is_an_error_on_both_sides() {
    let pair = Pair::new().await;
    let source = tempfile::tempdir().unwrap();
    let (mut transfer, offer) = pair.send(written(&source, "a", &pattern(LARGE))).await;
    fs::OpenOptions::new().write(true).open(source.path().join("a")).unwrap().set_len(1000).unwrap();
    let mut reception = soon(offer.accept_all(pair.sink())).await.unwrap();
    let error = soon(transfer.outcome()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File, "{error}");
    assert!(soon(reception.outcome()).await.is_err());
    pair.bob.shutdown().await;
    assert!(pair.names().is_empty(), "{:?}", pair.names());
    pair.shutdown().await;
}

#[tokio::test]
async fn a_file_that_vanishes_after_the_offer_is_sent_as_offered() {
    let pair = Pair::new().await;
    let source = tempfile::tempdir().unwrap();
    let (mut transfer, offer) = pair.send(written(&source, "a", &pattern(3 << 20))).await;
    fs::remove_file(source.path().join("a")).unwrap();
    let mut reception = soon(offer.accept_all(pair.sink())).await.unwrap();
    soon(reception.outcome()).await.unwrap();
    soon(transfer.outcome()).await.unwrap();
    assert!(fs::read(pair.folder.path().join("a")).unwrap() == pattern(3 << 20));
    pair.shutdown().await;
}

#[tokio::test]
async fn a_file_that_is_not_there_is_said_before_anything_is_sent() {
    let pair = Pair::new().await;
    let error = pair.alice.send(pair.to_bob(), Outgoing::path("/nowhere/a")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File);
    assert!(error.to_string().contains("/nowhere/a"), "{error}");
    pair.shutdown().await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_refuses_the_offer() {
    let pair = Pair::new().await;
    let (mut transfer, offer) = pair.send(Outgoing::octets("a", "b")).await;
    let missing = pair.folder.path().join("missing");
    let error = soon(offer.accept_all(Sink::dir(&missing))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File);
    assert!(error.to_string().contains("missing"), "{error}");
    assert_eq!(soon(transfer.outcome()).await.unwrap_err().status(), Some(603));
    pair.shutdown().await;
}

#[tokio::test]
async fn files_that_do_not_fit_are_refused_before_a_byte_of_them_is_sent() {
    let pair = Pair::new().await;
    // Either of them would.
    let half = fs4::available_space(pair.folder.path()).unwrap() / 3 * 2;
    let file = |name: &str| Outgoing::reader(name, half, std::io::empty());
    let (mut transfer, offer) = pair.send(Message::new().file(file("a")).file(file("b"))).await;
    let error = soon(offer.accept_all(pair.sink())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File);
    assert_eq!(std::io::Error::from(error).kind(), std::io::ErrorKind::StorageFull);
    assert_eq!(soon(transfer.outcome()).await.unwrap_err().status(), Some(603));
    assert!(pair.names().is_empty());
    pair.shutdown().await;
}

#[tokio::test]
async fn a_folder_that_goes_away_is_an_error_on_both_sides() {
    let pair = Pair::new().await;
    let inbox = tempfile::tempdir().unwrap();
    let (mut transfer, offer) = pair.send(Outgoing::octets("a", pattern(5 << 20))).await;
    let folder = inbox.path().join("inbox");
    fs::create_dir(&folder).unwrap();
    let mut reception = soon(offer.accept_all(Sink::dir(&folder))).await.unwrap();
    fs::remove_dir_all(&folder).unwrap();
    let error = soon(reception.outcome()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File, "{error}");
    assert!(soon(transfer.outcome()).await.is_err());
    pair.shutdown().await;
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_before_anything_is_sent() {
    let pair = Pair::new().await;
    let error = pair.alice.send(pair.to_bob(), Message::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    let two = ["sip:bob@127.0.0.1", "sip:carol@127.0.0.1"].map(|uri| uri.parse().unwrap());
    let error = pair.alice.send(To::list(two), "x").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "no conference factory: {error}");
    let error = pair.alice.send(pair.to_bob(), Outgoing::octets("a\r\nb", "x")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    pair.shutdown().await;
}

#[tokio::test]
async fn a_registrar_that_is_not_there_is_an_error() {
    let nobody = std::net::TcpListener::bind(crate::loopback()).unwrap().local_addr().unwrap();
    for (transport, expected) in [("tcp", ErrorKind::Unreachable), ("udp", UDP_TO_NOBODY)] {
        let registrar = format!("sip:{nobody};transport={transport}").parse().unwrap();
        let client = builder("alice").registrar(registrar).password("x").start().await.unwrap();
        let error = soon(client.register()).await.unwrap_err();
        assert_eq!(error.kind(), expected, "{error}");
        tokio::time::timeout(Duration::from_secs(10), client.shutdown()).await.expect("ends");
    }
}

#[tokio::test]
async fn a_reception_that_is_cancelled_at_its_very_end_is_there_or_it_is_not() {
    const SIZE: usize = 2 << 20;
    // While it is stored, hashed, given its name, or later: each machine has its own.
    for delay in [0, 2, 5, 10, 20, 40, 80] {
        let pair = Pair::new().await;
        let (mut transfer, mut reception) =
            pair.send_accepted(Outgoing::octets("large", pattern(SIZE))).await;
        let all = u64::try_from(SIZE).unwrap();
        while !matches!(soon(reception.next()).await.unwrap(), ReceptionEvent::Progress { received, .. } if received == all)
        {
        }
        tokio::time::sleep(Duration::from_millis(delay)).await;
        reception.cancel();
        let (sent, received) = (soon(transfer.outcome()).await, soon(reception.outcome()).await);
        pair.bob.shutdown().await;
        let there = !pair.names().is_empty();
        assert_eq!(
            (sent.is_ok(), received.is_ok()),
            (there, there),
            "cancelled after {delay} ms: {:?}, sender: {sent:?}, receiver: {received:?}",
            pair.names()
        );
        pair.shutdown().await;
    }
}
