//! Connections inside TLS on loopback.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod party;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use simple_im_net::{
    Bind, FlowError, FlowId, FlowState, Limits, NetEvent, Network, Protocol, Tap, Target, Tls, TlsFault,
    Transport, Wire,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::party::{
    Authority, closed, loopback, network, next, pattern, provider, read_to_end, self_signed, target, tls, up,
};

const OUT: FlowId = FlowId::outgoing(0);

/// Drives a network that nobody looks at.
fn driven(mut network: Network) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            if let NetEvent::Flow { flow, .. } = network.next().await {
                network.grant(flow);
            }
        }
    })
}

/// Connects to `name` at a party with `identity`, trusting `authority`; what it ends with.
async fn refused(authority: &Authority, identity: &party::Identity, name: &'static str) -> FlowError {
    let roots = authority.roots();
    let mut alice = network(tls(&self_signed(), roots.clone()), Limits::default()).await;
    let bob = network(tls(identity, roots), Limits::default()).await;
    alice.open(OUT, &target(bob.msrps_address().unwrap(), Some(name)));
    let bob = driven(bob);
    let end = closed(&mut alice).await;
    bob.abort();
    end
}

#[tokio::test]
async fn rfc5922_7_a_name_that_an_authority_vouches_for_is_verified() {
    let authority = Authority::new("ours");
    let identity = authority.issue(&["bob.example", "127.0.0.1"]);
    let mut alice = network(tls(&self_signed(), authority.roots()), Limits::default()).await;
    let mut bob = network(tls(&identity, authority.roots()), Limits::default()).await;
    for (n, name) in [(0, "bob.example"), (1, "127.0.0.1")] {
        let out = FlowId::outgoing(n);
        alice.open(out, &target(bob.msrps_address().unwrap(), Some(name)));
        let ((flow, security), (_, client)) = tokio::join!(up(&mut alice), up(&mut bob));
        assert_eq!(flow, out);
        assert!(security.verified);
        assert_eq!(security.certificate.as_deref(), Some(identity.certificate.as_ref()));
        assert!(!client.verified, "nobody vouches for a client");
    }
}

#[tokio::test]
async fn rfc5922_7_what_nobody_vouches_for_is_refused_and_the_reason_is_named() {
    let authority = Authority::new("ours");
    let wrong = |fault| FlowError::Tls(fault);
    let bob = authority.issue(&["bob.example"]);
    assert_eq!(refused(&authority, &bob, "carol.example").await, wrong(TlsFault::WrongName));
    assert_eq!(refused(&authority, &bob, "127.0.0.1").await, wrong(TlsFault::WrongName));
    assert_eq!(refused(&authority, &bob, "not a name").await, wrong(TlsFault::Name));
    let stranger = Authority::new("another").issue(&["bob.example"]);
    assert_eq!(refused(&authority, &stranger, "bob.example").await, wrong(TlsFault::UnknownIssuer));
    let late = authority.issue_expired(&["bob.example"]);
    assert_eq!(refused(&authority, &late, "bob.example").await, wrong(TlsFault::Expired));
}

/// A wildcard proves no name, and does no harm beside the name in full. The rule is one of SIP: an MSRP relay may show
/// a wildcard.
#[tokio::test]
async fn rfc5922_7_2_a_wildcard_is_no_name_of_a_sip_domain() {
    let authority = Authority::new("ours");
    let both = ["*.example.com", "Sip.example.com", "127.0.0.1"];
    let wildcard = authority.issue(&both[..1]);
    let full = authority.issue(&both);
    for (identity, protocol, name, expected) in [
        (&wildcard, Protocol::Sip, "sip.example.com", Err(TlsFault::WrongName)),
        (&wildcard, Protocol::Msrp, "sip.example.com", Ok(())),
        (&full, Protocol::Sip, "sip.example.com", Ok(())),
        (&full, Protocol::Sip, "sips.example.com", Err(TlsFault::WrongName)),
        (&full, Protocol::Sip, "127.0.0.1", Ok(())),
    ] {
        let roots = authority.roots();
        let mut alice = network(tls(&self_signed(), roots.clone()), Limits::default()).await;
        let bob = network(tls(identity, roots), Limits::default()).await;
        let address = match protocol {
            Protocol::Sip => bob.sips_address().unwrap(),
            Protocol::Msrp => bob.msrps_address().unwrap(),
        };
        alice.open(OUT, &Target { protocol, ..target(address, Some(name)) });
        let bob = driven(bob);
        let came = match next(&mut alice).await {
            NetEvent::Flow { state: FlowState::Up { .. }, .. } => Ok(()),
            NetEvent::Flow { state: FlowState::Closed(FlowError::Tls(fault)), .. } => Err(fault),
            other => panic!("{other:?}"),
        };
        bob.abort();
        assert_eq!(came, expected, "{protocol:?} {name}");
    }
}

