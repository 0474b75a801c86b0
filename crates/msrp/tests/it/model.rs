//! Two connections driven at random: what one side says arrived the other has, octet by octet; every message
//! ends once; what is on the way stays within the window; and when the wire works all comes to an end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use simple_im_msrp::{Config, Event, FailureReport, MessageKey, OutgoingMessage, Role, SessionKey};

use crate::lab::{End, Habits, Lab, message, session};

#[derive(Debug, Clone)]
enum Op {
    /// Queue a message: who, in which session, how large, which reports.
    Send {
        alice: bool,
        session: usize,
        size: usize,
        success: bool,
        failure: u8,
    },
    /// The wire takes so many octets to the other side.
    Carry {
        from_alice: bool,
        octets: usize,
    },
    /// The driver does some of what it was asked to.
    Serve {
        alice: bool,
        reads: usize,
    },
    Credit {
        alice: bool,
        writes: usize,
    },
    /// The user decides on what was received.
    Decide {
        alice: bool,
        accept: bool,
    },
    /// The user gives up the n-th message that is known.
    AbortOutgoing {
        alice: bool,
        nth: usize,
    },
    AbortIncoming {
        alice: bool,
        nth: usize,
    },
    Wait {
        seconds: u64,
    },
    /// The stream breaks.
    Close,
}

fn op() -> impl Strategy<Value = Op> {
    let size = prop_oneof![Just(0usize), 1usize..20, 90usize..120, 500usize..3000];
    prop_oneof![
        4 => (any::<bool>(), 0usize..2, size, any::<bool>(), 0u8..4)
            .prop_map(|(alice, session, size, success, failure)| Op::Send { alice, session, size, success, failure }),
        12 => (any::<bool>(), 1usize..800).prop_map(|(from_alice, octets)| Op::Carry { from_alice, octets }),
        8 => (any::<bool>(), 1usize..6).prop_map(|(alice, reads)| Op::Serve { alice, reads }),
        8 => (any::<bool>(), 1usize..6).prop_map(|(alice, writes)| Op::Credit { alice, writes }),
        4 => (any::<bool>(), prop::bool::weighted(0.8)).prop_map(|(alice, accept)| Op::Decide { alice, accept }),
        1 => (any::<bool>(), 0usize..4).prop_map(|(alice, nth)| Op::AbortOutgoing { alice, nth }),
        1 => (any::<bool>(), 0usize..4).prop_map(|(alice, nth)| Op::AbortIncoming { alice, nth }),
        1 => (0u64..25).prop_map(|seconds| Op::Wait { seconds }),
    ]
}

/// Content that names its message and is full of what end-lines are made of.
fn content(number: usize, size: usize) -> Vec<u8> {
    let unit = format!("<{number}>\r\n-------AAAAAAAAAADBAAA{}$\r\n-------\r", number % 10);
    unit.into_bytes().into_iter().cycle().take(size).collect()
}

/// One side's books.
#[derive(Default)]
struct Books {
    sent: Vec<(MessageKey, Vec<u8>, FailureReport)>,
    seen_events: usize,
    undecided: Vec<MessageKey>,
    accepted: Vec<Vec<u8>>,
    incoming: Vec<MessageKey>,
    ended: BTreeMap<MessageKey, usize>,
    delivered: BTreeSet<MessageKey>,
    reported: BTreeSet<MessageKey>,
}

impl Books {
    /// Enters what is new; in the end every message stands here once.
    fn enter(&mut self, end: &End) {
        for event in &end.events[self.seen_events..] {
            match event {
                Event::Incoming { message, .. } => self.incoming.push(*message),
                Event::Received { message, .. } => {
                    self.undecided.push(*message);
                    *self.ended.entry(*message).or_default() += 1;
                }
                Event::Aborted { message, .. } | Event::Failed { message, .. } => {
                    *self.ended.entry(*message).or_default() += 1;
                }
                Event::Sent { message } => {
                    *self.ended.entry(*message).or_default() += 1;
                    self.delivered.insert(*message);
                }
                Event::Reported { message, complete: true, .. } => {
                    assert!(self.reported.insert(*message), "complete is told once");
                }
                Event::Progress { message, sent, acknowledged } => {
                    let (_, content, _) = self.sent.iter().find(|(key, ..)| key == message).unwrap();
                    assert!(acknowledged <= sent && *sent <= content.len().try_into().unwrap());
                }
                _ => {}
            }
        }
        self.seen_events = end.events.len();
    }

