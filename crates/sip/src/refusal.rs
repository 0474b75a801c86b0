//! `Refusal`: how a request that a user agent does not process is answered (RFC 3261 §8.2, §18.3, RFC 4475).

use alloc::string::String;

use bytes::{BufMut as _, Bytes, BytesMut};
use grammar::{CharClass, MediaRange, MediaType, ParseError, ParseErrorKind, Reading};

use crate::header::{HeaderName, NAME};
use crate::method::TOKEN;
use crate::uri::Scheme;
use crate::{Message, Method, Request, Response, ResponseBuilder, StatusCode, encode};

/// The answer to a request that was refused before anybody worked on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    status: StatusCode,
    field: Option<(HeaderName, String)>,
    response: Option<Bytes>,
}

/// What a user agent can do, as far as it decides on refusing.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::exhaustive_structs,
    reason = "callers fill in what they know and take the rest from DEFAULT"
)]
pub struct Support<'a> {
    /// Methods it takes; empty: any. Others are refused with 501, registered ones with 405.
    pub methods: &'a [Method],
    /// Schemes of a Request-URI.
    pub schemes: &'a [Scheme],
    /// Extensions, in lower case.
    pub options: &'a [&'a str],
    /// Media types and ranges of the body of an INVITE; empty: any.
    pub invite_bodies: &'a [&'a str],
}

impl Support<'static> {
    /// Any method, every registered extension, sessions described by SDP.
    pub const DEFAULT: Self = Self {
        methods: &[],
        schemes: &[Scheme::Sip, Scheme::Sips, Scheme::Tel, Scheme::Urn],
        options: &OPTION_TAGS,
        invite_bodies: &["application/sdp", "multipart/*"],
    };
}

/// The option tags of the IANA registry.
const OPTION_TAGS: [&str; 37] = [
    "100rel",
    "199",
    "answermode",
    "early-session",
    "eventlist",
    "explicitsub",
    "from-change",
    "geolocation-http",
    "geolocation-sip",
    "gin",
    "gruu",
    "histinfo",
    "ice",
    "join",
    "multiple-refer",
    "norefersub",
    "nosub",
    "outbound",
    "path",
    "policy",
    "precondition",
    "pref",
    "privacy",
    "recipient-list-invite",
    "recipient-list-message",
    "recipient-list-subscribe",
    "record-aware",
    "replaces",
    "resource-priority",
    "sdp-anat",
    "sec-agree",
    "siprec",
    "tdialog",
    "timer",
    "trickle-ice",
    "uui",
    "view-share",
];

impl Message {
    /// The status code a user agent of [`Support::DEFAULT`] refuses this request with; `None` if it would go on
    /// to process it, for an ACK, which nobody answers, and for responses.
    #[must_use]
    pub fn answer(&self) -> Option<StatusCode> {
        self.as_request()
            .and_then(|request| request.refusal(&Support::DEFAULT))
            .map(|refusal| refusal.status())
    }
}

impl Request {
    /// How a user agent refuses this request; `None` if it goes on to process it, or if it is an ACK.
    ///
    /// The order is that of RFC 3261 §8.2: well formed (400), method (405, 501), Request-URI (416), extensions
    /// (420), content (415), acceptable answers (406). Authentication and dialogs come after.
    #[must_use]
    pub fn refusal(&self, support: &Support<'_>) -> Option<Refusal> {
        if *self.method() == Method::ACK {
            return None;
        }
        if self.check(Reading::Lenient).is_err() || self.registers_a_stranger() {
            return Some(Refusal::new(StatusCode::BAD_REQUEST));
        }
        if !support.methods.is_empty() && !support.methods.contains(self.method()) {
            let status = match self.method().is_registered() {
                true => StatusCode::METHOD_NOT_ALLOWED,
                false => StatusCode::NOT_IMPLEMENTED,
            };
            let allow = support.methods.iter().map(Method::as_str);
            return Some(Refusal::new(status).with(HeaderName::ALLOW, allow));
        }
        if self.uri().is_ok_and(|uri| !support.schemes.contains(&uri.scheme())) {
            return Some(Refusal::new(StatusCode::UNSUPPORTED_URI_SCHEME));
        }
        self.refused_extensions(support).or_else(|| self.refused_content(support))
    }

    /// RFC 4475 §3.3.4: only sip, sips and tel URIs can be registered.
    fn registers_a_stranger(&self) -> bool {
        *self.method() == Method::REGISTER
            && self.to().is_ok_and(|to| !matches!(to.uri.scheme(), Scheme::Sip | Scheme::Sips | Scheme::Tel))
    }

