//! `a=fingerprint`: the digest of a certificate, RFC 8122 §5.

use alloc::vec::Vec;
use core::fmt;

use grammar::{ByteStr, ParseError, ParseErrorKind};

use crate::attribute::{Attribute, Attributes};
use crate::file::hash;
use crate::line::Cut;

/// The digest of a certificate that a side may present.
///
/// Compares without regard to the letter case of the function's name and of the digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Fingerprint {
    /// The hash function.
    pub function: HashFunction,
    /// The digest of the DER form of the certificate.
    pub digest: Vec<u8>,
}

/// A hash function by its IANA textual name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HashFunction {
    /// `MD2`; neither written nor verified (RFC 8122 §5).
    Md2,
    /// `MD5`; neither written nor verified (RFC 8122 §5).
    Md5,
    /// `SHA-1`
    Sha1,
    /// `SHA-224`
    Sha224,
    /// `SHA-256`: what every side has to offer (RFC 8122 §5.1).
    Sha256,
    /// `SHA-384`
    Sha384,
    /// `SHA-512`
    Sha512,
    /// Another one, in lower case.
    Other(ByteStr),
}

/// The functions with a name of their own, and the octets of their digests.
const KNOWN: [(&str, HashFunction, usize); 7] = [
    ("SHA-256", HashFunction::Sha256, 32),
    ("SHA-1", HashFunction::Sha1, 20),
    ("SHA-224", HashFunction::Sha224, 28),
    ("SHA-384", HashFunction::Sha384, 48),
    ("SHA-512", HashFunction::Sha512, 64),
    ("MD5", HashFunction::Md5, 16),
    ("MD2", HashFunction::Md2, 16),
];

impl HashFunction {
    /// The function of this name, letter case ignored; `None` if it is no token.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let known = KNOWN.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
        let other = || ByteStr::from(name.to_ascii_lowercase());
        let token = grammar::CharClass::TOKEN.matches(name.as_bytes());
        known.map(|(_, function, _)| function.clone()).or_else(|| token.then(|| Self::Other(other())))
    }

    /// The name as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(name) => name,
            known => KNOWN.iter().find(|(_, function, _)| function == known).map_or("", |(name, ..)| name),
        }
    }

    /// Octets of a digest, as far as the function is known.
    #[must_use]
    pub fn digest_length(&self) -> Option<usize> {
        KNOWN.iter().find(|(_, function, _)| function == self).map(|(.., length)| *length)
    }

    /// Whether no certificate may be verified by it: MD2 and MD5 (RFC 8122 §5).
    #[must_use]
    pub const fn is_forbidden(&self) -> bool {
        matches!(self, Self::Md2 | Self::Md5)
    }
}

impl fmt::Display for HashFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Fingerprint {
    /// A fingerprint to be written or compared; `None` if the digest is not as long as those of the function.
    #[must_use]
    pub fn new(function: HashFunction, digest: impl Into<Vec<u8>>) -> Option<Self> {
        let digest = digest.into();
        let fits = function.digest_length().map_or(!digest.is_empty(), |length| length == digest.len());
        fits.then_some(Self { function, digest })
    }

    /// The readable ones among `attributes`.
    pub(crate) fn all(attributes: Attributes<'_>) -> Vec<Self> {
        attributes.typed().filter_map(Result::ok).collect()
    }

    /// Those of `offered` that a certificate is verified by: all of the function that comes first in `preference`
    /// and is offered. The certificate must match one of them (RFC 8122 §5.1); if there is none, nothing can.
    ///
    /// MD2 and MD5 are never chosen.
    pub fn chosen<'f>(
        offered: &'f [Self],
        preference: &[HashFunction],
    ) -> impl Iterator<Item = &'f Self> + use<'f> {
        let is_offered = |function: &&HashFunction| offered.iter().any(|one| one.function == **function);
        let function =
            preference.iter().filter(|function| !function.is_forbidden()).find(is_offered).cloned();
        offered.iter().filter(move |one| Some(&one.function) == function.as_ref())
    }
}

impl<'a> Attribute<'a> for Fingerprint {
    const NAME: &'static str = "fingerprint";

    /// `fingerprint-attribute = hash-func SP fingerprint`, upper-case hex in pairs; lower case is let pass.
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        let mut cut = Cut::new(value);
        let name = cut.take("hash-func", &grammar::CharClass::TOKEN)?;
        cut.blank()?;
        let mut digest = alloc::vec![0; cut.rest().len()];
        let length = hash::colon_pairs(cut.rest().as_bytes(), &mut digest);
        digest.truncate(length.ok_or_else(|| cut.expected("fingerprint"))?);
        let function = HashFunction::from_name(name).ok_or_else(|| cut.expected("hash-func"))?;
        Self::new(function, digest)
            .ok_or_else(|| ParseError::new(ParseErrorKind::Mismatch, "fingerprint", cut.offset()))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.function, hash::ColonPairs(&self.digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[track_caller]
    fn check(value: &str, expected: &str) {
        let got = match Fingerprint::parse(value) {
            Ok(fingerprint) => fingerprint.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected, "{value:?}");
    }

    const SHA1: &str = "4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB";

    #[test]
    fn rfc8122_5_hash_function_and_pairs() {
        check(&alloc::format!("SHA-1 {SHA1}"), &alloc::format!("SHA-1 {SHA1}"));
        check(&alloc::format!("sha-1 {}", SHA1.to_lowercase()), &alloc::format!("SHA-1 {SHA1}"));
        check("X-Own ab:0c", "x-own AB:0C");
    }

    #[test]
    fn rfc8122_5_the_function_defines_the_number_of_octets() {
        check(&alloc::format!("SHA-256 {SHA1}"), "fingerprint contradicts the message at byte 8");
        for (name, function, length) in &KNOWN {
            assert_eq!(HashFunction::from_name(&name.to_lowercase()).as_ref(), Some(function));
            assert_eq!((function.as_str(), function.digest_length()), (*name, Some(*length)));
            let fingerprint = Fingerprint::new(function.clone(), alloc::vec![7; *length]).unwrap();
            assert_eq!(Fingerprint::parse(&fingerprint.to_string()), Ok(fingerprint));
        }
        assert_eq!(Fingerprint::new(HashFunction::Other("x".into()), []), None);
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("SHA-256", "expected SP at byte 7");
        check("a/b AB", "expected SP at byte 1");
        check(" AB", "expected hash-func at byte 0");
        check("SHA-256 ABCD", "expected fingerprint at byte 8");
        check("SHA-256 ", "expected fingerprint at byte 8");
    }

    #[test]
    fn rfc8122_5_1_all_of_the_most_preferred_function_that_is_offered() {
        let of = |function: HashFunction, octet| {
            let length = function.digest_length().unwrap();
            Fingerprint::new(function, alloc::vec![octet; length]).unwrap()
        };
        let offered = [
            of(HashFunction::Md5, 1),
            of(HashFunction::Sha1, 2),
            of(HashFunction::Sha256, 3),
            of(HashFunction::Sha256, 4),
        ];
        let octets = |preference: &[HashFunction]| {
            Fingerprint::chosen(&offered, preference).map(|one| one.digest[0]).collect::<Vec<_>>()
        };
        assert_eq!(octets(&[HashFunction::Sha512, HashFunction::Sha256, HashFunction::Sha1]), [3, 4]);
        assert_eq!(octets(&[HashFunction::Sha1, HashFunction::Sha256]), [2]);
        assert_eq!(octets(&[HashFunction::Md5]), [0; 0]);
        assert_eq!(octets(&[HashFunction::Sha384]), [0; 0]);
    }
}
