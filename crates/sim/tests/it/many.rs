//! Many messages, one after the other and at once: nothing of them is left in the machines.

use std::time::Duration;

use pager::{Event, To};
use simple_im_sim::{Lab, PartyId};

fn delivered(lab: &Lab, party: PartyId) -> usize {
    lab.events(party).iter().filter(|event| matches!(event, Event::Delivered { .. })).count()
}

/// Sends `count` files, `at_once` of them together; then no message, offer, session, transaction, connection or timer
/// is left.
#[track_caller]
fn check(count: usize, at_once: usize) {
    let mut lab = Lab::new(1);
    let [alice, bob] =
        ["alice", "bob"].map(|name| lab.client(name, |config| config.limits.max_sessions = at_once.max(64)));
    for batch in 0..count / at_once {
        for number in 0..at_once {
            let octets = vec![7; 1 + batch + 100 * number];
            lab.send(alice, To::one(lab.uri(bob)), None, &[("a.bin", "image/png", &octets)]).unwrap();
        }
        lab.run_for(Duration::from_secs(2));
    }
    assert_eq!(delivered(&lab, alice), count);
    // The connection for SIP stays open for a while.
    lab.run_for(Duration::from_secs(400));
    for party in [alice, bob] {
        assert!(lab.is_clean(party), "something is left of {count}");
        let timer = lab.with_agent(party, |agent, now| {
            agent.next_timeout().map(|at| format!("{:?} in {agent:?}", at.saturating_duration_since(now)))
        });
        assert_eq!(timer, None, "a timer is left of {count}");
    }
}

#[test]
fn two_hundred_files_in_a_row_leave_nothing() {
    check(200, 1);
}

#[test]
fn a_hundred_files_at_once_leave_nothing() {
    check(100, 100);
}
