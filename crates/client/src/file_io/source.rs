//! `Source`: a file being sent, and the task that reads it ahead.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use pager::{ContentId, Sha1Hash};
use sha1::{Digest as _, Sha1};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use super::{Done, Report, Request};

/// Octets read at once; also the most that is read ahead.
const BLOCK: usize = 1 << 20;
/// Blocks that are kept to be filled again.
const SPARE: usize = 4;

/// A file being sent. It stays open from the hash to the last octet, so that what is sent is what was
/// offered even if its name goes away.
#[derive(Debug)]
pub(crate) struct Source {
    octets: Octets,
    size: u64,
}

#[derive(Debug)]
enum Octets {
    Memory(Bytes),
    Disk(Disk),
}

/// An open file and what was known of it when it was hashed.
#[derive(Debug)]
struct Disk {
    file: File,
    position: u64,
    size: u64,
    modified: Option<SystemTime>,
    /// Blocks handed out earlier. One that nobody else holds any more is filled again.
    spare: Vec<Bytes>,
}

impl Source {
    /// Opens and hashes a file; blocks.
    pub(crate) fn open(path: &Path) -> io::Result<(Self, Sha1Hash)> {
        // Asked by name first: opening a pipe would wait for its writer.
        let found = fs::metadata(path)?;
        if found.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if !found.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        let size = metadata.len();
        let mut disk =
            Disk { file, position: 0, size, modified: metadata.modified().ok(), spare: Vec::new() };
        let sha1 = disk.hash()?;
        Ok((Self { octets: Octets::Disk(disk), size }, sha1))
    }

    /// Octets that are in memory; hashing them blocks.
    pub(crate) fn memory(octets: Bytes) -> (Self, Sha1Hash) {
        let sha1 = Sha1Hash::of(&octets);
        let size = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        (Self { octets: Octets::Memory(octets), size }, sha1)
    }

    /// How many octets it has.
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }
}

impl Disk {
    fn hash(&mut self) -> io::Result<Sha1Hash> {
        let mut sha1 = Sha1::new();
        let mut offset = 0;
        while offset < self.size {
            let block = self.read(offset, BLOCK)?;
            sha1.update(&block);
            offset = offset.saturating_add(u64::try_from(block.len()).unwrap_or(u64::MAX));
        }
        self.unchanged()?;
        // It may take long until the peer has decided; no need to hold memory until then.
        self.spare.clear();
        Ok(Sha1Hash::new(sha1.finalize().into()))
    }

    /// Up to `len` octets from `offset`, fewer only at the end of the file.
    fn read(&mut self, offset: u64, len: usize) -> io::Result<Bytes> {
        let left = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let len = len.min(left);
        let mut block = self.block();
        block.resize(len, 0);
        if self.position != offset {
            self.position = self.file.seek(SeekFrom::Start(offset))?;
        }
        // An end before the size that was offered is an error here: the file shrank.
        self.file.read_exact(&mut block)?;
        self.position = self.position.saturating_add(u64::try_from(len).unwrap_or(u64::MAX));
        self.unchanged()?;
        let block = block.freeze();
        if self.spare.len() < SPARE {
            self.spare.push(block.clone());
        }
        Ok(block)
    }

    /// An empty buffer: an earlier one that has come back, or a new one.
    fn block(&mut self) -> BytesMut {
        for i in 0..self.spare.len() {
            match self.spare.swap_remove(i).try_into_mut() {
                Ok(block) => return block,
                Err(busy) => {
                    self.spare.push(busy);
                    let last = self.spare.len() - 1;
                    self.spare.swap(i, last);
                }
            }
        }
        BytesMut::with_capacity(BLOCK)
    }

    /// Whether the file is still the one that was hashed.
    fn unchanged(&self) -> io::Result<()> {
        let metadata = self.file.metadata()?;
        if metadata.len() != self.size || metadata.modified().ok() != self.modified {
            return Err(io::Error::other("the file was changed"));
        }
        Ok(())
    }
}

/// Reads what is asked for, in order, and one block ahead of it.
struct Reader {
    /// `None` while a read ahead holds it.
    disk: Option<Disk>,
    offset: u64,
    block: Bytes,
    ahead: Option<JoinHandle<Ahead>>,
}

struct Ahead {
    disk: Disk,
    offset: u64,
    block: io::Result<Bytes>,
}

/// Serves the reads of one file until the driver forgets it or a read fails.
pub(super) async fn serve(
    content: ContentId,
    source: Source,
    mut requests: mpsc::Receiver<Request>,
    reports: mpsc::Sender<Report>,
) {
    let mut reader = match source.octets {
        Octets::Memory(octets) => Reader { disk: None, offset: 0, block: octets, ahead: None },
        Octets::Disk(disk) => Reader { disk: Some(disk), offset: 0, block: Bytes::new(), ahead: None },
    };
    while let Some(request) = requests.recv().await {
        // A file being sent is only read.
        let Request::Read { offset, len } = request else { continue };
        let octets = reader.read(offset, len).await;
        let failed = octets.is_err();
        if reports.send(Report { content, done: Done::Read(octets) }).await.is_err() || failed {
            break;
        }
        reader.read_ahead();
    }
    if let Some(ahead) = reader.ahead {
        let _ = ahead.await;
    }
}

