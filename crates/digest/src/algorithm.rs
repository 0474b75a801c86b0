//! `Algorithm`: which hash a challenge asks for, and whether per session (RFC 7616 §3.3, RFC 8760 §2.1).

use alloc::string::String;
use core::fmt;

use md5::Md5;
use sha2::{Digest, Sha256, Sha512_256};

/// A digest algorithm: a hash, with or without `-sess`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Algorithm {
    hash: HashFunction,
    session: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum HashFunction {
    Md5,
    Sha256,
    Sha512_256,
}

impl Algorithm {
    /// `MD5`, what a challenge without `algorithm` means. Deployed everywhere and broken as a hash.
    pub const MD5: Self = Self { hash: HashFunction::Md5, session: false };
    /// `MD5-sess`.
    pub const MD5_SESS: Self = Self { hash: HashFunction::Md5, session: true };
    /// `SHA-256`.
    pub const SHA_256: Self = Self { hash: HashFunction::Sha256, session: false };
    /// `SHA-256-sess`.
    pub const SHA_256_SESS: Self = Self { hash: HashFunction::Sha256, session: true };
    /// `SHA-512-256`: SHA-512/256 of FIPS 180-4, not SHA-512 cut short.
    pub const SHA_512_256: Self = Self { hash: HashFunction::Sha512_256, session: false };
    /// `SHA-512-256-sess`.
    pub const SHA_512_256_SESS: Self = Self { hash: HashFunction::Sha512_256, session: true };

    /// All that are supported.
    const ALL: [Self; 6] = [
        Self::MD5,
        Self::MD5_SESS,
        Self::SHA_256,
        Self::SHA_256_SESS,
        Self::SHA_512_256,
        Self::SHA_512_256_SESS,
    ];

    /// The algorithm called `name`, case ignored; `None` if it is not supported.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(name))
    }

    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match (self.hash, self.session) {
            (HashFunction::Md5, false) => "MD5",
            (HashFunction::Md5, true) => "MD5-sess",
            (HashFunction::Sha256, false) => "SHA-256",
            (HashFunction::Sha256, true) => "SHA-256-sess",
            (HashFunction::Sha512_256, false) => "SHA-512-256",
            (HashFunction::Sha512_256, true) => "SHA-512-256-sess",
        }
    }

    /// Whether the secret of a session mixes in nonce and cnonce (`-sess`).
    #[must_use]
    pub const fn is_session(self) -> bool {
        self.session
    }

    /// Whether both use the same hash, `-sess` or not: then they share the stored H(A1).
    pub(crate) fn same_hash(self, other: Self) -> bool {
        self.hash == other.hash
    }

    /// The hash of the parts joined by `:`, in lower-case hexadecimal.
    pub(crate) fn hex(self, parts: &[&[u8]]) -> String {
        match self.hash {
            HashFunction::Md5 => hex::<Md5>(parts),
            HashFunction::Sha256 => hex::<Sha256>(parts),
            HashFunction::Sha512_256 => hex::<Sha512_256>(parts),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn hex<D: Digest>(parts: &[&[u8]]) -> String {
    let mut hash = D::new();
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            hash.update(b":");
        }
        hash.update(part);
    }
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    hash.finalize().iter().flat_map(|&byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc8760_2_1_names_are_found_in_any_case_and_unknown_ones_are_not() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::parse(&algorithm.as_str().to_ascii_lowercase()), Some(algorithm));
        }
        assert_eq!(Algorithm::parse("AKAv1-MD5"), None);
        assert_eq!(Algorithm::parse(""), None);
    }

    #[test]
    fn hashes_are_those_of_their_standards() {
        // RFC 1321 appendix A.5, FIPS 180-4 example messages "abc".
        assert_eq!(Algorithm::MD5.hex(&[b"abc"]), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(
            Algorithm::SHA_256.hex(&[b"abc"]),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            Algorithm::SHA_512_256.hex(&[b"abc"]),
            "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"
        );
        assert_eq!(Algorithm::MD5.hex(&[b"a", b"b"]), Algorithm::MD5.hex(&[b"a:b"]));
    }
}
