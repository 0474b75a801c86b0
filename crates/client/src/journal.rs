//! `Journal`: how far files have come at their receivers, kept on disk.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use grammar::ByteStr;
use pager::{ContentId, FileHash, FileToSend};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};

/// The first line of an entry.
const VERSION: &str = "simple-im journal 1";
/// The line of an entry that is read; the others are for people.
const ACKNOWLEDGED: &str = "acknowledged: ";
/// Octets that a receiver may have confirmed and lost when it crashed, for it confirms before it stores: they are sent twice.
const MARGIN: u64 = 4 << 20;
/// Octets that are worth writing an entry for.
const STEP: u64 = 1 << 20;

/// How far files have come at their receivers, in a folder: with [`Message::journal`](crate::Message::journal), a file that
/// broke off goes on where it stopped when it is sent again, also by another process and after a crash.
///
/// One small text file stands there for each file under way to somebody, known by its hash and size and by who it is for, and
/// goes when the file has arrived. Nobody else has to be told: the offer says which part of the file is sent
/// (`file-range`, RFC 5547 §6), and a receiver that has not the part in front of it refuses. Then the entry goes too, and the
/// next time all of it is sent.
#[derive(Debug, Clone)]
pub struct Journal(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    /// Entries that count no more and may still be on disk.
    over: Mutex<HashSet<PathBuf>>,
}

impl Journal {
    /// In this folder, which is made if it is not there.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(Arc::new(Shared { folder: folder.into(), over: Mutex::default() }))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0.folder
    }

    /// The entry of a file to somebody, and how many octets at its start need not be sent; blocks. `None` for a file without
    /// a hash: the receiver could not tell that the rest belongs to what it has.
    pub(crate) fn open(&self, to: &str, file: &FileToSend) -> io::Result<Option<Entry>> {
        let hash = file.sha256.map(FileHash::Sha256).or_else(|| file.sha1.map(FileHash::Sha1));
        let Some(hash) = hash else { return Ok(None) };
        fs::create_dir_all(&self.0.folder)?;
        let head = format!("{VERSION}\nto: {to}\nhash: {hash}\nsize: {}\n", file.size);
        let name = Sha256::digest(&head).iter().fold(String::new(), |mut name, octet| {
            let _ = write!(name, "{octet:02x}");
            name
        });
        let path = self.0.folder.join(name).with_extension("journal");
        let forgotten = self.over().remove(&path);
        let acknowledged = if forgotten { 0 } else { acknowledged(&path)?.min(file.size) };
        let skip = acknowledged.saturating_sub(MARGIN);
        Ok(Some(Entry { journal: self.clone(), path, head, name: file.name.clone(), skip }))
    }

    fn over(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        // Nothing panics while it holds the lock.
        self.0.over.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an entry says; nothing if it is not there or says nothing that can be read.
fn acknowledged(path: &Path) -> io::Result<u64> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => {
            return Ok(0);
        }
        Err(error) => return Err(error),
    };
    let mut lines = text.lines();
    let number = lines.next().filter(|&line| line == VERSION).and_then(|_| {
        // Cut off in the middle of a write, the number would be another one.
        let line = text.ends_with('\n').then(|| lines.find_map(|line| line.strip_prefix(ACKNOWLEDGED)))?;
        line?.parse().ok()
    });
    Ok(number.unwrap_or(0))
}

/// The entry of one file to somebody.
#[derive(Debug)]
pub(crate) struct Entry {
    journal: Journal,
    path: PathBuf,
    /// What the file is known by.
    head: String,
    name: ByteStr,
    /// Octets that need not be sent.
    pub(crate) skip: u64,
}

impl Entry {
    /// In one step: what is there is a whole entry, the old one or the new one.
    fn write(&self, acknowledged: u64) -> io::Result<()> {
        let next = self.path.with_extension("next");
        fs::write(&next, format!("{}name: {}\n{ACKNOWLEDGED}{acknowledged}\n", self.head, self.name))?;
        fs::rename(next, &self.path)
    }

    /// Off the disk, and then there is nothing more to remember of it.
    fn end(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => self.journal.over().remove(&self.path),
        };
        Ok(())
    }
}

/// What is known of a file under way.
#[derive(Debug, Clone, Copy)]
enum Known {
    /// Octets of the file that the next hop has.
    Acknowledged(u64),
    /// It has arrived, or there is nothing to go on from.
    Over,
}

/// The entries of the files under way.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    open: HashMap<ContentId, Note>,
    tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Note {
    known: watch::Sender<Known>,
    journal: Journal,
    path: PathBuf,
    skip: u64,
}

impl Notes {
    pub(crate) fn add(&mut self, content: ContentId, entry: Entry) {
        let (known, seen) = watch::channel(Known::Acknowledged(entry.skip));
        let (journal, path, skip) = (entry.journal.clone(), entry.path.clone(), entry.skip);
        self.open.insert(content, Note { known, journal, path, skip });
        while self.tasks.try_join_next().is_some() {}
        self.tasks.spawn(keep(entry, seen));
    }

    pub(crate) fn acknowledged(&self, content: ContentId, octets: u64) {
        if let Some(note) = self.open.get(&content) {
            note.known.send_replace(Known::Acknowledged(octets));
        }
    }

    /// The files that `which` picks have arrived.
    pub(crate) fn arrived(&mut self, which: impl Fn(ContentId) -> bool) {
        self.end(|content, _| which(content));
    }

