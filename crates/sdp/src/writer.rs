//! `Writer`: appends the lines of a document to a buffer, checked one by one.

use bytes::{BufMut, BytesMut};
use core::fmt::{self, Write as _};

use crate::attribute::{Attribute, Direction};
use crate::line::Origin;

/// Appends the lines of a document to the caller's buffer, in the order they are written.
///
/// Nothing is allocated but what the buffer grows by. A value with CR, LF or NUL is not written: the first such
/// error is kept and [`Writer::finish`] returns it. The order of the lines is the caller's; reading the result
/// back strictly, as [`offer_answer`](crate::offer_answer) does, checks it.
#[derive(Debug)]
pub struct Writer<'b> {
    out: &'b mut BytesMut,
    error: Option<WriteError>,
}

/// A line that cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
#[error("the value of {line}= holds CR, LF or NUL, or is empty")]
pub struct WriteError {
    /// The type letter of the line.
    pub line: char,
}

impl<'b> Writer<'b> {
    /// A writer that appends to `out`.
    pub const fn new(out: &'b mut BytesMut) -> Self {
        Self { out, error: None }
    }

    /// `v=0`, `o=`, `s=-`: how every document of ours starts.
    pub fn head(&mut self, origin: &Origin) -> &mut Self {
        self.line('v', format_args!("0")).line('o', format_args!("{origin}")).line('s', format_args!("-"))
    }

    /// `c=` with the type that fits the address.
    pub fn connection(&mut self, address: &str) -> &mut Self {
        self.line('c', format_args!("IN {} {address}", crate::line::address_type(address)))
    }

    /// `m=` with one format.
    pub fn media(&mut self, media: &str, port: u16, proto: &str, fmt: &str) -> &mut Self {
        self.line('m', format_args!("{media} {port} {proto} {fmt}"))
    }

    /// `a=name` without value.
    pub fn property(&mut self, name: &str) -> &mut Self {
        self.line('a', format_args!("{name}"))
    }

    /// `a=name:value`.
    pub fn attribute(&mut self, name: &str, value: impl fmt::Display) -> &mut Self {
        self.line('a', format_args!("{name}:{value}"))
    }

    /// `a=` of a typed attribute.
    pub fn typed<'a, A: Attribute<'a>>(&mut self, attribute: &A) -> &mut Self {
        self.attribute(A::NAME, attribute)
    }

    /// `a=sendonly` and its like.
    pub fn direction(&mut self, direction: Direction) -> &mut Self {
        self.property(direction.as_str())
    }

    /// Any line.
    pub fn line(&mut self, kind: char, value: fmt::Arguments<'_>) -> &mut Self {
        let start = self.out.len();
        self.start_line(kind);
        let written = Line { out: self.out }.write_fmt(value);
        let empty = self.out.len() == start + 2;
        self.end_line(kind, start, written.is_ok() && !empty)
    }

    /// Any line, its value as bytes: how the bytes a peer wrote are given back to it.
    pub fn raw_line(&mut self, kind: char, value: &[u8]) -> &mut Self {
        let start = self.out.len();
        self.start_line(kind);
        self.end_raw(kind, start, value, true)
    }

    /// `a=name:value`, the value as bytes.
    pub fn raw_attribute(&mut self, name: &str, value: &[u8]) -> &mut Self {
        let start = self.out.len();
        self.start_line('a');
        self.out.put_slice(name.as_bytes());
        self.out.put_slice(b":");
        self.end_raw('a', start, value, is_clean(name.as_bytes()))
    }

    /// Ends the work.
    ///
    /// # Errors
    ///
    /// The first line that could not be written; it and no other was left out.
    pub const fn finish(&self) -> Result<(), WriteError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn start_line(&mut self, kind: char) {
        self.out.put_slice(kind.encode_utf8(&mut [0; 4]).as_bytes());
        self.out.put_slice(b"=");
    }

    fn end_raw(&mut self, kind: char, start: usize, value: &[u8], good: bool) -> &mut Self {
        self.out.put_slice(value);
        self.end_line(kind, start, is_clean(value) && good)
    }

    fn end_line(&mut self, kind: char, start: usize, good: bool) -> &mut Self {
        if good {
            self.out.put_slice(b"\r\n");
        } else {
            self.out.truncate(start);
            self.error = self.error.or(Some(WriteError { line: kind }));
        }
        self
    }
}

/// Whether a value can stand in a line.
fn is_clean(value: &[u8]) -> bool {
    memchr::memchr3(b'\r', b'\n', 0, value).is_none()
}

/// Text on its way into one line: fails at CR, LF and NUL.
struct Line<'b> {
    out: &'b mut BytesMut,
}

impl fmt::Write for Line<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if !is_clean(text.as_bytes()) {
            return Err(fmt::Error);
        }
        self.out.put_slice(text.as_bytes());
        Ok(())
    }
}
