//! Messages that are passed on: 200 hop by hop, one REPORT end to end.

use std::time::Duration;

use expect_test::{Expect, expect};
use simple_im_msrp::{Config, Event, OutgoingMessage};

use crate::lab::{Lab, message};

/// Bob passes a message on, and says after 100 seconds what became of it; what was said from the last chunk on.
#[track_caller]
fn check(success_report: bool, verdict: impl FnOnce(&mut Lab, simple_im_msrp::MessageKey), expected: Expect) {
    let (mut lab, key) = Lab::with_session(&Config::default());
    lab.bob.habits.accepts = false;
    lab.bob.habits.credits = false;
    lab.alice.send(key, OutgoingMessage { success_report, ..message(5) }, b"hello", lab.now);
    lab.run();
    let incoming = lab.bob.events.iter().find_map(|event| match event {
        Event::Incoming { message, .. } => Some(*message),
        _ => None,
    });
    let incoming = incoming.unwrap();
    lab.trace.clear();
    lab.bob.connection.pass_on(incoming);
    lab.wait(Duration::from_secs(100));
    while lab.bob.credit(lab.now) {}
    lab.run();
    verdict(&mut lab, incoming);
    lab.run();
    expected.assert_eq(&lab.trace);
}

#[test]
fn rfc4975_7_2_the_200_does_not_wait_for_the_verdict() {
    check(
        true,
        |lab, message| lab.bob.connection.accept(message, lab.now),
        expect![[r#"
        bob > 200 OK $
        alice: 5 sent, 5 acknowledged
        alice: sent
        bob: received 5
        bob > REPORT 1-5/5 000 200 OK $
        alice: reported 200 complete=true
    "#]],
    );
    check(
        false,
        |lab, message| lab.bob.connection.accept(message, lab.now),
        expect![[r#"
        bob > 200 OK $
        alice: 5 sent, 5 acknowledged
        alice: sent
        bob: received 5
    "#]],
    );
}

#[test]
fn rfc4975_7_1_2_a_failure_is_reported_with_its_comment() {
    check(
        true,
        |lab, message| lab.bob.connection.report(message, 480, "1 of 2 delivered", lab.now),
        expect![[r#"
            bob > 200 OK $
            alice: 5 sent, 5 acknowledged
            alice: sent
            bob: received 5
            bob > REPORT 1-5/5 000 480 1 of 2 delivered $
            alice: reported 480 complete=false
        "#]],
    );
    check(
        false,
        |lab, message| lab.bob.connection.report(message, 200, "a\r\nb", lab.now),
        expect![[r#"
        bob > 200 OK $
        alice: 5 sent, 5 acknowledged
        alice: sent
        bob: received 5
        bob > REPORT 1-5/5 000 408 Timeout $
        alice: reported 408 complete=false
    "#]],
    );
}
