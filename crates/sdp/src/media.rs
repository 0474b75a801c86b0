//! `MediaDescription`: one `m=` line and what belongs to it, RFC 8866 §5.14.

use alloc::vec::Vec;

use grammar::{ByteStr, ParseError};

use crate::attribute::{
    AcceptTypes, AcceptWrappedTypes, Attribute, Attributes, Direction, Fingerprint, MaxSize, MsrpCema, Path,
    Setup,
};
use crate::file::{FileOffer, FileOfferRef};
use crate::line::{Bandwidth, Connection, EncryptionKey, MediaLine};
use crate::session::{Entry, SessionDescription, bandwidths};

/// One media description of a document, seen in place.
#[derive(Debug, Clone, Copy)]
pub struct MediaDescription<'a> {
    pub(crate) session: &'a SessionDescription,
    head: &'a Entry,
    pub(crate) own: &'a [Entry],
}

impl<'a> MediaDescription<'a> {
    #[inline]
    pub(crate) const fn new(session: &'a SessionDescription, head: &'a Entry, own: &'a [Entry]) -> Self {
        Self { session, head, own }
    }

    /// `audio`, `message`, ...
    #[must_use]
    pub fn media(&self) -> &'a str {
        self.line().media
    }

    /// The port; 0 refuses or closes the stream.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.line().port
    }

    /// The protocol, such as `TCP/MSRP`.
    #[must_use]
    pub fn proto(&self) -> &'a str {
        self.line().proto
    }

    /// The formats, at least one; `*` for MSRP.
    pub fn fmts(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.line().fmts()
    }

    /// The `m=` line as a whole: for more than one of its parts, it costs less than a getter for each.
    #[must_use]
    pub fn line(&self) -> MediaLine<'a> {
        // A blank at the end was forgiven when the document was read.
        let text = self.text(self.head).unwrap_or_default().trim_end_matches(' ');
        MediaLine::read_before(text).unwrap_or(MediaLine::NONE)
    }

    /// The byte of the document at which the value of the `m=` line starts.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.head.range().start
    }

    /// `i=`: what the line is about, for people.
    #[must_use]
    pub fn title(&self) -> Option<&'a str> {
        self.text(self.own.iter().find(|entry| entry.kind == b'i')?)
    }

    /// `c=` of this description, or of the session where it has none.
    #[must_use]
    pub fn connection(&self) -> Option<Connection<'a>> {
        match self.own.iter().find(|entry| entry.kind == b'c') {
            Some(entry) => Connection::parse(self.text(entry)?).ok(),
            None => self.session.connection(),
        }
    }

    /// The `c=` lines of this description alone; there may be several (RFC 8866 §5.7).
    pub fn own_connections(&self) -> impl Iterator<Item = Connection<'a>> + use<'a> {
        let view = self.session.view();
        let lines = self.own.iter().filter(|entry| entry.kind == b'c');
        lines.filter_map(move |entry| Connection::parse(view.text(entry.range()).ok()?).ok())
    }

    /// `k=` of this description, or of the session where it has none (RFC 4566 §5.12); obsolete.
    #[must_use]
    pub fn key(&self) -> Option<EncryptionKey<'a>> {
        match self.own.iter().find(|entry| entry.kind == b'k') {
            Some(entry) => EncryptionKey::parse(self.text(entry)?).ok(),
            None => self.session.key(),
        }
    }

    /// The `b=` lines of this description.
    pub fn bandwidths(&self) -> impl Iterator<Item = Bandwidth<'a>> + use<'a> {
        bandwidths(self.session.view(), self.own)
    }

    /// The attributes of this description, in order; those of the session are not among them.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes::new(self.session.view(), self.own)
    }

    /// The value of the first attribute `name` of this description; empty for one without value.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes().named(name).next()?.text()
    }

    /// The first attribute of the type `A` of this description, read.
    #[must_use]
    pub fn typed<A: Attribute<'a>>(&self) -> Option<Result<A, ParseError>> {
        self.attributes().typed().next()
    }

    /// The first attribute of the type `A`, of this description or else of the session, read.
    #[must_use]
    pub fn typed_or_session<A: Attribute<'a>>(&self) -> Option<Result<A, ParseError>> {
        self.typed().or_else(|| self.session.attributes().typed().next())
    }

    /// Whether this is an MSRP line: `m=message` over `TCP/MSRP` or `TCP/TLS/MSRP`.
    #[must_use]
    pub fn is_msrp(&self) -> bool {
        self.is_message_over(&["TCP/MSRP", "TCP/TLS/MSRP"])
    }

    /// Whether this is an MSRP line over TLS.
    #[must_use]
    pub fn is_msrp_tls(&self) -> bool {
        self.is_message_over(&["TCP/TLS/MSRP"])
    }

    /// `a=path`: the MSRP URIs that lead to the side that wrote it, its own last. Empty where there is none or it
    /// cannot be read; [`Self::typed`] tells which.
    #[must_use]
    pub fn path(&self) -> Vec<ByteStr> {
        let path = self.typed::<Path<'_>>().and_then(Result::ok);
        path.map_or_else(Vec::new, |path| path.uris().map(|uri| self.share(uri)).collect())
    }

    /// `a=accept-types`, most wanted first. Empty where there is none or it cannot be read.
    #[must_use]
    pub fn accept_types(&self) -> Vec<ByteStr> {
        let types = self.typed::<AcceptTypes<'_>>().and_then(Result::ok);
        types.map_or_else(Vec::new, |types| types.entries().map(|entry| self.share(entry)).collect())
    }

    /// `a=accept-wrapped-types`. Empty where there is none or it cannot be read.
    #[must_use]
    pub fn accept_wrapped_types(&self) -> Vec<ByteStr> {
        let types = self.typed::<AcceptWrappedTypes<'_>>().and_then(Result::ok);
        types.map_or_else(Vec::new, |types| types.entries().map(|entry| self.share(entry)).collect())
    }

    /// `a=max-size`: octets of the largest message the side takes.
    #[must_use]
    pub fn max_size(&self) -> Option<u64> {
        self.typed::<MaxSize>()?.ok().map(|size| size.0)
    }

    /// `a=setup` of this description, or of the session where it has none.
    #[must_use]
    pub fn setup(&self) -> Option<Setup> {
        self.typed_or_session::<Setup>()?.ok()
    }

    /// The direction of this description, or of the session; `sendrecv` where neither says one.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.written_direction().unwrap_or_default()
    }

    /// The direction as far as one is written, here or at session level.
    #[must_use]
    pub fn written_direction(&self) -> Option<Direction> {
        Direction::of(self.attributes()).or_else(|| self.session.direction())
    }

    /// The `a=fingerprint` in force: those of this description, or of the session where it has none (RFC 8122 §5).
    ///
    /// Unreadable ones are left out, and still keep those of the session from counting: a description whose own
    /// fingerprints are all unreadable can be met by no certificate.
    #[must_use]
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        let own = self.attributes().named(Fingerprint::NAME).next().is_some();
        let attributes = if own { self.attributes() } else { self.session.attributes() };
        Fingerprint::all(attributes)
    }

    /// Whether `a=msrp-cema` is there.
    #[must_use]
    pub fn has_cema(&self) -> bool {
        self.typed::<MsrpCema>().is_some_and(|cema| cema.is_ok())
    }

    /// The file that the line describes, in whichever dialect; `None` for a line without file attributes.
    #[must_use]
    pub fn file(&self) -> Option<FileOffer> {
        FileOffer::read(self)
    }

    /// As [`Self::file`], seen in place.
    #[must_use]
    pub fn file_ref(&self) -> Option<FileOfferRef<'a>> {
        FileOfferRef::read(self)
    }

    /// Whether the side says that it knows RFC 5547: a `file-selector` is there, be it without a value (§8.5).
    #[must_use]
    pub fn knows_files(&self) -> bool {
        self.attributes().named("file-selector").next().is_some()
    }

    /// A part of the document as text that shares its buffer.
    #[must_use]
    pub fn share(&self, part: &str) -> ByteStr {
        self.session.share(part)
    }

    /// The value of a line as text.
    #[inline]
    pub(crate) fn text(&self, entry: &Entry) -> Option<&'a str> {
        self.session.view().text(entry.range()).ok()
    }

    fn is_message_over(&self, protos: &[&str]) -> bool {
        let MediaLine { media, proto, .. } = self.line();
        media.eq_ignore_ascii_case("message") && protos.iter().any(|known| proto.eq_ignore_ascii_case(known))
    }
}
