//! The corpora beside the repository: every verdict, every extract, every answer.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use simple_im_sip::uri::{UriRef, unescape};
use simple_im_sip::{Contact, Framer, Headers, Limits, Message, Reading, Refusal, Request};

/// A message as a reader of one datagram sees it.
struct Seen {
    accepted: Option<Message>,
    answer: Option<u16>,
    remarks: String,
    octets: usize,
}

fn see(octets: &[u8]) -> Seen {
    let datagram = octets.to_vec().into();
    match Message::parse_with(datagram, Reading::Lenient, &Limits::default()) {
        Err(error) => Seen {
            accepted: None,
            answer: Refusal::of_bytes(octets, &error).map(|refusal| refusal.status().as_u16()),
            remarks: error.to_string(),
            octets: octets.len(),
        },
        Ok((message, mut forgiven)) => {
            let answer = message.answer().map(|status| status.as_u16());
            let (accepted, remarks) = match message.check(Reading::Lenient) {
                Ok(more) => {
                    forgiven.extend(more);
                    (Some(message), format!("{forgiven:?}"))
                }
                Err(error) => (None, error.to_string()),
            };
            Seen { accepted, answer, remarks, octets: octets.len() }
        }
    }
}

fn corpus(name: &str) -> Option<(PathBuf, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus").join(name);
    let Ok(text) = std::fs::read_to_string(folder.join("expected.json")) else {
        eprintln!("SKIPPED: no corpus {name} beside the repository");
        return None;
    };
    Some((folder, serde_json::from_str(&text).unwrap()))
}

