//! `MessageLine`: what one side says of its end of one MSRP session.

use alloc::vec::Vec;

use grammar::{ByteStr, MediaRange, MediaType};

use super::line_ref::MessageLineRef;
use super::offer::{LineFault, same_host};
use crate::MediaDescription;
use crate::attribute::{Direction, Fingerprint, PathUri, Setup};
use crate::file::FileOffer;

/// What one side says of its end of one MSRP session: one `m=message` line and its attributes.
///
/// Read from a peer's document by [`MessageLine::read`], or in place by [`MessageLineRef::read`]; ours start with [`MessageLine::new`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageLine {
    /// `a=path`: relays first, the side's own URI last; at least one.
    pub path: Vec<ByteStr>,
    /// Port of `m=`: that of the own URI. 9 if the side cannot be reached and is active; 0 closes the session.
    pub port: u16,
    /// Address of `c=`: the host of the own URI, an IPv6 address without brackets.
    pub host: ByteStr,
    /// With TLS or without.
    pub proto: Proto,
    /// Media types the side takes, most wanted first. In an offer to send only: what it means to send.
    pub accept_types: Vec<ByteStr>,
    /// Media types it takes inside a container only.
    pub accept_wrapped_types: Vec<ByteStr>,
    /// Octets of the largest complete message it takes.
    pub max_size: Option<u64>,
    /// `a=setup`. In an answer of ours a wish; the offer limits it.
    pub setup: Option<Setup>,
    /// In which direction content may flow, seen from the side. In an answer of ours a wish; the offer limits it.
    pub direction: Direction,
    /// `i=`: what the line is about, for people.
    pub title: Option<ByteStr>,
    /// The file, if the session is for one.
    pub file: Option<FileOffer>,
    /// Fingerprints of the certificates that the side may present: those in force, of the line or of the session.
    pub fingerprints: Vec<Fingerprint>,
    /// `a=msrp-cema` is there: connect to `host` and `port`, whatever the path says.
    pub cema: bool,
}

/// The transport of an MSRP session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "RFC 4975 section 8.1 has these two")]
pub enum Proto {
    /// `TCP/MSRP`
    Tcp,
    /// `TCP/TLS/MSRP`
    Tls,
}

impl Proto {
    /// As in `m=`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP/MSRP",
            Self::Tls => "TCP/TLS/MSRP",
        }
    }
}

/// Which rule a peer's line breaks; the line cannot be used and is treated as refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Breach {
    /// It is accepted and has no `a=path`.
    #[error("no a=path (RFC 4975 section 8.1)")]
    NoPath,
    /// Its `a=path` cannot be read.
    #[error("a=path is not a list of MSRP URIs (RFC 4975 section 9)")]
    Path,
    /// Its `a=accept-types` cannot be read.
    #[error("a=accept-types is not a list of media types (RFC 4975 section 8.6)")]
    AcceptTypes,
    /// Its direction is not allowed for the offer: `sendonly` answered with `sendonly`.
    #[error("the direction of the answer is not allowed for the offer (RFC 3264 section 6.1)")]
    Direction,
    /// Its `a=setup` is not allowed for the offer.
    #[error("the a=setup of the answer is not allowed for the offer (RFC 4145 section 4.1)")]
    Setup,
    /// It is accepted for another part of the file than was offered or asked for, the whole being one: nobody knows where
    /// the octets belong.
    #[error("the a=file-range of the answer is not that of the offer (RFC 5547 section 8.3.1)")]
    FileRange,
    /// It is accepted though it was never an MSRP line.
    #[error("an accepted line that is not MSRP")]
    NotMsrp,
    /// It is accepted though the offer had closed it.
    #[error("a closed line that is accepted (RFC 3264 section 8.2)")]
    Closed,
}

/// What is to be sent over a session: the rules of wrapping differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the rules know these two")]
pub enum Content {
    /// An instant message.
    Message,
    /// A file.
    File,
}

/// How content is sent to a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there are two ways")]
pub enum Wrapping {
    /// As it is.
    Bare,
    /// Inside `message/cpim`, which names sender and recipient (RFC 3862).
    Cpim,
}

