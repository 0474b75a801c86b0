//! `a=fingerprint`: the digest of a certificate, RFC 8122 §5.

use alloc::vec::Vec;
use core::fmt;

use grammar::{ParseError, ParseErrorKind};

use crate::attribute::Attribute;
use crate::file::hash;

/// The digest of the certificate that a side will present.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Fingerprint<'a> {
    /// The hash function, such as `SHA-256`; compared without regard to case.
    pub algorithm: &'a str,
    /// The digest of the DER form of the certificate.
    pub digest: Vec<u8>,
}

impl<'a> Fingerprint<'a> {
    /// A fingerprint to be written.
    #[must_use]
    pub const fn new(algorithm: &'a str, digest: Vec<u8>) -> Self {
        Self { algorithm, digest }
    }
}

impl<'a> Attribute<'a> for Fingerprint<'a> {
    const NAME: &'static str = "fingerprint";

    /// `fingerprint-attribute = hash-func SP fingerprint`, upper-case hex in pairs; lower case is let pass.
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        let Some((algorithm, digest)) = value.split_once(' ') else {
            return Err(ParseError::new(ParseErrorKind::Missing, "fingerprint", value.len()));
        };
        if !grammar::CharClass::TOKEN.matches(algorithm.as_bytes()) {
            return Err(ParseError::new(ParseErrorKind::Syntax, "hash-func", 0));
        }
        match pairs(digest) {
            Some(digest) => Ok(Self { algorithm, digest }),
            None => Err(ParseError::new(ParseErrorKind::Syntax, "fingerprint", algorithm.len() + 1)),
        }
    }
}

fn pairs(text: &str) -> Option<Vec<u8>> {
    let mut out = alloc::vec![0; text.len()];
    let length = hash::colon_pairs(text.as_bytes(), &mut out)?;
    out.truncate(length);
    Some(out)
}

impl fmt::Display for Fingerprint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.algorithm, hash::ColonPairs(&self.digest))
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

    #[test]
    fn rfc8122_5_hash_function_and_pairs() {
        check("SHA-256 12:DF:3E", "SHA-256 12:DF:3E");
        check("sha-1 ab:0c", "sha-1 AB:0C");
    }

    #[test]
    fn errors_name_the_rule_and_the_byte() {
        check("SHA-256", "missing fingerprint at byte 7");
        check("a/b AB", "expected hash-func at byte 0");
        check("SHA-256 ABCD", "expected fingerprint at byte 8");
        check("SHA-256 ", "expected fingerprint at byte 8");
    }
}
