//! The four machines of RFC 3261 §17 in virtual time: what each of them does when.

use std::time::{Duration, Instant};

use expect_test::{Expect, expect};
use sip::{HeaderName, Method, Request, Response, StatusCode, Uri};

use super::invite_client::InviteClient;
use super::invite_server::InviteServer;
use super::non_invite_client::NonInviteClient;
use super::non_invite_server::NonInviteServer;
use super::{ClientOutput, ServerOutput};
use crate::Timers;

const UDP: bool = false;
const TCP: bool = true;

fn request(method: Method) -> Request {
    Request::builder(method, &Uri::parse("sip:bob@example.com").unwrap())
        .via("UDP", "192.0.2.1:5060", "z9hG4bK1")
        .header(HeaderName::ROUTE, "<sip:proxy.example.com;lr>")
        .header(HeaderName::FROM, "<sip:alice@example.com>;tag=a")
        .header(HeaderName::TO, "<sip:bob@example.com>")
        .header(HeaderName::CALL_ID, "c1")
        .cseq(5)
        .build()
        .unwrap()
}

fn response(request: &Request, status: u16) -> Response {
    Response::builder_for(request, StatusCode::new(status).unwrap()).to_tag("b").build().unwrap()
}

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "any start will do")]
    Instant::now()
}

/// A client machine gets responses `(milliseconds, status)`; the trace says what it does.
#[track_caller]
fn client(method: Method, reliable: bool, responses: &[(u64, u16)], expected: Expect) {
    let start = now();
    let sent = request(method);
    let mut out = String::new();
    let mut responses =
        responses.iter().map(|(at, status)| (start + Duration::from_millis(*at), *status)).peekable();
    if *sent.method() == Method::INVITE {
        let mut machine = InviteClient::new(sent.clone(), reliable, Timers::default(), start);
        let mut time = start;
        loop {
            while let Some(output) = machine.poll_output() {
                note(&mut out, time - start, &show(output));
            }
            let alarm = machine.next_timeout();
            match (responses.peek(), alarm) {
                (Some((at, _)), alarm) if alarm.is_none_or(|alarm| *at < alarm) => {
                    let (at, status) = responses.next().unwrap();
                    time = at;
                    machine.handle_response(response(&sent, status), time);
                }
                (_, Some(alarm)) => {
                    time = alarm;
                    machine.handle_timeout(time);
                }
                _ => break,
            }
        }
    } else {
        let mut machine = NonInviteClient::new(sent.clone(), reliable, Timers::default(), start);
        let mut time = start;
        loop {
            while let Some(output) = machine.poll_output() {
                note(&mut out, time - start, &show(output));
            }
            let alarm = machine.next_timeout();
            match (responses.peek(), alarm) {
                (Some((at, _)), alarm) if alarm.is_none_or(|alarm| *at < alarm) => {
                    let (at, status) = responses.next().unwrap();
                    time = at;
                    machine.handle_response(response(&sent, status), time);
                }
                (_, Some(alarm)) => {
                    time = alarm;
                    machine.handle_timeout(time);
                }
                _ => break,
            }
        }
    }
    expected.assert_eq(&out);
}

fn show(output: ClientOutput) -> String {
    match output {
        ClientOutput::Transmit(bytes) => {
            format!("transmit {}", String::from_utf8_lossy(&bytes).split(' ').next().unwrap())
        }
        ClientOutput::Response(response) => format!("response {}", response.status().as_u16()),
        ClientOutput::TimedOut => "timed out".to_owned(),
        ClientOutput::Terminated => "terminated".to_owned(),
    }
}

fn note(out: &mut String, after: Duration, text: &str) {
    *out += &format!("{:.1} s  {text}\n", after.as_secs_f64());
}

