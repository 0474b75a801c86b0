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
        Self::new(algorithm, hex(digest.trim_matches([' ', '\t']).bytes().filter(|&byte| byte != b':'))?)
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
        write!(f, "{algorithm} ")?;
        self.0.bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Upper-case hex in pairs, colons between.
pub(crate) struct ColonPairs<'a>(pub(crate) &'a [u8]);

impl fmt::Display for ColonPairs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            let colon = if i > 0 { ":" } else { "" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

/// Reads `2HEX *(":" 2HEX)`, in either letter case.
pub(crate) fn colon_pairs(text: &str) -> Option<Vec<u8>> {
    let pair = |pair: &str| if pair.len() == 2 { hex(pair.bytes())?.first().copied() } else { None };
    text.split(':').map(pair).collect()
}

/// Reads hex digits, an even number of them.
fn hex(digits: impl Iterator<Item = u8>) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut high = None;
    for digit in digits {
        let value = hex_digit(digit)?;
        match high.take() {
            None => high = Some(value),
            Some(high) => out.push(high << 4 | value),
        }
    }
    high.is_none().then_some(out)
}

/// The value of a hex digit.
pub(crate) const fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
