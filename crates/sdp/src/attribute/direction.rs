//! `sendrecv`, `sendonly`, `recvonly`, `inactive`: RFC 8866 §6.7, RFC 3264 §5.1 and §6.1.

use core::fmt;

use crate::attribute::{Attributes, Known};

/// In which direction media may flow, seen from the side that wrote it.
///
/// Of an MSRP session it governs only SENDs with ordinary content (RFC 4975 §8.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_enums, reason = "the grammar has these four")]
pub enum Direction {
    /// Both ways; what is meant where nothing is written.
    #[default]
    SendRecv,
    /// Only away from the side that wrote it.
    SendOnly,
    /// Only towards the side that wrote it.
    RecvOnly,
    /// Neither way; the session stays alive.
    Inactive,
}

impl Direction {
    /// The direction an attribute of this name stands for.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Known::direction(name.as_bytes())
    }

    /// The name of the attribute.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// The same direction seen from the other side: what an answer says at most.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::SendOnly => Self::RecvOnly,
            Self::RecvOnly => Self::SendOnly,
            same => same,
        }
    }

    /// Whether the side that wrote it may send.
    #[must_use]
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether the side that wrote it may receive.
    #[must_use]
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// What both sides allow, seen from the side of `self`; `peer` as the peer wrote it.
    #[must_use]
    pub const fn with_peer(self, peer: Self) -> Self {
        match (self.sends() && peer.receives(), self.receives() && peer.sends()) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// The first direction among `attributes`.
    pub(crate) fn of(attributes: Attributes<'_>) -> Option<Self> {
        attributes.known(Known::direction).next().map(|(direction, _)| direction)
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Direction; 4] =
        [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive];

    #[test]
    fn rfc3264_6_1_what_both_sides_allow() {
        for ours in ALL {
            assert_eq!(Direction::from_name(ours.as_str()), Some(ours));
            for theirs in ALL {
                let agreed = ours.with_peer(theirs);
                assert_eq!(agreed.sends(), ours.sends() && theirs.receives());
                assert_eq!(agreed.receives(), ours.receives() && theirs.sends());
                assert_eq!(agreed.reversed(), theirs.with_peer(ours), "seen from the other side");
            }
        }
    }
}
