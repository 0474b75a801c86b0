//! `Uri` and `UriRef`: sip, sips, tel, urn and any other URI (RFC 3261 §19.1, RFC 3966, RFC 3986).

mod build;
mod compare;
mod escape;
mod layout;

use core::fmt;
use core::hash::{Hash, Hasher};

use grammar::{ByteStr, HostPort, ParseError};

pub use self::build::{SipUriBuilder, UriError};
pub use self::escape::{escape_user, unescape};
use self::layout::Layout;

/// What kind of URI it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// `sip:`, RFC 3261 §19.1.
    Sip,
    /// `sips:`, RFC 3261 §19.1.
    Sips,
    /// `tel:`, RFC 3966.
    Tel,
    /// `urn:`, RFC 8141.
    Urn,
    /// Any other: kept as it is, compared as text; of `im` and `pres` the domain compares without case.
    Other,
}

/// A URI in someone else's buffer.
///
/// Reading is as generous as meaning allows: characters that should have been escaped pass where nothing
/// can be mistaken; [`UriRef::is_strict`] tells them apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UriRef<'a> {
    text: &'a str,
    layout: Layout,
}

/// A URI that owns its text, for keeping: in an account, a dialog, a recipient list.
///
/// Read from a [`ByteStr`] it shares that buffer. `==` compares the texts; [`Uri::equivalent`] compares
/// by the rules of the scheme.
#[derive(Clone)]
pub struct Uri {
    text: ByteStr,
    layout: Layout,
}

impl<'a> UriRef<'a> {
    /// Reads a URI.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `scheme`, `user`, `password`, `host`, `port`, `uri-parameter`, `headers`,
    /// `telephone-subscriber` or `absoluteURI`.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        Ok(Self { text, layout: Layout::read(text)? })
    }

    /// The URI as written.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.text
    }

    /// What kind of URI it is.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.layout.scheme
    }

    /// The scheme as written, without the colon.
    #[must_use]
    pub fn scheme_text(&self) -> &'a str {
        self.cut(self.layout.scheme_text())
    }

    /// Whether it is a `sip:` or `sips:` URI.
    #[must_use]
    pub const fn is_sip(&self) -> bool {
        matches!(self.layout.scheme, Scheme::Sip | Scheme::Sips)
    }

    /// The user part as written, escapes and parameters of its own included; `None` without `@` and outside of sip.
    #[must_use]
    pub fn user(&self) -> Option<&'a str> {
        self.layout.user().map(|range| self.cut(range))
    }

    /// The password, if a colon follows the user part.
    #[must_use]
    pub fn password(&self) -> Option<&'a str> {
        self.layout.password().map(|range| self.cut(range))
    }

    /// Host and port of a sip or sips URI; `None` for other schemes.
    #[must_use]
    pub fn host_port(&self) -> Option<HostPort<'a>> {
        HostPort::parse(self.host_port_text()?).ok()
    }

    /// Host and port of a sip or sips URI as written.
    #[must_use]
    pub fn host_port_text(&self) -> Option<&'a str> {
        self.layout.host_port().map(|range| self.cut(range))
    }

    /// What follows the scheme, parameters and headers left out: the number of a tel URI, all of the others.
    #[must_use]
    pub fn opaque(&self) -> &'a str {
        self.cut(self.layout.opaque())
    }

    /// The parameters of a sip, sips or tel URI; none for others.
    #[must_use]
    pub fn params(&self) -> UriParams<'a> {
        UriParams(self.cut(self.layout.params()))
    }

    /// The parameter called `name`, case ignored: `Some("")` if it has no value.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&'a str> {
        self.params().get(name)
    }

    /// The `transport` parameter, as written.
    #[must_use]
    pub fn transport(&self) -> Option<&'a str> {
        self.param("transport")
    }

    /// Whether the `lr` parameter marks a loose router (RFC 3261 §16.12).
    #[must_use]
    pub fn is_lr(&self) -> bool {
        self.param("lr").is_some()
    }

    /// What follows `?` in a sip or sips URI; empty if nothing does.
    #[must_use]
    pub fn headers(&self) -> &'a str {
        self.cut(self.layout.headers())
    }

    /// Whether the two name the same resource by the rules of their scheme: RFC 3261 §19.1.4, RFC 3966 §4,
    /// RFC 8141 §3, RFC 3986 §6.2.2 for `im` and `pres`; any other scheme compares as text.
    #[must_use]
    pub fn equivalent(&self, other: &UriRef<'_>) -> bool {
        compare::equivalent(self, other)
    }

    /// Whether every character stands where the grammar allows it unescaped.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.layout.is_strict(self.text)
    }

    /// An owned copy.
    #[must_use]
    pub fn to_owned(&self) -> Uri {
        Uri { text: ByteStr::from(self.text), layout: self.layout }
    }

    /// An owned URI that shares `whole`, the text or message this one was read from.
    #[must_use]
    pub fn share_in(&self, whole: &ByteStr) -> Uri {
        Uri { text: whole.share(self.text), layout: self.layout }
    }

    fn cut(&self, range: core::ops::Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }
}

