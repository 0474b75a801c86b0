//! CEMA: whether to connect to `c=` and `m=` or to the path, where middleboxes rewrite the one and not the other;
//! RFC 6714 §4.

use alloc::vec::Vec;
use core::net::IpAddr;

use super::line::{MessageLine, bare_host};
use super::role::ActiveSide;
use crate::attribute::{PathUri, Setup};

/// How `c=` and `m=` of a line compare with its path (RFC 6714 §4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "an address has these two parts")]
pub enum AddressMatch {
    /// They are address and port of a URI of the path.
    Same,
    /// The address of `c=` is that of no URI in the path whose port is that of `m=`.
    AddressDiffers,
    /// The port of `m=` is that of no URI in the path whose address is that of `c=`.
    PortDiffers,
    /// Neither is in the path.
    BothDiffer,
}

impl AddressMatch {
    /// Whether nothing differs: there is no middlebox.
    #[must_use]
    pub const fn is_same(self) -> bool {
        matches!(self, Self::Same)
    }
}

/// Compares `c=` and `m=` of a line with the URIs of its path; of several URIs the closest one counts.
///
/// `resolve` gives the addresses of a name, as found by DNS; it is asked only about names, and only where two names
/// are not the same. Any address of the one that is one of the other is a match.
#[must_use]
pub fn match_addresses(line: &MessageLine, mut resolve: impl FnMut(&str) -> Vec<IpAddr>) -> AddressMatch {
    let mut addresses =
        |host: &str| host.parse().map_or_else(|_| resolve(host), |address| alloc::vec![address]);
    let mut there: Option<Vec<IpAddr>> = None;
    let mut found = AddressMatch::BothDiffer;
    for uri in line.path.iter().filter_map(|uri| PathUri::parse(uri).ok()) {
        let host = bare_host(&uri);
        let same_host = host.eq_ignore_ascii_case(&line.host) || {
            let here = addresses(host);
            let there = there.get_or_insert_with(|| addresses(&line.host));
            here.iter().any(|address| there.contains(address))
        };
        let same_port = uri.host_port.port == Some(line.port);
        found = match (same_host, same_port) {
            (true, true) => return AddressMatch::Same,
            (true, false) => AddressMatch::PortDiffers,
            (false, true) if found == AddressMatch::BothDiffer => AddressMatch::AddressDiffers,
            (false, _) => found,
        };
    }
    found
}

/// What an offerer that wrote `a=msrp-cema` does with an answer (RFC 6714 §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the clause has these four")]
pub enum CemaOutcome {
    /// Connect to address and port of the answer's `c=` and `m=`. To-Path carries the path all the same.
    ConnectToMediaLine,
    /// Connect to the first URI of the answer's path, as without CEMA.
    ConnectToPath,
    /// The peer connects.
    Wait,
    /// Offer again without `a=msrp-cema`: a middlebox has rewritten what the peer does not look at.
    OfferAgain,
}

/// What an offerer that wrote `a=msrp-cema` does with an answer; `matched` compares the answer's addresses, `active`
/// is who connects.
///
/// A side uses a relay if its path has more than one URI. An offerer with a relay connects to its relay, whatever comes
/// out; the outcome then says where the relay is sent.
#[must_use]
pub fn cema_outcome(
    offer: &MessageLine,
    answer: &MessageLine,
    active: ActiveSide,
    matched: AddressMatch,
) -> CemaOutcome {
    let relayed = uses_relay(offer) || uses_relay(answer);
    match (answer.cema, active) {
        (true, ActiveSide::Answerer) => CemaOutcome::Wait,
        (true, ActiveSide::Offerer) => CemaOutcome::ConnectToMediaLine,
        (false, ActiveSide::Answerer) if !matched.is_same() => CemaOutcome::OfferAgain,
        (false, ActiveSide::Answerer) => CemaOutcome::Wait,
        (false, ActiveSide::Offerer) if relayed && !matched.is_same() => CemaOutcome::OfferAgain,
        (false, ActiveSide::Offerer) if uses_relay(answer) => CemaOutcome::ConnectToPath,
        (false, ActiveSide::Offerer) => CemaOutcome::ConnectToMediaLine,
    }
}

/// What an answerer that knows CEMA does with an offered line (RFC 6714 §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the clause has these three")]
pub enum CemaAnswer {
    /// Accept with `a=msrp-cema`; with a relay also `passive`, and the relay in `c=` and `m=`. If we connect, then to
    /// address and port of the offer's `c=` and `m=`.
    Use,
    /// Accept without it, and connect by the path.
    Plain,
    /// Port 0 (or 488): a middlebox has rewritten `c=` and `m=` and the offerer does not know CEMA.
    Refuse,
}

/// What an answerer does with an offered line; `matched` compares the offer's addresses, `ours` is the line it means
/// to answer with.
#[must_use]
pub fn cema_answer(offer: &MessageLine, ours: &MessageLine, matched: AddressMatch) -> CemaAnswer {
    if !offer.cema {
        return if matched.is_same() { CemaAnswer::Plain } else { CemaAnswer::Refuse };
    }
    let becomes_active = matches!(offer.setup, None | Some(Setup::Active | Setup::HoldConn));
    let both_relayed = uses_relay(offer) && uses_relay(ours);
    let active_relay = uses_relay(offer) && becomes_active;
    let never_passive = uses_relay(ours) && offer.setup == Some(Setup::Passive);
    if both_relayed || active_relay || never_passive { CemaAnswer::Plain } else { CemaAnswer::Use }
}

