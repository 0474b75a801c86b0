//! `Socket`: a TCP stream that is read in large pieces, though TLS asks for small ones.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Octets of the first read: a stranger gets no more memory than this.
const FIRST_READ: usize = 4 << 10;
/// Octets of one read at most; four records.
const LARGEST_READ: usize = 64 << 10;

/// A TCP stream with a buffer that grows while reads fill it.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    buffer: BytesMut,
    next_read: usize,
}

impl Socket {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, buffer: BytesMut::new(), next_read: FIRST_READ }
    }

    pub(super) const fn tcp(&self) -> &TcpStream {
        &self.stream
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // What was in it has been taken: the old memory is used again.
        self.buffer.clear();
        self.buffer.reserve(self.next_read);
        let next_read = self.next_read;
        let mut limited = bytes::BufMut::limit(&mut self.buffer, next_read);
        let reading = tokio::io::AsyncReadExt::read_buf(&mut self.stream, &mut limited);
        tokio::pin!(reading);
        let octets = ready!(reading.poll(cx))?;
        if octets == next_read {
            self.next_read = next_read.saturating_mul(2).min(LARGEST_READ);
        } else if octets < next_read / 4 {
            self.next_read = (next_read / 2).max(FIRST_READ);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.buffer.is_empty() {
            ready!(self.poll_fill(cx))?;
        }
        let octets = self.buffer.len().min(out.remaining());
        if let Some(piece) = self.buffer.get(..octets) {
            out.put_slice(piece);
        }
        self.buffer.advance(octets);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, octets)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
