//! Tests of the typed readers: what is read is printed as it was.

use alloc::format;
use alloc::string::String;

use bytes::Bytes;

use crate::{Message, ParseError, Reading};

/// One good value for each field that has a reader in the modules beside this one.
const FIELDS: &str = "Content-ID: <1@a>\r\nContent-Encoding: gzip, x\r\nContent-Language: en, fr\r\n\
    Accept-Encoding: gzip;q=0.5, *\r\nAccept-Language: da, en;q=0.8\r\nAllow-Events: reg, conference\r\n\
    Priority: urgent\r\nMIME-Version: 1.0\r\nOrganization: Boxes\r\n by Bob\r\nIn-Reply-To: 1@a, 2@b\r\n\
    Alert-Info: <http://a/x.wav>\r\nCall-Info: <http://a/x.jpg>;purpose=icon, <http://a>;purpose=info\r\n\
    Error-Info: <sip:not-in-service@a>\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\r\n\
    WWW-Authenticate: Digest realm=\"c\", nonce=\"d\"\r\nProxy-Authenticate: Digest realm=\"a\"\r\n\
    Authorization: Digest username=\"a\", response=\"b\"\r\nProxy-Authorization: Bearer abc\r\n\
    Authentication-Info: nextnonce=\"x\"\r\nReplaces: 1@a;to-tag=1;from-tag=2\r\nJoin: 1@a;to-tag=1;from-tag=2\r\n\
    Target-Dialog: 1@a;local-tag=1;remote-tag=2\r\nSession-ID: ab30317f1a784dc48ff824d0d3715d86\r\nSIP-ETag: x1\r\nSIP-If-Match: x0\r\n\
    Request-Disposition: proxy, no-fork\r\nHistory-Info: <sip:a@b>;index=1, <sip:c@d>;index=1.1\r\n\
    Geolocation: <cid:target123@a>\r\nFlow-Timer: 120\r\nPrivacy: id;critical\r\nIdentity: abc;info=<https://a>;alg=ES256\r\n\
    Security-Client: tls;q=0.2, digest\r\nSecurity-Server: tls;q=0.2\r\nSecurity-Verify: tls;q=0.2\r\n\
    P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=1\r\nP-Visited-Network-ID: \"a, b\", c\r\n\
    P-Charging-Vector: icid-value=1;orig-ioi=a\r\nP-Called-Party-ID: <sip:a@b>\r\n\
    P-Preferred-Service: urn:urn-7:x\r\nP-Asserted-Service: urn:urn-7:y\r\nConversation-ID: f81d\r\n\
    Contribution-ID: abcd\r\nInReplyTo-Contribution-ID: 0123\r\n";

fn message(fields: &str) -> Message {
    let text = format!(
        "MESSAGE sip:x SIP/2.0\r\nv: SIP/2.0/UDP a;branch=z9hG4bK1\r\nf: <sip:a@b>;tag=1\r\nt: <sip:a@b>\r\ni: 1\r\n\
         CSeq: 1 MESSAGE\r\n{fields}\r\n"
    );
    Message::parse(Bytes::from(text)).unwrap()
}

/// The error of the only value in the message below, from the reader of its field.
fn errors(message: &Message) -> [Option<ParseError>; 39] {
    [
        message.content_id().err(),
        message.content_encodings().find_map(Result::err),
        message.content_languages().find_map(Result::err),
        message.accept_encodings().find_map(Result::err),
        message.accept_languages().find_map(Result::err),
        message.priority().err(),
        message.mime_version().err(),
        message.in_reply_to().find_map(Result::err),
        message.alert_infos().find_map(Result::err),
        message.call_infos().find_map(Result::err),
        message.error_infos().find_map(Result::err),
        message.challenges().find_map(Result::err),
        message.proxy_challenges().find_map(Result::err),
        message.authorizations().find_map(Result::err),
        message.proxy_authorizations().find_map(Result::err),
        message.authentication_info().err(),
        message.replaces().err(),
        message.join().err(),
        message.target_dialog().err(),
        message.session_id().err(),
        message.etag().err(),
        message.if_match().err(),
        message.request_dispositions().find_map(Result::err),
        message.history_infos().find_map(Result::err),
        message.geolocations().find_map(Result::err),
        message.flow_timer().err(),
        message.privacy().err(),
        message.identities().find_map(Result::err),
        message.security_clients().find_map(Result::err),
        message.security_servers().find_map(Result::err),
        message.security_verifies().find_map(Result::err),
        message.access_networks().find_map(Result::err),
        message.visited_networks().find_map(Result::err),
        message.charging_vector().err(),
        message.called_party().err(),
        message.allow_events().find_map(Result::err),
        message.conversation_id().err(),
        message.contribution_id().err(),
        message.in_reply_to_contribution_id().err(),
    ]
}

