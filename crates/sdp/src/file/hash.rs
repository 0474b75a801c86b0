//! `Hash`: the digest of a file, written as `SHA e693..` (2006) or `sha-1:E6:93:..` (RFC 5547).

use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;
use grammar::{ByteStr, CharClass};

use crate::scan::octets;

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

    /// A digest of a function by its canonical name.
    pub(super) fn of(algorithm: &str, digest: &[u8]) -> Self {
        let algorithm = match algorithm {
            "sha-1" => ByteStr::from_static("sha-1"),
            "sha-256" => ByteStr::from_static("sha-256"),
            other => ByteStr::from(other.to_ascii_lowercase()),
        };
        Self { algorithm, bytes: Bytes::copy_from_slice(digest) }
    }

    /// Reads a digest and hands it on: what follows `hash:` in a selector, `token ":" 2HEX *(":" 2HEX)`.
    #[inline]
    pub(super) fn read_selector<T>(value: &str, take: impl FnOnce(&str, &[u8]) -> T) -> Option<T> {
        let sha1 = value.strip_prefix("sha-1:").and_then(|digest| digest.as_bytes().try_into().ok());
        match sha1.and_then(sha1_colon_pairs) {
            Some(digest) => Some(take("sha-1", &digest)),
            None => Self::read_any_selector(value, take),
        }
    }

    /// As [`Self::read_selector`], of whatever function.
    fn read_any_selector<T>(value: &str, take: impl FnOnce(&str, &[u8]) -> T) -> Option<T> {
        let (algorithm, digest) = value.split_at_checked(CharClass::TOKEN.span(value.as_bytes()))?;
        let digest = digest.strip_prefix(':')?;
        Self::read(algorithm, digest.as_bytes(), colon_pairs, take)
    }

    /// Reads a digest and hands it on: the value of the draft's `a=hash`, `token SP value`, the value in hex; colons
    /// are let pass.
    #[inline]
    pub(super) fn read_legacy<T>(value: &str, take: impl FnOnce(&str, &[u8]) -> T) -> Option<T> {
        let sha1 = value.strip_prefix("SHA ").and_then(|digest| digest.as_bytes().try_into().ok());
        match sha1.and_then(sha1_pairs) {
            Some(digest) => Some(take("sha-1", &digest)),
            None => Self::read_any_legacy(value, take),
        }
    }

    /// As [`Self::read_legacy`], of whatever function and in whatever spelling.
    fn read_any_legacy<T>(value: &str, take: impl FnOnce(&str, &[u8]) -> T) -> Option<T> {
        let (algorithm, digest) = value.split_at_checked(CharClass::TOKEN.span(value.as_bytes()))?;
        let [b' ' | b'\t' | b':', digest @ ..] = digest.as_bytes() else { return None };
        let digest = digest.trim_ascii();
        if memchr::memchr(b':', digest).is_some() {
            let digest: Vec<u8> = digest.iter().copied().filter(|&byte| byte != b':').collect();
            return Self::read(algorithm, &digest, pairs, take);
        }
        Self::read(algorithm, digest, pairs, take)
    }

    /// Digests of usual length are read without allocation.
    fn read<T>(
        algorithm: &str,
        digest: &[u8],
        digits: impl Fn(&[u8], &mut [u8]) -> Option<usize>,
        take: impl FnOnce(&str, &[u8]) -> T,
    ) -> Option<T> {
        let algorithm = canonical(algorithm)?;
        let mut short = [0; 64];
        let mut long = Vec::new();
        let room = match digest.len() {
            0..=128 => &mut short[..],
            length => {
                long.resize(length, 0);
                &mut long[..]
            }
        };
        let length = digits(digest, room)?;
        Some(take(algorithm, room.get(..length)?))
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

/// The name of a hash function as it is kept: SHA-1 and SHA-256 have several spellings, as the IPsec registry of the
/// draft calls SHA-1 `SHA`. Others stay as written; `None` if it is no token.
fn canonical(algorithm: &str) -> Option<&str> {
    const KNOWN: [(&str, &str); 6] = [
        ("sha-1", "sha-1"),
        ("sha", "sha-1"),
        ("sha1", "sha-1"),
        ("sha-256", "sha-256"),
        ("sha256", "sha-256"),
        ("sha2-256", "sha-256"),
    ];
    let known = KNOWN.iter().find(|(written, _)| algorithm.eq_ignore_ascii_case(written));
    known
        .map(|(_, name)| *name)
        .or_else(|| CharClass::TOKEN.matches(algorithm.as_bytes()).then_some(algorithm))
}

/// Reads `2HEX *(":" 2HEX)`, in either letter case, into `room`; says how many octets there are.
pub(crate) fn colon_pairs(text: &[u8], room: &mut [u8]) -> Option<usize> {
    let (triples, last) = text.as_chunks();
    let &[high, low] = last else { return None };
    let (last, places) = room.get_mut(..=triples.len())?.split_last_mut()?;
    let mut bad = 0;
    for (place, &[high, low, colon]) in places.iter_mut().zip(triples) {
        bad |= octet(high, low, place) | (colon ^ b':');
    }
    bad |= octet(high, low, last);
    (bad == 0).then_some(triples.len() + 1)
}

/// Reads `1*(2HEX)`, in either letter case, into `room`; says how many octets there are.
fn pairs(text: &[u8], room: &mut [u8]) -> Option<usize> {
    let (pairs, []) = text.as_chunks() else { return None };
    let mut bad = 0;
    for (place, &[high, low]) in room.get_mut(..pairs.len())?.iter_mut().zip(pairs) {
        bad |= octet(high, low, place);
    }
    (bad == 0 && !pairs.is_empty()).then_some(pairs.len())
}

/// As [`colon_pairs`], for a digest of SHA-1.
fn sha1_colon_pairs(text: &[u8; 59]) -> Option<[u8; 20]> {
    let mut digits = [0; 40];
    let (pairs, _) = digits.as_chunks_mut();
    let (triples, _) = text.as_chunks();
    let mut bad = 0;
    for (pair, &[high, low, colon]) in pairs.iter_mut().zip(triples) {
        *pair = [high, low];
        bad |= colon ^ b':';
    }
    if let (Some(pair), Some(last)) = (pairs.last_mut(), text.last_chunk()) {
        *pair = *last;
    }
    sha1_pairs(&digits).filter(|_| bad == 0)
}

/// As [`pairs`], for a digest of SHA-1; most digests are, in both dialects.
fn sha1_pairs(digits: &[u8; 40]) -> Option<[u8; 20]> {
    let mut digest = [0; 20];
    // Two steps of 16 octets each, which overlap.
    *digest.first_chunk_mut()? = octets(digits.first_chunk()?)?;
    *digest.last_chunk_mut()? = octets(digits.last_chunk()?)?;
    Some(digest)
}

/// The octet of two hex digits; gives 0 if they are. Bad ones are found once for a digest, not at each digit.
#[inline]
fn octet(high: u8, low: u8, place: &mut u8) -> u8 {
    let [high, low] = [high, low].map(value);
    *place = high << 4 | low & 15;
    (high | low) & 0xf0
}

/// The value of a hex digit, or [`NO_DIGIT`].
#[inline]
#[expect(clippy::indexing_slicing, reason = "a u8 indexes 256 entries")]
fn value(digit: u8) -> u8 {
    HEX_VALUES[usize::from(digit)]
}

/// The value of a hex digit.
#[inline]
pub(crate) fn hex_digit(digit: u8) -> Option<u8> {
    Some(value(digit)).filter(|&value| value != NO_DIGIT)
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

    fn from_selector(value: &str) -> Option<Hash> {
        Hash::read_selector(value, Hash::of)
    }

    fn from_legacy(value: &str) -> Option<Hash> {
        Hash::read_legacy(value, Hash::of)
    }

    #[test]
    fn digests_of_every_length_round_trip_in_both_forms() {
        for length in 1..100_u8 {
            let bytes: Vec<u8> = (0..length).map(|i| i.wrapping_mul(41)).collect();
            let hash = Hash::of("x-any", &bytes);
            assert_eq!(from_selector(&hash.to_string()), Some(hash.clone()));
            let legacy = hash.legacy().to_string();
            assert_eq!(from_legacy(&legacy), Some(hash));
        }
    }

    #[test]
    fn draft_5_sha1_has_four_spellings() {
        for algorithm in ["SHA", "sha1", "SHA-1", "sha-1"] {
            let hash = from_legacy(&alloc::format!("{algorithm} fffda2406f1e52a139b5290e3ee35a526ec02062"));
            let hash = hash.unwrap();
            assert!(hash.is_sha1(), "{algorithm}");
            assert!(hash.to_string().starts_with("sha-1:FF:FD:A2:40:"));
            assert_eq!(hash.legacy().to_string(), "SHA fffda2406f1e52a139b5290e3ee35a526ec02062");
        }
    }

    #[test]
    fn the_short_way_of_sha1_reads_what_the_table_reads() {
        let digest = core::array::from_fn::<u8, 20, _>(|at| u8::try_from(at * 13).unwrap_or(0xff));
        let hash = Hash::sha1(digest);
        for written in [hash.to_string(), hash.to_string().to_lowercase()] {
            assert_eq!(from_selector(&written), Some(hash.clone()));
        }
        for written in [hash.legacy().to_string(), hash.legacy().to_string().to_uppercase()] {
            assert_eq!(from_legacy(&written), Some(hash.clone()));
        }
        for byte in 0..=u8::MAX {
            for at in 0..59 {
                let mut text: Vec<u8> = ColonPairs(&digest).to_string().into();
                text[at] = byte;
                let mut room = [0; 20];
                let expected = colon_pairs(&text, &mut room).map(|_| room);
                assert_eq!(sha1_colon_pairs(text.as_slice().try_into().unwrap()), expected, "{byte:#x} {at}");
            }
            for at in 0..40 {
                let mut text: Vec<u8> = hash.legacy().to_string().split_off("SHA ".len()).into();
                text[at] = byte;
                let mut room = [0; 20];
                let expected = pairs(&text, &mut room).map(|_| room);
                assert_eq!(sha1_pairs(text.as_slice().try_into().unwrap()), expected, "{byte:#x} {at}");
            }
        }
    }

    #[test]
    fn broken_digests_are_none() {
        for text in
            ["", "sha-1", "sha-1:", "sha-1:A", "sha-1:AB:", "sha-1:AB:C", "sha-1:ABCD", "sha-1:G0", "s/1:AB"]
        {
            assert_eq!(from_selector(text), None, "{text:?}");
        }
        for text in ["", "SHA", "SHA ", "SHA abc", "SHA xy"] {
            assert_eq!(from_legacy(text), None, "{text:?}");
        }
    }
}
