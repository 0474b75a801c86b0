//! `MessageLineRef`: what one side says of its end of one MSRP session, seen in place.

use alloc::vec::Vec;

use grammar::ByteStr;

use super::line::{Breach, MessageLine, Proto};
use crate::MediaDescription;
use crate::attribute::{
    AcceptTypes, AcceptWrappedTypes, Attribute, Direction, Fingerprint, Known, MaxSize, MsrpCema, Path,
    RawAttribute, Setup,
};
use crate::file::{Described, FileOfferRef};
use crate::line::{Connection, MediaLine};
use crate::session::{Entry, View};

/// What one side says of its end of one MSRP session, in someone else's buffer: all that [`MessageLine`] keeps.
///
/// Each attribute is looked at once, where each getter of [`MediaDescription`] looks for its own: worth it where most of
/// the line is wanted. It allocates only as [`FileOfferRef`] does, and for fingerprints.
///
/// ```
/// use bytes::Bytes;
/// use simple_im_sdp::SessionDescription;
/// use simple_im_sdp::attribute::Direction;
/// use simple_im_sdp::offer_answer::MessageLineRef;
///
/// let document = SessionDescription::parse(Bytes::from_static(
///     b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
///       m=message 2855 TCP/MSRP *\r\na=sendonly\r\na=accept-types:image/jpeg\r\n\
///       a=path:msrp://192.0.2.1:2855/k3Vd0pXw8TqL;tcp\r\na=file-selector:type:image/jpeg size:5000\r\n",
/// ))?;
/// let media = document.media().next().expect("one m-line");
/// let line = MessageLineRef::read(&media).expect("a line of MSRP");
/// assert_eq!((line.direction, line.port, line.host), (Direction::SendOnly, 2855, "192.0.2.1"));
/// assert_eq!(line.file.and_then(|file| file.size), Some(5000));
/// # Ok::<(), simple_im_sdp::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageLineRef<'a> {
    /// `a=path`: relays first, the side's own URI last; at least one.
    pub path: Path<'a>,
    /// Port of `m=`.
    pub port: u16,
    /// Address of `c=`, of the line or of the session; empty where neither has a readable one.
    pub host: &'a str,
    /// With TLS or without.
    pub proto: Proto,
    /// Media types the side takes, most wanted first; `None` if it said nothing.
    pub accept_types: Option<AcceptTypes<'a>>,
    /// Media types it takes inside a container only.
    pub accept_wrapped_types: Option<AcceptWrappedTypes<'a>>,
    /// Octets of the largest complete message it takes.
    pub max_size: Option<u64>,
    /// `a=setup`, of the line or of the session.
    pub setup: Option<Setup>,
    /// In which direction content may flow, seen from the side.
    pub direction: Direction,
    /// `i=`: what the line is about, for people.
    pub title: Option<&'a str>,
    /// The file, if the session is for one.
    pub file: Option<FileOfferRef<'a>>,
    /// Fingerprints of the certificates that the side may present: those in force, of the line or of the session.
    pub fingerprints: Vec<Fingerprint>,
    /// `a=msrp-cema` is there.
    pub cema: bool,
}

/// What was read so far; of each attribute the first one counts, readable or not.
#[derive(Debug, Default)]
struct Found<'a> {
    path: Option<Result<Path<'a>, Breach>>,
    connection: Option<Option<Connection<'a>>>,
    accept_types: Option<Result<AcceptTypes<'a>, Breach>>,
    accept_wrapped_types: Option<Option<AcceptWrappedTypes<'a>>>,
    max_size: Option<Option<u64>>,
    setup: Option<Option<Setup>>,
    direction: Option<Direction>,
    title: Option<Option<&'a str>>,
    file: Described<'a>,
    fingerprint: bool,
    cema: Option<bool>,
}

