//! `Share`: what one recipient gets of one m-line, and how far that is.

use std::collections::VecDeque;
use std::time::Instant;

use grammar::MediaType;
use sdp::offer_answer::MessageLine;

/// What one recipient gets of one m-line.
#[derive(Debug)]
pub(crate) enum Share {
    /// The recipient has not answered.
    Asked,
    /// The recipient does not want it.
    Refused,
    /// The recipient takes it on these terms; `bound` once the session can be used.
    Accepted { terms: Box<MessageLine>, bound: bool },
    /// Content flows.
    Sending {
        /// A relay is in between: its 200 says nothing of the recipient.
        relayed: bool,
        /// How many octets were given to the recipient's connection.
        position: u64,
        /// What it asks for, in order.
        wanted: VecDeque<(u64, usize)>,
        /// Until when it has to ask for more, or to have all; `None` while it waits for the sender.
        stalled_at: Option<Instant>,
    },
    /// The recipient's relay has all of it; the REPORT is missing that says the same of the recipient (RFC 4976 §3).
    Awaiting {
        /// Until when it has to come.
        stalled_at: Instant,
    },
    /// The recipient has it.
    Delivered,
    /// The recipient has not, and will not; the status says why.
    Failed(u16),
}

impl Share {
    /// Whether nothing more will become of it.
    pub(crate) const fn is_over(&self) -> bool {
        matches!(self, Self::Refused | Self::Delivered | Self::Failed(_))
    }

    /// How far the content must be kept for it; `None` if it needs no content.
    pub(crate) const fn position(&self) -> Option<u64> {
        match self {
            Self::Asked | Self::Accepted { .. } => Some(0),
            Self::Sending { position, .. } => Some(*position),
            Self::Refused | Self::Awaiting { .. } | Self::Delivered | Self::Failed(_) => None,
        }
    }

    /// Whether the sender can do nothing but wait for it.
    pub(crate) fn holds_up(&self) -> bool {
        match self {
            Self::Asked | Self::Accepted { .. } | Self::Awaiting { .. } => true,
            Self::Sending { wanted, .. } => wanted.is_empty(),
            Self::Refused | Self::Delivered | Self::Failed(_) => false,
        }
    }

    /// Until when it has to move on.
    pub(crate) const fn stalled_at(&self) -> Option<Instant> {
        match self {
            Self::Sending { stalled_at, .. } => *stalled_at,
            Self::Awaiting { stalled_at } => Some(*stalled_at),
            Self::Asked | Self::Refused | Self::Accepted { .. } | Self::Delivered | Self::Failed(_) => None,
        }
    }

    /// It fails, unless it is over already. Says whether it did.
    pub(crate) fn fail(&mut self, status: u16) -> bool {
        let live = !self.is_over();
        if live {
            *self = Self::Failed(status);
        }
        live
    }
}

/// Whether a recipient takes a message on its terms; the status if not (RFC 4975 §8.6).
pub(crate) fn check_terms(terms: &MessageLine, content_type: &str, size: u64) -> Result<(), u16> {
    if terms.max_size.is_some_and(|most| size > most) {
        return Err(413);
    }
    match MediaType::parse(content_type) {
        Ok(ty) if terms.accepts(&ty) => Ok(()),
        _ => Err(415),
    }
}

/// How a line came out over all its recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// How many have it.
    pub(crate) delivered: usize,
    /// How many should have it: all but those who refused it.
    pub(crate) of: usize,
    /// 200, or what the sender's REPORT says instead.
    pub(crate) status: u16,
}

impl Outcome {
    /// The sum of the shares, all of which are over.
    pub(crate) fn of<'a>(shares: impl Iterator<Item = &'a Share>) -> Self {
        let (mut delivered, mut failed) = (0, 0);
        let mut status = None;
        for share in shares {
            match share {
                Share::Delivered => delivered += 1,
                // Whoever refused made a choice, and got what it chose.
                Share::Refused => {}
                Share::Failed(why) => {
                    failed += 1;
                    status.get_or_insert(*why);
                }
                Share::Asked | Share::Accepted { .. } | Share::Sending { .. } | Share::Awaiting { .. } => {
                    failed += 1
                }
            }
        }
        let status = match (delivered, failed) {
            (0, 0) => 403,
            (_, 0) => 200,
            _ => status.unwrap_or(480),
        };
        Self { delivered, of: delivered + failed, status }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(shares: &[Share], expected: (usize, usize, u16)) {
        let outcome = Outcome::of(shares.iter());
        assert_eq!((outcome.delivered, outcome.of, outcome.status), expected, "{shares:?}");
    }

    #[test]
    fn seed_16_only_what_everybody_has_is_delivered_and_a_refusal_is_a_choice() {
        check(&[Share::Delivered, Share::Delivered], (2, 2, 200));
        check(&[Share::Delivered, Share::Refused], (1, 1, 200));
        check(&[Share::Refused, Share::Refused], (0, 0, 403));
        check(&[Share::Delivered, Share::Failed(480)], (1, 2, 480));
        check(&[Share::Failed(408), Share::Refused, Share::Failed(480)], (0, 2, 408));
    }

    #[test]
    fn rfc4975_8_6_terms_of_the_recipient_are_kept() {
        let mut terms =
            MessageLine::new("msrp://192.0.2.1:2855/abc;tcp", sdp::attribute::Direction::RecvOnly).unwrap();
        terms.accept_types = vec!["message/cpim".into(), "image/*".into()];
        terms.max_size = Some(10);
        assert_eq!(check_terms(&terms, "image/png", 10), Ok(()));
        assert_eq!(check_terms(&terms, "image/png", 11), Err(413));
        assert_eq!(check_terms(&terms, "text/plain", 1), Err(415));
        assert_eq!(check_terms(&terms, "nonsense", 1), Err(415));
    }
}
