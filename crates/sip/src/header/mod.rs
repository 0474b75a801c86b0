//! The values of header fields, one file for each family, all in the same order: view, parse, print, tests.
//!
//! A view borrows from the message. Reading takes what the grammar allows, white space and folds around
//! separators included, and forgives what real peers write as long as its meaning is beyond doubt. Printing
//! is `Display`, which the builders take.
//!
//! | fields | read as |
//! |---|---|
//! | Via | [`Via`] |
//! | From, To, Route, Record-Route, Path, Service-Route, Reply-To, Refer-To, Referred-By, P-Asserted-Identity, P-Preferred-Identity, P-Associated-URI, P-Called-Party-ID | [`NameAddr`] |
//! | Contact | [`Contact`] |
//! | CSeq, RAck | [`CSeq`], [`RAck`] |
//! | Content-Type | [`grammar::MediaType`] |
//! | Content-Disposition | [`ContentDisposition`] |
//! | Accept | [`Accept`] |
//! | Accept-Encoding, Accept-Language, Security-Client, Security-Server, Security-Verify | [`Preference`] |
//! | Accept-Contact, Reject-Contact | [`AcceptContact`] |
//! | WWW-Authenticate, Proxy-Authenticate, Authorization, Proxy-Authorization | [`Authentication`] |
//! | Authentication-Info | [`AuthParams`] |
//! | Session-Expires, Min-SE | [`SessionExpires`] |
//! | Session-ID | [`SessionId`] |
//! | Event, Subscription-State | [`Event`], [`SubscriptionState`] |
//! | Replaces, Join, Target-Dialog | [`DialogRef`] |
//! | Alert-Info, Call-Info, Error-Info, Geolocation, History-Info | [`InfoUri`] |
//! | Date, Retry-After | [`Date`], [`RetryAfter`] |
//! | Warning, Reason, Privacy, Identity | [`Warning`], [`Reason`], [`Privacy`], [`Identity`] |
//! | P-Access-Network-Info, P-Visited-Network-ID | [`NetworkInfo`] |
//! | P-Charging-Vector | [`ChargingVector`] |
//! | P-Preferred-Service, P-Asserted-Service | [`crate::UriRef`] |
//! | Max-Forwards, Expires, Min-Expires, RSeq, Flow-Timer, Content-Length | numbers |
//! | Supported, Require, Proxy-Require, Unsupported, Allow-Events, Content-Encoding, Content-Language, Request-Disposition, In-Reply-To | lists of words |
//! | Allow | [`crate::Method`] |
//! | Call-ID, Content-ID, Priority, MIME-Version, SIP-ETag, SIP-If-Match, Conversation-ID, Contribution-ID, InReplyTo-Contribution-ID | words |
//! | Subject, Organization, Server, User-Agent | text on one line |
//!
//! Each has a method of its own on [`crate::Headers`] and on messages.

mod accept;
mod accept_contact;
mod authentication;
mod call_id;
mod contact;
mod content_disposition;
mod cseq;
mod date;
mod dialog_ref;
mod event;
mod identifier;
mod identity;
mod info_uri;
mod name;
mod name_addr;
mod network_info;
mod number;
mod option_tags;
mod preference;
mod privacy;
mod rack;
mod reason;
mod retry_after;
mod session_expires;
mod session_id;
mod text;
mod via;
mod warning;

use grammar::{CharClass, Params, ParseError, ParseErrorKind};

pub use self::accept::Accept;
pub use self::accept_contact::AcceptContact;
pub use self::authentication::{AuthParams, Authentication};
pub(crate) use self::call_id::call_id;
pub use self::contact::Contact;
pub use self::content_disposition::ContentDisposition;
pub use self::cseq::CSeq;
pub use self::date::Date;
pub use self::dialog_ref::DialogRef;
pub use self::event::{Event, SubscriptionState};
pub(crate) use self::identifier::{content_id, mime_version, word};
pub use self::identity::Identity;
pub use self::info_uri::InfoUri;
pub use self::name::HeaderName;
pub(crate) use self::name::{NAME, Shape, id_of_short};
pub use self::name_addr::{FromTo, NameAddr};
pub use self::network_info::{ChargingVector, NetworkInfo};
pub(crate) use self::number::{delta_seconds, expires, flow_timer, max_forwards, qvalue, rseq};
pub(crate) use self::option_tags::{method, option_tag};
pub use self::preference::Preference;
pub use self::privacy::Privacy;
pub use self::rack::RAck;
pub use self::reason::Reason;
pub use self::retry_after::RetryAfter;
pub use self::session_expires::{Refresher, SessionExpires};
pub use self::session_id::SessionId;
pub(crate) use self::text::unfold;
pub use self::via::Via;
pub use self::warning::Warning;
use crate::method::TOKEN;

/// Linear white space of RFC 3261 §25.1, folds included.
#[inline]
pub(crate) fn skip_lws(text: &str) -> &str {
    CharClass::LWS.trim_start(text)
}

/// As [`skip_lws`], at the end.
#[inline]
pub(crate) fn trim_lws_end(text: &str) -> &str {
    CharClass::LWS.trim_end(text)
}

/// `token *( SEMI generic-param )`; a missing token is an error of `rule`.
fn token_params<'a>(text: &'a str, rule: &'static str) -> Result<(&'a str, Params<'a>), ParseError> {
    let span = TOKEN.span(text.as_bytes());
    let Some((token, params)) = text.split_at_checked(span).filter(|_| span > 0) else {
        return Err(ParseError::new(ParseErrorKind::Syntax, rule, 0));
    };
    let params = Params::parse(params).map_err(|error| error.shifted(span))?;
    Ok((token, params))
}

/// `comment = LPAREN *( ctext / quoted-pair / comment ) RPAREN`: its length in bytes.
fn comment(text: &str) -> Result<usize, ParseError> {
    let mut depth = 0_usize;
    let mut escaped = false;
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' if depth == 1 => return Ok(i + 1),
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Err(ParseError::new(ParseErrorKind::Incomplete, "comment", text.len()))
}
