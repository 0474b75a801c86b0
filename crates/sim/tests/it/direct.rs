//! One person to another without a server (SEED-2, SEED-6 to SEED-13, SEED-17, SEED-18, SEED-20 to SEED-28).

use std::time::Duration;

use pager::{ErrorKind, Event, FileToSend, ItemOutcome, Outgoing, Sha1Hash, To};
use simple_im_sim::{Decision, Lab, Link, PartyId};

const LONG: Duration = Duration::from_secs(200);

/// Octets that do not repeat within a chunk.
fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect()
}

fn two(link: Link) -> (Lab, PartyId, PartyId) {
    let mut lab = Lab::new(1).link(link);
    let alice = lab.client("alice", |_| {});
    let bob = lab.client("bob", |_| {});
    (lab, alice, bob)
}

fn is_closed(event: &Event) -> bool {
    matches!(event, Event::Closed { .. })
}

/// Sends from alice to bob, lets everything end, and checks that nothing is left of it.
#[track_caller]
fn exchange(lab: &mut Lab, alice: PartyId, bob: PartyId, text: Option<&str>, files: &[(&str, &str, &[u8])]) {
    let to = To::one(lab.uri(bob));
    lab.send(alice, to, text, files).unwrap();
    assert!(lab.run_until(alice, LONG, is_closed), "{:#?}\n{}", lab.events(alice), lab.ladder());
    lab.run_for(LONG);
    for party in [alice, bob] {
        assert!(lab.is_clean(party), "something is left\n{}", lab.ladder());
    }
}

#[track_caller]
fn assert_stored(lab: &Lab, bob: PartyId, octets: &[u8]) {
    let stored = lab.events(bob).iter().find_map(|event| match event {
        Event::File { offer, item, verified: true, .. } => lab.stored(bob, *offer, *item),
        _ => None,
    });
    assert!(stored == Some(octets), "{:#?}", lab.events(bob));
}

fn delivered(lab: &Lab, party: PartyId) -> bool {
    lab.events(party).iter().any(|event| matches!(event, Event::Delivered { .. }))
}

