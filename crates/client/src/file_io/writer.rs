//! `Writer`: the task that writes and hashes one received file.
//!
//! It waits as a task and works on a thread for blocking calls. The thread is kept while there is more to do, so that
//! disk and hash do not stand still where they are what the transfer waits for, but not for good: there may be few.

use std::io;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;
use tokio::task::{spawn_blocking, yield_now};

use super::hashed::Hashed;
use super::{Done, Request};

/// Octets that are worth waking a thread for: a quarter of the window the agent has by default.
const ENOUGH: usize = 512 << 10;
/// How often other tasks get a turn until then.
const GATHER: usize = 4;
/// Octets that are worth telling the driver about while there are more.
const REPORTED: u64 = 128 << 10;
/// Octets after which the thread is given back to whoever waits for one.
const TURN: usize = 128 << 20;

/// What the driver decides on a file while it is being written.
#[derive(Debug, Default)]
pub(super) struct Fate {
    discarded: AtomicBool,
    spoiled: AtomicBool,
}

impl Fate {
    /// What is not written yet need not be.
    pub(super) fn discard(&self) {
        self.discarded.store(true, Ordering::Release);
    }

    /// The file is not what was promised.
    pub(super) fn spoil(&self) {
        self.spoiled.store(true, Ordering::Release);
        self.discard();
    }
}

/// One file being received.
pub(super) struct Writer<T> {
    file: Hashed,
    requests: mpsc::Receiver<Request>,
    fate: Arc<Fate>,
    /// Tells the driver; `false` if there is none any more. It may block.
    tell: T,
    /// Octets written that the driver has not heard of.
    unreported: u64,
}

/// Serves the requests of one file until it is committed, discarded, or a request fails.
pub(super) async fn serve<T: Fn(Done) -> bool + Send + 'static>(mut writer: Writer<T>) {
    while let Some(batch) = writer.gather().await {
        match spawn_blocking(move || writer.run(batch)).await {
            Ok(Some(left)) => writer = left,
            Ok(None) | Err(_) => return,
        }
    }
    // Removing a file blocks.
    let _ = spawn_blocking(move || writer.end()).await;
}

impl<T: Fn(Done) -> bool> Writer<T> {
    pub(super) const fn new(
        file: Hashed,
        requests: mpsc::Receiver<Request>,
        fate: Arc<Fate>,
        tell: T,
    ) -> Self {
        Self { file, requests, fate, tell, unreported: 0 }
    }

    /// Waits for something to do, and a little longer for more of it if that is on its way already: to wake a thread
    /// costs more than to copy what it writes. `None` if there will be nothing.
    async fn gather(&mut self) -> Option<Vec<Request>> {
        let request = self.requests.recv().await?;
        let mut octets = worth(&request);
        let mut batch = vec![request];
        for _ in 0..GATHER {
            if octets >= ENOUGH {
                break;
            }
            yield_now().await;
            while octets < ENOUGH
                && let Ok(request) = self.requests.try_recv()
            {
                octets = octets.saturating_add(worth(&request));
                batch.push(request);
            }
        }
        (!self.is_discarded()).then_some(batch)
    }

    fn is_discarded(&self) -> bool {
        self.fate.discarded.load(Ordering::Acquire)
    }

    /// Carries out `batch` and what else there is to do, in order. `None` once the file is committed, discarded or has failed.
    fn run(mut self, batch: Vec<Request>) -> Option<Self> {
        let mut batch = batch.into_iter();
        let mut worked = 0_usize;
        loop {
            let next = batch.next();
            let next = if worked < TURN { next.or_else(|| self.requests.try_recv().ok()) } else { next };
            let Some(request) = next else { break };
            worked = worked.saturating_add(worth(&request));
            if self.is_discarded() {
                self.end();
                return None;
            }
            let done = match request {
                Request::Write { offset, octets } => self.write(offset, &octets).map(|()| None),
                Request::Hash { octets, algorithm } => {
                    self.file.hash(octets, algorithm).map(|hash| Some(Done::Hashed(hash)))
                }
                Request::Commit => {
                    self.commit();
                    return None;
                }
            };
            match done {
                Ok(None) if self.unreported < REPORTED => {}
                Ok(done) => {
                    if !self.report(done) {
                        return None;
                    }
                }
                Err(error) => {
                    self.fail(error);
                    return None;
                }
            }
        }
        self.report(None).then_some(self)
    }

    /// There is nothing more to do.
    fn end(self) {
        if self.fate.spoiled.load(Ordering::Acquire) {
            self.file.spoil();
        }
    }

    fn write(&mut self, offset: u64, octets: &[u8]) -> io::Result<()> {
        self.file.write(offset, octets)?;
        let written = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        self.unreported = self.unreported.saturating_add(written);
        Ok(())
    }

