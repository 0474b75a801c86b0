//! AUTH: challenges, credentials, and the URIs that come of them.

use std::time::Duration;

use msrp::HeaderName;
use simple_im_server::relay::{Admission, Settings};
use simple_im_server::{Event, Transport};

use super::lab::{ALICE, BOB, Lab, URI, auth, authorization, send};
use crate::wire::config;

#[test]
fn rfc4976_5_1_a_challenge_has_what_section_9_1_wants_and_its_answer_gets_a_uri() {
    let mut lab = Lab::new();
    let flow = lab.accept();
    lab.write(flow, &auth("au00", URI, ALICE, ""));
    let frame = lab.frame(flow);
    assert_eq!((frame.status(), frame.tid().as_str()), (401, "au00"));
    assert_eq!((frame.get(HeaderName::ToPath), frame.get(HeaderName::FromPath)), (ALICE, URI));
    let value = frame.get(HeaderName::WwwAuthenticate);
    for part in ["Digest realm=\"home1.example\"", "nonce=\"", "opaque=\"", "qop=\"auth\""] {
        assert!(value.contains(part), "{part} in {value}");
    }
    for part in ["auth-int", "sess", "domain", "stale"] {
        assert!(!value.contains(part), "no {part} in {value}");
    }
    let challenge = digest::Challenge::parse(value).unwrap();
    let more = authorization(&challenge, "alice", "ecila", URI, 1);
    lab.write(flow, &auth("au01", URI, ALICE, &format!("Expires: 600|{more}")));
    let frame = lab.frame(flow);
    assert_eq!((frame.status(), frame.get(HeaderName::Expires)), (200, "600"));
    let uri = msrp::Uri::parse(frame.get(HeaderName::UsePath)).unwrap();
    assert_eq!((uri.host(), uri.port()), ("192.0.2.10", Some(2855)));
    // 16 characters of six random bits each.
    assert_eq!(uri.session_id().unwrap().len(), 16);
    assert!(
        matches!(&lab.events[..], [Event::RelayGranted { user, expires: 600 }] if *user == "alice"),
        "{:?}",
        lab.events
    );
}

#[test]
fn rfc4976_4_2_each_client_gets_a_uri_of_its_own_and_a_repeated_auth_prolongs_it() {
    let mut lab = Lab::new();
    let (flow, uri) = lab.alice();
    let other = lab.granted(flow, "alice", "msrp://192.0.2.1:7000/alice-2;tcp");
    let bob = lab.accept();
    let bobs = lab.granted(bob, "bob", BOB);
    assert!(uri != other && uri != bobs && other != bobs, "{uri} {other} {bobs}");
    assert_eq!(lab.relay.live().grants, 3);

    lab.advance(Duration::from_secs(800));
    assert_eq!(lab.granted(flow, "alice", ALICE), uri);
    lab.advance(Duration::from_secs(200));
    // The others had 900 s.
    assert_eq!(lab.relay.live().grants, 1);
    lab.write(bob, &send("s001", &format!("{uri} {ALICE}"), BOB, "", "hi"));
    assert_eq!(lab.frame(bob).status(), 200);
    assert_eq!(lab.frame(flow).body, b"hi");
}

#[test]
fn rfc4976_5_1_an_auth_that_names_the_uri_prolongs_it_and_nobody_elses() {
    let mut lab = Lab::new();
    let (flow, uri) = lab.alice();
    let challenge = lab.challenge(flow, &uri, ALICE);
    let more = authorization(&challenge, "alice", "ecila", &uri, 1);
    lab.write(flow, &auth("au02", &uri, ALICE, &more));
    let frame = lab.frame(flow);
    assert_eq!((frame.status(), frame.get(HeaderName::UsePath)), (200, uri.as_str()));

    let bob = lab.accept();
    let challenge = lab.challenge(bob, &uri, BOB);
    let more = authorization(&challenge, "bob", "bob", &uri, 1);
    lab.write(bob, &auth("au03", &uri, BOB, &more));
    assert_eq!(lab.frame(bob).status(), 403);
    // Nor one of her own for another path.
    lab.granted(flow, "alice", "msrp://192.0.2.1:7000/alice-2;tcp");
    let challenge = lab.challenge(flow, &uri, "msrp://192.0.2.1:7000/alice-2;tcp");
    let more = authorization(&challenge, "alice", "ecila", &uri, 1);
    lab.write(flow, &auth("au04", &uri, "msrp://192.0.2.1:7000/alice-2;tcp", &more));
    assert_eq!(lab.frame(flow).status(), 403);
}

#[test]
fn rfc4976_5_1_use_path_is_in_the_order_of_a_to_path() {
    let mut lab = Lab::new();
    let flow = lab.accept();
    let (first, second) = ("msrp://192.0.2.11:1/a;tcp", "msrp://192.0.2.12:2/b;tcp");
    let path = lab.granted(flow, "alice", &format!("{second} {first} {ALICE}"));
    assert!(path.starts_with(&format!("{first} {second} msrp://192.0.2.10:2855/")), "{path}");
    assert_eq!(path.split(' ').count(), 3);
}

