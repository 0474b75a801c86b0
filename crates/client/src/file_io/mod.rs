//! Files: what is read, what is written, and one task for each that may block.
//!
//! The agent asks for octets and for storage by [`ContentId`]; the tasks here do it outside of the driver,
//! in `spawn_blocking`, and report back. What is in memory is read and written at once, without a task. What
//! is under way is bounded by the agent's window.

mod memory;
mod sink;
mod source;
mod store;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use pager::ContentId;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use memory::Memory;
pub use sink::Sink;
pub use source::Hashing;
pub(crate) use source::{Hashes, Input, Source};
pub(crate) use store::{Part, Stored};

/// Requests that may wait for one file. The agent's window is 1 MiB, so only a peer that sends by 256
/// octets or less to a disk that stands still gets here, and fails.
const REQUESTS: usize = 4096;
/// Reports that may wait for the driver before the tasks wait.
const REPORTS: usize = 64;

/// What a file is asked for.
#[derive(Debug)]
enum Request {
    Read { offset: u64, len: usize },
    Write { offset: u64, octets: Bytes },
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
    /// A task reads or writes it.
    Task { requests: mpsc::Sender<Request>, discarded: Arc<AtomicBool> },
    /// Octets being sent.
    Octets(Bytes),
    /// Octets being received.
    Memory(Memory),
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Self::Task { discarded, .. } = self {
            discarded.store(true, Ordering::Release);
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
        let open = match source.input {
            Input::Octets(octets) => Open::Octets(octets),
            Input::Blocking(medium) => {
                let (requests, received) = mpsc::channel(REQUESTS);
                self.tasks.spawn(source::serve(content, medium, received, self.sender.clone()));
                Open::Task { requests, discarded: Arc::default() }
            }
        };
        self.open.insert(content, open);
    }

    /// A file to be written.
    pub(crate) fn add_sink(&mut self, content: ContentId, part: Part) {
        let open = match part {
            Part::Memory(memory) => Open::Memory(memory),
            Part::Blocking(store) => {
                let (requests, received) = mpsc::channel(REQUESTS);
                let discarded = Arc::<AtomicBool>::default();
                let task = sink::serve(content, store, received, Arc::clone(&discarded), self.sender.clone());
                self.tasks.spawn(task);
                Open::Task { requests, discarded }
            }
        };
        self.open.insert(content, open);
    }

    /// Asks for octets; `false` if the file is gone.
    pub(crate) fn read(&mut self, content: ContentId, offset: u64, len: usize) -> bool {
        self.request(content, Request::Read { offset, len })
    }

    /// Stores octets; `false` if the file is gone.
    pub(crate) fn write(&mut self, content: ContentId, offset: u64, octets: Bytes) -> bool {
        self.request(content, Request::Write { offset, octets })
    }

    /// Gives a file its name; `false` if the file is gone.
    pub(crate) fn commit(&mut self, content: ContentId) -> bool {
        self.request(content, Request::Commit)
    }

    fn request(&mut self, content: ContentId, request: Request) -> bool {
        let done = match (self.open.get_mut(&content), request) {
            (None, _) => return false,
            (Some(Open::Task { requests, .. }), request) => return requests.try_send(request).is_ok(),
            (Some(Open::Octets(octets)), Request::Read { offset, len }) => {
                let octets = memory::cut(octets, offset, len);
                Done::Read(octets.ok_or_else(|| io::ErrorKind::UnexpectedEof.into()))
            }
            // What is sent is only read.
            (Some(Open::Octets(_)), _) => return false,
            (Some(Open::Memory(memory)), request) => memory.carry_out(request),
        };
        self.ready.push_back(Report { content, done });
        true
    }

    /// What was done at once since the last call.
    pub(crate) fn take_ready(&mut self) -> Option<Report> {
        self.ready.pop_front()
    }

    /// Forgets a file. What was received of it and is not committed is removed.
    pub(crate) fn forget(&mut self, content: ContentId) {
        self.open.remove(&content);
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
