//! `Trace`: every message on the wire, as a ladder in memory, as files and as a capture for Wireshark.
//!
//! The taps of the networks hand octets to one thread, which cuts them into messages: a slow disk slows the
//! sender down once the queue is full, and loses nothing.

mod capture;
mod ladder;
mod recorder;
mod stream;
mod summary;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};
use std::{fs, io};

use bytes::Bytes;
use net::{Tap, Wire};

pub(crate) use ladder::Ladder;
use recorder::Recorder;

/// Pieces of the wire that may wait for the recorder; each is one write, about 64 KiB at most.
const QUEUE: usize = 128;

/// What the recorder is told.
enum Input {
    /// Octets went from one address to the other.
    Octets { wire: Wire, from: SocketAddr, to: SocketAddr, octets: Bytes, at: Duration },
    /// This address belongs to this party.
    Name(SocketAddr, String),
    /// The last input.
    Finish,
}

/// Which octets a tap records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum See {
    /// What goes out: every party of the conversation has a tap.
    Sent,
    /// What goes out and what comes in: the other parties run elsewhere.
    Both,
}

/// Where inputs wait. Locked while one is stamped and put in, so that times never go backwards.
type Queue = Arc<Mutex<SyncSender<Input>>>;

/// A trace under way.
#[derive(Debug)]
pub(crate) struct Trace {
    queue: Queue,
    recorder: JoinHandle<io::Result<Ladder>>,
}

impl Trace {
    /// Starts a trace. With a folder, which is made if need be, every message is kept in a file there, and all
    /// of them in `trace.pcap`.
    ///
    /// # Errors
    ///
    /// The folder or the capture cannot be made.
    pub(crate) fn start(folder: Option<&Path>) -> io::Result<Self> {
        let folder: Option<PathBuf> = folder.map(Path::to_path_buf);
        if let Some(folder) = &folder {
            fs::create_dir_all(folder)?;
        }
        let recorder = Recorder::new(folder)?;
        let (queue, inputs) = sync_channel(QUEUE);
        let recorder =
            std::thread::Builder::new().name("trace".to_owned()).spawn(move || record(recorder, &inputs))?;
        Ok(Self { queue: Arc::new(Mutex::new(queue)), recorder })
    }

    /// A tap for the network of `party`.
    pub(crate) fn tap(&self, party: &str, see: See) -> Arc<dyn Tap> {
        Arc::new(PartyTap { party: party.to_owned(), see, queue: Arc::clone(&self.queue) })
    }

    /// Tells the name behind an address: a listening one before anybody sends to it.
    pub(crate) fn name(&self, address: SocketAddr, party: &str) {
        // Without a recorder there is nothing to name.
        let _ = lock(&self.queue).send(Input::Name(address, party.to_owned()));
    }

    /// Ends the trace; what taps see afterwards is not recorded.
    ///
    /// # Errors
    ///
    /// Something could not be written.
    pub(crate) fn finish(self) -> io::Result<Ladder> {
        let _ = lock(&self.queue).send(Input::Finish);
        self.recorder.join().unwrap_or_else(|_| Err(io::Error::other("the recorder of the trace panicked")))
    }
}

/// Records until the end; after an error it takes the rest of the inputs so that nobody waits for it.
fn record(mut recorder: Recorder, inputs: &Receiver<Input>) -> io::Result<Ladder> {
    let mut outcome = Ok(());
    for input in inputs {
        match input {
            Input::Octets { wire, from, to, octets, at } if outcome.is_ok() => {
                outcome = recorder.take(wire, from, to, &octets, at);
            }
            Input::Octets { .. } => {}
            Input::Name(address, party) => recorder.name(address, party),
            Input::Finish => break,
        }
    }
    outcome?;
    recorder.finish()
}

/// The tap of one party.
struct PartyTap {
    party: String,
    see: See,
    queue: Queue,
}

impl PartyTap {
    fn pass(&self, wire: Wire, from: SocketAddr, to: SocketAddr, octets: &[u8]) {
        let octets = Bytes::copy_from_slice(octets);
        let queue = lock(&self.queue);
        // The trace may be over already.
        let _ = queue.send(Input::Name(wire.local, self.party.clone()));
        let _ = queue.send(Input::Octets { wire, from, to, octets, at: now() });
    }
}

impl Tap for PartyTap {
    fn sent(&self, wire: Wire, octets: &[u8]) {
        self.pass(wire, wire.local, wire.peer, octets);
    }

    fn received(&self, wire: Wire, octets: &[u8]) {
        if self.see == See::Both {
            self.pass(wire, wire.peer, wire.local, octets);
        }
    }
}

/// Nothing is half done when somebody panics while it is locked.
fn lock(queue: &Queue) -> MutexGuard<'_, SyncSender<Input>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Since 1970; captures have it.
#[expect(clippy::disallowed_methods, reason = "times in captures and ladders; nothing is decided by them")]
fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests;
