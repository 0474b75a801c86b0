//! Writing: header fields and bodies into a `BytesMut`; what would break out of its line cannot pass.

use core::fmt::{self, Write as _};
use core::ops::Range;

use bytes::{BufMut as _, BytesMut};

use crate::Method;
use crate::control::{STEP, controls, equal};
use crate::header::{HeaderName, NAME, Shape};
use crate::index::offset;
use crate::message::BuildError;

/// Appends `Name: value CRLF`, or nothing.
pub(crate) fn field(
    out: &mut BytesMut,
    name: HeaderName,
    value: impl fmt::Display,
) -> Result<(), BuildError> {
    let start = out.len();
    out.extend_from_slice(name.with_colon().as_bytes());
    value_of(out, start, value).map_err(|()| BuildError::Value(name.as_str()))
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

/// Writes text that comes from the caller and refuses control bytes but HTAB, CR, LF and NUL among them.
struct Checked<'b>(&'b mut BytesMut);

impl fmt::Write for Checked<'_> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if holds_control(text.as_bytes()) {
            return Err(fmt::Error);
        }
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Appends a Via that asks for `rport`, or nothing.
pub(crate) fn via(
    out: &mut BytesMut,
    transport: impl fmt::Display,
    sent_by: impl fmt::Display,
    branch: impl fmt::Display,
) -> Result<(), BuildError> {
    let start = out.len();
    let mut write = || {
        out.extend_from_slice(b"Via: SIP/2.0/");
        write!(Checked(out), "{transport}")?;
        out.put_u8(b' ');
        write!(Checked(out), "{sent_by}")?;
        out.extend_from_slice(b";branch=");
        write!(Checked(out), "{branch}")?;
        out.extend_from_slice(b";rport\r\n");
        Ok(())
    };
    write().map_err(|_: fmt::Error| {
        out.truncate(start);
        BuildError::Value("Via")
    })
}

/// Appends CSeq; a method is a token and cannot break out of its line.
pub(crate) fn cseq(out: &mut BytesMut, number: u32, method: &Method) {
    out.extend_from_slice(b"CSeq: ");
    decimal(out, offset(number));
    out.put_u8(b' ');
    out.extend_from_slice(method.as_str().as_bytes());
    out.extend_from_slice(b"\r\n");
}

fn line(out: &mut BytesMut, name: &str, value: impl fmt::Display) -> Result<(), ()> {
    let start = out.len();
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    value_of(out, start, value)
}

/// Appends the rest of the line that starts at `start`, or takes it out.
fn value_of(out: &mut BytesMut, start: usize, value: impl fmt::Display) -> Result<(), ()> {
    if write!(Checked(out), "{value}").is_err() {
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
#[inline]
pub(crate) fn holds_control(text: &[u8]) -> bool {
    let is_control = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
    let bad = |block: &[u8; STEP]| controls(*block) & !equal(*block, b'\t') != 0;
    match text.last_chunk() {
        // The last step may overlap the one before it.
        Some(last) => bad(last) || text.as_chunks().0.iter().any(bad),
        None => text.iter().any(is_control),
    }
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
