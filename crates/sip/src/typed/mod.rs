//! The typed values of the header fields: defined on `Headers`, and the same on messages.

use alloc::borrow::Cow;

use grammar::{MediaType, ParseError, ParseErrorKind};

use crate::header::{
    self, Accept, AcceptContact, CSeq, Contact, ContentDisposition, Date, Event, FromTo, HeaderName,
    NameAddr, RAck, Reason, RetryAfter, SessionExpires, SubscriptionState, Via, Warning,
};
use crate::{Headers, Method};

impl<'a> Headers<'a> {
    /// The first value of a field that must be there.
    #[inline]
    fn first(&self, name: HeaderName) -> Result<&'a str, ParseError> {
        self.values(name).next().ok_or_else(|| self.missing(name))
    }

    /// The value of a field that must be there.
    #[inline]
    fn required(&self, name: HeaderName) -> Result<&'a str, ParseError> {
        self.get(name).ok_or_else(|| self.missing(name))
    }

    #[cold]
    fn missing(&self, name: HeaderName) -> ParseError {
        ParseError::new(ParseErrorKind::Missing, name.as_str(), self.head_len())
    }

    /// A field that may be missing, read by `parse`.
    fn optional<T>(
        &self,
        name: HeaderName,
        parse: impl FnOnce(&'a str) -> Result<T, ParseError>,
    ) -> Result<Option<T>, ParseError> {
        self.get(name).map(|value| self.read(value, parse)).transpose()
    }

    /// Each value of a list, read by `parse`.
    fn list<T, F: Fn(&'a str) -> Result<T, ParseError>>(
        self,
        name: HeaderName,
        parse: F,
    ) -> impl Iterator<Item = Result<T, ParseError>> + use<'a, T, F> {
        self.values(name).map(move |value| self.read(value, &parse))
    }

    /// Each field of this name, read by `parse` as one value, for its commas are its own.
    fn fields<T, F: Fn(&'a str) -> Result<T, ParseError>>(
        self,
        name: HeaderName,
        parse: F,
    ) -> impl Iterator<Item = Result<T, ParseError>> + use<'a, T, F> {
        self.get_all(name).map(move |value| self.read(value, &parse))
    }
}

