//! One TCP connection, plain or inside TLS: the task that connects, the one that reads and the one that writes.
//!
//! Closing goes through the channels: the network drops its ends, the writer writes what is queued and
//! shuts its direction down, and the reader throws away what still comes until the peer has closed too. A
//! socket that is dropped with octets unread would answer with a reset, and the peer could lose our last
//! ones.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use sip_ua::{FlowError, FlowId, FlowState, Protocol, Target, Transport};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::buffers::Buffers;
use crate::network::Happening;
use crate::place::Place;
use crate::stream::{Reading, Stream, Writing};
use crate::{Limits, Tap, Wire, listener};

/// Octets of the first read of a connection: a stranger gets no more memory than this.
const FIRST_READ: usize = 4 << 10;
/// Pieces that one write call takes together; the kernel's limit is 1024.
const PIECES: usize = 64;

/// The network's end of one connection. Dropping it closes the connection in good order.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) protocol: Protocol,
    outbox: mpsc::Sender<Bytes>,
    grants: mpsc::Sender<()>,
    /// Octets handed to the writer and not yet reported as written.
    queued: u64,
    /// What the tasks need once there is a socket; `None` from then on.
    waiting: Option<Waiting>,
    /// The task that connects, while it does.
    connecting: Option<AbortHandle>,
    /// Dropped with the connection, which tells the writer to hurry.
    closing: Option<oneshot::Sender<()>>,
}

#[derive(Debug)]
struct Waiting {
    outbox: mpsc::Receiver<Bytes>,
    grants: mpsc::Receiver<()>,
    place: Arc<Place>,
}

/// Everything a task of a connection shares with its network.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) happenings: mpsc::Sender<Happening>,
    pub(crate) tap: Option<Arc<dyn Tap>>,
    pub(crate) limits: Arc<Limits>,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<crate::Tls>,
}

impl Context {
    /// Whether connections inside TLS can be opened.
    pub(crate) const fn can_connect(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.tls.is_some();
        #[cfg(not(feature = "tls"))]
        false
    }

    /// Whether connections inside TLS can be accepted.
    pub(crate) fn can_listen(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.tls.as_ref().is_some_and(crate::Tls::can_listen);
        #[cfg(not(feature = "tls"))]
        false
    }
}

/// Why a piece cannot be queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

impl Connection {
    /// A connection without a socket yet; what is queued waits for it.
    pub(crate) fn new(protocol: Protocol, place: Arc<Place>, limits: &Limits) -> Self {
        let (outbox, pieces) = mpsc::channel(limits.queued_pieces.max(1));
        let (grants, granted) = mpsc::channel(1);
        let waiting = Some(Waiting { outbox: pieces, grants: granted, place });
        Self { protocol, outbox, grants, queued: 0, waiting, connecting: None, closing: None }
    }

    /// Starts to connect; [`Happening::Connected`] or [`Happening::Closed`] follows.
    pub(crate) fn connect(
        &mut self,
        flow: FlowId,
        target: Target,
        context: &Context,
        tasks: &mut JoinSet<()>,
    ) {
        let context = context.clone();
        self.connecting = Some(tasks.spawn(async move {
            let happening = match connected(&target, &context).await {
                Ok(stream) => Happening::Connected { flow, stream },
                Err(error) => Happening::Closed { flow, error },
            };
            // The network is gone only if nobody waits for this connection any more.
            let _ = context.happenings.send(happening).await;
        }));
    }

    /// Takes the socket and starts to read and write. Returns what to tell the machine.
    pub(crate) fn start(
        &mut self,
        flow: FlowId,
        stream: Stream,
        accepted: bool,
        context: &Context,
        tasks: &mut JoinSet<()>,
    ) -> io::Result<FlowState> {
        self.connecting = None;
        let Some(waiting) = self.waiting.take() else { return Err(io::ErrorKind::AlreadyExists.into()) };
        let [local, peer] = stream.addresses()?;
        let security = stream.security();
        let wire = Wire { protocol: self.protocol, transport: stream.transport(), local, peer };
        let (reading, writing) = stream.split();
        let (closing, closed) = oneshot::channel();
        let (flushed, flush) = oneshot::channel();
        self.closing = Some(closing);
        let place = Arc::clone(&waiting.place);
        let writer = Writer { flow, wire, half: writing, outbox: waiting.outbox, context: context.clone() };
        tasks.spawn(async move {
            writer.run(closed).await;
            drop((flushed, place));
        });
        let reader = Reader {
            flow,
            wire,
            half: reading,
            grants: waiting.grants,
            granted: false,
            buffer: BytesMut::new(),
            buffers: Buffers::default(),
            next_read: FIRST_READ.min(context.limits.read_octets).max(1),
            patience: accepted.then_some(context.limits.first_octet),
            context: context.clone(),
        };
        let place = waiting.place;
        tasks.spawn(async move {
            reader.run(flush).await;
            drop(place);
        });
        Ok(FlowState::Up { transport: wire.transport, local: wire.local, peer: wire.peer, security })
    }

