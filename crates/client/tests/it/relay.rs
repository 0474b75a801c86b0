//! Content by way of MSRP relays (RFC 4976): one for both, one for either side, one for each.

use std::sync::{Arc, Mutex};

use server::Config;
use server::tokio::{Listen, Running};
use simple_im_client::{
    Builder, Client, Delivery, ErrorKind, Message, MsrpRelays, MsrpUri, Outgoing, PlainRelay, Sink, Tap, To,
    Wire,
};

use crate::{builder_for, files, pattern, soon};

/// A server with a relay for its users.
async fn server() -> Running {
    let config = Config::new("home1.example").user("alice", "a").user("bob", "b");
    let relay = "127.0.0.1:0".parse().unwrap();
    Running::start(&config, Listen::loopback().relay(relay)).await.unwrap()
}

/// The relay of a server, without TLS.
fn relays(server: &Running) -> MsrpRelays {
    let address = server.relay_address().unwrap();
    let mut relays = MsrpRelays::new(vec![MsrpUri::parse(format!("msrp://{address};tcp")).unwrap()]);
    relays.plain = PlainRelay::Allowed;
    relays
}

fn user(name: &str, password: &str) -> Builder {
    builder_for(format!("sip:{name}@127.0.0.1").parse().unwrap()).username(name).password(password)
}

/// Where MSRP came from and went to.
#[derive(Default)]
struct Peers(Mutex<Vec<std::net::SocketAddr>>);

impl Tap for Peers {
    fn sent(&self, wire: Wire, _: &[u8]) {
        if wire.protocol == pager::Protocol::Msrp {
            self.0.lock().unwrap().push(wire.peer);
        }
    }

    fn received(&self, wire: Wire, octets: &[u8]) {
        self.sent(wire, octets);
    }
}

/// Sends a text and 3 MiB from alice to bob.
async fn exchange(alice: &Client, bob: &Client) {
    let folder = tempfile::tempdir().unwrap();
    let content = pattern(3 << 20);
    let mut incoming = bob.incoming();
    let message = Message::new().text("by the long way").file(Outgoing::octets("plan.pdf", content.clone()));
    let to = format!("sip:bob@{}", bob.sip_address()).parse().unwrap();
    let mut transfer = alice.send(To::one(to), message).await.unwrap();
    let offer = soon(incoming.next()).await.expect("an offer");
    let mut reception = soon(offer.accept_all(Sink::dir(folder.path()))).await.unwrap();
    let received = soon(reception.outcome()).await.unwrap();
    assert_eq!(soon(transfer.outcome()).await.unwrap().delivery, Delivery::Delivered);
    assert!(std::fs::read(files(&received).first().unwrap()).unwrap() == content, "octets differ");
}

#[tokio::test]
async fn rfc4976_3_content_goes_through_the_relay_whoever_has_one() {
    let servers = [server().await, server().await];
    for (of_alice, of_bob) in [(Some(0), None), (None, Some(0)), (Some(0), Some(0)), (Some(0), Some(1))] {
        let peers = [Arc::new(Peers::default()), Arc::new(Peers::default())];
        let start = |name, password, relay: Option<usize>, tap: &Arc<Peers>| {
            let user = user(name, password).tap(tap.clone());
            match relay {
                Some(at) => user.relays(relays(&servers[at])),
                None => user,
            }
            .start()
        };
        let alice = start("alice", "a", of_alice, &peers[0]).await.unwrap();
        let bob = start("bob", "b", of_bob, &peers[1]).await.unwrap();
        exchange(&alice, &bob).await;
        // Whoever has a relay speaks to nobody else.
        for (relay, peers) in [(of_alice, &peers[0]), (of_bob, &peers[1])] {
            let Some(at) = relay else { continue };
            let peers = peers.0.lock().unwrap();
            let relay = servers[at].relay_address().unwrap();
            assert!(!peers.is_empty() && peers.iter().all(|&peer| peer == relay), "{peers:?}");
        }
        soon(alice.shutdown()).await;
        soon(bob.shutdown()).await;
    }
    for server in servers {
        soon(server.stop()).await;
    }
}

#[tokio::test]
async fn rfc4976_5_1_content_goes_through_two_relays_of_the_same_user() {
    let servers = [server().await, server().await];
    let mut both = relays(&servers[0]);
    both.uris.extend(relays(&servers[1]).uris);
    let peers = Arc::new(Peers::default());
    let bob = user("bob", "b").start().await.unwrap();
    let alice = user("alice", "a").relays(both).tap(peers.clone()).start().await.unwrap();
    exchange(&alice, &bob).await;
    let inner = servers[0].relay_address().unwrap();
    assert!(
        peers.0.lock().unwrap().iter().all(|&peer| peer == inner),
        "the outer relay is reached by the inner one"
    );
    soon(alice.shutdown()).await;
    soon(bob.shutdown()).await;
    for server in servers {
        soon(server.stop()).await;
    }
}

#[tokio::test]
async fn rfc4976_9_1_what_a_relay_refuses_is_told_before_anybody_is_called() {
    let server = server().await;
    let bob = user("bob", "b").start().await.unwrap();
    let mut incoming = bob.incoming();
    let to = || To::one(format!("sip:bob@{}", bob.sip_address()).parse().unwrap());
    let refused = |builder: Builder| async {
        let alice = builder.start().await.unwrap();
        let error = soon(alice.send(to(), "hello").await.unwrap().outcome()).await.unwrap_err();
        soon(alice.shutdown()).await;
        error
    };
    let error = refused(user("alice", "guess").relays(relays(&server))).await;
    assert_eq!(error.kind(), ErrorKind::Unauthorized, "{error}");
    // Without a word that it may be, nobody says a name to a relay in the clear.
    let mut secret = relays(&server);
    secret.plain = PlainRelay::Refused;
    let error = refused(user("alice", "a").relays(secret)).await;
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.to_string().contains("RFC 4976 §9.1"), "{error}");
    // Nobody there.
    let nowhere = relays(&server);
    soon(server.stop()).await;
    let error = refused(user("alice", "a").relays(nowhere)).await;
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    soon(bob.shutdown()).await;
    assert!(soon(incoming.next()).await.is_none(), "bob was called");
}
