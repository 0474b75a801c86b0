//! Two real clients, `msrp::Connection`s, with the relay between them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use msrp::{
    Connection, Event, FailureReport, IdSource, MessageKey, OutgoingMessage, Output, ReceivePolicy,
    RelayConfig, Role, SessionConfig, Uri,
};
use simple_im_server::FlowId;

use super::lab::{ALICE, BOB, Lab, URI, authorization};

/// Ids that are the same in every run.
struct Counted(u64);

impl IdSource for Counted {
    fn fill(&mut self, out: &mut [u8]) {
        self.0 += 1;
        let mut rest = self.0;
        for byte in out.iter_mut().rev() {
            *byte = u8::try_from(rest % 32).unwrap();
            rest /= 32;
        }
    }
}

fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap()
}

/// A client on a connection to the relay.
struct Client {
    connection: Connection,
    flow: FlowId,
    user: &'static str,
    /// Whether it takes what arrives.
    reads: bool,
    /// What was given to the wire and not delivered.
    out: Vec<u8>,
    sources: BTreeMap<MessageKey, Bytes>,
    stored: BTreeMap<MessageKey, Vec<u8>>,
    received: Vec<Vec<u8>>,
    events: Vec<Event>,
}

impl Client {
    fn new(lab: &mut Lab, user: &'static str, seed: u64) -> Self {
        Self {
            connection: Connection::new(msrp::Config::default(), Box::new(Counted(seed << 20))),
            flow: lab.accept(),
            user,
            reads: true,
            out: Vec::new(),
            sources: BTreeMap::new(),
            stored: BTreeMap::new(),
            received: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Asks the relay for a path.
    fn authorize(&mut self, local: &str) {
        let config = RelayConfig { local: uri(local), relays: vec![uri(URI)], expires: None };
        self.connection.authorize(config).unwrap();
    }

    /// The path it got last.
    fn path(&self) -> Vec<Uri> {
        let granted = self.events.iter().rev().find_map(|event| match event {
            Event::PathGranted { use_path, .. } => Some(use_path.clone()),
            _ => None,
        });
        granted.unwrap_or_else(|| panic!("no path: {:?}", self.events))
    }

    fn attach(&mut self, local: &str, peer: Vec<Uri>, role: Role, now: Instant) -> msrp::SessionKey {
        let receive = Some(ReceivePolicy {
            max_size: None,
            accept_types: vec!["*".into()],
            accept_wrapped_types: vec![],
        });
        self.connection.attach(SessionConfig { local: uri(local), peer, role, receive }, now)
    }

    fn send(&mut self, session: msrp::SessionKey, content: &[u8], now: Instant) {
        let message = OutgoingMessage {
            content_type: "text/plain".into(),
            disposition: None,
            size: Some(content.len().try_into().unwrap()),
            success_report: true,
            failure_report: FailureReport::Yes,
        };
        let message = self.connection.send(session, message, now).unwrap();
        self.sources.insert(message, Bytes::copy_from_slice(content));
    }

    /// Whether all that was sent was reported as delivered.
    fn delivered(&self) -> usize {
        let is_it = |event: &&Event| matches!(event, Event::Reported { status: 200, complete: true, .. });
        self.events.iter().filter(is_it).count()
    }

    fn drain(&mut self, now: Instant) {
        while let Some(output) = self.connection.poll_output() {
            match output {
                Output::Transmit(bytes) => self.out.extend_from_slice(&bytes),
                Output::Read { message, offset, len } => {
                    let from = usize::try_from(offset).unwrap();
                    let content = self.sources[&message].slice(from..from + len);
                    self.connection.handle_read(message, content, now);
                }
                Output::Write { message, offset, content } => {
                    let stored = self.stored.entry(message).or_default();
                    assert_eq!(stored.len(), usize::try_from(offset).unwrap(), "in order");
                    stored.extend_from_slice(&content);
                    self.connection.handle_written(message, content.len().try_into().unwrap(), now);
                }
                Output::Authorize { path, relay, challenges } => {
                    let challenge = digest::strongest(challenges.iter().map(|value| value.as_str()));
                    let password: String = self.user.chars().rev().collect();
                    let line = challenge
                        .map(|challenge| authorization(&challenge, self.user, &password, relay.as_str(), 1));
                    let value = line.as_deref().and_then(|line| line.strip_prefix("Authorization: "));
                    let value = value.and_then(|value| value.strip_suffix('|'));
                    self.connection.credentials(path, value).unwrap();
                }
                Output::Bind { to_path, .. } => panic!("nobody else is expected: {to_path}"),
                Output::Close => panic!("closed by {}", self.user),
                Output::Event(event) => {
                    if let Event::Received { message, .. } = event {
                        self.received.push(self.stored.remove(&message).unwrap_or_default());
                        self.connection.accept(message, now);
                    }
                    self.events.push(event);
                }
            }
        }
    }

    /// Moves octets between the client and the relay; whether there were any.
    fn exchange(&mut self, lab: &mut Lab) -> bool {
        let mut any = false;
        self.drain(lab.now);
        while !self.out.is_empty() && lab.relay.wants_received(self.flow) {
            let rest = self.out.split_off(self.out.len().min(16 << 10));
            let piece = std::mem::replace(&mut self.out, rest);
            lab.write_bytes(self.flow, &piece);
            self.connection.handle_transmitted(piece.len().try_into().unwrap(), lab.now);
            self.drain(lab.now);
            any = true;
        }
        if self.reads {
            let bytes = lab.take(self.flow);
            for piece in bytes.chunks(5000) {
                assert!(self.connection.wants_received(), "credit is given back at once");
                self.connection.handle_received(Bytes::copy_from_slice(piece), lab.now);
                self.drain(lab.now);
                any = true;
            }
        }
        any
    }
}

fn run(lab: &mut Lab, clients: [&mut Client; 2]) {
    let [a, b] = clients;
    while a.exchange(lab) | b.exchange(lab) {}
}

/// Lets time pass for everybody.
fn wait(lab: &mut Lab, a: &mut Client, b: &mut Client, span: Duration) {
    let end = lab.now + span;
    loop {
        run(lab, [a, b]);
        let timeouts = [lab.relay.next_timeout(), a.connection.next_timeout(), b.connection.next_timeout()];
        let Some(at) = timeouts.into_iter().flatten().min().filter(|at| *at <= end) else { break };
        lab.advance(at.saturating_duration_since(lab.now));
        a.connection.handle_timeout(lab.now);
        b.connection.handle_timeout(lab.now);
    }
    lab.advance(end.saturating_duration_since(lab.now));
}

/// Both with a path of their own, and a session over both: Alice is the active side.
fn pair(lab: &mut Lab) -> (Client, Client, msrp::SessionKey, msrp::SessionKey) {
    let (mut alice, mut bob) = (Client::new(lab, "alice", 1), Client::new(lab, "bob", 2));
    alice.authorize(ALICE);
    bob.authorize(BOB);
    run(lab, [&mut alice, &mut bob]);
    let (ua, ub) = (alice.path(), bob.path());
    let to_bob = ua.iter().chain(ub.iter().rev()).cloned().chain([uri(BOB)]).collect();
    let to_alice = ub.iter().chain(ua.iter().rev()).cloned().chain([uri(ALICE)]).collect();
    let bobs = bob.attach(BOB, to_alice, Role::Passive, lab.now);
    let alices = alice.attach(ALICE, to_bob, Role::Active, lab.now);
    run(lab, [&mut alice, &mut bob]);
    (alice, bob, alices, bobs)
}

fn content(len: u32, step: u32) -> Vec<u8> {
    (0..len).map(|at| u8::try_from(at.wrapping_mul(step) % 251).unwrap()).collect()
}

#[test]
fn rfc4976_3_two_clients_exchange_messages_through_the_relay_and_learn_that_they_arrived() {
    let mut lab = Lab::new();
    let (mut alice, mut bob, alices, bobs) = pair(&mut lab);
    let (to_bob, to_alice, short) = (content(3_000_000, 1), content(1_000_000, 7), content(10, 3));
    alice.send(alices, &to_bob, lab.now);
    alice.send(alices, &short, lab.now);
    bob.send(bobs, &to_alice, lab.now);
    wait(&mut lab, &mut alice, &mut bob, Duration::from_secs(5));
    bob.received.sort_by_key(Vec::len);
    assert!(bob.received == [short, to_bob], "{:?}", bob.received.iter().map(Vec::len).collect::<Vec<_>>());
    assert!(alice.received == [to_alice]);
    assert_eq!((alice.delivered(), bob.delivered()), (2, 1));
    let live = lab.relay.live();
    assert_eq!((live.links, live.grants, live.transactions, live.queued, live.unread), (2, 2, 0, 0, 0));
}

#[test]
fn rfc4976_5_1_a_client_keeps_its_path_by_asking_again() {
    let mut lab = Lab::new();
    let (mut alice, mut bob, alices, _) = pair(&mut lab);
    let before = (alice.path(), bob.path());
    wait(&mut lab, &mut alice, &mut bob, Duration::from_secs(2 * 3600));
    assert_eq!((alice.path(), bob.path()), before);
    let asked = alice.events.iter().filter(|event| matches!(event, Event::PathGranted { .. })).count();
    assert!(asked >= 8, "{asked}");
    alice.send(alices, b"still there", lab.now);
    run(&mut lab, [&mut alice, &mut bob]);
    assert_eq!((bob.received.concat(), alice.delivered()), (b"still there".to_vec(), 1));
}

#[test]
fn a_client_that_does_not_read_brakes_the_other_one() {
    let mut lab = Lab::new();
    let (mut alice, mut bob, alices, _) = pair(&mut lab);
    let message = content(3_000_000, 5);
    alice.send(alices, &message, lab.now);
    bob.reads = false;
    lab.stick(bob.flow);
    run(&mut lab, [&mut alice, &mut bob]);
    let live = lab.relay.live();
    let held = live.queued + usize::try_from(live.unread + lab.in_flight(bob.flow)).unwrap();
    assert!(held < 600_000, "{held} of {} octets", message.len());
    bob.reads = true;
    lab.unstick(bob.flow);
    wait(&mut lab, &mut alice, &mut bob, Duration::from_secs(20));
    assert!(bob.received == [message]);
    assert_eq!(alice.delivered(), 1);
}

#[test]
fn rfc4976_6_4_1_a_client_learns_that_its_message_did_not_arrive() {
    let mut lab = Lab::new();
    let (mut alice, mut bob, alices, _) = pair(&mut lab);
    lab.lose(bob.flow);
    alice.send(alices, b"anybody there?", lab.now);
    wait(&mut lab, &mut alice, &mut bob, Duration::from_secs(40));
    let failed = alice.events.iter().any(|event| matches!(event, Event::Failed { .. }));
    assert!(failed && alice.delivered() == 0, "{:?}", alice.events);
}
