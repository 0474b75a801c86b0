//! Messages that arrive.

use std::fs;

use simple_im_client::{
    Delivery, ErrorKind, FileHash, Hashing, Intent, ItemState, Message, OfferedItem, Outgoing, Pick,
    Received, Sha256Hash, Sink, TransferEvent,
};

use crate::{Pair, builder, files, loopback, pattern, soon, to, written};

#[tokio::test]
async fn files_that_are_held_back_arrive_whole() {
    let pair = Pair::new().await;
    let source = tempfile::tempdir().unwrap();
    let (octets, disk) = (pattern(300_000), pattern(1 << 20));
    let message = Message::new()
        .file(Outgoing::octets("a", octets.clone()))
        .file(written(&source, "b", &disk))
        .file(Outgoing::octets("c", ""))
        .rate(100 << 20);
    let (mut transfer, mut reception) = pair.send_accepted(message).await;
    let received = soon(reception.outcome()).await.unwrap();
    assert_eq!(soon(transfer.outcome()).await.unwrap().delivery, Delivery::Delivered);
    let files = files(&received);
    assert!(fs::read(files[0]).unwrap() == octets && fs::read(files[1]).unwrap() == disk);
    pair.shutdown().await;
}

#[tokio::test]
async fn a_text_arrives() {
    let pair = Pair::new().await;
    let (mut transfer, offer) = pair.send("héllo\r\n-------x$").await;
    assert!(matches!(offer.items(), [OfferedItem::Text]));
    assert_eq!(offer.from().uri.as_str(), "sip:alice@127.0.0.1");
    let mut reception = soon(offer.accept_all(pair.sink())).await.unwrap();
    let received = soon(reception.outcome()).await.unwrap();
    assert!(
        matches!(received.as_slice(), [Received::Text { item: 0, text, .. }] if text == "héllo\r\n-------x$"),
        "{received:?}"
    );
    let outcome = soon(transfer.outcome()).await.unwrap();
    assert_eq!((outcome.delivery, outcome.focus), (Delivery::Delivered, false));
    assert!(matches!(outcome.items.as_slice(), [ItemState::Sent]), "{:?}", outcome.items);
    pair.shutdown().await;
}

#[tokio::test]
async fn files_of_every_size_arrive_byte_for_byte() {
    let pair = Pair::new().await;
    let source = tempfile::tempdir().unwrap();
    let sizes = [0, 1, 2047, 2048, 2049, 61_440, 61_441, 1 << 20, (3 << 20) + 7];
    let mut message = Message::new().text("files");
    for (i, size) in sizes.into_iter().enumerate() {
        message = message.file(written(&source, &format!("{i} \"é%\".bin"), &pattern(size)));
    }
    let (mut transfer, mut reception) = pair.send_accepted(message).await;
    let received = soon(reception.outcome()).await.unwrap();
    let files = files(&received);
    assert_eq!(files.len(), sizes.len());
    for (path, size) in files.iter().zip(sizes) {
        assert!(fs::read(path).unwrap() == pattern(size), "{size} octets");
    }
    for received in &received {
        if let Received::File { item, size, hash, .. } = received {
            let sent = &transfer.items()[*item];
            assert_eq!((*size, *hash), (sent.size, sent.sha1.map(FileHash::Sha1)));
        }
    }
    assert_eq!(soon(transfer.outcome()).await.unwrap().delivery, Delivery::Delivered);
    pair.shutdown().await;
}

/// Sends `file` into `sink`; what arrived.
async fn arrives(file: Outgoing, sink: Sink) -> Received {
    let pair = Pair::new().await;
    let (mut transfer, offer) = pair.send(file).await;
    let mut reception = soon(offer.accept_all(sink)).await.unwrap();
    let received = soon(reception.outcome()).await.unwrap().remove(0);
    assert_eq!(soon(transfer.outcome()).await.unwrap().delivery, Delivery::Delivered);
    pair.shutdown().await;
    received
}

#[tokio::test]
async fn a_file_goes_from_memory_to_memory() {
    let content = pattern(1_000_000);
    for hashing in [Hashing::None, Hashing::Sha1, Hashing::Sha256] {
        let file = Outgoing::octets("a.bin", content.clone()).hashing(hashing);
        let Received::File { path, octets, size, hash, .. } = arrives(file, Sink::memory(1_000_000)).await
        else {
            panic!("a file");
        };
        assert!(path.as_os_str().is_empty() && size == 1_000_000);
        assert!(octets.unwrap() == content);
        assert!(match hashing {
            Hashing::Sha1 => matches!(hash, Some(FileHash::Sha1(_))),
            Hashing::Sha256 => hash == Some(FileHash::Sha256(Sha256Hash::of(&content))),
            _ => hash.is_none(),
        });
    }
}

