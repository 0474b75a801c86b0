//! `SessionDescription`: a document as it was read, RFC 8866 §5.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use bytes::Bytes;
use grammar::{ByteStr, Forgiven, ParseError, ParseErrorKind, Reading};

use crate::attribute::{Attribute, Attributes, Direction};
use crate::line::{Bandwidth, Connection, EncryptionKey, OriginRef, Repeat, Timing, Zone};
use crate::media::MediaDescription;
use crate::{Limits, reader};

/// A session description: the received bytes, and an index of their lines.
///
/// It prints as it was read, down to unknown lines, blank lines and missing line ends. Cloning copies the index
/// and shares the bytes. What its lines mean is read on demand.
#[derive(Clone, Eq)]
pub struct SessionDescription {
    content: Content,
    index: Vec<Entry>,
    /// How many lines there are in front of the first `m=`.
    session_lines: usize,
    /// [`Limits::max_hashes`], for what is read on demand.
    pub(crate) max_hashes: usize,
}

impl PartialEq for SessionDescription {
    fn eq(&self, other: &Self) -> bool {
        self.content == other.content && self.index == other.index
    }
}

/// The document. It is nearly always UTF-8, and then its parts need no second check.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Content {
    Text(ByteStr),
    Octets(Bytes),
}

impl Content {
    /// `ascii` says that all bytes are ASCII: there is nothing to fall back to then, and no reference to count.
    pub(crate) fn new(bytes: Bytes, ascii: bool) -> Self {
        let octets = if ascii { Bytes::new() } else { bytes.clone() };
        ByteStr::from_utf8(bytes).map_or(Self::Octets(octets), Self::Text)
    }

    pub(crate) fn view(&self) -> View<'_> {
        match self {
            Self::Text(text) => View::Text(text),
            Self::Octets(bytes) => View::Octets(bytes),
        }
    }
}

/// A look into a document.
#[derive(Debug, Clone, Copy)]
pub(crate) enum View<'a> {
    Text(&'a str),
    Octets(&'a [u8]),
}

impl<'a> View<'a> {
    pub(crate) const fn bytes(self) -> &'a [u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Octets(bytes) => bytes,
        }
    }

    /// A part as text.
    ///
    /// # Errors
    ///
    /// `UTF-8` at the byte of the part that is not.
    #[inline]
    pub(crate) fn text(self, part: Range<usize>) -> Result<&'a str, ParseError> {
        match self {
            // Lines are cut at ASCII bytes.
            Self::Text(text) => Ok(text.get(part).unwrap_or_default()),
            Self::Octets(bytes) => core::str::from_utf8(bytes.get(part).unwrap_or_default())
                .map_err(|error| ParseError::new(ParseErrorKind::Syntax, "UTF-8", error.valid_up_to())),
        }
    }
}

/// One line of the index: where its value lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    /// First byte of the value, behind `x=`.
    pub(crate) start: u32,
    /// End of the value, in front of the line end.
    pub(crate) end: u32,
    /// Length of the attribute name of an `a=` line.
    pub(crate) name: u16,
    /// The type letter.
    pub(crate) kind: u8,
}

/// One line of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line<'a> {
    /// The type letter, such as `m`.
    pub kind: char,
    /// What follows the `=`, without the line end.
    pub value: &'a [u8],
    /// The byte of the document at which the value starts.
    pub offset: usize,
}

/// A time at which the session is on, how it repeats, and when the clocks change meanwhile (RFC 8866 §5.9 to §5.11).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct TimeDescription<'a> {
    /// The `t=` line.
    pub timing: Timing,
    view: View<'a>,
    repeats: &'a [Entry],
    zone: Option<&'a Entry>,
}

impl<'a> TimeDescription<'a> {
    /// The `r=` lines.
    pub fn repeats(&self) -> impl Iterator<Item = Repeat<'a>> + use<'a> {
        let view = self.view;
        self.repeats.iter().filter_map(move |entry| Repeat::parse(view.text(entry.range()).ok()?).ok())
    }

    /// The `z=` line behind them.
    ///
    /// RFC 4566 has one for all times, behind the last of them: see [`SessionDescription::zone`].
    #[must_use]
    pub fn zone(&self) -> Option<Zone<'a>> {
        Zone::parse(self.view.text(self.zone?.range()).ok()?).ok()
    }
}

