//! `Sink`: where received files go, and the file on disk that is not whole yet.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use pager::SafeName;

use super::store::{Store, Stream};
use super::{Memory, Part, Stored};

/// Names that are tried before giving up: `plan.pdf`, `plan (1).pdf`, ...
const NAMES: u32 = 10_000;
/// Octets of the final name in the temporary one, which has to stay below 255 octets with its suffix.
const NAME_IN_TEMPORARY: usize = 200;

/// Where received files go: to a folder, into memory, or to writers.
#[derive(Clone)]
pub struct Sink(Kind);

#[derive(Clone)]
enum Kind {
    Folder(PathBuf),
    Memory { limit: u64 },
    Writers(Arc<OpenWriter>),
}

/// Opens the writer for the file of this name.
type OpenWriter = dyn Fn(&SafeName) -> io::Result<Box<dyn Write + Send>> + Send + Sync;

impl Sink {
    /// Into this folder. It has to exist.
    ///
    /// A file is written to `.<name>.part-<random>` there, and gets its name when it is whole and is what was
    /// promised. An existing file is never replaced: the new one gets a number.
    #[must_use]
    pub fn dir(path: impl Into<PathBuf>) -> Self {
        Self(Kind::Folder(path.into()))
    }

    /// Into memory: [`Received::File`](crate::Received::File) hands the octets out. A file of more than `limit`
    /// octets fails.
    #[must_use]
    pub const fn memory(limit: u64) -> Self {
        Self(Kind::Memory { limit })
    }

    /// To the writer that `open` returns for the file of this name; it is asked when the offer is accepted.
    ///
    /// The writer gets the octets as they arrive, before anybody knows whether they are what was promised:
    /// only [`Received::File`](crate::Received::File) says so, and the writer is flushed before. It may block.
    /// A peer that sends octets out of order makes the file fail, for a writer cannot go back.
    #[must_use]
    pub fn writers<W, F>(open: F) -> Self
    where
        W: Write + Send + 'static,
        F: Fn(&SafeName) -> io::Result<W> + Send + Sync + 'static,
    {
        Self(Kind::Writers(Arc::new(move |name| {
            let writer = open(name)?;
            Ok(Box::new(writer))
        })))
    }

    /// The folder, if it is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Kind::Folder(folder) => Some(folder),
            Kind::Memory { .. } | Kind::Writers(_) => None,
        }
    }

    /// Makes room for one file, of `size` octets if that is known; blocks.
    pub(crate) fn create(&self, name: &SafeName, size: Option<u64>) -> io::Result<Part> {
        Ok(match &self.0 {
            Kind::Folder(folder) => Part::Blocking(Box::new(PartFile::create(folder, name)?)),
            Kind::Memory { limit } => Part::Memory(Memory::new(size, *limit)?),
            Kind::Writers(open) => Part::Blocking(Box::new(Stream::new(open(name)?))),
        })
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Folder(folder) => f.debug_tuple("Sink").field(folder).finish(),
            Kind::Memory { limit } => write!(f, "Sink(memory, {limit} octets)"),
            Kind::Writers(_) => f.write_str("Sink(writers)"),
        }
    }
}

/// A file on disk that is not whole yet. Dropping it removes it.
#[derive(Debug)]
struct PartFile {
    file: File,
    position: u64,
    temporary: Temporary,
    folder: PathBuf,
    name: SafeName,
}

impl PartFile {
    fn create(folder: &Path, name: &SafeName) -> io::Result<Self> {
        let short =
            (0..=NAME_IN_TEMPORARY).rev().find_map(|end| name.as_str().get(..end)).unwrap_or_default();
        let short = if name.as_str().len() <= NAME_IN_TEMPORARY { name.as_str() } else { short };
        loop {
            let mut random = [0; 4];
            getrandom::fill(&mut random).map_err(io::Error::other)?;
            let temporary = folder.join(format!(".{short}.part-{:08x}", u32::from_be_bytes(random)));
            match OpenOptions::new().read(true).write(true).create_new(true).open(&temporary) {
                Ok(file) => {
                    return Ok(Self {
                        file,
                        position: 0,
                        temporary: Temporary(temporary),
                        folder: folder.to_owned(),
                        name: name.clone(),
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// The temporary name; dropping it removes the file.
#[derive(Debug)]
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // It is gone already if somebody cleaned up.
        let _ = fs::remove_file(&self.0);
    }
}

impl Store for PartFile {
    fn write(&mut self, offset: u64, octets: &[u8]) -> io::Result<()> {
        self.seek(offset)?;
        self.file.write_all(octets)?;
        self.position = offset.saturating_add(u64::try_from(octets.len()).unwrap_or(u64::MAX));
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
    fn commit(self: Box<Self>) -> io::Result<Stored> {
        self.file.sync_all()?;
        for n in 0..NAMES {
            let name = if n == 0 { self.name.clone() } else { self.name.numbered(n) };
            let path = self.folder.join(name.as_str());
            match link(&self.temporary.0, &path) {
                Ok(()) => {
                    // So that the name survives a power cut too; not every file system can.
                    let _ = File::open(&self.folder).and_then(|folder| folder.sync_all());
                    return Ok(Stored::Path(path));
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

impl PartFile {
    fn seek(&mut self, offset: u64) -> io::Result<()> {
        if self.position != offset {
            // Unknown until it has worked.
            self.position = u64::MAX;
            self.position = self.file.seek(SeekFrom::Start(offset))?;
        }
        Ok(())
    }
}

/// A second name for a file, if that name is free; the temporary one goes when its owner is dropped.
fn link(temporary: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(temporary, path) {
        // A file system without links, such as FAT: take the name, then put the file in its place.
        Err(error)
            if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied) =>
        {
            OpenOptions::new().write(true).create_new(true).open(path)?;
            fs::rename(temporary, path).inspect_err(|_| {
                let _ = fs::remove_file(path);
            })
        }
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn part(sink: &Sink, name: &str) -> Box<dyn Store> {
        match sink.create(&SafeName::from_offered(name), None).unwrap() {
            Part::Blocking(store) => store,
            Part::Memory(_) => panic!("a folder"),
        }
    }

    #[test]
    fn a_file_is_hidden_until_it_is_whole_and_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.txt"), "mine").unwrap();
        let sink = Sink::dir(folder.path());
        let mut part = part(&sink, "a.txt");
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
        let mut part = part(&Sink::dir(folder.path()), "a");
        part.write(0, b"half").unwrap();
        drop(part);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn the_longest_name_has_room_for_its_temporary_one() {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            part(&Sink::dir(folder.path()), &format!("{}.jpeg", "ü".repeat(300))).commit().unwrap();
        }
        assert_eq!(names(folder.path()).len(), 2);
    }

    #[test]
    fn a_folder_that_is_missing_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error =
            Sink::dir(folder.path().join("x")).create(&SafeName::from_offered("a"), None).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
