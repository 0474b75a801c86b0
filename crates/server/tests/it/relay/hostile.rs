//! Input cut anywhere, and input that is no MSRP: the same frames come out, and nothing panics.

use std::time::Duration;

use simple_im_server::FlowId;

use super::lab::{ALICE, BOB, Lab, auth, send};
use crate::wire::config;

/// Everything a client may send, one after the other.
fn conversation(uri: &str) -> Vec<u8> {
    let to = format!("{uri} {BOB}");
    [
        send("s001", &to, ALICE, "Success-Report: yes|", "-------s001$ and -------s001+ in it"),
        send("s002", &to, ALICE, "Failure-Report: no|", "x"),
        format!("MSRP b1nd SEND|To-Path: {to}|From-Path: {ALICE}|Message-ID: 1|-------b1nd$|"),
        format!("MSRP r001 REPORT|To-Path: {to}|From-Path: {ALICE}|Message-ID: 1|Status: 000 200 OK|-------r001$|"),
        auth("au07", super::lab::URI, "msrp://192.0.2.1:7000/other;tcp", ""),
        format!("MSRP n001 NICKNAME|To-Path: {to}|From-Path: {ALICE}|-------n001$|"),
        format!("MSRP zzzz 200 OK|To-Path: {uri}|From-Path: {BOB}|-------zzzz$|"),
        format!(
            "MSRP c001 SEND|To-Path: {to}|From-Path: {ALICE}|Message-ID: 9|Byte-Range: 5-*/*|Content-Type: a/b||\
             abc|-------c001+|"
        ),
    ]
    .concat()
    .replace('|', "\r\n")
    .into_bytes()
}

/// What the client and the peer get, without what is random.
fn run(cut: &[usize]) -> (Vec<String>, Vec<u8>) {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    let bob = lab.accept();
    lab.write(bob, &send("s000", &format!("{uri} {ALICE}"), BOB, "", "hi"));
    lab.take(alice);
    lab.take(bob);
    let stream = conversation(&uri);
    let mut from = 0;
    for &at in cut.iter().chain([&stream.len()]) {
        lab.write_bytes(alice, &stream[from..at]);
        from = at;
    }
    lab.advance(Duration::from_secs(1));
    let answers =
        lab.frames(alice).iter().map(|frame| format!("{} {}", frame.tid(), frame.status())).collect();
    let passed = lab.frames(bob).into_iter().flat_map(|frame| frame.body).collect();
    (answers, passed)
}

#[test]
fn a_stream_cut_anywhere_is_the_same_stream() {
    let whole = run(&[]);
    assert_eq!(
        whole.0,
        ["s001 200", "b1nd 200", "au07 401", "n001 501", "c001 200"],
        "{:?}",
        String::from_utf8_lossy(&whole.1)
    );
    let mut lab = Lab::new();
    let (_, uri) = lab.alice();
    let len = conversation(&uri).len();
    for at in 0..=len {
        assert_eq!(run(&[at]), whole, "cut at {at}");
    }
    let all: Vec<_> = (1..len).collect();
    assert_eq!(run(&all), whole, "octet by octet");
}

#[test]
fn one_octet_changed_anywhere_does_no_harm() {
    let mut random = 1_u64;
    let mut lab = Lab::new();
    let (_, uri) = lab.alice();
    let len = conversation(&uri).len();
    let octets = [0, b'\n', b'-', b' ', b';', 0xff, b'9'];
    for at in 0..len {
        // Two of them at each place, all of them in each word.
        for octet in [octets[at % 7], octets[(at + 3) % 7]] {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let mut lab = Lab::new();
            let (alice, uri) = lab.alice();
            let mut stream = conversation(&uri);
            stream[at] = octet;
            let cut = usize::try_from(random >> 33).unwrap() % len;
            lab.write_bytes(alice, &stream[..cut]);
            lab.write_bytes(alice, &stream[cut..]);
            while !lab.opened.is_empty() {
                lab.connect();
            }
            lab.lose(alice);
            // Only what was opened for her, and what it still waits for, is left.
            lab.advance(Duration::from_secs(60));
            let live = lab.relay.live();
            assert_eq!((live.grants, live.transactions, live.queued), (0, 0, 0), "{at} {octet} {live:?}");
        }
    }
}

