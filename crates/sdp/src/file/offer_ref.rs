//! `FileOfferRef`: a file as one m-line describes it, seen in place.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use grammar::{ByteStr, Leniency, ParseError};

use super::compared::Compared;
use super::described::{self, Described};
use super::media_type;
use super::name::bare;
use super::{Dialect, Disagreement, Disposition, FileDates, FileOffer, FileRange, Hash};
use crate::MediaDescription;
use crate::attribute::{Known, LegacyAttribute};

/// A file as one m-line describes it, in someone else's buffer.
///
/// Reading it allocates only for what cannot be seen in place: a name or media type with escapes, a digest other than
/// SHA-1 and SHA-256, a disposition that is not one of the known two. [`FileOffer`] is the same for keeping.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct FileOfferRef<'a> {
    /// The name, decoded. It may hold anything: not safe to create files by.
    pub name: Option<Cow<'a, str>>,
    /// The media type in the form of Content-Type, parameters included.
    pub media_type: Option<Cow<'a, str>>,
    /// Octets of the whole file, without any wrapper; up to 2^63-1.
    pub size: Option<u64>,
    /// SHA-1 of the whole file.
    pub sha1: Option<[u8; 20]>,
    /// SHA-256 of the whole file.
    pub sha256: Option<[u8; 32]>,
    /// Other digests of the whole file, one for each algorithm, at most [`Limits::max_hashes`].
    ///
    /// [`Limits::max_hashes`]: crate::Limits::max_hashes
    pub other_hashes: Vec<Hash>,
    /// What the receiver is asked to do with it.
    pub disposition: Option<Disposition>,
    /// Names this transfer in this session (RFC 5547 §6); a token.
    pub transfer_id: Option<&'a str>,
    /// Content-ID, decoded and without angle brackets, of the body part with a preview. May dangle.
    pub icon: Option<Cow<'a, str>>,
    /// Which part of the file is sent; `None` is all of it.
    pub range: Option<FileRange>,
    /// When the file was made, in the form of RFC 5322.
    pub created: Option<&'a str>,
    /// When it was changed last.
    pub modified: Option<&'a str>,
    /// When it was read last.
    pub read: Option<&'a str>,
    /// In which dialect it was read. Whether two of them disagree, [`Self::disagreement`] tells.
    pub dialect: Dialect,
}

impl<'a> FileOfferRef<'a> {
    /// The file that a media description describes; `None` if it has no file attributes or only a bare
    /// `file-selector`, which says no more than "I know RFC 5547" (§8.5).
    ///
    /// What cannot be read counts as absent. Of both dialects, RFC 5547 wins and the draft fills the gaps.
    #[must_use]
    pub fn read(media: &MediaDescription<'a>) -> Option<Self> {
        let mut described = Described::default();
        for entry in media.own.iter().filter(|entry| entry.kind == b'a') {
            let start = entry.range().start;
            let name = media.session.view().bytes().get(start..start + usize::from(entry.name));
            if let Some(what) = name.and_then(Known::file) {
                described.take(what, entry, media);
            }
        }
        described.file(media)
    }

    /// As [`Self::read`], and with a say in what may pass.
    ///
    /// # Errors
    ///
    /// In a strict reading, a [`ParseError`] at the first byte of the document that is not as it should be.
    pub fn read_with(
        media: &MediaDescription<'a>,
        leniency: &mut Leniency,
    ) -> Result<Option<Self>, ParseError> {
        Ok(Compared::read(media, leniency)?.map(|compared| compared.file))
    }

    /// What the descriptions in the two dialects disagree in; the values here are those of RFC 5547 then. `media` is
    /// the media description this was read from.
    ///
    /// Reading does not look for it: most of what one dialect says the other one says once more.
    #[must_use]
    pub fn disagreement(&self, media: &MediaDescription<'_>) -> Option<Disagreement> {
        if self.dialect != Dialect::Dual {
            return None;
        }
        let mut legacy = FileOfferRef::default();
        described::fill(&mut legacy, u16::MAX, media);
        // What filled a gap agrees with itself.
        self.compare_legacy(&legacy)
    }

