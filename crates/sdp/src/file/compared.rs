//! `Compared`: everything that the attributes of one m-line say of a file, in both dialects, held against each other.

use grammar::{Leniency, ParseError};

use super::{Dialect, Disagreement, FileOfferRef, legacy, selector};
use crate::MediaDescription;
use crate::attribute::{FileAttribute, Known, LegacyAttribute};

/// A file, and what its descriptions in both dialects disagree in.
#[derive(Debug)]
pub(super) struct Compared<'a> {
    pub(super) file: FileOfferRef<'a>,
    pub(super) disagreement: Option<Disagreement>,
}

impl<'a> Compared<'a> {
    /// Reads every attribute; `None` if there is no file.
    ///
    /// # Errors
    ///
    /// In a strict reading, a [`ParseError`] at the first byte of the document that is not as it should be.
    pub(super) fn read(
        media: &MediaDescription<'a>,
        leniency: &mut Leniency,
    ) -> Result<Option<Self>, ParseError> {
        let (mut rfc5547, mut draft) = (FileOfferRef::default(), FileOfferRef::default());
        let (mut selected, mut is_legacy) = (false, false);
        for (what, attribute) in media.attributes().known(Known::file) {
            match what {
                FileAttribute::Rfc5547(what) => {
                    selector::read(what, &attribute, &mut rfc5547, &mut selected, media, leniency)?;
                }
                FileAttribute::Legacy(what) => {
                    is_legacy |= what.bit() & LegacyAttribute::SELECTING != 0;
                    legacy::read(what, &attribute, &mut draft, media, leniency)?;
                }
            }
        }
        let dialect = match (selected, is_legacy) {
            (false, false) => return Ok(None),
            (false, true) => Dialect::Legacy,
            (true, true) => Dialect::Dual,
            (true, false) => Dialect::Rfc5547,
        };
        let mut disagreement = None;
        if dialect == Dialect::Dual {
            disagreement = rfc5547.compare_legacy(&draft);
            draft.take_bare_name();
        }
        let mut file = if dialect == Dialect::Legacy { FileOfferRef::default() } else { rfc5547 };
        file.dialect = dialect;
        file.fill(&mut draft, media.session.max_hashes);
        Ok(Some(Self { file, disagreement }))
    }
}
