//! `Profile`: what differs between networks, as data.

use bytes::Bytes;
use grammar::ByteStr;
use sdp::Dialect;
use sdp::attribute::{Fingerprint, HashFunction};
use sip_ua::Sha1Policy;

/// How requests look in the network at hand.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Profile {
    /// Which family of file attributes offers carry. Default [`Dialect::Dual`].
    pub dialect: Dialect,
    /// Value of Accept-Contact, such as `*;+g.oma.sip-im`; `None` leaves the header out.
    pub accept_contact: Option<ByteStr>,
    /// Feature parameters of Contact, such as `;+g.oma.sip-im`; empty for none.
    pub contact_params: ByteStr,
    /// Value of User-Agent.
    pub user_agent: ByteStr,
    /// Write P-Preferred-Identity (SEED-19; in IMS). Default `false`.
    pub preferred_identity: bool,
    /// Offer `a=msrp-cema` (RFC 6714; mandatory in IMS). Default `false`.
    pub cema: bool,
    /// The URI parameter that marks a group (SEED-5, E.5.1); `None` leaves the URI as it is. Default `None`.
    pub session_type: Option<SessionType>,
    /// Whether content travels inside TLS. Default [`MediaSecurity::Plain`].
    pub media_security: MediaSecurity,
    /// Ask for success reports from a direct peer too (SEED-18). Default `false`.
    pub direct_reports: bool,
}

/// Whether content travels inside TLS (`msrps`, RFC 4975 §14). Nothing is ever tried again with less.
///
/// An offer of a peer inside TLS is taken under every setting, if the driver has TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_enums, reason = "each combination that makes sense")]
pub enum MediaSecurity {
    /// Offers are made for `TCP/MSRP`, and such offers are taken.
    #[default]
    Plain,
    /// Offers are made for `TCP/TLS/MSRP`; offers for `TCP/MSRP` are taken, too.
    Offered,
    /// Offers are made for `TCP/TLS/MSRP`; any other is refused (488).
    Required,
}

/// MSRP over TLS as the driver can do it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MediaTls {
    /// The port the driver listens on for MSRP over TLS.
    pub port: u16,
    /// The certificate that the driver shows on every connection, in DER: its SHA-256 fingerprint goes into
    /// offers and answers (RFC 8122 §5). `None`: no fingerprint is written, and peers verify by name.
    pub certificate: Option<Bytes>,
    /// Whether a fingerprint by SHA-1 is enough of a peer. Default [`Sha1Policy::Refused`].
    pub sha1: Sha1Policy,
}

impl MediaTls {
    /// At this port, with this certificate.
    #[must_use]
    pub const fn new(port: u16, certificate: Option<Bytes>) -> Self {
        Self { port, certificate, sha1: Sha1Policy::Refused }
    }

    /// What `a=fingerprint` says.
    pub(crate) fn fingerprint(&self) -> Option<Fingerprint> {
        let digest = sip_ua::sha256_of(self.certificate.as_ref()?);
        Fingerprint::new(HashFunction::Sha256, digest)
    }
}

/// `;name=value` on the Request-URI of a group (SEED-5).
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a name and a value")]
pub struct SessionType {
    /// Name of the parameter; `session` in OMA's texts.
    pub name: ByteStr,
    /// Its value, such as `prearranged`.
    pub value: ByteStr,
}

impl Default for SessionType {
    fn default() -> Self {
        Self { name: ByteStr::from_static("session"), value: ByteStr::from_static("prearranged") }
    }
}

impl Profile {
    /// Plain SIP with the OMA feature tag.
    #[must_use]
    pub fn generic() -> Self {
        Self {
            dialect: Dialect::Dual,
            accept_contact: Some(ByteStr::from_static("*;+g.oma.sip-im")),
            contact_params: ByteStr::from_static(";+g.oma.sip-im"),
            user_agent: ByteStr::from_static(concat!(
                "IM-client/OMA1.0 simple-im/",
                env!("CARGO_PKG_VERSION")
            )),
            preferred_identity: false,
            cema: false,
            session_type: None,
            media_security: MediaSecurity::Plain,
            direct_reports: false,
        }
    }

    /// An IMS core (SEED-19): [`Profile::generic`] with P-Preferred-Identity and CEMA.
    ///
    /// Route from Service-Route applies in every profile once the account is registered.
    #[must_use]
    pub fn ims() -> Self {
        Self { preferred_identity: true, cema: true, ..Self::generic() }
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::generic()
    }
}
