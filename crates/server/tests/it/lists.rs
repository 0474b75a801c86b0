//! What the conference factory refuses, RFC 5366 §4 and RFC 5363 §4.1.

use simple_im_server::{Config, Protocol, Transport};
use sip::HeaderName;

use crate::wire::{OFFER, Wire, config, invite, list, multipart, register};

const FACTORY: &str = "sip:im-factory@home1.example";
const REQUIRE: &str = "Require: recipient-list-invite\n";
const LIST: &str = "Content-Type: application/resource-lists+xml\nContent-Disposition: recipient-list";
const SDP: &str = "Content-Type: application/sdp";

/// The status of the final answer to an INVITE of these parts, and a header of it.
fn ask(
    config: &Config,
    to: &str,
    require: &str,
    parts: &[(&str, &str)],
    header: HeaderName,
) -> (u16, String) {
    let mut wire = Wire::new(config);
    let alice = wire.accept(Protocol::Sip, Transport::Tcp, "192.0.2.1:5060");
    let (content_type, body) = multipart(parts);
    let head = invite(to, &format!("{require}Content-Type: {content_type}"));
    wire.authorized(alice, "alice", "ecila", &head, &body);
    let response = wire.response(alice);
    assert_eq!(wire.live().conferences, 0, "nothing is kept of what is refused");
    (response.status().as_u16(), response.headers().get(header).unwrap_or_default().to_owned())
}

#[track_caller]
fn check(require: &str, parts: &[(&str, &str)], status: u16, header: HeaderName, value: &str) {
    let got = ask(&config(), FACTORY, require, parts, header);
    assert_eq!(got.0, status, "{parts:?}");
    assert!(got.1.contains(value), "{value:?} is not in {:?}", got.1);
}

#[test]
fn rfc5366_4_1_a_list_needs_its_option_tag() {
    let recipients = list(&["sip:bob@home1.example"]);
    let parts = [(SDP, OFFER), (LIST, &*recipients)];
    check("", &parts, 421, HeaderName::REQUIRE, "recipient-list-invite");
    check("Require: magic\n", &parts, 420, HeaderName::UNSUPPORTED, "magic");
}

#[test]
fn rfc5363_4_1_lists_without_anybody_are_bad_requests() {
    let warning = HeaderName::WARNING;
    for recipients in [list(&[]), list(&["sip:alice@home1.example", "sip:alice@HOME1.example"])] {
        check(REQUIRE, &[(SDP, OFFER), (LIST, &recipients)], 400, warning, "no recipients");
    }
    check(REQUIRE, &[(SDP, OFFER)], 400, warning, "no recipient list");
    check("", &[(SDP, OFFER)], 400, warning, "no recipient list");
    check(REQUIRE, &[(SDP, OFFER), (LIST, "<resource-lists>")], 400, warning, "cannot be read");
    let dtd = format!("<!DOCTYPE x []>{}", list(&["sip:bob@home1.example"]));
    check(REQUIRE, &[(SDP, OFFER), (LIST, &dtd)], 400, warning, "cannot be read");
}

#[test]
fn rfc5366_4_2_a_list_in_another_format_is_unsupported() {
    let other = "Content-Type: text/plain\nContent-Disposition: recipient-list";
    check(
        REQUIRE,
        &[(SDP, OFFER), (other, "bob")],
        415,
        HeaderName::ACCEPT,
        "application/resource-lists+xml",
    );
}

