//! Listening sockets: UDP and TCP on one port, and the task that accepts connections.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use sip_ua::{Protocol, Transport};
use socket2::{Domain, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;

use crate::network::Happening;
use crate::unreachable;

/// How often a free port is looked for that both UDP and TCP have.
const ATTEMPTS: usize = 64;
/// Connections the kernel keeps until they are accepted.
const BACKLOG: i32 = 1024;
/// Octets of datagrams the kernel keeps until they are read; it may give less.
const UDP_BUFFER: usize = 1 << 20;
/// Silence after which the kernel asks whether the peer of a connection is still there.
const KEEPALIVE: Duration = Duration::from_secs(120);
/// Pause after the system had no socket left to accept with.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// Opens TCP and UDP on the same port of `address`; port 0 finds one that is free for both.
pub(crate) fn tcp_and_udp(address: SocketAddr) -> io::Result<(TcpListener, UdpSocket)> {
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let listener = tcp(address)?;
        let both = SocketAddr::new(address.ip(), listener.local_addr()?.port());
        match udp(both) {
            Ok(socket) => return Ok((listener, socket)),
            Err(error) if address.port() == 0 && error.kind() == io::ErrorKind::AddrInUse => {
                last = Some(error)
            }
            Err(error) => return Err(error),
        }
    }
    Err(last.unwrap_or_else(|| io::ErrorKind::AddrInUse.into()))
}

/// Opens a TCP listener on `address`.
pub(crate) fn tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let open = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        // A port whose old connections are still in TIME-WAIT is free; on Windows the option would share it.
        #[cfg(not(windows))]
        socket.set_reuse_address(true)?;
        prepare(&socket, address)?;
        socket.listen(BACKLOG)?;
        TcpListener::from_std(socket.into())
    };
    open().map_err(|error| cannot_listen("TCP", address, &error))
}

fn udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let open = || {
        // No SO_REUSEADDR: it would let a second program take over the port.
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, None)?;
        prepare(&socket, address)?;
        // Wishes: the kernel's own maximum is good enough, and so are timers where there are no ICMP errors.
        let _ = socket.set_recv_buffer_size(UDP_BUFFER);
        let _ = unreachable::report(&socket, address);
        UdpSocket::from_std(socket.into())
    };
    open().map_err(|error| cannot_listen("UDP", address, &error))
}

fn prepare(socket: &Socket, address: SocketAddr) -> io::Result<()> {
    if address.is_ipv6() {
        // One family for each socket, or IPv4 peers would show up as IPv6 addresses in SDP and Via.
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())
}

fn cannot_listen(transport: &str, address: SocketAddr, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot listen on {transport} {address}: {error}"))
}

/// Sets what every connection has, accepted or opened.
pub(crate) fn tune(stream: &TcpStream) {
    // Both are improvements, not conditions.
    let _ = stream.set_nodelay(true);
    let _ = SockRef::from(stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE));
}

/// Accepts until the network is gone. Waits while the driver is behind, so the backlog is the bound.
pub(crate) async fn accept(
    listener: TcpListener,
    protocol: Protocol,
    transport: Transport,
    happenings: mpsc::Sender<Happening>,
) {
    loop {
        let happening = match listener.accept().await {
            Ok((stream, peer)) => Happening::Accepted { protocol, transport, stream, peer },
            // The peer was gone before we looked.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            // No socket is left for the moment.
            Err(_) => {
                tokio::time::sleep(EXHAUSTED).await;
                continue;
            }
        };
        if happenings.send(happening).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn udp_and_tcp_get_the_same_free_port() {
        let (listener, socket) = tcp_and_udp("127.0.0.1:0".parse().unwrap()).unwrap();
        assert_eq!(listener.local_addr().unwrap(), socket.local_addr().unwrap());
        assert_ne!(socket.local_addr().unwrap().port(), 0);
    }

    #[tokio::test]
    async fn a_port_in_use_is_named() {
        let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let error = tcp_and_udp(address).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        assert!(error.to_string().starts_with(&format!("cannot listen on UDP {address}")), "{error}");

        let (listener, _socket) = tcp_and_udp("127.0.0.1:0".parse().unwrap()).unwrap();
        let error = tcp(listener.local_addr().unwrap()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
}