#[test]
fn rfc3261_20_each_field_has_its_reader() {
    let message = message(FIELDS);
    assert_eq!(message.check(Reading::Strict), Ok(alloc::vec![]));
    assert_eq!(errors(&message), [const { None }; 39]);
    assert_eq!(message.organization().unwrap(), "Boxes by Bob");
    assert_eq!(message.content_id(), Ok(Some("1@a")));
    assert!(message.content_encodings().flatten().eq(["gzip", "x"]));
    assert!(message.accept_languages().flatten().map(|one| one.q()).eq([1000, 800]));
    assert!(message.in_reply_to().flatten().eq(["1@a", "2@b"]));
    assert!(message.call_infos().flatten().filter_map(|one| one.purpose()).eq(["icon", "info"]));
    let realms: String = message.challenges().flatten().filter_map(|one| one.params.get("realm")).collect();
    assert_eq!(realms, "ac");
    assert_eq!(message.proxy_authorizations().next().unwrap().unwrap().token, Some("abc"));
    assert_eq!(message.replaces().unwrap().unwrap().to_tag(), Some("1"));
    assert_eq!((message.etag(), message.if_match()), (Ok(Some("x1")), Ok(Some("x0"))));
    assert!(message.request_dispositions().flatten().eq(["proxy", "no-fork"]));
    assert!(message.history_infos().flatten().filter_map(|one| one.index()).eq(["1", "1.1"]));
    assert_eq!(message.flow_timer(), Ok(Some(120)));
    assert!(message.privacy().unwrap().unwrap().contains("id"));
    assert_eq!(message.visited_networks().flatten().map(|one| one.name()).collect::<String>(), "a, bc");
    assert_eq!(message.charging_vector().unwrap().unwrap().icid(), "1");
    assert!(message.preferred_services().chain(message.asserted_services()).flatten().count() == 2);
    assert_eq!(message.conversation_id(), Ok(Some("f81d")));
}

#[test]
fn rfc4475_3_1_2_11_a_malformed_value_is_told_by_its_reader_and_by_check() {
    for field in FIELDS.replace("\r\n ", " ").lines() {
        let (name, _) = field.split_once(':').unwrap();
        if ["Organization", "P-Preferred-Service", "P-Asserted-Service"].contains(&name) {
            continue;
        }
        let message = message(&format!("{name}: <\u{1}\r\n"));
        let offset = message.as_bytes().len() - "<\u{1}\r\n\r\n".len();
        let mut found = errors(&message).into_iter().flatten();
        let error = found.next().unwrap();
        assert!((offset..offset + 3).contains(&error.offset()), "{name}: {error}");
        assert_eq!(found.next(), None, "{name}");
        assert_eq!(message.check(Reading::Lenient).unwrap().first().map(|one| one.rule), Some(error.rule()));
    }
}

/// A reader of one field: the first error among its values.
type Reader = fn(&Message) -> Option<ParseError>;

