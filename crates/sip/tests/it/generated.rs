//! Generated messages: they keep their bytes, come out of any split, and print as they were read.

use bytes::Bytes;
use proptest::prelude::*;
use simple_im_sip::header::{
    AcceptContact, AuthParams, Authentication, ChargingVector, ContentDisposition, DialogRef, Event,
    Identity, InfoUri, NetworkInfo, Preference, Privacy, RAck, Reason, Warning,
};
use simple_im_sip::uri::{UriRef, escape_user, unescape};
use simple_im_sip::{
    CSeq, Contact, Framer, HeaderName, Message, Method, NameAddr, ParseError, Request, Response, StatusCode,
    Uri, Via,
};

const LWS: &str = "( |\t|\r\n |  \r\n\t ){0,2}";

fn text(regex: &str) -> impl Strategy<Value = String> + use<> {
    proptest::string::string_regex(regex).unwrap()
}

/// A name-addr or addr-spec with parameters, white space anywhere it may be.
fn address() -> impl Strategy<Value = String> {
    let uri = "(sip|SIPS):([a-z0-9._~!%20]{1,8}(:[a-z]{1,3})?@)?([a-z]{1,8}(\\.[a-z]{2,3})?|192\\.0\\.2\\.1|\\[2001:db8::1\\])(:[1-9][0-9]{0,3})?";
    let uri = (uri, "(;(lr|transport=tcp|x=[a-z%41]{1,4})){0,2}").prop_map(|(uri, params)| uri + &params);
    let name = prop_oneof![
        Just(String::new()),
        "[A-Za-z]{1,6}( [A-Z]{1,3})?",
        "\"([a-z,;<>@ ]|\\\\[ -~\0]|\u{e9}){0,8}\""
    ];
    let params =
        text(&format!("({LWS};{LWS}(tag|q|x){LWS}={LWS}([a-z0-9]{{1,6}}|\"[a-z,;]{{0,4}}\")){{0,3}}"));
    (name, LWS, uri, params).prop_map(|(name, space, uri, params)| format!("{name}{space}<{uri}>{params}"))
}

fn via() -> impl Strategy<Value = String> {
    text(&format!(
        "SIP{LWS}/{LWS}2\\.0{LWS}/{LWS}(UDP|tcp|X){LWS} ([a-z]{{1,6}}|\\[::1\\]){LWS}(:{LWS}[1-9][0-9]{{0,3}})?(;branch=z9hG4bK[a-zA-Z0-9]{{1,8}})?{LWS}(;rport)?"
    ))
}

