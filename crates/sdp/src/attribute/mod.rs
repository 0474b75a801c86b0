//! Attributes: `a=` lines as they are, and the trait of those that have a type.

mod accept_types;
mod candidate;
mod cema;
mod direction;
mod fingerprint;
mod fmtp;
mod group;
mod ice_credentials;
mod ice_options;
mod known;
mod label;
mod max_size;
mod mid;
mod packet_time;
mod path;
mod rtp_map;
mod setup;
mod tcp_connection;

use core::fmt;
use grammar::{CharClass, ParseError};

use crate::session::{Entry, View};

pub use accept_types::{AcceptTypes, AcceptWrappedTypes};
pub use candidate::Candidate;
pub use cema::MsrpCema;
pub use direction::Direction;
pub use fingerprint::{Fingerprint, HashFunction};
pub use fmtp::Fmtp;
pub use group::Group;
pub use ice_credentials::{IcePwd, IceUfrag};
pub use ice_options::IceOptions;
pub(crate) use known::{FileAttribute, Known, LegacyAttribute, Rfc5547Attribute};
pub use label::Label;
pub use max_size::MaxSize;
pub use mid::Mid;
pub use packet_time::{MaxPacketTime, PacketTime};
pub use path::{Path, PathUri};
pub use rtp_map::RtpMap;
pub use setup::Setup;
pub use tcp_connection::TcpConnection;

/// `ice-char`, RFC 8839 §5.1
const ICE_CHAR: CharClass = CharClass::ALPHANUM.with(b"+/");

/// An attribute with a type: how its value is read, and by `Display` how it is written.
///
/// Open for more: implement it for a type of your own and read it with
/// [`MediaDescription::typed`](crate::MediaDescription::typed).
pub trait Attribute<'a>: Sized + fmt::Display {
    /// The name as registered; names are compared with regard to case (RFC 8866 §5.13).
    const NAME: &'static str;

    /// Reads the value; it is empty for an attribute without one.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] at the byte of `value` where it leaves the rule.
    fn parse(value: &'a str) -> Result<Self, ParseError>;
}

/// One `a=` line.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct RawAttribute<'a> {
    /// The name, as written.
    pub name: &'a str,
    /// What follows the colon; `None` where there is no colon.
    pub value: Option<&'a [u8]>,
    /// The byte of the document at which the value (or its place) starts.
    pub offset: usize,
    view: View<'a>,
}

impl<'a> RawAttribute<'a> {
    #[inline]
    pub(crate) fn new(entry: &Entry, view: View<'a>) -> Option<Self> {
        let range = entry.range();
        let behind = range.start + usize::from(entry.name);
        let name = view.text(range.start..behind).ok()?;
        let value = view.bytes().get(behind..range.end)?.split_first().map(|(_, value)| value);
        Some(Self { name, value, offset: behind + usize::from(value.is_some()), view })
    }

    /// The value as text, empty where there is none; `None` if it is not UTF-8.
    #[inline]
    #[must_use]
    pub fn text(&self) -> Option<&'a str> {
        self.checked().ok()
    }

    #[inline]
    fn checked(&self) -> Result<&'a str, ParseError> {
        self.view.text(self.offset..self.offset + self.value.unwrap_or_default().len())
    }

    /// `length` bytes of the document from the byte `start`, as text.
    pub(crate) fn part(&self, start: usize, length: usize) -> Option<&'a str> {
        self.view.text(start..start + length).ok()
    }

    /// The value, read as the type `A`.
    ///
    /// # Errors
    ///
    /// As the type's own reader, with the offset counted from the start of the document.
    pub fn parse<A: Attribute<'a>>(&self) -> Result<A, ParseError> {
        self.checked().and_then(A::parse).map_err(|error| error.shifted(self.offset))
    }
}

/// The attributes of the session or of one media description, in order.
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    view: View<'a>,
    entries: core::slice::Iter<'a, Entry>,
}

impl<'a> Attributes<'a> {
    pub(crate) fn new(view: View<'a>, entries: &'a [Entry]) -> Self {
        Self { view, entries: entries.iter() }
    }

    /// Those whose name says something to `known`, and what.
    #[inline]
    pub(crate) fn known<K>(
        self,
        known: impl Fn(&[u8]) -> Option<K>,
    ) -> impl Iterator<Item = (K, RawAttribute<'a>)> {
        let view = self.view;
        self.entries.filter(|entry| entry.kind == b'a').filter_map(move |entry| {
            let start = entry.range().start;
            let known = known(view.bytes().get(start..start + usize::from(entry.name))?)?;
            Some((known, RawAttribute::new(entry, view)?))
        })
    }

    /// Those called `name`.
    pub fn named<'n>(self, name: &'n str) -> impl Iterator<Item = RawAttribute<'a>> + use<'a, 'n> {
        let view = self.view;
        let same = move |entry: &&Entry| {
            // Most differ in the length already.
            entry.kind == b'a' && usize::from(entry.name) == name.len() && {
                let start = entry.range().start;
                view.bytes().get(start..start + name.len()) == Some(name.as_bytes())
            }
        };
        self.entries.filter(same).filter_map(move |entry| RawAttribute::new(entry, view))
    }

    /// Those of the type `A`, read.
    pub fn typed<A: Attribute<'a>>(self) -> impl Iterator<Item = Result<A, ParseError>> + use<'a, A> {
        self.named(A::NAME).map(|attribute| attribute.parse())
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = RawAttribute<'a>;

    fn next(&mut self) -> Option<RawAttribute<'a>> {
        let entry = self.entries.find(|entry| entry.kind == b'a')?;
        RawAttribute::new(entry, self.view)
    }
}