impl SessionDescription {
    /// Reads a document leniently within the default [`Limits`].
    ///
    /// # Errors
    ///
    /// As [`Self::parse_with`].
    pub fn parse(bytes: Bytes) -> Result<Self, ParseError> {
        Self::parse_with(bytes, Reading::Lenient, &Limits::default()).map(|(document, _)| document)
    }

    /// Reads a document; with it comes the list of what a lenient reading let pass.
    ///
    /// Let pass are: bare LF as line end, blank lines, a last line without line end, an empty `s=` or other empty
    /// free text, missing `s=` or `t=`, no `c=` at all, lines out of order but for `v=`, unknown line types,
    /// network and address types other than `IN`, `IP4` and `IP6`, a blank at the end of `m=`, a `k=` that follows no
    /// rule.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte where the document leaves RFC 8866 §9, or a limit of [`Limits`] is passed.
    pub fn parse_with(
        bytes: Bytes,
        reading: Reading,
        limits: &Limits,
    ) -> Result<(Self, Vec<Forgiven>), ParseError> {
        reader::read(bytes, reading, limits)
    }

    /// A document and its lines, of which so many are those of the session.
    pub(crate) const fn new(
        content: Content,
        index: Vec<Entry>,
        session_lines: usize,
        max_hashes: usize,
    ) -> Self {
        Self { content, index, session_lines, max_hashes }
    }

