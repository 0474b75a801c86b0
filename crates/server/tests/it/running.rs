//! The server on sockets: what only a driver can break.

use std::net::SocketAddr;
use std::time::Duration;

use simple_im_server::tokio::{Listen, Running, StartError};
use simple_im_server::{Config, Event};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use crate::wire::{answer, config};

/// Long enough for loopback on a busy machine; nothing waits for it unless a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

fn register(transport: &str, local: SocketAddr, cseq: u32, authorization: &str) -> String {
    format!(
        "REGISTER sip:home1.example SIP/2.0\r\nVia: SIP/2.0/{transport} {local};branch=z9hG4bK{cseq};rport\r\n\
         From: <sip:alice@home1.example>;tag=1\r\nTo: <sip:alice@home1.example>\r\nCall-ID: r-{transport}\r\n\
         CSeq: {cseq} REGISTER\r\nContact: <sip:alice@{local}>\r\n{authorization}Content-Length: 0\r\n\r\n"
    )
}

/// What to send after the challenge in this answer.
fn authorization(challenged: &[u8]) -> String {
    let message = sip::Message::parse(challenged.to_vec().into()).unwrap();
    let challenge = digest::strongest(message.headers().get_all(sip::HeaderName::WWW_AUTHENTICATE)).unwrap();
    format!("Authorization: {}\r\n", answer(&challenge, "alice", "ecila", "REGISTER", "sip:home1.example"))
}

#[tokio::test]
async fn registers_over_udp_and_tcp_on_one_free_port_and_stops() {
    let mut server = Running::start(&config(), Listen::loopback()).await.unwrap();
    let address = server.addresses().sip;
    assert!(address.port() != 0 && server.addresses().msrp.port() != 0);

    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let local = socket.local_addr().unwrap();
    let mut buffer = vec![0; 65_535];
    let mut credentials = String::new();
    for (cseq, expected) in [(1, "SIP/2.0 401 "), (2, "SIP/2.0 200 ")] {
        socket.send_to(register("UDP", local, cseq, &credentials).as_bytes(), address).await.unwrap();
        let len = timeout(PATIENCE, socket.recv(&mut buffer)).await.unwrap().unwrap();
        assert!(
            buffer[..len].starts_with(expected.as_bytes()),
            "{}",
            String::from_utf8_lossy(&buffer[..len])
        );
        if cseq == 1 {
            credentials = authorization(&buffer[..len]);
        }
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    let local = stream.local_addr().unwrap();
    credentials.clear();
    for (cseq, expected) in [(1, "SIP/2.0 401 "), (2, "SIP/2.0 200 ")] {
        stream.write_all(register("TCP", local, cseq, &credentials).as_bytes()).await.unwrap();
        let len = timeout(PATIENCE, stream.read(&mut buffer)).await.unwrap().unwrap();
        assert!(
            buffer[..len].starts_with(expected.as_bytes()),
            "{}",
            String::from_utf8_lossy(&buffer[..len])
        );
        if cseq == 1 {
            credentials = authorization(&buffer[..len]);
        }
    }
    for _ in 0..2 {
        let event = timeout(PATIENCE, server.next_event()).await.unwrap().unwrap();
        assert!(matches!(&event, Event::Registered { user, .. } if *user == "alice"), "{event:?}");
    }
    timeout(PATIENCE, server.stop()).await.unwrap();
    assert_eq!(stream.read(&mut buffer).await.unwrap_or(0), 0, "the connection is closed");
}

#[tokio::test]
async fn a_port_in_use_and_an_address_nobody_could_be_told_are_refused() {
    let first = Running::start(&config(), Listen::loopback()).await.unwrap();
    let taken = first.addresses();
    let second = Running::start(&config(), Listen::on(taken.sip, "127.0.0.1:0".parse().unwrap())).await;
    assert!(
        matches!(&second, Err(StartError::Io(error)) if error.kind() == std::io::ErrorKind::AddrInUse),
        "{second:?}"
    );
    let anywhere = "0.0.0.0:0".parse().unwrap();
    assert!(matches!(
        Running::start(&config(), Listen::on(anywhere, anywhere)).await,
        Err(StartError::Unspecified(_))
    ));
    let twice = config().user("alice", "again");
    assert!(matches!(Running::start(&twice, Listen::loopback()).await, Err(StartError::Config(_))));
}

/// Reads from a stream until `end` is in what came.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = Vec::new();
    let mut buffer = vec![0; 65_535];
    while !String::from_utf8_lossy(&text).contains(end) {
        let len = timeout(PATIENCE, stream.read(&mut buffer)).await.unwrap().unwrap();
        assert_ne!(len, 0, "closed after {:?}", String::from_utf8_lossy(&text));
        text.extend_from_slice(&buffer[..len]);
    }
    String::from_utf8(text).unwrap()
}

/// The value of a header in a frame.
fn value<'a>(frame: &'a str, name: &str) -> &'a str {
    frame.lines().find_map(|line| line.strip_prefix(name)).and_then(|rest| rest.strip_prefix(": ")).unwrap()
}

/// A client of the relay: its connection, its own URI, and the one it got.
type Client = (TcpStream, String, String);