    /// RFC 3261 §8.2.2.3. CANCEL asks for no extension.
    fn refused_extensions(&self, support: &Support<'_>) -> Option<Refusal> {
        if *self.method() == Method::CANCEL {
            return None;
        }
        let unknown = |tag: &&str| !support.options.iter().any(|option| option.eq_ignore_ascii_case(tag));
        let mut tags = self.require().filter_map(Result::ok).filter(unknown).peekable();
        tags.peek()?;
        Some(Refusal::new(StatusCode::BAD_EXTENSION).with(HeaderName::UNSUPPORTED, tags))
    }

    /// RFC 3261 §8.2.3 and §13.3.1: a body that is not understood, an answer that is not wanted.
    fn refused_content(&self, support: &Support<'_>) -> Option<Refusal> {
        if *self.method() != Method::INVITE || support.invite_bodies.is_empty() {
            return None;
        }
        let may_be_ignored =
            self.content_disposition().is_ok_and(|value| value.is_some_and(|v| v.is_optional()));
        if let Ok(Some(media_type)) = self.content_type()
            && !self.body_octets().is_empty()
            && !may_be_ignored
            && !support.invite_bodies.iter().any(|range| fits(range, &media_type))
        {
            let accept = support.invite_bodies.iter().copied();
            return Some(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE).with(HeaderName::ACCEPT, accept));
        }
        let sdp = MediaType::parse("application/sdp").ok()?;
        let mut accepts = self.accepts().filter_map(Result::ok).peekable();
        accepts.peek()?;
        (!accepts.any(|accept| accept.accepts(&sdp))).then(|| Refusal::new(StatusCode::NOT_ACCEPTABLE))
    }
}

fn fits(range: &str, media_type: &MediaType<'_>) -> bool {
    MediaRange::parse(range).is_ok_and(|range| range.matches(media_type))
}

impl Refusal {
    const fn new(status: StatusCode) -> Self {
        Self { status, field: None, response: None }
    }

    fn with<'a>(mut self, name: HeaderName, values: impl Iterator<Item = &'a str>) -> Self {
        let mut text = String::new();
        for value in values {
            if !text.is_empty() {
                text.push_str(", ");
            }
            text.push_str(value);
        }
        self.field = Some((name, text));
        self
    }

    /// What to answer to bytes that [`Message::parse`] or the framer refused with `error`.
    ///
    /// `None` if they are no request, or an ACK, which nobody answers.
    #[must_use]
    pub fn of_bytes(bytes: &[u8], error: &ParseError) -> Option<Self> {
        let bytes = bytes.get(crate::message::leading_line_ends(bytes)..)?;
        let method = TOKEN.span(bytes);
        let (method, rest) = bytes.split_at_checked(method)?;
        // A first line that is too long may never have been read to its end.
        let is_request = has_version(rest) || error.rule() == "max_uri";
        if method.is_empty() || method == b"ACK" || rest.first() != Some(&b' ') || !is_request {
            return None;
        }
        let status = match (error.kind(), error.rule()) {
            (ParseErrorKind::Unsupported, "SIP-Version") => StatusCode::VERSION_NOT_SUPPORTED,
            (ParseErrorKind::Limit, "max_uri") => StatusCode::REQUEST_URI_TOO_LONG,
            (ParseErrorKind::Limit, "max_body") => StatusCode::REQUEST_ENTITY_TOO_LARGE,
            (ParseErrorKind::Limit, _) => StatusCode::MESSAGE_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        };
        // What lacks the fields of every version is malformed before it is of another version.
        let status = if has_routing_fields(bytes) || status != StatusCode::VERSION_NOT_SUPPORTED {
            status
        } else {
            StatusCode::BAD_REQUEST
        };
        Some(Self { response: respond(bytes, status), ..Self::new(status) })
    }

    /// The status code to refuse with.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The field that says what would have been taken (Unsupported, Accept, Allow), if the status wants one.
    #[must_use]
    pub fn field(&self) -> Option<(HeaderName, &str)> {
        self.field.as_ref().map(|(name, value)| (*name, value.as_str()))
    }

    /// The response to a request that could be read, without a To tag yet.
    pub fn response_to(&self, request: &Request) -> ResponseBuilder {
        let builder = Response::builder_for(request, self.status);
        match &self.field {
            Some((name, value)) => builder.header(*name, value),
            None => builder,
        }
    }

    /// The whole response to bytes that could not be read; `None` if they do not say where responses go.
    #[must_use]
    pub const fn response(&self) -> Option<&Bytes> {
        self.response.as_ref()
    }
}
/// Whether the first line ends as the Request-Line of some version of SIP does.
fn has_version(bytes: &[u8]) -> bool {
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = line.trim_ascii_end();
    let version = line.rsplit(|&byte| byte == b' ').next().unwrap_or_default();
    version.get(..4).is_some_and(|name| name.eq_ignore_ascii_case(b"SIP/"))
}

