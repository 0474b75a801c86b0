//! Sockets on loopback.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use simple_im_net::{
    Bind, FlowError, FlowId, FlowState, Limits, NetEvent, Network, Protocol, Tap, Target, Transport, Wire,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

/// Long enough for loopback on a busy machine; nothing waits for it unless a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

async fn network(limits: Limits) -> Network {
    Network::bind(Bind::sip(loopback()).msrp(loopback()).limits(limits)).await.unwrap()
}

fn target(transport: Transport, address: SocketAddr) -> Target {
    Target { protocol: Protocol::Sip, transport, address, server_name: None }
}

async fn next(network: &mut Network) -> NetEvent {
    timeout(PATIENCE, network.next()).await.expect("an event in time")
}

#[track_caller]
fn up(event: &NetEvent) -> (FlowId, SocketAddr, SocketAddr) {
    match event {
        NetEvent::Flow { flow, state: FlowState::Up { local, peer, .. }, .. } => (*flow, *local, *peer),
        other => panic!("not up: {other:?}"),
    }
}

/// Waits until `flow` is gone, throwing other events away.
async fn closed(network: &mut Network) -> (FlowId, FlowError) {
    loop {
        if let NetEvent::Flow { flow, state: FlowState::Closed(error), .. } = next(network).await {
            return (flow, error);
        }
    }
}

/// Reads `flow` until it ends.
async fn read_to_end(network: &mut Network, flow: FlowId) -> (BytesMut, FlowError) {
    let mut all = BytesMut::new();
    loop {
        network.grant(flow);
        match next(network).await {
            NetEvent::Received { bytes, .. } => all.extend_from_slice(&bytes),
            NetEvent::Flow { state: FlowState::Closed(error), .. } => return (all, error),
            _ => {}
        }
    }
}

fn pattern(length: usize) -> Bytes {
    (0..length).map(|i| u8::try_from(i.wrapping_mul(31) >> 3 & 0xff).unwrap()).collect::<Vec<_>>().into()
}

