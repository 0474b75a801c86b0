//! Whatever is offered can be answered, offerer and answerer agree on which lines live, and pairing any two documents never panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sdp::SessionDescription;
use sdp::attribute::Direction;
use sdp::line::Origin;
use sdp::offer_answer::{LineAnswer, LineOutcome, MessageLine, OfferedLine, answer, close, offered, pair};

fuzz_target!(|input: (u64, &[u8], &[u8])| {
    let (picks, one, other) = input;
    let Some(offer) = read(one) else { return };
    if let Some(other) = read(other) {
        let _ = pair(&offer, &other);
    }
    let lines = offered(&offer);
    let answers: Vec<_> =
        lines.iter().enumerate().map(|(at, line)| accept(picks >> (at % 64) & 1 == 1, line)).collect();
    let answered =
        answer(&offer, &Origin::new(1, "203.0.113.20"), &answers).expect("what may be accepted or refused");
    let outcomes = pair(&offer, &answered).expect("one line for each");
    assert_eq!(outcomes.len(), answers.len());
    for (answer, outcome) in answers.iter().zip(&outcomes) {
        let lives = matches!(outcome, LineOutcome::Accepted(_));
        assert_eq!(lives, matches!(answer, LineAnswer::Accept(_)), "{outcome:?}");
    }
    if let Ok(closed) = close(&offer, &(0..lines.len()).collect::<Vec<_>>()) {
        assert!(closed.media().all(|media| media.port() == 0));
    }
});

/// Takes an MSRP line if we are to, at an address of its own transport.
fn accept(take: bool, line: &OfferedLine) -> LineAnswer {
    let OfferedLine::Message(offered) = line else { return LineAnswer::Refuse };
    let scheme = if offered.proto == sdp::offer_answer::Proto::Tls { "msrps" } else { "msrp" };
    let own = format!("{scheme}://203.0.113.20:2855/k3Vd0pXw8TqL;tcp");
    match MessageLine::new(own, Direction::SendRecv) {
        Ok(mut line) if take => {
            line.accept_types = vec!["*".into()];
            LineAnswer::Accept(line)
        }
        _ => LineAnswer::Refuse,
    }
}

fn read(input: &[u8]) -> Option<SessionDescription> {
    SessionDescription::parse(bytes::Bytes::copy_from_slice(input)).ok()
}
