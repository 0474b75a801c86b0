//! The attributes of RFC 5547 §6: `file-selector` and its companions.

use alloc::borrow::Cow;
use core::fmt;

use grammar::{CharClass, Leniency, ParseError, ParseErrorKind};

use super::hash::Hash;
use super::media_type;
use super::name::{decoded, percent_decoded, percent_encoded};
use super::offer_ref::keep;
use super::value::{disposition, token};
use super::{FileOffer, FileOfferRef, FileRange, legacy};
use crate::MediaDescription;
use crate::attribute::{RawAttribute, Rfc5547Attribute};
use crate::scan::{find, find_either};
use crate::writer::Writer;

/// Reads an attribute of RFC 5547; the first `file-selector` with a value counts.
///
/// # Errors
///
/// In a strict reading, a [`ParseError`] at what is not as it should be.
pub(super) fn read<'a>(
    what: Rfc5547Attribute,
    attribute: &RawAttribute<'a>,
    file: &mut FileOfferRef<'a>,
    selected: &mut bool,
    media: &MediaDescription<'_>,
    leniency: &mut Leniency,
) -> Result<(), ParseError> {
    match what {
        Rfc5547Attribute::Selector => {
            if *selected || attribute.value.is_none_or(<[u8]>::is_empty) {
                return Ok(());
            }
            *selected = true;
            selectors(attribute, file, media.session.max_hashes, leniency)
        }
        Rfc5547Attribute::TransferId => {
            let id = token(attribute, leniency, "file-transfer-id")?;
            keep(&mut file.transfer_id, id);
            Ok(())
        }
        Rfc5547Attribute::Disposition => {
            disposition(attribute, &mut file.disposition, media, leniency, "file-disposition")
        }
        Rfc5547Attribute::Date => dates(attribute, file, leniency),
        Rfc5547Attribute::Icon => legacy::icon(attribute, file, leniency, "file-icon"),
        Rfc5547Attribute::Range => match FileRange::parse(attribute.text().unwrap_or_default()) {
            Ok(range) => {
                keep(&mut file.range, Some(range));
                Ok(())
            }
            Err(error) => leniency.forgive(error.kind(), error.rule(), attribute.offset + error.offset()),
        },
    }
}

/// `selector *( SP selector )`, scanned from left to right: names contain blanks.
fn selectors<'a>(
    attribute: &RawAttribute<'a>,
    file: &mut FileOfferRef<'a>,
    max_hashes: usize,
    leniency: &mut Leniency,
) -> Result<(), ParseError> {
    let value = attribute.value.unwrap_or_default();
    let mut at = 0;
    while let Some(&byte) = value.get(at) {
        let blanks = match byte {
            b' ' => value.iter().skip(at).take_while(|&&byte| byte == b' ').count(),
            _ => 0,
        };
        let start = at + blanks;
        if blanks != usize::from(at > 0) || start == value.len() {
            leniency.forgive(ParseErrorKind::Syntax, "selector", attribute.offset + at)?;
        }
        at = param_end(value, start);
        if start < at {
            let selector = value.get(start..at).unwrap_or_default();
            one(attribute, selector, start, file, max_hashes, leniency)?;
        }
    }
    Ok(())
}

/// Where what starts at `start` ends: at the next blank outside quotes.
fn param_end(text: &[u8], start: usize) -> usize {
    let mut at = start;
    loop {
        at = find_either(text, at, b' ', b'"');
        if text.get(at) != Some(&b'"') {
            return at;
        }
        // A quote that is never closed takes the rest.
        at = (find(text, at + 1, b'"') + 1).min(text.len());
    }
}

/// `name-selector / size-selector / type-selector / hash-selector`; a repeated one does not count.
fn one<'a>(
    attribute: &RawAttribute<'a>,
    selector: &'a [u8],
    start: usize,
    file: &mut FileOfferRef<'a>,
    max_hashes: usize,
    leniency: &mut Leniency,
) -> Result<(), ParseError> {
    // All kinds that are known have four letters.
    let Some((&[kind @ .., b':'], value)) = selector.split_first_chunk::<5>() else {
        return other(selector, attribute.offset + start, leniency);
    };
    let kind = kind.map(|letter| letter.to_ascii_lowercase());
    let at = attribute.offset + start + kind.len() + 1;
    let text = attribute.part(at, value.len());
    let (rule, repeated, good) = if kind == *b"name" {
        let name = name(value, text);
        ("filename-selector", file.name.is_some(), keep_found(&mut file.name, name))
    } else if kind == *b"size" {
        let size = text.and_then(legacy::octets);
        if size == Some(0) {
            // The rule starts at 1; what is meant is beyond doubt.
            leniency.forgive(ParseErrorKind::OutOfRange, "filesize-selector", at)?;
        }
        ("filesize-selector", file.size.is_some(), keep_found(&mut file.size, size))
    } else if kind == *b"type" {
        let media_type = text.and_then(media_type::from_selector);
        ("filetype-selector", file.media_type.is_some(), keep_found(&mut file.media_type, media_type))
    } else if kind == *b"hash" {
        let add = |algorithm: &str, digest: &[u8]| file.add_hash(algorithm, digest, max_hashes);
        let added = text.and_then(|text| Hash::read_selector(text, add));
        ("hash-selector", added.unwrap_or_default(), added.is_some())
    } else {
        return other(selector, attribute.offset + start, leniency);
    };
    match (good, repeated) {
        (false, _) => leniency.forgive(ParseErrorKind::Syntax, rule, at),
        (true, true) => leniency.forgive(ParseErrorKind::Repeated, rule, at),
        (true, false) => Ok(()),
    }
}