/// MD5 of three texts with colons between them, which is what a password is stored as.
fn md5(a: &str, b: &str, c: &str) -> String {
    let credentials = digest::Credentials::new(a, c);
    credentials.ha1(b, digest::Algorithm::MD5).unwrap().to_string()
}

#[test]
fn rfc4976_9_1_a_200_proves_that_the_relay_knows_the_password() {
    let mut lab = Lab::new();
    let flow = lab.accept();
    let challenge = lab.challenge(flow, URI, ALICE);
    lab.write(flow, &auth("au01", URI, ALICE, &authorization(&challenge, "alice", "ecila", URI, 10)));
    let ha1 = md5("alice", "home1.example", "ecila");
    // RFC 7616 §3.5: `A2 = ":" request-uri`
    let (scheme, rest) = URI.split_once(':').unwrap();
    let ha2 = md5("", scheme, rest);
    let rspauth = md5(&ha1, challenge.nonce(), &format!("0000000a:c0ffee:auth:{ha2}"));
    assert_eq!(
        lab.frame(flow).get(HeaderName::AuthenticationInfo),
        format!("rspauth=\"{rspauth}\", cnonce=\"c0ffee\", nc=0000000a, qop=auth")
    );
}

#[test]
fn rfc4976_4_6_expires_out_of_bounds_is_423_with_the_bound() {
    let mut lab = Lab::new();
    let flow = lab.accept();
    for (wish, name, bound) in [
        ("59", HeaderName::MinExpires, "60"),
        ("1801", HeaderName::MaxExpires, "1800"),
        ("99999999999999999999999", HeaderName::MaxExpires, "1800"),
    ] {
        let challenge = lab.challenge(flow, URI, ALICE);
        let more = authorization(&challenge, "alice", "ecila", URI, 1);
        lab.write(flow, &auth("au01", URI, ALICE, &format!("Expires: {wish}|{more}")));
        let frame = lab.frame(flow);
        assert_eq!((frame.status(), frame.get(name)), (423, bound), "{wish}");
    }
    let challenge = lab.challenge(flow, URI, ALICE);
    let more = authorization(&challenge, "alice", "ecila", URI, 1);
    lab.write(flow, &auth("au01", URI, ALICE, &format!("Expires: soon|{more}")));
    assert_eq!(lab.frame(flow).status(), 400);
    assert_eq!(lab.relay.live().grants, 0);
}

#[test]
fn rfc4976_6_3_wrong_credentials_are_401_and_several_end_the_connection() {
    for (user, password) in [("alice", "wrong"), ("mallory", "ecila"), ("", "")] {
        let mut lab = Lab::new();
        let flow = lab.accept();
        for attempt in 1..=3 {
            assert!(lab.closed.is_empty(), "attempt {attempt}");
            let challenge = lab.challenge(flow, URI, ALICE);
            let more = authorization(&challenge, user, password, URI, 1);
            lab.write(flow, &auth("au01", URI, ALICE, &more));
            let frame = lab.frame(flow);
            assert_eq!(frame.status(), 401);
            assert!(!frame.get(HeaderName::WwwAuthenticate).contains("stale"), "{frame:?}");
        }
        assert_eq!(lab.closed, [flow]);
        assert_eq!(lab.relay.live(), Default::default());
    }
}

#[test]
fn rfc4976_9_1_an_answer_is_good_for_its_method_uri_qop_and_scheme_only() {
    type Altered = fn(&digest::Challenge) -> String;
    let altered: [(&str, Altered); 5] = [
        ("another URI", |c| authorization(c, "alice", "ecila", "msrp://192.0.2.99:2855;tcp", 1)),
        ("no qop", |c| {
            let bare = format!(
                "Digest realm=\"{}\", nonce=\"{}\", opaque=\"{}\", algorithm=MD5",
                c.realm(),
                c.nonce(),
                c.opaque().unwrap()
            );
            authorization(&digest::Challenge::parse(&bare).unwrap(), "alice", "ecila", URI, 1)
        }),
        ("no opaque", |c| authorization(c, "alice", "ecila", URI, 1).replace("opaque", "x-opaque")),
        ("another algorithm", |c| {
            let sha = c.to_string().replace("MD5", "SHA-256");
            authorization(&digest::Challenge::parse(&sha).unwrap(), "alice", "ecila", URI, 1)
        }),
        ("Basic", |_| "Authorization: Basic YWxpY2U6ZWNpbGE=|".to_owned()),
    ];
    for (what, alter) in altered {
        let mut lab = Lab::new();
        let flow = lab.accept();
        let challenge = lab.challenge(flow, URI, ALICE);
        lab.write(flow, &auth("au01", URI, ALICE, &alter(&challenge)));
        assert_eq!(lab.frame(flow).status(), 401, "{what}");
        assert_eq!(lab.relay.live().grants, 0, "{what}");
    }
}

