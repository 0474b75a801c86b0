//! `FileOffer`: a file as one m-line describes it, in whichever dialect.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use grammar::{ByteStr, CharClass, Leniency, ParseError};

use super::compared::Compared;
use super::name::{bare, text};
use super::{
    Dialect, Disagreement, Disposition, FileOfferRef, FileRange, Hash, legacy, media_type, selector,
};
use crate::MediaDescription;
use crate::writer::Writer;

/// A file as one m-line describes it.
///
/// To describe a file, start with [`FileOffer::builder`]. To ask for one (pull), set the fields that select it on
/// [`FileOffer::default`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct FileOffer {
    /// The name, decoded. It may hold anything: not safe to create files by. See also [`Self::display_name`].
    pub name: Option<ByteStr>,
    /// The media type in the form of Content-Type, parameters included.
    pub media_type: Option<ByteStr>,
    /// Octets of the whole file, without any wrapper; up to 2^63-1.
    pub size: Option<u64>,
    /// Digests of the whole file, one for each algorithm: SHA-1 first, then SHA-256. Of others,
    /// [`Limits::max_hashes`](crate::Limits::max_hashes) are read.
    pub hashes: Vec<Hash>,
    /// What the receiver is asked to do with it.
    pub disposition: Option<Disposition>,
    /// Names this transfer in this session (RFC 5547 §6); a token.
    pub transfer_id: Option<ByteStr>,
    /// Content-ID, decoded and without angle brackets, of the body part with a preview. May dangle.
    pub icon: Option<ByteStr>,
    /// Which part of the file is sent; `None` is all of it.
    pub range: Option<FileRange>,
    /// When the file was made, changed, read.
    pub dates: FileDates,
    /// In which dialect it was read.
    pub dialect: Dialect,
    /// What the two dialects disagree in; the values above are those of RFC 5547 then.
    pub disagreement: Option<Disagreement>,
}

/// Dates of a file, in the form of RFC 5322; shown to people, never relied upon.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct FileDates {
    /// When it was made.
    pub creation: Option<ByteStr>,
    /// When it was changed last.
    pub modification: Option<ByteStr>,
    /// When it was read last.
    pub read: Option<ByteStr>,
}

/// What cannot be said about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum FileOfferError {
    /// The name is empty.
    #[error("the file name is empty")]
    EmptyName,
    /// The media type is none.
    #[error("the media type is not type/subtype with parameters")]
    MediaType,
    /// The size is beyond 2^63-1.
    #[error("the file size is above 2^63-1")]
    Size,
    /// The disposition or the transfer id is not a token.
    #[error("the disposition or the file-transfer-id is not a token")]
    Token,
    /// The icon is no Content-ID.
    #[error("the icon is not a Content-ID without angle brackets")]
    Icon,
    /// A date is empty, or holds a quote, CR, LF or NUL.
    #[error("a date holds a quote or a control character")]
    Date,
    /// There are digests and none is SHA-1 (RFC 5547 §6).
    #[error("a file with digests needs a SHA-1 one")]
    HashWithoutSha1,
}

impl FileOffer {
    /// Starts the description of a file called `name`, of `size` octets.
    ///
    /// The name is the last segment of a path; use [`name::carriable`](super::name::carriable) on names from a disk,
    /// because no line can carry a CR, LF or NUL in the legacy dialect. The media type is
    /// `application/octet-stream` unless it is set.
    pub fn builder(name: impl Into<ByteStr>, size: u64) -> FileOfferBuilder {
        FileOfferBuilder(Self {
            name: Some(name.into()),
            size: Some(size),
            media_type: Some(ByteStr::from_static("application/octet-stream")),
            ..Self::default()
        })
    }

    /// The file that a media description describes; `None` if it has no file attributes or only a bare
    /// `file-selector`, which says no more than "I know RFC 5547" (§8.5).
    ///
    /// What cannot be read counts as absent. Of both dialects, RFC 5547 wins and the draft fills the gaps.
    #[must_use]
    pub fn read(media: &MediaDescription<'_>) -> Option<Self> {
        FileOfferRef::read(media).map(|file| file.share(media))
    }

    /// As [`Self::read`], and with a say in what may pass.
    ///
    /// # Errors
    ///
    /// In a strict reading, a [`ParseError`] at the first byte of the document that is not as it should be.
    pub fn read_with(
        media: &MediaDescription<'_>,
        leniency: &mut Leniency,
    ) -> Result<Option<Self>, ParseError> {
        let read = Compared::read(media, leniency)?;
        Ok(read.map(|Compared { file, disagreement }| file.kept(disagreement, media)))
    }

    /// The name to show and to make a local name from: quotes around a whole legacy name, as some senders write
    /// them, are taken off.
    #[must_use]
    pub fn display_name(&self) -> Option<&str> {
        let name = self.name.as_deref()?;
        Some(if self.dialect == Dialect::Legacy { bare(name) } else { name })
    }

    /// The SHA-1 digest of the whole file.
    #[must_use]
    pub fn sha1(&self) -> Option<&[u8]> {
        self.hashes.iter().find(|hash| hash.is_sha1()).map(|hash| &*hash.bytes)
    }

    /// The icon as the URL that is written: `cid:`, percent-encoded.
    #[must_use]
    pub fn icon_url(&self) -> Option<String> {
        self.icon.as_ref().map(|icon| text(legacy::CidUrl(icon)))
    }

