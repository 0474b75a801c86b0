//! `Sink`: where received files go.

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pager::{FileHash, SafeName};

use super::hashed::Hashed;
use super::part_file::PartFile;
use super::store::Stream;
use super::{Memory, Part};

/// Octets of the largest file that the driver stores in memory itself.
const STORED_AT_ONCE: u64 = 64 << 10;

/// Where received files go: to a folder, into memory, or to writers.
#[derive(Clone)]
pub struct Sink(Kind);

#[derive(Clone)]
enum Kind {
    Folder {
        path: PathBuf,
        /// Whether what breaks off is kept.
        resumable: bool,
    },
    Memory {
        limit: u64,
    },
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
        Self(Kind::Folder { path: path.into(), resumable: false })
    }

    /// Keeps what breaks off, so that a later offer of the rest can be accepted (`file-range`, RFC 5547 §6): the sender
    /// goes on where it stopped, be it days and a crash later. A folder does so; the other sinks have nothing to keep it in.
    ///
    /// A file whose offer names a hash is written to `.<hash>.part`, which stays there until the rest has come. Then the
    /// whole is held against the hash, and what is not the promised file is removed. Files that nobody ever sends the rest of
    /// are the user's to remove.
    #[must_use]
    pub fn resumable(mut self) -> Self {
        if let Kind::Folder { resumable, .. } = &mut self.0 {
            *resumable = true;
        }
        self
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
            Kind::Folder { path, .. } => Some(path),
            Kind::Memory { .. } | Kind::Writers(_) => None,
        }
    }

    /// Whether the folder, if it is one, has room for these files together; blocks.
    pub(crate) fn has_room<'a>(&self, files: impl Iterator<Item = &'a Wanted>) -> bool {
        let Kind::Folder { path, resumable } = &self.0 else { return true };
        // A folder that is not there is told of when its first file is made.
        let Ok(room) = fs4::available_space(path) else { return true };
        let missing = files.map(|file| {
            let kept =
                file.promised.filter(|_| *resumable).map_or(0, |promised| PartFile::kept(path, &promised));
            file.size.unwrap_or(0).saturating_sub(kept)
        });
        missing.fold(0, u64::saturating_add) <= room
    }

    /// Makes room for one file; blocks. `None` if only the rest of it is offered and its start is not here.
    pub(crate) fn create(&self, wanted: &Wanted) -> io::Result<Option<Part>> {
        let Wanted { name, size, promised, skip } = wanted;
        if let (Kind::Folder { path, resumable: true }, Some(promised), Some(size)) =
            (&self.0, promised, size)
            && let Some(file) = PartFile::resume(path, name, promised, *size, *skip)?
        {
            match Hashed::resume(Box::new(file), promised.algorithm(), *skip) {
                Ok(file) => return Ok(Some(Part::Blocking(file))),
                // A start that cannot be read is none.
                Err(error) => tracing::debug!(path = %path.display(), %error, "resume"),
            }
        }
        if *skip > 0 {
            return Ok(None);
        }
        Ok(Some(match &self.0 {
            Kind::Folder { path, .. } => Part::blocking(PartFile::create(path, name)?, wanted),
            Kind::Memory { limit } => {
                let memory = Memory::new(*size, *limit)?;
                // To copy and hash so little costs less than to wake a thread.
                let at_once = memory.limit() <= STORED_AT_ONCE;
                if at_once { Part::Memory(memory) } else { Part::blocking(memory, wanted) }
            }
            Kind::Writers(open) => Part::blocking(Stream::new(open(name)?), wanted),
        }))
    }
}

/// A file that is to be received.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) name: SafeName,
    pub(crate) size: Option<u64>,
    pub(crate) promised: Option<FileHash>,
    /// Octets at its start that the sender leaves out.
    pub(crate) skip: u64,
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Folder { path, resumable } => {
                f.debug_struct("Sink").field("path", path).field("resumable", resumable).finish()
            }
            Kind::Memory { limit } => write!(f, "Sink(memory, {limit} octets)"),
            Kind::Writers(_) => f.write_str("Sink(writers)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use pager::Sha1Hash;

    use super::*;

    fn wanted(skip: u64, promised: Option<FileHash>) -> Wanted {
        Wanted { name: SafeName::from_offered("a"), size: Some(5), promised, skip }
    }

    #[test]
    fn a_folder_that_is_missing_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let promised = Some(FileHash::Sha1(Sha1Hash::of(b"hello")));
        let missing = Sink::dir(folder.path().join("x"));
        for sink in [missing.clone(), missing.resumable()] {
            let error = sink.create(&wanted(0, promised)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::NotFound);
        }
    }

    #[test]
    fn the_rest_of_a_file_goes_only_where_its_start_is() {
        let folder = tempfile::tempdir().unwrap();
        let hello = FileHash::Sha1(Sha1Hash::of(b"hello"));
        let promised = Some(hello);
        let resumable = Sink::dir(folder.path()).resumable();
        let nowhere = [
            Sink::memory(100),
            Sink::writers(|_| Ok(io::sink())),
            Sink::dir(folder.path()),
            resumable.clone(),
        ];
        for sink in nowhere {
            assert!(sink.create(&wanted(3, promised)).unwrap().is_none(), "{sink:?}");
        }
        std::fs::write(folder.path().join(format!(".{hello}.part")), "hel").unwrap();
        assert!(resumable.create(&wanted(3, None)).unwrap().is_none(), "nobody says of which file it is");
        let Some(Part::Blocking(mut file)) = resumable.create(&wanted(3, promised)).unwrap() else {
            panic!("it is here")
        };
        file.write(3, b"lo").unwrap();
        assert_eq!(file.hash(5, hello.algorithm()).ok(), promised);
    }
}
