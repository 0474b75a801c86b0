//! `Contact`, RFC 3261 §20.10 and RFC 3840: where somebody can be reached, and what is there.

use alloc::borrow::Cow;
use core::fmt;

use grammar::{Params, ParseError};

use super::NameAddr;
use crate::uri::UriRef;

/// One value of a Contact field: an address, or the `*` of a REGISTER that removes all of them.
#[derive(Debug, Clone, Copy)]
pub struct Contact<'a> {
    name_addr: Option<NameAddr<'a>>,
}

impl<'a> Contact<'a> {
    /// Reads one value.
    ///
    /// # Errors
    ///
    /// As [`NameAddr::parse`].
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        if text == "*" {
            return Ok(Self { name_addr: None });
        }
        NameAddr::parse(text).map(|name_addr| Self { name_addr: Some(name_addr) })
    }

    /// Whether it is `*`: all addresses (RFC 3261 §10.2.2).
    #[must_use]
    pub const fn is_star(&self) -> bool {
        self.name_addr.is_none()
    }

    /// The address with its parameters; `None` for `*`.
    #[must_use]
    pub const fn name_addr(&self) -> Option<NameAddr<'a>> {
        self.name_addr
    }

    /// The address; `None` for `*`.
    #[must_use]
    pub fn uri(&self) -> Option<UriRef<'a>> {
        self.name_addr.map(|name_addr| name_addr.uri)
    }

    /// The address as written, or `*`.
    #[must_use]
    pub fn uri_text(&self) -> &'a str {
        self.name_addr.map_or("*", |name_addr| name_addr.uri.as_str())
    }

    /// The parameters of the field, feature tags among them.
    #[must_use]
    pub fn params(&self) -> Params<'a> {
        self.name_addr.map(|name_addr| name_addr.params).unwrap_or_default()
    }

    /// The preference as thousandths, 0 to 1000; `None` without the parameter or if it is malformed.
    #[must_use]
    pub fn q(&self) -> Option<u16> {
        super::qvalue(self.params().get("q")?.raw?)
    }

    /// Seconds until the binding ends; numbers beyond 32 bits read as the greatest one, and a malformed value
    /// as none (RFC 3261 §10.3: then the default counts).
    #[must_use]
    pub fn expires(&self) -> Option<u32> {
        super::delta_seconds(self.params().get("expires")?.raw?)
    }

    /// Whether the peer is a conference focus: the feature tag `isfocus` (RFC 4579 §5, RFC 3840 §9).
    ///
    /// A feature with the value `FALSE` is one the peer does not have.
    #[must_use]
    pub fn is_focus(&self) -> bool {
        self.has_feature("isfocus")
    }

    /// Whether a boolean feature tag (`isfocus`, `+g.oma.sip-im`) is there and not `FALSE`.
    #[must_use]
    pub fn has_feature(&self, tag: &str) -> bool {
        self.params().get(tag).is_some_and(|param| !param.value().eq_ignore_ascii_case("FALSE"))
    }

    /// The instance of RFC 5626 §4.1 without quotes and brackets: `urn:uuid:...`.
    #[must_use]
    pub fn instance(&self) -> Option<Cow<'a, str>> {
        fn bare(text: &str) -> &str {
            text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(text)
        }
        Some(match self.params().get("+sip.instance")?.value() {
            Cow::Borrowed(text) => Cow::Borrowed(bare(text)),
            Cow::Owned(text) => Cow::Owned(bare(&text).into()),
        })
    }

    /// The `reg-id` of RFC 5626 §4.2.
    #[must_use]
    pub fn reg_id(&self) -> Option<u32> {
        self.params().get("reg-id")?.raw?.parse().ok()
    }
}

impl fmt::Display for Contact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name_addr {
            Some(name_addr) => fmt::Display::fmt(name_addr, f),
            None => f.write_str("*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3261_20_10_example() {
        let contact = Contact::parse("\"Mr. Watson\" <sip:watson@w.com>;q=0.7; expires=3600").unwrap();
        assert_eq!((contact.q(), contact.expires(), contact.is_focus()), (Some(700), Some(3600), false));
        assert_eq!(contact.uri_text(), "sip:watson@w.com");
        let star = Contact::parse("*").unwrap();
        assert!(star.is_star() && star.uri().is_none() && star.uri_text() == "*");
    }

    #[test]
    fn rfc3840_9_a_false_feature_is_absent() {
        for (text, focus) in [
            ("<sip:c@d>;isfocus", true),
            ("<sip:c@d>;IsFocus=\"TRUE\"", true),
            ("<sip:c@d>;isfocus=\"false\"", false),
            ("<sip:c@d;isfocus>", false),
            ("<sip:c@d>;x=\"isfocus\"", false),
        ] {
            assert_eq!(Contact::parse(text).unwrap().is_focus(), focus, "{text}");
        }
    }

    #[test]
    fn rfc5626_4_1_instance() {
        let text = "<sip:a@b;ob>;reg-id=1;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\"";
        let contact = Contact::parse(text).unwrap();
        assert_eq!(contact.instance().unwrap(), "urn:uuid:00000000-0000-1000-8000-000A95A0E128");
        assert_eq!(contact.reg_id(), Some(1));
    }

    #[test]
    fn rfc4475_3_1_2_4_overlarge_expires() {
        let contact = Contact::parse("<sip:a@b>;expires=280297596632815").unwrap();
        assert_eq!(contact.expires(), Some(u32::MAX));
        assert_eq!(Contact::parse("<sip:a@b>;expires=soon").unwrap().expires(), None);
    }
}
