//! `Message` and `Outgoing`: what is sent.

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use grammar::ByteStr;
use pager::{FileToSend, Icon, Intent, To};
use tokio::task::spawn_blocking;

use crate::Error;
use crate::file_io::{Hashes, Hashing, Pace, Source};
use crate::journal::{Entry, Journal};

/// A text, files, or both, on their way to somebody.
///
/// ```
/// use simple_im_client::{Message, Outgoing};
///
/// let hello = Message::from("hello");
/// let plan = Message::from(Outgoing::path("plan.pdf"));
/// let both = Message::new().text("the plan").file(Outgoing::path("plan.pdf").description("floor 2"));
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a message does nothing until it is sent"]
pub struct Message {
    text: Option<ByteStr>,
    files: Vec<Outgoing>,
    journal: Option<Journal>,
    rate: Option<u64>,
}

impl Message {
    /// An empty one; it cannot be sent as it is.
    pub fn new() -> Self {
        Self::default()
    }

    /// With this text, the first item of the message.
    pub fn text(mut self, text: impl Into<ByteStr>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// With one more file.
    pub fn file(mut self, file: Outgoing) -> Self {
        self.files.push(file);
        self
    }

    /// With these files.
    pub fn files(mut self, files: impl IntoIterator<Item = Outgoing>) -> Self {
        self.files.extend(files);
        self
    }

    /// Sends the files no faster than this, all together, in octets a second; not below 8192. Default: as fast as it goes.
    pub const fn rate(mut self, octets_per_second: u64) -> Self {
        self.rate = Some(octets_per_second);
        self
    }

    /// Notes in `journal` how far each file has come, and leaves out what the recipient has from an earlier transfer that
    /// broke off. For files with a hash, to one recipient; elsewhere it does nothing.
    pub fn journal(mut self, journal: Journal) -> Self {
        self.journal = Some(journal);
        self
    }

    /// Opens and hashes every file, and looks up how much of it is there already.
    pub(crate) async fn open(self, to: &To) -> Result<OpenMessage, Error> {
        let journal = match to {
            To::One(uri) => self.journal.map(|journal| (journal, uri.as_str().to_owned())),
            _ => None,
        };
        let pace = self.rate.map(Pace::new);
        let mut files = Vec::with_capacity(self.files.len());
        for file in self.files {
            let (mut file, source) = file.open().await?;
            let mut entry = None;
            if let (Some((journal, to)), 0) = (&journal, file.skip) {
                let (journal, to, known) = (journal.clone(), to.clone(), file.clone());
                let folder = journal.path().to_owned();
                let opened = spawn_blocking(move || journal.open(&to, &known));
                // The only way to fail here is a runtime that is being dropped.
                let opened = opened.await.map_err(|_| Error::closed())?;
                entry = opened.map_err(|error| Error::file("keep a journal in", &folder, error))?;
                file.skip = entry.as_ref().map_or(0, |entry| entry.skip);
            }
            files.push(OpenFile { file, source: source.paced(pace.clone()), entry });
        }
        Ok(OpenMessage { text: self.text, files })
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::new().text(text)
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::new().text(text)
    }
}

impl From<Outgoing> for Message {
    fn from(file: Outgoing) -> Self {
        Self::new().file(file)
    }
}

/// A message whose files are open.
#[derive(Debug)]
pub(crate) struct OpenMessage {
    pub(crate) text: Option<ByteStr>,
    pub(crate) files: Vec<OpenFile>,
}

/// A file that is open.
#[derive(Debug)]
pub(crate) struct OpenFile {
    pub(crate) file: FileToSend,
    pub(crate) source: Source,
    /// Its entry in the journal.
    pub(crate) entry: Option<Entry>,
}

/// A file to send.
///
/// It is read twice, for the hash that the offer carries and to be sent, unless [`Outgoing::hashing`] or
/// [`Outgoing::reader`] leaves the hash out. A file on disk is never in memory as a whole.
#[derive(Debug, Clone)]
#[must_use = "a file does nothing until it is sent"]
pub struct Outgoing {
    from: Origin,
    name: Option<ByteStr>,
    media_type: Option<ByteStr>,
    intent: Intent,
    icon: Option<Icon>,
    description: Option<ByteStr>,
    hashing: Hashing,
    skip: u64,
}

#[derive(Clone)]
enum Origin {
    Path(PathBuf),
    Octets(Bytes),
    /// Taken by the first that sends it.
    Reader(Arc<Mutex<Option<Box<dyn Read + Send>>>>, u64),
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => fmt::Debug::fmt(path, f),
            Self::Octets(octets) => write!(f, "{} octets", octets.len()),
            Self::Reader(_, size) => write!(f, "a reader of {size} octets"),
        }
    }
}