impl fmt::Debug for UriRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.text, f)
    }
}

impl fmt::Display for UriRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

impl Uri {
    /// Reads a URI and keeps `text` as its storage.
    ///
    /// # Errors
    ///
    /// As [`UriRef::parse`].
    pub fn parse(text: impl Into<ByteStr>) -> Result<Self, ParseError> {
        let text = text.into();
        let layout = Layout::read(&text)?;
        Ok(Self { text, layout })
    }

    /// Starts a sip URI from its parts; see [`SipUriBuilder`].
    pub fn builder(host: &str) -> SipUriBuilder {
        SipUriBuilder::new(host)
    }

    /// The view that has all of the parts.
    #[must_use]
    pub fn as_ref(&self) -> UriRef<'_> {
        UriRef { text: &self.text, layout: self.layout }
    }

    /// The URI as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The URI as text that shares its buffer.
    #[must_use]
    pub const fn text(&self) -> &ByteStr {
        &self.text
    }

    /// A copy that keeps no received buffer alive.
    #[must_use]
    pub fn detach(&self) -> Self {
        Self { text: self.text.detach(), layout: self.layout }
    }

    /// See [`UriRef::scheme`].
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.layout.scheme
    }

    /// See [`UriRef::is_sip`].
    #[must_use]
    pub fn is_sip(&self) -> bool {
        self.as_ref().is_sip()
    }

    /// See [`UriRef::user`].
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.as_ref().user()
    }

    /// See [`UriRef::host_port`].
    #[must_use]
    pub fn host_port(&self) -> Option<HostPort<'_>> {
        self.as_ref().host_port()
    }

    /// See [`UriRef::params`].
    #[must_use]
    pub fn params(&self) -> UriParams<'_> {
        self.as_ref().params()
    }

    /// See [`UriRef::param`].
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        self.as_ref().param(name)
    }

    /// See [`UriRef::transport`].
    #[must_use]
    pub fn transport(&self) -> Option<&str> {
        self.as_ref().transport()
    }

    /// See [`UriRef::is_lr`].
    #[must_use]
    pub fn is_lr(&self) -> bool {
        self.as_ref().is_lr()
    }

    /// See [`UriRef::headers`].
    #[must_use]
    pub fn headers(&self) -> &str {
        self.as_ref().headers()
    }

    /// See [`UriRef::equivalent`].
    #[must_use]
    pub fn equivalent(&self, other: &Self) -> bool {
        self.as_ref().equivalent(&other.as_ref())
    }
}

impl PartialEq for Uri {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Uri {}

impl Hash for Uri {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.text, f)
    }
}

impl core::str::FromStr for Uri {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

/// `*( ";" pname [ "=" pvalue ] )` of a URI, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UriParams<'a>(&'a str);

impl<'a> UriParams<'a> {
    /// The text, empty or with its first `;`.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values in the order they are written; `None` where there is no `=`.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, Option<&'a str>)> + use<'a> {
        self.0.split(';').skip(1).map(|param| match param.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (param, None),
        })
    }

    /// The value of the parameter called `name`, case ignored: `Some("")` if it has none.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
