//! `Source`: a file being sent, and the task that reads it ahead.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use pager::{ContentId, Sha1Hash, Sha256Hash};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use super::memory::cut;
use super::pace::Pace;
use super::{Done, Read as Wanted, Report};

/// Octets read at once; also the most that is read ahead.
const BLOCK: usize = 1 << 20;
/// Blocks that are kept to be filled again.
const SPARE: usize = 4;

/// Which hashes of a file its offer carries, for the receiver to check what arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Hashing {
    /// None: the file is read once only, and the receiver checks nothing but the size.
    None,
    /// SHA-1, the hash of RFC 5547 §6.
    #[default]
    Sha1,
    /// SHA-256, and beside it SHA-1, which RFC 5547 §6 wants wherever there is a hash.
    Sha256,
}

/// The hashes of a file, as its offer carries them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Hashes {
    pub(crate) sha1: Option<Sha1Hash>,
    pub(crate) sha256: Option<Sha256Hash>,
}

/// Hashes under way.
#[derive(Default)]
struct Hashers {
    sha1: Option<Sha1>,
    sha256: Option<Sha256>,
}

impl Hashers {
    fn new(hashing: Hashing) -> Self {
        Self {
            sha1: (hashing != Hashing::None).then(Sha1::new),
            sha256: (hashing == Hashing::Sha256).then(Sha256::new),
        }
    }

    fn update(&mut self, octets: &[u8]) {
        if let Some(sha1) = &mut self.sha1 {
            sha1.update(octets);
        }
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(octets);
        }
    }

    fn finish(self) -> Hashes {
        Hashes {
            sha1: self.sha1.map(|hash| Sha1Hash::new(hash.finalize().into())),
            sha256: self.sha256.map(|hash| Sha256Hash::new(hash.finalize().into())),
        }
    }
}

/// A file being sent. It stays open from the hash to the last octet, so that what is sent is what was
/// offered even if its name goes away.
#[derive(Debug)]
pub(crate) struct Source {
    pub(super) input: Input,
    size: u64,
    /// How fast it may be read.
    pub(super) pace: Option<Pace>,
}

/// Where the octets of a file being sent come from.
#[derive(Debug)]
pub(crate) enum Input {
    /// Memory, at once.
    Octets(Bytes),
    /// What has to be read outside of the driver.
    Blocking(Medium),
}

/// What is read outside of the driver.
#[derive(Debug)]
pub(crate) enum Medium {
    Disk(Disk),
    Stream(Stream),
    Octets(Bytes),
}

/// A reader of the user's.
pub(crate) struct Stream {
    reader: Box<dyn Read + Send>,
    position: u64,
    size: u64,
    blocks: Blocks,
}

/// An open file and what was known of it when it was hashed.
#[derive(Debug)]
pub(crate) struct Disk {
    file: File,
    position: u64,
    size: u64,
    modified: Option<SystemTime>,
    blocks: Blocks,
}

/// Blocks handed out earlier. One that nobody else holds any more is filled again.
#[derive(Debug, Default)]
struct Blocks(Vec<Bytes>);

impl Source {
    /// Opens and hashes a file; blocks.
    pub(crate) fn open(path: &Path, hashing: Hashing) -> io::Result<(Self, Hashes)> {
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
        let modified = metadata.modified().ok();
        let mut disk = Disk { file, position: 0, size, modified, blocks: Blocks::default() };
        let hashes = disk.hash(hashing)?;
        disk.ends()?;
        Ok((Self { input: Input::Blocking(Medium::Disk(disk)), size, pace: None }, hashes))
    }

    /// Octets that are in memory; hashing them blocks.
    pub(crate) fn memory(octets: Bytes, hashing: Hashing) -> (Self, Hashes) {
        let mut hashers = Hashers::new(hashing);
        hashers.update(&octets);
        let size = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        (Self { input: Input::Octets(octets), size, pace: None }, hashers.finish())
    }

