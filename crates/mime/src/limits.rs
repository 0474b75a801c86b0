//! `Limits`: how much of a body is taken apart before it is refused.

/// What a body may cost. Every limit that is passed is an error of kind `Limit` that names the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made with `..Limits::default()`")]
pub struct Limits {
    /// How deep multiparts may nest; 1 is a multipart without one inside. More than 32 is taken as 32.
    pub max_depth: usize,
    /// Parts of the whole body, those of nested multiparts and the multiparts themselves included.
    pub max_parts: usize,
    /// Headers of one part.
    pub max_headers: usize,
    /// Bytes of the header block of one part, or of the heads of a CPIM message.
    pub max_head: usize,
}

impl Default for Limits {
    /// Depth 4, 64 parts, 32 headers, 16 KiB of them.
    fn default() -> Self {
        Self { max_depth: 4, max_parts: 64, max_headers: 32, max_head: 16 << 10 }
    }
}