#[tokio::test]
async fn rfc8122_6_without_a_name_both_certificates_are_handed_up() {
    let (one, other) = (self_signed(), self_signed());
    let nobody = rustls::RootCertStore::empty;
    let mut alice = network(tls(&one, nobody()), Limits::default()).await;
    let mut bob = network(tls(&other, nobody()), Limits::default()).await;
    alice.open(OUT, &target(bob.msrps_address().unwrap(), None));
    let ((_, shown), (_, client)) = tokio::join!(up(&mut alice), up(&mut bob));
    assert_eq!((shown.certificate.as_deref(), shown.verified), (Some(other.certificate.as_ref()), false));
    let shown = client;
    assert_eq!((shown.certificate.as_deref(), shown.verified), (Some(one.certificate.as_ref()), false));
}

#[tokio::test]
async fn rfc8996_tls_1_2_is_the_least_and_carries_both_certificates() {
    let (one, other) = (self_signed(), self_signed());
    let versions: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS12];
    let chain = vec![one.certificate.clone()];
    let config = rustls::ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_client_auth_cert(chain, one.key.clone_key())
        .unwrap();
    let bind = Bind::sip(loopback()).tls(Tls::new(Arc::new(config), None));
    let mut alice = Network::bind(bind).await.unwrap();
    let mut bob = network(tls(&other, rustls::RootCertStore::empty()), Limits::default()).await;
    alice.open(OUT, &target(bob.msrps_address().unwrap(), None));
    let ((_, server), (into, client)) = tokio::join!(up(&mut alice), up(&mut bob));
    assert_eq!(server.certificate.as_deref(), Some(other.certificate.as_ref()));
    assert_eq!(client.certificate.as_deref(), Some(one.certificate.as_ref()));
    alice.transmit(OUT, Bytes::from_static(b"hello"));
    bob.grant(into);
    assert!(matches!(next(&mut bob).await, NetEvent::Received { bytes, .. } if bytes == "hello"));
}

#[tokio::test]
async fn a_client_may_show_no_certificate() {
    let config = rustls::ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let tls_of_alice = Tls::new(Arc::new(config), None);
    let mut alice = Network::bind(Bind::sip(loopback()).tls(tls_of_alice.clone())).await.unwrap();
    let mut bob = network(tls(&self_signed(), rustls::RootCertStore::empty()), Limits::default()).await;
    alice.open(OUT, &target(bob.msrps_address().unwrap(), None));
    let ((_, server), (_, client)) = tokio::join!(up(&mut alice), up(&mut bob));
    assert!(server.certificate.is_some());
    assert_eq!(client.certificate, None);
    // Without a server configuration there is nothing to listen with, and without TLS nothing to open.
    let error = Network::bind(Bind::sip(loopback()).msrps(loopback()).tls(tls_of_alice)).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::Unsupported);
    let mut plain = Network::bind(Bind::sip(loopback())).await.unwrap();
    plain.open(OUT, &target(bob.msrps_address().unwrap(), None));
    assert_eq!(closed(&mut plain).await, FlowError::Unavailable);
}

