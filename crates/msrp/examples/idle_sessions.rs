//! What idle sessions keep in memory, on a connection each and all on one.
//!
//! `cargo run --release -p simple-im-msrp --example idle_sessions 10000`
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example measures, fails by a panic and prints what it found"
)]

use std::time::Instant;

use bytes::Bytes;
use simple_im_msrp::{
    ByteStr, Config, Connection, Event, FailureReport, IdSource, OutgoingMessage, Output, ReceivePolicy,
    Role, SessionConfig, Uri,
};

const ALICE: &str = "msrp://198.51.100.7:2855/k3Vd0pXw8TqLz6Rb;tcp";
const BOB: &str = "msrp://203.0.113.20:2855/9fQm2Jx0YcUe7HsN;tcp";

fn main() {
    let count = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(10_000);
    for (shared, how) in [(false, "on a connection each"), (true, "on one connection")] {
        println!("{count} idle sessions {how}: {} octets for each", idle(count, shared));
    }
}

/// What `count` idle sessions keep on both sides, in octets for each session of each side. Each has sent one short
/// message, on a connection of its own or all on one.
pub(crate) fn idle(count: usize, shared: bool) -> u64 {
    let now = Instant::now();
    let content = Bytes::from_static(b"Lunch at noon?");
    let mut kept = Vec::with_capacity(count);
    let measured = allocation_counter::measure(|| {
        for number in 0..count {
            if kept.is_empty() || !shared {
                let seed = u64::try_from(number).unwrap() << 16;
                kept.push(Box::new((connection(seed), connection(seed + (1 << 48)))));
            }
            let (alice, bob) = &mut **kept.last_mut().unwrap();
            let [ours, theirs] = [ALICE, BOB].map(|uri| uri.replace(";tcp", &format!("{number:06};tcp")));
            let from = alice.attach(session(&ours, &theirs, Role::Active), now);
            bob.attach(session(&theirs, &ours, Role::Passive), now);
            alice.send(from, message(content.len()), now).unwrap();
            assert_eq!(exchange([alice, bob], &content, now), content.len());
        }
    });
    let sessions: usize = kept.iter().map(|pair| pair.0.session_count() + pair.1.session_count()).sum();
    assert_eq!(sessions, 2 * count);
    u64::try_from(measured.bytes_current).unwrap() / u64::try_from(sessions).unwrap()
}

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

fn connection(seed: u64) -> Connection {
    Connection::new(Config::default(), Box::new(Counted(seed)))
}

fn session(local: &str, peer: &str, role: Role) -> SessionConfig {
    let uri = |text: &str| Uri::parse(ByteStr::from(text)).unwrap();
    let receive = Some(ReceivePolicy {
        max_size: None,
        accept_types: vec![ByteStr::from_static("*")],
        accept_wrapped_types: vec![],
    });
    SessionConfig { local: uri(local), peer: vec![uri(peer)], role, receive }
}

fn message(size: usize) -> OutgoingMessage {
    OutgoingMessage {
        content_type: ByteStr::from_static("application/octet-stream"),
        disposition: None,
        size: Some(u64::try_from(size).unwrap()),
        success_report: false,
        failure_report: FailureReport::Yes,
    }
}

/// Carries everything between two connections until both are quiet; the octets that were handed out.
fn exchange([alice, bob]: [&mut Connection; 2], content: &Bytes, now: Instant) -> usize {
    let mut handed_out = 0;
    loop {
        let mut quiet = true;
        while let Some(output) = alice.poll_output() {
            quiet = false;
            match output {
                Output::Transmit(bytes) => {
                    let octets = u64::try_from(bytes.len()).unwrap();
                    bob.handle_received(bytes, now);
                    alice.handle_transmitted(octets, now);
                }
                Output::Read { message, offset, len } => {
                    let start = usize::try_from(offset).unwrap();
                    alice.handle_read(message, content.slice(start..start + len), now);
                }
                _ => {}
            }
        }
        while let Some(output) = bob.poll_output() {
            quiet = false;
            match output {
                Output::Transmit(bytes) => {
                    let octets = u64::try_from(bytes.len()).unwrap();
                    alice.handle_received(bytes, now);
                    bob.handle_transmitted(octets, now);
                }
                Output::Write { message, content, .. } => {
                    handed_out += content.len();
                    bob.handle_written(message, u64::try_from(content.len()).unwrap(), now);
                }
                Output::Event(Event::Received { message, .. }) => bob.accept(message, now),
                _ => {}
            }
        }
        if quiet {
            return handed_out;
        }
    }
}
