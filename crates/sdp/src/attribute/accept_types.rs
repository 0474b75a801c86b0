//! `a=accept-types` and `a=accept-wrapped-types`: what a side takes, RFC 4975 §8.6.

use core::fmt;

use grammar::{CharClass, MediaRange, MediaType, ParseError, ParseErrorKind, quoted};

use crate::attribute::Attribute;
use crate::file::media_type::is_plain;
use crate::scan::find_either;

/// Media types that may be sent to the side that wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptTypes<'a>(&'a str);

/// Media types that may be sent to it inside a container of its accept-types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptWrappedTypes<'a>(&'a str);

impl<'a> AcceptTypes<'a> {
    /// The entries, as written, most wanted first.
    pub fn entries(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        entries(self.0)
    }

    /// Whether a message of this type may be sent: `*`, `type/*` and the type itself say so.
    #[must_use]
    pub fn accepts(&self, media_type: &MediaType<'_>) -> bool {
        accepts(self.0, media_type)
    }
}

impl<'a> AcceptWrappedTypes<'a> {
    /// The entries, as written.
    pub fn entries(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        entries(self.0)
    }

    /// Whether content of this type may be sent inside a container.
    #[must_use]
    pub fn accepts(&self, media_type: &MediaType<'_>) -> bool {
        accepts(self.0, media_type)
    }
}

impl<'a> Attribute<'a> for AcceptTypes<'a> {
    const NAME: &'static str = "accept-types";

    /// `format-list`
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        format_list(value).map(Self)
    }
}

impl<'a> Attribute<'a> for AcceptWrappedTypes<'a> {
    const NAME: &'static str = "accept-wrapped-types";

    /// `format-list`
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        format_list(value).map(Self)
    }
}

impl fmt::Display for AcceptTypes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for AcceptWrappedTypes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// `format-list = format-entry *( SP format-entry)`, checked entry by entry. More than one blank between two
/// entries and blanks at the ends are let pass.
fn format_list(value: &str) -> Result<&str, ParseError> {
    if is_plain_list(value.as_bytes()) {
        return Ok(value);
    }
    let mut any = false;
    for entry in entries(value) {
        any = true;
        if is_plain(entry) {
            continue;
        }
        let at = entry.as_ptr().addr() - value.as_ptr().addr();
        MediaRange::parse(entry).map_err(|error| error.shifted(at))?;
    }
    if any { Ok(value) } else { Err(ParseError::new(ParseErrorKind::Missing, "format-entry", 0)) }
}

/// Whether it is types and subtypes with one blank between two, and nothing else, as nearly all lists are.
fn is_plain_list(list: &[u8]) -> bool {
    let mut at = 0;
    loop {
        let slash = at + CharClass::TOKEN.span(list.get(at..).unwrap_or_default());
        if slash == at || list.get(slash) != Some(&b'/') {
            return false;
        }
        let end = slash + 1 + CharClass::TOKEN.span(list.get(slash + 1..).unwrap_or_default());
        match list.get(end) {
            None => return end > slash + 1,
            Some(b' ') if end > slash + 1 => at = end + 1,
            Some(_) => return false,
        }
    }
}

/// The entries between blanks; a blank inside a quoted parameter value is not between entries.
fn entries(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = list;
    core::iter::from_fn(move || {
        rest = rest.trim_start_matches(' ');
        let (entry, after) = rest.split_at_checked(entry_length(rest))?;
        rest = after;
        (!entry.is_empty()).then_some(entry)
    })
}

/// Length of the entry that `text` starts with.
fn entry_length(text: &str) -> usize {
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty() && !rest.starts_with(' ')) {
        at += if rest.starts_with('"') {
            quoted::span(rest).unwrap_or(rest.len())
        } else {
            find_either(rest.as_bytes(), 0, b' ', b'"')
        };
    }
    at
}

/// Whether an entry of the list matches; parameters play no part.
fn accepts(list: &str, media_type: &MediaType<'_>) -> bool {
    entries(list).any(|entry| MediaRange::parse(entry).is_ok_and(|range| range.matches(media_type)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    #[track_caller]
    fn check(value: &str, expected: &str) {
        let got = match AcceptTypes::parse(value) {
            Ok(types) => {
                assert_eq!(types.to_string(), value, "prints as read");
                types.entries().collect::<Vec<_>>().join("|")
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{value:?}");
    }

    #[test]
    fn rfc4975_8_6_entries_between_blanks() {
        check("*", "*");
        check("message/cpim text/* image/jpeg", "message/cpim|text/*|image/jpeg");
        check("text/plain;charset=\"a b\" *", "text/plain;charset=\"a b\"|*");
        check(" text/plain  text/html ", "text/plain|text/html");
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("", "missing format-entry at byte 0");
        check("text/plain text", "expected subtype at byte 15");
        check("text/plain;charset=\"a b", "quoted-string incomplete at byte 23");
    }

    #[test]
    fn rfc4975_8_6_parameters_and_case_play_no_part() {
        let accepted = |list: &str, media_type: &str| {
            let media_type = MediaType::parse(media_type).unwrap();
            AcceptTypes::parse(list).unwrap().accepts(&media_type)
                && AcceptWrappedTypes::parse(list).unwrap().accepts(&media_type)
        };
        assert!(accepted("text/plain", "Text/Plain;charset=utf-8"));
        assert!(accepted("image/* text/html;x=y", "text/html"));
        assert!(accepted("*", "application/pdf"));
        assert!(!accepted("image/* text/html", "text/plain"));
    }

    #[test]
    fn a_quote_that_never_closes_ends_with_the_list() {
        let list = String::from("a/b;c=\"") + &"x ".repeat(100);
        assert!(AcceptTypes::parse(&list).is_err());
    }
}