    fn decide(&mut self, end: &mut End, accept: bool, now: std::time::Instant) {
        let Some(message) = self.undecided.pop() else { return };
        if accept {
            let (_, content) = end.received.iter().find(|(key, _)| *key == message).unwrap();
            self.accepted.push(content.clone());
            end.connection.accept(message, now);
        } else {
            end.connection.reject(message, 413, now);
        }
    }
}

struct Model {
    lab: Lab,
    alice: Books,
    bob: Books,
    sessions: [[SessionKey; 2]; 2],
    number: usize,
    window: usize,
}

impl Model {
    fn new() -> Self {
        let window = 1500;
        let config = Config { chunk_size: 100, window, ..Config::default() };
        let mut lab = Lab::new(&config);
        let uris = |name: &str| [0, 1].map(|i| format!("msrp://{name}.example:2855/{i};tcp"));
        let (a, b) = (uris("alice"), uris("bob"));
        // The first session is active on Alice's side, the second on Bob's.
        let roles = [[Role::Active, Role::Passive], [Role::Passive, Role::Active]];
        let sessions = [
            [0, 1].map(|i| lab.alice.connection.attach(session(&a[i], &b[i], roles[0][i]), lab.now)),
            [0, 1].map(|i| lab.bob.connection.attach(session(&b[i], &a[i], roles[1][i]), lab.now)),
        ];
        for end in [&mut lab.alice, &mut lab.bob] {
            end.habits = Habits { serves: false, writes: true, credits: false, accepts: false };
        }
        Self { lab, alice: Books::default(), bob: Books::default(), sessions, number: 0, window }
    }

    fn step(&mut self, op: &Op) {
        let now = self.lab.now;
        let lab = &mut self.lab;
        match *op {
            Op::Send { alice, session, size, success, failure } => {
                let failure_report = match failure {
                    0 => FailureReport::No,
                    1 => FailureReport::Partial,
                    _ => FailureReport::Yes,
                };
                let (end, books, side) = if alice {
                    (&mut lab.alice, &mut self.alice, 0)
                } else {
                    (&mut lab.bob, &mut self.bob, 1)
                };
                let what = OutgoingMessage { success_report: success, failure_report, ..message(size) };
                let content = content(self.number, size);
                self.number += 1;
                if let Ok(key) = end.connection.send(self.sessions[side][session], what, now) {
                    end.sources.insert(key, Bytes::from(content.clone()));
                    books.sent.push((key, content, failure_report));
                }
            }
            Op::Carry { from_alice, octets } => {
                let (from, to) =
                    if from_alice { (&mut lab.alice, &mut lab.bob) } else { (&mut lab.bob, &mut lab.alice) };
                let octets = octets.min(from.sent.len());
                if octets > 0 && to.connection.wants_received() {
                    let carried: Vec<u8> = from.sent.drain(..octets).collect();
                    to.connection.handle_received(Bytes::from(carried), now);
                    from.connection.handle_transmitted(octets.try_into().unwrap(), now);
                }
            }
            Op::Serve { alice, reads } => {
                let end = if alice { &mut lab.alice } else { &mut lab.bob };
                for _ in 0..reads {
                    end.serve(now);
                }
            }
            Op::Credit { alice, writes } => {
                let end = if alice { &mut lab.alice } else { &mut lab.bob };
                for _ in 0..writes {
                    end.credit(now);
                }
            }
            Op::Decide { alice, accept } => {
                let (end, books) =
                    if alice { (&mut lab.alice, &mut self.alice) } else { (&mut lab.bob, &mut self.bob) };
                books.decide(end, accept, now);
            }
            Op::AbortOutgoing { alice, nth } => {
                let (end, books) =
                    if alice { (&mut lab.alice, &mut self.alice) } else { (&mut lab.bob, &mut self.bob) };
                if let Some((key, ..)) = books.sent.iter().rev().nth(nth) {
                    end.connection.abort(*key, now);
                }
            }
            Op::AbortIncoming { alice, nth } => {
                let (end, books) =
                    if alice { (&mut lab.alice, &mut self.alice) } else { (&mut lab.bob, &mut self.bob) };
                if let Some(key) = books.incoming.iter().rev().nth(nth).copied() {
                    books.undecided.retain(|&undecided| undecided != key);
                    end.connection.abort(key, now);
                }
            }
            Op::Wait { seconds } => {
                lab.now += Duration::from_secs(seconds);
                lab.alice.connection.handle_timeout(lab.now);
                lab.bob.connection.handle_timeout(lab.now);
            }
            Op::Close => {
                lab.alice.connection.handle_closed(now);
                lab.bob.connection.handle_closed(now);
                lab.alice.sent.clear();
                lab.bob.sent.clear();
            }
        }
        self.settle();
    }

