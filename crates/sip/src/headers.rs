//! `Headers`: the header fields of a message, in order and as written (RFC 3261 §7.3).

use alloc::borrow::Cow;
use core::fmt;

use grammar::{ByteStr, ParseError, quoted};

use crate::header::{HeaderName, skip_lws, trim_lws_end};
use crate::index::{Entry, Index};

/// The header fields of a message. A view: copying it costs nothing.
///
/// Looks names up in full or compact form and in any case. The typed values ([`Headers::via`],
/// [`Headers::from`] and so on) are cut when they are asked for.
#[derive(Clone, Copy)]
pub struct Headers<'a> {
    /// Starts with the head, to which all offsets refer.
    text: &'a ByteStr,
    index: &'a Index,
}

/// One header field in someone else's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header<'a> {
    /// The name, if it is one of the table.
    pub name: Option<HeaderName>,
    /// The name as written.
    pub raw_name: &'a str,
    /// The value as written, without the white space around it; folded ones hold their line ends.
    pub value: &'a str,
    /// Where the name starts, in bytes from the start of the message.
    pub offset: usize,
    /// Where the value starts, in bytes from the start of the message.
    pub value_offset: usize,
}

impl<'a> Header<'a> {
    /// The value on one line: each fold reads as one space (RFC 3261 §7.3.1).
    #[must_use]
    pub fn unfolded(&self) -> Cow<'a, str> {
        crate::header::unfold(self.value)
    }
}

impl<'a> Headers<'a> {
    pub(crate) const fn new(text: &'a ByteStr, index: &'a Index) -> Self {
        Self { text, index }
    }

    /// How many fields there are; a repeated name counts each time.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.index.len() == 0
    }

    /// The fields in the order they are written.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Header<'a>> + ExactSizeIterator + use<'a> {
        let this = *self;
        self.index.entries().map(move |entry| this.header(entry))
    }

    /// The value of the first field with this name, as written.
    #[inline]
    #[must_use]
    pub fn get(&self, name: HeaderName) -> Option<&'a str> {
        self.index.named(name).next().map(|entry| self.value(entry))
    }

    /// The values of all fields with this name, as written.
    pub fn get_all(&self, name: HeaderName) -> impl Iterator<Item = &'a str> + use<'a> {
        let this = *self;
        self.index.named(name).map(move |entry| this.value(entry))
    }

    /// The value of the first field with this name, known or not, case ignored.
    #[must_use]
    pub fn get_other(&self, name: &str) -> Option<&'a str> {
        match HeaderName::parse(name) {
            Some(known) => self.get(known),
            None => self
                .iter()
                .find(|header| header.raw_name.eq_ignore_ascii_case(name))
                .map(|header| header.value),
        }
    }

    /// Whether a field has this name.
    #[must_use]
    pub fn contains(&self, name: HeaderName) -> bool {
        self.index.named(name).next().is_some()
    }

    /// The values of a list, be they written in one field with commas or in several fields.
    ///
    /// Commas in quotes and angle brackets do not count. A field without a value has none; nothing between
    /// two commas is an empty value, which the typed readers refuse.
    pub fn values(&self, name: HeaderName) -> impl Iterator<Item = &'a str> + use<'a> {
        let this = *self;
        self.index.named(name).flat_map(move |entry| List::new(this.value(entry)))
    }

    /// Where `part`, cut from this message, stands in it; 0 for any other text.
    #[must_use]
    pub fn offset_of(&self, part: &str) -> usize {
        let at = part.as_ptr().addr().wrapping_sub(self.text.as_str().as_ptr().addr());
        if at <= self.text.len() { at } else { 0 }
    }

    /// `part` as a text of its own that shares the message's buffer.
    #[must_use]
    pub fn share(&self, part: &str) -> ByteStr {
        self.text.share(part)
    }

    /// The text whose buffer values are cut from.
    pub(crate) const fn text(&self) -> &'a ByteStr {
        self.text
    }

    /// Bytes from the start line to the empty line, both included.
    pub(crate) fn head_len(&self) -> usize {
        self.index.head_len()
    }

    /// Applies a reader to a value of this message; its errors count from the start of the message.
    #[inline]
    pub(crate) fn read<T>(
        &self,
        value: &'a str,
        parse: impl FnOnce(&'a str) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        // Changed in its place: what was read is not copied.
        let mut read = parse(value);
        if let Err(error) = &mut read {
            *error = error.clone().shifted(self.offset_of(value));
        }
        read
    }

    #[inline]
    pub(crate) fn value(&self, entry: Entry) -> &'a str {
        self.text.as_str().get(entry.value()).unwrap_or_default()
    }

    fn header(&self, entry: Entry) -> Header<'a> {
        let line = self.text.as_str().get(entry.line()).unwrap_or_default();
        let name = line.split([':', ' ', '\t']).next().unwrap_or_default();
        Header {
            name: entry.name(),
            raw_name: name,
            value: self.value(entry),
            offset: entry.start(),
            value_offset: entry.value().start,
        }
    }
}

impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|header| (header.raw_name, header.value))).finish()
    }
}

/// The values of one comma-separated text.
#[derive(Debug, Clone)]
pub(crate) struct List<'a> {
    rest: Option<&'a str>,
}

impl<'a> List<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { rest: (!text.is_empty()).then_some(text) }
    }
}

impl<'a> Iterator for List<'a> {
    type Item = &'a str;

    #[inline]
    fn next(&mut self) -> Option<&'a str> {
        let text = self.rest?;
        let end = item_end(text);
        let (item, after) = text.split_at_checked(end).unwrap_or((text, ""));
        self.rest = after.strip_prefix(',').map(skip_lws);
        Some(trim_lws_end(item))
    }
}

/// The byte of the first comma outside of quotes and angle brackets, or the length.
fn item_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    if memchr::memchr(b',', bytes).is_none() {
        return text.len();
    }
    let mut at = 0;
    let mut in_brackets = false;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' if !in_brackets => match text.get(at..).map(quoted::span) {
                Some(Ok(span)) => {
                    at += span;
                    continue;
                }
                _ => return text.len(),
            },
            b'<' => in_brackets = true,
            b'>' => in_brackets = false,
            b',' if !in_brackets => return at,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(List::new(text).collect::<Vec<_>>(), expected, "{text:?}");
    }

    #[test]
    fn rfc3261_7_3_1_lists_are_cut_at_their_own_commas() {
        check("", &[]);
        check("100rel", &["100rel"]);
        check("a , b,\r\n c", &["a", "b", "c"]);
        check(
            "<sip:a,b@c>, \"x,\\\"y\" <sip:d@e>;p=\",\"",
            &["<sip:a,b@c>", "\"x,\\\"y\" <sip:d@e>;p=\",\""],
        );
        check(",a,,b,", &["", "a", "", "b", ""]);
        check("\"open, b", &["\"open, b"]);
    }
}
