//! `UriMatch`: when a URI in a path is the one it should be, RFC 4975 §6.1 and §7.3.

use core::fmt;

use crate::Uri;

/// How a URI that came in is held against the one it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_enums, reason = "there is no third policy")]
pub enum UriMatch {
    /// Every part that RFC 4975 §6.1 compares.
    #[default]
    Full,
    /// Scheme, session-id and transport. Boxes on the way that rewrite addresses leave the session-id alone, and
    /// it is the secret; deployed clients call this "sessmatch".
    SessionId,
}

impl UriMatch {
    /// Holds `theirs` against `ours`.
    ///
    /// # Errors
    ///
    /// The first part that differs, in the order of [`UriPart`].
    pub fn compare(self, ours: &Uri, theirs: &Uri) -> Result<(), UriPart> {
        match ours.difference(theirs) {
            Some(UriPart::Host | UriPart::Port) if self == Self::SessionId => {
                if ours.session_id() != theirs.session_id() || ours.session_id().is_none() {
                    Err(UriPart::SessionId)
                } else if !ours.transport().eq_ignore_ascii_case(theirs.transport()) {
                    Err(UriPart::Transport)
                } else {
                    Ok(())
                }
            }
            Some(part) => Err(part),
            None => Ok(()),
        }
    }
}

/// A part of an MSRP URI that is compared (RFC 4975 §6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "RFC 4975 §6.1 compares these")]
pub enum UriPart {
    /// `msrp` or `msrps`.
    Scheme,
    /// The host, case ignored.
    Host,
    /// The port; one that is written never equals none.
    Port,
    /// The session-id, case included.
    SessionId,
    /// The transport, case ignored.
    Transport,
}

impl fmt::Display for UriPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "scheme",
            Self::Host => "host",
            Self::Port => "port",
            Self::SessionId => "session-id",
            Self::Transport => "transport",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(theirs: &str, full: Result<(), UriPart>, session_id: Result<(), UriPart>) {
        let ours = Uri::parse("msrp://ali%63e.example:2855/k3Vd0pXw8TqLz6Rb;tcp").unwrap();
        let theirs = Uri::parse(theirs).unwrap();
        assert_eq!(UriMatch::Full.compare(&ours, &theirs), full);
        assert_eq!(UriMatch::SessionId.compare(&ours, &theirs), session_id);
        assert_eq!(ours.equivalent(&theirs), full.is_ok());
    }

    #[test]
    fn rfc4975_6_1_names_the_part_that_differs() {
        check("msrp://x@ALICE.example:2855/k3Vd0pXw8TqLz6Rb;TCP;p=1", Ok(()), Ok(()));
        check("msrps://alice.example:2855/k3Vd0pXw8TqLz6Rb;tcp", Err(UriPart::Scheme), Err(UriPart::Scheme));
        check("msrp://192.0.2.1:2855/k3Vd0pXw8TqLz6Rb;tcp", Err(UriPart::Host), Ok(()));
        check("msrp://alice.example:2856/k3Vd0pXw8TqLz6Rb;tcp", Err(UriPart::Port), Ok(()));
        check("msrp://alice.example/k3Vd0pXw8TqLz6Rb;tcp", Err(UriPart::Port), Ok(()));
        check(
            "msrp://alice.example:2855/K3vd0pXw8TqLz6Rb;tcp",
            Err(UriPart::SessionId),
            Err(UriPart::SessionId),
        );
        check("msrp://192.0.2.1:2855/K3vd0pXw8TqLz6Rb;tcp", Err(UriPart::Host), Err(UriPart::SessionId));
        check("msrp://192.0.2.1:2855;tcp", Err(UriPart::Host), Err(UriPart::SessionId));
        check(
            "msrp://alice.example:2855/k3Vd0pXw8TqLz6Rb;ws",
            Err(UriPart::Transport),
            Err(UriPart::Transport),
        );
        check("msrp://192.0.2.1:2855/k3Vd0pXw8TqLz6Rb;ws", Err(UriPart::Host), Err(UriPart::Transport));
    }
}
