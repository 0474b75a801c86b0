//! `Hash`: the digest of a file, written as `SHA e693..` (2006) or `sha-1:E6:93:..` (RFC 5547).

use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;
use grammar::{ByteStr, CharClass};

/// The digest of a whole file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Hash {
    /// The hash function by its IANA textual name, in lower case: `sha-1`, `sha-256`, ...
    pub algorithm: ByteStr,
    /// The digest.
    pub bytes: Bytes,
}

impl Hash {
    /// A SHA-1 digest: the one both documents ask for.
    #[must_use]
    pub fn sha1(digest: [u8; 20]) -> Self {
        Self { algorithm: ByteStr::from_static("sha-1"), bytes: Bytes::copy_from_slice(&digest) }
    }

    /// A SHA-256 digest: an extension, written beside SHA-1.
    #[must_use]
    pub fn sha256(digest: [u8; 32]) -> Self {
        Self { algorithm: ByteStr::from_static("sha-256"), bytes: Bytes::copy_from_slice(&digest) }
    }

    /// Whether it is a SHA-1 digest of the right length.
    #[must_use]
    pub fn is_sha1(&self) -> bool {
        self.algorithm == "sha-1" && self.bytes.len() == 20
    }

    /// Reads what follows `hash:` in a selector: `token ":" 2HEX *(":" 2HEX)`.
    pub(crate) fn from_selector(value: &str) -> Option<Self> {
        let (algorithm, digest) = value.split_once(':')?;
        Self::new(algorithm, colon_pairs(digest)?)
    }

    /// Reads the value of the draft's `a=hash`: `token SP value`, the value in hex; colons are let pass.
    pub(crate) fn from_legacy(value: &str) -> Option<Self> {
        let (algorithm, digest) = value.trim_end_matches(' ').split_once([' ', '\t', ':'])?;
        let digest = digest.trim_matches([' ', '\t']);
        Self::new(algorithm, hex(digest)?)
    }

    /// The IPsec registry of the draft calls SHA-1 `SHA`; peers write it in four ways.
    fn new(algorithm: &str, digest: Vec<u8>) -> Option<Self> {
        const KNOWN: [(&str, &str); 6] = [
            ("sha-1", "sha-1"),
            ("sha", "sha-1"),
            ("sha1", "sha-1"),
            ("sha-256", "sha-256"),
            ("sha256", "sha-256"),
            ("sha2-256", "sha-256"),
        ];
        if !CharClass::TOKEN.matches(algorithm.as_bytes()) || digest.is_empty() {
            return None;
        }
        let known = KNOWN.iter().find(|(written, _)| algorithm.eq_ignore_ascii_case(written));
        let algorithm = match known {
            Some((_, name)) => ByteStr::from_static(name),
            None => ByteStr::from(algorithm.to_ascii_lowercase()),
        };
        Some(Self { algorithm, bytes: digest.into() })
    }

    /// The value of the draft's `a=hash`.
    pub(crate) fn legacy(&self) -> impl fmt::Display + '_ {
        Legacy(self)
    }
}

/// As in a selector: `sha-1:E6:93:..`.
impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, ColonPairs(&self.bytes))
    }
}

struct Legacy<'a>(&'a Hash);

impl fmt::Display for Legacy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithm = if self.0.is_sha1() { "SHA" } else { &self.0.algorithm };
        f.write_str(algorithm)?;
        f.write_str(" ")?;
        let lower = |byte: u8| [digit(byte >> 4).to_ascii_lowercase(), digit(byte & 15).to_ascii_lowercase()];
        write_octets(&self.0.bytes, lower, f)
    }
}

/// Upper-case hex in pairs, colons between.
pub(crate) struct ColonPairs<'a>(pub(crate) &'a [u8]);

impl fmt::Display for ColonPairs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((first, rest)) = self.0.split_first() else {
            return Ok(());
        };
        write_octets(&[*first], |byte| [digit(byte >> 4), digit(byte & 15)], f)?;
        write_octets(rest, |byte| [b':', digit(byte >> 4), digit(byte & 15)], f)
    }
}