#[tokio::test]
async fn rfc8446_6_1_all_octets_arrive_both_ways_before_close_notify() {
    let mut limits = Limits::default();
    limits.queued_octets = 64 << 20;
    let nobody = rustls::RootCertStore::empty;
    let mut alice = network(tls(&self_signed(), nobody()), limits.clone()).await;
    let mut bob = network(tls(&self_signed(), nobody()), limits).await;
    alice.open(OUT, &target(bob.msrps_address().unwrap(), None));
    // Queued before the handshake, in pieces of all sizes.
    let sent = pattern(20 << 20);
    let mut rest = sent.clone();
    for n in 1.. {
        if rest.is_empty() {
            break;
        }
        alice.transmit(OUT, rest.split_to(rest.len().min(n * 37)));
    }
    let (_, (into, _)) = tokio::join!(up(&mut alice), up(&mut bob));
    let answer = pattern(3 << 20);
    bob.transmit(into, answer.clone());
    let there = async {
        let mut received = Vec::new();
        let mut transmitted = 0;
        while received.len() < sent.len() || transmitted < 3 << 20 {
            bob.grant(into);
            match next(&mut bob).await {
                NetEvent::Received { bytes, .. } => received.extend_from_slice(&bytes),
                NetEvent::Transmitted { octets, .. } => transmitted += octets,
                other => panic!("{other:?}"),
            }
        }
        assert!(received == sent, "octets differ");
        bob.close(into);
        bob
    };
    let (bob, (back, end)) = tokio::join!(there, read_to_end(&mut alice, OUT));
    assert_eq!(end, FlowError::ClosedByPeer, "close_notify came");
    assert!(back == answer, "octets differ");
    bob.shutdown().await;
    alice.shutdown().await;
}

