//! What the size of a chunk depends on, and messages whose size nobody knows.

use expect_test::expect;
use simple_im_msrp::{Config, OutgoingMessage, Role};

use crate::lab::{ALICE, BOB, Lab, message, session};

/// What Alice's chunks look like when a source of `size` octets ends without a word.
fn streamed(size: usize) -> (String, Vec<u8>) {
    let (mut lab, key) = Lab::with_session(&Config { chunk_size: 2048, window: 4096, ..Config::default() });
    lab.run();
    lab.trace.clear();
    let content: Vec<u8> = (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect();
    lab.alice.send(
        key,
        OutgoingMessage { size: None, success_report: true, ..message(0) },
        &content,
        lab.now,
    );
    lab.run();
    let chunks = lab.trace.lines().filter(|line| line.starts_with("alice > SEND") || line.contains("report"));
    let chunks = chunks.map(|line| format!("{line}\n")).collect();
    assert_eq!(lab.alice.connection.next_timeout(), None, "nothing is left to wait for");
    (chunks, lab.bob.received[0].1.clone())
}

#[test]
fn rfc4975_7_1_1_a_size_that_is_not_known_is_told_by_the_last_chunk() {
    for size in [0, 1, 2047, 2048, 2049, 4096, 5000, 100_000] {
        let (_, received) = streamed(size);
        assert_eq!(received.len(), size);
        assert!(received.iter().enumerate().all(|(at, &octet)| usize::from(octet) == at % 251));
    }
    expect![[r#"
        alice > SEND 1-0/0 [0] $
        alice: reported 200 complete=true
    "#]]
    .assert_eq(&streamed(0).0);
    expect![[r#"
        alice > SEND 1-*/* [2048] +
        alice > SEND 2049-4096/4096 [2048] $
        alice: reported 200 complete=true
    "#]]
    .assert_eq(&streamed(4096).0);
    expect![[r#"
        alice > SEND 1-*/* [2048] +
        alice > SEND 2049-4096/5000 [2048] +
        alice > SEND 4097-5000/5000 [904] $
        alice: reported 200 complete=true
    "#]]
    .assert_eq(&streamed(5000).0);
}

#[test]
fn messages_that_share_a_connection_take_short_turns() {
    let mut lab = Lab::new(&Config::default());
    lab.read_size = 1 << 20;
    let bob = |line: u32| BOB.replace("9fQm", &format!("{line:04}"));
    let keys: Vec<_> = (0..4)
        .map(|line| {
            lab.bob.expected.push(session(&bob(line), ALICE, Role::Passive));
            lab.alice.connection.attach(session(ALICE, &bob(line), Role::Active), lab.now)
        })
        .collect();
    lab.run();
    lab.trace.clear();
    for key in keys {
        lab.alice.send(key, message(1 << 20), &vec![b'x'; 1 << 20], lab.now);
    }
    lab.run();
    let starts: Vec<&str> = lab.trace.lines().filter(|line| line.starts_with("alice > SEND")).collect();
    // The first read is asked for before the others are there.
    assert!(
        starts[..8].iter().all(|line| line.contains("-61440/") || line.contains("[16384]")),
        "{starts:?}"
    );
    assert!(starts[8..starts.len() - 24].iter().all(|line| line.contains("[16384]")), "{starts:?}");
    assert_eq!(lab.bob.received.len(), 4);
}