/// The fields that every request has and every response repeats.
const ROUTING: [HeaderName; 5] =
    [HeaderName::VIA, HeaderName::FROM, HeaderName::TO, HeaderName::CALL_ID, HeaderName::CSEQ];

fn has_routing_fields(bytes: &[u8]) -> bool {
    ROUTING.iter().all(|&wanted| Fields(bytes).any(|(name, _)| HeaderName::from_bytes(name) == Some(wanted)))
}

/// A response with the fields that route it copied from what can be read of the request.
fn respond(bytes: &[u8], status: StatusCode) -> Option<Bytes> {
    let mut out = BytesMut::with_capacity(512);
    out.put_slice(b"SIP/2.0 ");
    encode::decimal(&mut out, usize::from(status.as_u16()));
    out.put_u8(b' ');
    out.put_slice(status.reason().as_bytes());
    out.put_slice(b"\r\n");
    let mut has_via = false;
    for (name, value) in Fields(bytes).skip(1) {
        let copied =
            [HeaderName::VIA, HeaderName::FROM, HeaderName::TO, HeaderName::CALL_ID, HeaderName::CSEQ];
        if let Some(name) = HeaderName::from_bytes(name).filter(|name| copied.contains(name))
            && is_harmless(value)
        {
            has_via |= name == HeaderName::VIA;
            out.put_slice(name.as_str().as_bytes());
            out.put_slice(b": ");
            out.put_slice(value);
            out.put_slice(b"\r\n");
        }
    }
    out.put_slice(b"Content-Length: 0\r\n\r\n");
    has_via.then(|| out.freeze())
}

/// RFC 4475 §4: what is malformed is not sent on. Folds are, other line ends and NUL are not.
fn is_harmless(value: &[u8]) -> bool {
    const BAD: CharClass = CharClass::NONE.with_range(0, 0x1f).without(b"\t").with(&[0x7f]);
    !value.is_empty() && core::str::from_utf8(value).is_ok() && !value.iter().any(|&byte| BAD.contains(byte))
}

