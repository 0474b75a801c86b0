//! Files that broke off and go on where they stopped (`file-range`, RFC 5547 §6).

use std::fs;
use std::net::SocketAddr;

use bytes::Bytes;
use simple_im_client::{
    Client, ErrorKind, Hashing, ItemState, Journal, Message, Outgoing, Received, ReceptionEvent, Sink,
    TransferEvent,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::{Pair, builder, files, loopback, names, pattern, soon, to};

/// More than every buffer on the way, so that a transfer of it can be caught in the middle.
const LARGE: usize = 48 << 20;
/// Octets that are there when it breaks off.
const BROKEN_OFF: u64 = 20 << 20;

/// A sender with a journal, and the folder of a receiver.
struct Desk {
    alice: Client,
    runtime: Runtime,
    journal: TempDir,
    inbox: TempDir,
    octets: Bytes,
    /// Where bob always is.
    bob: SocketAddr,
}

impl Desk {
    /// A large file has broken off in the middle, with the receiver gone.
    fn broken_off() -> Self {
        let runtime = Runtime::new().unwrap();
        let alice = runtime.block_on(builder("alice").start()).unwrap();
        let (journal, inbox) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut desk =
            Self { alice, runtime, journal, inbox, octets: pattern(LARGE).into(), bob: loopback() };
        let theirs = Runtime::new().unwrap();
        let bob = theirs.block_on(builder("bob").start()).unwrap();
        desk.bob = bob.sip_address();
        let mut incoming = bob.incoming();
        let mut transfer = desk.runtime.block_on(desk.alice.send(to(&bob), desk.message())).unwrap();
        assert_eq!(transfer.items()[0].skip, 0);
        theirs.block_on(async {
            let offer = soon(incoming.next()).await.unwrap();
            let mut reception = soon(offer.accept_all(desk.sink())).await.unwrap();
            let there = |event: &ReceptionEvent| matches!(event, ReceptionEvent::Progress { received, .. } if *received > BROKEN_OFF);
            while !there(&soon(reception.next()).await.unwrap()) {}
            reception.detach();
        });
        drop(theirs);
        desk.runtime.block_on(soon(async {
            assert!(transfer.outcome().await.is_err());
            while transfer.next().await.is_some() {}
        }));
        // Another process from here on.
        desk.runtime.block_on(desk.alice.shutdown());
        desk.alice = desk.runtime.block_on(builder("alice").start()).unwrap();
        desk
    }

    fn message(&self) -> Message {
        let file = Outgoing::octets("large.bin", self.octets.clone());
        Message::from(file).journal(Journal::at(self.journal.path()))
    }

    fn sink(&self) -> Sink {
        Sink::dir(self.inbox.path()).resumable()
    }

    /// Sends to a bob who is there again: how many octets were left out, and the outcomes on both sides.
    fn send(
        &self,
        message: Message,
        sink: Sink,
    ) -> (u64, Result<ItemState, ErrorKind>, Result<Vec<Received>, ErrorKind>) {
        self.runtime.block_on(soon(async {
            let bob = builder("bob").listen(self.bob).start().await.unwrap();
            let mut incoming = bob.incoming();
            let mut transfer = self.alice.send(to(&bob), message).await.unwrap();
            let skip = transfer.items()[0].skip;
            let offer = incoming.next().await.unwrap();
            let mut reception = offer.accept_all(sink).await.unwrap();
            let received = reception.outcome().await.map_err(|error| error.kind());
            let sent = transfer.outcome().await.map_err(|error| error.kind());
            while transfer.next().await.is_some() {}
            bob.shutdown().await;
            (skip, sent.map(|outcome| outcome.items[0].clone()), received)
        }))
    }

    /// A bob in a runtime of his own, to be dropped in the middle of what he receives.
    fn bob(&self) -> (Runtime, Client) {
        let theirs = Runtime::new().unwrap();
        let bob = theirs.block_on(builder("bob").listen(self.bob).start()).unwrap();
        (theirs, bob)
    }

    /// What is kept of the file.
    fn kept(&self) -> Vec<u8> {
        let names = names(self.inbox.path());
        assert!(names.len() == 1 && names[0].ends_with(".part"), "{names:?}");
        fs::read(self.inbox.path().join(&names[0])).unwrap()
    }

    /// The file arrived, and nothing else is left anywhere.
    #[track_caller]
    fn arrived(self, received: &[Received]) {
        assert!(fs::read(files(received)[0]).unwrap() == self.octets);
        assert_eq!(names(self.inbox.path()), ["large.bin"]);
        self.runtime.block_on(self.alice.shutdown());
        assert!(names(self.journal.path()).is_empty(), "{:?}", names(self.journal.path()));
    }
}

#[test]
fn a_file_that_broke_off_goes_on_where_it_stopped() {
    let desk = Desk::broken_off();
    let kept = desk.kept();
    assert!(desk.octets.starts_with(&kept), "what is kept is the start of the file");
    assert_eq!(names(desk.journal.path()).len(), 1);
    let (skip, sent, received) = desk.send(desk.message(), desk.sink());
    assert!(skip > 0 && skip <= u64::try_from(kept.len()).unwrap(), "{skip} of {}", kept.len());
    assert!(matches!(sent, Ok(ItemState::Sent)), "{sent:?}");
    let received = received.unwrap();
    assert!(matches!(received.as_slice(), [Received::File { hash: Some(_), .. }]), "the whole is verified");
    desk.arrived(&received);
}

#[test]
fn a_receiver_that_kept_nothing_refuses_the_rest_and_gets_all_of_it_the_next_time() {
    let desk = Desk::broken_off();
    let elsewhere = tempfile::tempdir().unwrap();
    let message = desk.message();
    let (skip, sent, received) = desk.send(message.clone(), Sink::dir(elsewhere.path()).resumable());
    assert!(skip > 0);
    assert!(matches!(sent, Err(ErrorKind::Refused)), "{sent:?}");
    assert!(matches!(received, Err(ErrorKind::NoStart)), "{received:?}");
    assert!(names(elsewhere.path()).is_empty());
    let (skip, sent, received) = desk.send(message, desk.sink());
    assert_eq!(skip, 0);
    assert!(matches!(sent, Ok(ItemState::Sent)), "{sent:?}");
    desk.arrived(&received.unwrap());
}

#[test]
fn a_start_that_is_not_of_the_file_is_found_out_and_removed() {
    let desk = Desk::broken_off();
    let name = desk.inbox.path().join(&names(desk.inbox.path())[0]);
    let mut kept = desk.kept();
    kept[1000] ^= 1;
    fs::write(&name, &kept).unwrap();
    let (skip, sent, received) = desk.send(desk.message(), desk.sink());
    assert!(skip > 0);
    assert!(matches!(sent, Err(ErrorKind::Refused)), "{sent:?}");
    assert!(matches!(received, Err(ErrorKind::Mismatch)), "{received:?}");
    assert!(names(desk.inbox.path()).is_empty(), "{:?}", names(desk.inbox.path()));
    let (skip, _, received) = desk.send(desk.message(), desk.sink());
    assert_eq!(skip, 0);
    desk.arrived(&received.unwrap());
}

#[test]
fn rfc4975_10_5_who_stops_a_file_in_the_middle_has_what_is_there() {
    let desk = Desk::broken_off();
    let (theirs, bob) = desk.bob();
    let mut transfer = desk.runtime.block_on(desk.alice.send(to(&bob), desk.message())).unwrap();
    let first = transfer.items()[0].skip;
    theirs.block_on(async {
        let offer = soon(bob.incoming().next()).await.unwrap();
        let mut reception = soon(offer.accept_all(desk.sink())).await.unwrap();
        let there = |event: &ReceptionEvent| matches!(event, ReceptionEvent::Progress { received, .. } if *received > first + (10 << 20));
        while !there(&soon(reception.next()).await.unwrap()) {}
        reception.cancel();
        while soon(reception.next()).await.is_some() {}
    });
    desk.runtime.block_on(soon(async {
        assert!(transfer.outcome().await.is_err());
        while transfer.next().await.is_some() {}
    }));
    theirs.block_on(bob.shutdown());
    let (skip, sent, received) = desk.send(desk.message(), desk.sink());
    assert!(skip > first, "{skip}");
    assert!(matches!(sent, Ok(ItemState::Sent)), "{sent:?}");
    desk.arrived(&received.unwrap());
}

#[tokio::test]
async fn who_calls_a_file_off_may_go_on_with_it_at_once() {
    let pair = Pair::new().await;
    let journal = tempfile::tempdir().unwrap();
    let file = Outgoing::octets("large.bin", pattern(LARGE));
    let message = Message::from(file).journal(Journal::at(journal.path()));
    let (mut transfer, offer) = pair.send(message.clone()).await;
    soon(offer.accept_all(pair.sink().resumable())).await.unwrap().detach();
    let there = |event: &TransferEvent| matches!(event, TransferEvent::Progress { acknowledged, .. } if *acknowledged > BROKEN_OFF);
    while !there(&soon(transfer.next()).await.unwrap()) {}
    transfer.cancel();
    soon(transfer.outcome()).await.unwrap_err();
    let (mut transfer, offer) = pair.send(message).await;
    assert!(transfer.items()[0].skip > 0);
    let mut reception = soon(offer.accept_all(pair.sink().resumable())).await.unwrap();
    soon(reception.outcome()).await.unwrap();
    soon(transfer.outcome()).await.unwrap();
    assert_eq!(pair.names(), ["large.bin"]);
    pair.shutdown().await;
}

#[test]
fn what_is_wrong_with_one_file_says_nothing_of_another() {
    let desk = Desk::broken_off();
    let (theirs, bob) = desk.bob();
    let message = Message::from(Outgoing::octets("spoiled.bin", pattern(10_000)).skip(5000));
    let message = message.file(Outgoing::octets("large.bin", desk.octets.clone()));
    let message = message.journal(Journal::at(desk.journal.path()));
    let mut transfer = desk.runtime.block_on(desk.alice.send(to(&bob), message)).unwrap();
    assert!(transfer.items()[1].skip > 0);
    let spoiled = format!(".{}.part", transfer.items()[0].sha1.unwrap());
    fs::write(desk.inbox.path().join(&spoiled), [0; 5000]).unwrap();
    theirs.block_on(async {
        let offer = soon(bob.incoming().next()).await.unwrap();
        soon(offer.accept_all(desk.sink())).await.unwrap().detach();
    });
    desk.runtime.block_on(soon(async {
        let wrong = |event: &TransferEvent| matches!(event, TransferEvent::ItemFailed { item: 0, error } if error.status() == Some(400));
        while !wrong(&transfer.next().await.unwrap()) {}
    }));
    drop((theirs, bob));
    let error = desk.runtime.block_on(soon(transfer.outcome())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    desk.runtime.block_on(soon(async { while transfer.next().await.is_some() {} }));
    let (skip, _, received) = desk.send(desk.message(), desk.sink());
    assert!(skip > 0);
    // Of the other file something may be left: bob had no time to remove it.
    assert!(fs::read(files(&received.unwrap())[0]).unwrap() == desk.octets);
}

#[tokio::test]
async fn a_journal_that_cannot_be_kept_is_said_before_anything_is_sent() {
    let pair = Pair::new().await;
    let file = pair.folder.path().join("file");
    fs::write(&file, "").unwrap();
    let message = Message::from(Outgoing::octets("a", "b")).journal(Journal::at(&file));
    let error = pair.alice.send(pair.to_bob(), message).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File);
    assert!(
        error.to_string().starts_with(&format!("cannot keep a journal in {}", file.display())),
        "{error}"
    );
    pair.shutdown().await;
}

#[tokio::test]
async fn the_rest_of_what_has_no_hash_is_not_sent() {
    let pair = Pair::new().await;
    let reader = Outgoing::reader("a", 3, &b"abc"[..]).skip(1);
    let unhashed = Outgoing::octets("a", "abc").hashing(Hashing::None).skip(1);
    for file in [reader, unhashed] {
        let error = pair.alice.send(pair.to_bob(), file).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
    let error = pair.alice.send(pair.to_bob(), Outgoing::octets("a", "abc").skip(3)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    pair.shutdown().await;
}

#[test]
fn a_sender_that_comes_back_need_not_wait_for_its_dead_connection() {
    let inbox = tempfile::tempdir().unwrap();
    let octets = Bytes::from(pattern(LARGE));
    let theirs = Runtime::new().unwrap();
    let bob = theirs.block_on(builder("bob").start()).unwrap();
    let (sink, mut incoming) = (Sink::dir(inbox.path()).resumable(), bob.incoming());
    let receiving = theirs.spawn(async move {
        let mut received = Vec::new();
        for _ in 0..2 {
            let offer = soon(incoming.next()).await.unwrap();
            let mut reception = soon(offer.accept_all(sink.clone())).await.unwrap();
            received.push(tokio::spawn(async move { soon(reception.outcome()).await }));
        }
        received
    });
    // Nobody drives its sockets any more once this returns, and nothing closes them.
    let frozen = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let there = 8 << 20;
    let (alice, transfer) = frozen.block_on(soon(async {
        let alice = builder("alice").start().await.unwrap();
        let mut transfer = alice.send(to(&bob), Outgoing::octets("large.bin", octets.clone())).await.unwrap();
        let enough = |event: &TransferEvent| matches!(event, TransferEvent::Progress { acknowledged, .. } if *acknowledged > there + (4 << 20));
        while !enough(&transfer.next().await.unwrap()) {}
        (alice, transfer)
    }));
    let mine = Runtime::new().unwrap();
    mine.block_on(soon(async {
        let alice = builder("alice").start().await.unwrap();
        let rest = Outgoing::octets("large.bin", octets.clone()).skip(there);
        let sent = alice.send(to(&bob), rest).await.unwrap().outcome().await;
        assert!(sent.is_ok(), "{sent:?}");
        alice.shutdown().await;
    }));
    theirs.block_on(soon(async {
        let mut received = receiving.await.unwrap();
        let (second, first) = (received.pop().unwrap(), received.pop().unwrap());
        assert_eq!(first.await.unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
        assert!(fs::read(files(&second.await.unwrap().unwrap())[0]).unwrap() == octets);
        bob.shutdown().await;
    }));
    assert_eq!(names(inbox.path()), ["large.bin"]);
    drop((transfer, alice));
}