/// Peers that connect, ask, send, stall, break and come back in any order. Whatever they do, the relay holds no more
/// than its bounds, and nothing once all are gone.
#[test]
fn peers_that_do_anything_in_any_order_leave_nothing_behind() {
    let mut config = config();
    let limits = &mut config.msrp_relay.limits;
    (limits.window, limits.in_flight, limits.max_transactions) = (20_000, 20_000, 8);
    (limits.max_links, limits.max_grants_per_link) = (6, 3);
    let mut granted = 0;
    for seed in 0..30_u64 {
        let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = move |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        let mut lab = Lab::with(&config);
        let mut flows = vec![];
        let mut uris = vec![format!("msrp://192.0.2.10:2855/none;tcp")];
        let mut stuck = vec![];
        for step in 0..300 {
            let pick = |list: &[FlowId], at: u64| {
                list.get(usize::try_from(at).unwrap() % list.len().max(1)).copied()
            };
            let flow = pick(&flows, next(64));
            let own = [ALICE, BOB, "msrp://192.0.2.3:9/carol;tcp"][usize::try_from(next(3)).unwrap()];
            match (next(12), flow) {
                (0, _) => flows.push(lab.accept()),
                (1, _) if !lab.opened.is_empty() => {
                    let (flow, _) = lab.opened.last().cloned().unwrap();
                    if lab.closed.contains(&flow) {
                        lab.opened.pop();
                    } else {
                        flows.push(lab.connect());
                    }
                }
                (2, Some(flow)) if !stuck.contains(&flow) => {
                    lab.stick(flow);
                    stuck.push(flow);
                }
                (3, _) if !stuck.is_empty() => lab.unstick(stuck.remove(0)),
                (4, Some(flow)) if next(4) == 0 => lab.lose(flow),
                (5, _) => lab.advance(Duration::from_millis(next(20_000))),
                (6 | 7, Some(flow)) if !stuck.contains(&flow) => {
                    lab.take(flow);
                    lab.write(flow, &auth("au00", super::lab::URI, own, ""));
                    let frames = lab.frames(flow);
                    let value =
                        frames.last().map(|frame| frame.get(msrp::HeaderName::WwwAuthenticate).to_owned());
                    let Some(Ok(challenge)) = value.map(|value| digest::Challenge::parse(&value)) else {
                        continue;
                    };
                    let more = super::lab::authorization(&challenge, "alice", "ecila", super::lab::URI, 1);
                    lab.write(flow, &auth("au01", super::lab::URI, own, &more));
                    let frames = lab.frames(flow);
                    let uri = frames.last().map(|frame| frame.get(msrp::HeaderName::UsePath).to_owned());
                    uris.extend(uri.filter(|uri| !uri.is_empty()).inspect(|_| granted += 1));
                }
                (_, Some(flow)) if lab.relay.wants_received(flow) => {
                    let uri = &uris[usize::try_from(next(64)).unwrap() % uris.len()];
                    let peer =
                        [ALICE, BOB, "msrp://192.0.2.3:9/carol;tcp"][usize::try_from(next(3)).unwrap()];
                    let body = "x".repeat(usize::try_from(next(9000)).unwrap());
                    let wanted = ["", "Failure-Report: no|", "Failure-Report: partial|"];
                    let more = wanted[usize::try_from(next(3)).unwrap()];
                    let text = send(&format!("s{step:03}"), &format!("{uri} {peer}"), own, more, &body);
                    // Whole, or broken off.
                    let text = text.replace('|', "\r\n");
                    let len = if next(3) == 0 {
                        usize::try_from(next(9000)).unwrap().min(text.len())
                    } else {
                        text.len()
                    };
                    lab.write_bytes(flow, &text.as_bytes()[..len]);
                }
                _ => {}
            }
            flows.retain(|flow| !lab.closed.contains(flow) && lab.is_up(*flow));
            let live = lab.relay.live();
            // Each of six links has a window for each of six sources, and one chunk that passed the bound.
            assert!(
                live.queued <= 36 * 32_000 && live.links <= 6 && live.transactions <= 48,
                "{seed} {live:?}"
            );
            assert!(live.unread <= 6 * 80_000, "{seed} {live:?}");
        }
        for flow in flows {
            lab.lose(flow);
        }
        lab.advance(Duration::from_secs(4000));
        assert_eq!(lab.relay.live(), Default::default(), "{seed}");
        assert_eq!(lab.relay.next_timeout(), None, "{seed}");
    }
    assert!(granted > 50, "the peers got somewhere: {granted}");
}

#[test]
fn what_is_no_msrp_ends_the_connection() {
    let huge = format!("MSRP s001 SEND|To-Path: {}|", "x".repeat(9000));
    let paths =
        format!("MSRP s001 SEND|To-Path:{}|From-Path: {ALICE}|-------s001$|", format!(" {BOB}").repeat(33));
    for (text, closed) in [
        ("GET / HTTP/1.1||", true),
        ("\0\0\0\0", true),
        ("MSRP s001 SEND|-------s002$|", true),
        (&huge, true),
        (&paths, false),
    ] {
        let mut lab = Lab::new();
        let flow = lab.accept();
        lab.write(flow, text);
        assert_eq!(lab.closed == [flow], closed, "{text:.30}");
        assert!(lab.opened.is_empty());
    }
}

#[test]
fn rfc4975_7_3_requests_that_break_a_rule_are_400() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    let to = format!("{uri} {BOB}");
    for (n, more) in [
        "Byte-Range: 0-1/1|Content-Type: a/b||x|",
        "Byte-Range: 18446744073709551615-*/*|Content-Type: a/b||x|",
        "Byte-Range: x|Content-Type: a/b||x|",
        "|x|",
        "Failure-Report: maybe|Content-Type: a/b||x|",
    ]
    .iter()
    .enumerate()
    {
        let text = format!(
            "MSRP s00{n} SEND|To-Path: {to}|From-Path: {ALICE}|Message-ID: m{n}|{more}-------s00{n}$|"
        );
        lab.write(alice, &text);
        assert_eq!(lab.frame(alice).status(), 400, "{more}");
    }
    assert!(lab.opened.is_empty());
}

#[test]
fn a_path_of_our_own_uris_only_goes_nowhere() {
    let mut lab = Lab::new();
    let (alice, uri) = lab.alice();
    let path = format!("{uri} ").repeat(30);
    lab.write(alice, &send("s001", &format!("{path}{BOB}"), ALICE, "", "x"));
    assert_eq!(lab.frame(alice).status(), 403);
    // To herself, through the relay, she may send.
    lab.write(alice, &send("s002", &format!("{uri} {ALICE}"), ALICE, "", "to me"));
    let frames = lab.frames(alice);
    assert_eq!(frames.iter().map(|frame| frame.status()).collect::<Vec<_>>(), [200, 0]);
    assert_eq!(frames[1].body, b"to me");
}
