//! What the user sends and receives, and the two machines behind it.

use bytes::Bytes;
use grammar::ByteStr;

use crate::{Sha1Hash, Sha256Hash, To};

pub(crate) mod cema;
pub(crate) mod incoming;
pub(crate) mod negotiation;
pub(crate) mod outgoing;
pub(crate) mod relayed;

/// Handle of a message under way to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransferId(pub(crate) u64);

/// Handle of a message that somebody offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OfferId(pub(crate) u64);

/// Place of an item in its message, counted from 0: the text first if there is one, then the files in order.
pub type ItemId = usize;

/// Names the octets of one item towards the driver's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(clippy::exhaustive_enums, reason = "octets go out or come in")]
pub enum ContentId {
    /// A file we send.
    Outgoing {
        /// The message it belongs to.
        transfer: TransferId,
        /// Its place in the message.
        item: ItemId,
    },
    /// A file we receive.
    Incoming {
        /// The offer it belongs to.
        offer: OfferId,
        /// Its place in the offer.
        item: ItemId,
    },
}

/// A message to send: a text, files, or both.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outgoing {
    /// Who it is for.
    pub to: To,
    /// The text, sent on the first m-line.
    pub text: Option<ByteStr>,
    /// The files, each on an m-line of its own (SEED-27).
    pub files: Vec<FileToSend>,
}

impl Outgoing {
    /// An empty message to somebody.
    #[must_use]
    pub const fn new(to: To) -> Self {
        Self { to, text: None, files: Vec::new() }
    }

    /// With this text.
    #[must_use]
    pub fn text(mut self, text: impl Into<ByteStr>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// With one more file.
    #[must_use]
    pub fn file(mut self, file: FileToSend) -> Self {
        self.files.push(file);
        self
    }

    /// How many items it has.
    #[must_use]
    pub fn items(&self) -> usize {
        usize::from(self.text.is_some()) + self.files.len()
    }
}

/// What the sender wants done with a file (SEED-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::exhaustive_enums, reason = "SEED-26 has two")]
pub enum Intent {
    /// Store it: disposition `attachment`.
    #[default]
    Transfer,
    /// Show it: disposition `inline`, `render` in RFC 5547.
    Share,
}

/// A file to send, as the driver found it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FileToSend {
    /// The name offered: one path segment, no CR, LF or NUL.
    pub name: ByteStr,
    /// The media type, such as `image/png`.
    pub media_type: ByteStr,
    /// Octets of the file.
    pub size: u64,
    /// SHA-1 of the whole file; `None` if the offer carries no hash and nothing will be checked.
    pub sha1: Option<Sha1Hash>,
    /// SHA-256 of the whole file. RFC 5547 §6 wants a SHA-1 beside it.
    pub sha256: Option<Sha256Hash>,
    /// What the receiver should do with it.
    pub intent: Intent,
    /// A small picture of it (SEED-28).
    pub icon: Option<Icon>,
    /// What a person reads about it, in the `i=` line; the name if `None` and there is an icon (SEED-28).
    pub description: Option<ByteStr>,
    /// Octets at its start that are left out: the receiver has them from a transfer that broke off, and the offer says
    /// so (`file-range`, RFC 5547 §6). 0 to `size` - 1; a peer that does not have them refuses the file.
    pub skip: u64,
}

impl FileToSend {
    /// A file with what every offer needs (SEED-22..24).
    pub fn new(
        name: impl Into<ByteStr>,
        media_type: impl Into<ByteStr>,
        size: u64,
        sha1: impl Into<Option<Sha1Hash>>,
    ) -> Self {
        Self {
            name: name.into(),
            media_type: media_type.into(),
            size,
            sha1: sha1.into(),
            sha256: None,
            intent: Intent::default(),
            icon: None,
            description: None,
            skip: 0,
        }
    }
}

/// A preview picture.
#[derive(Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a picture and its type")]
pub struct Icon {
    /// The media type, such as `image/png`.
    pub media_type: ByteStr,
    /// The picture.
    pub octets: Bytes,
}

impl std::fmt::Debug for Icon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Icon({}, {} octets)", self.media_type, self.octets.len())
    }
}

/// What the user decided about one item of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "port 0 or not")]
pub enum Pick {
    /// Receive it.
    Accept,
    /// Refuse it: port 0 in the answer.
    Refuse,
}