    /// The files that `which` picks are refused: where something was left out, the receiver may not have it.
    pub(crate) fn refused(&mut self, which: impl Fn(ContentId) -> bool) {
        self.end(|content, note| which(content) && note.skip > 0);
    }

    fn end(&mut self, which: impl Fn(ContentId, &Note) -> bool) {
        self.open.retain(|&content, note| {
            let ends = which(content, note);
            if ends {
                note.journal.over().insert(std::mem::take(&mut note.path));
                note.known.send_replace(Known::Over);
            }
            !ends
        });
    }

    /// What is known so far of the files that `which` picks is all that will be.
    pub(crate) fn forget_all(&mut self, which: impl Fn(ContentId) -> bool) {
        self.open.retain(|&content, _| !which(content));
    }

    /// Waits until everything is written.
    pub(crate) async fn close(mut self) {
        self.open.clear();
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Keeps the entry of one file up to date.
async fn keep(mut entry: Entry, mut known: watch::Receiver<Known>) {
    let mut written = entry.skip.saturating_add(MARGIN);
    loop {
        let more = known.changed().await.is_ok();
        let now = *known.borrow_and_update();
        let done = match now {
            Known::Acknowledged(octets) if octets >= written.saturating_add(if more { STEP } else { 1 }) => {
                written = octets;
                spawn_blocking(move || (entry.write(octets), entry)).await
            }
            Known::Acknowledged(_) => Ok((Ok(()), entry)),
            Known::Over => spawn_blocking(move || (entry.end(), entry)).await,
        };
        // The only way to fail here is a runtime that is being dropped.
        let Ok((result, back)) = done else { return };
        if let Err(error) = result {
            tracing::warn!(path = %back.path.display(), %error, "journal");
        }
        entry = back;
        if !more || matches!(now, Known::Over) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use pager::Sha1Hash;

    use super::*;

    const BOB: &str = "sip:bob@example.com";
    const SIZE: u64 = 100 << 20;

    fn entry(journal: &Journal, to: &str, sha1: Option<Sha1Hash>) -> Option<Entry> {
        journal.open(to, &FileToSend::new("plan.pdf", "application/pdf", SIZE, sha1)).unwrap()
    }

    fn plan() -> Option<Sha1Hash> {
        Some(Sha1Hash::of(b"plan"))
    }

    /// How many octets would be left out.
    fn skip(journal: &Journal) -> u64 {
        entry(journal, BOB, plan()).unwrap().skip
    }

    /// Follows one file until nothing more will be known of it.
    async fn follow(journal: &Journal, news: &[Known]) {
        let (known, seen) = watch::channel(Known::Acknowledged(0));
        let task = tokio::spawn(keep(entry(journal, BOB, plan()).unwrap(), seen));
        for &news in news {
            known.send_replace(news);
            tokio::task::yield_now().await;
        }
        drop(known);
        task.await.unwrap();
    }

    #[tokio::test]
    async fn a_file_is_known_by_its_hash_and_by_who_it_is_for() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::at(folder.path().join("made"));
        follow(&journal, &[Known::Acknowledged(50 << 20)]).await;
        assert_eq!(skip(&Journal::at(journal.path())), (50 << 20) - MARGIN);
        assert_eq!(entry(&journal, "sip:carol@example.com", plan()).unwrap().skip, 0);
        assert_eq!(entry(&journal, BOB, Some(Sha1Hash::of(b"other"))).unwrap().skip, 0);
        assert!(entry(&journal, BOB, None).is_none());
    }

    #[tokio::test]
    async fn what_is_not_worth_it_is_not_written_and_what_has_arrived_goes() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::at(folder.path());
        let files = || fs::read_dir(folder.path()).unwrap().count();
        follow(&journal, &[Known::Acknowledged(MARGIN)]).await;
        assert_eq!(files(), 0);
        follow(&journal, &[Known::Acknowledged(90 << 20)]).await;
        assert_eq!(files(), 1);
        follow(&journal, &[Known::Acknowledged(95 << 20), Known::Over]).await;
        assert_eq!((files(), skip(&journal)), (0, 0));
    }

    #[tokio::test]
    async fn an_entry_that_cannot_be_read_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::at(folder.path());
        follow(&journal, &[Known::Acknowledged(90 << 20)]).await;
        let path = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for spoiled in [
            "",
            text.trim_end(),
            &text.replace("journal 1", "journal 2"),
            &text.replace(ACKNOWLEDGED, "acknowledged: x"),
        ] {
            fs::write(&path, spoiled).unwrap();
            assert_eq!(skip(&journal), 0, "{spoiled:?}");
        }
        fs::write(&path, [0xff]).unwrap();
        assert_eq!(skip(&journal), 0);
        fs::write(&path, text).unwrap();
        assert!(skip(&journal) > 0);
    }

    #[test]
    fn nothing_is_remembered_of_what_is_off_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::at(folder.path());
        let first = entry(&journal, BOB, plan()).unwrap();
        first.write(50 << 20).unwrap();
        journal.over().insert(first.path.clone());
        first.end().unwrap();
        assert!(journal.over().is_empty() && skip(&journal) == 0);
    }

    #[test]
    fn what_is_over_counts_no_more_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::at(folder.path());
        let first = entry(&journal, BOB, plan()).unwrap();
        first.write(50 << 20).unwrap();
        journal.over().insert(first.path);
        assert_eq!(skip(&journal), 0);
    }
}