    /// The document as read or written.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        match &self.content {
            Content::Text(text) => text.as_bytes(),
            Content::Octets(bytes) => bytes,
        }
    }

    pub(crate) fn view(&self) -> View<'_> {
        self.content.view()
    }

    /// A part of the document as text that shares its buffer; copied if it is no part of it.
    pub(crate) fn share(&self, part: &str) -> ByteStr {
        match &self.content {
            Content::Text(text) if !part.is_empty() => text.share(part),
            _ => ByteStr::from(part),
        }
    }

    /// The document as read or written, sharing its buffer.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        self.as_bytes().clone()
    }

    /// All lines, in order, unknown ones included; blank lines are not among them.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let bytes = self.view().bytes();
        self.index.iter().map(move |entry| Line {
            kind: char::from(entry.kind),
            value: bytes.get(entry.range()).unwrap_or_default(),
            offset: entry.range().start,
        })
    }

    /// `o=`: who made the session, its id and its version.
    ///
    /// # Errors
    ///
    /// None in practice: a document without a valid `o=` is not read.
    pub fn origin(&self) -> Result<OriginRef<'_>, ParseError> {
        let entry = self.first(b'o');
        OriginRef::parse(self.text(entry))
            .map_err(|error| error.shifted(entry.map_or(0, |entry| entry.range().start)))
    }

    /// `s=`: the session name; empty where it is missing or not UTF-8.
    #[must_use]
    pub fn session_name(&self) -> &str {
        self.text(self.first(b's'))
    }

    /// `i=`: what the session is about, for people.
    #[must_use]
    pub fn information(&self) -> Option<&str> {
        self.first(b'i').map(|entry| self.text(Some(entry)))
    }

    /// `u=`: where more is said about the session.
    #[must_use]
    pub fn uri(&self) -> Option<&str> {
        self.first(b'u').map(|entry| self.text(Some(entry)))
    }

    /// The `e=` lines: mail addresses of whom to ask.
    pub fn emails(&self) -> impl Iterator<Item = &str> {
        self.all(b'e').map(|entry| self.text(Some(entry)))
    }

    /// The `p=` lines: telephone numbers of whom to ask.
    pub fn phones(&self) -> impl Iterator<Item = &str> {
        self.all(b'p').map(|entry| self.text(Some(entry)))
    }

    /// The first `t=`.
    #[must_use]
    pub fn timing(&self) -> Option<Timing> {
        self.times().next().map(|time| time.timing)
    }

    /// When the session is on: each `t=` with the `r=` lines and the `z=` behind it.
    pub fn times(&self) -> impl Iterator<Item = TimeDescription<'_>> {
        let mut rest = self.session_lines();
        core::iter::from_fn(move || {
            let at = rest.iter().position(|entry| entry.kind == b't')?;
            let (first, after) = rest.get(at..)?.split_first()?;
            let repeats = after.iter().take_while(|entry| entry.kind == b'r').count();
            let (repeats, after) = after.split_at_checked(repeats)?;
            let zone = after.first().filter(|entry| entry.kind == b'z');
            rest = after;
            let timing = Timing::parse(self.text(Some(first))).ok()?;
            Some(TimeDescription { timing, view: self.view(), repeats, zone })
        })
    }

    /// The first `z=`: changes of the clocks while the session repeats. Where each time may have one of its own, see
    /// [`TimeDescription::zone`].
    #[must_use]
    pub fn zone(&self) -> Option<Zone<'_>> {
        Zone::parse(self.text(Some(self.first(b'z')?))).ok()
    }

    /// The session-level `k=` (RFC 4566 §5.12); obsolete.
    #[must_use]
    pub fn key(&self) -> Option<EncryptionKey<'_>> {
        EncryptionKey::parse(self.text(Some(self.first(b'k')?))).ok()
    }

    /// The session-level `c=`.
    #[must_use]
    pub fn connection(&self) -> Option<Connection<'_>> {
        Connection::parse(self.text(Some(self.first(b'c')?))).ok()
    }

    /// The session-level `b=` lines.
    pub fn bandwidths(&self) -> impl Iterator<Item = Bandwidth<'_>> {
        bandwidths(self.view(), self.session_lines())
    }

    /// The session-level attributes, in order.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes::new(self.view(), self.session_lines())
    }

    /// The value of the first session-level attribute `name`; empty for one without value.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes().named(name).next()?.text()
    }

    /// The first session-level attribute of the type `A`, read.
    pub fn typed<'a, A: Attribute<'a>>(&'a self) -> Option<Result<A, ParseError>> {
        self.attributes().typed().next()
    }

    /// The session-level direction, if one is written.
    #[must_use]
    pub fn direction(&self) -> Option<Direction> {
        Direction::of(self.attributes())
    }

    /// The media descriptions, in order.
    pub fn media(&self) -> impl Iterator<Item = MediaDescription<'_>> {
        let mut rest = self.index.get(self.session_lines..).unwrap_or_default();
        core::iter::from_fn(move || {
            let (first, after) = rest.split_first()?;
            let next = after.iter().position(|entry| entry.kind == b'm').unwrap_or(after.len());
            let (own, next) = after.split_at(next);
            rest = next;
            Some(MediaDescription::new(self, first, own))
        })
    }

    /// How many media descriptions there are.
    #[must_use]
    pub fn media_count(&self) -> usize {
        self.index.iter().filter(|entry| entry.kind == b'm').count()
    }

    /// How many `a=` lines there are, at session and media level together.
    #[must_use]
    pub fn attr_count(&self) -> usize {
        self.index.iter().filter(|entry| entry.kind == b'a').count()
    }

    /// The entries in front of the first `m=`.
    pub(crate) fn session_lines(&self) -> &[Entry] {
        self.index.get(..self.session_lines).unwrap_or_default()
    }

    /// The first session-level line of this type.
    fn first(&self, kind: u8) -> Option<&Entry> {
        self.all(kind).next()
    }

    /// The session-level lines of this type.
    fn all(&self, kind: u8) -> impl Iterator<Item = &Entry> {
        self.session_lines().iter().filter(move |entry| entry.kind == kind)
    }

    /// The value of a line, empty where the line is missing or not UTF-8.
    fn text(&self, entry: Option<&Entry>) -> &str {
        entry.and_then(|entry| self.view().text(entry.range()).ok()).unwrap_or_default()
    }
}

/// The `b=` lines among `entries`.
pub(crate) fn bandwidths<'a>(
    view: View<'a>,
    entries: &'a [Entry],
) -> impl Iterator<Item = Bandwidth<'a>> + use<'a> {
    let lines = entries.iter().filter(|entry| entry.kind == b'b');
    lines.filter_map(move |entry| Bandwidth::parse(view.text(entry.range()).ok()?).ok())
}

impl Entry {
    /// Where the value lies: what follows the `=`.
    #[inline]
    pub(crate) fn range(&self) -> Range<usize> {
        let wide = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
        wide(self.start)..wide(self.end)
    }
}

/// The document as read; bytes that are not UTF-8 are shown as U+FFFD.
impl fmt::Display for SessionDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.as_bytes()))
    }
}

impl fmt::Debug for SessionDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionDescription({:?})", String::from_utf8_lossy(self.as_bytes()))
    }
}