    /// `size` octets of a reader. They pass once, so nothing is known of them before.
    pub(crate) fn stream(reader: Box<dyn Read + Send>, size: u64) -> Self {
        let stream = Stream { reader, position: 0, size, blocks: Blocks::default() };
        Self { input: Input::Blocking(Medium::Stream(stream)), size, pace: None }
    }

    /// Read no faster than this.
    pub(crate) fn paced(mut self, pace: Option<Pace>) -> Self {
        self.pace = pace;
        self
    }

    /// How many octets it has.
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }
}

impl Disk {
    fn hash(&mut self, hashing: Hashing) -> io::Result<Hashes> {
        let mut hashers = Hashers::new(hashing);
        if hashing == Hashing::None {
            return Ok(hashers.finish());
        }
        let mut offset = 0;
        while offset < self.size {
            let block = self.read(offset, BLOCK)?;
            hashers.update(&block);
            offset = offset.saturating_add(u64::try_from(block.len()).unwrap_or(u64::MAX));
        }
        self.unchanged()?;
        // It may take long until the peer has decided; no need to hold memory until then.
        self.blocks.0.clear();
        Ok(hashers.finish())
    }

    /// That there is nothing behind its size: the files of a system that makes them up as they are read have none.
    fn ends(&mut self) -> io::Result<()> {
        self.position = self.file.seek(SeekFrom::Start(self.size))?;
        match self.file.read(&mut [0])? {
            0 => Ok(()),
            _ => Err(io::Error::other("the file was changed, or does not know its size")),
        }
    }

    /// Up to `len` octets from `offset`, fewer only at the end of the file.
    fn read(&mut self, offset: u64, len: usize) -> io::Result<Bytes> {
        let left = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut block = self.blocks.take(len.min(left));
        if self.position != offset {
            self.position = self.file.seek(SeekFrom::Start(offset))?;
        }
        // An end before the size that was offered is an error here: the file shrank.
        self.file.read_exact(&mut block)?;
        self.position = self.position.saturating_add(u64::try_from(block.len()).unwrap_or(u64::MAX));
        self.unchanged()?;
        Ok(self.blocks.hand_out(block))
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

impl Blocks {
    /// A buffer of `len` octets: an earlier one that has come back, or a new one.
    fn take(&mut self, len: usize) -> BytesMut {
        let mut block = self.spare().unwrap_or_else(|| BytesMut::with_capacity(BLOCK.max(len)));
        block.resize(len, 0);
        block
    }

    fn spare(&mut self) -> Option<BytesMut> {
        for i in 0..self.0.len() {
            match self.0.swap_remove(i).try_into_mut() {
                Ok(block) => return Some(block),
                Err(busy) => {
                    self.0.push(busy);
                    let last = self.0.len() - 1;
                    self.0.swap(i, last);
                }
            }
        }
        None
    }

    /// Shares a buffer that is filled.
    fn hand_out(&mut self, block: BytesMut) -> Bytes {
        let block = block.freeze();
        if self.0.len() < SPARE {
            self.0.push(block.clone());
        }
        block
    }
}

impl Stream {
    /// As [`Disk::read`]; the octets from `offset` have to be the next ones.
    fn read(&mut self, offset: u64, len: usize) -> io::Result<Bytes> {
        if offset != self.position {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "a reader cannot go back"));
        }
        let left = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut block = self.blocks.take(len.min(left));
        self.reader.read_exact(&mut block)?;
        self.position = self.position.saturating_add(u64::try_from(block.len()).unwrap_or(u64::MAX));
        Ok(self.blocks.hand_out(block))
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stream({} of {} octets)", self.position, self.size)
    }
}

impl Medium {
    const fn size(&self) -> u64 {
        match self {
            Self::Disk(disk) => disk.size,
            Self::Stream(stream) => stream.size,
            // A read ahead of what is in memory would be one too many.
            Self::Octets(_) => 0,
        }
    }