#[tokio::test]
async fn rfc8446_6_1_an_end_without_close_notify_is_told_apart() {
    let nobody = rustls::RootCertStore::empty;
    let mut alice = network(tls(&self_signed(), nobody()), Limits::default()).await;
    let bob = network(tls(&self_signed(), nobody()), Limits::default()).await;
    // Somebody in between cuts the connection after the handshake.
    let listener = TcpListener::bind(loopback()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let behind = bob.msrps_address().unwrap();
    let between = tokio::spawn(async move {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut far = TcpStream::connect(behind).await.unwrap();
        let relay = tokio::io::copy_bidirectional(&mut near, &mut far);
        let _ = timeout(Duration::from_millis(1500), relay).await;
    });
    let bob = driven(bob);
    alice.open(OUT, &target(address, None));
    up(&mut alice).await;
    alice.grant(OUT);
    assert_eq!(closed(&mut alice).await, FlowError::Reset);
    between.await.unwrap();
    bob.abort();
}

#[tokio::test]
async fn a_plain_peer_on_a_port_for_tls_gets_an_alert_and_no_flow_and_the_driver_hears_of_it() {
    let mut bob = network(tls(&self_signed(), rustls::RootCertStore::empty()), Limits::default()).await;
    let mut plain = TcpStream::connect(bob.msrps_address().unwrap()).await.unwrap();
    plain
        .write_all(b"MSRP a786hjs2 SEND\r\nTo-Path: msrp://bob.example:8888/9di4eae923wzd;tcp\r\n")
        .await
        .unwrap();
    let mut said = Vec::new();
    let all = async { tokio::join!(plain.read_to_end(&mut said), next(&mut bob)).1 };
    let event = timeout(Duration::from_secs(20), all).await.unwrap();
    let NetEvent::HandshakeFailed { protocol: Protocol::Msrp, peer, error: FlowError::Tls(_) } = event else {
        panic!("{event:?}")
    };
    assert_eq!(peer, plain.local_addr().unwrap());
    assert_eq!(said.first(), Some(&21), "content type alert: {said:?}");
}

#[tokio::test]
async fn tls_to_a_plain_port_is_never_less_than_tls() {
    let authority = Authority::new("ours");
    let mut alice = network(tls(&self_signed(), authority.roots()), Limits::default()).await;
    let listener = TcpListener::bind(loopback()).await.unwrap();
    alice.open(OUT, &target(listener.local_addr().unwrap(), Some("bob.example")));
    alice.transmit(OUT, Bytes::from_static(b"secret"));
    let (mut plain, _) = listener.accept().await.unwrap();
    plain.write_all(b"MSRP a786hjs2 400 Bad Request\r\n-------a786hjs2$\r\n").await.unwrap();
    assert_eq!(closed(&mut alice).await, FlowError::Tls(TlsFault::NotTls));
    let mut heard = Vec::new();
    let _ = plain.read_to_end(&mut heard).await;
    assert_eq!(heard.first(), Some(&22), "content type handshake");
    assert!(heard.windows(11).any(|part| part == b"bob.example"), "SNI (RFC 6066 §3)");
    assert!(!heard.windows(6).any(|part| part == b"secret"));
}

#[tokio::test]
async fn a_handshake_has_its_time_in_both_directions() {
    let mut limits = Limits::default();
    limits.handshake = Duration::from_millis(300);
    limits.connections = 1;
    let nobody = rustls::RootCertStore::empty;
    let mut alice = network(tls(&self_signed(), nobody()), limits.clone()).await;
    let silent = TcpListener::bind(loopback()).await.unwrap();
    alice.open(OUT, &target(silent.local_addr().unwrap(), None));
    assert_eq!(closed(&mut alice).await, FlowError::Tls(TlsFault::TimedOut));

    // A place is taken before the handshake, and given back after it failed.
    let mut bob = network(tls(&self_signed(), nobody()), limits).await;
    let address = bob.msrps_address().unwrap();
    let mut slow = TcpStream::connect(address).await.unwrap();
    let begun = Instant::now();
    let ended = async {
        let end = slow.read_to_end(&mut Vec::new()).await;
        (end, begun.elapsed())
    };
    let watched = async { tokio::join!(ended, next(&mut bob)) };
    let ((end, after), event) = timeout(Duration::from_secs(20), watched).await.unwrap();
    let timed_out = FlowError::Tls(TlsFault::TimedOut);
    assert!(matches!(&event, NetEvent::HandshakeFailed { error, .. } if *error == timed_out), "{event:?}");
    assert!(end.is_err() || after >= Duration::from_millis(250), "{end:?} after {after:?}");
    let mut limits = Limits::default();
    limits.handshake = Duration::from_secs(20);
    let mut carol = network(tls(&self_signed(), nobody()), limits).await;
    for n in 1..50 {
        let out = FlowId::outgoing(n);
        carol.open(out, &target(address, None));
        let event = tokio::select! {
            event = next(&mut carol) => event,
            event = next(&mut bob) => event,
        };
        // The place of the slow one may not be back yet.
        if matches!(event, NetEvent::Flow { state: FlowState::Up { .. }, .. }) {
            return;
        }
    }
    panic!("the place did not come back");
}

#[tokio::test]
async fn shutting_down_does_not_wait_for_handshakes() {
    let bob = network(tls(&self_signed(), rustls::RootCertStore::empty()), Limits::default()).await;
    let mut bob = bob;
    let _slow = TcpStream::connect(bob.msrps_address().unwrap()).await.unwrap();
    // Let the network take it.
    let _ = timeout(Duration::from_millis(200), bob.next()).await;
    let begun = Instant::now();
    timeout(Duration::from_secs(5), bob.shutdown()).await.expect("the end");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_tap_sees_what_is_inside() {
    #[derive(Default)]
    struct Log(Mutex<Vec<(Protocol, Transport, Vec<u8>)>>);
    impl Tap for Log {
        fn sent(&self, wire: Wire, octets: &[u8]) {
            self.0.lock().unwrap().push((wire.protocol, wire.transport, octets.to_vec()));
        }
    }
    let log = Arc::new(Log::default());
    let nobody = rustls::RootCertStore::empty;
    let bind = Bind::sip(loopback()).tls(tls(&self_signed(), nobody())).tap(log.clone());
    let mut alice = Network::bind(bind).await.unwrap();
    let mut bob = network(tls(&self_signed(), nobody()), Limits::default()).await;
    let address = bob.sips_address().unwrap();
    let sips = Target { protocol: Protocol::Sip, transport: Transport::Tls, address, server_name: None };
    alice.open(OUT, &sips);
    let (_, (into, _)) = tokio::join!(up(&mut alice), up(&mut bob));
    alice.transmit(OUT, Bytes::from_static(b"OPTIONS"));
    bob.grant(into);
    let event = next(&mut bob).await;
    assert!(
        matches!(&event, NetEvent::Received { protocol: Protocol::Sip, bytes, .. } if bytes == "OPTIONS"),
        "{event:?}"
    );
    assert_eq!(*log.0.lock().unwrap(), [(Protocol::Sip, Transport::Tls, b"OPTIONS".to_vec())]);
}