    /// Tells the driver what was written and what else was done; `false` if there is none any more.
    fn report(&mut self, done: Option<Done>) -> bool {
        let written = mem::take(&mut self.unreported);
        let written = (written > 0).then_some(Done::Written(written));
        written.into_iter().chain(done).all(&self.tell)
    }

    fn commit(mut self) {
        if self.report(None) {
            let Self { file, tell, .. } = self;
            tell(file.commit().map_or_else(Done::WriteFailed, Done::Committed));
        }
    }

    /// Removes the file, then says why.
    fn fail(mut self, error: io::Error) {
        if self.report(None) {
            let Self { file, tell, .. } = self;
            drop(file);
            tell(Done::WriteFailed(error));
        }
    }
}

/// Octets to write; a request that somebody waits for is as good as many.
const fn worth(request: &Request) -> usize {
    match request {
        Request::Write { octets, .. } => octets.len(),
        Request::Hash { .. } | Request::Commit => ENOUGH,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::fs;

    use bytes::Bytes;
    use pager::{FileHash, HashAlgorithm, Sha1Hash};

    use super::super::Stored;
    use super::super::part_file::PartFile;
    use super::super::store::{Store, Stream};
    use super::*;

    /// Whether a writer to this store wants more after these requests, and what it told.
    fn run(store: Box<dyn Store>, requests: Vec<Request>, discarded: bool) -> (bool, Vec<Done>) {
        let (sender, received) = mpsc::channel(16);
        for request in requests {
            sender.try_send(request).unwrap();
        }
        let told = RefCell::new(Vec::new());
        let tell = |done| {
            told.borrow_mut().push(done);
            true
        };
        let file = Hashed::new(store, Some(HashAlgorithm::Sha1));
        let fate = Arc::<Fate>::default();
        if discarded {
            fate.discard();
        }
        let left = Writer::new(file, received, fate, tell).run(Vec::new()).is_some();
        (left, told.into_inner())
    }

    fn write(offset: u64, octets: &'static [u8]) -> Request {
        Request::Write { offset, octets: Bytes::from_static(octets) }
    }

    /// A file in this folder.
    fn part(folder: &tempfile::TempDir) -> Box<dyn Store> {
        let name = pager::SafeName::from_offered("a");
        Box::new(PartFile::create(folder.path(), &name).unwrap())
    }

    #[test]
    fn writes_are_reported_together_and_before_what_follows() {
        let folder = tempfile::tempdir().unwrap();
        let hash = Request::Hash { octets: 5, algorithm: HashAlgorithm::Sha1 };
        let requests = vec![write(0, b"ab"), write(2, b"cde"), hash, Request::Commit];
        let (left, all) = run(part(&folder), requests, false);
        assert!(!left);
        let [Done::Written(5), Done::Hashed(FileHash::Sha1(hash)), Done::Committed(Stored::Path(path))] =
            all.as_slice()
        else {
            panic!("{all:?}")
        };
        assert_eq!(*hash, Sha1Hash::of(b"abcde"));
        assert_eq!(fs::read(path).unwrap(), b"abcde");
    }

    #[test]
    fn the_driver_hears_of_many_octets_before_the_last_one() {
        static OCTETS: [u8; 100_000] = [7; 100_000];
        let requests = (0..5).map(|at| write(at * 100_000, &OCTETS)).collect();
        let (left, all) = run(Box::new(Stream::new(Box::new(io::sink()))), requests, false);
        assert!(left);
        assert!(
            matches!(
                all.as_slice(),
                [Done::Written(200_000), Done::Written(200_000), Done::Written(100_000)]
            ),
            "{all:?}"
        );
    }

    #[test]
    fn the_thread_is_given_back_in_the_middle_of_a_long_file() {
        static OCTETS: [u8; 1 << 20] = [7; 1 << 20];
        let (turn, left) = (u64::try_from(TURN >> 20).unwrap(), 8);
        let (sender, received) = mpsc::channel(256);
        for at in 0..turn + left {
            sender.try_send(write(at << 20, &OCTETS)).unwrap();
        }
        let file = Hashed::new(Box::new(Stream::new(Box::new(io::sink()))), None);
        let writer = Writer::new(file, received, Arc::default(), |_| true).run(Vec::new()).unwrap();
        assert_eq!(writer.requests.len(), 8, "what is left waits for the next turn, and none is lost");
        assert!(writer.run(Vec::new()).unwrap().requests.is_empty());
    }

    #[test]
    fn a_write_that_fails_is_reported_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        // No file is as long: the system refuses.
        let requests = vec![write(0, b"x"), write(u64::MAX - 1, b"x"), Request::Commit];
        let (left, all) = run(part(&folder), requests, false);
        assert!(!left);
        assert!(matches!(all.as_slice(), [Done::Written(1), Done::WriteFailed(_)]), "{all:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_is_discarded_is_not_written_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (left, all) = run(part(&folder), vec![write(0, b"x"), Request::Commit], true);
        assert!(!left && all.is_empty(), "{all:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
