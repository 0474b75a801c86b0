//! Typed values of fields about bodies, calls, dialogs and authentication (RFC 3261 §20 and extensions).

use alloc::borrow::Cow;

use grammar::ParseError;

use crate::Headers;
use crate::header::{
    self, AuthParams, Authentication, DialogRef, HeaderName, InfoUri, Preference, SessionId,
};

accessors! {
    /// The id other parts of the message call the body by, without brackets (RFC 8262); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `msg-id`.
    content_id -> Result<Option<&'a str>, ParseError> =
        |headers| headers.optional(HeaderName::CONTENT_ID, header::content_id);

    /// How the body is encoded, the first encoding first; compare without case.
    content_encodings -> impl Iterator<Item = Result<&'a str, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::CONTENT_ENCODING, |text| header::word(text, "content-coding"));

    /// The languages of the body; compare without case.
    content_languages -> impl Iterator<Item = Result<&'a str, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::CONTENT_LANGUAGE, |text| header::word(text, "language-tag"));

    /// The encodings the sender takes.
    accept_encodings -> impl Iterator<Item = Result<Preference<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::ACCEPT_ENCODING, Preference::parse);

    /// The languages the sender takes.
    accept_languages -> impl Iterator<Item = Result<Preference<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::ACCEPT_LANGUAGE, Preference::parse);

    /// The event packages the sender has (RFC 6665).
    allow_events -> impl Iterator<Item = Result<&'a str, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::ALLOW_EVENTS, header::option_tag);

    /// How urgent the request is; compare without case; `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `priority-value`.
    priority -> Result<Option<&'a str>, ParseError> =
        |headers| headers.optional(HeaderName::PRIORITY, |text| header::word(text, "priority-value"));

    /// The version of MIME; `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `MIME-Version`.
    mime_version -> Result<Option<&'a str>, ParseError> =
        |headers| headers.optional(HeaderName::MIME_VERSION, header::mime_version);

    /// Where the sender works, on one line; `None` without the field.
    organization -> Option<Cow<'a, str>> =
        |headers| headers.get(HeaderName::ORGANIZATION).map(header::unfold);

    /// The Call-IDs of the calls this one answers.
    in_reply_to -> impl Iterator<Item = Result<&'a str, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::IN_REPLY_TO, header::call_id);

    /// What to ring with.
    alert_infos -> impl Iterator<Item = Result<InfoUri<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::ALERT_INFO, InfoUri::parse);

    /// Where more about the caller or the callee is.
    call_infos -> impl Iterator<Item = Result<InfoUri<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::CALL_INFO, InfoUri::parse);

    /// Where more about the error is.
    error_infos -> impl Iterator<Item = Result<InfoUri<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::ERROR_INFO, InfoUri::parse);

    /// The challenges of a registrar or a user agent.
    challenges -> impl Iterator<Item = Result<Authentication<'a>, ParseError>> + use<'a> =
        |headers| headers.fields(HeaderName::WWW_AUTHENTICATE, Authentication::parse);

    /// The challenges of proxies.
    proxy_challenges -> impl Iterator<Item = Result<Authentication<'a>, ParseError>> + use<'a> =
        |headers| headers.fields(HeaderName::PROXY_AUTHENTICATE, Authentication::parse);

    /// The credentials for a registrar or a user agent.
    authorizations -> impl Iterator<Item = Result<Authentication<'a>, ParseError>> + use<'a> =
        |headers| headers.fields(HeaderName::AUTHORIZATION, Authentication::parse);

    /// The credentials for proxies.
    proxy_authorizations -> impl Iterator<Item = Result<Authentication<'a>, ParseError>> + use<'a> =
        |headers| headers.fields(HeaderName::PROXY_AUTHORIZATION, Authentication::parse);

    /// What a server says after it took the credentials; `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`AuthParams::parse`].
    authentication_info -> Result<Option<AuthParams<'a>>, ParseError> =
        |headers| headers.optional(HeaderName::AUTHENTICATION_INFO, AuthParams::parse);

    /// The dialog this INVITE takes the place of (RFC 3891); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`DialogRef::parse`].
    replaces -> Result<Option<DialogRef<'a>>, ParseError> =
        |headers| headers.optional(HeaderName::REPLACES, DialogRef::parse);

    /// The dialog this INVITE joins (RFC 3911); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`DialogRef::parse`].
    join -> Result<Option<DialogRef<'a>>, ParseError> =
        |headers| headers.optional(HeaderName::JOIN, DialogRef::parse);

    /// The dialog that shows the sender is known (RFC 4538); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`DialogRef::parse`].
    target_dialog -> Result<Option<DialogRef<'a>>, ParseError> =
        |headers| headers.optional(HeaderName::TARGET_DIALOG, DialogRef::parse);

    /// The ids of the session that stay the same along its whole way (RFC 7989); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`SessionId::parse`].
    session_id -> Result<Option<SessionId<'a>>, ParseError> =
        |headers| headers.optional(HeaderName::SESSION_ID, SessionId::parse);

    /// The name of the published state (RFC 3903); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `entity-tag`.
    etag -> Result<Option<&'a str>, ParseError> =
        |headers| headers.optional(HeaderName::SIP_ETAG, |text| header::word(text, "entity-tag"));

    /// The published state this request is about (RFC 3903); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `entity-tag`.
    if_match -> Result<Option<&'a str>, ParseError> =
        |headers| headers.optional(HeaderName::SIP_IF_MATCH, |text| header::word(text, "entity-tag"));

    /// How the request shall be routed (RFC 3841); compare without case.
    request_dispositions -> impl Iterator<Item = Result<&'a str, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::REQUEST_DISPOSITION, |text| header::word(text, "directive"));

    /// The way the request was retargeted (RFC 7044).
    history_infos -> impl Iterator<Item = Result<InfoUri<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::HISTORY_INFO, InfoUri::parse);

    /// Where the sender is (RFC 6442).
    geolocations -> impl Iterator<Item = Result<InfoUri<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::GEOLOCATION, InfoUri::parse);

    /// Seconds a flow lives without a keep-alive (RFC 5626); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `Flow-Timer`.
    flow_timer -> Result<Option<u32>, ParseError> =
        |headers| headers.optional(HeaderName::FLOW_TIMER, header::flow_timer);
}
