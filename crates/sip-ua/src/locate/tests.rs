//! RFC 3263 §4 as a table: a URI, what the DNS says, and what is asked and tried in order.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use sip::{Scheme, Uri};

use super::{Answer, Locator, NaptrRecord, Next, Question, Search, ServiceLocator, SrvRecord};
use crate::{IdSource, Transport};

/// The question as the tables below write it.
fn text(question: &Question) -> String {
    match question {
        Question::Naptr(name) => format!("NAPTR {name}"),
        Question::Srv(name) => format!("SRV {name}"),
        Question::Address(name) => format!("A {name}"),
    }
}

/// Follows a URI to the end, every hop failing.
#[track_caller]
fn check(uri: &str, preferred: Option<Transport>, dns: &[(&str, Answer)], expected: Expect) {
    let dns: BTreeMap<_, _> = dns.iter().cloned().collect();
    let mut out = String::new();
    let mut ids = IdSource::new([3; 32]);
    let uri = Uri::parse(uri).unwrap();
    match Locator::new(uri.scheme(), &uri, preferred) {
        Err(error) => out = format!("{error}\n"),
        Ok(mut locator) => loop {
            match locator.poll() {
                Next::Exhausted => break,
                Next::Waiting => panic!("an answer was given"),
                Next::Hop(hop) => {
                    let name = hop.server_name.map(|name| format!(" as {name}")).unwrap_or_default();
                    out += &format!("{} {}{name}\n", hop.transport.as_param(), hop.address);
                }
                Next::Resolve(question) => {
                    let text = text(&question);
                    assert_eq!(locator.poll(), Next::Waiting);
                    locator.handle_answer(dns.get(&*text).cloned().unwrap_or(Answer::Nothing), &mut ids);
                    out += &format!("? {text}\n");
                }
            }
        },
    }
    expected.assert_eq(&out);
}

fn naptr(order: u16, service: &str, replacement: &str) -> NaptrRecord {
    NaptrRecord {
        order,
        preference: 50,
        flags: "s".into(),
        service: service.into(),
        replacement: replacement.into(),
    }
}

fn srv(priority: u16, weight: u16, port: u16, target: &str) -> SrvRecord {
    SrvRecord { priority, weight, port, target: target.into() }
}

fn addresses(list: &[&str]) -> Answer {
    Answer::Addresses(list.iter().map(|text| text.parse().unwrap()).collect())
}

