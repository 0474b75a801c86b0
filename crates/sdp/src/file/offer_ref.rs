//! `FileOfferRef`: a file as one m-line describes it, seen in place.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use grammar::{ByteStr, Leniency, ParseError, ParseErrorKind, Reading};

use super::{Dialect, Disagreement, Disposition, FileDates, FileOffer, FileRange, Hash};
use super::{legacy, media_type, selector};
use crate::MediaDescription;
use crate::attribute::RawAttribute;
use crate::scan::is_token;

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
    /// Other digests of the whole file, one for each algorithm, at most [`Self::MOST_HASHES`].
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
    /// In which dialect it was read.
    pub dialect: Dialect,
    /// What the two dialects disagree in; the values above are those of RFC 5547 then.
    pub disagreement: Option<Disagreement>,
}

/// What the attributes of one dialect say.
#[derive(Debug, Default)]
pub(super) struct Described<'a> {
    /// The values.
    pub(super) file: FileOfferRef<'a>,
    /// Whether there is an attribute that makes the line one of a file; the others may stand beside either dialect.
    pub(super) selects: bool,
}

impl<'a> FileOfferRef<'a> {
    /// How many digests other than SHA-1 and SHA-256 are kept of a description; later ones count as repeated.
    pub const MOST_HASHES: usize = 16;

    /// The file that a media description describes; `None` if it has no file attributes or only a bare
    /// `file-selector`, which says no more than "I know RFC 5547" (§8.5).
    ///
    /// What cannot be read counts as absent. Of both dialects, RFC 5547 wins and the draft fills the gaps.
    #[must_use]
    pub fn read(media: &MediaDescription<'a>) -> Option<Self> {
        Self::read_with(media, &mut Leniency::new(Reading::Lenient)).ok().flatten()
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
        let mut new = Described::default();
        let mut old = Described::default();
        for attribute in media.attributes().matching(is_of_files) {
            if is_rfc5547(attribute.name.as_bytes()) {
                selector::read(media, &attribute, &mut new, leniency)?;
            } else {
                legacy::read(media, &attribute, &mut old, leniency)?;
            }
        }
        match (new.selects, old.selects) {
            (false, false) => Ok(None),
            (false, true) => {
                old.file.dialect = Dialect::Legacy;
                Ok(Some(old.file))
            }
            (true, false) => {
                new.file.dialect = Dialect::Rfc5547;
                new.file.fill(&mut old.file);
                Ok(Some(new.file))
            }
            (true, true) => {
                new.file.dialect = Dialect::Dual;
                new.file.disagreement = new.file.compare(&old.file);
                new.file.fill(&mut old.file);
                Ok(Some(new.file))
            }
        }
    }

    /// The same for keeping; text shares the buffer of the document.
    #[must_use]
    pub fn share(self, media: &MediaDescription<'_>) -> FileOffer {
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
            disagreement: self.disagreement,
        }
    }

    /// What this description and `other` disagree in; `None` if nothing.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Disagreement> {
        fn differ<T>(a: Option<&T>, b: Option<&T>, same: impl FnOnce(&T, &T) -> bool) -> bool {
            a.zip(b).is_some_and(|(a, b)| !same(a, b))
        }
        type Text<'a> = Cow<'a, str>;
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
            range: differ(self.range.as_ref(), other.range.as_ref(), FileRange::eq),
        }
        .found()
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
            disagreement: offer.disagreement,
            ..Self::default()
        };
        for hash in &offer.hashes {
            file.add_hash(&hash.algorithm, &hash.bytes);
        }
        file
    }

    /// Adds a digest unless there is one of that algorithm; says whether there was. The algorithm is written as
    /// `hash::canonical` gives it.
    pub(super) fn add_hash(&mut self, algorithm: &str, digest: &[u8]) -> bool {
        match (algorithm, digest.try_into(), digest.try_into()) {
            ("sha-1", Ok(digest), _) if !self.has_hash(algorithm) => self.sha1 = Some(digest),
            ("sha-256", _, Ok(digest)) if !self.has_hash(algorithm) => self.sha256 = Some(digest),
            _ if self.other_hashes.len() == Self::MOST_HASHES || self.has_hash(algorithm) => return true,
            _ => self.other_hashes.push(Hash::of(algorithm, digest)),
        }
        false
    }

    fn has_hash(&self, algorithm: &str) -> bool {
        (self.sha1.is_some() && algorithm == "sha-1")
            || (self.sha256.is_some() && algorithm == "sha-256")
            || self.other_hashes.iter().any(|hash| hash.algorithm == *algorithm)
    }

    /// Takes the values of `other` where there is none, but for what only RFC 5547 has words for.
    fn fill(&mut self, other: &mut Self) {
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
            self.add_hash(&hash.algorithm, &hash.bytes);
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

/// Whether an attribute of this name may say something of a file.
#[inline]
fn is_of_files(name: &[u8]) -> bool {
    match name.len() {
        4 => matches!(name, b"icon" | b"hash"),
        8 => matches!(name, b"filename" | b"filetype" | b"filesize"),
        9 | 13 | 17 => name.ends_with(b"-date") || is_rfc5547(name),
        10 | 16 => is_rfc5547(name),
        11 => name == b"disposition",
        _ => false,
    }
}

/// Whether it is one of RFC 5547; `byte-range` is the name of the draft of October 2006.
#[inline]
fn is_rfc5547(name: &[u8]) -> bool {
    name.starts_with(b"file-") || name == b"byte-range"
}

/// The first value counts.
#[inline]
pub(super) fn keep<T>(place: &mut Option<T>, found: Option<T>) {
    if place.is_none() {
        *place = found;
    }
}

/// A value as text; one that is not UTF-8 is shown as far as it is.
pub(super) fn lossy<'a>(attribute: &RawAttribute<'a>) -> Cow<'a, str> {
    match attribute.text() {
        Some(text) => Cow::Borrowed(text),
        None => String::from_utf8_lossy(attribute.value.unwrap_or_default()),
    }
}

/// A value that is a token; blanks around it are let pass.
pub(super) fn token<'a>(
    attribute: &RawAttribute<'a>,
    leniency: &mut Leniency,
    rule: &'static str,
) -> Result<Option<&'a str>, ParseError> {
    let value = trimmed(attribute.text().unwrap_or_default());
    if is_token(value.as_bytes()) {
        return Ok(Some(value));
    }
    leniency.forgive(ParseErrorKind::Syntax, rule, attribute.offset).map(|()| None)
}

/// Without blanks at the ends; nearly no value has them.
#[inline]
pub(super) fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [b' ', ..] | [.., b' '] => text.trim_matches(' '),
        _ => text,
    }
}