impl<'a> MessageLineRef<'a> {
    /// Reads an MSRP line of a peer.
    ///
    /// A missing `a=accept-types` is let pass: the peer said nothing.
    ///
    /// # Errors
    ///
    /// The [`Breach`] that makes it unusable.
    pub fn read(media: &MediaDescription<'a>) -> Result<Self, Breach> {
        let line = media.line();
        let Some(proto) = proto(&line) else { return Err(Breach::NotMsrp) };
        let mut found = Found::default();
        let view = media.session.view();
        for entry in media.own {
            match entry.kind {
                b'a' => {
                    let start = entry.range().start;
                    let name = view.bytes().get(start..start + usize::from(entry.name)).unwrap_or_default();
                    if let Some(known) = Known::of(name) {
                        found.attribute(known, entry, media);
                    }
                }
                b'c' if found.connection.is_none() => {
                    let value = media.text(entry);
                    found.connection = Some(value.and_then(|value| Connection::parse(value).ok()));
                }
                b'i' if found.title.is_none() => found.title = Some(media.text(entry)),
                _ => {}
            }
        }
        let connection = found.connection.unwrap_or_else(|| media.session.connection());
        Ok(Self {
            path: found.path.unwrap_or(Err(Breach::NoPath))?,
            port: line.port,
            host: connection.map_or("", |connection| connection.address),
            proto,
            accept_types: found.accept_types.transpose()?,
            accept_wrapped_types: found.accept_wrapped_types.flatten(),
            max_size: found.max_size.flatten(),
            setup: found.setup.unwrap_or_else(|| media.session.typed::<Setup>()?.ok()),
            direction: found.direction.or_else(|| media.session.direction()).unwrap_or_default(),
            title: found.title.flatten(),
            file: found.file.file(media),
            fingerprints: Fingerprint::all(if found.fingerprint {
                media.attributes()
            } else {
                media.session.attributes()
            }),
            cema: found.cema.unwrap_or_default(),
        })
    }

    /// The same for keeping; text shares the buffer of the document.
    #[must_use]
    pub fn share(self, media: &MediaDescription<'_>) -> MessageLine {
        let share = |part: &str| media.share(part);
        let types = |entries: &mut dyn Iterator<Item = &'a str>| entries.map(share).collect::<Vec<ByteStr>>();
        MessageLine {
            path: self.path.uris().map(share).collect(),
            port: self.port,
            host: media.share(self.host),
            proto: self.proto,
            accept_types: self.accept_types.map_or_else(Vec::new, |list| types(&mut list.entries())),
            accept_wrapped_types: self
                .accept_wrapped_types
                .map_or_else(Vec::new, |list| types(&mut list.entries())),
            max_size: self.max_size,
            setup: self.setup,
            direction: self.direction,
            title: self.title.map(share),
            file: self.file.map(|file| file.share(media)),
            fingerprints: self.fingerprints,
            cema: self.cema,
        }
    }
}

impl<'a> Found<'a> {
    /// Takes an attribute in.
    #[inline]
    fn attribute(&mut self, known: Known, entry: &Entry, media: &MediaDescription<'a>) {
        let view = media.session.view();
        match known {
            Known::Path => first(&mut self.path, || value(entry, view).ok_or(Breach::Path)),
            Known::Setup => first(&mut self.setup, || value(entry, view)),
            Known::MaxSize => first(&mut self.max_size, || value(entry, view).map(|MaxSize(size)| size)),
            Known::Direction(direction) => first(&mut self.direction, || direction),
            Known::MsrpCema => first(&mut self.cema, || value::<MsrpCema>(entry, view).is_some()),
            Known::Fingerprint => self.fingerprint = true,
            Known::AcceptTypes => {
                first(&mut self.accept_types, || value(entry, view).ok_or(Breach::AcceptTypes));
            }
            Known::AcceptWrappedTypes => first(&mut self.accept_wrapped_types, || value(entry, view)),
            Known::File(what) => self.file.take(what, entry, media),
        }
    }
}

/// The value of an attribute line, if it can be read.
#[inline]
fn value<'a, T: Attribute<'a>>(entry: &Entry, view: View<'a>) -> Option<T> {
    RawAttribute::new(entry, view)?.parse().ok()
}

/// The first value counts.
#[inline]
fn first<T>(place: &mut Option<T>, value: impl FnOnce() -> T) {
    if place.is_none() {
        *place = Some(value());
    }
}

/// The transport of an MSRP line; `None` for other lines.
#[inline]
fn proto(line: &MediaLine<'_>) -> Option<Proto> {
    let is = |text: &str, known: &str| text == known || text.eq_ignore_ascii_case(known);
    let of_line = |proto: &Proto| is(line.proto, proto.as_str());
    [Proto::Tcp, Proto::Tls].into_iter().find(of_line).filter(|_| is(line.media, "message"))
}
