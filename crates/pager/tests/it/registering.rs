//! The account at its registrar.

use std::time::Duration;

use simple_im_pager::{Event, Profile, Protocol, Registration};

use crate::peer::{Bench, PEER, answer, line};

const SIP: Protocol = Protocol::Sip;

/// A client with this peer as its registrar.
fn bench() -> Bench {
    Bench::configured(Profile::generic(), |config| {
        let registrar = sip::Uri::parse(format!("sip:{PEER};transport=udp")).unwrap();
        config.account.registrar = Some(registrar);
    })
}

/// 200 to a REGISTER.
fn ok(register: &str) -> String {
    let end = format!("Contact:{}\r\nExpires: 3600\r\nContent-Length", line(register, "Contact:"));
    answer(register, "200 OK").replace("Content-Length", &end)
}

/// What was told of the registration.
fn told(bench: &Bench) -> Vec<&Registration> {
    let states = bench.events.iter().filter_map(|event| match event {
        Event::Registration(state) => Some(state),
        _ => None,
    });
    states.collect()
}

#[test]
fn rfc3261_10_2_nothing_is_registered_while_an_earlier_request_is_not_answered() {
    let mut bench = bench();
    bench.agent.register(bench.now).unwrap();
    bench.settle();
    let sip = bench.connect(SIP)[0];
    // Once more before the answer: that answer does for both.
    bench.agent.register(bench.now).unwrap();
    bench.settle();
    let first = bench.said(sip);
    assert_eq!(first.matches("REGISTER sip:").count(), 1, "{first}");
    bench.hear(sip, SIP, ok(&first));
    assert!(matches!(told(&bench)[..], [Registration::Registered { .. }]), "{:#?}", bench.events);
    // The application wants it anew, after the network has changed.
    bench.agent.register(bench.now).unwrap();
    bench.settle();
    let removal = bench.said(sip);
    assert_eq!(line(&removal, "Expires:").trim(), "0");
    assert_eq!(removal.matches("REGISTER sip:").count(), 1, "{removal}");
    bench.hear(sip, SIP, ok(&removal));
    assert_eq!(told(&bench)[1..], [&Registration::Unregistered]);
    let second = bench.said(sip);
    assert_eq!(line(&second, "Expires:").trim(), "3600");
    bench.hear(sip, SIP, ok(&second));
    assert!(matches!(told(&bench)[2..], [Registration::Registered { .. }]), "{:#?}", bench.events);
}

#[test]
fn a_registration_that_is_taken_back_before_its_answer_is_not_told_as_one() {
    let mut bench = bench();
    bench.agent.register(bench.now).unwrap();
    bench.settle();
    let sip = bench.connect(SIP)[0];
    let first = bench.said(sip);
    bench.agent.unregister(bench.now);
    bench.settle();
    bench.hear(sip, SIP, ok(&first));
    let removal = bench.said(sip);
    assert_eq!(line(&removal, "Expires:").trim(), "0");
    assert!(told(&bench).is_empty(), "{:#?}", bench.events);
    bench.hear(sip, SIP, ok(&removal));
    assert_eq!(told(&bench), [&Registration::Unregistered]);
}

#[test]
fn a_refresh_that_fails_is_told_and_so_is_whether_it_is_tried_again() {
    let mut bench = bench();
    bench.agent.register(bench.now).unwrap();
    bench.settle();
    let sip = bench.connect(SIP)[0];
    let first = bench.said(sip);
    bench.hear(sip, SIP, ok(&first));
    bench.wait(Duration::from_secs(3000));
    let refresh = bench.said(sip);
    bench.hear(sip, SIP, answer(&refresh, "503 Service Unavailable"));
    let Registration::Retrying { after, .. } = told(&bench)[1] else { panic!("{:#?}", bench.events) };
    bench.wait(*after);
    bench.connect(SIP);
    let again = bench.said(sip);
    bench.hear(sip, SIP, answer(&again, "403 Forbidden"));
    assert!(matches!(told(&bench)[2..], [Registration::Failed(_)]), "{:#?}", bench.events);
}
