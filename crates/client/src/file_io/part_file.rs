//! `PartFile`: a file on disk that is not whole yet.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use pager::{FileHash, SafeName};

use super::Stored;
use super::store::Store;

/// Names that are tried before giving up: `plan.pdf`, `plan (1).pdf`, ...
const NAMES: u32 = 10_000;
/// Octets of the final name in the temporary one, which has to stay below 255 octets with its suffix.
const NAME_IN_TEMPORARY: usize = 200;
/// How often another transfer is waited for before its file is left to it, and how long each time.
const WAITS: usize = 30;
const WAIT: Duration = Duration::from_millis(100);

/// A file on disk that is not whole yet. Dropping it removes it, unless it is to be resumed.
#[derive(Debug)]
pub(super) struct PartFile {
    file: File,
    position: u64,
    /// Octets from its start on that were written without a gap.
    filled: u64,
    temporary: Temporary,
    folder: PathBuf,
    name: SafeName,
}

impl PartFile {
    /// A new one, under a name that nobody guesses.
    pub(super) fn create(folder: &Path, name: &SafeName) -> io::Result<Self> {
        let short =
            (0..=NAME_IN_TEMPORARY).rev().find_map(|end| name.as_str().get(..end)).unwrap_or_default();
        let short = if name.as_str().len() <= NAME_IN_TEMPORARY { name.as_str() } else { short };
        loop {
            let mut random = [0; 4];
            getrandom::fill(&mut random).map_err(io::Error::other)?;
            let path = folder.join(format!(".{short}.part-{:08x}", u32::from_be_bytes(random)));
            match OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
                Ok(file) => {
                    return Ok(Self::at(file, 0, Temporary { path, end: End::Removed }, folder, name));
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The one that is kept of this file of `size` octets, or a new one to be kept; the hash is its name. `None` if another
    /// transfer writes it, if it has not the first `start` octets, or if what has its name is of no use.
    pub(super) fn resume(
        folder: &Path,
        name: &SafeName,
        promised: &FileHash,
        size: u64,
        start: u64,
    ) -> io::Result<Option<Self>> {
        let path = kept_at(folder, promised);
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        let file = options.open(&path).or_else(|error| match error.kind() {
            // Not through a link that leads to nothing.
            io::ErrorKind::NotFound if start == 0 => options.create_new(true).open(&path),
            _ => Err(error),
        });
        let Ok(file) = file.inspect_err(|error| tracing::debug!(path = %path.display(), %error, "resume"))
        else {
            return Ok(None);
        };
        // Who goes on with a file may be faster than the end of the transfer that broke off: its last octets are being
        // written, or wait for the time after a BYE.
        let waits = if start > 0 { WAITS } else { 0 };
        if !lock(&file, waits) {
            return Ok(None);
        }
        match names_of(&file, &path) {
            Names::One => {}
            Names::More => {
                let _ = fs::remove_file(&path);
                return Ok(None);
            }
            Names::Other => return Ok(None),
        }
        let filled = file.metadata()?.len().min(size);
        file.set_len(filled)?;
        let kept = Self::at(file, filled, Temporary { path, end: End::Kept }, folder, name);
        Ok((filled >= start).then_some(kept))
    }

    /// How many octets are kept of this file.
    pub(super) fn kept(folder: &Path, promised: &FileHash) -> u64 {
        fs::metadata(kept_at(folder, promised)).map_or(0, |metadata| metadata.len())
    }

    fn at(file: File, filled: u64, temporary: Temporary, folder: &Path, name: &SafeName) -> Self {
        Self { file, position: 0, filled, temporary, folder: folder.to_owned(), name: name.clone() }
    }

    fn seek(&mut self, offset: u64) -> io::Result<()> {
        if self.position != offset {
            // Unknown until it has worked.
            self.position = u64::MAX;
            self.position = self.file.seek(SeekFrom::Start(offset))?;
        }
        Ok(())
    }
}

fn kept_at(folder: &Path, promised: &FileHash) -> PathBuf {
    folder.join(format!(".{promised}.part"))
}

/// Only what has no gap can be resumed.
impl Drop for PartFile {
    fn drop(&mut self) {
        let cut = || self.filled > 0 && self.file.set_len(self.filled).is_ok();
        let kept = match self.temporary.end {
            End::Removed => false,
            End::Kept => cut(),
            End::Left => true,
        };
        if !kept {
            // While it is locked, so that nobody resumes a file that is gone. It is already if somebody cleaned up.
            let _ = fs::remove_file(&self.temporary.path);
        }
    }
}

impl Store for PartFile {
    fn write(&mut self, offset: u64, octets: &[u8]) -> io::Result<()> {
        self.seek(offset)?;
        self.file.write_all(octets)?;
        self.position = offset.saturating_add(u64::try_from(octets.len()).unwrap_or(u64::MAX));
        if offset <= self.filled {
            self.filled = self.filled.max(self.position);
        }
        Ok(())
    }

    fn read(&mut self, offset: u64, len: usize) -> io::Result<Bytes> {
        self.seek(offset)?;
        let mut octets = vec![0; len];
        self.file.read_exact(&mut octets)?;
        self.position = offset.saturating_add(u64::try_from(len).unwrap_or(u64::MAX));
        Ok(octets.into())
    }

    /// Gives the file its name, or the first numbered one that is free, in one step each.
    fn commit(mut self: Box<Self>) -> io::Result<Stored> {
        self.file.sync_all()?;
        for n in 0..NAMES {
            let name = if n == 0 { self.name.clone() } else { self.name.numbered(n) };
            let path = self.folder.join(name.as_str());
            match link(&self.temporary.path, &path) {
                Ok(end) => {
                    // So that the name survives a power cut too; not every file system can.
                    let _ = File::open(&self.folder).and_then(|folder| folder.sync_all());
                    self.temporary.end = end;
                    return Ok(Stored::Path(path));
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    fn keeps(&self) -> bool {
        self.temporary.end == End::Kept
    }

    fn spoil(mut self: Box<Self>) {
        self.temporary.end = End::Removed;
    }
}

/// The temporary name.
#[derive(Debug)]
struct Temporary {
    path: PathBuf,
    /// What becomes of it when its owner goes.
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Removed,
    Kept,
    /// It is not ours any more.
    Left,
}

/// A second name for a file, if that name is free; says what is to become of the temporary one.
fn link(temporary: &Path, path: &Path) -> io::Result<End> {
    match fs::hard_link(temporary, path) {
        Ok(()) => Ok(End::Removed),
        // A file system without links, such as FAT: take the name, then put the file in its place.
        Err(error)
            if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied) =>
        {
            OpenOptions::new().write(true).create_new(true).open(path)?;
            let renamed = fs::rename(temporary, path).inspect_err(|_| {
                let _ = fs::remove_file(path);
            });
            renamed.map(|()| End::Left)
        }
        Err(error) => Err(error),
    }
}

/// Whether the file is ours alone now. Where there are no locks it never is, and nothing is resumed.
fn lock(file: &File, waits: usize) -> bool {
    for _ in 0..waits {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(WAIT),
            locked => return locked.is_ok(),
        }
    }
    file.try_lock().is_ok()
}

/// What a file is called that was opened and then locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(unix), expect(dead_code, reason = "an open file keeps its name there"))]
enum Names {
    /// As it was when it was opened.
    One,
    /// It has its final name too: a crash came before this one went. Or somebody wants us to write to another file.
    More,
    /// Another transfer finished it before it was locked, or the name is a link.
    Other,
}

#[cfg(unix)]
fn names_of(file: &File, path: &Path) -> Names {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(one), Ok(other)) if one.is_file() && one.dev() == other.dev() && one.ino() == other.ino() => {
            if one.nlink() == 1 {
                Names::One
            } else {
                Names::More
            }
        }
        _ => Names::Other,
    }
}

#[cfg(not(unix))]
fn names_of(_file: &File, path: &Path) -> Names {
    if path.exists() { Names::One } else { Names::Other }
}

#[cfg(test)]
mod tests {
    use pager::Sha1Hash;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn create(folder: &Path, name: &str) -> Box<PartFile> {
        Box::new(PartFile::create(folder, &SafeName::from_offered(name)).unwrap())
    }

    /// The file "a" of 10 octets, from this octet on.
    fn resume(folder: &Path, start: u64) -> Option<Box<PartFile>> {
        let promised = FileHash::Sha1(Sha1Hash::of(b"0123456789"));
        PartFile::resume(folder, &SafeName::from_offered("a"), &promised, 10, start).unwrap().map(Box::new)
    }

    const KEPT: &str = ".87acec17cd9dcd20a716cc2cf67417b71c8a7016.part";

    #[test]
    fn a_file_is_hidden_until_it_is_whole_and_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.txt"), "mine").unwrap();
        let mut part = create(folder.path(), "a.txt");
        part.write(3, b"lo").unwrap();
        part.write(0, b"hel").unwrap();
        assert_eq!(part.read(1, 4).unwrap(), "ello");
        let hidden = names(folder.path());
        assert!(hidden.len() == 2 && hidden[0].starts_with(".a.txt.part-"), "{hidden:?}");
        let Ok(Stored::Path(path)) = part.commit() else { panic!("a path") };
        assert_eq!(path, folder.path().join("a (1).txt"));
        assert_eq!(names(folder.path()), ["a (1).txt", "a.txt"]);
        assert_eq!(fs::read(folder.path().join("a (1).txt")).unwrap(), b"hello");
        assert_eq!(fs::read(folder.path().join("a.txt")).unwrap(), b"mine");
    }

    #[test]
    fn a_dropped_file_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut part = create(folder.path(), "a");
        part.write(0, b"half").unwrap();
        drop(part);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn the_longest_name_has_room_for_its_temporary_one() {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            create(folder.path(), &format!("{}.jpeg", "ü".repeat(300))).commit().unwrap();
        }
        assert_eq!(names(folder.path()).len(), 2);
    }

    #[test]
    fn what_breaks_off_is_kept_up_to_its_first_gap() {
        let folder = tempfile::tempdir().unwrap();
        let mut part = resume(folder.path(), 0).unwrap();
        part.write(0, b"0123").unwrap();
        part.write(6, b"67").unwrap();
        drop(part);
        assert_eq!(names(folder.path()), [KEPT]);
        assert_eq!(fs::read(folder.path().join(KEPT)).unwrap(), b"0123");
        assert!(resume(folder.path(), 5).is_none(), "the fifth octet is missing");
        let mut part = resume(folder.path(), 3).unwrap();
        part.write(3, b"3456789").unwrap();
        let Ok(Stored::Path(path)) = part.commit() else { panic!("a path") };
        assert_eq!(fs::read(path).unwrap(), b"0123456789");
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn rfc4975_7_3_1_what_came_out_of_order_is_whole_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let mut part = resume(folder.path(), 0).unwrap();
        part.write(5, b"56789").unwrap();
        part.write(0, b"01234").unwrap();
        let Ok(Stored::Path(path)) = part.commit() else { panic!("a path") };
        assert_eq!(fs::read(path).unwrap(), b"0123456789");
    }

    #[test]
    fn what_comes_whole_again_takes_the_place_of_what_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(KEPT), b"01234567 and what is no part of it").unwrap();
        let mut part = resume(folder.path(), 0).unwrap();
        part.write(0, b"01").unwrap();
        drop(part);
        assert_eq!(
            fs::read(folder.path().join(KEPT)).unwrap(),
            b"01234567 a",
            "as long as the file, no longer"
        );
        let mut part = resume(folder.path(), 0).unwrap();
        part.write(0, b"0123456789").unwrap();
        let Ok(Stored::Path(path)) = part.commit() else { panic!("a path") };
        assert_eq!(fs::read(path).unwrap(), b"0123456789");
    }

    #[test]
    fn nothing_stays_of_what_is_spoiled_or_has_no_octets() {
        let folder = tempfile::tempdir().unwrap();
        let mut part = resume(folder.path(), 0).unwrap();
        part.write(0, b"0123").unwrap();
        part.spoil();
        assert!(names(folder.path()).is_empty());
        let mut part = resume(folder.path(), 0).unwrap();
        part.write(1, b"1").unwrap();
        drop(part);
        assert!(names(folder.path()).is_empty());
        assert!(resume(folder.path(), 1).is_none() && names(folder.path()).is_empty());
    }

    #[test]
    fn one_transfer_at_a_time_writes_what_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = resume(folder.path(), 0).unwrap();
        first.write(0, b"0123456789").unwrap();
        assert!(resume(folder.path(), 0).is_none());
        first.commit().unwrap();
        assert_eq!(names(folder.path()), ["a"]);
        assert!(resume(folder.path(), 5).is_none());
    }

    #[test]
    fn who_goes_on_waits_for_the_transfer_that_broke_off() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = resume(folder.path(), 0).unwrap();
        first.write(0, b"0123").unwrap();
        let (there, held) = (File::open(folder.path().join(KEPT)).unwrap(), std::sync::Barrier::new(2));
        assert!(!lock(&there, 0));
        thread::scope(|scope| {
            scope.spawn(|| {
                held.wait();
                drop(first);
            });
            held.wait();
            assert!(lock(&there, 1000));
        });
    }

    #[test]
    fn what_cannot_be_opened_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(KEPT)).unwrap();
        assert!(resume(folder.path(), 0).is_none() && resume(folder.path(), 3).is_none());
        assert_eq!(names(folder.path()), [KEPT]);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_kept_is_no_link_to_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join("other");
        fs::write(&other, "0123456789 and more").unwrap();
        std::os::unix::fs::symlink(&other, folder.path().join(KEPT)).unwrap();
        assert!(resume(folder.path(), 0).is_none() && resume(folder.path(), 3).is_none());
        fs::remove_file(folder.path().join(KEPT)).unwrap();
        fs::hard_link(&other, folder.path().join(KEPT)).unwrap();
        assert!(resume(folder.path(), 3).is_none());
        assert_eq!(fs::read(&other).unwrap(), b"0123456789 and more");
        // As after a crash between the final name and the end of this one: the next transfer may keep something again.
        assert!(resume(folder.path(), 0).is_some());
        let nowhere = folder.path().join("nowhere");
        std::os::unix::fs::symlink(&nowhere, folder.path().join(KEPT)).unwrap();
        assert!(resume(folder.path(), 0).is_none() && !nowhere.exists());
    }
}
