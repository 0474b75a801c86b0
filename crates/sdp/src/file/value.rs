//! Values that attributes of both dialects have.

use alloc::borrow::Cow;
use alloc::string::String;

use grammar::{Leniency, ParseError, ParseErrorKind};

use super::Disposition;
use super::offer_ref::keep;
use crate::MediaDescription;
use crate::attribute::RawAttribute;
use crate::scan::is_token;

/// A disposition of either dialect.
pub(super) fn disposition<'a>(
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
