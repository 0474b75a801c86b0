//! `check`: reads every value of a message that has a typed reader (RFC 3261 §8.2, §16.3, §20).
//!
//! What routes a message or names its dialog must be right. Lenient: a value nobody needs for that may be
//! malformed, as RFC 4475 §3.1.2.11 has it; it is noted, and its reader reports it to whoever asks.

use alloc::vec::Vec;

use grammar::{Forgiven, Leniency, MediaType, Param, ParseError, ParseErrorKind, Reading};

use crate::header::{
    self, Accept, AcceptContact, AuthParams, Authentication, CSeq, ChargingVector, Contact,
    ContentDisposition, Date, DialogRef, Event, HeaderName, Identity, InfoUri, NameAddr, NetworkInfo,
    Preference, Privacy, RAck, Reason, RetryAfter, SessionExpires, SessionId, Shape, SubscriptionState, Via,
    Warning,
};
use crate::uri::UriRef;
use crate::{Headers, Message, Method, Request, Response};

impl Message {
    /// Reads all values that have a typed reader, and checks that required ones are there and none contradicts
    /// another. Returns what a lenient reading lets pass.
    ///
    /// Peers of RFC 2543, whose requests have no branch, no From tag and no Max-Forwards, are right in both
    /// readings (RFC 3261 §17.2.3, §12.1.1).
    ///
    /// # Errors
    ///
    /// The first departure that may not pass, with its offset in the message.
    pub fn check(&self, reading: Reading) -> Result<Vec<Forgiven>, ParseError> {
        match self {
            Self::Request(request) => request.check(reading),
            Self::Response(response) => response.check(reading),
        }
    }
}

impl Request {
    /// See [`Message::check`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn check(&self, reading: Reading) -> Result<Vec<Forgiven>, ParseError> {
        let mut leniency = Leniency::new(reading);
        let headers = self.headers();
        let uri = self.uri()?;
        let at = headers.offset_of(self.request_uri());
        if !uri.is_strict() || !uri.headers().is_empty() {
            // RFC 4475 §3.1.2.11: header components have no place here and are ignored.
            leniency.forgive(ParseErrorKind::Syntax, "Request-URI", at)?;
        }
        let cseq = self.cseq()?;
        if cseq.method != *self.method() {
            return Err(ParseError::new(
                ParseErrorKind::Mismatch,
                "CSeq",
                value_offset(headers, HeaderName::CSEQ),
            ));
        }
        check_headers(headers, &mut leniency)?;
        let removes_all = headers.contacts().any(|contact| contact.is_ok_and(|contact| contact.is_star()));
        if removes_all && *self.method() != Method::REGISTER {
            let at = value_offset(headers, HeaderName::CONTACT);
            leniency.forgive(ParseErrorKind::Mismatch, "Contact", at)?;
        }
        check_body(headers, self.body_octets().is_empty(), &mut leniency)?;
        Ok(leniency.into_forgiven())
    }
}

impl Response {
    /// See [`Message::check`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn check(&self, reading: Reading) -> Result<Vec<Forgiven>, ParseError> {
        let mut leniency = Leniency::new(reading);
        let headers = self.headers();
        self.cseq()?;
        check_headers(headers, &mut leniency)?;
        check_body(headers, self.body_octets().is_empty(), &mut leniency)?;
        Ok(leniency.into_forgiven())
    }
}

/// Checks the fields each message must have, and then every value.
fn check_headers(headers: Headers<'_>, leniency: &mut Leniency) -> Result<(), ParseError> {
    let via = headers.via()?;
    headers.from()?;
    headers.to()?;
    headers.call_id()?;
    if via.branch().is_some_and(|branch| branch.eq_ignore_ascii_case(Via::COOKIE)) {
        // RFC 4475 §3.1.2.20: names no transaction; matched as a branch of RFC 2543.
        let at = value_offset(headers, HeaderName::VIA);
        leniency.forgive(ParseErrorKind::Syntax, "branch", at)?;
    }
    let mut seen = [false; 256];
    for field in headers.iter() {
        let Some(name) = field.name else { continue };
        let again = seen.get_mut(usize::from(name.id())).is_some_and(|seen| core::mem::replace(seen, true));
        match name.shape() {
            // Content-Length was compared when the message was cut.
            Shape::Vital if again && name != HeaderName::CONTENT_LENGTH => {
                return Err(ParseError::new(ParseErrorKind::Repeated, name.as_str(), field.offset));
            }
            Shape::Single if again => {
                leniency.forgive(ParseErrorKind::Repeated, name.as_str(), field.offset)?
            }
            Shape::List => {
                for value in crate::headers::List::new(field.value) {
                    check_value(headers, name, value, leniency)?;
                }
                continue;
            }
            _ => {}
        }
        check_value(headers, name, field.value, leniency)?;
    }
    Ok(())
}