    /// The same for keeping, held against the other dialect; text shares the buffer of the document.
    #[must_use]
    pub fn share(self, media: &MediaDescription<'_>) -> FileOffer {
        let disagreement = self.disagreement(media);
        self.kept(disagreement, media)
    }

    /// The same for keeping, with what was found to differ.
    pub(super) fn kept(self, disagreement: Option<Disagreement>, media: &MediaDescription<'_>) -> FileOffer {
        let text = |text: Cow<'_, str>| match text {
            Cow::Borrowed(text) => media.share(text),
            Cow::Owned(text) => ByteStr::from(text),
        };
        let date = |date: Option<&str>| date.map(|date| media.share(date));
        let mut hashes = Vec::with_capacity(
            usize::from(self.sha1.is_some()) + usize::from(self.sha256.is_some()) + self.other_hashes.len(),
        );
        hashes.extend(self.sha1.map(Hash::sha1));
        hashes.extend(self.sha256.map(Hash::sha256));
        hashes.extend(self.other_hashes);
        FileOffer {
            name: self.name.map(text),
            media_type: self.media_type.map(text),
            size: self.size,
            hashes,
            disposition: self.disposition,
            transfer_id: self.transfer_id.map(|id| media.share(id)),
            icon: self.icon.map(text),
            range: self.range,
            dates: FileDates {
                creation: date(self.created),
                modification: date(self.modified),
                read: date(self.read),
            },
            dialect: self.dialect,
            disagreement,
        }
    }

    /// What this description and `other` disagree in; `None` if nothing.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Disagreement> {
        fn differ<T>(a: Option<&T>, b: Option<&T>, same: impl FnOnce(&T, &T) -> bool) -> bool {
            a.zip(b).is_some_and(|(a, b)| !same(a, b))
        }
        type Text<'a> = Cow<'a, str>;
        let size = self.size.or(other.size);
        // The raw form carries no blanks at the ends.
        let name = |a: &Text<'_>, b: &Text<'_>| a == b || a.trim_matches(' ') == b.trim_matches(' ');
        let other_hash = self.other_hashes.iter().any(|hash| {
            other
                .other_hashes
                .iter()
                .any(|other| hash.algorithm == other.algorithm && hash.bytes != other.bytes)
        });
        Disagreement {
            name: differ(self.name.as_ref(), other.name.as_ref(), name),
            media_type: differ(self.media_type.as_ref(), other.media_type.as_ref(), |a, b| {
                media_type::same(a, b)
            }),
            size: differ(self.size.as_ref(), other.size.as_ref(), u64::eq),
            hash: other_hash
                || differ(self.sha1.as_ref(), other.sha1.as_ref(), PartialEq::eq)
                || differ(self.sha256.as_ref(), other.sha256.as_ref(), PartialEq::eq),
            disposition: differ(self.disposition.as_ref(), other.disposition.as_ref(), Disposition::eq),
            icon: differ(self.icon.as_ref(), other.icon.as_ref(), Cow::eq),
            transfer_id: differ(self.transfer_id.as_ref(), other.transfer_id.as_ref(), PartialEq::eq),
            range: differ(self.range.as_ref(), other.range.as_ref(), |a, b| a.is_same(b, size)),
        }
        .found()
    }

    /// As [`Self::compare`], `legacy` being what the draft says of the same file: quotes around its name may be part of it
    /// or not.
    pub(super) fn compare_legacy(&self, legacy: &Self) -> Option<Disagreement> {
        let found = self.compare(legacy)?;
        let name = found.name && self.name.as_deref() != legacy.name.as_deref().map(bare);
        Disagreement { name, ..found }.found()
    }

    /// Takes quotes off a name that fills a gap: from here on it counts as one of RFC 5547.
    pub(super) fn take_bare_name(&mut self) {
        self.name = self.name.take().map(|name| match name {
            Cow::Borrowed(name) => Cow::Borrowed(bare(name)),
            Cow::Owned(name) => Cow::Owned(bare(&name).into()),
        });
    }

    /// The file of a [`FileOffer`], seen in place.
    pub(super) fn of(offer: &'a FileOffer) -> Self {
        let text = |text: &'a ByteStr| Cow::Borrowed(text.as_str());
        let mut file = Self {
            name: offer.name.as_ref().map(text),
            media_type: offer.media_type.as_ref().map(text),
            size: offer.size,
            disposition: offer.disposition.clone(),
            transfer_id: offer.transfer_id.as_deref(),
            icon: offer.icon.as_ref().map(text),
            range: offer.range,
            created: offer.dates.creation.as_deref(),
            modified: offer.dates.modification.as_deref(),
            read: offer.dates.read.as_deref(),
            dialect: offer.dialect,
            ..Self::default()
        };
        for hash in &offer.hashes {
            file.add_hash(&hash.algorithm, &hash.bytes, offer.hashes.len());
        }
        file
    }

    /// Adds a digest unless there is one of that algorithm, or `max` of other ones; says whether there was. The
    /// algorithm is written as `hash::canonical` gives it.
    pub(super) fn add_hash(&mut self, algorithm: &str, digest: &[u8], max: usize) -> bool {
        match (algorithm, digest.try_into(), digest.try_into()) {
            ("sha-1", Ok(digest), _) if !self.has_hash(algorithm) => self.sha1 = Some(digest),
            ("sha-256", _, Ok(digest)) if !self.has_hash(algorithm) => self.sha256 = Some(digest),
            _ if self.other_hashes.len() >= max || self.has_hash(algorithm) => return true,
            _ => self.other_hashes.push(Hash::of(algorithm, digest)),
        }
        false
    }

    fn has_hash(&self, algorithm: &str) -> bool {
        (self.sha1.is_some() && algorithm == "sha-1")
            || (self.sha256.is_some() && algorithm == "sha-256")
            || self.other_hashes.iter().any(|hash| hash.algorithm.eq_ignore_ascii_case(algorithm))
    }

    /// The attributes of the draft whose values are there; of digests, SHA-1.
    pub(super) fn found(&self) -> u16 {
        let bit = |what: LegacyAttribute, found| if found { what.bit() } else { 0 };
        bit(LegacyAttribute::Filename, self.name.is_some())
            | bit(LegacyAttribute::Filetype, self.media_type.is_some())
            | bit(LegacyAttribute::Filesize, self.size.is_some())
            | bit(LegacyAttribute::Hash, self.sha1.is_some())
            | bit(LegacyAttribute::Disposition, self.disposition.is_some())
            | bit(LegacyAttribute::Icon, self.icon.is_some())
            | bit(LegacyAttribute::CreationDate, self.created.is_some())
            | bit(LegacyAttribute::ModificationDate, self.modified.is_some())
            | bit(LegacyAttribute::ReadDate, self.read.is_some())
    }

    /// Takes the values of `other` where there is none, but for what only RFC 5547 has words for.
    pub(super) fn fill(&mut self, other: &mut Self, max_hashes: usize) {
        keep(&mut self.name, other.name.take());
        keep(&mut self.media_type, other.media_type.take());
        keep(&mut self.size, other.size);
        keep(&mut self.disposition, other.disposition.take());
        keep(&mut self.icon, other.icon.take());
        keep(&mut self.created, other.created);
        keep(&mut self.modified, other.modified);
        keep(&mut self.read, other.read);
        if self.sha1.is_none() && !self.has_hash("sha-1") {
            self.sha1 = other.sha1;
        }
        if self.sha256.is_none() && !self.has_hash("sha-256") {
            self.sha256 = other.sha256;
        }
        for hash in &other.other_hashes {
            self.add_hash(&hash.algorithm, &hash.bytes, max_hashes);
        }
    }

    /// The place of the date of this kind.
    pub(super) fn date(&mut self, kind: &str) -> Option<&mut Option<&'a str>> {
        match kind {
            "creation" => Some(&mut self.created),
            "modification" => Some(&mut self.modified),
            "read" => Some(&mut self.read),
            _ => None,
        }
    }
}

/// The first value counts.
#[inline]
pub(super) fn keep<T>(place: &mut Option<T>, found: Option<T>) {
    if place.is_none() {
        *place = found;
    }
}
