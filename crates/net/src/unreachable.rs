//! ICMP errors about datagrams: the peer's port is closed, or there is no way to it.
//!
//! RFC 3261 §18.4 wants the transaction to hear of them instead of waiting for its timer. A socket that is
//! not connected gets them only on request, and Linux tells which datagram one is about (`IP_RECVERR`). On
//! other systems nothing is reported, and the timers do.

use std::io;
use std::net::SocketAddr;

use sip_ua::FlowError;
use socket2::Socket;
use tokio::net::UdpSocket;

/// Asks for ICMP errors about what `socket`, bound to `address`, sends.
#[cfg(target_os = "linux")]
pub(crate) fn report(socket: &Socket, address: SocketAddr) -> io::Result<()> {
    use nix::sys::socket::{setsockopt, sockopt};
    if address.is_ipv4() {
        setsockopt(socket, sockopt::Ipv4RecvErr, &true)?;
    } else {
        setsockopt(socket, sockopt::Ipv6RecvErr, &true)?;
    }
    Ok(())
}

/// The next error that came in, and the peer it is about.
#[cfg(target_os = "linux")]
pub(crate) fn next(socket: &UdpSocket) -> Option<(SocketAddr, FlowError)> {
    loop {
        // `WouldBlock` also makes the runtime wait for the next error.
        let report = socket.try_io(tokio::io::Interest::ERROR, || linux::read(socket)).ok()?;
        if report.is_some() {
            return report;
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    //! The error queue of a socket.

    use std::io::{self, IoSliceMut};
    use std::net::SocketAddr;
    use std::os::fd::AsRawFd as _;

    use nix::errno::Errno;
    use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg};
    use sip_ua::FlowError;
    use tokio::net::UdpSocket;

    /// One report. `None`: one that is no reason to give up.
    pub(super) fn read(socket: &UdpSocket) -> io::Result<Option<(SocketAddr, FlowError)>> {
        // The datagram comes back as far as there is room; nobody needs it.
        let mut datagram = [0; 1];
        let mut slices = [IoSliceMut::new(&mut datagram)];
        let mut control = nix::cmsg_space!(nix::libc::sock_extended_err, nix::libc::sockaddr_in6);
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        let message = recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut slices, Some(&mut control), flags)?;
        let Some(peer) = message.address.as_ref().and_then(address) else { return Ok(None) };
        let report = message.cmsgs()?.find_map(|control| match control {
            ControlMessageOwned::Ipv4RecvErr(report, _) => Some(report),
            ControlMessageOwned::Ipv6RecvErr(report, _) => Some(report),
            _ => None,
        });
        // Local reports are about a datagram that is too long; the send has failed with that.
        let icmp = report.filter(|report| {
            [nix::libc::SO_EE_ORIGIN_ICMP, nix::libc::SO_EE_ORIGIN_ICMP6].contains(&report.ee_origin)
        });
        Ok(icmp.and_then(|report| meaning(report.ee_errno)).map(|error| (peer, error)))
    }

    fn meaning(errno: u32) -> Option<FlowError> {
        match Errno::from_raw(i32::try_from(errno).ok()?) {
            Errno::ECONNREFUSED => Some(FlowError::Refused),
            Errno::EHOSTUNREACH | Errno::ENETUNREACH | Errno::EHOSTDOWN => Some(FlowError::Unreachable),
            _ => None,
        }
    }

    fn address(address: &SockaddrStorage) -> Option<SocketAddr> {
        match (address.as_sockaddr_in(), address.as_sockaddr_in6()) {
            (Some(v4), _) => Some(SocketAddr::from((v4.ip(), v4.port()))),
            (_, Some(v6)) => Some(SocketAddr::from((v6.ip(), v6.port()))),
            _ => None,
        }
    }
}

/// Nothing to ask for.
#[cfg(not(target_os = "linux"))]
pub(crate) fn report(_: &Socket, _: SocketAddr) -> io::Result<()> {
    Ok(())
}

/// None ever.
#[cfg(not(target_os = "linux"))]
pub(crate) fn next(_: &UdpSocket) -> Option<(SocketAddr, FlowError)> {
    None
}
