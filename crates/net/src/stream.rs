//! `Stream`: the octets of one connection, plain or inside TLS, and its two halves.

use std::io::{self, IoSlice};
use std::net::SocketAddr;

use bytes::BytesMut;
use sip_ua::{Security, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

#[cfg(feature = "tls")]
use crate::tls;

/// A connection that is ready for octets.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    #[cfg(feature = "tls")]
    Tls(Box<tls::Stream>),
}

/// The half that is read.
pub(crate) enum Reading {
    Tcp(OwnedReadHalf),
    #[cfg(feature = "tls")]
    Tls(tls::Reading),
}

/// The half that is written.
pub(crate) enum Writing {
    Tcp(OwnedWriteHalf),
    #[cfg(feature = "tls")]
    Tls(tls::Writing),
}

impl Stream {
    pub(crate) const fn transport(&self) -> Transport {
        match self {
            Self::Tcp(_) => Transport::Tcp,
            #[cfg(feature = "tls")]
            Self::Tls(_) => Transport::Tls,
        }
    }

    /// Our address and the peer's.
    pub(crate) fn addresses(&self) -> io::Result<[SocketAddr; 2]> {
        let socket = match self {
            Self::Tcp(socket) => socket,
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.socket(),
        };
        Ok([socket.local_addr()?, socket.peer_addr()?])
    }

    /// What was learned of the peer; `None` without TLS.
    pub(crate) fn security(&self) -> Option<Security> {
        match self {
            Self::Tcp(_) => None,
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Some(stream.security.clone()),
        }
    }

    pub(crate) fn split(self) -> (Reading, Writing) {
        match self {
            Self::Tcp(socket) => {
                let (reading, writing) = socket.into_split();
                (Reading::Tcp(reading), Writing::Tcp(writing))
            }
            #[cfg(feature = "tls")]
            Self::Tls(stream) => {
                let (reading, writing) = stream.split();
                (Reading::Tls(reading), Writing::Tls(writing))
            }
        }
    }
}

impl Reading {
    /// Appends what is there to `buffer`, once there is something; 0 at the end. `most` is a wish: TLS comes in
    /// records, and as many are taken as that. Cancel safe.
    pub(crate) async fn read(&mut self, buffer: &mut BytesMut, most: usize) -> io::Result<usize> {
        buffer.reserve(most);
        match self {
            Self::Tcp(half) => half.read_buf(buffer).await,
            #[cfg(feature = "tls")]
            Self::Tls(half) => half.read(buffer, most).await,
        }
    }
}

impl Writing {
    /// Writes some octets of the slices, at least one; they are with the system when it returns.
    pub(crate) async fn write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            // Not `write_vectored`: that counts against the task's budget even where the socket takes it at once.
            Self::Tcp(half) => loop {
                half.writable().await?;
                match half.try_write_vectored(slices) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    result => return result,
                }
            },
            #[cfg(feature = "tls")]
            Self::Tls(half) => half.write(slices).await,
        }
    }

    /// Says that nothing more comes: with close_notify (RFC 8446 §6.1) inside TLS.
    pub(crate) async fn shutdown(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(half) => half.shutdown().await,
            #[cfg(feature = "tls")]
            Self::Tls(half) => half.shutdown().await,
        }
    }
}