/// Reads one value; what is wrong with a value that routes nothing is forgiven.
fn check_value(
    headers: Headers<'_>,
    name: HeaderName,
    value: &str,
    leniency: &mut Leniency,
) -> Result<(), ParseError> {
    let at = headers.offset_of(value);
    let result = match name {
        HeaderName::VIA => return headers.read(value, Via::parse).map(|_| ()),
        HeaderName::MAX_FORWARDS => return headers.read(value, header::max_forwards).map(|_| ()),
        HeaderName::FROM | HeaderName::TO | HeaderName::ROUTE => {
            return check_address(headers.read(value, NameAddr::parse)?, at, leniency);
        }
        HeaderName::CONTACT => {
            let contact = headers.read(value, Contact::parse)?;
            return contact.name_addr().map_or(Ok(()), |address| check_address(address, at, leniency));
        }
        HeaderName::RECORD_ROUTE
        | HeaderName::PATH
        | HeaderName::SERVICE_ROUTE
        | HeaderName::REFER_TO
        | HeaderName::REFERRED_BY
        | HeaderName::REPLY_TO
        | HeaderName::P_ASSERTED_IDENTITY
        | HeaderName::P_PREFERRED_IDENTITY
        | HeaderName::P_CALLED_PARTY_ID
        | HeaderName::P_ASSOCIATED_URI => match headers.read(value, NameAddr::parse) {
            Ok(address) => return check_address(address, at, leniency),
            Err(error) => Err(error),
        },
        HeaderName::CONTENT_TYPE => headers.read(value, MediaType::parse).map(|_| ()),
        HeaderName::CONTENT_DISPOSITION => headers.read(value, ContentDisposition::parse).map(|_| ()),
        HeaderName::ACCEPT => headers.read(value, Accept::parse).map(|_| ()),
        HeaderName::ALLOW => headers.read(value, header::method).map(|_| ()),
        HeaderName::SUPPORTED
        | HeaderName::REQUIRE
        | HeaderName::PROXY_REQUIRE
        | HeaderName::UNSUPPORTED
        | HeaderName::ALLOW_EVENTS => headers.read(value, header::option_tag).map(|_| ()),
        HeaderName::EXPIRES | HeaderName::MIN_EXPIRES => headers.read(value, header::expires).map(|_| ()),
        HeaderName::RETRY_AFTER => headers.read(value, RetryAfter::parse).map(|_| ()),
        HeaderName::WARNING => headers.read(value, Warning::parse).map(|_| ()),
        HeaderName::ACCEPT_CONTACT | HeaderName::REJECT_CONTACT => {
            headers.read(value, AcceptContact::parse).map(|_| ())
        }
        HeaderName::SESSION_EXPIRES | HeaderName::MIN_SE => {
            headers.read(value, SessionExpires::parse).map(|_| ())
        }
        HeaderName::RACK => headers.read(value, RAck::parse).map(|_| ()),
        HeaderName::RSEQ => headers.read(value, header::rseq).map(|_| ()),
        HeaderName::CSEQ => headers.read(value, CSeq::parse).map(|_| ()),
        HeaderName::DATE => headers.read(value, Date::parse).map(|_| ()),
        HeaderName::EVENT => headers.read(value, Event::parse).map(|_| ()),
        HeaderName::SUBSCRIPTION_STATE => headers.read(value, SubscriptionState::parse).map(|_| ()),
        HeaderName::REASON => headers.read(value, Reason::parse).map(|_| ()),
        _ => check_more(headers, name, value),
    };
    match result {
        Ok(()) => Ok(()),
        Err(error) => leniency.forgive(error.kind(), error.rule(), error.offset()),
    }
}

