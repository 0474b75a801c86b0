//! Which messages a session takes: accept-types, accept-wrapped-types and max-size (RFC 4975 §8.6).

use expect_test::expect;
use grammar::ByteStr;
use simple_im_msrp::{Config, ReceivePolicy, Role};

use crate::lab::{ALICE, BOB, session};
use crate::raw::{Bob, check_with, chunk, frame};

#[test]
fn rfc4975_8_6_types_that_were_not_accepted_are_refused_415() {
    let mut session = session(BOB, ALICE, Role::Passive);
    let accept_types = vec![ByteStr::from("image/*"), ByteStr::from("message/cpim")];
    session.receive = Some(ReceivePolicy { max_size: Some(10), accept_types, accept_wrapped_types: vec![] });
    let send = |tid: &str, ty: &str, size: &str| {
        frame(
            &format!("{tid} SEND\nMessage-ID: {tid}\nByte-Range: 1-2/{size}\nContent-Type: {ty}\n\nhi"),
            '$',
        )
    };
    let stream = [
        send("tid0", "image/png", "2"),
        send("tid1", "Message/CPIM;x=y", "2"),
        send("tid2", "text/plain", "2"),
        send("tid3", "nonsense", "2"),
        send("tid4", "image/png", "11"),
        send("tid5", "image/png", "*"),
    ];
    check_with(
        &Config::default(),
        &session,
        stream.concat().as_bytes(),
        expect![[r#"
        bob: bound
        bob: incoming image/png None Some(2)
        bob: incoming Message/CPIM;x=y None Some(2)
        bob > 415 Unsupported Media Type $
        bob > 415 Unsupported Media Type $
        bob > 413 Stop Sending $
        bob: incoming image/png None None
        bob: received 2
        bob: received 2
        bob: received 2
        bob > 200 OK $
        bob > 200 OK $
        bob > 200 OK $
    "#]],
    );
}

#[test]
fn rfc4975_8_6_wrapped_types_that_were_not_accepted_are_refused_415() {
    let mut session = session(BOB, ALICE, Role::Passive);
    session.receive = Some(ReceivePolicy {
        max_size: None,
        accept_types: vec![ByteStr::from("message/cpim"), ByteStr::from("text/plain")],
        accept_wrapped_types: vec![ByteStr::from("image/*")],
    });
    let send = |tid: &str, ty: &str| {
        frame(
            &format!(
                "{tid} SEND\nMessage-ID: {tid}\nContent-Type: message/cpim\n\n\
                 From: <sip:a@x.example>\n\nContent-Type: {ty}\n\nhi"
            ),
            '$',
        )
    };
    let stream = [send("tid0", "image/png"), send("tid1", "text/html"), send("tid2", "text/plain")];
    let outcome = |read: usize| {
        let mut bob = Bob::new(Config::default(), session.clone());
        stream.concat().as_bytes().chunks(read).for_each(|read| bob.feed(read));
        // An error goes out at once, the answer to a whole message when the user has it.
        let mut answers: Vec<_> = bob.trace.lines().filter(|line| line.contains(" > ")).collect();
        answers.sort_unstable();
        answers.join("\n")
    };
    let expected = "bob > 200 OK $\nbob > 200 OK $\nbob > 415 Unsupported Media Type $";
    for read in 1..400 {
        assert_eq!(outcome(read), expected, "reads of {read}");
    }
}

#[test]
fn max_size_holds_for_what_is_counted() {
    let mut session = session(BOB, ALICE, Role::Passive);
    session.receive = Some(ReceivePolicy {
        max_size: Some(4),
        accept_types: vec![ByteStr::from("*")],
        accept_wrapped_types: vec![],
    });
    let stream = [chunk("tid0", "1-*/*", "abc", '+'), chunk("tid1", "4-*/*", "de", '$')];
    check_with(
        &Config::default(),
        &session,
        stream.concat().as_bytes(),
        expect![[r#"
        bob: bound
        bob: incoming text/plain None None
        bob > 200 OK $
        bob > 413 Stop Sending $
        bob: aborted: larger than the session takes
    "#]],
    );
}
