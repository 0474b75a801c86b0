//! Writing: header fields and bodies into a `BytesMut`; what would break out of its line cannot pass.

use core::fmt::{self, Write as _};
use core::ops::Range;

use bytes::{BufMut as _, BytesMut};

use crate::control::control_at;
use crate::header::{HeaderName, NAME, Shape};
use crate::message::BuildError;

/// Appends `Name: value CRLF`, or nothing.
pub(crate) fn field(
    out: &mut BytesMut,
    name: &'static str,
    value: impl fmt::Display,
) -> Result<(), BuildError> {
    line(out, name, value).map_err(|()| BuildError::Value(name))
}

/// Appends a field whose name is not of the table.
pub(crate) fn other_field(
    out: &mut BytesMut,
    name: &str,
    value: impl fmt::Display,
) -> Result<(), BuildError> {
    if !NAME.matches(name.as_bytes()) {
        return Err(BuildError::Name);
    }
    line(out, name, value).map_err(|()| BuildError::Value("extension-header"))
}

fn line(out: &mut BytesMut, name: &str, value: impl fmt::Display) -> Result<(), ()> {
    let start = out.len();
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    // Looked through once it is written: values come in pieces too small for a search each.
    if write!(out, "{value}").is_err() || holds_control(out.get(start..).unwrap_or_default()) {
        out.truncate(start);
        return Err(());
    }
    out.put_slice(b"\r\n");
    Ok(())
}

/// Appends received lines; where one ended in LF alone it ends in CRLF now, for nothing malformed is sent on.
pub(crate) fn lines(out: &mut BytesMut, text: &[u8]) {
    let mut rest = text;
    while let Some(lf) = memchr::memchr(b'\n', rest) {
        let (line, after) = rest.split_at_checked(lf).unwrap_or((rest, b""));
        out.put_slice(line.strip_suffix(b"\r").unwrap_or(line));
        out.put_slice(b"\r\n");
        rest = after.get(1..).unwrap_or_default();
    }
    out.put_slice(rest);
}

/// Appends text that cannot hold control bytes, such as numbers and addresses.
pub(crate) fn text(out: &mut BytesMut, text: fmt::Arguments<'_>) {
    // Writing into a growing buffer does not fail.
    let _ = out.write_fmt(text);
}

/// Appends text of a start line; refuses what would end it or one of its words.
pub(crate) fn word(out: &mut BytesMut, text: &str) -> Result<(), BuildError> {
    if text.is_empty() || text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
        return Err(BuildError::StartLine);
    }
    out.put_slice(text.as_bytes());
    Ok(())
}

/// Whether `text` holds a byte that no header value and no reason phrase may: a control byte but HTAB.
pub(crate) fn holds_control(text: &[u8]) -> bool {
    let mut from = 0;
    while let Some(at) = control_at(text, from) {
        if text.get(at) != Some(&b'\t') {
            return true;
        }
        from = at + 1;
    }
    false
}

/// Puts `text` in at `at`; what stood there comes after it.
pub(crate) fn insert(out: &mut BytesMut, at: usize, text: &[u8]) {
    out.extend_from_slice(text);
    if let Some(moved) = out.get_mut(at..) {
        moved.rotate_right(text.len());
    }
}

/// Takes a part out; what stood behind it moves up.
pub(crate) fn remove(out: &mut BytesMut, part: Range<usize>) {
    if let Some(moved) = out.get_mut(part.start..) {
        moved.rotate_left(part.len());
        out.truncate(out.len() - part.len());
    }
}

/// A number without the machinery of `fmt`.
pub(crate) fn decimal(out: &mut BytesMut, number: usize) {
    let mut digits = [0_u8; 20];
    let mut rest = number;
    let mut len = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        len += 1;
        if rest == 0 {
            break;
        }
    }
    out.put_slice(digits.get(digits.len() - len..).unwrap_or_default());
}

/// Which fields that may stand once a draft has already.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen(u16);

impl Seen {
    /// Notes a field.
    ///
    /// # Errors
    ///
    /// For Content-Length, which is counted and not said, and for a second field that may stand once.
    pub(crate) fn note(&mut self, name: HeaderName) -> Result<(), BuildError> {
        if name == HeaderName::CONTENT_LENGTH || (name.shape() == Shape::Vital && self.has(name)) {
            return Err(BuildError::Repeated(name));
        }
        self.0 |= Self::bit(name);
        Ok(())
    }

    pub(crate) const fn has(self, name: HeaderName) -> bool {
        self.0 & Self::bit(name) != 0
    }

    /// The names kept apart are the first of the table.
    const fn bit(name: HeaderName) -> u16 {
        if name.id() < 16 { 1 << name.id() } else { 0 }
    }
}