fn message() -> impl Strategy<Value = String> {
    let fields = (
        proptest::collection::vec(via(), 1..4),
        address(),
        address(),
        proptest::collection::vec(address(), 0..3),
        proptest::collection::vec(
            ("[A-Za-z-]{2,10}", text(&format!("[a-z;=\"\u{e4}]{{0,9}}{LWS}[a-z]{{0,4}}"))),
            0..30,
        ),
    );
    (fields, "[a-z\r\n]{0,20}", any::<prop::sample::Index>()).prop_map(
        |((vias, from, to, contacts, others), body, at)| {
            let mut lines: Vec<String> = vec![
                format!("v : {}", vias.join(" , ")),
                format!("From:{from}"),
                format!("TO: {to}"),
                "i: a@b".into(),
                "CSeq: 7 \r\n OPTIONS".into(),
                format!("Content-Length:\t{} ", body.len()),
            ];
            if !contacts.is_empty() {
                lines.push(format!("m: {}", contacts.join(",")));
            }
            for (name, value) in others {
                if HeaderName::parse(&name).is_none() {
                    lines.push(format!("{name}: {value}"));
                }
            }
            let turn = at.index(lines.len());
            lines.rotate_left(turn);
            format!("OPTIONS sip:bob@example.com SIP/2.0\r\n{}\r\n\r\n{body}", lines.join("\r\n"))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_message_keeps_its_bytes_and_its_values(text in message()) {
        let message = Message::parse(Bytes::from(text.clone())).unwrap();
        prop_assert_eq!(message.as_bytes(), text.as_bytes());
        prop_assert_eq!(message.check(simple_im_sip::Reading::Lenient).map(|_| ()), Ok(()));
        for header in message.headers().iter() {
            prop_assert!(text.get(header.value_offset..).unwrap().starts_with(header.value));
        }
        for via in message.vias() {
            let printed = via.unwrap().to_string();
            prop_assert_eq!(Via::parse(&printed).unwrap().to_string(), printed);
        }
        for contact in message.contacts() {
            let contact = contact.unwrap();
            let printed = contact.to_string();
            let again = Contact::parse(&printed).unwrap();
            prop_assert_eq!(again.uri_text(), contact.uri_text());
            prop_assert_eq!(again.params(), contact.params());
        }
        let Message::Request(request) = &message else { panic!("no request") };
        let copy = request.edit().finish().unwrap();
        prop_assert_eq!(copy.as_bytes(), message.as_bytes());
        let response = Response::builder_for(request, StatusCode::OK).to_tag("ours").build().unwrap();
        prop_assert_eq!(response.vias().count(), message.vias().count());
        prop_assert!(response.to().unwrap().tag().is_some());
    }

    #[test]
    fn any_split_gives_the_same_messages(first in message(), second in message(), cuts in proptest::collection::vec(0usize..4000, 0..6)) {
        let stream = format!("{first}\r\n\r\n{second}");
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % (stream.len() + 1)).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let mut framer = Framer::default();
        let mut out = Vec::new();
        for pair in cuts.windows(2) {
            framer.push(Bytes::copy_from_slice(&stream.as_bytes()[pair[0]..pair[1]]));
            while let Some(message) = framer.next_message().unwrap() {
                out.push(message.as_bytes().clone());
            }
        }
        prop_assert_eq!(out, vec![Bytes::from(first), Bytes::from(second)]);
    }

    #[test]
    fn what_is_built_reads_back_or_is_refused(name in ".{0,12}", value in "\\PC{0,20}|[\r\n\t a-z]{0,6}", user in ".{0,12}") {
        let uri = Uri::builder("example.com").user(&user).build().unwrap();
        if !user.is_empty() {
            prop_assert_eq!(&*unescape(uri.user().unwrap()), user.as_bytes());
            prop_assert!(!escape_user(&user).contains('@'));
        }
        let Ok(from) = NameAddr::format(Some(&name), uri.as_str(), ";tag=1") else {
            prop_assert!(name.contains(['\r', '\n', '\0']));
            return Ok(());
        };
        let built = Request::builder(Method::MESSAGE, &uri)
            .header(HeaderName::FROM, &from)
            .header(HeaderName::TO, "<sip:b@c>")
            .header(HeaderName::CALL_ID, "1")
            .cseq(1)
            .header_other("X-Value", &value)
            .build();
        match built {
            Ok(request) => {
                prop_assert_eq!(request.headers().len(), 7);
                prop_assert_eq!(request.from().unwrap().display_name().unwrap_or_default(), name.as_str());
                prop_assert_eq!(request.headers().get_other("x-value"), Some(value.trim_matches([' ', '\t'])));
            }
            Err(_) => prop_assert!(from.chars().chain(value.chars()).any(char::is_control)),
        }
    }

    #[test]
    fn uris_compare_with_themselves_and_both_ways(a in address(), b in address()) {
        let (a, b) = (NameAddr::parse(&a).unwrap().uri, NameAddr::parse(&b).unwrap().uri);
        prop_assert!(a.equivalent(&a));
        prop_assert_eq!(a.equivalent(&b), b.equivalent(&a));
    }

    #[test]
    fn no_text_breaks_a_reader(text in "\\PC{0,40}|[<>\";,:=@ \r\n\ta-z*0-9/.]{0,40}") {
        let _ = UriRef::parse(&text).map(|uri| (uri.is_strict(), uri.user().is_some(), uri.equivalent(&uri)));
        for error in [Via::parse(&text).err(), NameAddr::parse(&text).err(), Contact::parse(&text).err()].into_iter().flatten() {
            prop_assert!(error.offset() <= text.len(), "{error}");
        }
    }

    #[test]
    fn what_a_reader_prints_it_reads_again(
        start in "(SIP/2\\.0/UDP a|Digest |Bearer |\\* ?|<sip:a@b>|\"A\" <sip:a@b>|1@a|icid-value=|\"x\"|[a-zA-Z0-9.-]{1,6}|399 a |1 INVITE|1 2 A)?",
        rest in "(;[a-z-]{1,4}(=([a-z0-9.]{1,4}|\"[a-z,;\\\\]{0,4}\"|<[a-z:/]{1,5}>))?|[ -~\r\n\t]{0,3}|, ?[a-z]{1,3}=\"?[a-z]{1,3}\"?){0,5}",
    ) {
        let text = start + &rest;
        for (name, read) in READERS {
            match read(&text) {
                Ok(printed) => prop_assert_eq!(read(&printed), Ok(printed), "{} {:?}", name, &text),
                Err(error) => prop_assert!(error.offset() <= text.len(), "{} {:?} {}", name, &text, error),
            }
        }
    }
}

/// Reads a text as the value of one header family and prints it.
type Reader = fn(&str) -> Result<String, ParseError>;

const READERS: [(&str, Reader); 19] = [
    ("Via", |text| Via::parse(text).map(|value| value.to_string())),
    ("NameAddr", |text| NameAddr::parse(text).map(|value| value.to_string())),
    ("Contact", |text| Contact::parse(text).map(|value| value.to_string())),
    ("CSeq", |text| CSeq::parse(text).map(|value| value.to_string())),
    ("AcceptContact", |text| AcceptContact::parse(text).map(|value| value.to_string())),
    ("Authentication", |text| Authentication::parse(text).map(|value| value.to_string())),
    ("AuthParams", |text| AuthParams::parse(text).map(|value| value.as_str().to_owned())),
    ("ChargingVector", |text| ChargingVector::parse(text).map(|value| value.to_string())),
    ("ContentDisposition", |text| ContentDisposition::parse(text).map(|value| value.to_string())),
    ("DialogRef", |text| DialogRef::parse(text).map(|value| value.to_string())),
    ("Event", |text| Event::parse(text).map(|value| value.to_string())),
    ("Identity", |text| Identity::parse(text).map(|value| value.to_string())),
    ("InfoUri", |text| InfoUri::parse(text).map(|value| value.to_string())),
    ("NetworkInfo", |text| NetworkInfo::parse(text).map(|value| value.to_string())),
    ("Preference", |text| Preference::parse(text).map(|value| value.to_string())),
    ("Privacy", |text| Privacy::parse(text).map(|value| value.to_string())),
    ("RAck", |text| RAck::parse(text).map(|value| value.to_string())),
    ("Reason", |text| Reason::parse(text).map(|value| value.to_string())),
    ("Warning", |text| Warning::parse(text).map(|value| value.to_string())),
];