/// Reads one value of a field that no user agent must understand.
fn check_more(headers: Headers<'_>, name: HeaderName, value: &str) -> Result<(), ParseError> {
    match name {
        HeaderName::CONTENT_ID => headers.read(value, header::content_id).map(|_| ()),
        HeaderName::CONTENT_ENCODING => {
            headers.read(value, |v| header::word(v, "content-coding")).map(|_| ())
        }
        HeaderName::CONTENT_LANGUAGE => headers.read(value, |v| header::word(v, "language-tag")).map(|_| ()),
        HeaderName::PRIORITY => headers.read(value, |v| header::word(v, "priority-value")).map(|_| ()),
        HeaderName::REQUEST_DISPOSITION => headers.read(value, |v| header::word(v, "directive")).map(|_| ()),
        HeaderName::SIP_ETAG | HeaderName::SIP_IF_MATCH => {
            headers.read(value, |v| header::word(v, "entity-tag")).map(|_| ())
        }
        HeaderName::MIME_VERSION => headers.read(value, header::mime_version).map(|_| ()),
        HeaderName::FLOW_TIMER => headers.read(value, header::flow_timer).map(|_| ()),
        HeaderName::IN_REPLY_TO
        | HeaderName::CONVERSATION_ID
        | HeaderName::CONTRIBUTION_ID
        | HeaderName::IN_REPLY_TO_CONTRIBUTION_ID => headers.read(value, header::call_id).map(|_| ()),
        HeaderName::ALERT_INFO
        | HeaderName::CALL_INFO
        | HeaderName::ERROR_INFO
        | HeaderName::GEOLOCATION
        | HeaderName::HISTORY_INFO => headers.read(value, InfoUri::parse).map(|_| ()),
        HeaderName::ACCEPT_ENCODING
        | HeaderName::ACCEPT_LANGUAGE
        | HeaderName::SECURITY_CLIENT
        | HeaderName::SECURITY_SERVER
        | HeaderName::SECURITY_VERIFY => headers.read(value, Preference::parse).map(|_| ()),
        HeaderName::WWW_AUTHENTICATE
        | HeaderName::PROXY_AUTHENTICATE
        | HeaderName::AUTHORIZATION
        | HeaderName::PROXY_AUTHORIZATION => headers.read(value, Authentication::parse).map(|_| ()),
        HeaderName::AUTHENTICATION_INFO => headers.read(value, AuthParams::parse).map(|_| ()),
        HeaderName::REPLACES | HeaderName::JOIN | HeaderName::TARGET_DIALOG => {
            headers.read(value, DialogRef::parse).map(|_| ())
        }
        HeaderName::SESSION_ID => headers.read(value, SessionId::parse).map(|_| ()),
        HeaderName::PRIVACY => headers.read(value, Privacy::parse).map(|_| ()),
        HeaderName::IDENTITY => headers.read(value, Identity::parse).map(|_| ()),
        HeaderName::P_ACCESS_NETWORK_INFO | HeaderName::P_VISITED_NETWORK_ID => {
            headers.read(value, NetworkInfo::parse).map(|_| ())
        }
        HeaderName::P_CHARGING_VECTOR => headers.read(value, ChargingVector::parse).map(|_| ()),
        HeaderName::P_PREFERRED_SERVICE | HeaderName::P_ASSERTED_SERVICE => {
            headers.read(value, UriRef::parse).map(|_| ())
        }
        _ => Ok(()),
    }
}

/// What the grammar of addresses does not allow and their reader does.
fn check_address(address: NameAddr<'_>, at: usize, leniency: &mut Leniency) -> Result<(), ParseError> {
    if !address.raw_display_name.starts_with('"') && !address.raw_display_name.is_ascii() {
        leniency.forgive(ParseErrorKind::Syntax, "display-name", at)?;
    }
    if !address.has_brackets && address.uri.as_str().contains([',', '?', ';']) {
        // RFC 3261 §20: such a URI must stand in brackets.
        leniency.forgive(ParseErrorKind::Syntax, "addr-spec", at)?;
    }
    if !address.uri.is_strict() {
        leniency.forgive(ParseErrorKind::Syntax, "URI", at)?;
    }
    if address.params.iter().any(|param: Param<'_>| param.raw.is_some_and(|raw| !is_gen_value(raw))) {
        leniency.forgive(ParseErrorKind::Syntax, "gen-value", at)?;
    }
    Ok(())
}

