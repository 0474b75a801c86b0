//! Properties of the readers of SIP header values.

use std::fmt::Display;

use bytes::Bytes;
use sip::header::{
    Accept, AcceptContact, AuthParams, Authentication, CSeq, ChargingVector, Contact, ContentDisposition,
    Date, DialogRef, Event, HeaderName, Identity, InfoUri, NameAddr, NetworkInfo, Preference, Privacy, RAck,
    Reason, RetryAfter, SessionExpires, SessionId, SubscriptionState, Via, Warning,
};
use sip::{Message, ParseError, Reading, UriRef};

use crate::input::texts;

/// No text makes a reader of header values panic, in whatever family; offsets lie in the text, what is read prints to a
/// text that reads and prints the same, and the check of a whole message finds what the readers find.
pub fn sip_header(data: &[u8]) {
    let Some([name, value]) = texts::<2>(data) else { return };
    addresses(value);
    words(value);
    numbers(value);
    people(value);
    in_message(name, value);
}

fn addresses(value: &str) {
    if let Some(via) = holds(value, Via::parse) {
        let _ =
            (via.branch(), via.has_rfc3261_branch(), via.received(), via.rport(), via.maddr(), via.keep());
    }
    if let Some(address) = holds(value, NameAddr::parse) {
        let _ = (
            address.display_name(),
            address.tag(),
            address.uri.host_port(),
            address.uri.params().iter().count(),
        );
    }
    if let Some(contact) = holds(value, Contact::parse) {
        let _ = (contact.q(), contact.expires(), contact.is_focus(), contact.instance());
    }
    if let Some(info) = holds(value, InfoUri::parse) {
        let _ = (info.purpose(), info.index());
    }
    holds(value, UriRef::parse);
}

fn words(value: &str) {
    if let Some(accept) = holds(value, Accept::parse) {
        assert!(accept.q <= 1000);
    }
    if let Some(preference) = holds(value, Preference::parse) {
        assert!(preference.q() <= 1000);
    }
    holds(value, AcceptContact::parse);
    holds(value, ContentDisposition::parse);
    holds(value, Event::parse);
    holds(value, SubscriptionState::parse);
    holds(value, Reason::parse);
    holds(value, Privacy::parse);
    holds(value, SessionId::parse);
    holds(value, Identity::parse);
    holds(value, NetworkInfo::parse);
    holds(value, ChargingVector::parse);
    holds(value, DialogRef::parse);
}

fn numbers(value: &str) {
    holds(value, CSeq::parse);
    holds(value, RAck::parse);
    holds(value, Date::parse);
    holds(value, RetryAfter::parse);
    holds(value, SessionExpires::parse);
}

fn people(value: &str) {
    holds(value, Warning::parse);
    if let Some(params) = holds(value, AuthParams::parse) {
        assert!(params.iter().all(|(name, _)| params.get(name).is_some()));
    }
    holds(value, Authentication::parse);
}

/// Reads a text with one reader and checks what holds for all.
fn holds<'a, T: Display + 'a>(value: &'a str, parse: impl Fn(&'a str) -> Result<T, ParseError>) -> Option<T>
where
    T: Reads,
{
    match parse(value) {
        Ok(read) => {
            let printed = read.to_string();
            T::reads(&printed, &printed);
            Some(read)
        }
        Err(error) => {
            assert!(error.offset() <= value.len());
            None
        }
    }
}

/// A type that reads what it prints.
trait Reads {
    /// Reads a text; it prints as `expected`.
    fn reads(text: &str, expected: &str);
}

macro_rules! reads {
    ($($type:ty,)*) => {
        $(impl Reads for $type {
            fn reads(text: &str, expected: &str) {
                let again = <$type>::parse(text).expect("what was printed reads");
                assert_eq!(again.to_string(), expected);
            }
        })*
    };
}

reads! {
    Accept<'_>, AcceptContact<'_>, AuthParams<'_>, Authentication<'_>, CSeq, ChargingVector<'_>, Contact<'_>,
    ContentDisposition<'_>, Date, DialogRef<'_>, Event<'_>, Identity<'_>, InfoUri<'_>, NameAddr<'_>, NetworkInfo<'_>,
    Preference<'_>, Privacy<'_>, RAck, Reason<'_>, RetryAfter<'_>, SessionExpires<'_>, SessionId<'_>, SubscriptionState<'_>, UriRef<'_>,
    Via<'_>, Warning<'_>,
}

/// The value as the only one of its field, through the door of a whole message.
fn in_message(name: &str, value: &str) {
    let text = format!(
        "A b:c SIP/2.0\r\nv: SIP/2.0/UDP a;branch=z9hG4bK1\r\nf: <sip:a@b>;tag=1\r\nt: <sip:a@b>\r\ni: 1\r\n\
         CSeq: 1 A\r\n{name}: {value}\r\n\r\n"
    );
    let Ok(message) = Message::parse(Bytes::from(text)) else { return };
    let (strict, lenient) = (message.check(Reading::Strict), message.check(Reading::Lenient));
    assert!(
        strict.is_err() || lenient.as_ref().is_ok_and(Vec::is_empty),
        "a strict reading forgives nothing"
    );
    if let Ok(forgiven) = lenient {
        assert_eq!(
            strict.is_err(),
            !forgiven.is_empty(),
            "what is forgiven is what a strict reading refuses"
        );
    }
    if let Some(name) = HeaderName::parse(name) {
        let headers = message.headers();
        assert!(headers.contains(name));
        assert!(headers.values(name).all(|value| headers.offset_of(value) <= message.as_bytes().len()));
    }
}