    /// Does what the connections ask for at once, and looks at what is on the way.
    fn settle(&mut self) {
        let Lab { alice, bob, now, trace, .. } = &mut self.lab;
        while alice.drain(*now, trace) || bob.drain(*now, trace) {}
        if alice.closed || bob.closed {
            alice.connection.handle_closed(*now);
            bob.connection.handle_closed(*now);
            while alice.drain(*now, trace) || bob.drain(*now, trace) {}
        }
        self.alice.enter(alice);
        self.bob.enter(bob);
        for end in [alice, bob] {
            let asked: usize = end.reads.iter().map(|read| read.2).sum();
            assert!(asked <= self.window, "{asked} octets asked for");
            let uncredited: u64 = end.credits.iter().map(|credit| credit.1).sum();
            assert!(uncredited < u64::try_from(self.window + 800).unwrap(), "{uncredited} octets uncredited");
        }
    }

    /// Everybody does what is due until nothing happens any more, and then time passes.
    fn finish(&mut self) {
        loop {
            let before = (self.lab.alice.all_sent.len(), self.lab.bob.all_sent.len());
            for _ in 0..400 {
                for alice in [true, false] {
                    self.step(&Op::Serve { alice, reads: 9 });
                    self.step(&Op::Credit { alice, writes: 9 });
                    self.step(&Op::Decide { alice, accept: true });
                    self.step(&Op::Carry { from_alice: alice, octets: 700 });
                }
            }
            if before == (self.lab.alice.all_sent.len(), self.lab.bob.all_sent.len()) {
                break;
            }
        }
        // Whatever is open now ends by its timer.
        for _ in 0..4 {
            self.step(&Op::Wait { seconds: 130 });
            for _ in 0..100 {
                for alice in [true, false] {
                    self.step(&Op::Credit { alice, writes: 9 });
                    self.step(&Op::Decide { alice, accept: true });
                    self.step(&Op::Carry { from_alice: alice, octets: 700 });
                }
            }
        }
    }

    /// What one side says was sent or reported, the other has; each message ended once.
    fn check(&self) {
        for (from, to, ends) in [
            (&self.alice, &self.bob, [&self.lab.alice, &self.lab.bob]),
            (&self.bob, &self.alice, [&self.lab.bob, &self.lab.alice]),
        ] {
            for (key, content, failure_report) in &from.sent {
                let arrived = to.accepted.contains(content);
                let acknowledged = from.delivered.contains(key) && *failure_report == FailureReport::Yes;
                assert!(arrived || !acknowledged, "sent, answered 200 and not there\n{}", self.lab.trace);
                assert!(
                    arrived || !from.reported.contains(key),
                    "reported and not there\n{}",
                    self.lab.trace
                );
                assert_eq!(
                    from.ended.get(key),
                    Some(&1),
                    "{key:?} ended otherwise than once\n{}",
                    self.lab.trace
                );
            }
            for content in &to.accepted {
                let times = to.accepted.iter().filter(|other| *other == content).count();
                let sent = from.sent.iter().filter(|(_, sent, _)| sent == content).count();
                assert!(times <= sent, "delivered more often than sent");
            }
            for key in &to.incoming {
                assert_eq!(
                    to.ended.get(key),
                    Some(&1),
                    "{key:?} ended otherwise than once\n{}",
                    self.lab.trace
                );
            }
            let counters = ends[1].connection.counters();
            assert_eq!((counters.unanswerable, counters.foreign_from_paths), (0, 0));
            assert_eq!(ends[0].connection.next_timeout(), None, "something is still waited for");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn what_one_side_says_arrived_the_other_has(
        ops in prop::collection::vec(op(), 1..300),
        breaks in prop::option::weighted(0.3, 0usize..300),
    ) {
        let mut model = Model::new();
        model.settle();
        for (at, op) in ops.iter().enumerate() {
            if breaks == Some(at) {
                model.step(&Op::Close);
            }
            model.step(op);
        }
        model.finish();
        model.check();
    }
}
