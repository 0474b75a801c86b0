//! The server on sockets: what only a driver can break.

use std::net::SocketAddr;
use std::time::Duration;

use simple_im_server::Event;
use simple_im_server::tokio::{Listen, Running, StartError};
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
