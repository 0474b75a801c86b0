//! `Ids`: the randomness of the relay.

use bytes::Bytes;
use grammar::ByteStr;
use msrp::Tid;
use sip_ua::IdSource;

/// Octets on either side of a seam between two pieces that can hold an end-line across it.
const EDGE: usize = 40;

/// A source of identifiers nobody can guess.
#[derive(Debug)]
pub(super) struct Ids(IdSource);

impl Ids {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self(IdSource::new(seed))
    }

    /// 96 random bits in letters that can stand in a session-id, a nonce and an opaque.
    pub(super) fn text(&mut self) -> ByteStr {
        msrp::session_id(self)
    }

    /// A transaction id.
    pub(super) fn tid(&mut self) -> Tid {
        Tid::random(self)
    }

    /// A transaction id whose end-line does not occur in `content`, within a piece or across two (RFC 4975 §7.1).
    pub(super) fn fitting(&mut self, content: &[Bytes]) -> Tid {
        loop {
            // Whoever wrote the content could not know these 80 bits: the first one fits.
            let tid = self.tid();
            if fits(&tid, content) {
                return tid;
            }
        }
    }
}

fn fits(tid: &Tid, content: &[Bytes]) -> bool {
    let mut seam = Vec::with_capacity(2 * EDGE);
    content.iter().all(|piece| {
        seam.extend_from_slice(piece.get(..EDGE).unwrap_or(piece));
        let fits = tid.fits(piece) && tid.fits(&seam);
        if let Some(from) = piece.len().checked_sub(EDGE) {
            seam.clear();
            seam.extend_from_slice(piece.get(from..).unwrap_or_default());
        } else {
            seam.drain(..seam.len().saturating_sub(EDGE));
        }
        fits
    })
}

impl msrp::IdSource for Ids {
    fn fill(&mut self, out: &mut [u8]) {
        self.0.fill(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc4975_7_1_an_end_line_is_found_wherever_the_content_is_cut() {
        let tid = Tid::parse("a786hjs2q7Zk1mN4").unwrap();
        let content = format!("{}\r\n-------{tid}${}", "x".repeat(50), "y".repeat(50));
        for first in 0..=content.len() {
            for second in first..=content.len() {
                let bytes = Bytes::from(content.clone());
                let pieces = [bytes.slice(..first), bytes.slice(first..second), bytes.slice(second..)];
                assert!(!fits(&tid, &pieces), "{first} {second}");
            }
        }
        let single: Vec<_> = content.bytes().map(|byte| Bytes::from(vec![byte])).collect();
        assert!(!fits(&tid, &single));
        assert!(fits(&tid, &[Bytes::from(content.replace("$", "-").replace("a786", "b786"))]));
    }
}
