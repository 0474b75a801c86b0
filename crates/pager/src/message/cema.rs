//! Where middleboxes rewrite `c=` and `m=` and leave `a=path` alone: RFC 6714.

use grammar::ByteStr;
use sdp::SessionDescription;
use sdp::attribute::{PathUri, Setup};
use sdp::offer_answer::{
    AddressMatch, CemaAnswer, CemaOutcome, LineOutcome, MessageLine, OfferedLine, cema_answer, cema_outcome,
    match_addresses, offered,
};

/// Compares `c=` and `m=` of a line with its path.
///
/// Differs: RFC 6714 §4.4 has names resolved first. A name that is compared with an address counts as that address:
/// who sets up names for a relay is not who rewrites addresses, and without a middlebox nothing is lost.
fn matched(line: &MessageLine) -> AddressMatch {
    let is_name = |host: &str| host.parse::<std::net::IpAddr>().is_err();
    let host_of = |uri: &ByteStr| {
        let uri = PathUri::parse(uri).ok()?;
        let host = uri.host_port.host.to_string();
        Some(host.trim_start_matches('[').trim_end_matches(']').to_owned())
    };
    let names = line.path.iter().filter_map(host_of).any(|host| is_name(&host));
    if is_name(&line.host) != names { AddressMatch::Same } else { match_addresses(line, |_| Vec::new()) }
}

/// Settles for each accepted line of an answer where it is connected to; whether the offer has to be made again
/// without `a=msrp-cema`. `cema`: whether it was in the offer.
pub(super) fn settle(outcomes: &mut [LineOutcome], offer: &SessionDescription, cema: bool) -> bool {
    let mut again = false;
    for (outcome, ours) in outcomes.iter_mut().zip(offered(offer)) {
        let (LineOutcome::Accepted(peer), OfferedLine::Message(ours)) = (outcome, ours) else { continue };
        if !cema {
            peer.line.cema = false;
            continue;
        }
        match cema_outcome(&ours, &peer.line, peer.active, matched(&peer.line)) {
            CemaOutcome::ConnectToMediaLine => peer.line.cema = true,
            CemaOutcome::ConnectToPath | CemaOutcome::Wait => peer.line.cema = false,
            CemaOutcome::OfferAgain => again = true,
        }
    }
    again
}

/// Settles how an offered line is answered by `ours`, and where it is connected to; `None` if it has to be refused.
/// `cema`: whether we know the mechanism.
pub(super) fn answer(
    mut theirs: MessageLine,
    mut ours: MessageLine,
    cema: bool,
) -> Option<(MessageLine, MessageLine)> {
    let decided = if cema { cema_answer(&theirs, &ours, matched(&theirs)) } else { CemaAnswer::Plain };
    match decided {
        CemaAnswer::Refuse => return None,
        CemaAnswer::Plain => (theirs.cema, ours.cema) = (false, false),
        CemaAnswer::Use => {
            ours.cema = true;
            if ours.path.len() > 1 {
                ours.setup = Some(Setup::Passive);
                show_relay(&mut ours);
            }
        }
    }
    Some((theirs, ours))
}

/// Puts the relay that stands first in the path into `c=` and `m=` (RFC 6714 §4.2 and §4.3).
pub(crate) fn show_relay(line: &mut MessageLine) {
    let outermost = line.path.first().and_then(|uri| msrp::Uri::parse(uri.clone()).ok());
    if let Some((relay, port)) = outermost.and_then(|relay| Some((relay.clone(), relay.port()?))) {
        line.host = ByteStr::from(relay.host().trim_start_matches('[').trim_end_matches(']'));
        line.port = port;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sdp::attribute::Direction;

    fn line(path: &[&str], host: &str, port: u16, cema: bool) -> MessageLine {
        let mut line = MessageLine::new(*path.last().unwrap(), Direction::SendRecv).unwrap();
        line.path = path.iter().map(|&uri| uri.into()).collect();
        (line.host, line.port, line.cema) = (host.into(), port, cema);
        line
    }

    const OWN: &str = "msrp://192.0.2.1:2855/a;tcp";
    const RELAY: &str = "msrp://relay.example:9000/r;tcp";

    #[test]
    fn rfc6714_4_3_a_rewritten_offer_without_the_attribute_is_refused_by_who_knows_it() {
        let rewritten = line(&[OWN], "198.51.100.1", 7000, false);
        assert!(answer(rewritten.clone(), line(&[OWN], "192.0.2.1", 2855, false), true).is_none());
        let (theirs, ours) = answer(rewritten, line(&[OWN], "192.0.2.1", 2855, true), false).unwrap();
        assert!(!theirs.cema && !ours.cema, "who does not know it goes by the path");
    }

    #[test]
    fn rfc6714_4_3_the_answer_has_the_attribute_if_the_offer_had_it() {
        let offered = line(&[OWN], "198.51.100.1", 7000, true);
        let (theirs, ours) = answer(offered, line(&[OWN], "192.0.2.1", 2855, true), true).unwrap();
        assert!(theirs.cema && ours.cema);
        let plain = line(&[OWN], "192.0.2.1", 2855, false);
        let (theirs, ours) = answer(plain, line(&[OWN], "192.0.2.1", 2855, true), true).unwrap();
        assert!(!theirs.cema && !ours.cema);
    }

    #[test]
    fn rfc6714_4_3_an_answerer_with_a_relay_shows_it_and_is_passive() {
        let mut offered = line(&[OWN], "198.51.100.1", 7000, true);
        offered.setup = Some(Setup::ActPass);
        let (_, ours) = answer(offered, line(&[RELAY, OWN], "192.0.2.1", 2855, true), true).unwrap();
        assert_eq!((&*ours.host, ours.port, ours.setup), ("relay.example", 9000, Some(Setup::Passive)));
    }

    #[test]
    fn a_name_counts_as_the_address_it_is_compared_with() {
        assert!(matched(&line(&[RELAY, OWN], "198.51.100.1", 9000, true)).is_same());
        assert!(!matched(&line(&[OWN], "198.51.100.1", 2855, true)).is_same());
        assert!(matched(&line(&[OWN], "192.0.2.1", 2855, true)).is_same());
    }
}
