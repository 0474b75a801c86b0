//! `Limits`: what bounds a document that a peer sends.

/// Bounds of one document. Passing one is a [`ParseError`](crate::ParseError) of the kind `Limit`, strict or lenient.
///
/// Memory of a parsed document at worst: the document, and 12 bytes for each of its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of the whole document; 64 KiB by default, never more than 4 GiB.
    pub max_document: usize,
    /// Bytes of one line without its line end; 8 KiB by default.
    pub max_line: usize,
    /// Media descriptions; 64 by default.
    pub max_media: usize,
    /// Digests of one file other than SHA-1 and SHA-256 that are kept; later ones count as repeated. 16 by default.
    pub max_hashes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_document: 64 << 10, max_line: 8 << 10, max_media: 64, max_hashes: 16 }
    }
}