#[tokio::test]
async fn a_file_goes_from_a_reader_to_a_writer() {
    let content = pattern(3_000_001);
    let reader = std::io::Cursor::new(content.clone());
    let written = tempfile::tempdir().unwrap();
    let path = written.path().join("copy");
    let sink = Sink::writers({
        let path = path.clone();
        move |name| {
            assert_eq!(name.as_str(), "a.bin");
            fs::File::create(&path)
        }
    });
    let Received::File { hash, octets, .. } =
        arrives(Outgoing::reader("a.bin", 3_000_001, reader), sink).await
    else {
        panic!("a file");
    };
    assert!(hash.is_none() && octets.is_none());
    assert!(fs::read(path).unwrap() == content);
}

#[tokio::test]
async fn a_file_that_memory_is_not_given_for_is_refused_when_it_is_accepted() {
    let pair = Pair::new().await;
    let (transfer, offer) = pair.send(Outgoing::octets("a.bin", pattern(11))).await;
    let error = soon(offer.accept_all(Sink::memory(10))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File);
    drop(transfer);
    pair.shutdown().await;
}

#[tokio::test]
async fn a_reader_that_ends_early_makes_the_file_fail_on_both_sides() {
    let pair = Pair::new().await;
    let reader = std::io::Cursor::new(pattern(200_000));
    let (mut transfer, offer) = pair.send(Outgoing::reader("a.bin", 3_000_000, reader)).await;
    let mut reception = soon(offer.accept_all(Sink::memory(1 << 30))).await.unwrap();
    assert_eq!(soon(transfer.outcome()).await.unwrap_err().kind(), ErrorKind::File);
    assert!(soon(reception.outcome()).await.is_err());
    pair.shutdown().await;
}

