//! `Described`: what the attributes of one m-line say of a file, read as far as it is needed.

use grammar::{Leniency, Reading};

use super::{Dialect, FileOfferRef, legacy, selector};
use crate::MediaDescription;
use crate::attribute::{FileAttribute, Known, LegacyAttribute, RawAttribute};
use crate::session::Entry;

/// What the attributes of one m-line say of a file, in a lenient reading.
///
/// Those of RFC 5547 are read as they come. Of those of the draft it is noted that they are there: they mostly say the
/// same once more, and only those that fill a gap are read.
#[derive(Debug, Default)]
pub(crate) struct Described<'a> {
    file: FileOfferRef<'a>,
    /// Whether there is a `file-selector` with a value, which makes the line one of a file by RFC 5547.
    selected: bool,
    /// Which attributes of the draft are there, by [`LegacyAttribute::bit`].
    legacy: u16,
    /// Whether there is a `hash` that is not written as one of SHA-1.
    other_hash: bool,
}

impl<'a> Described<'a> {
    /// Takes in an attribute of the media description.
    #[inline]
    pub(crate) fn take(&mut self, what: FileAttribute, entry: &Entry, media: &MediaDescription<'a>) {
        let view = media.session.view();
        match what {
            FileAttribute::Rfc5547(what) => {
                let Some(attribute) = RawAttribute::new(entry, view) else { return };
                let (file, selected) = (&mut self.file, &mut self.selected);
                let leniency = &mut Leniency::new(Reading::Lenient);
                // A lenient reading lets all of it pass.
                let _ = selector::read(what, &attribute, file, selected, media, leniency);
            }
            FileAttribute::Legacy(what) => {
                self.legacy |= what.bit();
                if what == LegacyAttribute::Hash {
                    let line = view.bytes().get(entry.range()).unwrap_or_default();
                    self.other_hash |= !line.starts_with(b"hash:SHA ");
                }
            }
        }
    }

    /// The file, if there is one. Of both dialects, RFC 5547 wins and the draft fills the gaps.
    #[inline]
    pub(crate) fn file(&mut self, media: &MediaDescription<'a>) -> Option<FileOfferRef<'a>> {
        // Moved once, from its place.
        if self.complete(media) { Some(core::mem::take(&mut self.file)) } else { None }
    }

    /// Says whether there is a file, and fills its gaps.
    fn complete(&mut self, media: &MediaDescription<'a>) -> bool {
        let is_legacy = self.legacy & LegacyAttribute::SELECTING != 0;
        self.file.dialect = match (self.selected, is_legacy) {
            (false, false) => return false,
            (true, true) => Dialect::Dual,
            (true, false) => Dialect::Rfc5547,
            (false, true) => {
                self.file = FileOfferRef::default();
                Dialect::Legacy
            }
        };
        let mut found = self.file.found();
        if self.other_hash {
            found &= !LegacyAttribute::Hash.bit();
        }
        let missing = self.legacy & !found;
        if missing != 0 {
            fill(&mut self.file, missing, media);
            if self.selected && missing & LegacyAttribute::Filename.bit() != 0 {
                self.file.take_bare_name();
            }
        }
        true
    }
}

/// Reads those attributes of the draft whose bits are in `missing`; the first readable one of a name counts.
pub(super) fn fill<'a>(file: &mut FileOfferRef<'a>, missing: u16, media: &MediaDescription<'a>) {
    let leniency = &mut Leniency::new(Reading::Lenient);
    for (what, attribute) in media.attributes().known(Known::file) {
        if let FileAttribute::Legacy(what) = what
            && what.bit() & missing != 0
        {
            let _ = legacy::read(what, &attribute, file, media, leniency);
        }
    }
}