impl Reader {
    async fn read(&mut self, offset: u64, len: usize) -> io::Result<Bytes> {
        if let Some(octets) = self.cut(offset, len) {
            return Ok(octets);
        }
        if let Some(ahead) = self.ahead.take() {
            self.take_over(ahead).await?;
            if let Some(octets) = self.cut(offset, len) {
                return Ok(octets);
            }
        }
        let Some(disk) = self.disk.take() else { return Err(io::ErrorKind::UnexpectedEof.into()) };
        self.take_over(start(disk, offset, whole_blocks(len))).await?;
        self.cut(offset, len).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    async fn take_over(&mut self, ahead: JoinHandle<Ahead>) -> io::Result<()> {
        let Ahead { disk, offset, block } = ahead.await.map_err(io::Error::other)?;
        self.disk = Some(disk);
        self.offset = offset;
        self.block = block?;
        Ok(())
    }

    /// The octets, if the block at hand has them all.
    fn cut(&self, offset: u64, len: usize) -> Option<Bytes> {
        let start = usize::try_from(offset.checked_sub(self.offset)?).ok()?;
        let end = start.checked_add(len)?;
        (end <= self.block.len()).then(|| self.block.slice(start..end))
    }

    /// Starts to read the block after this one, unless that is under way or there is none.
    fn read_ahead(&mut self) {
        let next = self.offset.saturating_add(u64::try_from(self.block.len()).unwrap_or(u64::MAX));
        if self.disk.as_ref().is_some_and(|disk| next < disk.size)
            && let Some(disk) = self.disk.take()
        {
            self.ahead = Some(start(disk, next, self.block.len().max(1)));
        }
    }
}

fn start(mut disk: Disk, offset: u64, len: usize) -> JoinHandle<Ahead> {
    spawn_blocking(move || {
        let block = disk.read(offset, len);
        Ahead { disk, offset, block }
    })
}

/// As many octets near [`BLOCK`] as hold whole reads of `len`, so that reads seldom cross a block.
fn whole_blocks(len: usize) -> usize {
    len.max(BLOCK - BLOCK % len.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn file(content: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        file.flush().unwrap();
        file
    }

    fn pattern(len: usize) -> Vec<u8> {
        (0..len).map(|i| u8::try_from(i.wrapping_mul(2_654_435_761) >> 11 & 0xff).unwrap()).collect()
    }

    fn reader(source: Source) -> Reader {
        let Octets::Disk(disk) = source.octets else { panic!("on disk") };
        Reader { disk: Some(disk), offset: 0, block: Bytes::new(), ahead: None }
    }

    #[track_caller]
    fn check(size: usize, len: usize) {
        let content = pattern(size);
        let file = file(&content);
        let (source, sha1) = Source::open(file.path()).unwrap();
        assert_eq!((source.size(), sha1), (u64::try_from(size).unwrap(), Sha1Hash::of(&content)));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut reader = reader(source);
            for (i, expected) in content.chunks(len).enumerate() {
                let octets = reader.read(u64::try_from(i * len).unwrap(), expected.len()).await.unwrap();
                assert!(octets == expected, "read {i} of {size} by {len}");
                reader.read_ahead();
            }
        });
    }

    #[test]
    fn every_octet_comes_once_whatever_the_size_of_reads() {
        check(0, 10);
        check(1, 10);
        check(BLOCK, BLOCK);
        check(3 * BLOCK + 1, 61_440);
        check(2 * BLOCK - 1, 2 * BLOCK);
        check(BLOCK + 7, 2048);
    }

    #[tokio::test]
    async fn a_read_may_go_back_and_skip() {
        let content = pattern(5 * BLOCK);
        let file = file(&content);
        let mut reader = reader(Source::open(file.path()).unwrap().0);
        for offset in [0, 3 * BLOCK + 9, 5, 5 * BLOCK - 100] {
            let octets = reader.read(u64::try_from(offset).unwrap(), 100).await.unwrap();
            assert_eq!(octets, content[offset..offset + 100]);
            reader.read_ahead();
        }
        assert!(reader.read(u64::try_from(5 * BLOCK).unwrap(), 1).await.is_err(), "past the end");
    }

    #[tokio::test]
    async fn a_file_that_shrinks_or_changes_fails_and_one_that_vanishes_does_not() {
        let content = pattern(4 * BLOCK);
        let vanishing = file(&content);
        let mut gone = reader(Source::open(vanishing.path()).unwrap().0);
        drop(vanishing);
        assert_eq!(gone.read(0, 10).await.unwrap(), content[..10]);

        let shrinking = file(&content);
        let mut shrunk = reader(Source::open(shrinking.path()).unwrap().0);
        shrunk.read(0, 10).await.unwrap();
        shrinking.as_file().set_len(u64::try_from(2 * BLOCK).unwrap()).unwrap();
        assert!(shrunk.read(u64::try_from(BLOCK).unwrap(), 10).await.is_err());

        let changing = file(&content);
        let mut changed = reader(Source::open(changing.path()).unwrap().0);
        let file = changing.as_file();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert!(changed.read(0, 10).await.is_err());
    }

    #[test]
    fn only_a_regular_file_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Source::open(folder.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(Source::open(&folder.path().join("x")).unwrap_err().kind(), io::ErrorKind::NotFound);
        #[cfg(unix)]
        assert!(Source::open(Path::new("/dev/null")).is_err());
    }

    #[test]
    fn a_block_that_came_back_is_filled_again() {
        let file = file(&pattern(8 * BLOCK));
        let (source, _) = Source::open(file.path()).unwrap();
        let Octets::Disk(mut disk) = source.octets else { panic!("on disk") };
        let first = disk.read(0, BLOCK).unwrap();
        let address = first.as_ptr();
        let second = disk.read(0, BLOCK).unwrap();
        assert_ne!(second.as_ptr(), address, "still held");
        drop(first);
        let spare = disk.spare.len();
        assert_eq!(disk.read(0, BLOCK).unwrap().as_ptr(), address);
        assert_eq!(disk.spare.len(), spare);
    }
}