#[test]
fn too_many_recipients_are_too_large() {
    let mut config = config();
    config.limits.max_recipients = 2;
    let three = list(&["sip:bob@home1.example", "sip:carol@home1.example", "sip:dave@home1.example"]);
    let got = ask(&config, FACTORY, REQUIRE, &[(SDP, OFFER), (LIST, &three)], HeaderName::WARNING);
    assert_eq!(got, (413, "399 focus \"too many recipients\"".to_owned()));
    let many: Vec<_> = (0..5).map(|i| format!("sip:u{i}@home1.example")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let got = ask(&config, FACTORY, REQUIRE, &[(SDP, OFFER), (LIST, &list(&many))], HeaderName::WARNING);
    assert_eq!(got.0, 413);
    // Many lists are no way around the limit, nor are many copies.
    let parts: Vec<_> = [(SDP, OFFER)].into_iter().chain(std::iter::repeat_n((LIST, &*three), 2)).collect();
    let got = ask(&config, FACTORY, REQUIRE, &parts, HeaderName::WARNING);
    assert_eq!(got, (413, "399 focus \"list is too large\"".to_owned()));
}

#[test]
fn rfc5363_4_1_lists_are_merged_by_the_rules_of_their_schemes() {
    let mut config = config();
    config.limits.max_recipients = 2;
    let one = list(&["sip:bob@home1.example", "pres:x@elsewhere.example"]);
    let other = list(&["sip:%62ob@HOME1.example", "pres:x@ELSEWHERE.example"]);
    let parts = [(SDP, OFFER), (LIST, &*one), (LIST, &*other)];
    // Nobody is registered, and nobody is too many.
    assert_eq!(ask(&config, FACTORY, REQUIRE, &parts, HeaderName::TO).0, 480);
}

#[test]
fn rfc3264_6_an_offer_the_focus_cannot_take_is_not_acceptable() {
    let recipients = list(&["sip:bob@home1.example"]);
    let warning = HeaderName::WARNING;
    check(REQUIRE, &[(LIST, &recipients)], 488, warning, "no offer");
    for (from, to) in [
        ("a=sendonly", "a=recvonly"),
        ("TCP/MSRP", "TCP/TLS/MSRP"),
        ("m=message 2855", "m=message 0"),
        ("a=path:msrp://192.0.2.1:2855/alice;tcp\r\n", ""),
    ] {
        let offer = OFFER.replace(from, to);
        check(REQUIRE, &[(SDP, &offer), (LIST, &recipients)], 488, warning, "no m-line");
    }
}

#[test]
fn seed_5_a_group_takes_members_only_and_no_list_beside_its_own() {
    let config = config().group("team", ["sip:bob@home1.example", "sip:carol@home1.example"]);
    let team = "sip:team@home1.example";
    assert_eq!(ask(&config, team, "", &[(SDP, OFFER)], HeaderName::WARNING).0, 403);
    let config = self::config().group("team", ["sip:alice@home1.example", "sip:carol@home1.example"]);
    let recipients = list(&["sip:bob@home1.example"]);
    assert_eq!(ask(&config, team, REQUIRE, &[(SDP, OFFER), (LIST, &recipients)], HeaderName::WARNING).0, 400);
}

#[test]
fn nobody_of_the_list_can_be_reached() {
    for uri in
        ["sip:bob@home1.example", "sip:nobody@home1.example", "sip:x@elsewhere.example", "tel:+1", "mailto"]
    {
        let recipients = list(&[uri]);
        check(REQUIRE, &[(SDP, OFFER), (LIST, &recipients)], 480, HeaderName::TO, "tag=");
    }
}

#[test]
fn one_conference_more_than_allowed_is_busy() {
    let mut config = config();
    config.limits.max_conferences = 0;
    let recipients = list(&["sip:bob@home1.example"]);
    let got = ask(&config, FACTORY, REQUIRE, &[(SDP, OFFER), (LIST, &recipients)], HeaderName::WARNING);
    assert_eq!(got.0, 486);
}

#[test]
fn one_user_does_not_take_all_the_conferences() {
    let mut wire = Wire::new(&config());
    register(&mut wire, "bob", Transport::Tcp, "192.0.2.2:5060");
    let recipients = list(&["sip:bob@home1.example"]);
    let (content_type, body) = multipart(&[(SDP, OFFER), (LIST, &recipients)]);
    let head = invite(FACTORY, &format!("{REQUIRE}Content-Type: {content_type}"));
    let alice = wire.accept(Protocol::Sip, Transport::Tcp, "192.0.2.1:5060");
    for call in 0..20 {
        // However she writes herself.
        let head = head
            .replace("list-1", &format!("list-{call}"))
            .replace("z9hG4bKlist", &format!("z9hG4bKa{call}-"));
        let head = head
            .replace("<sip:alice@home1.example>;tag", &format!("<sip:alice@home1.example;ttl={call}>;tag"));
        wire.authorized(alice, "alice", "ecila", &head, &body);
        let status = wire.response(alice).status();
        assert_eq!(status, if call < 16 { 180 } else { 486 }, "{call}");
    }
    let carol = wire.accept(Protocol::Sip, Transport::Tcp, "192.0.2.3:5060");
    let head = head.replace("sip:alice@home1", "sip:carol@home1").replace("list-1", "list-c");
    wire.authorized(carol, "carol", "lorac", &head, &body);
    assert_eq!(wire.response(carol).status(), 180);
}