/// Names and values of the lines of a head, as far as they have a colon. Continued lines are left out.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let end = memchr::memchr(b'\n', self.0)?;
        let (line, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(1..).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return None;
        }
        let (name, after) = line.split_at_checked(NAME.span(line))?;
        let value = after.trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii).unwrap_or_default();
        let continued = matches!(self.0.first(), Some(b' ' | b'\t'));
        Some((name, if continued { b"" } else { value }))
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    const SUPPORT: Support<'static> = Support {
        methods: &[Method::INVITE, Method::REGISTER, Method::CANCEL, Method::ACK],
        options: &["timer"],
        ..Support::DEFAULT
    };

    fn request(method: &str, uri: &str, fields: &str) -> Request {
        let text = format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
             To: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 {method}\r\n{fields}\r\nbody"
        );
        match Message::parse(Bytes::from(text)) {
            Ok(Message::Request(request)) => request,
            other => panic!("{other:?}"),
        }
    }

    /// Refuses a request and says how, with the field that goes along.
    #[track_caller]
    fn check(method: &str, uri: &str, fields: &str, expected: &str) {
        let request = request(method, uri, fields);
        let got = request.refusal(&SUPPORT).map_or_else(
            || "processed".into(),
            |refusal| {
                let response = refusal.response_to(&request).to_tag("2").build().unwrap();
                assert_eq!((response.status(), response.to().unwrap().tag()), (refusal.status(), Some("2")));
                match refusal.field() {
                    Some((name, value)) => {
                        assert_eq!(response.headers().get(name), Some(value));
                        format!("{} {name}: {value}", refusal.status())
                    }
                    None => format!("{}", refusal.status()),
                }
            },
        );
        assert_eq!(got, expected, "{method} {uri} {fields}");
    }

    const SDP: &str = "c: application/sdp\r\n";

    #[test]
    fn rfc3261_8_2_1_methods() {
        check("INVITE", "sip:x", SDP, "processed");
        check("BYE", "sip:x", SDP, "405 Allow: INVITE, REGISTER, CANCEL, ACK");
        check("NEW", "sip:x", SDP, "501 Allow: INVITE, REGISTER, CANCEL, ACK");
    }

    #[test]
    fn rfc3261_8_2_2_1_schemes() {
        check("INVITE", "tel:+123", SDP, "processed");
        check("INVITE", "http://x", SDP, "416");
        check("INVITE", "nonsense", SDP, "400");
    }

    #[test]
    fn rfc3261_8_2_2_3_extensions() {
        check("INVITE", "sip:x", "c: application/sdp\r\nRequire: Timer\r\n", "processed");
        check(
            "INVITE",
            "sip:x",
            "c: application/sdp\r\nRequire: timer, a\r\nRequire: b\r\n",
            "420 Unsupported: a, b",
        );
        check("CANCEL", "sip:x", "Require: a\r\n", "processed");
        check("ACK", "sip:x", "Require: a\r\n", "processed");
    }

    #[test]
    fn rfc3261_8_2_3_content() {
        check("INVITE", "sip:x", "c: text/plain\r\n", "415 Accept: application/sdp, multipart/*");
        check("INVITE", "sip:x", "c: Multipart/Mixed;boundary=x\r\n", "processed");
        check("INVITE", "sip:x", "c: x/y\r\nContent-Disposition: x;handling=optional\r\n", "processed");
        check("INVITE", "sip:x", "c: x/y\r\nl: 0\r\n", "processed");
        check("REGISTER", "sip:x", "c: x/y\r\n", "processed");
    }

    #[test]
    fn rfc4475_3_3_15_an_answer_that_is_not_wanted() {
        check("INVITE", "sip:x", "c: application/sdp\r\nAccept: text/x\r\n", "406");
        check("INVITE", "sip:x", "c: application/sdp\r\nAccept: text/x, application/*\r\n", "processed");
    }

    #[test]
    fn rfc4475_3_1_2_malformed_requests() {
        check("INVITE", "sip:x", "c: application/sdp\r\nMax-Forwards: 256\r\n", "400");
        check("INVITE", "sip:x", "c: application/sdp\r\nCSeq: 1 INVITE\r\n", "400");
        check("INVITE", "sip:x", "c: application/sdp\r\nContact: <sip:a\r\n", "400");
        check("INVITE", "sip:x", "c: application/sdp\r\nDate: today\r\nExpires: soon\r\n", "processed");
        check("ACK", "sip:x", "Max-Forwards: 256\r\n", "processed");
    }

    #[test]
    fn rfc4475_4_what_is_malformed_is_not_sent_on() {
        let bytes =
            b"INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nTo: a\0b\r\nFrom: x\r\n y\r\nl: 9\r\n\r\n";
        let error = Message::parse(Bytes::from_static(bytes)).unwrap_err();
        let refusal = Refusal::of_bytes(bytes, &error).unwrap();
        let expected = "SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/UDP a\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(refusal.response().unwrap(), expected.as_bytes());
        let no_via = b"INVITE sip:x SIP/2.0\r\nl: 9\r\n\r\n";
        assert_eq!(Refusal::of_bytes(no_via, &error).unwrap().response(), None);
        for nobody in
            [&b"ACK sip:x SIP/2.0\r\n\r\n"[..], b"SIP/2.0 2 OK\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b""]
        {
            assert_eq!(Refusal::of_bytes(nobody, &error), None);
        }
    }

    #[test]
    fn rfc3261_21_4_each_limit_has_its_status() {
        let head = b"INVITE sip:x SIP/2.0\r\nVia: v\r\nFrom: f\r\nTo: t\r\ni: 1\r\nCSeq: 1 INVITE\r\n\r\n";
        for (kind, rule, status) in [
            (ParseErrorKind::Limit, "max_uri", 414),
            (ParseErrorKind::Limit, "max_body", 413),
            (ParseErrorKind::Limit, "max_head", 513),
            (ParseErrorKind::Unsupported, "SIP-Version", 505),
            (ParseErrorKind::Syntax, "HCOLON", 400),
        ] {
            let refusal = Refusal::of_bytes(head, &ParseError::new(kind, rule, 0)).unwrap();
            assert_eq!(refusal.status(), status, "{rule}");
        }
    }
}
