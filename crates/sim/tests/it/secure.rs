//! Content inside TLS: who is known by a fingerprint, and who is not (RFC 8122, RFC 4975 §14).

use std::time::Duration;

use pager::{CertificateFault, Config, ErrorKind, Event, MediaSecurity, MediaTls, TlsFault, To};
use simple_im_sim::{Lab, MSRPS_PORT, PartyId};

const LONG: Duration = Duration::from_secs(200);

/// Offers content inside TLS, announcing this certificate.
fn secure(certificate: Option<&'static str>) -> impl FnOnce(&mut Config) {
    move |config| {
        config.profile.media_security = MediaSecurity::Required;
        config.media_tls = Some(MediaTls::new(MSRPS_PORT, certificate.map(Into::into)));
    }
}

/// Alice and bob with what they announce and what they show.
fn two(
    alice: (Option<&'static str>, &'static str),
    bob: (Option<&'static str>, &'static str),
) -> (Lab, [PartyId; 2]) {
    let mut lab = Lab::new(1);
    let parties = [("alice", alice), ("bob", bob)].map(|(name, (announced, shown))| {
        let party = lab.client(name, secure(announced));
        lab.show_certificate(party, shown);
        party
    });
    (lab, parties)
}

/// Sends a text and a file; the errors of both sides, if it failed.
fn exchange(lab: &mut Lab, [alice, bob]: [PartyId; 2]) -> Option<[Option<ErrorKind>; 2]> {
    let to = To::one(lab.uri(bob));
    lab.send(alice, to, Some("for your eyes"), &[("a.bin", "application/octet-stream", &[7; 100_000])])
        .unwrap();
    assert!(lab.run_until(alice, LONG, |event| matches!(event, Event::Closed { .. })), "{}", lab.ladder());
    lab.run_for(LONG);
    assert!(lab.is_clean(alice) && lab.is_clean(bob), "{}", lab.ladder());
    if lab.events(alice).iter().any(|event| matches!(event, Event::Delivered { .. })) {
        assert!(lab.events(bob).iter().any(|event| matches!(event, Event::File { verified: true, .. })));
        return None;
    }
    let content =
        |event: &Event| matches!(event, Event::Receiving { .. } | Event::Text { .. } | Event::File { .. });
    assert!(!lab.events(bob).iter().any(content), "{:#?}", lab.events(bob));
    let error = |party| {
        lab.events(party).iter().find_map(|event| match event {
            Event::Failed { error, .. } | Event::ReceiveFailed { error, .. } => Some(error.kind().clone()),
            _ => None,
        })
    };
    Some([error(alice), error(bob)])
}

#[test]
fn rfc8122_6_both_sides_are_who_they_announced() {
    let (mut lab, both) = two((Some("alice"), "alice"), (Some("bob"), "bob"));
    assert_eq!(exchange(&mut lab, both), None, "{}", lab.ladder());
}

#[test]
fn rfc8122_6_the_passive_side_is_somebody_else() {
    let (mut lab, both) = two((Some("alice"), "alice"), (Some("bob"), "eve"));
    let [alice, _] = exchange(&mut lab, both).unwrap();
    assert_eq!(alice, Some(ErrorKind::Certificate(CertificateFault::Fingerprint)));
}

#[test]
fn rfc8122_6_the_active_side_is_somebody_else() {
    let (mut lab, both) = two((Some("alice"), "eve"), (Some("bob"), "bob"));
    let [alice, bob] = exchange(&mut lab, both).unwrap();
    assert_eq!(alice, Some(ErrorKind::ContentRefused(403)));
    assert_eq!(bob, Some(ErrorKind::Certificate(CertificateFault::Fingerprint)));
}

#[test]
fn rfc4975_14_2_a_name_that_nobody_vouches_for_gets_nothing() {
    let (mut lab, both) = two((None, "alice"), (None, "bob"));
    let [alice, _] = exchange(&mut lab, both).unwrap();
    assert_eq!(alice, Some(ErrorKind::Tls(TlsFault::UnknownIssuer)));
}