/// Whether the path leads through a relay (RFC 4976).
fn uses_relay(line: &MessageLine) -> bool {
    line.path.len() > 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::Direction;
    use alloc::string::String;

    /// A line that is reached at `own`, with what a middlebox has put into `c=` and `m=`.
    fn line(path: &[&str], host: &str, port: u16, cema: bool) -> MessageLine {
        let mut line = MessageLine::new(*path.last().unwrap(), Direction::SendRecv).unwrap();
        line.path = path.iter().map(|&uri| uri.into()).collect();
        (line.host, line.port, line.cema) = (host.into(), port, cema);
        line
    }

    const OWN: &str = "msrp://192.0.2.1:2855/a;tcp";
    const RELAY: &str = "msrp://relay.example:9000/r;tcp";

    #[test]
    fn rfc6714_4_4_the_part_that_differs_is_named() {
        let matched = |path: &[&str], host: &str, port| {
            match_addresses(&line(path, host, port, true), |name| match name {
                "relay.example" => {
                    alloc::vec!["198.51.100.9".parse().unwrap(), "2001:db8::9".parse().unwrap()]
                }
                "alias.example" => alloc::vec!["2001:db8::9".parse().unwrap()],
                _ => Vec::new(),
            })
        };
        assert_eq!(matched(&[OWN], "192.0.2.1", 2855), AddressMatch::Same);
        assert_eq!(matched(&[OWN], "192.0.2.7", 2855), AddressMatch::AddressDiffers);
        assert_eq!(matched(&[OWN], "192.0.2.1", 1), AddressMatch::PortDiffers);
        assert_eq!(matched(&[OWN], "192.0.2.7", 1), AddressMatch::BothDiffer);
        // Any URI of the path, by name, by address, and by another name of the same address.
        for host in ["RELAY.example", "198.51.100.9", "2001:0db8:0::9", "alias.example"] {
            assert_eq!(matched(&[RELAY, OWN], host, 9000), AddressMatch::Same, "{host}");
        }
        assert_eq!(matched(&[RELAY, OWN], "unknown.example", 9000), AddressMatch::AddressDiffers);
        assert_eq!(matched(&[RELAY, OWN], "192.0.2.1", 9000), AddressMatch::PortDiffers);
        assert_eq!(matched(&["msrp://[2001:db8::1]:5/x;tcp"], "2001:DB8:0::1", 5), AddressMatch::Same);
    }

    #[test]
    fn rfc6714_4_4_equal_names_need_no_resolver() {
        let mut asked: Vec<String> = Vec::new();
        let line = line(&[RELAY, OWN], "relay.example", 9000, true);
        let matched = match_addresses(&line, |name| {
            asked.push(name.into());
            Vec::new()
        });
        assert!(matched.is_same() && asked.is_empty(), "{asked:?}");
    }

    #[test]
    fn rfc6714_4_2_what_the_offerer_does() {
        use ActiveSide::{Answerer, Offerer};
        use AddressMatch::{BothDiffer, Same};
        use CemaOutcome::{ConnectToMediaLine, ConnectToPath, OfferAgain, Wait};
        let bare: &[&str] = &[OWN];
        let relayed: &[&str] = &[RELAY, OWN];
        for (offer, answer, cema, active, matched, expected) in [
            (bare, bare, true, Offerer, BothDiffer, ConnectToMediaLine),
            (relayed, relayed, true, Offerer, BothDiffer, ConnectToMediaLine),
            (bare, bare, true, Answerer, BothDiffer, Wait),
            // Criterion 1.
            (bare, bare, false, Answerer, BothDiffer, OfferAgain),
            // Criterion 2.
            (relayed, bare, false, Offerer, BothDiffer, OfferAgain),
            // Criterion 3.
            (bare, relayed, false, Offerer, BothDiffer, OfferAgain),
            // No middlebox: plain RFC 4975 without another offer.
            (bare, relayed, false, Offerer, Same, ConnectToPath),
            // None of the criteria.
            (bare, bare, false, Offerer, BothDiffer, ConnectToMediaLine),
            (bare, bare, false, Offerer, Same, ConnectToMediaLine),
            (bare, bare, false, Answerer, Same, Wait),
            (relayed, bare, false, Offerer, Same, ConnectToMediaLine),
        ] {
            let offer = line(offer, "192.0.2.1", 2855, true);
            let answer = line(answer, "192.0.2.1", 2855, cema);
            let got = cema_outcome(&offer, &answer, active, matched);
            assert_eq!(got, expected, "{offer:?} {answer:?} {active:?} {matched:?}");
        }
    }

    #[test]
    fn rfc6714_4_3_what_the_answerer_does() {
        use AddressMatch::{BothDiffer, Same};
        use CemaAnswer::{Plain, Refuse, Use};
        let bare: &[&str] = &[OWN];
        let relayed: &[&str] = &[RELAY, OWN];
        let (active, passive, actpass) = (Some(Setup::Active), Some(Setup::Passive), Some(Setup::ActPass));
        for (offer, cema, setup, ours, matched, expected) in [
            (bare, false, actpass, bare, BothDiffer, Refuse),
            (bare, false, actpass, bare, Same, Plain),
            (bare, true, actpass, bare, BothDiffer, Use),
            (bare, true, active, bare, Same, Use),
            (relayed, true, actpass, bare, Same, Use),
            (bare, true, actpass, relayed, Same, Use),
            // Criterion 1.
            (relayed, true, actpass, relayed, Same, Plain),
            // Criterion 2.
            (relayed, true, active, bare, Same, Plain),
            (relayed, true, None, bare, Same, Plain),
            // Criterion 3.
            (bare, true, passive, relayed, Same, Plain),
        ] {
            let mut offer = line(offer, "192.0.2.1", 2855, cema);
            offer.setup = setup;
            let ours = line(ours, "192.0.2.1", 2855, true);
            assert_eq!(cema_answer(&offer, &ours, matched), expected, "{offer:?} {ours:?} {matched:?}");
        }
    }
}