#[test]
fn seed_17_content_first_then_bye() {
    let (mut lab, alice, bob) = two(Link::default());
    exchange(&mut lab, alice, bob, Some("Lunch at noon?"), &[]);
    assert!(delivered(&lab, alice));
    let text = lab.events(bob).iter().find_map(|event| match event {
        Event::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    assert_eq!(text, Some("Lunch at noon?"));
    let ladder = lab.ladder();
    let last_send = ladder.rfind("SEND").unwrap();
    assert!(last_send < ladder.find("BYE").unwrap(), "{ladder}");
}

#[test]
fn seed_24_files_of_every_size_arrive_byte_for_byte() {
    for len in [0, 1, 2047, 2048, 2049, 61_440, 61_441, 1 << 20] {
        let (mut lab, alice, bob) = two(Link::default());
        let octets = pattern(len);
        exchange(&mut lab, alice, bob, None, &[("a b%c.bin", "application/octet-stream", &octets)]);
        assert!(delivered(&lab, alice), "{len}: {:#?}", lab.events(alice));
        assert_stored(&lab, bob, &octets);
    }
}

#[test]
fn rfc4975_7_1_streams_cut_anywhere_carry_the_same_content() {
    for cut in [1, 7, 100, 4096] {
        let (mut lab, alice, bob) = two(Link::default().cutting(cut));
        let octets = pattern(5000);
        exchange(&mut lab, alice, bob, Some("cut"), &[("lake view.jpg", "image/jpeg", &octets)]);
        assert_stored(&lab, bob, &octets);
    }
}

#[test]
fn seed_20_one_file_of_two_is_refused_before_a_byte_of_it_flows() {
    let (mut lab, alice, bob) = two(Link::default());
    lab.decide(bob, Decision::Accept(vec![1]));
    let wanted = pattern(3000);
    let unwanted = pattern(200_000);
    exchange(
        &mut lab,
        alice,
        bob,
        None,
        &[("no.bin", "image/png", &unwanted), ("yes.bin", "image/png", &wanted)],
    );
    assert_stored(&lab, bob, &wanted);
    let outcomes: Vec<&ItemOutcome> = lab
        .events(alice)
        .iter()
        .filter_map(|event| match event {
            Event::Item { outcome, .. } => Some(outcome),
            _ => None,
        })
        .collect();
    assert_eq!(outcomes, [&ItemOutcome::Refused, &ItemOutcome::Sent]);
    assert!(!lab.ladder().contains("/200000"), "{}", lab.ladder());
}

#[test]
fn seed_17_every_item_refused_is_a_failure_and_no_connection() {
    let (mut lab, alice, bob) = two(Link::default());
    lab.decide(bob, Decision::Refuse);
    exchange(&mut lab, alice, bob, Some("hello"), &[]);
    let error = lab.events(alice).iter().find_map(|event| match event {
        Event::Failed { error, .. } => Some(error.kind().clone()),
        _ => None,
    });
    assert!(matches!(error, Some(ErrorKind::Refused(status)) if status.as_u16() == 603), "{error:?}");
    assert!(!lab.ladder().contains("MSRP"), "{}", lab.ladder());
}

#[test]
fn rfc5547_8_3_1_other_octets_than_promised_are_no_file_and_no_success() {
    let (mut lab, alice, bob) = two(Link::default());
    let promised = pattern(10_000);
    let mut sent = promised.clone();
    sent[9_999] ^= 1;
    let file = FileToSend::new("x.bin", "image/png", 10_000, Sha1Hash::of(&promised));
    let message = Outgoing::new(To::one(lab.uri(bob))).file(file);
    lab.send_message(alice, message, [sent.into()]).unwrap();
    assert!(lab.run_until(alice, LONG, is_closed), "{}", lab.ladder());
    assert!(!delivered(&lab, alice), "{:#?}", lab.events(alice));
    assert!(!lab.events(bob).iter().any(|event| matches!(event, Event::File { .. })));
    lab.run_for(LONG);
    assert!(lab.is_clean(bob));
}

#[test]
fn a_full_disk_is_a_failure_on_both_sides() {
    let (mut lab, alice, bob) = two(Link::default());
    lab.limit_disk(bob, 100_000);
    exchange(&mut lab, alice, bob, None, &[("big.bin", "image/png", &pattern(300_000))]);
    assert!(!delivered(&lab, alice), "{:#?}", lab.events(alice));
    let failed = |event: &Event| matches!(event, Event::ReceiveFailed { error, .. } if *error.kind() == ErrorKind::Sink);
    assert!(lab.events(bob).iter().any(failed), "{:#?}", lab.events(bob));
}

#[test]
fn a_file_that_shrinks_while_it_is_sent_is_aborted() {
    let (mut lab, alice, bob) = two(Link::default());
    let promised = pattern(300_000);
    let file = FileToSend::new("x.bin", "image/png", 300_000, Sha1Hash::of(&promised));
    let message = Outgoing::new(To::one(lab.uri(bob))).file(file);
    lab.send_message(alice, message, [promised[..200_000].to_vec().into()]).unwrap();
    assert!(lab.run_until(alice, LONG, is_closed), "{}", lab.ladder());
    let failed =
        |event: &Event| matches!(event, Event::Failed { error, .. } if *error.kind() == ErrorKind::Source);
    assert!(lab.events(alice).iter().any(failed), "{:#?}", lab.events(alice));
    lab.run_for(LONG);
    assert!(lab.is_clean(bob) && lab.is_clean(alice));
}

#[test]
fn a_peer_that_vanishes_in_mid_file_leaves_no_success_and_nothing_behind() {
    let (mut lab, alice, bob) = two(Link::default());
    let octets = pattern(5 << 20);
    let to = To::one(lab.uri(bob));
    lab.send(alice, to, None, &[("big.bin", "image/png", &octets)]).unwrap();
    lab.run_until(
        bob,
        LONG,
        |event| matches!(event, Event::Receiving { received, .. } if *received > 100_000),
    );
    lab.vanish(bob);
    assert!(lab.run_until(alice, LONG, is_closed), "{}", lab.ladder());
    assert!(!delivered(&lab, alice));
    lab.run_for(LONG);
    assert!(lab.is_clean(alice));
}

#[test]
fn a_cancelled_transfer_leaves_nothing_under_the_final_name() {
    let (mut lab, alice, bob) = two(Link::default());
    let to = To::one(lab.uri(bob));
    let transfer = lab.send(alice, to, None, &[("big.bin", "image/png", &pattern(5 << 20))]).unwrap();
    lab.run_until(
        bob,
        LONG,
        |event| matches!(event, Event::Receiving { received, .. } if *received > 100_000),
    );
    lab.with_agent(alice, |agent, now| agent.cancel(transfer, now));
    assert!(lab.run_until(alice, LONG, is_closed), "{}", lab.ladder());
    lab.run_for(LONG);
    assert!(
        lab.events(bob).iter().any(|event| matches!(event, Event::ReceiveFailed { .. })),
        "{:#?} {}",
        lab.events(bob),
        lab.ladder()
    );
    assert!(lab.is_clean(alice) && lab.is_clean(bob));
}

#[test]
fn nobody_there_is_a_failure_within_the_transaction_timer() {
    let (mut lab, alice, bob) = two(Link::default());
    lab.vanish(bob);
    let to = To::one(lab.uri(bob));
    lab.send(alice, to, Some("hello?"), &[]).unwrap();
    assert!(lab.run_until(alice, Duration::from_secs(80), is_closed), "{}", lab.ladder());
    assert!(!delivered(&lab, alice));
}

#[test]
fn an_offer_nobody_decides_on_ends_by_itself() {
    let (mut lab, alice, bob) = two(Link::default());
    lab.decide(bob, Decision::Ignore);
    exchange(&mut lab, alice, bob, Some("hello"), &[]);
    assert!(!delivered(&lab, alice));
}

#[test]
fn every_dialect_is_understood() {
    for dialect in [pager::Dialect::Legacy, pager::Dialect::Rfc5547, pager::Dialect::Dual] {
        let mut lab = Lab::new(3);
        let alice = lab.client("alice", |config| config.profile.dialect = dialect);
        let bob = lab.client("bob", |_| {});
        let octets = pattern(5000);
        exchange(&mut lab, alice, bob, Some("files"), &[("50% \"off\".jpg", "image/jpeg", &octets)]);
        assert_stored(&lab, bob, &octets);
        let named = lab.events(bob).iter().any(|event| match event {
            Event::Offer { items, .. } => items.iter().any(|item| {
                matches!(item, pager::OfferedItem::File { offer, .. } if offer.name.as_deref() == Some("50% \"off\".jpg"))
            }),
            _ => false,
        });
        assert!(named, "{dialect:?}: {:#?}", lab.events(bob));
    }
}

/// Sends a file whose octets are promised to be others, breaks the streams in the middle of it, and says how many octets bob
/// has confirmed.
fn broken_off(lab: &mut Lab, alice: PartyId, bob: PartyId, promised: &[u8], octets: Vec<u8>) -> u64 {
    lab.send_message(alice, file(lab, bob, promised, 0), [octets.into()]).unwrap();
    let half = |event: &Event| matches!(event, Event::Receiving { received, .. } if *received > 3 << 20);
    assert!(lab.run_until(bob, LONG, half));
    lab.break_streams(bob);
    assert!(lab.run_until(alice, LONG, is_closed), "{}", lab.ladder());
    lab.run_for(LONG);
    assert!(!delivered(lab, alice) && lab.is_clean(bob));
    let acknowledged = lab.events(alice).iter().rev().find_map(|event| match event {
        Event::Progress { acknowledged, .. } => Some(*acknowledged),
        _ => None,
    });
    acknowledged.unwrap()
}

/// The file with these octets, of which bob has the first already.
fn file(lab: &Lab, bob: PartyId, octets: &[u8], skip: u64) -> Outgoing {
    let size = octets.len().try_into().unwrap();
    let mut file = FileToSend::new("big.bin", "image/png", size, Sha1Hash::of(octets));
    file.skip = skip;
    Outgoing::new(To::one(lab.uri(bob))).file(file)
}

/// Sends the rest of a file, lets everything end, and says what became of it.
fn sent_again(lab: &mut Lab, alice: PartyId, bob: PartyId, octets: &[u8], skip: u64) -> Option<ItemOutcome> {
    let before = lab.events(alice).len();
    lab.send_message(alice, file(lab, bob, octets, skip), [octets.to_vec().into()]).unwrap();
    lab.run_for(LONG);
    assert!(lab.is_clean(alice) && lab.is_clean(bob), "{}", lab.ladder());
    lab.events(alice).iter().skip(before).rev().find_map(|event| match event {
        Event::Item { outcome, .. } => Some(outcome.clone()),
        _ => None,
    })
}

#[test]
fn rfc5547_6_a_file_that_broke_off_goes_on_where_it_stopped() {
    let (mut lab, alice, bob) = two(Link::default());
    lab.keep_partial(bob);
    let octets = pattern(5 << 20);
    let acknowledged = broken_off(&mut lab, alice, bob, &octets, octets.clone());
    assert!(acknowledged > 1 << 20, "{acknowledged}");
    let before = lab.events(bob).len();
    assert_eq!(sent_again(&mut lab, alice, bob, &octets, acknowledged), Some(ItemOutcome::Sent));
    let again = &lab.events(bob)[before..];
    let first = again.iter().find_map(|event| match event {
        Event::Receiving { received, .. } => Some(*received),
        _ => None,
    });
    assert!(first > Some(acknowledged), "nothing comes twice: {first:?}");
    assert_stored(&lab, bob, &octets);
}

#[test]
fn rfc5547_8_3_1_the_rest_is_refused_by_who_has_not_the_start() {
    let (mut lab, alice, bob) = two(Link::default());
    let octets = pattern(5 << 20);
    let acknowledged = broken_off(&mut lab, alice, bob, &octets, octets.clone());
    assert_eq!(sent_again(&mut lab, alice, bob, &octets, acknowledged), None, "603 before a byte of it");
    assert_eq!(sent_again(&mut lab, alice, bob, &octets, 0), Some(ItemOutcome::Sent));
    assert_stored(&lab, bob, &octets);
}

#[test]
fn rfc5547_8_3_1_a_start_of_another_file_is_found_out_and_thrown_away() {
    let (mut lab, alice, bob) = two(Link::default());
    lab.keep_partial(bob);
    let octets = pattern(5 << 20);
    let acknowledged = broken_off(&mut lab, alice, bob, &octets, vec![7; octets.len()]);
    let refused = sent_again(&mut lab, alice, bob, &octets, acknowledged);
    assert!(
        matches!(&refused, Some(ItemOutcome::Failed(error)) if *error.kind() == ErrorKind::ContentRefused(400)),
        "{refused:?}"
    );
    assert!(!lab.events(bob).iter().any(|event| matches!(event, Event::File { .. })));
    assert_eq!(sent_again(&mut lab, alice, bob, &octets, acknowledged), None, "nothing of it is there");
    assert_eq!(sent_again(&mut lab, alice, bob, &octets, 0), Some(ItemOutcome::Sent));
    assert_stored(&lab, bob, &octets);
}

/// Two files on their way from alice to bob, the first of which goes no further: alice's verdict on it, and bob's.
fn one_called_off(
    call_off: impl FnOnce(&mut Lab, PartyId, PartyId, pager::TransferId),
) -> (Lab, PartyId, PartyId) {
    let (mut lab, alice, bob) = two(Link::default());
    let to = To::one(lab.uri(bob));
    let wanted = pattern(2 << 20);
    let files: [(&str, &str, &[u8]); 2] =
        [("no.bin", "image/png", &pattern(5 << 20)), ("yes.bin", "image/png", &wanted)];
    let transfer = lab.send(alice, to, None, &files).unwrap();
    lab.run_until(
        bob,
        LONG,
        |event| matches!(event, Event::Receiving { item: 0, received, .. } if *received > 100_000),
    );
    call_off(&mut lab, alice, bob, transfer);
    assert!(lab.run_until(alice, LONG, is_closed), "{}", lab.ladder());
    lab.run_for(LONG);
    assert_stored(&lab, bob, &wanted);
    assert!(lab.is_clean(alice) && lab.is_clean(bob), "{}", lab.ladder());
    (lab, alice, bob)
}

fn ends_of(lab: &Lab, party: PartyId, which: usize) -> Vec<ErrorKind> {
    let ends = lab.events(party).iter().filter_map(|event| match event {
        Event::Item { item, outcome: ItemOutcome::Failed(error), .. }
        | Event::ReceiveFailed { item, error, .. }
            if *item == which =>
        {
            Some(error.kind().clone())
        }
        Event::Item { item, outcome: ItemOutcome::Cancelled, .. } if *item == which => {
            Some(ErrorKind::Cancelled)
        }
        _ => None,
    });
    ends.collect()
}

#[test]
fn rfc5547_8_4_the_sender_calls_one_file_off_and_the_other_arrives() {
    let (lab, alice, bob) = one_called_off(|lab, alice, _, transfer| {
        lab.with_agent(alice, |agent, now| agent.cancel_item(transfer, 0, now));
    });
    assert_eq!(ends_of(&lab, alice, 0), [ErrorKind::Cancelled]);
    assert_eq!(ends_of(&lab, bob, 0), [ErrorKind::AbortedByPeer]);
    assert!(delivered(&lab, alice), "what was called off is no failure: {:#?}", lab.events(alice));
    // The line is closed by another offer, which is answered.
    let ladder = lab.ladder();
    assert_eq!(ladder.matches(" INVITE ").count(), 2, "{ladder}");
}

#[test]
fn rfc5547_8_4_the_receiver_stops_one_file_and_the_other_arrives() {
    let (lab, alice, bob) = one_called_off(|lab, _, bob, _| {
        let offer = lab.events(bob).iter().find_map(|event| match event {
            Event::Offer { offer, .. } => Some(*offer),
            _ => None,
        });
        lab.with_agent(bob, |agent, now| agent.cancel_offer_item(offer.unwrap(), 0, now));
    });
    assert_eq!(ends_of(&lab, bob, 0), [ErrorKind::Cancelled]);
    assert_eq!(ends_of(&lab, alice, 0), [ErrorKind::ContentRefused(413)]);
    assert!(!delivered(&lab, alice), "{:#?}", lab.events(alice));
    // The line is closed by another offer, which is answered.
    let ladder = lab.ladder();
    assert_eq!(ladder.matches(" INVITE ").count(), 2, "{ladder}");
}

#[test]
fn what_is_called_off_before_the_answer_is_never_sent() {
    let (mut lab, alice, bob) = two(Link::default());
    lab.hesitate(bob, Duration::from_secs(5));
    let to = To::one(lab.uri(bob));
    let wanted = pattern(3000);
    let files: [(&str, &str, &[u8]); 2] =
        [("no.bin", "image/png", &pattern(200_000)), ("yes.bin", "image/png", &wanted)];
    let transfer = lab.send(alice, to, None, &files).unwrap();
    lab.run_for(Duration::from_secs(1));
    lab.with_agent(alice, |agent, now| agent.cancel_item(transfer, 0, now));
    assert!(lab.run_until(alice, LONG, is_closed), "{}", lab.ladder());
    lab.run_for(LONG);
    assert!(delivered(&lab, alice));
    assert_stored(&lab, bob, &wanted);
    assert_eq!(ends_of(&lab, alice, 0), [ErrorKind::Cancelled]);
    assert_eq!(ends_of(&lab, bob, 0), [ErrorKind::AbortedByPeer]);
    assert!(!lab.ladder().contains("/200000"), "{}", lab.ladder());
}

#[test]
fn a_message_of_which_everything_is_called_off_is_cancelled() {
    let (mut lab, alice, bob) = two(Link::default());
    let to = To::one(lab.uri(bob));
    let transfer = lab.send(alice, to, None, &[("no.bin", "image/png", &pattern(5 << 20))]).unwrap();
    lab.run_until(bob, LONG, |event| matches!(event, Event::Receiving { .. }));
    lab.with_agent(alice, |agent, now| agent.cancel_item(transfer, 0, now));
    assert!(lab.run_until(alice, LONG, is_closed), "{}", lab.ladder());
    let failed =
        |event: &Event| matches!(event, Event::Failed { error, .. } if *error.kind() == ErrorKind::Cancelled);
    assert!(lab.events(alice).iter().any(failed), "{:#?}", lab.events(alice));
    lab.run_for(LONG);
    assert!(lab.is_clean(alice) && lab.is_clean(bob));
}
