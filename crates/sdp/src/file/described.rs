//! `Described`: what the attributes of one m-line say of a file, each read once and in either dialect.

use alloc::borrow::Cow;
use alloc::string::String;

use grammar::{Leniency, ParseError, ParseErrorKind};

use super::offer_ref::keep;
use super::{Dialect, Disposition, FileOfferRef, FileRange, legacy, selector};
use crate::MediaDescription;
use crate::attribute::{FileAttribute, RawAttribute};
use crate::scan::is_token;

/// What the attributes of one m-line say of a file.
#[derive(Debug, Default)]
pub(crate) struct Described<'a> {
    rfc5547: FileOfferRef<'a>,
    legacy: FileOfferRef<'a>,
    /// Whether there is an attribute that makes the line one of a file, by RFC 5547: a `file-selector` with a value.
    /// The others may stand beside either dialect.
    selected: bool,
    /// The same by the draft: `filename`, `filetype`, `filesize` or `hash`.
    legacy_selected: bool,
}

impl<'a> Described<'a> {
    /// Reads an attribute; the first one of a name counts.
    ///
    /// # Errors
    ///
    /// In a strict reading, a [`ParseError`] at what is not as it should be.
    pub(crate) fn read(
        &mut self,
        what: FileAttribute,
        attribute: &RawAttribute<'a>,
        media: &MediaDescription<'_>,
        leniency: &mut Leniency,
    ) -> Result<(), ParseError> {
        let Self { rfc5547, legacy, .. } = self;
        match what {
            FileAttribute::FileSelector => {
                if attribute.value.is_some_and(|value| !value.is_empty()) && !self.selected {
                    self.selected = true;
                    return selector::selectors(attribute, rfc5547, leniency);
                }
                Ok(())
            }
            FileAttribute::FileTransferId => {
                let id = token(attribute, leniency, "file-transfer-id")?;
                keep(&mut rfc5547.transfer_id, id);
                Ok(())
            }
            FileAttribute::FileDisposition => {
                disposition(attribute, &mut rfc5547.disposition, media, leniency, "file-disposition")
            }
            FileAttribute::FileDate => selector::dates(attribute, rfc5547, leniency),
            FileAttribute::FileIcon => legacy::icon(attribute, rfc5547, leniency, "file-icon"),
            FileAttribute::FileRange => match FileRange::parse(attribute.text().unwrap_or_default()) {
                Ok(range) => {
                    keep(&mut rfc5547.range, Some(range));
                    Ok(())
                }
                Err(error) => leniency.forgive(error.kind(), error.rule(), attribute.offset + error.offset()),
            },
            FileAttribute::Filename => {
                self.legacy_selected = true;
                legacy::name(attribute, legacy, leniency)
            }
            FileAttribute::Filetype => {
                self.legacy_selected = true;
                legacy::media_type(attribute, legacy, leniency)
            }
            FileAttribute::Filesize => {
                self.legacy_selected = true;
                legacy::size(attribute, legacy, leniency)
            }
            FileAttribute::Hash => {
                self.legacy_selected = true;
                legacy::hash(attribute, legacy, leniency)
            }
            FileAttribute::Disposition => {
                disposition(attribute, &mut legacy.disposition, media, leniency, "disposition-line")
            }
            FileAttribute::Icon => legacy::icon(attribute, legacy, leniency, "icon-line"),
            FileAttribute::CreationDate => {
                legacy::date(attribute, &mut legacy.created);
                Ok(())
            }
            FileAttribute::ModificationDate => {
                legacy::date(attribute, &mut legacy.modified);
                Ok(())
            }
            FileAttribute::ReadDate => {
                legacy::date(attribute, &mut legacy.read);
                Ok(())
            }
        }
    }

    /// The file, if there is one. Of both dialects, RFC 5547 wins and the draft fills the gaps.
    #[inline]
    pub(crate) fn file(mut self) -> Option<FileOfferRef<'a>> {
        self.join().then_some(self.rfc5547)
    }

    /// Makes of both dialects one, in the place of RFC 5547; says whether there is a file.
    fn join(&mut self) -> bool {
        let Self { rfc5547, legacy, .. } = self;
        match (self.selected, self.legacy_selected) {
            (false, false) => return false,
            (false, true) => {
                core::mem::swap(rfc5547, legacy);
                rfc5547.dialect = Dialect::Legacy;
                return true;
            }
            (true, true) => {
                rfc5547.dialect = Dialect::Dual;
                rfc5547.disagreement = rfc5547.compare(legacy);
            }
            (true, false) => rfc5547.dialect = Dialect::Rfc5547,
        }
        rfc5547.fill(legacy);
        true
    }
}

/// A disposition of either dialect.
fn disposition<'a>(
    attribute: &RawAttribute<'a>,
    place: &mut Option<Disposition>,
    media: &MediaDescription<'_>,
    leniency: &mut Leniency,
    rule: &'static str,
) -> Result<(), ParseError> {
    let found = match Disposition::known(trimmed(attribute.text().unwrap_or_default())) {
        Some(known) => Some(known),
        None => token(attribute, leniency, rule)?.map(|other| Disposition::Other(media.share(other))),
    };
    keep(place, found);
    Ok(())
}

/// A value that is a token; blanks around it are let pass.
fn token<'a>(
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

/// A value as text; one that is not UTF-8 is shown as far as it is.
pub(super) fn lossy<'a>(attribute: &RawAttribute<'a>) -> Cow<'a, str> {
    match attribute.text() {
        Some(text) => Cow::Borrowed(text),
        None => String::from_utf8_lossy(attribute.value.unwrap_or_default()),
    }
}

/// Without blanks at the ends; nearly no value has them.
#[inline]
pub(super) fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [b' ', ..] | [.., b' '] => text.trim_matches(' '),
        _ => text,
    }
}
