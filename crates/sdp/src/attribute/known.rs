//! `Known`: the attributes that say something of an MSRP session or of a file, told by one look into a table.

use super::Direction;

/// An attribute that says something of an MSRP session or of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    Path,
    Setup,
    MaxSize,
    Direction(Direction),
    MsrpCema,
    Fingerprint,
    AcceptTypes,
    AcceptWrappedTypes,
    File(FileAttribute),
}

/// An attribute that says something of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileAttribute {
    Rfc5547(Rfc5547Attribute),
    Legacy(LegacyAttribute),
}

/// One of RFC 5547.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rfc5547Attribute {
    Selector,
    TransferId,
    Disposition,
    Date,
    Icon,
    /// Also `byte-range`: its name in the draft of October 2006.
    Range,
}

/// One of draft-garcia-sipping-file-transfer-mech-00, or a date of the draft of June 2006.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LegacyAttribute {
    Filename,
    Filetype,
    Filesize,
    Hash,
    Disposition,
    Icon,
    CreationDate,
    ModificationDate,
    ReadDate,
}

impl LegacyAttribute {
    /// Those that make the line one of a file; the others may stand beside either dialect.
    pub(crate) const SELECTING: u16 =
        Self::Filename.bit() | Self::Filetype.bit() | Self::Filesize.bit() | Self::Hash.bit();

    /// Its bit in a set of them.
    #[expect(clippy::as_conversions, reason = "without fields; there is no other way to its number")]
    pub(crate) const fn bit(self) -> u16 {
        1 << self as u16
    }
}

const NAMES: [(&str, Known); 27] = [
    ("path", Known::Path),
    ("setup", Known::Setup),
    ("max-size", Known::MaxSize),
    ("sendrecv", Known::Direction(Direction::SendRecv)),
    ("sendonly", Known::Direction(Direction::SendOnly)),
    ("recvonly", Known::Direction(Direction::RecvOnly)),
    ("inactive", Known::Direction(Direction::Inactive)),
    ("msrp-cema", Known::MsrpCema),
    ("fingerprint", Known::Fingerprint),
    ("accept-types", Known::AcceptTypes),
    ("accept-wrapped-types", Known::AcceptWrappedTypes),
    ("file-selector", Known::File(FileAttribute::Rfc5547(Rfc5547Attribute::Selector))),
    ("file-transfer-id", Known::File(FileAttribute::Rfc5547(Rfc5547Attribute::TransferId))),
    ("file-disposition", Known::File(FileAttribute::Rfc5547(Rfc5547Attribute::Disposition))),
    ("file-date", Known::File(FileAttribute::Rfc5547(Rfc5547Attribute::Date))),
    ("file-icon", Known::File(FileAttribute::Rfc5547(Rfc5547Attribute::Icon))),
    ("file-range", Known::File(FileAttribute::Rfc5547(Rfc5547Attribute::Range))),
    ("byte-range", Known::File(FileAttribute::Rfc5547(Rfc5547Attribute::Range))),
    ("filename", Known::File(FileAttribute::Legacy(LegacyAttribute::Filename))),
    ("filetype", Known::File(FileAttribute::Legacy(LegacyAttribute::Filetype))),
    ("filesize", Known::File(FileAttribute::Legacy(LegacyAttribute::Filesize))),
    ("hash", Known::File(FileAttribute::Legacy(LegacyAttribute::Hash))),
    ("disposition", Known::File(FileAttribute::Legacy(LegacyAttribute::Disposition))),
    ("icon", Known::File(FileAttribute::Legacy(LegacyAttribute::Icon))),
    ("creation-date", Known::File(FileAttribute::Legacy(LegacyAttribute::CreationDate))),
    ("modification-date", Known::File(FileAttribute::Legacy(LegacyAttribute::ModificationDate))),
    ("read-date", Known::File(FileAttribute::Legacy(LegacyAttribute::ReadDate))),
];

/// The names by [`slot`]; a slot of its own for each.
static SLOTS: [Option<(&str, Known)>; 64] = slots();

#[expect(clippy::indexing_slicing, reason = "const")]
const fn slots() -> [Option<(&'static str, Known)>; 64] {
    let mut slots = [None; 64];
    let mut at = 0;
    while at < NAMES.len() {
        let slot = slot(NAMES[at].0.as_bytes());
        assert!(slots[slot].is_none(), "two names in one slot");
        slots[slot] = Some(NAMES[at]);
        at += 1;
    }
    slots
}

/// Where a name is looked up: its length, its first byte and its last but two tell those apart that are known.
#[inline]
#[expect(clippy::as_conversions, reason = "a byte fits; const")]
const fn slot(name: &[u8]) -> usize {
    match name {
        [first, .., byte, _, _] => name.len().wrapping_add(7 * *first as usize + 11 * *byte as usize) % 64,
        _ => 0,
    }
}

impl Known {
    /// The attribute of this name.
    #[inline]
    pub(crate) fn of(name: &[u8]) -> Option<Self> {
        let (known, what) = (*SLOTS.get(slot(name))?)?;
        same(known.as_bytes(), name).then_some(what)
    }

    /// The attribute of this name, if it says something of a file.
    #[inline]
    pub(crate) fn file(name: &[u8]) -> Option<FileAttribute> {
        match Self::of(name)? {
            Self::File(what) => Some(what),
            _ => None,
        }
    }

    /// The direction of this name.
    #[inline]
    pub(crate) fn direction(name: &[u8]) -> Option<Direction> {
        match Self::of(name)? {
            Self::Direction(direction) => Some(direction),
            _ => None,
        }
    }
}

/// Whether two names are equal; two steps of a fixed size, which overlap, for all but the longest.
#[inline]
fn same(known: &[u8], name: &[u8]) -> bool {
    known.len() == name.len()
        && match name.len() {
            4..8 => {
                known.first_chunk::<4>() == name.first_chunk() && known.last_chunk::<4>() == name.last_chunk()
            }
            8..=16 => {
                known.first_chunk::<8>() == name.first_chunk() && known.last_chunk::<8>() == name.last_chunk()
            }
            _ => known == name,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_known_name_is_found_and_no_other() {
        for (name, known) in NAMES {
            assert_eq!(Known::of(name.as_bytes()), Some(known), "{name}");
            for at in 0..name.len() {
                let mut other = alloc::vec::Vec::from(name);
                other[at] ^= 0x20;
                assert_eq!(Known::of(&other), None, "{name} {at}");
                assert!(!same(name.as_bytes(), &other), "{name} {at}");
                assert_eq!(Known::of(&name.as_bytes()[..at]), None, "{name} {at}");
            }
        }
        for direction in [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive]
        {
            assert_eq!(Known::of(direction.as_str().as_bytes()), Some(Known::Direction(direction)));
        }
    }
}