/// Runs a corpus and returns one line for each departure.
fn run(name: &str) -> String {
    let Some((folder, expected)) = corpus(name) else { return String::new() };
    let mut departures = String::new();
    let cases = expected["cases"].as_array().unwrap();
    for case in cases {
        let file = case["file"].as_str().unwrap();
        let octets = std::fs::read(folder.join(file)).unwrap();
        let seen = see(&octets);
        let mut depart = |what: String| {
            writeln!(departures, "{file}: {what} ({}; {})", case["reason"], seen.remarks).unwrap();
        };
        let codes: Vec<u64> =
            case["codes"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
        let answered = |answer: Option<u16>| answer.is_none_or(|answer| codes.contains(&u64::from(answer)));
        let accepted = seen.accepted.is_some();
        match case["verdict"].as_str().unwrap() {
            "valid" if !accepted => depart("refused".into()),
            "valid-must-reject" if !accepted || seen.answer.is_none() || !answered(seen.answer) => {
                depart(format!("answered {:?}", seen.answer));
            }
            "invalid" if accepted => depart("accepted".into()),
            "invalid" if !answered(seen.answer) && !may_be_any(case, seen.answer) => {
                depart(format!("answered {:?}", seen.answer))
            }
            "application-dependent" | "tolerate"
                if !accepted && seen.answer.is_some_and(|answer| answer != 400) =>
            {
                depart(format!("answered {:?}", seen.answer));
            }
            _ => {}
        }
        if let (Some(message), Some(extract)) = (&seen.accepted, case["extract"].as_object()) {
            for (field, value) in extract {
                let got = field_of(message, field, &seen);
                if !same(got.as_ref(), value) {
                    depart(format!("{field} is {} and not {value}", got.unwrap_or_default()));
                }
            }
        }
        // Framer and parser agree on every length.
        if let Some(message) = seen.accepted.filter(|message| message.content_length().is_some()) {
            let mut framer = Framer::default();
            framer.push(octets);
            match framer.next_message() {
                Ok(Some(framed)) if framed.as_bytes() == message.as_bytes() => {}
                other => depart(format!("framed as {other:?}")),
            }
        }
    }
    eprintln!("{name}: {} messages", cases.len());
    departures
}

/// Where the corpus lists no code, any of the class will do.
fn may_be_any(case: &Value, answer: Option<u16>) -> bool {
    case["ua"].as_str().is_some_and(|ua| ua.starts_with("400-class"))
        && case["codes"].as_array().is_none_or(Vec::is_empty)
        && answer.is_none_or(|answer| (400..500).contains(&answer))
}

/// Addresses are compared as addresses: the corpus writes some with an IPv4 tail.
fn same(got: Option<&Value>, expected: &Value) -> bool {
    let address = |value: &Value| value.as_str().and_then(|text| text.parse::<std::net::IpAddr>().ok());
    got == Some(expected) || (address(expected).is_some() && got.and_then(address) == address(expected))
}

/// A field of an extract, by the name the corpus has for it.
fn field_of(message: &Message, field: &str, seen: &Seen) -> Option<Value> {
    let headers = message.headers();
    if let Some(name) = field.strip_prefix("header:") {
        return Some(headers.iter().find(|header| header.raw_name == name)?.unfolded().into());
    }
    if let Some(rest) = field.strip_prefix("request_uri_") {
        return uri_field(message.as_request()?.uri().ok()?, rest);
    }
    if let Some(rest) = field.strip_prefix("top_via_") {
        let via = message.via().ok()?;
        return Some(match rest {
            "branch" => via.branch().into(),
            "host" => bare_host(via.sent_by.host),
            "port" => via.sent_by.port.into(),
            "sent_by" => via.sent_by_text.into(),
            "received" => via.received().map(|ip| ip.to_string()).into(),
            _ => return None,
        });
    }
    let via_list =
        |part: fn(simple_im_sip::Via<'_>) -> Value| message.vias().map(|via| part(via.unwrap())).collect();
    let request = message.as_request();
    Some(match field {
        "kind" => if request.is_some() { "request" } else { "response" }.into(),
        "method" => request?.method().as_str().into(),
        "request_uri" => request?.request_uri().into(),
        "status" => message.as_response()?.status().as_u16().into(),
        "reason" => message.as_response()?.reason().into(),
        "call_id" => message.call_id().ok()?.into(),
        "cseq" => message.cseq().ok()?.number.into(),
        "cseq_method" => message.cseq().ok()?.method.as_str().into(),
        "from_uri" => message.from().ok()?.uri_text().into(),
        "from_tag" => message.from().ok()?.tag().into(),
        "to_uri" => message.to().ok()?.uri_text().into(),
        "to_tag" => message.to().ok()?.tag().into(),
        "via_count" => message.vias().count().into(),
        "via_branches" => Value::Array(via_list(|via| via.branch().into())),
        "via_transports" => Value::Array(via_list(|via| via.transport.into())),
        "via_hosts" => Value::Array(via_list(|via| bare_host(via.sent_by.host))),
        "top_via" => {
            let via = message.via().ok()?;
            serde_json::json!({
                "transport": via.transport, "sent_by": via.sent_by_text, "branch": via.branch(),
            })
        }
        "body_len" => message.body().len().into(),
        "trailing_octets" => (seen.octets - message.as_bytes().len()).into(),
        "max_forwards" => message.max_forwards().ok()?.into(),
        "content_length" => message.content_length().into(),
        "content_type" => {
            let media_type = message.content_type().ok()??;
            format!("{}/{}", media_type.ty, media_type.subtype).to_lowercase().into()
        }
        "boundary" => message.content_type().ok()??.params.get("boundary")?.value().into(),
        "subject" => message.subject()?.into(),
        "accept_count" => message.accepts().count().into(),
        "accept" => headers.values(simple_im_sip::HeaderName::ACCEPT).map(Value::from).collect(),
        "require" => message.require().map(|tag| Value::from(tag.unwrap())).collect(),
        "authorization_scheme" => headers.get_other("Authorization")?.split(' ').next().into(),
        "unknown_header" => headers.iter().find(|header| header.name.is_none())?.raw_name.into(),
        "header_name_extension" => headers.iter().find(|header| header.name.is_none())?.raw_name.into(),
        "header_extension_value_utf8" => headers.iter().find(|header| header.name.is_none())?.value.into(),
        "from_display" | "from_display_unescaped" => message.from().ok()?.display_name().into(),
        "to_display_unquoted" => message.to().ok()?.display_name().into(),
        "to_display_octets_unescaped_hex" => hex(message.to().ok()?.display_name()?.as_bytes()),
        "from_user_decoded" => text(&unescape(message.from().ok()?.uri.user()?)),
        "to_user_decoded_hex" => hex(&unescape(message.to().ok()?.uri.user()?)),
        "to_equivalent_to" => {
            let to = message.to().ok()?.uri;
            ["sip:user@example.com"]
                .into_iter()
                .find(|uri| UriRef::parse(uri).unwrap().equivalent(&to))
                .into()
        }
        "from_param_name" => {
            message.from().ok()?.params.iter().find(|param| param.name != "tag")?.name.into()
        }
        "from_param_value_unquoted" => {
            message.from().ok()?.params.iter().find(|param| param.name != "tag")?.value().into()
        }
        "contacts" => message.contacts().map(|contact| Value::from(contact.unwrap().uri_text())).collect(),
        "contact_count" => message.contacts().count().into(),
        "contact_users_decoded_hex" => message
            .contacts()
            .map(|contact| hex(&unescape(contact.unwrap().uri().unwrap().user().unwrap())))
            .collect(),
        "route_uri_params" => params(message.routes().next()?.ok()?.uri.params().iter(), false),
        // Parts of bodies belong to the crates that read them.
        "part_count" | "part1_type" | "part1_body" | "part2_type" | "sdp_c" | "sdp_media_count"
        | "sdp_media_c" => {
            return body_field(message, field);
        }
        _ => return contact_field(&headers, field.strip_prefix("contact_")?),
    })
}

fn contact_field(headers: &Headers<'_>, field: &str) -> Option<Value> {
    let contact: Contact<'_> = headers.contacts().next()?.ok()?;
    let uri = contact.uri()?;
    let own = contact.params();
    let own = own.iter().map(|param| (param.name, param.raw));
    Some(match field {
        "display_unescaped" => contact.name_addr()?.display_name().into(),
        "params" | "header_params" => params(own, false),
        "uri" => contact.uri_text().into(),
        "host" => bare_host(uri.host_port()?.host),
        "user_decoded" => text(&unescape(uri.user()?)),
        "uri_params" => params(uri.params().iter(), false),
        "uri_params_decoded" => params(uri.params().iter(), true),
        "uri_headers" => params(
            uri.headers().split('&').filter_map(|h| h.split_once('=')).map(|(n, v)| (n, Some(v))),
            false,
        ),
        _ => return None,
    })
}

fn uri_field(uri: UriRef<'_>, field: &str) -> Option<Value> {
    Some(match field {
        "params" => params(uri.params().iter(), false),
        "user" | "user_raw" => uri.user().into(),
        "password" => uri.password().into(),
        "user_decoded" => text(&unescape(uri.user()?)),
        "host" => bare_host(uri.host_port()?.host),
        // The corpus writes the address with its IPv4 tail.
        "host_equivalent" => {
            let written = "2001:db8::192.0.2.1";
            (uri.host_port()?.host.ip()? == written.parse::<std::net::IpAddr>().ok()?)
                .then_some(written)?
                .into()
        }
        "port" => uri.host_port()?.port.into(),
        _ => return None,
    })
}

/// What the corpus says of bodies, found by searching: their readers are other crates.
fn body_field(message: &Message, field: &str) -> Option<Value> {
    let body = message.body();
    let body = String::from_utf8_lossy(&body);
    let lines = |prefix: &'static str| body.lines().filter_map(move |line| line.strip_prefix(prefix));
    Some(match field {
        "sdp_c" => lines("c=").next()?.into(),
        "sdp_media_count" => lines("m=").count().into(),
        "sdp_media_c" => lines("c=").map(Value::from).collect(),
        "part_count" => {
            body.lines().filter(|line| line.starts_with("--") && !line.ends_with("--")).count().into()
        }
        "part1_type" => lines("Content-Type: ").next()?.into(),
        "part2_type" => lines("Content-Type: ").nth(1)?.into(),
        "part1_body" => body.split("\r\n\r\n").nth(1)?.lines().next()?.into(),
        _ => return None,
    })
}

fn params<'a>(iter: impl Iterator<Item = (&'a str, Option<&'a str>)>, decoded: bool) -> Value {
    let value = |raw: &str| if decoded { text(&unescape(raw)) } else { Value::from(raw.trim_matches('"')) };
    iter.map(|(name, raw)| {
        let name = if decoded { text(&unescape(name)).as_str().unwrap().to_owned() } else { name.to_owned() };
        (name, raw.map_or(Value::Null, value))
    })
    .collect::<serde_json::Map<_, _>>()
    .into()
}

fn bare_host(host: impl std::fmt::Display) -> Value {
    host.to_string().trim_matches(['[', ']']).into()
}

fn text(bytes: &[u8]) -> Value {
    String::from_utf8_lossy(bytes).into()
}

fn hex(bytes: &[u8]) -> Value {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

#[test]
fn rfc4475_and_rfc5118_torture() {
    let departures = run("sip-torture");
    assert!(departures.is_empty(), "{departures}");
}

#[test]
fn messages_of_the_field() {
    let departures = run("sip-real");
    assert!(departures.is_empty(), "{departures}");
}

/// Every prefix of every message through both doors: an answer, never a panic.
#[test]
fn every_prefix_is_survived() {
    for name in ["sip-torture", "sip-real"] {
        let Some((folder, expected)) = corpus(name) else { continue };
        for case in expected["cases"].as_array().unwrap() {
            let octets = std::fs::read(folder.join(case["file"].as_str().unwrap())).unwrap();
            for end in (0..octets.len()).step_by(7) {
                let seen = see(octets.get(..end).unwrap());
                if let Some(Message::Request(request)) = &seen.accepted {
                    let _: Option<Refusal> = Request::refusal(request, &simple_im_sip::Support::DEFAULT);
                }
            }
        }
    }
}