    /// Queues octets.
    pub(crate) fn transmit(&mut self, bytes: Bytes, limits: &Limits) -> Result<(), Full> {
        let queued = self.queued.saturating_add(octets(&bytes));
        if queued > limits.queued_octets {
            return Err(Full);
        }
        match self.outbox.try_send(bytes) {
            // A writer that has ended has also told why; the octets go where the connection went.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => {
                self.queued = queued;
                Ok(())
            }
            Err(mpsc::error::TrySendError::Full(_)) => Err(Full),
        }
    }

    /// Takes note of octets written.
    pub(crate) fn written(&mut self, octets: u64) {
        self.queued = self.queued.saturating_sub(octets);
    }

    /// Allows one more read.
    pub(crate) fn grant(&self) {
        // Full: one is allowed already. Closed: the end of the connection is on its way to the machine.
        let _ = self.grants.try_send(());
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(task) = self.connecting.take() {
            task.abort();
        }
    }
}

/// A connection to `target`, with the handshake done where it needs one.
async fn connected(target: &Target, context: &Context) -> Result<Stream, FlowError> {
    let stream = match timeout(context.limits.connect, TcpStream::connect(target.address)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(reason(&error)),
        Err(_) => return Err(FlowError::TimedOut),
    };
    listener::tune(&stream);
    #[cfg(feature = "tls")]
    if let (Transport::Tls, Some(tls)) = (target.transport, &context.tls) {
        let stream = crate::tls::connect(tls, stream, target, context.limits.handshake).await?;
        return Ok(Stream::Tls(Box::new(stream)));
    }
    match target.transport {
        Transport::Tcp => Ok(Stream::Tcp(stream)),
        // Never less than what was asked for.
        Transport::Udp | Transport::Tls => Err(FlowError::Unavailable),
    }
}

/// Writes what is queued, as much as the socket takes in one call.
struct Writer {
    flow: FlowId,
    wire: Wire,
    half: Writing,
    outbox: mpsc::Receiver<Bytes>,
    context: Context,
}

impl Writer {
    /// Runs until the network drops its end and everything is written, or the connection fails, or
    /// `closing` has been gone for [`Limits::flush`].
    async fn run(mut self, closing: oneshot::Receiver<()>) {
        let (flow, happenings) = (self.flow, self.context.happenings.clone());
        let hurry = self.context.limits.flush;
        let result = tokio::select! {
            result = self.write_all() => result,
            () = after(closing, hurry) => Ok(()),
        };
        if let Err(error) = result {
            let _ = happenings.send(Happening::Closed { flow, error }).await;
        }
    }

    async fn write_all(&mut self) -> Result<(), FlowError> {
        let mut queue: VecDeque<Bytes> = VecDeque::new();
        loop {
            if queue.is_empty() {
                match self.outbox.recv().await {
                    Some(bytes) => self.enqueue(&mut queue, bytes),
                    None => break,
                }
            }
            while queue.len() < PIECES
                && let Ok(bytes) = self.outbox.try_recv()
            {
                self.enqueue(&mut queue, bytes);
            }
            let written = self.write_some(&queue).await?;
            advance(&mut queue, written);
            if let Ok(octets) = u64::try_from(written) {
                let transmitted = Happening::Transmitted { flow: self.flow, octets };
                // Without a network there is nobody to tell, and still something to flush.
                let _ = self.context.happenings.send(transmitted).await;
            }
        }
        self.half.shutdown().await.map_err(|error| reason(&error))
    }

    fn enqueue(&self, queue: &mut VecDeque<Bytes>, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        if let Some(tap) = &self.context.tap {
            tap.sent(self.wire, &bytes);
        }
        queue.push_back(bytes);
    }

    async fn write_some(&mut self, queue: &VecDeque<Bytes>) -> Result<usize, FlowError> {
        if queue.is_empty() {
            return Ok(0);
        }
        let mut slices = [IoSlice::new(&[]); PIECES];
        let filled = slices.iter_mut().zip(queue).map(|(slice, bytes)| *slice = IoSlice::new(bytes)).count();
        let write = self.half.write(slices.get(..filled).unwrap_or_default());
        match timeout(self.context.limits.stalled, write).await {
            Ok(result) => result.map_err(|error| reason(&error)),
            Err(_) => Err(FlowError::TimedOut),
        }
    }
}

/// Drops the first `written` octets of `queue`.
fn advance(queue: &mut VecDeque<Bytes>, mut written: usize) {
    while let Some(first) = queue.front_mut() {
        if written < first.len() {
            first.advance(written);
            return;
        }
        written -= first.len();
        queue.pop_front();
    }
}

/// Reads when granted, and hands out slices of its buffer.
struct Reader {
    flow: FlowId,
    wire: Wire,
    half: Reading,
    grants: mpsc::Receiver<()>,
    granted: bool,
    buffer: BytesMut,
    buffers: Buffers,
    /// Octets to make room for: doubles while reads fill it, halves while they do not need it.
    next_read: usize,
    /// How long the peer may stay silent; `None`: as long as it likes, we opened the connection.
    patience: Option<Duration>,
    context: Context,
}

