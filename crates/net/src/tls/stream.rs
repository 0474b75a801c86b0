//! `Stream`: a connection inside TLS, and its two halves.

use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::{BufMut as _, Bytes, BytesMut};
use rustls::pki_types::{CertificateDer, ServerName};
use sip_ua::Security;
use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio_rustls::TlsStream;
use webpki::EndEntityCert;

use super::socket::Socket;

/// Octets that rustls keeps encrypted until the socket takes them.
const ENCRYPTED: usize = 256 << 10;

/// A connection inside TLS, the handshake done.
#[derive(Debug)]
pub(crate) struct Stream {
    stream: TlsStream<Socket>,
    pub(crate) security: Security,
}

/// The half that is read.
pub(crate) struct Reading(ReadHalf<TlsStream<Socket>>);

/// The half that is written.
pub(crate) struct Writing(WriteHalf<TlsStream<Socket>>);

impl Stream {
    /// `verified`: an authority vouched for the name of the peer.
    pub(super) fn new(mut stream: TlsStream<Socket>, verified: bool) -> Self {
        match &mut stream {
            TlsStream::Client(stream) => stream.get_mut().1.set_buffer_limit(Some(ENCRYPTED)),
            TlsStream::Server(stream) => stream.get_mut().1.set_buffer_limit(Some(ENCRYPTED)),
        }
        let (_, session) = stream.get_ref();
        let shown = session.peer_certificates().and_then(|chain| chain.first());
        let certificate = shown.map(|certificate| Bytes::copy_from_slice(certificate));
        Self { stream, security: Security { certificate, verified } }
    }

    /// Whether the certificate has `name`, which rustls found in it, as it is and not by a wildcard (RFC 5922 §7.2).
    /// An address has no wildcard.
    pub(super) fn names_exactly(&self, name: &str) -> bool {
        let undotted = |name: &str| name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        let is_address = matches!(ServerName::try_from(name), Ok(ServerName::IpAddress(_)));
        let shown = self.security.certificate.as_deref().map(CertificateDer::from);
        let certificate = shown.as_ref().and_then(|shown| EndEntityCert::try_from(shown).ok());
        is_address
            || certificate
                .is_some_and(|it| it.valid_dns_names().any(|known| undotted(known) == undotted(name)))
    }

    pub(crate) fn socket(&self) -> &TcpStream {
        self.stream.get_ref().0.tcp()
    }

    pub(crate) fn split(self) -> (Reading, Writing) {
        let (reading, writing) = tokio::io::split(self.stream);
        (Reading(reading), Writing(writing))
    }
}

impl Reading {
    /// Waits for a record, and takes the others that are there too, up to `most` octets.
    pub(crate) async fn read(&mut self, buffer: &mut BytesMut, most: usize) -> io::Result<usize> {
        let mut all = self.0.read_buf(&mut buffer.limit(most)).await?;
        while all > 0 && all < most {
            let mut limited = buffer.limit(most - all);
            let mut more = pin!(self.0.read_buf(&mut limited));
            // The end and errors come again with the next read.
            match poll_fn(|cx| Poll::Ready(more.as_mut().poll(cx))).await {
                Poll::Ready(Ok(octets @ 1..)) => all += octets,
                Poll::Ready(_) | Poll::Pending => break,
            }
        }
        Ok(all)
    }
}

impl Writing {
    /// Encrypts octets of the slices, and waits until the socket has taken them.
    pub(crate) async fn write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let written = poll_fn(|cx| Pin::new(&mut self.0).poll_write_vectored(cx, slices)).await?;
        self.0.flush().await?;
        Ok(written)
    }

    pub(crate) async fn shutdown(&mut self) -> io::Result<()> {
        self.0.shutdown().await
    }
}