/// Alice and Bob, on a relay of their own.
async fn relayed(config: &Config) -> (Running, Client, Client) {
    let free = "127.0.0.1:0".parse().unwrap();
    let mut server = Running::start(config, Listen::loopback().relay(free)).await.unwrap();
    let address = server.relay_address().unwrap();
    assert_ne!(address, server.addresses().msrp);
    let uri = format!("msrp://{address};tcp");
    let mut clients = Vec::new();
    for (user, password) in [("alice", "ecila"), ("bob", "bob")] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let own = format!("msrp://{}/{user};tcp", stream.local_addr().unwrap());
        let auth = |tid: &str, more: &str| {
            format!("MSRP {tid} AUTH\r\nTo-Path: {uri}\r\nFrom-Path: {own}\r\n{more}-------{tid}$\r\n")
        };
        stream.write_all(auth("au00", "").as_bytes()).await.unwrap();
        let frame = read_until(&mut stream, "-------au00$").await;
        let challenge = digest::Challenge::parse(value(&frame, "WWW-Authenticate")).unwrap();
        let more = format!("Authorization: {}\r\n", answer(&challenge, user, password, "AUTH", &uri));
        stream.write_all(auth("au01", &more).as_bytes()).await.unwrap();
        let frame = read_until(&mut stream, "-------au01$").await;
        assert!(frame.starts_with("MSRP au01 200 OK"), "{frame}");
        clients.push((stream, own, value(&frame, "Use-Path").to_owned()));
        let event = timeout(PATIENCE, server.next_event()).await.unwrap().unwrap();
        assert!(matches!(&event, Event::RelayGranted { user: who, .. } if *who == *user), "{event:?}");
    }
    let bob = clients.pop().unwrap();
    (server, clients.pop().unwrap(), bob)
}

#[tokio::test]
async fn rfc4976_3_the_relay_takes_a_message_from_one_socket_to_the_other() {
    let (server, alice, bob) = relayed(&config()).await;
    let (mut bob, bobs, ub) = bob;
    let (mut alice, alices, ua) = alice;
    // More than fits into any buffer on the way, so it has to flow.
    let content = "0123456789".repeat(300_000);
    let total = content.len();
    let message = format!(
        "MSRP s001 SEND\r\nTo-Path: {ua} {ub} {bobs}\r\nFrom-Path: {alices}\r\nMessage-ID: m1\r\n\
         Byte-Range: 1-*/{total}\r\nContent-Type: text/plain\r\n\r\n{content}\r\n-------s001$\r\n"
    );
    let sent = tokio::spawn(async move {
        alice.write_all(message.as_bytes()).await.unwrap();
        read_until(&mut alice, "-------s001$").await
    });
    let mut framer = msrp::Framer::new(msrp::Reading::Strict, msrp::Limits::default());
    let mut received = Vec::new();
    let mut buffer = vec![0; 65_535];
    'read: loop {
        let len = timeout(PATIENCE, bob.read(&mut buffer)).await.unwrap().unwrap();
        assert_ne!(len, 0);
        framer.push(bytes::Bytes::copy_from_slice(&buffer[..len]));
        while let Some(event) = framer.next_event().unwrap() {
            match event {
                // Each is answered, or the relay would wait after the first thousand.
                msrp::FrameEvent::Head(head) => {
                    let tid = head.tid();
                    let response = format!(
                        "MSRP {tid} 200 OK\r\nTo-Path: {ub}\r\nFrom-Path: {bobs}\r\n-------{tid}$\r\n"
                    );
                    bob.write_all(response.as_bytes()).await.unwrap();
                }
                msrp::FrameEvent::Content(bytes) => received.extend_from_slice(&bytes),
                msrp::FrameEvent::End(msrp::Flag::Last) => break 'read,
                msrp::FrameEvent::End(_) => {}
            }
        }
    }
    assert!(received == content.as_bytes(), "{} of {total} octets", received.len());
    assert!(sent.await.unwrap().starts_with("MSRP s001 200 OK"));
    timeout(PATIENCE, server.stop()).await.unwrap();
    assert_eq!(bob.read(&mut buffer).await.unwrap_or(0), 0, "the connection is closed");
}

#[tokio::test]
async fn what_the_relay_has_taken_gets_through_when_it_stops() {
    let mut config = config();
    // The second message waits in the relay until the first is answered.
    config.msrp_relay.limits.max_transactions = 1;
    let (server, alice, bob) = relayed(&config).await;
    let (mut bob, bobs, ub) = bob;
    let (mut alice, alices, ua) = alice;
    for tid in ["s001", "s002"] {
        let message = format!(
            "MSRP {tid} SEND\r\nTo-Path: {ua} {ub} {bobs}\r\nFrom-Path: {alices}\r\nMessage-ID: m-{tid}\r\n\
             Byte-Range: 1-2/2\r\nContent-Type: text/plain\r\n\r\nhi\r\n-------{tid}$\r\n"
        );
        alice.write_all(message.as_bytes()).await.unwrap();
        assert!(read_until(&mut alice, &format!("-------{tid}$")).await.contains(" 200 OK"));
    }
    let first = read_until(&mut bob, "$\r\n").await;
    let stopped = tokio::spawn(server.stop());
    tokio::time::sleep(Duration::from_millis(200)).await;
    let tid = first.split(' ').nth(1).unwrap();
    let response = format!("MSRP {tid} 200 OK\r\nTo-Path: {ub}\r\nFrom-Path: {bobs}\r\n-------{tid}$\r\n");
    bob.write_all(response.as_bytes()).await.unwrap();
    let second = read_until(&mut bob, "$\r\n").await;
    assert_eq!(value(&second, "Message-ID"), "m-s002");
    // That one is not answered.
    assert!(read_until(&mut alice, "$\r\n").await.contains("Status: 000 408 "));
    timeout(PATIENCE, stopped).await.unwrap().unwrap();
}