#[test]
fn rfc4976_5_1_an_answer_without_uri_is_taken_as_in_the_example() {
    let mut lab = Lab::new();
    let flow = lab.accept();
    let challenge = lab.challenge(flow, URI, ALICE);
    let more = authorization(&challenge, "alice", "ecila", URI, 1);
    let more = more.replace(&format!("uri=\"{URI}\", "), "");
    assert!(!more.contains("uri="), "{more}");
    lab.write(flow, &auth("au01", URI, ALICE, &more));
    assert_eq!(lab.frame(flow).status(), 200);
}

#[test]
fn rfc7616_3_4_a_replayed_old_or_foreign_nonce_is_stale() {
    let mut lab = Lab::new();
    let flow = lab.accept();
    let challenge = lab.challenge(flow, URI, ALICE);
    let answer = |count| auth("au01", URI, ALICE, &authorization(&challenge, "alice", "ecila", URI, count));
    lab.write(flow, &answer(2));
    assert_eq!(lab.frame(flow).status(), 200);
    // Counts that were used, or passed over.
    for count in [2, 1] {
        lab.write(flow, &answer(count));
        let frame = lab.frame(flow);
        assert_eq!(frame.status(), 401);
        assert!(frame.get(HeaderName::WwwAuthenticate).contains("stale=true"), "{frame:?}");
    }
    lab.write(flow, &answer(3));
    assert_eq!(lab.frame(flow).status(), 200, "the next count is good");
    // On a connection it was not given on, even with a count that was never used.
    let thief = lab.accept();
    lab.write(thief, &answer(4));
    let frame = lab.frame(thief);
    assert_eq!(frame.status(), 401);
    assert!(frame.get(HeaderName::WwwAuthenticate).contains("stale=true"));
    // After its time.
    lab.advance(Duration::from_secs(301));
    lab.write(flow, &answer(5));
    let frame = lab.frame(flow);
    assert_eq!(frame.status(), 401);
    let fresh = digest::Challenge::parse(frame.get(HeaderName::WwwAuthenticate)).unwrap();
    assert!(fresh.stale() && fresh.nonce() != challenge.nonce());
    lab.write(flow, &auth("au02", URI, ALICE, &authorization(&fresh, "alice", "ecila", URI, 1)));
    assert_eq!(lab.frame(flow).status(), 200);
}

#[test]
fn rfc4976_3_1_without_accounts_nobody_is_served_unless_that_is_asked_for() {
    let mut config = simple_im_server::Config::new("home1.example");
    let mut lab = Lab::with(&config);
    let flow = lab.accept();
    let challenge = lab.challenge(flow, URI, ALICE);
    lab.write(flow, &auth("au01", URI, ALICE, &authorization(&challenge, "", "", URI, 1)));
    assert_eq!(lab.frame(flow).status(), 401);

    config.msrp_relay.admission = Admission::Anybody;
    let mut lab = Lab::with(&config);
    let flow = lab.accept();
    lab.write(flow, &auth("au01", URI, ALICE, ""));
    assert_eq!(lab.frame(flow).status(), 200);
    assert_eq!(Settings::default().admission, Admission::Users);
}

#[test]
fn rfc4976_9_2_a_client_over_tls_gets_an_msrps_uri() {
    let mut lab = Lab::new();
    let flow = lab.accept_over(Transport::Tls);
    let uri = lab.granted(flow, "alice", ALICE);
    assert!(uri.starts_with("msrps://192.0.2.10:2855/"), "{uri}");
}

#[test]
fn rfc4976_6_2_an_auth_for_another_relay_ends_the_connection() {
    let mut lab = Lab::new();
    let flow = lab.accept();
    lab.write(flow, &auth("au00", "msrp://192.0.2.11:2855;tcp", ALICE, ""));
    assert_eq!(lab.frame(flow).status(), 403);
    assert_eq!(lab.closed, [flow]);
}

#[test]
fn rfc4976_5_1_the_relay_is_named_by_its_domain_with_and_without_port() {
    for uri in ["msrp://home1.example;tcp", "msrps://alice@HOME1.example:2855;tcp"] {
        let mut lab = Lab::with(&config());
        let flow = lab.accept();
        let challenge = lab.challenge(flow, uri, ALICE);
        lab.write(flow, &auth("au01", uri, ALICE, &authorization(&challenge, "alice", "ecila", uri, 1)));
        assert_eq!(lab.frame(flow).status(), 200, "{uri}");
    }
}

#[test]
fn a_connection_and_a_relay_have_room_for_so_many_uris() {
    let mut config = config();
    config.msrp_relay.limits.max_grants_per_link = 2;
    config.msrp_relay.limits.max_grants = 3;
    let mut lab = Lab::with(&config);
    let from = |n: u32| format!("msrp://192.0.2.1:7000/alice-{n};tcp");
    let mut statuses = Vec::new();
    for flow in [lab.accept(), lab.accept()] {
        for n in 0..3 {
            let challenge = lab.challenge(flow, URI, &from(n));
            let more = authorization(&challenge, "alice", "ecila", URI, 1);
            lab.write(flow, &auth("au01", URI, &from(n), &more));
            statuses.push(lab.frame(flow).status());
        }
    }
    assert_eq!(statuses, [200, 200, 403, 200, 403, 403]);
}