#[tokio::test]
async fn seed_20_one_file_of_two_is_refused_before_it_flows() {
    let pair = Pair::new().await;
    let message = Message::new().file(Outgoing::octets("small.txt", pattern(10))).file(
        Outgoing::octets("large.bin", pattern(5000)).intent(Intent::Share).preview("image/png", pattern(99)),
    );
    let (mut transfer, offer) = pair.send(message).await;
    let [OfferedItem::File { .. }, OfferedItem::File { name, offer: file, icon, .. }] = offer.items() else {
        panic!("{offer:?}")
    };
    assert_eq!((name.as_str(), file.size), ("large.bin", Some(5000)));
    assert_eq!(icon.as_ref().unwrap().octets, pattern(99));
    let picks = offer.pick(|item| matches!(item, OfferedItem::File { offer, .. } if offer.size < Some(100)));
    assert_eq!(picks, [Pick::Accept, Pick::Refuse]);
    let mut reception = soon(offer.accept(picks, pair.sink())).await.unwrap();
    assert_eq!(soon(reception.outcome()).await.unwrap().len(), 1);
    assert_eq!(pair.names(), ["small.txt"]);

    let mut seen = Vec::new();
    while let Some(event) = soon(transfer.next()).await {
        match event {
            TransferEvent::Accepted { item } => seen.push(format!("accepted {item}")),
            TransferEvent::Refused { item } => seen.push(format!("refused {item}")),
            TransferEvent::Sent { item } => seen.push(format!("sent {item}")),
            TransferEvent::Delivered => seen.push("delivered".to_owned()),
            TransferEvent::Closed => seen.push("closed".to_owned()),
            TransferEvent::Progress { item, .. } => assert_eq!(item, 0),
            TransferEvent::Ringing | TransferEvent::Answered { focus: false } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(seen, ["accepted 0", "refused 1", "sent 0", "delivered", "closed"]);
    let outcome = soon(transfer.outcome()).await.unwrap();
    assert!(matches!(outcome.items.as_slice(), [ItemState::Sent, ItemState::Refused]));
    pair.shutdown().await;
}

#[tokio::test]
async fn who_decides_is_told_that_there_is_nothing_left_to_decide() {
    let pair = Pair::new().await;
    let (transfer, offer) = pair.send("hello?").await;
    transfer.cancel();
    soon(offer.closed()).await;
    let error = soon(offer.accept_all(pair.sink())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    let (_transfer, offer) = pair.send("hello?").await;
    soon(pair.bob.shutdown()).await;
    soon(offer.closed()).await;
    pair.shutdown().await;
}

#[tokio::test]
async fn an_offer_that_is_dropped_is_refused() {
    let pair = Pair::new().await;
    let (mut transfer, offer) = pair.send("hello").await;
    drop(offer);
    let error = soon(transfer.outcome()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Refused, Some(603)), "{error}");
    pair.shutdown().await;
}

#[tokio::test]
async fn an_offer_of_which_nothing_is_picked_is_refused() {
    let pair = Pair::new().await;
    let (mut transfer, offer) = pair.send("hello").await;
    let picks = offer.pick(|_| false);
    // Whether there is anything left to receive is the machine's matter; the sender has to be told.
    let _reception = soon(offer.accept(picks, pair.sink())).await;
    assert_eq!(soon(transfer.outcome()).await.unwrap_err().kind(), ErrorKind::Refused);
    pair.shutdown().await;
}

#[tokio::test]
async fn a_received_name_stays_in_the_folder_and_replaces_nothing() {
    let pair = Pair::new().await;
    fs::write(pair.folder.path().join("passwd"), "mine").unwrap();
    let (_transfer, mut reception) = pair.send_accepted(Outgoing::octets("../../etc/passwd", "theirs")).await;
    let received = soon(reception.outcome()).await.unwrap();
    assert_eq!(files(&received), [pair.folder.path().join("passwd (1)")]);
    assert_eq!(fs::read(pair.folder.path().join("passwd")).unwrap(), b"mine");
    assert_eq!(fs::read(pair.folder.path().join("passwd (1)")).unwrap(), b"theirs");
    pair.shutdown().await;
}

#[tokio::test]
async fn handles_that_nobody_reads_hold_nobody_up() {
    let pair = Pair::new().await;
    let (transfer, mut reception) = pair.send_accepted(Outgoing::octets("a", pattern(20 << 20))).await;
    transfer.detach();
    let mut others = Vec::new();
    for _ in 0..3 {
        let (transfer, reception) = pair.send_accepted("never read").await;
        others.push((transfer, reception));
    }
    assert_eq!(soon(reception.outcome()).await.unwrap().len(), 1);
    assert_eq!(fs::metadata(pair.folder.path().join("a")).unwrap().len(), 20 << 20);
    for (mut transfer, mut reception) in others {
        assert_eq!(soon(reception.outcome()).await.unwrap().len(), 1);
        assert_eq!(soon(transfer.outcome()).await.unwrap().delivery, Delivery::Delivered);
    }
    pair.shutdown().await;
}

#[tokio::test]
async fn both_send_at_the_same_time_again_and_again() {
    let pair = Pair::new().await;
    let other = tempfile::tempdir().unwrap();
    let one_way = async {
        for i in 0..30 {
            let mut transfer =
                pair.alice.send(to(&pair.bob), Outgoing::octets("a", pattern(i * 1000))).await.unwrap();
            soon(transfer.outcome()).await.unwrap();
        }
    };
    let other_way = async {
        for i in 0..30 {
            let mut transfer =
                pair.bob.send(to(&pair.alice), Outgoing::octets("b", pattern(i * 999))).await.unwrap();
            soon(transfer.outcome()).await.unwrap();
        }
    };
    let accept = |client: &simple_im_client::Client, folder: &std::path::Path| {
        let (mut incoming, sink) = (client.incoming(), Sink::dir(folder));
        tokio::spawn(async move {
            while let Some(offer) = incoming.next().await {
                offer.accept_all(sink.clone()).await.unwrap().detach();
            }
        })
    };
    let readers = [accept(&pair.bob, pair.folder.path()), accept(&pair.alice, other.path())];
    tokio::join!(one_way, other_way);
    assert_eq!((pair.names().len(), crate::names(other.path()).len()), (30, 30));
    pair.shutdown().await;
    for reader in readers {
        soon(reader).await.unwrap();
    }
}

#[tokio::test]
async fn a_port_in_use_is_an_error_at_the_start() {
    let first = builder("alice").start().await.unwrap();
    let error = builder("alice").listen(first.sip_address()).start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Listen);
    assert!(error.to_string().contains(&first.sip_address().to_string()), "{error}");
    soon(first.shutdown()).await;
}

#[tokio::test]
async fn tls_is_refused_and_not_downgraded() {
    let client = builder("alice").listen(loopback()).start().await.unwrap();
    for uri in ["sips:bob@127.0.0.1:5061", "sip:bob@127.0.0.1;transport=TLS"] {
        let error = client.send(simple_im_client::To::one(uri.parse().unwrap()), "x").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{uri}");
    }
    let error = builder("alice").outbound_proxy("sip:p.example;transport=tls".parse().unwrap()).start().await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Unsupported);
    soon(client.shutdown()).await;
}