    fn read(&mut self, offset: u64, len: usize) -> io::Result<Bytes> {
        match self {
            Self::Disk(disk) => disk.read(offset, len),
            Self::Stream(stream) => stream.read(offset, len),
            Self::Octets(octets) => {
                let left = octets.len().saturating_sub(usize::try_from(offset).unwrap_or(usize::MAX));
                cut(octets, offset, len.min(left)).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
            }
        }
    }
}

/// Reads what is asked for, in order, and one block ahead of it.
struct Reader {
    /// `None` while a read ahead holds it.
    medium: Option<Medium>,
    offset: u64,
    block: Bytes,
    ahead: Option<JoinHandle<Ahead>>,
}

struct Ahead {
    medium: Medium,
    offset: u64,
    block: io::Result<Bytes>,
}

/// Serves the reads of one file until the driver forgets it or a read fails.
pub(super) async fn serve(
    content: ContentId,
    medium: Medium,
    pace: Option<Pace>,
    mut requests: mpsc::Receiver<Wanted>,
    reports: mpsc::Sender<Report>,
) {
    let mut reader = Reader { medium: Some(medium), offset: 0, block: Bytes::new(), ahead: None };
    while let Some(Wanted { offset, len }) = requests.recv().await {
        if let Some(pace) = &pace {
            tokio::select! {
                () = pace.wait(len) => {}
                // The end of the client waits for nobody's turn.
                () = reports.closed() => break,
            }
        }
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
        // The first octets may be the last ones of this block.
        let start = offset.checked_sub(self.offset).and_then(|start| usize::try_from(start).ok());
        let first = start.and_then(|start| self.block.get(start..)).unwrap_or_default();
        let first = self.block.slice_ref(first);
        let (offset, len) = (
            offset.saturating_add(u64::try_from(first.len()).unwrap_or(u64::MAX)),
            len.saturating_sub(first.len()),
        );
        if let Some(ahead) = self.ahead.take() {
            self.take_over(ahead).await?;
        }
        if self.cut(offset, len).is_none() {
            let Some(medium) = self.medium.take() else { return Err(io::ErrorKind::UnexpectedEof.into()) };
            self.take_over(start_read(medium, offset, whole_blocks(len))).await?;
        }
        let rest = self.cut(offset, len).ok_or(io::ErrorKind::UnexpectedEof)?;
        if first.is_empty() {
            return Ok(rest);
        }
        let mut joined = BytesMut::with_capacity(first.len() + rest.len());
        joined.extend_from_slice(&first);
        joined.extend_from_slice(&rest);
        Ok(joined.freeze())
    }

    async fn take_over(&mut self, ahead: JoinHandle<Ahead>) -> io::Result<()> {
        let Ahead { medium, offset, block } = ahead.await.map_err(io::Error::other)?;
        self.medium = Some(medium);
        self.offset = offset;
        self.block = block?;
        Ok(())
    }

    /// The octets, if the block at hand has them all.
    fn cut(&self, offset: u64, len: usize) -> Option<Bytes> {
        cut(&self.block, offset.checked_sub(self.offset)?, len)
    }

    /// Starts to read the block after this one, unless that is under way or there is none.
    fn read_ahead(&mut self) {
        let next = self.offset.saturating_add(u64::try_from(self.block.len()).unwrap_or(u64::MAX));
        if self.medium.as_ref().is_some_and(|medium| next < medium.size())
            && let Some(medium) = self.medium.take()
        {
            self.ahead = Some(start_read(medium, next, self.block.len().max(1)));
        }
    }
}

