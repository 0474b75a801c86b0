//! `Profile`: what differs between networks, as data.

use grammar::ByteStr;
use sdp::Dialect;

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
    /// Ask for success reports from a direct peer too (SEED-18). Default `false`.
    pub direct_reports: bool,
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