impl MessageLine {
    /// The line of a session that is reached at `own`, our MSRP URI: host, port and transport are those of the URI.
    ///
    /// It takes nothing yet: fill `accept_types`. Its setup is `actpass` (RFC 6135 §4.2.2), or `active` if the port is
    /// 9, which says that we cannot be reached. With relays, put their URIs in front of `own` in `path`.
    ///
    /// # Errors
    ///
    /// [`LineFault::Path`] if `own` is no MSRP URI with a port.
    pub fn new(own: impl Into<ByteStr>, direction: Direction) -> Result<Self, LineFault> {
        let own = own.into();
        let uri = PathUri::parse(&own).map_err(|_| LineFault::Path)?;
        let port = uri.host_port.port.filter(|&port| port != 0).ok_or(LineFault::Path)?;
        let host = own.share(bare_host(&uri));
        let proto = if uri.secure { Proto::Tls } else { Proto::Tcp };
        Ok(Self {
            path: alloc::vec![own],
            port,
            host,
            proto,
            accept_types: Vec::new(),
            accept_wrapped_types: Vec::new(),
            max_size: None,
            setup: Some(if port == 9 { Setup::Active } else { Setup::ActPass }),
            direction,
            title: None,
            file: None,
            fingerprints: Vec::new(),
            cema: false,
        })
    }

    /// Reads an MSRP line of a peer.
    ///
    /// A missing `a=accept-types` is let pass and read as an empty list: the peer said nothing.
    ///
    /// # Errors
    ///
    /// The [`Breach`] that makes it unusable.
    pub fn read(media: &MediaDescription<'_>) -> Result<Self, Breach> {
        MessageLineRef::read(media).map(|line| line.share(media))
    }

    /// The side's own URI, the last of its path.
    #[must_use]
    pub fn own(&self) -> Option<PathUri<'_>> {
        self.path.last().and_then(|uri| PathUri::parse(uri).ok())
    }

    /// Where to connect to reach the side: the first URI of its path, or `host` and `port` with CEMA.
    ///
    /// The port is `None` where the URI has none; it is found by DNS then.
    #[must_use]
    pub fn next_hop(&self) -> Option<(&str, Option<u16>)> {
        if self.cema {
            return Some((&self.host, Some(self.port)));
        }
        let uri = PathUri::parse(self.path.first()?).ok()?;
        Some((bare_host(&uri), uri.host_port.port))
    }

    /// Whether both sessions are reached over one connection: their next hops have the same host, port and security, so
    /// that a connection made for the one should serve the other (RFC 4975 §5.4).
    ///
    /// Equal ports in `m=` alone say nothing (§8.1).
    #[must_use]
    pub fn shares_connection(&self, other: &Self) -> bool {
        let (Some((host, port)), Some((other_host, other_port))) = (self.next_hop(), other.next_hop()) else {
            return false;
        };
        self.proto == other.proto && port == other_port && same_host(host, other_host)
    }

    /// Whether a message of this type may be sent to the side as it is; yes if it said nothing.
    #[must_use]
    pub fn accepts(&self, media_type: &MediaType<'_>) -> bool {
        self.accept_types.is_empty() || matching(&self.accept_types, media_type).next().is_some()
    }

    /// How content of this type is sent to the side; `None` if it does not take it (RFC 4975 §8.6 and §13).
    ///
    /// If the side lists `message/cpim` first it wants messages wrapped; files are, too, unless the side lists their
    /// type explicitly.
    #[must_use]
    pub fn wrapping(&self, content: Content, media_type: &MediaType<'_>) -> Option<Wrapping> {
        let is_cpim =
            |range: &MediaRange<'_>| matches!(range, MediaRange::One(one) if one.is("message", "cpim"));
        let cpim =
            self.accept_types.iter().position(|entry| MediaRange::parse(entry).is_ok_and(|r| is_cpim(&r)));
        let wrapped = cpim.is_some()
            && (self.accepts(media_type)
                || matching(&self.accept_wrapped_types, media_type).next().is_some());
        let explicit =
            matching(&self.accept_types, media_type).any(|range| matches!(range, MediaRange::One(_)));
        let asked = cpim == Some(0) && !(content == Content::File && explicit);
        if wrapped && asked {
            Some(Wrapping::Cpim)
        } else if self.accepts(media_type) {
            Some(Wrapping::Bare)
        } else {
            wrapped.then_some(Wrapping::Cpim)
        }
    }
}

/// The entries that match a type.
fn matching<'a>(
    entries: &'a [ByteStr],
    media_type: &'a MediaType<'_>,
) -> impl Iterator<Item = MediaRange<'a>> {
    let ranges = entries.iter().filter_map(|entry| MediaRange::parse(entry).ok());
    ranges.filter(move |range| range.matches(media_type))
}

/// The host of a URI as `c=` writes it: without the brackets of an IPv6 address.
pub(super) fn bare_host<'a>(uri: &PathUri<'a>) -> &'a str {
    let authority = uri.text.split_once("://").map_or("", |(_, rest)| rest);
    let authority = authority.split(['/', ';']).next().unwrap_or_default();
    let host_port = authority.rsplit_once('@').map_or(authority, |(_, host_port)| host_port);
    if let Some(inner) = host_port.strip_prefix('[') {
        return inner.split(']').next().unwrap_or_default();
    }
    host_port.split(':').next().unwrap_or_default()
}
