//! The three encodings of one file name, each both ways.
//!
//! | where | encoding | cannot carry |
//! |---|---|---|
//! | `a=filename:` (2006) | raw UTF-8 to the end of the line | NUL, CR, LF; blanks at the ends |
//! | `name:".."` (RFC 5547 §6) | octets percent-encoded | nothing |
//! | `filename=".."` of Content-Disposition | quoted-string, `\` before `"` and `\` | NUL, CR, LF |
//!
//! A name that was received is not safe to create files by: the receiver still takes the last segment, drops
//! control characters and never overwrites.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt::{self, Write as _};

use grammar::{ParseError, quoted};

use super::hash::hex_digit;
use crate::scan::find;

/// The name as it stands between the quotes of `name:".."`: `%`, `"`, the directory characters `/` and `\`, NUL, CR and
/// LF are percent-encoded and nothing else, because some receivers decode nothing.
#[must_use]
pub fn percent_encoded(name: &str) -> impl fmt::Display + '_ {
    Percent(name)
}

struct Percent<'a>(&'a str);

impl fmt::Display for Percent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in self.0.split_inclusive(['%', '"', '/', '\\', '\0', '\r', '\n']) {
            let mut chars = piece.chars();
            match chars.next_back() {
                Some(last @ ('%' | '"' | '/' | '\\' | '\0' | '\r' | '\n')) => {
                    write!(f, "{}%{:02X}", chars.as_str(), u32::from(last))?;
                }
                _ => f.write_str(piece)?,
            }
        }
        Ok(())
    }
}

/// Decodes percent escapes; a `%` that no two hex digits follow stands for itself. Octets that are not UTF-8 in the
/// end become U+FFFD.
#[must_use]
pub fn percent_decoded(encoded: &[u8]) -> Cow<'_, str> {
    if memchr::memchr(b'%', encoded).is_none() {
        return String::from_utf8_lossy(encoded);
    }
    let mut out = alloc::vec::Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((&byte, after)) = rest.split_first() {
        let escape = match (byte, after) {
            (b'%', [high, low, ..]) => {
                hex_digit(*high).zip(hex_digit(*low)).map(|(high, low)| high << 4 | low)
            }
            _ => None,
        };
        out.push(escape.unwrap_or(byte));
        rest = after.get(if escape.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

/// As [`percent_decoded`], for what is known to be text.
pub(super) fn decoded(encoded: &str) -> Cow<'_, str> {
    if find(encoded.as_bytes(), 0, b'%') < encoded.len() {
        percent_decoded(encoded.as_bytes())
    } else {
        Cow::Borrowed(encoded)
    }
}

/// The name as a quoted-string, for Content-Disposition.
///
/// # Errors
///
/// `quoted-string` at a CR, LF or NUL: no escape can carry them.
pub fn quoted_string(name: &str) -> Result<String, ParseError> {
    let mut out = String::with_capacity(name.len() + 2);
    quoted::quote(name, &mut out).map(|()| out)
}

/// The name inside a quoted-string; a text without quotes comes back as it is.
#[must_use]
pub fn unquoted(text: &str) -> Cow<'_, str> {
    quoted::unquote(text)
}

/// A name that every encoding can carry: NUL, CR and LF become `_`, blanks at the ends go, an empty name is `_`.
#[must_use]
pub fn carriable(name: &str) -> Cow<'_, str> {
    let trimmed = name.trim_matches(' ');
    if trimmed.is_empty() {
        Cow::Borrowed("_")
    } else if trimmed.contains(['\0', '\r', '\n']) {
        Cow::Owned(trimmed.replace(['\0', '\r', '\n'], "_"))
    } else {
        Cow::Borrowed(trimmed)
    }
}

/// The name without the quotes that some senders write around the whole of a legacy one.
pub(super) fn bare(name: &str) -> &str {
    let inner = name.trim_matches(' ').strip_prefix('"').and_then(|name| name.strip_suffix('"'));
    inner.filter(|inner| !inner.is_empty()).unwrap_or(name)
}

/// Formats into a string that cannot fail.
pub(crate) fn text(value: impl fmt::Display) -> String {
    let mut out = String::new();
    let _ = write!(out, "{value}");
    out
}
