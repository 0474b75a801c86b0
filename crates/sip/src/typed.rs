//! The typed values of the header fields: defined on `Headers`, and the same on messages.

use grammar::{MediaType, ParseError, ParseErrorKind};

use crate::header::{CSeq, Contact, FromTo, HeaderName, NameAddr, Via};
use crate::{Headers, Message, Request, Response};

impl<'a> Headers<'a> {
    /// The first value of a field that must be there.
    fn first(&self, name: HeaderName) -> Result<&'a str, ParseError> {
        self.values(name).next().ok_or_else(|| self.missing(name))
    }

    /// The value of a field that must be there.
    fn required(&self, name: HeaderName) -> Result<&'a str, ParseError> {
        self.get(name).ok_or_else(|| self.missing(name))
    }

    fn missing(&self, name: HeaderName) -> ParseError {
        ParseError::new(ParseErrorKind::Missing, name.as_str(), self.head().len())
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
}

/// Writes the accessors once for `Headers` and once for each message type.
macro_rules! accessors {
    ($($(#[$doc:meta])* $name:ident -> $type:ty = |$headers:ident| $body:expr;)*) => {
        impl<'a> Headers<'a> {
            $(
                $(#[$doc])*
                pub fn $name(&self) -> $type {
                    let $headers = self;
                    $body
                }
            )*
        }

        accessors! { @on Message $($(#[$doc])* $name -> $type;)* }
        accessors! { @on Request $($(#[$doc])* $name -> $type;)* }
        accessors! { @on Response $($(#[$doc])* $name -> $type;)* }
    };
    (@on $message:ident $($(#[$doc:meta])* $name:ident -> $type:ty;)*) => {
        impl $message {
            $(
                $(#[$doc])*
                pub fn $name<'a>(&'a self) -> $type {
                    self.headers().$name()
                }
            )*
        }
    };
}

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
        |headers| headers.read(headers.required(HeaderName::CALL_ID)?, crate::header::call_id);

    /// Number and method of the request.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] as of [`CSeq::parse`], or of kind `Missing`.
    cseq -> Result<CSeq, ParseError> =
        |headers| headers.read(headers.required(HeaderName::CSEQ)?, |text| CSeq::parse_in(headers.head(), text));

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
        |headers| headers.optional(HeaderName::MAX_FORWARDS, crate::header::max_forwards);

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
        |headers| headers.optional(HeaderName::EXPIRES, crate::header::expires);
}