/// RFC 5547 §6 leaves room for more selectors; what we do not know does not select.
fn other(selector: &[u8], at: usize, leniency: &mut Leniency) -> Result<(), ParseError> {
    match selector.get(CharClass::TOKEN.span(selector)) {
        Some(b':') => Ok(()),
        _ => leniency.forgive(ParseErrorKind::Syntax, "selector", at),
    }
}

/// As [`keep`], and whether there was a value.
fn keep_found<T>(place: &mut Option<T>, found: Option<T>) -> bool {
    let good = found.is_some();
    keep(place, found);
    good
}

/// `DQUOTE 1*( name-octet / "%" HEX HEX ) DQUOTE`; a name without quotes is let pass as long as it has no quote at all.
fn name<'a>(value: &'a [u8], text: Option<&'a str>) -> Option<Cow<'a, str>> {
    let quoted = matches!(value, [b'"', _, .., b'"']);
    let inner = if quoted { 1..value.len() - 1 } else { 0..value.len() };
    let bytes = value.get(inner.clone()).filter(|bytes| !bytes.is_empty())?;
    if find(bytes, 0, b'"') < bytes.len() {
        return None;
    }
    Some(text.and_then(|text| text.get(inner)).map_or_else(|| percent_decoded(bytes), decoded))
}

/// `date-param *( SP date-param )`, each `kind ":" DQUOTE date-time DQUOTE`.
fn dates<'a>(
    attribute: &RawAttribute<'a>,
    file: &mut FileOfferRef<'a>,
    leniency: &mut Leniency,
) -> Result<(), ParseError> {
    let value = attribute.value.unwrap_or_default();
    let mut next = 0;
    while next < value.len() {
        let end = param_end(value, next);
        let (at, param) = (attribute.offset + next, value.get(next..end).unwrap_or_default());
        next = end + 1;
        let param = core::str::from_utf8(param).unwrap_or_default();
        let (kind, date) = param.split_once(':').unwrap_or_default();
        let date = date.strip_prefix('"').and_then(|date| date.strip_suffix('"'));
        match (file.date(kind), date) {
            (Some(place), Some(date)) if !date.is_empty() && !date.contains('"') => keep(place, Some(date)),
            _ => leniency.forgive(ParseErrorKind::Syntax, "date-param", at)?,
        }
    }
    Ok(())
}

/// Writes the attributes of RFC 5547: the selector, then its companions as far as they are set.
pub(super) fn write(file: &FileOffer, out: &mut Writer<'_>) {
    if file.has_selector() {
        out.attribute("file-selector", Selectors(file));
    }
    if let Some(id) = &file.transfer_id {
        out.attribute("file-transfer-id", id);
    }
    if let Some(disposition) = &file.disposition {
        out.attribute("file-disposition", disposition.as_str());
    }
    if !file.dates.is_empty() {
        out.attribute("file-date", &file.dates);
    }
    if let Some(icon) = &file.icon {
        out.attribute("file-icon", legacy::CidUrl(icon));
    }
    if let Some(range) = &file.range {
        out.attribute("file-range", range);
    }
}

/// The value of `file-selector`. Size 0 cannot be written (§6); type and hash still select an empty file.
pub(super) struct Selectors<'a>(pub(super) &'a FileOffer);

impl fmt::Display for Selectors<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.0;
        let mut blank = "";
        let mut one = |selector: fmt::Arguments<'_>| {
            write!(f, "{blank}{selector}")?;
            blank = " ";
            Ok(())
        };
        if let Some(name) = &file.name {
            one(format_args!("name:\"{}\"", percent_encoded(name)))?;
        }
        if let Some(media_type) = &file.media_type {
            one(format_args!("type:{}", media_type::Selector(media_type)))?;
        }
        if let Some(size @ 1..) = file.size {
            one(format_args!("size:{size}"))?;
        }
        file.hashes.iter().try_for_each(|hash| one(format_args!("hash:{hash}")))
    }
}
