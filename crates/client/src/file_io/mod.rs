//! Files: what is read, what is written, and one task for each that may block.
//!
//! The agent asks for octets and for storage by [`ContentId`]; the tasks here do it outside of the driver,
//! in `spawn_blocking`, and report back. What is in memory is read and written at once, without a task, unless
//! there is much to hash. What is under way is bounded by the agent's window.

mod hashed;
mod memory;
mod pace;
mod part_file;
mod sink;
mod source;
mod store;
mod writer;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use pager::{ContentId, FileHash, HashAlgorithm};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use memory::Memory;
pub(crate) use pace::Pace;
pub use sink::Sink;
pub(crate) use sink::Wanted;
pub use source::Hashing;
use source::Medium;
pub(crate) use source::{Hashes, Input, Source};
pub(crate) use store::{Part, Stored};
use writer::{Fate, Writer};

/// Requests that may wait for one file. The agent's window is 2 MiB, so only a peer that sends by 256
/// octets or less to a disk that stands still gets here, and fails.
const REQUESTS: usize = 8192;
/// Reports that may wait for the driver before the tasks wait.
const REPORTS: usize = 64;

/// What a file being sent is asked for.
#[derive(Debug, Clone, Copy)]
struct Read {
    offset: u64,
    len: usize,
}

/// What a file being received is asked for.
#[derive(Debug)]
enum Request {
    Write {
        offset: u64,
        octets: Bytes,
    },
    /// The hash of the first `octets`.
    Hash {
        octets: u64,
        algorithm: HashAlgorithm,
    },
    Commit,
}

/// What became of a request to a file.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) content: ContentId,
    pub(crate) done: Done,
}

/// What became of a request.
#[derive(Debug)]
pub(crate) enum Done {
    /// The octets of the earliest read that was not answered.
    Read(io::Result<Bytes>),
    /// So many octets are stored.
    Written(u64),
    /// What is stored has this hash.
    Hashed(FileHash),
    /// Nothing more can be stored, and what was is removed.
    WriteFailed(io::Error),
    /// The file is whole and in its place.
    Committed(Stored),
}

/// The files under way.
#[derive(Debug)]
pub(crate) struct Files {
    open: HashMap<ContentId, Open>,
    sender: mpsc::Sender<Report>,
    reports: mpsc::Receiver<Report>,
    /// What was done at once; each request adds one at most.
    ready: VecDeque<Report>,
    tasks: JoinSet<()>,
}

#[derive(Debug)]
enum Open {
    /// A task reads it.
    Reading(mpsc::Sender<Read>),
    /// A task writes it.
    Writing {
        requests: mpsc::Sender<Request>,
        fate: Arc<Fate>,
        /// What is written stays if the file does not become whole; then all of it is to be written.
        keeps: bool,
    },
    /// Octets being sent.
    Octets(Bytes),
    /// Octets being received.
    Memory(Memory),
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Self::Writing { fate, keeps: false, .. } = self {
            fate.discard();
        }
    }
}

impl Files {
    pub(crate) fn new() -> Self {
        let (sender, reports) = mpsc::channel(REPORTS);
        Self { open: HashMap::new(), sender, reports, ready: VecDeque::new(), tasks: JoinSet::new() }
    }

    /// A file to be read.
    pub(crate) fn add_source(&mut self, content: ContentId, source: Source) {
        let medium = match (source.input, &source.pace) {
            (Input::Octets(octets), None) => {
                self.open.insert(content, Open::Octets(octets));
                return;
            }
            // Somebody has to wait.
            (Input::Octets(octets), Some(_)) => Medium::Octets(octets),
            (Input::Blocking(medium), _) => medium,
        };
        let (requests, received) = mpsc::channel(REQUESTS);
        self.tasks.spawn(source::serve(content, medium, source.pace, received, self.sender.clone()));
        self.open.insert(content, Open::Reading(requests));
    }

    /// A file to be written.
    pub(crate) fn add_sink(&mut self, content: ContentId, part: Part) {
        let file = match part {
            Part::Memory(memory) => {
                self.open.insert(content, Open::Memory(memory));
                return;
            }
            Part::Blocking(file) => file,
        };
        let (requests, received) = mpsc::channel(REQUESTS);
        let fate = Arc::<Fate>::default();
        let keeps = file.keeps();
        let reports = self.sender.clone();
        let tell = move |done| reports.blocking_send(Report { content, done }).is_ok();
        let writer = Writer::new(file, received, Arc::clone(&fate), tell);
        self.tasks.spawn(writer::serve(writer));
        self.open.insert(content, Open::Writing { requests, fate, keeps });
    }

    /// Asks for octets; `false` if the file is gone.
    pub(crate) fn read(&mut self, content: ContentId, offset: u64, len: usize) -> bool {
        let octets = match self.open.get(&content) {
            Some(Open::Reading(requests)) => return requests.try_send(Read { offset, len }).is_ok(),
            Some(Open::Octets(octets)) => memory::cut(octets, offset, len),
            _ => return false,
        };
        let done = Done::Read(octets.ok_or_else(|| io::ErrorKind::UnexpectedEof.into()));
        self.ready.push_back(Report { content, done });
        true
    }

    /// Stores octets; `false` if the file is gone.
    pub(crate) fn write(&mut self, content: ContentId, offset: u64, octets: Bytes) -> bool {
        self.request(content, Request::Write { offset, octets })
    }

    /// Asks for the hash of the first `octets` of a file; `false` if the file is gone.
    pub(crate) fn hash(&mut self, content: ContentId, octets: u64, algorithm: HashAlgorithm) -> bool {
        self.request(content, Request::Hash { octets, algorithm })
    }

    /// Gives a file its name; `false` if the file is gone.
    pub(crate) fn commit(&mut self, content: ContentId) -> bool {
        self.request(content, Request::Commit)
    }

    fn request(&mut self, content: ContentId, request: Request) -> bool {
        let done = match self.open.get_mut(&content) {
            Some(Open::Writing { requests, .. }) => return requests.try_send(request).is_ok(),
            Some(Open::Memory(memory)) => memory.carry_out(request),
            _ => return false,
        };
        self.ready.push_back(Report { content, done });
        true
    }

    /// What was done at once since the last call.
    pub(crate) fn take_ready(&mut self) -> Option<Report> {
        self.ready.pop_front()
    }

    /// Forgets a file. What was received of it and is not committed is removed, or kept where that was asked for.
    pub(crate) fn forget(&mut self, content: ContentId) {
        self.open.remove(&content);
    }

    /// Forgets a file that was received and is not what was promised: nothing of it stays.
    pub(crate) fn spoil(&mut self, content: ContentId) {
        if let Some(Open::Writing { fate, .. }) = self.open.get(&content) {
            fate.spoil();
        }
        self.forget(content);
    }

    /// Forgets every file that `which` picks.
    pub(crate) fn forget_all(&mut self, which: impl Fn(ContentId) -> bool) {
        let gone: Vec<ContentId> = self.open.keys().copied().filter(|&content| which(content)).collect();
        for content in gone {
            self.forget(content);
        }
    }

    /// The next report. Cancel safe.
    pub(crate) async fn next(&mut self) -> Report {
        while self.tasks.try_join_next().is_some() {}
        match self.reports.recv().await {
            Some(report) => report,
            // Not reached: `self` holds a sender.
            None => std::future::pending().await,
        }
    }

    /// Forgets everything and waits until no task and no temporary file is left.
    pub(crate) async fn close(mut self) {
        self.forget_all(|_| true);
        self.reports.close();
        while self.tasks.join_next().await.is_some() {}
    }
}
