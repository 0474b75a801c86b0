//! One person to a list through the conference factory (SEED-3 to SEED-5, SEED-14 to SEED-16, SEED-19).

use std::time::Duration;

use expect_test::expect;
use pager::{ErrorKind, Event, FileToSend, Icon, ItemOutcome, OfferedItem, Outgoing, Sha1Hash, To};
use simple_im_sim::{Decision, Lab, Link, PartyId};

const LONG: Duration = Duration::from_secs(300);

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect()
}

/// A server and three registered users.
struct Company {
    lab: Lab,
    server: PartyId,
    alice: PartyId,
    bob: PartyId,
    carol: PartyId,
}

impl Company {
    fn new(link: Link, configure: impl FnOnce(server::Config) -> server::Config) -> Self {
        let mut lab = Lab::new(5).link(link);
        let server = lab.server("home1.example", &["alice", "bob", "carol"], configure);
        let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| lab.user(server, name, |_| {}));
        lab.register(&[alice, bob, carol]);
        Self { lab, server, alice, bob, carol }
    }

    fn plain() -> Self {
        Self::new(Link::default(), |config| config)
    }

    fn both(&self) -> To {
        To::list([self.lab.uri(self.bob), self.lab.uri(self.carol)])
    }

    /// Sends to bob and carol, lets everything end, and checks that nobody holds anything any more.
    #[track_caller]
    fn exchange(&mut self, message: Outgoing, files: &[&[u8]]) {
        let files: Vec<_> = files.iter().map(|octets| bytes::Bytes::copy_from_slice(octets)).collect();
        self.lab.send_message(self.alice, message, files).unwrap();
        let closed = |event: &Event| matches!(event, Event::Closed { .. });
        assert!(
            self.lab.run_until(self.alice, LONG, closed),
            "{:#?}\n{}",
            self.lab.events(self.alice),
            self.lab.ladder()
        );
        self.lab.run_for(LONG);
        for party in [self.server, self.alice, self.bob, self.carol] {
            assert!(self.lab.is_clean(party), "something is left at {party:?}\n{}", self.lab.ladder());
        }
    }

    fn delivered(&self) -> bool {
        self.lab.events(self.alice).iter().any(|event| matches!(event, Event::Delivered { .. }))
    }

    fn failure(&self) -> Option<ErrorKind> {
        self.lab.events(self.alice).iter().find_map(|event| match event {
            Event::Failed { error, .. } => Some(error.kind().clone()),
            _ => None,
        })
    }

    fn texts(&self, party: PartyId) -> Vec<(String, String)> {
        let text = |event: &Event| match event {
            Event::Text { text, from, .. } => Some((from.as_ref().unwrap().to_string(), text.to_string())),
            _ => None,
        };
        self.lab.events(party).iter().filter_map(text).collect()
    }

    /// The files that a party received whole and verified.
    fn files(&self, party: PartyId) -> Vec<Vec<u8>> {
        let file = |event: &Event| match event {
            Event::File { offer, item, verified: true, .. } => {
                self.lab.stored(party, *offer, *item).map(Vec::from)
            }
            _ => None,
        };
        self.lab.events(party).iter().filter_map(file).collect()
    }

    /// The ladder from alice's INVITE on.
    fn ladder(&self) -> String {
        let ladder = self.lab.ladder();
        let start = ladder.lines().position(|line| line.contains("alice -> server  INVITE")).unwrap();
        let end = ladder
            .lines()
            .position(|line| line.contains("bob -> server  REGISTER") && line.contains("expires=0"));
        ladder.lines().take(end.unwrap_or(usize::MAX)).skip(start).map(|line| format!("{line}\n")).collect()
    }
}

fn file(name: &str, media_type: &str, octets: &[u8]) -> FileToSend {
    FileToSend::new(name, media_type, octets.len().try_into().unwrap(), Sha1Hash::of(octets))
}