fn start_read(mut medium: Medium, offset: u64, len: usize) -> JoinHandle<Ahead> {
    spawn_blocking(move || {
        let block = medium.read(offset, len);
        Ahead { medium, offset, block }
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
        let Input::Blocking(medium) = source.input else { panic!("on disk") };
        Reader { medium: Some(medium), offset: 0, block: Bytes::new(), ahead: None }
    }

    #[track_caller]
    fn check(size: usize, len: usize) {
        let content = pattern(size);
        let file = file(&content);
        let (source, hashes) = Source::open(file.path(), Hashing::Sha256).unwrap();
        assert_eq!(source.size(), u64::try_from(size).unwrap());
        assert_eq!(hashes.sha1, Some(Sha1Hash::of(&content)));
        assert_eq!(hashes.sha256, Some(Sha256Hash::of(&content)));
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
        let mut reader = reader(Source::open(file.path(), Hashing::None).unwrap().0);
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
        let mut gone = reader(Source::open(vanishing.path(), Hashing::Sha1).unwrap().0);
        drop(vanishing);
        assert_eq!(gone.read(0, 10).await.unwrap(), content[..10]);

        let shrinking = file(&content);
        let mut shrunk = reader(Source::open(shrinking.path(), Hashing::Sha1).unwrap().0);
        shrunk.read(0, 10).await.unwrap();
        shrinking.as_file().set_len(u64::try_from(2 * BLOCK).unwrap()).unwrap();
        assert!(shrunk.read(u64::try_from(BLOCK).unwrap(), 10).await.is_err());

        let changing = file(&content);
        let mut changed = reader(Source::open(changing.path(), Hashing::None).unwrap().0);
        let file = changing.as_file();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert!(changed.read(0, 10).await.is_err());
    }

    #[test]
    fn only_a_regular_file_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            Source::open(folder.path(), Hashing::Sha1).unwrap_err().kind(),
            io::ErrorKind::IsADirectory
        );
        assert_eq!(
            Source::open(&folder.path().join("x"), Hashing::Sha1).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        #[cfg(unix)]
        assert!(Source::open(Path::new("/dev/null"), Hashing::Sha1).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_has_more_than_its_size_says_is_not_opened() {
        for hashing in [Hashing::None, Hashing::Sha1] {
            assert!(Source::open(Path::new("/proc/self/status"), hashing).is_err());
        }
    }

    #[test]
    fn a_block_that_came_back_is_filled_again() {
        let file = file(&pattern(8 * BLOCK));
        let (source, _) = Source::open(file.path(), Hashing::None).unwrap();
        let Input::Blocking(Medium::Disk(mut disk)) = source.input else { panic!("on disk") };
        let first = disk.read(0, BLOCK).unwrap();
        let address = first.as_ptr();
        let second = disk.read(0, BLOCK).unwrap();
        assert_ne!(second.as_ptr(), address, "still held");
        drop(first);
        let spare = disk.blocks.0.len();
        assert_eq!(disk.read(0, BLOCK).unwrap().as_ptr(), address);
        assert_eq!(disk.blocks.0.len(), spare);
    }

    #[tokio::test]
    async fn a_reader_is_read_once_in_order_and_has_to_have_what_it_promised() {
        let content = pattern(3 * BLOCK);
        let size = u64::try_from(content.len()).unwrap();
        let mut reader = reader(Source::stream(Box::new(io::Cursor::new(content.clone())), size));
        for (i, expected) in content.chunks(61_440).enumerate() {
            let octets = reader.read(u64::try_from(i * 61_440).unwrap(), expected.len()).await.unwrap();
            assert!(octets == expected);
            reader.read_ahead();
        }
        assert!(reader.read(0, 1).await.is_err(), "it cannot go back");
        let mut odd = self::reader(Source::stream(Box::new(io::Cursor::new(content.clone())), size));
        assert!(odd.read(0, 100).await.unwrap() == content[..100]);
        for (i, expected) in content[100..].chunks(61_440).enumerate() {
            let octets = odd.read(u64::try_from(100 + i * 61_440).unwrap(), expected.len()).await.unwrap();
            assert!(octets == expected, "read {i} may lie across two blocks");
            odd.read_ahead();
        }
        let mut short = self::reader(Source::stream(Box::new(&b"ab"[..]), 3));
        assert!(short.read(0, 3).await.is_err());
    }
}