    /// Whether there is anything that a `file-selector` could say.
    #[must_use]
    pub fn has_selector(&self) -> bool {
        self.name.is_some()
            || self.media_type.is_some()
            || self.size.is_some_and(|size| size > 0)
            || !self.hashes.is_empty()
    }

    /// What this description and `other` disagree in; `None` if nothing.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Disagreement> {
        FileOfferRef::of(self).compare(&FileOfferRef::of(other))
    }

    /// Writes the attributes of the file, those of RFC 5547 first.
    ///
    /// What a dialect has no word for is left out: size 0 in RFC 5547; id, dates and range in the draft.
    pub fn write(&self, dialect: Dialect, out: &mut Writer<'_>) {
        if dialect.has_rfc5547() {
            selector::write(self, out);
        }
        if dialect.has_legacy() {
            legacy::write(self, out);
        }
    }

    /// The value of `file-selector`.
    #[must_use]
    pub fn selector(&self) -> String {
        text(selector::Selectors(self))
    }

    /// Adds a digest unless there is one of that algorithm.
    fn add_hash(&mut self, hash: Hash) {
        if self.hashes.iter().all(|known| known.algorithm != hash.algorithm) {
            self.hashes.push(hash);
        }
    }
}

impl FileDates {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn each(&self) -> impl Iterator<Item = (&'static str, &ByteStr)> {
        [("creation", &self.creation), ("modification", &self.modification), ("read", &self.read)]
            .into_iter()
            .filter_map(|(kind, date)| Some((kind, date.as_ref()?)))
    }
}

/// The value of `file-date`.
impl fmt::Display for FileDates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.each().enumerate().try_for_each(|(i, (kind, date))| {
            let blank = if i > 0 { " " } else { "" };
            write!(f, "{blank}{kind}:\"{date}\"")
        })
    }
}

/// Collects the optional parts of a [`FileOffer`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct FileOfferBuilder(FileOffer);

impl FileOfferBuilder {
    /// The media type, in the form of Content-Type.
    pub fn media_type(mut self, media_type: impl Into<ByteStr>) -> Self {
        self.0.media_type = Some(media_type.into());
        self
    }

    /// The SHA-1 digest of the whole file. Peers that get none may delete what they received.
    pub fn sha1(mut self, digest: [u8; 20]) -> Self {
        self.0.add_hash(Hash::sha1(digest));
        self
    }

    /// The SHA-256 digest of the whole file, beside SHA-1.
    pub fn sha256(mut self, digest: [u8; 32]) -> Self {
        self.0.add_hash(Hash::sha256(digest));
        self
    }

    /// What the receiver is asked to do.
    pub fn disposition(mut self, disposition: Disposition) -> Self {
        self.0.disposition = Some(disposition);
        self
    }

    /// The id of the transfer: new, random, about 32 characters (RFC 5547 §6). Offers in the dialects
    /// [`Dialect::Rfc5547`] and [`Dialect::Dual`] must have one.
    pub fn transfer_id(mut self, id: impl Into<ByteStr>) -> Self {
        self.0.transfer_id = Some(id.into());
        self
    }

    /// The Content-ID, without angle brackets, of the body part that holds a preview.
    pub fn icon(mut self, content_id: impl Into<ByteStr>) -> Self {
        self.0.icon = Some(content_id.into());
        self
    }

    /// Which part of the file is sent.
    pub fn range(mut self, range: FileRange) -> Self {
        self.0.range = Some(range);
        self
    }

    /// When the file was made, in the form of RFC 5322 with a numeric zone.
    pub fn creation_date(mut self, date: impl Into<ByteStr>) -> Self {
        self.0.dates.creation = Some(date.into());
        self
    }

    /// When the file was changed last, in the form of RFC 5322 with a numeric zone.
    pub fn modification_date(mut self, date: impl Into<ByteStr>) -> Self {
        self.0.dates.modification = Some(date.into());
        self
    }

    /// The description.
    ///
    /// # Errors
    ///
    /// The first value that no dialect can carry.
    pub fn build(self) -> Result<FileOffer, FileOfferError> {
        let file = self.0;
        let is_token = |value: &str| CharClass::TOKEN.matches(value.as_bytes());
        let bad_date = |date: &ByteStr| date.is_empty() || date.chars().any(|c| c.is_control() || c == '"');
        if file.name.as_ref().is_some_and(|name| name.is_empty()) {
            Err(FileOfferError::EmptyName)
        } else if file.media_type.as_ref().is_some_and(|value| !media_type::is_valid(value)) {
            Err(FileOfferError::MediaType)
        } else if file.size.is_some_and(|size| i64::try_from(size).is_err()) {
            Err(FileOfferError::Size)
        } else if file.transfer_id.as_ref().is_some_and(|id| !is_token(id))
            || file.disposition.as_ref().is_some_and(|value| !is_token(value.as_str()))
        {
            Err(FileOfferError::Token)
        } else if file.icon.as_ref().is_some_and(|icon| !legacy::is_content_id(icon)) {
            Err(FileOfferError::Icon)
        } else if file.dates.each().any(|(_, date)| bad_date(date)) {
            Err(FileOfferError::Date)
        } else if !file.hashes.is_empty() && file.sha1().is_none() {
            Err(FileOfferError::HashWithoutSha1)
        } else {
            Ok(file)
        }
    }
}