/// How reading ended.
enum ReadEnd {
    /// The network closed the connection: read on until the peer does, and throw it away.
    Ours,
    /// The peer closed it, or it failed.
    Theirs(FlowError),
}

impl Reader {
    async fn run(mut self, flushed: oneshot::Receiver<()>) {
        match self.read_all().await {
            ReadEnd::Ours => self.linger(flushed).await,
            ReadEnd::Theirs(error) => {
                let closed = Happening::Closed { flow: self.flow, error };
                let _ = self.context.happenings.send(closed).await;
            }
        }
    }

    async fn read_all(&mut self) -> ReadEnd {
        loop {
            if !self.granted && self.grants.recv().await.is_none() {
                return ReadEnd::Ours;
            }
            self.granted = false;
            let octets = match self.read().await {
                Ok(0) => return ReadEnd::Theirs(FlowError::ClosedByPeer),
                Ok(octets) => octets,
                Err(end) => return end,
            };
            let bytes = self.buffers.hand_out(std::mem::take(&mut self.buffer));
            if let Some(tap) = &self.context.tap {
                tap.received(self.wire, &bytes);
            }
            self.adapt(octets);
            if self.patience.is_some() {
                self.patience = Some(self.context.limits.idle);
            }
            let received = Happening::Received { flow: self.flow, bytes };
            if self.context.happenings.send(received).await.is_err() {
                return ReadEnd::Ours;
            }
        }
    }

    /// One read. A grant that comes meanwhile is kept for the next one.
    async fn read(&mut self) -> Result<usize, ReadEnd> {
        if self.buffer.capacity() < self.next_read {
            self.buffer = self.buffers.take(self.next_read);
        }
        let patience = self.patience;
        let silence = async move {
            match patience {
                Some(patience) => sleep(patience).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(silence);
        loop {
            tokio::select! {
                read = self.half.read(&mut self.buffer, self.next_read) => {
                    return read.map_err(|error| ReadEnd::Theirs(reason(&error)));
                }
                grant = self.grants.recv() => match grant {
                    Some(()) => self.granted = true,
                    None => return Err(ReadEnd::Ours),
                },
                () = &mut silence => return Err(ReadEnd::Theirs(FlowError::TimedOut)),
            }
        }
    }

    fn adapt(&mut self, octets: usize) {
        if octets >= self.next_read {
            self.next_read = self.next_read.saturating_mul(2).min(self.context.limits.read_octets.max(1));
        } else if octets < self.next_read / 4 {
            self.buffers.forget();
            self.next_read = (self.next_read / 2).max(FIRST_READ.min(self.context.limits.read_octets)).max(1);
        }
    }

    /// Throws away what still comes, until the peer has closed or [`Limits::linger`] after our last octet.
    async fn linger(mut self, flushed: oneshot::Receiver<()>) {
        let drain = async {
            let mut scratch = BytesMut::new();
            while let Ok(1..) = self.half.read(&mut scratch, FIRST_READ).await {
                scratch.clear();
            }
        };
        tokio::select! {
            () = drain => {}
            () = after(flushed, self.context.limits.linger) => {}
        }
    }
}

/// Waits until the other end of `signal` is dropped, and `delay` more.
async fn after(signal: oneshot::Receiver<()>, delay: Duration) {
    let _ = signal.await;
    sleep(delay).await;
}

/// Sorts what the system says about a connection.
pub(crate) fn reason(error: &io::Error) -> FlowError {
    #[cfg(feature = "tls")]
    if let Some(error) = crate::tls::reason(error) {
        return error;
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => FlowError::Refused,
        io::ErrorKind::TimedOut => FlowError::TimedOut,
        io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::AddrNotAvailable => FlowError::Unreachable,
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        // TLS without close_notify: somebody may have cut it.
        | io::ErrorKind::UnexpectedEof => FlowError::Reset,
        io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported => FlowError::Unavailable,
        _ => FlowError::Io,
    }
}

/// The length of `bytes` as a count of octets.
pub(crate) fn octets(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pieces: &[&'static str], written: usize, left: &[&'static str]) {
        let mut queue: VecDeque<Bytes> =
            pieces.iter().map(|piece| Bytes::from_static(piece.as_bytes())).collect();
        advance(&mut queue, written);
        assert_eq!(queue, left);
    }

    #[test]
    fn a_partial_write_leaves_the_rest_in_order() {
        check(&["abc", "de", "f"], 0, &["abc", "de", "f"]);
        check(&["abc", "de", "f"], 2, &["c", "de", "f"]);
        check(&["abc", "de", "f"], 3, &["de", "f"]);
        check(&["abc", "de", "f"], 4, &["e", "f"]);
        check(&["abc", "de", "f"], 6, &[]);
    }
}
