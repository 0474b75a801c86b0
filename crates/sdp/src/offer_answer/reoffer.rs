//! Offers of a session that runs: RFC 3264 §8, RFC 5547 §8.1.

use super::answer::{LineAnswer, answer};
use super::line::MessageLine;
use super::offer::{BuildError, offer};
use crate::SessionDescription;
use crate::file::{Dialect, FileOffer};
use crate::line::Origin;

/// Builds the next offer of a session, of which `previous` is the last description that this side sent.
///
/// The `o=` line stays, its version raised by one; if nothing else changes, `previous` comes back as it is, which is
/// what a refresh by session timer has to send. Lines keep their place: new ones come last, and one that is over stays
/// with port 0 until another takes its place.
///
/// # Errors
///
/// [`BuildError::LineRemoved`] if there are fewer lines than before; else as [`offer`].
pub fn reoffer(
    previous: &SessionDescription,
    lines: &[MessageLine],
    dialect: Dialect,
) -> Result<SessionDescription, BuildError> {
    let before = previous.media_count();
    if lines.len() < before {
        return Err(BuildError::LineRemoved { before, lines: lines.len() });
    }
    later(previous, |origin| offer(origin, lines, dialect))
}

/// Builds the answer to a later offer of the peer; `previous` is the last description that this side sent.
///
/// As with [`reoffer`] the version is raised by one, unless nothing else changes.
///
/// # Errors
///
/// As [`answer`].
pub fn reanswer(
    previous: &SessionDescription,
    offer: &SessionDescription,
    answers: &[LineAnswer],
) -> Result<SessionDescription, BuildError> {
    later(previous, |origin| answer(offer, origin, answers))
}

/// What comes after `previous`: the same session, and the next version if anything is different.
fn later(
    previous: &SessionDescription,
    build: impl Fn(&Origin) -> Result<SessionDescription, BuildError>,
) -> Result<SessionDescription, BuildError> {
    let written = previous.origin()?;
    let origin = Origin {
        user: previous.share(written.user),
        id: written.id,
        version: written.version,
        address: previous.share(written.address),
    };
    let same = build(&origin)?;
    if same.as_bytes() == previous.as_bytes() { Ok(same) } else { build(&origin.next_version()) }
}

/// What a line with a file means that was offered before (RFC 5547 §8.1, figure 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the figure has these three")]
pub enum Reoffered {
    /// The id is new: another transfer, be it of the same file. One that runs on the line is to be aborted.
    NewTransfer,
    /// Id and file are the same: nothing happens, and the answer is that of before.
    SameTransfer,
    /// The id is the same and the file another: an error, to be answered with port 0.
    Contradiction,
}

/// What it means that a line described `before` and now describes `after`.
///
/// The file is the same as long as nothing that both say differs; a digest may be added. A description without id, as
/// those of 2006, is another transfer unless it says the same as before.
#[must_use]
pub fn reoffered(before: &FileOffer, after: &FileOffer) -> Reoffered {
    let difference = before.compare(after);
    let other_file =
        difference.is_some_and(|found| found.name || found.media_type || found.size || found.hash);
    let same_id = match (&before.transfer_id, &after.transfer_id) {
        (None, None) => !other_file,
        (before, after) => before == after,
    };
    match (same_id, other_file) {
        (false, _) => Reoffered::NewTransfer,
        (true, false) => Reoffered::SameTransfer,
        (true, true) => Reoffered::Contradiction,
    }
}
