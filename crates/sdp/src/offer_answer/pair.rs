//! What offer and answer agreed on, line by line: RFC 3264 §6 and §7.

use alloc::vec::Vec;

use super::line::{Breach, MessageLine};
use super::role::{ActiveSide, role};
use crate::attribute::Direction;
use crate::file::{Disagreement, FileOffer};
use crate::{MediaDescription, SessionDescription};

/// A line of an offer, as the one who has to answer it sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    clippy::large_enum_variant,
    reason = "an answerer must know all; few are made"
)]
pub enum OfferedLine {
    /// An MSRP session that may be accepted.
    Message(MessageLine),
    /// Port 0: closed, or never opened. The answer is port 0.
    Closed,
    /// Not MSRP, such as audio. The answer is port 0.
    Foreign,
    /// An MSRP line that cannot be used. The answer is port 0.
    Broken(Breach),
}

/// The lines of an offer.
#[must_use]
pub fn offered(offer: &SessionDescription) -> Vec<OfferedLine> {
    offer.media().map(|media| offered_line(&media)).collect()
}

fn offered_line(media: &MediaDescription<'_>) -> OfferedLine {
    if media.port() == 0 {
        OfferedLine::Closed
    } else if !media.is_msrp() {
        OfferedLine::Foreign
    } else {
        match MessageLine::read(media) {
            Ok(line) => OfferedLine::Message(line),
            Err(breach) => OfferedLine::Broken(breach),
        }
    }
}

/// What became of an offered line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    clippy::large_enum_variant,
    reason = "an offerer must know all; few are made"
)]
pub enum LineOutcome {
    /// The session is made.
    Accepted(Peer),
    /// Port 0 in the answer, or already in the offer.
    Refused,
    /// Accepted against a rule: treated as refused, and the session released.
    Broken(Breach),
}

/// The answerer's end of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Peer {
    /// What the answer says; its direction is `recvonly` where it said none to an offer of `sendonly`.
    pub line: MessageLine,
    /// Who connects.
    pub active: ActiveSide,
    /// In which direction content may flow, seen from the offerer. `inactive`: the session lives, nothing may be
    /// sent.
    pub direction: Direction,
    /// Whether the answer describes the file of the offer. If not, the peer knows only plain MSRP: the file is sent
    /// all the same, and no rule of the file documents can be relied upon.
    pub describes_files: bool,
    /// In what the answer describes another file than the offer.
    pub disagreement: Option<Disagreement>,
}

/// Why an answer is no answer to an offer. The way out is BYE: an answer cannot be refused (erratum 3818 of RFC 3261).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PairError {
    /// Not as many lines as were offered.
    #[error("{answered} lines answer {offered} (RFC 3264 section 6)")]
    LineCount {
        /// Lines of the offer.
        offered: usize,
        /// Lines of the answer.
        answered: usize,
    },
    /// A line of another kind stands in the place of an offered one.
    #[error("line {line} is not the one that was offered (RFC 3264 section 6)")]
    Reordered {
        /// Which line, counted from 0.
        line: usize,
    },
}

/// What offer and answer agreed on: one outcome for each line of the offer. Works for either side.
///
/// # Errors
///
/// [`PairError`] if the two do not belong together.
pub fn pair(offer: &SessionDescription, answer: &SessionDescription) -> Result<Vec<LineOutcome>, PairError> {
    let (offered, answered) = (offer.media_count(), answer.media_count());
    if offered != answered {
        return Err(PairError::LineCount { offered, answered });
    }
    offer
        .media()
        .zip(answer.media())
        .enumerate()
        .map(|(line, (offer, answer))| {
            // Of a refused line nothing but its place counts.
            let (ours, theirs) = (offer.line(), answer.line());
            let same = ours.media.eq_ignore_ascii_case(theirs.media)
                && (theirs.port == 0 || ours.proto.eq_ignore_ascii_case(theirs.proto));
            if !same {
                return Err(PairError::Reordered { line });
            }
            Ok(outcome(&offer, &answer))
        })
        .collect()
}

fn outcome(offer: &MediaDescription<'_>, answer: &MediaDescription<'_>) -> LineOutcome {
    if answer.port() == 0 {
        return LineOutcome::Refused;
    }
    match accepted(offer, answer) {
        Ok(peer) => LineOutcome::Accepted(peer),
        Err(breach) => LineOutcome::Broken(breach),
    }
}

fn accepted(offer: &MediaDescription<'_>, answer: &MediaDescription<'_>) -> Result<Peer, Breach> {
    if offer.port() == 0 {
        return Err(Breach::Closed);
    }
    let mut line = MessageLine::read(answer)?;
    let ours = offer.direction();
    line.direction = match (answer.written_direction(), ours) {
        (None, ours) => ours.reversed(),
        (Some(Direction::SendOnly), Direction::SendOnly)
        | (Some(Direction::RecvOnly), Direction::RecvOnly) => {
            return Err(Breach::Direction);
        }
        // More than was offered is let pass; what both allow is what counts.
        (Some(written), _) => written,
    };
    let active = role(offer.setup(), line.setup).map_err(|_| Breach::Setup)?;
    let direction = ours.with_peer(line.direction);
    let offered = offer.file();
    if let Some(offered) = &offered
        && !same_part(offered, line.file.as_ref())
    {
        return Err(Breach::FileRange);
    }
    let disagreement =
        offered.as_ref().zip(line.file.as_ref()).and_then(|(ours, theirs)| ours.compare(theirs));
    let describes_files = line.file.is_some() || (offered.is_some() && answer.knows_files());
    Ok(Peer { line, active, direction, describes_files, disagreement })
}

/// Whether the answer is about the part of the file that was offered or asked for; one that describes no file is about
/// all of it.
fn same_part(offered: &FileOffer, answered: Option<&FileOffer>) -> bool {
    let size = offered.size.or_else(|| answered?.size);
    let part = |file: &FileOffer| file.range.filter(|range| !range.is_whole(size));
    match (part(offered), answered.and_then(part)) {
        (None, None) => true,
        (Some(offered), Some(answered)) => offered.is_same(&answered, size),
        _ => false,
    }
}
