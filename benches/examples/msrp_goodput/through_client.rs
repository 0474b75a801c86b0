//! One file from client to client: INVITE, MSRP, REPORT, BYE, as any application would do it.

use std::sync::mpsc;
use std::thread;

use client::{Account, Client, Delivery, MediaSecurity, Outgoing, Profile, Received, Sink, To};
use tokio::runtime::{Builder, Handle};

use crate::Settings;
use crate::measured::{Mark, Measured};
use crate::tls::Identity;

/// Sends `file` into `sink`.
pub(crate) fn transfer(file: Outgoing, sink: Sink, settings: &Settings, tls: Option<&Identity>) -> Measured {
    let (octets, read): (u64, _) = (settings.octets.try_into().unwrap(), settings.read);
    let shared = settings
        .threads
        .map(|threads| Builder::new_multi_thread().worker_threads(threads).enable_all().build().unwrap());
    let shared = shared.as_ref().map(|runtime| runtime.handle());
    let (address, at) = mpsc::channel();
    // Whoever is done first waits for the other one, so that shutting down costs neither of them.
    let (alice_done, wait_for_alice) = tokio::sync::oneshot::channel();
    let (bob_done, wait_for_bob) = tokio::sync::oneshot::channel();
    thread::scope(|scope| {
        let bob = scope.spawn(move || {
            run(shared, async move {
                let bob = start("bob", tls, read).await;
                let mut incoming = bob.incoming();
                address.send(bob.sip_address()).unwrap();
                let offer = incoming.next().await.unwrap();
                let start = Mark::now();
                let mut reception = offer.accept_all(sink).await.unwrap();
                let received = reception.outcome().await.unwrap();
                let end = Mark::now();
                assert!(matches!(received.as_slice(), [Received::File { size, .. }] if *size == octets));
                let _ = bob_done.send(());
                wait_for_alice.await.unwrap();
                bob.shutdown().await;
                (start, end)
            })
        });
        let at = at.recv().unwrap();
        let alice_end = run(shared, async move {
            let alice = start("alice", tls, read).await;
            let to = To::one(format!("sip:bob@{at}").parse().unwrap());
            let mut transfer = alice.send(to, file).await.unwrap();
            assert_eq!(transfer.outcome().await.unwrap().delivery, Delivery::Delivered);
            let end = Mark::now();
            let _ = alice_done.send(());
            wait_for_bob.await.unwrap();
            alice.shutdown().await;
            end
        });
        let (start, bob_end) = bob.join().unwrap();
        bob_end.max(alice_end).since(start)
    })
}

async fn start(name: &str, tls: Option<&Identity>, read: Option<usize>) -> Client {
    let account = Account::new(format!("sip:{name}@127.0.0.1").parse().unwrap());
    let mut builder = Client::builder(account).listen("127.0.0.1:0".parse().unwrap());
    if let Some(read) = read {
        let mut limits = net::Limits::default();
        limits.read_octets = read;
        builder = builder.net(limits);
    }
    if let Some(identity) = tls {
        let mut profile = Profile::generic();
        profile.media_security = MediaSecurity::Required;
        builder = builder.tls(identity.announced()).profile(profile);
    }
    builder.start().await.unwrap()
}

/// Runs a side on the shared runtime, or on one of its own on this thread.
fn run<T>(shared: Option<&Handle>, side: impl Future<Output = T>) -> T {
    match shared {
        Some(handle) => handle.block_on(side),
        None => Builder::new_current_thread().enable_all().build().unwrap().block_on(side),
    }
}