/// `gen-value = token / host / quoted-string`
fn is_gen_value(raw: &str) -> bool {
    raw.starts_with('"')
        || crate::method::TOKEN.matches(raw.as_bytes())
        || grammar::Host::parse(raw).is_ok()
        || UriRef::parse(raw).is_ok()
}

/// RFC 3261 §20.15: a body has a type.
fn check_body(headers: Headers<'_>, is_empty: bool, leniency: &mut Leniency) -> Result<(), ParseError> {
    if is_empty || headers.contains(HeaderName::CONTENT_TYPE) {
        return Ok(());
    }
    leniency.forgive(ParseErrorKind::Missing, "Content-Type", headers.head_len())
}

fn value_offset(headers: Headers<'_>, name: HeaderName) -> usize {
    headers.get(name).map_or(0, |value| headers.offset_of(value))
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use bytes::Bytes;

    use super::*;

    /// Checks a request with these fields leniently and strictly.
    #[track_caller]
    fn check(fields: &str, lenient: &str, strict: &str) {
        let text = format!(
            "REGISTER sip:x SIP/2.0\r\nv: SIP/2.0/UDP a;branch=z9hG4bK1\r\nf: <sip:a@b>;tag=1\r\ni: 1\r\n\
             CSeq: 1 REGISTER\r\n{fields}\r\n"
        );
        let message = Message::parse(Bytes::from(text.clone())).unwrap();
        let read = |reading| match message.check(reading) {
            Ok(forgiven) => forgiven.iter().map(|one| format!("{} ", one.rule)).collect::<String>(),
            Err(error) => {
                assert!(error.offset() <= text.len());
                format!("{:?} {}", error.kind(), error.rule())
            }
        };
        assert_eq!([read(Reading::Lenient), read(Reading::Strict)], [lenient, strict], "{fields}");
    }

    #[test]
    fn rfc3261_8_1_1_what_must_be_there_once() {
        check("t: <sip:a@b>\r\n", "", "");
        check("", "Missing To", "Missing To");
        check("t: <sip:a@b>\r\nTo: <sip:a@b>\r\n", "Repeated To", "Repeated To");
        check("t: <sip:a@b>\r\nCSeq: 1 REGISTER\r\n", "Repeated CSeq", "Repeated CSeq");
    }

    #[test]
    fn rfc4475_3_1_2_11_what_routes_nothing_may_be_malformed() {
        check("t: <sip:a@b>\r\nDate: x\r\n", "wkday ", "Syntax wkday");
        check("t: <sip:a@b>\r\nExpires: x\r\nRequire: a,,b\r\n", "Expires option-tag ", "Syntax Expires");
        check("t: <sip:a@b>\r\nSubject: x\r\ns: y\r\n", "Subject ", "Repeated Subject");
        check("t: <sip:a@b>\r\nRecord-Route: x\r\n", "scheme ", "Syntax scheme");
        check("t: <sip:a@b>\r\nRoute: x\r\n", "Syntax scheme", "Syntax scheme");
        check("t: <sip:a@b>\r\nm: <sip:a@b>,\r\n", "Syntax scheme", "Syntax scheme");
    }

    #[test]
    fn rfc3261_20_addresses_that_need_brackets_or_quotes() {
        check("t: sip:a@b;x=y\r\n", "", "");
        check("t: sip:a@b?x=y\r\n", "addr-spec ", "Syntax addr-spec");
        check("t: J\u{fc}rgen <sip:a@b>\r\n", "display-name ", "Syntax display-name");
        check("t: <sip:*72#@b>\r\n", "URI ", "Syntax URI");
        check("t: <sip:a@b>;x=a/b@c\r\n", "gen-value ", "Syntax gen-value");
    }

    #[test]
    fn rfc4475_3_1_2_20_a_branch_that_names_nothing() {
        let text = "A b:c SIP/2.0\r\nv: SIP/2.0/UDP a;branch=Z9HG4BK\r\nf: <sip:a@b>\r\nt: <sip:a@b>\r\ni: 1\r\nCSeq: 1 A\r\n\r\n";
        let message = Message::parse(Bytes::from_static(text.as_bytes())).unwrap();
        assert_eq!(message.check(Reading::Lenient).unwrap()[0].rule, "branch");
        assert_eq!(message.check(Reading::Strict).unwrap_err().rule(), "branch");
    }
}