#[test]
fn seed_3_to_16_a_text_to_two() {
    let mut company = Company::plain();
    let message = Outgoing::new(company.both()).text("Lunch at noon?");
    company.exchange(message, &[]);
    assert!(company.delivered(), "{:#?}", company.lab.events(company.alice));
    for party in [company.bob, company.carol] {
        let (from, text) = company.texts(party).pop().unwrap();
        assert!(from.contains("sip:alice@home1.example"), "{from}");
        assert_eq!(text, "Lunch at noon?");
    }
    expect![[r#"
        0.070    alice -> server  INVITE sip:im-factory@home1.example  [Require: recipient-list-invite]  [multipart/mixed]
        0.075    server -> alice  407 Proxy Authentication Required (1 INVITE)
        0.080    alice -> server  ACK sip:im-factory@home1.example
        0.080    alice -> server  INVITE sip:im-factory@home1.example  [Require: recipient-list-invite]  [multipart/mixed]
        0.085    server -> alice  180 Ringing (2 INVITE)  [isfocus]
        0.095    server -> bob  INVITE sip:bob@192.0.2.3:5060  [multipart/mixed]
        0.095    server -> carol  INVITE sip:carol@192.0.2.4:5060  [multipart/mixed]
        0.100    bob -> server  180 Ringing (1 INVITE)
        0.100    bob -> server  200 OK (1 INVITE)
        0.100    carol -> server  180 Ringing (1 INVITE)
        0.100    carol -> server  200 OK (1 INVITE)
        0.105    server -> bob  ACK sip:bob@192.0.2.3:5060;transport=tcp
        0.105    server -> carol  ACK sip:carol@192.0.2.4:5060;transport=tcp
        0.105    server -> alice  200 OK (2 INVITE)  [isfocus]
        0.110    alice -> server  ACK sip:conf-5eec5c817489b3d11a00@192.0.2.1:5060
        0.115    server -> bob  MSRP SEND 1-0/0 $  [no body]
        0.115    server -> carol  MSRP SEND 1-0/0 $  [no body]
        0.120    alice -> server  MSRP SEND 1-0/0 $  [no body]
        0.120    bob -> server  MSRP 200 $
        0.120    carol -> server  MSRP 200 $
        0.125    server -> alice  MSRP 200 $
        0.130    alice -> server  MSRP SEND 1-175/175 $  [Success-Report]
        0.135    server -> alice  MSRP 200 $
        0.135    server -> bob  MSRP SEND 1-175/175 $
        0.135    server -> carol  MSRP SEND 1-175/175 $
        0.140    bob -> server  MSRP 200 $
        0.140    carol -> server  MSRP 200 $
        0.145    server -> bob  BYE sip:bob@192.0.2.3:5060;transport=tcp
        0.145    server -> alice  MSRP REPORT 1-175/175 $  [000 200 OK]
        0.145    server -> carol  BYE sip:carol@192.0.2.4:5060;transport=tcp
        0.150    bob -> server  200 OK (2 BYE)
        0.150    alice -> server  BYE sip:conf-5eec5c817489b3d11a00@192.0.2.1:5060
        0.150    carol -> server  200 OK (2 BYE)
        0.155    server -> alice  200 OK (3 BYE)
    "#]].assert_eq(&company.ladder());
}

#[test]
fn seed_27_28_files_with_icons_reach_everybody_byte_for_byte() {
    let mut company = Company::plain();
    let (photo, notes) = (pattern(200_000), b"Agenda".to_vec());
    let mut preview = file("lake view.jpg", "image/jpeg", &photo);
    preview.icon = Some(Icon { media_type: "image/svg+xml".into(), octets: "<svg/>".into() });
    preview.description = Some("Lake view from the cabin".into());
    let message = Outgoing::new(company.both()).text("See these").file(preview).file(file(
        "notes.txt",
        "text/plain",
        &notes,
    ));
    company.exchange(message, &[&photo, &notes]);
    assert!(company.delivered(), "{:#?}\n{}", company.lab.events(company.alice), company.lab.ladder());
    for party in [company.bob, company.carol] {
        assert!(
            company.files(party) == [photo.clone(), notes.clone()]
                || company.files(party) == [notes.clone(), photo.clone()]
        );
        let offered = company.lab.events(party).iter().find_map(|event| match event {
            Event::Offer { from, recipients, items, .. } => {
                Some((from.clone(), recipients.clone(), items.clone()))
            }
            _ => None,
        });
        let (from, recipients, items) = offered.unwrap();
        assert_eq!(from.uri, "sip:alice@home1.example");
        let listed: Vec<_> = recipients.iter().map(|recipient| recipient.uri.as_str()).collect();
        assert_eq!(listed, ["sip:bob@home1.example", "sip:carol@home1.example"]);
        let OfferedItem::File { icon, description, .. } = &items[1] else { panic!("{items:?}") };
        assert_eq!(icon.as_ref().unwrap().octets, "<svg/>");
        assert_eq!(description.as_deref(), Some("Lake view from the cabin"));
    }
}

#[test]
fn seed_20_a_file_that_one_refuses_goes_to_the_other_alone() {
    let mut company = Company::plain();
    company.lab.decide(company.carol, Decision::Accept(vec![1]));
    let (first, second) = (pattern(30_000), pattern(3_000));
    let message = Outgoing::new(company.both()).file(file("first.bin", "image/png", &first)).file(file(
        "second.bin",
        "image/png",
        &second,
    ));
    company.exchange(message, &[&first, &second]);
    assert!(company.delivered(), "a refusal is a choice: {:#?}", company.lab.events(company.alice));
    assert_eq!(company.files(company.carol), [second]);
    assert_eq!(company.files(company.bob).len(), 2);
}

#[test]
fn seed_20_a_file_that_everybody_refuses_does_not_flow() {
    let mut company = Company::plain();
    company.lab.decide(company.bob, Decision::Accept(vec![1]));
    company.lab.decide(company.carol, Decision::Accept(vec![1]));
    let (first, second) = (pattern(30_000), pattern(3_000));
    let message = Outgoing::new(company.both()).file(file("first.bin", "image/png", &first)).file(file(
        "second.bin",
        "image/png",
        &second,
    ));
    company.exchange(message, &[&first, &second]);
    let refused = |event: &Event| matches!(event, Event::Item { item: 0, outcome: ItemOutcome::Refused, .. });
    assert!(
        company.lab.events(company.alice).iter().any(refused),
        "{:#?}",
        company.lab.events(company.alice)
    );
    assert!(!company.lab.ladder().contains("/30000"), "{}", company.lab.ladder());
    assert!(company.delivered());
}

#[test]
fn seed_16_one_absent_recipient_is_no_delivery_and_the_others_have_it() {
    let mut company = Company::plain();
    company.lab.vanish(company.carol);
    let message = Outgoing::new(company.both()).text("hello");
    let files = Vec::<bytes::Bytes>::new();
    company.lab.send_message(company.alice, message, files).unwrap();
    let closed = |event: &Event| matches!(event, Event::Closed { .. });
    assert!(company.lab.run_until(company.alice, LONG, closed), "{}", company.lab.ladder());
    assert!(!company.delivered());
    assert!(company.failure().is_some(), "{:#?}", company.lab.events(company.alice));
    assert_eq!(company.texts(company.bob).len(), 1);
    company.lab.run_for(LONG);
    assert!(company.lab.is_clean(company.server) && company.lab.is_clean(company.alice));
}

#[test]
fn seed_17_everybody_refuses() {
    let mut company = Company::plain();
    company.lab.decide(company.bob, Decision::Refuse);
    company.lab.decide(company.carol, Decision::Refuse);
    company.exchange(Outgoing::new(company.both()).text("hello"), &[]);
    assert!(matches!(company.failure(), Some(ErrorKind::Refused(status)) if status.as_u16() == 603));
}

#[test]
fn nobody_decides() {
    let mut company = Company::plain();
    company.lab.decide(company.bob, Decision::Ignore);
    company.lab.decide(company.carol, Decision::Ignore);
    company.exchange(Outgoing::new(company.both()).text("hello"), &[]);
    assert!(company.failure().is_some(), "{:#?}", company.lab.events(company.alice));
}

#[test]
fn seed_16_a_focus_that_answers_at_once_holds_the_text_until_everybody_has_answered() {
    let mut company = Company::new(Link::default(), |mut config| {
        config.timers.settle = Duration::ZERO;
        config
    });
    company.exchange(Outgoing::new(company.both()).text("hello"), &[]);
    assert!(company.delivered(), "{:#?}\n{}", company.lab.events(company.alice), company.lab.ladder());
    assert_eq!(company.texts(company.carol).len(), 1);
}

#[test]
fn seed_16_without_a_report_delivery_is_unknown_after_two_minutes() {
    let mut company = Company::new(Link::default(), |mut config| {
        config.reporting = server::Reporting::Withheld;
        // The focus must not hang up before the client's patience ends.
        config.timers.release = Duration::from_secs(150);
        config
    });
    company.exchange(Outgoing::new(company.both()).text("hello"), &[]);
    assert!(!company.delivered() && company.failure().is_none());
    let unconfirmed = |event: &Event| matches!(event, Event::Unconfirmed { .. });
    assert!(
        company.lab.events(company.alice).iter().any(unconfirmed),
        "{:#?}",
        company.lab.events(company.alice)
    );
    assert_eq!(company.texts(company.bob).len(), 1);
    let ladder = company.ladder();
    let time = |line: &str| line.split_whitespace().next().unwrap().parse::<f64>().unwrap();
    // The content, not what keeps the connection alive.
    let content = |line: &&str| line.contains("alice -> server  MSRP SEND") && !line.contains("1-0/0");
    let sent = ladder.lines().rfind(content).map(time).unwrap();
    let bye = ladder.lines().find(|line| line.contains("alice -> server  BYE")).map(time).unwrap();
    assert!((119.0..121.0).contains(&(bye - sent)), "{ladder}");
}

#[test]
fn two_large_files_at_once_share_a_small_window() {
    let mut company = Company::new(Link::default(), |mut config| {
        config.limits.window = 150_000;
        config
    });
    let (first, second) = (pattern(3_000_000), pattern(2_000_000));
    let message = Outgoing::new(company.both())
        .text("Two")
        .file(file("first.bin", "image/png", &first))
        .file(file("second.bin", "image/png", &second));
    company.exchange(message, &[&first, &second]);
    assert!(company.delivered(), "{:#?}", company.lab.events(company.alice));
    assert_eq!((company.files(company.bob).len(), company.files(company.carol).len()), (2, 2));
}

#[test]
fn seed_5_a_group_needs_no_list() {
    let mut company = Company::new(Link::default(), |config| {
        let members = ["alice", "bob", "carol"].map(|name| format!("sip:{name}@home1.example"));
        config.group("team", members.iter().map(String::as_str))
    });
    let team = To::group(sip::Uri::parse("sip:team@home1.example").unwrap());
    company.exchange(Outgoing::new(team).text("hello team"), &[]);
    assert!(company.delivered(), "{:#?}\n{}", company.lab.events(company.alice), company.lab.ladder());
    assert!(!company.ladder().lines().next().unwrap().contains("Require"));
    assert!(company.texts(company.alice).is_empty(), "the sender gets no copy");
    assert_eq!((company.texts(company.bob).len(), company.texts(company.carol).len()), (1, 1));
}

#[test]
fn a_list_survives_a_lossy_and_cutting_network() {
    for loss in [10, 30] {
        let mut company = Company::new(Link::default().losing(loss).cutting(700), |config| config);
        let octets = pattern(20_000);
        let message = Outgoing::new(company.both()).text("hello").file(file("a.bin", "image/png", &octets));
        company.exchange(message, &[&octets]);
        assert!(
            company.delivered(),
            "{loss}: {:#?}\n{}",
            company.lab.events(company.alice),
            company.lab.ladder()
        );
        assert!(company.files(company.bob).concat() == octets);
    }
}

#[test]
fn a_large_file_passes_through_a_small_window() {
    let mut company = Company::new(Link::default(), |mut config| {
        config.limits.window = 200_000;
        config
    });
    let octets = pattern(5_000_000);
    let message = Outgoing::new(company.both()).file(file("big.bin", "application/octet-stream", &octets));
    company.exchange(message, &[&octets]);
    assert!(company.delivered(), "{:#?}", company.lab.events(company.alice));
    assert!(company.files(company.bob).concat() == octets && company.files(company.carol).concat() == octets);
}

#[test]
fn a_sender_that_cancels_leaves_nothing_with_anybody() {
    let mut company = Company::plain();
    let octets = pattern(5_000_000);
    let message = Outgoing::new(company.both()).file(file("big.bin", "application/octet-stream", &octets));
    let transfer = company.lab.send_message(company.alice, message, [octets.into()]).unwrap();
    let half = |event: &Event| matches!(event, Event::Receiving { received, .. } if *received > 1_000_000);
    assert!(company.lab.run_until(company.bob, LONG, half));
    company.lab.with_agent(company.alice, |agent, now| agent.cancel(transfer, now));
    company.lab.run_for(LONG);
    for party in [company.server, company.alice, company.bob, company.carol] {
        assert!(company.lab.is_clean(party), "{party:?}\n{}", company.lab.ladder());
    }
    assert!(company.files(company.bob).is_empty());
    let failed = |event: &Event| matches!(event, Event::ReceiveFailed { .. });
    assert!(company.lab.events(company.bob).iter().any(failed), "{:#?}", company.lab.events(company.bob));
}

#[test]
fn rfc5547_6_the_rest_of_a_file_goes_through_the_focus_to_whoever_has_its_start() {
    let mut company = Company::plain();
    company.lab.keep_partial(company.bob);
    let octets = pattern(5 << 20);
    let mut film = file("film.bin", "video/mp4", &octets);
    let whole = Outgoing::new(company.both()).file(film.clone());
    company.lab.send_message(company.alice, whole, [octets.clone().into()]).unwrap();
    let half = |event: &Event| matches!(event, Event::Receiving { received, .. } if *received > 3 << 20);
    assert!(company.lab.run_until(company.bob, LONG, half));
    company.lab.break_streams(company.bob);
    company.lab.run_for(LONG);
    assert!(company.files(company.bob).is_empty() && !company.delivered());
    let carols = company.files(company.carol);
    film.skip = 2 << 20;
    company.exchange(Outgoing::new(company.both()).file(film), &[&octets]);
    assert!(company.delivered(), "{:#?}", company.lab.events(company.alice));
    assert!(company.files(company.bob) == [octets]);
    assert_eq!(company.files(company.carol), carols, "nothing of it is for who has no start");
}

#[test]
fn rfc4976_3_a_recipient_behind_a_relay_has_it_only_if_its_report_says_so() {
    for (room, expected) in [(1 << 20, None), (10_000, Some(ErrorKind::ContentRefused(413)))] {
        let mut lab = Lab::new(5);
        let names = ["alice", "bob", "carol"];
        let server = lab.server("home1.example", &names, |config| config);
        let relay = lab.relay(&names);
        let [alice, bob, carol] = names.map(|name| {
            let relays = (name == "bob").then(|| lab.relays(relay, name));
            lab.user(server, name, |config| config.account.relays = relays)
        });
        lab.register(&[alice, bob, carol]);
        // Its relay has taken all of the file by the time that bob finds out.
        lab.limit_disk(bob, room);
        let mut company = Company { lab, server, alice, bob, carol };
        let octets = pattern(20_000);
        let to = company.both();
        let message = Outgoing::new(to).file(file("a.bin", "image/png", &octets));
        company.lab.send_message(alice, message, [octets.clone().into()]).unwrap();
        company.lab.run_for(LONG);
        assert_eq!(company.failure(), expected, "{}", company.lab.ladder());
        assert_eq!(company.delivered(), expected.is_none());
        assert_eq!(company.files(bob).is_empty(), expected.is_some());
        assert_eq!(company.files(carol), [octets]);
    }
}
