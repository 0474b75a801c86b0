//! Tests of URIs: reading, writing, comparing.

use alloc::format;
use alloc::string::{String, ToString};

use super::*;

#[track_caller]
fn check(text: &str, expected: &str) {
    let got = match UriRef::parse(text) {
        Ok(uri) => {
            let mut out = format!("{:?}", uri.scheme());
            for (label, part) in
                [("user", uri.user()), ("password", uri.password()), ("host", uri.host_port_text())]
            {
                if let Some(part) = part {
                    out += &format!(" {label}={part}");
                }
            }
            if !uri.is_sip() {
                out += &format!(" opaque={}", uri.opaque());
            }
            let params: String =
                uri.params().iter().map(|(name, value)| format!(" ;{name}:{value:?}")).collect();
            out += &params;
            if !uri.headers().is_empty() {
                out += &format!(" ?{}", uri.headers());
            }
            if !uri.is_strict() {
                out += " lenient";
            }
            out
        }
        Err(error) => error.to_string(),
    };
    assert_eq!(got, expected, "{text:?}");
}

#[test]
fn rfc3261_19_1_3_examples() {
    check("sip:alice@atlanta.com", "Sip user=alice host=atlanta.com");
    check(
        "sip:alice:secretword@atlanta.com;transport=tcp",
        "Sip user=alice password=secretword host=atlanta.com ;transport:Some(\"tcp\")",
    );
    check(
        "sips:alice@atlanta.com?subject=project%20x&priority=urgent",
        "Sips user=alice host=atlanta.com ?subject=project%20x&priority=urgent",
    );
    check(
        "sip:+1-212-555-1212:1234@gateway.com;user=phone",
        "Sip user=+1-212-555-1212 password=1234 host=gateway.com ;user:Some(\"phone\")",
    );
    check("sips:1212@gateway.com", "Sips user=1212 host=gateway.com");
    check("sip:alice@192.0.2.4", "Sip user=alice host=192.0.2.4");
    check(
        "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com",
        "Sip host=atlanta.com ;method:Some(\"REGISTER\") ?to=alice%40atlanta.com",
    );
    check("sip:alice;day=tuesday@atlanta.com", "Sip user=alice;day=tuesday host=atlanta.com");
}

#[test]
fn rfc4475_3_1_1_2_every_character_of_userinfo() {
    check(
        "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com",
        "Sip user=1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;* \
         password=&it+has=1,weird!*pas$wo~d_too.(doesn't-it) host=example.com",
    );
}

#[test]
fn rfc5118_4_ipv6_hosts() {
    check("sip:[2001:db8::10]:5070", "Sip host=[2001:db8::10]:5070");
    check("sip:user@[2001:db8::10:5070];lr", "Sip user=user host=[2001:db8::10:5070] ;lr:None");
    check("sip:2001:db8::10", "expected port at byte 9");
}

#[test]
fn rfc3966_3_tel_uris() {
    check("tel:+1-201-555-0123", "Tel opaque=+1-201-555-0123");
    check("tel:7042;phone-context=example.com", "Tel opaque=7042 ;phone-context:Some(\"example.com\")");
    check("tel:7042", "Tel opaque=7042 lenient");
    check("tel:", "expected telephone-subscriber at byte 4");
    check("tel:hello", "expected telephone-subscriber at byte 4");
}

#[test]
fn other_schemes_are_kept_as_they_are() {
    check("urn:service:sos", "Urn opaque=service:sos");
    check("soap.beep://192.0.2.103:3002", "Other opaque=//192.0.2.103:3002");
    check("nobodyKnowsThisScheme:totallyopaquecontent", "Other opaque=totallyopaquecontent");
}

#[test]
fn errors_name_the_rule_and_the_byte() {
    check("", "expected scheme at byte 0");
    check("alice@example.com", "expected scheme at byte 5");
    check("127.0.0.1:5060", "expected scheme at byte 0");
    check("sip:", "expected host at byte 4");
    check("sip:@127.0.0.1", "expected user at byte 4");
    check("sip:a b@c", "expected user at byte 5");
    check("sip:a\\b@h", "expected user at byte 5");
    check("sip:a@b;", "expected uri-parameter at byte 8");
    check("sip:a@b;;lr", "expected uri-parameter at byte 8");
    check("sip:a@b;x y", "expected uri-parameter at byte 9");
    check("sip:a@b?", "expected headers at byte 8");
    check("sip:a@b:70000", "port out of range at byte 8");
}

