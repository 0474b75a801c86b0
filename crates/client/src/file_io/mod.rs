//! Files: what is read, what is written, and one task for each.
//!
//! The agent asks for octets and for storage by [`ContentId`]; the tasks here do it outside of the driver,
//! in `spawn_blocking`, and report back. What is under way is bounded by the agent's window.

mod sink;
mod source;

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use pager::ContentId;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub(crate) use sink::PartFile;
pub use sink::Sink;
pub(crate) use source::Source;

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
    /// The file is there under this name.
    Committed(PathBuf),
}

/// The files under way.
#[derive(Debug)]
pub(crate) struct Files {
    open: HashMap<ContentId, Open>,
    sender: mpsc::Sender<Report>,
    reports: mpsc::Receiver<Report>,
    tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Open {
    requests: mpsc::Sender<Request>,
    discarded: Arc<AtomicBool>,
}

impl Files {
    pub(crate) fn new() -> Self {
        let (sender, reports) = mpsc::channel(REPORTS);
        Self { open: HashMap::new(), sender, reports, tasks: JoinSet::new() }
    }

    /// A file to be read.
    pub(crate) fn add_source(&mut self, content: ContentId, source: Source) {
        let (requests, received) = mpsc::channel(REQUESTS);
        self.tasks.spawn(source::serve(content, source, received, self.sender.clone()));
        self.open.insert(content, Open { requests, discarded: Arc::default() });
    }

    /// A file to be written.
    pub(crate) fn add_sink(&mut self, content: ContentId, part: PartFile) {
        let (requests, received) = mpsc::channel(REQUESTS);
        let discarded = Arc::<AtomicBool>::default();
        let task = sink::serve(content, part, received, Arc::clone(&discarded), self.sender.clone());
        self.tasks.spawn(task);
        self.open.insert(content, Open { requests, discarded });
    }

    /// Asks for octets; `false` if the file is gone.
    pub(crate) fn read(&self, content: ContentId, offset: u64, len: usize) -> bool {
        self.request(content, Request::Read { offset, len })
    }

    /// Stores octets; `false` if the file is gone.
    pub(crate) fn write(&self, content: ContentId, offset: u64, octets: Bytes) -> bool {
        self.request(content, Request::Write { offset, octets })
    }

    /// Gives a file its name; `false` if the file is gone.
    pub(crate) fn commit(&self, content: ContentId) -> bool {
        self.request(content, Request::Commit)
    }

    fn request(&self, content: ContentId, request: Request) -> bool {
        self.open.get(&content).is_some_and(|open| open.requests.try_send(request).is_ok())
    }

    /// Forgets a file. What was received of it and is not committed is removed.
    pub(crate) fn forget(&mut self, content: ContentId) {
        if let Some(open) = self.open.remove(&content) {
            open.discarded.store(true, Ordering::Release);
        }
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