#[tokio::test]
async fn udp_answers_come_back_on_the_flow_that_was_opened() {
    let (mut alice, mut bob) = (network(Limits::default()).await, network(Limits::default()).await);
    let out = FlowId::outgoing(0);
    alice.open(out, &target(Transport::Udp, bob.sip_address().unwrap()));
    assert_eq!(up(&next(&mut alice).await), (out, alice.sip_address().unwrap(), bob.sip_address().unwrap()));
    alice.transmit(out, Bytes::from_static(b"one"));
    alice.transmit(out, Bytes::from_static(b"two"));

    let (into, local, peer) = up(&next(&mut bob).await);
    assert!(!into.is_outgoing());
    assert_eq!((local, peer), (bob.sip_address().unwrap(), alice.sip_address().unwrap()));
    for expected in ["one", "two"] {
        let event = next(&mut bob).await;
        assert!(
            matches!(&event, NetEvent::Received { flow, bytes, .. } if *flow == into && bytes == expected),
            "{event:?}"
        );
    }
    bob.transmit(into, Bytes::from_static(b"three"));
    let mut transmitted = 0;
    loop {
        match next(&mut alice).await {
            NetEvent::Transmitted { flow, octets } => {
                assert_eq!(flow, out);
                transmitted += octets;
            }
            NetEvent::Received { flow, bytes, .. } => {
                assert!(flow == out && bytes == "three");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(transmitted, 6);
}

#[tokio::test]
async fn a_forgotten_udp_peer_is_told_and_can_come_back() {
    let mut limits = Limits::default();
    limits.udp_peers = 1;
    let mut bob = network(limits).await;
    let strangers =
        [std::net::UdpSocket::bind(loopback()).unwrap(), std::net::UdpSocket::bind(loopback()).unwrap()];
    strangers[0].send_to(b"a", bob.sip_address().unwrap()).unwrap();
    let (first, ..) = up(&next(&mut bob).await);
    assert!(matches!(next(&mut bob).await, NetEvent::Received { flow, .. } if flow == first));
    strangers[1].send_to(b"b", bob.sip_address().unwrap()).unwrap();
    assert_eq!(closed(&mut bob).await, (first, FlowError::ClosedByUs));
    let (second, ..) = up(&next(&mut bob).await);
    assert!(matches!(next(&mut bob).await, NetEvent::Received { flow, .. } if flow == second));
    strangers[0].send_to(b"c", bob.sip_address().unwrap()).unwrap();
    assert_eq!(closed(&mut bob).await, (second, FlowError::ClosedByUs));
    assert_ne!(up(&next(&mut bob).await).0, first);
}

#[tokio::test]
async fn octets_queued_before_the_connection_is_up_arrive_in_order() {
    let (mut alice, mut bob) = (network(Limits::default()).await, network(Limits::default()).await);
    let out = FlowId::outgoing(3);
    alice.open(out, &target(Transport::Tcp, bob.sip_address().unwrap()));
    for piece in ["MSRP ", "", "SEND", "\r\n"] {
        alice.transmit(out, Bytes::from_static(piece.as_bytes()));
    }
    let (flow, local, peer) = up(&next(&mut alice).await);
    assert_eq!((flow, peer), (out, bob.sip_address().unwrap()));
    let (into, seen, from) = up(&next(&mut bob).await);
    assert_eq!((seen, from), (peer, local));
    alice.close(out);
    let (all, error) = read_to_end(&mut bob, into).await;
    assert_eq!((&all[..], error), (&b"MSRP SEND\r\n"[..], FlowError::ClosedByPeer));
}

#[tokio::test]
async fn what_is_written_is_reported_to_the_octet() {
    let (mut alice, mut bob) = (network(Limits::default()).await, network(Limits::default()).await);
    let out = FlowId::outgoing(0);
    alice.open(out, &target(Transport::Tcp, bob.msrp_address().unwrap()));
    let sent = pattern(3 << 20);
    for piece in sent.chunks(60_000) {
        alice.transmit(out, sent.slice_ref(piece));
    }
    let event = next(&mut bob).await;
    assert!(matches!(event, NetEvent::Flow { protocol: Protocol::Msrp, .. }));
    let (into, ..) = up(&event);
    let receiver = tokio::spawn(async move { read_to_end(&mut bob, into).await });
    let mut transmitted = 0;
    while transmitted < 3 << 20 {
        if let NetEvent::Transmitted { octets, .. } = next(&mut alice).await {
            transmitted += octets;
        }
    }
    assert_eq!(transmitted, 3 << 20);
    alice.close(out);
    let (received, _) = receiver.await.unwrap();
    assert!(received == sent);
}

#[tokio::test]
async fn a_reader_without_grants_stops_the_sender_and_gets_everything_later() {
    const TOTAL: usize = 64 << 20;
    let (mut alice, mut bob) = (network(Limits::default()).await, network(Limits::default()).await);
    let out = FlowId::outgoing(0);
    alice.open(out, &target(Transport::Tcp, bob.sip_address().unwrap()));
    let (into, ..) = up(&next(&mut bob).await);
    let piece = pattern(1 << 20);
    let (mut queued, mut transmitted) = (0, 0);
    let mut received = 0;
    let mut granting = false;
    while received < TOTAL {
        while queued < TOTAL && queued - transmitted < 4 << 20 {
            alice.transmit(out, piece.clone());
            queued += piece.len();
        }
        if granting {
            bob.grant(into);
        }
        tokio::select! {
            event = alice.next() => if let NetEvent::Transmitted { octets, .. } = event {
                transmitted += usize::try_from(octets).unwrap();
            },
            event = bob.next() => match event {
                NetEvent::Received { bytes, .. } => {
                    assert!(granting, "read without a grant");
                    let at = received % piece.len();
                    let first = bytes.len().min(piece.len() - at);
                    assert!(bytes[..first] == piece[at..at + first], "at {received}");
                    received += bytes.len();
                }
                other => panic!("{other:?}"),
            },
            () = sleep(Duration::from_millis(500)), if !granting => {
                // What the kernel holds has gone; the rest stands.
                assert!(transmitted < TOTAL / 2, "{transmitted} octets went to a peer that does not read");
                granting = true;
            }
            () = sleep(PATIENCE), if granting => panic!("stuck at {received}"),
        }
    }
    assert_eq!(received, TOTAL);
}

#[tokio::test]
async fn closing_writes_what_is_queued_first() {
    let (mut alice, mut bob) = (network(Limits::default()).await, network(Limits::default()).await);
    let out = FlowId::outgoing(0);
    alice.open(out, &target(Transport::Tcp, bob.sip_address().unwrap()));
    up(&next(&mut alice).await);
    let (into, ..) = up(&next(&mut bob).await);
    let sent = pattern(6 << 20);
    alice.transmit(out, sent.clone());
    // Octets that alice never reads must not turn the end into a reset.
    bob.transmit(into, Bytes::from_static(b"unread"));
    alice.close(out);
    let shutdown = tokio::spawn(alice.shutdown());
    let (received, error) = read_to_end(&mut bob, into).await;
    assert!(received == sent);
    assert_eq!(error, FlowError::ClosedByPeer);
    timeout(PATIENCE, shutdown).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_flow_that_was_closed_is_silent() {
    let (mut alice, mut bob) = (network(Limits::default()).await, network(Limits::default()).await);
    let out = FlowId::outgoing(0);
    alice.open(out, &target(Transport::Tcp, bob.sip_address().unwrap()));
    up(&next(&mut alice).await);
    let (into, ..) = up(&next(&mut bob).await);
    alice.grant(out);
    bob.transmit(into, Bytes::from_static(b"late"));
    alice.close(out);
    alice.transmit(out, Bytes::from_static(b"later"));
    alice.open(FlowId::outgoing(1), &target(Transport::Udp, bob.sip_address().unwrap()));
    assert_eq!(up(&next(&mut alice).await).0, FlowId::outgoing(1));
    assert!(timeout(Duration::from_millis(100), alice.next()).await.is_err());
}

#[tokio::test]
async fn failures_to_connect_have_a_reason() {
    let mut alice = network(Limits::default()).await;
    let nobody = {
        let listener = TcpListener::bind(loopback()).await.unwrap();
        listener.local_addr().unwrap()
    };
    alice.open(FlowId::outgoing(0), &target(Transport::Tcp, nobody));
    assert_eq!(closed(&mut alice).await, (FlowId::outgoing(0), FlowError::Refused));
    alice.open(FlowId::outgoing(1), &target(Transport::Tls, nobody));
    assert_eq!(closed(&mut alice).await, (FlowId::outgoing(1), FlowError::Unavailable));
    alice.open(FlowId::outgoing(2), &target(Transport::Udp, "[::1]:5060".parse().unwrap()));
    assert_eq!(closed(&mut alice).await, (FlowId::outgoing(2), FlowError::Unavailable));
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn rfc3261_18_4_a_datagram_to_a_closed_port_closes_its_flow_and_no_other() {
    let mut alice = network(Limits::default()).await;
    let bob = std::net::UdpSocket::bind(loopback()).unwrap();
    let nobody = std::net::UdpSocket::bind(loopback()).unwrap().local_addr().unwrap();
    alice.open(FlowId::outgoing(0), &target(Transport::Udp, bob.local_addr().unwrap()));
    up(&next(&mut alice).await);
    for n in 1..20 {
        alice.open(FlowId::outgoing(n), &target(Transport::Udp, nobody));
        assert_eq!(up(&next(&mut alice).await).0, FlowId::outgoing(n));
        alice.transmit(FlowId::outgoing(n), Bytes::from_static(b"anybody?"));
        alice.transmit(FlowId::outgoing(0), Bytes::from_static(b"bob?"));
        assert_eq!(closed(&mut alice).await, (FlowId::outgoing(n), FlowError::Refused));
    }
    bob.set_read_timeout(Some(PATIENCE)).unwrap();
    for _ in 1..20 {
        assert_eq!(bob.recv(&mut [0; 16]).unwrap(), 4);
    }
}

#[tokio::test]
async fn more_octets_than_may_wait_close_the_flow() {
    let mut limits = Limits::default();
    limits.queued_octets = 1000;
    let (mut alice, bob) = (network(limits).await, network(Limits::default()).await);
    alice.open(FlowId::outgoing(0), &target(Transport::Tcp, bob.sip_address().unwrap()));
    alice.transmit(FlowId::outgoing(0), pattern(999));
    alice.transmit(FlowId::outgoing(0), pattern(2));
    assert_eq!(closed(&mut alice).await, (FlowId::outgoing(0), FlowError::ClosedByUs));
}

#[tokio::test]
async fn one_source_cannot_take_every_connection() {
    let mut limits = Limits::default();
    limits.connections_per_source = 1;
    let mut bob = network(limits).await;
    let first = TcpStream::connect(bob.sip_address().unwrap()).await.unwrap();
    let (flow, ..) = up(&next(&mut bob).await);
    let mut second = TcpStream::connect(bob.sip_address().unwrap()).await.unwrap();
    let mut third = TcpStream::connect(bob.msrp_address().unwrap()).await.unwrap();
    let mut none = [0];
    let turned_away = async {
        assert!(!matches!(second.read(&mut none).await, Ok(1..)));
        assert!(!matches!(third.read(&mut none).await, Ok(1..)));
    };
    tokio::select! {
        () = turned_away => {}
        event = bob.next() => panic!("{event:?}"),
        () = sleep(PATIENCE) => panic!("still open"),
    }
    drop(first);
    bob.grant(flow);
    assert_eq!(closed(&mut bob).await.0, flow);
    // The place is given back when the last task of the connection ends.
    loop {
        let _again = TcpStream::connect(bob.sip_address().unwrap()).await.unwrap();
        if timeout(Duration::from_millis(50), bob.next()).await.is_ok() {
            break;
        }
    }
}

#[tokio::test]
async fn a_silent_stranger_is_closed() {
    let mut limits = Limits::default();
    limits.first_octet = Duration::from_millis(20);
    let mut bob = network(limits).await;
    let mut stranger = TcpStream::connect(bob.sip_address().unwrap()).await.unwrap();
    let (flow, ..) = up(&next(&mut bob).await);
    bob.grant(flow);
    assert_eq!(closed(&mut bob).await, (flow, FlowError::TimedOut));
    assert_eq!(timeout(PATIENCE, stranger.read(&mut [0])).await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn a_write_that_stands_still_ends_the_flow() {
    let mut limits = Limits::default();
    limits.stalled = Duration::from_millis(50);
    limits.queued_octets = u64::MAX;
    let (mut alice, mut bob) = (network(limits).await, network(Limits::default()).await);
    alice.open(FlowId::outgoing(0), &target(Transport::Tcp, bob.sip_address().unwrap()));
    alice.transmit(FlowId::outgoing(0), pattern(64 << 20));
    up(&next(&mut bob).await);
    assert_eq!(closed(&mut alice).await, (FlowId::outgoing(0), FlowError::TimedOut));
}

#[tokio::test]
async fn a_flow_bound_to_every_address_names_the_one_in_use() {
    let any = SocketAddr::from(([0, 0, 0, 0], 0));
    let mut alice = Network::bind(Bind::sip(any)).await.unwrap();
    let mut bob = Network::bind(Bind::sip(any)).await.unwrap();
    let port = bob.sip_address().unwrap().port();
    for (n, transport) in [(0, Transport::Udp), (1, Transport::Tcp)] {
        alice.open(FlowId::outgoing(n), &target(transport, SocketAddr::from(([127, 0, 0, 1], port))));
        let (_, local, _) = up(&next(&mut alice).await);
        assert!(local.ip().is_loopback() && local.port() != 0, "{local}");
        alice.transmit(FlowId::outgoing(n), Bytes::from_static(b"x"));
        while let NetEvent::Transmitted { octets: 0, .. } = next(&mut alice).await {}
        let (_, local, _) = loop {
            if let event @ NetEvent::Flow { .. } = next(&mut bob).await {
                break up(&event);
            }
        };
        assert_eq!(local, SocketAddr::from(([127, 0, 0, 1], port)));
    }
}

#[derive(Default)]
struct Log(Mutex<Vec<(Transport, bool, Vec<u8>)>>);

impl Tap for Log {
    fn sent(&self, wire: Wire, octets: &[u8]) {
        self.0.lock().unwrap().push((wire.transport, true, octets.to_vec()));
    }

    fn received(&self, wire: Wire, octets: &[u8]) {
        self.0.lock().unwrap().push((wire.transport, false, octets.to_vec()));
    }
}

#[tokio::test]
async fn a_tap_sees_what_goes_out_and_what_comes_in() {
    let log = Arc::new(Log::default());
    let mut alice = Network::bind(Bind::sip(loopback()).tap(Arc::<Log>::clone(&log))).await.unwrap();
    let mut stranger = TcpStream::connect(alice.sip_address().unwrap()).await.unwrap();
    let (flow, ..) = up(&next(&mut alice).await);
    alice.grant(flow);
    stranger.write_all(b"ping").await.unwrap();
    assert!(matches!(next(&mut alice).await, NetEvent::Received { .. }));
    alice.transmit(flow, Bytes::from_static(b"pong"));
    assert!(matches!(next(&mut alice).await, NetEvent::Transmitted { octets: 4, .. }));
    let log = log.0.lock().unwrap();
    assert_eq!(*log, [(Transport::Tcp, false, b"ping".to_vec()), (Transport::Tcp, true, b"pong".to_vec())]);
}

#[tokio::test]
async fn shutdown_sends_the_last_datagram_and_leaves_no_task_and_no_socket() {
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let mut alice = network(Limits::default()).await;
    let (sip, msrp) = (alice.sip_address().unwrap(), alice.msrp_address().unwrap());
    let listener = TcpListener::bind(loopback()).await.unwrap();
    let registrar = std::net::UdpSocket::bind(loopback()).unwrap();
    alice.open(FlowId::outgoing(0), &target(Transport::Tcp, listener.local_addr().unwrap()));
    alice.open(FlowId::outgoing(1), &target(Transport::Udp, registrar.local_addr().unwrap()));
    let (mut peer, _) = listener.accept().await.unwrap();
    while up(&next(&mut alice).await).0 != FlowId::outgoing(0) {}
    alice.grant(FlowId::outgoing(0));
    alice.transmit(FlowId::outgoing(0), Bytes::from_static(b"BYE"));
    alice.transmit(FlowId::outgoing(1), Bytes::from_static(b"REGISTER"));
    timeout(PATIENCE, alice.shutdown()).await.expect("ends though the peer keeps its side open");
    let mut all = Vec::new();
    peer.read_to_end(&mut all).await.unwrap();
    assert_eq!(all, b"BYE");
    registrar.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut datagram = [0; 16];
    assert_eq!(registrar.recv(&mut datagram).unwrap(), 8);
    assert_eq!(tasks(), before);
    std::net::UdpSocket::bind(sip).unwrap();
    std::net::TcpListener::bind(sip).unwrap();
    std::net::TcpListener::bind(msrp).unwrap();
}