/// The fields whose readers are in `mod.rs`: a good value, and how it is read.
const CORE: &[(&str, Reader)] = &[
    ("Via: SIP/2.0/TCP b, SIP/2.0/UDP c;received=192.0.2.1", |m| m.vias().find_map(Result::err)),
    ("Contact: <sip:a@b>;+sip.instance=\"<urn:x>\";isfocus, *", |m| m.contacts().find_map(Result::err)),
    ("Max-Forwards: 70", |m| m.max_forwards().err()),
    ("Route: <sip:a;lr>, <sip:b>", |m| m.routes().find_map(Result::err)),
    ("Record-Route: <sip:a;lr>", |m| m.record_routes().find_map(Result::err)),
    ("Path: <sip:a;lr>", |m| m.paths().find_map(Result::err)),
    ("Service-Route: <sip:a;lr>", |m| m.service_routes().find_map(Result::err)),
    ("Content-Type: text/plain;charset=utf-8", |m| m.content_type().err()),
    ("Content-Disposition: session;handling=optional", |m| m.content_disposition().err()),
    ("Accept: text/*;q=0.3, application/sdp", |m| m.accepts().find_map(Result::err)),
    ("Allow: INVITE, x", |m| m.allow().find_map(Result::err)),
    ("Supported: 100rel, x", |m| m.supported().find_map(Result::err)),
    ("Require: 100rel", |m| m.require().find_map(Result::err)),
    ("Proxy-Require: x", |m| m.proxy_require().find_map(Result::err)),
    ("Unsupported: x", |m| m.unsupported().find_map(Result::err)),
    ("Expires: 3600", |m| m.expires().err()),
    ("Min-Expires: 60", |m| m.min_expires().err()),
    ("Date: Sat, 13 Nov 2010 23:29:00 GMT", |m| m.date().err()),
    ("Retry-After: 120 (soon);duration=60", |m| m.retry_after().err()),
    ("Warning: 370 a \"b\"", |m| m.warnings().find_map(Result::err)),
    ("Reason: SIP;cause=200", |m| m.reasons().find_map(Result::err)),
    ("Reply-To: <sip:a@b>", |m| m.reply_to().err()),
    ("Session-Expires: 1800;refresher=uac", |m| m.session_expires().err()),
    ("Min-SE: 90", |m| m.min_se().err()),
    ("RAck: 1 2 INVITE", |m| m.rack().err()),
    ("RSeq: 1", |m| m.rseq().err()),
    ("Event: reg;id=1", |m| m.event().err()),
    ("Subscription-State: active;expires=60", |m| m.subscription_state().err()),
    ("Refer-To: <sip:a@b?Replaces=1>", |m| m.refer_to().err()),
    ("Referred-By: <sip:a@b>", |m| m.referred_by().err()),
    ("P-Preferred-Identity: \"A\" <sip:a@b>", |m| m.preferred_identities().find_map(Result::err)),
    ("P-Asserted-Identity: <sip:a@b>, <tel:+1>", |m| m.asserted_identities().find_map(Result::err)),
    ("P-Associated-URI: <sip:a@b>", |m| m.associated_uris().find_map(Result::err)),
    ("Accept-Contact: *;audio;require", |m| m.accept_contacts().find_map(Result::err)),
    ("Reject-Contact: *;actor=\"msg-taker\"", |m| m.reject_contacts().find_map(Result::err)),
];

#[test]
fn rfc3261_20_the_fields_a_user_agent_needs_have_readers() {
    for (field, read) in CORE {
        assert_eq!(read(&message(&format!("{field}\r\n"))), None, "{field}");
        let (name, _) = field.split_once(':').unwrap();
        let wrong = message(&format!("{name}: <\u{1}\r\n"));
        let offset = wrong.as_bytes().len() - "<\u{1}\r\n\r\n".len();
        let error = read(&wrong).unwrap();
        assert!((offset..offset + 3).contains(&error.offset()), "{name}: {error}");
    }
}

#[test]
fn rfc3261_8_1_1_the_fields_every_message_has_have_readers() {
    let message = message("Subject: a\r\n b\r\nServer: c\r\nUser-Agent: d\r\nContent-Length: 0\r\n");
    assert_eq!((message.from().unwrap().tag(), message.to().unwrap().tag()), (Some("1"), None));
    assert_eq!((message.call_id(), message.cseq().unwrap().number), (Ok("1"), 1));
    assert_eq!(message.via().unwrap().branch(), Some("z9hG4bK1"));
    assert_eq!(message.content_length(), Some(0));
    let texts = [message.subject(), message.server(), message.user_agent()];
    assert_eq!(texts.map(Option::unwrap), ["a b", "c", "d"]);
}