/// Writes the accessors once for `Headers` and once for each message type.
macro_rules! accessors {
    ($($(#[$doc:meta])* $name:ident -> $type:ty = |$headers:ident| $body:expr;)*) => {
        impl<'a> Headers<'a> {
            $(
                $(#[$doc])*
                #[inline]
                pub fn $name(&self) -> $type {
                    let $headers = self;
                    $body
                }
            )*
        }

        accessors! { @on $crate::Message; $($(#[$doc])* $name -> $type;)* }
        accessors! { @on $crate::Request; $($(#[$doc])* $name -> $type;)* }
        accessors! { @on $crate::Response; $($(#[$doc])* $name -> $type;)* }
    };
    (@on $message:ty; $($(#[$doc:meta])* $name:ident -> $type:ty;)*) => {
        impl $message {
            $(
                $(#[$doc])*
                #[inline]
                pub fn $name<'a>(&'a self) -> $type
                where
                    Self: 'a, // some of the types name the lifetime, some do not
                {
                    self.headers().$name()
                }
            )*
        }
    };
}

mod extensions;
mod identities;

accessors! {
    /// The topmost Via: the hop the message came from, or for responses our own.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`Via::parse`], or of kind `Missing`. Offsets count from the start of the message.
    via -> Result<Via<'a>, ParseError> =
        |headers| headers.read(headers.first(HeaderName::VIA)?, Via::parse);

    /// All Via values, topmost first.
    vias -> impl Iterator<Item = Result<Via<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::VIA, Via::parse);

    /// Who sent the request.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`NameAddr::parse`], or of kind `Missing`.
    from -> Result<FromTo<'a>, ParseError> =
        |headers| headers.read(headers.required(HeaderName::FROM)?, NameAddr::parse);

    /// Whom the request is for.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`NameAddr::parse`], or of kind `Missing`.
    to -> Result<FromTo<'a>, ParseError> =
        |headers| headers.read(headers.required(HeaderName::TO)?, NameAddr::parse);

    /// The Call-ID, which compares byte by byte (RFC 3261 §20.8).
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `Call-ID`, or of kind `Missing`.
    call_id -> Result<&'a str, ParseError> =
        |headers| headers.read(headers.required(HeaderName::CALL_ID)?, header::call_id);

    /// Number and method of the request.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`CSeq::parse`], or of kind `Missing`.
    cseq -> Result<CSeq, ParseError> =
        |headers| headers.read(headers.required(HeaderName::CSEQ)?, |text| CSeq::parse_in(headers.text(), text));

    /// All Contact values.
    contacts -> impl Iterator<Item = Result<Contact<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::CONTACT, Contact::parse);

    /// All Route values: the proxies still to visit, next one first.
    routes -> impl Iterator<Item = Result<NameAddr<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::ROUTE, NameAddr::parse);

    /// All Record-Route values: the proxies that want to stay in the dialog, last one visited first.
    record_routes -> impl Iterator<Item = Result<NameAddr<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::RECORD_ROUTE, NameAddr::parse);

    /// How many more proxies the request may pass, 0 to 255; `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `Max-Forwards`.
    max_forwards -> Result<Option<u8>, ParseError> =
        |headers| headers.optional(HeaderName::MAX_FORWARDS, header::max_forwards);

    /// The type of the body; `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`MediaType::parse`].
    content_type -> Result<Option<MediaType<'a>>, ParseError> =
        |headers| headers.optional(HeaderName::CONTENT_TYPE, MediaType::parse);

    /// Content-Length as written, in bytes; `None` without the field.
    content_length -> Option<usize> =
        |headers| headers.get(HeaderName::CONTENT_LENGTH).and_then(|value| value.parse().ok());

    /// Seconds until what the message is about ends; `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] of the rule `Expires`.
    expires -> Result<Option<u32>, ParseError> =
        |headers| headers.optional(HeaderName::EXPIRES, header::expires);

    /// The shortest time in seconds a registrar takes; `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of the rule `Expires`.
    min_expires -> Result<Option<u32>, ParseError> =
        |headers| headers.optional(HeaderName::MIN_EXPIRES, header::expires);

    /// All Service-Route values: the way of requests from a registered user (RFC 3608).
    service_routes -> impl Iterator<Item = Result<NameAddr<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::SERVICE_ROUTE, NameAddr::parse);

    /// All Path values: the way to a registered user (RFC 3327).
    paths -> impl Iterator<Item = Result<NameAddr<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::PATH, NameAddr::parse);

    /// All P-Asserted-Identity values: who a trusted proxy says it is (RFC 3325).
    asserted_identities -> impl Iterator<Item = Result<NameAddr<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::P_ASSERTED_IDENTITY, NameAddr::parse);

    /// All P-Preferred-Identity values: who the sender wants to be (RFC 3325).
    preferred_identities -> impl Iterator<Item = Result<NameAddr<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::P_PREFERRED_IDENTITY, NameAddr::parse);

    /// All P-Associated-URI values: the other names of a registered user (RFC 7315).
    associated_uris -> impl Iterator<Item = Result<NameAddr<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::P_ASSOCIATED_URI, NameAddr::parse);

    /// What the body is for; `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`ContentDisposition::parse`].
    content_disposition -> Result<Option<ContentDisposition<'a>>, ParseError> =
        |headers| headers.optional(HeaderName::CONTENT_DISPOSITION, ContentDisposition::parse);

    /// The media types the sender takes. No field means SDP, an empty one nothing (RFC 3261 §20.1).
    accepts -> impl Iterator<Item = Result<Accept<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::ACCEPT, Accept::parse);

    /// The methods the sender takes.
    allow -> impl Iterator<Item = Result<Method, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::ALLOW, header::method);

    /// The extensions the sender has; compare without case.
    supported -> impl Iterator<Item = Result<&'a str, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::SUPPORTED, header::option_tag);

    /// The extensions the receiver must have; compare without case.
    require -> impl Iterator<Item = Result<&'a str, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::REQUIRE, header::option_tag);

    /// The extensions proxies must have; compare without case.
    proxy_require -> impl Iterator<Item = Result<&'a str, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::PROXY_REQUIRE, header::option_tag);

    /// The extensions the sender does not have; compare without case.
    unsupported -> impl Iterator<Item = Result<&'a str, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::UNSUPPORTED, header::option_tag);

    /// When to try again; `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`RetryAfter::parse`].
    retry_after -> Result<Option<RetryAfter<'a>>, ParseError> =
        |headers| headers.optional(HeaderName::RETRY_AFTER, RetryAfter::parse);

    /// All warnings.
    warnings -> impl Iterator<Item = Result<Warning<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::WARNING, Warning::parse);

    /// The features the callee's contact shall have (RFC 3841).
    accept_contacts -> impl Iterator<Item = Result<AcceptContact<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::ACCEPT_CONTACT, AcceptContact::parse);

    /// The features the callee's contact shall not have (RFC 3841).
    reject_contacts -> impl Iterator<Item = Result<AcceptContact<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::REJECT_CONTACT, AcceptContact::parse);

    /// How long the session lives without a refresh (RFC 4028); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`SessionExpires::parse`].
    session_expires -> Result<Option<SessionExpires<'a>>, ParseError> =
        |headers| headers.optional(HeaderName::SESSION_EXPIRES, SessionExpires::parse);

    /// The shortest session interval somebody takes (RFC 4028); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`SessionExpires::parse`].
    min_se -> Result<Option<SessionExpires<'a>>, ParseError> =
        |headers| headers.optional(HeaderName::MIN_SE, SessionExpires::parse);

    /// Which provisional response a PRACK acknowledges (RFC 3262); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`RAck::parse`].
    rack -> Result<Option<RAck>, ParseError> =
        |headers| headers.optional(HeaderName::RACK, RAck::parse);

    /// The number of a reliable provisional response (RFC 3262); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of the rule `RSeq`.
    rseq -> Result<Option<u32>, ParseError> =
        |headers| headers.optional(HeaderName::RSEQ, header::rseq);

    /// What the request is about, on one line; `None` without the field.
    subject -> Option<Cow<'a, str>> =
        |headers| headers.get(HeaderName::SUBJECT).map(header::unfold);

    /// The software of the client, on one line; `None` without the field.
    user_agent -> Option<Cow<'a, str>> =
        |headers| headers.get(HeaderName::USER_AGENT).map(header::unfold);

    /// The software of the server, on one line; `None` without the field.
    server -> Option<Cow<'a, str>> =
        |headers| headers.get(HeaderName::SERVER).map(header::unfold);

    /// When the message was sent first; `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`Date::parse`].
    date -> Result<Option<Date>, ParseError> =
        |headers| headers.optional(HeaderName::DATE, Date::parse);

    /// The event package (RFC 6665); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`Event::parse`].
    event -> Result<Option<Event<'a>>, ParseError> =
        |headers| headers.optional(HeaderName::EVENT, Event::parse);

    /// How the subscription stands (RFC 6665); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`SubscriptionState::parse`].
    subscription_state -> Result<Option<SubscriptionState<'a>>, ParseError> =
        |headers| headers.optional(HeaderName::SUBSCRIPTION_STATE, SubscriptionState::parse);

    /// Where a REFER sends its receiver (RFC 3515); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`NameAddr::parse`].
    refer_to -> Result<Option<NameAddr<'a>>, ParseError> =
        |headers| headers.optional(HeaderName::REFER_TO, NameAddr::parse);

    /// Who sent the referrer (RFC 3892); `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`NameAddr::parse`].
    referred_by -> Result<Option<NameAddr<'a>>, ParseError> =
        |headers| headers.optional(HeaderName::REFERRED_BY, NameAddr::parse);

    /// Whom to call back; `None` without the field.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`NameAddr::parse`].
    reply_to -> Result<Option<NameAddr<'a>>, ParseError> =
        |headers| headers.optional(HeaderName::REPLY_TO, NameAddr::parse);

    /// Why the request was sent (RFC 3326).
    reasons -> impl Iterator<Item = Result<Reason<'a>, ParseError>> + use<'a> =
        |headers| headers.list(HeaderName::REASON, Reason::parse);
}

#[cfg(test)]
mod tests;