/// Writes octets, each as `form` says, in few pieces: a digest costs two calls of the formatter, not forty.
fn write_octets<const N: usize>(
    octets: &[u8],
    form: impl Fn(u8) -> [u8; N],
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    for chunk in octets.chunks(32) {
        let mut text = [[0; N]; 32];
        for (place, &octet) in text.iter_mut().zip(chunk) {
            *place = form(octet);
        }
        let written = text.as_flattened().get(..chunk.len() * N).unwrap_or_default();
        f.write_str(core::str::from_utf8(written).unwrap_or_default())?;
    }
    Ok(())
}

/// The upper-case hex digit of a number below 16.
const fn digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'A' + value - 10 }
}

/// Reads `2HEX *(":" 2HEX)`, in either letter case.
pub(crate) fn colon_pairs(text: &str) -> Option<Vec<u8>> {
    let (triples, last) = text.as_bytes().as_chunks();
    let &[high, low] = last else { return None };
    let mut out = Vec::with_capacity(triples.len() + 1);
    for &[high, low, colon] in triples {
        out.push(octet(high, low)?);
        if colon != b':' {
            return None;
        }
    }
    out.push(octet(high, low)?);
    Some(out)
}

/// Reads hex digits, an even number of them; colons are passed over.
fn hex(text: &str) -> Option<Vec<u8>> {
    if text.contains(':') {
        return hex(&text.replace(':', ""));
    }
    let (pairs, []) = text.as_bytes().as_chunks() else { return None };
    let mut out = Vec::with_capacity(pairs.len());
    for &[high, low] in pairs {
        out.push(octet(high, low)?);
    }
    Some(out)
}

/// The octet of two hex digits.
#[inline]
fn octet(high: u8, low: u8) -> Option<u8> {
    Some(hex_digit(high)? << 4 | hex_digit(low)?)
}

/// The value of a hex digit.
#[inline]
pub(crate) fn hex_digit(digit: u8) -> Option<u8> {
    HEX_VALUES.get(usize::from(digit)).copied().filter(|&value| value != NO_DIGIT)
}

/// Stands for every byte that is no hex digit.
const NO_DIGIT: u8 = 0xff;

const HEX_VALUES: [u8; 256] = hex_values();

#[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "a u8 indexes 256 entries; const")]
const fn hex_values() -> [u8; 256] {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        values[digit(value) as usize] = value;
        values[digit(value).to_ascii_lowercase() as usize] = value;
        value += 1;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn digests_of_every_length_round_trip_in_both_forms() {
        for length in 1..100_u8 {
            let bytes: Vec<u8> = (0..length).map(|i| i.wrapping_mul(41)).collect();
            let hash = Hash::new("x-any", bytes).unwrap();
            assert_eq!(Hash::from_selector(&hash.to_string()), Some(hash.clone()));
            let legacy = hash.legacy().to_string();
            assert_eq!(Hash::from_legacy(&legacy), Some(hash));
        }
    }

    #[test]
    fn draft_5_sha1_has_four_spellings() {
        for algorithm in ["SHA", "sha1", "SHA-1", "sha-1"] {
            let hash =
                Hash::from_legacy(&alloc::format!("{algorithm} fffda2406f1e52a139b5290e3ee35a526ec02062"));
            let hash = hash.unwrap();
            assert!(hash.is_sha1(), "{algorithm}");
            assert!(hash.to_string().starts_with("sha-1:FF:FD:A2:40:"));
            assert_eq!(hash.legacy().to_string(), "SHA fffda2406f1e52a139b5290e3ee35a526ec02062");
        }
    }

    #[test]
    fn broken_digests_are_none() {
        for text in
            ["", "sha-1", "sha-1:", "sha-1:A", "sha-1:AB:", "sha-1:AB:C", "sha-1:ABCD", "sha-1:G0", "s/1:AB"]
        {
            assert_eq!(Hash::from_selector(text), None, "{text:?}");
        }
        for text in ["", "SHA", "SHA ", "SHA abc", "SHA xy"] {
            assert_eq!(Hash::from_legacy(text), None, "{text:?}");
        }
    }
}
