//! Typed values of fields about who somebody is, and of those that networks add (RFC 3323, 3325, 3329, 7315, 8224,
//! OMA CPM).

use grammar::ParseError;

use crate::Headers;
use crate::header::{self, ChargingVector, HeaderName, Identity, NameAddr, NetworkInfo, Preference, Privacy};
use crate::uri::UriRef;

accessors! {
    /// What of the sender shall stay unknown (RFC 3323); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`Privacy::parse`].
    privacy -> Result<Option<Privacy<'a>>, ParseError> =
        |headers| headers.optional(HeaderName::PRIVACY, Privacy::parse);

    /// Signed words for who the caller is, not verified (RFC 8224).
    identities -> impl Iterator<Item = Result<Identity<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::IDENTITY, Identity::parse);

    /// The security mechanisms of a client (RFC 3329).
    security_clients -> impl Iterator<Item = Result<Preference<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::SECURITY_CLIENT, Preference::parse);

    /// The security mechanisms of a server (RFC 3329).
    security_servers -> impl Iterator<Item = Result<Preference<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::SECURITY_SERVER, Preference::parse);

    /// The security mechanisms of the server as the client got them (RFC 3329).
    security_verifies -> impl Iterator<Item = Result<Preference<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::SECURITY_VERIFY, Preference::parse);

    /// The networks the terminal is on (RFC 7315).
    access_networks -> impl Iterator<Item = Result<NetworkInfo<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::P_ACCESS_NETWORK_INFO, NetworkInfo::parse);

    /// The networks the terminal visits (RFC 7315).
    visited_networks -> impl Iterator<Item = Result<NetworkInfo<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::P_VISITED_NETWORK_ID, NetworkInfo::parse);

    /// What the charging records are joined by (RFC 7315); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`ChargingVector::parse`].
    charging_vector -> Result<Option<ChargingVector<'a>>, ParseError> =
        |headers| headers.optional(HeaderName::P_CHARGING_VECTOR, ChargingVector::parse);

    /// The address that was called (RFC 7315); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`NameAddr::parse`].
    called_party -> Result<Option<NameAddr<'a>>, ParseError> =
        |headers| headers.optional(HeaderName::P_CALLED_PARTY_ID, NameAddr::parse);

    /// The services the sender wants (RFC 6050).
    preferred_services -> impl Iterator<Item = Result<UriRef<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::P_PREFERRED_SERVICE, UriRef::parse);

    /// The service a trusted proxy found (RFC 6050).
    asserted_services -> impl Iterator<Item = Result<UriRef<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::P_ASSERTED_SERVICE, UriRef::parse);

    /// The conversation the message belongs to (OMA CPM); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `Call-ID`.
    conversation_id -> Result<Option<&'a str>, ParseError> =
        |headers| headers.optional(HeaderName::CONVERSATION_ID, header::call_id);

    /// The contribution the message is (OMA CPM); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `Call-ID`.
    contribution_id -> Result<Option<&'a str>, ParseError> =
        |headers| headers.optional(HeaderName::CONTRIBUTION_ID, header::call_id);

    /// The contribution the message answers (OMA CPM); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `Call-ID`.
    in_reply_to_contribution_id -> Result<Option<&'a str>, ParseError> =
        |headers| headers.optional(HeaderName::IN_REPLY_TO_CONTRIBUTION_ID, header::call_id);
}