#[test]
fn rfc3263_4_1_numeric_hosts_need_no_dns() {
    check(
        "sip:a@192.0.2.1",
        None,
        &[],
        expect![[r#"
        udp 192.0.2.1:5060
    "#]],
    );
    check(
        "sip:a@192.0.2.1:5070;transport=tcp",
        None,
        &[],
        expect![[r#"
        tcp 192.0.2.1:5070
    "#]],
    );
    check(
        "sip:[2001:db8::1]",
        None,
        &[],
        expect![[r#"
        udp [2001:db8::1]:5060
    "#]],
    );
    check(
        "sips:[2001:db8::1]",
        Some(Transport::Udp),
        &[],
        expect![[r#"
        tls [2001:db8::1]:5061 as 2001:db8::1
    "#]],
    );
    check(
        "sips:192.0.2.1",
        None,
        &[],
        expect![[r#"
        tls 192.0.2.1:5061 as 192.0.2.1
    "#]],
    );
    check(
        "sip:192.0.2.1;transport=tls",
        None,
        &[],
        expect![[r#"
        tls 192.0.2.1:5061 as 192.0.2.1
    "#]],
    );
    check(
        "sip:localhost",
        None,
        &[],
        expect![[r#"
        udp 127.0.0.1:5060
        udp [::1]:5060
    "#]],
    );
    check(
        "sip:example.com;maddr=192.0.2.5",
        None,
        &[],
        expect![[r#"
        udp 192.0.2.5:5060
    "#]],
    );
}

#[test]
fn rfc3263_4_2_an_explicit_port_skips_naptr_and_srv() {
    let dns = [("A example.com", addresses(&["2001:db8::1", "192.0.2.1"]))];
    check(
        "sip:example.com:5070",
        None,
        &dns,
        expect![[r#"
        ? A example.com
        udp [2001:db8::1]:5070
        udp 192.0.2.1:5070
    "#]],
    );
    check(
        "sip:example.com:5070;transport=TCP",
        None,
        &dns,
        expect![[r#"
        ? A example.com
        tcp [2001:db8::1]:5070
        tcp 192.0.2.1:5070
    "#]],
    );
    check(
        "sips:example.com:5070",
        None,
        &dns,
        expect![[r#"
        ? A example.com
        tls [2001:db8::1]:5070 as example.com
        tls 192.0.2.1:5070 as example.com
    "#]],
    );
}

#[test]
fn rfc3263_4_1_a_transport_parameter_skips_naptr() {
    let records = Answer::Srv(vec![srv(2, 0, 5080, "b.example.com"), srv(1, 0, 5081, "a.example.com.")]);
    let dns = [
        ("SRV _sip._tcp.example.com", records),
        ("A a.example.com", addresses(&["192.0.2.1"])),
        ("A b.example.com", addresses(&["192.0.2.2"])),
        ("A example.com", addresses(&["192.0.2.3"])),
    ];
    check(
        "sip:example.com;transport=tcp",
        None,
        &dns,
        expect![[r#"
        ? SRV _sip._tcp.example.com
        ? A a.example.com
        tcp 192.0.2.1:5081
        ? A b.example.com
        tcp 192.0.2.2:5080
    "#]],
    );
    // The caller's preference counts where the URI says nothing.
    check(
        "sip:example.com",
        Some(Transport::Tcp),
        &dns,
        expect![[r#"
        ? SRV _sip._tcp.example.com
        ? A a.example.com
        tcp 192.0.2.1:5081
        ? A b.example.com
        tcp 192.0.2.2:5080
    "#]],
    );
    check(
        "sip:example.com;transport=udp",
        Some(Transport::Tcp),
        &dns,
        expect![[r#"
        ? SRV _sip._udp.example.com
        ? A example.com
        udp 192.0.2.3:5060
    "#]],
    );
}

#[test]
fn rfc3263_4_1_naptr_names_the_transports_in_order() {
    let records = vec![
        naptr(90, "SIP+D2U", "_sip._udp.example.com"),
        naptr(50, "SIPS+D2T", "_sips._tcp.example.com"),
        naptr(70, "SIP+D2S", "_sip._sctp.example.com"),
    ];
    let dns = [
        ("NAPTR example.com", Answer::Naptr(records)),
        ("SRV _sips._tcp.example.com", Answer::Srv(vec![srv(1, 0, 5061, "s.example.com")])),
        ("SRV _sip._udp.example.com", Answer::Srv(vec![srv(1, 0, 5060, "u.example.com")])),
        ("A s.example.com", addresses(&["192.0.2.1"])),
        ("A u.example.com", addresses(&["192.0.2.2"])),
    ];
    check(
        "sip:example.com",
        None,
        &dns,
        expect![[r#"
        ? NAPTR example.com
        ? SRV _sips._tcp.example.com
        ? A s.example.com
        tls 192.0.2.1:5061 as example.com
        ? SRV _sip._udp.example.com
        ? A u.example.com
        udp 192.0.2.2:5060
    "#]],
    );
    // RFC 3263 §4.1: a SIPS URI takes TLS only.
    check(
        "sips:example.com",
        None,
        &dns,
        expect![[r#"
            ? NAPTR example.com
            ? SRV _sips._tcp.example.com
            ? A s.example.com
            tls 192.0.2.1:5061 as example.com
        "#]],
    );
}

#[test]
fn rfc3263_4_1_without_naptr_srv_for_each_transport_and_at_last_the_host() {
    let host = ("A example.com", addresses(&["192.0.2.9"]));
    check(
        "sip:example.com",
        None,
        std::slice::from_ref(&host),
        expect![[r#"
        ? NAPTR example.com
        ? SRV _sip._tcp.example.com
        ? SRV _sip._udp.example.com
        ? A example.com
        udp 192.0.2.9:5060
    "#]],
    );
    check(
        "sips:example.com",
        None,
        std::slice::from_ref(&host),
        expect![[r#"
            ? NAPTR example.com
            ? SRV _sips._tcp.example.com
            ? A example.com
            tls 192.0.2.9:5061 as example.com
        "#]],
    );
    // With any SRV record the bare host is out, even if its target is not offered or has no address.
    let refused = ("SRV _sip._udp.example.com", Answer::Srv(vec![srv(0, 0, 0, ".")]));
    check(
        "sip:example.com",
        None,
        &[host, refused],
        expect![[r#"
        ? NAPTR example.com
        ? SRV _sip._tcp.example.com
        ? SRV _sip._udp.example.com
    "#]],
    );
}

#[test]
fn rfc2782_weights_share_within_a_priority() {
    let records =
        vec![srv(1, 90, 1, "often"), srv(1, 10, 2, "rarely"), srv(1, 0, 3, "hardly"), srv(2, 99, 4, "last")];
    let mut first = BTreeMap::<u16, u32>::new();
    let mut ids = IdSource::new([4; 32]);
    for _ in 0..1000 {
        let ordered = super::in_order(records.clone(), &mut ids);
        assert_eq!((ordered.len(), ordered[3].port), (4, 4));
        *first.entry(ordered[0].port).or_default() += 1;
    }
    let share = |port| first.get(&port).copied().unwrap_or_default();
    assert!((850..950).contains(&share(1)) && (50..150).contains(&share(2)) && share(3) < 40, "{first:?}");
}

#[test]
fn rfc2782_many_records_are_drawn_from_by_weight_before_they_are_cut() {
    let mut records: Vec<_> = (0..400).map(|port| srv(2, 1, port, "light")).collect();
    records.insert(7, srv(2, 60_000, 1000, "heavy"));
    records.extend((0..3).map(|port| srv(1, 0, 2000 + port, "first")));
    let ordered = super::in_order(records, &mut IdSource::new([4; 32]));
    assert_eq!(ordered.len(), super::MOST_RECORDS);
    assert!(ordered[..3].iter().all(|record| record.priority == 1));
    assert_eq!(ordered[3].port, 1000);
}

#[test]
fn what_cannot_be_reached_is_refused() {
    check(
        "tel:+15550100",
        None,
        &[],
        expect![[r#"
        not a URI requests can be sent to: tel:+15550100
    "#]],
    );
    check(
        "sip:example.com;transport=sctp",
        None,
        &[],
        expect![[r#"
        not a URI requests can be sent to: sip:example.com;transport=sctp
    "#]],
    );
    check(
        "sips:example.com;transport=udp",
        None,
        &[],
        expect![[r#"
        not a URI requests can be sent to: sips:example.com;transport=udp
    "#]],
    );
}

#[test]
fn an_answer_of_another_kind_is_none() {
    let dns = [
        ("A example.com", Answer::Srv(vec![srv(1, 1, 1, "x")])),
        ("NAPTR example.com", addresses(&["192.0.2.1"])),
    ];
    check(
        "sip:example.com",
        None,
        &dns,
        expect![[r#"
        ? NAPTR example.com
        ? SRV _sip._tcp.example.com
        ? SRV _sip._udp.example.com
        ? A example.com
    "#]],
    );
}

#[test]
fn a_flood_of_records_is_cut() {
    let many: Vec<_> = (0..200).map(|n| std::net::IpAddr::from([192, 0, 2, n])).collect();
    let mut locator = Locator::new(Scheme::Sip, &Uri::parse("sip:example.com:5060").unwrap(), None).unwrap();
    locator.poll();
    locator.handle_answer(Answer::Addresses(many), &mut IdSource::new([1; 32]));
    let hops = std::iter::from_fn(|| match locator.poll() {
        Next::Hop(hop) => Some(hop),
        _ => None,
    });
    assert_eq!(hops.count(), super::MOST_RECORDS);
}

#[test]
fn rfc3261_26_2_2_a_sips_target_takes_tls_to_a_sip_proxy() {
    let hop = |proxy: &str| {
        let proxy = Uri::parse(proxy).unwrap();
        match Locator::new(Scheme::Sips, &proxy, Some(Transport::Udp)).map(|mut locator| locator.poll()) {
            Ok(Next::Hop(hop)) => Some((hop.transport, hop.address.port())),
            Ok(other) => panic!("{other:?}"),
            Err(_) => None,
        }
    };
    assert_eq!(hop("sip:192.0.2.1;lr"), Some((Transport::Tls, 5061)));
    assert_eq!(hop("sip:192.0.2.1:5070;transport=tcp;lr"), Some((Transport::Tls, 5070)));
    assert_eq!(hop("sip:192.0.2.1;transport=udp;lr"), None, "datagrams carry no TLS here");
}

/// Follows a service to the end, every address failing.
#[track_caller]
fn check_service(mut locator: ServiceLocator, dns: &[(&str, Answer)], expected: Expect) {
    let mut ids = IdSource::new([3; 32]);
    let mut out = String::new();
    loop {
        match locator.poll() {
            Search::Exhausted => break,
            Search::Waiting => panic!("an answer was given"),
            Search::Connect(address) => out += &format!("{address}\n"),
            Search::Resolve(question) => {
                let text = text(&question);
                assert_eq!(locator.poll(), Search::Waiting);
                let answer = dns.iter().find(|(of, _)| *of == text).map(|(_, answer)| answer.clone());
                locator.handle_answer(answer.unwrap_or(Answer::Nothing), &mut ids);
                out += &format!("? {text}\n");
            }
        }
    }
    expected.assert_eq(&out);
}

#[test]
fn rfc4976_5_1_relays_of_a_domain_by_their_records_else_the_domain_itself() {
    let relay = || ServiceLocator::of_domain("_msrps._tcp", "example.com", 2855);
    let records =
        Answer::Srv(vec![srv(1, 1, 9000, "second.example.com."), srv(0, 1, 9001, "first.example.com")]);
    check_service(
        relay(),
        &[
            ("SRV _msrps._tcp.example.com", records),
            ("A first.example.com", addresses(&["192.0.2.1", "2001:db8::1"])),
            ("A second.example.com", addresses(&["192.0.2.2"])),
            ("A example.com", addresses(&["192.0.2.9"])),
        ],
        expect![[r#"
            ? SRV _msrps._tcp.example.com
            ? A first.example.com
            192.0.2.1:9001
            [2001:db8::1]:9001
            ? A second.example.com
            192.0.2.2:9000
        "#]],
    );
    check_service(
        relay(),
        &[("A example.com", addresses(&["192.0.2.9"]))],
        expect![[r#"
            ? SRV _msrps._tcp.example.com
            ? A example.com
            192.0.2.9:2855
        "#]],
    );
    check_service(
        ServiceLocator::of_host("relay.example.com", 9000),
        &[("A relay.example.com", addresses(&["192.0.2.3"]))],
        expect![[r#"
            ? A relay.example.com
            192.0.2.3:9000
        "#]],
    );
}