#[test]
fn rfc3261_17_1_1_2_timer_a_doubles_and_timer_b_ends_it() {
    client(
        Method::INVITE,
        UDP,
        &[],
        expect![[r#"
        0.0 s  transmit INVITE
        0.5 s  transmit INVITE
        1.5 s  transmit INVITE
        3.5 s  transmit INVITE
        7.5 s  transmit INVITE
        15.5 s  transmit INVITE
        31.5 s  transmit INVITE
        32.0 s  timed out
        32.0 s  terminated
    "#]],
    );
    client(
        Method::INVITE,
        TCP,
        &[],
        expect![[r#"
        0.0 s  transmit INVITE
        32.0 s  timed out
        32.0 s  terminated
    "#]],
    );
}

#[test]
fn rfc3261_17_1_1_2_a_provisional_response_stops_the_repeats() {
    client(
        Method::INVITE,
        UDP,
        &[(600, 100), (700, 180), (50_000, 486)],
        expect![[r#"
        0.0 s  transmit INVITE
        0.5 s  transmit INVITE
        0.6 s  response 100
        0.7 s  response 180
        50.0 s  transmit ACK
        50.0 s  response 486
        82.0 s  terminated
    "#]],
    );
}

#[test]
fn rfc3261_17_1_1_3_each_refusal_is_acknowledged_until_timer_d() {
    client(
        Method::INVITE,
        UDP,
        &[(100, 486), (600, 486), (700, 180), (31_000, 486)],
        expect![[r#"
        0.0 s  transmit INVITE
        0.1 s  transmit ACK
        0.1 s  response 486
        0.6 s  transmit ACK
        31.0 s  transmit ACK
        32.1 s  terminated
    "#]],
    );
    client(
        Method::INVITE,
        TCP,
        &[(100, 486), (600, 486)],
        expect![[r#"
        0.0 s  transmit INVITE
        0.1 s  transmit ACK
        0.1 s  response 486
        0.1 s  terminated
    "#]],
    );
}

#[test]
fn rfc6026_7_2_every_2xx_is_passed_up_until_timer_m() {
    client(
        Method::INVITE,
        UDP,
        &[(100, 200), (600, 200), (700, 486), (32_000, 200), (33_000, 200)],
        expect![[r#"
            0.0 s  transmit INVITE
            0.1 s  response 200
            0.6 s  response 200
            32.0 s  response 200
            32.1 s  terminated
        "#]],
    );
}

#[test]
fn rfc3261_17_1_2_2_timer_e_doubles_up_to_t2_and_timer_f_ends_it() {
    client(
        Method::REGISTER,
        UDP,
        &[],
        expect![[r#"
        0.0 s  transmit REGISTER
        0.5 s  transmit REGISTER
        1.5 s  transmit REGISTER
        3.5 s  transmit REGISTER
        7.5 s  transmit REGISTER
        11.5 s  transmit REGISTER
        15.5 s  transmit REGISTER
        19.5 s  transmit REGISTER
        23.5 s  transmit REGISTER
        27.5 s  transmit REGISTER
        31.5 s  transmit REGISTER
        32.0 s  timed out
        32.0 s  terminated
    "#]],
    );
    client(
        Method::REGISTER,
        TCP,
        &[],
        expect![[r#"
        0.0 s  transmit REGISTER
        32.0 s  timed out
        32.0 s  terminated
    "#]],
    );
}

#[test]
fn rfc3261_17_1_2_2_in_proceeding_every_t2_and_timer_k_absorbs_repeats() {
    client(
        Method::REGISTER,
        UDP,
        &[(600, 100), (10_000, 202), (10_100, 202)],
        expect![[r#"
        0.0 s  transmit REGISTER
        0.5 s  transmit REGISTER
        0.6 s  response 100
        1.5 s  transmit REGISTER
        5.5 s  transmit REGISTER
        9.5 s  transmit REGISTER
        10.0 s  response 202
        15.0 s  terminated
    "#]],
    );
    client(
        Method::REGISTER,
        TCP,
        &[(600, 100), (10_000, 202)],
        expect![[r#"
        0.0 s  transmit REGISTER
        0.6 s  response 100
        10.0 s  response 202
        10.0 s  terminated
    "#]],
    );
}

#[test]
fn rfc3261_9_1_a_cancelled_invite_is_given_up_after_64_t1() {
    let start = now();
    let invite = request(Method::INVITE);
    let mut machine = InviteClient::new(invite.clone(), UDP, Timers::default(), start);
    assert!(!machine.is_proceeding());
    machine.handle_response(response(&invite, 180), start);
    assert!(machine.is_proceeding() && machine.next_timeout().is_none());
    machine.give_up_later(start);
    assert_eq!(machine.next_timeout(), Some(start + Duration::from_secs(32)));
    while machine.poll_output().is_some() {}
    machine.handle_timeout(start + Duration::from_secs(32));
    assert!(matches!(machine.poll_output(), Some(ClientOutput::TimedOut)));
    assert!(matches!(machine.poll_output(), Some(ClientOutput::Terminated)));
}

#[test]
fn rfc3261_17_1_1_3_the_ack_repeats_the_invite() {
    let invite = request(Method::INVITE);
    let ack = super::ack::for_refusal(&invite, &response(&invite, 486)).unwrap();
    expect![[r#"
        ACK sip:bob@example.com SIP/2.0
        Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport
        Max-Forwards: 70
        Route: <sip:proxy.example.com;lr>
        From: <sip:alice@example.com>;tag=a
        To: <sip:bob@example.com>;tag=b
        Call-ID: c1
        CSeq: 5 ACK
        Content-Length: 0

    "#]]
    .assert_eq(&String::from_utf8_lossy(&ack).replace('\r', ""));
}

#[test]
fn rfc3261_9_1_the_cancel_repeats_the_invite() {
    let cancel = super::cancel(&request(Method::INVITE)).unwrap();
    expect![[r#"
        CANCEL sip:bob@example.com SIP/2.0
        Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport
        Max-Forwards: 70
        Route: <sip:proxy.example.com;lr>
        From: <sip:alice@example.com>;tag=a
        To: <sip:bob@example.com>
        Call-ID: c1
        CSeq: 5 CANCEL
        Content-Length: 0

    "#]]
    .assert_eq(&String::from_utf8_lossy(cancel.as_bytes()).replace('\r', ""));
}

/// What happens to a server machine.
#[derive(Clone, Copy)]
enum Input {
    Repeat,
    Ack,
    Respond(u16),
}

#[track_caller]
fn invite_server(reliable: bool, inputs: &[(u64, Input)], expected: Expect) {
    let start = now();
    let mut machine = InviteServer::new(Some("100".into()), reliable, Timers::default(), start);
    let mut inputs = inputs.iter().map(|(at, input)| (start + Duration::from_millis(*at), *input)).peekable();
    let (mut time, mut out) = (start, String::new());
    loop {
        while let Some(output) = machine.poll_output() {
            note(&mut out, time - start, &show_server(output));
        }
        match (inputs.peek(), machine.next_timeout()) {
            (Some((at, _)), alarm) if alarm.is_none_or(|alarm| *at < alarm) => {
                let (at, input) = inputs.next().unwrap();
                time = at;
                match input {
                    Input::Repeat => machine.handle_repeat(),
                    Input::Ack => machine.handle_ack(time),
                    Input::Respond(status) => {
                        machine.respond(StatusCode::new(status).unwrap(), status.to_string().into(), time);
                    }
                }
            }
            (_, Some(alarm)) => {
                time = alarm;
                machine.handle_timeout(time);
            }
            _ => break,
        }
    }
    expected.assert_eq(&out);
}

fn show_server(output: ServerOutput) -> String {
    match output {
        ServerOutput::Transmit(bytes) => format!("transmit {}", String::from_utf8_lossy(&bytes)),
        ServerOutput::Terminated => "terminated".to_owned(),
    }
}

#[test]
fn rfc3261_17_2_1_100_after_200_ms_unless_the_user_is_faster() {
    use Input::{Ack, Repeat, Respond};
    let inputs = [(500, Repeat), (900, Respond(180)), (1000, Repeat), (2000, Respond(486)), (2100, Ack)];
    invite_server(
        UDP,
        &inputs,
        expect![[r#"
        0.2 s  transmit 100
        0.5 s  transmit 100
        0.9 s  transmit 180
        1.0 s  transmit 180
        2.0 s  transmit 486
        7.1 s  terminated
    "#]],
    );
    invite_server(
        UDP,
        &[(100, Respond(180)), (300, Respond(603)), (400, Ack), (500, Repeat)],
        expect![[r#"
        0.1 s  transmit 180
        0.3 s  transmit 603
        5.4 s  terminated
    "#]],
    );
}

#[test]
fn rfc3261_17_2_1_timers_g_and_h_without_ack() {
    invite_server(
        UDP,
        &[(0, Input::Respond(486))],
        expect![[r#"
        0.0 s  transmit 486
        0.5 s  transmit 486
        1.5 s  transmit 486
        3.5 s  transmit 486
        7.5 s  transmit 486
        11.5 s  transmit 486
        15.5 s  transmit 486
        19.5 s  transmit 486
        23.5 s  transmit 486
        27.5 s  transmit 486
        31.5 s  transmit 486
        32.0 s  terminated
    "#]],
    );
    invite_server(
        TCP,
        &[(0, Input::Respond(486))],
        expect![[r#"
        0.0 s  transmit 486
        32.0 s  terminated
    "#]],
    );
    invite_server(
        TCP,
        &[(0, Input::Respond(486)), (100, Input::Ack)],
        expect![[r#"
        0.0 s  transmit 486
        0.1 s  terminated
    "#]],
    );
}

#[test]
fn rfc6026_7_1_after_a_2xx_repeats_are_absorbed_until_timer_l() {
    use Input::{Ack, Repeat, Respond};
    let inputs = [(100, Respond(200)), (600, Repeat), (700, Ack), (800, Respond(486))];
    invite_server(
        UDP,
        &inputs,
        expect![[r#"
        0.1 s  transmit 200
        32.1 s  terminated
    "#]],
    );
}

#[test]
fn rfc3261_17_2_2_the_final_response_again_until_timer_j() {
    for (reliable, seconds) in [(UDP, 32), (TCP, 0)] {
        let start = now();
        let mut machine = NonInviteServer::new(reliable, Timers::default(), start);
        machine.handle_repeat();
        assert!(machine.poll_output().is_none(), "RFC 3261 §17.2.2: nothing in Trying");
        machine.respond(StatusCode::OK, "200".into(), start);
        machine.respond(StatusCode::OK, "again".into(), start);
        assert!(matches!(machine.poll_output(), Some(ServerOutput::Transmit(_))));
        if reliable {
            assert!(matches!(machine.poll_output(), Some(ServerOutput::Terminated)));
            continue;
        }
        machine.handle_repeat();
        assert!(matches!(machine.poll_output(), Some(ServerOutput::Transmit(_))));
        let end = start + Duration::from_secs(seconds);
        assert_eq!(machine.next_timeout(), Some(end));
        machine.handle_timeout(end);
        assert!(matches!(machine.poll_output(), Some(ServerOutput::Terminated)));
    }
}