#[test]
fn a_character_that_should_be_escaped_passes_and_is_told() {
    check("sip:*72#@b", "Sip user=*72# host=b lenient");
    check("sip:a@b;x=100%", "Sip user=a host=b ;x:Some(\"100%\") lenient");
}

#[track_caller]
fn same(a: &str, b: &str, expected: bool) {
    let (a, b) = (Uri::parse(a).unwrap(), Uri::parse(b).unwrap());
    assert_eq!(a.equivalent(&b), expected, "{a} {b}");
    assert_eq!(b.equivalent(&a), expected, "{b} {a}");
    assert!(a.equivalent(&a) && b.equivalent(&b));
}

#[test]
fn rfc3261_19_1_4_equivalent() {
    same("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp", true);
    same("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true);
    same("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true);
    same(
        "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
        "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        true,
    );
    same(
        "sip:alice@atlanta.com?subject=x&priority=urgent",
        "sip:alice@atlanta.com?priority=urgent&subject=x",
        true,
    );
}

#[test]
fn rfc3261_19_1_4_not_equivalent() {
    same("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false);
    same("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false);
    same("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false);
    same("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false);
    same("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false);
    same("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false);
    same("sip:a@b", "sips:a@b", false);
    same("sip:a%40b@c", "sip:a%3Ab@c", false);
    same("sip:a%3Bb@c", "sip:a;b@c", false);
    same("sip:carol@chicago.com;security=off", "sip:carol@chicago.com;security=on", false);
}

#[test]
fn rfc3966_4_numbers_compare_without_separators() {
    same("tel:+1-201-555-0123", "tel:+1(201)5550123", true);
    same("tel:+12015550123", "tel:12015550123;phone-context=+1", false);
    same("tel:7042;phone-context=Example.com;ext=1-2", "tel:7042;ext=12;phone-context=example.com", true);
    same("tel:7042;phone-context=+1-2", "tel:7042;phone-context=+12", true);
    same("tel:+123", "tel:+123;ext=1", false);
}

#[test]
fn rfc8141_3_namespaces_compare_without_case() {
    same("urn:UUID:F81D4FAE-7dec", "URN:uuid:f81d4fae-7dec", true);
    same("urn:example:a", "urn:example:A", false);
    same("urn:example:%61", "urn:Example:a", true);
}

#[test]
fn rfc3986_6_2_2_1_the_domain_of_a_mailbox_compares_without_case() {
    same("pres:fred@Example.com", "PRES:fred@example.COM", true);
    same("im:%66red@example.com", "im:fred@EXAMPLE.com", true);
    same("im:Fred@example.com", "im:fred@example.com", false);
    same("im:fred@example.com?subject=A", "im:fred@Example.com?subject=A", true);
    same("im:fred@example.com?subject=A", "im:fred@example.com?subject=a", false);
    same("im:fred@example.com", "im:fred%40example.com", false);
    same("im:fred@example.com", "pres:fred@example.com", false);
    same("x:fred@Example.com", "x:fred@example.com", false);
}

#[test]
fn parameters_are_set_and_removed() {
    let uri = Uri::parse("sip:a@b;lr;x=1?y=2").unwrap();
    assert_eq!(uri.with_param("X", Some("2")).unwrap().as_str(), "sip:a@b;lr;X=2?y=2");
    assert_eq!(uri.with_param("ob", None).unwrap().as_str(), "sip:a@b;lr;x=1;ob?y=2");
    assert_eq!(uri.without_param("lr").unwrap().as_str(), "sip:a@b;x=1?y=2");
    assert_eq!(uri.with_param("a\r\n", None), Err(UriError::Param));
    assert_eq!(Uri::parse("urn:a:b").unwrap().with_param("a", None), Err(UriError::Scheme));
}

#[test]
fn a_built_uri_reads_back() {
    let uri =
        Uri::builder("2001:db8::1").secure().user("a b@c").port(5061).param("lr", None).build().unwrap();
    assert_eq!(uri.as_str(), "sips:a%20b%40c@[2001:db8::1]:5061;lr");
    assert!(uri.as_ref().is_strict());
    assert!(matches!(Uri::builder("a b").build(), Err(UriError::Host(_))));
    assert_eq!(Uri::builder("a").param("x", Some("a;b")).build(), Err(UriError::Param));
}
