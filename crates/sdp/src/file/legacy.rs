//! The attributes of draft-garcia-sipping-file-transfer-mech-00 §5 (February 2006), and the dates of its June successor.

use alloc::borrow::Cow;
use core::fmt;

use grammar::{CharClass, Leniency, ParseError, ParseErrorKind};

use super::hash::Hash;
use super::media_type;
use super::name::decoded;
use super::offer_ref::keep;
use super::value::{disposition, lossy, trimmed};
use super::{FileOffer, FileOfferRef};
use crate::MediaDescription;
use crate::attribute::{LegacyAttribute, RawAttribute};
use crate::line::Cut;
use crate::scan::is_long_and_unbracketed;
use crate::writer::Writer;

/// Reads an attribute of the draft.
///
/// # Errors
///
/// In a strict reading, a [`ParseError`] at what is not as it should be.
pub(super) fn read<'a>(
    what: LegacyAttribute,
    attribute: &RawAttribute<'a>,
    file: &mut FileOfferRef<'a>,
    media: &MediaDescription<'_>,
    leniency: &mut Leniency,
) -> Result<(), ParseError> {
    match what {
        LegacyAttribute::Filename => name(attribute, file, leniency)?,
        LegacyAttribute::Filetype => media_type(attribute, file, leniency)?,
        LegacyAttribute::Filesize => size(attribute, file, leniency)?,
        LegacyAttribute::Hash => hash(attribute, file, media.session.max_hashes, leniency)?,
        LegacyAttribute::Disposition => {
            disposition(attribute, &mut file.disposition, media, leniency, "disposition-line")?;
        }
        LegacyAttribute::Icon => icon(attribute, file, leniency, "icon-line")?,
        LegacyAttribute::CreationDate => date(attribute, &mut file.created),
        LegacyAttribute::ModificationDate => date(attribute, &mut file.modified),
        LegacyAttribute::ReadDate => date(attribute, &mut file.read),
    }
    Ok(())
}

/// `filename`: a byte-string whose charset the draft does not state.
fn name<'a>(
    attribute: &RawAttribute<'a>,
    file: &mut FileOfferRef<'a>,
    leniency: &mut Leniency,
) -> Result<(), ParseError> {
    let name = lossy(attribute);
    if trimmed(&name).is_empty() {
        return leniency.forgive(ParseErrorKind::Syntax, "filename-line", attribute.offset);
    }
    keep(&mut file.name, Some(name));
    Ok(())
}

/// `filetype`: a media type.
fn media_type<'a>(
    attribute: &RawAttribute<'a>,
    file: &mut FileOfferRef<'a>,
    leniency: &mut Leniency,
) -> Result<(), ParseError> {
    match attribute.text().map(trimmed).filter(|text| media_type::is_valid(text)) {
        Some(media_type) => {
            keep(&mut file.media_type, Some(Cow::Borrowed(media_type)));
            Ok(())
        }
        None => leniency.forgive(ParseErrorKind::Syntax, "filetype-line", attribute.offset),
    }
}

/// `filesize`: octets.
fn size<'a>(
    attribute: &RawAttribute<'a>,
    file: &mut FileOfferRef<'a>,
    leniency: &mut Leniency,
) -> Result<(), ParseError> {
    match attribute.text().and_then(octets) {
        Some(size) => {
            keep(&mut file.size, Some(size));
            Ok(())
        }
        None => leniency.forgive(ParseErrorKind::Syntax, "filesize-line", attribute.offset),
    }
}

/// `hash`: one digest.
fn hash<'a>(
    attribute: &RawAttribute<'a>,
    file: &mut FileOfferRef<'a>,
    max_hashes: usize,
    leniency: &mut Leniency,
) -> Result<(), ParseError> {
    let add = |algorithm: &str, digest: &[u8]| file.add_hash(algorithm, digest, max_hashes);
    match attribute.text().and_then(|text| Hash::read_legacy(text, add)) {
        Some(_) => Ok(()),
        None => leniency.forgive(ParseErrorKind::Syntax, "hash-line", attribute.offset),
    }
}

/// `creation-date`, `modification-date` or `read-date`, in quotes or not.
fn date<'a>(attribute: &RawAttribute<'a>, place: &mut Option<&'a str>) {
    let date = attribute.text().map(|date| date.trim_matches([' ', '"']));
    keep(place, date.filter(|date| !date.is_empty() && !date.contains('"')));
}

/// `1*DIGIT` up to 2^63-1: no file is longer. Leading zeros are let pass.
pub(super) fn octets(text: &str) -> Option<u64> {
    let mut cut = Cut::new(text);
    let size: u64 = cut.number("filesize").ok()?;
    (cut.rest().is_empty() && i64::try_from(size).is_ok()).then_some(size)
}

/// `"cid:" url-addr-spec` of `icon` and `file-icon`, kept as the Content-ID it points to.
pub(super) fn icon<'a>(
    attribute: &RawAttribute<'a>,
    file: &mut FileOfferRef<'a>,
    leniency: &mut Leniency,
    rule: &'static str,
) -> Result<(), ParseError> {
    let text = attribute.text().unwrap_or_default();
    let scheme = text.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("cid:"));
    let id = scheme.and_then(|scheme| text.get(scheme.len()..)).map(decoded);
    match id.filter(|id| is_content_id(id)) {
        Some(id) => keep(&mut file.icon, Some(id)),
        None => leniency.forgive(ParseErrorKind::Syntax, rule, attribute.offset)?,
    }
    Ok(())
}

/// Whether a Content-ID, without its angle brackets, can stand in a header.
pub(super) fn is_content_id(id: &str) -> bool {
    const VISIBLE: CharClass = CharClass::NONE.with_range(0x21, 0x7e).with_range(0x80, 0xff).without(b"<>");
    is_long_and_unbracketed(id.as_bytes()) || VISIBLE.matches(id.as_bytes())
}

/// A Content-ID as the URL of RFC 2392.
pub(super) struct CidUrl<'a>(pub(super) &'a str);

impl fmt::Display for CidUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PLAIN: CharClass = CharClass::UNRESERVED.with(b"@!$&'*+=");
        f.write_str("cid:")?;
        let mut rest = self.0;
        while let Some((plain, after)) = rest.split_at_checked(PLAIN.span(rest.as_bytes())) {
            f.write_str(plain)?;
            let mut chars = after.chars();
            let Some(escaped) = chars.next() else { break };
            escaped.encode_utf8(&mut [0; 4]).bytes().try_for_each(|byte| write!(f, "%{byte:02X}"))?;
            rest = chars.as_str();
        }
        Ok(())
    }
}

/// Writes the attributes of the draft in the order of its example.
pub(super) fn write(file: &FileOffer, out: &mut Writer<'_>) {
    // A name of blanks alone is none in the raw form.
    if let Some(name) = file.name.as_ref().map(|name| name.trim_matches(' ')).filter(|name| !name.is_empty())
    {
        out.attribute("filename", name);
    }
    if let Some(media_type) = &file.media_type {
        out.attribute("filetype", media_type::Legacy(media_type));
    }
    if let Some(size) = file.size {
        out.attribute("filesize", size);
    }
    if let Some(disposition) = &file.disposition {
        out.attribute("disposition", disposition.as_legacy_str());
    }
    if let Some(icon) = &file.icon {
        out.attribute("icon", CidUrl(icon));
    }
    // One line: the draft makes only SHA-1 mandatory, and naive readers take the first.
    if let Some(hash) = file.hashes.iter().find(|hash| hash.is_sha1()).or_else(|| file.hashes.first()) {
        out.attribute("hash", hash.legacy());
    }
}
