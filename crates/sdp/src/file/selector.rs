//! The attributes of RFC 5547 §6: `file-selector` and its companions.

use alloc::borrow::Cow;
use core::fmt;

use grammar::{CharClass, Leniency, ParseError, ParseErrorKind};

use super::hash::Hash;
use super::media_type;
use super::name::{decoded, percent_decoded, percent_encoded};
use super::offer_ref::{Described, keep, token};
use super::{Disposition, FileOffer, FileOfferRef, FileRange, legacy};
use crate::MediaDescription;
use crate::attribute::RawAttribute;
use crate::writer::Writer;

/// Reads an attribute of RFC 5547. Selecting is a `file-selector` with a value; the first one counts.
pub(super) fn read<'a>(
    media: &MediaDescription<'_>,
    attribute: &RawAttribute<'a>,
    described: &mut Described<'a>,
    leniency: &mut Leniency,
) -> Result<(), ParseError> {
    let Described { file, selects } = described;
    match attribute.name {
        "file-selector" if attribute.value.is_some_and(|value| !value.is_empty()) && !*selects => {
            *selects = true;
            selectors(attribute, file, leniency)?;
        }
        "file-transfer-id" => {
            let id = token(attribute, leniency, "file-transfer-id")?;
            keep(&mut file.transfer_id, id);
        }
        "file-disposition" => {
            let value = token(attribute, leniency, "file-disposition")?;
            keep(&mut file.disposition, value.and_then(|value| Disposition::shared(value, media)));
        }
        "file-date" => dates(attribute, file, leniency)?,
        "file-icon" => legacy::icon(attribute, file, leniency, "file-icon")?,
        "file-range" | "byte-range" => match FileRange::parse(attribute.text().unwrap_or_default()) {
            Ok(range) => keep(&mut file.range, Some(range)),
            Err(error) => {
                leniency.forgive(error.kind(), error.rule(), attribute.offset + error.offset())?;
            }
        },
        _ => {}
    }
    Ok(())
}

/// `selector *( SP selector )`, scanned from left to right: names contain blanks.
fn selectors<'a>(
    attribute: &RawAttribute<'a>,
    file: &mut FileOfferRef<'a>,
    leniency: &mut Leniency,
) -> Result<(), ParseError> {
    let value = attribute.value.unwrap_or_default();
    let mut rest = value;
    while !rest.is_empty() {
        let at = attribute.offset + (value.len() - rest.len());
        let blanks = rest.iter().take_while(|&&byte| byte == b' ').count();
        let first = rest.len() == value.len();
        rest = rest.get(blanks..).unwrap_or_default();
        if blanks != usize::from(!first) || rest.is_empty() {
            leniency.forgive(ParseErrorKind::Syntax, "selector", at)?;
        }
        let (selector, after) = cut(rest);
        rest = after;
        if !selector.is_empty() {
            one(attribute, selector, at + blanks, file, leniency)?;
        }
    }
    Ok(())
}

/// The selector that `text` starts with, up to the next blank outside quotes, and the rest.
fn cut(text: &[u8]) -> (&[u8], &[u8]) {
    let mut end = 0;
    while let Some(rest) = text.get(end..) {
        match memchr::memchr2(b' ', b'"', rest) {
            None => end = text.len(),
            Some(quote) if rest.get(quote) == Some(&b'"') => {
                let inner = rest.get(quote + 1..).unwrap_or_default();
                // A quote that is never closed takes the rest.
                let close = memchr::memchr(b'"', inner);
                end += quote + 1 + close.map_or(inner.len(), |close| close + 1);
                continue;
            }
            Some(blank) => end += blank,
        }
        break;
    }
    text.split_at_checked(end).unwrap_or((text, b""))
}

/// `name-selector / size-selector / type-selector / hash-selector`; a repeated one does not count.
fn one<'a>(
    attribute: &RawAttribute<'a>,
    selector: &'a [u8],
    at: usize,
    file: &mut FileOfferRef<'a>,
    leniency: &mut Leniency,
) -> Result<(), ParseError> {
    let colon = CharClass::TOKEN.span(selector);
    let Some((kind, [b':', value @ ..])) = selector.split_at_checked(colon) else {
        return leniency.forgive(ParseErrorKind::Syntax, "selector", at);
    };
    let at = at + colon + 1;
    let text = attribute.part(at, value.len());
    // All kinds that are known have four letters.
    let kind: [u8; 4] = kind.try_into().unwrap_or_default();
    let kind = kind.map(|letter| letter.to_ascii_lowercase());
    let (rule, repeated, good) = if kind == *b"name" {
        let name = name(value, text);
        ("filename-selector", file.name.is_some(), keep_found(&mut file.name, name))
    } else if kind == *b"size" {
        let size = text.and_then(legacy::size);
        if size == Some(0) {
            // The rule starts at 1; what is meant is beyond doubt.
            leniency.forgive(ParseErrorKind::OutOfRange, "filesize-selector", at)?;
        }
        ("filesize-selector", file.size.is_some(), keep_found(&mut file.size, size))
    } else if kind == *b"type" {
        let media_type = text.and_then(media_type::from_selector);
        ("filetype-selector", file.media_type.is_some(), keep_found(&mut file.media_type, media_type))
    } else if kind == *b"hash" {
        let add = |algorithm: &str, digest: &[u8]| file.add_hash(algorithm, digest);
        let added = text.and_then(|text| Hash::read_selector(text, add));
        ("hash-selector", added.unwrap_or_default(), added.is_some())
    } else {
        // RFC 5547 §6 leaves room for more selectors; what we do not know does not select.
        return Ok(());
    };
    match (good, repeated) {
        (false, _) => leniency.forgive(ParseErrorKind::Syntax, rule, at),
        (true, true) => leniency.forgive(ParseErrorKind::Repeated, rule, at),
        (true, false) => Ok(()),
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
    if memchr::memchr(b'"', bytes).is_some() {
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
    let mut rest = attribute.value.unwrap_or_default();
    let length = rest.len();
    while let [_, ..] = rest {
        let at = attribute.offset + (length - rest.len());
        let (param, after) = cut(rest);
        rest = after.strip_prefix(b" ").unwrap_or(after);
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