impl Outgoing {
    /// A file on disk. Its name is the last segment of the path, its type is guessed from the name.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self::new(Origin::Path(path.into()), None)
    }

    /// Octets in memory, under this name.
    pub fn octets(name: impl Into<ByteStr>, octets: impl Into<Bytes>) -> Self {
        Self::new(Origin::Octets(octets.into()), Some(name.into()))
    }

    /// `size` octets of a reader, under this name. It is read once, from a thread where it may block, a little
    /// ahead of what the connection takes; a reader that ends early makes the file fail.
    ///
    /// The offer carries no hash, for nobody knows it yet: the receiver checks nothing but the size. A clone
    /// shares the reader, and only one of them can be sent.
    pub fn reader(name: impl Into<ByteStr>, size: u64, reader: impl Read + Send + 'static) -> Self {
        let reader: Box<dyn Read + Send> = Box::new(reader);
        Self::new(Origin::Reader(Arc::new(Mutex::new(Some(reader))), size), Some(name.into()))
    }

    const fn new(from: Origin, name: Option<ByteStr>) -> Self {
        let hashing = Hashing::Sha1;
        Self {
            from,
            name,
            media_type: None,
            intent: Intent::Transfer,
            icon: None,
            description: None,
            hashing,
            skip: 0,
        }
    }

    /// Which hashes the offer carries, and so what the receiver checks. Default [`Hashing::Sha1`].
    pub const fn hashing(mut self, hashing: Hashing) -> Self {
        self.hashing = hashing;
        self
    }

    /// Offers it under another name: one path segment without CR, LF and NUL.
    pub fn name(mut self, name: impl Into<ByteStr>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Says what it is, such as `image/png`, instead of guessing from the name.
    pub fn media_type(mut self, media_type: impl Into<ByteStr>) -> Self {
        self.media_type = Some(media_type.into());
        self
    }

    /// What the receiver should do with it. Default [`Intent::Transfer`]: store it.
    pub const fn intent(mut self, intent: Intent) -> Self {
        self.intent = intent;
        self
    }

    /// A small picture of it, shown before the receiver decides (SEED-28).
    pub fn preview(mut self, media_type: impl Into<ByteStr>, octets: impl Into<Bytes>) -> Self {
        self.icon = Some(Icon { media_type: media_type.into(), octets: octets.into() });
        self
    }

    /// A line for people that goes with the offer.
    pub fn description(mut self, description: impl Into<ByteStr>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Leaves out so many octets at its start: the receiver has them from a transfer that broke off, or refuses
    /// (`file-range`, RFC 5547 §6). Default 0; not for a reader, which has no hash that the receiver could know it by.
    /// [`Message::journal`] does this by itself.
    pub const fn skip(mut self, octets: u64) -> Self {
        self.skip = octets;
        self
    }

    async fn open(self) -> Result<(FileToSend, Source), Error> {
        let name = match (&self.name, &self.from) {
            (Some(name), _) => name.clone(),
            (None, Origin::Path(path)) => last_segment(path),
            (None, Origin::Octets(_) | Origin::Reader(..)) => ByteStr::default(),
        };
        if self.skip > 0 && (matches!(self.from, Origin::Reader(..)) || self.hashing == Hashing::None) {
            return Err(Error::unsupported("the rest of a file without a hash"));
        }
        let (from, hashing) = (self.from, self.hashing);
        let reader_name = name.clone();
        let opened = spawn_blocking(move || match from {
            Origin::Path(path) => {
                Source::open(&path, hashing).map_err(|error| Error::file("read", &path, error))
            }
            Origin::Octets(octets) => Ok(Source::memory(octets, hashing)),
            Origin::Reader(reader, size) => {
                let reader = reader.lock().unwrap_or_else(PoisonError::into_inner).take();
                let gone = || io::Error::other("the reader was sent already");
                let reader = reader.ok_or_else(|| Error::file("read", Path::new(&*reader_name), gone()))?;
                Ok((Source::stream(reader, size), Hashes::default()))
            }
        });
        // The only way to fail here is a runtime that is being dropped.
        let (source, hashes) = opened.await.map_err(|_| Error::closed())??;
        let media_type = self.media_type.unwrap_or_else(|| guess(&name));
        let mut file = FileToSend::new(name, media_type, source.size(), hashes.sha1);
        file.sha256 = hashes.sha256;
        file.intent = self.intent;
        file.icon = self.icon;
        file.description = self.description;
        file.skip = self.skip;
        Ok((file, source))
    }
}

fn last_segment(path: &Path) -> ByteStr {
    path.file_name().map(|name| ByteStr::from(name.to_string_lossy().into_owned())).unwrap_or_default()
}

fn guess(name: &str) -> ByteStr {
    ByteStr::from(mime_guess::from_path(name).first_raw().unwrap_or("application/octet-stream"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn name_and_type_come_from_the_path_unless_given() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a b.png");
        std::fs::write(&path, b"abc").unwrap();
        let (file, _) = Outgoing::path(&path).open().await.unwrap();
        assert_eq!((file.name.as_str(), file.media_type.as_str(), file.size), ("a b.png", "image/png", 3));
        assert_eq!(file.sha1.unwrap().to_string(), "a9993e364706816aba3e25717850c26c9cd0d89d");
        let (file, _) = Outgoing::path(&path).name("c").media_type("x/y").open().await.unwrap();
        assert_eq!((file.name.as_str(), file.media_type.as_str()), ("c", "x/y"));
        let (file, _) = Outgoing::octets("data", "").open().await.unwrap();
        assert_eq!((file.media_type.as_str(), file.size), ("application/octet-stream", 0));
        let (file, _) = Outgoing::octets("data", "").hashing(Hashing::None).open().await.unwrap();
        assert_eq!((file.sha1, file.sha256), (None, None));
        let (file, _) = Outgoing::octets("data", "abc").hashing(Hashing::Sha256).open().await.unwrap();
        assert!(file.sha1.is_some() && file.sha256.is_some());
    }

    #[tokio::test]
    async fn a_reader_is_sent_once() {
        let stream = Outgoing::reader("data", 3, &b"abc"[..]);
        let (file, _) = stream.clone().open().await.unwrap();
        assert_eq!((file.name.as_str(), file.size, file.sha1), ("data", 3, None));
        let error = stream.open().await.unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::File);
    }

    #[tokio::test]
    async fn a_file_that_is_not_there_is_named() {
        let to = To::one(sip::Uri::parse("sip:bob@example.com").unwrap());
        let error = Message::from(Outgoing::path("/nowhere/plan.pdf")).open(&to).await.unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::File);
        assert!(error.to_string().starts_with("cannot read /nowhere/plan.pdf: "), "{error}");
    }
}
